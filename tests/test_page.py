from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.display import page
from coopanalysis.display.html import SLOT_MIME, Output, csv_text, download_link, file_stem
from coopanalysis.errors import UsageError


def headline(**changes: object) -> Output:
    parts = {
        "unit": "points",
        "comparison": "counties without it",
        "interval": (1.0, 2.5),
        "n": 2556,
    } | changes
    return page.show_headline("It is higher.", **parts)  # type: ignore[arg-type]


def test_headline_fills_its_slot_with_every_part() -> None:
    bundle = headline()._repr_mimebundle_()
    slot = bundle[SLOT_MIME]
    assert isinstance(slot, dict)
    assert slot["slot"] == "headline"
    for words in ("1.00 to 2.50", "2,556", "Association, not effect", "counties without it"):
        assert words in str(bundle["text/html"])
        assert words in str(bundle["text/plain"])


@pytest.mark.parametrize("part", ["unit", "comparison", "interval", "n"])
def test_a_headline_without_a_part_is_refused(part: str) -> None:
    with pytest.raises(UsageError, match="headline lacks"):
        headline(**{part: " "})


def test_a_description_says_what_is_counted_and_has_no_interval() -> None:
    shown = headline(interval=None, design="description")
    for words in ("What is counted: points", "Beside it: counties without it", "Of: 2,556"):
        assert words in shown.text
    assert "interval" not in shown.text
    with pytest.raises(UsageError, match="it has no interval"):
        headline(design="description")
    with pytest.raises(UsageError, match="headline lacks: 95% interval"):
        headline(interval=None)


def test_an_unknown_design_is_refused() -> None:
    with pytest.raises(UsageError, match="No design 'effect'"):
        headline(design="effect")


def test_limits_need_items_that_count() -> None:
    shown = page.show_limits(["12 counties are missing.", "Nothing about victims."])
    assert shown.slot == "limits"
    assert shown.html.count("<li>") == 2
    for items in ([], ["  "], ["no number at all"]):
        with pytest.raises(UsageError):
            page.show_limits(items)


def test_plain_results_carry_no_slot() -> None:
    assert set(Output("<p>", "p")._repr_mimebundle_()) == {"text/html", "text/plain"}


def test_file_names_and_links() -> None:
    assert file_stem("Of 7 estimates, 1 lies above 0!") == "of-7-estimates-1-lies-above-0"
    assert file_stem("…") == "data"
    link = download_link("a,b\n1,ä\n", "x.csv", "CSV <1>")
    assert 'download="x.csv"' in link
    assert "CSV &lt;1&gt;" in link
    frame = pd.DataFrame({"day": pd.to_datetime(["2025-07-15"]), "rate": [1 / 3]})
    assert csv_text(frame) == "day,rate\n2025-07-15,0.33333333\n"
