"""Check reports that stand, and print a table of goal by report: `make check-reports`.

Every page is read, and every national report opened in a browser. Of each national report one
release, six briefs and six notebooks are tried in full: held to axe-core, run again, run on other
data, run in JupyterLab. Which ones changes with the commit; `--all` (`make check-reports ALL=1`)
tries all.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial

from coopanalysis import paths
from coopanalysis.errors import CoopError
from coopanalysis.reports.index import read_records
from tools.check_pages.check import (
    check_everything,
    draw_notebooks,
    draw_pages,
    format_checks,
)

BRIEFS, NOTEBOOKS = 6, 6


def main(asked: Sequence[str] = ()) -> int:
    """Check everything that stands; return 1 where a goal is missed or nothing stands."""
    begun = time.monotonic()
    if list(asked) not in ([], ["--all"]):
        print(f"Unknown: {' '.join(asked)}. There is only --all.", file=sys.stderr)
        return 2

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {line}", flush=True)

    folder = paths.reports_dir()
    if not read_records(folder):
        print("No report stands: run `make reports` first.", file=sys.stderr)
        return 1
    try:
        notebooks = sorted(paths.notebooks_dir().glob("[0-9]*.ipynb"))
        if asked:
            checked = check_everything(folder, notebooks, say)
        else:
            turn = _commit()
            some = draw_notebooks(notebooks, NOTEBOOKS, turn)
            draw = partial(draw_pages, briefs=BRIEFS, turn=turn)
            checked = check_everything(folder, some, say, draw)
    except CoopError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    print(format_checks(checked))
    count = sum(map(len, checked.misses.values()))
    say(f"{count} misses" if count else "no miss" if checked.unchecked else "every goal is kept")
    return int(checked.failed)


def _commit() -> str:
    """The commit that is checked; empty outside of a repository."""
    asked = ["git", "rev-parse", "HEAD"]
    root = paths.project_root()
    done = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
