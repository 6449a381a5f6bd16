"""A whole release about a fictional country of ten counties, in the layouts of the real one."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pandas as pd

from agreement_samples import COUNTIES, STATES, row, write_list
from coopanalysis.vocabulary import PRACTICES

CODES = COUNTIES["county_fips"].tolist()
ROWS = {
    "list-2030": 3,
    "list-2031": 4,
    "pending-2031": 1,
    "secure": 10,
    "crime": 11,
    "people": 21,
    "race": 10,
    "acs": 11,
    "votes": 11,
    "names": 10,
    "shapes": 10,
    "states": 2,
}
LAYOUTS = {
    "list-2030": ("ice-287g", "list-2030/participatingAgencies06302030.xlsx", "2030-06-30"),
    "list-2031": ("ice-287g", "list-2031/participatingAgencies05182031.xlsx", "2031-05-18"),
    "pending-2031": ("ice-287g", "pending-2031/pendingAgencies05172031.xlsx", "2031-05-17"),
    "secure": ("secure-communities", "secure/activation.dta", "2008-2013"),
    "crime": ("urban-crime", "crime/crime.csv", "2021-2022"),
    "people": ("urban-population", "people/people.csv", "2021-2022"),
    "race": ("urban-race-ethnicity", "race/race.csv", "2021"),
    "acs": ("acs-wide", "acs/acs.csv", "2013-2017"),
    "votes": ("votes-president", "votes/votes.csv", "2020"),
    "names": ("county-names", "names/names.csv", "2021"),
    "shapes": ("topojson", "shapes/shapes.json", "planar"),
    "states": ("state-list", "../reference/states.csv", "2021"),
}


def write_release(home: Path, *, rubric: bool = False) -> Path:
    """Write a project folder whose demo release is about ten fictional counties."""
    (home / "notebooks").mkdir(parents=True)
    (home / "notebooks" / "reports.toml").write_text("")
    demo = home / "data" / "raw" / "demo"
    for _, path, _ in LAYOUTS.values():
        (demo / path).resolve().parent.mkdir(parents=True, exist_ok=True)
    (demo / "../reference/corrections.toml").resolve().write_text("")
    STATES.to_csv((demo / "../reference/states.csv").resolve(), index=False)
    _write_lists(demo)
    _write_counties(demo)
    _write_shapes(demo / LAYOUTS["shapes"][1])
    rows = dict(ROWS)
    layouts = dict(LAYOUTS)
    if rubric:
        layouts["rubric"] = ("ilrc-rubric", "rubric/rubric.csv", "2016")
        rows["rubric"] = _write_rubric(demo / "rubric" / "rubric.csv")
    write_manifest(demo, rows, layouts)
    return demo


def write_manifest(
    demo: Path, rows: dict[str, int] = ROWS, layouts: dict[str, tuple[str, str, str]] = LAYOUTS
) -> None:
    """Declare the files as they are now."""
    entries = []
    for identifier, (layout, path, vintage) in layouts.items():
        data = (demo / path).resolve().read_bytes()
        entries.append(
            f'[[source]]\nid = "{identifier}"\nlayout = "{layout}"\npath = "{path}"\n'
            f'title = "Simulated"\npublisher = "tests"\nmeasures = "nothing"\nlicence = "MIT"\n'
            f'vintage = "{vintage}"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
            f"bytes = {len(data)}\nrows = {rows[identifier]}\n"
        )
    (demo / "sources.toml").write_text("\n".join(entries))


def edit(file: Path, old: str, new: str) -> None:
    """Put one text in place of another in a text file, once."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def _write_lists(demo: Path) -> None:
    orla = {"LAW ENFORCEMENT AGENCY": "Saint Orla Sheriff", "COUNTY": "Saint Orla County"}
    town = {"LAW ENFORCEMENT AGENCY": "Ash Town Police", "TYPE": "Municipality"}
    write_list(
        demo / LAYOUTS["list-2030"][1],
        [row(), row(SUPPORT_TYPE="Jail Enforcement Model"), row(**_cells(town, COUNTY="#N/A"))],
    )
    write_list(
        demo / LAYOUTS["list-2031"][1],
        [
            row(SIGNED=date(2030, 8, 1)),
            row(**_cells(orla, SIGNED=date(2030, 9, 1))),
            row(**_cells(orla, SUPPORT_TYPE="Warrant Service Officer ", SIGNED=date(2030, 7, 5))),
            row(**_cells(town, COUNTY="Birch County")),
        ],
    )
    pending = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE"]
    write_list(
        demo / LAYOUTS["pending-2031"][1],
        [row(STATE="SOUTH VALE", COUNTY="Port City")],
        pending,
    )


def _cells(cells: dict[str, str], **more: object) -> dict[str, object]:
    return {name.replace(" ", "_"): value for name, value in {**cells, **more}.items()}


