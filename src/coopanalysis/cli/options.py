"""Options that several commands have, and how lines are printed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from typer import Option

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


def say(line: str) -> None:
    """Print a line."""
    typer.echo(line)


def say_all(lines: Iterable[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        typer.echo(line)
