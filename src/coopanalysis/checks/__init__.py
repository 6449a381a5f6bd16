"""How the main estimate of reported crime fares: one question, and everything held against it."""

from coopanalysis.checks.question import Question, ask
from coopanalysis.checks.run import Checks, run_checks

__all__ = ["Checks", "Question", "ask", "run_checks"]
