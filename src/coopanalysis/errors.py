"""Errors that say what is wrong, where, how many, and what to do next.

Every failure a user can cause or mend is a `CoopError`; anything else that escapes is a
defect of the package. The command line prints the message alone and exits with `exit_status`.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

_PACKAGE = Path(__file__).parent


class CoopError(Exception):
    """Base of every failure that has a remedy the user can apply."""

    exit_status = 1

    def _render_traceback_(self) -> list[str]:
        """Lines that IPython shows: those of the caller, then the message, which has the remedy.

        What this package did in between is for who works on it: `raise` in plain Python has it.
        """
        from IPython import get_ipython  # noqa: PLC0415  (it alone calls this)

        shell, lines = get_ipython(), []
        for one in traceback.extract_tb(self.__traceback__):
            file = Path(one.filename)
            if file.is_relative_to(_PACKAGE) or "IPython" in file.parts:
                continue
            named = shell.compile.format_code_name(one.filename) if shell else None
            kind, name = named or ("File", one.filename)
            lines += [f"{kind} {name}, line {one.lineno}", f"    {one.line}"]
        return [*lines, "", f"{type(self).__name__}: {self}"]


class UsageError(CoopError):
    """A name, option or parameter that does not exist or has the wrong type."""

    exit_status = 2


class DataError(CoopError):
    """A raw or processed file breaks a rule.

    `where` is the file, with its sheet or table; `problem` the rule broken and how many rows break
    it; `remedy` what the user does next; `rows` their numbers as the user sees them in the file
    (the header is row 1), of which the first five are shown.
    """

    def __init__(self, where: str, problem: str, remedy: str, rows: Sequence[int] = ()) -> None:
        self.where, self.problem, self.remedy, self.rows = where, problem, remedy, tuple(rows)
        super().__init__(where, problem, remedy, self.rows)

    def __str__(self) -> str:
        return f"{self.where}: {self.finding}. {self.remedy}"

    @property
    def finding(self) -> str:
        """The problem with its first row numbers, without place and remedy."""
        return f"{self.problem}{format_rows(self.rows)}"


class BuildError(CoopError):
    """Several failures of one build, all listed between a headline and a remedy."""

    def __init__(self, headline: str, failures: Sequence[CoopError], remedy: str) -> None:
        self.headline, self.failures, self.remedy = headline, tuple(failures), remedy
        super().__init__(headline, self.failures, remedy)

    def __str__(self) -> str:
        lines = [f"{self.headline} ({len(self.failures)} found):"]
        lines += [f"  {number}. {failure}" for number, failure in enumerate(self.failures, 1)]
        return "\n".join([*lines, self.remedy])


class FetchError(CoopError):
    """A source file could not be obtained, or is not the file that was asked for."""


class ModelError(CoopError):
    """A model that cannot be estimated as asked: the message names the term and the reason."""


class ReportError(CoopError):
    """A report that cannot be planned, run or rendered."""


def format_fields(missing: Sequence[str], unknown: Sequence[str]) -> str:
    """Say which fields an entry or a table lacks, and which of its own nobody knows.

    Examples
    --------
    >>> format_fields(["id", "path"], ["pth"])
    "lacks 'id', 'path' and has the unknown 'pth'"
    """
    found = [
        f"{what} {', '.join(map(repr, names))}"
        for what, names in (("lacks", missing), ("has the unknown", unknown))
        if names
    ]
    return " and ".join(found)


def format_rows(rows: Sequence[int]) -> str:
    """Name the first rows of those given, in brackets after a space; empty if there are none.

    Examples
    --------
    >>> format_rows([7, 9])
    ' (rows 7, 9)'
    """
    if not rows:
        return ""
    shown = ", ".join(str(row) for row in rows[:5])
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return f" (row{'s' if len(rows) > 1 else ''} {shown}{more})"
