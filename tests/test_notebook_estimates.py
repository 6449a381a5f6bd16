"""What each main estimate rests on stands on its page and in its notebook, in readable words."""

from __future__ import annotations

from html import escape

import nbformat
import pytest

from coopanalysis.display.words import covariate_names, error_words
from coopanalysis.models import Estimates
from coopanalysis.panel import load_release
from coopanalysis.paths import notebooks_dir
from coopanalysis.reports.render import NOTEBOOK_ONLY
from notebook_cells import run_cells, texts_of

ANALYSES = ("20_demographics", "30_crime_reporting", "50_robustness")


@pytest.mark.slow
@pytest.mark.parametrize("name", ANALYSES)
def test_formula_covariates_errors_and_rows_of_the_main_estimate_are_shown(name: str) -> None:
    notebook = nbformat.read(notebooks_dir() / f"{name}.ipynb", as_version=4)
    cells = [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and NOTEBOOK_ONLY not in cell.metadata.get("tags", [])
    ]
    names, shown = run_cells(cells)
    main, data = names["main"], load_release("demo")
    assert isinstance(main, Estimates)
    page = texts_of(shown)
    assert escape(main.spec.formula) in page
    for covariate in covariate_names(main.spec, data):
        assert covariate in page
    assert error_words(main.spec, data) in page
    assert f"{main.n_obs:,} of {main.n_rows:,}" in page
    for count in main.left_out.values():
        assert f"{count:,}" in page

    code = "\n".join(cells)
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
