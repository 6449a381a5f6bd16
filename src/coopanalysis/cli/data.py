"""`coopanalysis data ...`: fetch, build, check, read, trace."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from coopanalysis.cli.options import MirrorOption, ReleaseOption, say, say_all
from coopanalysis.errors import UsageError, format_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coopanalysis.sources import Reading

data_app = typer.Typer(
    help="Fetch raw files, clean them into tables, check what is there.", no_args_is_help=True
)


@data_app.command("fetch")
def data_fetch(
    release: ReleaseOption = "public",
    mirror: MirrorOption = None,
    include: Annotated[
        list[str] | None,
        Option(
            help="Id or layout of files fetched on request only, such as 'fbi-return-a'; may be "
            "repeated."
        ),
    ] = None,
) -> None:
    """Download the raw files of a release; each is verified before it appears."""
    from coopanalysis.sources.fetch import fetch_release  # noqa: PLC0415

    fetch_release(release, mirror=mirror, progress=say, include=include or ())


@data_app.command("build")
def data_build(release: ReleaseOption = "demo") -> None:
    """Clean the raw files of a release into the tables of data/processed/RELEASE."""
    from coopanalysis.panel import build_release  # noqa: PLC0415

    say(str(build_release(release, progress=say)))


@data_app.command("check")
def data_check(release: ReleaseOption = "demo") -> None:
    """Verify raw files and processed tables; list every failure."""
    from coopanalysis.panel import check_release_data  # noqa: PLC0415

    failures = check_release_data(release)
    for failure in failures:
        typer.echo(f"FAIL  {failure}", err=True)
    if failures:
        raise typer.Exit(1)
    say(f"{release}: every raw file and processed table is as declared.")


@data_app.command("add")
def data_add(
    file: Annotated[str, Argument(help="The new file, or an address pinned to one version of it.")],
    release: ReleaseOption = "public",
    yes: Annotated[bool, Option("--yes", "-y", help="Add it without asking.")] = False,
    list_date: Annotated[
        str | None, Option(help="Day of an ICE list, YYYY-MM-DD, where it is not sure.")
    ] = None,
    layout: Annotated[str, Option(help="Layout, where several readers know the file.")] = "",
    place: Annotated[
        str, Option(help="Id of the source whose place it takes, where there are several.")
    ] = "",
) -> None:
    """Take a new file into a release: say what it is and would change, and build on yes."""
    from coopanalysis.panel import add_file, examine_file  # noqa: PLC0415
    from coopanalysis.sources.newer import file_at  # noqa: PLC0415

    with file_at(file, say) as (path, url):
        addition = examine_file(
            path, release, layout=layout, list_date=list_date, place=place, url=url
        )
        say_all(addition.lines)
        if not (yes or addition.problems or typer.confirm(f"Add it to release '{release}'?")):
            say("Nothing was changed.")
            raise typer.Exit(1)
        say(str(add_file(addition, progress=say)))


@data_app.command("newer")
def data_newer(
    release: ReleaseOption = "public",
    addresses: Annotated[
        bool, Option("--addresses", help="Print addresses alone, for `data add`, the oldest first.")
    ] = False,
) -> None:
    """Look where the files of a series are from for later ones; nothing is changed."""
    from coopanalysis.sources.newer import newer_files  # noqa: PLC0415

    for found in newer_files(release):
        say_all(found.addresses if addresses else found.lines)


@data_app.command("read")
def data_read(
    layout: Annotated[str, Argument(help="Layout of the file, such as 'ice-287g'.")],
    file: Annotated[Path, Argument(help="The raw file.")],
    out: Annotated[
        Path, Option("--out", "-o", help="File to write; it ends in .csv, .parquet or .xlsx.")
    ],
    release: Annotated[
        str | None,
        Option(
            "--release",
            "-r",
            help="Release whose county list is used; by default the one whose states it names.",
        ),
    ] = None,
    list_date: Annotated[
        str | None,
        Option(help="Day of an ICE list, YYYY-MM-DD, if its file name does not say."),
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Clean one file of a known layout; print rows in, kept and rejected."""
    import pandas as pd  # noqa: PLC0415

    from coopanalysis.display.files import write_table  # noqa: PLC0415
    from coopanalysis.panel import read_one  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        table = Path(folder) / "table.parquet"
        reading, advice = read_one(layout, file, table, release=release, list_date=list_date)
        write_table(pd.read_parquet(table), out)
    names = ("rows_in", "rows_kept", "rows_rejected", "codes_mended")
    counts = {name: getattr(reading, name) for name in names}
    if as_json:
        say(json.dumps(counts))
    else:
        say_all(_reading_lines(reading, file, counts))
        say(f"wrote {out}")
    if advice:
        typer.echo(advice, err=True)


def _reading_lines(reading: Reading, file: Path, counts: dict[str, int]) -> Iterable[str]:
    """Say what became of the rows of a file, and why some were rejected, the most first."""
    mended = counts.pop("codes_mended")
    shown = (f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
    yield f"{file.name}: {', '.join(shown)}"
    if mended:
        yield f"  mended {mended:,}: codes had lost their leading zero, or were numbers"
    rejected = reading.rejects.groupby("reason", sort=False)["row"].apply(list)
    for reason, rows in sorted(rejected.items(), key=lambda found: -len(found[1])):
        yield f"  rejected {len(rows):,}: {reason}{format_rows(rows)}"


@data_app.command("trace")
def data_trace(
    column: Annotated[str, Option(help="Column, as in docs/data_dictionary.md.")],
    county: Annotated[str, Option(help="County as you would type it, or its code: 12086.")] = "",
    release: ReleaseOption = "public",
    year: Annotated[int | None, Option(help="Year, for a cell of a table that has years.")] = None,
    table: Annotated[
        str, Option(help="Table, such as agency_year; by default one of counties.")
    ] = "",
    where: Annotated[
        list[str] | None,
        Option(
            metavar="NAME=VALUE",
            help="Value of another column, where a county has several rows; may be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print the trace as JSON.")] = False,
) -> None:
    """Go from a cell of a processed table back to file, sheet and row."""
    from dataclasses import asdict  # noqa: PLC0415

    from coopanalysis.panel import trace_cell  # noqa: PLC0415

    if county and not re.fullmatch(r"\d{5}", county, re.ASCII):
        from coopanalysis.reports.place_search import find_place  # noqa: PLC0415

        found = find_place(county, release)
        if found.kind != "county":
            raise UsageError(f"{found.name} is a state. Name one of its counties.")
        typer.echo(found.remark, err=True)
        county = found.code
    pairs = [text.partition("=") for text in where or []]
    if not all(name and equals for name, equals, _ in pairs):
        raise UsageError("Give --where as NAME=VALUE, such as subgroup=Female.")
    told = {name: value for name, _, value in pairs}
    trace = trace_cell(release, county, column, year, table=table, where=told)
    say(json.dumps(asdict(trace), indent=1, ensure_ascii=False) if as_json else str(trace))
