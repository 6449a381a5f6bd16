"""Write docs/coverage.md from results in JUnit's format of the tests that simulate."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from coopanalysis.paths import project_root
from trust import simulation_error

HARD = "hard, "
HEAD = """# Do 95 % intervals hold the truth, and do tests reject too often?

Written by `make trust` from simulations in which the truth is known. *Holds the truth*: share of
samples whose 95 % interval does. *Rejects*: share of samples in which a test at 5 % rejects what is
true. Theory promises 95 % and 5 %. The last column says whether the method may be used on such
data: *yes* where 93 to 97 % hold the truth and 3 to 7 % reject; *careful* where it claims too
little, so that its intervals hold but are wider than need be and its tests find less; *no* where it
claims too much. Methods that fail are shown because others use them.
Pages take what is *yes*. Where they print what is *careful*, one that is *yes* stands beside it
(the bootstrap beside CR2), or they say that it finds too little.

With {many} samples, two standard errors of a share of 5 % are {error_of_many} points, with {few}
samples {error_of_few}: a share that is nearer than that to a limit could fall on its other side
with other samples. A range that allows for more than what happened holds the truth more often
than an interval need.

## Designs of the reports

States, residents, covariates, policies, borders and reports are those of the counties of the
*{release}* release; outcomes are drawn (`tests/hard_designs.py`), with differences between states
as large as they are estimated to be. Each design is described in
`tests/test_models_hard_designs.py`. Leaving out one state at a time describes an estimate and
promises nothing, and so has no row. For the smallest difference that can be told, the true
difference is that one, and 80 % of the samples should tell it.

"""
PLAIN = """
## Plain designs

One question each, many rows or clusters that are alike (`tests/test_models_coverage.py`).

"""
COLUMNS = """| design | method | samples | holds the truth | rejects | may be used |
| --- | --- | ---: | ---: | ---: | --- |
"""


def read_rows(results: Iterable[Path]) -> list[dict[str, Any]]:
    """Rows that the tests noted, by design and method; of two, the later one."""
    noted = [
        json.loads(each.get("value", ""))
        for path in results
        for each in ElementTree.parse(path).iter("property")
        if each.get("name") == "coverage"
    ]
    rows = {(row["case"], row["method"], row["part"]): row for row in noted}
    return [rows[key] for key in sorted(rows)]


def in_words(row: dict[str, Any]) -> str:
    """Whether a method may be used, with the number that says so."""
    if row["verdict"] == "yes":
        return "yes"
    number = f"rejects {row['rejected']:.1%}" if row["rejected"] is not None else ""
    number = number or f"holds {row['held']:.1%}"
    reason = "too careful" if row["verdict"] == "careful" else "claims too much"
    return f"{row['verdict']}: {reason}, {number}"


def as_line(row: dict[str, Any]) -> str:
    """One row of a table."""
    held, rejected = (
        "" if row[name] is None else f"{row[name]:.1%}" for name in ("held", "rejected")
    )
    cells = [row["case"], row["method"], f"{row['n_draws']:,}", held, rejected, in_words(row)]
    return f"| {' | '.join(cells)} |\n"


def write_page(results: Iterable[Path], page: Path) -> int:
    """Write one row per design and method, in their order, whole or not at all; count them."""
    rows = read_rows(results)
    hard = [row for row in rows if row["part"].startswith(HARD)]
    plain = [row for row in rows if not row["part"].startswith(HARD)]
    releases = {row["part"].removeprefix(HARD) for row in hard}
    if len(releases) != 1 or not plain:
        raise SystemExit(
            f"docs/coverage.md needs the results of both files of tests, of one release, not "
            f"{sorted(releases)} with {len(plain)} plain rows. Run `make trust`."
        )
    counts = [row["n_draws"] for row in rows]
    head = HEAD.format(
        many=f"{max(counts):,}",
        few=f"{min(counts):,}",
        error_of_many=f"{200 * simulation_error(max(counts)):.1f}",
        error_of_few=f"{200 * simulation_error(min(counts)):.1f}",
        release=releases.pop(),
    )
    blocks = [head, COLUMNS, *map(as_line, hard), PLAIN, COLUMNS, *map(as_line, plain)]
    draft = page.with_suffix(".partly")
    draft.write_text("".join(blocks), encoding="utf-8")
    draft.replace(page)
    return len(rows)


if __name__ == "__main__":
    count = write_page(map(Path, sys.argv[1:]), project_root() / "docs" / "coverage.md")
    print(f"docs/coverage.md: {count} rows.")
