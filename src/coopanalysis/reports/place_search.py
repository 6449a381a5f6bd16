"""Find a state or county as people type it: the rules of the site's search, for the command line.

`site.js` does the same in a browser, with the folding that stands here; a test holds the two
together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from coopanalysis.errors import UsageError
from coopanalysis.panel.record import not_built
from coopanalysis.paths import processed_dir, project_root
from coopanalysis.reports.site.counties import size_of
from coopanalysis.reports.site.facts import County, ReleaseFacts, State, release_facts
from coopanalysis.reports.site.shell import FOLDING

NEAR = 8
SHOWN = 5
_MARKS = re.compile("[\u0300-\u036f]")
_DROPPED = re.compile(FOLDING["drop"])


@dataclass(frozen=True)
class Place:
    """A state or county that a text means, and how it was read where that is not plain."""

    kind: str
    code: str
    name: str
    remark: str = ""


@dataclass(frozen=True)
class Candidate:
    """A county as it is searched: the words of its names, and those of its cities."""

    county: County
    state: State
    words: str
    cities: tuple[str, ...]

    @cached_property
    def size(self) -> int:
        """Rounded logarithm of its residents, as the site has it."""
        return size_of(self.county)

    @property
    def name(self) -> str:
        """Name with its state and its code."""
        return f"{self.county.name}, {self.state.name} ({self.county.code})"

    def is_named(self, word: str) -> bool:
        """Whether a word begins one of its names; one of two letters has to be a whole one."""
        return _begins(word) in self.words

    def has(self, word: str) -> bool:
        """Whether a word begins one of its names or of its cities."""
        return self.is_named(word) or any(_begins(word) in city for city in self.cities)


def find_place(text: str, release: str) -> Place:
    """Find what a text means in a release: a state by its name, else the first county found.

    `UsageError` if nothing fits; `DataError` if the release is not built.
    """
    facts = release_facts(release, project_root())
    if facts is None:
        raise not_built(processed_dir(release))
    words = fold(text).split()
    for state in facts.states:
        if " ".join(words) in (fold(state.name), fold(state.abbr), state.code):
            return Place("state", state.code, state.name)
    places = candidates(facts)
    found, read = search(words, places), words
    if not found and words:
        read = meant(words, places)
        found = search(read, places) if read != words else []
    if not found:
        raise UsageError(
            f"No county, city or state of release '{release}' fits {text!r}. Try a county with its "
            "state ('Harris, Texas'), a city of 2,500 residents or more, or a code of five digits."
            + (" It is simulated; real places need --release public." if release == "demo" else "")
        )
    first, *others = found
    remark = f"{text}: {first.name}"
    remark += f", read as '{' '.join(read)}'" if read != words else ""
    more = f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else ""
    named = "; ".join(one.name for one in others[:SHOWN])
    remark += f". Also: {named}{more}" if others else ""
    return Place("county", first.county.code, first.county.name, remark)


def fold(text: str) -> str:
    """Reduce a text to what spellings of one name share: letters, digits, single blanks."""
    bare = _DROPPED.sub("", _MARKS.sub("", unicodedata.normalize("NFD", text.lower())))
    words = re.sub(r"[^a-z0-9]+", " ", bare).split()
    return " ".join(FOLDING["words"].get(word, word) for word in words)


def candidates(facts: ReleaseFacts) -> list[Candidate]:
    """Every county of a release with the words it is found by."""
    states = {state.code: state for state in facts.states}
    made = []
    for county in facts.counties:
        state = states[county.code[:2]]
        name = fold(f"{county.name}, {state.name} {state.abbr} {county.code} {facts.release}")
        cities = tuple(f" {fold(city)} " for city in county.cities)
        made.append(Candidate(county, state, f" {name} ", cities))
    return made


def search(words: Sequence[str], places: Sequence[Candidate]) -> list[Candidate]:
    """Counties that all words fit: those called so, those with that city, the larger first."""
    ranked = [(_rank(words, one), one) for one in places] if words else []
    found = [(rank, one) for rank, one in ranked if rank]
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0], -pair[1].size))]


def _rank(words: Sequence[str], one: Candidate) -> int:
    """How well words fit a county; 0 where one of them does not."""
    phrase = f" {' '.join(words)}"
    if not all(one.has(word) for word in words):
        return 0
    if one.words.startswith(f"{phrase} ") or any(f"{phrase} ".startswith(c) for c in one.cities):
        return 5
    if one.words.startswith(phrase):
        return 4
    if all(f" {word} " in one.words for word in words):
        return 3
    return 2 if all(one.is_named(word) for word in words) else 1


def meant(words: Sequence[str], places: Sequence[Candidate]) -> list[str]:
    """Words of places that misspelt ones may have been meant for, the nearest some place has."""
    texts = (text for one in places for text in (one.words, *one.cities))
    spelled = dict.fromkeys(word for text in texts for word in text.split(" "))
    kept: list[tuple[int, list[str], list[Candidate]]] = [(0, [], list(places))]
    for word in words:
        most = 0 if len(word) < 4 else 1 if len(word) < 7 else 2
        near = [(far, one) for one in spelled if (far := apart(word, one, most)) <= most]
        near += [] if any(not far for far, _ in near) else [(0, word)]
        near.sort(key=lambda pair: pair[0])
        longer = [
            (far + more, [*read, one], [place for place in left if place.has(one)])
            for far, read, left in kept
            for more, one in near[:NEAR]
        ]
        kept = sorted((one for one in longer if one[2]), key=lambda one: one[0])[:NEAR]
    return kept[0][1] if kept else list(words)


def apart(a: str, b: str, most: int) -> int:
    """How many letters are put in, left out, changed or exchanged between words, at most `most`."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        now = [i]
        for k, other in enumerate(b, 1):
            now.append(min(last[k] + 1, now[k - 1] + 1, last[k - 1] + (letter != other)))
            if i > 1 and k > 1 and letter == b[k - 2] and a[i - 2] == other:
                now[k] = min(now[k], before[k - 2] + 1)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return last[-1]


def _begins(word: str) -> str:
    return f" {word} " if len(word) < 3 else f" {word}"
