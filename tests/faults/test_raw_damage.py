"""Damaged raw files give the same numbers or a refusal, whatever the damage and the layout.

Each trial puts one damaged file in the place of a sound one of the small release, with a manifest
that declares the SHA-256 of the damaged file: what refuses it are the readers and the checks of
the build alone. With the manifest as it is, every change of a byte is refused; the last test here
holds that. The long form (COOPANALYSIS_TRUST=1, `make trust`) makes more than 3,000 trials of
damages that can be told (see `telling.py`), and prints a table.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from damages import draw_damage
from grids import TABLES, read_grid, write_grid
from telling import can_be_told
from trials import Laboratory

from coopanalysis.catalog.sources import release_sources
from coopanalysis.errors import BuildError
from coopanalysis.panel import build_release
from coopanalysis.panel.verify import check_file
from coopanalysis.sources import READERS

LONG = os.environ.get("COOPANALYSIS_TRUST") == "1"
SEED = os.environ.get("COOPANALYSIS_SEED", "1")
CHUNKS, TRIALS = (45, 115) if LONG else (1, 48)
NOT_IN_DEMO = {
    "agency-crosswalk", "connecticut-tracts", "topojson-later", "urban-hs-degree",
    "urban-juvenile-arrests-subgroup", "urban-poverty-exposure",
}  # fmt: skip
"""Layouts that no file of the demo release has; `test_readers_damage.py` damages these."""


def test_the_small_release_has_every_layout_of_the_demo_release(laboratory: Laboratory) -> None:
    layouts = {one["layout"] for one in laboratory.entries}
    assert layouts == set(READERS) - NOT_IN_DEMO
    assert all(len(laboratory.tables[name]) for name in ("county", "county_year", "agency_year"))


def test_a_table_written_by_the_tests_is_read_as_the_sound_one(laboratory: Laboratory) -> None:
    """So that what a damage changes is the damage, not the way a file was written."""
    for entry in laboratory.entries:
        suffix, sound = Path(entry["path"]).suffix, laboratory.sound[entry["id"]]
        if suffix in TABLES:
            written = write_grid(suffix, read_grid(suffix, sound), sound)
            assert laboratory.try_file(entry, written)[0] == "same"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_damage_gives_the_same_numbers_or_a_refusal(
    laboratory: Laboratory, chunk: int, record_property: Callable[[str, object], None]
) -> None:
    trials = [laboratory.run(chunk * TRIALS + at, SEED) for at in range(TRIALS)]
    for trial in trials:
        told = "can be told" if trial.told else "cannot be told"
        record_property("damage", f"{trial.layout}|{told}|{trial.outcome}")
    failures = [str(trial) for trial in trials if trial.is_failure]
    assert not failures, "\n\n".join(failures)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b",21400\n", b",21401\n", False),
        (b",21400\n", b",2140x\n", True),
        (b",21400\n", b",-21400\n", True),
        (b",21400\n", b",\n", True),
        (b"50001", b"50003", True),
        (b"50003,Ash,300\n", b"", True),
        (b"Ash", b"Esh", False),
        (b"Ash", b"A\x00sh", True),
    ],
)
def test_what_can_be_told(old: bytes, new: bytes, told: bool) -> None:
    rows = [b"50001,Alder,21400", b"50003,Ash,300"]
    rows += [b"%d,Elm %s,%d" % (50005 + 2 * at, bytes([65 + at]), 999 + at) for at in range(12)]
    sound = b"\n".join([b"fips,name,people", *rows, b""])
    assert old in sound
    assert can_be_told(".csv", sound, sound.replace(old, new, 1)) is told


@pytest.mark.parametrize(("layout", "told"), [("ilrc-rubric", False), ("urban-crime", True)])
def test_marks_in_the_wrong_column_cannot_be_told_where_both_may_have_either(
    layout: str, told: bool
) -> None:
    rows = "".join(f"{50001 + 2 * at},{at % 2},0\n" for at in range(9))
    sound, damaged = (
        f"fips,No ICE holds,No ICE alerts\n{rows}",
        f"fips,No ICE alerts,No ICE holds\n{rows}",
    )
    assert can_be_told(".csv", sound.encode(), damaged.encode(), layout) is told


@pytest.mark.parametrize(
    ("layout", "new", "told"),
    [
        ("facility-codes", "AB1,,Ash Jail\n", False),
        ("facility-codes", "AB1,x,Ash Jail\n", True),
        ("facility-codes", "AB1,50001,\n", True),
        ("rural-urban", "AB1,,Ash Jail\n", True),
    ],
)
def test_a_county_that_real_files_leave_blank_cannot_be_told(
    layout: str, new: str, told: bool
) -> None:
    head = "detention_facility_code,county_fips_code,name\n"
    rest = "".join(f"AB{at},{50003 + 2 * at},Elm Jail {at}\n" for at in range(2, 16))
    sound, damaged = f"{head}AB1,50001,Ash Jail\n{rest}", f"{head}{new}{rest}"
    assert can_be_told(".csv", sound.encode(), damaged.encode(), layout) is told


def test_with_the_hash_of_the_manifest_every_damage_is_refused(laboratory: Laboratory) -> None:
    random = Random(SEED)
    for source in release_sources("demo"):
        file, sound = laboratory.demo / source.path, laboratory.sound[source.id]
        for _ in range(20 if LONG else 2):
            file.write_bytes(draw_damage(file.suffix, sound, random)[1])
            try:
                _, failure = check_file(source, "demo")
            finally:
                file.write_bytes(sound)
            assert "is not the file of the manifest: SHA-256" in str(failure)


@pytest.mark.parametrize(
    ("layout", "old", "new", "said"),
    [
        ("urban-income", b"\n2021,", b"\n2011,", "outside of the vintage '2021'"),
        ("urban-population", b"\n20", b"\nx20", "rows cannot be used"),
        ("police-employees", b",2023,", b",2033,", "outside of the vintage '2020-2023, mostly"),
        ("npr-declined", b"2014,", b"2004,", "outside of the vintage '2014-2015'"),
        ("facilities-panel", b"\nFY19,", b"\nFY29,", "outside of the vintage '2016-2019'"),
        ("facilities-panel", b",YV,", b",YX,", "which is not in the list of states"),
        ("facility-codes", b",YV", b",EM", "code is of another state"),
        ("rural-urban", b",9\n", b",\n", "not a number: rural_urban_code"),
        ("cdc-svi", b"Alilan County", b"ilan County", "code is of another county"),
        ("medsl-context", b",4215\n", b",42\n", "1 counties have more noncitizens than residents"),
    ],
)
def test_years_that_the_vintage_does_not_have_and_a_file_without_rows_are_refused(
    laboratory: Laboratory, layout: str, old: bytes, new: bytes, said: str
) -> None:
    entry = next(one for one in laboratory.entries if one["layout"] == layout)
    outcome, message = laboratory.try_file(entry, laboratory.sound[entry["id"]].replace(old, new))
    assert outcome == "refused"
    assert said in message


@pytest.mark.parametrize("day", ["2022-09-20", "2022-10-11", "2023-09-21"])
def test_days_that_the_vintage_does_not_have_are_refused(laboratory: Laboratory, day: str) -> None:
    entry = next(one for one in laboratory.entries if one["layout"] == "facility-headcount")
    sound = laboratory.sound[entry["id"]]
    grid = read_grid(".gz", sound)
    grid[-1][-1] = day
    outcome, message = laboratory.try_file(entry, write_grid(".gz", grid, sound))
    assert outcome == "refused"
    assert f"dates ({day}) outside of the vintage" in message


def test_a_row_of_days_that_went_blank_is_refused_and_a_blank_line_more_changes_nothing(
    laboratory: Laboratory,
) -> None:
    entry = next(one for one in laboratory.entries if one["layout"] == "facility-headcount")
    sound = laboratory.sound[entry["id"]]
    grid = read_grid(".gz", sound)
    more = [*grid[:3], ["", "", ""], *grid[3:]]
    assert laboratory.try_file(entry, write_grid(".gz", more, sound))[0] == "same"
    grid[3] = ["", "", ""]
    assert laboratory.try_file(entry, write_grid(".gz", grid, sound))[0] == "refused"


def test_a_population_file_of_which_no_row_is_left_stops_the_build(laboratory: Laboratory) -> None:
    """Years of Return A find their county list in it, and are built before failures are told."""
    entry = next(one for one in laboratory.entries if one["layout"] == "urban-population")
    file, sound = laboratory.demo / entry["path"], laboratory.sound[entry["id"]]
    file.write_bytes(sound.replace(b"\n20", b"\nx20"))
    try:
        with pytest.raises(BuildError, match="rows cannot be used"):
            build_release("demo")
    finally:
        file.write_bytes(sound)
