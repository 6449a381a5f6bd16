"""Whatever is damaged, every reader keeps, rejects or refuses: rows in = kept + rejected."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopanalysis.catalog.sources import release_sources, source_path
from coopanalysis.errors import DataError
from coopanalysis.sources import READERS
from measure_samples import MEASURES, add_measures
from release_samples import LAYOUTS, write_release
from return_a_samples import YEAR, agencies
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
