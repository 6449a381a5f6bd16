"""Everything that is held against the main estimate, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from coopanalysis.checks import curve, placebo
from coopanalysis.checks.clusters import LABELS, WILD, compare_errors
from coopanalysis.checks.comparable import Comparable, compare
from coopanalysis.checks.curve import Curve, draw_curve
from coopanalysis.checks.family import weigh_family
from coopanalysis.checks.full_reports import compare_full_reporters
from coopanalysis.checks.missing_reports import compare_rules
from coopanalysis.checks.placebo import Placebos, try_placebos
from coopanalysis.checks.question import Question, result_row
from coopanalysis.checks.space import PLAIN, Space, look_around
from coopanalysis.checks.unseen import Unseen, assess

MAIN = "Main design"
POINT_RULES = {
    "full coverage": "Full coverage only",
    "weighted by inverse probability": "Weighted for reporting",
}
ERRORS = {LABELS["CR2"]: "Errors CR2", WILD: "Wild cluster bootstrap"}


@dataclass(frozen=True)
class Checks:
    """A question and what every check says.

    Attributes
    ----------
    question : Question
        The question and its main estimate.
    comparable, rules, errors, unseen, placebos, space, curve, family
        What the functions of the same modules return.
    """

    question: Question
    comparable: Comparable
    rules: pd.DataFrame
    errors: pd.DataFrame
    unseen: Unseen
    placebos: Placebos
    space: Space
    curve: Curve
    family: pd.DataFrame

    @cached_property
    def full_reports(self) -> pd.DataFrame:
        """Balanced and spatial estimates beside those of full reporters.

        Returns
        -------
        DataFrame
            As `compare_full_reporters`, which says what it raises.
        """
        return compare_full_reporters(self.question, self.comparable, self.space)

    @property
    def summary(self) -> pd.DataFrame:
        """One row per check that gives an estimate of its own, the main design first.

        Returns
        -------
        DataFrame
            `term` (label), `estimate, conf_low, conf_high, n_obs, is_main`, and `is_error_only`
            where the main design stands with errors of another kind, and so with its estimate.
        """
        rows = [result_row(self.question.row, term=MAIN)]
        rules = self.rules.assign(estimate=self.rules["estimate_low"])
        by_rule = rules.set_index("rule").to_dict("index")
        rows += [result_row(by_rule[rule], term=label) for rule, label in POINT_RULES.items()]
        by_error = self.errors.set_index("label").to_dict("index")
        rows += [result_row(by_error[error], term=label) for error, label in ERRORS.items()]
        for frame in (self.comparable.estimates, self.space.estimates):
            rows += [result_row(row, term=row["label"]) for _, row in frame.iterrows()]
        table = pd.DataFrame(rows)[["term", "estimate", "conf_low", "conf_high", "n_obs"]]
        errors = table["term"].isin([*ERRORS.values(), PLAIN])
        return table.assign(is_main=table["term"] == MAIN, is_error_only=errors)


def run_checks(
    question: Question,
    *,
    curve_permutations: int = curve.N_PERMUTATIONS,
    placebo_permutations: int = placebo.N_PERMUTATIONS,
) -> Checks:
    """Run every check; some seconds, most of them in permutations.

    Raises
    ------
    ModelError
        If a check that every question must pass cannot be run; what can fail on its own
        (balancing, Oster, the E-value, later agreements) is reported as a reason instead.
    """
    return Checks(
        question=question,
        comparable=compare(question),
        rules=compare_rules(question),
        errors=compare_errors(question.estimates, question.frame),
        unseen=assess(question),
        placebos=try_placebos(question, placebo_permutations),
        space=look_around(question),
        curve=draw_curve(question, curve_permutations),
        family=weigh_family(question),
    )
