"""Where the sources meet: the processed tables of a release, built, loaded and checked."""

from coopanalysis.panel.build import BuildSummary, build_release
from coopanalysis.panel.load import Panel, check_release_data, load_release
from coopanalysis.panel.read import read_one

__all__ = [
    "BuildSummary",
    "Panel",
    "build_release",
    "check_release_data",
    "load_release",
    "read_one",
]
