"""Tables at addresses that stay, equal to those of the build; changes as JSON and as a feed."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from coopanalysis.panel import Panel, load_release
from coopanalysis.paths import processed_dir
from coopanalysis.reports.site.take_away import CHANGES, FEED, list_changes, write_take_away

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_take_away(folder, "demo")
    return folder


@pytest.fixture(scope="module")
def demo() -> Panel:
    return load_release("demo")


def test_parquet_is_that_of_the_build_and_csv_says_the_same(site: Path) -> None:
    folder = site / "data" / "demo"
    for table in ("county", "agreements", "county_year"):
        built = processed_dir("demo") / f"{table}.parquet"
        assert (folder / f"{table}.parquet").read_bytes() == built.read_bytes()
        exact = pd.read_parquet(built)
        read = pd.read_csv(folder / f"{table}.csv", dtype={"county_fips": str, "state_fips": str})
        assert list(read.columns) == list(exact.columns)
        assert len(read) == len(exact)
        assert (read["state_fips"] == exact["state_fips"]).all()
        for name in exact.select_dtypes("number"):
            pd.testing.assert_series_equal(
                read[name].astype("float64"), exact[name].astype("float64"), rtol=1e-7
            )


def test_changes_are_those_of_the_stretches(site: Path, demo: Panel) -> None:
    changes = json.loads((site / "data" / "demo" / CHANGES).read_bytes())
    spells = demo.agreement_spells
    opening = spells["first_listed"].min()
    assert (
        sum(one["change"] == "listed" for one in changes)
        == (spells["first_listed"] > opening).sum()
    )
    assert sum(one["change"] == "left" for one in changes) == (spells["status"] == "left").sum()
    assert changes == sorted(changes, key=lambda one: one["day"], reverse=True)
    assert {one["agency"] for one in changes} <= set(spells["agency"])


def test_the_feed_has_an_entry_a_day_with_an_id_that_stays(site: Path, demo: Panel) -> None:
    feed = ElementTree.fromstring((site / "data" / "demo" / FEED).read_text(encoding="utf-8"))
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    days = list_changes(demo)["day"].drop_duplicates()
    assert ids == [f"tag:coopanalysis,2026:demo/changes/{day:%Y-%m-%d}" for day in days][:20]
    for entry in [feed, *feed.iter(f"{ATOM}entry")]:
        assert all(entry.findtext(f"{ATOM}{part}") for part in ("title", "id", "updated"))


def test_the_page_lists_every_table_and_every_link_leads_to_a_file(site: Path) -> None:
    page = BeautifulSoup((site / "pages" / "data-demo.html").read_text("utf-8"), "html.parser")
    links = [str(a["href"]) for a in page.select("main a")]
    assert sum(link.endswith(".parquet") for link in links) == len(
        list(processed_dir("demo").glob("*.parquet"))
    )
    assert all((site / "pages" / link).resolve().is_file() for link in links)
