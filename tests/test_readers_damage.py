"""Whatever is damaged, every reader keeps, rejects or refuses: rows in = kept + rejected."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopanalysis.catalog.sources import release_sources, source_path
from coopanalysis.clean.agency_crosswalk import clean_crosswalk
from coopanalysis.errors import DataError
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import Reading
from measure_samples import MEASURES, add_measures
from r_samples import NAMES, agency, write_crosswalk
from release_samples import LAYOUTS, write_release
from return_a_samples import COUNTIES, STATES, YEAR, agencies
from tools.demo.return_a import master_records

LISTS_OF_OTHER_DAYS = LAYOUTS["list-2030"][1]
TEXTS = {
    "ucr-states": "ucr_state,ori_prefix,state_fips,state\n71,QA,91,Northmark\n72,CZ,,Canal\n",
    "connecticut-tracts": "\ufefftract_fips_2020,Tract_fips_2022,town_name,county_name,"
    "county_fips_2020,ce_name_2022,ce_fips_2022\n"
    "09009000100,09140000100,Alder,Old,09009,New,09140\n"
    "09009000200,09140000200,Alder,Old,09009,New,09140\n",
    "police-employees": "ori,data_year,pub_agency_name,state_abbr,county_name,agency_type_name,"
    "population,officer_ct,civilian_ct,total_pe_ct,pe_ct_per_1000\n"
    "QA0010100,2023,Ash,QA,ASH,City,399,3,2,5,12.53\n"
    'QA0020000,2022,Birch,QA,"BIRCH, ELM",County,0,17,9,26,NULL\n',
}
ROWS_OF_R = [agency(f"QA{at:03}00", f"91{at:03}", f"county {at} police") for at in range(1, 40)]
MOST_LINES = 40
PIECES = [b"\n", b"\r\n", b",", b'"', b"\0", b"\xff", b"NA", b"-1", b"1e999", b"nan", b"{", b"}"]
PIECES += [b"9" * 30, b"\xc3", b" ", b"J", b";", b"'", b"\x1a", b"<", b"&", b"[]", b"null"]

Edit = tuple[float, int, bytes]
EDITS: st.SearchStrategy[list[Edit]] = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 400),
        st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)),
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small sound file of every layout."""
    folder = tmp_path_factory.mktemp("damage")
    demo = write_release(folder / "home", rubric=True)
    add_measures(demo)
    entries = [*LAYOUTS.values(), *MEASURES.values()]
    files = {layout: (demo / path).resolve() for layout, path, _ in entries}
    files["ilrc-rubric"] = demo / "rubric" / "rubric.csv"
    files["topojson-later"] = files["topojson"]
    files["ice-287g-series"] = demo / LISTS_OF_OTHER_DAYS
    for layout, text in TEXTS.items():
        files[layout] = folder / f"{layout}.csv"
        files[layout].write_text(text, encoding="utf-8")
    for layout, sample in demo_samples(folder).items():
        files.setdefault(layout, sample)
    files["agency-crosswalk"] = write_crosswalk(folder / "crosswalk.rds", *ROWS_OF_R)
    files["fbi-return-a"] = folder / "master.txt"
    records = [record.tobytes() for record in master_records(agencies(), YEAR)]
    files["fbi-return-a"].write_bytes(b"\r\n".join(records) + b"\r\n")
    return files


def demo_samples(folder: Path) -> dict[str, Path]:
    """A file of every layout of the demo release; of a text the first lines."""
    found: dict[str, Path] = {}
    for source in release_sources("demo"):
        path = source_path(source, "demo")
        found[source.layout] = path
        if path.suffix == ".csv":
            found[source.layout] = folder / f"demo-{source.layout}.csv"
            lines = path.read_bytes().split(b"\n")[:MOST_LINES]
            found[source.layout].write_bytes(b"\n".join(lines) + b"\n")
    return found


def cleaned_crosswalk(file: Path) -> Reading:
    """Rows of a crosswalk that are kept, and those that a build refuses."""
    return clean_crosswalk(READERS["agency-crosswalk"](file, ""), STATES, COUNTIES)


def damage(data: bytes, edits: list[Edit]) -> bytes:
    """Put pieces in the place of spans; a long span without a piece is a cut."""
    for where, length, piece in edits:
        at = int(where * len(data))
        data = data[:at] + piece + data[at + length :]
    return data


