"""Estimates that several counties share are one observation, and models hold to that."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis.catalog.tables import PROCESSED_TABLES, SHARED_BY
from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    fit,
    propensity_scores,
    specification_curve,
    wild_cluster_bootstrap,
)

AREA, VALUE = "employment_survey_area", "employed_share"
N_AREAS = 60


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(3)
    rows = 2 * N_AREAS
    area = np.repeat(np.arange(N_AREAS), 2)
    return pd.DataFrame(
        {
            "county_fips": [f"{91 + at // 40}{at:03d}" for at in range(rows)],
            "state_fips": [f"{91 + at // 40}" for at in range(rows)],
            AREA: [f"{91 + at // 20}{2 * at:03d}" for at in area],
            VALUE: np.repeat(random.uniform(0.5, 0.9, N_AREAS), 2),
            "treated": random.integers(0, 2, rows),
            "outcome": random.normal(size=rows),
            "size": random.uniform(1, 2, rows),
        }
    )


ROLES = {
    "outcome": ModelSpec(VALUE, "treated"),
    "treatment": ModelSpec("outcome", VALUE),
    "control": ModelSpec("outcome", "treated", controls=(VALUE,)),
    "weight": ModelSpec("outcome", "treated", weights=VALUE),
    "interaction": ModelSpec("outcome", "treated", controls=(f"treated:{VALUE}", VALUE)),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("errors", ["none", "county"])
def test_errors_that_count_an_estimate_twice_are_refused(
    frame: pd.DataFrame, role: str, errors: str
) -> None:
    changes = {} if errors == "none" else {"vcov": "CR1", "cluster": "county_fips"}
    spec = ModelSpec(**{**ROLES[role].__dict__, **changes})
    words = f"'{VALUE}' is one survey estimate.* 120 rows used hold 60 .*cluster='{AREA}'"
    with pytest.raises(ModelError, match=words):
        fit(spec, frame)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("cluster", [AREA, "state_fips", "region"])
def test_clusters_that_hold_each_area_are_taken(
    frame: pd.DataFrame, role: str, cluster: str
) -> None:
    coarser = frame.assign(region=frame[AREA].str[:4])
    spec = ModelSpec(**{**ROLES[role].__dict__, "vcov": "CR1", "cluster": cluster})
    assert fit(spec, coarser).n_clusters == coarser[cluster].nunique()


def test_one_county_of_each_area_needs_no_clusters(frame: pd.DataFrame) -> None:
    alone = frame.drop_duplicates(AREA)
    assert fit(ROLES["control"], alone).n_obs == N_AREAS


def test_areas_are_told_apart_by_year(frame: pd.DataFrame) -> None:
    alone = frame.drop_duplicates(AREA)
    panel = pd.concat([alone.assign(year=2021), alone.assign(year=2022)])
    assert fit(ROLES["control"], panel).n_obs == 2 * N_AREAS
    with pytest.raises(ModelError, match="240 rows used hold 120 "):
        fit(ROLES["control"], pd.concat([frame.assign(year=year) for year in (2021, 2022)]))


def test_without_its_areas_an_estimate_is_refused(frame: pd.DataFrame) -> None:
    bare = frame.drop(columns=AREA)
    with pytest.raises(ModelError, match=f"lacks the column '{AREA}'"):
        fit(ROLES["outcome"], bare)
    by_state = ModelSpec(VALUE, "treated", vcov="CR1", cluster="state_fips")
    assert fit(by_state, bare).n_obs == len(bare)


def test_a_curve_keeps_to_it_too(frame: pd.DataFrame) -> None:
    specs = [
        ROLES["outcome"],
        ModelSpec(VALUE, "treated", vcov="CR1", cluster=AREA),
        ModelSpec("outcome", "treated"),
    ]
    curve = specification_curve(specs, frame)
    assert sorted(curve.table["outcome"]) == sorted([VALUE, "outcome"])
    assert curve.failures["outcome"].tolist() == [VALUE]
    assert curve.failures["reason"].str.contains("survey estimate").all()


def test_the_bootstrap_keeps_to_it_too(frame: pd.DataFrame) -> None:
    spec = ModelSpec(VALUE, "treated", vcov="CR1", cluster="county_fips")
    with pytest.raises(ModelError, match="survey estimate"):
        wild_cluster_bootstrap(spec, frame)


def test_scores_without_errors_may_use_it(frame: pd.DataFrame) -> None:
    assert propensity_scores(frame, "treated", [VALUE, "size"]).notna().all()


def test_every_declared_area_is_a_column_of_the_same_table() -> None:
    assert {VALUE, "income_p50_usd", "hs_degree_share", "income_p20_lower_usd"} <= set(SHARED_BY)
    for table in PROCESSED_TABLES.values():
        names = {column.name for column in table.columns}
        assert {column.shared_by for column in table.columns if column.shared_by} <= names
