"""The tour: one small model that a reader changes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from coopanalysis.errors import UsageError
from coopanalysis.exhibits import tour
from coopanalysis.panel import Panel
from coopanalysis.paths import notebooks_dir, project_root

PRACTICE, VOTE = "holds_on_detainer", "republican_share"


def test_the_slope_is_that_of_least_squares(demo: Panel) -> None:
    known = demo.county[[PRACTICE, VOTE]].astype("float64").dropna()
    slope = np.polyfit(known[VOTE], known[PRACTICE], 1)[0]
    model = tour.fit_model(demo, PRACTICE, VOTE)
    assert model.row["estimate"] == pytest.approx(10 * slope)
    assert model.row["n_obs"] == len(known)


def test_another_parameter_or_covariate_changes_number_and_words(demo: Panel) -> None:
    alone = tour.fit_model(demo, PRACTICE, VOTE)
    more = tour.fit_model(demo, PRACTICE, VOTE, controls=("population_count",))
    other = tour.fit_model(demo, PRACTICE, "poverty_pct")
    texts = [tour.headline(demo, one).text for one in (alone, more, other)]
    assert len(set(texts)) == 3
    assert "counties alike in population" in texts[1]
    assert "residents in poverty" in texts[2]
    figure = tour.show_models(demo, {"Alone": alone, "With population": more})
    assert "coop-figure" in figure.html
    assert "with population" in figure.text
    left_out = len(demo.county) - int(alone.row["n_obs"])
    assert f"{left_out} counties of 2,556 lack" in tour.limits(demo, alone).text


def test_an_unknown_name_lists_those_that_are_there(demo: Panel) -> None:
    with pytest.raises(UsageError, match="poverty_pct"):
        tour.fit_model(demo, PRACTICE, "povertypct")
    with pytest.raises(UsageError, match="holds_on_detainer"):
        tour.fit_model(demo, "holds", VOTE)


def test_make_lab_opens_on_the_tour() -> None:
    recipe = (project_root() / "Makefile").read_text(encoding="utf-8")
    opened = re.search(r"default_url=/lab/tree/(\S+)", recipe)
    assert opened
    assert (notebooks_dir() / opened[1]).is_file()
