"""A column of one's own, joined in the cell that loads, is the policy of the whole notebook."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.display import Output
from coopanalysis.panel import load_release
from coopanalysis.paths import notebooks_dir
from notebook_cells import code_of, run_cells, texts_of
from test_notebook_subset import ABOUT_THE_RELEASE, estimates_in

JOIN = re.compile(r"^# (counties = data\.join\(counties, ).*  # your file$", flags=re.MULTILINE)
NAMES = {"01_tour": "practice", "20_demographics": "practice", "30_crime_reporting": "policy"}
COLUMN, WORDS = "sheriff_elected", "elect their sheriff"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file as a spreadsheet leaves it, with a county less than there are."""
    codes = load_release("demo").county["county_fips"].iloc[1:]
    elected = (codes.astype(int) % 7 < 3).map({True: "yes", False: "no"})
    path = tmp_path / "sheriffs.csv"
    pd.DataFrame({"county_fips": codes.str.lstrip("0"), COLUMN: elected}).to_csv(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_joined_column_is_the_policy_of_every_cell(name: str, file: Path) -> None:
    sources = code_of(notebooks_dir() / f"{name}.ipynb")
    parameter, main = NAMES[name], load_release("demo").policy()
    joined = rf'\1{str(file)!r}, words={{"{COLUMN}": "{WORDS}"}})'
    changed = [
        JOIN.sub(joined, one).replace(f'{parameter}: str = "main"', f'{parameter} = "{COLUMN}"')
        for one in sources
    ]
    assert sum(a != b for a, b in zip(sources, changed, strict=True)) == 2
    names, shown = run_cells(changed)

    about = [
        one
        for one in shown
        if not (isinstance(one, Output) and any(t in one.text for t in ABOUT_THE_RELEASE))
    ]
    text = texts_of(about)
    headline = next(one for one in about if isinstance(one, Output) and "Reading:" in one.text)
    assert WORDS in headline.text
    assert "by 'Sheriff elected'" in text or name == "20_demographics"
    others = text if name != "20_demographics" else headline.text
    assert main.plural not in others and main.label not in others
    if name == "30_crime_reporting":
        designs = names["results"].values()
        assert {one.spec.treatment for one in designs} == {COLUMN}
        assert f"Counties that {WORDS}: difference from" in text
        assert f"Half of the counties that {WORDS} have" in text
        own = data_sources(text)
        assert own and all(file.name in one for one in own)
    assert any(COLUMN in one.spec.formula for one in estimates_in(names))


def data_sources(text: str) -> list[str]:
    """Lines that name the sources of a figure about the policy."""
    return re.findall(r"Source: [^<]*your file[^<]*", text)
