"""One trial: damage a raw file of the small release, and see what becomes of the build."""

from __future__ import annotations

import signal
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

import pandas as pd
import pytest
from damages import draw_damage
from small_release import declare
from telling import can_be_told

from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.sources import Source, release_sources
from coopanalysis.errors import BuildError, CoopError, DataError
from coopanalysis.panel import build_release, inputs
from coopanalysis.panel.inputs import read_inputs
from coopanalysis.panel.record import read_build
from coopanalysis.panel.release_tables import read_table
from coopanalysis.paths import processed_dir
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import PROVENANCE_COLUMNS, Reading

Outcome = Literal["same", "refused", "silently different", "traceback", "hang"]
NUMBERS = ("county", "county_year", "county_year_subgroup", "agreements", "agency_year",
           "county_reporting", "boundaries", "detention_facility", "detention",
           "detainers_declined")  # fmt: skip
"""Tables with numbers; the others say where these are from, and a row may move in its file."""
LISTS = ("county-names", "state-list", "ucr-states")
LIMIT_SECONDS = 120
CLEAN = inputs._clean


@dataclass(frozen=True)
class Trial:
    """What was done to which file, whether that can be told, and what came of it."""

    number: int
    source: str
    layout: str
    kind: str
    told: bool
    outcome: Outcome
    message: str

    @property
    def is_failure(self) -> bool:
        """Whether this must not be."""
        silent = self.told and self.outcome == "silently different"
        return silent or self.outcome in ("traceback", "hang")

    def __str__(self) -> str:
        told = "can be told" if self.told else "cannot be told"
        start = f"trial {self.number}: {self.source}, {self.kind}, {told}: {self.outcome}"
        return f"{start}. {self.message}"


class HangError(Exception):
    """A trial that took too long."""


