"""Writers of the demo's files on detainers, in the layouts of the real ones.

What is true: only counties whose rubric says that they do not hold on detainers declined any, and
of these the `DECLINING` with the most residents did, each in 2014 and in 2015. Planted: a header
that has names twice; a facility without city and state; a federal one; names that facilities of
several states share, with one sum of other outcomes for all; years without another outcome.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tools.demo.draws import uniform
from tools.demo.files_tables import File
from tools.demo.names import STATES
from tools.demo.people import make_people
from tools.demo.policy import make_practices
from tools.demo.world import make_world

DECLINING = 80
YEARS = (2014, 2015)
NOWHERE = 12
"""Detainers that the facility without city and state declined in a year."""
FEDERAL = 3
"""Detainers that the Marshals of the first county are said to have declined in a year."""
SHARED_NAME = "CENTRAL JAIL"
"""Name of one facility each in two states, which names no county."""


@cache
def declined() -> pd.DataFrame:
    """Declined detainers: `county_fips, facility, city, state, year, declined, other`."""
    counties = make_world().counties
    refuses = make_practices()["holds_on_detainer"].to_numpy() == 0
    size = np.where(refuses, make_people()["population"], 0)
    largest = np.argsort(-size, kind="stable")[:DECLINING]
    names = {one.fips: one.name.upper() for one in STATES}
    rows = []
    for at in largest:
        county = str(counties["county"].iloc[at])
        base, state = county.rpartition(" ")[0].upper(), names[counties["state_fips"].iloc[at]]
        for year in YEARS:
            rows.append(
                (counties["county_fips"].iloc[at], f"{county.upper()} JAIL", base, state, year)
            )
    frame = pd.DataFrame(rows, columns=["county_fips", "facility", "city", "state", "year"])
    other_state = frame.loc[frame["state"] != frame["state"].iloc[0], "county_fips"].iloc[0]
    shared = frame["county_fips"].isin([frame["county_fips"].iloc[0], other_state])
    frame.loc[shared, "facility"] = SHARED_NAME
    drawn = uniform("detainers", len(frame), 2)
    frame["declined"] = 1 + np.floor(30 * drawn[:, 0] ** 3).astype("int64")
    frame["other"] = np.where(drawn[:, 1] < 0.1, 0, np.floor(200 * drawn[:, 1])).astype("int64")
    return frame


def detainers_declined() -> File:
    """Both halves side by side, the second by name and year alone."""
    frame = declined()
    others = frame.groupby(["facility", "year"])["other"].transform("sum")
    lines = []
    for row, other in zip(frame.to_dict("records"), others, strict=True):
        again = f"{row['facility']},{row['year']},{other}" if other else ",,"
        lines.append(
            f"{row['year']},{row['facility']},{row['city']},{row['state']},{row['declined']},{again}"
        )
    for year in YEARS:
        name = "OTHER-OTHER FACILITY"
        lines.append(f"{year},{name},,,{NOWHERE},{name},{year},50")
        lines.append(
            f"{year},US MARSHALS,{frame['city'].iloc[0]},{frame['state'].iloc[0]},{FEDERAL},,,"
        )
    return _text("year,det_facility,city,state,count,det_facility,year,count", lines)


def detainer_outcomes() -> File:
    """Outcomes of all years together by name, without a state; a blank reason is none recorded."""
    sums = declined().groupby("facility", sort=True)[["declined", "other"]].sum()
    lines: list[str] = []
    for name, (refused, other) in zip(sums.index, sums.to_numpy(), strict=True):
        total = 2 * (refused + other)
        parts = {"": refused + other, "Detainer Declined by LEA": refused, "Lifted": other}
        for reason, count in parts.items():
            if count:
                share = f"{100 * count / total:.4f}"
                lines.append(f"{len(lines) + 1},{name},{reason},{count},{total},{share}")
    return _text(",det_facility,lift_reason,count,count_all,freq", lines)


def _text(head: str, lines: list[str]) -> File:
    return "\n".join([head, *lines, ""]).encode(), len(lines)
