"""The sentences of a page, the numbers in them, and the results they may rest on."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from bs4 import BeautifulSoup, Tag

# Numbers that are names, conventions or settings of a method, and no results: each as it is
# written. A number outside these words has to come from the results.
_NAMES = re.compile(
    r"287\(g\)|\b(?:19|20)\d\d\b|\b100,000\b|\b1,000 (?:residents|people)"
    r"|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b"
    r"|\b(?:80|95|99)% (?:confidence )?intervals?|\b(?:thin|thick)(?: lines?)?:? (?:80|95)%"
    r"|\bfrom 0 to (?:1|7|100 percent)|\b0 to 1, in tenths"
    r"|\+\$?[\d,]+(?: points)?"  # steps of covariates
    r"|\bfewer than \d+|\bbelow 5%|\bsmallest possible 0\.\d+|\bp 0\.0[01]\d"  # thresholds, floors
    r"|\b[\d,]+ (?:draws|permutations|times|linear specifications)\b"
    r"|\bknown effect of \u2212?[\d.,]+"  # of the simulation, which no data change
    r"|<(?:1|0\.0{0,2}1)\b"  # less than the smallest number that is shown
    r"|\b[123] (?:is taken )?as (?:80%|all)|\b2 at least 80 percent"  # what a quality promises
)
_SHARE = re.compile(r"\b([\d,]+) of ([\d,]+)((?: [a-z]+){0,3} \()(\d+(?:\.\d+)?)(?=%\))")
MOST_ROWS_COUNTED = 60
_NUMBER = re.compile(r"(?<![\w.,])[\u2212-]?\d[\d,]*(?:\.\d+)?(?![\w])")
_SENTENCES = (
    ("title", "h1"),
    ("description", ".dek"),
    ("headline", ".coop-estimate, .coop-headline dd"),
    ("limit", ".coop-limits li"),
    ("finding", ".coop-finding"),
    ("subtitle", ".coop-subtitle"),
    ("note", ".coop-note"),
    ("caption", ".result > .coop-table caption"),
    ("sentence", ".result > p, .result > pre"),
    ("prose", ".prose p, .prose li"),
)


@dataclass(frozen=True)
class Sentence:
    """One text of a page, and the kind of place where it stands: "headline", "limit", "alt", ...

    `results` are the numbers it may rest on without a change: those of its own figure or table, and
    for a text above all figures those of the whole page, as `canonical` writes them.
    """

    kind: str
    text: str
    results: frozenset[str]


def numbers(text: str) -> list[str]:
    """Numbers of a text in order, names and conventions left out."""
    bare = _SHARE.sub(_without_share, text)
    bare = _NAMES.sub(lambda found: re.sub(r"\S", "x", found.group(0)), bare)
    return all_numbers(bare)


def all_numbers(text: str) -> list[str]:
    """Numbers of a text in order, as `canonical` writes them."""
    return [canonical(number) for number in _NUMBER.findall(text)]


def _without_share(found: re.Match[str]) -> str:
    """Leave out a share that follows from the two counts before it: "67 of 67 (100.0%)"."""
    part, whole = (float(found.group(place).replace(",", "")) for place in (1, 2))
    digits = len(found.group(4).partition(".")[2])
    if not whole or f"{100 * part / whole:.{digits}f}" != found.group(4):
        return found.group(0)
    return f"{found.group(1)} of {found.group(2)}{found.group(3)}x"


def canonical(number: str) -> str:
    """Write a number one way: no commas, no sign, no zeros that say nothing."""
    text = number.replace(",", "").lstrip("-\u2212")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_sentences(html: str, *, with_results: bool = True) -> list[Sentence]:
    """Read what a page says in words, each with the numbers it may rest on, if asked for."""
    soup = BeautifulSoup(html, "html.parser")
    results: dict[int, frozenset[str]] = {}

    def sentence(kind: str, tag: Tag, text: str) -> Sentence:
        block = tag.find_parent("figure") or tag.find_parent(class_="coop-table") or soup
        if with_results and id(block) not in results:
            results[id(block)] = frozenset(_results(block))
        return Sentence(kind, text, results.get(id(block), frozenset()))

    found = [
        sentence(kind, t, _text(t)) for kind, choice in _SENTENCES for t in soup.select(choice)
    ]
    return found + [sentence("alt", t, str(t["alt"])) for t in soup.select("figure img[alt]")]


def _text(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def _results(block: Tag) -> Iterator[str]:
    """Numbers in the tables of a block and in their downloads, and counts of rows of these."""
    for cell in block.select("tbody td, tbody th"):
        yield from all_numbers(cell.get_text(" "))
    for table in block.select("tbody"):
        rows = len(table.find_all("tr"))
        yield from _counts(rows, len(table.find_all(["td", "th"])) // rows if rows else 0)
    for link in block.select("a.coop-download[href^='data:text/csv']"):
        records = list(csv.reader(io.StringIO(_payload(str(link["href"])))))
        yield from _counts(len(records) - 1, 1)
        for column in zip(*records[1:], strict=False):
            yield str(len(set(column)))
            yield from map(str, Counter(column).values())  # "a warrant service officer in 2"
            yield from {text for cell in set(column) for text in _written(cell)}


def _counts(rows: int, columns: int) -> Iterator[str]:
    """Whole numbers that count rows or cells of a table: all, or some of its rows if it is short.

    A count such as "5 of 13 lie above zero" may well stay the same on other data.
    """
    yield from (str(rows * number) for number in range(1, max(columns, 1) + 1))
    if rows <= MOST_ROWS_COUNTED:
        yield from map(str, range(rows))


def _payload(address: str) -> str:
    head, _, body = address.partition(",")
    raw = base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
    return raw.decode("utf-8")


def _written(cell: str) -> Iterator[str]:
    """A value of a download in the ways a sentence may write it: rounded, or as a share in %."""
    try:
        value = abs(float(cell))
    except ValueError:
        return
    for number in (value, 100 * value) if value <= 1 else (value,):
        for digits in range(4):
            yield canonical(f"{number:.{digits}f}")
