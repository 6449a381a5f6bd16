"""Print what became of each damage, from the results of the tests here in JUnit's format."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

OUTCOMES = ("same", "refused", "silently different", "traceback", "hang")
ENOUGH = 3_000
"""Damages that can be told which the long form has to try."""
Noted = Counter[tuple[str, str, str]]


def noted(results: Path) -> Noted:
    """How many trials there were by layout, by whether the damage can be told, and by outcome."""
    found = ElementTree.parse(results).iter("property")
    texts = [each.get("value", "") for each in found if each.get("name") == "damage"]
    return Counter(
        (layout, told, outcome) for layout, told, outcome in (t.split("|") for t in texts)
    )


def table(counts: Noted, told: str) -> str:
    """Lay out one row per layout, and the sum of all, as a table in Markdown."""
    layouts = sorted({layout for layout, one, _ in counts if one == told})
    rows = [(layout, [counts[layout, told, outcome] for outcome in OUTCOMES]) for layout in layouts]
    rows.append(("all", [sum(column) for column in zip(*(row for _, row in rows), strict=True)]))
    lines = [
        f"| damage that {told} | tried | {' | '.join(OUTCOMES)} |",
        f"| --- |{' ---: |' * (len(OUTCOMES) + 1)}",
    ]
    for layout, row in rows:
        lines.append(f"| {layout} | {' | '.join(f'{number:,}' for number in (sum(row), *row))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    counts = noted(Path(sys.argv[1]))
    for told in ("can be told", "cannot be told"):
        print(f"\n{table(counts, told)}")
    tried = sum(count for (_, told, _), count in counts.items() if told == "can be told")
    if tried < ENOUGH:
        sys.exit(f"{tried:,} damages that can be told were tried, and {ENOUGH:,} are needed.")
