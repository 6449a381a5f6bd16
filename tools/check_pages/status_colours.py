"""Goal 8: a status has the same colour in every legend; that they can be told apart is a test's."""

from __future__ import annotations

from collections.abc import Iterator

from bs4 import BeautifulSoup

from coopanalysis.display.figures.style import STATUS_COLOURS, STATUS_LABELS
from coopanalysis.reports.goals import Miss, without_payloads


def check_colours(html: str) -> Iterator[Miss]:
    """Hold each legend that names a status against the colour of that status."""
    names = {label: name for name, label in STATUS_LABELS.items()}
    for entry in BeautifulSoup(without_payloads(html), "html.parser").select(".coop-legend li"):
        label = entry.find("span")
        words = "".join(label.find_all(string=True, recursive=False)) if label else ""
        name = names.get(words.strip())
        swatch = entry.find("rect")
        if name is None or swatch is None:
            continue
        drawn = str(swatch.get("fill", "")).upper()
        if drawn != STATUS_COLOURS[name].upper():
            yield Miss(8, f"'{STATUS_LABELS[name]}' is drawn in {drawn}, not its own colour")
        if (entry.find("path") is not None) != (name == "unknown"):
            yield Miss(8, f"'{STATUS_LABELS[name]}': only what is not known is hatched")
