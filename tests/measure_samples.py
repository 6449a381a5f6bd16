"""Files that a release may have beside those it must have, about ten fictional counties."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from coopanalysis.sources.urban import METRIC_FILES
from release_samples import CODES, COUNTIES, LAYOUTS, ROWS, write_manifest
from test_dbase import FIELDS, dbase

YEARS = (2021, 2022)
MEASURES: dict[str, tuple[str, str, str]] = {
    "juvenile": ("urban-juvenile-arrests", "juvenile/juvenile.csv", "2021-2022"),
    "subgroups": ("urban-juvenile-arrests-subgroup", "subgroups/subgroups.csv", "2021-2022"),
    "income": ("urban-income", "income/income.csv", "2021-2022"),
    "jobs": ("urban-employment", "jobs/jobs.csv", "2021-2022"),
    "poor": ("urban-poverty-exposure", "poor/poor.csv", "2021-2022"),
    "degree": ("urban-hs-degree", "degree/degree.csv", "2021-2022"),
    "turnout": ("urban-turnout", "turnout/turnout.csv", "2020"),
    "votes-2024": ("votes-president", "votes-2024/votes.csv", "2024"),
    "land-2019": ("census-counties", "land-2019/land.dbf", "2019"),
    "land-2023": ("census-counties", "land-2023/land.dbf", "2023"),
}
SHARED = CODES[:3]
"""Counties of one survey area."""


def add_measures(demo: Path, only: set[str] | None = None) -> dict[str, int]:
    """Write the files, declare them beside the others, and return the rows of each."""
    wanted = {name: entry for name, entry in MEASURES.items() if only is None or name in only}
    rows = {}
    for name, (layout, path, _) in wanted.items():
        file = demo / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if layout in METRIC_FILES:
            rows[name] = _metric(file, layout, (2020,) if layout == "urban-turnout" else YEARS)
        elif layout == "votes-president":
            rows[name] = _votes(file)
        else:
            rows[name] = _land(file, CODES if name == "land-2019" else CODES[1:])
    write_manifest(demo, {**ROWS, **rows}, {**LAYOUTS, **wanted})
    return rows


def _metric(file: Path, layout: str, years: tuple[int, ...]) -> int:
    content = METRIC_FILES[layout]
    lines = [",".join(content.raw_columns)]
    groups = [("all,All,", 1.0), ("gender,Female,", 0.5)] if content.labels else [("", 1.0)]
    for year in years:
        for at, code in enumerate(CODES):
            for label, part in groups:
                cells = []
                for _ in content.measures:
                    value = part * (0.5 if code in SHARED else 0.5 + at / 100)
                    # Equal to fifteen digits only, as in real files.
                    value = float(np.nextafter(value, 1)) if at == 1 else value
                    numbers = [value, value - 0.1, value + 0.1] if content.bounds else [value]
                    cells += [*map(repr, numbers), "2"]
                if code == CODES[-1]:
                    cells = ["NA"] * len(cells)
                lines.append(f"{year},{code[:2]},{code[2:]},{label}{','.join(cells)}")
    file.write_text("\n".join([*lines, ""]))
    return len(lines) - 1


def _votes(file: Path) -> int:
    head = "state_name,county_fips,county_name,votes_gop,votes_dem,total_votes"
    named = COUNTIES.itertuples(index=False)
    votes = [f"{s},{c},{n},30,60,100" for c, n, s in named if c[:2] == "91"]
    lines = [*votes, "Icemark,02001,District 1,1,1,2"]
    file.write_text("\n".join([head, *lines, ""]))
    return len(lines)


def _land(file: Path, codes: list[str]) -> int:
    fields = [field for field in FIELDS if field[0] not in ("NAMELSAD", "STUSPS")]
    size = "2500000" if len(codes) == len(CODES) else "5000000"
    rows = [(code[:2], code[2:], code, "Some", "06", size, "0") for code in codes]
    file.write_bytes(dbase(rows, fields))
    return len(rows)
