"""A text finds its county by spelling rules within its state, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement_samples import COUNTIES, STATES
from coopanalysis.catalog.corrections import Corrections, CountyAlias, load_corrections
from coopanalysis.clean.county_names import (
    apply_aliases,
    is_missing_text,
    match_counties,
    match_states,
    normalise_county,
    normalise_state,
)
from coopanalysis.errors import DataError
from coopanalysis.paths import reference_dir
from coopanalysis.sources import read_agreements, read_county_names, read_state_list


def _match(state: str, text: str | None) -> tuple[str, str]:
    codes, matches = match_counties(pd.Series([state]), pd.Series([text]), COUNTIES)
    return codes.fillna("").iloc[0], matches.iloc[0]


@pytest.mark.parametrize(
    ("text", "code", "match"),
    [
        ("Ash County", "91001", "exact"),
        ("  ASH\n county ", "91001", "normalised"),
        ("Ash", "91001", "normalised"),
        ("Ash Parish", "91001", "normalised"),
        ("Saint Orla County", "91003", "normalised"),
        ("St Orla", "91003", "normalised"),
        ("O’Dell County", "91005", "normalised"),
        ("ODell Parish", "91005", "normalised"),
        ("Dona Elm County", "91007", "normalised"),
        ("DoñaElm County", "91007", "normalised"),
        ("Birch County", "91009", "exact"),
        ("birch city", "91510", "normalised"),
        ("Birch", "", "unmatched"),
        ("Larch County", "91520", "normalised"),
        ("Larch", "91520", "normalised"),
        ("Ash city", "", "unmatched"),
        ("Ahs County", "", "unmatched"),
        ("Ash Countey", "", "unmatched"),
        ("La Fern Census Area", "", "unmatched"),
        ("County", "", "unmatched"),
        ("?", "", "unmatched"),
        ("#N/A", "", "not-stated"),
        (" #NA ", "", "not-stated"),
        ("n/a", "", "not-stated"),
        ("", "", "not-stated"),
        (None, "", "not-stated"),
    ],
)
def test_match_within_one_state(text: str | None, code: str, match: str) -> None:
    assert _match("91", text) == (code, match)


def test_city_in_the_name_of_a_county() -> None:
    assert _match("92", "Port City") == ("92003", "normalised")
    assert _match("92", "port city county") == ("92003", "normalised")
    assert _match("92", "LaFern") == ("92005", "normalised")


def test_an_unknown_state_has_no_county() -> None:
    codes, matches = match_counties(pd.Series([None]), pd.Series(["Ash County"]), COUNTIES)
    assert codes.isna().all()
    assert matches.tolist() == ["unmatched"]


decorations = st.tuples(
    st.sampled_from(["", " ", "\n", "\u00a0 "]),
    st.sampled_from([str, str.upper, str.lower, str.title]),
    st.sampled_from(["", " ", "  \t"]),
)


@given(at=st.integers(0, len(COUNTIES) - 1), decoration=decorations, curly=st.booleans())
def test_white_space_case_and_apostrophes_do_not_matter(
    at: int, decoration: tuple, curly: bool
) -> None:
    before, case, after = decoration
    county = COUNTIES.iloc[at]
    text = before + case(county["county"]).replace(" ", "  ") + after
    code, _ = _match(county["county_fips"][:2], text.replace("'", "’" if curly else "'"))
    assert code == county["county_fips"]


@pytest.mark.slow
@given(state=st.sampled_from(["91", "92", "93", ""]), text=st.text())
def test_never_across_states(state: str, text: str) -> None:
    code, match = _match(state, text)
    assert (code == "") == (match in ("unmatched", "not-stated"))
    assert code == "" or code[:2] == state


@given(st.text())
def test_normalising_gives_letters_only(text: str) -> None:
    base, kind = normalise_county(text)
    assert all("a" <= letter <= "z" for letter in base)
    assert kind in ("", "county", "city")
    assert normalise_county(base).base == base
    assert normalise_state(normalise_state(text)) == normalise_state(text)


def test_states() -> None:
    text = pd.Series(["NORTHMARK", "NorthMARk ", "nk", "91", "South  Vale", "Elsewhere", "", None])
    found = match_states(text, STATES).fillna("").tolist()
    assert found == ["91", "91", "91", "91", "92", "", "", ""]


def _rows(**columns: object) -> pd.DataFrame:
    rows = {
        "state_fips": ["91", "91", "92"],
        "county_text": ["Ahs  County", "#N/A", "Ahs County"],
        "agency": ["Ash Sheriff", "Ash Police", "Ash Sheriff"],
        "county_fips": [None, None, None],
        "county_match": ["unmatched", "not-stated", "unmatched"],
    }
    return pd.DataFrame({**rows, **columns}, dtype="str")


def _alias(**changes: object) -> CountyAlias:
    fields = {
        "state": "Northmark",
        "county_text": "ahs county",
        "county_fips": "91001",
        "reason": "misspelt",
        "seen_in": (),
        "agency": "",
    }
    return CountyAlias(**{**fields, **changes})  # type: ignore[arg-type]


def _apply(rows: pd.DataFrame, *aliases: CountyAlias) -> tuple[list[str], list[str]]:
    table = Corrections("c.toml", (), aliases)
    codes, matches = apply_aliases(rows, "a-list", table, COUNTIES, STATES)
    return codes.fillna("").tolist(), matches.tolist()


def test_an_alias_holds_in_its_state_only() -> None:
    assert _apply(_rows(), _alias(seen_in=("a-list",))) == (
        ["91001", "", ""],
        ["correction", "not-stated", "unmatched"],
    )


def test_an_alias_can_be_for_one_agency() -> None:
    general, special = _alias(), _alias(agency="ASH sheriff", county_fips="91009")
    for order in ((general, special), (special, general)):
        assert _apply(_rows(), *order)[0] == ["91009", "", ""]
    silent = _alias(county_text="#N/A", agency="Ash Police")
    assert _apply(_rows(), silent)[1] == ["unmatched", "correction", "unmatched"]


def test_an_alias_never_overrides_a_match() -> None:
    rows = _rows(county_fips=["91009", None, None], county_match=["exact", "not-stated", "x"])
    assert _apply(rows, _alias())[0] == ["91009", "", ""]


def test_aliases_of_another_release_are_left_alone() -> None:
    assert _apply(_rows(), _alias(state="Elsewhere"))[0] == ["", "", ""]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"county_text": "Gone County", "seen_in": ("a-list",)}, "is stale: a-list no longer has"),
        ({"county_fips": "92001"}, "county 92001 lies in another state"),
        ({"county_fips": "91999"}, "county 91999 is not in the county list"),
        ({"state": "Elsewhere", "seen_in": ("a-list",)}, "no such state"),
    ],
)
def test_wrong_aliases_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=rf"c\.toml, county_alias .*{message}"):
        _apply(_rows(), _alias(**changes))


def test_missing_texts() -> None:
    assert is_missing_text(pd.Series(["#N/A ", "N/A", None, "Nassau"])).tolist() == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("source", "exact", "tidied", "normalised", "settled"),
    [
        ("ice-287g-participating-2025-07-15", (320, 308), (571, 554), (576, 558), (580, 562)),
        (
            "ice-287g-participating-2026-05-18",
            (1133, 740),
            (1574, 1083),
            (1582, 1086),
            (1589, 1093),
        ),
    ],
)
def test_real_lists_match_as_counted(
    mirror: Path,
    source: str,
    exact: tuple[int, int],
    tidied: tuple[int, int],
    normalised: tuple[int, int],
    settled: tuple[int, int],
) -> None:
    """All rows, and rows of type County; state agencies' texts are counted here too.

    The published count of exact texts asks for a state without trailing spaces as well. That of
    texts settled by a person takes rows of type County alone, and believes every cell that names
    a county, also the one that a correction empties since it contradicts its agency.
    """
    counties = read_county_names(mirror / "urban-county-names" / "names-to-fips_county.csv").frame
    states = read_state_list(reference_dir() / "states.csv").frame
    (path,) = (mirror / source).glob("*.xlsx")
    rows = read_agreements(path, source).frame
    state = match_states(rows["state_text"], states)
    codes, matches = match_counties(state, rows["county_text"], counties)
    is_county = rows["type_text"].str.strip() == "County"
    names = set(counties["county_fips"].str[:2] + counties["county"].str.casefold())
    matched = rows.rename(columns={"agency_text": "agency"}).assign(
        state_fips=state, county_fips=codes, county_match=matches
    )
    aliased, _ = apply_aliases(matched, source, load_corrections(), counties, states)
    plain = (state + rows["county_text"].str.strip().str.casefold()).isin(names)
    for found, expected in (
        ((matches == "exact") & (rows["state_text"] == rows["state_text"].str.strip()), exact),
        (plain, tidied),
        (codes.notna(), normalised),
        (codes.notna() | (aliased.notna() & is_county), settled),
    ):
        assert (found.sum(), (found & is_county).sum()) == expected
