"""What models refuse, with the words that say why; and paths that few designs take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from coopanalysis import models
from coopanalysis.errors import ModelError
from coopanalysis.models import ModelSpec, fit
from coopanalysis.models.joint import suited_joint_test
from coopanalysis.models.variation import points_of, read_levels


def made(n: int = 60, states: int = 12) -> pd.DataFrame:
    """Counties of fictional states, with a treatment, rates, words, scores and weights."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "d": np.arange(n) % 2, "x": rng.normal(size=n), "z": rng.normal(size=n),
            "state": np.arange(n) % states, "word": list("abc") * (n // 3),
            "score": rng.integers(0, 3, n), "zero": 0.0, "share": rng.uniform(0.2, 0.9, n),
            "people": rng.integers(100, 900, n), "events": rng.poisson(5, n),
        }
    )  # fmt: skip
    frame["y"] = frame["x"] + 0.5 * frame["d"] + rng.normal(size=n)
    frame["place"] = [f"p{at}" for at in range(n)]
    return frame


FRAME = made()
OLS = fit("y ~ d + x", FRAME, vcov="CR1", cluster="state")
COUNTS = fit("events ~ d + x", FRAME, family="poisson", vcov="HC1")
LEVELS = FRAME.assign(level=pd.Categorical(FRAME["word"], ordered=True))
ORDERED = fit("level ~ d", LEVELS, family="ordered_logit", vcov="HC1")
SQUARES = [shapely.box(at, 0, at + 1, 1) for at in range(3)]
ROW = models.find_neighbours(SQUARES, ["p0", "p1", "p2"])

