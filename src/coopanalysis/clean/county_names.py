"""County identity: which county a text means, within its state.

A text is matched by spelling rules alone. It is never matched across states, and never by
likeness: names of other counties are too near. What the rules cannot match is a person's
decision, written into the corrections table.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from coopanalysis.catalog.corrections import Corrections, CountyAlias, tidy_cell
from coopanalysis.errors import DataError

MISSING_TEXTS = frozenset({"", "#n/a", "#na", "n/a"})

_COUNTY_SUFFIX = re.compile(
    r"(?<=\S)\s+(?:city and borough|census area|planning region|county|parish|borough|"
    r"municipality|municipio)$"
)
_CITY_SUFFIX = re.compile(r"(?<=\S)\s+city$")
_APOSTROPHES = re.compile(r"['‘’ʼ`´]")


class CountyName(NamedTuple):
    """A county name reduced to what does not vary: its letters, and county or city.

    `kind` is `county` (also parish, borough and the like), `city`, or empty if not said.
    """

    base: str
    kind: str


@lru_cache(maxsize=32_768)
def normalise_county(text: str) -> CountyName:
    """Reduce a county name so that spellings of one name become equal.

    White space, case, accents, apostrophes, full stops, hyphens, Saint for St. and the suffix
    are bridged. Whether it says county or city is kept, because some states have both.

    Examples
    --------
    >>> normalise_county("Saint Landry  Parish ")
    CountyName(base='stlandry', kind='county')
    >>> normalise_county("Richmond city")
    CountyName(base='richmond', kind='city')
    """
    plain = _plain(text)
    kind = ""
    if _COUNTY_SUFFIX.search(plain):
        plain, kind = _COUNTY_SUFFIX.sub("", plain), "county"
    elif _CITY_SUFFIX.search(plain):
        plain, kind = _CITY_SUFFIX.sub("", plain), "city"
    return CountyName(_letters(re.sub(r"\bsaint(e?)\b", r"st\1", plain)), kind)


def normalise_state(text: str) -> str:
    """Reduce a state's name or abbreviation to its letters, lower case.

    Examples
    --------
    >>> normalise_state("NEW HAMPSHIRE ")
    'newhampshire'
    """
    return _letters(_plain(text))


def match_states(state_text: pd.Series, states: pd.DataFrame) -> pd.Series:
    """Code of each state text (name, postal abbreviation or code); missing where it is none."""
    codes: dict[str, str] = {}
    for column in ("state_fips", "state_abbr", "state"):
        for text, code in zip(states[column], states["state_fips"], strict=True):
            codes[text if column == "state_fips" else normalise_state(text)] = code
    found = {
        text: codes.get(tidy_cell(text)) or codes.get(normalise_state(text))
        for text in state_text.dropna().unique()
    }
    return state_text.map(found).astype("str")


def match_counties(
    state_fips: pd.Series, county_text: pd.Series, counties: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """Find the county that each text means, by spelling rules within its state.

    Returns `county_fips` (missing where there is none) and `county_match`: `exact` (the very text
    of the list), `normalised`, `not-stated` (`#N/A` and the like too) or `unmatched`.
    """
    index = _CountyIndex(counties)
    pairs = pd.DataFrame({"state": state_fips, "text": county_text}).fillna("")
    found = {pair: index.find(*pair) for pair in set(pairs.itertuples(index=False, name=None))}
    results = [found[pair] for pair in pairs.itertuples(index=False, name=None)]
    return (
        pd.Series([code for code, _ in results], index=pairs.index, dtype="str"),
        pd.Series([match for _, match in results], index=pairs.index, dtype="str"),
    )


def apply_aliases(
    rows: pd.DataFrame,
    source: str,
    corrections: Corrections,
    counties: pd.DataFrame,
    states: pd.DataFrame,
) -> tuple[pd.Series, pd.Series]:
    """Settle by the corrections table what the spelling rules of `match_counties` could not.

    Returns its two columns with `correction` where an alias settled it. An alias of a state that is
    not in `states` belongs to another release. `DataError` if an alias is stale (this source is in
    its `seen_in` and lacks the text), or names a county that is not in the list or in another
    state.
    """
    codes, matches = (rows[name].to_numpy("object") for name in ("county_fips", "county_match"))
    states_of_rows = rows["state_fips"].to_numpy("object")
    text, agency = (
        np.array([_folded(cell) for cell in rows[name]], dtype="object")
        for name in ("county_text", "agency")
    )
    is_open = np.isin(matches.astype("str"), ["unmatched", "not-stated"])
    known = set(counties["county_fips"])
    alias_states = match_states(
        pd.Series([alias.state for alias in corrections.aliases], dtype="str"), states
    )
    # Aliases confined to an agency come last, so that they win over those for everyone.
    pairs = zip(corrections.aliases, alias_states, strict=True)
    for alias, state in sorted(pairs, key=lambda pair: bool(pair[0].agency)):
        where = f"{corrections.where}, county_alias '{alias.county_text}' ({alias.state})"
        if pd.isna(state):
            if source in alias.seen_in:
                raise DataError(where, "no such state", "Mend the state's name.")
            continue
        _check_alias(where, alias, str(state), known)
        hit = (states_of_rows == state) & (text == _folded(alias.county_text))
        if alias.agency:
            hit &= agency == _folded(alias.agency)
        if source in alias.seen_in and not hit.any():
            raise DataError(
                where,
                f"is stale: {source} no longer has this text",
                "If the producer has mended it, take the source out of seen_in.",
            )
        codes[hit & is_open] = alias.county_fips
        matches[hit & is_open] = "correction"
    return (
        pd.Series(codes, index=rows.index, dtype="str"),
        pd.Series(matches, index=rows.index, dtype="str"),
    )


def is_missing_text(text: pd.Series) -> pd.Series:
    """Whether each cell says nothing: empty, missing, or a spreadsheet's `#N/A`."""
    return text.map(_folded).isin(MISSING_TEXTS)


