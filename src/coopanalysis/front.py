"""What the console script runs: an answer at once where nothing changed, else the command line.

The command line itself takes longer to import than it takes to see that every report is up to
date. Any words this module does not know are the command line's to read.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def entry() -> None:
    """Console script."""
    if up_to_date(sys.argv[1:]):
        sys.exit(0)
    from coopanalysis.cli import entry as command_line  # noqa: PLC0415

    command_line()


def up_to_date(words: Sequence[str]) -> bool:
    """Whether the words are `reports run` for one release, and there is nothing to do.

    Then it is said, as the command line would.
    """
    match words:
        case ["reports", "run"]:
            release = "demo"
        case ["reports", "run", "-r" | "--release", release]:
            pass
        case ["reports", "run", word] if word.startswith("--release="):
            release = word.removeprefix("--release=")
        case _:
            return False
    from coopanalysis.catalog.sources import check_release  # noqa: PLC0415
    from coopanalysis.errors import CoopError  # noqa: PLC0415
    from coopanalysis.panel.record import is_current  # noqa: PLC0415
    from coopanalysis.reports.run import already_current  # noqa: PLC0415

    try:
        return is_current(check_release(release)) and already_current(release, print)
    except CoopError:
        return False  # the command line says it


if __name__ == "__main__":
    entry()
