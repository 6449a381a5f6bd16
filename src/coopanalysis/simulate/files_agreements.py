"""Writers of the ICE lists of the demo release, ugly in the ways real lists are.

Faults planted: padded and doubled spaces, line breaks, curly apostrophes, `County ` and
`Municipality `, `#N/A` as an error cell and `#NA` and `N/A` as text, odd spellings of types and
models, a state not in upper case, misspelt counties (three need a person's alias, one municipal
row stays unmatched), Saint for St., a parish called County, an independent city called County, a
name without its suffix, a county row without a county, a regional jail with a county of another
state, dates without a slash and in the year 5025, addresses wrapped by a mail scanner together
with a mailbox, with one slash, behind a browser extension, empty rows and columns.
"""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from coopanalysis.simulate.agencies import (
    STATES_WITHOUT,
    TFM,
    WSO,
    Agreement,
    adopting_counties,
    agency_name,
    make_agreements,
    state_name,
)
from coopanalysis.simulate.draws import uniform
from coopanalysis.simulate.files_tables import File
from coopanalysis.simulate.names import CITY_STATE, PARISH_STATE, place_name
from coopanalysis.simulate.world import make_world
from coopanalysis.simulate.xlsx import Cell, Mistake, workbook

FIRST = "demo-ice-287g-participating-2025-07-15"
LATEST = "demo-ice-287g-participating-2026-05-18"
HEADER = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE"]
MAILBOX = "someone@example.org"

Row = dict[str, Cell]


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
    _blank_counties(rows, "first", 0.1, Mistake())
    _addresses(rows, "first", 0.25)
    _plant_county_faults(rows, later=False)
    plain = [r for r in rows if r["TYPE"] == "County" and isinstance(r["SIGNED"], date)]
    for number, fault in enumerate((_no_slash, _no_slash_padded, _far_future)):
        row = plain[40 + 30 * number]
        row["true date"] = str(row["SIGNED"])
        row["SIGNED"] = fault(row["SIGNED"])
    for row in [row for row in rows if row["SUPPORT TYPE"] == TFM][5:60:20]:
        row["SUPPORT TYPE"] = f"{TFM} "
    next(r for r in rows[90:] if isinstance(r["COUNTY"], Mistake))["COUNTY"] = "N/A"
    _pad(rows, "first")
    return rows


def latest_rows() -> list[Row]:
    """Rows of the list of May 2026, faults included."""
    rows = [_base(row) for row in make_agreements() if row.on_latest]
    rows.append(_regional_jail())
    _sort(rows)
    _blank_counties(rows, "latest", 0.72, "#NA")
    _addresses(rows, "latest", 0.09)
    _plant_county_faults(rows, later=True)
    padded = uniform("types-padded", len(rows)) < 0.17
    for row, pad in zip(rows, padded, strict=True):
        row["TYPE"] = f"{row['TYPE']}{' ' if pad and row['TYPE'] != 'State Agency' else ''}"
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
    _pad(rows, "latest")
    return rows


