"""County of an agency by the crosswalk of agencies, beside what its own record says of it.

The crosswalk was made by others, agency by agency, from names and addresses. Where it names
another county than two facts of the record that agree, it stands alone against both and is not
followed; docs/methods.md counts who that is and why. Where the record leaves the county open, the
crosswalk tells it of agencies that have residents, or police a site or a county. Of the others it
has the county of their seat, and they police more than that: a state, or the land of a tribe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coopanalysis.catalog.reject_reasons import CONTRADICTED, OTHER_COUNTY, OTHER_STATE
from coopanalysis.clean.county_names import match_counties
from coopanalysis.clean.list_of_year import codes_in_base_list
from coopanalysis.clean.ucr_counties import CountyMatch, CountyMatches, Fact
from coopanalysis.clean.ucr_county_list import CountyList
from coopanalysis.clean.ucr_facts import Booleans, Settled
from coopanalysis.errors import DataError
from coopanalysis.sources.reading import PROVENANCE_COLUMNS, Reading
from coopanalysis.sources.reference import read_county_changes

CROSSWALK: Final = "crosswalk"
"""The word of `county_match` for a county that the crosswalk names."""
OF_STATE_TYPE: Final = "state law enforcement agency"
OF_STATE: Final = "state of "
OF_SITE_TYPES: Final = ("special jurisdiction", "sheriffs office")
"""Types of agencies that police one place without having residents: a campus, a port, a county."""
_FORCE_OF_COUNTY: Final = r"^(.+ (?:county|parish)) (?:sheriff|police|pd|constable|marshal)"

MOST_APART: Final = 0.01
"""Share of the agencies with a county by both up to which the two may name different ones."""
_FEWEST: Final = 10
"""Disagreements from which on the share is looked at."""

Verdict = Literal[
    "same", "another-part", "another", "crosswalk-alone", "not-followed", "record-alone", "neither"
]
"""What crosswalk and record say of an agency:

- same: the county of the crosswalk is the one of its record, or that of its largest part;
- another-part: it is that of a smaller part;
- another: it is none of those of the record, which stay;
- crosswalk-alone: the record leaves it open, and the crosswalk tells it;
- not-followed: the record leaves it open and so it stays: the agency may police more than the
  county of its seat, or the one fact there is names another;
