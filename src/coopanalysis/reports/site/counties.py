"""All counties of a release: a compact list for the index, and a page that needs no script."""

from __future__ import annotations

import json
from html import escape
from math import log2
from pathlib import Path

from coopanalysis.display.html import element
from coopanalysis.filehash import hash_memory
from coopanalysis.paths import reference_dir
from coopanalysis.reports.marks import stands
from coopanalysis.reports.site.facts import LATEST, County, ReleaseFacts
from coopanalysis.reports.site.shell import (
    PAGES,
    page_html,
    site_script,
    site_style,
    write_page,
)
from coopanalysis.reports.stale import data_parts, hash_of, package_parts

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
BITS = 6
USUAL = " County"
COUNTIES = "counties"
OTHER_YEARS = "in lists of other years"
"""What is said of a county that the base list does not have."""


def county_address(release: str, code: str) -> str:
    """Address of the page of a county, from the folder of the index; it stays."""
    return f"{release}/{COUNTIES}/{code}.html"


def pages_key(release: str) -> str:
    """Hash of all that the pages and files beside the reports of a release are made from."""
    tables = {one.name: hash_memory().sha256(one) for one in sorted(reference_dir().iterdir())}
    return hash_of(
        [data_parts(release, ()), package_parts(), tables, site_style(), site_script("changes.js")]
    )


def have_county_pages(reports: Path, release: str) -> bool:
    """Whether every county of a release has a page, made from its tables as they are."""
    return stands(reports / release / COUNTIES, pages_key(release))


def places_script(facts: ReleaseFacts, *, has_pages: bool) -> str:
    """Write the counties of a release as a script: some 15 bytes a county.

    A name without its usual ending "County" is written short; one with another ending starts with
    `=`, that of a county that only other years' lists have with `~`. The policies of a county are
    bits in digits of base 64; the digit after them grows with the logarithm of its residents.
    """
    width = -(-len(facts.policies) // BITS) or 1
    lines: dict[str, list[str]] = {state.code: [] for state in facts.states}
    for county in facts.counties:
        lines[county.code[:2]].append(_packed(county, width) + _short(county))
    for county in facts.others:
        lines[county.code[:2]].append(f"{_packed(county, width)}~{county.name}")
    held = {
        "width": width,
        "policies": [list(one) for one in facts.policies],
        "states": [[state.code, state.name, state.abbr] for state in facts.states],
        "counties": ["\n".join(lines[state.code]) for state in facts.states],
        "pages": has_pages,
    }
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    return f"(self.coopPlaces ||= {{}}).{facts.release} = {text};\n"


def _packed(county: County, width: int) -> str:
    return county.code[2:] + _digits(county, width) + DIGITS[size_of(county)]


def _digits(county: County, width: int) -> str:
    return "".join(DIGITS[county.policies >> BITS * place & 63] for place in range(width))


def size_of(county: County) -> int:
    """Digit that grows with the logarithm of a county's residents; a search orders by it."""
    return min(int(2.5 * log2(county.residents + 1)), len(DIGITS) - 1)


def cities_script(facts: ReleaseFacts) -> str:
    """Write the cities of a release by county, for a search to load when somebody types.

    A large one begins with `*`.
    """
    held = {
        one.code: "\n".join(
            f"{'*' if at < one.large else ''}{city}" for at, city in enumerate(one.cities)
        )
        for one in facts.counties
        if one.cities
    }
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    return f"(self.coopCities ||= {{}}).{facts.release} = {text};\n"


def _short(county: County) -> str:
    name = " ".join(county.name.split())
    short = name.removesuffix(USUAL)
    return short if short != name and not short.startswith(("=", "~")) else f"={name}"


def list_address(release: str, ending: str) -> str:
    """Where a list of the counties of a release stands, from the folder of the index."""
    return f"{PAGES}/counties-{release}.{ending}"


def write_counties(folder: Path, facts: ReleaseFacts) -> None:
    """Write both lists of a release: the script, and the page."""
    has_pages = have_county_pages(folder, facts.release)
    script = places_script(facts, has_pages=has_pages)
    write_page(folder / list_address(facts.release, "js"), script)
    write_page(folder / f"{PAGES}/cities-{facts.release}.js", cities_script(facts))
    page = counties_html(facts, has_pages=has_pages)
    write_page(folder / list_address(facts.release, "html"), page)


def counties_html(facts: ReleaseFacts, *, has_pages: bool = False) -> str:
    """Write the page of all counties, by state, each with its page if that is made.

    Other pages lead here by the code of a county; where it has a page, a script leads on to it.
    """
    sections = []
    contents = []
    for state in facts.states:
        own = [county for county in facts.counties if county.code[:2] == state.code]
        listed = "".join(_row(county, facts, has_pages=has_pages) for county in own)
        listed += "".join(
            _row(county, facts, has_pages=has_pages, more=f", {OTHER_YEARS}")
            for county in facts.others
            if county.code[:2] == state.code
        )
        anchor = f"s{state.code}"
        contents.append(f'<li><a href="#{anchor}">{escape(state.name)}</a></li>')
        sections.append(
            f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{escape(state.name)}</h2>'
            f'<ul class="places">{listed}</ul></section>'
        )
    first = facts.policies[0][1] if has_lists(facts) else ""
    legend = f'<p><b class="mark">287(g)</b> marks: {escape(first)}.</p>' if first else ""
    page = f"../{county_address(facts.release, 'CODE')}"
    pattern = f' data-county="{page}"' if has_pages else ""
    body = f"""<div class="layout">
<nav class="contents" aria-labelledby="contents-title"><h2 id="contents-title">States</h2>
<ol>{"".join(contents)}</ol></nav>
<main id="content" class="document" tabindex="-1"{pattern}>
{legend}
{"".join(sections)}
</main></div>"""
    lead = f"{len(facts.counties):,} counties of the {facts.release} release" + (
        ", each with a page of answers." if has_pages else "."
    )
    title = f"All counties of the {facts.release} release"
    return page_html(
        title,
        lead,
        body,
        simulated=facts.release == "demo",
        address=list_address(facts.release, "html"),
        script=site_script("lead_on.js") if has_pages else "",
    )


def has_lists(facts: ReleaseFacts) -> bool:
    """Whether the first policy of a release is to have an agreement on its latest list."""
    return bool(facts.policies) and facts.policies[0][0] == LATEST


def _row(county: County, facts: ReleaseFacts, *, has_pages: bool, more: str = "") -> str:
    words = escape(county.name)
    mark = ' <b class="mark">287(g)</b>' if has_lists(facts) and county.policies & 1 else ""
    if has_pages:
        words = element("a", words, href=f"../{county_address(facts.release, county.code)}")
    return f'<li id="c{county.code}">{words} {county.code}{more}{mark}</li>'
