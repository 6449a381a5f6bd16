"""Notebooks run as analyses: what a cell chooses reaches every cell below it, and the page."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coopanalysis.display.results import effect_table
from coopanalysis.display.sentences import format_count, format_interval
from coopanalysis.display.words import covariate_names, error_words
from coopanalysis.models import Estimates
from coopanalysis.panel import Panel, load_release
from notebook_cells import NotebookRun, code_of, outputs, run_cells, run_notebook, texts_of

ANALYSES = ("20_demographics", "30_crime_reporting", "50_robustness")
ABOUT_THE_RELEASE = ("Policies that release", "Published estimates")
"""Captions of tables that are not about the counties chosen."""


def estimates_in(names: dict[str, Any]) -> list[Estimates]:
    """Fits among the names of a notebook, those in dictionaries too."""
    values = [one for name, one in names.items() if not name.startswith("_")]
    values += [each for one in values if isinstance(one, dict) for each in one.values()]
    return [one for one in values if isinstance(one, Estimates)]


def about_counties(shown: list[object]) -> list[object]:
    """What a notebook shows of the counties chosen."""
    return [one for one in outputs(shown) if not any(t in one.text for t in ABOUT_THE_RELEASE)]


# A subset, taken in one cell

SUBSET = re.compile(r"^# (counties = counties\[.*\])  # a subset$", flags=re.MULTILINE)


def marks_of(names: dict[str, Any]) -> set[str]:
    """Numbers that give the full sample away: counties used, and intervals, as they are written."""
    marks = set()
    for one in estimates_in(names):
        marks.add(format_count(one.n_obs))
        for _, row in effect_table(one).iterrows():
            marks.add(format_interval(row["conf_low"], row["conf_high"]))
    return {mark for mark in marks if len(re.findall(r"\d", mark)) > 3}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["01_tour", *ANALYSES])
def test_nothing_of_the_full_sample_is_left_below_a_subset(name: str) -> None:
    sources, full = code_of(name), run_notebook(name)
    assert sum(len(SUBSET.findall(source)) for source in sources) == 1
    states = load_release("demo").county["state_abbr"].value_counts().index[:2]
    chosen = f"counties = counties[~counties['state_abbr'].isin({list(states)!r})]"
    few = run_cells([SUBSET.sub(chosen, source) for source in sources])

    told = about_counties(few.shown)
    text = texts_of(told)
    assert len(few.names["counties"]) < len(full.names["counties"])
    gone = marks_of(full.names) - marks_of(few.names)
    assert len(gone) > 5
    left = [mark for mark in gone if re.search(rf"(?<![\d.,]){re.escape(mark)}(?![\d,])", text)]
    assert not left, f"numbers of the full sample stand below the subset: {left}"
    assert f"{len(full.names['counties']):,}" not in text
    before = {one.text for one in outputs(full.shown) if re.search(r"\d", one.text)}
    same = [one.text for one in outputs(told) if one.text in before]
    assert not same, f"outputs that did not follow the subset: {same}"


# A column of one's own, joined in the cell that loads

JOIN = re.compile(r"^# (counties = data\.join\(counties, ).*  # your file$", flags=re.MULTILINE)
NAMES = {"01_tour": "practice", "20_demographics": "practice", "30_crime_reporting": "policy"}
COLUMN, WORDS = "sheriff_elected", "elect their sheriff"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file as a spreadsheet leaves it, with a county less than there are."""
    codes = load_release("demo").county["county_fips"].iloc[1:]
    elected = (codes.astype(int) % 7 < 3).map({True: "yes", False: "no"})
    path = tmp_path / "sheriffs.csv"
    pd.DataFrame({"county_fips": codes.str.lstrip("0"), COLUMN: elected}).to_csv(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_joined_column_is_the_policy_of_every_cell(name: str, file: Path) -> None:
    sources = code_of(name)
    parameter, main = NAMES[name], load_release("demo").policy()
    joined = rf'\1{str(file)!r}, words={{"{COLUMN}": "{WORDS}"}})'
    changed = [
        JOIN.sub(joined, one).replace(f'{parameter}: str = "main"', f'{parameter} = "{COLUMN}"')
        for one in sources
    ]
    assert sum(a != b for a, b in zip(sources, changed, strict=True)) == 2
    run = run_cells(changed)

    about = about_counties(run.shown)
    text = texts_of(about)
    headline = next(one for one in outputs(about) if "Reading:" in one.text)
    assert WORDS in headline.text
    assert "by 'Sheriff elected'" in text or name == "20_demographics"
    others = text if name != "20_demographics" else headline.text
    assert main.plural not in others and main.label not in others
    if name == "30_crime_reporting":
        assert {one.spec.treatment for one in run.names["results"].values()} == {COLUMN}
        assert f"Counties that {WORDS}: difference from" in text
        assert f"Half of the counties that {WORDS} have" in text
        own = re.findall(r"Source: [^<]*your file[^<]*", text)
        assert own and all(file.name in one for one in own)
    assert any(COLUMN in one.spec.formula for one in estimates_in(run.names))


# Counties that signed after the rates are in no number of the crime report but their own

LOAD = "counties = data.counties(year)"
CHANGED = f"""{LOAD}
signed = counties["agreement_signed_date"]
later = (counties["agreement_latest_list"] == 1) & ~(signed <= f"{{year - 1}}-12-31")
before = data.policy("agreement_latest_list", in_force_by=f"{{year - 1}}-12-31")
had = data.with_policy(counties, before)
later &= ~counties["county_fips"].isin(had.loc[had[before.name] == 1, "county_fips"])
counties.loc[later, ["person_offenses_per_100k", "property_offenses_per_100k"]] = 20_000.0 + year
counties.loc[later, ["reporting_quality", "most_agencies_reported"]] = 1.0
counties.loc[later, "reporting_status"] = "all agencies reported"
"""


@pytest.mark.slow
def test_rates_and_reports_of_later_signers_change_their_own_section_alone() -> None:
    cells = [
        source.replace('policy: str = "main"', 'policy: str = "agreement_latest_list"')
        for source in code_of("30_crime_reporting", on_page=True)
    ]
    assert sum(source.count(LOAD) for source in cells) == 1
    run, after = run_cells(cells), run_cells([source.replace(LOAD, CHANGED) for source in cells])
    names = run.names
    assert after.names["later"].name == names["later"].name
    texts = [[one.text for one in outputs(each.shown)] for each in (run, after)]
    other = [pair for pair in zip(*texts, strict=True) if pair[0] != pair[1]]
    coverage, *other = other
    assert coverage[0].startswith("How crime of") and "Neither: counties" in coverage[0]
    compared = [
        [re.split(r"\s{2,}", line.strip())[:5] for line in one.splitlines()] for one in coverage
    ]
    assert compared[0] == compared[1]  # only the counties that are neither are others
    every, *other = other
    assert all("every other county" in one for one in every)
    assert len(other) == 2  # the table of who signed when, and the list of models
    for pair in other:
        lines = [line.split() for one in pair for line in one.splitlines() if "Before" in line]
        assert all("After 2023" in one or "Signed after 2023" in one for one in pair)
        assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]
    assert 0 < names["main"].n_rows < len(names["listed"])
    floor, rate = (names["counties"][one].notna().sum() for one in ("floor", names["outcome"]))
    assert floor > rate  # rates of poor reports are floors in the bounds


