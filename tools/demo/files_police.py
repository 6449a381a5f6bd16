"""Writers of the files about police: Return A, the directory of forces, the FBI's state codes."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd

from tools.demo.county_lists import county_list
from tools.demo.draws import uniform
from tools.demo.files_tables import File
from tools.demo.monthly_reports import make_returns
from tools.demo.police import PARTS, make_forces, ucr_states
from tools.demo.return_a import simulate_return_a
from tools.demo.truth import YEARS

NOT_LISTED_EVERY = 25
"""Each so many-th force is missing from the directory."""
_TYPES = {"county": "County", "city": "City", "town": "City", "state": "State Police",
          "college": "University or College"}  # fmt: skip
_HEAD = (
    "ori,data_year,pub_agency_name,state_abbr,county_name,agency_type_name,population,"
    "officer_ct,civilian_ct,total_pe_ct,pe_ct_per_1000"
)


def return_a(year: int) -> File:
    """Master file of a year: one record per force, packed with LZMA."""
    sent = make_returns(year)
    return simulate_return_a(sent.drop(columns=["months", "last_month"]), year), len(sent)


def state_codes() -> File:
    """State codes of the FBI: `ucr_state,ori_prefix,state_fips,state`."""
    text = ucr_states().to_csv(index=False, lineterminator="\n")
    return text.encode(), len(ucr_states())


def directory() -> File:
    """Forces with officers and civilians, each with its newest year."""
    forces = _all_forces()
    draws = uniform("directory", len(forces), 3)
    size = forces[[f"population_{part}" for part in PARTS]].sum(axis=1)
    officers = np.round((1.2 + draws[:, 0]) * size / 1000 + 2).astype("int64")
    civilians = np.round((0.2 + 0.4 * draws[:, 1]) * officers).astype("int64")
    total = officers + civilians
    rate = [f"{1000 * n / p:.2f}" if p else "NULL" for n, p in zip(total, size, strict=True)]
    table = pd.DataFrame(
        {
            "ori": forces["ori7"] + "00",
            "data_year": np.where(draws[:, 2] < 0.9, forces["year"], forces["year"] - 1),
            "pub_agency_name": forces["agency"].str.removeprefix("SP: ").str.title(),
            "state_abbr": forces["state"],
            "county_name": forces["county_text"],
            "agency_type_name": forces["kind"].map(_TYPES),
            "population": size,
            "officer_ct": officers,
            "civilian_ct": civilians,
            "total_pe_ct": total,
            "pe_ct_per_1000": rate,
        }
    )
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table.itertuples(index=False, name=None))
    return f"{_HEAD}\n{out.getvalue()}".encode(), len(table)


def _all_forces() -> pd.DataFrame:
    """Every force of any year as of its last, without those that the directory lacks."""
    frames = []
    for year in YEARS:
        names = county_list(year).set_index("county_fips")["county"].str.upper()
        names = names.str.replace(r" (COUNTY|PARISH|BOROUGH|PLANNING REGION)$", "", regex=True)
        forces = make_forces(year)
        texts = [forces[f"county_fips_{part}"].map(names).fillna("") for part in PARTS]
        joined = [", ".join(filter(None, row)) for row in zip(*texts, strict=True)]
        frames.append(forces.assign(year=year, county_text=joined))
    forces = pd.concat(frames).drop_duplicates("ori7", keep="last").sort_values("ori7")
    abbr = ucr_states().set_index("state_fips")["ori_prefix"]
    forces["state"] = forces["state_fips"].map(abbr)
    forces["county_text"] = forces["county_text"].replace("", "NOT SPECIFIED")
    forces = forces[np.arange(len(forces)) % NOT_LISTED_EVERY != 0]
    listed: pd.DataFrame = forces[forces["ori7"] != lost_city()]
    return listed.reset_index(drop=True)


def lost_city() -> str:
    """Identifier of a city outside counties that has no county number and is not listed.

    Nothing but its name says where it is, which is one fact too few: its county stays unknown.
    """
    forces = make_forces(YEARS[0])
    without = forces[(forces["ucr_county_1"] == "") & (forces["kind"] == "county")]
    return str(without["ori7"].iloc[0])
