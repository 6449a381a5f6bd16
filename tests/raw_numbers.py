"""Numbers of the public pages once more, from raw bytes, by code that knows nothing of the package.

One small function a number or a row of numbers, as the page prints it. Models are least squares
with CR2 errors by numpy, from a frame that is put together here.
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from scipy import stats

HOME = Path(__file__).parents[1]
REFERENCE = HOME / "data" / "raw" / "reference"
MIRROR = Path(os.environ.get("COOPANALYSIS_MIRROR") or HOME.parent / "shared" / "mirror")
NEW_YORK_CITY = ["36005", "36047", "36061", "36081", "36085"]  # all booked to 36061
AGREEMENT = ["IGSA", "DIGSA", "USMS IGA"]
MISSPELT = {"berrian": "26021"}  # in both columns of the list; the others follow from the agency
TERMS = {
    "per(hispanic_share, 0.1)": "hispanic",
    "per(black_nonhispanic_share, 0.1)": "black",
    "per(foreign_born_share, 0.1)": "foreign_born",
    "per(poverty_pct, 10)": "poverty",
    "per(median_household_income_usd, 10000)": "income",
    "per(republican_share, 0.1)": "republican",
    "log2(population_count)": "residents",
}
COVARIATES = [one for term, one in TERMS.items() if "foreign" not in term]
Texts = tuple[str, ...]


def number(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce")


def count(value: float) -> str:
    return f"{value:,.0f}"


def signed(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}".replace("-", "−")
    if text.strip("−0.,"):
        return text
    return text.removeprefix("−") if value <= 0 else f"<{10**-digits:.{digits}f}"


def share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%"


def letters(name: object) -> str:
    """A county's name without its kind, accents, spaces: `St. Mary's County` is `stmarys`."""
    text = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"\bsaint\b", "st", " ".join(text.split()))
    kinds = r" (county|parish|borough|census area|city and borough|municipality)$"
    return re.sub("[^a-z]", "", re.sub(kinds, "", text))


@cache
def county_names() -> pd.DataFrame:
    names = pd.read_csv(MIRROR / "urban-county-names/names-to-fips_county.csv", dtype=str)
    names[["county", "state"]] = names["name"].str.rsplit(", ", n=1, expand=True)
    names["key"] = names["state"].str.lower() + "|" + names["county"].map(letters)
    return names.set_index("key")


def find_county(state: object, text: object, name: object = "") -> str | None:
    """By the county's own cell, else by the county that the name of the agency begins with."""
    known, stated = county_names()["fips"], letters(text)
    begins = re.match(r"(.+?) (county|parish)\b", str(name), re.IGNORECASE)
    for key in (stated, f"{stated}city", letters(begins[1]) if begins else ""):
        fips = known.get(f"{str(state).strip().lower()}|{key}")
        if fips is not None:
            return str(fips)
    return MISSPELT.get(stated)


@cache
def workbook(path: str, header: int = 0, sheet: str | None = None) -> pd.DataFrame:
    book = openpyxl.load_workbook(MIRROR / path, read_only=True)
    page = book[sheet] if sheet else book.worksheets[0]
    page.reset_dimensions()
    rows = [list(row) for row in page.iter_rows(values_only=True)][header:]
    heads = [f"empty{i}" if one is None else str(one).strip() for i, one in enumerate(rows[0])]
    width = len(heads)
    return pd.DataFrame([(row + [None] * width)[:width] for row in rows[1:]], columns=heads)


@cache
def ice_list(path: str) -> pd.DataFrame:
    rows = workbook(path)
    rows = rows[rows["STATE"].notna()].rename(columns={"LAW ENFORCEMENT AGENCY": "agency"})
    for name in rows.columns.intersection(["STATE", "agency", "TYPE", "SUPPORT TYPE", "COUNTY"]):
        tidy = rows[name].astype(str).str.replace("\xa0", " ").str.split().str.join(" ")
        rows[name] = tidy.str.upper() if name == "STATE" else tidy
    county = rows["COUNTY"] if "COUNTY" in rows else rows["agency"].str.slice(0, 0)
    places = zip(rows["STATE"], county, rows["agency"], strict=True)
    return rows.assign(
        fips=[
            None if letters(one[1]) in ("", "na", "none") else find_county(*one) for one in places
        ],
        signed=pd.to_datetime(rows["SIGNED"], errors="coerce"),
    )


def first_list() -> pd.DataFrame:
    return ice_list("ice-287g-participating-2025-07-15/participatingAgencies07152025am.xlsx")


def latest_list() -> pd.DataFrame:
    return ice_list("ice-287g-participating-2026-05-18/participatingAgencies05182026am.xlsx")


def on(rows: pd.DataFrame, kind: str = "County", model: str = "") -> set[str]:
    rows = rows[(rows["TYPE"] == kind) & rows["SUPPORT TYPE"].str.startswith(model)]
    return set(rows["fips"].dropna())


def urban(path: str, year: int) -> pd.DataFrame:
    rows = pd.read_csv(MIRROR / path, dtype=str, encoding="latin-1")
    rows = rows[rows["year"] == str(year)]
    return rows.set_index(rows["state"] + rows["county"])


@cache
def counties() -> pd.DataFrame:
    """A row per county of 2021, with what the models hold alike."""
    race = urban("urban-race-ethnicity-2014-2023/descriptive_rep_denominator_county_all.csv", 2021)
    people = number(urban("urban-population-2014-2023/county-populations.csv", 2021)["population"])
    acs = pd.read_csv(MIRROR / "acs-2013-2017/acs2017_county_data.csv", dtype={"CountyId": str})
    votes = "votes-president-2020/2020_US_County_Level_Presidential_Results.csv"
    vote = pd.read_csv(MIRROR / votes, dtype={"county_fips": str}).set_index("county_fips")
    quick = pd.read_csv(MIRROR / "quickfacts-counties-2019/county_demographics.csv")
    abroad = next(one for one in quick if "Foreign Born" in one)
    abbreviations = states().set_index("state_abbr")["state"]
    born = pd.Series(
        quick[abroad].to_numpy() / 10,
        [
            find_county(abbreviations[s], c)
            for s, c in zip(quick["State"], quick["County"], strict=True)
        ],
    )
    acs, names = acs.set_index("CountyId"), county_names().reset_index().set_index("fips")
    return pd.DataFrame(
        {
            "state": names.index.str[:2],
            "hispanic": number(race["share_desc_rep_hispanic"]) * 10,
            "black": number(race["share_desc_rep_black_nonhispanic"]) * 10,
            "foreign_born": born[born.index.notna()],
            "poverty": acs["Poverty"] / 10,
            "income": acs["Income"] / 10_000,
            "unemployed": acs["Unemployment"],
            "republican": vote["per_gop"] * 10,
            "people": people,
            "residents": np.log2(people),
        },
        index=names.index,
    )


@cache
def crime(year: int = 2023) -> pd.DataFrame:
    """Counties with the policy by the last day of the year before, or never, and their rates."""
    rows = latest_list()
    rows = rows[(rows["TYPE"] == "County") & rows["fips"].notna()]
    since = rows["signed"].where(rows["signed"] >= "2017").groupby(rows["fips"]).min()
    frame, listed = counties().copy(), ever_listed()
    has = (frame.index.map(since) < f"{year}-01-01") | frame.index.isin(on_list_before(year))
    frame["policy"] = np.where(has, 1.0, np.where(frame.index.isin(listed), np.nan, 0.0))
    rates = urban("urban-crime-2021-2023/rates_crime_county_all.csv", year)
    frame["quality"] = number(rates["rate_crime_violent_quality"])
    frame["is_covered"] = frame.index.isin(rates.index)
    good = (frame["quality"] <= 2) & ~frame.index.isin(NEW_YORK_CITY)
    for name, kind in {"persons": "violent", "property": "property"}.items():
        frame[f"any_{name}"] = number(rates[f"rate_crime_{kind}"])
        frame[name] = frame[f"any_{name}"].where(good)
    frame["most"] = (frame["quality"] <= 2).astype(float).where(frame["is_covered"]) * 100
    return frame.dropna(subset=["policy"])


@cache
def all_lists() -> pd.DataFrame:
    """Every row of every list, with its place in the series; early ones have no type or county."""
    folder = MIRROR / "ice-287g-lists"
    paths = sorted(one.relative_to(MIRROR) for one in folder.glob("*.xlsx"))
    lists = [ice_list(str(one)).assign(file=one.name) for one in paths]
    return pd.concat([*lists, first_list(), latest_list()], ignore_index=True)


def on_list_before(year: int) -> set[str]:
    """Counties with a county agency, signed before a year, on the last list before it.

    Of a year before the first list on that one. Early lists have no type: names tell.
    """
    rows = all_lists()
    days = rows["file"].dropna().str.extract(r"-(\d{8})")[0]
    before = days[days < f"{year}0101"]
    there = rows.loc[days.index[days == (before.max() if len(before) else days.min())]]
    there = there[~(there["signed"] >= f"{year}-01-01")]
    where = zip(there["STATE"], there["agency"], strict=True)
    return {one for state, agency in where if (one := find_county(state, "-", agency))}


@cache
def ever_listed() -> set[str]:
    """Counties of which a list names a county agency, by cell on two lists, on others by name.

    Cells of the others are not believed: they give constables of townships the type County for a
    time, and Bradford County's sheriff the county of Bedford.
    """
    rows = all_lists()
    rows = rows[rows["TYPE"].fillna("County") == "County"].drop_duplicates(["STATE", "agency"])
    where = zip(rows["STATE"], rows["agency"], strict=True)
    named = [find_county(state, "-", agency) for state, agency in where]
    return on(first_list()) | on(latest_list()) | {one for one in named if one}


def least_squares(
    frame: pd.DataFrame, y: str, first: str, others: list[str], within: bool = True
) -> tuple[float, ...]:
    """Estimate, CR2 error, degrees of freedom (Bell and McCaffrey), 95 % interval, n, clusters."""
    rows = frame.dropna(subset=[y, first, *others])
    states_of = pd.get_dummies(rows["state"]).to_numpy(float) if within else np.ones((len(rows), 1))
    x = np.column_stack([rows[[first, *others]].to_numpy(float), states_of])
    outcome, group = rows[y].to_numpy(float), rows["state"].to_numpy()
    bread = np.linalg.pinv(x.T @ x)
    left = outcome - x @ (bread @ (x.T @ outcome))
    meat, pulls = 0.0, []
    for one in np.unique(group):
        of = np.flatnonzero(group == one)
        values, vectors = np.linalg.eigh(np.eye(len(of)) - x[of] @ bread @ x[of].T)
        kept = values > 1e-8
        adjust = (vectors[:, kept] * values[kept] ** -0.5) @ vectors[:, kept].T
        weight = adjust @ (x[of] @ bread[:, 0])
        meat += float(weight @ left[of]) ** 2
        pull = -x @ (bread @ (x[of].T @ weight))
        pull[of] += weight
        pulls.append(pull)
    spread = np.array(pulls) @ np.array(pulls).T
    df = np.trace(spread) ** 2 / (spread**2).sum()
    estimate, error = float(bread[0] @ x.T @ outcome), meat**0.5
    reach = stats.t.ppf(0.975, df) * error
    return estimate, error, df, estimate - reach, estimate + reach, len(rows), len(pulls)


def states() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "states.csv", dtype=str)


@cache
def acs_2019() -> pd.DataFrame:
    return pd.read_csv(
        REFERENCE / "county_acs_2019.csv", dtype={"county_fips": str, "state_fips": str}
    )


@cache
def laws(day: str = "2026-06-01", certain: bool = True) -> pd.Series:
    """Of each state whether its laws in force on a day require, restrict or do neither."""
    table = pd.read_csv(REFERENCE / "state_laws.csv", dtype=str)
    table = table[table["effective_date"].notna() & (table["effective_date"] <= day)]
    table = table[table["ended_date"].isna() | (table["ended_date"] > day)]
    table = table[table["confidence"].eq("high") | (not certain)]
    kinds = table.groupby("state_fips")["kind"].agg(lambda of: "+".join(sorted(set(of))))
    return kinds.reindex(sorted(acs_2019()["state_fips"].unique())).fillna("neither")


def residents_by_law(day: str = "2026-06-01", certain: bool = True) -> pd.Series:
    people = acs_2019().groupby("state_fips")["population_count"].sum()
    return people.groupby(laws(day, certain)).sum()


def law_headline() -> Texts:
    by_law, of = residents_by_law(), acs_2019()["state_fips"].map(laws())
    texts: list[str] = []
    for kind in ("requires", "restricts", "neither"):
        texts += [count((laws() == kind).sum()), count((of == kind).sum())]
        texts += [f"{by_law[kind] / 1e6:.1f}", share(by_law[kind], by_law.sum())]
    return tuple(texts)


def law_millions(certain: bool = True) -> Texts:
    by_law = residents_by_law(certain=certain) / 1e6
    return tuple(f"{by_law[kind]:.1f}" for kind in ("requires", "restricts", "neither"))


def law_states(day: str) -> Texts:
    return tuple(count((laws(day) == kind).sum()) for kind in ("requires", "restricts"))


def uncertain_laws() -> Texts:
    table = pd.read_csv(REFERENCE / "state_laws.csv", dtype=str)
    verify = table[table["confidence"] == "verify"]
    later = verify.assign(effective_date=verify["effective_date"].fillna("2000-01-01"))
    later = later[later["effective_date"] <= "2026-06-01"]
    could = (later["kind"] != later["state_fips"].map(laws())).groupby(later["state_fips"]).any()
    people = acs_2019().groupby("state_fips")["population_count"].sum()
    undated = count(verify["effective_date"].isna().sum())
    named = count(could.sum()), f"{people[could.index[could]].sum() / 1e6:.1f}"
    return (count(len(verify)), count(len(table)), undated, *named)


def law_means(kind: str) -> Texts:
    rows = acs_2019()
    rows = rows[(rows["state_fips"].map(laws()) == kind) & (rows["state_fips"] != "72")]
    poverty, income = rows["poverty_pct"], rows["median_household_income_usd"]
    weighted = np.average(poverty, weights=rows["population_count"])
    texts = count(len(rows)), count(rows["population_count"].mean()), f"{poverty.mean():.1f}%"
    return (*texts, f"${income.mean():,.0f}", f"{weighted:.1f}%")


def law_poverty() -> Texts:
    rows = acs_2019().assign(
        state=acs_2019()["state_fips"], kind=acs_2019()["state_fips"].map(laws())
    )
    rows = rows[rows["kind"].isin(["requires", "restricts"])]
    rows = rows.assign(requires=(rows["kind"] == "requires").astype(float))
    estimate, _, df, *_, clusters = least_squares(rows, "poverty_pct", "requires", [], within=False)
    return signed(estimate, 2), f"{df:.1f}", count(clusters)


def file_rows(path: str, encoding: str = "utf-8") -> Texts:
    return (count(len(pd.read_csv(MIRROR / path, dtype=str, encoding=encoding))),)


def house_districts() -> Texts:
    votes = "votes-president-2020/2020_US_County_Level_Presidential_Results.csv"
    codes = pd.read_csv(MIRROR / votes, dtype=str)["county_fips"]
    districts = codes.str.match("029").sum()
    return count(len(codes)), count(len(codes) - districts), count(districts)


def facility_rows() -> Texts:
    codes = facility_list()["DETLOC"]
    return count(len(codes)), count((codes != "Redacted").sum()), count((codes == "Redacted").sum())


def published(practice: str) -> Texts:
    table = pd.read_csv(REFERENCE / "published_figures.csv").set_index("figure_id")["value"]
    sides = [int(table[f"ilrc-2016.{practice}.{side}"]) for side in ("with", "without")]
    total = int(table["ilrc-2016.counties"])
    return (*map(count, sides), count(sum(sides)), count(total), signed(sum(sides) - total, 0))


def audit_frame() -> pd.DataFrame:
    frame = crime_of_all()
    return frame.assign(listed=frame.index.isin(on(latest_list())).astype(float))


@cache
def crime_of_all() -> pd.DataFrame:
    rates = urban("urban-crime-2021-2023/rates_crime_county_all.csv", 2023)
    frame = counties().copy()
    frame["quality"] = number(rates["rate_crime_violent_quality"])
    frame["rate"] = number(rates["rate_crime_violent"])
    frame["is_covered"] = frame.index.isin(rates.index)
    frame["most"] = (frame["quality"] <= 2).astype(float).where(frame["is_covered"]) * 100
    return frame


def audit_headline() -> Texts:
    estimate, _, _, low, high, n, clusters = least_squares(
        audit_frame(), "most", "listed", [], within=False
    )
    return signed(estimate, 1), signed(low, 1), signed(high, 1), count(n), count(clusters)


def without_a_rate() -> Texts:
    """None sent, no code in the list of the year, and booked to New York County."""
    frame = audit_frame()
    none = frame["quality"].isna()
    city = none & frame.index.isin(NEW_YORK_CITY)
    absent = ~frame["is_covered"]
    sent = none & ~city & ~absent
    return (
        count(none.sum()),
        count(len(frame)),
        count(sent.sum()),
        count(absent.sum()),
        count(city.sum()),
    )


def coverage_of(listed: float, quality: int) -> Texts:
    frame = audit_frame()
    group = frame[frame["listed"] == listed]
    rows = group[group["quality"].eq(quality) & ~group.index.isin(NEW_YORK_CITY)]
    people = rows["people"].sum(), group["people"].sum()
    return (count(len(rows)), count(people[0]), share(len(rows), len(group)), share(*people))


def listed_counties() -> Texts:
    having = len(on(latest_list()))
    return count(having), count(len(counties())), share(having, len(counties()))


def both_lists() -> Texts:
    return count(len(on(first_list()))), count(len(on(latest_list())))


def models_by_type(model: str) -> Texts:
    kinds = latest_list()
    kinds = kinds.loc[kinds["SUPPORT TYPE"].str.startswith(model), "TYPE"].value_counts()
    return tuple(
        count(one) for one in (kinds.sum(), *kinds[["County", "Municipality", "State Agency"]])
    )


def agreements_and_counties(model: str) -> Texts:
    rows = latest_list()
    rows = rows[(rows["TYPE"] == "County") & rows["SUPPORT TYPE"].str.startswith(model)]
    return count(len(rows)), count(rows["fips"].nunique())


def furthest(state: str = "") -> Texts:
    rows = latest_list()
    rows = rows[rows["STATE"].str.startswith(state)]
    task, jail, warrant = (on(rows, model=one) for one in ("Task", "Jail", "Warrant"))
    return count(len(task)), count(len(jail - task)), count(len(warrant - task - jail))


def signed_lately() -> Texts:
    days = latest_list()["signed"]
    days = days.where(days != "2016-03-19", pd.Timestamp("2026-03-19"))  # its agreement says 2026
    late = (days >= "2025").sum()
    return count(late), count(days.notna().sum()), share(late, days.notna().sum())


def state_share(code: str) -> Texts:
    of = [one for one in on(latest_list()) if one.startswith(code)]
    every = county_names()["fips"].str.startswith(code).sum()
    return share(len(of), every), count(every), count(every)


def activated() -> Texts:
    path = "sc-activation-2008-2013/activation_dates_makayla_revisedforbalance.dta"
    dates = pd.read_stata(MIRROR / path)
    dates["fips"] = dates["countyfips"].astype(int).astype(str).str.zfill(5)
    dates = dates[dates["fips"].isin(counties().index)]
    years = dates["activation_year"].value_counts().sort_index().cumsum()
    return (*map(count, years), count(len(counties()) - years.iloc[-1]))


@cache
def facility_list() -> pd.DataFrame:
    path = "ice-facility-list-2017-11-06/ICE_Facility_List_11-06-2017-web.xlsx"
    return workbook(path, 8, "Facility List - Main")


@cache
def facility_counties() -> pd.Series:
    """County of a facility code: by the file of codes, its own name, the list of 2017.

    The list has Albany County Jail in Kings County and Nobles County Jail in Nicollet County.
    """
    codes = pd.read_csv(MIRROR / "ddp-facilities-county/ddp_facilities.csv", dtype=str)
    codes = codes.dropna(subset=["detention_facility_code"])
    codes = codes.drop_duplicates("detention_facility_code").set_index("detention_facility_code")
    rows = facility_list()
    rows = rows[rows["DETLOC"] != "Redacted"].dropna(subset=["DETLOC"]).set_index("DETLOC")
    names = states().set_index("state_abbr")["state"]
    stated = [
        find_county(names.get(one), "-", name) or find_county(names.get(one), county)
        for one, county, name in zip(rows["State"], rows["County"], rows["Name"], strict=True)
    ]
    known = codes["county_fips_code"].reindex(codes.index.union(rows.index))
    return known.fillna(pd.Series(stated, rows.index))


def listed_facilities() -> Texts:
    rows = facility_list()[facility_list()["DETLOC"] != "Redacted"]
    held = rows[[f"FY{year:02d} ADP" for year in range(9, 19)]].apply(number) > 0
    return count(held.any(axis=1).sum()), count(held.sum().sum())


@cache
def by_fiscal_year() -> pd.DataFrame:
    """Yearly statistics with county; a missing code is the only one of its number elsewhere."""
    path = "ice-facilities-panel-fy2010-fy2026/facilities_panel.csv"
    rows = pd.read_csv(MIRROR / path, dtype=str)
    codes = rows.dropna(subset=["detloc"]).groupby("canonical_id")["detloc"].unique()
    known = {number: found[0] for number, found in codes.items() if len(found) == 1}
    rows["detloc"] = rows["detloc"].fillna(rows["canonical_id"].map(known))
    names = states().set_index("state_abbr")["state"]
    named = [
        find_county(names.get(one), "-", name)
        for one, name in zip(rows["facility_state"], rows["facility_name"], strict=True)
    ]
    placed = rows["detloc"].map(facility_counties()).fillna(pd.Series(named, rows.index))
    return rows.assign(adp=number(rows["adp"]), fips=placed.where(placed.isin(counties().index)))


def used_in_year(year: int) -> Texts:
    rows = by_fiscal_year()
    rows = rows[(rows["fiscal_year"] == f"FY{year % 100}") & (rows["adp"] > 0)]
    rows = rows[rows["facility_type_detailed"].isin(AGREEMENT)]
    return (count(rows["fips"].nunique()),)


def kinds_by_year(stated: pd.DataFrame, codes: pd.Series, years: pd.Series) -> pd.Series:
    """Kind that the statistics, or the list of fiscal year 2018, state in the nearest year."""
    listed = facility_list().drop_duplicates("DETLOC").set_index("DETLOC")["Type Detailed"]
    said: dict[str, dict[int, str]] = {code: {2018: kind} for code, kind in listed.items()}
    rows = stated.sort_values("year").drop_duplicates(["detloc", "year"])
    for code, year, kind in rows[["detloc", "year", "facility_type_detailed"]].itertuples(False):
        said.setdefault(code, {})[year] = kind
    kinds = [
        said[code][min(said[code], key=lambda one, year=year: (abs(one - year), one))]
        if code in said
        else None
        for code, year in zip(codes, years, strict=True)
    ]
    return pd.Series(kinds, index=codes.index, dtype="object")


@cache
def daily() -> pd.DataFrame:
    """Facility and fiscal year of the daily record: days in use, mean at midnight, kind, county."""
    path = "ddp-facility-daily-2022-2026/facilities-daily-population-latest.parquet"
    days = pd.read_parquet(MIRROR / path, columns=["detention_facility_code", "date", AT_MIDNIGHT])
    dates = pd.to_datetime(days["date"])
    days["year"] = dates.dt.year + (dates.dt.month >= 10)
    length = dates.groupby(days["year"]).nunique()
    used = days[days[AT_MIDNIGHT] > 0].groupby(["detention_facility_code", "year"])[AT_MIDNIGHT]
    used = used.agg(["size", "sum"]).reset_index()
    stated = by_fiscal_year().dropna(subset=["detloc"]).copy()
    stated["detloc"] = stated["detloc"].where(~stated["facility_name"].isin(OWN_CODE), "DILLSAF")
    stated["year"] = 2000 + stated["fiscal_year"].str[2:].astype(int)
    code = used["detention_facility_code"]
    kind = kinds_by_year(stated, code, used["year"])
    named = stated.dropna(subset=["fips"]).drop_duplicates("detloc").set_index("detloc")["fips"]
    fips = code.map(facility_counties()).fillna(code.map(named))
    return used.assign(
        mean=used["sum"] / used["year"].map(length),
        is_agreement=kind.isin(AGREEMENT),
        fips=fips.where(fips.isin(counties().index)),
    )


AT_MIDNIGHT = "n_detained_at_midnight"
OWN_CODE = ["Dilley Processing Single Adult Female"]
"""A place that the yearly file has under its neighbour's code, the days under its own."""


def daily_rows() -> Texts:
    return count(daily()["detention_facility_code"].nunique()), count(len(daily()))


def used_on_days(year: int) -> Texts:
    rows = daily()[(daily()["year"] == year) & daily()["is_agreement"]]
    return tuple(count(rows.loc[rows["size"] >= least, "fips"].nunique()) for least in (30, 90))


def held_in(year: int) -> Texts:
    rows = daily()[(daily()["year"] == year) & daily()["fips"].notna()]
    return (count(rows.loc[rows["is_agreement"], "mean"].sum()),)


def headcount_rows() -> Texts:
    path = "uwchr-facility-headcount-2011-2024/inc_headcount_fy12-24ytd.csv.gz"
    days = pd.read_csv(MIRROR / path, sep="|", usecols=["detention_facility_code", "date"])
    year = days["date"].str[:4].astype(int) + (days["date"].str[5:7] >= "10")
    days = days.assign(year=year)[year >= 2012].drop_duplicates(["detention_facility_code", "year"])
    return count(days["detention_facility_code"].nunique()), count(len(days))


@cache
def declined() -> pd.DataFrame:
    path = "npr-detainers-declined-2007-2015/declined_vs_everythingelse.csv"
    rows = pd.read_csv(MIRROR / path, encoding="latin-1", dtype=str)
    rows.columns = pd.Index(["year", "name", "city", "state", "declined", "_", "__", "others"])
    for one in ("year", "declined", "others"):
        rows[one] = number(rows[one])
    listed = facility_list()
    names = states().set_index("state_abbr")["state"].str.upper()
    also = pd.DataFrame({"name": listed["Name"], "state": listed["State"].map(names)})
    places = pd.concat([rows[["name", "state"]], also]).groupby("name")["state"].nunique()
    kinds = pd.MultiIndex.from_frame(also[["name", "state"]])
    only = listed["Type Detailed"].isin(FEDERAL).groupby(kinds).all()
    here = pd.MultiIndex.from_frame(rows[["name", "state"]])
    bare = rows["name"].str.replace(".", "").str.contains(FEDERAL_NAME)
    is_federal = bare | only.reindex(here, fill_value=False).to_numpy()
    return rows.assign(is_shared=rows["name"].map(places) > 1, is_federal=is_federal)


FEDERAL = ("SPC", "BOP", "HOLD", "STAGING", "MIRP")
FEDERAL_NAME = (
    r"US MARSHAL|US PEN|(?<![A-Z])(?:FCI|FDC|FPC|SPC|USP)(?![A-Z])|FED ?(?:CORR|DET)|CUST CASE"
)


def local_declined() -> pd.DataFrame:
    """Those of local agencies since the code was in use throughout."""
    return declined()[~declined()["is_federal"] & (declined()["year"] >= 2014)]


def declined_by_federal() -> Texts:
    rows = declined()[declined()["is_federal"]]
    return count(rows["declined"].sum()), count(len(rows[["name", "state"]].drop_duplicates()))


def declined_in_all() -> Texts:
    return (count(local_declined()["declined"].sum()),)


def declined_before() -> Texts:
    rows = declined()[~declined()["is_federal"]]
    return (count(rows.loc[rows["year"] < 2014, "declined"].sum()),)


def declined_by_year(year: int) -> Texts:
    """All of a year, and those of local agencies."""
    rows = declined()[declined()["year"] == year]
    return tuple(count(one["declined"].sum()) for one in (rows, rows[~rows["is_federal"]]))


def record_ends() -> Texts:
    """The last day of the record, as its request to ICE names it."""
    return ("19 July 2015",)


def declined_locally() -> Texts:
    return (*(declined_by_year(year)[1] for year in range(2012, 2016)), *record_ends())


def shared_names() -> Texts:
    rows = declined()[~declined()["is_federal"]]
    return count(rows["is_shared"].sum()), count(len(rows))


def declined_once() -> Texts:
    """Facilities that declined in 2014, and those of them without a row of 2015."""
    rows = local_declined()
    keys = (rows["name"].fillna("") + "|" + rows["state"].fillna("")).groupby(rows["year"]).unique()
    return count(len(keys[2014])), count(len(set(keys[2014]) - set(keys[2015])))


def limiting_rulings() -> Texts:
    """Rulings on detainers that limit them in a whole state, with the counties and residents."""
    table = pd.read_csv(REFERENCE / "rulings.csv", dtype=str)
    table = table[table["subject"].eq("detainers") & table["limits"].eq("yes")]
    table = table[table["level"].isin(["federal appeals", "state supreme"])]
    bound = set(";".join(table["binds_states"]).split(";"))
    codes = states().set_index("state_abbr")["state_fips"].reindex(sorted(bound))
    rows = acs_2019()[acs_2019()["state_fips"].isin(codes)]
    people = rows["population_count"].sum() / 1e6
    islands = rows["state_fips"].eq("72").sum()
    return count(len(table)), count(len(rows)), count(islands), f"{people:.1f}"


def declined_share(state: str, words: str) -> Texts:
    """A county by the names and cities of its facilities, with Wilson's interval."""
    rows = local_declined()[local_declined()["state"] == state]
    rows = rows[(rows["name"] + " " + rows["city"]).str.contains(words)]
    single = rows[~rows["is_shared"]]
    x, n, z = single["declined"].sum(), single[["declined", "others"]].sum().sum(), 1.959964
    middle = (x + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * (x * (n - x) / n + z**2 / 4) ** 0.5
    ends = f"{100 * (middle - half):.1f} to {100 * (middle + half):.1f}"
    return count(rows["declined"].sum()), share(x, n), ends, count(n)


def difference(y: str, digits: int, year: int = 2023) -> Texts:
    found = least_squares(crime(year), y, "policy", COVARIATES)
    return tuple(signed(found[one], digits) for one in (0, 3, 4))


def family_row(y: str, digits: str, year: int) -> Texts:
    """Estimate, ends and counties, as the table of the family rounds them."""
    found = least_squares(crime(year), y, "policy", COVARIATES)
    first, *ends = (signed(found[one], int(n)) for one, n in zip((0, 3, 4), digits, strict=True))
    return (first, *ends, count(found[5]))


def design(y: str, digits: int, others: list[str], within: bool) -> Texts:
    """Estimate, CR2 error, ends of the interval, counties, clusters, degrees of freedom."""
    estimate, error, df, *ends, n, clusters = least_squares(crime(), y, "policy", others, within)
    texts = [signed(one, digits) for one in (estimate, error, *ends)]
    return (*texts, count(n), count(clusters), f"{df:.2f}")


def by_residents() -> Texts:
    frame = crime().dropna(subset=["persons"])
    with_it = frame["policy"] == 1
    means = [
        np.average(of["persons"], weights=of["people"]) for of in (frame[with_it], frame[~with_it])
    ]
    return (signed(means[0] - means[1], 1),)


def full_reporters() -> Texts:
    frame = crime()
    found = least_squares(frame[frame["quality"] == 1], "persons", "policy", COVARIATES)
    return (*(signed(found[one], 0) for one in (0, 3, 4)), count(found[5]))


def without_state(code: str) -> Texts:
    frame = crime()
    found = least_squares(frame[frame["state"] != code], "persons", "policy", COVARIATES)
    left = frame.dropna(subset=["persons", *COVARIATES])["state"].eq(code).sum()
    return (*(signed(found[one], 1) for one in (0, 3, 4)), count(left))


def cr2_of_main() -> Texts:
    estimate, error, df, *ends, _, _ = least_squares(crime(), "persons", "policy", COVARIATES)
    return *(signed(one, 1) for one in (estimate, *ends)), f"{error:.1f}", f"{df:.1f}"


def reporting() -> Texts:
    found = least_squares(crime(), "most", "policy", COVARIATES)
    return f"{-found[3]:.1f}", f"{found[4]:.1f}", signed(found[0], 1), count(found[5])


def economy(y: str, times: float) -> Texts:
    frame = crime().assign(asked=lambda of: of[y] * times)
    people = ["hispanic", "black", "republican", "residents"]
    found = least_squares(frame, "asked", "policy", people)
    return tuple(signed(found[one], 2) for one in (0, 3, 4))


def compared() -> Texts:
    frame = crime()["policy"].value_counts()
    return count(frame[1.0]), count(frame[0.0])


def medians() -> Texts:
    frame = crime().groupby("policy")["persons"].median()
    return count(frame[1.0]), count(frame[0.0])


def reporters(quality: int) -> Texts:
    """Counties of a quality, but for New York City; of the poorest, those with an offence."""
    frame, texts = crime(), []
    for policy in (1.0, 0.0):
        group = frame[frame["policy"] == policy]
        rows = group["quality"].eq(quality) & ~group.index.isin(NEW_YORK_CITY)
        rows &= (quality < 3) | group[["any_persons", "any_property"]].any(axis=1)
        texts += [count(rows.sum()), share(rows.sum(), len(group))]
    return tuple(texts)


def other_errors(kind: str) -> Texts:
    """HC1 or CR1 of the main design, and its degrees of freedom."""
    frame = crime().dropna(subset=["persons", *COVARIATES])
    states_of = pd.get_dummies(frame["state"]).to_numpy(float)
    x = np.column_stack([frame[["policy", *COVARIATES]].to_numpy(float), states_of])
    y, n = frame["persons"].to_numpy(float), len(frame)
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    scores, k, g = (x @ np.linalg.inv(x.T @ x))[:, 0] * left, x.shape[1], states_of.shape[1]
    if kind == "HC1":
        return (f"{(n / (n - k) * (scores**2).sum()) ** 0.5:.1f}",)
    sums = pd.Series(scores).groupby(frame["state"].to_numpy()).sum()
    nested = k - g + 1  # effects of the clusters themselves are not counted
    return (f"{(g / (g - 1) * (n - 1) / (n - nested) * (sums**2).sum()) ** 0.5:.1f}",)


def placebo() -> Texts:
    frame = crime().dropna(subset=["persons", *COVARIATES]).copy()
    frame["standard"] = (frame["unemployed"] - frame["unemployed"].mean()) / frame[
        "unemployed"
    ].std()
    found = least_squares(frame, "standard", "policy", COVARIATES)
    return signed(found[0], 3), f"{found[1]:.3f}"


def demographic_main() -> Texts:
    estimate, _, df, *ends, n, _ = demographic_fit("hispanic")
    return (signed(estimate, 1), *(signed(one, 2) for one in ends), f"{df:.1f}", count(n))


def agencies_in(state: str, rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[rows["STATE"] == state]
    return rows.assign(
        name=rows["agency"].str.lower().str.replace("[^a-z0-9]", "", regex=True)
    ).drop_duplicates(["name", "TYPE"])


def texas_headline() -> Texts:
    kinds = agencies_in("TEXAS", latest_list())["TYPE"].value_counts()
    texts = (kinds.sum(), *kinds[["County", "Municipality", "State Agency"]])
    having = len([one for one in on(latest_list()) if one.startswith("48")])
    return (*map(count, texts), count(having), "254", share(having, 254))


def texas_card() -> Texts:
    _, of_counties, of_towns, of_state, *having = texas_headline()
    return (of_counties, *having, of_towns, of_state)


def texas_agreements() -> Texts:
    return (count((latest_list()["STATE"] == "TEXAS").sum()),)


def texas_crime(year: int) -> Texts:
    rates = urban("urban-crime-2021-2023/rates_crime_county_all.csv", year)
    people = number(urban("urban-population-2014-2023/county-populations.csv", year)["population"])
    people = people[people.index.str.startswith("48")]
    good = number(rates["rate_crime_violent_quality"]).reindex(people.index) <= 2
    pooled = [
        np.average(
            number(rates[f"rate_crime_{one}"]).reindex(people.index)[good], weights=people[good]
        )
        for one in ("violent", "property")
    ]
    covered = share(people[good].sum(), people.sum())
    return (*map(count, pooled), covered, count(good.sum()), "254")


def harris_rates(year: int) -> Texts:
    row = urban("urban-crime-2021-2023/rates_crime_county_all.csv", year).loc["48201"]
    return tuple(count(float(row[f"rate_crime_{one}"])) for one in ("violent", "property"))


def harris_arrests(group: str) -> Texts:
    rows = pd.read_csv(
        MIRROR / "urban-juvenile-arrests-subgroup-2021-2023/rate_arrests_county_all_subgroup.csv",
        dtype=str,
    )
    rows = rows[(rows["state"] + rows["county"] == "48201") & (rows["subgroup"] == group)]
    return tuple(count(float(one)) for one in rows.sort_values("year")["rate_juv_arrest"])


def harris_people() -> Texts:
    row = counties().loc["48201"]
    parts = [f"{row[one] * 10:.1f}%" for one in ("hispanic", "poverty", "republican")]
    return (count(row["people"]), *parts[:2], f"${row['income'] * 10_000:,.0f}", parts[2])


def harris_noncitizens() -> Texts:
    rows = pd.read_csv(MIRROR / "acs-noncitizens-2012-2016/data.csv").set_index("id")
    people = pd.read_csv(MIRROR / "medsl-county-context-2018/election-context-2018.csv")
    people = people.set_index("fips")["total_population"]
    return (share(rows.loc[48201, "rate"], people[48201]),)


def harris_born_abroad() -> Texts:
    return (f"{counties().loc['48201', 'foreign_born'] * 10:.1f}%",)


def demographic_fit(first: str, within: bool = True) -> tuple[float, ...]:
    """Of the model that the page of characteristics prints as its first formula."""
    frame = audit_frame().assign(listed=lambda of: of["listed"] * 100)
    others = [one for one in COVARIATES if one != first]
    return least_squares(frame, "listed", first, others, within)


def demographic_row(first: str) -> Texts:
    estimate, _, df, *ends, n, _ = demographic_fit(first)
    return (*(signed(one, 2) for one in (estimate, *ends, df)), count(n))


def demographic_between() -> Texts:
    estimate, _, df, *ends, _, _ = demographic_fit("hispanic", within=False)
    return signed(estimate, 2), *(signed(one, 1) for one in ends), f"{df:.1f}"


def states_without() -> Texts:
    frame = audit_frame().dropna(subset=COVARIATES)
    having = frame.groupby("state")["listed"].sum()
    names = states().set_index("state_fips")["state"]
    none = sorted(names[one] for one in having.index[having == 0])
    return (f"{', '.join(none[:-1])} and {none[-1]}",)


def known_of(name: str) -> Texts:
    values = counties()[name] * 10
    parts = (f"{one:.1f}%" for one in (values.mean(), values.std()))
    return *parts, count(values.notna().sum()), count(values.isna().sum())


def new_york_agencies() -> Texts:
    """Agencies of New York State on any list; one is Florida's on other lists, one is misspelt."""
    rows = all_lists()
    rows = rows[(rows["STATE"] == "NEW YORK") & ~rows["agency"].str.match("Lake Placid|.* Counry ")]
    now = latest_list()
    now = now[now["STATE"] == "NEW YORK"]
    city = rows["agency"].str.contains("New York City|NYPD", case=False)
    return (
        count(rows["agency"].map(letters).nunique()),
        count(now["agency"].nunique()),
        count(city.sum()),
    )


def on_lists(*files: str) -> Texts:
    return tuple(count(len(ice_list(f"ice-287g-lists/{one}.xlsx"))) for one in files)


def usable_counties() -> Texts:
    frame = audit_frame()
    good = (frame["quality"] <= 2) & ~frame.index.isin(NEW_YORK_CITY)
    return count(good.sum()), count(len(frame)), share(good.sum(), len(frame))


def under_law(kind: str) -> Texts:
    """Counties, agreements, residents of 2021 and, of them, foreign-born by the state's law."""
    frame = audit_frame()
    frame = frame[frame["state"].map(laws()) == kind]
    abroad = (frame["foreign_born"] / 10 * frame["people"]).sum()
    listed = frame["listed"].sum()
    return tuple(count(one) for one in (len(frame), listed, frame["people"].sum(), abroad))


def arrests_of(group: str) -> Texts:
    path = "urban-juvenile-arrests-subgroup-2021-2023/rate_arrests_county_all_subgroup.csv"
    rows = pd.read_csv(MIRROR / path, dtype=str)
    rows = rows[(rows["year"] == "2023") & (rows["subgroup"] == group)]
    rows = rows.set_index(rows["state"] + rows["county"])
    rows = rows[(number(rows["rate_juv_arrest_quality"]) <= 2) & ~rows.index.isin(NEW_YORK_CITY)]
    frame = crime().assign(rate=number(rows["rate_juv_arrest"]))
    found = least_squares(frame, "rate", "policy", COVARIATES)
    return tuple(signed(found[one], 2) for one in (0, 3, 4))


@cache
def detained(record: str, year: int) -> pd.DataFrame:
    """Facilities of one record and fiscal year: code, county, mean held, days in use, type."""
    listed = facility_list()[facility_list()["DETLOC"] != "Redacted"].set_index("DETLOC")
    stated = by_fiscal_year().assign(
        year=2000 + by_fiscal_year()["fiscal_year"].str[2:].astype(int)
    )
    if record == "yearly":
        rows = stated[(stated["year"] == year) & (stated["adp"] > 0)]
        rows = rows.rename(columns={"detloc": "code", "facility_type_detailed": "kind"})
        return rows[["code", "fips", "adp", "kind"]].rename(columns={"adp": "mean"})
    if record == "list":
        mean = number(listed[f"FY{year % 100:02d} ADP"])
        rows = pd.DataFrame({"code": mean.index, "mean": mean.to_numpy()}).query("mean > 0")
        rows = rows.assign(kind=rows["code"].map(listed["Type Detailed"]))
    else:
        path = "uwchr-facility-headcount-2011-2024/inc_headcount_fy12-24ytd.csv.gz"
        days = pd.read_csv(MIRROR / path, sep="|")
        days = days[(days["date"] >= f"{year - 1}-10-01") & (days["date"] < f"{year}-10-01")]
        held = days.groupby("detention_facility_code")["n"].agg(["size", "sum"])
        rows = held.assign(mean=held["sum"] / days["date"].nunique()).rename_axis("code")
        rows = rows.reset_index()
        rows["kind"] = kinds_by_year(stated, rows["code"], pd.Series(year, rows.index))
    fips = rows["code"].map(facility_counties())
    return rows.assign(fips=fips.where(fips.isin(counties().index)))


def by_definition(record: str, year: int) -> Texts:
    """Counties where anyone was held, in one the county runs, one a day, authorised, on 30, 90."""
    rows = detained(record, year).dropna(subset=["fips"])
    listed = facility_list().set_index("DETLOC")
    runs = listed["Facility Operator"].str.startswith("COUNTY")
    by_county = rows["code"].map(runs[~runs.index.duplicated()]).fillna(False).astype(bool)
    local = ~rows["kind"].isin(NOT_LOCAL)
    agreed = rows[rows["kind"].isin(AGREEMENT)]
    sets = [agreed, rows[by_county & local], agreed[agreed["mean"] >= 1]]
    if record == "list":
        allowed = listed.index[listed["Authorization Status"] == "AUTHORIZED"]
        sets.append(agreed[agreed["code"].isin(allowed)])
    if record == "days":
        sets += [agreed[agreed["size"] >= least] for least in (30, 90)]
    return tuple(count(one["fips"].nunique()) for one in sets)


NOT_LOCAL = ["SPC", "BOP", "HOLD", "STAGING", "MIRP", "DOD", "MOC", "CDF", "USMS CDF"]


def by_definitions(definition: int) -> Texts:
    """One definition in fiscal year 2016, of the records that can tell it."""
    records = {0: ("yearly", "days", "list"), 1: ("yearly", "days", "list"), 3: ("list",)}
    records |= {2: records[0], 4: ("days",), 5: ("days",)}
    place = 3 if definition == 4 else 4 if definition == 5 else definition
    return tuple(by_definition(one, 2016)[place] for one in records[definition])


def recorded(year: int) -> set[str]:
    """Counties with an agreement used on 30 days or more."""
    if year < 2023:
        rows = detained("days", year)
        rows = rows[rows["kind"].isin(AGREEMENT)]
    else:
        rows = daily()[(daily()["year"] == year) & daily()["is_agreement"]]
    return set(rows.loc[rows["size"] >= 30, "fips"].dropna())


def people_in(places: set[str]) -> tuple[float, float, float, float]:
    """Residents of 2021 in counties, born abroad, and both in all counties."""
    frame = counties()
    frame = frame.assign(abroad=frame["foreign_born"].fillna(0) / 10 * frame["people"])
    there = frame[frame.index.isin(places)][["people", "abroad"]].sum()
    return (*there, *frame[["people", "abroad"]].sum())


def practice_people(practice: str) -> Texts:
    places = on(latest_list()) if practice == "agreement" else recorded(2026)
    people, abroad, all_people, all_abroad = people_in(places)
    known = len(counties()) if practice == "agreement" else 0  # nothing says who has a contract
    texts = count(len(places)), count(known), f"{people / 1e6:.1f}"
    return (*texts, share(people, all_people), f"{abroad / 1e6:.1f}", share(abroad, all_abroad))


def recorded_over_time(year: int) -> Texts:
    people, abroad, all_people, all_abroad = people_in(recorded(year))
    return count(len(recorded(year))), share(people, all_people), share(abroad, all_abroad)


RESPELT = {"Mantiowoc County Sheriff's Office": "Manitowoc County Sheriff's Office"}
"""Agencies whose own name, on early lists, has a county that is none."""


def agreed_over_time(file: str) -> Texts:
    """Counties of county agencies on a list, of the type that the latest list with them states.

    Early lists state neither type nor county: an agency is placed by its name, else by its cell on
    later lists, and is a county's where its name says so and no list calls it anything.
    """
    later = pd.concat([dated_lists().sort_values("day"), first_list(), latest_list()])
    later["key"] = later["STATE"] + later["agency"].map(letters)
    later = later.dropna(subset=["TYPE"])
    kind = later.drop_duplicates("key", keep="last").set_index("key")["TYPE"]
    cell = later[later["day"].isna() & later["fips"].notna()].drop_duplicates("key")
    rows = latest_list() if file == "latest" else ice_list(f"ice-287g-lists/{file}.xlsx")
    rows = rows.assign(agency=rows["agency"].replace(RESPELT))
    key = rows["STATE"] + rows["agency"].map(letters)
    rows, key = (one[key.map(kind).fillna("County") == "County"] for one in (rows, key))
    where = zip(rows["STATE"], rows["agency"], strict=True)
    named = pd.Series([find_county(state, "-", agency) for state, agency in where], rows.index)
    named = named.fillna(key.map(cell.set_index("key")["fips"])).fillna(rows["fips"])
    places = set(named.dropna())
    people, abroad, all_people, all_abroad = people_in(places)
    return count(len(places)), share(people, all_people), share(abroad, all_abroad)


def practices_seen(number_seen: int) -> Texts:
    both = [on(latest_list()), recorded(2026)]
    seen = pd.Series(0, counties().index)
    for places in both:
        seen += seen.index.isin(places)
    places = set(seen.index[seen == number_seen])
    return count(len(places)), count(people_in(places)[0])


def practice_law(practice: str, day: str = "2026-05-18") -> pd.Series:
    """Of each state what its certain laws in force say of one practice."""
    table = pd.read_csv(REFERENCE / "state_laws.csv", dtype=str)
    table = table[table["confidence"].eq("high") & (table["effective_date"] <= day)]
    table = table[table["ended_date"].isna() | (table["ended_date"] > day)]
    table = table[table["practices"].str.split(";").map(lambda some: practice in some)]
    assert not table.groupby("state_fips")["kind"].nunique().gt(1).any()
    return table.drop_duplicates("state_fips").set_index("state_fips")["kind"]


def practice_under_law(practice: str, kind: str) -> Texts:
    """Counties not seen with it and seen, or all where it is not known, residents, born abroad."""
    of = counties()["state"].map(practice_law(practice)).fillna("neither")
    places = set(of.index[of == kind])
    people, abroad, *_ = people_in(places)
    has = {"agreement_287g": on(latest_list()), "detention_contract": recorded(2026)}
    seen = places & has.get(practice, set())
    texts = [len(places - seen), len(seen)] if practice in has else [len(places)]
    return tuple(count(one) for one in (*texts, people, abroad))


def days_of_latest_list() -> Texts:
    """Rows without a day of signing as written, and those with one before the model was back."""
    signed = pd.to_datetime(latest_list()["signed"])
    wrong = latest_list()["SUPPORT TYPE"].str.contains("Task") & (signed < "2025")
    return count(signed.isna().sum()), count(wrong.sum())


def not_seen_though_required() -> Texts:
    of = counties()["state"].map(practice_law("agreement_287g"))
    places = counties().loc[of.eq("requires") & ~of.index.isin(on(latest_list())), "state"]
    return tuple(count(one) for one in (len(places), *places.value_counts()))


@cache
def dated_lists() -> pd.DataFrame:
    """Rows of every list with its day, from the name of its file."""
    parts = []
    for path in sorted((MIRROR / "ice-287g-lists").glob("*.xlsx")):
        digits = "".join(re.findall(r"\d", path.name))[:8]
        form = "%Y%m%d" if "-" in path.name else "%m%d%Y"
        day = pd.to_datetime(digits, format=form)
        parts.append(ice_list(f"ice-287g-lists/{path.name}").assign(day=day))
    return pd.concat(parts, ignore_index=True)


def barred_agreements() -> pd.DataFrame:
    """Agency and model that a list names when a certain law of the state restricts agreements."""
    table = pd.read_csv(REFERENCE / "state_laws.csv", dtype=str)
    table = table[table["confidence"].eq("high") & table["kind"].eq("restricts")]
    table = table[table["practices"].str.split(";").map(lambda some: "agreement_287g" in some)]
    since = table.set_index(table["state"].str.upper())["effective_date"]
    rows = dated_lists()
    rows = rows.assign(law=pd.to_datetime(rows["STATE"].map(since)))
    rows = rows[rows["day"] >= rows["law"]]
    rows["name"] = rows["agency"].map(letters)
    return rows.groupby(["STATE", "name", "SUPPORT TYPE"])["day"].max().reset_index()


def barred_in_all() -> Texts:
    held = recorded(2026)
    law = counties()["state"].map(practice_law("detention_contract"))
    places = held & set(law.index[law == "restricts"])
    return count(len(barred_agreements())), count(len(places))


def barred_last_listed(agency: str) -> Texts:
    rows = barred_agreements()
    day = rows.loc[rows["name"].str.startswith(agency), "day"].max()
    return (f"{day.day} {day:%B %Y}",)


def policy_after(year: int) -> pd.DataFrame:
    """Percent with an agreement by their signing after a year; who signed before is left out."""
    rows = latest_list()
    rows = rows[(rows["TYPE"] == "County") & rows["fips"].notna()]
    first = rows["signed"].where(rows["signed"] >= "2017").groupby(rows["fips"]).min()
    frame = counties().copy()
    frame["listed"] = np.where(frame.index.isin(first.index), 100.0, 0.0)
    early = set(first.index[first <= f"{year}-12-31"]) | (ever_listed() - set(first.index))
    # Some of an earlier list, or an earlier day of signing, signed anew since.
    lists, day = dated_lists().sort_values("day"), f"{year}-12-31"
    lists = lists[lists["TYPE"].fillna("County") == "County"]
    each = ["STATE", "agency", "SUPPORT TYPE"]
    first_day = lists.groupby(each)["day"].transform("min")
    # A list corrects the day of one before it; one after the first list is a renewal.
    lists = lists.assign(signed=lists["signed"].mask(lists["signed"] > first_day))
    before = lists.groupby(each, as_index=False).agg({"signed": "last", "day": "min"})
    before = before[(before["day"] <= day) | (before["signed"] <= day)]
    where = zip(before["STATE"], before["agency"], strict=True)
    early |= {find_county(state, "-", agency) for state, agency in where} - {None}
    frame["is_early"] = frame.index.isin(early)
    return frame


def origin_share(name: str) -> tuple[int, pd.Series, pd.Series | None]:
    """Last year of the survey, tens of percentage points, and their margins of error."""
    if name == "foreign_born":
        return 2019, counties()["foreign_born"], None
    if name == "noncitizen":
        rows = pd.read_csv(MIRROR / "acs-noncitizens-2012-2016/data.csv").set_index("id")["rate"]
        people = pd.read_csv(MIRROR / "medsl-county-context-2018/election-context-2018.csv")
        part = rows / people.set_index("fips")["total_population"].reindex(rows.index) * 10
        return 2016, part.set_axis(part.index.astype(str).str.zfill(5)), None
    rows = pd.read_csv(MIRROR / "cdc-svi-2020/SVI_2020_US_county.csv", dtype={"FIPS": str})
    rows = rows.set_index("FIPS")
    return 2020, rows[f"EP_{name}"] / 10, rows[f"MP_{name}"] / 10


def origin_row(name: str, digits: int) -> Texts:
    """Counties compared, not known, left out; the estimate and, by margins, one without error."""
    year, values, margins = origin_share(name)
    frame = policy_after(year).assign(asked=lambda of: values.reindex(of.index))
    others = [one for one in COVARIATES if one != "hispanic"]
    known = frame.dropna(subset=["asked"])
    rows = known[~known["is_early"]]
    estimate, _, _, *ends, n, clusters = least_squares(rows, "listed", "asked", others)
    texts = [count(n), count(frame["asked"].isna().sum()), count(known["is_early"].sum())]
    texts += [signed(estimate, 2), *(signed(one, digits) for one in ends)]
    if margins is None:
        return tuple(texts)
    used = rows.dropna(subset=others)
    error = margins.reindex(used.index) / stats.norm.ppf(0.95)
    x = np.column_stack(
        [used[others].to_numpy(float), pd.get_dummies(used["state"]).to_numpy(float)]
    )
    asked = used["asked"].to_numpy(float)
    left = asked - x @ np.linalg.lstsq(x, asked, rcond=None)[0]
    kept = (n - len(others) - 1 - clusters) / n
    reliability = 1 - kept * float((error**2).sum()) / float(left @ left)
    texts += [f"{100 * reliability:.0f}%", signed(estimate / reliability, 2)]
    return (*texts, *(signed(one / reliability, digits) for one in ends))


def texas_held(year: int) -> Texts:
    """Mean at midnight under local agreements in Texas."""
    rows = daily()[(daily()["year"] == year) & daily()["is_agreement"]]
    return (f"{rows.loc[rows['fips'].str.startswith('48', na=False), 'mean'].sum():,.1f}",)


def texas_by_model() -> Texts:
    """Agreements by model: jail enforcement, task force, warrant service."""
    rows = latest_list()
    models = rows.loc[rows["STATE"] == "TEXAS", "SUPPORT TYPE"].str[:4].value_counts()
    return tuple(count(models[one]) for one in ("Jail", "Task", "Warr"))


def harris_held(code: str, year: int) -> Texts:
    rows = daily()[(daily()["detention_facility_code"] == code) & (daily()["year"] == year)]
    assert rows["fips"].tolist() == ["48201"]
    return f"{rows['mean'].item():.1f}", count(rows["size"].item())


def harris_limited_english() -> Texts:
    rows = pd.read_csv(MIRROR / "cdc-svi-2022/SVI_2022_US_county.csv").set_index("FIPS")
    return (f"{rows.loc[48201, 'EP_LIMENG']:.1f}%",)


def harris_declined() -> Texts:
    rows = declined()[declined()["state"] == "TEXAS"]
    row = rows[rows["name"].eq("HARRIS COUNTY JAIL") & rows["declined"].gt(0)]
    return tuple(count(row[one].item()) for one in ("declined", "others"))


def texas_by_type() -> Texts:
    """Agreements of agencies of the state, of counties and of towns."""
    rows = latest_list()
    kinds = rows.loc[rows["STATE"] == "TEXAS", "TYPE"].value_counts()
    return tuple(count(kinds[one]) for one in ("State Agency", "County", "Municipality"))


def texas_among_states() -> Texts:
    agencies, *_, part = texas_headline()
    return part, agencies


def texas_reported() -> Texts:
    persons, goods, covered, good, every = texas_crime(2023)
    return good, every, covered, persons, goods


def harris_beside_texas(year: int) -> Texts:
    return texas_crime(year)[:2]


def harris_card() -> Texts:
    people, hispanic, poverty, *_ = harris_people()
    return people, hispanic, *harris_born_abroad(), poverty
