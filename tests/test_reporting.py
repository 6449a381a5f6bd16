"""How far reported crime can be trusted."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.catalog.reject_reasons import EXPECTED_REASONS, is_expected
from coopanalysis.clean.reporting import (
    NEW_YORK_CITY,
    most_agencies_reported,
    offenses_misplaced,
    offenses_status,
    reporting_status,
)


def test_no_report_is_not_most_and_not_covered_is_missing() -> None:
    quality = pd.Series([1, 2, 3, None, None], dtype="Int8")
    covered = pd.Series([True, True, True, True, False])
    reported = most_agencies_reported(quality, covered)
    assert reported.tolist()[:4] == [1, 1, 0, 0]
    assert pd.isna(reported.iloc[4])
    assert reported.dtype == "Int8"


def test_only_new_york_city_is_booked_elsewhere() -> None:
    codes = pd.Series([*NEW_YORK_CITY, "90001", "36061"])
    covered = pd.Series([True] * 6 + [False])
    flags = offenses_misplaced(codes, covered)
    assert flags.tolist()[:6] == [1] * 5 + [0]
    assert pd.isna(flags.iloc[6])


def test_zero_none_and_elsewhere_are_told_apart() -> None:
    frame = pd.DataFrame(
        {
            "person_offenses_per_100k": [5.0, 0.0, 0.0, None, None, None],
            "property_offenses_per_100k": [0.0, 0.0, None, None, None, None],
            "offenses_misplaced": pd.array([0, 0, 0, 0, 1, None], dtype="Int8"),
        }
    )
    status = offenses_status(frame, pd.Series([True] * 5 + [False]))
    assert status.tolist()[:5] == [
        "reported",
        "reported-zero",
        "reported",
        "not-reported",
        "reported-elsewhere",
    ]
    assert pd.isna(status.iloc[5])


def test_a_county_has_one_status_and_the_first_two_have_a_rate() -> None:
    """Zero from all or most agencies is a rate like any other; one that holds others' is none."""
    frame = pd.DataFrame(
        {
            "reporting_quality": pd.array([1, 1, 2, 3, 3, 2, None, None, None], dtype="Int8"),
            "person_offenses_per_100k": [5.0, 0.0, 0.0, 0.0, 4.0, 9.0, None, None, None],
            "property_offenses_per_100k": [5.0, 0.0, 0.0, 0.0, 4.0, 9.0, None, None, None],
            "offenses_misplaced": pd.array([0, 0, 0, 0, 0, 1, 1, 0, None], dtype="Int8"),
            "most_agencies_reported": pd.array([1, 1, 1, 0, 0, 1, 0, 0, None], dtype="Int8"),
        }
    )
    assert reporting_status(frame).tolist() == [
        "all agencies reported",
        "all agencies reported",
        "most agencies reported",
        "only some reported and no offence",
        "only some agencies reported",
        "holds offences of other counties",
        "counted under another county",
        "no agency reported",
        "not in that year's county list",
    ]


@pytest.mark.parametrize("reason", sorted(EXPECTED_REASONS))
def test_a_detail_does_not_change_a_reason(reason: str) -> None:
    assert is_expected(reason)
    assert is_expected(f"{reason}: whatever it is")
    assert not is_expected(f"not {reason}")


def test_an_unknown_reason_is_damage() -> None:
    assert not is_expected("not a state: 'NORTHMRK'")
    assert not is_expected("something nobody thought of")
