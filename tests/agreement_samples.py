"""Hand-written lists about a fictional country, in the layouts of the ICE lists and the rubric."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
from openpyxl import Workbook

from coopanalysis.catalog.corrections import Corrections
from coopanalysis.clean.agreements import clean_agreements
from coopanalysis.sources import Reading, read_agreements

STATES = pd.DataFrame(
    {
        "state_fips": ["91", "92"],
        "state_abbr": ["NK", "SV"],
        "state": ["Northmark", "South Vale"],
        "kind": ["state", "state"],
    },
    dtype="str",
)
COUNTIES = pd.DataFrame(
    [
        ("91001", "Ash County", "Northmark"),
        ("91003", "St. Orla County", "Northmark"),
        ("91005", "O'Dell Parish", "Northmark"),
        ("91007", "Doña Elm County", "Northmark"),
        ("91009", "Birch County", "Northmark"),
        ("91510", "Birch city", "Northmark"),
        ("91520", "Larch city", "Northmark"),
        ("92001", "Ash County", "South Vale"),
        ("92003", "Port City County", "South Vale"),
        ("92005", "La Fern Census Area", "South Vale"),
    ],
    columns=["county_fips", "county", "state"],
).astype("str")

HEADER = [
    "STATE",
    "LAW ENFORCEMENT AGENCY",
    "TYPE",
    "COUNTY",
    "SUPPORT TYPE",
    "SIGNED",
    "MOA",
    "ADDENDUM",
]
LIST_DATE = date(2030, 6, 30)


def row(**changes: object) -> dict[str, object]:
    """A sound row of a list, with some cells changed."""
    sound: dict[str, object] = {
        "STATE": "NORTHMARK",
        "LAW ENFORCEMENT AGENCY": "Ash County Sheriff's Office",
        "TYPE": "County",
        "COUNTY": "Ash County",
        "SUPPORT TYPE": "Task Force Model",
        "SIGNED": date(2030, 1, 2),
    }
    return {**sound, **{name.replace("_", " "): value for name, value in changes.items()}}


def write_list(
    path: Path,
    rows: Sequence[Mapping[str, object]],
    header: Sequence[str | None] = HEADER,
    links: Mapping[str, str] | None = None,
) -> Path:
    """Write a workbook with a header, rows, and link targets by cell name."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    sheet.append(list(header))
    for cells in rows:
        sheet.append([cells.get(name) if name else None for name in header])
    for cell, target in (links or {}).items():
        sheet[cell].hyperlink = target
    book.save(path)
    return path


def clean_list(
    path: Path,
    rows: Sequence[Mapping[str, object]],
    corrections: Corrections | None = None,
    list_date: date = LIST_DATE,
) -> Reading:
    """Write, read and clean a list."""
    reading = read_agreements(write_list(path, rows), "a-list")
    return clean_agreements(reading, COUNTIES, STATES, corrections or Corrections(), list_date)


def set_saved_day(path: Path, day: date) -> Path:
    """Let a workbook say that it was last saved on a day."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    core = parts["docProps/core.xml"].decode()
    parts["docProps/core.xml"] = re.sub(
        r"(<dcterms:modified[^>]*>)[^<]*", rf"\g<1>{day}T12:00:00Z", core
    ).encode()
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return path
