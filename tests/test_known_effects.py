"""The effects put into a simulated release: declared in its manifest, handed out by the panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis.catalog.sources import known_effects, read_known_effects
from coopanalysis.catalog.tables import COUNTY, COUNTY_YEAR
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel import Panel, build_release, load_release
from coopanalysis.panel.record import READS_VARIABLE
from release_samples import write_release
from tools.demo import TRUTH
from tools.demo.crime import true_year
from tools.demo.truth import HARD_YEAR, YEARS

ENTRY = """[[known_effect]]
outcome = "person_offenses_per_100k"
policy = "holds_on_detainer"
years = [2022, 2023]
value = 80.0
unit = "offences per 100,000 residents"
description = "80 offences were added."
"""


@pytest.mark.slow
def test_what_is_declared_is_what_the_simulator_put_in(demo: Panel) -> None:
    declared = known_effects("demo")
    hard = [effect for effect in declared if effect.years == (HARD_YEAR,)]
    easy = [effect for effect in declared if effect not in hard]
    assert {effect.outcome: effect.value for effect in easy} == TRUTH.effects
    put_in = {name: mean for name, (mean, _) in true_year(HARD_YEAR).mean_effects().items()}
    assert {effect.outcome: effect.value for effect in hard} == pytest.approx(put_in, abs=5e-5)
    assert {effect.years for effect in easy} == {tuple(y for y in YEARS if y != HARD_YEAR)}
    assert {effect.policy for effect in declared} == {"holds_on_detainer"}
    for effect in declared:
        assert effect.unit
        assert effect.description
        assert effect.outcome in {column.name for column in COUNTY_YEAR.columns}
        assert effect.policy in {column.name for column in COUNTY.columns}
        for year in effect.years:
            assert demo.known_effect(effect.outcome, effect.policy, year) == effect.value


def test_the_year_may_be_left_out_where_it_makes_no_difference(demo: Panel) -> None:
    assert demo.known_effect("person_offenses_per_100k", "holds_on_detainer") == 80
    differs = r"differs between years: -0\.1324 in 2021, -0\.12 in 2022, -0\.12 in 2023\. Pass"
    with pytest.raises(UsageError, match=differs):
        demo.known_effect("most_agencies_reported", "holds_on_detainer")


def test_no_effect_is_known_of_other_pairs(demo: Panel) -> None:
    assert demo.known_effect("person_offenses_per_100k", "notifies_ice") is None
    assert demo.known_effect("population_count", "holds_on_detainer") is None
    assert demo.known_effect("person_offenses_per_100k", "holds_on_detainer", 2019) is None


def test_a_release_that_was_not_simulated_declares_none() -> None:
    assert known_effects("public") == ()


@pytest.mark.slow
def test_the_panel_reads_them_from_the_record_of_its_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path / "project"))
    manifest = write_release(tmp_path / "project") / "sources.toml"
    pair = ("person_offenses_per_100k", "holds_on_detainer")
    build_release("demo")
    assert load_release("demo").known_effect(*pair) is None
    manifest.write_text(manifest.read_text() + "\n" + ENTRY)
    build_release("demo")
    # A report sees them whatever tables it declares to read.
    monkeypatch.setenv(READS_VARIABLE, "county")
    assert load_release("demo").known_effect(*pair) == 80.0
    assert load_release("demo").known_effect(*pair, 2023) == 80.0
    assert load_release("demo").known_effect(*pair, 2021) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('unit = "offences per 100,000 residents"\n', "", "lacks 'unit'"),
        ("unit =", "units =", "has the unknown 'units'"),
        ("80.0", '"80"', "has value = '80', which is not a number"),
        ("[[known_effect]]", "[[known_efect]]", r"unknown tables \['known_efect'\]"),
        (ENTRY, ENTRY + ENTRY, "in 2022 is declared 2 times"),
        ("years = [2022, 2023]\n", "", "lacks 'years'"),
        ("[2022, 2023]", "2022", "years = 2022, which is not a list of whole numbers"),
        ("[2022, 2023]", '["2022"]', "not a list of whole numbers"),
        ("[2022, 2023]", "[]", "not a list of whole numbers"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    manifest = tmp_path / "sources.toml"
    manifest.write_text(ENTRY)
    assert [effect.value for effect in read_known_effects(manifest)] == [80.0]
    manifest.write_text(ENTRY.replace(old, new))
    with pytest.raises(DataError, match=message):
        read_known_effects(manifest)
