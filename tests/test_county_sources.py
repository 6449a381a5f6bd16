"""Readers of the public county files, on small fictional files and on the real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopanalysis.errors import DataError
from coopanalysis.sources import READERS
from coopanalysis.sources.secure_communities import read_secure_communities

CRIME = (
    "year,state,county,rate_crime_violent,rate_crime_property,"
    "rate_crime_violent_quality,rate_crime_property_quality"
)
POPULATION = "year,state,county,state_name,county_name,population"
VOTES = "state_name,county_fips,county_name,votes_gop,votes_dem,total_votes"


def write(folder: Path, lines: list[str], encoding: str = "utf-8") -> Path:
    file = folder / "sample.csv"
    file.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return file


def stata(folder: Path, rows: list[tuple[str, int, str, int, float, float]]) -> Path:
    columns = [
        "countyname",
        "countyfips",
        "state",
        "statefips",
        "activation_month",
        "activation_year",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame["l"] = ""
    file = folder / "sample.dta"
    frame.to_stata(file, write_index=False, version=118)
    return file


# ---- reported crime


def test_crime_rates_and_flags(tmp_path: Path) -> None:
    lines = [
        CRIME,
        "2021,90,001,1.5,2.5,1,1",
        "2021,90,003,NA,NA,NA,NA",
        "2021,90,005,0.0,7,3,3",
    ]
    frame = READERS["urban-crime"](write(tmp_path, lines)).frame
    assert frame["county_fips"].tolist() == ["90001", "90003", "90005"]
    assert frame["person_offenses_per_100k"].tolist()[::2] == [1.5, 0.0]
    assert frame["reporting_quality"].tolist() == [1, pd.NA, 3]
    assert frame["person_offenses_per_100k"].isna().tolist() == [False, True, False]


def test_crime_rows_that_contradict_themselves_are_rejects(tmp_path: Path) -> None:
    lines = [CRIME, "2021,90,001,1,2,1,2", "2021,90,003,-1,2,1,1", "2021,901,5,1,2,1,1"]
    lines += ["2021,90,007,1,2,4,4", "2021,90,009,1,2,1,NA"]
    rejects = READERS["urban-crime"](write(tmp_path, lines)).rejects
    assert rejects["row"].tolist() == [2, 3, 4, 5, 6]
    assert rejects["reason"].str.split(":").str[0].tolist() == [
        "number out of range",
        "number out of range",
        "not a county code",
        "number out of range",
        "number out of range",
    ]


def test_a_renamed_column_names_file_expected_and_found(tmp_path: Path) -> None:
    lines = [CRIME.replace("rate_crime_violent,", "violent_rate,"), "2021,90,001,1,2,1,1"]
    with pytest.raises(DataError, match=r"sample\.csv: lacks the column rate_crime_violent; .*"):
        READERS["urban-crime"](write(tmp_path, lines))


# ---- population


def test_population_survives_its_three_warts(tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    lines = [
        POPULATION.encode(),
        b"2014,90,001,Northmark, Alder County,100",
        '2014,90,003,"Northmark, Peñón County",NA,200'.encode("latin-1"),
        "2015,90,003,Northmark,Peñón County,300".encode(),
    ]
    file.write_bytes(b"\n".join(lines) + b"\n")
    frame = READERS["urban-population"](file).frame
    assert frame["county"].tolist() == ["Alder County", "Peñón County", "Peñón County"]
    assert (frame["state"] == "Northmark").all()
    assert frame["population_count"].tolist() == [100, 200, 300]


# ---- race and ethnicity


def test_shares_must_sum_to_one(tmp_path: Path) -> None:
    header = (
        "year,state,county,share_desc_rep_other,share_desc_rep_black_nonhispanic,"
        "share_desc_rep_hispanic,share_desc_rep_white_nonhispanic"
    )
    lines = [header, "2021,90,001,0.1,0.2,0.3,0.4", "2021,90,003,0.1,0.2,0.3,0.5"]
    reading = READERS["urban-race-ethnicity"](write(tmp_path, lines))
    row = reading.frame.iloc[0]
    assert (row["hispanic_share"], row["white_nonhispanic_share"]) == (0.3, 0.4)
    assert (row["black_nonhispanic_share"], row["other_race_share"]) == (0.2, 0.1)
    assert reading.rejects["reason"].tolist() == ["number out of range: shares do not sum to 1"]


# ---- votes


def test_districts_are_set_aside_and_wards_are_summed(tmp_path: Path) -> None:
    lines = [
        VOTES,
        "Northmark,90001,Alder County,60,30,100",
        "Icemark,02013,District 13,5,5,10",
        "Citymark,11001,Ward 1,1,2,4",
        "Citymark,11002,Ward 2,10,20,40",
        "Northmark,90003,Birch County,60,50,100",
    ]
    reading = READERS["votes-president"](write(tmp_path, lines))
    assert reading.frame["county_fips"].tolist() == ["90001", "11001"]
    whole = reading.frame.iloc[1]
    assert (whole["republican_votes_count"], whole["votes_count"]) == (11, 44)
    assert whole["county"] == "Citymark"
    assert reading.rejects.set_index("row")["reason"].to_dict() == {
        3: "state house district, not a county",
        5: "ward, summed into its county",
        6: "number out of range: two candidates have more votes than were cast",
    }


def test_a_district_as_one_row_is_not_summed(tmp_path: Path) -> None:
    lines = [VOTES, "Citymark,11001,Citymark,1,2,4"]
    reading = READERS["votes-president"](write(tmp_path, lines))
    assert reading.frame["votes_count"].tolist() == [4]
    assert reading.frame["county"].tolist() == ["Citymark"]


# ---- American Community Survey

ACS = (
    "CountyId,State,County,TotalPop,Men,Women,Hispanic,White,Black,Native,Asian,Pacific,"
    "VotingAgeCitizen,Income,IncomeErr,IncomePerCap,Poverty,ChildPoverty,Employed,"
    "PrivateWork,PublicWork,SelfEmployed,FamilyWork,Unemployment"
)
PLACE, COUNTS = "90001,Northmark,Alder County", "6,90,1,1,1,0,70,50000,900,30000,9,12,60"


@pytest.mark.parametrize(
    ("people", "work", "reason"),
    [
        ("100,49,51", "68.8,24.0,6.9,0.3,4.4", None),
        ("100,49,51", "68.8,24.0,6.8,0.3,4.4", None),
        ("100,49,51", "68.8,24.0,,6.9,0.3", "not a number: SelfEmployed"),
        (
            "100,49,51",
            "60,68.8,24.0,6.9,0.3",
            "columns contradict each other: PrivateWork, PublicWork, SelfEmployed, FamilyWork do "
            "not add up",
        ),
        (
            "100,49,52",
            "68.8,24.0,6.9,0.3,4.4",
            "columns contradict each other: Men, Women do not add up",
        ),
    ],
)
def test_cells_that_moved_are_told_by_what_adds_up(
    tmp_path: Path, people: str, work: str, reason: str | None
) -> None:
    reading = READERS["acs-wide"](write(tmp_path, [ACS, f"{PLACE},{people},{COUNTS},{work}"]))
    assert reading.rejects["reason"].tolist() == ([reason] if reason else [])


@pytest.mark.parametrize(("at", "kept"), [(11, 1), (10, 0), (9, 0)], ids=["child", "all", "usd"])
def test_child_poverty_alone_may_be_blank(tmp_path: Path, at: int, kept: int) -> None:
    counts = COUNTS.split(",")
    counts[at] = ""
    row = f"{PLACE},100,49,51,{','.join(counts)},68.8,24.0,6.9,0.3,4.4"
    assert READERS["acs-wide"](write(tmp_path, [ACS, row])).rows_kept == kept


# ---- Secure Communities


def test_activation_month_and_what_is_missing(tmp_path: Path) -> None:
    nothing = float("nan")
    rows = [
        ("ALDER", 3001, "NM", 3, 3.0, 2010.0),
        ("BIRCH", 90003, "SM", 90, nothing, nothing),
        ("CEDAR", 90005, "SM", 90, 13.0, 2010.0),
        ("DALE", 90007, "SM", 90, nothing, 2010.0),
        ("ELM", 90009, "SM", 91, 1.0, 2011.0),
        ("FIR", 90003, "SM", 90, 1.0, 2011.0),
    ]
    reading = read_secure_communities(stata(tmp_path, rows))
    assert reading.frame["county_fips"].tolist() == ["03001", "90003"]
    assert reading.frame["activation_date"].iloc[0] == pd.Timestamp("2010-03-01")
    assert pd.isna(reading.frame["activation_date"].iloc[1])
    assert reading.frame["source_row"].tolist() == [1, 2]
    assert reading.rejects.set_index("row")["reason"].to_dict() == {
        3: "not a date",
        4: "not a date",
        5: "code is of another state than the row says: statefips 91",
        6: "key repeats an earlier row: county_fips",
    }


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("countyname", None, "not a name: countyname"),
        ("countyname", 7.0, "not a name: countyname"),
        ("state", "", "not a name: state"),
        ("state", 90.0, "not a name: state"),
        ("countyfips", None, "not a county code"),
        ("statefips", None, "code is of another state than the row says: statefips missing"),
    ],
)
def test_a_missing_cell_or_a_number_among_texts_costs_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, cell: object, reason: str
) -> None:
    """A column of a Stata file is text or numbers; blank cells can make it the other."""
    rows = [("ALDER", 90001, "SM", 90, 3.0, 2010.0), ("BIRCH", 90003, "SM", 90, 4.0, 2010.0)]
    file = stata(tmp_path, rows)
    raw = pd.read_stata(file).astype({column: "object"})
    raw.loc[1, column] = cell
    monkeypatch.setattr(pd, "read_stata", lambda *_, **__: raw)
    reading = read_secure_communities(file)
    assert reading.frame["county_fips"].tolist() == ["90001"]
    assert reading.rejects[["row", "reason"]].to_dict("records") == [{"row": 2, "reason": reason}]


def test_a_file_that_is_no_stata_file(tmp_path: Path) -> None:
    file = tmp_path / "sample.dta"
    file.write_bytes(b"<stata_dta>cut")
    with pytest.raises(DataError, match=r"sample\.dta: is no readable Stata file"):
        read_secure_communities(file)


def test_a_stata_file_cut_short(tmp_path: Path) -> None:
    whole = stata(tmp_path, [("ALDER", 90001, "NM", 90, 3.0, 2010.0)] * 50)
    data = whole.read_bytes()
    for length in (40, 200, 800, len(data) - 900):
        whole.write_bytes(data[:length])
        with pytest.raises(DataError, match=r"sample\.dta"):
            read_secure_communities(whole)


# ---- the real files


def real(mirror: Path, source: str) -> Path:
    return next((mirror / source).iterdir())


@pytest.mark.mirror
def test_real_crime(mirror: Path) -> None:
    reading = READERS["urban-crime"](real(mirror, "urban-crime-2021-2023"))
    frame = reading.frame
    assert (reading.rows_in, reading.rows_rejected) == (9431, 0)
    counts = frame.assign(flag=frame["reporting_quality"].fillna(0)).groupby("year")["flag"]
    assert {year: flags.value_counts().sort_index().tolist() for year, flags in counts} == {
        2021: [286, 936, 560, 1361],
        2022: [247, 938, 579, 1380],
        2023: [232, 941, 596, 1375],
    }
    rate = frame.set_index(["county_fips", "year"])["person_offenses_per_100k"]
    assert [round(float(rate["36061", year]), 1) for year in (2021, 2022, 2023)] == [
        20.0,
        454.4,
        13173.6,
    ]
    assert rate["36061", 2023] == rate.max()
    assert (rate == 0).groupby("year").sum().tolist() == [20, 22, 20]
    absent = frame.groupby("county_fips")["reporting_quality"].count()
    assert (absent == 0).sum() == 182


@pytest.mark.mirror
def test_real_population(mirror: Path) -> None:
    reading = READERS["urban-population"](real(mirror, "urban-population-2014-2023"))
    frame = reading.frame
    assert (reading.rows_in, reading.rows_rejected) == (31426, 0)
    rows = frame.groupby("year").size()
    assert rows.tolist() == [3142] * 6 + [3143] * 2 + [3144] * 2
    total = frame.groupby("year")["population_count"].sum()
    assert (total[2014], total[2023]) == (318_857_056, 334_914_895)
    assert frame["state"].nunique() == 51
    ana = frame[frame["county_fips"] == "35013"]
    assert (ana["county"] == "Doña Ana County").all()
    assert ana.loc[ana["year"].isin([2014, 2021, 2023]), "source_row"].tolist() == [
        1804,
        23800,
        30088,
    ]
    assert frame.loc[frame["population_count"].idxmin(), "county"] == "Loving County"


@pytest.mark.mirror
def test_real_race_and_ethnicity(mirror: Path) -> None:
    reading = READERS["urban-race-ethnicity"](real(mirror, "urban-race-ethnicity-2014-2023"))
    assert (reading.rows_in, reading.rows_rejected) == (15713, 0)
    people = READERS["urban-population"](real(mirror, "urban-population-2014-2023")).frame
    newest = reading.frame[reading.frame["year"] == 2023].merge(
        people[["county_fips", "year", "population_count"]], validate="1:1"
    )
    weights = newest["population_count"].astype("float64")
    assert round(float(np.average(newest["hispanic_share"], weights=weights)), 4) == 0.1897


@pytest.mark.mirror
def test_real_acs(mirror: Path) -> None:
    reading = READERS["acs-wide"](real(mirror, "acs-2013-2017"))
    frame = reading.frame
    assert (reading.rows_in, reading.rows_rejected) == (3220, 0)
    states = frame[frame["county_fips"].str[:2] != "72"]
    weights = states["population_count"].astype("float64")
    assert (len(states), weights.sum()) == (3142, 321_004_407)
    assert round(float(np.average(states["hispanic_pct"], weights=weights)), 2) == 17.61
    assert round(float(np.average(states["poverty_pct"], weights=weights)), 2) == 14.61
    gaps = frame.isna().sum()
    assert gaps[gaps > 0].to_dict() == {"child_poverty_pct": 1}
    assert frame.loc[frame["child_poverty_pct"].isna(), "county_fips"].tolist() == ["15005"]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("year", "totals", "kept"),
    [
        (2020, (158_433_557, 74_208_196, 81_264_994), 3112),
        (2024, (154_863_739, 77_294_799, 75_006_739), 3113),
    ],
)
def test_real_votes(mirror: Path, year: int, totals: tuple[int, int, int], kept: int) -> None:
    file = real(mirror, f"votes-president-{year}")
    reading = READERS["votes-president"](file)
    assert reading.rows_kept == kept
    assert (reading.rejects["reason"] == "state house district, not a county").sum() == 40
    assert not reading.frame["county_fips"].str.startswith("02").any()
    raw = pd.read_csv(file)
    assert (raw["total_votes"].sum(), raw["votes_gop"].sum(), raw["votes_dem"].sum()) == totals
    north = raw["county_fips"].between(2000, 2999)
    assert reading.frame["votes_count"].sum() == totals[0] - raw.loc[north, "total_votes"].sum()
    if year == 2024:
        capital = reading.frame.set_index("county_fips").loc["11001"]
        assert capital["votes_count"] == 325_869


@pytest.mark.mirror
def test_real_secure_communities(mirror: Path) -> None:
    reading = read_secure_communities(real(mirror, "sc-activation-2008-2013"))
    frame = reading.frame
    assert (reading.rows_in, reading.rows_rejected) == (3242, 0)
    years = frame["activation_date"].dt.year
    assert years.value_counts().sort_index().tolist() == [14, 88, 780, 1098, 1016, 106]
    assert years.isna().sum() == 140
    first = frame.loc[frame["activation_date"].idxmin()]
    assert (first["county_fips"], str(first["activation_date"].date())) == ("48201", "2008-10-01")
    assert (frame["county_fips"].min(), frame["county_fips"].max()) == ("01001", "72990")
    assert (frame.loc[years == 2013, "activation_date"].dt.month == 1).all()


def test_every_layout_of_the_panel_has_a_reader() -> None:
    layouts = {
        "ice-287g",
        "ilrc-rubric",
        "secure-communities",
        "urban-crime",
        "urban-population",
        "urban-race-ethnicity",
        "acs-wide",
        "votes-president",
        "county-names",
        "state-list",
        "topojson",
    }
    assert layouts <= set(READERS)
