"""Invented names. None is the name of a real US state or county; a test compares them.

Syllables are put together at random, so a name says nothing about a place.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo.draws import shuffled, whole


@dataclass(frozen=True)
class StateName:
    """A fictional state: a code that the Census Bureau does not use, and its names."""

    fips: str
    abbr: str
    name: str
    suffix: str = "County"


STATES: tuple[StateName, ...] = tuple(
    StateName(*row)
    for row in (
        ("57", "AV", "Alverra"),
        ("58", "BM", "Brenmoor"),
        ("59", "CD", "Caldrona"),
        ("61", "DV", "Dorvane"),
        ("62", "EM", "Elmarra"),
        ("63", "FW", "Fenwold"),
        ("65", "GD", "Galdria"),
        ("73", "HV", "Harvona"),
        ("75", "IE", "Islenne", "Borough"),
        ("77", "JL", "Jorland"),
        ("80", "KV", "Kelvarra"),
        ("82", "LU", "Lumeria"),
        ("83", "MV", "Morvale", "Parish"),
        ("85", "NW", "New Solvane"),
        ("87", "OV", "Orvessa"),
        ("88", "PL", "Pelloria"),
        ("90", "QM", "Quenmark"),
        ("91", "RV", "Rivonne"),
        ("92", "SW", "Selwick"),
        ("93", "TW", "Tarrowe"),
        ("94", "UL", "Ulmara"),
        ("96", "VD", "Vendoril"),
        ("97", "WD", "Wyndale"),
        ("98", "YV", "Yarrovia"),
        ("99", "ZP", "Zephyra"),
    )
)
TERRITORIES: tuple[StateName, ...] = (
    StateName("03", "XA", "Xanthe Islands", "Municipality"),
    StateName("07", "XO", "Xoria", "Municipality"),
)
ISLAND_STATE = "75"
PARISH_STATE = "83"
RECODED_STATE = "82"
CITY_STATE = "96"

SPECIAL_NAMES = (
    "St. Orvell",
    "St. Hadwin",
    "Ste. Maravel",
    "DeVannick",
    "De Vannick",
    "LaSorrel",
    "La Sorrel",
    "O'Marrick",
    "Prince Aldric's",
    "McKelvar",
    "Orrin-by-the-Mere",
)
ACCENTED_NAME = "Peñavor"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words(
    "Al Bal Bren Cal Cor Dal Dor El Fal Far Gar Gil Hal Har Is Jal Jor Kel Kir Lar Lor Mal Mer "
    "Nal Nor Ol Or Pel Pos Quil Ral Ros Sal Sel Tal Tor Ul Var Vel Wal Wes Yal Yor Zan"
)
_MIDDLE = _words("a e i o en er in el on al")
_LAST = _words(
    "bry dale dell den dric fell ford garth gate holt ick lan low mere mond mont moor nard ness "
    "rick rith sand shaw stead thorn tide vale van vick ward wen wick wold wyn"
)


def invented_names(count: int) -> list[str]:
    """Return distinct invented names in random order."""
    found: dict[str, None] = {}
    parts = [
        [words[number] for number in whole(f"names-{words[0]}", len(words), 4 * count)]
        for words in (_FIRST, _MIDDLE, _LAST)
    ]
    for first, middle, last in zip(*parts, strict=True):
        found.setdefault(first + middle + last)
    return list(found)[:count]


def county_names(counts: dict[str, int]) -> dict[str, list[str]]:
    """Short county names of each state, alphabetical and distinct in it, for its count of counties.

    A tenth of the names is in use in many states, as with real counties.
    """
    pool = invented_names(2400)
    common, rare = pool[:220], iter(pool[220:])
    names = {}
    for state, count in counts.items():
        shared = int(min(0.3 * count, 60))
        chosen = [common[at] for at in shuffled(f"common-{state}", len(common))[:shared]]
        chosen += [next(rare) for _ in range(count - shared)]
        names[state] = chosen
    _place_special_names(names)
    return {state: sorted(chosen, key=_sort_key) for state, chosen in names.items()}


def place_name(number: int) -> str:
    """Return an invented name of a town, distinct from those of counties."""
    first = _FIRST[number * 7 % len(_FIRST)] + _MIDDLE[number * 5 % len(_MIDDLE)]
    return first + ("ton", "ville", "port", "burgh", "field")[number % 5]


def _place_special_names(names: dict[str, list[str]]) -> None:
    """Put each special name into a state of its own, so that spelling varies by state."""
    states = [state for state in names if state not in (ISLAND_STATE, RECODED_STATE, CITY_STATE)]
    order = shuffled("special-names", len(states))
    for name, at in zip((*SPECIAL_NAMES, ACCENTED_NAME), order, strict=False):
        names[states[at]][-1] = name


def _sort_key(name: str) -> str:
    return name.casefold().replace(" ", "").replace("ñ", "n")
