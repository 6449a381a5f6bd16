"""What police reported to the FBI: agencies by status, coverage of counties, and the match."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from coopanalysis.display.html import Output
from coopanalysis.display.sentences import describe_sources, format_count, format_share, join_words
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.common import note
from coopanalysis.panel import Panel

LAYOUT: Final = "fbi-return-a"
YEARS_SHOWN: Final = 3
STATUSES: Final = {
    "reported": "Sent reports, with offences in them",
    "reported-zero": "Sent reports, and no offence in them: zero",
    "not-reported": "Expected, and sent nothing: not reported",
    "reported-elsewhere": "Another agency sends its crimes: reported elsewhere",
    "not-expected": "Sent nothing, and not asked for: not expected",
}
COVERAGE: Final = (
    ("All of it", 1.0, None),
    ("90% or more, not all", 0.9, 1.0),
    ("50% to below 90%", 0.5, 0.9),
    ("Below 50%, not nothing", 0.0, 0.5),
)
"""Words, and the coverage from which and below which a county counts; 0 is a row of its own."""
_ROUNDING: Final = 1e-9


def police_reports(
    agencies: pd.DataFrame, counties: pd.DataFrame, notes: list[dict[str, Any]]
) -> pd.DataFrame:
    """Count agencies by status, counties by coverage, and what has a known county, by year.

    Parameters
    ----------
    agencies : DataFrame
        The table `agency_year`.
    counties : DataFrame
        The table `county_reporting`.
    notes : list of dict
        What the record of the build says of each year of Return A.

    Returns
    -------
    DataFrame, one row per year and measure
        `year`, `unit` (agencies, counties or residents), `label`, `count`, and `share` of all of
        that unit (0 to 1).
    """
    frames = [
        pd.concat(
            [
                _by_status(agencies[agencies["year"] == one["year"]]),
                _by_coverage(counties[counties["year"] == one["year"]]),
                _matched(one),
            ]
        ).assign(year=one["year"])
        for one in notes
    ]
    return pd.concat(frames, ignore_index=True)[["year", "unit", "label", "count", "share"]]


def show_police_reports(panel: Panel) -> Output:
    """Agencies by status, coverage of counties and share matched, of the last years at hand."""
    notes = panel.build["return_a"][-YEARS_SHOWN:]
    if not notes:
        return note(
            "This release holds no Return A file, so what single agencies sent to the FBI, and "
            "for how many months, is not known here."
        )
    table = police_reports(panel.agency_year, panel.county_reporting, notes)
    years = [one["year"] for one in notes]
    wide = table.loc[table["year"] == years[0], ["label", "unit"]]
    formats: dict[str, ColumnFormat | str] = {"label": "What", "unit": "Of all"}
    for year in years:
        of_year = table[table["year"] == year]
        # Every year has the same rows in the same order.
        wide[f"count_{year}"], wide[f"share_{year}"] = of_year[["count", "share"]].T.to_numpy()
        formats[f"count_{year}"] = ColumnFormat(f"{year}, number", kind="count")
        formats[f"share_{year}"] = ColumnFormat(f"{year}, share", kind="share")
    return show_table(
        wide,
        caption="What police reported to the FBI",
        note=_reading(panel, notes),
        source=describe_sources(panel.build, [LAYOUT]),
        columns=formats,
        row_header="label",
    )


def _reading(panel: Panel, notes: list[dict[str, Any]]) -> str:
    last = notes[-1]
    agencies = panel.agency_year
    agencies = agencies[agencies["year"] == last["year"]].drop_duplicates("ori7")
    later = int((agencies["last_month_reported"] > agencies["months_reported"]).sum())
    lists = sorted({one["county_list_year"] for one in notes})
    year, number = last["year"], format_count(last["county_numbers"])
    known = format_count(last["county_numbers_matched"])
    return (
        f"Months are counted from the marks of each return: in {year}, {format_count(later)} "
        "agencies give a last month beyond the number of months they sent. Coverage is the share "
        "of residents and months in the file. Agencies are placed by the FBI's county numbers, of "
        f"which {known} of {number} in {year} mean a county that is known "
        f"({format_share(last['residents_matched'] / last['residents'])} of residents); county "
        f"list of {join_words([str(one) for one in lists])}."
    )


def _by_status(agencies: pd.DataFrame) -> pd.DataFrame:
    status = agencies.drop_duplicates("ori7")["reporting_status"]
    counts = status.value_counts().reindex(list(STATUSES), fill_value=0)
    return _rows(
        "agencies", dict(zip(STATUSES.values(), counts.tolist(), strict=True)), len(status)
    )


def _by_coverage(counties: pd.DataFrame) -> pd.DataFrame:
    share = counties["coverage_share"]
    counts = {}
    for words, low, high in COVERAGE:
        above = share > low + _ROUNDING if low == 0 else share >= low - _ROUNDING
        below = share < high - _ROUNDING if high is not None else True
        counts[f"Coverage: {words.lower()}"] = int((above & below).sum())
    counts["Coverage: none"] = int((share <= _ROUNDING).sum())
    counts["Coverage: not known, no agency has residents"] = int(share.isna().sum())
    return _rows("counties", counts, len(counties))


def _matched(one: dict[str, Any]) -> pd.DataFrame:
    return pd.concat(
        [
            _rows(
                "agencies by county",
                {"Agencies in each of their counties, county known": one["parts_matched"]},
                one["parts"],
            ),
            _rows(
                "residents",
                {"Residents of agencies, county known": one["residents_matched"]},
                one["residents"],
            ),
        ]
    )


def _rows(unit: str, counts: dict[str, int], total: int) -> pd.DataFrame:
    frame = pd.DataFrame({"label": list(counts), "count": list(counts.values())})
    return frame.assign(unit=unit, share=frame["count"] / max(total, 1))
