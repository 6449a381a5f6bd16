"""The command line: `coopanalysis data ...` and `coopanalysis reports ...`.

Heavy imports stand inside the commands, so that `--help` and an up-to-date run answer at once.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from coopanalysis.cli.data import data_app
from coopanalysis.cli.options import say
from coopanalysis.cli.reports import reports_app, reports_run
from coopanalysis.errors import CoopError

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
app.add_typer(data_app, name="data")
app.add_typer(reports_app, name="reports")


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
    say(f"All of it is in {folder.resolve()}; begin with reports/index.html there.")


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
    except OSError as error:
        if os.environ.get("COOPANALYSIS_DEBUG"):
            traceback.print_exc()
        said = f"error: {error}. Free space, or mend permissions, and run again."
        typer.secho(said, fg="red", err=True)
        return 1
    except KeyboardInterrupt:
        typer.secho("Stopped.", err=True)
        return 130
    return 0


def entry() -> None:
    """Console script."""
    sys.exit(main())
