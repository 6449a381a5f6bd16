"""A project like this one whose results all differ: fewer counties and rows, other amounts."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from coopanalysis import paths
from coopanalysis.filehash import hash_memory
from coopanalysis.seal import sealed
from tools.check_pages.project_copy import copy_project

SHARE_LEFT_OUT, STATES_LEFT_OUT = 1 / 4, 1 / 10
FLAT_CHANGE = (0.85, 0.98)
LISTS = ("county.parquet", "county_year.parquet")
"""Tables that together have every county code: lists of counties differ by year."""
LISTED_ACTS = "state_laws"
_COUNTS = {"rows_in": 20, "rows_kept": 17, "rows_rejected": 3}
_OTHER_COUNTS = 7


def write_perturbed_project(
    folder: Path, release: str, seed: int, keep: Collection[str] = ()
) -> set[str]:
    """Write a project of notebooks, reference files and the tables of a release, perturbed.

    One state in ten, one county in four of the other states and one row in four without a county
    are left out, but no county to keep, which a report is about; every amount is scaled by a factor
    of its own, so that a number computed from the results comes out differently. Codes, names,
    years, dates and 0/1 values stay. A state that is not left out keeps at least one county. The
    same seed gives the same project. Gives the codes of the states that are left out.
    """
    source = paths.processed_dir(release)
    copy_project(folder)
    generator = np.random.default_rng(seed)
    target = folder / "data" / "processed" / release
    target.mkdir(parents=True)
    states, left_out = _left_out(source, generator, keep)
    for file in sorted(source.glob("*.parquet")):
        table = _perturb(pd.read_parquet(file), left_out, generator)
        table.to_parquet(target / file.name)
    record = _perturb_record(json.loads((source / "build.json").read_text(encoding="utf-8")))
    for output in record.get("outputs", []):
        output["sha256"] = hash_memory().sha256(target / output["file"])
    (target / "build.json").write_text(json.dumps(sealed(record)), encoding="utf-8")
    _perturb_reference(folder / "data" / "raw" / "reference", generator)
    return states


def _left_out(
    source: Path, generator: np.random.Generator, keep: Collection[str]
) -> tuple[set[str], set[str]]:
    """Draw the states to leave out, and the counties: all of these states, some of the others."""
    listed = [pd.read_parquet(source / n, columns=["county_fips"])["county_fips"] for n in LISTS]
    counties = pd.Series(sorted(set(pd.concat(listed))))
    states = counties.str[:2]
    every = sorted(set(states) - {code[:2] for code in keep})
    gone = generator.choice(every, max(1, round(len(every) * STATES_LEFT_OUT)), replace=False)
    drawn = generator.random(len(counties)) < SHARE_LEFT_OUT
    drawn &= states.duplicated() & ~counties.isin(keep)
    return set(gone.tolist()), set(counties[states.isin(gone) | drawn])


def _perturb(
    table: pd.DataFrame, left_out: set[str], generator: np.random.Generator
) -> pd.DataFrame:
    """Leave out rows, and scale each amount."""
    codes = table["county_fips"] if "county_fips" in table else pd.Series(pd.NA, table.index)
    drawn = pd.Series(generator.random(len(table)) < SHARE_LEFT_OUT, table.index)
    kept = table[~codes.isin(left_out) & ~(codes.isna() & drawn)].reset_index(drop=True)
    return kept.assign(**{str(n): _scale(kept[n], generator) for n in kept if _is_amount(kept[n])})


def _is_amount(values: pd.Series) -> bool:
    """Tell amounts from codes and flags: more values than a score has, and no years or months."""
    if not types.is_numeric_dtype(values) or types.is_bool_dtype(values):
        return False
    name = str(values.name)
    if name.endswith(("year", "vintage", "_month", "_row", "_score", "quality")):
        return False
    return types.is_float_dtype(values) or values.nunique() > 12


def _scale(values: pd.Series, generator: np.random.Generator) -> pd.Series:
    factors = generator.uniform(*FLAT_CHANGE, len(values))
    scaled = values.astype("Float64") * factors
    if types.is_integer_dtype(values):
        scaled = scaled.round()
    return scaled.astype(values.dtype)


def _perturb_record(value: Any, key: str = "") -> Any:
    """Change the counts in the record of a build, so that rows in still are kept and rejected."""
    if isinstance(value, dict):
        return {name: _perturb_record(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_perturb_record(one, key) for one in value]
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    is_count = value >= 100 and not 1900 <= value <= 2100
    return value + _COUNTS.get(key, _OTHER_COUNTS if is_count else 0)


NAMING_COUNTIES = {
    "rulings.csv": "binds_county_fips",
    "federal_list_2025.csv": "county_fips",
}


def _perturb_reference(folder: Path, generator: np.random.Generator) -> None:
    """Perturb the real facts that some reports are made from."""
    counties = pd.read_csv(
        folder / "county_acs_2019.csv", dtype={"county_fips": str, "state_fips": str}
    )
    named = pd.concat(
        pd.read_csv(folder / name, dtype=str)[column].dropna().str.split(";").explode()
        for name, column in NAMING_COUNTIES.items()
    )  # what other tables of facts name stays, or these would be refused
    stays = generator.random(len(counties)) >= SHARE_LEFT_OUT
    counties = counties[stays | counties["county_fips"].isin(named)]
    amounts = [name for name in counties.columns if _is_amount(counties[name])]
    for name in amounts:
        counties[name] = _scale(counties[name], generator).round(2)
    counties.to_csv(folder / "county_acs_2019.csv", index=False)
    laws = pd.read_csv(folder / f"{LISTED_ACTS}.csv", dtype=str, keep_default_na=False)
    laws = laws[generator.random(len(laws)) >= SHARE_LEFT_OUT]
    laws.to_csv(folder / f"{LISTED_ACTS}.csv", index=False)
