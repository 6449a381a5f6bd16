"""How fast, and in how much memory, a master file becomes `agency_year.parquet`.

Run `python benchmarks/bench_return_a.py [FILE]`; without a file it takes the one of 2013 from
the mirror. Every figure is measured in this one run, one after the other:

- unpacking the file to text, on its own;
- text to `agency_year.parquet`: read, match the counties, split, write. The county list and the
  directory of agencies are read before;
- `pandas.read_fwf` on the same text, over the fields that reach the table, and over all fields
  that are decoded (breakdowns are checked against their totals). It reads the text out of
  memory, which is in its favour, and does not match, sum or write anything. `--share` times it on
  the first records only and scales.

Peak memory is that of a fresh process, against the size of the text.
"""

from __future__ import annotations

import argparse
import io
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

from coopanalysis.clean.return_a import clean_return_a, read_former_county_names, read_ucr_states
from coopanalysis.paths import MIRROR_VARIABLE, project_root
from coopanalysis.sources.police_employees import read_police_employees
from coopanalysis.sources.population import read_urban_population
from coopanalysis.sources.return_a import layout, read_return_a
from coopanalysis.sources.return_a.archive import open_archive

GOAL_SPEED, GOAL_MEMORY = 60.0, 2.5
REPEATS = 5
LIST_YEAR = 2014
"""The oldest county list at hand that has names and residents."""

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
    ours = min(timed(lambda: build(text, out, counties, directory)) for _ in range(REPEATS))
    fields = timed_fwf(text, output_spans(), share)
    everything = timed_fwf(text, decoded_spans(), share)
    scaled = "" if share == 1 else f" (scaled from {share:.0%} of the records)"
    print(f"{path.name}: {size / 1e6:,.0f} MB of text")
    print(f"unpack                                  {unpacking:8.3f} s")
    print(f"text to agency_year.parquet             {ours:8.3f} s (best of {REPEATS})")
    print(f"read_fwf, {len(output_spans()):4} fields of the table      {fields:8.3f} s{scaled}")
    print(f"read_fwf, {len(decoded_spans()):4} fields decoded          {everything:8.3f} s{scaled}")
    say_ratio("pandas.read_fwf, fields of the table / text to agency_year.parquet", fields / ours)
    fast = say_ratio(
        "pandas.read_fwf, all fields decoded / text to agency_year.parquet",
        everything / ours,
        at_least=GOAL_SPEED,
    )
    small = say_ratio("peak memory / size of the text", peak / size, at_most=GOAL_MEMORY)
    return int(not (fast and small))


def mirror_folder() -> Path:
    """Folder of the public files."""
    named = os.environ.get(MIRROR_VARIABLE)
    return Path(named) if named else project_root().parent / "shared" / "mirror"


def references(mirror: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """County list with residents, and directory of agencies."""
    population = read_urban_population(
        mirror / "urban-population-2014-2023" / "county-populations.csv"
    ).frame
    directory = read_police_employees(mirror / "fbi-lee-latest" / "fbi_lee_latest.csv").frame
    return population[population["year"] == LIST_YEAR], directory


def build(path: Path, out: Path, counties: pd.DataFrame, directory: pd.DataFrame) -> None:
    """Do what a build does with one master file."""
    reading = read_return_a(path)
    years = clean_return_a(
        reading, counties, directory, read_ucr_states(), read_former_county_names()
    )
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
    cells = sorted({cell for parts in layout.OFFENSE_CELLS.values() for cell, _ in parts})
    return heading_spans() + month_spans(cells)


def decoded_spans() -> Spans:
    """All fields that are decoded."""
    return heading_spans() + month_spans(list(range(1, layout.CELLS_PER_CARD + 1)))


def heading_spans() -> Spans:
    """Fields of the heading that are read."""
    return [(field.first - 1, field.last) for field in layout.HEADING]


def month_spans(cells: list[int]) -> Spans:
    """Fields of the twelve months: the month included in, card types, breakdown, numbers."""
    spans: Spans = []
    for month in range(layout.MONTHS):
        start = layout.HEADER_LENGTH + month * layout.MONTH_LENGTH
        marks = [layout.CARD_TYPES.start + card for card in range(len(layout.CARDS))]
        marks += [layout.TOTALS_ONLY.start + card for card in range(len(layout.CARDS))]
        spans.append((start, start + layout.INCLUDED_IN.stop))
        spans += [(start + mark, start + mark + 1) for mark in marks]
        for card in range(len(layout.CARDS)):
            first = start + layout.NUMBERS.start
            first += card * layout.CELLS_PER_CARD * layout.CELL_WIDTH
            spans += [
                (first + (cell - 1) * layout.CELL_WIDTH, first + cell * layout.CELL_WIDTH)
                for cell in cells
            ]
    return spans


def peak_memory(path: Path) -> int:
    """Bytes that a fresh process needs at most, unpacking included."""
    command = [sys.executable, __file__, str(path), "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


if __name__ == "__main__":
    sys.exit(main())
