"""What the cells of one row, or the rows of one file, have to keep to among themselves.

The catalog declares, by layout, which columns say again what others do (`CROSS_CHECKS`); what one
layout alone needs is a function here (`CHECKS`), given the table and its columns as far as read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from coopanalysis.catalog.raw_columns import (
    CROSS_CHECKS,
    LEAST_OF_AN_OFFICE,
    RATIO_TOLERANCE,
    Check,
    Difference,
    Parts,
    Ratio,
)
from coopanalysis.catalog.reject_reasons import (
    CONTRADICTED,
    NO_COUNTY,
    NOT_A_COUNTY_CODE,
    NOT_A_NAME,
    NOT_A_NUMBER,
    NOT_A_TRACT_CODE,
    NOT_AN_AGENCY,
    OTHER_STATE,
    OUT_OF_RANGE,
    VOTE_DISTRICT,
    WARD_SUMMED,
)
from coopanalysis.sources.text_table import TextTable, join_county_codes, matches

Typed = dict[str, pd.Series]
_BINARY = 1e-6
"""What decimal fractions are off by as binary ones."""


def _contradicting(table: TextTable, typed: Typed) -> None:
    reject_contradictions(table, CROSS_CHECKS["acs-wide"])


def _votes(table: TextTable, typed: Typed) -> None:
    """Set districts of Alaska aside, and sum the wards of the District of Columbia in the first."""
    codes, whole = typed["county_fips"], typed["votes_count"]
    table.reject(codes.str.startswith("02").astype(bool), VOTE_DISTRICT)
    parts = typed["republican_votes_count"] + typed["democratic_votes_count"]
    more = "two candidates have more votes than were cast"
    table.reject(_exceeds(parts, whole), f"{OUT_OF_RANGE}: {more}")
    reject_contradictions(table, CROSS_CHECKS["votes-president"])
    wards = codes.str.startswith("11").astype(bool) & table.reasons.isna()
    first = wards & (codes == "11001")
    if wards.sum() > 1:
        for name in (one for one in typed if one.endswith("_count")):
            typed[name] = typed[name].mask(first, typed[name][wards].sum())
        typed["county"] = typed["county"].mask(first, typed["state"])
    table.reject(matches(codes, r"110(?!01)[0-9]{2}"), WARD_SUMMED)


def _names_in_one(table: TextTable, typed: Typed) -> None:
    """Part a `State, County` that stands in the column of the state."""
    state, county = typed["state"], typed["county"]
    joined = (county == "NA") & state.str.contains(", ", regex=False)
    if joined.any():
        parts = state[joined].str.split(", ", n=1)
        typed["state"] = state.mask(joined, parts.str[0])
        typed["county"] = county.mask(joined, parts.str[1])


def _code_and_parts(table: TextTable, typed: Typed) -> None:
    parts, _ = join_county_codes(table.text("COUNTYFP"), table.text("STATEFP"))
    reason = f"{NOT_A_COUNTY_CODE}: GEOID is not STATEFP and COUNTYFP"
    table.reject(typed["county_fips"] != parts, reason)


def _tracts(table: TextTable, typed: Typed) -> None:
    for year, tract, county in (
        (2020, "tract_fips_2020", "county_fips_2020"),
        (2022, "Tract_fips_2022", "ce_fips_2022"),
    ):
        codes, counties = typed[f"tract_fips_{year}"], typed[f"county_fips_{year}"]
        table.reject(~matches(counties, r"09\d{3}"), f"{NOT_A_COUNTY_CODE}: {county}")
        inside = matches(codes, r"\d{11}") & (codes.str[:5] == counties)
        table.reject(~inside, f"{NOT_A_TRACT_CODE}: {tract}")


def _margins(table: TextTable, typed: Typed) -> None:
    for of in ("LIMENG", "HISP", "POV150"):
        estimate, margin = (table.lines[f"{kind}P_{of}"] == "-999" for kind in "EM")
        reason = f"{CONTRADICTED}: EP_{of} and MP_{of} are known together or not"
        table.reject(estimate != margin, reason)


def _offices(table: TextTable, typed: Typed) -> None:
    office = typed["field_office"]
    alone = office.map(office.value_counts()) < LEAST_OF_AN_OFFICE
    table.reject(alone, f"{NOT_A_NAME}: aor is of no other county")


def _police(table: TextTable, typed: Typed) -> None:
    """The identifier says the state, but of agencies of the federal government (FS)."""
    state = typed["state_text"]
    elsewhere = (typed["ori9"].str[:2] != state) & (state != "FS")
    table.reject(elsewhere, f"{OTHER_STATE}: ori and state_abbr")


def _crosswalk(table: TextTable, typed: Typed) -> None:
    codes, ori7 = typed["county_fips"], typed["ori7"]
    parts = table.text("fips_state_code") + table.text("fips_county_code")
    table.reject(codes.str.replace("na", "") != parts, f"{CONTRADICTED}: code and its parts")
    table.reject(matches(codes, "[0-9]{2}(999|na)"), f"{NO_COUNTY}: fips_state_county_code")
    table.reject(~matches(ori7, "[A-Z]{2}[A-Z0-9]{5}"), f"{NOT_AN_AGENCY}: ori")


def _fiscal_years(table: TextTable, typed: Typed) -> None:
    """Write `FY17` as 2017, and number the sites of one name in a year."""
    year = pd.to_numeric(typed["fiscal_year"].str[2:], errors="coerce").astype("Int64") + 2000
    typed["fiscal_year"] = year
    key = [year.rename("year"), typed["panel_id"].rename("id")]
    typed["site"] = typed["panel_id"].groupby(key, dropna=False).cumcount()


def _reasons(table: TextTable, typed: Typed) -> None:
    more = _exceeds(typed["detainers_count"], typed["of_facility_count"])
    table.reject(more, f"{NOT_A_NUMBER}: more detainers for a reason than there are")


CHECKS: Mapping[str, Callable[[TextTable, Typed], None]] = {
    "acs-wide": _contradicting,
    "votes-president": _votes,
    "urban-population": _names_in_one,
    "census-counties": _code_and_parts,
    "connecticut-tracts": _tracts,
    "cdc-svi": _margins,
    "ice-field-offices": _offices,
    "police-employees": _police,
    "agency-crosswalk": _crosswalk,
    "facilities-panel": _fiscal_years,
    "npr-outcomes": _reasons,
}


def _exceeds(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (part > whole).fillna(False).astype(bool)


def reject_contradictions(table: TextTable, checks: Sequence[Check]) -> None:
    """Reject the rows whose columns contradict each other, of `catalog.raw_columns.CROSS_CHECKS`.

    A check is made only where the file has its columns. Differences may have either sign:
    editions of one file do.
    """
    for check in checks:
        if isinstance(check, Parts):
            _reject_other_sums(table, check)
            continue
        if check.column not in table.columns:
            continue
        said = table.number(check.column)
        if isinstance(check, Difference):
            counted = (table.number(check.first) - table.number(check.second)).abs()
            wrong = (said.abs() - counted).abs() > 0
        else:
            wrong = _apart(table, check, said) > RATIO_TOLERANCE
        table.reject(wrong, f"{CONTRADICTED}: {check.column} is not what the counts give")


def _reject_other_sums(table: TextTable, check: Parts) -> None:
    if not {*check.columns} <= {*table.columns}:
        return
    parts = pd.DataFrame({name: table.number(name) for name in check.columns}).sum(axis=1)
    whole = table.number(check.whole) if isinstance(check.whole, str) else check.whole
    room = check.rounded * len(check.columns) + _BINARY
    names = ", ".join(check.columns)
    table.reject((parts - whole).abs() > room, f"{CONTRADICTED}: {names} do not add up")


def _apart(table: TextTable, check: Ratio, said: pd.Series) -> pd.Series:
    """How far a column is from the ratio of its counts; a ratio of nothing is 0."""
    part, whole = table.number(check.part), table.number(check.whole)
    if check.less:
        part = part - table.number(check.less)
    ratio = (part / whole.where(whole > 0)).fillna(0)
    apart = (said - ratio).abs()
    return apart.where(apart < (said + ratio).abs(), (said + ratio).abs()) if check.less else apart
