"""What is counted for docs/coverage.md, and how it is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trust import Answer, Row, simulate
from write_coverage import write_page


def row(part: str = "plain", held: float | None = 0.95, rejected: float | None = None) -> Row:
    return Row(part, "a design", "a method", 500, held, rejected)


@pytest.mark.parametrize(
    ("held", "rejected", "verdict"),
    [
        (0.93, None, "yes"),
        (0.97, 0.03, "yes"),
        (0.929, None, "no"),
        (0.98, None, "careful"),
        (None, 0.071, "no"),
        (None, 0.029, "careful"),
        (0.98, 0.08, "no"),
    ],
)
def test_verdicts(held: float | None, rejected: float | None, verdict: str) -> None:
    assert row(held=held, rejected=rejected).verdict == verdict


def test_power_is_held_against_what_was_promised() -> None:
    assert Row("plain", "power", "a method", 500, None, 0.79, aim=0.8).verdict == "yes"
    assert Row("plain", "power", "a method", 500, None, 0.70, aim=0.8).verdict == "careful"


def test_answers_are_counted_by_method() -> None:
    def draw(random: np.random.Generator) -> dict[str, Answer]:
        number = random.random()
        return {"one": Answer(number < 0.7, number > 0.7), "other": Answer(rejects=number > 0.2)}

    rows = simulate("plain", "a design", draw, 4_000)
    assert rows["one"].held == pytest.approx(0.7, abs=0.03)
    assert rows["one"].rejected == pytest.approx(0.3, abs=0.03)
    assert rows["other"].held is None
    assert rows["other"].rejected == pytest.approx(0.8, abs=0.03)


def results(folder: Path, *rows: Row) -> list[Path]:
    """Results of tests in JUnit's format."""
    lines = (f"<property name='coverage' value='{one.as_text()}'/>" for one in rows)
    path = folder / "results.xml"
    path.write_text(f"<testsuite>{''.join(lines)}</testsuite>", encoding="utf-8")
    return [path]


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    page = tmp_path / "coverage.md"
    page.write_text("as it was", encoding="utf-8")
    with pytest.raises(SystemExit, match="of one release"):
        write_page(results(tmp_path, row()), page)
    assert page.read_text(encoding="utf-8") == "as it was"
    hard = row("hard, demo", held=0.715, rejected=0.285)
    assert write_page(results(tmp_path, row(), hard), page) == 2
    text = page.read_text(encoding="utf-8")
    assert (
        "| a design | a method | 500 | 71.5% | 28.5% | no: claims too much, rejects 28.5% |" in text
    )
    assert "*demo* release" in text
    assert not list(tmp_path.glob("*.partly"))