def _write_counties(demo: Path) -> None:
    named = [(code, name, state) for code, name, state in COUNTIES.itertuples(index=False)]
    _csv(
        demo / LAYOUTS["names"][1],
        ["fips,name,name2", *(f'{c},"{n}, {s}","{n}, {s}"' for c, n, s in named)],
    )
    people = [f"{year},{c[:2]},{c[2:]},{s},{n},{1000 + int(c[2:])}"
              for year in (2021, 2022) for c, n, s in named]  # fmt: skip
    people.append("2022,92,901,South Vale,Newly Made County,77")
    _csv(
        demo / LAYOUTS["people"][1],
        ["year,state,county,state_name,county_name,population", *people],
    )
    crime = [f"2021,{c[:2]},{c[2:]},{'NA,NA,NA,NA' if c == '91009' else '120.5,340.25,2,2'}"
             for c in CODES]  # fmt: skip
    _csv(
        demo / LAYOUTS["crime"][1],
        [
            "year,state,county,rate_crime_violent,rate_crime_property,"
            "rate_crime_violent_quality,rate_crime_property_quality",
            *crime,
            "2022,92,901,10,20,3,3",
        ],
    )
    group = "share_desc_rep_"
    _csv(
        demo / LAYOUTS["race"][1],
        [
            f"year,state,county,{group}other,{group}black_nonhispanic,{group}hispanic,"
            f"{group}white_nonhispanic",
            *(f"2021,{c[:2]},{c[2:]},0.1,0.2,0.3,0.4" for c in CODES),
        ],
    )
    _write_acs(demo / LAYOUTS["acs"][1], named)
    _csv(
        demo / LAYOUTS["votes"][1],
        [
            "state_name,county_fips,county_name,votes_gop,votes_dem,total_votes",
            *(f"{s},{c},{n},60,30,100" for c, n, s in named[:-1]),
            "Icemark,02901,District 1,5,5,10",
            "Icemark,02902,District 2,5,5,10",
        ],
    )
    activation = pd.DataFrame(
        {
            "countyname": [n.upper() for _, n, _ in named],
            "countyfips": [int(c) for c in CODES],
            "state": ["NK" if c[:2] == "91" else "SV" for c in CODES],
            "statefips": [int(c[:2]) for c in CODES],
            "activation_month": [3.0] * 9 + [float("nan")],
            "activation_year": [2010.0] * 9 + [float("nan")],
            "l": "",
        }
    )
    activation.to_stata(demo / LAYOUTS["secure"][1], write_index=False, version=118)


def _write_acs(file: Path, named: list[tuple[str, str, str]]) -> None:
    columns = (
        "CountyId,State,County,TotalPop,Hispanic,White,Black,Native,Asian,Pacific,"
        "VotingAgeCitizen,Income,IncomeErr,IncomePerCap,Poverty,ChildPoverty,Employed,Unemployment"
    )
    values = "1000,30.0,40.0,20.0,5.0,5.0,0.0,700,50000,900,25000,14.5,,480,5.5"
    named = [*named, ("92999", "Former County", "South Vale")]
    _csv(file, [columns, *(f"{c},{s},{n},{values}" for c, n, s in named)], end="\r\n")


def _csv(file: Path, lines: list[str], end: str = "\n") -> None:
    file.write_bytes(end.join([*lines, ""]).encode())


def _write_shapes(file: Path) -> None:
    """Ten squares in a row; neighbours share an arc, used forwards and backwards."""
    count = len(CODES)
    arcs: list[list[list[int]]] = [[[at, 0], [0, 1]] for at in range(count + 1)]
    caps = [[[at, 1], [1, 0]] for at in range(count)]
    feet = [[[at, 0], [1, 0]] for at in range(count)]
    first_cap, first_foot = count + 1, 2 * count + 1
    geometries = [
        {
            "type": "Polygon",
            "id": code,
            "properties": {"name": "square"},
            "arcs": [[at, first_cap + at, ~(at + 1), ~(first_foot + at)]],
        }
        for at, code in enumerate(CODES)
    ]
    document = {
        "type": "Topology",
        "crs_note": "planar",
        "transform": {"scale": [10.0, 10.0], "translate": [5.0, 0.0]},
        "objects": {"counties": {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": arcs + caps + feet,
    }
    file.write_text(json.dumps(document))


def _write_rubric(file: Path) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    header = ["GEOID FIPS", "County", "State", "Jurisdiction", "Jail or Prison City"]
    header += [practice.ilrc_column for practice in PRACTICES] + ["ILRC Total"]
    places = COUNTIES.iloc[:-1].itertuples(index=False)
    rows = [[code, name, state, "", "", *"0000001", "1"] for code, name, state in places]
    rows[0][-1] = "31"
    rows.append(list(rows[3]))
    _csv(file, [",".join(header), *(",".join(cells) for cells in rows)])
    return len(rows)
