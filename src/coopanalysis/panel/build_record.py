"""What is recorded of a build: its files with hashes and counts, joins and corrections."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

import pandas as pd

from coopanalysis import __version__
from coopanalysis.catalog.corrections import Corrections
from coopanalysis.catalog.sources import Source, known_effects
from coopanalysis.clean.rubric import rubric_disagreements
from coopanalysis.panel.agency_years import Year, as_records
from coopanalysis.panel.county import BASE_LIST
from coopanalysis.panel.inputs import Inputs
from coopanalysis.panel.joins import JoinLog

WORDS = ("title", "publisher", "vintage", "licence", "url", "checked_only")
"""Fields of a source that the record repeats."""
_OF_CELL = ("source", "row", "column", "expected", "put", "reason")
_OF_ALIAS = ("county_text", "state", "county_fips", "reason")
_OF_NAME = ("agency", "state_fips", "support_type", "same_as", "reason")
"""What the record of a build says of a correction, and of counties and agencies persons named."""


def build_record(
    release: str,
    sources: tuple[Source, ...],
    inputs: Inputs,
    corrections: Corrections,
    joins: JoinLog,
    boundaries: pd.DataFrame,
    years: list[Year],
) -> dict[str, Any]:
    """What a build read, joined and corrected."""
    return {
        "release": release,
        "package_version": __version__,
        "base_list": BASE_LIST,
        "inputs": [input_entry(one, inputs) for one in sources if one.id in inputs.readings],
        "absent": [one.id for one in sources if one.id not in inputs.readings],
        "not_in_release": inputs.not_in_release,
        "known_effects": [asdict(effect) for effect in known_effects(release)],
        "agreement_lists": [
            {
                "source": reading.source,
                "list_date": reading.frame["list_date"].iloc[0].strftime("%Y-%m-%d"),
                "list_kind": str(reading.frame["list_kind"].iloc[0]),
                "rows": reading.rows_kept,
            }
            for reading in sorted(inputs.lists, key=lambda one: one.frame["list_date"].iloc[0])
            if reading.rows_kept
        ],
        "joins": joins.records,
        "corrections_applied": corrections_applied(inputs.readings, corrections),
        "rubric_disagreements": (
            as_records(rubric_disagreements(inputs.rubric)) if inputs.rubric else []
        ),
        "return_a": [year.note for year in years],
        "boundaries": _boundary_notes(inputs, boundaries),
    }


def input_entry(source: Source, inputs: Inputs) -> dict[str, Any]:
    """What the record says of one file."""
    reading = inputs.readings[source.id]
    counts = ("rows_in", "rows_kept", "rows_rejected", "codes_mended", "addresses_left_out")
    return {
        "id": source.id,
        "path": source.path,
        "layout": source.layout,
        "sha256": inputs.hashes[source.id],
        "bytes": inputs.sizes[source.id],
        **{name: getattr(reading, name) for name in counts},
        **{name: getattr(source, name) for name in WORDS},
    }


def corrections_applied(read: Collection[str], corrections: Corrections) -> list[dict[str, Any]]:
    """Cells, counties and names of agencies that persons put right in the files that were read."""
    cells = [
        {name: getattr(entry, name) for name in _OF_CELL}
        for entry in corrections.corrections
        if entry.source in read
    ]
    of_kind = ((corrections.aliases, _OF_ALIAS), (corrections.agency_aliases, _OF_NAME))
    aliases = [
        {"source": source, **{name: getattr(alias, name) for name in said}}
        for entries, said in of_kind
        for alias in entries
        for source in alias.seen_in
        if source in read
    ]
    return [*cells, *aliases]


def _boundary_notes(inputs: Inputs, boundaries: pd.DataFrame) -> dict[str, Any]:
    reading = inputs.only("topojson")
    base = inputs.counties["county_fips"]
    drawn = boundaries.loc[boundaries["first_year"].isna(), "county_fips"]
    return {
        "source": reading.source,
        "polygons": len(drawn),
        "plane": str(reading.frame["plane"].iloc[0]),
        "later_polygons": len(boundaries) - len(drawn),
        "left_out_territories": reading.rows_kept - len(drawn),
        "without_geometry": reading.rows_rejected,
        "polygons_without_county": sorted(drawn[~drawn.isin(base)]),
        "counties_without_polygon": sorted(base[~base.isin(drawn)]),
    }
