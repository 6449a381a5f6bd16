"""Laws and local actions in a table: every one with its source, days as seen from a day."""

from __future__ import annotations

from html import unescape

import pandas as pd
import pytest

from coopanalysis.display import show_laws
from coopanalysis.display.states import describe_dates
from coopanalysis.panel import StateLaws, load_laws

DAY = "2026-06-01"


@pytest.fixture(scope="module")
def data() -> StateLaws:
    return load_laws()


def test_every_law_is_listed_with_citation_dates_kind_confidence_and_source(data):
    html = unescape(show_laws(data.laws, DAY, caption="Laws", source="S.").html)
    assert html.count("</tr>") == len(data.laws) + 1
    for _, law in data.laws.iterrows():
        assert law["name"] in html
        assert law["source"].rstrip(".") in html
        assert pd.isna(law["citation"]) or law["citation"] in html
    assert html.count("to verify</td>") == data.laws["confidence"].eq("verify").sum()
    addresses = data.laws["source_url"].dropna().str.split("; ").explode()
    assert all(f'href="{one}"' in html for one in addresses)
    assert html.count("no document found") == data.laws["source_url"].isna().sum()


def test_local_actions_name_their_place_and_a_citation_only_if_there_is_one(data):
    html = unescape(show_laws(data.actions, DAY, caption="Actions", source="S.").html)
    assert html.count("</tr>") == len(data.actions) + 1
    for place in ("Harrisburg, PA", "Escondido, CA", "Alameda County, CA", "Pima County, AZ"):
        assert place in html
    assert "No citation known" not in html


def test_the_state_is_a_column_only_where_there_are_several(data):
    several = show_laws(data.laws, DAY, caption="Laws", source="S.").html
    one = show_laws(data.laws[data.laws["state"] == "Texas"], DAY, caption="Laws", source="S.").html
    assert ">State</th>" in several
    assert ">State</th>" not in one


def test_a_law_of_the_future_without_a_date_or_ended_says_so():
    laws = pd.DataFrame(
        {
            "effective_date": pd.to_datetime(["2014-01-01", None, "2010-01-01"]),
            "ended_date": pd.to_datetime([None, None, "2012-01-01"]),
        }
    )
    assert describe_dates(laws, "2013-06-01") == [
        "not yet, from 1 January 2014",
        "day not known",
        "from 1 January 2010 until 1 January 2012",
    ]
