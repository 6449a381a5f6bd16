"""`python -m coopanalysis.reports.site`: make the folder that can be published; show it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from coopanalysis import paths
from coopanalysis.errors import CoopError, ReportError, UsageError
from coopanalysis.reports.site.publish import FOLDER, describe_failure, publish

HIGHEST_PORT = 65_535


def main(words: Sequence[str] | None = None) -> int:
    """Make the site of all reports that stand, and show it if asked; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m coopanalysis.reports.site")
    parser.add_argument("--serve", type=int, metavar="PORT", help="show it on this machine alone")
    parser.add_argument("--release", help="write a page of every county of this release first")
    parser.add_argument("--forecast", metavar="RELEASE", help="only say how long all of it takes")
    parser.add_argument("--address", default="", help="where the site will stand: https://...")
    parser.add_argument("--workers", type=int, help="processes for county pages; one a core")
    asked = parser.parse_args(words)
    port = asked.serve
    site = paths.project_root() / FOLDER
    try:
        if asked.forecast:
            from coopanalysis.reports.site.forecast import forecast  # noqa: PLC0415

            print(forecast(asked.forecast), flush=True)
            return 0
        if asked.release:
            from coopanalysis.reports.site.county_pages import write_county_pages  # noqa: PLC0415
            from coopanalysis.reports.site.take_away import write_take_away  # noqa: PLC0415

            say = partial(print, flush=True)
            write_county_pages(paths.reports_dir(), asked.release, say, workers=asked.workers)
            write_take_away(paths.reports_dir(), asked.release)
        print(publish(paths.reports_dir(), site, asked.address), flush=True)
        if port is not None:
            serve(site, port)
    except CoopError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"error: {describe_failure(paths.reports_dir(), error)}", file=sys.stderr)
        return ReportError.exit_status
    return 0


def serve(site: Path, port: int) -> None:
    """Show a folder on this machine alone until Ctrl+C."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        other = port + 1 if 0 < port < HIGHEST_PORT else 8000
        raise UsageError(
            f"Port {port} cannot be had ({error}). Name another: make serve PORT={other}"
        ) from error
    with server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    sys.exit(main())