class _CountyIndex:
    """County codes by state and name, ready for look-up."""

    def __init__(self, counties: pd.DataFrame) -> None:
        self.exact: dict[tuple[str, str], str] = {}
        self.names: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        for code, name in zip(counties["county_fips"], counties["county"], strict=True):
            base, kind = normalise_county(name)
            self.exact[code[:2], name] = code
            self.names[code[:2], base, kind or "county"].append(code)

    def find(self, state: str, text: str) -> tuple[str | None, str]:
        if _folded(text) in MISSING_TEXTS:
            return None, "not-stated"
        if (state, text) in self.exact:
            return self.exact[state, text], "exact"
        for candidates in self._readings(state, *normalise_county(text)):
            if len(candidates) == 1:
                return candidates[0], "normalised"
            if candidates:
                break
        return None, "unmatched"

    def _readings(self, state: str, base: str, kind: str) -> list[list[str]]:
        """Candidates by each way to read a name, the most literal first."""
        as_county = self.names.get((state, base, "county"), [])
        as_city = self.names.get((state, base, "city"), [])
        if kind == "county":
            return [as_county, as_city]
        if kind == "city":
            return [as_city, self.names.get((state, f"{base}city", "county"), [])]
        return [as_county + as_city]


def _plain(text: str) -> str:
    bare = text
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(_APOSTROPHES.sub("", bare).replace(".", " ").casefold().split())


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text)


def _folded(value: object) -> str:
    return tidy_cell(value).casefold()


def _check_alias(where: str, alias: CountyAlias, state: str, known: set[str]) -> None:
    if not alias.county_fips.startswith(state):
        raise DataError(
            where,
            f"county {alias.county_fips} lies in another state",
            "A county text is only ever matched within its own state.",
        )
    if alias.county_fips not in known:
        raise DataError(
            where, f"county {alias.county_fips} is not in the county list", "Mend the code."
        )
