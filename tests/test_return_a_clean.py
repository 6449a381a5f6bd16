"""From records to agency, year and county part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopanalysis.catalog.tables import AGENCY_YEAR
from coopanalysis.clean.return_a import (
    AgencyYears,
    clean_return_a,
    read_former_county_names,
)
from coopanalysis.errors import DataError
from coopanalysis.paths import reference_dir
from coopanalysis.schema import check_table, conform
from coopanalysis.sources import read_fbi_states
from coopanalysis.sources.return_a import read_return_a
from coopanalysis.sources.return_a.layout import OFFENSE_CELLS
from coopanalysis.vocabulary import MONTHS_OF_COUNTS, OFFENSES, REPORTING_STATUSES
from return_a_samples import COUNTIES, NO_FORMER_NAMES, STATES, agencies, write


def cleaned(folder: Path, frame: pd.DataFrame) -> AgencyYears:
    reading = read_return_a(write(folder, frame), "demo-return-a")
    return clean_return_a(reading, COUNTIES, None, STATES, NO_FORMER_NAMES)


def test_the_table_keeps_its_declaration(tmp_path: Path) -> None:
    frame = cleaned(tmp_path, agencies()).frame
    check_table(conform(frame, AGENCY_YEAR), AGENCY_YEAR)


def test_declared_offences_are_those_of_the_layout() -> None:
    assert list(OFFENSES) == list(OFFENSE_CELLS)


def test_an_agency_in_two_counties_is_split_and_adds_up(tmp_path: Path) -> None:
    asked = agencies()
    result = cleaned(tmp_path, asked)
    parts = result.frame[result.frame["ori7"] == "QA00101"]
    assert result.records == 4
    assert len(result.frame) == 5
    assert parts["county_fips"].tolist() == ["91001", "91003"]
    assert parts["county_part_share"].tolist() == [0.75, 0.25]
    assert parts["population_covered"].tolist() == [6000, 2000]
    assert parts["larceny_actual"].tolist() == [187.5, 62.5]
    for offense in ("murder", "robbery", "larceny"):
        assert result.frame[f"{offense}_actual"].sum() == asked[f"{offense}_actual"].sum()


def test_a_second_county_without_a_number_has_no_fact(tmp_path: Path) -> None:
    frame = cleaned(tmp_path, agencies(ucr_county_2="")).frame
    parts = frame[frame["ori7"] == "QA00101"]
    assert parts["population_covered"].tolist() == [6000, 2000]
    assert parts["county_fips"].isna().tolist() == [False, True]
    assert parts["county_match"].tolist()[1] == "no-fact"


def test_sums_are_exact_for_awkward_shares(tmp_path: Path) -> None:
    asked = agencies(ucr_county_3="003", population_3=[0, 4999, 0, 0], larceny_actual=0)
    asked.loc[1, "larceny_actual"] = 90_001
    asked.loc[1, ["population_1", "population_2"]] = [3, 7]
    frame = cleaned(tmp_path, asked).frame
    parts = frame[frame["ori7"] == "QA00101"]
    assert len(parts) == 3
    assert parts["larceny_actual"].sum() == 90_001
    assert parts["county_part_share"].sum() == pytest.approx(1)


def test_five_ways_to_have_no_offence_stay_apart(tmp_path: Path) -> None:
    asked = agencies()
    counts = [name for name in asked if name.endswith(("_actual", "_unfounded", "_cleared"))]
    zero, silent, unasked = (asked.iloc[[0]].copy() for _ in range(3))
    for frame, ori7, types in ((zero, "QA00301", "5" * 12), (silent, "QA00302", " " * 12)):
        frame[["ori7", "actual_types"]] = [[ori7, types]]
        frame[counts] = 0
    unasked[["ori7", "actual_types"]] = [["QA00303", " " * 12]]
    unasked[counts] = 0
    everyone = pd.concat([asked, zero, silent, unasked], ignore_index=True)
    everyone["follow_up"] = ["Y"] * 6 + ["N"]
    frame = cleaned(tmp_path, everyone).frame.set_index("ori7")
    status = frame["reporting_status"]
    assert status["QA00100"] == "reported"
    assert status["QA00301"] == "reported-zero"
    assert status["QA00302"] == "not-reported"
    assert status["QA00201"] == "reported-elsewhere"
    assert status["QA00303"] == "not-expected"
    assert set(status) == set(REPORTING_STATUSES)
    assert frame.loc["QA00301", "murder_actual"] == 0
    assert frame.loc[["QA00302", "QA00201", "QA00303"], "murder_actual"].isna().all()


def test_covered_residents_have_the_months_of_the_other_agency(tmp_path: Path) -> None:
    asked = agencies()
    chain = asked.iloc[[3]].assign(ori7="QA00202", covered_by_ori7="QA00201")
    frame = cleaned(tmp_path, pd.concat([asked, chain], ignore_index=True)).frame
    months = frame.drop_duplicates("ori7").set_index("ori7")["months_covered"]
    assert months.to_dict() == {
        "QA00100": 12,
        "QA00101": 12,
        "QA00200": 6,
        "QA00201": 6,
        "QA00202": 6,
    }


def test_cards_that_were_not_sent_are_missing(tmp_path: Path) -> None:
    asked = agencies(unfounded_types=" " * 12).drop(columns="burglary_unfounded")
    frame = cleaned(tmp_path, asked).frame
    unfounded = frame.filter(regex="_unfounded$")
    assert unfounded.isna().all(axis=None)
    assert frame.loc[0, "larceny_cleared"] == 20


def test_totals_only_leave_simple_assaults_unknown(tmp_path: Path) -> None:
    path = write(tmp_path, agencies(simple_assault_actual=0))
    reading = read_return_a(path)
    reading.frame["months_reported_totals_only"] = reading.frame["months_reported"]
    frame = clean_return_a(reading, COUNTIES, None, STATES, NO_FORMER_NAMES).frame
    assert frame["simple_assault_actual"].isna().all()
    assert frame.loc[0, "aggravated_assault_actual"] == 5


def test_an_unknown_state_code_is_named(tmp_path: Path) -> None:
    reading = read_return_a(write(tmp_path, agencies(ucr_state="77")))
    with pytest.raises(DataError, match=r"4 records have a state code.*77"):
        clean_return_a(reading, COUNTIES, None, STATES, NO_FORMER_NAMES)


def test_every_count_says_when_it_is_missing() -> None:
    for offense in OFFENSES:
        for card, months in MONTHS_OF_COUNTS.items():
            assert months in AGENCY_YEAR.column(f"{offense}_{card}").description


def test_reference_tables_hold_together() -> None:
    states = read_fbi_states(reference_dir() / "ucr_states.csv").frame
    assert len(states) == 56
    assert states["state_fips"].dropna().is_unique
    assert states["ori_prefix"].is_unique
    by_prefix = states.set_index("ori_prefix")["state_fips"]
    assert by_prefix["NB"] == "31"
    assert np.isnan(by_prefix["CZ"])
    assert read_former_county_names()["county_fips"].str.fullmatch(r"\d{5}").all()


def test_a_reference_table_with_a_repeated_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "former_county_names.csv"
    path.write_text("county_fips,former_name,renamed_year,note\n91001,A,1990,\n91001,B,1991,\n")
    with pytest.raises(DataError, match="repeat"):
        read_former_county_names(path)


def test_an_identifier_of_another_state_is_named(tmp_path: Path) -> None:
    frame = agencies().assign(ori7=["QA00100", "QB00101", "QA00200", "QA00201"])
    with pytest.raises(DataError, match=r"an identifier of another state.*\(row 2\)"):
        cleaned(tmp_path, frame)
