"""A small project with one sample notebook: fictional counties, made-up numbers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import nbformat

PARAMETERS = """release: str = "demo"  # which release to read
policy: str = "holds_on_detainer"  # one of the practices
state_fips: str = ""  # one state; empty for all
seed: int = 7  # of the made-up numbers
weighted: bool = False  # weight by residents
weight: float = 1.0  # of each of them
"""

SETUP = """import numpy as np
import pandas as pd
import shapely

from coopanalysis.display import claims, figures, maps, page, sentences, tables
from coopanalysis.vocabulary import PRACTICES"""

DATA = '''rng = np.random.default_rng(seed)
cells = [(s, i, j) for s in range(12) for i in range(8) for j in range(8)]
counties = pd.DataFrame(cells, columns=["state", "i", "j"])
counties["state_fips"] = (counties["state"] + 60).astype("str")
order = counties.groupby("state").cumcount() + 1
counties["county_fips"] = counties["state_fips"] + order.astype("str").str.zfill(3)
west = counties["state"] % 4 * 8 + counties["i"]
south = counties["state"] // 4 * 8 + counties["j"]
counties["geometry"] = shapely.box(west, south, west + 1, south + 1)
for number, practice in enumerate(PRACTICES):
    counties[practice.name] = pd.array(
        rng.random(len(counties)) < 0.2 + 0.1 * number, dtype="Int8"
    )
noise = rng.normal(0, 220, len(counties))
counties["rate_per_100k"] = 900.0 + 60.0 * counties[policy].astype("float64") + noise
counties.loc[rng.random(len(counties)) < 0.12, "rate_per_100k"] = np.nan
labels = {practice.name: practice.label for practice in PRACTICES}
source = "Fictional rubric and crime file. Data as of 15 July 2025. Simulated data."'''

MAP = """known = counties.set_index("county_fips")["rate_per_100k"]
drawn = maps.plot_county_map(
    counties, known, "classes", legend_title="Offences per 100,000 residents"
)
missing = sentences.describe_share(known.isna().sum(), len(known))
finding = f"No rate is known in {missing}"
extent = sentences.describe_range(known)
alt = sentences.describe_chart(
    "County map", x="counties of twelve fictional states", y="offences per 100,000 residents",
    extent=extent, reading=f"{missing} are hatched, for they have no rate",
)
plotted = known.rename_axis("county_fips").reset_index()
figures.show_figure(
    drawn.figure, finding=finding, subtitle="Reported offences per 100,000 residents, by county",
    alt=alt, note="Hatched counties reported nothing; that is not zero.", source=source,
    data=plotted, legend=drawn.legend, wide=True,
)"""

ESTIMATE = """rows = []
for name in labels:
    groups = [counties.loc[counties[name] == flag, "rate_per_100k"].dropna() for flag in (1, 0)]
    gap = groups[0].mean() - groups[1].mean()
    error = np.hypot(*(group.sem() for group in groups))
    rows.append({"term": name, "estimate": gap, "conf_low": gap - 1.96 * error,
                 "conf_high": gap + 1.96 * error, "p_value": 0.0123456,
                 "n_obs": sum(map(len, groups)), "n_clusters": 12})
