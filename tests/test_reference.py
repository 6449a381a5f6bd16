"""The tables of facts are read with types and provenance, and broken ones are refused."""

from __future__ import annotations

import pytest

from coopanalysis.errors import BuildError, DataError
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reference import (
    read_federal_list,
    read_published_estimates,
    read_published_figures,
    read_rulings,
    read_state_laws,
)
from coopanalysis.vocabulary import PRACTICE_NAMES


def test_published_figures_hold_every_practice_as_printed():
    figures = read_published_figures().set_index("figure_id")["value"]
    printed = {name: figures[f"ilrc-2016.{name}.with"] for name in PRACTICE_NAMES}
    assert list(printed.values()) == [25, 147, 1922, 2414, 2484, 2331, 2503]
    assert figures["ilrc-2016.counties"] == 2556
    assert (figures["ilrc-file.counties_raw"], figures["ilrc-file.counties_clean"]) == (3018, 2912)
    assert figures["ilrc-file.mean_total"] == 2.37
    assert figures["fbi-2013.murders_estimated"] - figures["return-a-2013.murders_reported"] == 82


def test_published_estimates_flag_advocacy_publishers():
    estimates = read_published_estimates()
    flagged = estimates.loc[estimates["advocacy_publisher"].eq(1), "source"]
    publishers = (
        "Center for American Progress",
        "Cato Institute",
        "Center for Immigration Studies",
    )
    assert flagged.str.contains("|".join(publishers)).all()
    assert all(flagged.str.contains(name).any() for name in publishers)
    others = estimates.loc[estimates["advocacy_publisher"].eq(0), "source"]
    assert not others.str.contains("|".join(publishers)).any()


def test_every_row_says_where_it_comes_from():
    figures = read_published_figures()
    lines = (reference_dir() / "published_figures.csv").read_text(encoding="utf-8").splitlines()
    assert figures["source_row"].tolist() == list(range(2, len(lines) + 1))
    assert figures["source_file"].eq("published_figures.csv").all()


def write(tmp_path, text):
    file = tmp_path / "published_figures.csv"
    file.write_text(text, encoding="utf-8")
    return file


HEADER = "figure_id,quantity,value,unit,year,source,locator,note\n"


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(DataError, match="expected .*'locator'"):
        read_published_figures(write(tmp_path, "figure_id,quantity,value\na,b,1\n"))


def test_a_cell_of_the_wrong_type_is_named_with_its_row(tmp_path):
    file = write(tmp_path, HEADER + "a,q,1,u,2016,s,l,\nb,q,many,u,2016,s,l,\n")
    with pytest.raises(DataError, match=r"column value .*'many' \(row 3\)"):
        read_published_figures(file)


def test_a_repeated_key_is_refused(tmp_path):
    file = write(tmp_path, HEADER + "a,q,1,u,2016,s,l,\na,q,2,u,2016,s,l,\n")
    with pytest.raises(BuildError, match="figure_id"):
        read_published_figures(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="nothing.csv: the file is missing"):
        read_published_figures(tmp_path / "nothing.csv")


LAWS = (
    "state_fips,state_abbr,state,name,citation,kind,effective_date,ended_date,practices,summary,"
    "source,source_url,confidence\n"
)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("91,AR,Ard,a,c,requires,2012-01-01,2011-01-01,asks_status,s,p,,high", "end on or before"),
        ("91,AR,Ard,a,,requires,2012-01-01,,asks_status,s,p,,high", "no effective date or no cit"),
        ("91,AR,Ard,a,c,requires,,,asks_status,s,p,,high", "no effective date or no citation"),
        ("91,AR,Ard,a,c,requires,1/2/2012,,asks_status,s,p,,high", "not a date as YYYY-MM-DD"),
    ],
)
def test_a_law_that_cannot_be_is_refused_with_its_row(tmp_path, row, problem):
    file = tmp_path / "state_laws.csv"
    file.write_text(LAWS + row + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"{problem}.*\(row 2\)"):
        read_state_laws(file)


@pytest.mark.parametrize(
    "row",
    [
        "91,AR,Ard,a,c,allows,2012-01-01,,asks_status,s,p,,high",
        "91,AR,Ard,a,c,requires,2012-01-01,,asks_about_status,s,p,,high",
    ],
)
def test_a_kind_or_practice_that_does_not_exist_is_refused(tmp_path, row):
    file = tmp_path / "state_laws.csv"
    file.write_text(LAWS + row + "\n", encoding="utf-8")
    with pytest.raises(BuildError, match="kind|practices"):
        read_state_laws(file)


RULINGS = (
    "ruling_id,decided,court,level,name,citation,subject,held,limits,binds,binds_states,"
    "binds_county_fips,status,source,source_url,confidence\n"
)


def ruling(decided="2014-03-04", states="DE;PA", counties="42077", limits="yes", **document):
    source, url = document.get("source", "S."), document.get("url", "https://a.b")
    return (
        f"a-v-b-2014,{decided},c,federal appeals,A v. B,,detainers,h,{limits},b,{states},"
        f"{counties},,{source},{url},high\n"
    )


def test_a_ruling_may_bind_no_state_and_name_no_county(tmp_path):
    file = tmp_path / "rulings.csv"
    file.write_text(RULINGS + ruling(states="", counties=""), encoding="utf-8")
    assert read_rulings(file)[["binds_states", "binds_county_fips"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (ruling(decided="4 March 2014"), r"decided .*'4 March 2014' .*\(row 2\)"),
        (ruling(states="DE;XX"), r"1 codes of binds_states .*'XX'.*\(row 2\)"),
        (ruling(counties="42077;42999"), r"1 codes of binds_county_fips .*'42999'"),
        (ruling(decided=""), "decided"),
        (ruling(limits="maybe"), "limits"),
        (ruling(limits=""), "limits"),
        (ruling(source=""), "source"),
        (ruling(url=""), "source_url"),
        (ruling(url="a.b"), "source_url"),
        (ruling(states="DE, PA").replace("DE, PA", '"DE, PA"'), "binds_states"),
    ],
)
def test_a_ruling_that_cannot_be_is_refused(tmp_path, row, problem):
    file = tmp_path / "rulings.csv"
    file.write_text(RULINGS + row, encoding="utf-8")
    with pytest.raises((BuildError, DataError), match=problem):
        read_rulings(file)


def test_a_line_of_the_federal_list_with_a_code_of_no_list_is_refused(tmp_path):
    file = tmp_path / "federal_list_2025.csv"
    file.write_text(
        "state_fips,state_abbr,heading,listed_as,county_fips,note\n"
        "02,AK,city,City of Anchorage,02999,\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError, match=r"1 codes of county_fips .*'02999'.*\(row 2\)"):
        read_federal_list(file)
