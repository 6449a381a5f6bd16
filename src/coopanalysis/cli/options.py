"""Options that several commands have, and how lines are printed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from typer import Argument, Option

from coopanalysis.paths import MIRROR_VARIABLE

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
ReleasesOption = Annotated[
    str, Option("--release", "-r", help="'demo', 'public', or both: 'demo,public'.")
]
ForceOption = Annotated[bool, Option("--force", help="Run reports that are up to date, too.")]
RetryOption = Annotated[
    bool, Option("--retry-failed", help="Run only the reports whose last run failed.")
]
WorkersOption = Annotated[
    int | None, Option(min=1, help="How many run at once; by default as cores and memory allow.")
]
SchedulerOption = Annotated[
    str | None, Option(help="Run on a cluster: scheduler of dask, such as tcp://host:8786.")
]
NoWaitOption = Annotated[bool, Option("--no-wait", help="Stop if another run is at work.")]
DataOption = Annotated[bool, Option(help="Fetch and build the data first, if anything changed.")]
AllStatesOption = Annotated[
    bool, Option("--all-states", help="A brief of every state of the release.")
]
QuietOption = Annotated[bool, Option("--quiet", "-q", help="Print failures only.")]
JsonOption = Annotated[bool, Option("--log-json", help="Print each event as a line of JSON.")]
NotebooksArgument = Annotated[
    list[str] | None, Argument(help="Notebooks, or ids of reports; all notebooks by default.")
]


def say(line: str) -> None:
    """Print a line."""
    typer.echo(line)


def say_all(lines: Iterable[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        typer.echo(line)