# What each main estimate rests on stands on its page and in its notebook, in readable words


@pytest.mark.slow
@pytest.mark.parametrize("name", ANALYSES)
def test_formula_covariates_errors_and_rows_of_the_main_estimate_are_shown(name: str) -> None:
    run, data = run_notebook(name), load_release("demo")
    names, page = run.names, texts_of(run.on_page)
    main = names["main"]
    assert isinstance(main, Estimates)
    assert escape(main.spec.formula) in page
    for covariate in covariate_names(main.spec, data):
        assert covariate in page
    assert error_words(main.spec, data) in page
    assert f"{main.n_obs:,} of {main.n_rows:,}" in page
    for count in main.left_out.values():
        assert f"{count:,}" in page

    code = "\n".join(code_of(name, on_page=True))
    for term in (main.spec.treatment, *main.spec.controls):
        assert term in code or term in (str(names.get("policy")), str(names.get("practice")))
    for effect in main.spec.fixed_effects:
        assert f"| {effect}" in code
    assert f'"vcov": "{main.spec.vcov}"' in code
    assert f'"cluster": "{main.spec.cluster}"' in code
    if name != "20_demographics":
        counties = names["counties"]
        poor = counties["floor"].notna() & counties[main.spec.outcome].isna()
        assert poor.any(), "rates with poor reports behind them are a floor, not thrown away"


