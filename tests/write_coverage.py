"""Write docs/coverage.md from the results of tests/test_models_coverage.py in JUnit's format."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

from coopanalysis.paths import project_root

HEAD = """# Do 95 % intervals hold the truth?

Written by `make trust` from simulations in which the truth is known; each is described in
`tests/test_models_coverage.py`. Theory promises 95 % where it holds; where a row expects less, the
way to compute the error or to compare is wrong for such data, and the row shows that it fails.

| case | samples | intervals that hold the truth | expected |
| --- | ---: | ---: | --- |
"""


def write_page(results: Path, page: Path) -> int:
    """Write one row per case measured, in order of the case, and return their number."""
    found = ElementTree.parse(results).iter("property")
    noted = {each.get("value", "") for each in found if each.get("name") == "coverage"}
    rows = sorted(value.split("|") for value in noted)
    lines = [f"| {case} | {draws} | {share} | {wanted} |" for case, draws, share, wanted in rows]
    page.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return len(rows)


if __name__ == "__main__":
    count = write_page(Path(sys.argv[1]), project_root() / "docs" / "coverage.md")
    print(f"docs/coverage.md: {count} cases.")
