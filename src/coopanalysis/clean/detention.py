"""Use of places of detention by fiscal year, and of counties by it.

Four records say who was held where: ICE's list of November 2017 with means of the fiscal years
2009 to 2018, yearly statistics compiled from several of its lists, and two of every day. They
overlap and do not agree, so each stands by itself. A fiscal year begins in October of the year
before.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from coopanalysis.sources.detention_lists import LIST_YEARS, held_in

LIST, PANEL, HEADCOUNT, DAILY = (
    "ice-facility-list",
    "facilities-panel",
    "facility-headcount",
    "facility-daily",
)
RECORDS = (LIST, PANEL, HEADCOUNT, DAILY)
"""Layouts of the files that say how many were held, which name the records."""
TYPE_GROUPS = {
    "IGSA": "agreement", "DIGSA": "agreement", "USMS IGA": "agreement",
    "SPC": "federal", "BOP": "federal", "HOLD": "federal", "STAGING": "federal",
    "MIRP": "federal", "DOD": "federal", "MOC": "federal",
    "CDF": "company", "USMS CDF": "company", "STATE": "state",
}  # fmt: skip
"""What a type of facility says of who runs it. An intergovernmental agreement (IGSA, DIGSA, USMS
IGA) is by ICE's label one with a county or city; what the government runs or hires a company for,
or a state runs, is no act of one. Other types, hospitals and homes for the young, say neither."""
GROUPS = ("agreement", "federal", "company", "state", "other", "unknown")
FIRST_FULL_YEAR = 2012
"""Fiscal year from which the headcount holds all who were detained."""
LEAST_MEAN = 1.0
LEAST_DAYS = (30, 90)


def fiscal_year(dates: pd.Series) -> pd.Series:
    """Fiscal year of each day: that of the calendar, and the next from October on."""
    return pd.Series(dates.dt.year + (dates.dt.month >= 10), dtype="int64")


def listed_years(frame: pd.DataFrame) -> pd.DataFrame:
    """Facility by fiscal year of ICE's list, where anyone was held."""
    own = ["facility_code", "source_sheet", "source_row"]
    years = [
        frame[own].assign(fiscal_year=year, held_mean=frame[held_in(year)]) for year in LIST_YEARS
    ]
    rows = pd.concat(years, ignore_index=True)
    return _completed(rows[rows["held_mean"] > 0].assign(rows_count=1), LIST)


def panel_years(frame: pd.DataFrame) -> pd.DataFrame:
    """Facility by fiscal year of the yearly statistics; two sites of one code are summed."""
    rows = frame.assign(facility_code=panel_code(frame))
    rows = rows[rows["held_mean"] > 0]
    grouped = rows.groupby(["facility_code", "fiscal_year"], as_index=False).agg(
        held_mean=("held_mean", "sum"),
        source_sheet=("source_sheet", "first"),
        source_row=("source_row", "min"),
        rows_count=("source_row", "size"),
    )
    return _completed(grouped, PANEL)


def panel_code(frame: pd.DataFrame) -> pd.Series:
    """ICE's code of a facility; where it is missing, that of other years, or `panel-` and number.

    The compiler's number says which facility is meant. Its code of other years is taken if there
    is only one, and if no other site of the number has it in the same year.
    """
    coded = frame.dropna(subset=["facility_code"])
    codes = coded.groupby("panel_id")["facility_code"].agg(["nunique", "first"])
    only = frame["panel_id"].map(codes.loc[codes["nunique"] == 1, "first"]).astype("str")
    key = ["panel_id", "fiscal_year"]
    is_beside = pd.MultiIndex.from_frame(frame[key]).isin(pd.MultiIndex.from_frame(coded[key]))
    number = "panel-" + frame["panel_id"].astype("str")
    return frame["facility_code"].fillna(only.mask(is_beside)).fillna(number)


def daily_years(frame: pd.DataFrame, record: str) -> pd.DataFrame:
    """Facility by fiscal year of a record of days, where anyone was held.

    The mean is over all days of the fiscal year that the record reaches, of which a facility may
    have no row. Years before `FIRST_FULL_YEAR` are left out.
    """
    rows = frame[frame["held"] > 0]
    years = fiscal_year(frame["date"])
    reach = frame["date"].groupby(years).agg(["min", "max"])
    days = (reach["max"] - reach["min"]).dt.days + 1
    grouped = (
        rows.assign(fiscal_year=years[rows.index])
        .groupby(["facility_code", "fiscal_year"], observed=True)
        .agg(
            person_days=("held", "sum"),
            days_in_use_count=("date", "size"),
            source_row=("source_row", "min"),
        )
        .reset_index()
        .astype({"facility_code": "str"})
    )
    reached = grouped["fiscal_year"].map(days)
    grouped = grouped.assign(
        held_mean=grouped["person_days"] / reached,
        days_recorded_count=reached,
        recorded_to_date=grouped["fiscal_year"].map(reach["max"]),
        rows_count=grouped["days_in_use_count"],
        source_sheet="",
    )
    return _completed(grouped[grouped["fiscal_year"] >= FIRST_FULL_YEAR], record)


