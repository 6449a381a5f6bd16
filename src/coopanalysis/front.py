"""What the console script runs: an answer at once where nothing changed, else the command line.

The command line itself takes longer to import than it takes to see that every report is up to
date. Any word this module does not know is the command line's to read.
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
    release = _release(list(words))
    if release is None:
        return False
    from coopanalysis.errors import CoopError  # noqa: PLC0415
    from coopanalysis.panel.record import is_current  # noqa: PLC0415
    from coopanalysis.reports.run import already_current  # noqa: PLC0415

    try:
        return is_current(release) and already_current(release, print)
    except CoopError:
        return False  # the command line says it


def _release(words: list[str]) -> str | None:
    """Release named by `reports run [--release NAME]`; None for any other words."""
    from coopanalysis.vocabulary import RELEASES  # noqa: PLC0415

    if words[:2] != ["reports", "run"]:
        return None
    rest = words[2:]
    if not rest:
        return "demo"
    named = rest[1] if len(rest) == 2 and rest[0] in ("-r", "--release") else ""
    if len(rest) == 1 and rest[0].startswith("--release="):
        named = rest[0].partition("=")[2]
    return named if named in RELEASES else None


if __name__ == "__main__":
    entry()
