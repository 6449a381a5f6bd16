"""The rubric is turned round, its totals are recomputed, and no value of it is arbitrary."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement_samples import COUNTIES
from coopanalysis.catalog.reject_reasons import is_expected
from coopanalysis.clean.rubric import clean_rubric, rubric_disagreements
from coopanalysis.sources import Reading, read_rubric
from coopanalysis.vocabulary import PRACTICE_NAMES
from test_ilrc_rubric import line, write_rubric


def _clean(folder: Path, *lines: list[object]) -> Reading:
    return clean_rubric(read_rubric(write_rubric(folder / "a.csv", list(lines))), COUNTIES)


def test_one_means_that_the_county_cooperates(tmp_path: Path) -> None:
    frame = _clean(tmp_path, line(marks="1100000", total=2)).frame
    assert frame[list(PRACTICE_NAMES)].iloc[0].tolist() == [0, 0, 1, 1, 1, 1, 1]
    assert frame["cooperation_score"].tolist() == [5]
    assert frame["limits_total_published"].tolist() == [2]
    assert {str(frame[name].dtype) for name in (*PRACTICE_NAMES, "cooperation_score")} == {"Int8"}
    assert frame["source_row"].tolist() == [2]


def test_a_blank_mark_leaves_practice_and_score_missing(tmp_path: Path) -> None:
    frame = _clean(tmp_path, line(marks="11 0000")).frame
    assert frame["holds_on_detainer"].isna().all()
    assert frame["cooperation_score"].isna().all()
    assert frame["agreement_287g"].tolist() == [0]


def test_rows_off_the_county_list_are_rejected(tmp_path: Path) -> None:
    cleaned = _clean(tmp_path, line(), line("72001"), line("91999"))
    assert cleaned.rejects["reason"].tolist() == [
        "territory, not in the county list: state code 72",
        "not a county code: 91999",
    ]
    assert [is_expected(reason) for reason in cleaned.rejects["reason"]] == [True, False]


def test_the_same_row_again_is_kept_once(tmp_path: Path) -> None:
    cleaned = _clean(tmp_path, line("91003"), line(), line(), line("92001"), line())
    assert cleaned.frame["source_row"].tolist() == [2, 3, 5]
    assert cleaned.rejects[["row", "reason"]].to_dict("records") == [
        {"row": 4, "reason": "duplicate of another row: the same as row 3"},
        {"row": 6, "reason": "duplicate of another row: the same as row 3"},
    ]


@pytest.mark.parametrize("other", ["0100000", " 100000"])
def test_rows_that_contradict_each_other_are_all_rejected(tmp_path: Path, other: str) -> None:
    cleaned = _clean(tmp_path, line("91003"), line(), line(marks=other))
    assert cleaned.frame["county_fips"].tolist() == ["91003"]
    assert cleaned.rejects["reason"].tolist() == [
        f"conflicts with another row: row {row} of the same county differs in agreement_287g"
        for row in (4, 3)
    ]


def test_disagreements_are_reported_and_not_mended(tmp_path: Path) -> None:
    cleaned = _clean(
        tmp_path,
        line("91001", "1100000", 2),
        line("91003", "1110000", 0),
        line("91005", "1110000", 8),
        line("91007", "1 10000", 31),
        line("91009", "1 10000", 2),
        line("92001", "1110000", None),
        line("92003", "0000000", 0),
    )
    table = rubric_disagreements(cleaned)
    assert list(table) == [
        "county_fips",
        "county",
        "state",
        "published",
        "recomputed",
        "source_row",
    ]
    assert table["county_fips"].tolist() == ["91003", "91005", "91007"]
    assert table["published"].tolist() == [0, 8, 31]
    assert table["recomputed"].fillna(-1).tolist() == [3, 3, -1]
    assert table["source_row"].tolist() == [3, 4, 5]
    assert cleaned.frame["limits_total_published"].iloc[1] == 0
    assert cleaned.frame["cooperation_score"].iloc[1] == 4


codes = st.sampled_from(["91001", "91003", "72001", "91999", "x"])
marks = st.text(alphabet="01 ", min_size=7, max_size=7)


@pytest.mark.slow
@settings(max_examples=20)
@given(lines=st.lists(st.builds(line, codes, marks, st.sampled_from([None, 0, 3, 8])), max_size=7))
def test_no_row_is_lost_and_each_county_stands_once(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[object]]
) -> None:
    cleaned = _clean(tmp_path_factory.getbasetemp(), *lines)
    frame = cleaned.frame
    assert cleaned.rows_in == len(lines) == cleaned.rows_kept + cleaned.rows_rejected
    assert frame["county_fips"].is_unique
    for code, rows in pd.Series([tuple(cells[5:12]) for cells in lines], dtype="object").groupby(
        [str(cells[0]) for cells in lines]
    ):
        is_kept = code in set(frame["county_fips"])
        assert is_kept == (code in set(COUNTIES["county_fips"]) and len(set(rows)) == 1)
