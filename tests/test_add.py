"""A new file is taken into a release as it is, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from agreement_samples import HEADER, row, set_saved_day, write_list
from coopanalysis import cli
from coopanalysis.catalog.sources import read_manifest, release_sources, with_entry
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel import add, add_file, build_release, examine_file, load_release
from coopanalysis.panel.examine import find_layout, list_day
from coopanalysis.paths import HOME_VARIABLE, processed_dir, reference_dir
from release_samples import CODES

Home = Callable[..., Path]
SIGNED = date(2031, 7, 20)
LATE = [
    row(SIGNED=date(2030, 8, 1)),
    row(LAW_ENFORCEMENT_AGENCY="Saint Orla Sheriff", COUNTY="Saint Orla County",
        SIGNED=date(2030, 9, 1)),
    row(LAW_ENFORCEMENT_AGENCY="Orla Wardens", COUNTY="Saint Orla County",
        SUPPORT_TYPE="Warrant Service Officer ", SIGNED=date(2030, 7, 5)),
    row(LAW_ENFORCEMENT_AGENCY="Elm Sheriff", COUNTY="Doña Elm", SIGNED=SIGNED),
    row(LAW_ENFORCEMENT_AGENCY="Fern Sheriff", COUNTY="Old Fern", SIGNED=SIGNED),
]  # fmt: skip
PENDING = list(HEADER[:5])
EARLY = ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"]
TYPED = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "SUPPORT TYPE", "SIGNED", "MOA"]


def state_of(raw: Path) -> dict[str, str]:
    """Hash of each file of the release, of its tables and of the reference tables."""
    data = raw.parents[1]
    return {
        str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(data.rglob("*"))
        if path.is_file() and path.name != ".hashes" and ".trial." not in str(path)
    }


def newest(folder: Path, rows: list[dict[str, object]] = LATE, name: str = "") -> Path:
    path = folder / (name or "participatingAgencies08012031am.xlsx")
    return set_saved_day(write_list(path, rows), date(2031, 8, 1))


def early(path: Path, header: list[str], day: date) -> Path:
    rows = [row(SIGNED=date(day.year - 4, 1, 2)), row(LAW_ENFORCEMENT_AGENCY="Ash Jail",
            SIGNED=date(day.year - 4, 1, 2))]  # fmt: skip
    return set_saved_day(write_list(path, rows, header), date(2033, 4, 17))


@pytest.mark.slow
def test_a_new_list_is_told_compared_and_built(built_copy: Home, tmp_path: Path) -> None:
    raw = built_copy()
    addition = examine_file(newest(tmp_path), "demo")
    text = "\n".join(addition.lines)
    assert "an ICE list of participating agencies, with TYPE and COUNTY, of 2031-08-01" in text
    assert "Against list-2031: 2 added, 1 gone, 0 gone, or under a new name, 1 renamed" in text
    assert "renamed: Saint Orla Sheriff, now Orla Wardens, Northmark (warrant service" in text
    assert "added: Elm Sheriff, Northmark (task force model)" in text
    assert "gone: Ash Town Police, Northmark" in text
    before = state_of(raw)
    add_file(addition)
    release = load_release("demo")
    county, rows = release.county, release.agreements
    days = rows.loc[rows["list_kind"] == "participating", "list_date"]
    assert {f"{day:%Y-%m-%d}" for day in days} == {"2030-06-30", "2031-08-01"}
    assert text.count("becomes a list between the first and the latest.") == 1
    assert "list-2031 becomes a list between the first and the latest." in addition.lines
    assert (release.agreement_spells["last_listed"] == "2031-05-18").any()
    on_list = county["agreement_latest_list"].sum()
    assert f"counties with an agency of the county: 2 before, {on_list} after" in text
    assert f"counties without: {len(CODES) - 2} before, {len(CODES) - on_list} after" in text
    assert "agreements: 4 before, 5 after" in text
    after = state_of(raw)
    new = f"raw/demo/{addition.source.path}"
    assert set(after) - set(before) == {new}
    assert after[new] == hashlib.sha256(addition.file.read_bytes()).hexdigest()
    assert {name for name in before if before[name] != after[name]} <= {
        name for name in before if name.startswith("processed/") or name == "raw/demo/sources.toml"
    }
    assert cli.main(["data", "check"]) == 0


@pytest.mark.slow
def test_lines_for_an_unmatched_agency_can_be_filled_in(built_copy: Home, tmp_path: Path) -> None:
    built_copy()
    text = "\n".join(examine_file(newest(tmp_path), "demo").lines)
    assert "1 rows match no county" in text
    entry = text[text.index("[[county_alias]]") :].partition("\n\n")[0]
    assert 'agency = "Fern Sheriff"' in entry
    filled = entry.replace('county_fips = ""', 'county_fips = "91009"')
    filled = filled.replace('reason = ""', 'reason = "The county was called so."')
    (reference_dir() / "corrections.toml").write_text(filled, encoding="utf-8")
    addition = examine_file(newest(tmp_path), "demo")
    assert "match no county" not in "\n".join(addition.lines)
    add_file(addition)
    county = load_release("demo").county.set_index("county_fips")
    assert county.loc["91009", "agreement_latest_list"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "header", "day", "told"),
    [
        ("ParticipatingEntities-20240330023938.xlsx", EARLY, date(2024, 3, 30), "without TYPE"),
        ("participatingAgencies-20250309153626.xlsx", TYPED, date(2025, 3, 9), "with TYPE, of"),
    ],
)
def test_lists_of_early_layouts_lengthen_the_record(
    built_copy: Home, tmp_path: Path, name: str, header: list[str], day: date, told: str
) -> None:
    built_copy()
    file = early(tmp_path / name, header, day)
    with pytest.raises(DataError, match=f"its day is not sure.*{day}.*--list-date"):
        examine_file(file, "demo")
    addition = examine_file(file, "demo", list_date=str(day))
    assert told in addition.lines[0]
    assert (addition.source.layout, addition.source.vintage) == ("ice-287g-series", str(day))
    latest = load_release("demo").county["agreement_latest_list"]
    add_file(addition)
    release = load_release("demo")
    assert release.county["agreement_latest_list"].equals(latest)
    assert release.agreement_spells["first_listed"].min().date() == day


def test_a_list_between_two_is_held_against_the_one_before_it(
    built_copy: Home, tmp_path: Path
) -> None:
    built_copy()
    file = set_saved_day(write_list(tmp_path / "d10012030.xlsx", [row()]), date(2030, 10, 1))
    addition = examine_file(file, "demo")
    assert (addition.source.layout, addition.source.vintage) == ("ice-287g-series", "2030-10-01")
    text = "\n".join(addition.lines)
    assert "Against list-2030: 0 added, 2 gone" in text
    assert "The latest list stays what it is" in text


@pytest.mark.slow
def test_a_pending_list_stands_beside_the_others(built_copy: Home, tmp_path: Path) -> None:
    built_copy()
    path = write_list(tmp_path / "pendingAgencies07302031pm.xlsx", [row()], PENDING)
    addition = examine_file(set_saved_day(path, date(2031, 7, 31)), "demo")
    assert "an ICE list of pending agencies" in addition.lines[0]
    assert "Against pending-2031: 1 added, 1 gone" in "\n".join(addition.lines)
    add_file(addition)
    agreements = load_release("demo").agreements
    assert (agreements["list_date"] == "2031-07-30").sum() == 1


def test_the_web_table_as_text_is_a_list_too(tmp_path: Path) -> None:
    text = "STATE,LAW ENFORCEMENT AGENCY,SUPPORT TYPE,SIGNED,MOA\n"
    text += "NORTHMARK,Ash Sheriff,Jail Enforcement Model,1/2/2020,link\n"
    (tmp_path / "table.csv").write_text(text)
    assert find_layout(tmp_path / "table.csv") == "ice-287g"


def test_the_name_of_a_file_tells_neither_layout_nor_day(built_copy: Home, tmp_path: Path) -> None:
    built_copy()
    crime = release_sources("demo")
    path = next(one for one in crime if one.layout == "urban-crime").path
    shutil.copy(processed_dir("demo").parents[1] / "raw" / "demo" / path, tmp_path / "list.xlsx")
    assert find_layout(tmp_path / "list.xlsx") == "urban-crime"
    wrong = newest(tmp_path, name="participatingAgencies12012031am.xlsx")
    with pytest.raises(DataError, match="name says 2031-12-01.*saved on 2031-08-01.*2031-07-20"):
        examine_file(wrong, "demo")


@pytest.mark.parametrize(
    ("name", "saved", "signed", "day"),
    [
        ("a08262025pm.xlsx", date(2025, 8, 18), date(2025, 8, 7), date(2025, 8, 26)),
        ("a-20250309153626.xlsx", date(2025, 3, 7), date(2025, 3, 5), date(2025, 3, 9)),
        ("a04212025am.xlsx", date(2025, 3, 6), date(2025, 3, 5), None),
        ("a01132025am.xlsx", date(2026, 1, 13), date(2026, 1, 8), None),
        ("a08012031.xlsx", date(2033, 1, 1), date(2031, 7, 20), date(2031, 8, 1)),
        ("a08012031.csv", None, date(2031, 7, 20), date(2031, 8, 1)),
        ("a08012031.csv", None, date(2027, 7, 20), None),
        ("a08012031.csv", None, None, None),
        ("list.xlsx", date(2031, 8, 1), date(2031, 7, 20), date(2031, 8, 1)),
        ("list.xlsx", date(2031, 8, 1), None, None),
    ],
)
def test_the_day_of_a_list(
    name: str, saved: date | None, signed: date | None, day: date | None
) -> None:
    if day:
        assert list_day(name, saved, signed)[0] == day
        return
    with pytest.raises(DataError, match="its day is not sure"):
        list_day(name, saved, signed)


def test_what_is_refused_leaves_the_release_as_it_was(
    built_copy: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = built_copy()
    before = state_of(raw)
    (tmp_path / "old.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096))
    new_column = write_list(tmp_path / "new.xlsx", [row()], [*HEADER, "FUNDING"])
    same_day = set_saved_day(
        write_list(tmp_path / "b05182031.xlsx", [row(SIGNED=date(2031, 5, 1))]), date(2031, 5, 18)
    )
    bad_cells = newest(tmp_path, [*LATE, row(STATE="ATLANTIS")], "c08012031.xlsx")
    own = raw / "list-2031" / "participatingAgencies05182031.xlsx"
    for file, said in (
        (tmp_path / "old.xls", "is of none of the"),
        (new_column, "has new columns ['FUNDING']"),
        (same_day, "has a list of participating agencies of 2031-05-18 already, list-2031"),
        (bad_cells, "not a state: 'ATLANTIS'"),
        (own, "is in release 'demo' already, as list-2031"),
        (tmp_path / "absent.xlsx", "is no file that is there"),
    ):
        assert cli.main(["data", "add", str(file), "--release", "demo", "--yes"]) == 1
        assert said in capsys.readouterr().err
    assert state_of(raw) == before


def test_on_no_nothing_is_changed(
    built_copy: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raw = built_copy()
    before = state_of(raw)
    monkeypatch.setattr("typer.confirm", lambda _: False)
    assert cli.main(["data", "add", str(newest(tmp_path)), "--release", "demo"]) == 1
    assert "Nothing was changed." in capsys.readouterr().out
    assert state_of(raw) == before


def test_a_build_that_fails_leaves_the_release_as_it_was(
    built_copy: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = built_copy()
    before = state_of(raw)
    rows = [row(LAW_ENFORCEMENT_AGENCY=f"Birch Posse {at}", COUNTY="Birch County") for at in "ab"]
    between = write_list(tmp_path / "d10012030.xlsx", rows)
    words = ["data", "add", str(set_saved_day(between, date(2030, 10, 1))), "-r", "demo", "--yes"]
    assert cli.main(words) == 1
    assert "was not added; release 'demo' is as it was" in capsys.readouterr().err
    assert state_of(raw) == before


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0])
def test_a_kill_leaves_the_release_as_it_was_or_complete(
    built_copy: Home, tmp_path: Path, seconds: float
) -> None:
    raw = built_copy()
    before = state_of(raw)
    home = raw.parents[2]
    words = ["data", "add", str(newest(tmp_path)), "--release", "demo", "--yes"]
    process = subprocess.Popen(
        [sys.executable, "-m", "coopanalysis.front", *words],
        env={**os.environ, HOME_VARIABLE: str(home)},
        stdout=subprocess.DEVNULL,
    )
    while process.poll() is None and not list((home / "data" / "processed").glob(".demo.trial.*")):
        time.sleep(0.01)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = state_of(raw)
    cli.main(words)
    assert not list((home / "data" / "processed").glob(".demo.trial.*")), "litter is swept"
    complete = state_of(raw)
    assert len(complete) == len(before) + 1
    # The signal may come after the file was taken in and before the process ended.
    assert left == complete if process.returncode == 0 else left in (before, complete)


def test_a_file_of_another_layout_takes_the_place_of_the_one_there(
    built_copy: Home, tmp_path: Path
) -> None:
    raw = built_copy()
    old = next(one for one in release_sources("demo") if one.layout == "urban-crime")
    text = (raw / old.path).read_text().replace("120.5", "125.5")
    newer = tmp_path / Path(old.path).name
    newer.write_text(text)
    addition = examine_file(newer, "demo")
    assert "a file of layout urban-crime" in addition.lines[0]
    assert (addition.source.id, addition.source.rows) == (old.id, old.rows)
    before = (raw / old.path).read_bytes()
    add_file(addition)
    assert (raw / old.path).read_bytes() == before, "the file of the old manifest is left"
    assert load_release("demo").county_year["person_offenses_per_100k"].max() == 125.5
    assert len(release_sources("demo")) == len(read_manifest(raw / "sources.toml"))


def test_a_folder_is_no_file_to_add(built_copy: Home, tmp_path: Path) -> None:
    built_copy()
    with pytest.raises(DataError, match="is no file that is there"):
        examine_file(tmp_path, "demo")


def changed_crime(raw: Path, folder: Path) -> Path:
    """The release's file of crimes with one figure changed."""
    old = next(one for one in release_sources("demo") if one.layout == "urban-crime")
    newer = folder / Path(old.path).name
    newer.write_text((raw / old.path).read_text().replace("120.5", "125.5"))
    return newer


