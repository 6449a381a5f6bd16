"""How long the whole site of a release takes, said before it is begun."""

from __future__ import annotations

from math import ceil

from coopanalysis.display.sentences import pluralise
from coopanalysis.panel import load_release
from coopanalysis.reports.plan import load_plan
from coopanalysis.reports.resources import available_cores

CPU_SECONDS = {"report": 6.0, "state brief": 3.5, "county page": 0.45}
"""Of one page, as `make bench BENCH=site` last saw it, on the machine of benchmarks/README.md."""


def forecast(release: str, cores: int | None = None) -> str:
    """Say how many pages the site of a built release has, and about how long they take."""
    cores = cores or available_cores()
    county = load_release(release).county
    counts = {
        "report": len(load_plan(release)),
        "state brief": county["state_fips"].nunique(),
        "county page": len(county),
    }
    seconds = sum(CPU_SECONDS[page] * count for page, count in counts.items()) / cores
    *first, last = (pluralise(count, page) for page, count in counts.items())
    minutes = pluralise(ceil(seconds / 60), "minute")
    return (
        f"{release}: {', '.join(first)} and {last}: about {minutes} on "
        f"{pluralise(cores, 'core')} where none is made yet; what stands is not made again."
    )
