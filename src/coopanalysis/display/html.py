"""What the last line of a notebook cell shows: the same words for the page and for JupyterLab."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import pandas as pd

SLOT_MIME = "application/vnd.coopanalysis.slot+json"
CSV_SIGNIFICANT_DIGITS = 8
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n")
_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+(?:[eE][+-]?\d+)?%?")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, and moves of the cursor
    r"|\x1b\].*?(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[()][0-9A-B]|\x1b[@-Z\\^_c]",
    re.DOTALL,
)
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)

_LAB_RULES = {
    "": "max-width: 60em",
    "img": "display: block; width: 100%; max-width: 640px; height: auto; background: #fff",
    ".coop-wide img": "max-width: 900px",
    "figure": "margin: 0",
    "p, ul, dl": "margin: 0 0 .5em",
    ".coop-finding, caption": "font-weight: 600; font-size: 1.1em; text-align: left",
    ".coop-subtitle, .coop-note, .coop-source, dt": "color: var(--jp-ui-font-color2, inherit)",
    ".coop-note, .coop-source, details, .coop-download": "font-size: .9em",
    ".coop-estimate": "font-size: 1.25em; line-height: 1.4",
    "dl > div": "display: flex; gap: .6em",
    "dt": "flex: 0 0 9em; font-weight: 400",
    "dd": "margin: 0",
    ".coop-scroll": "overflow: auto; max-height: 32em",
    "th, td": "text-align: left; vertical-align: top",
    ".num": "text-align: right; white-space: nowrap",
    "thead .num": "white-space: normal",
    "tbody th": "font-weight: 400",
    ".coop-legend ul": "display: flex; flex-wrap: wrap; gap: .2em 1.2em; padding: 0",
    ".coop-legend li": "display: flex; gap: .4em; align-items: center; list-style: none",
    "summary": "cursor: pointer",
}


_RULES = "".join(
    ",".join(f".jp-OutputArea .coop-shown {one.strip()}".strip() for one in selector.split(","))
    + f"{{{words}}}"
    for selector, words in _LAB_RULES.items()
)
LAB_STYLE = f"<style>{_RULES}</style>"
"""Style that goes with each result in JupyterLab, where the page's is not."""
_LAB_OPEN, _LAB_CLOSE = f'{LAB_STYLE}<div class="coop-shown">', "</div>"


@dataclass(frozen=True)
class Output:
    """A displayable result: HTML with plain text beside it.

    Attributes
    ----------
    html, text : str
        What a browser and JupyterLab show; the same for a terminal and a reader without HTML.
    slot : str
        Place on the page that this fills ("headline", "limits"); empty for the place it stands in.
    """

    html: str
    text: str
    slot: str = ""

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, object]:
        bundle: dict[str, object] = {"text/html": for_lab(self.html), "text/plain": self.text}
        if self.slot:
            bundle[SLOT_MIME] = {"slot": self.slot, "html": self.html, "text": self.text}
        return bundle

    def __repr__(self) -> str:
        return self.text

    def __add__(self, below: Output) -> Output:
        """Show another output below."""
        return Output(self.html + below.html, f"{self.text}\n\n{below.text}", self.slot)


def for_lab(html: str) -> str:
    """Wrap a result with the style it needs in JupyterLab."""
    return f"{_LAB_OPEN}{html}{_LAB_CLOSE}"


def for_page(html: str) -> str:
    """Undo `for_lab`: the page has a style sheet of its own, and lets in no other."""
    if html.startswith(_LAB_OPEN) and html.endswith(_LAB_CLOSE):
        return html[len(_LAB_OPEN) : -len(_LAB_CLOSE)]
    return html


def strip_ansi(text: str) -> str:
    """Take out what steers a terminal: colours, moves, titles."""
    return _ANSI.sub("", text)


def printable(text: str) -> str:
    """Replace what HTML and UTF-8 forbid: control characters, halves of a pair, no characters."""
    return _UNPRINTABLE.sub(REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n"))


def element(tag: str, content: str = "", **attributes: str) -> str:
    """Write one HTML element; attribute values are escaped, the content is not.

    Underscores in names of attributes become hyphens, but for a last one (`class_`), which goes.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value, quote=True)}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{written}>{content}</{tag}>"


def paragraph(text: str, class_: str) -> str:
    """Write a paragraph of plain text, or nothing where there is no text."""
    return element("p", escape(text), class_=class_) if text else ""


def facts_html(facts: Mapping[str, str]) -> str:
    """Write a list of names, each with what belongs to it."""
    pairs = ((escape(name), escape(text)) for name, text in facts.items())
    return element("dl", "".join(f"<div><dt>{a}</dt><dd>{b}</dd></div>" for a, b in pairs))


def csv_text(frame: pd.DataFrame) -> str:
    """Write a frame as CSV with dates as days and numbers to eight significant digits.

    Text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay.
    """
    texts = frame.select_dtypes(exclude=["number", "bool", "datetime"]).columns
    made = frame.assign(**{name: frame[name].map(_inert) for name in texts})
    return str(
        made.rename(columns=_inert).to_csv(
            index=False,
            lineterminator="\n",
            float_format=f"%.{CSV_SIGNIFICANT_DIGITS}g",
            date_format="%Y-%m-%d",
        )
    )


def _inert(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text) else text


def download_link(text: str, file_name: str, label: str, media_type: str = "text/csv") -> str:
    """Link that saves a text kept in the page itself, in the shorter of two encodings."""
    plain = "," + quote(text, safe=",:;()/?@!*'._~+=")
    packed = ";base64," + base64.b64encode(text.encode("utf-8")).decode("ascii")
    address = f"data:{media_type};charset=utf-8{min(plain, packed, key=len)}"
    return element("a", escape(label), class_="coop-download", download=file_name, href=address)


def file_stem(words: str, fallback: str = "data") -> str:
    """Make a short file name of a sentence: lower case, hyphens, no more than 60 characters."""
    kept = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in words)
    stem = ""
    for word in kept.lower().split():
        if len(stem) + len(word) > 60:
            break
        stem = f"{stem}-{word}" if stem else word
    return stem or fallback