def damage_inside(data: bytes, edits: list[Edit]) -> bytes:
    """Damage the sheet in a workbook, and pack it again, so that the packing is sound."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, damage(content, edits) if "sheet1" in name else content)
    return packed.getvalue()


def check(layout: str, file: Path) -> None:
    """Read a file: refuse it with a reason, or account for every row."""
    try:
        reading = READERS[layout](file, "")
    except DataError as error:
        assert file.name in str(error)
        return
    assert reading.rows_in == reading.rows_kept + reading.rows_rejected
    assert reading.rejects["reason"].ne("").all()
    rows = [*reading.frame["source_row"], *reading.rejects["row"]]
    assert all(row >= 1 for row in rows)


def test_every_reader_has_a_sound_sample(samples: dict[str, Path]) -> None:
    assert set(samples) >= set(READERS)
    for layout, file in samples.items():
        assert READERS[layout](file, "").rows_kept > 0


@pytest.mark.parametrize("layout", sorted(READERS))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_damage_costs_rows_or_the_file_and_nothing_else(
    samples: dict[str, Path], tmp_path: Path, layout: str, edits: list[Edit]
) -> None:
    sound = samples[layout]
    broken = tmp_path / sound.name
    broken.write_bytes(damage(sound.read_bytes(), edits))
    check(layout, broken)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_damage_inside_a_workbook(
    samples: dict[str, Path], tmp_path: Path, edits: list[Edit]
) -> None:
    sound = samples["ice-287g"]
    broken = tmp_path / sound.name
    broken.write_bytes(damage_inside(sound.read_bytes(), edits))
    check("ice-287g", broken)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_damage_inside_a_table_of_r(
    samples: dict[str, Path], tmp_path: Path, edits: list[Edit]
) -> None:
    """The stream is damaged and packed again, so that the packing is sound."""
    broken = tmp_path / "crosswalk.rds"
    stream = gzip.decompress(samples["agency-crosswalk"].read_bytes())
    broken.write_bytes(gzip.compress(damage(stream, edits)))
    check("agency-crosswalk", broken)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), bit=st.integers(0, 7))
def test_a_flipped_bit_in_a_table_of_r_moves_no_agency(
    samples: dict[str, Path], tmp_path: Path, at: float, bit: int
) -> None:
    """An agency has the county it had, or its row or the file is refused."""
    sound = cleaned_crosswalk(samples["agency-crosswalk"]).frame
    stream = bytearray(gzip.decompress(samples["agency-crosswalk"].read_bytes()))
    stream[int(at * (len(stream) - 1))] ^= 1 << bit
    broken = tmp_path / "crosswalk.rds"
    broken.write_bytes(gzip.compress(bytes(stream)))
    try:
        reading = cleaned_crosswalk(broken)
    except DataError:
        return
    kept = reading.frame.set_index("ori7")["county_fips"]
    assert kept.equals(sound.set_index("ori7")["county_fips"].reindex(kept.index))
    assert reading.rows_in == len(sound)


@pytest.mark.parametrize("column", NAMES)
def test_cells_of_a_crosswalk_that_change_places(tmp_path: Path, column: str) -> None:
    """Two rows with one cell exchanged are refused, or have the counties they had."""
    first, second, *others = [list(row) for row in ROWS_OF_R]
    cell = NAMES.index(column)
    first[cell], second[cell] = second[cell], first[cell]
    file = write_crosswalk(tmp_path / "crosswalk.rds", first, second, *others)
    reading = cleaned_crosswalk(file)
    refused = column in ("ori", "ori9", "fips_county_code", "fips_state_county_code")
    assert reading.rows_rejected == (2 if refused else 0)
    counties = reading.frame.set_index("ori7")["county_fips"]
    assert all(ori7[2:5] == county[2:] for ori7, county in counties.items())


def test_rows_of_a_crosswalk_that_stand_twice_or_not_at_all(tmp_path: Path) -> None:
    file = write_crosswalk(tmp_path / "crosswalk.rds", *ROWS_OF_R, *ROWS_OF_R[:3])
    reading = READERS["agency-crosswalk"](file, "")
    assert reading.rejects["reason"].tolist() == ["key repeats an earlier row: ori7"] * 3
    fewer = write_crosswalk(tmp_path / "fewer.rds", *ROWS_OF_R[:-3])
    assert READERS["agency-crosswalk"](fewer, "").rows_in == len(ROWS_OF_R) - 3  # the manifest says
