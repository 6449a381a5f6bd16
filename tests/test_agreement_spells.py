"""Spells of agreements: gaps, new names, windows; and the series of real lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopanalysis.briefs.agreements import show_pending
from coopanalysis.briefs.places import load_state
from coopanalysis.catalog.corrections import AgencyAlias, load_corrections
from coopanalysis.catalog.sources import read_manifest, release_sources
from coopanalysis.catalog.tables import AGREEMENTS
from coopanalysis.clean.agency_names import check_aliases, known_names
from coopanalysis.clean.agreement_spells import (
    LISTS_WITHOUT,
    agreement_spells,
    check_days,
)
from coopanalysis.clean.agreements import agency_key, clean_agreements
from coopanalysis.errors import DataError
from coopanalysis.panel import Panel
from coopanalysis.paths import reference_dir
from coopanalysis.schema import conform
from coopanalysis.sources import READERS, read_state_list

FIRST = date(2031, 1, 1)


def listings(*agreements: dict[str, object]) -> pd.DataFrame:
    """Rows of lists: each agreement with `on`, the numbers of the lists it stands on."""
    rows = [
        {
            "source": f"list-{number}", "list_date": FIRST + timedelta(days=14 * number),
            "list_kind": "participating", "state_fips": "61", "county_fips": "61001",
            "county_match": "exact", "agency": "Alder Sheriff", "agency_type": "county",
            "support_type": "task-force", "signed_date": date(2030, 12, 1), "source_file": "x",
            "source_sheet": "s", "source_row": at + 2,
            **{name: value for name, value in agreement.items() if name != "on"},
        }
        for at, agreement in enumerate(agreements)
        for number in agreement["on"]
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[column.name for column in AGREEMENTS.columns])
    return conform(frame, AGREEMENTS)


EVERY = {"agency": "Birch Sheriff", "county_fips": "61003", "on": range(12)}
"""An agreement on every list, so that each has a day."""


def spells_of(name: str, *agreements: dict[str, object]) -> pd.DataFrame:
    spells = agreement_spells(listings(EVERY, *agreements))
    return spells[spells["agency"] == name].reset_index(drop=True)


def day(number: int) -> pd.Timestamp:
    return pd.Timestamp(FIRST + timedelta(days=14 * number))


def test_absence_from_two_lists_is_no_end_and_from_three_is_one() -> None:
    two = spells_of("Alder Sheriff", {"on": [0, 1, 4, 5, 6, 7, 8, 9, 10, 11]})
    assert two[["lists_with", "lists_missed", "status"]].to_numpy().tolist() == [[10, 2, "listed"]]
    three = spells_of("Alder Sheriff", {"on": [0, 1, 5, 6, 7, 8, 9, 10, 11]})
    assert three["status"].tolist() == ["left", "listed"]
    assert three.loc[0, ["last_listed", "first_without"]].tolist() == [day(1), day(2)]
    assert three.loc[1, ["not_listed_on", "first_listed"]].tolist() == [day(4), day(5)]


def test_the_text_is_that_of_the_latest_list_with_one() -> None:
    site = "https://www.example.org/287g/"
    rows = [{"on": [at], "moa_url": f"{site}{at}.pdf" if at in (2, 5) else None} for at in range(8)]
    spells = spells_of("Alder Sheriff", *rows)
    assert spells["moa_url"].tolist() == [f"{site}5.pdf"]
    assert spells["addendum_url"].isna().all()


@pytest.mark.parametrize(
    ("last", "status"), [(11, "listed"), (10, "absent"), (9, "absent"), (8, "left")]
)
def test_who_lacks_on_the_latest_lists_only_is_absent(last: int, status: str) -> None:
    assert spells_of("Alder Sheriff", {"on": range(last + 1)})["status"].tolist() == [status]


def test_a_new_name_with_the_same_county_model_and_day_is_the_same_agreement() -> None:
    new = {"agency": "Alder County Jail", "on": range(6, 12)}
    found = spells_of("Alder County Jail", {"on": range(6)}, new)
    assert found[["other_names", "lists_with", "status"]].to_numpy().tolist() == [
        ["Alder Sheriff", 12, "listed"]
    ]
    other_day = {**new, "signed_date": date(2031, 3, 1)}
    assert spells_of("Alder Sheriff", {"on": range(6)}, other_day)["status"].tolist() == ["left"]
    together = {**new, "on": range(5, 12)}
    assert spells_of("Alder Sheriff", {"on": range(6)}, together)["status"].tolist() == ["left"]


@pytest.mark.parametrize(
    "news",
    [
        [{"agency": "Alder Jail"}, {"agency": "Alder Police"}],
        [{"agency": "Alder Jail", "county_fips": None}],
    ],
)
def test_a_new_name_that_may_be_another_agency_leaves_the_end_unclear(
    news: list[dict[str, object]],
) -> None:
    followed = [{**new, "on": range(6, 12)} for new in news]
    found = spells_of("Alder Sheriff", {"on": range(6)}, *followed)
    assert found["status"].tolist() == ["unclear"]


@pytest.mark.parametrize(
    ("now", "status"),
    [({}, "unclear"), ({"signed_date": date(2031, 3, 1)}, "left"), ({"on": [3, 4]}, "left")],
)
def test_a_name_that_goes_on_in_another_state_has_not_ended(
    now: dict[str, object], status: str
) -> None:
    elsewhere = {"state_fips": "62", "county_fips": "62001", "on": range(6, 12), **now}
    found = spells_of("Alder Sheriff", {"on": range(6)}, elsewhere)
    assert found.loc[found["state_fips"] == "61", "status"].tolist() == [status]


def test_a_switch_of_model_is_named() -> None:
    switched = {"support_type": "warrant-service", "on": range(4, 12)}
    found = spells_of("Alder Sheriff", {"on": range(4)}, switched)
    assert found["switched_to"].fillna("").tolist() == ["warrant-service", ""]


@pytest.mark.parametrize(
    ("stated", "signed", "renewed"),
    [
        (["2030-12-01", "2030-12-01"], "2030-12-01", None),
        (["2020-12-01", "2030-12-01"], "2030-12-01", None),
        (["2030-12-01", "2030-11-01"], "2030-11-01", None),
        (["2030-12-01", "2031-01-01"], "2031-01-01", None),
        (["2030-12-01", "2031-01-02"], "2030-12-01", "2031-01-02"),
        (["2030-11-01", "2030-12-01", "2031-02-01"], "2030-12-01", "2031-02-01"),
        (["2030-12-01", "2031-02-01", "2031-03-01"], "2030-12-01", "2031-03-01"),
        (["2030-12-01", "2031-02-01", "2030-12-01"], "2030-12-01", None),
        (["2030-12-01", None], "2030-12-01", None),
        ([None, "2031-02-01"], None, "2031-02-01"),
        ([None, None], None, None),
    ],
)
def test_the_day_of_signing_is_that_of_the_latest_list_and_a_later_one_is_a_renewal(
    stated: list[str | None], signed: str | None, renewed: str | None
) -> None:
    rows = [
        {"signed_date": pd.Timestamp(one) if one else None, "on": [2 * at, 2 * at + 1]}
        for at, one in enumerate(stated)
    ]
    found = spells_of("Alder Sheriff", *rows)
    assert len(found) == 1, found
    days = [found.loc[0, name] for name in ("signed_date", "renewed_date")]
    assert [None if pd.isna(one) else f"{one:%Y-%m-%d}" for one in days] == [signed, renewed]


def alias(name: str, same_as: str, **words: object) -> AgencyAlias:
    said = {"state_fips": "61", "reason": "hand-made", "seen_in": (), "goes_on_in": ()}
    return AgencyAlias(agency=name, same_as=same_as, **(said | words))  # type: ignore[arg-type]


def test_an_agency_goes_on_under_the_name_that_a_person_has_found() -> None:
    """Both names stand on two lists, and the day of signing differs, so no rule can tell."""
    new = {"agency": "Alder Police Dept.", "signed_date": date(2030, 12, 2), "on": range(4, 12)}
    rows = listings(EVERY, {"on": range(6)}, new)
    apart = agreement_spells(rows, [])
    assert apart.set_index("agency").loc["Alder Sheriff", "status"] == "left"
    one = agreement_spells(rows, [alias("ALDER Sheriff", "Alder Police Dept")])
    found = one[one["county_fips"] == "61001"]
    assert found[["agency", "other_names", "lists_with", "lists_missed", "status"]].to_numpy(
    ).tolist() == [["Alder Police Dept.", "Alder Sheriff", 12, 0, "listed"]]  # fmt: skip
    assert found["signed_date"].tolist() == [pd.Timestamp("2030-12-02")]


@pytest.mark.parametrize(
    "entry",
    [
        alias("Alder Sheriff", "Alder Jail", state_fips="62"),
        alias("Alder Sheriff", "Alder Jail", support_type="warrant-service"),
        alias("Alder", "Alder Jail"),
    ],
)
def test_an_alias_holds_in_its_state_for_its_model_and_for_the_whole_name(
    entry: AgencyAlias,
) -> None:
    new = {"agency": "Alder Jail", "signed_date": date(2031, 1, 2), "on": range(6, 12)}
    rows = listings(EVERY, {"on": range(6)}, new)
    pd.testing.assert_frame_equal(agreement_spells(rows, [entry]), agreement_spells(rows, []))


def test_an_alias_goes_on_through_a_sure_renaming() -> None:
    second = {"agency": "Alder Jail", "on": range(3, 6)}
    third = {"agency": "Alder County Jail", "on": range(6, 12)}
    rows = listings(EVERY, {"on": range(4), "county_fips": None}, second, third)
    found = agreement_spells(rows, [alias("Alder Sheriff", "Alder Jail")]).set_index("agency")
    assert found.index.tolist() == ["Alder County Jail", "Birch Sheriff"]
    assert found.loc["Alder County Jail", "other_names"] == "Alder Sheriff; Alder Jail"


def test_a_stale_alias_is_named() -> None:
    new = {"agency": "Alder Jail", "on": range(6, 12)}
    rows = listings(EVERY, {"on": range(6)}, new)
    right = alias("Alder Sheriff", "Alder Jail", seen_in=("list-5",), goes_on_in=("list-6",))
    others = alias("Alder Sheriff", "Alder Jail", seen_in=("b",), goes_on_in=("b",))
    assert check_aliases(rows, [right, others]) == []
    for changed, said in (
        ({"seen_in": ("list-6",)}, "list-6 does not name 'Alder Sheriff'"),
        ({"goes_on_in": ("list-5",)}, "list-5 does not name 'Alder Jail'"),
        ({"support_type": "warrant-service"}, "list-5 does not name 'Alder Sheriff'"),
        ({"state_fips": "62"}, "list-5 does not name 'Alder Sheriff'"),
    ):
        failures = check_aliases(rows, [replace(right, **changed)])  # type: ignore[arg-type]
        assert any(said in str(one) and "'Alder Sheriff' (6" in str(one) for one in failures)


def test_of_two_old_names_the_one_that_was_last_goes_on_under_the_new_name() -> None:
    first = {"agency": "Alder County Jail", "on": range(3)}
    new = {"agency": "Alder Police", "on": range(6, 12)}
    rows = listings(EVERY, first, {"on": range(5)}, new)
    found = agreement_spells(rows).set_index("agency")
    assert found.loc["Alder Police", "other_names"] == "Alder Sheriff"
    assert found.loc["Alder Police", "status"] == "listed"
    assert found.loc["Alder County Jail", "status"] == "left"


def test_of_two_new_names_the_one_that_began_first_is_the_same_agreement() -> None:
    new = [{"agency": "Alder Jail", "on": range(6, 12)}, {"agency": "Alder Police", "on": [8, 9]}]
    found = agreement_spells(listings(EVERY, {"on": range(6)}, *new)).set_index("agency")
    assert found.loc["Alder Jail", ["other_names", "status"]].tolist() == [
        "Alder Sheriff",
        "listed",
    ]
    assert found["other_names"].notna().sum() == 1


def test_a_name_with_two_counties_is_not_surely_that_of_either() -> None:
    other = {"county_fips": "61005", "on": [5]}
    new = {"agency": "Alder County Jail", "on": range(6, 12)}
    found = spells_of("Alder Sheriff", {"on": range(5)}, other, new)
    assert found["status"].tolist() == ["unclear"]


def test_a_model_listed_beside_the_other_is_no_switch() -> None:
    second = {"support_type": "warrant-service", "on": range(3, 12)}
    found = spells_of("Alder Sheriff", {"on": range(4)}, second)
    assert found["switched_to"].isna().all()


def test_a_list_that_lacks_a_fifth_is_not_under_a_wrong_day() -> None:
    agencies = [{"agency": f"Agency {n}", "on": [0, 2] if n < 19 else range(3)} for n in range(94)]
    assert check_days(listings(EVERY, *agencies)) == []


def test_a_list_under_a_wrong_day_is_told() -> None:
    agencies = [{"agency": f"Agency {n}", "on": range(n // 10, 12)} for n in range(100)]
    rows = listings(*agencies)
    assert check_days(rows) == []
    moved = rows.assign(
        list_date=rows["list_date"].mask(rows["source"] == "list-2", day(8) + timedelta(days=1))
    )
    (failure,) = check_days(moved)
    assert "list-2" in str(failure)
    assert "lacks 60 of the 90 agreements" in str(failure)


def test_rows_of_pending_lists_are_refused() -> None:
    rows = listings(EVERY)
    with pytest.raises(DataError, match="12 rows are of pending lists"):
        agreement_spells(rows.assign(list_kind="pending"))


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, object]]:
    """Agreements that stay, or left at least three lists ago, with one gap of at most two lists.

    Some get a new name, which the facts or an alias tells; under an alias both names may stand on a
    list. Some are signed again, on a day before the list that first says so.
    """
    found: list[dict[str, object]] = []
    for number in range(draw(st.integers(1, 6))):
        ends = draw(st.sampled_from([*range(12 - LISTS_WITHOUT), 11]))
        begins = draw(st.integers(0, ends))
        gap = draw(st.integers(begins, ends))
        missed = set(range(gap + 1, min(gap + 1 + draw(st.integers(0, 2)), ends)))
        on = [list_ for list_ in range(begins, ends + 1) if list_ not in missed]
        first = {"agency": f"Agency {number}", "county_fips": f"61{2 * number + 5:03d}"}
        kind = draw(st.sampled_from(["same", "renamed", "renewed", "under-alias"]))
        at = draw(st.integers(0, len(on)))
        both = draw(st.integers(0, 2)) if kind == "under-alias" else 0
        name = {"agency": f"{'Other' if kind == 'under-alias' else 'New'} {number}"}
        again = {"signed_date": FIRST + timedelta(days=14 * on[min(at, len(on) - 1)] - 1)}
        changed = {"renamed": name, "renewed": again, "under-alias": name | again}.get(kind, {})
        found += [{**first, "on": on[: at + both]}, {**first, **changed, "on": on[at:]}]
    return found


UNDER_ALIAS = [alias(f"Agency {number}", f"Other {number}") for number in range(6)]
"""Of the histories; where the other name is not on any list, an alias changes nothing."""


@pytest.mark.slow
@settings(max_examples=20)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_matter(history, random) -> None:  # type: ignore[no-untyped-def]
    rows = listings(EVERY, *history)
    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(
        agreement_spells(rows, UNDER_ALIAS), agreement_spells(rows.iloc[order], UNDER_ALIAS)
    )


@pytest.mark.slow
@settings(max_examples=40)
@given(histories(), st.sets(st.integers(0, 11), min_size=1))
def test_fewer_lists_widen_windows_and_make_no_end(history, kept) -> None:  # type: ignore[no-untyped-def]
    rows = listings(EVERY, *history)
    every = agreement_spells(rows, UNDER_ALIAS)
    assert not every["status"].eq("unclear").any()
    assert every.groupby("county_fips").size().max() == 1, "one agreement, under whatever name"
    kept_rows = rows[rows["source"].isin([f"list-{number}" for number in kept])]
    fewer = agreement_spells(kept_rows, UNDER_ALIAS)
    assert fewer["signed_date"].isna().sum() == 0
    assert fewer["signed_date"].le(fewer["first_listed"]).all()
    assert not fewer["renewed_date"].le(fewer["first_listed"]).any()
    for spell in fewer.itertuples():
        same = every[every["county_fips"] == spell.county_fips]
        inside = same["first_listed"].le(spell.first_listed) & same["last_listed"].ge(
            spell.last_listed
        )
        assert inside.sum() == 1
        whole = same[inside].iloc[0]
        if spell.status == "left":
            assert whole.status == "left"
            later = sorted(day(number) for number in kept if day(number) > spell.last_listed)
            assert spell.last_listed <= whole.last_listed < later[LISTS_WITHOUT - 1]


def test_a_series_is_one_source_for_each_of_its_files(tmp_path: Path) -> None:
    manifest = tmp_path / "sources.toml"
    manifest.write_text(
        """
