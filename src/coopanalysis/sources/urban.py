"""County metrics of the Urban Institute: CSV with `year`, `state`, `county` first, missing `NA`.

One reader serves every file; `METRIC_FILES` says what is in which. What the files call violent
and property crime is every NIBRS offence against persons and against property, which is wider
than the usual sense of the words; the columns here are named accordingly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LIMITS
from coopanalysis.catalog.reject_reasons import OUT_OF_RANGE
from coopanalysis.errors import UsageError
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import TextTable, read_text_table

MISSING = "NA"
KEY = ("county_fips", "year")
_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Measure:
    """One measure of a metric file.

    Attributes
    ----------
    raw : str
        Column in the file.
    bounds : bool
        Whether the file has `<raw>_lb` and `<raw>_ub` beside it.
    """

    raw: str
    bounds: bool = False


@dataclass(frozen=True)
class MetricFile:
    """What is in a metric file.

    Attributes
    ----------
    measures : Mapping of Measure
        By the name their column has here.
    quality : str
        Name of the column of quality flags, of which the file has one per measure, all equal;
        empty where the flag says nothing.
    labels : tuple of str
        Further key columns, texts of the same name in the file.
    sums_to_one : bool
        Whether the measures of a row are parts of a whole.
    """

    measures: Mapping[str, Measure]
    quality: str = ""
    labels: tuple[str, ...] = ()
    sums_to_one: bool = False
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names: list[str] = []
        for name, measure in self.measures.items():
            names += [name, *bound_names(name)] if measure.bounds else [name]
        object.__setattr__(self, "columns", (*names, *([self.quality] if self.quality else [])))

    @property
    def raw_columns(self) -> list[str]:
        """Columns the file must have."""
        names = ["year", "state", "county", *self.labels]
        for measure in self.measures.values():
            names += [measure.raw]
            names += [f"{measure.raw}_{end}" for end in ("lb", "ub") if measure.bounds]
            names += [f"{measure.raw}_quality"] if self.quality else []
        return names

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row."""
        return (*KEY, *self.labels)


def bound_names(name: str) -> tuple[str, str]:
    """Names of the bounds of a measure; the unit stays last.

    Examples
    --------
    >>> bound_names("employed_share")
    ('employed_lower_share', 'employed_upper_share')
    """
    stem, _, unit = name.rpartition("_")
    return f"{stem}_lower_{unit}", f"{stem}_upper_{unit}"


_JUVENILE = {"juvenile_arrests_per_100k": Measure("rate_juv_arrest")}

METRIC_FILES: dict[str, MetricFile] = {
    "urban-crime": MetricFile(
        {
            "person_offenses_per_100k": Measure("rate_crime_violent"),
            "property_offenses_per_100k": Measure("rate_crime_property"),
        },
        quality="reporting_quality",
    ),
    "urban-juvenile-arrests": MetricFile(_JUVENILE, quality="juvenile_reporting_quality"),
    "urban-juvenile-arrests-subgroup": MetricFile(
        _JUVENILE, quality="juvenile_reporting_quality", labels=("subgroup_type", "subgroup")
    ),
    "urban-income": MetricFile(
        {
            f"income_p{rank}_usd": Measure(f"pctl_income_{rank}", bounds=True)
            for rank in (20, 50, 80)
        },
        quality="income_quality",
    ),
    "urban-employment": MetricFile(
        {"employed_share": Measure("share_employed", bounds=True)}, quality="employment_quality"
    ),
    "urban-race-ethnicity": MetricFile(
        {
            "hispanic_share": Measure("share_desc_rep_hispanic"),
            "white_nonhispanic_share": Measure("share_desc_rep_white_nonhispanic"),
            "black_nonhispanic_share": Measure("share_desc_rep_black_nonhispanic"),
            "other_race_share": Measure("share_desc_rep_other"),
        },
        sums_to_one=True,
    ),
    "urban-poverty-exposure": MetricFile(
        {"poverty_exposure_share": Measure("share_poverty_exposure")},
        quality="poverty_exposure_quality",
    ),
    "urban-hs-degree": MetricFile(
        {"hs_degree_share": Measure("share_hs_degree", bounds=True)}, quality="hs_degree_quality"
    ),
    "urban-turnout": MetricFile(
        {"turnout_share": Measure("election_turnout")}, quality="turnout_quality"
    ),
}
"""Metric files by layout."""


def read_urban_metric(path: Path, source: str = "", *, layout: str) -> Reading:
    """Read a metric file of the Urban Institute.

    Parameters
    ----------
    path : Path
        The file.
    source : str
        Id of the source; by default the file name.
    layout : str
        Which file it is, a key of `METRIC_FILES`.

    Returns
    -------
    Reading
        `county_fips` (in the county list of the year), `year`, the labels of the file, and its
        `columns`: measures (missing where there is no estimate, never zero), their bounds as
        published, and the quality flag (1 good to 3 poor, missing where the measures are).

    Raises
    ------
    DataError
        If the file is unreadable or lacks a column.
    UsageError
        If there is no such layout.
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
    for name, measure in content.measures.items():
        typed |= _measure(table, name, measure)
    if content.quality:
        typed[content.quality] = _quality(table, content, typed)
    if content.sums_to_one:
        total = pd.DataFrame(typed)[list(content.measures)].sum(axis=1, skipna=False)
        table.reject((total - 1).abs() > _SUM_TOLERANCE, f"{OUT_OF_RANGE}: shares do not sum to 1")
    return table.reading(typed, content.key)


METRIC_READERS = {layout: partial(read_urban_metric, layout=layout) for layout in METRIC_FILES}
"""One reader per metric file, by layout."""

read_urban_crime = METRIC_READERS["urban-crime"]
read_urban_race_ethnicity = METRIC_READERS["urban-race-ethnicity"]


def _measure(table: TextTable, name: str, measure: Measure) -> dict[str, pd.Series]:
    def number(raw: str) -> pd.Series:
        return table.number(raw, LIMITS[name], missing=MISSING)

    value = number(measure.raw)
    if not measure.bounds:
        return {name: value}
    lower, upper = number(f"{measure.raw}_lb"), number(f"{measure.raw}_ub")
    table.reject(
        (lower > value) | (value > upper), f"{OUT_OF_RANGE}: {measure.raw} is not in its bounds"
    )
    return dict(zip((name, *bound_names(name)), (value, lower, upper), strict=True))


def _quality(table: TextTable, content: MetricFile, typed: dict[str, pd.Series]) -> pd.Series:
    """The flag of a row; rows whose flags differ, or that have a flag or a value only, go."""
    first, *others = [
        table.number(f"{measure.raw}_quality", LIMITS[content.quality], missing=MISSING)
        for measure in content.measures.values()
    ]
    table.reject(first % 1 > 0, f"{OUT_OF_RANGE}: a quality flag is not 1, 2 or 3")
    for other in others:
        same = (first == other) | (first.isna() & other.isna())
        table.reject(~same, f"{OUT_OF_RANGE}: the quality flags differ")
    for name in content.columns:
        if name in typed:
            lone = typed[name].isna() != first.isna()
            table.reject(lone, f"{OUT_OF_RANGE}: {name} and its quality flag are not both there")
    limits = LIMITS[content.quality]
    sound = (first % 1 == 0) & first.between(limits.minimum, limits.maximum)
    return first.where(sound).astype("Int8")
