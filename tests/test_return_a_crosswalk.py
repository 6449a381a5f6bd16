"""Counties of Return A, held against a crosswalk of agencies made by others, and residents of 2012.

The crosswalk knows one county an agency, by its address; Return A's county numbers say where it
polices. What is counted here stands in docs/methods.md.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.panel import Panel
from coopanalysis.paths import project_root

pytestmark = [pytest.mark.mirror, pytest.mark.slow]
PAGE = (project_root() / "docs" / "methods.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def crosswalk(mirror: Path) -> pd.Series:
    """County of each agency by identifier, without the few cells that are no code."""
    rdata = pytest.importorskip("rdata", reason="reads R's files: `make test` installs it")
    frame = rdata.read_rds(mirror / "leaic-2012-crosswalk" / "crosswalk.rds")
    assert len(frame) == 23_916 and not frame["ori"].duplicated().any()
    codes = frame.set_index("ori")["fips_state_county_code"].astype("str")
    return codes[codes.str.fullmatch(r"\d{5}").astype(bool)]


@pytest.fixture(scope="module")
def parts(public_release: Panel) -> pd.DataFrame:
    table = public_release.agency_year
    return table[table["year"] == 2013]


@pytest.fixture(scope="module")
def agencies(parts: pd.DataFrame, crosswalk: pd.Series) -> pd.DataFrame:
    """Agencies with the county of their largest part, and that of the crosswalk."""
    largest = parts.sort_values("county_part_share", ascending=False, kind="stable")
    main = largest.drop_duplicates("ori7").set_index("ori7")
    main = main.assign(theirs=main.index.to_series().map(crosswalk))
    residents = parts.groupby("ori7")["population_covered"].sum()
    return main.assign(residents=residents, parts=parts.groupby("ori7").size())


def stated(number: int) -> None:
    """Hold the paragraph on the counties of Return A to a count, as a word of its own."""
    paragraph = PAGE.partition("**Counties of Return A.**")[2].partition("\n\n")[0]
    assert re.search(rf"(?<![\d,]){number:,}(?![\d,]\d)", paragraph), f"not stated: {number:,}"


def test_who_moves_and_why(agencies: pd.DataFrame, parts: pd.DataFrame) -> None:
    ours, theirs = agencies["county_fips"], agencies["theirs"]
    both = ours.notna() & theirs.notna()
    differ = agencies[both & (ours != theirs)]
    only_ours, only_theirs = (ours.notna() & theirs.isna()), (ours.isna() & theirs.notna())
    for number in (len(agencies), both.sum() - len(differ), len(differ), only_ours.sum(),
                   only_theirs.sum()):  # fmt: skip
        stated(int(number))
    assert len(differ) <= 0.005 * both.sum()
    whole = agencies["residents"].sum()
    assert differ["residents"].sum() < 0.002 * whole
    assert agencies.loc[only_theirs, "residents"].sum() < 0.003 * whole
    here = parts.merge(differ["theirs"], left_on="ori7", right_index=True, validate="m:1")
    another = here.loc[here["county_fips"] == here["theirs"], "ori7"].nunique()
    none = differ[(differ["parts"] == 1) & (differ["residents"] == 0)]
    rest = differ[(differ["parts"] == 1) & (differ["residents"] > 0)]
    assert another + len(none) + len(rest) == len(differ)
    silent = (agencies.loc[only_theirs, "residents"] == 0).sum()
    for number in (another, len(none), len(rest), silent):
        stated(int(number))


def test_our_counties_fit_the_residents_of_2012_no_worse(
    agencies: pd.DataFrame, parts: pd.DataFrame, mirror: Path
) -> None:
    file = mirror / "ucr-county-2012" / "crime_data_w_population_and_crime_rate.csv"
    county = pd.read_csv(file, dtype={"FIPS_ST": "str", "FIPS_CTY": "str"})
    code = county["FIPS_ST"].str.zfill(2) + county["FIPS_CTY"].str.zfill(3)
    residents = county["population"].set_axis(code).astype("float64")
    sums = {
        "ours": parts.groupby("county_fips")["population_covered"].sum(),
        "theirs": agencies.groupby("theirs")["residents"].sum(),
    }
    near = {
        name: int(((served.reindex(residents.index) / residents - 1).abs() < 0.05).sum())
        for name, served in sums.items()
    }
    assert near["ours"] >= near["theirs"]
    assert near["ours"] > 0.8 * len(residents)
    for number in (*near.values(), len(residents)):
        stated(number)
