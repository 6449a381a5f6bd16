"""Prose cells as HTML: headings that can be linked to, and formulas as MathML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from latex2mathml import exceptions
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from coopanalysis.display.html import file_stem
from coopanalysis.errors import ReportError

RESERVED_ANCHORS = frozenset(
    {
        "top",
        "content",
        "contents-title",
        "main-estimate",
        "in-short",
        "limits",
        "provenance",
        "cite",
        "words",
        "downloads",
    }
)
_MARKED_FORMULA = re.compile(r"<math\b(?:(?!</math>).)*</math>[.,;:)]+", re.DOTALL)
_WHOLE_FORMULA = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$|\\\[(.+)\\\]|\\\((.+)\\\)", re.DOTALL)

# The converter's errors have no base of their own.
_FORMULA_ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in vars(exceptions).values() if isinstance(kind, type)
)


@dataclass(frozen=True)
class Heading:
    """A heading of the page: its level, its text (HTML) and its anchor."""

    level: int
    text: str
    anchor: str


class ProseRenderer(IPythonRenderer):
    """Renders one report's prose; keeps the headings in order and their anchors apart."""

    def __init__(self) -> None:
        super().__init__(escape=False)
        self.headings: list[Heading] = []

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Write a heading with an anchor made of its words; the title is left to the page."""
        plain = unescape(re.sub(r"<[^>]+>", "", text))
        anchor = self._anchor(plain)
        self.headings.append(Heading(level, text, anchor))
        return "" if level == 1 else f'<h{level} id="{anchor}">{text}</h{level}>\n'

    def block_math(self, body: str) -> str:
        """Write a displayed formula."""
        return f'<div class="formula">{_mathml(body, "block")}</div>'

    def inline_math(self, body: str) -> str:
        """Write a formula within a line."""
        return _mathml(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        """Write an environment such as `align`."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def _anchor(self, text: str) -> str:
        taken = {heading.anchor for heading in self.headings} | RESERVED_ANCHORS
        stem = file_stem(text, "section")
        anchor, number = stem, 2
        while anchor in taken:
            anchor, number = f"{stem}-{number}", number + 1
        return anchor


def render_markdown(source: str, renderer: ProseRenderer) -> str:
    """Turn one prose cell into HTML; a formula and the mark after it stay on one line."""
    html = str(MarkdownWithMath(renderer=renderer).render(source)).strip()
    return _MARKED_FORMULA.sub(r'<span class="term">\g<0></span>', html)


def render_latex(source: str, renderer: ProseRenderer) -> str:
    """Turn LaTeX that a cell shows into HTML: one formula, or text with formulas in it."""
    text = source.strip()
    whole = _WHOLE_FORMULA.fullmatch(text)
    if whole:
        return renderer.block_math(next(filter(None, whole.groups())))
    if "$" in text or "\\begin{" in text:
        return render_markdown(text, renderer)
    return renderer.block_math(text)


def _mathml(latex: str, display: str) -> str:
    try:
        written = str(convert(latex.strip(), display=display))
    except _FORMULA_ERRORS as error:
        raise ReportError(f"The formula {latex.strip()!r} cannot be written: {error}.") from error
    unknown = re.search(r"<m[ion]>(\\[A-Za-z]+)", written)
    if unknown:
        raise ReportError(f"In the formula {latex.strip()!r}, {unknown.group(1)} is not known.")
    return written
