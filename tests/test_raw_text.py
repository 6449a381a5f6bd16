"""Lines are counted from the bytes, so that no quote can take rows in; what is unseen is gone."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement_samples import COUNTIES, STATES, row, write_list
from coopanalysis.catalog.corrections import Corrections
from coopanalysis.clean.agreements import clean_agreements
from coopanalysis.errors import DataError
from coopanalysis.sources import READERS, read_agreements
from coopanalysis.sources.raw_rows import raw_rows
from coopanalysis.sources.raw_text import count_records, decode, read_records, visible
from coopanalysis.sources.reference import read_state_tiles

VOTES = "state_name,county_fips,county_name,votes_gop,votes_dem,total_votes"
LISTS = "STATE,LAW ENFORCEMENT AGENCY,TYPE,COUNTY,SUPPORT TYPE,SIGNED"


def votes(quoted: dict[int, str]) -> str:
    """Twenty rows, some of them with another name of the county."""
    rows = [
        f"Northmark,91{n:03d},{quoted.get(n, 'Some County')},60,30,100" for n in range(1, 40, 2)
    ]
    return "\n".join([VOTES, *rows, ""])


@pytest.mark.parametrize(
    ("quoted", "line"),
    [
        ({7: '"Some County'}, 5),
        ({7: '"Some County', 21: '"Other County'}, 5),
        ({7: '"Some County', 21: 'Other County"'}, 5),
        ({7: '"Some County', 9: 'Other County"'}, 5),
        ({39: '"Some County'}, 21),
        ({7: '"Some" County'}, 5),
    ],
    ids=["one", "two opened", "closed far on", "closed in the next line", "last line", "in a cell"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quote_that_is_not_closed_is_named_by_its_line(
    tmp_path: Path, quoted: dict[int, str], line: int, end: str
) -> None:
    file = tmp_path / "votes.csv"
    file.write_bytes(votes(quoted).replace("\n", end).encode())
    with pytest.raises(DataError, match=rf"votes\.csv: line {line} opens a quote that"):
        READERS["votes-president"](file)


def test_every_reader_of_text_counts_its_lines(tmp_path: Path) -> None:
    agreement = 'NORTHMARK,"Ash Sheriff,County,Ash County,Task Force Model,1/2/2030'
    names = '91001,"Ash County, Northmark\n91003,"Elm County, Northmark"'
    rubric = ["GEOID FIPS", "County", "State", "Jurisdiction", "Jail or Prison City"]
    damaged = {
        "ice-287g": f"{LISTS}\n{agreement}\n" + "NORTHMARK,Ash,County,,Task Force Model,\n" * 3,
        "county-names": f"fips,name\n{names}\n91005,x\n",
        "ilrc-rubric": f'{",".join(rubric)}\n91001,"Ash\n91003,Elm\n',
        "state-list": 'state_fips,state_abbr,state,kind\n91,NK,"North,state\n92,SV,Vale,state\n',
        "ucr-states": 'ucr_state,ori_prefix,state_fips,state\n71,QA,91,"Northmark\n72,QB,92,Vale\n',
    }
    for layout, text in damaged.items():
        file = tmp_path / f"{layout}.csv"
        file.write_text(text)
        with pytest.raises(DataError, match="line 2 opens a quote"):
            READERS[layout](file, "")
        with pytest.raises(DataError, match="line 2 opens a quote"):
            raw_rows(file, layout, [("", 3)])
    tiles = tmp_path / "state_tiles.csv"
    tiles.write_text('state_fips,column,row\n01,"7,7\n02,1,1\n')
    with pytest.raises(DataError, match="line 2 opens a quote"):
        read_state_tiles(tiles)


def test_a_cell_may_have_lines_and_quotes() -> None:
    text = 'a,b\n1,"one ""two"""\n"three\nfour",2\n\n3,"five\nsix"\n'
    assert count_records(text.encode(), ",", "f") == 5
    assert read_records(text, ",", "f")[2] == ["three\nfour", "2"]


@given(
    rows=st.lists(
        st.lists(st.text(alphabet='ab"; \u00e9', max_size=4), min_size=3, max_size=3), max_size=6
    )
)
def test_what_a_writer_quotes_is_counted_row_by_row(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([["x", "y", "z"], *rows])
    assert count_records(file.getvalue().encode(), ",", "f") == len(rows) + 1
    assert read_records(file.getvalue(), ",", "f")[1:] == rows


def test_a_line_of_no_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    for text in ("a" * 131_072 + "\n1\n", f'"{"a" * 131_072}",b\n1,2\n', "a,b\n" + "1" * 131_072):
        file.write_text(text)
        for layout in ("votes-president", "ice-287g", "county-names"):
            with pytest.raises(DataError, match="bytes long"):
                READERS[layout](file, "")


def test_unseen_characters_go_and_spaces_are_plain() -> None:
    unseen = "\u200b\ufeff\u200e\u200f\u00ad\u2060\u200d\u202a\u2066"
    assert visible(f"Co{unseen}unty\u00a0A\u202fB") == "County A B"
    assert decode(b"\xef\xbb\xbfCou\xc2\xadnty\xa0A") == "County A"


UNSEEN = "\u200b"


def test_all_columns_of_a_list_are_freed_of_them(tmp_path: Path) -> None:
    cells = {f"\ufeff{name}": f"{value}{UNSEEN}" for name, value in row(SIGNED="1/2/2030").items()}
    read = read_agreements(write_list(tmp_path / "a.xlsx", [cells], list(cells)))
    cleaned = clean_agreements(read, COUNTIES, STATES, Corrections(), "2030-06-30")
    (kept,) = cleaned.frame.to_dict("records")
    assert kept["agency"] == "Ash County Sheriff's Office"
    assert (kept["county_fips"], kept["county_match"]) == ("91001", "exact")
    assert str(kept["signed_date"].date()) == "2030-01-02"


def test_all_columns_of_a_table_are_freed_of_them(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    line = "Northmark,91001,Ash County,60,30,100"
    cells = ",".join(f"{UNSEEN}{cell[:1]}\u00ad{cell[1:]}\ufeff" for cell in line.split(","))
    header = ",".join(f"{name}\u200e" for name in VOTES.split(","))
    file.write_text(f"{header}\n{cells.replace(' ', chr(0xA0))}\n", encoding="utf-8")
    (kept,) = READERS["votes-president"](file).frame.to_dict("records")
    assert (kept["county_fips"], kept["county"], kept["votes_count"]) == (
        "91001",
        "Ash County",
        100,
    )
