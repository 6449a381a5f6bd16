"""Every claim that the project set out to answer has a place on the page that answers claims."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from coopanalysis.paths import notebooks_dir, project_root

CLAIMS = project_root().parent / "shared" / "claims.md"
NO_DATA = "Claims that county data cannot answer"
PLACES = {
    "Few counties have a formal agreement": '"Few counties have an agreement or a contract',
    "Jurisdictions increasingly restrict": '"Jurisdictions increasingly restrict cooperation"',
    "Cooperation is voluntary": '"Cooperation is voluntary and varies',
    "Some agencies end their contracts": '"Some agencies end agreements',
    "A detainer is a request": '"A detainer is a request',
    "Courts have limited detainers": '"A detainer is a request',
    "States differ": '"Cooperation is voluntary and varies',
    "A federal list names": '"A federal list names',
    "Local officers enforce": '"Local officers enforce immigration law under 287(g)"',
    "New York's police work": '"Local officers enforce immigration law under 287(g)"',
    "Task forces target": NO_DATA,
    "Information is shared when": '"Fingerprints are checked when people are booked"',
    "Agencies communicate with ICE more": NO_DATA,
    "Cooperation makes communities safer": '"Cooperation makes communities safer"',
    "Cooperation erodes trust": '"Cooperation erodes trust',
    "Cooperation goes with ethnic profiling": '"Cooperation goes with ethnic profiling"',
    "Cooperation diverts local resources": '"Cooperation diverts local resources"',
    "Families and local economies suffer": '"Families and local economies suffer"',
    "Residents are deported": NO_DATA,
    "Counties spend on relief": '"Some agencies end agreements, and some counties spend',
}
"""Where the page answers a claim: its first words, and those of the heading."""
WORDS = {
    "Task forces target": "Task forces target trafficking",
    "Agencies communicate with ICE more": "tell ICE more than they say",
    "Residents are deported": "deported after minor contact",
    "New York's police work": "New York's police",
    "Courts have limited detainers": "courts have limited them",
    "States differ": "California and Texas",
}
"""What the section says of a claim that its heading does not name by itself."""


def sections() -> dict[str, str]:
    """Text and code of each section of the page, by heading."""
    found, heading = {}, ""
    notebook = nbformat.read(notebooks_dir() / "05_claims.ipynb", as_version=4)
    for cell in notebook.cells:
        first = cell.source.partition("\n")[0]
        if cell.cell_type == "markdown" and first.startswith("## "):
            heading = first.removeprefix("## ")
        found[heading] = found.get(heading, "") + cell.source + "\n"
    return found


def place_of(claim: str) -> str:
    """Return the first words of a claim that stand in `PLACES`; empty where none do."""
    return next((start for start in PLACES if claim.startswith(start)), "")


def test_every_claim_has_a_heading_on_the_page() -> None:
    if not CLAIMS.is_file():
        pytest.skip(f"no list of claims at {Path(*CLAIMS.parts[-2:])}")
    rows = [line for line in CLAIMS.read_text("utf-8").splitlines() if line.startswith("| ")]
    claims = [row.split("|")[1].strip() for row in rows[2:]]
    assert len(claims) >= len(PLACES)
    assert not [claim for claim in claims if not place_of(claim)]
    assert {place_of(claim) for claim in claims} == set(PLACES)


@pytest.mark.parametrize("start", PLACES)
def test_the_page_has_the_heading_and_says_something_of_the_claim(start: str) -> None:
    by_heading = {name: text for name, text in sections().items() if name}
    (text,) = [text for name, text in by_heading.items() if name.startswith(PLACES[start])]
    assert WORDS.get(start, "") in text
    answers = "display." in text or PLACES[start] == NO_DATA
    assert answers, f"the section of '{start}' shows nothing"


def test_no_section_answers_a_claim_that_nobody_listed() -> None:
    headings = {name for name in sections() if name}
    named = {one for one in headings if any(one.startswith(place) for place in PLACES.values())}
    assert headings - named == {'"Counties rent beds to ICE"'}  # a part of the first claim
