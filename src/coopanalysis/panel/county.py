"""The county table: one row per county of the base list, with all that is known of it."""

from __future__ import annotations

import pandas as pd

from coopanalysis.catalog.tables import COUNTY
from coopanalysis.clean.earlier_crime import EARLIER_RATE, EARLIER_YEAR, earlier_crime
from coopanalysis.clean.municipal import PLACED
from coopanalysis.errors import DataError
from coopanalysis.panel.detainers import with_detainers
from coopanalysis.panel.inputs import POLICE, Inputs
from coopanalysis.panel.joins import JoinLog
from coopanalysis.panel.people import with_people
from coopanalysis.schema import conform
from coopanalysis.vocabulary import PRACTICE_NAMES, SUPPORT_TYPES

BASE_LIST = 2021
"""Year of the county list that the county table uses."""

RACE_COLUMNS = [
    "hispanic_share",
    "white_nonhispanic_share",
    "black_nonhispanic_share",
    "other_race_share",
]


def build_county(
    inputs: Inputs,
    agreements: pd.DataFrame,
    reporting: pd.DataFrame,
    detainers: pd.DataFrame,
    joins: JoinLog,
) -> pd.DataFrame:
    """Build the county table: one row per county of the base list."""
    county = inputs.counties[["county_fips", "county"]].assign(
        state_fips=inputs.counties["county_fips"].str[:2], county_vintage=BASE_LIST
    )
    states = inputs.states[["state_fips", "state_abbr", "state"]]
    county = joins.left_join(county, states, ["state_fips"], ("county", "state-list"), "m:1")
    for layout, right in (
        ("urban-population", _base_year(inputs, "urban-population", ["population_count"])),
        ("urban-race-ethnicity", _base_year(inputs, "urban-race-ethnicity", RACE_COLUMNS)),
        ("acs-wide", _acs(inputs)),
        ("votes-president", _votes(inputs)),
        ("secure-communities", _secure_communities(inputs)),
    ):
        county = joins.left_join(county, right, ["county_fips"], ("county", layout))
    county = _with_measures(county, inputs, joins)
    county = with_people(county, inputs, joins)
    county = with_detainers(county, detainers, inputs, joins)
    county = joins.left_join_optional(
        county,
        earlier_crime(reporting),
        [COUNTY.column(EARLIER_RATE)],
        ["county_fips"],
        ("county", f"fbi-return-a {EARLIER_YEAR}"),
    )
    flags = agreement_flags(county["county_fips"], agreements)
    if inputs.find(POLICE) is None:
        flags["municipal_agreement_looked_up_latest_list"] = pd.NA
    county = county.merge(flags, on="county_fips", validate="1:1")
    county = _with_practices(county, inputs, joins)
    return conform(county, COUNTY).sort_values("county_fips", ignore_index=True)


def agreement_flags(codes: pd.Series, agreements: pd.DataFrame) -> pd.DataFrame:
    """Which counties are on the first and on the latest list, and since when they have signed.

    Only agencies of type County count as the county's, but for the municipal flags: of those, one
    is about agencies that state the county, the other about those whose county is looked up.
    """
    rows = agreement_rows(agreements)
    signed = rows.pop("agreement_signed_date").groupby("county_fips")["signed_date"].min()
    flags = {
        name: codes.isin(listed["county_fips"].dropna()).astype("Int8")
        for name, listed in rows.items()
    }
    # A list may have no county in it, and `map` takes an empty mapping for one to numbers.
    dates = signed.reindex(codes).set_axis(codes.index)
    return pd.DataFrame({"county_fips": codes, **flags, "agreement_signed_date": dates}).astype(
        {"agreement_signed_date": "datetime64[us]"}
    )


