"""How often intervals hold the truth and tests reject a true null, counted and written down."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

LONG = os.environ.get("COOPANALYSIS_TRUST") == "1"
LOW, HIGH = 0.93, 0.97
SHORT_LIMIT = 0.14
"""Share of wrong answers between methods that hold and that fail, in short forms."""

Verdict = Literal["yes", "careful", "no"]


@dataclass(frozen=True)
class Answer:
    """What one method said of one sample; None where it does not answer.

    Attributes
    ----------
    holds : bool or None
        Whether its 95 % interval holds the truth.
    rejects : bool or None
        Whether its test at 5 % rejects.
    """

    holds: bool | None = None
    rejects: bool | None = None


Draw = Callable[[np.random.Generator], Mapping[str, Answer]]


@dataclass(frozen=True)
class Row:
    """One row of docs/coverage.md.

    Attributes
    ----------
    part, case, method : str
        Table, design, and what was asked of it.
    n_draws : int
        Samples.
    held, rejected : float or None
        Shares of the samples; `rejected` of a true null unless `aim` says otherwise.
    aim : float
        Share that should be rejected.
    """

    part: str
    case: str
    method: str
    n_draws: int
    held: float | None
    rejected: float | None
    aim: float = 0.05

    @property
    def verdict(self) -> Verdict:
        """Whether the method holds (2 points either way), is too careful, or claims too much."""
        excess = [1 - self.held - 0.05] if self.held is not None else []
        if self.rejected is not None:
            excess.append(self.rejected - self.aim)
        if max(excess) > 0.02 + 1e-9:
            return "no"
        return "careful" if min(excess) < -0.02 - 1e-9 else "yes"

    def as_text(self) -> str:
        """One line of JSON."""
        return json.dumps({**asdict(self), "verdict": self.verdict})


def simulate(
    part: str, case: str, draw: Draw, n_draws: int, *, aim: float = 0.05, seed: int = 1
) -> dict[str, Row]:
    """Draw samples, and count the answers of each method."""
    random = np.random.default_rng(seed)
    answers = [draw(random) for _ in range(n_draws)]
    rows = {}
    for method in answers[0]:
        held = _share([each[method].holds for each in answers])
        rejected = _share([each[method].rejects for each in answers])
        rows[method] = Row(part, case, method, n_draws, held, rejected, aim)
    return rows


def _share(values: list[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def simulation_error(n_draws: int, share: float = 0.05) -> float:
    """Standard error of a share over so many samples."""
    return math.sqrt(share * (1 - share) / n_draws)
