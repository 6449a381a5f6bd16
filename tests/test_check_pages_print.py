"""What goes wrong on paper is found in the PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis.reports.style import page_style
from tools.check_pages.browser import find_chromium, open_browser
from tools.check_pages.print_layout import check_paper, find_pdftotext

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_chromium(), reason="no Chromium on this machine"),
    pytest.mark.skipif(not find_pdftotext(), reason="no pdftotext on this machine"),
]
ROWS = "".join(
    f"<tr><th scope='row'>Agency-of-Exampleton {n}</th><td>{n * 7}</td></tr>" for n in range(120)
)
TABLE = (
    "<div class='coop-scroll'><table><caption>Agencies of nowhere</caption>"
    "<thead><tr><th scope='col'>Agency</th><th scope='col'>Officers</th></tr></thead>"
    f"<tbody>{ROWS}</tbody></table></div>"
)
PAGE = (
    "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>A</title>"
    "<style>{style}</style></head><body><main class='layout'><h1>A title</h1>{body}</main></body>"
    "</html>"
)
LAST = (
    "<div style='height: 205mm'>Tall.</div><h2>Lonely</h2><p style='break-before: page'>Next.</p>"
)
ENDS_LIKE_A_HEADING = (
    "<div style='height: 205mm'>Tall.</div><p>9 of 23 counties</p>"
    "<h2 style='break-before: page'>Counties</h2><p>Next.</p>"
)
FAULTS = {
    "good": ("", TABLE, ""),
    "no heading": ("", ENDS_LIKE_A_HEADING, ""),
    "wide": (".layout table { width: 900px; }", TABLE, "over the edge of the paper"),
    "header": ("@media print { thead { display: table-row-group; } }", TABLE, "no header on sheet"),
    "clipped": (
        "@media print { .coop-scroll { max-height: 9cm; overflow: hidden; } }",
        TABLE,
        "lacks the row",
    ),
    "heading": (
        "@media print { h2 { break-after: auto !important; } }",
        LAST,
        "stands last on sheet 1",
    ),
}


def test_each_fault_is_found(tmp_path: Path) -> None:
    found = {}
    with open_browser() as context:
        for name, (style, body, _) in FAULTS.items():
            path = tmp_path / "page.html"
            path.write_text(PAGE.format(style=page_style() + style, body=body), encoding="utf-8")
            found[name] = " ".join(miss.problem for miss in check_paper(context, path))
    assert found.pop("good") == found.pop("no heading") == ""
    for name, words in found.items():
        assert FAULTS[name][2] in words, name