def test_a_manifest_that_changes_while_a_file_is_added_is_left_as_it_is(
    built_copy: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = built_copy()
    addition = examine_file(changed_crime(raw, tmp_path), "demo")
    manifest = raw / "sources.toml"
    changed = manifest.read_text(encoding="utf-8") + "\n# by another hand\n"
    build = add.build_release

    def build_beside_another(release: str, **options: object) -> object:
        manifest.write_text(changed, encoding="utf-8")
        return build(release, **options)

    monkeypatch.setattr(add, "build_release", build_beside_another)
    with pytest.raises(DataError, match="changed while .* was being added; release 'demo' is as"):
        add_file(addition)
    assert manifest.read_text(encoding="utf-8") == changed
    assert not list(processed_dir("demo").parent.glob(".demo.trial.*"))


def test_a_folder_of_tables_that_cannot_be_written_is_named_with_what_to_do(
    built_copy: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = built_copy()
    addition = examine_file(changed_crime(raw, tmp_path), "demo")

    def refuse(_: Path, place: Path) -> None:
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(add, "take_place", refuse)
    with pytest.raises(DataError, match="processed/demo.*cannot be written.*data build -r demo"):
        add_file(addition)
    build_release("demo")
    kept = {one["id"]: one["sha256"] for one in load_release("demo").build["inputs"]}
    assert kept[addition.source.id] == addition.source.sha256, "the remedy is one"


def test_where_files_cannot_be_linked_they_are_copied(
    built_copy: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = built_copy()
    addition = examine_file(changed_crime(raw, tmp_path), "demo")
    before = state_of(raw)

    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    add_file(addition)
    kept = {one["id"]: one["sha256"] for one in load_release("demo").build["inputs"]}
    assert kept[addition.source.id] == addition.source.sha256
    assert len(state_of(raw)) == len(before) + 1


def test_a_layout_with_several_files_asks_which(built_copy: Home, tmp_path: Path) -> None:
    raw = built_copy()
    source = next(one for one in release_sources("demo") if one.layout == "urban-crime")
    manifest = raw / "sources.toml"
    other = with_entry(manifest.read_text(), source).replace('id = "crime"', 'id = "crime-2"')
    manifest.write_text(manifest.read_text() + other[other.index('[[source]]\nid = "crime-2"') :])
    (tmp_path / "a.csv").write_text((raw / source.path).read_text().replace("120.5", "125.5"))
    with pytest.raises(UsageError, match="--place whose place.*crime, crime-2"):
        examine_file(tmp_path / "a.csv", "demo")


def test_an_entry_is_put_in_place_and_the_rest_stays(built_copy: Home) -> None:
    raw = built_copy()
    text = (raw / "sources.toml").read_text() + "\n# a remark\n\n[[source]]\n"
    for source in release_sources("demo"):
        assert with_entry(text, source).count("[[source]]") == text.count("[[source]]")
        assert "# a remark" in with_entry(text, source)
    assert with_entry(text, release_sources("demo")[0]) == text


LISTS = {
    "ice-287g-list-2024-12-29": "without TYPE and COUNTY",
    "ice-287g-list-2025-03-09": "with TYPE,",
    "ice-287g-list-2026-04-21": "with TYPE and COUNTY",
    "ice-287g-participating-2026-05-18": "with TYPE and COUNTY",
    "ice-287g-pending-2026-02-27": "pending agencies, with TYPE and COUNTY",
}


@pytest.fixture
def without_lists(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose public release lacks these lists, with what is read to compare others."""
    home, root = tmp_path / "home", reference_dir().parents[2]
    (home / "notebooks").mkdir(parents=True)
    shutil.copy(root / "notebooks" / "reports.toml", home / "notebooks")
    shutil.copytree(reference_dir(), home / "data" / "raw" / "reference")
    kept = ""
    for source in release_sources("public"):
        if source.id in LISTS or not source.layout.startswith(("ice-287g", "county-", "state-")):
            continue
        kept = with_entry(kept, source)
        target = home / "data" / "raw" / "public" / source.path
        if source.url:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(mirror / source.path, target)
    (home / "data" / "raw" / "sources.toml").write_text(kept, encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    return mirror


@pytest.mark.slow
@pytest.mark.parametrize("identifier", LISTS)
def test_real_lists_of_each_layout_are_told(
    without_lists: Path, monkeypatch: pytest.MonkeyPatch, identifier: str
) -> None:
    home = os.environ[HOME_VARIABLE]
    monkeypatch.delenv(HOME_VARIABLE)
    (source,) = (one for one in release_sources("public") if one.id == identifier)
    monkeypatch.setenv(HOME_VARIABLE, home)
    told = source.vintage if source.vintage < "2025-02" else None
    addition = examine_file(without_lists / source.path, "public", list_date=told)
    assert LISTS[identifier] in addition.lines[0]
    assert (addition.source.vintage, addition.source.rows) == (source.vintage, source.rows)
    assert addition.problems == ()
    assert any(line.startswith("Against ") for line in addition.lines)
