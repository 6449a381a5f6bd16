"""Parts of the page that every report must have: the estimate first, then its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Literal

from coopanalysis.display import sentences as say
from coopanalysis.display.html import Output, element, facts_html, paragraph
from coopanalysis.errors import UsageError

ANSWERS = "answers"
"""Slot at the top of a page of facts, in the place of a main estimate."""
LEFT_OUT = "left-out"
"""Slot of an output that says what is not shown, and why."""
MODELS = "models"
"""Slot of the fold that says how the models were computed, at the end of the page."""

Design = Literal["association", "description", "quasi-experiment"]
DESIGN_WORDS: dict[Design, str] = {
    "association": "Association, not effect",
    "description": "Description, no comparison of like with like",
    "quasi-experiment": "Effect, if the assumptions of the design hold",
}


def show_headline(
    estimate_sentence: str,
    *,
    unit: str,
    comparison: str,
    n: int | str,
    interval: str | tuple[Any, Any] | None = None,
    design: Design = "association",
    more: Mapping[str, str] | None = None,
) -> Output:
    """Fill the place at the top of the page with the main estimate.

    Parameters
    ----------
    estimate_sentence : str
        One plain sentence, from `claims.describe_estimate` or its like.
    unit, comparison : str
        Unit of the estimate, and with what it is compared.
    n : int or str
        Number of observations; a text may add what they are.
    interval : str or (low, high)
        The 95% interval in that unit; a description, which counts all that is on record, has none.
    design, more : Design, mapping
        What the design supports, and further facts by name, such as the formula.

    Raises
    ------
    UsageError
        If one of the parts is empty, the design is unknown, or a description has an interval.
    """
    if design not in DESIGN_WORDS:
        raise UsageError(f"No design '{design}'. There are: {', '.join(DESIGN_WORDS)}.")
    counted = n if isinstance(n, str) else say.format_count(n)
    parts = {"Unit": unit, "Compared with": comparison}
    if design == "description":
        if interval is not None:
            raise UsageError("A description counts all that is on record: it has no interval.")
        parts = {"What is counted": unit, "Beside it": comparison, "Of": counted}
    else:
        interval = say.format_interval(*interval) if isinstance(interval, tuple) else interval or ""
        parts |= {"95% interval": interval, "n": counted}
    parts |= {"Reading": DESIGN_WORDS[design], **(more or {})}
    said = {"Sentence": estimate_sentence, **parts}
    empty = [name for name, text in said.items() if not text.strip()]
    if empty:
        raise UsageError(f"The headline lacks: {', '.join(empty)}.")
    html = element("p", escape(estimate_sentence), class_="coop-estimate") + facts_html(parts)
    text = "\n".join([estimate_sentence, *(f"{name}: {value}" for name, value in parts.items())])
    return Output(element("div", html, class_="coop-headline"), text, "headline")


def show_limits(items: Sequence[str]) -> Output:
    """Fill the place above the first result with what the report cannot show.

    Parameters
    ----------
    items : sequence of str
        One sentence each, with counts of the gaps where there are gaps.

    Raises
    ------
    UsageError
        If there are none, one is empty, or none of them holds a number.
    """
    if not items or not all(item.strip() for item in items):
        raise UsageError("The limits need at least one item, and none may be empty.")
    if not any(letter.isdigit() for item in items for letter in item):
        raise UsageError("At least one limit says how many: count the gaps in the data.")
    listed = "".join(element("li", escape(item)) for item in items)
    text = "\n".join(["What this cannot show:", *(f"- {item}" for item in items)])
    return Output(element("div", f"<ul>{listed}</ul>", class_="coop-limits"), text, "limits")


NOT_KNOWN = "What is not known?"
"""Heading of the limits on a page of facts."""
FOLD_CLOSING = "</div></details>"


def fold_opening(question: str, anchor: str, answer: str = "") -> str:
    """Begin a part of a page that opens by its question (HTML), and by a link into its content.

    An answer stands below the question as long as the part is closed.
    """
    below = element("span", answer, class_="answer") if answer else ""
    summary = element("summary", element("h2", question) + below)
    return f'<details class="coop-fold">{summary}<div id="{escape(anchor, quote=True)}">'


def note(text: str) -> Output:
    """Show one paragraph composed from results."""
    return Output(paragraph(text, "coop-reading"), text)


def left_out(why: str) -> Output:
    """Show nothing in its place, and one line of why at the end of the page.

    A section of a notebook that shows nothing else is not on the page, heading included: see
    `reports.sections`. The reason stands after a colon: "the score is known of no county".
    """
    text = f"Left out: {why}."
    return Output(paragraph(text, "coop-note"), text, LEFT_OUT)
