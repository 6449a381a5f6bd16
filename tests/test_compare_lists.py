"""Between two lists, agreements start, end, change their label or their name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from agreement_samples import clean_list, row
from coopanalysis.catalog.corrections import AgencyAlias, load_corrections
from coopanalysis.clean.agreements import clean_agreements
from coopanalysis.clean.compare_lists import (
    Change,
    compare_lists,
    list_of_day,
    monthly_agreements,
)
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel import Panel
from coopanalysis.paths import reference_dir
from coopanalysis.sources import read_agreements, read_county_names, read_state_list


def _agency(name: str, **changes: object) -> dict[str, object]:
    return row(LAW_ENFORCEMENT_AGENCY=name, **changes)


def _compare(
    folder: Path, earlier: list[dict[str, object]], later: list[dict[str, object]]
) -> pd.DataFrame:
    return compare_lists(
        clean_list(folder / "a.xlsx", earlier).frame,
        clean_list(folder / "b.xlsx", later, list_date=date(2031, 6, 30)).frame,
    )


def test_each_change(tmp_path: Path) -> None:
    earlier = [
        _agency("Ash Sheriff's Office"),
        _agency("Birch Police", COUNTY="Birch County"),
        _agency("Orla Sheriff", COUNTY="St. Orla County"),
        _agency("Dell Sheriff", COUNTY="O'Dell Parish"),
    ]
    later = [
        _agency("ASH Sheriff’s Office "),
        _agency("Birch Police", COUNTY="Birch County", TYPE="Municipality"),
        _agency("Orla County Sheriff's Department", COUNTY="St. Orla County"),
        _agency("Elm Sheriff", COUNTY="Doña Elm County"),
    ]
    table = _compare(tmp_path, earlier, later).set_index("change")
    assert sorted(table.index) == sorted(get_args(Change))
    assert table.loc["same", "agency_later"] == "ASH Sheriff’s Office"
    assert table.loc["retyped", ["agency_type_earlier", "agency_type_later"]].tolist() == [
        "county",
        "municipality",
    ]
    assert table.loc["renamed", ["agency_earlier", "agency_later"]].tolist() == [
        "Orla Sheriff",
        "Orla County Sheriff's Department",
    ]
    assert table.loc["renamed", ["county_fips_earlier", "county_fips_later"]].tolist() == [
        "91003",
        "91003",
    ]
    assert table.loc["ended", "agency_earlier"] == "Dell Sheriff"
    assert pd.isna(table.loc["ended", "source_row_later"])
    assert table.loc["started", "source_row_later"] == 5


def test_an_alias_joins_two_names_and_one_of_both_lists_stands_for_both(tmp_path: Path) -> None:
    old, new = _agency("Ash PD"), _agency("Ash Police", SIGNED=date(2030, 1, 3))
    frames = [
        clean_list(tmp_path / f"{at}.xlsx", rows, list_date=date(2031, at + 1, 1)).frame
        for at, rows in enumerate(([old], [old, new], [new]))
    ]
    entry = AgencyAlias("91", "Ash PD", "Ash Police", "hand-made", ("a-list",), ("a-list",))
    for first, last, apart, joined in (
        (0, 1, ["same", "started"], ["same"]),
        (1, 2, ["ended", "same"], ["same"]),
        (0, 2, ["ended", "started"], ["renamed"]),
    ):
        pair = frames[first], frames[last]
        assert sorted(compare_lists(*pair, [])["change"]) == apart
        assert compare_lists(*pair, [entry])["change"].tolist() == joined


def test_another_model_is_another_agreement(tmp_path: Path) -> None:
    table = _compare(
        tmp_path,
        [_agency("Ash Jail")],
        [_agency("Ash Jail", SUPPORT_TYPE="Jail Enforcement Model")],
    )
    assert table["change"].tolist() == ["ended", "started"]


def test_a_new_name_is_never_guessed(tmp_path: Path) -> None:
    gone = [_agency("Ash Sheriff")]
    other_day = [_agency("Ash Sheriffs Dept", SIGNED=date(2030, 1, 3))]
    two_names = [_agency("Ash Sheriffs Dept"), _agency("Ash Jail")]
    no_county = [_agency("Ash Sheriffs Dept", COUNTY="#N/A")]
    for later in (other_day, two_names, no_county):
        assert "renamed" not in set(_compare(tmp_path, gone, later)["change"])


def test_two_names_without_a_county_are_never_one_agreement(tmp_path: Path) -> None:
    gone, new = ([_agency(name, COUNTY="#N/A")] for name in ("Ash Sheriff", "Ash Sheriffs Dept"))
    assert _compare(tmp_path, gone, new)["change"].tolist() == ["ended", "started"]


def test_lists_that_cannot_be_compared(tmp_path: Path) -> None:
    rows = clean_list(tmp_path / "a.xlsx", [row()]).frame
    pending = rows.assign(list_kind="pending")
    later = rows.assign(list_date=pd.Timestamp("2031-01-01"))
    with pytest.raises(DataError, match="one kind"):
        compare_lists(rows, pending)
    with pytest.raises(DataError, match="earlier one first"):
        compare_lists(later, rows)
    assert compare_lists(rows, rows.assign(source="b"))["change"].tolist() == ["same"]
    with pytest.raises(DataError, match="holds rows of 2 lists"):
        compare_lists(pd.concat([rows, rows.assign(source="b")]), later)
    with pytest.raises(DataError, match="holds rows of 0 lists"):
        compare_lists(rows, later.head(0))


def test_a_list_without_types_changes_none(tmp_path: Path) -> None:
    rows = clean_list(tmp_path / "a.xlsx", [row()]).frame
    later = rows.assign(list_date=pd.Timestamp("2031-01-01"), source="b")
    untyped, untyped_later = (
        one.assign(agency_type=one["agency_type"].mask(one["agency"].notna()))
        for one in (rows, later)
    )
    assert compare_lists(untyped, later)["change"].tolist() == ["same"]
    assert compare_lists(rows, untyped_later)["change"].tolist() == ["same"]


def test_the_list_of_a_day_is_the_latest_up_to_it() -> None:
    rows = pd.DataFrame({"list_date": pd.to_datetime(["2025-01-13", "2025-05-02"])})
    for day, found in (("2025-01-13", [0]), ("2025-05-01", [0]), ("2025-05-02", [1])):
        assert list_of_day(rows, day).index.tolist() == found
    with pytest.raises(UsageError, match="The first is of 2025-01-13"):
        list_of_day(rows, "2025-01-12")


def test_counties_of_a_month_are_those_of_agencies_of_counties_where_types_are_known() -> None:
    rows = pd.DataFrame(
        [
            ("2025-01-13", None, None),
            ("2025-05-02", "county", "91001"),
            ("2025-05-30", "county", "91001"),
            ("2025-05-30", "county", "91001"),
            ("2025-05-30", "municipality", "91003"),
        ],
        columns=["list_date", "agency_type", "county_fips"],
    ).assign(state_fips="91", support_type="task-force", source_row=2)
    rows["list_date"] = pd.to_datetime(rows["list_date"])
    months = monthly_agreements(rows)
    assert months["month"].dt.month.tolist() == [1, 5]
    assert months["agreements_count"].tolist() == [1, 3]
    assert months["counties_count"].fillna(-1).tolist() == [-1, 1]


def test_months_and_days_of_the_demo_release(demo: Panel) -> None:
    lists = demo.agreement_listings
    days = sorted(lists["list_date"].unique())
    months = demo.agreements_by_month()
    last = {day.to_period("M"): day for day in days}
    assert set(months["list_date"]) == set(last.values())
    counted = months.groupby("list_date")["agreements_count"].sum()
    assert counted.to_dict() == lists.groupby("list_date").size()[counted.index].to_dict()
    first, latest = days[0], days[-1]
    table = demo.agreement_changes(f"{first:%Y-%m-%d}", f"{latest + pd.Timedelta(days=9):%Y-%m-%d}")
    assert table["agency_earlier"].notna().sum() <= (lists["list_date"] == first).sum()
    assert {"started", "ended", "same"} <= set(table["change"])
    with pytest.raises(UsageError, match="The first is of"):
        demo.agreement_changes("2000-01-01", "2026-01-01")


def test_counties_of_two_days_and_months_of_the_public_release(public_release: Panel) -> None:
    lists = public_release.agreement_listings
    assert lists["list_date"].nunique() == 52
    for day, counties in (("2025-07-15", 404), ("2026-05-18", 779)):
        rows = list_of_day(lists, day)
        assert rows.loc[rows["agency_type"] == "county", "county_fips"].nunique() == counties
    changes = public_release.agreement_changes("2025-01-13", "2026-05-18")["change"]
    assert changes.ne("started").sum() == 135
    months = public_release.agreements_by_month()
    early = months[months["month"] == "2025-01-01"]
    assert early["agreements_count"].sum() == 135
    assert early["counties_count"].isna().all()


@pytest.mark.mirror
def test_the_real_lists(mirror: Path) -> None:
    counties = read_county_names(mirror / "urban-county-names" / "names-to-fips_county.csv").frame
    states = read_state_list(reference_dir() / "states.csv").frame
    july, may = (
        clean_agreements(
            read_agreements(next((mirror / source).glob("*.xlsx")), source),
            counties,
            states,
            load_corrections(),
        ).frame
        for source in ("ice-287g-participating-2025-07-15", "ice-287g-participating-2026-05-18")
    )
    table = compare_lists(july, may)
    changes = table["change"].value_counts()
    assert changes["same"] + changes["retyped"] == 754
    assert changes["ended"] + changes["renamed"] == 56
    assert changes["retyped"] == 17
    # Of 811 rows of July two are of one department of Florida, under two names.
    assert table["source_row_earlier"].notna().sum() == 810
    assert table["source_row_later"].notna().sum() == 1843
    ended = table[table["change"] == "ended"]
    assert (ended["state_fips"] == "24").sum() == 8
    assert (ended["state_fips"] == "23").sum() == 1
    renamed = table[table["change"] == "renamed"]
    assert "Miami Dade Sheriff's Office" in set(renamed["agency_earlier"])
