"""One set of rules for what an estimate lets one say, and nothing beyond it."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest

from coopanalysis.display import claims
from coopanalysis.errors import ModelError, UsageError

BOOTSTRAP = "the wild cluster bootstrap"
ESTIMATES, ERRORS = (-80.0, -3.8, 0.0, 12.0, 60.0), (2.0, 30.0, 300.0)
OTHER_TESTS, MARGINS = (None, 0.001, 0.049, 0.17, 0.9), (None, 5.0, 70.0, 900.0)
GRID = list(itertools.product(ESTIMATES, ERRORS, OTHER_TESTS, MARGINS))
CLAIM_OF_ORDER = re.compile(r"(more|fewer) \S.* than ")


def row(estimate: float, low: float, high: float, **extra: object) -> dict[str, object]:
    return {"estimate": estimate, "conf_low": low, "conf_high": high, "n_obs": 2310, **extra}


def normal_row(estimate: float, error: float) -> dict[str, object]:
    return row(estimate, estimate - 1.96 * error, estimate + 1.96 * error)


def narrow_of(estimate: float, error: float) -> tuple[float, float]:
    return estimate - 1.645 * error, estimate + 1.645 * error


def say(values: dict[str, object], **options: object) -> str:
    words = {"subject": "Counties with it", "comparison": "counties without it"} | options
    return claims.describe_estimate(values, "offences per 100,000", **words)  # type: ignore[arg-type]


def test_nothing_is_claimed_that_the_numbers_deny() -> None:
    for case in GRID:
        check_claim(*case)


def check_claim(estimate: float, error: float, other: float | None, margin: float | None) -> None:
    values, narrow = normal_row(estimate, error), narrow_of(estimate, error)
    p_values = {} if other is None else {BOOTSTRAP: other}
    claim = claims.judge(values, p_values=p_values, margin=margin, narrow=narrow)
    text = say(values, p_values=p_values)
    likeness = claims.describe_likeness(claim)
    holds_zero = abs(estimate) <= 1.96 * error
    agrees = other is None or (other < 0.05) != holds_zero
    # Who has more is said where interval and tests leave no doubt, and agrees with the sign.
    assert bool(CLAIM_OF_ORDER.search(text)) == (not holds_zero and agrees)
    assert claim.direction == (0 if holds_zero or not agrees else np.sign(estimate))
    order = CLAIM_OF_ORDER.search(text)
    if order:
        assert order[1] == ("more" if estimate > 0 else "fewer")
    assert ("cannot be told apart" in text) == (holds_zero and agrees)
    assert ("disputed" in text) == (not agrees)
    # Likeness is said where the 90 % interval lies within the margin, and nowhere else.
    inside = margin is not None and -margin < narrow[0] and narrow[1] < margin
    assert (claim.is_alike is True) == inside == ("equivalent" in likeness)
    assert (likeness == "") == (margin is None)
    assert ("neither told apart nor shown" in likeness) == (
        margin is not None and not inside and claim.verdict != "told"
    )
    if "larger than" in likeness and "not shown" not in likeness:
        assert min(map(abs, narrow)) > (margin or 0)


@pytest.mark.parametrize("joint", [0.001, 0.021, 0.2, 0.9])
@pytest.mark.parametrize("told", [0, 1, 3])
def test_how_many_differ_is_not_said_against_a_joint_test(joint: float, told: int) -> None:
    table = pd.DataFrame([normal_row(30.0 if k < told else 1.0, 10.0) for k in range(3)])
    text = claims.describe_told(table, "characteristics", joint)
    assert ("cannot be told to" in text.partition("taken together")[2]) == (joint >= 0.05)
    assert text.startswith(f"{told} of 3 characteristics")


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_signs_are_counted_only_beside_an_estimate_that_has_one(estimate: float) -> None:
    main = normal_row(estimate, 10.0)
    others = pd.DataFrame([normal_row(estimate + k, 10.0 + 5 * k) for k in range(10)])
    text = claims.describe_agreement(others, main)
    assert ("the sign of" in text) == claims.is_distinguishable(main)
    held = sum(not claims.is_distinguishable(one) for _, one in others.iterrows())
    assert (str(10 - held) if claims.is_distinguishable(main) else str(held)) in text
    if not claims.is_distinguishable(main):
        assert "same counties" in text


def test_an_effect_is_not_found_in_an_interval_that_holds_zero_too() -> None:
    both = claims.describe_known(80.0, pd.DataFrame([normal_row(-3.8, 60.0)]), "the main design")
    assert both.endswith("inside the interval of the main design, and zero too.")
    one = claims.describe_known(80.0, pd.DataFrame([normal_row(79.0, 10.0)]), "it")
    assert one.endswith("inside the interval of it, not zero.")
    none = claims.describe_known(80.0, pd.DataFrame([normal_row(-3.8, 6.0)]), "it")
    assert "outside" in none
    many = pd.DataFrame([normal_row(-3.8, 60.0), normal_row(79.0, 10.0), normal_row(0.0, 1.0)])
    assert "inside 2 of these 3 intervals, of which 1 holds zero too" in claims.describe_known(
        80.0, many
    )
    assert "inside none of these 3 intervals." in claims.describe_known(800.0, many)
    assert claims.describe_known(None, many) == ""


def test_a_dispute_names_who_says_what() -> None:
    text = say(normal_row(60.0, 20.0), p_values={BOOTSTRAP: 0.17})
    assert "the wild cluster bootstrap (p 0.170) cannot tell them apart" in text
    assert "leaves out zero, reaching from 20.8 more to 99.2 more" in text
    text = say(normal_row(10.0, 20.0), p_values={BOOTSTRAP: 0.01})
    assert "the wild cluster bootstrap (p 0.010) tells them apart" in text
    assert "holds zero" in text


def test_a_margin_without_the_interval_it_needs_is_refused() -> None:
    with pytest.raises(UsageError, match="needs the 90 % interval"):
        claims.judge(normal_row(1.0, 1.0), margin=5.0)
    with pytest.raises(UsageError, match="positive"):
        claims.judge(normal_row(1.0, 1.0), margin=0.0, narrow=(0.0, 2.0))
    with pytest.raises(ModelError, match="outside its interval"):
        claims.judge(normal_row(1.0, 1.0), margin=5.0, narrow=(2.0, 3.0))


def test_a_positive_estimate() -> None:
    text = say(row(12.3, 4.5, 20.1, n_clusters=51))
    assert "12.3 more offences per 100,000 than counties without it" in text
    assert "95% interval 4.5 to 20.1 more" in text
    assert "n = 2,310 counties in 51 clusters" in text
    assert "association, not an effect" in text


def test_a_negative_estimate_turns_the_word_and_the_interval() -> None:
    text = say(row(-12.3, -20.1, -4.5))
    assert "12.3 fewer" in text
    assert "4.5 to 20.1 fewer" in text
    assert "more" not in text
    assert "clusters" not in text


def test_an_interval_across_zero_is_said_to_be_no_difference() -> None:
    text = say(row(-3.0, -8.0, 2.0))
    assert "cannot be told apart" in text
    assert "from 8.00 fewer to 2.00 more offences per 100,000, around an estimate of −3.00" in text


def test_no_difference_is_a_whole_sentence_of_any_verb_and_comparison() -> None:
    text = claims.describe_estimate(
        row(0.045, -0.056, 0.145),
        "likely to report",
        subject="Counties with it",
        comparison="counties without it, in the same state",
        measure="points",
        words=("more", "less"),
        verb="were",
    )
    assert text.startswith(
        "Counties with it and counties without it, in the same state, cannot be told apart: the "
        "95% interval reaches from 5.6 less to 14.5 percentage points more likely to report, "
    )
    assert "without it cannot be told apart" in say(row(1.0, -1.0, 2.0))


def test_a_negative_scale_turns_the_interval_round() -> None:
    text = say(row(1.0, 0.5, 2.0), scale=-10.0)
    assert "10.0 fewer" in text
    assert "5.0 to 20.0 fewer" in text


def test_a_missing_estimate_is_said_in_words() -> None:
    text = say(row(np.nan, np.nan, np.nan))
    assert "not available" in text
    assert "nan" not in text.lower().replace("not an", "")


def test_an_estimate_outside_its_interval_is_refused() -> None:
    with pytest.raises(ModelError, match="outside its interval"):
        say(row(-1.0, 0.5, 2.0))


def test_signs_are_counted() -> None:
    table = pd.DataFrame([row(1, 0.5, 2), row(-1, -2, -0.5), row(0.2, -1, 2), row(3, 1, 4)])
    text = claims.describe_count_signs(table)
    assert (
        text
        == "Of 4 estimates, 2 can be told to lie above 0, 1 below, and 1 cannot be told from it"
    )
    assert claims.describe_count_signs(table[1:2]).startswith("Of 1 estimate, 0 can be told to lie")


def test_no_sign_is_counted_of_estimates_that_hold_zero() -> None:
    table = pd.DataFrame([row(3, -1, 7), row(2, -1, 5)])
    assert claims.describe_count_signs(table) == "None of 2 estimates can be told from 0"


def test_an_estimate_that_a_null_would_hide_is_named() -> None:
    others = pd.DataFrame([row(0.2, -1, 2), row(3, 1, 4)]).assign(term=["Plain", "Balanced"])
    text = claims.describe_agreement(others, row(0.1, -1, 1))
    assert "left out by: Balanced" in text
    assert "Plain" not in text
