"""`coopanalysis reports ...`: what there is, what would run, and running it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from coopanalysis.cli.options import (
    AllStatesOption,
    DataOption,
    ForceOption,
    JsonOption,
    MirrorOption,
    NotebooksArgument,
    NoWaitOption,
    OnlyOption,
    PlainOption,
    QuietOption,
    ReleaseOption,
    ReleasesOption,
    RetryOption,
    SchedulerOption,
    SetOption,
    WorkersOption,
    say,
    say_all,
)
from coopanalysis.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coopanalysis.reports.progress import Progress

reports_app = typer.Typer(
    help="Run the parameterized notebooks and render them to HTML.", no_args_is_help=True
)


@reports_app.command("list")
def reports_list(release: ReleaseOption = "demo") -> None:
    """List the reports of a release with their notebooks, parameters and allowed values."""
    from coopanalysis.reports.show import list_lines  # noqa: PLC0415

    say_all(list_lines(release))


@reports_app.command("new")
def reports_new(
    name: Annotated[str, Argument(help="Id of the new report, such as my-question.")],
    source: Annotated[str, Option("--from", help="Report it begins as, by id.")],
    title: Annotated[str, Option(help="Its title; by default the words of the id.")] = "",
) -> None:
    """Begin a report of your own as a copy of one that is there."""
    from coopanalysis.reports.new import new_report  # noqa: PLC0415

    notebook = new_report(name, source, title)
    say(f"Wrote notebooks/{notebook.name} and the entry '{name}' in notebooks/reports.toml.")
    say(f"Next: open notebooks/{notebook.name} (make lab) and change its question;")
    say("title and description of the page stand in the entry, not in the notebook. Then")
    say(f"  coopanalysis reports run --only {name}")


@reports_app.command("plan")
def reports_plan(
    release: ReleaseOption = "demo", only: OnlyOption = None, set_: SetOption = None
) -> None:
    """Say which reports would run, and why."""
    from coopanalysis.reports.show import plan_lines  # noqa: PLC0415

    say_all(plan_lines(release, only, _assignments(set_)))


@reports_app.command("status")
def reports_status(
    release: ReleaseOption = "demo",
    only: OnlyOption = None,
    headlines: Annotated[
        bool, Option("--headlines", help="Print the main finding of each report in place of that.")
    ] = False,
) -> None:
    """Say what stands, what is stale, what failed, and how long each took."""
    from coopanalysis.reports.show import headline_lines, status_lines  # noqa: PLC0415

    say_all((headline_lines if headlines else status_lines)(release, only))


@reports_app.command("graph")
def reports_graph(
    release: ReleaseOption = "demo",
    only: OnlyOption = None,
    dot: Annotated[bool, Option("--dot", help="Print a graph for Graphviz.")] = False,
) -> None:
    """Show what each report depends on: notebook, tables, raw files."""
    from coopanalysis.reports.show import dot_lines, graph_lines  # noqa: PLC0415

    say_all((dot_lines if dot else graph_lines)(release, only))


@reports_app.command("validate")
def reports_validate(notebook: NotebooksArgument = None, plain: PlainOption = False) -> None:
    """Run notebooks and compare their headline numbers with the committed ones (nbval)."""
    from coopanalysis.reports.validate import find_notebooks, validate_notebooks  # noqa: PLC0415

    raise typer.Exit(validate_notebooks(find_notebooks(notebook or ()), plain=plain))


@reports_app.command("accept")
def reports_accept(notebook: NotebooksArgument = None) -> None:
    """Run notebooks in place, keep their headline numbers, and say which of them changed."""
    from coopanalysis.reports.validate import accept_notebooks, find_notebooks  # noqa: PLC0415

    _bring_up_to_date("demo", None, None)
    say_all(accept_notebooks(find_notebooks(notebook or ())))


@reports_app.command("run")
def reports_run(
    release: ReleasesOption = "demo",
    only: OnlyOption = None,
    set_: SetOption = None,
    force: ForceOption = False,
    retry_failed: RetryOption = False,
    workers: WorkersOption = None,
    plain: PlainOption = False,
    scheduler: SchedulerOption = None,
    no_wait: NoWaitOption = False,
    data: DataOption = True,
    mirror: MirrorOption = None,
    all_states: AllStatesOption = False,
    quiet: QuietOption = False,
    log_json: JsonOption = False,
) -> None:
    """Run the notebooks of a release and render one HTML file each, and the index."""
    from coopanalysis.reports.run import run_reports  # noqa: PLC0415

    overrides = _assignments(set_)
    releases = [name.strip() for name in release.split(",")]
    only = _with_briefs(only, overrides, all_states)
    progress = None if quiet or log_json else say
    with _stopped_in_order():
        if data:
            _prepare(releases, only, overrides, mirror, progress)
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
            progress=progress,
            events=_say_event if log_json else None,
        )
    for failed in outcome.failed if quiet else ():
        typer.echo(f"{failed.job.slug} failed: {failed.error}", err=True)
    if outcome.failed:
        raise typer.Exit(1)


@contextmanager
def _stopped_in_order() -> Iterator[None]:
    """Let a request to end, too, leave what is finished and nothing else."""
    from coopanalysis.reports.processes import stop_on_terminate  # noqa: PLC0415

    stop_on_terminate()
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped. What was finished stands; run again to go on.", err=True)
        raise typer.Exit(130) from None


def _say_event(event: Progress) -> None:
    from coopanalysis.reports.progress import event_line  # noqa: PLC0415

    say(event_line(event))


@reports_app.command("place")
def reports_place(
    place: Annotated[str, Argument(help="State, county or city, such as 'Harris, Texas'.")],
    release: ReleaseOption = "public",
    mirror: MirrorOption = None,
) -> None:
    """Make the page of one state or county, named as people type it, and say where it is."""
    from coopanalysis import paths  # noqa: PLC0415
    from coopanalysis.reports.place_search import find_place  # noqa: PLC0415

    _bring_up_to_date(release, mirror, say)
    found = find_place(place, release)
    if found.remark:
        typer.echo(found.remark, err=True)
    if found.kind == "county":
        from coopanalysis.reports.site.county_pages import write_county_page  # noqa: PLC0415

        say(str(write_county_page(paths.reports_dir(), release, found.code)))
        return
    from coopanalysis.reports.run import run_reports  # noqa: PLC0415

    chosen = {"state_fips": found.code}
    if run_reports([release], only=["state-brief"], overrides=chosen, progress=say).failed:
        raise typer.Exit(1)


def _prepare(
    releases: list[str],
    only: list[str] | None,
    overrides: dict[str, str],
    mirror: str | None,
    progress: Callable[[str], None] | None,
) -> None:
    """Fail for what does not exist, then fetch and build what changed.

    Codes of places are known only once the tables are built: those are checked then.
    """
    from coopanalysis.reports.plan import load_plan  # noqa: PLC0415

    for name in releases if overrides or only else ():
        with suppress(DataError):
            load_plan(name, only, overrides)
    for name in releases:
        _bring_up_to_date(name, mirror, progress)


def _bring_up_to_date(
    release: str, mirror: str | None, progress: Callable[[str], None] | None
) -> None:
    """Fetch and build what changed; where nothing did, this needs no pandas."""
    from coopanalysis.catalog.sources import check_release  # noqa: PLC0415
    from coopanalysis.panel.record import is_current  # noqa: PLC0415

    check_release(release)
    if is_current(release):
        return
    from coopanalysis.panel import build_release  # noqa: PLC0415
    from coopanalysis.sources.fetch import fetch_release  # noqa: PLC0415

    fetch_release(release, mirror=mirror, progress=progress)
    summary = build_release(release, progress=progress)
    if progress is not None:
        progress(str(summary))


def _with_briefs(
    only: list[str] | None, overrides: dict[str, str], all_states: bool
) -> list[str] | None:
    """Add the briefs of all states."""
    if all_states and "state_fips" in overrides:
        raise UsageError("--all-states and --set state_fips exclude each other.")
    return [*(only or []), *["state-brief"] * all_states] or None


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
