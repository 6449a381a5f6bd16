"""Turn the bytes of master records into arrays, a block of records at a time.

A cell is five digits, so a year's sum is taken digit by digit first: twelve digits fit in one
byte, and only then are places multiplied out. Cells with anything but digits are few; they alone
are decoded by themselves. Blocks are decoded side by side while the next ones are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from coopanalysis.errors import DataError
from coopanalysis.sources.return_a import layout

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int32]
Booleans = npt.NDArray[np.bool_]

RECORDS_PER_BLOCK: Final = 256
_BLOCK_BYTES: Final = RECORDS_PER_BLOCK * (layout.RECORD_LENGTH + 2)
_THREADS: Final = 2
_BLOCKS_AHEAD: Final = 3
_PLACES: Final = 10 ** np.arange(layout.CELL_WIDTH - 1, -1, -1)
_ZERO, _NINE, _BLANK = ord("0"), ord("9"), ord(" ")
_ZEROS_OF_A_YEAR: Final = np.uint8(layout.MONTHS * _ZERO % 256)
_CELLS: Final = len(layout.CARDS) * layout.CELLS_PER_CARD


class Damaged(NamedTuple):
    """A line that is no record."""

    row: int
    length: int
    start: bytes


class Records(NamedTuple):
    """Records of one file, or of one block of it, as arrays of the same length n."""

    rows: npt.NDArray[np.int64]
    """Line in the file, counted from 1."""
    headings: Bytes
    """Bytes before January, as far as fields of them are read: shape (n, 180)."""
    control: Booleans
    """Whether there is a control character before January."""
    months: Bytes
    """Bytes of each month before its numbers: shape (n, 12, 17)."""
    totals: Integers
    """Sums over the twelve months: shape (n, 3, 28), unfounded, actual, cleared; offences."""
    silent: Booleans
    """Months with actual offences although the card type says that none was sent: (n, 12)."""
    unreadable: Booleans
    """Whether a cell is no number."""
    shifted: Booleans
    """Whether the first number of a month starts with a blank and the second does not: there, a
    byte too many stands before it."""
    damaged: tuple[Damaged, ...] = ()
    """Lines that are no record."""

    @property
    def rows_in(self) -> int:
        """Lines in the file."""
        return len(self.rows) + len(self.damaged)


def decode_cells(cells: Bytes) -> tuple[Integers, Booleans]:
    """Read numbers of five characters, the sign in the last one, and say which can be read.

    Digits stand after blanks or not; the last character may be a digit with a sign on it: `{`
    and `A` to `I` are 0 to 9, `}` and `J` to `R` are -0 to -9. All blank is 0, and so is a
    cell that cannot be read.
    """
    last = cells[..., -1]
    digits = cells ^ _ZERO
    positive, negative = (last >= 65) & (last <= 73), (last >= 74) & (last <= 82)
    zero_plus, zero_minus = last == 123, last == 125
    digits[..., -1] = np.select(
        [positive, negative, zero_plus | zero_minus],
        [last - 64, last - 73, np.uint8(0)],
        digits[..., -1],
    )
    leading = np.logical_and.accumulate(cells == _BLANK, axis=-1)
    readable: Booleans = np.asarray(((digits <= 9) | leading).all(axis=-1))
    digits[leading] = 0
    values = (digits * _PLACES).sum(axis=-1)
    values = np.where(negative | zero_minus, -values, values)
    return np.where(readable, values, 0).astype(np.int32), readable


def months_with_data(card: Bytes) -> Booleans:
    """Whether each card type, a byte, is that of a return that was sent."""
    adjusted, normal = layout.CARD_HAS_DATA
    return np.asarray((card == adjusted) | (card == normal))


def parse_stream(stream: BinaryIO, where: str) -> Records:
    """Read all records of a stream; `DataError` if not one line has the length of a record.

    Memory stays near the size of a few blocks and of the result, whatever the file's size.
    """
    decoded: list[Future[Records]] = []
    damaged: list[Damaged] = []
    lines = 0
    with ThreadPoolExecutor(_THREADS) as threads:
        for block in _blocks(stream, where):
            matrix = _regular(block)
            if matrix is None:
                matrix, rows, wrong = _irregular(block, lines + 1)
                damaged += wrong
            else:
                rows, wrong = np.arange(lines + 1, lines + 1 + len(matrix)), []
            lines += len(rows) + len(wrong)
            if len(rows):
                decoded.append(threads.submit(_decode, matrix, rows))
            if len(decoded) > _BLOCKS_AHEAD:
                decoded[-1 - _BLOCKS_AHEAD].result()
    if not decoded:
        raise DataError(
            where,
            f"none of {lines} lines is a record of {layout.RECORD_LENGTH} characters "
            f"(the longest has {max((line.length for line in damaged), default=0)})",
            "Give a Return A master file.",
        )
    parts = zip(*(block.result()[:-1] for block in decoded), strict=True)
    arrays: list[Any] = [np.concatenate(part) for part in parts]
    return Records(*arrays)._replace(damaged=tuple(damaged))


def _blocks(stream: BinaryIO, where: str) -> Iterator[bytes]:
    """Cut the stream into whole lines: all those records that a block starts with, if it does."""
    held = b""
    while piece := stream.read(_BLOCK_BYTES - len(held)):
        held += piece
        regular = _regular(held)
        used = held.rfind(b"\n") + 1 if regular is None else regular.nbytes
        if not used and len(held) == _BLOCK_BYTES:
            raise DataError(
                where,
                f"has no line end in {len(held):,} bytes",
                f"Give a master file with one record of {layout.RECORD_LENGTH} characters a line.",
            )
        if used:
            yield held[:used]
            held = held[used:]
    rest = held.rstrip(b"\x1a\0")
    if rest:
        yield rest


def _regular(block: bytes) -> Bytes | None:
    """Records that a block of lines starts with, shape (n, 7386 or more); None if it does not.

    A line end inside a record is not looked for here: in a number it is no number, and in the
    heading the record is rejected for it.
    """
    first_end = block[layout.RECORD_LENGTH : layout.RECORD_LENGTH + 2]
    end = np.frombuffer(b"\r\n" if first_end == b"\r\n" else b"\n", np.uint8)
    width = layout.RECORD_LENGTH + len(end)
    count = len(block) // width
    records = np.frombuffer(block, np.uint8, count * width).reshape(count, width)
    return records if count and (records[:, -len(end) :] == end).all() else None


def _irregular(block: bytes, first: int) -> tuple[Bytes, npt.NDArray[np.int64], list[Damaged]]:
    """Records among lines of which some are damaged, with their numbers, and the damaged ones."""
    good: list[bytes] = []
    rows: list[int] = []
    damaged: list[Damaged] = []
    for row, line in enumerate(block.removesuffix(b"\n").split(b"\n"), first):
        text = line.rstrip(b"\r\n")
        if len(text) == layout.RECORD_LENGTH:
            good.append(text)
            rows.append(row)
        else:
            damaged.append(Damaged(row, len(text), text[:150]))
    matrix = np.frombuffer(b"".join(good), np.uint8).reshape(-1, layout.RECORD_LENGTH)
    return matrix, np.array(rows, np.int64), damaged


def _decode(records: Bytes, rows: npt.NDArray[np.int64]) -> Records:
    """Decode records, shape (n, 7385 or more)."""
    months = records[:, layout.HEADER_LENGTH : layout.RECORD_LENGTH]
    months = months.reshape(len(records), layout.MONTHS, layout.MONTH_LENGTH)
    totals, unreadable = _sum_year(months[:, :, layout.NUMBERS])
    return Records(
        rows,
        records[:, : layout.HEADING_READ].copy(),
        np.asarray(records[:, : layout.HEADER_LENGTH].min(axis=1) < _BLANK),
        months[:, :, : layout.NUMBERS.start].copy(),
        totals,
        _silent_months(months),
        unreadable,
        _shifted(months),
    )


def _sum_year(numbers: Bytes) -> tuple[Integers, Booleans]:
    """Sum the cells of the twelve months of each record, shape (n, 12, 420)."""
    count = len(numbers)
    plain = (numbers.max(axis=(1, 2)) <= _NINE) & (numbers.min(axis=(1, 2)) >= _ZERO)
    totals = _sum_digits(numbers)
    unreadable = np.zeros(count, bool)
    odd = np.flatnonzero(~plain)
    if odd.size:
        cells = numbers[odd].reshape(odd.size, layout.MONTHS, _CELLS, layout.CELL_WIDTH)
        signed = ((cells < _ZERO) | (cells > _NINE)).any(axis=3)
        values, readable = decode_cells(cells[signed])
        cells[signed] = _ZERO
        totals[odd] = _sum_digits(cells.reshape(odd.size, layout.MONTHS, -1))
        record, _, number = np.nonzero(signed)
        np.add.at(totals, (odd[record], number), values)
        unreadable[odd[record[~readable]]] = True
    return totals.reshape(count, len(layout.CARDS), layout.CELLS_PER_CARD), unreadable


def _sum_digits(numbers: Bytes) -> Integers:
    """Sum over twelve months where all bytes are digits; for others the sums mean nothing."""
    # Bytes wrap round at 256; what is left of twelve digits, less their zeros, does not.
    places = numbers[:, 0] - _ZEROS_OF_A_YEAR
    for month in range(1, layout.MONTHS):
        places += numbers[:, month]
    digits = places.reshape(-1, layout.CELL_WIDTH).astype(np.float32)
    return (digits @ _PLACES.astype(np.float32)).astype(np.int32).reshape(len(numbers), _CELLS)


def _shifted(months: Bytes) -> Booleans:
    first = layout.NUMBERS.start
    blank = months[:, :, first] == _BLANK
    second_digit = months[:, :, first + layout.CELL_WIDTH] != _BLANK
    return np.asarray((blank & second_digit).any(axis=1))


def _silent_months(months: Bytes) -> Booleans:
    sent = months_with_data(months[:, :, layout.CARD_TYPES.start + 1])
    silent = np.zeros(sent.shape, bool)
    some = np.flatnonzero(~sent.all(axis=1))
    card = layout.CELLS_PER_CARD * layout.CELL_WIDTH
    first = layout.NUMBERS.start + card
    numbers = months[some, :, first : first + card] & 0x0F
    silent[some] = numbers.any(axis=2) & ~sent[some]
    return silent
