"""The words of the field, explained once: those that a page uses are found and listed on it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape

from coopanalysis.display.html import element, file_stem
from coopanalysis.errors import ReportError
from coopanalysis.reports.style import TEMPLATE_FOLDER

GLOSSARY_FILE = TEMPLATE_FOLDER / "coopanalysis" / "glossary.toml"
_UNREAD = re.compile(
    r"<(style|script|pre|code|math|table|head)\b.*?</\1>|<details\b.*?</details>|<[^>]+>",
    re.DOTALL,
)


@dataclass(frozen=True)
class Term:
    """A word, its meaning in a few plain sentences, and other forms that a text may use."""

    name: str
    meaning: str
    also: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Where it stands on the page of the glossary."""
        return file_stem(self.name)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds any of its forms as whole words; capitals matter only where all are capitals."""
        forms = sorted((self.name, *self.also), key=len, reverse=True)
        written = "|".join(
            re.escape(form) if form.isupper() else f"(?i:{re.escape(form)})" for form in forms
        )
        return re.compile(rf"(?<![\w-])(?:{written})(?!\w)")


@lru_cache(maxsize=1)
def read_glossary() -> tuple[Term, ...]:
    """Read all terms, in the order of the alphabet.

    A term without a meaning, or a form that belongs to two terms, is an error.
    """
    listed = tomllib.loads(GLOSSARY_FILE.read_text(encoding="utf-8"))["term"]
    terms = [
        Term(one["name"], one.get("meaning", ""), tuple(one.get("also", ()))) for one in listed
    ]
    forms = [form.casefold() for term in terms for form in (term.name, *term.also)]
    faults = [term.name for term in terms if not term.meaning.strip()]
    faults += sorted({form for form in forms if forms.count(form) > 1})
    if faults:
        raise ReportError(f"{GLOSSARY_FILE.name}: no meaning, or more than once: {faults}.")
    return tuple(sorted(terms, key=lambda term: term.name.casefold()))


def find_terms(text: str, terms: Iterable[Term] | None = None) -> list[Term]:
    """List the terms, of all or of those given, that a text without mark-up uses."""
    return [
        term for term in (read_glossary() if terms is None else terms) if term.pattern.search(text)
    ]


def read_text(html: str) -> str:
    """Text of a page as it is read: without code, formulas, tables and what is folded."""
    return " ".join(unescape(_UNREAD.sub(" ", html)).split())


def glossary_html(terms: Sequence[Term], *, anchors: bool = False) -> str:
    """Write terms as a list of definitions, each of which can be linked to if it has an anchor."""
    listed = "".join(
        element(
            "div",
            element("dt", escape(term.name)) + element("dd", escape(term.meaning)),
            **({"id": term.anchor} if anchors else {}),
        )
        for term in terms
    )
    return element("dl", listed, class_="glossary")
