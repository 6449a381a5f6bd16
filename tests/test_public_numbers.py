"""Numbers of the public pages, held against `raw_numbers`, which imports nothing of the package.

A page says a sentence or a row, and the raw files say its numbers again; both are compared as
printed. The pages are those that `make reports RELEASE=public MIRROR=...` rendered.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

import raw_numbers
from coopanalysis.panel import Panel

pytestmark = pytest.mark.slow

PAGES = Path(__file__).parents[1] / "reports" / "public"
SIGNS = {
    "#": r"(<?\$?−?\$?\d[\d,]*(?:\.\d+)?%?)",  # a number, as printed
    "@": r"(.+?)",  # a text that is compared
    "_": r"[^|\n]+",  # a cell that is not
    "…": r".*?",  # anything on the line
    "¶": r"\n[\s\S]*?\n",  # anything between two lines
}
"""What stands for what in the sentences below."""
COVARIATES = raw_numbers.COVARIATES
TEXAS, HARRIS = "state-brief--state_fips-48", "counties/48201"
CRIME = "urban-crime-2021-2023/rates_crime_county_all.csv"
RATE = "Does the reported rate go together with the policy?¶"
DAILY = "Daily counts from 2022 | "
KINDS = "by record and kind of facility¶"
COVERED = "fiscal year 2026 (1 October 2025 to 10 March 2026)"
PEOPLE = "# million (#) | # million (#)"
REQUIRES = "Requires cooperation or bars limits on it"
REQUIRED = "Required, or limits on it barred"
FIRST_LISTS = ("20210331025642", "20211231061901", "20221230103125")

CHECKS: list[tuple[str, str, str, tuple[Any, ...]]] = [
    ("data-audit", "urban-crime-2021-2023 | _ | # |", "file_rows", (CRIME,)),
    (
        "data-audit",
        "acs-2013-2017 | _ | # |",
        "file_rows",
        ("acs-2013-2017/acs2017_county_data.csv",),
    ),
    ("data-audit", "fbi-lee-latest | _ | # |", "file_rows", ("fbi-lee-latest/fbi_lee_latest.csv",)),
    ("data-audit", "votes-president-2020 | _ | # | # | #", "house_districts", ()),
    ("data-audit", "facility-list-2017-11-06 | _ | # | # | #", "facility_rows", ()),
    ("data-audit", "Holds on detainers | # | # | # | # | #", "published", ("holds_on_detainer",)),
    ("data-audit", "May ask immigration status | # | # | # | # | #", "published", ("asks_status",)),
    (
        "data-audit",
        "estimate of # percentage points…interval# to # percentage pointsn# counties in # states",
        "audit_headline",
        (),
    ),
    (
        "data-audit",
        "# of # counties (7.6%) have no rate of 2023: # (no agency reported), # (not in that "
        "year's county list) and # (counted under another county)",
        "without_a_rate",
        (),
    ),
    ("data-audit", "with | all agencies reported | # | # | # | #", "coverage_of", (1.0, 1)),
    ("data-audit", "with | only some agencies reported | # | # | # | #", "coverage_of", (1.0, 3)),
    ("data-audit", "without | most agencies reported | # | # | # | #", "coverage_of", (0.0, 2)),
    ("claims", "names a county agency of # of # counties (#)", "listed_counties", ()),
    (
        "claims",
        "# million where the laws require cooperation of some kind or bar limits on it, # million "
        "where the laws restrict it and # million",
        "law_millions",
        (),
    ),
    (
        "claims",
        "; # limit them as precedent in states of # counties (# of them municipios of Puerto Rico) "
        "with # million",
        "limiting_rulings",
        (),
    ),
    ("claims", "1 June 2014 | # | # |", "law_states", ("2014-06-01",)),
    ("claims", "1 June 2022 | # | # |", "law_states", ("2022-06-01",)),
    ("claims", "Jail enforcement model | # | # | # | #\n", "models_by_type", ("Jail",)),
    ("claims", "Task force model | # | # | # | #\n", "models_by_type", ("Task",)),
    ("claims", "Warrant service officer | # | # | # | #\n", "models_by_type", ("Warrant",)),
    (
        "claims",
        "# by the end of 2008, # by…2009, # by…2010, # by…2011, # by…2012 and # by…2013. Of # ",
        "activated",
        (),
    ),
    ("claims", "name # agencies of New York State, # of them…; # rows", "new_york_agencies", ()),
    (
        "claims",
        "lists: # on 31 March 2021, # on 31 December 2021, # on 30 December 2022",
        "on_lists",
        tuple(f"ParticipatingEntities-{one}" for one in FIRST_LISTS),
    ),
    ("claims", "Claims about crime rest on # of # counties (#)", "usable_counties", ()),
    ("claims", f"\n{REQUIRES} | # | # | # | #\n", "under_law", ("requires",)),
    ("claims", "\nRestricts cooperation | # | # | # | #\n", "under_law", ("restricts",)),
    ("claims", "\nJuvenile arrests: Black_| # (# to #)", "arrests_of", ("Black",)),
    ("claims", "\nJuvenile arrests: Hispanic_| # (# to #)", "arrests_of", ("Hispanic",)),
    ("claims", "before 2023: #, without: #Of", "compared", ()),
    ("claims", "\nReported offences against persons_| # (# to #)", "difference", ("persons", 2)),
    ("claims", "\nReported offences against property_| # (# to #)", "difference", ("property", 2)),
    (
        "claims",
        "from # less to #…FBI, around an estimate of # percentage points (n = #",
        "reporting",
        (),
    ),
    ("claims", "\nPoverty, points | # (# to #)", "economy", ("poverty", 10)),
    ("claims", "\nUnemployment, points | # (# to #)", "economy", ("unemployed", 1)),
    ("policy-landscape", "# of # counties (#) have a county agency", "listed_counties", ()),
    ("policy-landscape", "in # counties on 15 July 2025 and # counties", "both_lists", ()),
    ("policy-landscape", "\nTexas | # | # | #\n", "state_share", ("48",)),
    ("policy-landscape", "\nArkansas | # | # | #\n", "state_share", ("05",)),
    ("policy-landscape", "\nNew York | # | # | #\n", "state_share", ("36",)),
    (
        "policy-landscape",
        "May 2026 | County | Jail_| # | #\n",
        "agreements_and_counties",
        ("Jail",),
    ),
    (
        "policy-landscape",
        "May 2026 | County | Task_| # | #\n",
        "agreements_and_counties",
        ("Task",),
    ),
    (
        "policy-landscape",
        "May 2026 | County | Warrant_| # | #\n",
        "agreements_and_counties",
        ("Warrant",),
    ),
    (
        "policy-landscape",
        "task force model in #, jail enforcement model in # and warrant service officer in #",
        "furthest",
        (),
    ),
    ("policy-landscape", "# of # agreements (#) were signed in 2025 or later", "signed_lately", ()),
    (
        "policy-landscape",
        f"\n287(g) agreement | listed | 18 May 2026 | # | # | {PEOPLE}",
        "practice_people",
        ("agreement",),
    ),
    (
        "policy-landscape",
        f"\nDetention contract | recorded_| {COVERED} | # | # | {PEOPLE}",
        "practice_people",
        ("detention",),
    ),
    *[("policy-landscape", f"\n{n} | # | #\n", "practices_seen", (n,)) for n in (0, 1, 2)],
    *[
        ("policy-landscape", f"\n{year} | _ | _ | _ | # | # | #\n", "recorded_over_time", (year,))
        for year in (2012, 2016, 2025, 2026)
    ],
    *[
        ("policy-landscape", f"\n{year} | # | # | # | _ | _ | _\n", "agreed_over_time", (file,))
        for year, file in (
            (2021, "ParticipatingEntities-20210930192048"),
            (2022, "ParticipatingEntities-20220928004303"),
            (2023, "ParticipatingEntities-20230928133052"),
            (2025, "participatingAgencies09232025am"),
            (2026, "latest"),
        )
    ],
    *[
        ("policy-landscape", f"\n{label} | {cells} | 147\n", "by_definitions", (i,))
        for i, (label, cells) in enumerate(
            (
                ("Detained under an agreement", "# | # | #"),
                ("County-run facility used", "# | # | #"),
                ("One or more a day under an agreement", "# | # | #"),
                ("Authorised facility used", "not available | not available | #"),
                ("Agreement used on 30 days or more", "not available | # | not available"),
                ("Agreement used on 90 days or more", "not available | # | not available"),
            )
        )
    ],
    *[
        ("policy-landscape", f"\n{label} | {law} | {cells} | # | #\n", "practice_under_law", of)
        for label, law, cells, of in (
            ("287(g) agreement", "Neither", "0 | # | #", ("agreement_287g", "neither")),
            ("287(g) agreement", REQUIRED, "0 | # | #", ("agreement_287g", "requires")),
            ("287(g) agreement", "Restricted", "0 | # | #", ("agreement_287g", "restricts")),
            ("Detention contract", "Restricted", "0 | # | #", ("detention_contract", "restricts")),
            ("Holds on detainers", REQUIRED, "# | 0 | 0", ("holds_on_detainer", "requires")),
            ("Holds on detainers", "Restricted", "# | 0 | 0", ("holds_on_detainer", "restricts")),
        )
    ],
    (
        "policy-landscape",
        "# rows of the latest list have no usable date, and of # row a correction",
        "days_of_latest_list",
        (),
    ),
    (
        "policy-landscape",
        "In the # counties where it is not seen, though required or limits on it are barred (# in "
        "Georgia and # in Texas), a duty may begin later",
        "not_seen_though_required",
        (),
    ),
    (
        "policy-landscape",
        "\n# agreements on a list under a law that restricts them, and # counties with",
        "barred_in_all",
        (),
    ),
    *[
        (
            "policy-landscape",
            f"\nMaryland | {name} | _ | _ | _ | Signed before the law, last listed on @ | Bars ",
            "barred_last_listed",
            (first,),
        )
        for name, first in (
            ("Cecil County Sheriff's Office", "cecil"),
            ("Garrett County Sheriff's Office", "garrett"),
        )
    ],
    ("detention", "list of November 2017 | 2009 | 2018 | # | # |", "listed_facilities", ()),
    ("detention", "Daily headcounts to 2024 | 2012 | 2024 | # | # |", "headcount_rows", ()),
    ("detention", f"{DAILY}2023 | 2026 | # | # |", "daily_rows", ()),
    *[
        ("detention", f"{DAILY}{year} | _ | _ | _ | not available | # | #", "used_on_days", (year,))
        for year in (2023, 2024, 2025, 2026)
    ],
    *[
        ("detention", f"{KINDS}{DAILY}{year} | _ | # |", "held_in", (year,))
        for year in (2023, 2024, 2025, 2026)
    ],
    *[
        ("detention", f"Facilities by fiscal year | {year} | # |", "used_in_year", (year,))
        for year in (2016, 2019, 2021, 2024, 2025)
    ],
    (
        "detention",
        "Facilities by fiscal year | 2016 | # | # | # |",
        "by_definition",
        ("yearly", 2016),
    ),
    (
        "detention",
        "Daily headcounts to 2024 | 2016 | # | # | # | not available | # | #\n",
        "by_definition",
        ("days", 2016),
    ),
    (
        "detention",
        "list of November 2017 | 2016 | # | # | # | # | not",
        "by_definition",
        ("list", 2016),
    ),
    ("detainers", "Of# detainers declined by local agencies, ", "declined_in_all", ()),
    ("detainers", "# declined detainers of all years are of # federal", "declined_by_federal", ()),
    ("detainers", "Before 2014 the record has # ", "declined_before", ()),
    ("detainers", "of # facilities that declined in 2014, # have no later", "declined_once", ()),
    ("detainers", "# of # rows of local agencies have a name", "shared_names", ()),
    (
        "claims",
        "federal facilities left out, by year of the request: # of 2012, # of 2013, # of 2014 and "
        "# of 2015; the record ends with @, and",
        "declined_locally",
        (),
    ),
    ("detainers", "By ICE's record of 2014 to @, local agencies", "record_ends", ()),
    *[
        ("detainers", f"\n{year} | # | # |", "declined_by_year", (year,))
        for year in (2012, 2013, 2014, 2015)
    ],
    *[
        ("detainers", f"\n{county} | # | # | @ | #\n", "declined_share", (state, words))
        for county, state, words in (
            ("Santa Clara County | California", "CALIFORNIA", "SANTA CLARA"),
            ("Ventura County | California", "CALIFORNIA", "VENTURA"),
            ("San Francisco County | California", "CALIFORNIA", "SAN FRANCISCO|SFR"),
            ("Miami-Dade County | Florida", "FLORIDA", "MIAMI"),
            ("Denver County | Colorado", "COLORADO", "DENVER"),
        )
    ],
    (
        "state-laws",
        "of some kind or bar limits on it in # states with # counties and # million residents (#) "
        "and restrict it in # states with # counties and # million residents (#). # states with # "
        "counties and # million residents (#)",
        "law_headline",
        (),
    ),
    (
        "state-laws",
        "certain or not: # million…bar limits on it, # million…, # million",
        "law_millions",
        (False,),
    ),
    (
        "state-laws",
        "# of # laws in the table…; # of them…status of # states with # million",
        "uncertain_laws",
        (),
    ),
    ("state-laws", f"\n{REQUIRES} | # | # | # | # | _ | # |", "law_means", ("requires",)),
    (
        "state-laws",
        "\nRestricts cooperation | # | # | # | # | _ | # |",
        "law_means",
        ("restricts",),
    ),
    ("state-laws", "\nNeither | # | # | # | # | _ | # |", "law_means", ("neither",)),
    (
        "state-laws",
        "\nResidents in poverty, points | requires less restricts | each county equal | # (…) | "
        "_ | _(#) | _ | _ | # ",
        "law_poverty",
        (),
    ),
    (
        "demographics",
        "an estimate of # percentage points…95% interval# to # percentage points (# degrees of "
        "freedom)n# counties",
        "demographic_main",
        (),
    ),
    *[
        ("demographics", f"\n{label} | # | # | # | # | _ | #\n", "demographic_row", (term,))
        for label, term in (
            ("Black non-Hispanic share, +10 points", "black"),
            ("Poverty, +10 points", "poverty"),
            ("Median household income, +$10,000", "income"),
            ("Republican share of the 2020 vote, +10 points", "republican"),
            ("Residents, doubled", "residents"),
        )
    ],
    ("demographics", "\nBetween states | # (# to #) | _ | CR2 | # |", "demographic_between", ()),
    ("demographics", "no county has it in @. Their", "states_without", ()),
    ("demographics", "\nHispanic share | # | # | # | #\n", "known_of", ("hispanic",)),
    (
        "demographics",
        "\nRepublican share of the 2020 vote | # | # | # | #\n",
        "known_of",
        ("republican",),
    ),
    *[
        ("demographics", f"\n{label} | # | # | # | # (# to #) | _ | {rest}\n", "origin_row", of)
        for label, rest, of in (
            ("Hispanic share, 2016 to 2020", "# | # (# to #)", ("HISP", 2)),
            ("Foreign-born share, 2015 to 2019", "_ | not available", ("foreign_born", 2)),
            ("Noncitizen share, 2012 to 2016", "_ | not available", ("noncitizen", 1)),
            ("Limited English, 2016 to 2020", "# | # (# to #)", ("LIMENG", 1)),
        )
    ],
    *[
        (
            "crime-reporting",
            f"{start}{label} | _ | # | # | _ | _ | # | # | # | # | #",
            "design",
            (y, digits, others, within),
        )
        for start, y, digits in (("\n", "most", 2), (RATE, "persons", 1))
        for label, others, within in (
            ("No covariates", [], False),
            ("Covariates", COVARIATES, False),
            ("Within state", COVARIATES, True),
        )
    ],
    ("crime-reporting", f"{RATE}No covariates, by residents | _ | # |", "by_residents", ()),
    ("crime-reporting", "have at most #, half of those that do not at most #.", "medians", ()),
    ("crime-reporting", "\nall agencies reported | # | # | # | # | _ | _\n", "reporters", (1,)),
    ("crime-reporting", "\nmost agencies reported | # | # | # | # | _ | _\n", "reporters", (2,)),
    (
        "crime-reporting",
        "\nonly some agencies reported | # | # | # | # | _ | _\n",
        "reporters",
        (3,),
    ),
    (
        "crime-reporting",
        "\nHC1, each county by itself | _ | _ | _ | _ | # |",
        "other_errors",
        ("HC1",),
    ),
    ("crime-reporting", "\nCR1 by state_| _ | _ | _ | _ | # |", "other_errors", ("CR1",)),
    ("robustness", "\nCR2 by state (recommended) | # | # | # | _ | # | #", "cr2_of_main", ()),
    ("robustness", "\nHC1, each county by itself | _ | _ | _ | _ | # |", "other_errors", ("HC1",)),
    *[
        ("robustness", f"\n{label}, {year} | # (# to #)_|…| #\n", "family_row", (y, digits, year))
        for label, y, digits, year in (
            ("Reported offences against persons per 100,000", "persons", "100", 2021),
            ("Reported offences against persons per 100,000", "persons", "200", 2022),
            ("Reported offences against property per 100,000", "property", "200", 2021),
            ("Reported offences against property per 100,000", "property", "000", 2023),
            ("Most agencies reported", "most", "211", 2021),
            ("Most agencies reported", "most", "211", 2022),
        )
    ],
    ("robustness", "\nFull coverage only | _ | # | # | # | #", "full_reporters", ()),
    ("robustness", "\nTexas | # | # | # | _ | _ | #", "without_state", ("48",)),
    ("robustness", "\nGeorgia | # | # | # | _ | _ | #", "without_state", ("13",)),
    ("robustness", "\nUnemployment, 2013 to 2017 | # | # |", "placebo", ()),
    (
        TEXAS,
        "# county agencies in # of # counties (#), # municipal agencies and # agencies of the",
        "texas_card",
        (),
    ),
    (TEXAS, "On the lists# agreements, the first since 31 March 2021", "texas_agreements", ()),
    (TEXAS, "jail enforcement #, task force # and warrant service #.", "texas_by_model", ()),
    (
        TEXAS,
        "state of Texas: # agreements…¶Agreements of county agencies in Texas: # agreements…"
        "¶Agreements of municipal agencies in Texas: # agreements",
        "texas_by_type",
        (),
    ),
    (TEXAS, "\nTexas | # | 0.00 | _ | _ | _ | _ | _ | _ | #\n", "texas_among_states", ()),
    (TEXAS, "model in #, jail enforcement model in # and warrant…in #", "furthest", ("TEXAS",)),
    (
        TEXAS,
        "reported in # of # counties (# of residents): # offences against persons and # against",
        "texas_reported",
        (),
    ),
    *[(TEXAS, f"\n{y} | # | # | # | # | # |", "texas_crime", (y,)) for y in (2021, 2022, 2023)],
    *[(TEXAS, f"mean of a fiscal year¶{y} | # |", "texas_held", (y,)) for y in (2023, 2024, 2025)],
    *[
        (HARRIS, f"\n{y} | # | # | most agencies reported | yes | ", "harris_rates", (y,))
        for y in (2021, 2022, 2023)
    ],
    *[
        (HARRIS, f"\n{y} | _ | _ | _ | yes | # | _ | # |", "harris_beside_texas", (y,))
        for y in (2021, 2022, 2023)
    ],
    *[
        (HARRIS, f"\n{one} | # | # | #\n", "harris_arrests", (one,))
        for one in ("All", "Black", "Hispanic", "White", "Age 10 to 14")
    ],
    *[
        (HARRIS, f"\nHOUSTON {name} | # | {year} | {kind} | #\n", "harris_held", (code, year))
        for name, kind, code in (
            ("CONTRACT DETENTION FACILITY", "CDF", "HOUICDF"),
            ("FIELD OFFICE HOLD ROOM", "HOLD", "HOUHOLD"),
        )
        for year in (2024, 2026)
    ],
    (HARRIS, "\nHARRIS COUNTY JAIL | # | 2014 | #\n", "harris_declined", ()),
    (HARRIS, "# residents, # Hispanic, # born abroad and # below the", "harris_card", ()),
    (HARRIS, "\nHarris County, TX | no | 0.00 | # | _ | # | # | # | #", "harris_people", ()),
    (HARRIS, "\nNot citizens, 2012 to 2016 | # |", "harris_noncitizens", ()),
    (HARRIS, "\nBorn abroad, 2015 to 2019 | # |", "harris_born_abroad", ()),
    (HARRIS, "\nLimited English, 2018 to 2022 | # |", "harris_limited_english", ()),
]


KNOWN = "0 of 7 practices are coded from written policy and 2 on record"
"""How much is known of practices, in the same words wherever a page says it."""


@cache
def page_text(name: str) -> str:
    """The text of a page, a line per row of a table, without code."""
    path = PAGES / f"{name}.html"
    if not path.is_file():
        pytest.skip(f"no page {name} in {PAGES}; make reports RELEASE=public renders it")
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for one in soup(["script", "style", "svg", "nav", "pre"]):
        one.decompose()
    for row in soup("tr"):
        cells = [" ".join(cell.get_text(" ").split()) for cell in row(["td", "th"])]
        row.replace_with("\n" + " | ".join(cells) + "\n")
    lines = (" ".join(line.split()) for line in soup.get_text().split("\n"))
    return "\n".join(line for line in lines if line).replace("\u2060", "")


def as_pattern(says: str) -> str:
    return "".join(SIGNS.get(one, re.escape(one)) for one in says)


@pytest.mark.parametrize("page", ["data-audit", "claims", "policy-landscape", HARRIS])
def test_pages_agree_on_how_many_practices_are_known(page: str) -> None:
    said = set(re.findall(r"\d+ of \d+ practices are[^.(;,]*(?=\W)", page_text(page)))
    assert {one.strip() for one in said} == {KNOWN}


def test_the_page_of_claims_says_of_reporting_what_the_page_on_crime_does() -> None:
    """Whether most agencies reported, and all of them: a null is not shown without the other."""
    crime, claims = page_text("crime-reporting"), page_text("claims")
    (whole,) = {one for one in crime.split("\n") if re.match(r".*all of their agencies rep", one)}
    assert whole in claims


def test_pages_agree_on_how_many_counties_a_practice_is_known_of() -> None:
    cells = r"\n(287\(g\) agreement|Detention contract) \|[^\n]* \| "
    claims = dict(re.findall(cells + r"([\d,]+)(?=\n)", page_text("claims")))
    listed = cells + r"[\d,]+ \| ([\d,]+) \| [\d.]+ million \("
    landscape = dict(re.findall(listed, page_text("policy-landscape")))
    assert claims == landscape == {"287(g) agreement": "3,143", "Detention contract": "0"}


@pytest.mark.parametrize(
    ("page", "says", "again", "of"),
    [pytest.param(*one, id=f"{one[0]}-{one[2]}-{i}") for i, one in enumerate(CHECKS)],
)
def test_a_page_prints_what_the_raw_files_give(
    mirror: Path, page: str, says: str, again: str, of: tuple[Any, ...]
) -> None:
    found = re.search(as_pattern(says), page_text(page))
    assert found, f"{page}.html no longer says: {says}"
    assert found.groups() == getattr(raw_numbers, again)(*of), f"or is {page}.html an old one?"


def test_the_share_of_a_county_is_of_the_count_that_stands_beside_it() -> None:
    row = r"\n[^|\n]+ \| [^|\n]+ \| ([\d,]+) \| ([\d.]+)% \| [^|\n]+ \| ([\d,]+)(?=\n)"
    found = re.findall(row, page_text("detainers"))
    assert len(found) > 50
    for declined, share, outcomes in found:
        part = 100 * int(declined.replace(",", "")) / int(outcomes.replace(",", ""))
        assert f"{part:.1f}" == share, (declined, share, outcomes)


def test_ten_numbers_of_every_page_are_held() -> None:
    numbers: dict[str, int] = {}
    for page, says, *_ in CHECKS:
        numbers[page] = numbers.get(page, 0) + says.count("#") + says.count("@")
    assert min(numbers.values()) >= 10


def test_no_agreement_leaves_one_state_for_another(public_release: Panel) -> None:
    """A row under the wrong state for a fortnight is no end and no beginning."""
    spells = public_release.agreement_spells
    same = ["agency", "support_type", "signed_date"]
    left = spells[spells["status"] == "left"]
    twins = left.merge(spells, on=same, suffixes=("", "_new"), validate="m:m")
    moved = twins["state_fips"] != twins["state_fips_new"]
    assert not twins.loc[moved, [*same, "state_fips", "state_fips_new"]].to_numpy().tolist()
