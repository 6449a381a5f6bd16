"""Writers of the ICE lists of the demo release, ugly in the ways real lists are.

See `agreement_faults` for the faults; planted here are odd spellings of types, models and
states, a regional jail with a county of another state, empty rows and columns.
"""

from __future__ import annotations

from datetime import date

from tools.demo.agencies import (
    STATES_WITHOUT,
    TFM,
    WSO,
    Agreement,
    adopting_counties,
    agency_name,
    make_agreements,
)
from tools.demo.agreement_faults import (
    Row,
    add_addresses,
    blank_counties,
    misspelt,
    pad,
    plant_county_faults,
    plant_date_faults,
)
from tools.demo.draws import uniform
from tools.demo.files_list_series import MISSPELT_ON, misspelt_row, misspelt_state, stories
from tools.demo.files_tables import File
from tools.demo.names import place_name
from tools.demo.workbook_writer import Cell, Mistake, workbook
from tools.demo.world import make_world

FIRST = "demo-ice-287g-participating-2025-07-15"
LATEST = "demo-ice-287g-participating-2026-05-18"
HEADER = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE"]


def participating_first() -> File:
    """List of July 2025: 8 named columns and an empty one, 73 empty rows below."""
    rows = first_rows()
    return _participating(rows, 1, 73), len(rows)


def participating_latest() -> File:
    """List of May 2026: 8 named columns and five empty ones, 10 empty rows below."""
    rows = latest_rows()
    return _participating(rows, 5, 10), len(rows)


def pending_first() -> File:
    """Applications of July 2025; one of them is in the participating list of the next day."""
    listed = [row for row in make_agreements() if row.kind == "County" and row.on_latest]
    later = [row for row in listed if not row.on_first][4:70:8]
    granted = next(row for row in listed if row.on_first)
    rows = [_base(row) for row in [granted, *later]]
    rows += [_never_granted(number) for number in range(12 - len(rows))]
    rows.sort(key=lambda row: (str(row["STATE"]), str(row["LAW ENFORCEMENT AGENCY"])))
    rows[3]["SUPPORT TYPE"] = f"{rows[3]['SUPPORT TYPE']} "
    table: list[list[Cell]] = [list(HEADER), *[[row[name] for name in HEADER] for row in rows]]
    return workbook("Sheet1", table, {}), len(rows)


def pending_latest() -> File:
    """Two applications of February 2026, and 69 empty rows."""
    row = _never_granted(9)
    rows = [{**row, "SUPPORT TYPE": support} for support in (TFM, WSO)]
    table: list[list[Cell]] = [[*HEADER, "MOA"]]
    table += [[*(row[name] for name in HEADER), "link pending"] for row in rows]
    return workbook("Sheet 1", table, {}, empty_rows=69), len(rows)


def first_rows() -> list[Row]:
    """Rows of the list of July 2025, faults included."""
    rows = [_base(row) for row in make_agreements() if row.on_first]
    rows.append(_regional_jail())
    _sort(rows)
    blank_counties(rows, "first", 0.1, Mistake())
    add_addresses(rows, "first", 0.25)
    plant_county_faults(rows, later=False)
    plant_date_faults([row for row in rows if row["TYPE"] == "County"][40:101:30])
    for row in [row for row in rows if row["SUPPORT TYPE"] == TFM][5:60:20]:
        row["SUPPORT TYPE"] = f"{TFM} "
    next(r for r in rows[90:] if isinstance(r["COUNTY"], Mistake))["COUNTY"] = "N/A"
    pad(rows, "first")
    return rows


def latest_rows() -> list[Row]:
    """Rows of the list of May 2026, faults included."""
    rows = [_base(row) for row in make_agreements() if row.on_latest]
    rows.append(_regional_jail())
    _sort(rows)
    blank_counties(rows, "latest", 0.72, "#NA")
    add_addresses(rows, "latest", 0.09)
    plant_county_faults(rows, later=True)
    padded = uniform("types-padded", len(rows)) < 0.17
    for row, stray in zip(rows, padded, strict=True):
        row["TYPE"] = f"{row['TYPE']}{' ' if stray and row['TYPE'] != 'State Agency' else ''}"
    states = sorted({str(row["STATE"]) for row in rows})
    for state in (states[3], states[-4]):
        for row in [row for row in rows if row["STATE"] == state][:3]:
            row["STATE"] = f"{state} "
    odd = next(row for row in rows if row["STATE"] == states[6])
    odd["STATE"] = f"{states[6][:-1]}{states[6][-1].lower()}"
    next(r for r in rows[100:] if r["TYPE"] == "Municipality")["TYPE"] = "Muncipality"
    next(r for r in rows[50:] if r["SUPPORT TYPE"] == WSO)["SUPPORT TYPE"] = (
        "Warrant Services Officer"
    )
    at_capital = next(row for row in rows if row["TYPE"] == "State Agency")
    at_capital["COUNTY"] = _first_county(str(at_capital["STATE"]))
    pad(rows, "latest")
    return rows


