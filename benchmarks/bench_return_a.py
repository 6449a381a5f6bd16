"""How fast, and in how much memory, a master file becomes `agency_year.parquet`.

Run `python benchmarks/bench_return_a.py [FILE]`; without a file it takes the one of 2013 from
the mirror. Every figure is measured in this one run, one after the other:

- unpacking the file to text, on its own;
- text to `agency_year.parquet`: read, match the counties, split, write. The county list and the
  directory of agencies are read before;
- the same without matching counties: read and write only, which is all that `read_fwf` could do;
- `pandas.read_fwf` on the same text, given three lists of fields:
  - of the table: the 18 of the heading, and for each month the one it is included in, the marks
    of three cards, and the nine numbers of each that offences are made of (426);
  - that decide the table: all 28 numbers of the card of actual offences besides, since a month
    with any of them counts as reported whatever its mark, and the marks of all five cards (678);
  - that are decoded: all 28 numbers of all three cards, since a record with one that is no number
    is rejected (1,134).

`read_fwf` reads the text out of memory, which is in its favour, and does not match, sum or write
anything. Each side is the best of several runs, taken in turns, so that other work on the machine
meets both: three of ours before each of `read_fwf`. `--share` times that on the first records only
and scales.

Peak memory is that of a fresh process, against the size of the text.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from ratios import say_ratio

from coopanalysis.clean.return_a import clean_return_a
from coopanalysis.panel.build import collector_paused
from coopanalysis.paths import MIRROR_VARIABLE, project_root, reference_dir
from coopanalysis.sources import READERS, read_fbi_states
from coopanalysis.sources.return_a import layout, read_return_a
from coopanalysis.sources.return_a.archive import open_archive

GOAL_SPEED, GOAL_MEMORY = 60.0, 2.5
ROUNDS, REPEATS = 2, 3
FWF = "pandas.read_fwf,"
LIST_YEAR = 2014
"""The oldest county list at hand that has names and residents."""

ALL_CELLS = list(range(1, layout.CELLS_PER_CARD + 1))
OFFENSE_CELLS = sorted({cell for parts in layout.OFFENSE_CELLS.values() for cell, _ in parts})
FIVE_CARDS = layout.CARD_TYPES.stop - layout.CARD_TYPES.start

Spans = list[tuple[int, int]]


def main() -> int:
    """Print the ratios; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=None)
    parser.add_argument("--share", type=float, default=1.0, help="of the records, for read_fwf")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    mirror = mirror_folder()
    path = options.file or mirror / "fbi-return-a" / "reta2013.zipx"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "agency_year.parquet"
        if options.once:
            build(path, out, *references(mirror))
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
            return 0
        return report(path, mirror, Path(folder), out, options.share)


def report(path: Path, mirror: Path, folder: Path, out: Path, share: float) -> int:
    """Measure everything and print it."""
    text = folder / "master.txt"
    unpacking = timed(lambda: unpack(path, text))
    size = text.stat().st_size
    peak = peak_memory(path)
    counties, directory = references(mirror)
    lists = {
        "of the table": output_spans(),
        "that decide the table": deciding_spans(),
        "decoded": decoded_spans(),
    }
    ours, plain, fwf = math.inf, math.inf, dict.fromkeys(lists, math.inf)
    for name in list(lists) * ROUNDS:
        for _ in range(REPEATS):
            ours = min(ours, timed(lambda: build(text, out, counties, directory)))
            plain = min(plain, timed(lambda: read_only(text, out)))
        fwf[name] = min(fwf[name], timed_fwf(text, lists[name], share))
    runs = ROUNDS * REPEATS * len(lists)
    scaled = f" (best of {ROUNDS}" + (")" if share == 1 else f", scaled from {share:.0%})")
    print(f"{path.name}: {size / 1e6:,.0f} MB of text")
    print(f"unpack                                  {unpacking:8.3f} s")
    print(f"text to agency_year.parquet             {ours:8.3f} s (best of {runs})")
    print(f"the same, counties not matched          {plain:8.3f} s (best of {runs})")
    for name, seconds in fwf.items():
        print(f"read_fwf, {len(lists[name]):5} {name:24}{seconds:8.3f} s{scaled}")
    first, few = fwf["of the table"], f"{FWF} {_words(lists, 'of the table')}"
    say_ratio(f"{few} / text to agency_year.parquet", first / ours)
    say_ratio(f"{few} / the same, counties not matched", first / plain)
    verdicts = [
        say_ratio(
            f"{FWF} {_words(lists, name)} / text to agency_year.parquet",
            fwf[name] / ours,
            at_least=goal,
        )
        for name, goal in (("that decide the table", None), ("decoded", GOAL_SPEED))
    ]
    fast = all(verdicts)
    small = say_ratio("peak memory / size of the text", peak / size, at_most=GOAL_MEMORY)
    return int(not (fast and small))


