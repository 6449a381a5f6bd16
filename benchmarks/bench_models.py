"""How fast the models are beside the libraries of requirements-bench.in, in one process.

Run it with OPENBLAS_NUM_THREADS=1 for figures that do not depend on the machine's idle cores.
Each line prints the median of several runs, ours and theirs, the ratio, and the floor it has to
meet; a floor that is missed ends in exit status 1. Loops over hundreds of fits are timed on some
of them and scaled. Each comparison first makes sure that both sides answer the same.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import shapely
from ratios import say_ratio

from coopanalysis.models import (
    ModelSpec,
    find_neighbours,
    fit,
    fit_spatial,
    specification_curve,
    wild_cluster_bootstrap,
)
from coopanalysis.models.linear.absorb import Absorber

N_COUNTIES, N_YEARS, N_STATES = 3_143, 17, 50
COVARIATES = [f"x{k}" for k in range(13)]
FIVE = COVARIATES[:5]
CR1 = {"fixed_effects": ("county", "year"), "vcov": "CR1", "cluster": "state"}


def simulate_panel(share: float = 1.0) -> pd.DataFrame:
    """Counties by years with effects of both and a shock that states have in common."""
    random = np.random.default_rng(20160)
    state = np.sort(random.integers(0, N_STATES, N_COUNTIES))
    county, year = np.divmod(np.arange(N_COUNTIES * N_YEARS), N_YEARS)
    frame = pd.DataFrame({"state": state[county], "county": county, "year": year})
    for name in COVARIATES:
        frame[name] = random.normal(size=len(frame)) + 0.3 * random.normal(size=N_COUNTIES)[county]
    shock = random.normal(size=(N_STATES, N_YEARS))[frame["state"], year]
    frame["y"] = 0.1 * frame["x0"] + frame["x1"] + shock + random.normal(size=len(frame))
    return frame[random.random(len(frame)) < share].reset_index(drop=True)


def median_time(work: Callable[[], object], runs: int = 7) -> float:
    """Median seconds of several runs, after one that does not count."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


