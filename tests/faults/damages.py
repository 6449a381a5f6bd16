"""Ways to damage a raw file, each a function of its bytes and a generator of random numbers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from grids import (
    PACKED,
    TABLES,
    Grid,
    as_parquet,
    inside,
    put_inside,
    read_grid,
    read_sheet,
    write_grid,
    write_sheet,
)

BytesKind = Callable[[bytes, Random], bytes]
GridKind = Callable[[Grid, Random], None]
INVISIBLE = ("\u200b", "\u00a0", "\ufeff", "\u00ad", "\u202e", "\u2009", "\u2060")
NOISE = (b"\0", b"\xff", b'"', b"'", b"\\", b",", b";", b"\n", b"\r", b"\t", b"\x1a", b"=", b"-")


def _put(data: bytes, at: int, length: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at + length :]


def flip_bit(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return _put(data, at, 1, bytes([data[at] ^ 1 << random.randrange(8)]))


def change_bytes(data: bytes, random: Random) -> bytes:
    return _put(data, random.randrange(len(data)), 2, random.randbytes(2))


def zero_block(data: bytes, random: Random) -> bytes:
    at, size = random.randrange(len(data)), random.choice((16, 512, 4096))
    return _put(data, at, size, b"\0" * min(size, len(data) - at))


def lose_span(data: bytes, random: Random) -> bytes:
    return _put(data, random.randrange(len(data)), random.choice((1, 2, 7, 40, 700)), b"")


def repeat_span(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return _put(data, at, 0, data[at : at + random.choice((1, 9, 90, 900))])


def exchange_spans(data: bytes, random: Random) -> bytes:
    size = min(random.choice((8, 64, 512)), len(data) // 3)
    one, other = random.randrange(len(data) // 3), len(data) // 2 + random.randrange(1, 99) % size
    swapped = _put(data, one, size, data[other : other + size])
    return _put(swapped, other, size, data[one : one + size])


def truncate(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(1, len(data))]


def truncate_late(data: bytes, random: Random) -> bytes:
    return data[: -random.randrange(1, min(len(data), 60))]


def insert_noise(data: bytes, random: Random) -> bytes:
    return _put(data, random.randrange(len(data)), 0, random.choice(NOISE))


def insert_invisible(data: bytes, random: Random) -> bytes:
    return _put(data, random.randrange(len(data)), 0, random.choice(INVISIBLE).encode())


def append_noise(data: bytes, random: Random) -> bytes:
    return data + random.choice((b"\0" * 40, b"<html>", b"\x1a", random.randbytes(9)))


def page_instead(data: bytes, random: Random) -> bytes:
    """An error page, which servers send with status 200."""
    page = b"<!DOCTYPE html><html><head><title>404</title></head><body>Not found, sorry</body>"
    return page * random.randrange(1, 9)


BYTES: dict[str, BytesKind] = {
    one.__name__: one
    for one in (
        flip_bit, change_bytes, zero_block, lose_span, repeat_span, exchange_spans, truncate,
        truncate_late, insert_noise, insert_invisible, append_noise, page_instead,
    )
}  # fmt: skip


def open_quote(data: bytes, random: Random) -> bytes:
    """A quote before some cell, which nothing closes."""
    commas = [at for at, byte in enumerate(data) if byte in b",\n"]
    return _put(data, random.choice(commas) + 1, 0, b'"')


def escape_quote(data: bytes, random: Random) -> bytes:
    return _put(data, random.randrange(len(data)), 0, b'\\"')


def in_utf_16(data: bytes, random: Random) -> bytes:
    return data.decode("latin-1").encode(random.choice(("utf-16", "utf-16-le", "utf-16-be")))


def in_other_encoding(data: bytes, random: Random) -> bytes:
    text = data.decode("utf-8", "replace").replace("e", "é", 3)
    return text.encode(random.choice(("utf-8-sig", "cp1252", "utf-7")), "replace")


def other_line_ends(data: bytes, random: Random) -> bytes:
    plain = data.replace(b"\r\n", b"\n")
    return plain.replace(b"\n", random.choice((b"\r", b"\r\n", b"\n\n", b"\x0b", b" ")))


def other_delimiter(data: bytes, random: Random) -> bytes:
    old = b"," if b"," in data else b"|"
    return data.replace(old, random.choice((b";", b"\t", b"|", b", ", b",")))


def two_glued(data: bytes, random: Random) -> bytes:
    return data + data if random.random() < 0.5 else data + b"\n" + data


TEXT: dict[str, BytesKind] = {
    one.__name__: one
    for one in (
        open_quote, escape_quote, in_utf_16, in_other_encoding, other_line_ends, other_delimiter,
        two_glued,
    )
}  # fmt: skip


def _row(grid: Grid, random: Random) -> int:
    return random.randrange(1, len(grid))


def _column(grid: Grid, random: Random) -> int:
    return random.randrange(len(grid[0]))


def header_twice(grid: Grid, random: Random) -> None:
    grid.insert(random.choice((1, _row(grid, random))), list(grid[0]))


def header_lost(grid: Grid, random: Random) -> None:
    del grid[0]


def exchange_columns(grid: Grid, random: Random) -> None:
    """Exchange two columns with their names: nothing is wrong with that."""
    one, other = _column(grid, random), _column(grid, random)
    for row in grid:
        row[one], row[other] = row[other], row[one]


def exchange_names(grid: Grid, random: Random) -> None:
    one, other = _column(grid, random), _column(grid, random)
    grid[0][one], grid[0][other] = grid[0][other], grid[0][one]


def column_lost(grid: Grid, random: Random) -> None:
    at = _column(grid, random)
    for row in grid:
        del row[at]


def column_twice(grid: Grid, random: Random) -> None:
    at = _column(grid, random)
    for row in grid:
        row.insert(at, row[at])


def name_changed(grid: Grid, random: Random) -> None:
    grid[0][_column(grid, random)] += random.choice((".1", "2", "x", " (est.)"))


def codes_become_numbers(grid: Grid, random: Random) -> None:
    """As spreadsheet programs do with what looks like a number."""
    at = random.randrange(min(3, len(grid[0])))
    ways: tuple[Callable[[str], str], ...] = (
        lambda text: text.lstrip("0") if text.isdigit() else text,
        lambda text: f"{text}.0" if text.isdigit() else text,
        lambda text: f"{float(text):.3e}" if text.isdigit() else text,
        lambda text: f"{int(text):,}" if text.isdigit() else text,
    )
    way = random.choice(ways)
    for row in grid[1:]:
        row[at] = way(row[at])


def blank_cells(grid: Grid, random: Random) -> None:
    at = _column(grid, random)
    for row in random.sample(grid[1:], min(len(grid) - 1, random.choice((1, 3)))):
        row[at] = random.choice(("", " ", "-", "n/a", "NULL"))


def merged_cells(grid: Grid, random: Random) -> None:
    """A value that stands in the first of a few rows only."""
    at, first = _column(grid, random), _row(grid, random)
    for row in grid[first + 1 : first + 4]:
        row[at] = ""


def column_blank(grid: Grid, random: Random) -> None:
    at = _column(grid, random)
    for row in grid[1:]:
        row[at] = ""


IMPOSSIBLE = (
    "-1",
    "-999",
    "1e999",
    "nan",
    "inf",
    "9" * 14,
    "1/2",
    "5%",
    "#REF!",
    "#N/A",
    "TRUE",
    "12:30",
    "0x1F",
    "1e-400",
    "\u0661\u0662",
    "1,234,567",
    "12,5",
    "--",
    "=1+1",
    "1 234",
)


def impossible_value(grid: Grid, random: Random) -> None:
    grid[_row(grid, random)][_column(grid, random)] = random.choice(IMPOSSIBLE)


def row_twice(grid: Grid, random: Random) -> None:
    grid.insert(_row(grid, random), list(grid[_row(grid, random)]))


def row_lost(grid: Grid, random: Random) -> None:
    del grid[_row(grid, random)]


def rows_lost_late(grid: Grid, random: Random) -> None:
    del grid[-random.randrange(1, max(2, len(grid) // 3)) :]


def row_replaced(grid: Grid, random: Random) -> None:
    grid[_row(grid, random)] = list(grid[_row(grid, random)])


def cells_shifted(grid: Grid, random: Random) -> None:
    """A cell too many in a row, so that those after it stand under the wrong name."""
    row, at = grid[_row(grid, random)], _column(grid, random)
    row.insert(at, "")
    if random.random() < 0.7:
        row.pop()


def cells_exchanged(grid: Grid, random: Random) -> None:
    row, one, other = grid[_row(grid, random)], _column(grid, random), _column(grid, random)
    row[one], row[other] = row[other], row[one]


def column_slipped(grid: Grid, random: Random) -> None:
    """A column one row further down than the others, as after a sort of it alone."""
    at = _column(grid, random)
    cells = [row[at] for row in grid[1:]]
    for row, cell in zip(grid[1:], [cells[-1], *cells[:-1]], strict=True):
        row[at] = cell


def wrong_year(grid: Grid, random: Random) -> None:
    """The years of the file ten years off, where it has a column of years; else its first code."""
    names = [at for at, name in enumerate(grid[0]) if "year" in name.lower()]
    at = names[0] if names else 0
    step = random.choice((10, -10, 100, -2000))
    for row in grid[1:]:
        row[at] = str(int(row[at]) + step) if row[at].isdigit() else row[at]


def other_code(grid: Grid, random: Random) -> None:
    """A code of no county, or of another state."""
    row = grid[_row(grid, random)]
    places = [at for at, text in enumerate(row) if text.isdigit() and 2 <= len(text) <= 5]
    if places:
        at = places[min(random.randrange(3), len(places) - 1)]
        row[at] = "".join(random.choice("0123456789") for _ in row[at])


def total_row(grid: Grid, random: Random) -> None:
    grid.append(["Total", *(["123"] * (len(grid[0]) - 1))])


GRIDS: dict[str, GridKind] = {
    one.__name__: one
    for one in (
        header_twice, header_lost, exchange_columns, exchange_names, column_lost, column_twice,
        name_changed, codes_become_numbers, blank_cells, merged_cells, column_blank,
        impossible_value, row_twice, row_lost, rows_lost_late, row_replaced, cells_shifted,
        cells_exchanged, column_slipped, wrong_year, other_code, total_row,
    )
}  # fmt: skip


def titles_changed(data: bytes, random: Random) -> bytes:
    """Titles above the header of a sheet lost, doubled or of another kind, or the sheet renamed."""
    name, titles, grid = read_sheet(data)
    header = grid[0]
    match random.randrange(6):
        case 0:
            titles = titles[random.randrange(1, len(titles) + 1) :]
        case 1:
            titles = [[f"As of {at}"] for at in range(random.randrange(1, 12))] + titles
        case 2:
            titles.append([text.partition(" ")[0] for text in header])
        case 3:
            parts = [text.rpartition(" ") for text in header]
            titles.append([first for first, *_ in parts])
            grid[0] = [last for *_, last in parts]
        case 4:
            grid.insert(1, [text and f"({text})" for text in header])
        case _:
            name = random.choice((name.lower(), f"{name} ", f"{name} (2)", "Sheet1"))
    return write_sheet(name, titles, grid)


def column_retyped(data: bytes, random: Random) -> bytes:
    """A column of a Parquet file stored in another type: most of them mean the same."""
    table = pq.read_table(io.BytesIO(data))
    at = random.randrange(table.num_columns)
    kind = random.choice((pa.string(), pa.large_string(), pa.binary(), pa.float64(), pa.float16(),
                          pa.int8(), pa.int64(), pa.uint32(), pa.timestamp("ns"), pa.date64(),
                          pa.timestamp("us", "America/New_York"), pa.bool_(),
                          pa.dictionary(pa.int32(), pa.string())))  # fmt: skip
    column = table.column(at)
    if kind in (pa.float64(), pa.float16()) and random.random() < 0.5:
        column = pc.add(column.cast(pa.float64()), 0.25)
    elif random.random() < 0.2:
        column = pc.negate(column.cast(pa.int32()))
    return as_parquet(table.set_column(at, table.column_names[at], column.cast(kind)))


def cells_null(data: bytes, random: Random) -> bytes:
    """A few cells of a Parquet file without a value, or all of a column."""
    table = pq.read_table(io.BytesIO(data))
    at = random.randrange(table.num_columns)
    column = table.column(at)
    few = {random.randrange(len(column)) for _ in range(random.choice((1, 3)))}
    lost = few if random.random() < 0.8 else range(len(column))
    cells = [None if row in lost else cell for row, cell in enumerate(column.to_pylist())]
    return as_parquet(table.set_column(at, table.column_names[at], pa.array(cells, column.type)))


FORMATS: dict[str, BytesKind] = {
    one.__name__: one for one in (titles_changed, column_retyped, cells_null)
}


def map_damaged(data: bytes, random: Random) -> bytes:
    """Something of a map lost, doubled or put where it does not belong."""
    document: dict[str, Any] = json.loads(data)
    shapes = document["objects"]["counties"]["geometries"]
    at = random.randrange(len(shapes))
    match random.randrange(10):
        case 0:
            del shapes[at]
        case 1:
            shapes.append(shapes[at])
        case 2:
            shapes[at]["id"] = random.choice((int(shapes[at]["id"]), "", "99999", None, "6203"))
        case 3:
            shapes[at]["arcs"][0][0] = random.choice((10**6, -(10**6), None, 1.5, "0"))
        case 4:
            document["transform"]["scale"] = random.choice(([0, 0], [1], None, ["a", "b"]))
        case 5:
            del document["arcs"][random.randrange(len(document["arcs"])) :]
        case 6:
            shapes[at]["type"] = random.choice(("Point", "LineString", "", None))
        case 7:
            document["arcs"][0][0] = random.choice(([None, 1], [], "x", [1e30, 1e30]))
        case 8:
            shapes[at]["arcs"] = random.choice(([], [[]], None, {}))
        case _:
            del document[random.choice(list(document))]
    return json.dumps(document).encode()


def records_damaged(data: bytes, random: Random) -> bytes:
    """Records of a master file lost, doubled, shifted, of another year or of another state."""
    lines = data.splitlines(keepends=True)
    at = random.randrange(len(lines))
    line = lines[at]
    match random.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, line)
        case 2:
            place = random.randrange(300)
            lines[at] = _put(line, place, 1, b"")
        case 3:
            place = random.randrange(300)
            lines[at] = _put(line[:-3], place, 0, b" ") + line[-2:]
        case 4:
            lines = [_put(one, 13, 2, b"09") for one in lines]
        case 5:
            lines[at] = _put(line, 1, 2, b"77")
        case 6:
            lines[at] = _put(line, 44, 9, random.choice((b"         ", b"00000-999", b"1e5      ")))
        case 7:
            place = 305 + 590 * random.randrange(12) + 17 + 5 * random.randrange(84)
            lines[at] = _put(
                line, place, 5, random.choice((b"     ", b"12.50", b"-0001", b"ABCDE"))
            )
        case _:
            lines[at] = line[: random.randrange(len(line))] + b"\r\n"
    return b"".join(lines)


def kinds_of(suffix: str) -> list[str]:
    """Names of the kinds of damage that a file of this ending can have."""
    kinds = list(BYTES)
    if suffix in PACKED:
        kinds += [f"inside {name}" for name in BYTES]
    if suffix == ".xlsx":
        kinds += ["titles_changed"] * 4
    if suffix == ".parquet":
        kinds += [*["column_retyped"] * 6, *["cells_null"] * 2]
    if suffix == ".gz":
        kinds += [f"inside {name}" for name in TEXT]
    if suffix == ".csv":
        kinds += TEXT
    if suffix in TABLES:
        kinds += GRIDS
    if suffix == ".json":
        kinds += ["map_damaged"] * 8
    if suffix == ".zip":
        kinds += ["inside records_damaged"] * 8
    return kinds


def damage(suffix: str, sound: bytes, kind: str, random: Random) -> bytes:
    """Bytes of a damaged file."""
    if kind in GRIDS:
        grid = read_grid(suffix, sound)
        GRIDS[kind](grid, random)
        return write_grid(suffix, grid, sound)
    name = kind.removeprefix("inside ")
    change = {
        **BYTES,
        **TEXT,
        **FORMATS,
        "map_damaged": map_damaged,
        "records_damaged": records_damaged,
    }[name]
    if name == kind:
        return change(sound, random)
    return put_inside(suffix, sound, change(inside(suffix, sound), random))


def draw_damage(suffix: str, sound: bytes, random: Random) -> tuple[str, bytes]:
    """A kind of damage, and the bytes of a file that has it and is not the sound one."""
    while True:
        kind = random.choice(kinds_of(suffix))
        try:
            damaged = damage(suffix, sound, kind, random)
        except (AttributeError, LookupError, ValueError, TypeError, pa.ArrowException):
            continue  # the format has no such thing: two columns of one name in Stata
        if damaged != sound:
            return kind, damaged