def demo_corrections() -> str:
    """Entries of the corrections table that the demo release needs, as TOML."""
    entries = [
        _correction(row, number)
        for number, row in enumerate(first_rows(), 2)
        if "true date" in row
    ]
    for alias in _misspelt():
        seen = [FIRST] * (not alias["later only"]) + [LATEST] * (not alias["first only"])
        sources = ", ".join(f'"{name}"' for name in seen)
        entries.append(
            "[[county_alias]]\n"
            f'state = "{alias["state"]}"\ncounty_text = "{alias["text"]}"\n'
            f'county_fips = "{alias["county_fips"]}"\nreason = "Simulated misspelling: the '
            f'agency is {alias["agency"]}."\nseen_in = [{sources}]\n'
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
        state, f"{place_name(77)} District Jail", "County", foreign, WSO, date(2025, 5, 6), True, True
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


def _blank_counties(rows: list[Row], topic: str, stated: float, other: Cell) -> None:
    """Leave the county of most agencies that are not a county's unsaid."""
    draws = uniform(f"county-stated-{topic}", len(rows))
    for row, draw in zip(rows, draws, strict=True):
        if row["TYPE"] == "State Agency" or (row["TYPE"] == "Municipality" and draw > stated):
            row["COUNTY"] = other if int(draw * 1000) % 9 == 0 else Mistake()


def _misspelt() -> list[dict[str, object]]:
    """Three county rows whose county text only a person can settle."""
    listed = adopting_counties()
    sure = listed[listed["first"]].iloc[20:]
    plain = sure[sure["county"].str.endswith(" County")]
    both, once = plain.iloc[0], plain.iloc[9]
    parish = listed[listed["state_fips"] == PARISH_STATE].iloc[0]
    cases = (
        (both, both["county"][:3] + both["county"][4:], False, False),
        (once, f"{once['county'].rsplit(' ', 1)[0]} Countey", True, False),
        (parish, f"{place_name(41)} Parish", False, True),
    )
    return [
        {
            "state": state_name(county["state_fips"]),
            "text": text,
            "county_fips": county["county_fips"],
            "county": county["county"],
            "agency": agency_name(county["county"]),
            "first only": first_only,
            "later only": later_only,
        }
        for county, text, first_only, later_only in cases
    ]


def _plant_county_faults(rows: list[Row], later: bool) -> None:
    for alias in _misspelt():
        if alias["first only" if later else "later only"]:
            continue
        for row in _rows_of(rows, str(alias["state"]), str(alias["county"])):
            row["COUNTY"] = str(alias["text"])
    for row in rows:
        county = row["COUNTY"]
        if row["TYPE"] != "County" or not isinstance(county, str):
            continue
        if county.startswith("St. "):
            row["COUNTY"] = county.replace("St. ", "Saint ")
        elif county.endswith(" city"):
            row["COUNTY"] = county.replace(" city", " County")
        elif county.endswith(" Parish") and not later:
            row["COUNTY"] = county.replace(" Parish", " County")
    plain = [r for r in rows if r["TYPE"] == "County" and str(r["COUNTY"]).endswith(" County")]
    bare = next(r for r in plain[60:] if r["STATE"] != state_name(CITY_STATE).upper())
    bare["COUNTY"] = str(bare["COUNTY"]).removesuffix(" County")
    if later:
        plain[100]["COUNTY"] = f"\n{plain[100]['COUNTY']}"
        town = next(r for r in rows if r["TYPE"] == "Municipality" and isinstance(r["COUNTY"], str))
        town["COUNTY"] = str(town["COUNTY"]).replace("County", "Conty")
    else:
        unsaid = plain[120]
        unsaid["COUNTY"] = Mistake()


def _rows_of(rows: list[Row], state: str, county: str) -> list[Row]:
    return [row for row in rows if row["STATE"] == state.upper() and row["COUNTY"] == county]


def _no_slash(signed: Cell) -> str:
    assert isinstance(signed, date)
    return f"{signed.month}/{signed.day}{signed.year}"


def _no_slash_padded(signed: Cell) -> str:
    assert isinstance(signed, date)
    return f"{signed.month:02d}/{signed.day:02d}{signed.year}"


def _far_future(signed: Cell) -> date:
    assert isinstance(signed, date)
    return signed.replace(year=signed.year + 3000)


def _pad(rows: list[Row], topic: str) -> None:
    """Stray spaces and curly apostrophes, as from many hands."""
    draws = uniform(f"padded-{topic}", len(rows), 4)
    for row, (agency, county, curly, double) in zip(rows, draws, strict=True):
        name = str(row["LAW ENFORCEMENT AGENCY"])
        name = name.replace("'", "’") if curly < 0.05 else name
        row["LAW ENFORCEMENT AGENCY"] = f"{name} " if agency < 0.1 else name
        if isinstance(row["COUNTY"], str) and county < 0.25:
            row["COUNTY"] = f"{row['COUNTY']}{'  ' if double < 0.2 else ' '}"
    spaced = next(r for r in rows if str(r["COUNTY"]).endswith(" County"))
    spaced["COUNTY"] = str(spaced["COUNTY"]).replace(" County", "  County")


def _addresses(rows: list[Row], topic: str, pending: float) -> None:
    """Text of the cell, and the address behind it; the text never is the address."""
    draws = uniform(f"links-{topic}", len(rows), 4)
    for number, (row, (state, padded, wrapped, more)) in enumerate(zip(rows, draws, strict=True)):
        if state < pending:
            row["MOA"] = "link pending"
            continue
        row["MOA"] = "link " if padded < 0.15 else "link"
        code = {TFM: "TFM", WSO: "WSO"}.get(str(row["SUPPORT TYPE"]), "JEM")
        agency = "".join(c for c in str(row["LAW ENFORCEMENT AGENCY"]) if c.isalnum())
        address = f"https://www.example.org/287gMOA/{agency}_{code}_MOA.pdf"
        if more < 0.06:
            row["ADDENDUM"] = "link"
            row["ADDENDUM address"] = address.replace("_MOA", "_Addendum")
        if wrapped < 0.12:
            address = _wrapped(address)
        elif number % 29 == 0:
            address = address.replace("https:", "http:")
        elif topic == "latest" and number % 97 == 5:
            address = address.replace("https://", "https:/")
        elif topic == "latest" and number % 97 == 7:
            address = f"chrome-extension://invented/{address}"
        row["MOA address"] = address


def _wrapped(address: str) -> str:
    data = quote(f"05|02|{MAILBOX}|simulated|0|0|Unknown", safe="")
    scanner = "https://nam02.safelinks.protection.example.org/"
    return f"{scanner}?url={quote(address, safe='')}&data={data}&reserved=0"


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