class Laboratory:
    """The small release in a folder, built from sound files, and what that gave.

    `COOPANALYSIS_HOME` must point to the folder.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.demo = home / "data" / "raw" / "demo"
        self.manifest = (self.demo / "sources.toml").read_text(encoding="utf-8")
        self.entries: list[dict[str, Any]] = tomllib.loads(self.manifest)["source"]
        self.sound = {one["id"]: (self.demo / one["path"]).read_bytes() for one in self.entries}
        self.readings = {one["id"]: self.read(one) for one in self.entries}
        self.cleaned: dict[str, Reading] = {}
        self.tables = self._tables()
        self.record = read_build(processed_dir("demo")) or {}

    def read(self, entry: dict[str, Any]) -> Reading:
        """Read the file of a source as it is now."""
        return READERS[entry["layout"]](self.demo / entry["path"], entry["id"])

    def run(self, number: int, seed: str = "1") -> Trial:
        """Run the trial of a number: the same number and seed always damage the same."""
        random = Random(f"{seed} {number}")
        entry = self.entries[number % len(self.entries)]
        suffix = Path(entry["path"]).suffix
        sound = self.sound[entry["id"]]
        kind, damaged = draw_damage(suffix, sound, random)
        told = can_be_told(suffix, sound, damaged, entry["layout"])
        outcome, message = self.try_file(entry, damaged)
        return Trial(number, entry["id"], entry["layout"], kind, told, outcome, message)

    def try_file(self, entry: dict[str, Any], damaged: bytes) -> tuple[Outcome, str]:
        """Put a file in the place of a sound one, with a manifest that has its hash, and build."""
        file = self.demo / entry["path"]
        file.write_bytes(damaged)
        try:
            with time_limit(LIMIT_SECONDS):
                return self._judge(entry, damaged)
        except HangError:
            return "hang", f"longer than {LIMIT_SECONDS} s"
        except Exception as error:  # noqa: BLE001  (this is what is looked for)
            return "traceback", f"{type(error).__name__}: {error}"
        finally:
            file.write_bytes(self.sound[entry["id"]])

    def _judge(self, entry: dict[str, Any], damaged: bytes) -> tuple[Outcome, str]:
        try:
            reading = self.read(entry)
        except DataError as error:
            return _refusal(error, entry)
        if is_same(reading, self.readings[entry["id"]]) and reading.rows_in == entry["rows"]:
            return "same", ""
        try:
            self._build(entry, damaged)
        except CoopError as error:
            return _refusal(error, entry)
        difference = self.difference()
        return ("silently different", difference) if difference else ("same", "")

    def _build(self, entry: dict[str, Any], damaged: bytes) -> None:
        declared = declare(entry, self.sound[entry["id"]])
        assert declared in self.manifest
        manifest = self.manifest.replace(declared, declare(entry, damaged))
        (self.demo / "sources.toml").write_text(manifest, encoding="utf-8")
        try:
            with self._remembered(entry):
                self._refuse_early(entry)
                build_release("demo")
        finally:
            (self.demo / "sources.toml").write_text(self.manifest, encoding="utf-8")

    def _refuse_early(self, entry: dict[str, Any]) -> None:
        """Raise what the build raises of the file alone, or of all where a list is damaged.

        The build would say the same, after it has read Return A.
        """
        sources = release_sources("demo")
        if entry["layout"] not in LISTS:
            wanted = (*inputs.LISTS, entry["id"])
            sources = tuple(one for one in sources if {one.layout, one.id} & {*wanted})
        with pytest.MonkeyPatch.context() as patch:
            if entry["layout"] not in LISTS:
                patch.setattr(inputs, "_check_layouts", lambda *_: None)
            found = read_inputs("demo", sources, load_corrections(), lambda _: None).failures
        if found:
            raise BuildError("raw files", found, "")

    @contextmanager
    def _remembered(self, damaged: dict[str, Any]) -> Iterator[None]:
        """Have every other file read, and cleaned unless a list is damaged, as it was before."""
        with pytest.MonkeyPatch.context() as patch:
            for layout, reader in list(READERS.items()):
                patch.setitem(READERS, layout, self._remember(reader, damaged["id"]))
            if damaged["layout"] not in LISTS:
                patch.setattr(inputs, "_clean", self._clean_once)
            yield

    def _remember(self, reader: Callable[..., Reading], damaged: str) -> Callable[..., Reading]:
        def read(path: Path, source: str = "") -> Reading:
            known = self.readings.get(source) if source != damaged else None
            return known or reader(path, source)

        return read

    def _clean_once(self, reading: Reading, source: Source, *rest: Any) -> Reading:
        if reading is not self.readings[source.id]:
            return CLEAN(reading, source, *rest)
        if source.id not in self.cleaned:
            self.cleaned[source.id] = CLEAN(reading, source, *rest)
        return self.cleaned[source.id]

    def difference(self) -> str:
        """Where the tables that stand differ from those of the sound files."""
        return first_difference(self.tables, self._tables())

    def _tables(self) -> dict[str, pd.DataFrame]:
        folder = processed_dir("demo")
        return {name: read_table(folder, name) for name in NUMBERS}


def is_same(one: Reading, other: Reading) -> bool:
    """Whether two readings have the same rows, wherever these stand in their files."""
    counts = (one.rows_rejected, len(one.frame)) == (other.rows_rejected, len(other.frame))
    return counts and _bare(one.frame).equals(_bare(other.frame))


def first_difference(before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]) -> str:
    """Where tables differ first; empty if they do not."""
    for name, table in before.items():
        one, other = _bare(table), _bare(after[name])
        if one.equals(other):
            continue
        if one.shape != other.shape:
            return f"{name} has {other.shape} in place of {one.shape}"
        for column in one:
            if not one[column].equals(other[column]):
                pairs = zip(map(repr, one[column]), map(repr, other[column]), strict=True)
                apart = [f"{old} became {new}" for old, new in pairs if old != new]
                return f"{name}.{column}: {len(apart)} rows, first {apart[:1]}"
    return ""


def _bare(frame: pd.DataFrame) -> pd.DataFrame:
    provenance = [name for name in frame if name in (*PROVENANCE_COLUMNS, "source_cell")]
    return frame.drop(columns=provenance).reset_index(drop=True)


def _refusal(error: CoopError, entry: dict[str, Any]) -> tuple[Outcome, str]:
    """A refusal counts as one only if it names the file, or its source.

    Where a list is damaged that the others are held against, these may be named.
    """
    text = str(error)
    names = [Path(entry["path"]).name, entry["id"]]
    names += ["data/raw/", "demo-"] * (entry["layout"] in LISTS)
    if not any(name in text for name in names):
        return "traceback", f"the refusal names neither the file nor its source: {text}"
    return "refused", text


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise `HangError` in whatever takes longer."""

    def raise_hang(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, raise_hang)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
