"""What is simulated in the real layout comes back exactly."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopanalysis.errors import UsageError
from coopanalysis.sources.return_a import layout, read_return_a
from return_a_samples import YEAR, agencies, write
from tools.demo.return_a import BASE_CELLS, simulate_return_a


def test_the_layout_is_the_real_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(write(tmp_path, agencies())) as archive:
        (member,) = archive.infolist()
        data = archive.read(member)
    assert member.compress_type == zipfile.ZIP_LZMA
    lines = data.split(b"\r\n")
    assert [len(line) for line in lines] == [layout.RECORD_LENGTH] * 4 + [0]
    assert lines[0].startswith(b"191QA001008D")
    assert lines[3][23:30] == b"QA00200"


def test_the_same_agencies_give_the_same_bytes() -> None:
    assert simulate_return_a(agencies(), YEAR) == simulate_return_a(agencies(), YEAR)


def test_headings_gaps_and_counts_come_back(tmp_path: Path) -> None:
    asked = agencies()
    frame = read_return_a(write(tmp_path, asked)).frame
    for name in ("ori7", "agency", "office", "population_group", "population_1", "population_2"):
        assert frame[name].tolist() == asked[name].tolist()
    assert frame["covered_by_ori7"].tolist() == [np.nan, np.nan, np.nan, "QA00200"]
    assert frame["year"].eq(YEAR).all()
    assert frame["months_reported"].tolist() == [12, 12, 6, 0]
    assert frame["last_month_reported"].tolist() == [12, 12, 12, 0]
    for name in asked.columns[asked.columns.str.endswith(("_actual", "_unfounded", "_cleared"))]:
        assert frame[name].tolist() == asked[name].tolist()
    assert frame["violent_actual"].tolist() == [17, 53, 4, 0]
    assert frame["totals_disagree_count"].eq(0).all()


def test_months_in_another_month_count_where_that_one_was_sent(tmp_path: Path) -> None:
    quarterly = "030300060600090900121200"
    lost = "020000000000000000000000"
    asked = agencies(included_in=["", quarterly, "", ""])
    asked["included_in"] = asked["included_in"].replace("", "00" * 12)
    asked.loc[0, ["included_in", "actual_types"]] = [lost, "5 5555555555"]
    frame = read_return_a(write(tmp_path, asked)).frame
    assert frame["months_in_another"].tolist() == [1, 8, 0, 0]
    assert frame["months_reported"].tolist() == [10, 12, 6, 0]
    assert frame.loc[1, "larceny_actual"] == 250


def test_cards_are_counted_apart(tmp_path: Path) -> None:
    asked = agencies(cleared_types="5" * 6 + " " * 6, unfounded_types=" " * 12)
    asked = asked.drop(columns=["burglary_unfounded"]).iloc[:2]
    frame = read_return_a(write(tmp_path, asked)).frame
    assert frame["months_cleared_reported"].tolist() == [6, 6]
    assert frame["months_unfounded_reported"].tolist() == [0, 0]
    assert frame["months_reported"].tolist() == [12, 12]


def test_counts_need_a_month(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no month that was sent"):
        simulate_return_a(agencies(murder_actual=1), YEAR)


def test_missing_columns_are_named() -> None:
    with pytest.raises(UsageError, match="population_1"):
        simulate_return_a(agencies().drop(columns="population_1"), YEAR)


counts = st.lists(st.integers(-40_000, 400_000), min_size=9, max_size=9)
types = st.text("520 4", min_size=12, max_size=12)


@pytest.mark.slow
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(counts, types), min_size=1, max_size=5))
def test_any_counts_and_gaps_come_back(tmp_path: Path, drawn: list[tuple[list[int], str]]) -> None:
    asked = pd.DataFrame(
        {
            "ucr_state": "91",
            "ori7": [f"QA{number:05d}" for number in range(len(drawn))],
            "agency": "ASH",
            "population_group": "5",
            "ucr_county_1": "001",
            "population_1": 10,
            "actual_types": [text for _, text in drawn],
        }
    )
    sent = [sum(letter in "52" for letter in text) for _, text in drawn]
    for at, offense in enumerate(BASE_CELLS):
        values = [row[at] if months else 0 for (row, _), months in zip(drawn, sent, strict=True)]
        asked[f"{offense}_actual"] = values
    fits = [
        months == 0 or sum(map(abs, row)) < 99_999 * months
        for (row, _), months in zip(drawn, sent, strict=True)
    ]
    asked = asked[fits].reset_index(drop=True)
    if asked.empty:
        return
    frame = read_return_a(write(tmp_path, asked)).frame
    assert frame["months_reported"].tolist() == [
        months for months, fit in zip(sent, fits, strict=True) if fit
    ]
    for offense in BASE_CELLS:
        assert frame[f"{offense}_actual"].tolist() == asked[f"{offense}_actual"].tolist()
