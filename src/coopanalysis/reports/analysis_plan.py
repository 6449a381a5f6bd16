"""The plan of analysis that a report was made under: when it was fixed, and its hash."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from coopanalysis.errors import DataError
from coopanalysis.paths import PLAN_FILE, analysis_plan_file

SHOWN_DIGITS = 12
_FIXED = re.compile(r"^Fixed on (\d{1,2} [A-Z][a-z]+ \d{4})\b", re.MULTILINE)


@dataclass(frozen=True)
class AnalysisPlan:
    """A plan of analysis: the day it was fixed on, in words, and the hash of its bytes."""

    fixed: str
    sha256: str

    @property
    def short(self) -> str:
        """First digits of the hash, as pages show it."""
        return self.sha256[:SHOWN_DIGITS]


def read_analysis_plan() -> AnalysisPlan:
    """Read the day and the hash of the plan of analysis; a plan that says no day is an error."""
    file = analysis_plan_file()
    if not file.is_file():
        raise DataError(PLAN_FILE, "the file is missing", "Restore it from version control.")
    raw = file.read_bytes()
    found = _FIXED.search(raw.decode("utf-8"))
    if found is None:
        raise DataError(
            PLAN_FILE,
            "no line begins with the day on which the plan was fixed",
            "Begin one with 'Fixed on 30 November 2026', for example.",
        )
    return AnalysisPlan(found[1], hashlib.sha256(raw).hexdigest())
