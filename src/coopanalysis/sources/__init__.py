"""One reader per layout of raw file, each faithful to its file and judging nothing.

`READERS` finds the reader of a layout; a manifest names the layout of each of its files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coopanalysis.sources.ice_287g import read_agreements
from coopanalysis.sources.ilrc_rubric import read_rubric
from coopanalysis.sources.names import read_county_names, read_state_list
from coopanalysis.sources.reading import Reading

READERS: dict[str, Callable[[Path, str], Reading]] = {
    "ice-287g": read_agreements,
    "ilrc-rubric": read_rubric,
    "county-names": read_county_names,
    "state-list": read_state_list,
}

__all__ = [
    "READERS",
    "Reading",
    "read_agreements",
    "read_county_names",
    "read_rubric",
    "read_state_list",
]
