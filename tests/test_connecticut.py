"""Tracts of Connecticut: codes of both lists, and what the real file says of their overlap."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis.clean.vintages import load_vintages
from coopanalysis.sources import READERS

HEADER = (
    "\ufefftract_fips_2020,Tract_fips_2022,town_name,county_name,county_fips_2020,"
    "ce_name_2022,ce_fips_2022"
)


def test_codes_must_lie_in_each_other(tmp_path: Path) -> None:
    lines = [
        HEADER,
        "09009000100,09140000100,Alder,Old,09009,New,09140",
        "09009000200,09140000200,Alder,Old,909,New,09140",
        "09007000300,09140000300,Alder,Old,09009,New,09140",
        "0900900040,09140000400,Alder,Old,09009,New,09140",
        "09009000500,09140000500,Alder,Old,09009,New,19140",
        "09009000100,09140000600,Alder,Old,09009,New,09140",
    ]
    file = tmp_path / "tracts.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    reading = READERS["connecticut-tracts"](file)
    assert reading.frame["tract_fips_2020"].tolist() == ["09009000100"]
    assert reading.rejects.set_index("row")["reason"].to_dict() == {
        3: "not a county code: county_fips_2020",
        4: "not a tract code of its county: tract_fips_2020",
        5: "not a tract code of its county: tract_fips_2020",
        6: "not a county code: ce_fips_2022",
        7: "key repeats an earlier row: tract_fips_2020",
    }


@pytest.mark.mirror
def test_real_tracts_overlap_as_the_changes_say(mirror: Path) -> None:
    reading = READERS["connecticut-tracts"](next((mirror / "ct-tract-crosswalk-2022").iterdir()))
    frame = reading.frame
    assert (reading.rows_in, reading.rows_rejected) == (879, 0)
    pairs = frame[["county_fips_2020", "county_fips_2022"]].drop_duplicates()
    old, new = pairs["county_fips_2020"], pairs["county_fips_2022"]
    assert (old.nunique(), new.nunique()) == (8, 9)
    assert ((new == "09140").sum(), (old == "09003").sum()) == (4, 3)
    changes = load_vintages().changes
    declared = changes[changes["change_id"] == "connecticut-2022"]
    assert set(zip(old, new, strict=True)) == set(
        zip(declared["old_fips"], declared["new_fips"], strict=True)
    )
