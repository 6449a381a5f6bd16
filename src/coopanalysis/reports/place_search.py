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
from coopanalysis.reports.site.shell import FOLDING, KNOWN

NEAR = 8
SHOWN = 5
FEW = 5
"""Hits up to which places that are spelled nearly so are found as well."""
CALLED_SO, LARGE_CITY, CITY, BEGINS, WHOLE, NAMED, HAS = 6, 6, 5, 4, 3, 2, 1
"""How well words fit a county: it is called so, has such a city, begins so; all words stand whole,
or begin, in its name; or some stand in those of its cities."""
_KINDS = re.compile(f" ({'|'.join(FOLDING['kinds'])}) $")
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
    """A county as it is searched: the words of its names, and those of its cities.

    `words` ends with the name in one word, `base` is the name without its kind.
    """

    county: County
    state: State
    words: str
    base: str
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

    @cached_property
    def text(self) -> str:
        """All its words, those of its cities as well."""
        return "".join((self.words, *self.cities))

    def has(self, word: str) -> bool:
        """Whether a word begins one of its names or of its cities."""
        return _begins(word) in self.text

    def is_called(self, name: str, words: Sequence[str]) -> bool:
        """Whether words are a name of it, and then only words of its kind and state."""
        rest = words[len(name.split()) :]
        return f" {' '.join(words)} ".startswith(name) and all(map(self.is_named, rest))


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
    found, read = look_up(words, candidates(facts))
    if not found:
        raise UsageError(
            f"No county, city or state of release '{release}' fits {text!r}. {KNOWN}"
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
    for county in (*facts.counties, *facts.others):
        state = states[county.code[:2]]
        whole = f" {fold(county.name)} "
        base = _KINDS.sub(" ", whole)
        base = base if base.strip() else whole
        name = fold(f"{county.name}, {state.name} {state.abbr} {county.code} {facts.release}")
        cities = tuple(f" {fold(city)} " for city in county.cities)
        words = f" {name} {base.replace(' ', '')} "
        made.append(Candidate(county, state, words, base, cities))
    return made


def look_up(
    words: Sequence[str], places: Sequence[Candidate]
) -> tuple[list[Candidate], Sequence[str]]:
    """Find the counties that words mean, the best first, and the words as they were read."""
    for read in readings(words):
        found = search(read, places)
        if found:
            return [*found, *nearly(read, places, found)], read
    rest = [word for word in words if word not in FOLDING["subject"]]
    read = meant(rest, places) if rest else rest
    return (search(read, places) if read != rest else []), read


def readings(words: Sequence[str]) -> list[Sequence[str]]:
    """Words as they stand, with what is short in full, in one word, without those of the subject.

    Two words in one: "De Kalb" is DeKalb.
    """
    full = [FOLDING["short"].get(word, word) for word in words]
    read = [words, full]
    for some in (full, [word for word in full if word not in FOLDING["subject"]]):
        joined = [
            [*some[:at], some[at] + some[at + 1], *some[at + 2 :]] for at in range(len(some) - 1)
        ]
        read += [some, *joined]
    return read


def search(words: Sequence[str], places: Sequence[Candidate]) -> list[Candidate]:
    """Counties that all words fit: those called so, those with that city, the larger first.

    Where some are called so, those in whose names the words only begin are left out.
    """
    ranked = [(_rank(words, one), one) for one in places] if words else []
    best = max((rank for rank, _ in ranked), default=0)
    least = WHOLE if best >= CITY else HAS
    found = [(rank, one) for rank, one in ranked if rank >= least]
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0], -pair[1].size))]


def nearly(
    words: Sequence[str], places: Sequence[Candidate], found: Sequence[Candidate]
) -> list[Candidate]:
    """Counties whose name is a letter from what was typed, where few are called so."""
    if len(found) > FEW:
        return []
    spelled, others = _spelled(places), dict[str, Candidate]()
    for at, word in enumerate(words):
        for far, one in _near(word, spelled) if len(word) > 4 and word.isalpha() else ():
            if far == 1:
                read = [*words[:at], one, *words[at + 1 :]]
                others |= {
                    place.county.code + place.words: place
                    for place in places
                    if place.is_called(place.base, read) and place not in found
                }
    return sorted(others.values(), key=lambda one: (-one.size, one.words))


def _rank(words: Sequence[str], one: Candidate) -> int:
    """How well words fit a county; 0 where one of them does not."""
    if not all(one.has(word) for word in words):
        return 0
    if one.is_called(one.base, words):
        return CALLED_SO
    cities = [at for at, city in enumerate(one.cities) if one.is_called(city, words)]
    if cities:
        return LARGE_CITY if cities[0] < one.county.large else CITY
    if one.words.startswith(f" {' '.join(words)}"):
        return BEGINS
    if all(f" {word} " in one.words for word in words):
        return WHOLE
    return NAMED if all(one.is_named(word) for word in words) else HAS


Spelled = dict[int, list[str]]
"""Words of places by how many letters they have."""


def _spelled(places: Sequence[Candidate]) -> Spelled:
    words = dict.fromkeys(word for one in places for word in one.text.split())
    by_length: Spelled = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word)
    return by_length


def _near(word: str, spelled: Spelled) -> list[tuple[int, str]]:
    """Words of places that a word may have been meant for, the nearest first."""
    most = 0 if len(word) < 4 else 1 if len(word) < 7 else 2
    lengths = range(len(word) - most, len(word) + most + 1)
    some = (one for length in lengths for one in spelled.get(length, ()))
    near = [(far, one) for one in some if (far := apart(word, one, most)) <= most]
    return sorted(near, key=lambda pair: pair[0])


def meant(words: Sequence[str], places: Sequence[Candidate]) -> list[str]:
    """Words of places that misspelt ones may have been meant for, the nearest some place has."""
    spelled = _spelled(places)
    kept: list[tuple[int, list[str], list[Candidate]]] = [(0, [], list(places))]
    for word in words:
        near = _near(word, spelled)
        if not any(not far for far, _ in near):
            near.insert(0, (0, word))
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
