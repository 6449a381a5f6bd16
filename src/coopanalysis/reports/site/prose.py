"""Documents in Markdown as HTML: anchors as on the code host, tables as a report has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape

from coopanalysis.reports.markdown import Heading, ProseRenderer, render_markdown
from coopanalysis.reports.site.shell import DOCUMENTS

_OWN_CONTENTS = re.compile(r"(?:^- .*\]\(#[^\n]*\n)+", re.MULTILINE)


_COMMANDS = (
    re.compile(r",? written by `make \w+`"),
    re.compile(r"\s*\(`make \w+`\)"),
    re.compile(r" by `make \w+`(?:; a change by hand does not\s+last)?"),
    re.compile(r"^[^\n]+:\n\n(?: {4}coopanalysis [^\n]*\n)+\n?", re.MULTILINE),
)
"""What a document says to those who have the code, and a page of the site leaves out."""


@dataclass(frozen=True)
class Document:
    """A document as HTML: its title, its headings, and all below the title."""

    title: str
    headings: tuple[Heading, ...]
    html: str


def read_document(text: str) -> Document:
    """Turn a document into HTML; a list of links to its own headings is left to the page.

    Commands of the house are left out: a reader of the site cannot run them.
    """
    for command in _COMMANDS:
        text = command.sub("", text)
    renderer = DocumentRenderer()
    html = render_markdown(_OWN_CONTENTS.sub("", text, count=1), renderer)
    title = next((one for one in renderer.headings if one.level == 1), Heading(1, "", ""))
    return Document(unescape(re.sub(r"<[^>]+>", "", title.text)), tuple(renderer.headings), html)


class DocumentRenderer(ProseRenderer):
    """Renders a document; a table gets its heading as caption, scopes, and a box that scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self._captions: dict[str, int] = {}

    def table(self, text: str) -> str:
        """Write a table: its first column names the rows."""
        words = re.sub(r"<[^>]+>", "", self.headings[-1].text) if self.headings else "Table"
        number = self._captions[words] = self._captions.get(words, 0) + 1
        caption = words if number == 1 else f"{words}, table {number}"
        rows = re.sub(
            r"<tr>\s*<td([^>]*)>(.*?)</td>", r'<tr><th scope="row"\1>\2</th>', text, flags=re.DOTALL
        )
        box = f'role="region" aria-label="{caption}" tabindex="0"'
        return (
            f'<div class="coop-scroll" {box}><table><caption>{caption}</caption>'
            f"{rows}</table></div>\n"
        )

    def table_head(self, text: str) -> str:
        """Write the row of headers."""
        return f"<thead><tr>{text}</tr></thead>\n"

    def table_body(self, text: str) -> str:
        """Write all other rows."""
        return f"<tbody>{text}</tbody>\n"

    def table_row(self, text: str) -> str:
        """Write one row."""
        return f"<tr>{text}</tr>\n"

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """Write one cell; a header of a column says so."""
        return f'<th scope="col">{text}</th>' if head else f"<td>{text}</td>"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Write a link; one to a file that the site does not have stays as text."""
        if url in DOCUMENTS:
            return f'<a href="{DOCUMENTS[url].rpartition("/")[2]}">{text}</a>'
        if url.startswith(("#", "https://")):
            more = ' rel="noreferrer"' if url.startswith("https") else ""
            return f'<a href="{escape(url, quote=True)}"{more}>{text}</a>'
        return text

    def _anchor(self, text: str) -> str:
        """Make the anchor that the code host makes: links within a document are written for it."""
        stem = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") or "section"
        taken = {heading.anchor for heading in self.headings}
        anchor, number = stem, 1
        while anchor in taken or anchor in ("top", "content", "contents-title"):
            anchor, number = f"{stem}-{number}", number + 1
        return anchor
