"""Reproducible analysis of how US counties cooperate with immigration enforcement.

The notebooks hold the analyses. What they call is laid out in floors, and modules import
downwards only:

====== ===========================================================
floor  modules
====== ===========================================================
0      `errors`, `filehash`, `paths`, `tempfolder`, `vocabulary`
1      `catalog` (sources, columns, corrections as data), `schema`
2      `sources` (one reader per layout), fetching
3      `clean` (county identity, agencies, reporting)
4      `panel` (where sources meet: releases, counties, policies)
5      `models` (formulas, fits, and what they withstand)
6      `display` (what a reader sees of a frame or a result)
7      `briefs` (the pages of one state or county)
8      `reports` (plan, execute, render, index)
9      `cli`
10     `front` (the console script: an answer at once where nothing changed)
====== ===========================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.models import Estimates, ModelSpec, fit, fit_each, parse_formula
    from coopanalysis.panel import load_release

    __version__: str

__all__ = [
    "Estimates",
    "ModelSpec",
    "__version__",
    "fit",
    "fit_each",
    "load_release",
    "parse_formula",
]
_HOMES = {
    "Estimates": "models",
    "ModelSpec": "models",
    "fit": "models",
    "fit_each": "models",
    "load_release": "panel",
    "parse_formula": "models",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from coopanalysis.panel.record import installed_version  # noqa: PLC0415  (seldom asked for)

        return installed_version("coopanalysis")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