- record-alone: the crosswalk has no county of the list for it;
- neither: no county is known.
"""
Texts = npt.NDArray[np.object_]


class CrosswalkCounties(NamedTuple):
    """By agency: its county in the list of the year, else empty; does it police a state, a site."""

    county_fips: Texts
    is_of_state: Booleans
    is_of_site: Booleans

    def telling(self, has_residents: Booleans) -> Texts:
        """County where it may be told by the crosswalk alone, else empty."""
        tells = ~self.is_of_state & (has_residents | self.is_of_site)
        return np.where(tells, self.county_fips, "")


def clean_crosswalk(reading: Reading, ucr_states: pd.DataFrame, counties: pd.DataFrame) -> Reading:
    """Reject rows whose code or identifier is not the one that their other cells name.

    A longer identifier, where there is one, starts with the shorter. The state is told by the
    identifier and by the address, in the letters of the FBI; the county by the name of a sheriff's
    office or a police department of a county. `counties` is a county list of any year: a name that
    it does not have says nothing.
    """
    frame = reading.frame
    code = frame["county_fips"]
    state_of = dict(zip(ucr_states["ori_prefix"], ucr_states["state_fips"], strict=True))
    other = frame["ori9"].fillna("").ne("") & (frame["ori9"].str[:7] != frame["ori7"])
    reasons = pd.Series(pd.NA, index=frame.index, dtype="str")
    reasons = reasons.mask(other.astype(bool), f"{CONTRADICTED}: ori7 and ori9")
    for name, letters in (
        ("ori7", frame["ori7"].str[:2]),
        ("address_state", frame["address_state"].str.upper()),
    ):
        said = letters.map(state_of)
        wrong = said.notna() & code.notna() & (said != code.str[:2])
        reasons = reasons.mask(reasons.isna() & wrong, f"{OTHER_STATE}: county_fips and {name}")
    names = frame["agency"].str.extract(_FORCE_OF_COUNTY, expand=False).fillna("")
    named, _ = match_counties(code.str[:2], names, counties)
    wrong = named.notna() & code.notna() & (named != code)
    reasons = reasons.mask(reasons.isna() & wrong, f"{OTHER_COUNTY}: county_fips and agency")
    return reading.reject(reasons, [str(name) for name in frame if name not in PROVENANCE_COLUMNS])


def crosswalk_counties(
    agencies: pd.DataFrame,
    crosswalk: pd.DataFrame | None,
    counties: pd.DataFrame,
    changes: pd.DataFrame | None = None,
) -> CrosswalkCounties:
    """Look agencies up in the crosswalk, by identifier, and bring its codes into a county list.

    `agencies` has `ori7` and `state_fips`, `counties` the list, `changes` what became of codes of
    older lists (by default the table of the project). A code that no change carries over, or that
    is of another state, is no county.
    """
    if crosswalk is None:
        none = np.full(len(agencies), "", dtype=object)
        nobody = np.zeros(len(agencies), bool)
        return CrosswalkCounties(none, nobody, nobody)
    changes = read_county_changes() if changes is None else changes
    rows = crosswalk.set_index("ori7")
    codes = codes_in_base_list(rows["county_fips"].dropna(), counties["county_fips"], changes)
    found = agencies["ori7"].map(codes)
    found = found.where((found.str[:2] == agencies["state_fips"]).fillna(False).astype(bool), "")
    of_state = (rows["agency_type"] == OF_STATE_TYPE) & rows["government"].str.startswith(OF_STATE)
    of_site = rows["agency_type"].isin(OF_SITE_TYPES)
    kinds = [
        agencies["ori7"].isin(kind.index[kind.astype(bool)]).to_numpy(dtype=bool)
        for kind in (of_state, of_site)
    ]
    return CrosswalkCounties(found.to_numpy(dtype=object), *kinds)


def place_by_crosswalk(
    alone: CountyMatches, facts: Mapping[Fact, Settled], theirs: Texts, counties: CountyList
) -> CountyMatches:
    """Place the agencies without a county number that no two facts do.

    `alone` is what the `facts` settle; `theirs` the county that the crosswalk may tell, else empty.
    A fact that names another county leaves it open. `county_match` has the facts that agree.
    """
    codes, matches = alone.county_fips.copy(), alone.county_match.copy()
    for at in np.flatnonzero((codes == "") & (theirs != "")).tolist():
        heard = {fact: counties.sets[said[at]] for fact, said in facts.items() if said[at]}
        agreeing = [fact for fact, named in heard.items() if theirs[at] in named]
        disagree = heard and not agreeing
        found = CountyMatch("", "facts-disagree") if disagree else (theirs[at], "+".join(agreeing))
        codes[at], matches[at] = found
    return CountyMatches(codes, matches)


def name_crosswalk(found: CountyMatches, theirs: Texts) -> Texts:
    """Put the crosswalk before the facts of `county_match` where it names the same county."""
    same = (theirs != "") & (found.county_fips == theirs)
    words = [f"{CROSSWALK}+{facts}" if facts else CROSSWALK for facts in found.county_match]
    return np.where(same, np.array(words, dtype=object), found.county_match)


def check_agreement(verdicts: pd.Series, where: str) -> None:
    """Raise if crosswalk and records name different counties too often to be of one country.

    Codes exchanged between agencies of a state break no rule of their rows; this shows them.
    """
    apart = int((verdicts == "another").sum())
    both = apart + int(verdicts.isin(["same", "another-part"]).sum())
    if apart >= _FEWEST and apart > MOST_APART * both:
        raise DataError(
            where,
            f"has another county than the records of Return A for {apart:,} of {both:,} agencies, "
            f"and {MOST_APART:.0%} at most may be",
            "Restore the file, or leave it out of the manifest: counties are then found without.",
        )


def crosswalk_verdicts(
    agency: npt.NDArray[np.intp], largest: Booleans, own: Texts, put: Texts, theirs: Texts
) -> Texts:
    """Say of each agency how crosswalk and record go together.

    The other arrays are by part: the place of its `agency`, whether it is the `largest` part of it,
    its county by the record alone (`own`) and as `put`; `theirs` is by agency.
    """
    size = len(theirs)
    said = theirs[agency]
    has_own, same, in_any, is_placed = (np.zeros(size, bool) for _ in range(4))
    has_own[agency[own != ""]] = True
    in_any[agency[(own != "") & (own == said)]] = True
    same[agency[(own != "") & (own == said) & largest]] = True
    is_placed[agency[put != ""]] = True
    has_theirs = theirs != ""
    verdicts: list[tuple[Booleans, Verdict]] = [
        (has_theirs & same, "same"),
        (has_theirs & in_any, "another-part"),
        (has_theirs & has_own, "another"),
        (has_theirs & is_placed, "crosswalk-alone"),
        (has_theirs, "not-followed"),
        (has_own, "record-alone"),
    ]
    chosen = np.select([mask for mask, _ in verdicts], [word for _, word in verdicts], "neither")
    return chosen.astype(object)