[[series]]
id = "list-{day}"
layout = "ice-287g-series"
path = "lists/{file}"
title = "List of {day}"
publisher = "ICE"
measures = "Agreements"
licence = "none"
url = "https://example.org/{file}"
files = [
  { day = "2031-01-01", file = "a.xlsx", bytes = 10, rows = 3, sha256 = "00" },
  { day = "2031-01-15", file = "b.xlsx", bytes = 11, sha256 = "01" },
]
"""
    )
    first, second = read_manifest(manifest)
    assert (first.id, first.path, first.rows) == ("list-2031-01-01", "lists/a.xlsx", 3)
    assert (second.title, second.vintage) == ("List of 2031-01-15", "2031-01-15")
    assert second.url == "https://example.org/b.xlsx"
    manifest.write_text(manifest.read_text().replace('file = "b.xlsx", ', ""))
    with pytest.raises(DataError, match="'file'"):
        read_manifest(manifest)


@pytest.mark.mirror
def test_the_lists_of_ice_from_2021_to_may_2026(mirror: Path) -> None:
    rows = _real_lists(mirror)
    assert rows["list_date"].nunique() == 52
    january = rows[rows["list_date"] == "2025-01-13"]
    assert len(january) == 135
    assert january["signed_date"].min() == pd.Timestamp("2019-04-24")
    assert january["signed_date"].max() == pd.Timestamp("2020-12-23")
    assert check_days(rows) == []

    spells = agreement_spells(rows)
    known = rows.assign(key=known_names(rows))
    assert spells["lists_with"].sum() == len(known.drop_duplicates(["list_date", *_KEYS]))
    latest = rows[rows["list_date"] == "2026-05-18"]
    assert (spells["status"] == "listed").sum() == len(latest)
    assert spells["status"].value_counts().to_dict() == {
        "listed": 1843, "left": 85, "absent": 12,
    }  # fmt: skip
    of_pennsylvania = spells[spells["state_fips"].eq("42") & spells["status"].eq("left")]
    assert of_pennsylvania.groupby("first_without").size().max() <= 4

    named = pd.Timestamp("2025-04-21")
    as_named = rows["list_date"].mask(rows["list_date"] == "2025-03-06", named)
    (failure,) = check_days(rows.assign(list_date=as_named))
    assert "ice-287g-list-2025-03-06" in str(failure)


def test_agencies_of_florida_that_go_on_under_another_name_have_not_left(
    public_release: Panel,
) -> None:
    spells = public_release.agreement_spells
    left = spells[spells["state_fips"].eq("12") & spells["status"].eq("left")]
    assert left["agency"].tolist() == [
        "Office of the State Attorney, Sixth Judicial Circuit",
        "Pasco County Sheriff’s Office",
    ]


def test_every_alias_of_an_agency_joins_two_names(public_release: Panel) -> None:
    """Without any one of them agreements stand twice, or the end of one is said to be seen."""
    rows, aliases = public_release.agreement_listings, load_corrections().agency_aliases
    listed = set(rows["source"])
    aliases = tuple(one for one in aliases if listed.intersection(one.seen_in))
    every = len(agreement_spells(rows, aliases))
    of_state = dict(list(rows.groupby("state_fips")))
    for entry in aliases:
        part = of_state[entry.state_fips]
        others = [one for one in aliases if one != entry]
        assert len(agreement_spells(part, others)) > len(agreement_spells(part, aliases)), entry
    assert every == len(public_release.agreement_spells)


def test_every_alias_of_an_application_leads_to_an_agreement(public_release: Panel) -> None:
    spells, every = public_release.agreement_spells, public_release.agreements
    pending = every[every["list_kind"] == "pending"]
    listed, known = set(zip(spells["state_fips"], agency_key(spells["agency"]), strict=True)), 0
    for entry in load_corrections().agency_aliases:
        rows = pending[pending["source"].isin(entry.seen_in) & pending["agency"].eq(entry.agency)]
        known += len(rows)
        assert set(zip(rows["state_fips"], known_names(rows), strict=True)) <= listed, entry
    assert known == 5
    brief = load_state(public_release, "42")
    shown = unescape(show_pending(brief).html)  # type: ignore[union-attr]
    assert "6 of 7 are on a later list with the same model, of which 2 have left" in shown
    assert "29 July 2025; left after 17 February 2026" in shown
    assert "29 July 2025, in Erie County" in shown


def test_days_of_signing_that_ice_corrected(public_release: Panel) -> None:
    spells = public_release.agreement_spells

    def days(state: str, agency: str, column: str) -> list[str]:
        rows = spells[spells["state_fips"].eq(state) & spells["agency"].str.startswith(agency)]
        return rows[column].dropna().astype("str").unique().tolist()

    for state, agency, signed in (
        ("36", "Mohawk Village", "2026-03-19"), ("48", "Tenaha", "2026-01-07"),
        ("47", "Knox", "2020-06-08"),
    ):  # fmt: skip
        assert days(state, agency, "signed_date") == [signed]
        assert days(state, agency, "renewed_date") == []
    assert days("12", "Hardee", "signed_date") == ["2025-02-26"]
    assert days("12", "Hardee", "renewed_date") == ["2025-05-08"]
    assert days("12", "Fort Walton Beach", "signed_date") == ["2025-02-28"]
    assert days("12", "Fort Walton Beach", "renewed_date") == ["2025-08-04"]
    latest = public_release.agreements
    latest = latest[latest["list_date"] == latest["list_date"].max()]
    stated = latest.groupby(["state_fips", "agency", "support_type"])["signed_date"].max()
    now = spells[spells["status"] == "listed"].set_index(stated.index.names)
    shown = now["renewed_date"].fillna(now["signed_date"])
    pd.testing.assert_series_equal(
        shown.sort_index(), stated.reindex(shown.sort_index().index), check_names=False
    )


def test_fewer_of_the_lists_of_ice_make_no_end(public_release: Panel) -> None:
    rows, every = public_release.agreement_listings, public_release.agreement_spells
    days = np.array(sorted(rows["list_date"].unique()))
    random = np.random.default_rng(16)
    made = set()
    for _ in range(12):
        kept = np.sort(random.choice(days, random.integers(4, len(days)), replace=False))
        fewer = agreement_spells(rows[rows["list_date"].isin(kept)].sample(frac=1, random_state=3))
        left = fewer[fewer["status"] == "left"]
        for spell in left.itertuples():
            same = every[
                (every["state_fips"] == spell.state_fips)
                & (every["support_type"] == spell.support_type)
                & (every["first_listed"] <= spell.last_listed)
                & (every["last_listed"] >= spell.last_listed)
            ]
            names = same["agency"] + "; " + same["other_names"].fillna("")
            (whole,) = same[[spell.agency in text.split("; ") for text in names]].itertuples()
            third = kept[kept > spell.last_listed][LISTS_WITHOUT - 1]
            if whole.status != "left" or not whole.last_listed < third:
                made.add(spell.agency)
    assert not made


_KEYS = ["state_fips", "key", "support_type"]


def _real_lists(raw: Path) -> pd.DataFrame:
    sources = [s for s in release_sources("public") if s.layout.startswith("ice-287g")]
    names = next(s for s in release_sources("public") if s.layout == "county-names")
    counties = READERS[names.layout](raw / names.path, names.id).frame
    states = read_state_list(reference_dir() / "states.csv", "states").frame
    corrections = load_corrections()
    frames = [
        clean_agreements(
            READERS[s.layout](raw / s.path, s.id), counties, states, corrections, s.vintage
        ).frame
        for s in sources
    ]
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["list_kind"] == "participating"]
    return rows.assign(key=agency_key(rows["agency"]))
