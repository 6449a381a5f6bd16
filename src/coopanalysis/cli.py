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

from coopanalysis.errors import CoopError, DataError, UsageError, format_rows
from coopanalysis.paths import MIRROR_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable

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
    str, typer.Option("--release", "-r", help="'demo' (simulated, offline) or 'public' (real).")
]
MirrorOption = Annotated[
    str | None,
    typer.Option(help=f"Folder or address that stands in for the network; also {MIRROR_VARIABLE}."),
]


def _version(show: bool) -> None:
    if show:
        from coopanalysis import __version__  # noqa: PLC0415

        typer.echo(f"coopanalysis {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show the traceback of an error; may stand anywhere."),
    ] = False,
) -> None:
    os.environ["COOPANALYSIS_DEBUG"] = "1" if debug else ""


@data_app.command("fetch")
def data_fetch(
    release: ReleaseOption = "public",
    mirror: MirrorOption = None,
    include: Annotated[
        list[str] | None,
        typer.Option(
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
    layout: Annotated[str, typer.Argument(help="Layout of the file, such as 'ice-287g'.")],
    file: Annotated[Path, typer.Argument(help="The raw file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Parquet file to write.")],
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            "-r",
            help="Release whose county list is used; by default the one whose states it names.",
        ),
    ] = None,
    list_date: Annotated[
        str | None,
        typer.Option(help="Day of an ICE list, YYYY-MM-DD, if its file name does not say."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Clean one file of a known layout; print rows in, kept and rejected."""
    from coopanalysis.panel import read_one  # noqa: PLC0415

    reading, advice = read_one(layout, file, out, release=release, list_date=list_date)
    counts = {
        "rows_in": reading.rows_in,
        "rows_kept": reading.rows_kept,
        "rows_rejected": reading.rows_rejected,
        "codes_mended": reading.codes_mended,
    }
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        mended = counts.pop("codes_mended")
        shown = (f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
        typer.echo(f"{file.name}: {', '.join(shown)}")
        if mended:
            typer.echo(f"  mended {mended:,}: codes had lost their leading zero, or were numbers")
        rejected = reading.rejects.groupby("reason", sort=False)["row"].apply(list)
        for reason, rows in sorted(rejected.items(), key=lambda found: -len(found[1])):
            typer.echo(f"  rejected {len(rows):,}: {reason}{format_rows(rows)}")
        typer.echo(f"wrote {out}")
    if advice:
        typer.echo(advice, err=True)


@data_app.command("trace")
def data_trace(
    column: Annotated[str, typer.Option(help="Column, as in docs/data_dictionary.md.")],
    county: Annotated[str, typer.Option(help="County code of five digits, such as 12086.")] = "",
    release: ReleaseOption = "public",
    year: Annotated[
        int | None, typer.Option(help="Year, for a cell of a table that has years.")
    ] = None,
    table: Annotated[
        str, typer.Option(help="Table, such as agency_year; by default one of counties.")
    ] = "",
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Value of another column, where a county has several rows; may be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON.")] = False,
) -> None:
    """Go from a cell of a processed table back to file, sheet and row."""
    from dataclasses import asdict  # noqa: PLC0415

    from coopanalysis.panel import trace_cell  # noqa: PLC0415

    pairs = [text.partition("=") for text in where or []]
    if not all(name and equals for name, equals, _ in pairs):
        raise UsageError("Give --where as NAME=VALUE, such as subgroup=Female.")
    told = {name: value for name, _, value in pairs}
    trace = trace_cell(release, county, column, year, table=table, where=told)
    typer.echo(json.dumps(asdict(trace), indent=1, ensure_ascii=False) if as_json else str(trace))


OnlyOption = Annotated[
    list[str] | None, typer.Option(help="Report, by id; may be repeated. All by default.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Parameter to change; may be repeated."),
]


@reports_app.command("list")
def reports_list(release: ReleaseOption = "demo") -> None:
    """List the reports of a release with their notebooks, parameters and allowed values."""
    from coopanalysis.reports.show import list_lines  # noqa: PLC0415

    for line in list_lines(release):
        typer.echo(line)


@reports_app.command("new")
def reports_new(
    name: Annotated[str, typer.Argument(help="Id of the new report, such as my-question.")],
    source: Annotated[str, typer.Option("--from", help="Report it begins as, by id.")],
    title: Annotated[str, typer.Option(help="Its title; by default the words of the id.")] = "",
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

    for line in plan_lines(release, only, _assignments(set_)):
        typer.echo(line)


@reports_app.command("status")
def reports_status(release: ReleaseOption = "demo", only: OnlyOption = None) -> None:
    """Say what stands, what is stale, what failed, and how long each took."""
    from coopanalysis.reports.show import status_lines  # noqa: PLC0415

    for line in status_lines(release, only):
        typer.echo(line)


@reports_app.command("graph")
def reports_graph(
    release: ReleaseOption = "demo",
    only: OnlyOption = None,
    dot: Annotated[bool, typer.Option("--dot", help="Print a graph for Graphviz.")] = False,
) -> None:
    """Show what each report depends on: notebook, tables, raw files."""
    from coopanalysis.reports.show import dot_lines, graph_lines  # noqa: PLC0415

    for line in (dot_lines if dot else graph_lines)(release, only):
        typer.echo(line)


@reports_app.command("validate")
def reports_validate(
    notebook: Annotated[
        list[str] | None,
        typer.Argument(help="Notebooks, or ids of reports; all notebooks by default."),
    ] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="Start each kernel as a process of its own: slower, same results."
        ),
    ] = False,
) -> None:
    """Run notebooks and compare their headline numbers with the committed ones (nbval)."""
    from coopanalysis.reports.validate import find_notebooks, validate_notebooks  # noqa: PLC0415

    raise typer.Exit(validate_notebooks(find_notebooks(notebook or ()), plain=plain))


@reports_app.command("run")
def reports_run(
    release: Annotated[
        str, typer.Option("--release", "-r", help="'demo', 'public', or both: 'demo,public'.")
    ] = "demo",
    only: OnlyOption = None,
    set_: SetOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Run reports that are up to date, too.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run only the reports whose last run failed.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="How many run at once; by default as cores and memory allow."),
    ] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="Start each kernel as a process of its own: slower, same pages."
        ),
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Run on a cluster: scheduler of dask, such as tcp://host:8786."),
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Stop if another run is at work.")
    ] = False,
    data: Annotated[
        bool, typer.Option(help="Fetch and build the data first, if anything changed.")
    ] = True,
    mirror: MirrorOption = None,
    all_states: Annotated[
        bool, typer.Option("--all-states", help="A brief of every state of the release.")
    ] = False,
    all_counties: Annotated[
        bool, typer.Option("--all-counties", help="A brief of every county: it takes hours.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print failures only.")] = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Print each event as a line of JSON.")
    ] = False,
) -> None:
    """Run the notebooks of a release and render one HTML file each, and the index."""
    from coopanalysis.reports.processes import stop_on_terminate  # noqa: PLC0415
    from coopanalysis.reports.run import event_line, run_reports  # noqa: PLC0415

    overrides = _assignments(set_)
    only = _with_briefs(only, overrides, all_states, all_counties)
    say = None if quiet or log_json else _say
    stop_on_terminate()
    releases = [name.strip() for name in release.split(",")]
    for name in releases if data else ():
        _check_request(name, only, overrides)
    for name in releases if data else ():
        _bring_up_to_date(name, mirror, say)
    try:
        outcome = run_reports(
            releases[0] if len(releases) == 1 else releases,
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
    for failed in outcome.failed:
        if quiet:
            typer.echo(f"{failed.job.slug} failed: {failed.error}", err=True)
    if outcome.failed:
        raise typer.Exit(1)


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


def _check_request(release: str, only: list[str] | None, overrides: dict[str, str]) -> None:
    """Fail for what does not exist before anything is fetched or built.

    Codes of places are known only once the tables are built: those are checked then.
    """
    from coopanalysis.reports.plan import load_plan  # noqa: PLC0415

    if overrides or only:
        with suppress(DataError):
            load_plan(release, only, overrides)


def _with_briefs(
    only: list[str] | None, overrides: dict[str, str], all_states: bool, all_counties: bool
) -> list[str] | None:
    """Add the briefs of all places; those of all counties only where that is said outright."""
    chosen = [*(only or []), *["state-brief"] * all_states, *["county-brief"] * all_counties]
    for flag, report, place in (
        (all_states, "state-brief", "state_fips"),
        (all_counties, "county-brief", "county_fips"),
    ):
        if flag and place in overrides:
            raise UsageError(f"--all-{report.split('-')[0]}s and --set {place} exclude each other.")
        if report == "county-brief" and report in chosen and not flag and place not in overrides:
            raise UsageError(
                "Which county? Name one with --set county_fips=06001, or make the briefs of all "
                "counties with --all-counties."
            )
    return chosen or None


def _assignments(texts: list[str] | None) -> dict[str, str]:
    pairs = [_assignment(text) for text in texts or []]
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--set gives '{name}' more than once. Give each parameter once.")
    return dict(pairs)


def _assignment(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise UsageError(f"--set {text!r} is not NAME=VALUE. Example: --set policy=notifies_ice")
    return name.strip(), value


def _say(line: str) -> None:
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
