"""The demographics page: the difference within states first, and which states make the other."""

from __future__ import annotations

import re
from typing import Any

import pytest

from coopanalysis.display import Output
from coopanalysis.display.sentences import format_interval
from coopanalysis.models import Estimates
from coopanalysis.panel import Panel
from coopanalysis.paths import notebooks_dir
from notebook_cells import code_of, run_cells, texts_of

HISPANIC = "per(hispanic_share, 0.1)"
ENDS = ("estimate", "conf_low", "conf_high")


def run_page(release: str) -> tuple[dict[str, Any], list[object]]:
    """Run the notebook on a release, without the cells for those who change it."""
    sources = code_of(notebooks_dir() / "20_demographics.ipynb")
    last = next(at for at, source in enumerate(sources) if "show_published" in source)
    asked = [one.replace('release: str = "demo"', f'release = "{release}"') for one in sources]
    return run_cells(asked[: last + 1])


def in_points(estimates: Estimates) -> list[float]:
    row = estimates.table.set_index("term").loc[HISPANIC]
    return [100 * float(row[name]) for name in ENDS]


def check_headline(names: dict[str, Any], shown: list[object]) -> None:
    main = names["main"]
    assert (main.spec.fixed_effects, main.spec.family) == (("state_fips",), "ols")
    assert (main.spec.vcov, main.spec.cluster) == ("CR2", "state_fips")
    headline = next(one for one in shown if isinstance(one, Output) and one.slot == "headline")
    _, low, high = in_points(main)
    assert format_interval(low, high) in headline.text
    assert "in the same state" in headline.text


@pytest.mark.slow
def test_the_headline_is_the_difference_within_states(demo: Panel) -> None:
    names, shown = run_page(demo.release)
    check_headline(names, shown)
    text = texts_of(shown)
    assert "rests on no one state and no two" in text
    assert "have counties of both kinds" in text


@pytest.mark.slow
@pytest.mark.mirror
def test_two_states_make_the_difference_between_states(public_release: Panel) -> None:
    names, shown = run_page(public_release.release)
    check_headline(names, shown)
    assert in_points(names["main"]) == pytest.approx([-0.37, -1.64, 0.90], abs=0.006)
    text = texts_of(shown)
    assert "The estimate rests on TX: it is 6.98" in text
    assert "every county has it in FL" in text
    table = next(line for line in text.splitlines() if line.strip().startswith("Between states"))
    for figure in ("6.98 (−5.0 to 18.9)", "CR2", "3.4", "50 (3.7)"):
        assert figure in table
    assert {"Between, without TX", "Between, without TX and FL"} <= set(names["designs"])
    logit = next(line for line in text.splitlines() if line.strip().startswith("Within, logit"))
    assert "1.13" in logit and "2,700" in logit


def test_no_state_is_typed_into_the_notebook() -> None:
    code = "\n".join(
        line
        for source in code_of(notebooks_dir() / "20_demographics.ipynb")
        for line in source.splitlines()
        if not line.startswith("#")
    )
    states = set(re.findall(r"""["']([A-Z]{2})["']""", code))
    assert not states
