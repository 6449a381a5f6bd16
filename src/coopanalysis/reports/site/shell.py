"""What all pages of the site have around them: head, links to each other, style."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from coopanalysis import __version__
from coopanalysis.display.html import element, printable
from coopanalysis.reports.records import write_atomically
from coopanalysis.reports.style import content_policy, page_style, tidy_style

HERE = Path(__file__).parent
PAGES = "pages"
"""Folder beside the index that holds its other pages, lists of counties and thumbnails."""
DATA = "data"
"""Folder of the tables that can be taken away, one folder a release."""
READERS = {"pandas": "pandas", "polars": "polars", "DuckDB": "duckdb", "R": "r", "Excel": "excel"}
"""Programs with a page that says how they read the tables, and its name."""
DOCUMENTS = {
    "methods.md": f"{PAGES}/methods.html",
    "plan.md": f"{PAGES}/plan.html",
    "data_dictionary.md": f"{PAGES}/dictionary.html",
    **{f"read/{name}.md": f"{PAGES}/{name}.html" for name in READERS.values()},
}
"""Page of each file of `docs/` that has one."""
SIMULATED_TITLE = " (simulated data)"
BANNER = (
    '<aside class="banner" aria-label="Simulated data"><strong>Simulated data.</strong> This page '
    "is made from the demo release: fictional counties, invented numbers.</aside>\n"
)
FOOTER = (
    "Code and text: MIT licence. Data: each source has its own licence, named with the raw files. "
    "Associations, not effects, unless a report says otherwise."
)
LINKS = (
    ("index.html", "All reports"),
    (f"{PAGES}/methods.html", "Methods"),
    (f"{PAGES}/dictionary.html", "Data dictionary"),
    (f"{PAGES}/glossary.html", "Glossary"),
)


FOLDING: dict[str, Any] = {
    "drop": "['\u2019.]",
    "words": {"saint": "st", "sainte": "ste"},
    "kinds": [
        "county", "parish", "borough", "census area", "municipality", "municipio",
        "planning region", "city and borough", "city",
    ],
    "short": {"co": "county"},
    "subject": [
        "jail", "jails", "prison", "prisons", "detention", "detainer", "detainers", "sanctuary",
        "sheriff", "sheriffs", "police", "ice", "immigration", "deportation", "287", "287g", "g",
        "agreement", "agreements", "law", "laws", "crime",
    ],
}  # fmt: skip
"""What a search of places takes no notice of, or reads otherwise: signs that are dropped; words for
others; the kind that ends the name of a county; what is short for a word only where nothing is
called so; and the words of the subject, which name no place. The script of the index has it in the
place of `{{folding}}`."""


KNOWN = (
    "Known by name: counties and what stands in their place (parishes, boroughs, planning "
    "regions), cities of 2,500 residents or more with police of their own, and towns with a 287(g) "
    "agreement or a place of detention. Try the county with its state (Harris, Texas), which also "
    "leads to its sheriff and other agencies, or a code of five digits."
)
"""What a search of places knows and what to try; the script of the index has it for `{{known}}`."""
CARD = "card.png"
"""Picture that stands for a report where its address is shared, beside its figures."""
ADDRESS_SCRIPT = "address.js"
"""Script that makes the addresses on a page whole, where a host shows it."""


def address_span(address: str) -> str:
    """Write an address from the folder of the index, which a host, or a script, makes whole."""
    return element("span", escape(address), class_="coop-address")


def cited_address(address: str) -> str:
    """Write an address to cite; where nothing makes it whole, what is to stand before it is said.

    The words go where a site is told its address, and a script hides them on a host.
    """
    ask = element("span", " (after the address of the site)", class_="coop-ask")
    return address_span(address) + ask


def data_address(release: str) -> str:
    """Address of the page that lists the tables of a release, from the folder of the index."""
    return f"{PAGES}/data-{release}.html"


def changed_address(release: str, ending: str = "html") -> str:
    """Address of the page of what changed, from the folder of the index; and of its data."""
    return f"{PAGES}/changed-{release}.{ending}"


@lru_cache(maxsize=1)
def site_style() -> str:
    """Style sheet of the pages that are no reports."""
    return page_style() + tidy_style((HERE / "site.css").read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def site_script(name: str) -> str:
    """Script of a page, by its file here, without what a browser does not read."""
    lines = map(str.strip, (HERE / name).read_text(encoding="utf-8").splitlines())
    text = "\n".join(line for line in lines if line and not line.startswith("//"))
    text = text.replace("{{known}}", KNOWN)
    return text.replace("{{folding}}", json.dumps(FOLDING, sort_keys=True))


def page_html(
    title: str,
    lead: str,
    body: str,
    *,
    address: str,
    simulated: bool = False,
    scripts: str = "",
    script: str = "",
    picture: str = "",
) -> str:
    """Write a page of the site around a body, which has a `main` whose id is `content`.

    The lead says in a sentence what the page is. Links are relative to `address`, which is
    where the page stands from the folder of the index. Title and banner say that data are
    `simulated`. `scripts` is the HTML of scripts that lie beside, for the `script` that stands
    in the page. `picture` is the address of what is shown where the page is shared. A page with
    addresses to quote gets the script that makes them whole.
    """
    up = "../" * address.count("/")
    title += SIMULATED_TITLE * simulated
    style = site_style()
    if "coop-address" in body:
        quoted = site_script(ADDRESS_SCRIPT).replace("{{up}}", up)
        script = f"{script}\n{quoted}" if script else quoted
    policy = content_policy(style, script, beside=bool(scripts))
    links = "".join(
        element("a", words, href=up + link, **({"aria_current": "page"} if link == address else {}))
        for link, words in LINKS
    )
    home = element("span", "coopanalysis", class_="home")
    html = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="{escape(lead, quote=True)}">
{shared_tags(title, lead, f"{up}{picture}" if picture else "")}
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
{scripts}</head>
<body>
<a class="skip" href="#content">Skip to content</a>
{BANNER * simulated}<header class="masthead">
<p class="mast">{home}{links}</p>
<h1 id="top">{escape(title)}</h1>
<p class="dek">{escape(lead)}</p>
</header>
{body}
<footer><p>coopanalysis {__version__}. {FOOTER}</p></footer>
{f"<script>{script}</script>" if script else ""}
</body>
</html>
"""
    return printable(html)


def shared_tags(title: str, said: str, picture: str) -> str:
    """Write what is shown of a page where its address is shared: title, a sentence, a picture."""
    tags = {"og:type": "article", "og:title": title, "og:description": said}
    tags |= {"og:image": picture} if picture else {}
    written = [
        f'<meta property="{name}" content="{escape(words, quote=True)}">'
        for name, words in tags.items()
    ]
    card = "summary_large_image" if picture else "summary"
    return "\n".join([*written, f'<meta name="twitter:card" content="{card}">'])


def contents_nav(sections: Mapping[str, str]) -> str:
    """Write the links to the sections of a page, by their anchors."""
    links = "".join(f'<li><a href="#{name}">{words}</a></li>' for name, words in sections.items())
    return (
        '<nav class="contents" aria-labelledby="contents-title"><h2 id="contents-title">Contents'
        f"</h2><ol>{links}</ol></nav>"
    )


def write_page(path: Path, html: str) -> Path:
    """Write a page; leave it untouched where it already says the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != html.encode("utf-8"):
        write_atomically(path, html)
    return path
