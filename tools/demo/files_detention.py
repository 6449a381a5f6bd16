"""Writers of the demo's files on places of detention, in the layouts of the real ones.

What is true: a county whose rubric says that it has a contract to detain for ICE has one jail
under an agreement, in use all days of the years of the record or, in `SELDOM` of the jails, on 45
days of a year; no other county has one in use. Planted: jails that the list calls IGSA for want of
a type and that nobody uses; hold rooms and company facilities in counties without a contract;
county cells that say `COUNTY`, or name another county; redacted shelters; a facility without a
code; two sites of one code; a code of a planning region. Days are few, to keep the files small.
"""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coopanalysis.sources.detention_lists import LIST_YEARS, MAIN_SHEET
from tools.demo.draws import shuffled, uniform
from tools.demo.files_tables import File
from tools.demo.names import RECODED_STATE, STATES
from tools.demo.policy import make_practices
from tools.demo.workbook_writer import workbook
from tools.demo.world import make_world

SELDOM = 0.2
SELDOM_DAYS = 45
UNUSED, HOLD_ROOMS, COMPANIES, SHELTERS = 20, 10, 6, 8
HEADCOUNT_DAYS = ("2022-07-01", "2022-12-31")
DAILY_DAYS = ("2022-10-01", "2022-12-31")
PANEL_YEARS = (2016, 2017, 2019)
_WRONG_COUNTY, _LITERAL_COUNTY, _HIRED = 5, 6, 8


@cache
def places() -> pd.DataFrame:
    """Every place of detention: `code, name, city, county, county_fips, state, kind, held, days`.

    `held` is the number held on a day of use; `days` the days of a year, 0 where nobody is held.
    """
    counties = make_world().counties.reset_index(drop=True)
    has = make_practices()["detention_contract"].to_numpy() == 1
    order = shuffled("detention-places", len(counties))
    free = [at for at in order if not has[at]]
    abbr = {one.fips: one.abbr for one in STATES}
    chosen = [(at, "IGSA", "JAIL") for at in np.flatnonzero(has)]
    chosen += [(at, "IGSA", "JAIL") for at in free[:UNUSED]]
    chosen += [(at, "HOLD", "HOLD ROOM") for at in free[UNUSED : UNUSED + HOLD_ROOMS]]
    rest = free[UNUSED + HOLD_ROOMS :][:COMPANIES]
    chosen += [(at, "CDF", "PROCESSING CENTER") for at in rest]
    rows = []
    listed = counties[["county_fips", "county", "state_fips"]].to_dict("records")
    for number, (at, kind, what) in enumerate(chosen):
        county, code, state = (str(cell) for cell in (
            listed[at]["county"], listed[at]["county_fips"], abbr[listed[at]["state_fips"]]
        ))  # fmt: skip
        base = county.rpartition(" ")[0].upper()
        name = f"{county if kind == 'IGSA' else base} {what}".upper()
        rows.append((f"D{number:04}{state}", name, base, base, code, state, kind))
    frame = pd.DataFrame(
        rows, columns=["code", "name", "city", "county", "county_fips", "state", "kind"]
    )
    held = np.floor(2 + 40 * uniform("detention-held", len(frame)) ** 2).astype("int64")
    days = np.where(uniform("detention-days", len(frame)) < SELDOM, SELDOM_DAYS, 365)
    used = np.array([True] * has.sum() + [False] * UNUSED + [True] * (HOLD_ROOMS + COMPANIES))
    return frame.assign(held=np.where(used, held, 0), days=np.where(used, days, 0))


