"""What "main" stands for in each release, in notebooks and on the command line alike."""

from __future__ import annotations

from collections.abc import Mapping

from coopanalysis.vocabulary import MAIN

MAIN_POLICIES: Mapping[str, str] = {
    "demo": "holds_on_detainer",
    "public": "agreement_latest_list",
}
"""The practice that the demo release has a known effect of; the agreements in force on the latest
list, which the public release knows of every county."""
MAIN_PLACES: Mapping[str, Mapping[str, str]] = {
    "demo": {"state_fips": "63", "county_fips": "63047"},
    "public": {"state_fips": "12", "county_fips": "12086"},
}
"""A place with agreements of several models, whose brief shows every section."""


def main_place(parameter: str, value: str, release: str) -> str:
    """Code of a state or county: that of the release for "main", else the value as it is."""
    return MAIN_PLACES.get(release, {}).get(parameter, value) if value == MAIN else value
