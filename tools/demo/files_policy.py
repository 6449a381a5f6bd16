"""Writers of the rubric and of the Secure Communities file of the demo release."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import numpy as np
import pandas as pd
from pandas.io.stata import StataWriterUTF8  # type: ignore[attr-defined]

from coopanalysis.vocabulary import PRACTICE_NAMES, PRACTICES
from tools.demo.draws import Floats, normal, uniform
from tools.demo.files_tables import File
from tools.demo.names import ISLAND_STATE, STATES, TERRITORIES, place_name
from tools.demo.people import make_people
from tools.demo.policy import make_practices
from tools.demo.territories import territory_counties
from tools.demo.world import make_world

TIME_STAMP = datetime(2022, 4, 18, 14, 16)

WRONG_TOTALS = {211: 0, 905: 8, 1433: 31}
"""Row of the base list (from 0) to the total printed there, which cannot be."""
MISADDED_ROW = 1710
REPEATED_ROWS = (37, 640, 641, 1999)
REPEATED_OTHER_JAIL = (1204, 2300)


def rubric() -> File:
    """County rubric with the ILRC's headers: 1 means that the county limits cooperation."""
    counties = make_world().counties
    limits = 1 - make_practices()[list(PRACTICE_NAMES)].to_numpy()
    totals = limits.sum(axis=1)
    for row, total in WRONG_TOTALS.items():
        totals[row] = total
    totals[MISADDED_ROW] += 1
    rows = [
        [
            county.county_fips,
            county.county,
            county.state,
            f"{county.short}, {county.state_abbr}",
            place_name(number),
            *limits[number],
            totals[number],
        ]
        for number, county in enumerate(counties.itertuples(index=False))
    ]
    repeated = [[*rows[at]] for at in REPEATED_ROWS]
    other = [[*rows[at][:4], place_name(at + 3), *rows[at][5:]] for at in REPEATED_OTHER_JAIL]
    rows += repeated + other
    rows.sort(key=lambda row: row[0])
    rows += [*_territory_rows()]
    head = ["GEOID FIPS", "County", "State", "Jurisdiction", "Jail or Prison City"]
    head += [*(practice.ilrc_column for practice in PRACTICES), "ILRC Total"]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue().encode(), len(rows)


def _territory_rows() -> list[list[object]]:
    listed = territory_counties().iloc[[0, 1, 3]]
    limits = [1, 1] + [0] * (len(PRACTICES) - 2)
    return [
        # A spreadsheet has taken the leading zero away.
        [str(int(code)), county, state, county, "", *limits, sum(limits)]
        for code, county, state in zip(
            listed["CountyId"], listed["County"], listed["State"], strict=True
        )
    ]


def secure_communities() -> File:
    """Month of activation by county: Stata format 118, with shortened names and former codes."""
    counties = make_world().counties
    month, year = _activation()
    frame = pd.DataFrame(
        {
            "countyname": _shortened(counties),
            "countyfips": counties["county_fips"].astype("int32"),
            "state": counties["state_abbr"],
            "statefips": counties["state_fips"].astype("int8"),
            "activation_month": month,
            "activation_year": year,
        }
    )
    frame = pd.concat([frame, _extra_rows()], ignore_index=True)
    frame = frame.sort_values("countyfips", kind="stable", ignore_index=True)
    marked = uniform("sc-mark", len(frame)) < 0.12
    frame["l"] = np.where(marked, "L", "")
    return _stata(frame), len(frame)


def _activation() -> tuple[Floats, Floats]:
    """Month and year by rank: earlier where residents and the Hispanic share are high."""
    people, counties = make_people(), make_world().counties
    score = 0.5 * np.log(people["population"].to_numpy()) + 5 * people["hispanic"].to_numpy()
    score = score + 0.3 * make_practices()["leaning"].to_numpy() + 0.8 * normal("sc", len(people))
    last = counties["state_fips"].isin([STATES[4].fips, STATES[16].fips]).to_numpy()
    absent = counties["state_fips"].to_numpy() == ISLAND_STATE
    absent |= counties["county_fips"].to_numpy() == make_world().recode.new
    absent |= np.isin(np.arange(len(people)), [88, 1340, 2155])
    place = np.argsort(np.argsort(-np.where(last | absent, -99.0, score), kind="stable"))
    share = place / (~(last | absent)).sum()
    # Months since October 2008 by the share of counties that were in by then.
    known = np.interp(share, [0, 0.005, 0.035, 0.29, 0.65, 1.0], [0, 2, 14, 26, 38, 50])
    since = np.where(last, 51, np.minimum(np.floor(known), 50))
    month = (since + 9) % 12 + 1
    year = 2008 + (since + 9) // 12
    missing = absent & ~last
    return np.where(missing, np.nan, month), np.where(missing, np.nan, year)


def _shortened(counties: pd.DataFrame) -> pd.Series:
    name = counties["short"].str.upper()
    name = name.str.replace("ñ", "N").str.replace("Ñ", "N").str.replace("ST. ", "SAINT ")
    cut = name.index.isin([150, 700, 1500])
    name = name.mask(cut, name.str[:-2] + name.str[-1])  # a letter is lost
    return name.where(~counties["county"].str.endswith(" city"), name + " CITY")


def _extra_rows() -> pd.DataFrame:
    """Territories, one of them not divided, and codes that were given up before 2014."""
    municipalities = territory_counties()
    former = [(STATES[19].fips, 515, 3.0, 2010.0), (STATES[21].fips, 780, 7.0, 2011.0)]
    abbr = {state.fips: state.abbr for state in (*STATES, *TERRITORIES)}
    rows = [
        (county.rsplit(" ", 1)[0].upper(), int(code), code[:2], np.nan, np.nan)
        for code, county in zip(municipalities["CountyId"], municipalities["County"], strict=True)
    ]
    rows.append((f"{TERRITORIES[0].name.upper()}, NFD", 3990, "03", np.nan, np.nan))
    rows += [("FORMER CITY", int(f"{s}{c}"), s, month, year) for s, c, month, year in former]
    frame = pd.DataFrame(
        rows, columns=["countyname", "countyfips", "code", "activation_month", "activation_year"]
    )
    frame["state"] = frame["code"].map(abbr)
    frame["statefips"] = frame["code"].astype("int8")
    frame["countyfips"] = frame["countyfips"].astype("int32")
    return frame.drop(columns="code")


def _stata(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    labels = {
        "countyname": "County Name",
        "countyfips": "FIPS County Code",
        "state": "State",
        "statefips": "FIPS State code",
        "activation_month": "Month of SC Activation",
        "activation_year": "Year of SC Activation",
        "l": "Lugar",
    }
    StataWriterUTF8(
        buffer,
        frame.astype({"countyname": object, "state": object, "l": object}),
        write_index=False,
        version=118,
        byteorder="<",
        time_stamp=TIME_STAMP,
        data_label="Simulated, not real",
        variable_labels=labels,
    ).write_file()
    return buffer.getvalue()
