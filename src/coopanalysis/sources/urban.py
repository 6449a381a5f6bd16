"""County metrics of the Urban Institute: CSV with `year`, `state`, `county` first, missing `NA`.

One reader serves every file; `METRIC_FILES` says what is in which. What the files call violent
and property crime is every NIBRS offence against persons and against property, which is wider
than the usual sense of the words; the columns here are named accordingly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LIMITS
from coopanalysis.catalog.reject_reasons import OUT_OF_RANGE
from coopanalysis.errors import UsageError
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import TextTable, read_text_table

MISSING = "NA"
_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class MetricFile:
    """What is in a metric file.

    `measures` are columns of the file by the name they have here; with `bounds` each has
    `<raw>_lb` and `<raw>_ub` beside it. `quality` names the column of quality flags, of which the
    file has one per measure, all equal; it is empty where the flag says nothing. `labels` are
    further key columns, texts of the same name in the file. With `sums_to_one` the measures of a
    row are parts of a whole.
    """

    measures: Mapping[str, str]
    bounds: bool = False
    quality: str = ""
    labels: tuple[str, ...] = ()
    sums_to_one: bool = False

    @property
    def columns(self) -> list[str]:
        """Measures, their bounds and the quality flag, by the names they have here."""
        names = [one for name in self.measures for one in self.with_bounds(name)]
        return [*names, *([self.quality] if self.quality else [])]

    @property
    def raw_columns(self) -> list[str]:
        """Columns the file must have."""
        ends = [*(("", "_lb", "_ub") if self.bounds else ("",))]
        ends += ["_quality"] if self.quality else []
        measures = [f"{raw}{end}" for raw in self.measures.values() for end in ends]
        return ["year", "state", "county", *self.labels, *measures]

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row."""
        return ("county_fips", "year", *self.labels)

    def with_bounds(self, name: str) -> list[str]:
        """Names of a measure and of its bounds, if it has any; the unit stays last."""
        stem, _, unit = name.rpartition("_")
        return [name, *(f"{stem}_{end}_{unit}" for end in ("lower", "upper") if self.bounds)]


_JUVENILE = {"juvenile_arrests_per_100k": "rate_juv_arrest"}

METRIC_FILES: dict[str, MetricFile] = {
    "urban-crime": MetricFile(
        {
            "person_offenses_per_100k": "rate_crime_violent",
            "property_offenses_per_100k": "rate_crime_property",
        },
        quality="reporting_quality",
    ),
    "urban-juvenile-arrests": MetricFile(_JUVENILE, quality="juvenile_reporting_quality"),
    "urban-juvenile-arrests-subgroup": MetricFile(
        _JUVENILE, quality="juvenile_reporting_quality", labels=("subgroup_type", "subgroup")
    ),
    "urban-income": MetricFile(
        {f"income_p{rank}_usd": f"pctl_income_{rank}" for rank in (20, 50, 80)},
        bounds=True,
        quality="income_quality",
    ),
    "urban-employment": MetricFile(
        {"employed_share": "share_employed"}, bounds=True, quality="employment_quality"
    ),
    "urban-race-ethnicity": MetricFile(
        {
            "hispanic_share": "share_desc_rep_hispanic",
            "white_nonhispanic_share": "share_desc_rep_white_nonhispanic",
            "black_nonhispanic_share": "share_desc_rep_black_nonhispanic",
            "other_race_share": "share_desc_rep_other",
        },
        sums_to_one=True,
    ),
    "urban-poverty-exposure": MetricFile(
        {"poverty_exposure_share": "share_poverty_exposure"}, quality="poverty_exposure_quality"
    ),
    "urban-hs-degree": MetricFile(
        {"hs_degree_share": "share_hs_degree"}, bounds=True, quality="hs_degree_quality"
    ),
    "urban-turnout": MetricFile({"turnout_share": "election_turnout"}, quality="turnout_quality"),
}
"""Metric files by layout."""


def read_urban_metric(path: Path, source: str = "", *, layout: str) -> Reading:
    """Read a metric file of the Urban Institute, whose `layout` is a key of `METRIC_FILES`.

    The reading has `county_fips` (in the county list of the year), `year`, the labels of the file,
    and its `columns`: measures (missing where there is no estimate, never zero), their bounds as
    published, and the quality flag (1 good to 3 poor, missing where the measures are).
    """
    if layout not in METRIC_FILES:
        raise UsageError(f"No metric file '{layout}'. There are: {', '.join(METRIC_FILES)}.")
    content = METRIC_FILES[layout]
    table = read_text_table(path, source, content.raw_columns)
    typed = {
        "county_fips": table.county_fips("county", "state"),
        "year": table.whole("year", LIMITS["year"]),
        **{label: table.text(label) for label in content.labels},
    }
    for name, raw in content.measures.items():
        typed |= _measure(table, content, name, raw)
    if content.quality:
        typed[content.quality] = _quality(table, content, typed)
    if content.sums_to_one:
        total = pd.DataFrame(typed)[list(content.measures)].sum(axis=1, skipna=False)
        table.reject((total - 1).abs() > _SUM_TOLERANCE, f"{OUT_OF_RANGE}: shares do not sum to 1")
    return table.reading(typed, content.key)


METRIC_READERS = {layout: partial(read_urban_metric, layout=layout) for layout in METRIC_FILES}
"""One reader per metric file, by layout."""


def _measure(table: TextTable, content: MetricFile, name: str, raw: str) -> dict[str, pd.Series]:
    """A measure and its bounds, which share its limits and hold it."""
    values = {
        one: table.number(f"{raw}{end}", LIMITS[name], missing=MISSING)
        for one, end in zip(content.with_bounds(name), ("", "_lb", "_ub"), strict=False)
    }
    if content.bounds:
        value, lower, upper = values.values()
        table.reject(
            (lower > value) | (value > upper), f"{OUT_OF_RANGE}: {raw} is not in its bounds"
        )
    return values


def _quality(table: TextTable, content: MetricFile, typed: dict[str, pd.Series]) -> pd.Series:
    """The flag of a row; rows whose flags differ, or that have a flag or a value only, go."""
    limits = LIMITS[content.quality]
    first, *others = [
        table.number(f"{raw}_quality", limits, missing=MISSING) for raw in content.measures.values()
    ]
    table.reject(first % 1 > 0, f"{OUT_OF_RANGE}: a quality flag is not 1, 2 or 3")
    for other in others:
        same = (first == other) | (first.isna() & other.isna())
        table.reject(~same, f"{OUT_OF_RANGE}: the quality flags differ")
    for name in content.columns[:-1]:
        lone = typed[name].isna() != first.isna()
        table.reject(lone, f"{OUT_OF_RANGE}: {name} and its quality flag are not both there")
    sound = (first % 1 == 0) & first.between(limits.minimum, limits.maximum)
    return first.where(sound).astype("Int8")
