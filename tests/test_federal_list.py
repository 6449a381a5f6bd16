"""The federal list of May 2025: line for line as printed, and the counties that it names."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from itertools import takewhile
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.panel import load_laws
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reference import read_federal_list

PRINT = "dhs-sanctuary-list-2025-05/dhs_sanctuary_jurisdictions_2025-05-31.pdf"
HEADINGS = {"State": "state", "County": "county", "Counties": "county"} | dict.fromkeys(
    ("City", "Cities"), "city"
)
LISTED_COUNTIES = {
    "IL": 96, "CA": 48, "CO": 39, "WA": 35, "NM": 23, "MN": 20, "VA": 19, "NY": 15, "OR": 15,
    "MA": 13, "PA": 11, "NE": 10, "MD": 8, "ND": 7, "MI": 6, "GA": 4, "KY": 4, "NC": 4, "NJ": 3,
    "OH": 3, "ME": 2, "WI": 2, "DE": 1, "IN": 1, "TN": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return read_federal_list()


def printed_lines(pdf: Path, states: pd.Series) -> list[tuple[str, str, str]]:
    """State, heading and text of each line between the title of the list and the page's foot."""
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext on this machine; install poppler-utils")
    call = ["pdftotext", "-layout", "-enc", "UTF-8", str(pdf), "-"]
    text = subprocess.run(call, capture_output=True, encoding="utf-8", check=True).stdout
    printed = [line.strip() for line in text.splitlines() if line.strip()]
    listed = printed[printed.index("Sanctuary Jurisdiction List") + 1 :]
    found: list[tuple[str, str, str]] = []
    state = heading = ""
    for line in takewhile(lambda one: one != "Keywords", listed):
        if line in states:
            state, heading = str(states[line]), ""
        elif line in HEADINGS:
            heading = HEADINGS[line]
        else:
            found.append((state, heading, line))
    return found


def test_every_line_is_as_printed(lines: pd.DataFrame, mirror: Path) -> None:
    states = pd.read_csv(reference_dir() / "states.csv", dtype="str").set_index("state")
    of_print = printed_lines(mirror / PRINT, states["state_abbr"])
    columns = lines[["state_abbr", "heading", "listed_as"]]
    assert list(columns.itertuples(index=False, name=None)) == of_print


def test_lines_by_heading(lines: pd.DataFrame) -> None:
    assert Counter(lines["heading"]) == {"county": 391, "city": 200, "state": 14}


def test_the_heading_county_holds_390_counties(lines: pd.DataFrame) -> None:
    named = lines[lines["heading"].eq("county") & lines["county_fips"].notna()]
    assert named["county_fips"].is_unique
    assert len(named) == 390
    assert named["state_abbr"].value_counts().to_dict() == LISTED_COUNTIES
    (other,) = lines.loc[lines["heading"].eq("county") & lines["county_fips"].isna(), "listed_as"]
    assert other == "Lawrence"


def test_a_code_is_of_the_state_and_of_the_name(lines: pd.DataFrame) -> None:
    named = lines.dropna(subset="county_fips").merge(
        load_laws().counties[["county_fips", "county"]], on="county_fips", validate="m:1"
    )
    assert named["county_fips"].str[:2].eq(named["state_fips"]).all()
    other = named[named["county"] != named["listed_as"]]
    assert other["note"].notna().all()
    told = other[other["county"].map(plain) != other["listed_as"].map(plain)]
    assert set(told["listed_as"]) == {
        "Athens-Clarke County", "Athens", "Louisville", "Nashville",
        "New Orleans/Orleans (Parish)", "Self-Identification as Local Sanctuary Jurisdiction",
    }  # fmt: skip


def plain(name: str) -> str:
    return re.sub(r"\b(city|of|county|municipality)\b|\W", "", name.lower())


def test_counties_named_by_the_list_stand_once(lines: pd.DataFrame) -> None:
    counties = load_laws().federal_counties.set_index("county_fips")["listed_as"]
    assert counties.index.is_unique
    assert len(counties) == lines["county_fips"].nunique() == 408
    assert counties["08031"] == "Denver County; Denver"
    assert counties["51760"] == "Richmond"
    assert counties["20045"] == "Douglas County"
    assert "36061" not in counties