def agreement_rows(agreements: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of the lists that each column of `agreement_flags` rests on, by name of the column."""
    participating = agreements[agreements["list_kind"] == "participating"]
    of_county = participating[participating["agency_type"] == "county"]
    dates = participating["list_date"]
    latest = of_county[of_county["list_date"] == dates.max()]
    municipal = participating[
        (participating["list_date"] == dates.max())
        & (participating["agency_type"] == "municipality")
    ]
    looked_up = municipal["county_match"] == PLACED
    return {
        "agreement_first_list": of_county[of_county["list_date"] == dates.min()],
        "agreement_latest_list": latest,
        **{
            f"{support.replace('-', '_')}_latest_list": latest[latest["support_type"] == support]
            for support in SUPPORT_TYPES
        },
        "municipal_agreement_latest_list": municipal[~looked_up],
        "municipal_agreement_looked_up_latest_list": municipal[looked_up],
        "agreement_signed_date": latest,
    }


def county_stretches(spells: pd.DataFrame, county: pd.DataFrame) -> pd.DataFrame:
    """Stretches on the lists of agencies of a county, each with its county where that is known.

    Lists up to March 2025 state neither type nor county. An agency that no later list has is of
    the county whose whole name its own begins with ("Oak County Sheriff's Office"), in its state.
    """
    own = spells[spells["agency_type"].fillna("county") == "county"]
    lacking = own["county_fips"].isna()
    named = own.loc[lacking].drop(columns="county_fips").reset_index()
    named = named.merge(
        county[["state_fips", "county", "county_fips"]], on="state_fips", validate="m:m"
    )
    begins = [
        f"{agency} ".startswith(f"{name} ")
        for agency, name in zip(named["agency"], named["county"], strict=True)
    ]
    found = named.loc[begins].drop_duplicates("index").set_index("index")["county_fips"]
    return own.assign(county_fips=own["county_fips"].fillna(found))


def listed_counties(
    agreements: pd.DataFrame, spells: pd.DataFrame, county: pd.DataFrame
) -> set[str]:
    """Counties of which any list of participating agencies has a county agency."""
    is_of_county = agreements["agency_type"] == "county"
    rows = agreements[(agreements["list_kind"] == "participating") & is_of_county]
    found = (rows["county_fips"], county_stretches(spells, county)["county_fips"])
    return set(pd.concat(found).dropna())


def latest_list(agreements: pd.DataFrame) -> str:
    """Id of the latest list of participating agencies."""
    participating = agreements[agreements["list_kind"] == "participating"]
    newest = participating.sort_values("list_date", kind="stable").iloc[-1]
    return str(newest["source"])


def _base_year(inputs: Inputs, layout: str, columns: list[str]) -> pd.DataFrame:
    reading = inputs.only(layout)
    rows = reading.frame[reading.frame["year"] == BASE_LIST]
    if rows.empty:
        years = sorted(reading.frame["year"].dropna().unique().tolist())
        raise DataError(
            reading.source,
            f"has no rows of {BASE_LIST}, the year of the county list; it has {years}",
            "Use a file that covers that year.",
        )
    return rows[["county_fips", *columns]]


def _acs(inputs: Inputs) -> pd.DataFrame:
    columns = ["poverty_pct", "unemployment_pct", "median_household_income_usd"]
    return inputs.only("acs-wide").frame[["county_fips", *columns]]


def _votes(inputs: Inputs) -> pd.DataFrame:
    votes = inputs.only("votes-president", "2020").frame
    return votes[["county_fips", "votes_count"]].assign(republican_share=_republican(votes))


def _republican(votes: pd.DataFrame) -> pd.Series:
    cast = votes["votes_count"].astype("float64")
    return votes["republican_votes_count"].astype("float64") / cast.where(cast > 0)


def _with_measures(county: pd.DataFrame, inputs: Inputs, joins: JoinLog) -> pd.DataFrame:
    """Join what a release may lack: the votes of 2024, turnout and land area."""
    tables = {
        "votes-president": _votes_2024(inputs),
        "urban-turnout": inputs.frame("urban-turnout"),
        "census-counties": _land(inputs),
    }
    for layout, right in tables.items():
        columns = [one for one in COUNTY.columns if one.optional and one.source == layout]
        name = f"{layout} 2024" if layout == "votes-president" else layout
        county = joins.left_join_optional(county, right, columns, ["county_fips"], ("county", name))
    residents = county["population_count"].astype("float64")
    land = county["land_area_km2"].where(county["land_area_km2"] > 0)
    return county.assign(population_per_km2=residents / land)


def _votes_2024(inputs: Inputs) -> pd.DataFrame | None:
    votes = inputs.frame("votes-president", "2024")
    if votes is None:
        return None
    return votes.assign(
        votes_count_2024=votes["votes_count"], republican_share_2024=_republican(votes)
    )


def _land(inputs: Inputs) -> pd.DataFrame | None:
    """Land area from the newest county list that has the county."""
    lists = [inputs.frame("census-counties", year) for year in ("2023", "2019")]
    known = [frame[["county_fips", "land_area_km2"]] for frame in lists if frame is not None]
    return pd.concat(known, ignore_index=True).drop_duplicates("county_fips") if known else None


def _secure_communities(inputs: Inputs) -> pd.DataFrame:
    rows = inputs.only("secure-communities").frame[["county_fips", "activation_date"]]
    return rows.rename(columns={"activation_date": "secure_communities_date"})


def _with_practices(county: pd.DataFrame, inputs: Inputs, joins: JoinLog) -> pd.DataFrame:
    """Add the practices as the rubric codes them; without a rubric none is known.

    An agreement on a list has columns of its own, which a rubric leaves as they are.
    """
    rubric = inputs.rubric
    if rubric is not None:
        columns = [*PRACTICE_NAMES, "cooperation_score", "limits_total_published"]
        right = rubric.frame[["county_fips", *columns]]
        joined = joins.left_join(county, right, ["county_fips"], ("county", "ilrc-rubric"))
        return joined.assign(practices_source=rubric.source)
    unknown = pd.Series(pd.NA, index=county.index, dtype="Int8")
    return county.assign(
        **dict.fromkeys(PRACTICE_NAMES, unknown),
        cooperation_score=unknown,
        limits_total_published=unknown.astype("Int16"),
        practices_source=unknown.astype("str"),
    )