def facility_list() -> File:
    """The list as a workbook, with titles above its header and shelters redacted."""
    frame = places()
    header = ["DETLOC", "Name", "City", "County", "State", "Type Detailed", "Authorization Status",
              "Facility Operator"]  # fmt: skip
    header += [f"FY{year % 100:02} ADP" for year in LIST_YEARS]
    county = frame["county"].to_numpy(dtype="object", copy=True)
    county[:_WRONG_COUNTY] = county[_WRONG_COUNTY : 2 * _WRONG_COUNTY]
    county[20 : 20 + _LITERAL_COUNTY] = "COUNTY"
    means = frame["held"] * frame["days"] / 365
    rows: list[list[str | None]] = []
    for at, row in enumerate(frame.to_dict("records")):
        status = "AUTHORIZED" if row["days"] == 365 else "NOT INSPECTED"
        facts = [
            row["code"],
            row["name"],
            row["city"],
            f"{county[at]} ",
            row["state"],
            row["kind"],
            status,
            _operator(row["kind"], at),
        ]
        rows.append([*map(str, facts), *[f"{means[at]:.4f}"] * len(LIST_YEARS)])
    for _ in range(SHELTERS):
        rows.append([*["Redacted"] * 5, "ORR", "NOT INSPECTED", "ORR", *["12"] * len(LIST_YEARS)])
    title: list[str | None] = [None] * len(header)
    titles = [["Facility List Report", *title[1:]], title]
    return workbook(MAIN_SHEET, [*titles, header, *rows], {}), len(rows)


def _operator(kind: str, at: int) -> str:
    """A county runs its jail, but for each `_HIRED`th, which a company runs."""
    if kind == "IGSA":
        return "SOME COMPANY INC" if at % _HIRED == 0 else "COUNTY "
    return "FEDERAL" if kind == "HOLD" else "SOME COMPANY INC"


def facility_codes() -> File:
    """Codes of every second place; in the recoded state those of planning regions."""
    region = str(make_world().regions["county_fips"].iloc[0])
    lines = []
    for row in places().iloc[::2].to_dict("records"):
        code = region if row["county_fips"].startswith(RECODED_STATE) else row["county_fips"]
        lines.append(f"{row['code']},{row['name']},{row['city']},{code},{row['state']}")
    lines.append(f",Some Center,Somewhere,,{STATES[0].abbr}")
    return _text("detention_facility_code,name,city,county_fips_code,state", lines)


def facilities_panel() -> File:
    """Means of three fiscal years; one place has two sites, and one no code."""
    frame = places()
    head = ("fiscal_year,canonical_id,facility_name,facility_city,facility_state,detloc,"
            "facility_type_detailed,adp")  # fmt: skip
    lines = []
    for year in PANEL_YEARS:
        for at, row in enumerate(frame.to_dict("records")):
            if not row["days"]:
                continue
            code = "NA" if at == 1 and year == max(PANEL_YEARS) else row["code"]
            mean = row["held"] * row["days"] / 365
            parts = [mean / 4, 3 * mean / 4] if at == 2 else [mean]
            facts = [f"FY{year % 100}", at + 1, row["name"], row["city"], row["state"], code]
            start = ",".join(map(str, [*facts, row["kind"]]))
            lines += [f"{start},{part:.2f}" for part in parts]
    return _text(head, lines)


def headcount() -> File:
    """People by place and day where anyone was held, gzip with `|` between."""
    days = pd.date_range(*HEADCOUNT_DAYS)
    lines = ["detention_facility_code|n|date"]
    for row in places().to_dict("records"):
        used = days if row["days"] == 365 else days[: row["days"]]
        lines += [f"{row['code']}|{row['held']}|{day:%Y-%m-%d}" for day in used if row["days"]]
    return _gzip("\n".join([*lines, ""]).encode()), len(lines) - 1


def facility_daily() -> File:
    """People at midnight by place and day, days without any included (Parquet)."""
    frame, days = places(), pd.date_range(*DAILY_DAYS)
    used = np.where(frame["days"] == 365, len(days), np.minimum(frame["days"], len(days)))
    at, day = (grid.ravel() for grid in np.mgrid[: len(frame), : len(days)])
    held = np.where(day < used[at], frame["held"].to_numpy()[at], 0).astype("int32")
    table = pa.table(
        {
            "detention_facility_code": pa.array(frame["code"].to_numpy()[at], pa.string()),
            "date": pa.array(days.to_numpy()[day].astype("datetime64[D]"), pa.date32()),
            "n_detained": pa.array(held, pa.int32()),
            "n_detained_at_midnight": pa.array(held, pa.int32()),
            "detention_facility": pa.array(frame["name"].to_numpy()[at], pa.string()),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="none", store_schema=False)
    return sink.getvalue(), len(table)


def _gzip(data: bytes) -> bytes:
    """Gzip without a time or a name in its header, so that the bytes never change."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(data) + packer.flush()
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return head + packed + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _text(head: str, lines: list[str]) -> File:
    return "\n".join([head, *lines, ""]).encode(), len(lines)