def demo_corrections() -> str:
    """Entries of the corrections table that the demo release needs, as TOML."""
    entries = [
        _correction(row, number) for number, row in enumerate(first_rows(), 2) if "true date" in row
    ]
    entries.append(
        f'[[correction]]\nsource = "demo-ice-287g-list-{MISSPELT_ON}"\nrow = {misspelt_row()}\n'
        f'column = "state_text"\nexpected = "{misspelt_state()}"\n'
        f'put = "{stories().misspelt.state}"\nreason = "Simulated misspelling of a state."\n'
    )
    for alias in misspelt():
        seen = [FIRST] * alias.on_first + [LATEST] * alias.on_latest
        sources = ", ".join(f'"{name}"' for name in seen)
        entries.append(
            "[[county_alias]]\n"
            f'state = "{alias.state}"\ncounty_text = "{alias.text}"\n'
            f'county_fips = "{alias.county_fips}"\nreason = "Simulated misspelling: the '
            f'agency is {agency_name(alias.county)}."\nseen_in = [{sources}]\n'
        )
    head = "# --- Demo release (simulated counties and agencies; planted faults) ---\n\n"
    return head + "\n".join(entries)


def _correction(row: Row, number: int) -> str:
    signed = row["SIGNED"]
    expected = signed.isoformat() if isinstance(signed, date) else signed
    return (
        f'[[correction]]\nsource = "{FIRST}"\nrow = {number}\ncolumn = "signed_text"\n'
        f'expected = "{expected}"\nput = "{row["true date"]}"\n'
        'reason = "Simulated fault: the date was made from this one."\n'
    )


def _base(agreement: Agreement) -> Row:
    return {
        "STATE": agreement.state,
        "LAW ENFORCEMENT AGENCY": agreement.agency,
        "TYPE": agreement.kind,
        "COUNTY": agreement.county,
        "SUPPORT TYPE": agreement.support,
        "SIGNED": agreement.signed,
        "MOA": "link",
        "ADDENDUM": None,
    }


def _sort(rows: list[Row]) -> None:
    rows.sort(key=lambda row: (str(row["STATE"]), str(row["LAW ENFORCEMENT AGENCY"]).casefold()))


def _regional_jail() -> Row:
    """A jail of several counties, whose county text is a county of another state."""
    counties = make_world().counties
    state = adopting_counties()["state_fips"].iloc[10]
    near = counties[counties["state_fips"] == state]["county"]
    foreign = next(c for c in counties["county"][::-1] if c not in set(near))
    jail = Agreement(
        state,
        f"{place_name(77)} District Jail",
        "County",
        foreign,
        WSO,
        date(2025, 5, 6),
        True,
        True,
    )
    return _base(jail)


def _never_granted(number: int) -> Row:
    """An application of a county that is on no participating list."""
    counties = make_world().counties
    taken = set(adopting_counties()["county_fips"])
    barred = counties["state_fips"].isin(STATES_WITHOUT) | counties["county_fips"].isin(taken)
    row = counties[~barred].iloc[57 + 211 * number]
    county = str(row["county"])
    agency = Agreement(
        str(row["state_fips"]), agency_name(county), "County", county, WSO, date.max, False, False
    )
    return _base(agency)


def _first_county(state: str) -> str:
    counties = make_world().counties
    return str(counties.loc[counties["state"].str.upper() == state, "county"].iloc[0])


def _participating(rows: list[Row], empty_columns: int, empty_rows: int) -> bytes:
    names = [*HEADER, "SIGNED", "MOA", "ADDENDUM"]
    table: list[list[Cell]] = [list(names), *[[row[name] for name in names] for row in rows]]
    links = {
        (number, names.index(name)): str(row[f"{name} address"])
        for number, row in enumerate(rows, 1)
        for name in ("MOA", "ADDENDUM")
        if f"{name} address" in row
    }
    return workbook("Sheet1", table, links, empty_rows, empty_columns)
