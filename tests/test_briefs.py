"""Briefs of states and counties: counts equal the tables, gaps are said, no page is empty."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import numpy as np
import pandas as pd
import pytest
import shapely

from coopanalysis import cli
from coopanalysis.briefs import agreements as brief_agreements
from coopanalysis.briefs import answers as brief_answers
from coopanalysis.briefs import context as brief_context
from coopanalysis.briefs import detention as brief_detention
from coopanalysis.briefs import limits as brief_limits
from coopanalysis.briefs import peers as brief_peers
from coopanalysis.briefs import place_map as brief_map
from coopanalysis.briefs import places as briefs
from coopanalysis.briefs import reporting as brief_reporting
from coopanalysis.briefs import rows as brief_rows
from coopanalysis.briefs.places import agreement_status, what_became
from coopanalysis.display.county_maps import county_names, state_shapes
from coopanalysis.display.html import Output
from coopanalysis.display.page import NOT_KNOWN
from coopanalysis.display.reporting_maps import show_reporting_maps
from coopanalysis.display.tables import MOST_ROWS
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel, load_laws, load_release
from coopanalysis.panel.counties import is_usable
from coopanalysis.panel.record import READS_VARIABLE
from coopanalysis.paths import reference_dir
from coopanalysis.reports.plan import load_plan
from coopanalysis.reports.site.county_pages import sections
from coopanalysis.vocabulary import PRACTICES, SUPPORT_TYPE_LABELS
from panel_samples import with_tables

STATE, COUNTY = "63", "63047"
RATES = ["person_offenses_per_100k", "property_offenses_per_100k"]
"""A demo state with agencies of all three types, and one of its counties with two."""


def whole(shown: Output | None) -> str:
    assert shown is not None
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r'href="[^"]*"|src="[^"]*"', "", shown.html)))


def latest_rows(panel: Panel, **equal: str) -> pd.DataFrame:
    rows = panel.agreements[panel.agreements["list_kind"] == "participating"]
    rows = rows[rows["list_date"] == rows["list_date"].max()]
    for name, value in equal.items():
        rows = rows[rows[name] == value]
    return rows


def state_parts(panel: Panel, code: str) -> list[Output]:
    brief = briefs.load_state(panel, code)
    peers = brief_peers.find_peers(brief)
    shown = [
        brief_answers.show_answers(brief),
        brief_limits.limits(brief),
        brief_map.show_map(brief),
        *(brief_agreements.show_spells(brief, kind) for kind in brief_agreements.AGENCY_WORDS),
        brief_agreements.show_pending(brief),
        brief_context.show_practices(brief, peers),
        brief_context.show_laws(brief),
        brief_context.show_local_actions(brief),
        brief_context.show_rulings(brief),
        brief_detention.show_held(brief),
        brief_detention.show_places(brief),
        brief_detention.show_detainers(brief),
        brief_peers.show_peers(brief, peers),
        brief_peers.show_peer_bars(brief, peers),
        brief_context.show_people(brief, peers),
        brief_reporting.show_reporting(brief),
        brief_reporting.show_rates(brief),
        brief_rows.show_counties(brief),
        brief_rows.show_other_units(brief),
    ]
    return [one for one in shown if one is not None]


def county_parts(panel: Panel, code: str) -> list[Output]:
    brief = briefs.load_county(panel, code)
    shown = [brief_answers.show_answers(brief)]
    for _, of_section in sections(brief, brief_peers.find_peers(brief)):
        shown += [one for one in of_section if one is not None]
    return shown


def test_the_first_answer_of_a_state_counts_what_the_list_holds(demo: Panel) -> None:
    rows = latest_rows(demo, state_fips=STATE)
    names = rows["agency"].str.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    county = demo.county[demo.county["state_fips"] == STATE]
    brief = briefs.load_state(demo, STATE)
    first, *_ = brief_answers.answers(brief)
    by_type = names.groupby(rows["agency_type"]).nunique()
    having = int((county["agreement_latest_list"] == 1).sum())
    share = f"{by_type['county']} county agencies in {having} of {len(county)} counties"
    assert first.answer.startswith(share)
    assert f"{by_type['municipality']} municipal agencies" in first.answer
    assert f"task force {rows['support_type'].eq('task-force').sum()}" in first.answer
    title = f"Fenwold: county agencies in {having} of {len(county)} counties are listed"
    assert brief_answers.finding(brief) == f"{title} with an agreement with ICE"


def test_what_is_held_and_declined_is_the_sum_of_the_facilities(demo: Panel) -> None:
    brief = briefs.load_state(demo, STATE)
    daily = demo.detention_facility[demo.detention_facility["record"] == "facility-daily"]
    last = daily[daily["fiscal_year"] == daily["fiscal_year"].max()]
    own = last[last["state_fips"] == STATE].groupby("type_group")["held_mean"].sum()
    told = brief_detention.describe_detention(brief)
    assert told is not None
    covered = "(1 October 2022 to 31 December 2022)"
    assert told[1] == f"fiscal year {daily['fiscal_year'].max()} {covered}"
    for kind, held in own[own >= brief_detention.WHOLE_FROM].items():
        assert f"{held:,.0f} {brief_detention.HELD[str(kind)]}" in told[0]
    declined = demo.detainers_declined[demo.detainers_declined["is_federal"] == 0]
    place = declined.groupby("state_fips")["declined_count"].sum().idxmax()
    total = declined.loc[declined["state_fips"] == place, "declined_count"].sum()
    said = brief_detention.describe_detainers(briefs.load_state(demo, str(place)))
    assert said is not None
    assert said[0].startswith(f"At least {total:,}, ")
    table = brief_detention.show_detainers(briefs.load_state(demo, str(place)))
    assert "From 2014 on" in whole(table)


def test_prisons_of_states_and_companies_are_said_to_count_as_local(demo: Panel) -> None:
    words = "count as local, prisons of states and of companies among them"
    own = demo.detainers_declined[demo.detainers_declined["is_federal"] == 0].dropna()
    county = own["county_fips"].iloc[0]
    for brief in (briefs.load_state(demo, county[:2]), briefs.load_county(demo, county)):
        assert words in whole(brief_detention.show_detainers(brief))
        told = brief_detention.describe_detainers(brief)
        assert told is not None
        assert "at facilities not known as federal" in told[0]


def test_only_types_that_are_shown_are_said_to_be_no_act_of_a_local_government(demo: Panel) -> None:
    facilities = demo.detention_facility
    mine = facilities["state_fips"].eq(STATE) & facilities["record"].eq("facility-daily")
    one = facilities[mine].iloc[:1]
    kinds = ("agreement", "federal", "company", "state", "other", "unknown", "unknown")
    rows = [
        one.assign(type_group=kind, facility_code=f"F{at}", facility=f"House {at}")
        for at, kind in enumerate(kinds)
    ]

    def shown(*chosen: int) -> str:
        picked = pd.concat([facilities[~mine], *(rows[at] for at in chosen)])
        panel = with_tables(demo, detention_facility=picked)
        return whole(brief_detention.show_held(briefs.load_state(panel, STATE)))

    every = shown(*range(len(kinds)))
    assert "Federal, company and state facilities are no act of a local government" in every
    assert "The type of 2 facilities is not known: whether a local government agreed" in every
    assert "Other types, such as hospitals" in every
    assert "the others" not in every
    assert "The type of 1 facility is not known" in shown(0, 5)
    for words in ("no act of", "Other types", "Local agreements are"):
        assert words not in shown(5), words
    assert "Federal facilities are no act of" in shown(1)


def test_the_note_on_places_of_detention_names_only_columns_that_are_shown(demo: Panel) -> None:
    facilities = demo.detention_facility
    daily = facilities[facilities["record"] == "facility-daily"]
    own = daily[daily["fiscal_year"] == daily["fiscal_year"].max()].iloc[0]
    of_county = whole(brief_detention.show_places(briefs.load_county(demo, own["county_fips"])))
    assert "Days in use" in of_county
    assert "days in use are those on which anyone was held" in of_county
    of_state = briefs.load_state(demo, own["state_fips"])
    shown = whole(brief_detention.show_places(of_state))
    assert "days" not in shown.lower()
    assert "The first" not in shown
    many = [
        own.to_frame().T.astype(facilities.dtypes).assign(facility_code=f"F{at}")
        for at in range(MOST_ROWS)
    ]
    panel = with_tables(demo, detention_facility=pd.concat([facilities, *many]))
    shown = whole(brief_detention.show_places(briefs.load_state(panel, own["state_fips"])))
    assert f"The first {MOST_ROWS} of " in shown


def test_notes_say_nothing_of_what_a_place_does_not_have(demo: Panel) -> None:
    declined, spells = demo.detainers_declined, demo.agreement_spells
    one = (
        declined[declined["is_federal"] == 0].iloc[:1].assign(state_fips=STATE, county_fips=COUNTY)
    )
    more = one.assign(is_federal=1, declined_count=1, facility="A federal prison")
    two = [more, more.assign(facility="Another federal prison")]

    def shown(*federal: pd.DataFrame) -> tuple[str, str]:
        panel = with_tables(demo, detainers_declined=pd.concat([one, *federal]))
        of_state = brief_detention.show_detainers(briefs.load_state(panel, STATE))
        return whole(of_state), whole(
            brief_detention.show_detainers(briefs.load_county(panel, COUNTY))
        )

    for of_place, has_outcomes in zip(shown(*two), (False, True), strict=True):
        assert "2 were declined at 2 federal facilities there, no local agency." in of_place
        assert ("ther outcomes" in of_place) == has_outcomes
    assert "1 was declined at 1 federal facility there, no local agency." in shown(more)[0]
    assert "no local agency" not in shown()[0]

    municipal = spells["agency_type"] == "municipality"
    for panel, has in (
        (demo, True),
        (with_tables(demo, agreement_spells=spells[~municipal]), False),
    ):
        counties = whole(brief_rows.show_counties(briefs.load_state(panel, STATE)))
        assert ("Agreements of municipal agencies have a table" in counties) == has

    rows = latest_rows(demo)
    lost = rows[rows["county_fips"].isna() & rows["state_fips"].isin(demo.county["state_fips"])]
    for code, of_state in lost.groupby("state_fips"):
        brief = briefs.load_county(demo, demo.county.set_index("state_fips").loc[[str(code)]]
                                   ["county_fips"].iloc[0])  # fmt: skip
        count = (of_state["agency_type"] == "state-agency").sum()
        said = whole(brief_limits.limits(brief))
        assert (f"({count} of agencies of the state) can be placed in no" in said) == (count > 0)

    county = demo.county.assign(poverty_pct=np.nan, median_household_income_usd=np.nan)
    brief = briefs.load_county(with_tables(demo, county=county), COUNTY)
    beside = whole(brief_peers.show_peers(brief, brief_peers.find_peers(brief)))
    assert f"Residents are those of {demo.build['base_list']}. " in beside
    assert "overty and income" not in beside


def test_an_application_is_found_by_every_name_of_the_agency_on_any_later_list(demo: Panel) -> None:
    spells = demo.agreement_spells
    one = spells[spells["state_fips"] == STATE].iloc[:1].assign(
        agency_type="county", county_fips=COUNTY, looked_up_county_fips=None,
        support_type="task-force", first_listed=pd.Timestamp("2025-07-29"),
        last_listed=pd.Timestamp("2026-05-18"), status="listed", other_names=None,
    )  # fmt: skip
    left = {"last_listed": pd.Timestamp("2026-02-17"), "status": "left"}
    elsewhere = demo.county.loc[demo.county["state_fips"] == STATE, "county_fips"].iloc[0]
    rows = [
        one.assign(agency="Alder Jail", other_names="Alder Office; ALDER SHERIFFS OFFICE"),
        one.assign(agency="Birch Police", **left),
        one.assign(agency="Cedar Police", county_fips=elsewhere),
        one.assign(agency="Dogwood Police", support_type="jail-enforcement"),
        one.assign(agency="Elm Police", state_fips="58"),
        one.assign(agency="Fir Police", first_listed=pd.Timestamp("2025-03-20"),
                   last_listed=pd.Timestamp("2025-07-01"), status="left"),
    ]  # fmt: skip
    asked = demo.agreements[demo.agreements["list_kind"] == "pending"].iloc[:1].assign(
        state_fips=STATE, county_fips=COUNTY, support_type="task-force",
        list_date=pd.Timestamp("2025-07-14"),
    )  # fmt: skip
    names = [
        "Alder Sheriff's Office", "Birch Police", "Cedar Police", "Dogwood Police", "Elm Police",
        "Fir Police",
    ]  # fmt: skip
    listed = demo.agreements[demo.agreements["list_kind"] != "pending"]

    def shown(*chosen: int) -> str:
        applications = [asked.assign(agency=names[at]) for at in chosen]
        panel = with_tables(
            demo,
            agreement_spells=pd.concat([spells, *rows], ignore_index=True),
            agreements=pd.concat([listed, *applications], ignore_index=True),
        )
        return whole(brief_agreements.show_pending(briefs.load_state(panel, STATE)))

    every = re.sub(r"\s+", " ", shown(*range(len(names))))
    day = "14 July 2025"
    assert f"Alder Sheriff's Office Task force model {day} 29 July 2025 Birch" in every
    assert f"Birch Police Task force model {day} 29 July 2025; left after 17 February 2026" in every
    county = county_names(demo)[elsewhere]
    assert f"Cedar Police Task force model {day} 29 July 2025, in {county} Dogwood" in every
    for name in ("Dogwood", "Elm", "Fir"):
        assert f"{name} Police Task force model {day} on no later list" in every
    assert "3 of 6 are on a later list with the same model, of which 1 has left" in every
    assert "1 of 1 is on a later list with the same model " in shown(0)
    assert "0 of 1 is on a later list with the same model " in shown(4)


def test_an_agreement_that_left_is_said_with_its_last_day_and_its_text(demo: Panel) -> None:
    spells = demo.agreement_spells
    mine = (spells["state_fips"] == STATE) & (spells["agency_type"] == "county")
    one = spells[mine].index[0]
    gone = spells.assign(
        status=spells["status"].mask(spells.index == one, "left"),
        moa_url=spells["moa_url"]
        .mask(mine)
        .mask(spells.index == one, "https://www.example.org/287gMOA/a.pdf"),
    )
    brief = briefs.load_state(with_tables(demo, agreement_spells=gone), STATE)
    shown = brief_agreements.show_spells(brief, "county")
    assert shown is not None
    day = pd.Timestamp(spells.loc[one, "last_listed"])
    assert f"left after {day.day} {day:%B %Y}" in whole(shown)
    model = SUPPORT_TYPE_LABELS[str(spells.loc[one, "support_type"])]
    assert f'<a href="https://www.example.org/287gMOA/a.pdf">{model}</a>' in shown.html
    assert shown.html.count('/287gMOA/a.pdf"') == 1
    said = next(a for a in brief_answers.answers(brief) if a.question == "On the lists")
    assert "; 1 left" in said.answer
    back = gone.loc[[one]].assign(status="listed", first_listed=gone["last_listed"].max())
    again = pd.concat([gone, back], ignore_index=True)
    brief = briefs.load_state(with_tables(demo, agreement_spells=again), STATE)
    said = next(a for a in brief_answers.answers(brief) if a.question == "On the lists")
    assert "left" not in said.answer, "it came back"


def test_agreements_that_left_are_said_with_their_span_and_who_is_still_listed(
    demo: Panel,
) -> None:
    spells = demo.agreement_spells
    mine = spells["state_fips"] == STATE
    own = spells[mine & spells["status"].eq("listed")].copy()
    several = own[own.duplicated("agency", keep=False)].drop_duplicates("agency")
    alone = own[~own.duplicated("agency", keep=False)]
    days = dict(
        zip(
            [several.index[0], several.index[1], alone.index[0]],
            pd.to_datetime(["2030-07-29", "2030-10-21", "2031-03-23"]),
            strict=True,
        )
    )

    def said(ended: list[int]) -> str:
        rows = own.copy()
        rows.loc[ended, "status"] = "left"
        rows.loc[ended, "last_listed"] = [days[one] for one in ended]
        panel = with_tables(demo, agreement_spells=pd.concat([spells[~mine], rows]))
        found = brief_answers.answers(briefs.load_state(panel, STATE))
        return next(one.answer for one in found if one.question == "On the lists")

    first, second, last = days
    assert said([first, second]).endswith("; their 2 agencies are still listed with another model.")
    assert said([last, first, second]).endswith(
        "; 3 left, last seen between 29 July 2030 and 23 March 2031; 2 of their 3 agencies are "
        "still listed with another model."
    )
    name = several["agency"].iloc[0]
    assert said([first]).endswith(
        f"; 1 left ({name}), last seen 29 July 2030; the agency is still listed with another model."
    )
    assert said([last]).endswith(
        ", last seen 23 March 2031; the agency is listed with no other model."
    )


def test_a_county_is_dated_by_its_first_agreement_of_any_model(demo: Panel) -> None:
    spells = demo.agreement_spells
    own = (spells["county_fips"] == COUNTY) & (spells["agency_type"] == "county")
    begin, day = spells["first_listed"].min(), pd.Timestamp("2025-01-17")
    now = spells[own].iloc[[0]].assign(support_type="task-force", first_listed="2025-07-15")
    before = now.assign(support_type="jail-enforcement", first_listed=day)
    ended = now.assign(support_type="warrant-service", first_listed=begin, status="left")
    ended["last_listed"] = day

    def since(*rows: pd.DataFrame) -> str:
        table = pd.concat([spells[~own], *rows], ignore_index=True)
        table["first_listed"] = pd.to_datetime(table["first_listed"])
        brief = briefs.load_state(with_tables(demo, agreement_spells=table), STATE)
        shown = brief_rows.show_counties(brief)
        assert "the first list that names any agreement of an agency of the county" in whole(shown)
        assert f"Lists begin on {begin.day} {begin:%B %Y}, so that day" in whole(shown)
        (row,) = [one for one in shown.html.split("<tr") if f"#c{COUNTY}" in one]
        return unescape(re.sub(r"<[^>]+>", " ", row))

    assert "15 July 2025" in since(now)
    assert "17 January 2025" in since(now, before)
    assert f"{begin.day} {begin:%B %Y} or before" in since(now, before, ended)


def test_an_agreement_that_was_signed_again_is_said_with_both_days(demo: Panel) -> None:
    spells = demo.agreement_spells
    one = spells[spells["agency_type"].eq("county") & spells["signed_date"].notna()].iloc[0]
    again = spells["renewed_date"].mask(spells.index == one.name, pd.Timestamp("2031-02-03"))
    panel = with_tables(demo, agreement_spells=spells.assign(renewed_date=again))
    shown = brief_agreements.show_spells(briefs.load_county(panel, one["county_fips"]), "county")
    first = one["signed_date"]
    assert whole(shown).count("(again ") == 1
    assert f"{first.day} {first:%B %Y} (again 3 February 2031)" in whole(shown)


def test_two_spellings_of_one_name_are_one_agency(demo: Panel) -> None:
    rows = latest_rows(demo, county_fips="63011", agency_type="county")
    assert rows["agency"].nunique() == 2
    table = brief_agreements.agencies(rows)
    assert len(table) == 1
    said = table["models"].iloc[0]
    for model, of_model in rows.groupby("support_type"):
        label, day = SUPPORT_TYPE_LABELS[str(model)].lower(), of_model["signed_date"].min()
        dated = next(part for part in said.split("; ") if label in part)
        assert dated.endswith(f", signed {day.day} {day:%B %Y}")


def test_every_agency_of_the_list_stands_in_one_table_of_its_type(demo: Panel) -> None:
    brief = briefs.load_state(demo, STATE)
    for kind in ("county", "municipality", "state-agency"):
        text = whole(brief_agreements.show_spells(brief, kind))
        for agency in latest_rows(demo, state_fips=STATE, agency_type=kind)["agency"]:
            bare = agency.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
            assert bare in text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def test_agencies_of_the_state_are_of_no_county(demo: Panel) -> None:
    shown = brief_agreements.show_spells(briefs.load_state(demo, STATE), "state-agency")
    assert shown is not None
    assert '<th scope="col">County</th>' not in shown.html


def test_peers_are_the_nearest_by_the_stated_distance(demo: Panel) -> None:
    brief = briefs.load_county(demo, COUNTY)
    peers = brief_peers.find_peers(brief)
    assert peers is not None
    names = [one.column for one in peers.used]
    frame = demo.county.set_index("county_fips")[names].astype("float64").dropna()
    for name in {"population_count", "population_per_km2"} & set(names):
        frame[name] = np.log(frame[name])
    scaled = (frame - frame.mean()) / frame.std(ddof=0)
    by_hand = ((scaled - scaled.loc[COUNTY]) ** 2).mean(axis=1) ** 0.5
    nearest = by_hand.drop(COUNTY).nsmallest(5)
    assert peers.codes == nearest.index.tolist()
    assert peers.table["distance"].iloc[1:].tolist() == pytest.approx(nearest.tolist())
    assert peers.left_out_count == len(demo.county) - len(frame)


def test_residents_cite_the_file_of_every_measure_shown(demo: Panel) -> None:
    for brief in (briefs.load_state(demo, STATE), briefs.load_county(demo, COUNTY)):
        peers = brief_peers.find_peers(brief)
        people = whole(brief_context.show_people(brief, peers))
        assert "Republican share of the 2024 vote" in people
        assert "residents per square kilometre" in people.lower()
        for title in ("presidential votes 2020", "presidential votes 2024", "county list"):
            assert f"Simulated {title}" in people
        beside = whole(brief_peers.show_peers(brief, peers))
        assert "Simulated county list with land area" in beside
        assert "presidential votes 2024" not in beside
        assert ("county rubric" in beside) == (f"Score of {len(PRACTICES)}" in beside)


def test_residents_give_their_year_and_the_number_behind_each_median(demo: Panel) -> None:
    brief = briefs.load_state(demo, STATE)
    text = whole(brief_context.show_people(brief, None))
    measures = brief_context.people_measures(brief)
    assert f"Residents, {demo.build['base_list']} " in text
    assert "Median household income, 2013 to 2017 " in text
    assert "Median of all states" in text
    beside = whole(brief_peers.show_peers(brief, brief_peers.find_peers(brief)))
    assert f"Residents are those of {demo.build['base_list']}, poverty and income of" in beside
    assert f"The median of all is of {len(measures)};" in text
    for year, column in ((2020, "republican_share"), (2024, "republican_share_2024")):
        known = measures[column].notna().sum()
        assert known < len(measures)
        assert f"Republican share of the {year} vote ({known})" in text


def test_density_is_written_one_way(demo: Panel) -> None:
    brief = briefs.load_county(demo, COUNTY)
    value = f"{brief.counties['population_per_km2'].iloc[0]:.1f}"
    peers = brief_peers.find_peers(brief)
    for shown in (
        brief_context.show_people(brief, peers),
        brief_peers.show_peers(brief, peers),
    ):
        assert f" {value} " in whole(shown)


def test_an_application_in_a_state_that_no_list_names_is_on_no_later_list(demo: Panel) -> None:
    pending = demo.agreements[demo.agreements["list_kind"] == "pending"]
    one = pending[pending["county_fips"].notna()].iloc[0]
    spells = demo.agreement_spells
    others = with_tables(demo, agreement_spells=spells[spells["state_fips"] != one["state_fips"]])
    shown = brief_agreements.show_pending(briefs.load_county(others, one["county_fips"]))
    assert shown is not None
    assert "on no later list" in shown.text


def test_peers_are_chosen_without_looking_at_agreements(demo: Panel) -> None:
    unknown = demo.county.assign(agreement_latest_list=0, cooperation_score=0)
    blind = with_tables(demo, county=unknown)
    one, two = (
        brief_peers.find_peers(briefs.load_county(panel, COUNTY)) for panel in (demo, blind)
    )
    assert one is not None
    assert two is not None
    assert one.codes == two.codes


def test_a_missing_covariate_is_said_and_not_guessed(demo: Panel) -> None:
    lacking = demo.county.loc[demo.county["republican_share"].isna(), "county_fips"].iloc[0]
    brief = briefs.load_county(demo, lacking)
    peers = brief_peers.find_peers(brief)
    assert peers is not None
    assert "republican_share" not in [one.column for one in peers.used]
    assert "Republican share 2020" in brief_peers.distance_words(peers, "counties")


def test_state_rates_pool_only_counties_that_reported(demo: Panel) -> None:
    brief = briefs.load_state(demo, STATE)
    table = brief_reporting.pooled_rates(brief.years)
    rows = demo.county_year[
        (demo.county_year["state_fips"] == STATE) & (demo.county_year["year"] == 2023)
    ]
    good = rows[rows["reporting_quality"].isin([1, 2])]
    people = good["population_count"].astype("float64")
    by_hand = float((good["person_offenses_per_100k"] * people).sum() / people.sum())
    assert table.loc[2023, "used_count"] == len(good)
    assert table.loc[2023, "person_offenses_per_100k"] == pytest.approx(by_hand)
    share = float(people.sum() / rows["population_count"].sum())
    assert table.loc[2023, "used_population_share"] == pytest.approx(share)


def test_reporting_adds_up_to_all_counties_and_residents(demo: Panel) -> None:
    table = brief_reporting.reporting_by_year(briefs.load_state(demo, STATE).years)
    sums = table.groupby("year")[["county_count", "population_share"]].sum()
    assert sums["county_count"].tolist() == [34, 34, 34]
    assert sums["population_share"].tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_no_report_is_missing_and_never_zero(demo: Panel) -> None:
    quality = demo.county_year[demo.county_year["year"].isin([2021, 2022, 2023])]
    silent = quality.groupby("county_fips")["reporting_quality"].count()
    code = str(silent.index[silent == 0][0])
    brief = briefs.load_county(demo, code)
    rates = brief_reporting.county_rates(brief, None)
    assert rates["person_offenses_per_100k"].isna().all()
    assert set(rates["use"]) == {"no"}
    assert "That is not the same as no crime" in whole(
        brief_reporting.show_county_rates(brief, None)
    )


def test_offences_booked_elsewhere_are_left_blank(demo: Panel) -> None:
    years = demo.county_year
    flagged = years["offenses_misplaced"].mask(
        (years["county_fips"] == COUNTY) & (years["year"] == 2022), 1
    )
    moved = with_tables(demo, county_year=years.assign(offenses_misplaced=flagged))
    rates = brief_reporting.county_rates(briefs.load_county(moved, COUNTY), None).set_index("year")
    assert np.isnan(rates.loc[2022, "person_offenses_per_100k"])
    assert rates.loc[2022, "use"] == "no, with offences of other counties"
    assert rates.loc[2021, "person_offenses_per_100k"] > 0


def test_zero_not_reported_and_reported_elsewhere_differ_up_to_the_figure(demo: Panel) -> None:
    years = demo.county_year.copy()
    codes = sorted(years.loc[years["state_fips"] == STATE, "county_fips"].unique())
    elsewhere, zero, silent = (
        (years["county_fips"] == c) & (years["year"] == 2022) for c in codes[:3]
    )
    years.loc[elsewhere | silent, RATES] = np.nan
    years.loc[elsewhere | silent, "reporting_quality"] = pd.NA
    years.loc[elsewhere, "offenses_misplaced"], years.loc[silent, "offenses_misplaced"] = 1, 0
    years.loc[zero, RATES], years.loc[zero, "reporting_quality"] = 0.0, 3
    changed = with_tables(demo, county_year=years)
    before, after = (
        brief_reporting.reporting_by_year(briefs.load_state(one, STATE).years)
        .set_index(["year", "status"])["county_count"]
        .loc[2022]
        for one in (demo, changed)
    )
    assert after["counted under another county"] == before["counted under another county"] + 1
    assert (
        after["only some reported and no offence"]
        == before["only some reported and no offence"] + 1
    )
    shown = whole(show_reporting_maps(changed, STATE))
    for label in ("Counted under another county", "Only some reported and no offence"):
        assert label in shown
    hatched = after["no agency reported"]
    assert f"{hatched} of 34 counties in 2022" in shown


def test_a_county_that_receives_offences_is_not_said_to_lose_its_own(demo: Panel) -> None:
    of_state = demo.county_year[
        (demo.county_year["state_fips"] == STATE) & (demo.county_year["year"] == 2023)
    ]
    good = of_state[of_state["reporting_quality"] <= 2]
    receiving = str(good["county_fips"].iloc[0])
    moved = sorted(set(of_state["county_fips"]) - {receiving})[:3]

    years = demo.county_year.copy()
    last = years["year"] == 2023
    elsewhere = last & years["county_fips"].isin(moved)
    years.loc[elsewhere, RATES] = np.nan
    years.loc[elsewhere, "reporting_quality"] = pd.NA
    years.loc[elsewhere | (last & (years["county_fips"] == receiving)), "offenses_misplaced"] = 1
    panel = with_tables(demo, county_year=years)
    brief = briefs.load_state(panel, STATE)
    name = demo.county.set_index("county_fips").loc[receiving, "county"]
    said = (
        "4 counties have no rate, because the offences of 3 of them are counted in the other, "
        f"{name}."
    )
    assert said in brief_limits.limits(brief).text
    rates = whole(brief_reporting.show_rates(brief))
    left = (~good["county_fips"].isin([*moved, receiving])).sum()
    before = (~good["county_fips"].isin(moved)).sum()
    assert said in rates
    assert f"Of the {before} counties where all or most agencies" in rates
    assert f"reported, {left} are used." in rates
    own = panel.county_year[panel.county_year["state_fips"].eq(STATE)]
    own = own[own["year"].eq(2023)].set_index("county_fips")["population_count"]
    used = own[good.loc[~good["county_fips"].isin([*moved, receiving]), "county_fips"]]
    shown = whole(brief_reporting.show_reporting(brief))
    assert f"In 2023, {used.sum() / own.sum():.1%} of the residents" in shown
    assert "counted under another county (3 counties)" in whole(
        brief_reporting.show_reporting(brief)
    )
    own, other = (
        brief_reporting.county_rates(briefs.load_county(panel, code), None).set_index("year")
        for code in (receiving, moved[0])
    )
    assert own.loc[2023, "use"] == "no, with offences of other counties"
    assert (other.loc[2023, "quality"], other.loc[2023, "use"]) == (
        "counted under another county",
        "no",
    )


def test_a_county_of_few_reports_and_no_offence_stands_under_one_status(demo: Panel) -> None:
    last = (demo.county_year["state_fips"] == STATE) & (demo.county_year["year"] == 2023)
    few = demo.county_year[last & (demo.county_year["reporting_quality"] == 3)]
    years = demo.county_year.copy()
    years.loc[few.index[:1], RATES] = 0.0
    brief = briefs.load_state(with_tables(demo, county_year=years), STATE)
    limits = brief_limits.limits(brief).text
    shown = brief_reporting.show_reporting(brief)
    rest = len(few) - 1
    assert (
        f"(too few agencies for a rate) in {rest} and only some reported and no offence in 1."
        in limits
    )
    counted = (
        f"only some agencies reported ({rest} counties), "
        "only some reported and no offence (1 county)"
    )
    assert counted in whole(shown)
    alt = show_reporting_maps(brief.panel, STATE).text
    assert "only some agencies reported, only some reported and no offence" in alt


def test_one_status_has_one_verdict_in_the_state_and_in_the_county(demo: Panel) -> None:
    last = (demo.county_year["state_fips"] == STATE) & (demo.county_year["year"] == 2023)
    few = demo.county_year[last & (demo.county_year["reporting_quality"] == 3)]
    assert not is_usable(few).any()
    county = briefs.load_county(demo, str(few["county_fips"].iloc[0]))
    row = brief_reporting.county_rates(county, None).set_index("year").loc[2023]
    assert row["use"] == f"no, {brief_reporting.TOO_FEW}"
    limits = brief_limits.limits(briefs.load_state(demo, STATE)).text
    assert f"{row['quality']} crime ({brief_reporting.TOO_FEW})" in limits


def test_fictional_places_have_no_real_laws(demo: Panel) -> None:
    text = brief_context.show_laws(briefs.load_state(demo, STATE)).text
    assert "fictional" in text
    assert "coop-table" not in brief_context.show_laws(briefs.load_state(demo, STATE)).html


def real_state(code: str, state: str) -> briefs.Brief:
    """A real state without its rows: its laws are the same in every release."""
    panel = Panel.__new__(Panel)
    vars(panel).update(release="public", build={"agreement_lists": [{"list_date": "2026-05-18"}]})
    none = pd.DataFrame()
    return briefs.Brief(panel, "state", code, state, code, state, none, none, none)


@pytest.mark.parametrize(
    ("code", "state", "held"),
    [
        ("36", "New York", "New York restricts cooperation"),
        ("11", "District of Columbia", "the District of Columbia restricts cooperation"),
    ],
)
def test_no_certain_law_is_said_of_the_table_and_not_of_the_place(
    code: str, state: str, held: str
) -> None:
    text = brief_context.show_laws(real_state(code, state)).text
    assert "No law in the table that is certain requires or restricts cooperation on 18 May" in text
    assert "a law that was missed would look the same" in text
    assert f"If every law that is to be verified holds, {held}." in text
    assert "the state " not in text.split("No law in the table")[1]


def test_a_certain_law_is_said_with_its_state_and_day() -> None:
    shown = brief_context.show_laws(real_state("48", "Texas"))
    assert re.search(
        r"on 18 May 2026 Texas requires or bars limits on cooperation, since \d+ \w+ \d{4}\.",
        shown.text,
    )
    assert "Census" not in shown.html


def test_limits_count_the_gaps(demo: Panel) -> None:
    text = brief_limits.limits(briefs.load_state(demo, STATE)).text
    rows = demo.county_year[
        (demo.county_year["state_fips"] == STATE) & (demo.county_year["year"] == 2023)
    ]
    assert "of 34 counties: no agency reported crime in" in text
    assert f"reported crime in {rows['reporting_quality'].isna().sum()} and only some" in text
    some = (rows["reporting_quality"] == 3).sum()
    assert f"(too few agencies for a rate) in {some}." in text
    local = latest_rows(demo, state_fips=STATE)
    local = local[local["agency_type"] != "state-agency"]
    unplaced = local["county_fips"].isna().sum()
    assert not unplaced or f"{unplaced} by local agencies whose county is not known" in text


@pytest.mark.parametrize(
    ("kind", "named", "placed"),
    [
        ("county", "1 county agency ", "by a local agency whose county is not known."),
        ("state-agency", "1 agency of the state.", "by an agency of the state (which"),
    ],
)
def test_one_agency_of_one_type_is_named_once(
    demo: Panel, kind: str, named: str, placed: str
) -> None:
    row = latest_rows(demo, state_fips=STATE, agency_type=kind).head(1).assign(county_fips=None)
    row["county_match"] = "unmatched"
    others = demo.agreements[demo.agreements["state_fips"] != STATE]
    brief = briefs.load_state(with_tables(demo, agreements=pd.concat([others, row])), STATE)
    assert named in brief_answers.answers(brief)[0].answer
    assert f"The one agreement on the latest list: {placed}" in brief_limits.limits(brief).text
    two = pd.concat([others, row, row.assign(agency="Another Office")])
    brief = briefs.load_state(with_tables(demo, agreements=two), STATE)
    plural = placed.replace("by a local agency", "by local agencies").replace(
        "by an agency", "by agencies"
    )
    assert f"Of the 2 agreements on the latest list: 2 {plural}" in brief_limits.limits(brief).text


def test_a_county_page_names_no_real_state_of_a_fictional_place(demo: Panel) -> None:
    text = " ".join(whole(part) for part in county_parts(demo, COUNTY))
    states = pd.read_csv(reference_dir() / "states.csv")["state"]
    assert not [name for name in states if re.search(rf"\b{name}\b", text)]


def test_types_of_agencies_are_those_of_the_list(demo: Panel) -> None:
    brief = briefs.load_state(demo, STATE)
    shown = [brief_agreements.show_spells(brief, kind) for kind in ("county", "municipality")]
    assert all(brief_agreements.AS_LABELLED in whole(one) for one in shown)


def test_map_names_each_county_once(demo: Panel) -> None:
    alt = brief_map.show_map(briefs.load_state(demo, STATE)).text
    named = re.search(r"; named (?:is|are) (.+?)\.", alt)
    assert named
    names = re.split(r", | and ", named[1])
    assert len(names) == len(set(names))


@pytest.mark.mirror
def test_a_state_alone_has_north_up(public_release: Panel) -> None:
    """The northern border of Colorado is a parallel: its ends lie equally high."""
    counties = state_shapes(public_release, "08")["geometry"].to_numpy()
    points = shapely.get_coordinates(counties)
    west, south, east, north = shapely.total_bounds(counties)
    left, right = (points[np.hypot(*(points - (x, north)).T).argmin()] for x in (west, east))
    assert abs(left[1] - right[1]) < 0.01 * (north - south)
    every = public_release.boundaries
    for code in ("02", "08", "15"):
        before = every.loc[every["state_fips"] == code, "geometry"].to_numpy()
        after = state_shapes(public_release, code)["geometry"].to_numpy()
        assert shapely.area(after) == pytest.approx(shapely.area(before))
        assert shapely.equals_exact(before, after).all() == (code != "08")


@pytest.mark.slow
def test_a_brief_reads_nothing_that_its_report_does_not_declare(
    demo: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = load_plan(demo.release, "state-brief")[0].reads
    monkeypatch.setenv(READS_VARIABLE, ",".join(reads))
    shown = state_parts(load_release(demo.release), STATE)
    assert [one.text for one in shown] == [one.text for one in state_parts(demo, STATE)]


def test_a_fictional_state_is_drawn_as_it_is(demo: Panel) -> None:
    every = demo.boundaries
    before = every.loc[every["state_fips"] == STATE, "geometry"].to_numpy()
    assert shapely.equals_exact(before, state_shapes(demo, STATE)["geometry"].to_numpy()).all()


@pytest.mark.parametrize(
    ("load", "code", "said"),
    [
        (briefs.load_state, "6", "'63'|63 "),
        (briefs.load_state, "Fenwald", "63 \\(Fenwold\\)"),
        (briefs.load_state, "12", "no state '12'"),
        (briefs.load_county, "63048", "63047"),
        (briefs.load_county, "06001", "no county '06001'"),
    ],
)
def test_an_unknown_place_is_an_error_with_the_nearest(
    demo: Panel, load: Callable[[Panel, str], object], code: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        load(demo, code)


def test_a_state_without_any_agreement_says_so_once(demo: Panel) -> None:
    codes = set(demo.county["state_fips"]) - set(demo.agreements["state_fips"])
    parts = state_parts(demo, min(codes))
    assert "no agency is listed with an agreement" in parts[0].text
    assert sum("names a county agency in" in part.text for part in parts) == 1
    assert "0 agencies of the state" not in " ".join(part.text for part in parts)


def test_a_code_of_other_years_has_a_useful_page(demo: Panel) -> None:
    others = sorted(set(demo.county_year["county_fips"]) - set(demo.county["county_fips"]))
    parts = county_parts(demo, others[0])
    assert "but not in that of 2021" in parts[0].text
    assert any("Reported offences" in part.text for part in parts)
    assert not any("names a county agency" in part.text for part in parts)
    assert not any("Nobody, by the daily records" in part.text for part in parts)
    state = whole(brief_rows.show_other_units(briefs.load_state(demo, others[0][:2])))
    assert others[0] in state


@pytest.mark.slow
def test_no_part_shows_a_missing_value_bare(demo: Panel) -> None:
    for part in [*state_parts(demo, STATE), *county_parts(demo, COUNTY)]:
        assert not re.search(r"(?<![\w-])(nan|NaN|NaT|<NA>|None)(?![\w-])", whole(part))


def test_another_release_of_numbers_changes_the_words(demo: Panel) -> None:
    rows = demo.agreements
    other = with_tables(demo, agreements=rows[rows["agency_type"] != "municipality"])
    one, two = (brief_answers.answers(briefs.load_state(p, STATE))[0].answer for p in (demo, other))
    assert "4 municipal agencies" in one
    assert "municipal" not in two


def test_public_codes_are_explained_by_name() -> None:
    class Real:
        release = "public"

    assert what_became(Real(), "02063") == (  # type: ignore[arg-type]
        "was made from Valdez-Cordova Census Area (02261), in lists since 2020"
    )
    assert what_became(Real(), "01001") == ""  # type: ignore[arg-type]


@pytest.mark.mirror
@pytest.mark.parametrize("code", ["15005", "02063", "02261", "09001", "09110", "11001", "36061"])
def test_public_counties_with_gaps_have_useful_pages(public_release: Panel, code: str) -> None:
    assert all(part.text.strip() for part in county_parts(public_release, code))
    brief = briefs.load_county(public_release, code)
    shown = {question for question, of_it in sections(brief, None) if any(of_it)}
    always = {brief_answers.LAW, brief_answers.CRIME, brief_answers.RESIDENTS, NOT_KNOWN}
    listed = {brief_answers.AGREEMENTS, brief_answers.HELD, brief_answers.DETAINERS}
    assert shown >= always | (listed if brief.is_listed else set())


@pytest.mark.mirror
@pytest.mark.parametrize("code", ["02", "09", "11", "12", "17", "48"])
def test_public_states_of_every_kind_have_pages(public_release: Panel, code: str) -> None:
    parts = state_parts(public_release, code)
    laws = brief_context.show_laws(briefs.load_state(public_release, code)).text
    assert "fictional" not in " ".join([laws, *(part.text for part in parts)])


@pytest.mark.slow
def test_a_sweep_makes_every_place_once_under_its_own_name(demo: Panel) -> None:
    states = load_plan("demo", "state-brief")
    assert len(states) == demo.county["state_fips"].nunique()
    assert len({job.html_path for job in states}) == len(states)
    assert all(str(job.parameters["state_fips"]) in job.slug for job in states)
    titles = [job.title for job in states]
    assert sum(title.startswith("Fenwold: ") for title in titles) == 1


def test_briefs_are_made_only_on_demand(demo: Panel) -> None:
    assert demo.release == "demo"
    assert not [job.id for job in load_plan("demo") if job.id.endswith("-brief")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--all-states", "--set", "state_fips=63"], "exclude each other"),
        (["--only", "state-brief", "--set", "state_fips=12"], "cannot be '12'"),
    ],
)
def test_command_line_says_which_briefs_it_cannot_make(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["reports", "run", *words]) == 2
    assert said in capsys.readouterr().err


def test_status_is_the_furthest_reaching_and_unknown_stays_unknown() -> None:
    frame = pd.DataFrame(
        {
            "county_fips": ["80001", "80003", "80005", "80007"],
            "task_force_latest_list": pd.array([1, 0, 0, None], dtype="Int8"),
            "jail_enforcement_latest_list": pd.array([1, 1, 0, None], dtype="Int8"),
            "warrant_service_latest_list": pd.array([0, 1, 0, None], dtype="Int8"),
        }
    )
    status = agreement_status(frame)
    assert status[["80001", "80003", "80005"]].tolist() == [
        "task-force",
        "jail-enforcement",
        "none",
    ]
    assert pd.isna(status["80007"])


def test_a_ruling_that_no_document_confirms_stands_on_no_page(public_release: Panel) -> None:
    rulings = load_laws().rulings
    unsure = rulings[rulings["confidence"] == "verify"]
    assert unsure["binds_states"].tolist() == ["IL;IN;WI"]
    shown = brief_context.show_rulings(briefs.load_state(public_release, "17"))
    assert shown is not None
    assert not [name for name in unsure["name"] if name in shown.text]
    sure = rulings[rulings["binds_states"].eq("IL;IN;WI") & rulings["confidence"].eq("high")]
    assert len(sure) and all(name in shown.text for name in sure["name"])
