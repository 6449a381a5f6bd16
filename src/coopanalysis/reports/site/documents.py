"""The pages beside the reports: methods, plan, data dictionary, glossary, in one dress."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coopanalysis.paths import PLAN_FILE, analysis_plan_file
from coopanalysis.reports.glossary import Term, glossary_html, read_glossary
from coopanalysis.reports.marks import stands, write_mark
from coopanalysis.reports.site.shell import (
    DOCUMENTS,
    PAGES,
    READERS,
    page_html,
    site_style,
    write_page,
)
from coopanalysis.reports.stale import hash_of, package_parts

if TYPE_CHECKING:
    from coopanalysis.reports.site.prose import Document

FEW_SECTIONS = 4
GLOSSARY_PAGE = f"{PAGES}/glossary.html"
_LEADS = {
    "methods.md": "Estimands, models, errors, sources and limits behind the numbers of reports.",
    "plan.md": "Questions, designs, errors, margins and families, fixed before the next data.",
    "data_dictionary.md": "Every column of every table: its type, its unit, what it means, where "
    "it comes from, and the files of each source.",
    **{
        f"read/{page}.md": f"How {name} reads the tables, with an example."
        for name, page in READERS.items()
    },
}


def write_documents(folder: Path) -> list[Path]:
    """Write the pages whose source, in `docs/` beside the folder of the index, changed."""
    plan, texts = Path(PLAN_FILE).name, {}
    for name, address in DOCUMENTS.items():
        source = analysis_plan_file() if name == plan else folder.parent / "docs" / name
        if source.is_file():
            texts[address] = source.read_text(encoding="utf-8")
    key = hash_of([texts, package_parts(), site_style()])
    if stands(folder / PAGES, key):
        return [folder / address for address in (*texts, GLOSSARY_PAGE)]
    made = [
        write_page(folder / address, document_page(text, address))
        for address, text in texts.items()
    ]
    made.append(write_page(folder / GLOSSARY_PAGE, glossary_page()))
    write_mark(folder / PAGES, key, made)
    return made


def document_page(text: str, address: str) -> str:
    """Write a document in Markdown as a page of the site; its first heading is the title."""
    from coopanalysis.reports.site.prose import read_document  # noqa: PLC0415  (slow to import)

    document = read_document(text)
    body = f"""<div class="layout">
<nav class="contents" aria-labelledby="contents-title"><h2 id="contents-title">Contents</h2>
<ol>{_contents(document)}</ol></nav>
<main id="content" class="document" tabindex="-1">
{document.html}
</main></div>"""
    lead = next((_LEADS[name] for name, page in DOCUMENTS.items() if page == address), "")
    return page_html(document.title, lead, body, address=address)


def _contents(document: Document) -> str:
    """List the sections; of a document with few of them, what is in them as well."""
    sections = [heading for heading in document.headings if heading.level == 2]
    deepest = 2 if len(sections) > FEW_SECTIONS else 3
    return "".join(
        f'<li class="level-{heading.level}"><a href="#{heading.anchor}">{heading.text}</a></li>'
        for heading in document.headings
        if 1 < heading.level <= deepest
    )


def glossary_page() -> str:
    """Write the page of all terms."""
    terms = read_glossary()
    letters: dict[str, Term] = {}
    for term in terms:
        letters.setdefault(term.name[0].upper() if term.name[0].isalpha() else "0 to 9", term)
    links = "".join(
        f'<li><a href="#{term.anchor}">{letter}</a></li>' for letter, term in letters.items()
    )
    body = f"""<div class="layout">
<nav class="contents" aria-labelledby="contents-title"><h2 id="contents-title">Letters</h2>
<ol class="letters">{links}</ol></nav>
<main id="content" class="document" tabindex="-1">
{glossary_html(terms, anchors=True)}
</main></div>"""
    lead = "The words of the reports, each explained once. Every report lists those it uses."
    return page_html("Glossary", lead, body, address=GLOSSARY_PAGE)
