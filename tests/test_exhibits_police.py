"""The table of what police reported: four silences apart, every county in one row of coverage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pandas as pd
import pytest

from coopanalysis.catalog.agency_columns import REPORTING_STATUSES
from coopanalysis.exhibits.police_reports import (
    STATUSES,
    police_reports,
    show_police_reports,
)
from coopanalysis.panel import Panel

NOTES = [
    {"year": 2021, "parts": 8, "parts_matched": 6, "residents": 1000, "residents_matched": 900}
]


def agencies() -> pd.DataFrame:
    status = ["reported", "reported", "reported-zero", "not-reported", "reported-elsewhere"]
    status += ["not-expected", "reported"]
    return pd.DataFrame(
        {"ori7": [*"ABCDEF", "A"], "year": 2021, "reporting_status": status, "other": 0}
    )


def counties(*shares: float) -> pd.DataFrame:
    return pd.DataFrame({"year": 2021, "coverage_share": shares})


def test_statuses_are_all_those_there_are() -> None:
    assert tuple(STATUSES) == REPORTING_STATUSES


def test_an_agency_counts_once_and_each_silence_has_its_row() -> None:
    table = police_reports(agencies(), counties(1.0), NOTES)
    rows = table[table["unit"] == "agencies"]
    assert rows["label"].tolist() == list(STATUSES.values())
    assert rows["count"].tolist() == [2, 1, 1, 1, 1]
    assert rows["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("share", "place"),
    [(1.0, 0), (1 - 1e-12, 0), (0.999, 1), (0.9, 1), (0.89, 2), (0.5, 2), (0.49, 3), (0.01, 3),
     (0.0, 4), (float("nan"), 5)],
)  # fmt: skip
def test_every_coverage_falls_in_one_row(share: float, place: int) -> None:
    table = police_reports(agencies(), counties(share), NOTES)
    counts = table.loc[table["unit"] == "counties", "count"].tolist()
    assert counts == [int(at == place) for at in range(6)]


def test_the_matched_share_is_of_parts_and_of_residents() -> None:
    table = police_reports(agencies(), counties(1.0), NOTES).set_index("unit")
    assert table.loc["agencies by county", "share"] == 0.75
    assert table.loc["residents", "share"] == 0.9


def test_a_release_without_return_a_says_so() -> None:
    panel = cast(Panel, SimpleNamespace(build={"return_a": []}))
    assert "no Return A file" in show_police_reports(panel).text


def test_the_demo_shows_all_years(demo: Panel) -> None:
    shown = show_police_reports(demo)
    assert "2021, number" in shown.text
    assert "2023, share" in shown.text
    assert "Simulated data, demo release." in shown._repr_mimebundle_()["text/html"]
