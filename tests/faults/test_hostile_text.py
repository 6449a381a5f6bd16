"""Text of raw files on pages is text, and a page that holds a script all the same runs none."""

from __future__ import annotations

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from coopanalysis.display import tables
from coopanalysis.reports.style import content_policy

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<a href='javascript:alert(1)'>County</a>",
    "</td></table><iframe src=//x.example>",
    "{{ 7 * 7 }}",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_a_table_stays_text(name: str) -> None:
    frame = pd.DataFrame({"county": [name, "Other"], "share": [0.1, 0.9]})
    html = tables.show_table(frame, caption=name, note=name, source=name).html
    soup = BeautifulSoup(html, "html.parser")
    assert not soup.find_all(["script", "img", "iframe"])
    assert not soup.find_all("a", href=lambda href: href and href.startswith("javascript"))
    assert name in soup.get_text()


def test_the_policy_of_a_page_lets_nothing_in_and_runs_no_script() -> None:
    rules = dict(rule.split(" ", 1) for rule in content_policy("p {}").split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert "script-src" not in rules
    assert "unsafe" not in content_policy("p {}", "x()", beside=True)
