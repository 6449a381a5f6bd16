"""What came of the recipes in a changed copy of the project: prints facts about it as JSON.

Run by `test_recipes.py` with the copy's package first on the path.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.catalog.dictionary import data_dictionary
from coopanalysis.catalog.sources import release_sources
from coopanalysis.display import sentences
from coopanalysis.display.figures.style import STATUS_COLOURS
from coopanalysis.display.maps import plot_county_map
from coopanalysis.errors import ModelError
from coopanalysis.models import fit
from coopanalysis.panel import Panel, build_release, load_release, trace_cell
from coopanalysis.reports import run_reports
from coopanalysis.reports.plan import load_plan
from coopanalysis.reports.site.shell import site_style

RELEASE = "public"


def of_the_data(data: Panel) -> dict[str, Any]:
    """Source, column, practice and alias."""
    county = data.county.set_index("county_fips")
    agreements = data.agreements
    aliased = agreements[agreements["county_match"] == "correction"]
    return {
        "beds": county["jail_beds_count"].dropna().to_dict(),
        "beds_label": data.column("jail_beds_count").label,
        "beds_traced": str(trace_cell(RELEASE, "91003", "jail_beds_count")),
        "votes_per_resident": county.loc["91003", "votes_per_resident"],
        "dictionary": data_dictionary(release_sources(RELEASE)),
        "practices": [one.name for one in data.practices],
        "practice_count": int(county["trains_staff"].sum()),
        "most_practices": int(county["cooperation_score"].max()),
        "lists": sorted(
            agreements.loc[agreements["list_kind"] == "participating", "source"].unique()
        ),
        "aliased": aliased[["county_text", "county_fips"]].to_numpy().tolist(),
    }


def of_the_models(data: Panel) -> dict[str, Any]:
    """The error type and the limit of the engine."""
    counties = data.counties().assign(rate=np.arange(10.0) ** 2)
    model = "rate ~ agreement_latest_list"
    plain = fit(model, counties, vcov="HC4")
    grouped = fit(model, counties, vcov="CR0", cluster="state_fips")
    x = np.column_stack([np.ones(10), counties["agreement_latest_list"].astype(float)])
    bread = np.linalg.inv(x.T @ x)
    residual = counties["rate"] - x @ bread @ x.T @ counties["rate"]
    lever = np.einsum("ij,jk,ik->i", x, bread, x)
    wider = residual.to_numpy() / (1 - lever) ** (np.minimum(4, lever / lever.mean()) / 2)
    sums = pd.DataFrame(x * residual.to_numpy()[:, None]).groupby(counties["state_fips"].to_numpy())
    sums = sums.sum().to_numpy()
    meats = ((x.T * wider**2) @ x, sums.T @ sums)
    by_hand = [float(np.sqrt((bread @ meat @ bread)[1, 1])) for meat in meats]
    crossing = {"vcov": "CR2", "cluster": "state_fips"}
    try:
        fit("rate ~ agreement_latest_list | practices_source", counties, **crossing)
        refused = ""
    except ModelError as error:
        refused = str(error)
    errors = [plain.row["std_error"], grouped.row["std_error"]]
    return {"errors": errors, "by_hand": by_hand, "refused": refused}


def of_the_pages(data: Panel) -> dict[str, Any]:
    """Status, report, limit of a report, and the sentence on a page."""
    statuses = pd.Series("ended", index=data.county["county_fips"])
    drawn = plot_county_map(data.boundaries, statuses, legend_title="Agreement")
    (job,) = load_plan(RELEASE, "toy")
    outcome = run_reports(RELEASE, only="toy")
    page = "" if outcome.failed else outcome.outcomes[0].job.html_path.read_text("utf-8")
    return {
        "status": [STATUS_COLOURS["ended"], drawn.legend, site_style()],
        "limit_seconds": job.limit_seconds,
        "failed": [one.error for one in outcome.failed],
        "page": page.replace(sentences.JOINER, ""),
    }


if __name__ == "__main__":
    build_release(RELEASE)
    loaded = load_release(RELEASE)
    facts = of_the_data(loaded) | of_the_models(loaded) | of_the_pages(loaded)
    Path(sys.argv[1]).write_text(json.dumps(facts, default=str), encoding="utf-8")
