"""The code of a row is that of the state and the county it names, or the row goes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from agreement_samples import COUNTIES, STATES
from coopanalysis.clean.place_codes import reject_other_places
from coopanalysis.errors import BuildError
from coopanalysis.panel import build_release
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import Reading, empty_rejects
from release_samples import LAYOUTS, edit, write_manifest, write_release


def reading(**columns: list[str]) -> Reading:
    frame = pd.DataFrame(columns, dtype="str")
    frame = frame.assign(source_file="f", source_sheet="", source_row=range(2, len(frame) + 2))
    return Reading("made", frame, empty_rejects(), len(frame))


@pytest.mark.parametrize(
    "states",
    [["Northmark", "SOUTH VALE", "Elsewhere"], ["NK", "SV", ""], ["91", "92", "99"]],
    ids=["names", "abbreviations", "codes"],
)
@pytest.mark.parametrize("code", ["county_fips", "id"])
def test_a_code_of_another_state(code: str, states: list[str]) -> None:
    sound = reading(**{code: ["91001", "92003", "57001"], "state": states})
    assert reject_other_places(sound, COUNTIES, STATES).rows_rejected == 0
    swapped = reading(**{code: ["92003", "91001", "57001"], "state": states})
    judged = reject_other_places(swapped, COUNTIES, STATES)
    assert judged.rejects["row"].tolist() == [2, 3]
    assert judged.rejects["reason"].str.startswith("code is of another state than").all()
    assert judged.rows_in == judged.rows_kept + judged.rows_rejected


@pytest.mark.parametrize("name", ["county", "county_text", "short_name"])
def test_a_code_of_another_county_of_the_state(name: str) -> None:
    texts = ["Ash", "ASH COUNTY", "Birch", "Former County", "", "Saint Orla"]
    rows = reading(
        county_fips=["91001", "91003", "91510", "91003", "91003", "91003"], **{name: texts}
    )
    judged = reject_other_places(rows, COUNTIES, STATES)
    # Birch is a county and a city; a name of no list contradicts nothing where names are loose.
    assert judged.rejects["row"].tolist() == ([3, 5] if name == "county" else [3])
    assert judged.rejects["reason"].unique().tolist() == [
        f"code is of another county than the row says: county_fips and {name}"
    ]


@pytest.mark.parametrize(
    ("text", "is_like"),
    [
        ("Saint Orla", True),
        ("St. ?rla County", True),
        ("St. O?la County", True),
        ("County", False),
        ("Orla County", False),
        ("St. Or County", False),
        ("St. O?? County", False),
        ("Ash", False),
    ],
)
def test_a_name_is_spelled_as_in_the_list(text: str, is_like: bool) -> None:
    orla = COUNTIES.loc[COUNTIES["county"].str.contains("Orla"), "county_fips"].iloc[0]
    rows = reading(county_fips=[orla], county=[text])
    assert reject_other_places(rows, COUNTIES, STATES).rows_rejected == (not is_like)


def test_codes_of_which_the_list_has_none_are_of_no_county() -> None:
    """As where the list itself is damaged: what is wrong with it is said, and no row is judged."""
    sound = reading(county_fips=["57001"], county=["Alder County"], state=["Northmark"])
    for counties in (COUNTIES, COUNTIES.iloc[:0]):
        assert reject_other_places(sound, counties, STATES).rows_in == 1


def test_a_short_name_that_ends_in_city_is_of_the_county() -> None:
    rows = reading(county_fips=["91001"], county=["Oak City"])
    listed = pd.DataFrame({"county_fips": ["91001"], "county": ["Oak City County"]})
    assert reject_other_places(rows, listed, STATES).rows_rejected == 0


def test_an_agency_of_another_state(tmp_path: Path) -> None:
    file = tmp_path / "police.csv"
    file.write_text(
        "ori,data_year,pub_agency_name,state_abbr,county_name,agency_type_name,population,"
        "officer_ct,civilian_ct,total_pe_ct,pe_ct_per_1000\n"
        "QA0010100,2023,Ash,QA,ASH,City,399,3,2,5,12.53\n"
        "QB0010100,2023,Elm,QA,ASH,City,399,3,2,5,12.53\n"
        "QB0010200,2023,Rangers,FS,ASH,Federal,0,3,2,5,NULL\n"
    )
    found = READERS["police-employees"](file)
    assert found.frame["source_row"].tolist() == [2, 4]
    assert found.rejects["row"].tolist() == [3]


def test_a_build_says_which_rows_contradict_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    release = write_release(tmp_path / "home")
    edit(release / LAYOUTS["votes"][1], "Northmark,91001", "South Vale,91001")
    edit(release / LAYOUTS["acs"][1], "91003,Northmark,St. Orla", "91003,Northmark,Ash")
    write_manifest(release)
    with pytest.raises(BuildError) as caught:
        build_release("demo")
    assert "of another state than the row says: county_fips and state (row 2)" in str(caught.value)
    assert "another county than the row says: county_fips and county (row 3)" in str(caught.value)
