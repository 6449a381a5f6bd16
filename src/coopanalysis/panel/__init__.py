"""Where the sources meet: the processed tables of a release, built, loaded and checked.

Names are imported when they are asked for: telling that a build is up to date needs no pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.panel.add import add_file
    from coopanalysis.panel.build import BuildSummary, build_release
    from coopanalysis.panel.check import check_release_data
    from coopanalysis.panel.examine import Addition, examine_file
    from coopanalysis.panel.load import load_release
    from coopanalysis.panel.read import read_one
    from coopanalysis.panel.release import Panel
    from coopanalysis.panel.state_laws import StateLaws, load_laws
    from coopanalysis.panel.trace import Trace, trace_cell

__all__ = [
    "Addition",
    "BuildSummary",
    "Panel",
    "StateLaws",
    "Trace",
    "add_file",
    "build_release",
    "check_release_data",
    "examine_file",
    "load_laws",
    "load_release",
    "read_one",
    "trace_cell",
]
_HOMES = {
    "Addition": "examine",
    "BuildSummary": "build",
    "Panel": "release",
    "StateLaws": "state_laws",
    "Trace": "trace",
    "add_file": "add",
    "build_release": "build",
    "check_release_data": "check",
    "examine_file": "examine",
    "load_laws": "state_laws",
    "load_release": "load",
    "read_one": "read",
    "trace_cell": "trace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
