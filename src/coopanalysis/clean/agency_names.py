"""Names of agencies that a person has found to be one, with the evidence for each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from coopanalysis.catalog.corrections import AgencyAlias, load_corrections
from coopanalysis.clean.agreements import agency_key
from coopanalysis.errors import DataError


def known_names(rows: pd.DataFrame, aliases: Sequence[AgencyAlias] | None = None) -> pd.Series:
    """Key of the name under which each row's agency is known, its own if no alias is of it.

    Parameters
    ----------
    rows : DataFrame
        `agency`, `state_fips` and `support_type`.
    aliases : sequence of AgencyAlias, optional
        Those of the corrections table of the project unless given.
    """
    known = agency_key(rows["agency"])
    own = known.copy()
    entries = load_corrections().agency_aliases if aliases is None else aliases
    for alias, (name, same_as) in zip(entries, _keys(entries), strict=True):
        known = known.mask(_in_scope(rows, alias) & own.eq(name), same_as)
    return known


def check_aliases(rows: pd.DataFrame, aliases: Sequence[AgencyAlias]) -> list[DataError]:
    """Aliases that are stale: a list of theirs is among the rows, and lacks the name."""
    own, sources = agency_key(rows["agency"]), set(rows["source"])
    failures = []
    for alias, (name, same_as) in zip(aliases, _keys(aliases), strict=True):
        of_lists = [(one, name, alias.agency) for one in alias.seen_in]
        of_lists += [(one, same_as, alias.same_as) for one in alias.goes_on_in]
        for source, key, text in of_lists:
            there = _in_scope(rows, alias) & rows["source"].eq(source) & own.eq(key)
            if source in sources and not there.any():
                failures.append(
                    DataError(
                        f"agency_alias '{alias.agency}' ({alias.state_fips})",
                        f"is stale: {source} does not name '{text}'",
                        "See whether the list has changed; mend the entry, or delete it.",
                    )
                )
    return failures


def _keys(aliases: Sequence[AgencyAlias]) -> list[tuple[str, str]]:
    names, others = (
        agency_key(pd.Series([getattr(alias, name) for alias in aliases], dtype="str"))
        for name in ("agency", "same_as")
    )
    return list(zip(names, others, strict=True))


def _in_scope(rows: pd.DataFrame, alias: AgencyAlias) -> pd.Series:
    in_state = rows["state_fips"].eq(alias.state_fips)
    if not alias.support_type:
        return in_state
    return in_state & rows["support_type"].eq(alias.support_type)
