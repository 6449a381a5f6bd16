"""One reader per layout of raw file, each faithful to its file and judging nothing.

`READERS` finds the reader of a layout; a manifest names the layout of each of its files. Every
reader takes the path and, if the file has one, the id of its source, and returns a `Reading`. It
raises `DataError` if the file is missing or damaged, lacks a column or has one twice.
"""

from __future__ import annotations

from collections.abc import Callable

from coopanalysis.sources.boundaries import read_topojson
from coopanalysis.sources.detainers import read_detainers_declined
from coopanalysis.sources.detention_days import read_facility_daily, read_headcount
from coopanalysis.sources.detention_lists import read_facility_list
from coopanalysis.sources.ice_287g import read_agreements
from coopanalysis.sources.ilrc_rubric import read_rubric
from coopanalysis.sources.layouts import LAYOUT_READERS
from coopanalysis.sources.names import read_county_names, read_fbi_states, read_state_list
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.return_a import read_return_a
from coopanalysis.sources.secure_communities import read_secure_communities
from coopanalysis.sources.urban import METRIC_READERS

READERS: dict[str, Callable[..., Reading]] = {
    "ice-287g": read_agreements,
    "ice-287g-series": read_agreements,
    "ilrc-rubric": read_rubric,
    "county-names": read_county_names,
    "state-list": read_state_list,
    "ucr-states": read_fbi_states,
    "secure-communities": read_secure_communities,
    **METRIC_READERS,
    "topojson": read_topojson,
    "topojson-later": read_topojson,
    "fbi-return-a": read_return_a,
    "ice-facility-list": read_facility_list,
    "facility-headcount": read_headcount,
    "facility-daily": read_facility_daily,
    "npr-declined": read_detainers_declined,
    **LAYOUT_READERS,
}

__all__ = [
    "READERS",
    "Reading",
    "read_agreements",
    "read_county_names",
    "read_fbi_states",
    "read_return_a",
    "read_rubric",
    "read_secure_communities",
    "read_state_list",
    "read_topojson",
]
