"""Numbers are held to what the catalog declares of their column, and columns to each other."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from coopanalysis.catalog.raw_columns import CROSS_CHECKS, LEAST_ROWS, LIMITS, Parts
from coopanalysis.errors import DataError
from coopanalysis.sources import READERS
from coopanalysis.sources.layouts import FILE, declared_layout
from coopanalysis.sources.urban import METRIC_FILES
from test_dbase import FIELDS, dbase

VOTES = "state_name,county_fips,county_name,votes_gop,votes_dem,total_votes"
SHARES = f"{VOTES},diff,per_gop,per_dem,per_point_diff"


def write(folder: Path, *lines: str) -> Path:
    file = folder / "made.csv"
    file.write_text("\n".join([*lines, ""]))
    return file


@pytest.mark.parametrize(
    ("layout", "header", "line", "wrong"),
    [
        (
            "urban-crime",
            "year,state,county,rate_crime_violent,rate_crime_property,"
            "rate_crime_violent_quality,rate_crime_property_quality",
            "2021,91,001,{},2,1,1",
            ["1e300", "-1", "2e6", "1e999"],
        ),
        (
            "urban-population",
            "year,state,county,state_name,county_name,population",
            "2021,91,001,Ab,Be,{}",
            ["999999999999", "-1", "1e300"],
        ),
        (
            "urban-turnout",
            "year,state,county,election_turnout,election_turnout_quality",
            "2021,91,001,{},1",
            ["1.01", "-0.1", "66.2"],
        ),
    ],
)
def test_a_value_that_cannot_be_costs_its_row(
    tmp_path: Path, layout: str, header: str, line: str, wrong: list[str]
) -> None:
    for value in wrong:
        reading = READERS[layout](write(tmp_path, header, line.format(value)), "")
        assert reading.rows_kept == 0, value
        assert reading.rejects["reason"].str.startswith("number out of range: ").all()
    assert READERS[layout](write(tmp_path, header, line.format("1")), "").rows_kept == 1


@pytest.mark.parametrize(("land", "kept"), [("0", 0), ("9" * 13, 0), ("2500000", 1)])
def test_a_county_has_land(tmp_path: Path, land: str, kept: int) -> None:
    fields = [field for field in FIELDS if field[0] not in ("NAMELSAD", "STUSPS")]
    file = tmp_path / "land.dbf"
    file.write_bytes(dbase([("91", "001", "91001", "Ash", "06", land, "0")], fields))
    assert READERS["census-counties"](file, "").rows_kept == kept


def test_every_measure_has_limits() -> None:
    measures = {name for content in METRIC_FILES.values() for name in content.measures}
    assert measures <= set(LIMITS)
    assert all(limits.minimum < limits.maximum for limits in LIMITS.values())


@pytest.mark.parametrize("value", ["0.5", "NA"], ids=["one value", "none"])
def test_a_column_that_never_varies_is_refused(tmp_path: Path, value: str) -> None:
    header = "year,state,county,election_turnout,election_turnout_quality"
    quality = "NA" if value == "NA" else "1"
    lines = [f"2020,91,{n:03d},{value},{quality}" for n in range(LEAST_ROWS)]
    assert READERS["urban-turnout"](write(tmp_path, header, *lines[1:]), "").rows_kept
    with pytest.raises(DataError, match=rf"turnout_share is .* in all of {LEAST_ROWS} rows"):
        READERS["urban-turnout"](write(tmp_path, header, *lines), "")


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ("60,30,100,30,0.6,0.3,0.3", True),
        ("60,30,100,-30.0,0.6,0.3,-0.3", True),
        ("60,30,99,30,0.6061,0.3030,0.3030", True),
        ("0,0,0,0,0,0,0", True),
        ("60,30,100,31,0.6,0.3,0.3", False),
        ("60,30,100,30,0.3,0.6,0.3", False),
        ("60,30,100,30,60.0,0.3,0.3", False),
        ("60,30,100,30,0.6,0.3,0.2", False),
        ("600,30,1000,30,0.6,0.3,0.3", False),
        ("60,30,100,x,0.6,0.3,0.3", False),
    ],
)
def test_votes_agree_with_what_is_derived_from_them(tmp_path: Path, cells: str, kept: bool) -> None:
    file = write(tmp_path, SHARES, f"Northmark,91001,Ash County,{cells}")
    reading = READERS["votes-president"](file)
    assert (reading.rows_kept, reading.rows_rejected) == (int(kept), int(not kept))
    checks = CROSS_CHECKS["votes-president"]
    checked = {check.column for check in checks if not isinstance(check, Parts)}
    assert checked == set(SHARES.split(",")) - set(VOTES.split(","))


def test_declared_numbers_have_limits_and_each_key_is_of_its_columns() -> None:
    declared = tomllib.loads(FILE.read_text(encoding="utf-8"))
    for name, layout in ((name, declared_layout(facts)) for name, facts in declared.items()):
        numbers = [one for one in layout.columns if one.kind in ("whole", "number")]
        without = [one.name for one in numbers if (one.like or one.name) not in LIMITS]
        assert set(without) <= {"panel_id"}, f"{name}: declare limits"
        made = {"site"}  # by a check of the rows, not by a cell
        assert set(layout.key) <= {one.name for one in layout.columns if one.kept} | made, name


def test_a_kind_of_column_that_no_reader_knows_is_refused() -> None:
    column = {"raw": "fips", "is": "nam"}
    with pytest.raises(DataError, match=r"column county is 'nam'.*Write one of: county code"):
        declared_layout({"key": ["county"], "columns": {"county": column}})
