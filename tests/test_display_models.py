"""Every estimate of a page can be opened to its formula, its counties and what it left out."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections import Counter
from urllib.parse import unquote

import pandas as pd
import pytest

from coopanalysis import display, fit
from coopanalysis.display.html import Output
from coopanalysis.display.page import MODELS
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, with_errors
from coopanalysis.panel import Panel, load_release

OUTCOME = "person_offenses_per_100k"
WITHIN = f"{OUTCOME} ~ holds_on_detainer + per(poverty_pct, 10) | state_fips"
ERRORS = {"vcov": "CR1", "cluster": "state_fips"}


@pytest.fixture(scope="module")
def demo() -> Panel:
    return load_release("demo")


@pytest.fixture(scope="module")
def counties(demo: Panel) -> pd.DataFrame:
    frame = demo.counties(2023)
    return frame.assign(**{OUTCOME: demo.usable_rate(frame, OUTCOME)})


@pytest.fixture(scope="module")
def models(counties: pd.DataFrame) -> dict[str, Estimates]:
    main = fit(WITHIN, counties, **ERRORS)
    state = counties["state_fips"].iloc[0]
    return {
        "Main design": main,
        "Errors CR2": with_errors(main, "CR2"),
        "Without the first state": fit(WITHIN, counties[counties["state_fips"] != state], **ERRORS),
        "Large counties": fit(WITHIN, counties, sample="population_count > 50_000", **ERRORS),
        "Logit": fit(
            "holds_on_detainer ~ per(poverty_pct, 10) + C(state_fips)", counties, family="logit"
        ),
    }


@pytest.fixture(scope="module")
def shown(models: dict[str, Estimates], demo: Panel) -> Output:
    return display.show_models(models, data=demo)


def rows_of(output: Output) -> list[dict[str, str]]:
    """Rows of the only download."""
    (address,) = re.findall(r'href="data:([^"]+)"', output.html)
    head, _, body = address.partition(",")
    text = base64.b64decode(body).decode() if head.endswith("base64") else unquote(body)
    return list(csv.DictReader(io.StringIO(text)))


def columns_of(output: Output) -> dict[str, str]:
    """Column of the download by model, as the table says."""
    body = re.split(r"</?tbody[^>]*>", output.html)[1]
    found = {}
    for row in body.split("</tr>")[:-1]:
        cells = [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<t[hd].*?</t[hd]>", row)]
        found[cells[0]] = cells[-1]
    return found


def test_the_download_holds_the_counties_of_each_model_and_every_reason(
    models: dict[str, Estimates], shown: Output
) -> None:
    rows, columns = rows_of(shown), columns_of(shown)
    reasons = {row["letter"]: row["reason"] for row in rows if row["letter"]}
    assert list(columns) == list(models)
    for name, one in models.items():
        status = {row["county_fips"]: row[columns[name]] for row in rows}
        used = {code for code, value in status.items() if value == "1"}
        assert used == set(one.sample.rows), name
        counts = Counter(reasons[value] for value in status.values() if value != "1")
        assert sum(counts.values()) + one.n_obs == len(status)
        for reason in counts:
            assert f"{counts[reason]:,} {reason}" in shown.html
    assert "outside the sample rule" in reasons.values()


def test_models_of_the_same_counties_share_a_column(shown: Output) -> None:
    columns = columns_of(shown)
    assert columns["Main design"] == columns["Errors CR2"]
    assert len(set(columns.values())) == len(columns) - 1


def test_rows_that_were_never_given_are_told_from_rows_with_a_gap(
    models: dict[str, Estimates], shown: Output, counties: pd.DataFrame
) -> None:
    first = counties["state_fips"].eq(counties["state_fips"].iloc[0]).sum()
    assert f"{first:,} not asked about" in shown.html
    assert not models["Without the first state"].left_out.get("outside", 0)


def test_counties_in_no_model_are_listed_too(demo: Panel, counties: pd.DataFrame) -> None:
    model = {"Main design": fit(WITHIN, counties.iloc[5:], **ERRORS)}
    shown = display.show_models(model, listed=counties, data=demo)
    rows = rows_of(shown)
    assert {row["county_fips"] for row in rows} == set(counties.index)
    assert "5 not asked about" in shown.html
    assert len(rows_of(display.show_models(model, data=demo))) == len(rows) - 5


def test_formulas_stand_in_symbols_and_their_terms_in_words(shown: Output) -> None:
    assert WITHIN in shown.html
    for term, words in {
        "per(poverty_pct, 10)": "Poverty, +10 points",
        "| state_fips": "compared within the same state",
    }.items():
        assert f"<dt>{term}</dt><dd>{words}</dd>" in shown.html
    assert "CR1, clustered by state" in shown.html
    assert "logit, each county equal; errors HC1" in shown.html


def test_it_is_one_fold_at_the_end_of_the_page(shown: Output) -> None:
    assert shown.slot == MODELS
    assert shown.html.count("<details>") == shown.html.count("<summary>") == 1


@pytest.mark.slow
def test_sixty_models_stay_small(counties: pd.DataFrame, demo: Panel) -> None:
    parts = {f"Without part {at}": counties.drop(counties.index[at::60]) for at in range(60)}
    shown = display.show_models(
        {name: fit(WITHIN, rows, **ERRORS) for name, rows in parts.items()}, data=demo
    )
    assert len(set(columns_of(shown).values())) == 60
    assert len(shown.html) < 400_000


def test_rows_that_are_no_counties_need_their_codes(counties: pd.DataFrame, demo: Panel) -> None:
    pairs = pd.concat([counties.head(200), counties.head(150)], ignore_index=True)
    model = {"Pairs": fit("poverty_pct ~ log2(population_count)", pairs)}
    with pytest.raises(UsageError, match="codes="):
        display.show_models(model, data=demo)
    shown = display.show_models(model, codes={"Pairs": pairs["county_fips"]}, data=demo)
    assert [row["county_fips"] for row in rows_of(shown)] == sorted(counties.index[:200])


@pytest.mark.parametrize("models_given", [{}, {"Main": None}])
def test_codes_of_no_model_are_refused(
    models_given: dict[str, None], models: dict[str, Estimates], demo: Panel
) -> None:
    fits = dict.fromkeys(models_given, models["Main design"])
    with pytest.raises(UsageError, match="There are: (none|Main)"):
        display.show_models(fits, codes={"Mane": pd.Series(dtype="str")}, data=demo)