def _completed(rows: pd.DataFrame, record: str) -> pd.DataFrame:
    """All columns of a record; days are missing where it has none."""
    columns = ["facility_code", "fiscal_year", "held_mean", "source_sheet", "source_row"]
    counts = {
        name: (rows[name] if name in rows else pd.Series(pd.NA, index=rows.index)).astype("Int64")
        for name in ("days_in_use_count", "days_recorded_count", "rows_count")
    }
    last = rows.get("recorded_to_date", pd.Series(pd.NaT, index=rows.index))
    kept = rows[columns].assign(
        record=record, **counts, recorded_to_date=last.astype("datetime64[us]")
    )
    return kept.reset_index(drop=True)


def type_group(facility_type: pd.Series) -> pd.Series:
    """Group of each type, one of `GROUPS`; `unknown` where there is no type."""
    return facility_type.map(TYPE_GROUPS).fillna("other").mask(facility_type.isna(), "unknown")


def nearest_type(rows: pd.DataFrame, stated: pd.DataFrame) -> pd.Series:
    """Type of each row's facility in the nearest year that states one, of two the earlier.

    Parameters
    ----------
    rows : DataFrame
        `facility_code` and `fiscal_year`.
    stated : DataFrame
        The same with `facility_type`, one row each.
    """
    wanted = rows[["facility_code", "fiscal_year"]].rename_axis("row").reset_index()
    of_facility = stated.rename(columns={"fiscal_year": "stated_year"})
    pairs = wanted.merge(of_facility, on="facility_code", validate="m:m")
    pairs["apart"] = (pairs["stated_year"] - pairs["fiscal_year"]).abs()
    nearest = pairs.sort_values(["apart", "stated_year"]).drop_duplicates("row").set_index("row")
    types: pd.Series = nearest["facility_type"].reindex(rows.index).astype("str")
    return types


def county_detention(facility_years: pd.DataFrame) -> pd.DataFrame:
    """Sum facilities by county, fiscal year and record, with several definitions side by side.

    Returns
    -------
    DataFrame, one row per county, fiscal year and record in which anyone was held
        Facilities and mean held by group of types; of those under an agreement the days of the one
        used most, and 0/1 columns: anyone held, one a day or more in one of them, anyone in an
        authorised one, one in use on 30 and on 90 days or more; and whether anyone was held in one
        that the county itself runs, if no federal, company or state one. A definition is missing
        where the record cannot tell.
    """
    key = ["county_fips", "fiscal_year", "record"]
    placed = facility_years.dropna(subset=["county_fips"])
    table = placed.drop_duplicates(key)[key].set_index(key).sort_index()
    for group in GROUPS:
        rows = placed[placed["type_group"] == group].groupby(key)["held_mean"]
        table[f"{group}_facilities_count"] = rows.size().reindex(table.index, fill_value=0)
        table[f"{group}_held_mean"] = rows.sum().reindex(table.index, fill_value=0.0)
    agreement = placed[placed["type_group"] == "agreement"]
    days = agreement.groupby(key)["days_in_use_count"].max().reindex(table.index)
    authorised = agreement[agreement["is_authorised"] == 1].groupby(key).size()
    record = table.index.get_level_values("record")
    has_days = np.isin(record, [HEADCOUNT, DAILY])
    days = days.astype("float64").fillna(0).where(has_days)
    has_any = table["agreement_facilities_count"] > 0
    table["agreement_days_in_use_count"] = days
    table["agreement_used"] = has_any
    is_act = ~placed["type_group"].isin(["federal", "company", "state"])
    run = placed[placed["is_county_run"].eq(1) & is_act].groupby(key).size()
    table["county_run_used"] = run.reindex(table.index, fill_value=0) > 0
    largest = agreement.groupby(key)["held_mean"].max().reindex(table.index, fill_value=0.0)
    table["agreement_held_one_or_more"] = largest >= LEAST_MEAN
    table["agreement_authorised_used"] = (
        authorised.reindex(table.index, fill_value=0).gt(0).astype("float64").where(record == LIST)
    )
    for least in LEAST_DAYS:
        table[f"agreement_used_{least}_days"] = days.ge(least).astype("float64").where(has_days)
    return table.reset_index()
