"""The command line: `coopanalysis data ...` and `coopanalysis reports ...`.

Heavy imports stand inside the commands, so that `--help` and an up-to-date run answer at once.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from coopanalysis.errors import CoopError, DataError, UsageError, format_rows
from coopanalysis.paths import MIRROR_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from coopanalysis.sources import Reading

app = typer.Typer(
    name="coopanalysis",
    help="Reproducible analysis of how US counties cooperate with immigration enforcement (ICE).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(
    help="Fetch raw files, clean them into tables, check what is there.", no_args_is_help=True
)
reports_app = typer.Typer(
    help="Run the parameterized notebooks and render them to HTML.", no_args_is_help=True
)
app.add_typer(data_app, name="data")
app.add_typer(reports_app, name="reports")

ReleaseOption = Annotated[
    str, Option("--release", "-r", help="'demo' (simulated, offline) or 'public' (real).")
]
MirrorOption = Annotated[
    str | None,
    Option(help=f"Folder or address that stands in for the network; also {MIRROR_VARIABLE}."),
]


def _split(given: list[str] | None) -> list[str] | None:
    """Take a list with commas as if its option were repeated."""
    return [one.strip() for some in given for one in some.split(",")] if given else given


OnlyOption = Annotated[
    list[str] | None,
    Option(
        help="Report, by id; may be repeated, or a list: one,two. All by default.", callback=_split
    ),
]
SetOption = Annotated[
    list[str] | None,
    Option("--set", metavar="NAME=VALUE", help="Parameter to change; may be repeated."),
]
PlainOption = Annotated[
    bool,
    Option("--plain", help="Start each kernel as a process of its own: slower, same results."),
]


def _version(show: bool) -> None:
    if show:
        from coopanalysis import __version__  # noqa: PLC0415

        typer.echo(f"coopanalysis {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, Option("--debug", help="Show the traceback of an error; may stand anywhere.")
    ] = False,
) -> None:
    os.environ["COOPANALYSIS_DEBUG"] = "1" if debug else ""


@app.command("demo")
def demo(
    folder: Annotated[Path, Argument(help="Folder to work in; made if need be.")] = Path(
        "coopanalysis-demo"
    ),
) -> None:
    """Make every report of the demo release in a folder, with no checkout of the project."""
    from coopanalysis.reports.demo import lay_out_demo  # noqa: PLC0415

    lay_out_demo(folder)
    reports_run()
    _say(f"All of it is in {folder.resolve()}; begin with reports/index.html there.")


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

    fetch_release(release, mirror=mirror, progress=_say, include=include or ())


@data_app.command("build")
def data_build(release: ReleaseOption = "demo") -> None:
    """Clean the raw files of a release into the tables of data/processed/RELEASE."""
    from coopanalysis.panel import build_release  # noqa: PLC0415

    _say(str(build_release(release, progress=_say)))


@data_app.command("check")
def data_check(release: ReleaseOption = "demo") -> None:
    """Verify raw files and processed tables; list every failure."""
    from coopanalysis.panel import check_release_data  # noqa: PLC0415

    failures = check_release_data(release)
    for failure in failures:
        typer.echo(f"FAIL  {failure}", err=True)
    if failures:
        raise typer.Exit(1)
    _say(f"{release}: every raw file and processed table is as declared.")


@data_app.command("read")
def data_read(
    layout: Annotated[str, Argument(help="Layout of the file, such as 'ice-287g'.")],
    file: Annotated[Path, Argument(help="The raw file.")],
    out: Annotated[Path, Option("--out", "-o", help="Parquet file to write.")],
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
    from coopanalysis.panel import read_one  # noqa: PLC0415

    reading, advice = read_one(layout, file, out, release=release, list_date=list_date)
    names = ("rows_in", "rows_kept", "rows_rejected", "codes_mended")
    counts = {name: getattr(reading, name) for name in names}
    if as_json:
        _say(json.dumps(counts))
    else:
        _say_all(_reading_lines(reading, file, counts))
        _say(f"wrote {out}")
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
    county: Annotated[str, Option(help="County code of five digits, such as 12086.")] = "",
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

    pairs = [text.partition("=") for text in where or []]
    if not all(name and equals for name, equals, _ in pairs):
        raise UsageError("Give --where as NAME=VALUE, such as subgroup=Female.")
    told = {name: value for name, _, value in pairs}
    trace = trace_cell(release, county, column, year, table=table, where=told)
    _say(json.dumps(asdict(trace), indent=1, ensure_ascii=False) if as_json else str(trace))


@reports_app.command("list")
def reports_list(release: ReleaseOption = "demo") -> None:
    """List the reports of a release with their notebooks, parameters and allowed values."""
    from coopanalysis.reports.show import list_lines  # noqa: PLC0415

    _say_all(list_lines(release))


@reports_app.command("new")
def reports_new(
    name: Annotated[str, Argument(help="Id of the new report, such as my-question.")],
    source: Annotated[str, Option("--from", help="Report it begins as, by id.")],
    title: Annotated[str, Option(help="Its title; by default the words of the id.")] = "",
) -> None:
    """Begin a report of your own as a copy of one that is there."""
    from coopanalysis.reports.new import new_report  # noqa: PLC0415

    notebook = new_report(name, source, title)
    _say(f"Wrote notebooks/{notebook.name} and the entry '{name}' in notebooks/reports.toml.")
    _say(f"Next: open notebooks/{notebook.name} (make lab) and change its question;")
    _say("title and description of the page stand in the entry, not in the notebook. Then")
    _say(f"  coopanalysis reports run --only {name}")


@reports_app.command("plan")
def reports_plan(
    release: ReleaseOption = "demo", only: OnlyOption = None, set_: SetOption = None
) -> None:
    """Say which reports would run, and why."""
    from coopanalysis.reports.show import plan_lines  # noqa: PLC0415

    _say_all(plan_lines(release, only, _assignments(set_)))


@reports_app.command("status")
def reports_status(release: ReleaseOption = "demo", only: OnlyOption = None) -> None:
    """Say what stands, what is stale, what failed, and how long each took."""
    from coopanalysis.reports.show import status_lines  # noqa: PLC0415

    _say_all(status_lines(release, only))


@reports_app.command("graph")
def reports_graph(
    release: ReleaseOption = "demo",
    only: OnlyOption = None,
    dot: Annotated[bool, Option("--dot", help="Print a graph for Graphviz.")] = False,
) -> None:
    """Show what each report depends on: notebook, tables, raw files."""
    from coopanalysis.reports.show import dot_lines, graph_lines  # noqa: PLC0415

    _say_all((dot_lines if dot else graph_lines)(release, only))


@reports_app.command("validate")
def reports_validate(
    notebook: Annotated[
        list[str] | None,
        Argument(help="Notebooks, or ids of reports; all notebooks by default."),
    ] = None,
    plain: PlainOption = False,
) -> None:
    """Run notebooks and compare their headline numbers with the committed ones (nbval)."""
    from coopanalysis.reports.validate import find_notebooks, validate_notebooks  # noqa: PLC0415

    raise typer.Exit(validate_notebooks(find_notebooks(notebook or ()), plain=plain))


@reports_app.command("accept")
def reports_accept(
    notebook: Annotated[
        list[str] | None,
        Argument(help="Notebooks, or ids of reports; all notebooks by default."),
    ] = None,
) -> None:
    """Run notebooks in place, keep their headline numbers, and say which of them changed."""
    from coopanalysis.reports.validate import accept_notebooks, find_notebooks  # noqa: PLC0415

    _bring_up_to_date("demo", None, None)
    _say_all(accept_notebooks(find_notebooks(notebook or ())))


@reports_app.command("run")
def reports_run(
    release: Annotated[
        str, Option("--release", "-r", help="'demo', 'public', or both: 'demo,public'.")
    ] = "demo",
    only: OnlyOption = None,
    set_: SetOption = None,
    force: Annotated[bool, Option("--force", help="Run reports that are up to date, too.")] = False,
    retry_failed: Annotated[
        bool, Option("--retry-failed", help="Run only the reports whose last run failed.")
    ] = False,
    workers: Annotated[
        int | None,
        Option(min=1, help="How many run at once; by default as cores and memory allow."),
    ] = None,
    plain: PlainOption = False,
    scheduler: Annotated[
        str | None, Option(help="Run on a cluster: scheduler of dask, such as tcp://host:8786.")
    ] = None,
    no_wait: Annotated[bool, Option("--no-wait", help="Stop if another run is at work.")] = False,
    data: Annotated[
        bool, Option(help="Fetch and build the data first, if anything changed.")
    ] = True,
    mirror: MirrorOption = None,
    all_states: Annotated[
        bool, Option("--all-states", help="A brief of every state of the release.")
    ] = False,
    all_counties: Annotated[
        bool, Option("--all-counties", help="A brief of every county: it takes hours.")
    ] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print failures only.")] = False,
    log_json: Annotated[
        bool, Option("--log-json", help="Print each event as a line of JSON.")
    ] = False,
) -> None:
    """Run the notebooks of a release and render one HTML file each, and the index."""
    from coopanalysis.reports.processes import stop_on_terminate  # noqa: PLC0415
    from coopanalysis.reports.run import event_line, run_reports  # noqa: PLC0415

    overrides = _assignments(set_)
    only = _with_briefs(only, overrides, all_states, all_counties)
    say = None if quiet or log_json else _say
    releases = [name.strip() for name in release.split(",")]
    stop_on_terminate()
    if data:
        _prepare(releases, only, overrides, mirror, say)
    try:
        outcome = run_reports(
            releases,
            only=only,
            overrides=overrides,
            force=force,
            retry_failed=retry_failed,
            workers=workers,
            plain=plain,
            scheduler=scheduler,
            wait=not no_wait,
            progress=say,
            events=(lambda event: _say(event_line(event))) if log_json else None,
        )
    except KeyboardInterrupt:
        typer.echo("Stopped. What was finished stands; run again to go on.", err=True)
        raise typer.Exit(130) from None
    for failed in outcome.failed if quiet else ():
        typer.echo(f"{failed.job.slug} failed: {failed.error}", err=True)
    if outcome.failed:
        raise typer.Exit(1)


def _prepare(
    releases: list[str],
    only: list[str] | None,
    overrides: dict[str, str],
    mirror: str | None,
    say: Callable[[str], None] | None,
) -> None:
    """Fail for what does not exist, then fetch and build what changed.

    Codes of places are known only once the tables are built: those are checked then.
    """
    from coopanalysis.reports.plan import load_plan  # noqa: PLC0415

    for name in releases if overrides or only else ():
        with suppress(DataError):
            load_plan(name, only, overrides)
    for name in releases:
        _bring_up_to_date(name, mirror, say)


def _bring_up_to_date(release: str, mirror: str | None, say: Callable[[str], None] | None) -> None:
    """Fetch and build what changed; where nothing did, this needs no pandas."""
    from coopanalysis.catalog.sources import check_release  # noqa: PLC0415
    from coopanalysis.panel.record import is_current  # noqa: PLC0415

    check_release(release)
    if is_current(release):
        return
    from coopanalysis.panel import build_release  # noqa: PLC0415
    from coopanalysis.sources.fetch import fetch_release  # noqa: PLC0415

    fetch_release(release, mirror=mirror, progress=say)
    summary = build_release(release, progress=say)
    if say is not None:
        say(str(summary))


def _with_briefs(
    only: list[str] | None, overrides: dict[str, str], all_states: bool, all_counties: bool
) -> list[str] | None:
    """Add the briefs of all places; those of all counties only where that is said outright."""
    chosen = list(only or [])
    for flag, kind in ((all_states, "state"), (all_counties, "county")):
        report, place = f"{kind}-brief", f"{kind}_fips"
        chosen += [report] * flag
        if flag and place in overrides:
            option = "--all-states" if kind == "state" else "--all-counties"
            raise UsageError(f"{option} and --set {place} exclude each other.")
    if "county-brief" in chosen and not all_counties and "county_fips" not in overrides:
        raise UsageError(
            "Which county? Name one with --set county_fips=06001, or make the briefs of all "
            "counties with --all-counties."
        )
    return chosen or None


def _assignments(texts: list[str] | None) -> dict[str, str]:
    """Read NAME=VALUE of `--set`, each name once."""
    told: dict[str, str] = {}
    for text in texts or []:
        name, separator, value = text.partition("=")
        name = name.strip()
        if not separator or not name:
            raise UsageError(
                f"--set {text!r} is not NAME=VALUE. Example: --set policy=notifies_ice"
            )
        if name in told:
            raise UsageError(f"--set gives '{name}' more than once. Give each parameter once.")
        told[name] = value
    return told


def _say(line: str) -> None:
    typer.echo(line)


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status.

    A `CoopError` is printed without a traceback unless `--debug` is given, anywhere.
    """
    run: Callable[..., object] = app
    words = sys.argv[1:] if arguments is None else arguments
    if "--debug" in words:
        words = ["--debug", *(word for word in words if word != "--debug")]
    try:
        run(args=words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except CoopError as error:
        if os.environ.get("COOPANALYSIS_DEBUG"):
            traceback.print_exc()
        typer.secho(f"error: {error}", fg="red", err=True)
        return error.exit_status
    except KeyboardInterrupt:
        typer.secho("Stopped.", err=True)
        return 130
    return 0


def entry() -> None:
    """Console script."""
    sys.exit(main())
