from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis.clean.detention import TYPE_GROUPS
from coopanalysis.errors import ReportError
from coopanalysis.reports import glossary
from coopanalysis.reports.glossary import Term, find_terms, glossary_html, read_glossary, read_text


def names(text: str) -> list[str]:
    return [term.name for term in find_terms(text)]


def test_each_term_is_explained_once() -> None:
    terms = read_glossary()
    assert len(terms) >= 50
    assert len({term.anchor for term in terms}) == len(terms)
    for term in terms:
        assert term.meaning[0].isupper()
        assert term.meaning.endswith(".")
        assert 40 <= len(term.meaning) <= 320, term.name
        assert not any(letter.isdigit() for letter in term.meaning.replace("287(g)", "")), (
            f"{term.name}: a number on a page of results has to be one"
        )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Two agencies signed a 287(g) agreement.", ["287(g) agreement"]),
        ("the 95% interval runs from", ["95% interval"]),
        ("on ice, nice and icy", []),
        ("The agency ICE asked", ["ICE"]),
        ("Coverage differs; detainers do not.", ["Coverage", "Detainer"]),
        ("uncovered and task-forces", []),
        ("a task force, and Moran's I", ["Spatial dependence", "Task force model"]),
    ],
)
def test_terms_are_found_as_whole_words(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_every_type_of_a_place_of_detention_is_explained() -> None:
    """The codes of ICE's list; `Other` and `HOSPITAL` are words."""
    codes = {*TYPE_GROUPS, "FAMILY", "ORR"} - {"DOD", "MOC", "STATE"}  # of no note of ICE's
    terms = {term.name: term.meaning for term in read_glossary()}
    assert codes <= set(terms)
    assert "default where the type is unavailable" in terms["IGSA"]
    assert names("held in DIGSA places, and at a HOLD") == ["DIGSA", "HOLD"]
    assert names("to hold a family") == []


def test_only_what_is_read_counts() -> None:
    page = (
        "<head><title>Bounds</title></head><style>.placebo{}</style><p>The <b>median</b> county"
        "</p><pre>permutation</pre><details><p>peers</p></details><table><td>dose</td></table>"
        "<p>Coverage&nbsp;first</p>"
    )
    assert read_text(page) == "The median county Coverage first"
    assert names(read_text(page)) == ["Coverage", "Median"]


def test_written_as_definitions() -> None:
    term = Term("A & b", "Less < more.", ("c",))
    assert glossary_html([term]) == (
        '<dl class="glossary"><div><dt>A &amp; b</dt><dd>Less &lt; more.</dd></div></dl>'
    )
    assert '<div id="a-b">' in glossary_html([term], anchors=True)


def test_a_form_of_two_terms_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "glossary.toml"
    file.write_text(
        '[[term]]\nname = "A"\nalso = ["b"]\nmeaning = "M."\n[[term]]\nname = "B"\nmeaning = ""\n'
    )
    monkeypatch.setattr(glossary, "GLOSSARY_FILE", file)
    read_glossary.cache_clear()
    with pytest.raises(ReportError, match=r"\['B', 'b'\]"):
        read_glossary()
    read_glossary.cache_clear()
