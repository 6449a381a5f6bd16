"""Records of reports and a small release, of fictional places, for the tests of the site."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

NAMES = ("Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gum", "Hazel", "Ivy", "Juniper")


def record(number: int, release: str = "public", status: str = "built") -> dict[str, Any]:
    """Record of a report as a run leaves it."""
    return {
        "id": f"r{number}",
        "slug": f"r{number}",
        "title": f"Report {number} <b>",
        "description": "About sheriffs" if number % 2 else "About jails",
        "topic": "Policy" if number % 2 else "Crime",
        "release": release,
        "order": -number,
        "status": status,
        "html": f"r{number}.html" if status == "built" else "",
        "notebook": f"r{number}.ipynb",
        "headline": f"{number} of 9 counties." if status == "built" else "",
        "data_as_of": "15 July 2025",
        "finished": "2026-01-02T03:04:05Z",
        "seconds": 3.0,
        "parameters": {"release": release},
        "error": "cell 3: KeyError\nCell In[3]" if status == "failed" else "",
    }


def write_records(folder: Path, *records: dict[str, Any]) -> None:
    """Write records where a run would."""
    for entry in records:
        target = folder / str(entry["release"])
        target.mkdir(parents=True, exist_ok=True)
        if entry["status"] == "built":
            page = entry.get("page", "<p>A page.</p>")
            (target / str(entry["html"])).write_text(page, encoding="utf-8")
            entry["page_sha256"] = hashlib.sha256(page.encode()).hexdigest()
        (target / f"{entry['slug']}.json").write_text(json.dumps(entry), encoding="utf-8")


def write_tables(project: Path, states: int = 2, counties: int = 3) -> None:
    """Write the tables of a release that the site reads, into a project folder."""
    folder = project / "data" / "processed" / "public"
    folder.mkdir(parents=True)
    build = {
        "agreement_lists": [
            {"source": day, "list_date": day, "list_kind": "participating"}
            for day in ("2025-07-15", "2026-05-18")
        ],
        "inputs": [
            {
                "id": "lists",
                "layout": "ice-287g",
                "title": "Lists",
                "publisher": "Fictional Bureau",
                "vintage": "2025-07-15",
            },
        ],
    }
    (folder / "build.json").write_text(json.dumps(build), encoding="utf-8")
    _counties(states, counties).to_parquet(folder / "county.parquet")
    _agreements().to_parquet(folder / "agreements.parquet")
    _spells().to_parquet(folder / "agreement_spells.parquet")
    _agencies().to_parquet(folder / "agency_year.parquet")
    _facilities().to_parquet(folder / "detention_facility.parquet")
    _years().to_parquet(folder / "county_year.parquet")


def _counties(states: int, counties: int) -> pd.DataFrame:
    few = states == 2
    rows = []
    for number in range(counties):
        place, state = divmod(number, states)
        code = f"{(60 if few else 10) + state}"
        word = NAMES[number % len(NAMES)]
        rows.append(
            {
                "county_fips": f"{code}{2 * place + 1:03d}",
                "county": f"{word} County" if number % 7 else f"{word} Parish",
                "state_fips": code,
                "state_abbr": f"X{state}",
                "state": ("Ardenia", "Belmora")[state] if few else f"State {state}",
                "population_count": 1_000 * (number + 1),
                "agreement_first_list": int(number == 0),
                "agreement_latest_list": int(number == 0),
                "agreement_287g": None,  # no rubric
            }
        )
    return pd.DataFrame(rows)


def _agencies() -> pd.DataFrame:
    """Two cities, the larger of them in the second county, and a sheriff, who is no city."""
    return pd.DataFrame(
        {
            "agency": ["PORT VALE", "NEW ASH", "ASH"],
            "county_fips": ["60001", "60003", "60001"],
            "population_group": ["4", "1C", "9B"],
            "population_covered": [20_000.0, 600_000.0, 5_000.0],
            "county_part_share": [1.0, 0.9, 1.0],
        }
    )


def _facilities() -> pd.DataFrame:
    """A place of detention in a city with police, and one in a town without, of one county."""
    return pd.DataFrame({"county_fips": "60001", "city": ["PORT VALE", "ELM VALE,"]})


def _years() -> pd.DataFrame:
    """A county of the base list, and one that only the lists of later years have."""
    return pd.DataFrame(
        {
            "county_fips": ["60001", "60901", "60901"],
            "year": [2021, 2022, 2023],
            "population_count": [1_000, 7_000, 8_000],
        }
    )


def _agreements() -> pd.DataFrame:
    days = [pd.Timestamp("2025-07-15")] * 2 + [pd.Timestamp("2026-05-18")] * 2
    return pd.DataFrame(
        {
            "source": [f"{day:%Y-%m-%d}" for day in days],
            "list_date": days,
            "list_kind": "participating",
            "state_fips": ["60", "60", "60", "61"],
            "county_fips": ["60001", "60003", "60001", "61001"],
            "agency": ["Ash Sheriff", "Birch Sheriff", "Ash Sheriff", "Cedar Sheriff"],
            "agency_type": "county",
            "support_type": "task-force",
            "signed_date": days,
            "source_row": [2, 3, 2, 3],
        }
    )


def _spells() -> pd.DataFrame:
    """One agreement on both lists, one on each alone, and one that came and went between them."""
    first, between, last = map(pd.Timestamp, ("2025-07-15", "2025-12-01", "2026-05-18"))
    return pd.DataFrame(
        {
            "state_fips": ["60", "60", "61", "61"],
            "county_fips": ["60001", "60003", "61001", None],
            "looked_up_county_fips": [None, None, None, "61001"],
            "agency": ["Ash Sheriff", "Birch Sheriff", "Cedar Sheriff", "Dogwood Place Police"],
            "agency_type": ["county", "county", "county", "municipality"],
            "support_type": "task-force",
            "first_listed": [first, first, last, between],
            "last_listed": [last, first, last, between],
            "first_without": [pd.NaT, between, pd.NaT, last],
            "status": ["listed", "left", "listed", "left"],
        }
    )