REFUSED: dict[str, Callable[[], object]] = {
    "must hold 0 and 1 only": lambda: models.balance_table(FRAME, "score", ["x"]),
    "treatment 'zero' is 0 in every row: nobody": lambda: models.balance_table(
        FRAME, "zero", ["x"]
    ),
    "no row has values in all of": lambda: models.balance_table(FRAME.assign(x=np.nan), "d", ["x"]),
    "the levels of 'level' are not numbers, so": lambda: models.average_marginal_effects(ORDERED),
    "the treatment 'd' has no levels": lambda: read_levels(OLS),
    "p values lie between 0 and 1": lambda: models.adjust_p_values([0.1, 1.2]),
    "'hochberg' is not known: holm or": lambda: models.adjust_p_values([0.1], "hochberg"),  # type: ignore[arg-type]
    "needs the same clusters in every model": lambda: models.romano_wolf(
        [OLS.spec, replace(OLS.spec, cluster=None, vcov="HC1")], FRAME
    ),
    "1 ids of places repeat": lambda: models.find_neighbours(SQUARES, ["a", "b", "a"]),
    "3 polygons and 2 ids": lambda: models.find_neighbours(SQUARES, ["a", "b"]),
    "1 places in 'place' repeat": lambda: models.border_pairs(
        FRAME.iloc[[0, 1, 1]], ROW, place="place", group="state"
    ),
    "fit_reporters needs family ols and vcov HC1 or CR1, not ols with HC3": lambda: (
        models.fit_reporters(ModelSpec("y", "d", vcov="HC3"), FRAME, "d", ["x"])
    ),
    "power is at least 0.5 and below 1, not 0.4": lambda: models.smallest_difference(
        OLS, power=0.4
    ),
    "an equivalence margin is a positive number, not 0": lambda: models.equivalence(OLS, 0),
    "the frame has no rows": lambda: fit("y ~ d", FRAME.head(0)),
    "every weight in 'zero' is zero": lambda: fit("y ~ d", FRAME, weights="zero"),
    "the interval does not hold the ratio 2": lambda: models.e_value(2.0, 2.5, 3.0),
    "impacts are those of a spatial lag model": lambda: models.spatial_impacts(OLS, ROW),
    "vcov 'HC9' is not known": lambda: ModelSpec("y", "d", vcov="HC9"),  # type: ignore[arg-type]
    "takes levels as they are, not log(score)": lambda: ModelSpec(
        "log(score)", "d", family="ordered_logit"
    ),
    "x:x is a product of a column with itself": lambda: ModelSpec("y", "d", ("x:x",)),
    "the step of 'per(x, ten)' is ten, not a positive number": lambda: ModelSpec(
        "y", "per(x, ten)"
    ),
    "log(word): column 'word' is not numeric": lambda: fit("y ~ d + log(word)", FRAME),
    "permutations need least squares": lambda: models.specification_curve(
        [COUNTS.spec], FRAME, n_permutations=9
    ),
    "there is no specification": lambda: models.specification_curve([], FRAME),
    "wild_joint_test needs least squares or a logit": lambda: models.wild_joint_test(
        COUNTS, ["d", "x"]
    ),
    "wild cluster bootstrap needs family ols": lambda: models.wild_cluster_bootstrap(
        COUNTS.spec, FRAME
    ),
    "terms ['q'] are not in the fit. There are: (Intercept), d, x": lambda: models.joint_test(
        OLS, ["q"]
    ),
    "cannot be tested together: their covariance is singular": lambda: models.joint_test(
        fit("y ~ d + x + z", FRAME[FRAME["state"] < 3], vcov="CR1", cluster="state"),
        ["d", "x", "z"],
    ),
    "dyadic_errors needs least squares with fixed_effects": lambda: models.dyadic_errors(
        OLS, FRAME, group="state", pair="place"
    ),
    "20 pairs have not one row on each of two sides": lambda: models.dyadic_errors(
        fit("y ~ d | trio", FRAME.assign(trio=FRAME.index // 3)),
        FRAME.assign(trio=FRAME.index // 3),
        group="state",
        pair="trio",
    ),
    "no row used has nowhere in 'word'. There are: a, b, c": lambda: models.leave_out(
        OLS.spec, FRAME, "word", ["nowhere"]
    ),
    "told for family ols, whose coefficients are linear": lambda: models.reporting_bounds(
        COUNTS.spec, FRAME, coverage="share", lowest=0, highest=9
    ),
    "log(y) has to be a column of its own": lambda: models.reporting_bounds(
        ModelSpec("log(y)", "d"), FRAME, coverage="share", lowest=0, highest=9
    ),
    "60 rows have a rate but coverage 0": lambda: models.break_even(
        ModelSpec("events", "d"), FRAME, coverage="zero", others=5.0
    ),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_answered_is_refused_in_words(words: str) -> None:
    with pytest.raises(ModelError) as refused:
        REFUSED[words]()
    assert words in str(refused.value)


def test_a_fit_says_what_its_errors_are_and_how_many_more_reasons_and_terms_it_has() -> None:
    gaps = FRAME.assign(**{f"c{at}": np.random.default_rng(at).normal(size=60) for at in range(14)})
    for at in range(14):
        gaps.loc[at // 2, f"c{at}"] = np.nan
    text = str(fit("y ~ d + " + " + ".join(f"c{at}" for at in range(14)), gaps, vcov="iid"))
    assert "errors taken as independent and alike (iid)" in text
    assert "further terms in `.table`" in text
    assert "53 of 60 rows used" in text
    places = FRAME.assign(lat=40 + FRAME["x"], lon=-90 + FRAME["z"])
    near = fit("y ~ d", places, vcov="conley", coordinates=("lat", "lon"), distance_km=50)
    assert "Conley errors, 50 km" in str(near)
    assert "HC1 errors, robust to unequal variance" in str(COUNTS)


def test_a_joint_test_is_the_one_that_suits_the_errors() -> None:
    """As many terms as states leave HTZ no degrees of freedom; Bonferroni has some."""
    robust = fit("y ~ d + x", FRAME, vcov="CR2", cluster="state")
    table, name = suited_joint_test(robust, ["d", "x"])
    assert (name, table) == ("HTZ", models.joint_test(robust, ["d", "x"]))
    terms = ["d", "x", "z", "share"]
    few = fit("y ~ d + x + z + share", FRAME[FRAME["state"] < 3], vcov="CR2", cluster="state")
    table, name = suited_joint_test(few, terms)
    assert table["p_value"] == models.bonferroni_joint_test(few, terms)["p_value"]
    assert name == "Bonferroni"
    table, name = suited_joint_test(OLS, ["d", "x"])
    assert name == "Bonferroni"
    assert table["p_value"] == models.bonferroni_joint_test(OLS, ["d", "x"])["p_value"]
    table, name = suited_joint_test(COUNTS, ["d", "x"])
    assert (name, table["df_denom"]) == ("Wald test", np.inf)
    value = COUNTS.params[["d", "x"]].to_numpy()
    covariance = COUNTS.covariance.loc[["d", "x"], ["d", "x"]].to_numpy()
    assert table["statistic"] == pytest.approx(value @ np.linalg.solve(covariance, value) / 2)


@pytest.mark.parametrize("vcov", ["CR2", "CR3"])
@pytest.mark.parametrize("weights", [None, "people"])
@pytest.mark.parametrize("effects", [("word", "score"), ("state", "part", "word")])
def test_effects_that_cross_clusters_are_as_good_as_columns(
    vcov: str, weights: str | None, effects: tuple[str, ...]
) -> None:
    frame = made(120).assign(part=lambda rows: 100 * rows["state"] + (rows.index % 24 >= 12))
    options = {"vcov": vcov, "cluster": "state", "weights": weights}
    absorbed = fit(f"y ~ d2 + x | {' + '.join(effects)}", frame.assign(d2=frame["z"]), **options)
    columns = [f"C({name})" for name in effects if name not in ("state", "part")]
    nested = [name for name in effects if name in ("state", "part")][-1:]
    right = " + ".join(["d2", "x", *columns]) + (f" | {nested[0]}" if nested else "")
    dummies = fit(f"y ~ {right}", frame.assign(d2=frame["z"]), **options)
    for one in ("estimate", "std_error"):
        assert absorbed.row[one] == pytest.approx(dummies.row[one], rel=1e-8)


def test_levels_of_a_category_stand_beside_their_reference() -> None:
    fitted = fit("y ~ C(score) + x", FRAME, vcov="CR1", cluster="state")
    levels = read_levels(fitted)
    assert levels.reference == "0"
    assert levels.table["level"].tolist() == ["0", "1", "2"]
    assert levels.table["n_obs"].tolist() == FRAME["score"].value_counts().sort_index().tolist()
    assert levels.table["estimate"].tolist() == [
        0.0, fitted.params["score[1]"], fitted.params["score[2]"],
    ]  # fmt: skip


def test_whole_numbers_that_are_floats_are_levels_without_a_point() -> None:
    frame = FRAME.assign(score=FRAME["score"] / 2)
    fitted = fit("y ~ C(score)", frame)
    assert list(fitted.params.index) == ["(Intercept)", "score[0.5]", "score[1]"]
    assert fitted.params["score[1]"] == pytest.approx(
        frame.groupby("score")["y"].mean()[1.0] - frame.groupby("score")["y"].mean()[0.0]
    )


def test_rows_that_are_clusters_of_their_own_differ_by_the_factors_alone() -> None:
    """CR1 counts silent rows as clusters, since the logit of reporting has them."""
    frame = made(300).assign(reported=lambda rows: (rows["share"] > 0.4).astype(int))
    spec = ModelSpec("y", "d", ("x",), vcov="HC1")
    own = replace(spec, vcov="CR1", cluster="place")
    plain, alone = (
        models.fit_reporters(one, frame, "reported", ["x", "z"], cap=1) for one in (spec, own)
    )
    assert plain.row["estimate"] == pytest.approx(alone.row["estimate"])
    n, silent = plain.n_obs, 300 - plain.n_obs
    assert silent > 0
    factors = np.sqrt(n / (n - 1) / (300 / 299))
    assert plain.row["std_error"] == pytest.approx(factors * alone.row["std_error"])


def test_a_group_that_is_all_that_was_treated_leaves_a_note_in_place_of_an_estimate() -> None:
    frame = FRAME.assign(d=FRAME["word"].eq("a").astype(int))
    table = models.leave_out("y ~ d + x", frame, "word", vcov="HC1").set_index("group")
    assert set(table.index) == {"a", "b", "c"}, "no two are left out of three"
    assert "d" in table.loc["a", "note"] and pd.isna(table.loc["a", "estimate"])
    without = fit("y ~ d + x", frame[frame["word"] != "b"], vcov="HC1").row["estimate"]
    assert table.loc["b", "estimate"] == pytest.approx(without)


def test_a_confounder_that_would_explain_more_than_all_has_no_figures() -> None:
    strong = FRAME.assign(x=FRAME["d"] + 0.1 * FRAME["z"])
    table = models.benchmark_confounders(
        ModelSpec("y", "d", ("x",)), strong, ["x"], multiples=(0.001, 1, 2)
    )
    assert table["r2_treatment"].isna().tolist() == [False, True, True]
    assert table["adjusted_estimate"].isna().tolist() == [False, True, True]


def test_a_moderator_of_zeros_and_ones_is_told_at_both() -> None:
    points = points_of(FRAME, "d")
    assert points["place"].tolist() == ["no", "yes"]
    assert points["value"].tolist() == points["at"].tolist() == [0, 1]


def test_a_family_without_designs_has_no_rows_and_one_without_clusters_adds_up_rows() -> None:
    assert models.adjust_family({}, FRAME).empty
    plain = models.adjust_family({"a": "y ~ d", "b": "x ~ d"}, FRAME, vcov="HC1")
    own = [fit(f"{name} ~ d", FRAME, vcov="HC1").row["p_value"] for name in ("y", "x")]
    assert plain["p_value"].tolist() == pytest.approx(own)
    assert (plain["p_value_romano_wolf"] >= plain["p_value"]).all()
