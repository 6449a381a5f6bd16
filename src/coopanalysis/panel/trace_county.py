"""Which raw rows one cell of a table of counties rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from coopanalysis.catalog.column import Column, Table
from coopanalysis.catalog.sources import ICE_LIST
from coopanalysis.catalog.tables import (
    AGENCY_YEAR,
    AGREEMENTS,
    COUNTY_REPORTING,
    DETAINERS_DECLINED,
    PROVENANCE,
)
from coopanalysis.clean.coverage import IN_BASE_LIST
from coopanalysis.clean.detainers import summed_rows
from coopanalysis.panel.county import agreement_rows, latest_list
from coopanalysis.panel.inputs import DETAINERS, RETURN_A
from coopanalysis.panel.origins import Origin, origin_of
from coopanalysis.panel.release_tables import read_table

_AGENCY_CELLS: Final = (
    "ori7",
    "agency",
    "county_part_share",
    "population_covered",
    "reporting_status",
    "months_reported",
    "months_covered",
)


@dataclass
class RowSearch:
    """The search for the raw rows behind the cell of a `column` in a `row` of counties.

    `notes` and `searched` fill on the way: what a person has to know, and sources looked into.
    """

    folder: Path
    record: Mapping[str, Any]
    column: Column
    row: Mapping[str, Any]
    year: int | None
    notes: list[str] = field(default_factory=list)
    searched: list[str] = field(default_factory=list)

    @property
    def county(self) -> str:
        """Code of the county."""
        return str(self.row["county_fips"])

    def rows(self) -> list[Origin]:
        """Raw rows behind the cell, in the order of the layouts of its column."""
        found: list[Origin] = []
        for layout in self._layouts():
            known = [entry["id"] for entry in self.record["inputs"] if entry["layout"] == layout]
            if not known:
                self.notes.append(f"The release has no file of layout '{layout}'.")
            elif layout == ICE_LIST:
                found += self._from_lists()
            elif layout == DETAINERS:
                found += self._from_detainers(known)
            elif layout == RETURN_A:
                found += self._from_agencies(known)
            else:
                found += self._from_layout(layout, known)
        return found

    def without_row(self, rows: list[Origin]) -> tuple[str, ...]:
        """Sources that were looked into in vain."""
        met = {row.source for row in rows}
        return tuple(source for source in dict.fromkeys(self.searched) if source not in met)

    def _layouts(self) -> list[str]:
        """Layouts that the column comes from."""
        return self.column.source.split(", ")

    def _read(self, table: Table) -> pd.DataFrame:
        return read_table(self.folder, table.name)

    def _from_layout(self, layout: str, known: list[str]) -> list[Origin]:
        provenance = self._read(PROVENANCE)
        rows = provenance[provenance["layout"] == layout]
        if rows.empty:
            self.notes.append(
                f"The rows of {', '.join(known)} carry no county code; they are used to look "
                "others up."
            )
            return []
        sources = self._sources(rows, known)
        if not sources:
            self.notes.append(
                f"The release has no file of layout '{layout}' and vintage {self.column.vintage}."
            )
        rows = rows[rows["place_fips"].isin([self.county, self.county[:2]])]
        for source in sources:
            self.searched.append(source)
            of_source = self._of_year(rows[rows["source"] == source], provenance)
            if not of_source.empty:
                places = zip(of_source["sheet"], of_source["row"].tolist(), strict=True)
                return [Origin(source, sheet=sheet, row=row) for sheet, row in places]
        return []

    def _sources(self, rows: pd.DataFrame, known: list[str]) -> list[str]:
        """Sources of the vintage the column is of, best first."""
        used = [source for source in known if (rows["source"] == source).any()]
        if not self.column.vintage:
            return used
        vintages = {entry["id"]: entry["vintage"] for entry in self.record["inputs"]}
        wanted = self.column.vintage.split(", ")
        ranked = [source for source in used if vintages[source] in wanted]
        return sorted(ranked, key=lambda source: wanted.index(vintages[source]))

    def _of_year(self, rows: pd.DataFrame, provenance: pd.DataFrame) -> pd.DataFrame:
        """Rows of the year of the cell, or of the one year that the file has."""
        if rows.empty or rows["year"].isna().all():
            return rows
        source = rows["source"].iloc[0]
        years = provenance.loc[provenance["source"] == source, "year"].unique()
        if len(years) == 1:
            return rows
        year = self.year if self.year is not None else self.record["base_list"]
        return rows[rows["year"] == year]

    def _from_lists(self) -> list[Origin]:
        agreements = self._read(AGREEMENTS)
        listed = agreement_rows(agreements)
        rows = listed.get(self.column.name, listed["agreement_latest_list"])
        self.searched += rows["source"].unique().tolist() or [latest_list(agreements)]
        here = rows[rows["county_fips"] == self.county]
        return [origin_of(one) for one in here.to_dict("records")]

    def _from_detainers(self, known: list[str]) -> list[Origin]:
        """Rows of facilities of the county that are summed."""
        table = summed_rows(self._read(DETAINERS_DECLINED))
        rows = table[table["county_fips"] == self.county]
        self.searched += known
        return [origin_of(one) for one in rows.to_dict("records")]

    def _from_agencies(self, known: list[str]) -> list[Origin]:
        agencies, codes, year = self._read(AGENCY_YEAR), [self.county], self.year
        if year is None:  # a column of the county table, which is in the base list
            year, counties = int(self.column.vintage), self._read(COUNTY_REPORTING)
            is_here = (counties[IN_BASE_LIST] == self.county) & (counties["year"] == year)
            codes = counties.loc[is_here, "county_fips"].tolist()
        rows = agencies[agencies["county_fips"].isin(codes) & (agencies["year"] == year)]
        self.searched += rows["source"].unique().tolist() or known
        return [
            origin_of(one, cells={name: str(one[name]) for name in _AGENCY_CELLS})
            for one in rows.to_dict("records")
        ]
