"""Codes that became numbers get their zeros back, in every reader, and are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.sources import READERS
from coopanalysis.sources.text_table import join_county_codes, restore_zeros
from test_dbase import FIELDS, dbase

SPELLINGS = ["1001", "1001.0", "01001", "1001.00"]


def test_zeros_and_fractions() -> None:
    text = pd.Series(["1001", "1003.0", "57001", "57001.0", "0101", "101", "1001.5", "", "A001"])
    codes, mended = restore_zeros(text.astype("str"), 5)
    assert codes.tolist() == [
        "01001", "01003", "57001", "57001", "0101", "101", "1001.5", "", "A001",
    ]  # fmt: skip
    assert mended.tolist() == [True, True, False, True, *[False] * 5]


def test_the_two_parts_of_a_code_keep_their_widths() -> None:
    codes, mended = join_county_codes(
        pd.Series(["1", "001", "01", "13.0"], dtype="str"),
        pd.Series(["1", "01", "001", "1.0"], dtype="str"),
    )
    assert codes.tolist() == ["01001", "01001", "001 01", "01013"]
    assert mended.tolist() == [True, False, False, True]


@pytest.mark.parametrize("code", SPELLINGS)
def test_every_reader_with_a_county_code_mends_it(tmp_path: Path, code: str) -> None:
    state, county = ("1.0", "1") if code != "01001" else ("01", "001")
    votes = (
        f"state_name,county_fips,county_name,votes_gop,votes_dem,total_votes\nAb,{code},Be,1,1,2"
    )
    people = f"year,state,county,state_name,county_name,population\n2021,{state},{county},Ab,Be,9"
    turnout = (
        f"year,state,county,election_turnout,election_turnout_quality\n2020,{state},{county},1,1"
    )
    texts = {
        "votes-president": votes,
        "urban-population": people,
        "urban-turnout": turnout,
        "county-names": f'fips,name\n{code},"Be, Ab"',
    }
    for layout, text in texts.items():
        file = tmp_path / "a.csv"
        file.write_text(f"{text}\n")
        reading = READERS[layout](file, "")
        assert reading.frame["county_fips"].tolist() == ["01001"], layout
        assert reading.codes_mended == (code != "01001"), layout
    square = {"type": "Polygon", "id": json.loads(code) if code[0] != "0" else code, "arcs": [[0]]}
    document = {
        "type": "Topology",
        "crs_note": "planar",
        "objects": {"counties": {"type": "GeometryCollection", "geometries": [square]}},
        "arcs": [[[0, 0], [0, 1], [1, 1], [0, 0]]],
    }
    shapes = tmp_path / "shapes.json"
    shapes.write_text(json.dumps(document))
    assert READERS["topojson"](shapes, "").frame["id"].tolist() == ["01001"]
    fields = [field for field in FIELDS if field[0] not in ("NAMELSAD", "STUSPS")]
    land = tmp_path / "land.dbf"
    if code in ("1001", "01001"):
        state = "1" if code == "1001" else "01"
        land.write_bytes(dbase([(state, county, code, "Be", "06", "2500000", "0")], fields))
        assert READERS["census-counties"](land, "").frame["county_fips"].tolist() == ["01001"]


def test_states_in_the_place_of_counties_are_no_codes(tmp_path: Path) -> None:
    file = tmp_path / "subgroups.csv"
    head = "year,county,state,subgroup_type,subgroup,rate_juv_arrest,rate_juv_arrest_quality"
    lines = [f"2021,91,{number:03d},all,All,{number},1" for number in range(1, 9, 2)]
    file.write_text("\n".join([head, *lines, ""]))
    reading = READERS["urban-juvenile-arrests-subgroup"](file, "")
    assert reading.rows_kept == 0
    assert set(reading.rejects["reason"]) == {"not a county code"}
