"""The series of lists of the demo release tells what its stories say, spell by spell."""

from __future__ import annotations

from typing import Any

import pandas as pd

from coopanalysis.catalog.corrections import AgencyAlias
from coopanalysis.clean.agreement_spells import agreement_spells
from coopanalysis.clean.agreements import SUPPORT_SPELLINGS, agency_key
from coopanalysis.panel import Panel
from tools.demo.agencies import FIRST_LIST, Agreement
from tools.demo.files_list_series import (
    DAYS,
    misspelt_row,
    misspelt_state,
    old_model,
    old_name,
    stories,
)

TOLD = stories()


def model(support: str) -> str:
    return SUPPORT_SPELLINGS[support.casefold()]


def only_spell(demo: Panel, agreement: Agreement, **changed: str) -> dict[str, Any]:
    """The one spell of an agreement, or of what differs from it."""
    wanted = {
        "state_fips": agreement.state_fips, "agency": agreement.agency,
        "support_type": model(agreement.support), **changed,
    }  # fmt: skip
    table = demo.agreement_spells
    named = table.assign(agency=agency_key(table["agency"]))
    wanted["agency"] = agency_key(pd.Series([wanted["agency"]])).iloc[0]
    (spell,) = table[(named[list(wanted)] == pd.Series(wanted)).all(axis=1)].to_dict("records")
    return spell


def days(spell: dict[str, Any]) -> list[object]:
    return [spell[name].date() for name in ("first_listed", "last_listed")]


def test_lists_of_all_days_are_read(demo: Panel) -> None:
    found = sorted(demo.agreement_listings["list_date"].dt.date.unique())
    assert found[: len(DAYS) + 1] == [*DAYS, FIRST_LIST]
    assert not demo.rejects["source"].str.contains("287g-list").any()


def test_an_end_and_an_absence(demo: Panel) -> None:
    ended = only_spell(demo, TOLD.ended)
    assert (ended["status"], days(ended)) == ("left", [DAYS[0], DAYS[1]])
    assert ended["first_without"].date() == DAYS[2]
    back = only_spell(demo, TOLD.absent)
    assert (back["status"], back["lists_missed"]) == ("listed", 1)


def test_an_alias_and_a_day_put_right_hold_for_a_fictional_agency(demo: Panel) -> None:
    """The list of the last day misspells an agency and states another day of signing."""
    rows = demo.agreement_listings
    days_of_lists = sorted(rows["list_date"].unique())
    spells = demo.agreement_spells
    whole = spells["status"].eq("listed") & spells["lists_missed"].eq(0)
    one = spells[whole & spells["first_listed"].lt(days_of_lists[-2])].iloc[0]
    state, kind = one["state_fips"], one["support_type"]
    last = (
        rows["state_fips"].eq(state) & rows["support_type"].eq(kind)
        & agency_key(rows["agency"]).eq(agency_key(pd.Series([one["agency"]])).iloc[0])
        & rows["list_date"].eq(days_of_lists[-1])
    )  # fmt: skip
    assert last.sum() == 1
    signed = one["signed_date"] - pd.Timedelta(days=3)
    changed = rows.assign(
        agency=rows["agency"].mask(last, "Misspelt " + rows["agency"]),
        signed_date=rows["signed_date"].mask(last, signed),
    )
    name = f"Misspelt {rows.loc[last, 'agency'].iloc[0]}"
    entry = AgencyAlias(state, name, one["agency"], "hand-made", ("a",), ("a",), kind)
    assert len(agreement_spells(changed, [])) == len(spells) + 1
    now = agreement_spells(changed, [entry])
    assert len(now) == len(spells)
    (found,) = now[now["agency"] == name].to_dict("records")
    assert (found["status"], found["first_listed"]) == ("listed", one["first_listed"])
    assert (found["signed_date"], found["renewed_date"]) == (signed, pd.NaT)


def test_a_name_is_the_same_agency_where_a_county_says_so(demo: Panel) -> None:
    now = only_spell(demo, TOLD.renamed)
    assert now["other_names"].split("; ")[0] == old_name(TOLD.renamed)
    assert (now["status"], now["first_listed"].date()) == ("listed", DAYS[3])
    then = only_spell(demo, TOLD.renamed_unclear, agency=old_name(TOLD.renamed_unclear))
    assert (then["status"], days(then)) == ("unclear", [DAYS[0], DAYS[2]])


def test_a_change_of_model_is_named(demo: Panel) -> None:
    old = only_spell(demo, TOLD.switched, support_type=model(old_model()))
    assert (old["status"], old["switched_to"]) == ("left", model(TOLD.switched.support))
    assert only_spell(demo, TOLD.switched)["first_listed"].date() == DAYS[4]


def test_a_wrong_state_is_no_end_and_a_misspelt_one_is_put_right(demo: Panel) -> None:
    wrong = only_spell(demo, TOLD.misplaced, state_fips=TOLD.absent.state_fips)
    assert (wrong["status"], days(wrong)) == ("unclear", [DAYS[0], DAYS[0]])
    right = only_spell(demo, TOLD.misspelt)
    assert (right["status"], right["lists_missed"]) == ("listed", 0)
    put = {one.get("expected"): one.get("row") for one in demo.build["corrections_applied"]}
    assert put[misspelt_state()] == misspelt_row()


def test_no_other_end_is_seen_before_the_lists_that_reports_compare(demo: Panel) -> None:
    table = demo.agreement_spells
    early = table[table["last_listed"] < pd.Timestamp(FIRST_LIST)]
    assert early.groupby("status")["agency"].agg(set).to_dict() == {
        "left": {TOLD.ended.agency, TOLD.switched.agency},
        "unclear": {old_name(TOLD.renamed_unclear), TOLD.misplaced.agency},
    }
