"""What was built and is damaged later: seen before it is used, and built again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from bs4 import BeautifulSoup
from damages import BYTES
from trials import NUMBERS, Laboratory, first_difference

from coopanalysis.errors import CoopError, DataError
from coopanalysis.filehash import _memory, hash_memory
from coopanalysis.panel import build_release, load_release
from coopanalysis.panel.record import is_current, read_build
from coopanalysis.panel.release_tables import read_table
from coopanalysis.paths import HOME_VARIABLE, processed_dir
from coopanalysis.reports import run_reports
from engine_samples import entry, write_tiny_project

LONG = os.environ.get("COOPANALYSIS_TRUST") == "1"
SEED = os.environ.get("COOPANALYSIS_SEED", "1")
Note = Callable[[str, object], None]


def digit_changed(data: bytes, random: Random) -> bytes:
    """Another digit in the place of one, so that every number is still a number."""
    places = [found.start() for found in re.finditer(rb"\d", data)]
    at = random.choice(places)
    other = random.choice([digit for digit in b"123456789" if digit != data[at]])
    return data[:at] + bytes([other]) + data[at + 1 :]


def damaged_file(file: Path, others: list[Path], random: Random) -> bytes | None:
    """Other bytes for a file, or None where it is to be lost."""
    sound, kinds = file.read_bytes(), [*BYTES.values(), digit_changed]
    match random.randrange(8):
        case 0:
            return None
        case 1:
            return random.choice([other for other in others if other != file]).read_bytes()
        case 2:
            return digit_changed(sound, random)
    return random.choice(kinds)(sound, random)


def put(file: Path, content: bytes | None) -> None:
    file.unlink(missing_ok=True) if content is None else file.write_bytes(content)


def what_is_read(laboratory: Laboratory) -> str:
    """How tables and record differ from what was built; `refused` where they cannot be read."""
    try:
        panel = load_release("demo")
        tables = {name: read_table(panel.folder, name) for name in NUMBERS}
    except CoopError as error:
        assert "coopanalysis data build" in str(error)
        return "refused"
    facts = {name: panel.build.get(name) for name in laboratory.record}
    record = "" if facts == laboratory.record else "build.json says something else"
    return record or first_difference(laboratory.tables, tables) or "same"


def judge(laboratory: Laboratory, file: Path, random: Random, *, again: bool) -> str:
    """Damage a file of the build, read, and perhaps build again."""
    folder = processed_dir("demo")
    files = sorted(one for one in folder.iterdir() if one.is_file())
    hash_memory().save()
    kept = {one: one.read_bytes() for one in [*files, folder.parent / ".hashes"] if one.is_file()}
    try:
        if file not in kept:
            file.write_bytes(b"{}")  # nothing is remembered yet: every file was written just now
        put(file, damaged_file(file, files, random))
        _memory.cache_clear()
        said = what_is_read(laboratory)
        if file.parent == folder:
            is_whole = file.is_file() and file.read_bytes() == kept[file]
            is_record = file.name == "build.json" and read_build(folder) is not None
            assert is_whole or is_record or not is_current("demo"), f"{file.name} passes for whole"
        if again:
            build_release("demo")
            assert what_is_read(laboratory) == "same"
        return said
    finally:
        for one, content in kept.items():
            put(one, content)


@pytest.mark.parametrize("chunk", range(10 if LONG else 1))
def test_damaged_tables_and_records_give_the_same_numbers_or_a_refusal(
    laboratory: Laboratory, chunk: int, record_property: Note
) -> None:
    folder = processed_dir("demo")
    files = sorted(one for one in folder.iterdir() if one.is_file())
    files += [folder / "build.json"] * 4 + [folder.parent / ".hashes"] * 2
    for number in range(40 if LONG else 12):
        random = Random(f"{SEED} built {chunk} {number}")
        file = files[number % len(files)]
        said = judge(laboratory, file, random, again=number % (10 if LONG else 12) == 0)
        outcome = said if said in ("same", "refused") else "silently different"
        record_property("damage", f"processed files|can be told|{outcome}")
        assert outcome in ("same", "refused"), f"{file.name}, trial {chunk}.{number}: {said}"


def test_tables_exchanged_with_their_records_are_refused(laboratory: Laboratory) -> None:
    folder = processed_dir("demo")
    one, other = folder / "county.parquet", folder / "agreements.parquet"
    first, second = one.read_bytes(), other.read_bytes()
    try:
        one.write_bytes(second)
        other.write_bytes(first)
        with pytest.raises(DataError, match="is not the file that was built"):
            _ = load_release("demo").county
    finally:
        one.write_bytes(first)
        other.write_bytes(second)


def shown(folder: Path) -> dict[str, Any]:
    """Text of every page, and code and outputs of the notebooks, without times of the run."""
    texts = {}
    for file in sorted(folder.rglob("*.html")):
        soup = BeautifulSoup(file.read_bytes(), "html.parser")
        for tag in soup.find_all(["time", "script", "style"]):
            tag.decompose()
        text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC|ran \d+ s", "", soup.get_text(" "))
        texts[str(file.relative_to(folder))] = " ".join(text.split())
    for file in sorted(folder.rglob("*.ipynb")):
        cells = json.loads(file.read_bytes())["cells"]
        texts[file.name] = [(cell["source"], cell.get("outputs")) for cell in cells]
    return texts


@pytest.mark.slow
def test_damaged_pages_and_their_records_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Note
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    write_tiny_project(tmp_path, entry("good"), {"good": ""})
    assert not run_reports("demo").failed
    reports = tmp_path / "reports"
    before = shown(reports)
    files = [file for file in sorted(reports.rglob("*")) if file.is_file() and file.name != ".lock"]
    for number in range(3 * len(files) if LONG else 4):
        random = Random(f"{SEED} pages {number}")
        names = ["good.json", "good.ipynb", "index.html", "good.html"]
        file = files[number % len(files)] if LONG else next(reports.rglob(names[number]))
        content = digit_changed(file.read_bytes(), random)
        if LONG and random.random() < 0.7:
            content = random.choice([*BYTES.values()])(file.read_bytes(), random)
        file.write_bytes(content)
        assert not run_reports("demo").failed
        after = shown(reports)
        different = [name for name in before if before[name] != after.get(name)]
        outcome = "silently different" if different else "same"
        record_property("damage", f"pages and their records|can be told|{outcome}")
        assert not different, f"{file.name}, trial {number}: {different}"
