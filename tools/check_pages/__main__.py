"""Check every report that stands, and print a table of goal by report: `make check-reports`."""

from __future__ import annotations

import sys
import time

from coopanalysis import paths
from coopanalysis.errors import CoopError
from coopanalysis.reports.index import read_records
from tools.check_pages.check import check_everything, format_checks


def main() -> int:
    """Check everything that stands; return 1 where a goal is missed or nothing stands."""
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {line}", flush=True)

    folder = paths.reports_dir()
    if not read_records(folder):
        print("No report stands: run `make reports` first.", file=sys.stderr)
        return 1
    try:
        checked = check_everything(folder, sorted(paths.notebooks_dir().glob("[0-9]*.ipynb")), say)
    except CoopError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    print(format_checks(checked))
    count = sum(map(len, checked.misses.values()))
    say(f"{count} misses" if count else "no miss" if checked.unchecked else "every goal is kept")
    return int(checked.failed)


if __name__ == "__main__":
    sys.exit(main())
