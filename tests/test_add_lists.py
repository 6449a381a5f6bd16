"""A list added to a release that is built gives what building all anew gives, and reads no more."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from agreement_samples import row, write_list
from coopanalysis.catalog.corrections import AgencyAlias, Corrections
from coopanalysis.catalog.tables import AGREEMENT_LISTINGS
from coopanalysis.errors import BuildError
from coopanalysis.panel import add_lists, build_release
from coopanalysis.panel.add_lists import list_tables
from coopanalysis.panel.inputs import Inputs
from coopanalysis.panel.record import DATAPACKAGE_FILE, read_build
from coopanalysis.paths import processed_dir

TOWN = row(LAW_ENFORCEMENT_AGENCY="Ash Town Police", TYPE="Municipality", COUNTY="#N/A")
ADDED = {"list-2030-09-30": "2030-09-30", "list-2030-12-31": "2030-12-31"}


def declare(
    raw: Path, name: str, rows: list[dict[str, object]], *, first: bool = False, more: str = ""
) -> Path:
    """Write a list of another day, and declare it at one end of the manifest."""
    file = write_list(raw / f"{name}.xlsx", rows)
    data, manifest = file.read_bytes(), raw / "sources.toml"
    entry = (
        f'[[source]]\nid = "{name}"\nlayout = "ice-287g-series"\npath = "{file.name}"\n'
        f'title = "Simulated"\npublisher = "tests"\nmeasures = "nothing"\nlicence = "MIT"\n'
        f'vintage = "{ADDED[name]}"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
        f"bytes = {len(data)}\nrows = {len(rows)}\n{more}"
    )
    parts = [entry, manifest.read_text()] if first else [manifest.read_text(), entry]
    manifest.write_text("\n".join(parts))
    return file


def tables() -> dict[str, bytes]:
    folder = processed_dir("demo")
    return {file.name: file.read_bytes() for file in folder.glob("*.parquet")} | {
        DATAPACKAGE_FILE: (folder / DATAPACKAGE_FILE).read_bytes()
    }


def build() -> list[str]:
    said: list[str] = []
    build_release("demo", progress=said.append)
    return said


def lists_of(day: pd.Timestamp, name: str) -> pd.DataFrame:
    """A list of two agencies, the later row first."""
    rows = pd.DataFrame({column.name: [pd.NA, pd.NA] for column in AGREEMENT_LISTINGS.columns})
    return rows.assign(
        source=name, list_date=day, list_kind="participating", state_fips="91",
        agency=["Elm Sheriff", "Ash Sheriff"], support_type="task-force", source_row=[3, 2],
    )  # fmt: skip


@pytest.mark.slow
def test_one_by_one_or_all_at_once_is_the_same(built_copy: Callable[..., Path]) -> None:
    raw = built_copy()
    elm = row(LAW_ENFORCEMENT_AGENCY="Elm Sheriff")
    declare(raw, "list-2030-09-30", [row(), TOWN, elm, TOWN])  # one row is there twice
    assert "adding lists" in build()[0]
    declare(raw, "list-2030-12-31", [row(), TOWN, row(STATE="NORTHMRK")], first=True)
    with pytest.raises(BuildError, match="NORTHMRK"):
        build()
    manifest = raw / "sources.toml"
    manifest.write_text(manifest.read_text().split("\n\n", 1)[1])
    twice = row(SIGNED=date(2030, 11, 1))
    declare(raw, "list-2030-12-31", [row(), TOWN, twice, twice], first=True)
    assert "adding lists" in build()[0]
    one_by_one, record = tables(), read_build(processed_dir("demo"))
    shutil.rmtree(processed_dir("demo"))
    assert "reading 14 raw files" in build()[0]
    assert tables() == one_by_one
    assert read_build(processed_dir("demo")) == record
    rejects = pd.read_parquet(processed_dir("demo") / "rejects.parquet")["source"]
    assert rejects.tolist()[0 :: len(rejects) - 1] == ["list-2030-12-31", "list-2030-09-30"]


def test_a_list_that_may_be_absent_is_said_to_be_until_it_is_there(
    built_copy: Callable[..., Path],
) -> None:
    raw = built_copy()
    declare(raw, "list-2030-09-30", [row(), TOWN])
    file = declare(raw, "list-2030-12-31", [row(), TOWN], more="optional = true\n")
    later = file.rename(raw / "later")
    assert "adding lists" in build()[0]
    assert read_build(processed_dir("demo"))["absent"] == ["list-2030-12-31"]
    later.rename(file)
    assert "adding lists" in build()[0]
    assert read_build(processed_dir("demo"))["absent"] == []


def test_rows_of_lists_are_in_the_order_of_their_days() -> None:
    days = {"b": "2031-01-01", "a": "2031-01-15", "c": "2031-01-15"}
    frames = [lists_of(pd.Timestamp(day), name) for name, day in days.items()]
    rows = list_tables(reversed(frames), Inputs())["agreement_listings"]
    assert rows["source"].tolist() == ["b", "b", "a", "a", "c", "c"]
    assert rows["source_row"].tolist() == [2, 3] * 3


def test_an_alias_that_no_longer_fits_the_lists_stops_the_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = [lists_of(pd.Timestamp(day), name) for day, name in (("2031-01-01", "a"),)]
    here = frames[0].iloc[0]
    entry = AgencyAlias(
        here["state_fips"], "Elm PD", here["agency"], "hand-made", ("gone",), ("a",)
    )
    for seen_in, is_stale in (("gone", False), ("a", True)):
        table = Corrections(agency_aliases=(replace(entry, seen_in=(seen_in,)),))
        monkeypatch.setattr(add_lists, "load_corrections", lambda table=table: table)
        if not is_stale:
            assert len(list_tables(frames, Inputs())["agreement_spells"])
            continue
        with pytest.raises(BuildError, match=r"agency_alias 'Elm PD' .*: is stale: a does not"):
            list_tables(frames, Inputs())
    pending = frames[0].assign(source="p", list_kind="pending")
    named = pending.assign(agency="Elm PD")
    for applications, is_stale in ((named, False), (pending, True)):
        table = Corrections(agency_aliases=(replace(entry, seen_in=("p",)),))
        monkeypatch.setattr(add_lists, "load_corrections", lambda table=table: table)
        if not is_stale:
            assert len(list_tables([*frames, applications], Inputs())["agreement_spells"])
            continue
        with pytest.raises(BuildError, match=r"agency_alias 'Elm PD' .*: is stale: p does not"):
            list_tables([*frames, applications], Inputs())


@pytest.mark.slow
@pytest.mark.parametrize("what", ["another file", "the list itself", "its words", "gone"])
def test_whatever_else_changed_all_is_built_anew(
    built_copy: Callable[..., Path], what: str
) -> None:
    raw = built_copy()
    file = declare(raw, "list-2030-09-30", [row(), TOWN])
    build()
    manifest = raw / "sources.toml"
    if what == "another file":
        manifest.write_text(manifest.read_text().replace('"Simulated"', '"Other"', 1))
    elif what == "its words":
        head, _, tail = manifest.read_text().rpartition('"tests"')
        manifest.write_text(f'{head}"others"{tail}')
    elif what == "the list itself":
        text = manifest.read_text().replace(hashlib.sha256(file.read_bytes()).hexdigest(), "{}")
        write_list(file, [row(SIGNED=date(2030, 2, 2)), TOWN])
        data = file.read_bytes()
        text = text.replace("{}", hashlib.sha256(data).hexdigest())
        head, _, tail = text.rpartition("bytes = ")
        manifest.write_text(f"{head}bytes = {len(data)}\n{tail.split(chr(10), 1)[1]}")
    else:
        manifest.write_text(manifest.read_text().split('\n\n[[source]]\nid = "list-2030-09')[0])
    declare(raw, "list-2030-12-31", [row(), TOWN])
    assert "raw files" in build()[0]
    lists = pd.read_parquet(processed_dir("demo") / "agreement_listings.parquet")["source"]
    assert ("list-2030-09-30" in set(lists)) == (what != "gone")
    told = {one["id"]: one["publisher"] for one in read_build(processed_dir("demo"))["inputs"]}
    assert (told.get("list-2030-09-30") == "others") == (what == "its words")