estimates = pd.DataFrame(rows)
row = estimates.set_index("term").loc[policy]
sentence = claims.describe_estimate(
    row, "offences per 100,000 residents", subject="Counties with the practice",
    comparison="counties without it", verb="report",
)"""

COEFFICIENTS = """reading = claims.describe_count_signs(estimates)
figures.show_figure(
    figures.plot_coefficients(estimates, labels, x_label="Offences per 100,000 residents"),
    finding=reading, subtitle="Difference between counties with and without each practice",
    alt=sentences.describe_chart(
        "Coefficient plot", x="difference in offences per 100,000 residents",
        y="the practices", extent=sentences.describe_range(estimates["estimate"]),
        reading=reading,
    ),
    note="Thin lines: 95% interval; thick lines: 80%.", source=source, data=estimates,
)"""

TABLE = """tables.show_table(
    estimates.assign(practice=estimates["term"].map(labels)), caption="Difference by practice",
    source=source,
    columns={
        "practice": "Practice",
        "estimate": tables.ColumnFormat("Estimate", "per 100,000"),
        "conf_low": tables.ColumnFormat("95% from", "per 100,000"),
        "conf_high": tables.ColumnFormat("95% to", "per 100,000"),
        "p_value": "p", "n_obs": "Observations", "n_clusters": "Clusters",
    },
)"""

HEADLINE = """page.show_headline(
    sentence, unit="offences per 100,000 residents", comparison="counties without the practice",
    interval=(row["conf_low"], row["conf_high"]), n=int(row["n_obs"]), design="association",
)"""

LIMITS = """page.show_limits([
    f"No rate is known in {missing}; they are left out, not counted as zero.",
    "Whether victims call the police is not observed in any of these files.",
])"""


def sample_notebook() -> nbformat.NotebookNode:
    """The notebook of the sample report."""
    prose, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [
        prose(
            "# Rates and practices\n\nDo counties with a practice report other rates? The unit "
            "is the county; the estimand is a difference of means, $\\bar y_1 - \\bar y_0$."
        ),
        code(PARAMETERS, metadata={"tags": ["parameters"]}),
        code(SETUP),
        code(DATA),
        prose(
            "## Where rates are known\n\nCoverage comes first: a county that reported nothing "
            "is not a county without crime."
        ),
        code(MAP),
        prose(
            "## Difference by practice\n\nThe model is\n\n$$y_i = \\alpha + \\beta d_i + "
            "\\varepsilon_i$$\n\nwith standard errors by state."
        ),
        code(ESTIMATE),
        code(COEFFICIENTS),
        prose("### The same as a table\n\nRead across for one practice."),
        code(TABLE),
        prose("## What stands at the top"),
        code(HEADLINE),
        code(LIMITS),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def sample_build(release: str = "demo") -> dict[str, object]:
    """A record of a build."""
    return {
        "release": release,
        "package_version": "0.1.0",
        "inputs": [
            {
                "id": f"{release}-{layout}",
                "path": f"{layout}.csv",
                "sha256": hashlib.sha256(layout.encode()).hexdigest(),
                "bytes": 1234,
                "rows_in": 768,
                "rows_kept": 766,
                "rows_rejected": 2,
                "layout": layout,
                "title": title,
                "publisher": "Fictional Bureau",
                "vintage": "2025-07-15",
                "licence": "CC0",
                "url": "",
            }
            for layout, title in (("ilrc-rubric", "County rubric"), ("urban-crime", "Crime file"))
        ],
        "agreement_lists": [
            {"source": "x", "list_date": "2025-07-15", "list_kind": "participating"}
        ],
    }


PLAN = """
[[report]]
id = "rates"
notebook = "01_rates.ipynb"
title = "Rates and practices: {policy}"
description = "How reported rates differ between counties with and without each practice."
topic = "Crime reporting"
[report.parameters]
seed = 11
[report.choices]
policy = "practices"
state_fips = ["60", "06"]

[[report]]
id = "rates-other"
notebook = "01_rates.ipynb"
title = "Rates and another practice"
topic = "Crime reporting"
releases = ["demo"]
[report.parameters]
policy = "notifies_ice"

[[report]]
id = "broken"
notebook = "02_broken.ipynb"
title = "A report with a fault"
topic = "Crime reporting"
on_demand = true
"""


def write_project(folder: Path) -> Path:
    """Write a project folder with plan, notebooks and records of two builds."""
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True)
    (notebooks / "reports.toml").write_text(PLAN, encoding="utf-8")
    whole = sample_notebook()
    nbformat.write(whole, notebooks / "01_rates.ipynb")
    broken = sample_notebook()
    broken.cells.insert(4, nbformat.v4.new_code_cell("counties['no such column']", id="fault"))
    nbformat.write(broken, notebooks / "02_broken.ipynb")
    for release in ("demo", "public"):
        processed = folder / "data" / "processed" / release
        processed.mkdir(parents=True)
        (processed / "build.json").write_text(json.dumps(sample_build(release)), encoding="utf-8")
    return folder
