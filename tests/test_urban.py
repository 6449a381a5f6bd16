"""Metric files of the Urban Institute: values, bounds, flags, and the counts of the real files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopanalysis.errors import DataError, UsageError
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.urban import METRIC_FILES, read_urban_metric

INCOME = ",".join(METRIC_FILES["urban-income"].raw_columns)
EMPLOYMENT = "year,state,county,share_employed,share_employed_lb,share_employed_ub"
EMPLOYMENT += ",share_employed_quality"
SUBGROUP = "year,state,county,subgroup_type,subgroup,rate_juv_arrest,rate_juv_arrest_quality"


def write(folder: Path, *lines: str) -> Path:
    file = folder / "sample.csv"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return file


def test_values_bounds_and_the_flag(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        INCOME,
        "2014,90,001,20000.5,18000,22000,3,50000,48000,52000,3,90000,80000,99000,3",
        "2014,90,003,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA",
    )
    reading = read_urban_metric(file, "income", layout="urban-income")
    first, nothing = reading.frame.to_dict("records")
    assert (first["county_fips"], first["year"], first["income_quality"]) == ("90001", 2014, 3)
    assert (first["income_p20_usd"], first["income_p20_lower_usd"]) == (20000.5, 18000)
    assert (first["income_p80_usd"], first["income_p80_upper_usd"]) == (90000, 99000)
    assert pd.isna([nothing[name] for name in METRIC_FILES["urban-income"].columns]).all()
    assert list(reading.frame)[2:-3] == list(METRIC_FILES["urban-income"].columns)


def test_rows_that_contradict_themselves_are_rejects(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        EMPLOYMENT,
        "2014,90,001,0.7,0.6,0.8,1",
        "2014,90,003,0.7,0.75,0.8,1",
        "2014,90,005,0.7,0.6,0.8,NA",
        "2014,90,007,NA,NA,NA,2",
        "2014,90,009,0.7,NA,0.8,2",
        "2014,90,011,0.7,0.6,0.8,1.5",
        "2014,90,013,1.2,0.6,1.3,1",
        "2014,90,001,0.7,0.6,0.8,1",
    )
    reading = READERS["urban-employment"](file, "")
    assert reading.frame["source_row"].tolist() == [2]
    assert reading.rejects.set_index("row")["reason"].to_dict() == {
        3: "number out of range: share_employed is not in its bounds",
        4: "number out of range: employed_share and its quality flag are not both there",
        5: "number out of range: employed_share and its quality flag are not both there",
        6: "number out of range: employed_lower_share and its quality flag are not both there",
        7: "number out of range: a quality flag is not 1, 2 or 3",
        8: "number out of range: share_employed",
        9: "key repeats an earlier row: county_fips, year",
    }


def test_subgroups_are_part_of_the_key(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        SUBGROUP,
        "2021,90,001,all,All,100.5,1",
        "2021,90,001,age,Age 10 to 14,NA,NA",
        "2021,90,001,age,Age 10 to 14,7,1",
    )
    reading = READERS["urban-juvenile-arrests-subgroup"](file, "")
    assert reading.frame["subgroup"].tolist() == ["All", "Age 10 to 14"]
    assert reading.rejects["row"].tolist() == [4]


def test_a_layout_that_is_no_metric_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No metric file 'urban-incom'. There are: urban-crime"):
        read_urban_metric(tmp_path / "x.csv", layout="urban-incom")


CELL = st.sampled_from(["NA", "0", "0.5", "1", "2", "3", "-1", "1e400", "x", "", '"', "2021", "90"])


@pytest.mark.parametrize("layout", METRIC_FILES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_row_of_a_damaged_file_is_lost(tmp_path: Path, layout: str, data: st.DataObject) -> None:
    header = METRIC_FILES[layout].raw_columns
    width = st.sampled_from([len(header), len(header), len(header) - 1])
    line = width.flatmap(lambda count: st.lists(CELL, min_size=count, max_size=count))
    lines = [",".join(cells) for cells in data.draw(st.lists(line, max_size=8))]
    file = write(tmp_path, ",".join(header), *lines)
    try:
        reading = READERS[layout](file, "")
    except DataError as error:
        assert "sample.csv" in str(error)
        return
    assert reading.rows_in == reading.rows_kept + reading.rows_rejected
    rows = [*reading.frame["source_row"], *reading.rejects["row"]]
    assert len(set(rows)) == len(rows)
    assert not reading.frame.duplicated(list(METRIC_FILES[layout].key)).any()
    if '"' not in "".join(lines):
        assert len(rows) == sum(1 for text in lines if text.strip(","))


# ---- the real files


def real(mirror: Path, source: str) -> Reading:
    layout = next(name for name in sorted(METRIC_FILES, key=len, reverse=True) if name in source)
    reading = READERS[layout](next((mirror / source).iterdir()), source)
    assert reading.rows_rejected == 0
    return reading


def missing(reading: Reading, name: str) -> dict[int, int]:
    return reading.frame[name].isna().groupby(reading.frame["year"]).sum().to_dict()


@pytest.mark.mirror
def test_real_juvenile_arrests(mirror: Path) -> None:
    reading = real(mirror, "urban-juvenile-arrests-2021-2023")
    name = "juvenile_arrests_per_100k"
    assert reading.rows_in == 9431
    assert missing(reading, name) == {2021: 307, 2022: 265, 2023: 242}
    zero = (reading.frame[name] == 0).groupby(reading.frame["year"]).sum()
    assert zero.tolist() == [395, 360, 344]
    rate = reading.frame.set_index(["county_fips", "year"])[name]
    assert [round(rate["36061", year]) for year in (2021, 2022, 2023)] == [8, 315, 7515]
    crime = real(mirror, "urban-crime-2021-2023").frame
    both = reading.frame.merge(crime, on=["county_fips", "year"], validate="1:1")
    flags = both[["juvenile_reporting_quality", "reporting_quality"]].fillna(0)
    assert 0.045 < (flags.iloc[:, 0] != flags.iloc[:, 1]).mean() < 0.055


@pytest.mark.mirror
def test_real_juvenile_arrests_by_subgroup(mirror: Path) -> None:
    reading = real(mirror, "urban-juvenile-arrests-subgroup-2021-2023")
    frame, name = reading.frame, "juvenile_arrests_per_100k"
    assert reading.rows_in == 84_879 == 9 * 9431
    assert frame.groupby(["county_fips", "year"]).size().eq(9).all()
    assert frame[name].isna().sum() == 12_750
    assert (frame[name] > 100_000).sum() == 13
    assert round(frame[name].max()) == 248_207
    kinds = frame.groupby("subgroup_type")["subgroup"].unique().map(sorted).to_dict()
    assert kinds == {
        "age": ["Age 10 to 14", "Age 15 to 17"],
        "all": ["All"],
        "gender": ["Female", "Male"],
        "race-ethnicity": ["Black", "Hispanic", "Other Races and Ethnicities", "White"],
    }
    whole = frame[frame["subgroup_type"] == "all"].set_index(["county_fips", "year"])[name]
    other = real(mirror, "urban-juvenile-arrests-2021-2023").frame
    pd.testing.assert_series_equal(
        whole.sort_index(), other.set_index(["county_fips", "year"])[name].sort_index()
    )


@pytest.mark.mirror
def test_real_income(mirror: Path) -> None:
    reading = real(mirror, "urban-income-2014-2023")
    assert reading.rows_in == 28_289
    gaps = missing(reading, "income_p50_usd")
    assert 2020 not in gaps
    assert (len(gaps), min(gaps.values()), max(gaps.values())) == (9, 344, 362)
    poor = (reading.frame["income_quality"] == 3).fillna(False).groupby(reading.frame["year"]).sum()
    assert (poor.min(), poor.max()) == (1761, 1779)
    never = reading.frame.groupby("county_fips")["income_p50_usd"].count()
    assert {"15005", "02063", "02066"} <= set(never[never == 0].index)


@pytest.mark.mirror
def test_real_employment(mirror: Path) -> None:
    reading = real(mirror, "urban-employment-2014-2023")
    gaps = missing(reading, "employed_share")
    assert reading.rows_in == 28_289
    assert (gaps[2014], gaps[2023], 2020 in gaps) == (488, 544, False)


@pytest.mark.mirror
def test_real_poverty_exposure(mirror: Path) -> None:
    reading = real(mirror, "urban-poverty-exposure-2014-2023")
    share = reading.frame["poverty_exposure_share"]
    by_year = share.groupby(reading.frame["year"])
    assert reading.rows_in == 15_713
    assert set(missing(reading, "poverty_exposure_share").values()) == {6, 7}
    zero = (share == 0).groupby(reading.frame["year"]).sum()
    assert (zero[2014], by_year.size()[2014]) == (2393, 3142)
    assert (zero[2023], by_year.size()[2023]) == (2513, 3144)
    assert (zero / by_year.size()).between(0.755, 0.805).all()


@pytest.mark.mirror
def test_real_hs_degree(mirror: Path) -> None:
    reading = real(mirror, "urban-hs-degree-2014-2023")
    gaps = missing(reading, "hs_degree_share")
    assert reading.rows_in == 15_716
    assert (min(gaps.values()), max(gaps.values())) == (1398, 1422)
    assert round(sum(gaps.values()) / reading.rows_in, 2) == 0.45


@pytest.mark.mirror
def test_real_turnout(mirror: Path) -> None:
    frame = real(mirror, "urban-turnout-2020").frame
    gaps = frame.loc[frame["turnout_share"].isna(), "county_fips"]
    assert len(frame) == 3143
    assert (len(gaps), set(gaps.str[:2]), "15005" in set(gaps)) == (31, {"02", "15"}, True)
    capped = frame[frame["turnout_share"] == 1]
    assert len(capped) == 6
    assert capped.loc[capped["turnout_quality"] == 1, "county_fips"].tolist() == ["46061"]


@pytest.mark.mirror
@pytest.mark.parametrize("source", ["urban-income-2014-2023", "urban-employment-2014-2023"])
def test_real_lists_of_survey_files_are_those_of_2021_throughout(mirror: Path, source: str) -> None:
    frame = real(mirror, source).frame
    old = set(frame.loc[frame["year"] == 2014, "county_fips"])
    assert {"02063", "02066", "02158", "46102"} <= old
    assert not {"02261", "02270", "46113"} & old