class Report:
    """Prints comparisons and remembers whether a floor was missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def faster(self, name: str, ours: float, theirs: float, *, times: float) -> None:
        """Print a comparison in which ours has to be so many times as fast."""
        self._print(name, ours, theirs)
        if not say_ratio(f"{name}: theirs / ours", theirs / ours, at_least=times):
            self.missed.append(name)

    def share(self, name: str, ours: float, theirs: float, *, most: float) -> None:
        """Print a comparison in which ours may take at most a share of their time."""
        self._print(name, ours, theirs)
        if not say_ratio(f"{name}: ours / theirs", ours / theirs, at_most=most):
            self.missed.append(name)

    def _print(self, name: str, ours: float, theirs: float) -> None:
        print(f"{name:58} {ours:10.4f} s {theirs:10.3f} s")


def two_way_effects(report: Report) -> None:
    """One fit with county and year effects, clustered by state."""
    import pyfixest  # noqa: PLC0415

    spec = ModelSpec("y", "x0", controls=tuple(FIVE[1:]), **CR1)
    formula = f"y ~ {' + '.join(FIVE)} | county + year"
    for name, share in (("balanced", 1.0), ("unbalanced", 0.9)):
        frame = simulate_panel(share)

        def theirs(frame: pd.DataFrame = frame) -> object:
            return pyfixest.feols(formula, frame, vcov={"CRV1": "state"})

        assert np.isclose(theirs().coef()["x0"], fit(spec, frame).params["x0"], rtol=1e-6)
        report.share(
            f"two-way effects, {name}, against pyfixest",
            median_time(lambda frame=frame: fit(spec, frame)),
            median_time(theirs),
            most=0.35,
        )


def thousand_specifications(report: Report) -> None:
    """A thousand sets of controls."""
    import pyfixest  # noqa: PLC0415
    import statsmodels.formula.api as smf  # noqa: PLC0415

    frame = simulate_panel()
    sets = [each for size in range(3, 6) for each in combinations(COVARIATES[1:], size)][:1000]
    specs = [ModelSpec("y", "x0", controls=each, **CR1) for each in sets]
    ours = median_time(lambda: specification_curve(specs, frame), runs=3)
    tracemalloc.start()
    specification_curve(specs[:100], frame)
    few = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    specification_curve(specs, frame)
    many = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"{'1,000 specifications, peak memory':58} {many / 2**20:8.0f} MiB (100: {few / 2**20:.0f})"
    )

    columns = ["y", *COVARIATES]
    codes = [frame["county"].to_numpy(), frame["year"].to_numpy()]
    flat = pd.DataFrame(Absorber(codes).residualize(frame[columns].to_numpy()), columns=columns)
    some = sets[-1:-1001:-50]

    def one_by_one() -> None:
        for each in some:
            smf.ols(f"y ~ x0 + {' + '.join(each)} - 1", flat).fit(
                cov_type="cluster", cov_kwds={"groups": frame["state"]}
            )

    scale = len(sets) / len(some)
    report.faster(
        "1,000 specifications, against statsmodels formulas",
        ours,
        scale * median_time(one_by_one, runs=1),
        times=200,
    )
    steps = ", ".join(" + ".join(each) for each in some)

    def multiple() -> object:
        formula = f"y ~ x0 + sw({steps}) | county + year"
        return pyfixest.feols(formula, frame, vcov={"CRV1": "state"})

    report.faster(
        "1,000 specifications, against pyfixest's multiple estimation",
        ours,
        scale * median_time(multiple, runs=1),
        times=200,
    )


def wild_bootstrap(report: Report) -> None:
    """999 draws over 50 states."""
    import pyfixest  # noqa: PLC0415

    frame = simulate_panel()
    spec = ModelSpec("y", "x0", controls=tuple(FIVE[1:]), **CR1)
    ours = median_time(lambda: wild_cluster_bootstrap(spec, frame, n_draws=999))
    codes = [frame["county"].to_numpy(), frame["year"].to_numpy()]
    columns = ["y", *FIVE]
    flat = pd.DataFrame(Absorber(codes).residualize(frame[columns].to_numpy()), columns=columns)
    model = pyfixest.feols(
        f"y ~ {' + '.join(FIVE)} - 1", flat.assign(state=frame["state"]), vcov={"CRV1": "state"}
    )
    theirs = median_time(
        lambda: model.wildboottest(param="x0", reps=999, cluster="state", seed=1), runs=3
    )
    report.faster("wild cluster bootstrap, 999 draws, against pyfixest", ours, theirs, times=15)


def bias_reduced(report: Report) -> None:
    """CR2 against CR1, both ours."""
    frame = simulate_panel()
    spec = ModelSpec("y", "x0", controls=tuple(FIVE[1:]), **CR1)
    slow = ModelSpec("y", "x0", controls=tuple(FIVE[1:]), **{**CR1, "vcov": "CR2"})
    report.share(
        "CR2 with degrees of freedom, against CR1",
        median_time(lambda: fit(slow, frame)),
        median_time(lambda: fit(spec, frame)),
        most=3.0,
    )


def spatial_lag(report: Report) -> None:
    """A second lag model on the same weights, 3,143 places."""
    import spreg  # noqa: PLC0415

    columns = 56
    place = np.arange(N_COUNTIES)
    boxes = [
        shapely.box(c, r, c + 1, r + 1) for r, c in zip(*np.divmod(place, columns), strict=True)
    ]
    near = find_neighbours(boxes, place)
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(N_COUNTIES, 6)), columns=[f"x{k}" for k in range(6)])
    signal = frame.sum(axis=1) * 0.3 + random.normal(size=N_COUNTIES)
    frame["y"] = signal + 0.4 * (near.weights @ signal)
    spec = ModelSpec("y", "x0", controls=tuple(f"x{k}" for k in range(1, 6)), vcov="iid")
    start = time.perf_counter()
    estimates = fit_spatial(spec, frame, near)
    print(f"{'first spatial lag (eigenvalues)':58} {time.perf_counter() - start:10.4f} s")
    ours = median_time(lambda: fit_spatial(spec, frame, near))
    weights = _as_w(near.matrix)
    x = frame[[f"x{k}" for k in range(6)]].to_numpy()
    y = frame[["y"]].to_numpy()
    start = time.perf_counter()
    model = spreg.ML_Lag(y, x, w=weights, method="ord")
    theirs = time.perf_counter() - start
    assert np.isclose(model.rho, estimates.params["rho (spatial lag)"], atol=1e-5)
    report.faster("second spatial lag, against spreg", ours, theirs, times=1000)


def _as_w(matrix: object) -> object:
    import libpysal  # noqa: PLC0415
    from scipy import sparse  # noqa: PLC0415

    weights = libpysal.weights.WSP(sparse.csr_matrix(matrix)).to_W(silence_warnings=True)
    weights.transform = "r"
    return weights


def main() -> int:
    """Run all comparisons; 1 if a floor was missed."""
    warnings.simplefilter("ignore")
    report = Report()
    for compare in (
        two_way_effects,
        bias_reduced,
        wild_bootstrap,
        thousand_specifications,
        spatial_lag,
    ):
        try:
            compare(report)
        except ImportError as error:
            missing = f"{error.name} is not installed (requirements-bench.in)"
            print(f"{compare.__name__}: left out, {missing}")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