# The demographics page: the difference within states first, and which states make the other

HISPANIC = "per(hispanic_share, 0.1)"


def check_headline(run: NotebookRun) -> list[float]:
    """Hold the headline to the main model; give its estimate and interval, in points."""
    main = run.names["main"]
    assert (main.spec.fixed_effects, main.spec.family) == (("state_fips",), "ols")
    assert (main.spec.vcov, main.spec.cluster) == ("CR2", "state_fips")
    headline = next(one for one in outputs(run.shown) if one.slot == "headline")
    row = main.table.set_index("term").loc[HISPANIC]
    points = [100 * float(row[name]) for name in ("estimate", "conf_low", "conf_high")]
    assert format_interval(*points[1:]) in headline.text
    assert "in the same state" in headline.text
    return points


@pytest.mark.slow
def test_the_headline_is_the_difference_within_states() -> None:
    run = run_notebook("20_demographics")
    check_headline(run)
    text = texts_of(run.on_page)
    assert "rests on no one state and no two" in text
    assert "have counties of both kinds" in text


@pytest.mark.slow
@pytest.mark.mirror
def test_two_states_make_the_difference_between_states(public_release: Panel) -> None:
    asked = f'release = "{public_release.release}"'
    sources = code_of("20_demographics", on_page=True)
    run = run_cells([one.replace('release: str = "demo"', asked) for one in sources])
    assert check_headline(run) == pytest.approx([-0.37, -1.64, 0.90], abs=0.006)
    text = texts_of(run.shown)
    assert "The estimate rests on Texas: it is 6.98" in text
    assert "every county has it in Florida" in text
    table = next(line for line in text.splitlines() if line.strip().startswith("Between states"))
    for figure in ("6.98 (−5.0 to 18.9)", "CR2", "3.4", "50 (3.7)"):
        assert figure in table
    assert {"Between, without Texas", "Between, without Texas and Florida"} <= set(
        run.names["designs"]
    )
    logit = next(line for line in text.splitlines() if line.strip().startswith("Within, logit"))
    assert "1.13" in logit and "2,700" in logit


def test_no_state_is_typed_into_the_notebook() -> None:
    lines = [line for source in code_of("20_demographics") for line in source.splitlines()]
    code = "\n".join(line for line in lines if not line.startswith("#"))
    assert not set(re.findall(r"""["']([A-Z]{2})["']""", code))


# A covariate more, in one line of the notebook: a recipe of CONTRIBUTING.md

COVARIATE = "per(unemployment_pct, 10)"


@pytest.mark.slow
def test_a_covariate_is_named_wherever_the_others_are() -> None:
    sources = code_of("20_demographics")
    changed = [
        one.replace("+ log2(population_count)", f"+ log2(population_count) + {COVARIATE}").replace(
            'covariate: str = "hispanic_share"', 'covariate: str = "unemployment_pct"'
        )
        for one in sources
    ]
    assert sum(a != b for a, b in zip(sources, changed, strict=True)) == 2
    run = run_cells(changed)
    assert run.names["main"].spec.treatment == COVARIATE
    texts = [one.text.lower() for one in outputs(run.shown)]
    assert not [one for one in texts if re.search(r"\bsix\b", one)], "a count that is typed"
    listed = [one for one in texts if "hispanic" in one and "poverty" in one]
    assert len(listed) > 5
    assert [one for one in listed if "unemploy" not in one] == []