def _words(lists: dict[str, Spans], name: str) -> str:
    return f"the {len(lists[name]):,} fields {name}"


def read_only(path: Path, out: Path) -> None:
    """Read a master file and write what it says, without matching counties."""
    read_return_a(path).frame.to_parquet(out, index=False)


def mirror_folder() -> Path:
    """Folder of the public files."""
    named = os.environ.get(MIRROR_VARIABLE)
    return Path(named) if named else project_root().parent / "shared" / "mirror"


def references(mirror: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """County list with residents, and directory of agencies."""
    population = READERS["urban-population"](
        mirror / "urban-population-2014-2023" / "county-populations.csv"
    ).frame
    directory = READERS["police-employees"](mirror / "fbi-lee-latest" / "fbi_lee_latest.csv").frame
    return population[population["year"] == LIST_YEAR], directory


@collector_paused()
def build(path: Path, out: Path, counties: pd.DataFrame, directory: pd.DataFrame) -> None:
    """Do what a build does with one master file."""
    reading = read_return_a(path)
    states = read_fbi_states(reference_dir() / "ucr_states.csv").frame
    years = clean_return_a(reading, counties, directory, states)
    years.frame.to_parquet(out, index=False)


def unpack(path: Path, text: Path) -> None:
    """Write the text of a packed file."""
    block = bytearray(1 << 20)
    with open_archive(path) as stream, text.open("wb") as out:
        while count := stream.readinto(block):  # type: ignore[attr-defined]
            out.write(memoryview(block)[:count])


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def timed_fwf(text: Path, spans: Spans, share: float) -> float:
    """Seconds that `pandas.read_fwf` takes for the whole file, from a share of its records."""
    width = len(text.open("rb").readline())
    records = text.stat().st_size // width
    count = max(int(records * share), 1)
    with text.open("rb") as stream:
        data = stream.read(count * width)
    seconds = timed(lambda: pd.read_fwf(io.BytesIO(data), colspecs=spans, header=None))
    return seconds * records / count


def output_spans() -> Spans:
    """Fields that reach the table."""
    return heading_spans() + month_spans(dict.fromkeys(layout.CARDS, OFFENSE_CELLS))


def deciding_spans() -> Spans:
    """Fields that a value of the table depends on."""
    cells = dict.fromkeys(layout.CARDS, OFFENSE_CELLS) | {"actual": ALL_CELLS}
    return heading_spans() + month_spans(cells, cards=FIVE_CARDS)


def decoded_spans() -> Spans:
    """All fields that are decoded."""
    return heading_spans() + month_spans(dict.fromkeys(layout.CARDS, ALL_CELLS), cards=FIVE_CARDS)


def heading_spans() -> Spans:
    """Fields of the heading that are read."""
    return [(field.first - 1, field.last) for field in layout.HEADING]


def month_spans(cells: dict[str, list[int]], cards: int = len(layout.CARDS)) -> Spans:
    """Fields of the twelve months: the month included in, card types, breakdown, numbers."""
    spans: Spans = []
    for month in range(layout.MONTHS):
        start = layout.HEADER_LENGTH + month * layout.MONTH_LENGTH
        marks = [layout.CARD_TYPES.start + card for card in range(cards)]
        marks += [layout.TOTALS_ONLY.start + card for card in range(len(layout.CARDS))]
        spans.append((start, start + layout.INCLUDED_IN.stop))
        spans += [(start + mark, start + mark + 1) for mark in marks]
        for number, card in enumerate(layout.CARDS):
            first = start + layout.NUMBERS.start
            first += number * layout.CELLS_PER_CARD * layout.CELL_WIDTH
            spans += [
                (first + (cell - 1) * layout.CELL_WIDTH, first + cell * layout.CELL_WIDTH)
                for cell in cells[card]
            ]
    return spans


def peak_memory(path: Path) -> int:
    """Bytes that a fresh process needs at most, unpacking included."""
    command = [sys.executable, __file__, str(path), "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


if __name__ == "__main__":
    sys.exit(main())
