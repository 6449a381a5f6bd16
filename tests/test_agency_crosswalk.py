"""The crosswalk of agencies: what of it is believed, and which counties it tells."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coopanalysis.catalog.corrections import Correction, Corrections
from coopanalysis.clean.agency_crosswalk import (
    check_agreement,
    clean_crosswalk,
    crosswalk_counties,
)
from coopanalysis.clean.return_a import AgencyYears, clean_return_a
from coopanalysis.errors import BuildError, DataError
from coopanalysis.panel import build_release, load_release, trace_cell
from coopanalysis.panel.inputs import corrected
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.return_a import read_return_a
from r_samples import AGENCIES, NAMES, agency, write_crosswalk
from release_samples import LAYOUTS, ROWS, write_manifest, write_release
from return_a_samples import COUNTIES, NO_FORMER_NAMES, STATES, agencies, write
from tools.demo.return_a import simulate_return_a

REFERENCE = Path(__file__).parents[1] / "data" / "raw" / "reference"
CHANGES = pd.DataFrame(
    {"old_fips": ["91995"], "new_fips": ["91007"], "list_year": [2013], "forward_share": [1.0]}
)


def read(folder: Path, *rows: list[str | None]) -> Reading:
    return READERS["agency-crosswalk"](write_crosswalk(folder / "crosswalk.rds", *rows), "cross")


def cleaned(folder: Path, *rows: list[str | None]) -> Reading:
    return clean_crosswalk(read(folder, *rows), STATES, COUNTIES)


def test_an_agency_whose_county_is_not_known_is_set_aside(tmp_path: Path) -> None:
    reading = cleaned(tmp_path)
    assert (reading.rows_in, reading.rows_kept) == (len(AGENCIES), len(AGENCIES) - 1)
    assert reading.rejects["reason"].tolist() == ["states no county: fips_state_county_code"]
    assert reading.rejects["row"].tolist() == [7]
    assert json.loads(reading.rejects["raw"].iloc[0])["ori"] == "QA00109"
    assert reading.frame["county_fips"].tolist() == [
        "91001", "91003", "91003", "91003", "91005", "91001",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"fips_county_code": "003"}, "columns contradict each other: code and its parts"),
        ({"fips_state_code": "92"}, "columns contradict each other: code and its parts"),
        ({"fips_state_county_code": "9100a"}, "not a county code"),
        ({"ori9": "QA0010100"}, "columns contradict each other: ori7 and ori9"),
        ({"ori9": "QB0010000"}, "columns contradict each other: ori7 and ori9"),
        ({"ori9": "QA00100"}, "not an agency identifier: ori9"),
        ({"agency_type": "loc\u0061l polize department"}, "none of the words that the column has"),
        ({"crosswalk_agency_name": "\u00a71 %%"}, "not a name: crosswalk_agency_name"),
        ({"address_state": "q1"}, "not a state: address_state"),
        ({"address_state": "qb"}, "code is of another state than the row says"),
        ({"crosswalk_agency_name": "birch county sheriff's office"},
         "code is of another county than the row says: county_fips and agency"),
        ({"crosswalk_agency_name": "moss county police"}, ""),
        ({"crosswalk_agency_name": "college of birch county police"}, ""),
        ({"address_state": None, "ori9": None}, ""),
    ],
)  # fmt: skip
def test_a_code_is_held_against_what_stands_beside_it(
    tmp_path: Path, cells: dict[str, str | None], reason: str
) -> None:
    row = agency("QA00100", "91001", "ash county sheriff's office", **cells)
    rejects = cleaned(tmp_path, row, agency("QA00101", "91001")).rejects
    assert len(rejects) == bool(reason)
    assert all(told.startswith(reason) for told in rejects["reason"])


@pytest.mark.parametrize(
    ("ori", "code", "reason"),
    [
        ("QA0010", "91001", "not an agency identifier: ori"),
        ("QB00100", "91001", "code is of another state than the row says: county_fips and ori7"),
        ("QADOC", "91na", "states no county: fips_state_county_code"),
    ],
)
def test_an_identifier_names_its_state(tmp_path: Path, ori: str, code: str, reason: str) -> None:
    row = agency(ori, code, ori9=None, address_state=None)
    row[NAMES.index("fips_county_code")] = code[2:].removesuffix("na")
    rejects = cleaned(tmp_path, row, AGENCIES[0]).rejects
    assert rejects["reason"].tolist() == [reason]


def test_an_identifier_that_repeats_is_refused(tmp_path: Path) -> None:
    rejects = read(tmp_path, *AGENCIES, AGENCIES[0]).rejects
    assert "key repeats an earlier row: ori7" in rejects["reason"].tolist()


def test_a_person_can_put_a_code_right_or_take_it_away(tmp_path: Path) -> None:
    told = "its own name says so"
    table = Corrections(
        corrections=(
            Correction("cross", 1, "county_fips", "91003", "91001", told),
            Correction("cross", 2, "county_fips", "92001", "", told),
        )
    )
    reading = read(
        tmp_path, agency("QA00100", "91003", "ash county sheriff"), agency("QA00300", "92001")
    )
    mended = clean_crosswalk(corrected(reading, table), STATES, COUNTIES)
    assert mended.rejects.empty
    assert mended.frame["county_fips"].fillna("").tolist() == ["91001", ""]
    found = crosswalk_counties(records("QA00100", "QA00300"), mended.frame, COUNTIES, CHANGES)
    assert found.county_fips.tolist() == ["91001", ""]


def records(*ori7: str) -> pd.DataFrame:
    return pd.DataFrame({"ori7": ori7, "state_fips": ["91"] * len(ori7)}, dtype="str")


def test_a_code_is_carried_to_the_list_of_the_year_by_its_change(tmp_path: Path) -> None:
    """`91995` became part of `91007`, whatever its name; `91997` is in no list and no change."""
    rows = [agency("QA00100", "91995"), agency("QA00200", "91997"), agency("QA00300", "91005")]
    frame = cleaned(tmp_path, *rows).frame
    asked = records("QA00100", "QA00200", "QA00300", "QA00400")
    found = crosswalk_counties(asked, frame, COUNTIES, CHANGES)
    assert found.county_fips.tolist() == ["91007", "", "91005", ""]
    assert not found.is_of_state.any()
    assert not found.is_of_site.any()


def four(folder: Path, *rows: list[str | None], **columns: object) -> AgencyYears:
    """Records of a sheriff, a city in two counties, another sheriff and his town."""
    reading = read_return_a(write(folder, agencies(**columns)), "return-a")
    crosswalk = cleaned(folder, *rows).frame if rows else None
    return clean_return_a(reading, COUNTIES, None, STATES, NO_FORMER_NAMES, crosswalk)


def by_agency(years: AgencyYears) -> dict[str, str]:
    return dict(zip(years.crosswalk["ori7"], years.crosswalk["verdict"], strict=True))


def test_the_crosswalk_confirms_the_county_of_a_record(tmp_path: Path) -> None:
    without, years = four(tmp_path), four(tmp_path, *AGENCIES)
    assert years.frame["county_fips"].equals(without.frame["county_fips"])
    matches = years.frame.set_index(["ori7", "county_part"])["county_match"]
    assert matches["QA00100", 1] == f"crosswalk+{without.frame['county_match'].iloc[0]}"
    assert by_agency(years) == {
        "QA00100": "same", "QA00101": "another-part", "QA00200": "same", "QA00201": "same",
    }  # fmt: skip
    assert set(without.crosswalk["verdict"]) == {"record-alone"}


def test_an_agency_in_two_counties_keeps_its_parts(tmp_path: Path) -> None:
    """Whichever of them the crosswalk has, or if it has a third."""
    for code, verdict in (("91001", "same"), ("91003", "another-part"), ("91007", "another")):
        years = four(tmp_path, AGENCIES[0], agency("QA00101", code), *AGENCIES[2:])
        parts = years.frame[years.frame["ori7"] == "QA00101"]
        assert parts["county_fips"].tolist() == ["91001", "91003"]
        assert parts["population_covered"].tolist() == [6000, 2000]
        named = parts["county_match"].str.startswith("crosswalk+")
        assert parts["county_fips"][named].tolist() == [code] * (verdict != "another")
        assert by_agency(years)["QA00101"] == verdict


def test_two_facts_of_the_record_stand_against_the_crosswalk(tmp_path: Path) -> None:
    years = four(tmp_path, *AGENCIES[:3], agency("QA00201", "91007", "birchville police"))
    town = years.frame.set_index("ori7").loc["QA00201"]
    assert (town["county_fips"], town["county_match"]) == ("91003", "order+name")
    told = years.crosswalk.set_index("ori7").loc["QA00201"]
    assert (told["verdict"], told["crosswalk_fips"]) == ("another", "91007")


def without_number(**columns: object) -> dict[str, object]:
    """The town has no county number, and so no county of its own."""
    return {"ucr_county_1": ["001", "001", "002", ""], **columns}


def test_the_crosswalk_tells_a_county_that_the_record_leaves_open(tmp_path: Path) -> None:
    lost = four(tmp_path, **without_number()).frame.set_index("ori7").loc["QA00201"]
    assert pd.isna(lost["county_fips"])
    years = four(tmp_path, *AGENCIES, **without_number())
    town = years.frame.set_index("ori7").loc["QA00201"]
    assert town["county_fips"] == "91003"
    assert set(town["county_match"].split("+")) <= {"crosswalk", "identifier"}
    assert by_agency(years)["QA00201"] == "crosswalk-alone"


def test_a_fact_that_names_another_county_leaves_it_open(tmp_path: Path) -> None:
    directory = pd.DataFrame({"ori7": ["QA00201"], "county_text": ["CEDAR"]}, dtype="str")
    reading = read_return_a(write(tmp_path, agencies(**without_number())), "return-a")
    crosswalk = cleaned(tmp_path, agency("QA00201", "91007")).frame
    years = clean_return_a(reading, COUNTIES, directory, STATES, NO_FORMER_NAMES, crosswalk)
    town = years.frame.set_index("ori7").loc["QA00201"]
    assert pd.isna(town["county_fips"])
    assert town["county_match"] == "facts-disagree"
    assert by_agency(years)["QA00201"] == "not-followed"


@pytest.mark.parametrize("number", ["", "300", "999"])
def test_an_agency_that_polices_a_state_has_no_county(tmp_path: Path, number: str) -> None:
    ori7 = ["QA00100", "QA00101", "QA00200", "QASP000"]
    columns: dict[str, object] = {"ucr_county_1": ["001", "001", "002", number], "ori7": ori7}
    years = four(tmp_path, *AGENCIES, **columns)
    police = years.frame.set_index("ori7").loc["QASP000"]
    assert pd.isna(police["county_fips"])
    assert by_agency(years)["QASP000"] == "not-followed"


@pytest.mark.parametrize(
    ("kind", "residents", "told"),
    [
        ("local police department", 1000, True),
        ("local police department", 0, False),
        ("special jurisdiction", 0, True),
        ("sheriffs office", 0, True),
        ("state law enforcement agency", 0, False),
        ("state law enforcement agency", 1000, True),
        ("", 0, False),
    ],
)
def test_an_agency_without_residents_is_told_if_it_polices_a_site(
    tmp_path: Path, kind: str, residents: int, told: bool
) -> None:
    row = agency("QA00201", "91003", "birchville", agency_type=kind, census_name="birchville town")
    asked = without_number(population_1=[4000, 6000, 9000, residents])
    years = four(tmp_path, *AGENCIES[:3], row, **asked)
    town = years.frame.set_index("ori7").loc["QA00201"]
    assert pd.notna(town["county_fips"]) == told
    assert by_agency(years)["QA00201"] == ("crosswalk-alone" if told else "not-followed")


def test_a_number_that_says_nothing_is_no_obstacle(tmp_path: Path) -> None:
    """A number that no fact knows; of agencies in one county only."""
    asked: dict[str, object] = {"ucr_county_1": ["001", "001", "002", "ABC"]}
    assert four(tmp_path, **asked).frame["county_match"].tolist()[-1] == "no-fact"
    years = four(tmp_path, *AGENCIES, **asked)
    last = years.frame.iloc[-1]
    assert (last["county_fips"], last["county_match"]) == ("91003", "crosswalk")


def test_a_crosswalk_of_another_country_is_refused() -> None:
    verdicts = pd.Series(["same"] * 900 + ["another"] * 9)
    check_agreement(verdicts, "cross")
    with pytest.raises(DataError, match=r"another county .* for 10 of 910 agencies, and 1%"):
        check_agreement(pd.concat([verdicts, pd.Series(["another"])]), "cross")
    check_agreement(pd.Series(["same"] * 2000 + ["another"] * 20), "cross")


MORE = {
    "ucr": ("ucr-states", "ucr/ucr_states.csv", "1960-2013"),
    "return": ("fbi-return-a", "return/RETA2021.zip", "2021"),
    "cross": ("agency-crosswalk", "cross/crosswalk.rds", "2012"),
}
OF_RELEASE = (
    agency("QA00100", "91001", "ash county sheriff's office"),
    agency("QA00101", "91001"),
    agency("QA00201", "91003"),
    agency("QA00300", "91999"),
)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Raw folder of a small fictional release with a crosswalk, not built."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    folder = write_release(tmp_path / "home")
    (folder / "ucr").mkdir()
    (folder / "ucr/ucr_states.csv").write_text(
        "ucr_state,ori_prefix,state_fips,state\n71,QA,91,Northmark\n72,CZ,,Canal\n"
    )
    for name in ("former_county_names.csv", "county_changes.csv"):
        shutil.copy(REFERENCE / name, folder.parent / "reference")
    (folder / "return").mkdir()
    frame = agencies(ucr_state="71", agency=["ASH", "ASHTON", "SAINT ORLA", "ORLAVILLE"])
    frame["ucr_county_1"] = ["001", "001", "002", ""]
    (folder / "return/RETA2021.zip").write_bytes(simulate_return_a(frame, 2021))
    declare(folder, *OF_RELEASE)
    return folder


def declare(folder: Path, *rows: list[str | None]) -> None:
    write_crosswalk(folder / "cross/crosswalk.rds", *rows)
    counts = {**ROWS, "ucr": 2, "return": 4, "cross": len(rows)}
    write_manifest(folder, counts, {**LAYOUTS, **MORE})


@pytest.mark.slow
def test_a_release_with_a_crosswalk(raw: Path) -> None:
    """Its counties, its counts, its rejects, and the way back from a county to its row."""
    build_release("demo")
    panel = load_release("demo")
    town = panel.agency_year.set_index("ori7").loc["QA00201"]
    assert town["county_fips"] == "91003"
    note = panel.build["return_a"][0]["crosswalk"]
    assert note["source"] == "cross"
    assert note["agencies"] == {
        "same": 2, "another-part": 0, "another": 0, "crosswalk-alone": 1, "not-followed": 0,
        "record-alone": 1, "neither": 0,
    }  # fmt: skip
    assert note["disagree"] == []
    rejects = panel.rejects[panel.rejects["source"] == "cross"]
    assert rejects["reason"].tolist() == ["states no county: fips_state_county_code"]
    where = {"ori7": "QA00201"}
    asked: dict[str, Any] = {"table": "agency_year", "where": where}
    asked: dict[str, Any] = {"table": "agency_year", "where": where}
    record, row = trace_cell("demo", "91003", "county_fips", **asked).origins
    assert (record.source, row.source, row.row) == ("return", "cross", 3)
    assert row.cells["fips_state_county_code"] == "91003"
    assert "names this county" in row.how
    (alone,) = trace_cell("demo", "", "agency", **asked).origins
    assert alone.source == "return"
    declare(raw, *OF_RELEASE[:2], agency("QA00201", "91005"), *OF_RELEASE[3:])
    build_release("demo")
    again = load_release("demo").agency_year.set_index("ori7").loc["QA00201"]
    assert again["county_fips"] == "91005"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((OF_RELEASE[0], OF_RELEASE[0], *OF_RELEASE[2:]), "key repeats an earlier row"),
        ((OF_RELEASE[0], agency("QA00101", "91003", "ash county police")), "another county"),
        ((OF_RELEASE[0], agency("QA00101", "92001")), "another state"),
    ],
)
def test_a_release_with_a_damaged_crosswalk_is_not_built(
    raw: Path, rows: tuple[list[str | None], ...], said: str
) -> None:
    declare(raw, *rows)
    with pytest.raises(BuildError, match=said):
        build_release("demo")
