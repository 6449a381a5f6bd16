"""Each practice of each county on a day: what is seen of it, and what state law says of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coopanalysis.clean.law_status import Day, laws_in_force
from coopanalysis.panel.release import Panel
from coopanalysis.panel.state_laws import StateLaws
from coopanalysis.vocabulary import PRACTICE_NAMES

AGREEMENT = "agreement_287g"


def practice_status(
    data: Panel, laws: StateLaws, on: Day, *, include_verify: bool = False
) -> pd.DataFrame:
    """What is seen of each practice of each county on a day, and what the law of its state says.

    Where the two differ, no law need be broken: a restriction may leave exceptions, and a duty
    may begin later.

    Parameters
    ----------
    data : Panel
    laws : StateLaws
        As from `load_laws`; real, so that it says nothing of the fictional states of the demo.
    on : str, date or Timestamp
        Agreements are those of the latest list of that day or before.
    include_verify : bool
        Whether to count laws whose date or scope is not certain.

    Returns
    -------
    DataFrame, one row per county and practice
        `county_fips`, `state_fips`, `practice`; `seen` (1, 0, or missing where nobody knows);
        `known_by` ("listed" on ICE's lists, "coded" from written policy, "unknown"); `law`
        ("required", "restricted", "both", "none"); `differs`, whether it is seen though
        restricted, or looked for and not seen though required.
    """
    counties = data.county[["county_fips", "state_fips", *PRACTICE_NAMES]]
    counties = counties.astype(dict.fromkeys(PRACTICE_NAMES, "float64"))
    listed = _listed(data, pd.Timestamp(on))
    counties[AGREEMENT] = (
        float("nan") if listed is None else counties["county_fips"].isin(listed) * 1.0
    )
    table = counties.melt(["county_fips", "state_fips"], var_name="practice", value_name="seen")
    known_by = table["practice"].eq(AGREEMENT).map({True: "listed", False: "coded"})
    table["known_by"] = known_by.where(table["seen"].notna(), "unknown")
    in_force = laws_in_force(laws.laws, on, include_verify=include_verify)
    said = in_force.assign(practice=in_force["practices"].str.split(";")).explode("practice")
    pairs = pd.MultiIndex.from_frame(table[["state_fips", "practice"]])
    requires, restricts = (
        pairs.isin(
            pd.MultiIndex.from_frame(
                said.loc[said["kind"].isin([kind, "both"]), ["state_fips", "practice"]]
            )
        )
        for kind in ("requires", "restricts")
    )
    table["law"] = np.select(
        [requires & restricts, requires, restricts], ["both", "required", "restricted"], "none"
    )
    against = (table["seen"] == 1) & table["law"].eq("restricted")
    table["differs"] = against | ((table["seen"] == 0) & table["law"].eq("required"))
    return table


def _listed(data: Panel, day: pd.Timestamp) -> set[str] | None:
    """Counties with a county agency on the latest list up to a day; None where there is none."""
    spells = data.agreement_spells
    days = pd.concat([spells["first_listed"], spells["last_listed"]])
    days = days[days <= day]
    if days.empty:
        return None
    latest = days.max()
    there = (spells["first_listed"] <= latest) & (spells["last_listed"] >= latest)
    return set(spells.loc[there & (spells["agency_type"] == "county"), "county_fips"].dropna())
