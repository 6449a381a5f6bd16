"""The Data Package of a build: accepted by an outside program, true to the files, repeatable."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from coopanalysis.catalog.tables import PROCESSED_TABLES
from coopanalysis.panel import Panel, build_release, check_release_data
from coopanalysis.panel.datapackage import package_text
from coopanalysis.panel.record import DATAPACKAGE_FILE
from coopanalysis.paths import HOME_VARIABLE, processed_dir
from coopanalysis.sources.identity import sha256_of
from release_samples import ROWS

SAMPLE_ROWS = 1_000


@pytest.fixture
def built(built_copy: Callable[..., Path]) -> Path:
    """Processed folder of a small fictional release."""
    built_copy(rubric=True)
    return processed_dir("demo")


def described(folder: Path) -> dict[str, Any]:
    return json.loads((folder / DATAPACKAGE_FILE).read_text(encoding="utf-8"))


class TurnedOnce:
    """A row whose dict is made once."""

    def __init__(self, row: pd.Series) -> None:
        self.cells = row.to_dict()

    def to_dict(self) -> dict[Any, Any]:
        return self.cells


def rows_turned_once(iterrows: Callable[..., Any]) -> Callable[..., Any]:
    """Frictionless asks a row for its dict once per cell: nine tenths of its time."""
    return lambda frame: ((label, TurnedOnce(row)) for label, row in iterrows(frame))


def complaints(folder: Path) -> list[str]:
    """What `frictionless validate` says against a folder."""
    frictionless = pytest.importorskip("frictionless", reason="frictionless is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pd.DataFrame, "iterrows", rows_turned_once(pd.DataFrame.iterrows))
        report = frictionless.validate(str(folder / DATAPACKAGE_FILE))
    return [
        f"{place}: {message}" for place, message in report.flatten(["place", "message"])
    ] + report.warnings


def test_frictionless_accepts_it(built: Path) -> None:
    assert complaints(built) == []


@pytest.mark.slow
def test_frictionless_sees_a_value_that_breaks_the_declaration(built: Path) -> None:
    file = built / "county.parquet"
    county = pd.read_parquet(file)
    county.assign(poverty_pct=101.0).to_parquet(file, index=False)
    assert len(complaints(built)) == len(county)
    county.assign(county_fips="01001").to_parquet(file, index=False)
    assert any("primary key" in line for line in complaints(built))


def test_one_resource_for_each_table_true_to_its_file(built: Path) -> None:
    package = described(built)
    resources = {resource["path"]: resource for resource in package["resources"]}
    assert set(resources) == {file.name for file in built.glob("*.parquet")}
    for name, resource in resources.items():
        file = pq.read_metadata(built / name)
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == file.schema.names
        assert resource["rows"] == file.num_rows
        assert resource["hash"] == f"sha256:{sha256_of(built / name)}"
        assert resource["file_bytes"] == (built / name).stat().st_size
        assert resource["schema"]["primaryKey"] == list(PROCESSED_TABLES[resource["name"]].key)
        assert all(field["unit"] and field["description"] and field["source"] for field in fields)


def test_constraints_and_units_are_those_of_the_declaration(built: Path) -> None:
    resources = {resource["name"]: resource for resource in described(built)["resources"]}
    fields = {field["name"]: field for field in resources["county"]["schema"]["fields"]}
    assert fields["county_fips"]["constraints"] == {"required": True, "pattern": r"^\d{5}$"}
    assert fields["poverty_pct"]["constraints"] == {"minimum": 0, "maximum": 100}
    assert fields["poverty_pct"]["unit"] == "percent, 0 to 100"
    assert fields["agreement_287g"]["constraints"] == {"enum": [0, 1]}
    assert fields["agreement_signed_date"]["type"] == "date"
    assert "constraints" not in fields["agreement_signed_date"]


def test_sources_and_licences_are_those_of_the_raw_files(built: Path) -> None:
    package = described(built)
    assert {source["id"] for source in package["sources"]} == {*ROWS, "rubric"}
    assert package["licenses"] == [{"name": "MIT", "title": "MIT"}]
    resources = {resource["name"]: resource for resource in package["resources"]}
    lists = [source["id"] for source in resources["agreements"]["sources"]]
    assert {"list-2030", "list-2031", "pending-2031"} <= set(lists)
    assert "crime" not in lists
    assert len(resources["rejects"]["sources"]) == len(package["sources"])
    assert "fictional" in package["description"]


def test_the_licence_of_a_real_file_is_not_guessed() -> None:
    entry = {
        "id": "a",
        "layout": "acs-wide",
        "path": "a.csv",
        "title": "t",
        "publisher": "p",
        "vintage": "2017",
        "url": "https://example.org/a.csv",
        "sha256": "0",
        "bytes": 1,
        "rows_in": 1,
    }
    texts = ("unstated (the repository has no licence file)", "US government work", "MIT")
    inputs = [{**entry, "licence": text} for text in texts]
    record = {"release": "public", "package_version": "1", "inputs": inputs}
    package = json.loads(package_text(record, []))
    assert [licence["name"] for licence in package["licenses"]] == [
        "notspecified",
        "other-pd",
        "MIT",
    ]
    assert package["licenses"][0]["title"] == texts[0]
    assert package["sources"][0]["path"] == "https://example.org/a.csv"
    assert "fictional" not in package["description"]


@pytest.mark.slow
def test_the_same_build_gives_the_same_bytes(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(
        tmp_path / "home", tmp_path / "other", ignore=shutil.ignore_patterns("processed")
    )
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "other"))
    assert not build_release("demo").was_current
    other = processed_dir("demo")
    for file in built.iterdir():
        assert file.read_bytes() == (other / file.name).read_bytes(), file.name


@pytest.mark.slow
def test_it_belongs_to_the_build(built: Path) -> None:
    file = built / DATAPACKAGE_FILE
    assert build_release("demo").was_current
    file.unlink()
    assert not build_release("demo").was_current
    assert file.is_file()
    file.write_text(file.read_text().replace("percent", "per cent"))
    assert any(DATAPACKAGE_FILE in line for line in check_release_data("demo"))


@pytest.mark.slow
def test_frictionless_accepts_rows_from_all_over_demo(demo: Panel, tmp_path: Path) -> None:
    """It takes microseconds a cell; each build holds every row to the same declarations."""
    folder = processed_dir(demo.release)
    outputs = []
    for output in demo.build["outputs"]:
        file = tmp_path / output["file"]
        table = pd.read_parquet(folder / output["file"])
        sample = table.iloc[:: len(table) // SAMPLE_ROWS + 1]
        sample.to_parquet(file, index=False)
        outputs.append({**output, "rows": len(sample), "bytes": file.stat().st_size})
    text = package_text(demo.build, outputs)
    (tmp_path / DATAPACKAGE_FILE).write_text(text, encoding="utf-8")
    assert complaints(tmp_path) == []
