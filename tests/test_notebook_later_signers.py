"""Counties that signed after the rates are in no number of the crime report but their own."""

from __future__ import annotations

import pytest

from coopanalysis.display import Output
from coopanalysis.paths import notebooks_dir
from coopanalysis.reports.render import NOTEBOOK_ONLY
from notebook_cells import run_cells
from test_notebooks import code_cells, tags

LOAD = "counties = data.counties(year)"
CHANGED = f"""{LOAD}
signed = counties["agreement_signed_date"]
later = (counties["agreement_latest_list"] == 1) & ~(signed <= f"{{year - 1}}-12-31")
counties.loc[later, ["person_offenses_per_100k", "property_offenses_per_100k"]] = 20_000.0 + year
counties.loc[later, ["reporting_quality", "most_agencies_reported"]] = 1.0
counties.loc[later, "reporting_status"] = "all agencies reported"
"""


@pytest.mark.slow
def test_rates_and_reports_of_later_signers_change_their_own_section_alone() -> None:
    cells = [
        cell.source.replace('policy: str = "main"', 'policy: str = "agreement_latest_list"')
        for cell in code_cells(notebooks_dir() / "30_crime_reporting.ipynb")
        if NOTEBOOK_ONLY not in tags(cell)
    ]
    assert sum(source.count(LOAD) for source in cells) == 1
    names, shown = run_cells(cells)
    after, changed = run_cells([source.replace(LOAD, CHANGED) for source in cells])
    assert after["later"].name == names["later"].name
    texts = [[one.text for one in each if isinstance(one, Output)] for each in (shown, changed)]
    other = [pair for pair in zip(*texts, strict=True) if pair[0] != pair[1]]
    assert len(other) == 2  # the table of who signed when, and the list of models
    for pair in other:
        lines = [line.split() for one in pair for line in one.splitlines() if "Before" in line]
        assert all("After 2023" in one or "Signed after 2023" in one for one in pair)
        assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]
    assert 0 < names["main"].n_rows < len(names["listed"])
    floor, rate = (names["counties"][one].notna().sum() for one in ("floor", names["outcome"]))
    assert floor > rate  # rates of poor reports are floors in the bounds
