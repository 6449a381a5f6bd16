"""Turn the bytes of master records into arrays, a block of records at a time.

A cell is five digits, so a year's sum is taken digit by digit first: twelve digits fit in one
byte, and only then are places multiplied out. Cells with anything but digits are few; they alone
are decoded by themselves. Blocks are decoded side by side while the next ones are read.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from coopanalysis.errors import DataError
from coopanalysis.sources.return_a import layout

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int32]
Booleans = npt.NDArray[np.bool_]

RECORDS_PER_BLOCK: Final = 256
_THREADS: Final = 2
_BUFFERS: Final = 4
_PLACES: Final = 10 ** np.arange(layout.CELL_WIDTH - 1, -1, -1)
_DIGIT_MASK: Final = 0x30
_ZERO, _NINE, _BLANK = ord("0"), ord("9"), ord(" ")
_ZEROS_OF_A_YEAR: Final = np.uint8(layout.MONTHS * _ZERO % 256)
_CELLS: Final = len(layout.CARDS) * layout.CELLS_PER_CARD
_DATA_BYTES: Final = np.frombuffer(b"".join(layout.CARD_HAS_DATA), np.uint8)
_MONTH_HEADING: Final = layout.NUMBERS.start


@dataclass(frozen=True)
class Damaged:
    """A line that is no record."""

    row: int
    reason: str
    start: bytes


@dataclass(frozen=True)
class Records:
    """Records of one file as arrays of the same length.

    Attributes
    ----------
    rows : array of int, shape (n,)
        Line in the file, counted from 1.
    headings : array of uint8, shape (n, 180)
        Bytes before January, as far as fields of them are read.
    control : array of bool, shape (n,)
        Records with a control character before January.
    months : array of uint8, shape (n, 12, 17)
        Bytes of each month before its numbers.
    totals : array of int, shape (n, 3, 28)
        Sums over the twelve months: unfounded, actual, cleared; offences.
    silent : array of bool, shape (n, 12)
        Months with actual offences in them although the card type says that none was sent.
    unreadable : array of bool, shape (n,)
        Records with a cell that is no number.
    shifted : array of bool, shape (n,)
        Records with a month whose first number starts with a blank and whose second does not:
        there, a byte too many stands before it.
    damaged : tuple of Damaged
        Lines that are no record.
    """

    rows: npt.NDArray[np.int64]
    headings: Bytes
    control: Booleans
    months: Bytes
    totals: Integers
    silent: Booleans
    unreadable: Booleans
    shifted: Booleans
    damaged: tuple[Damaged, ...]

    @property
    def rows_in(self) -> int:
        """Lines in the file."""
        return len(self.rows) + len(self.damaged)


def decode_cells(cells: Bytes) -> tuple[Integers, Booleans]:
    """Read numbers of five characters, the sign in the last one.

    Parameters
    ----------
    cells : array of uint8, shape (..., 5)
        Digits, after blanks or not; the last character may be a digit with a sign on it:
        `{` and `A` to `I` are 0 to 9, `}` and `J` to `R` are -0 to -9. All blank is 0.

    Returns
    -------
    values : array of int, shape (...)
        0 where the cell cannot be read.
    readable : array of bool, shape (...)
    """
    last = cells[..., -1]
    digits = cells ^ _DIGIT_MASK
    positive, negative = (last >= 65) & (last <= 73), (last >= 74) & (last <= 82)
    zero_plus, zero_minus = last == 123, last == 125
    digits[..., -1] = np.select(
        [positive, negative, zero_plus | zero_minus],
        [last - 64, last - 73, np.uint8(0)],
        digits[..., -1],
    )
    blank = cells == 32
    leading = np.logical_and.accumulate(blank, axis=-1)
    readable: Booleans = np.asarray(((digits <= 9) | leading).all(axis=-1))
    digits[leading] = 0
    values = (digits * _PLACES).sum(axis=-1)
    values = np.where(negative | zero_minus, -values, values)
    return np.where(readable, values, 0).astype(np.int32), readable


def months_with_data(card: Bytes) -> Booleans:
    """Whether each card type, a byte, is that of a return that was sent."""
    return np.asarray((card == _DATA_BYTES[0]) | (card == _DATA_BYTES[1]))


def parse_stream(stream: BinaryIO, where: str) -> Records:
    """Read all records of a stream.

    Memory stays near the size of a few blocks and of the result, whatever the file's size.

    Raises
    ------
    DataError
        If not one line has the length of a record.
    """
    with ThreadPoolExecutor(_THREADS) as threads:
        blocks = _Blocks(threads)
        _split(stream, where, blocks)
        return blocks.finish(where)


class _Block(NamedTuple):
    """What `Records` has of a few records, in the same order."""

    rows: npt.NDArray[np.int64]
    headings: Bytes
    control: Booleans
    months: Bytes
    totals: Integers
    silent: Booleans
    unreadable: Booleans
    shifted: Booleans


def _decode(records: Bytes, rows: npt.NDArray[np.int64]) -> _Block:
    """Decode records, shape (n, at least 7385)."""
    months = records[:, layout.HEADER_LENGTH : layout.RECORD_LENGTH]
    months = months.reshape(len(records), layout.MONTHS, layout.MONTH_LENGTH)
    totals, unreadable = _sum_year(months[:, :, layout.NUMBERS])
    return _Block(
        rows,
        records[:, : layout.HEADING_READ].copy(),
        np.asarray(records[:, : layout.HEADER_LENGTH].min(axis=1) < ord(" ")),
        months[:, :, :_MONTH_HEADING].copy(),
        totals,
        _silent_months(months),
        unreadable,
        _shifted(months),
    )


@dataclass
class _Blocks:
    """Results gathered block by block."""

    threads: ThreadPoolExecutor
    decoded: list[Future[_Block]] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    lines: int = 0
    longest: int = 0

    def add(self, records: Bytes, rows: npt.NDArray[np.int64] | None = None) -> None:
        """Decode records, shape (n, at least 7385); `rows` if lines between were damaged."""
        count = len(records)
        if rows is None:
            rows = np.arange(self.lines + 1, self.lines + 1 + count)
            self.lines += count
        if count:
            self.decoded.append(self.threads.submit(_decode, records, rows))

    def wait(self, first: int, end: int) -> None:
        """Wait until these blocks are decoded: the buffer they are read from is used again."""
        for block in self.decoded[first:end]:
            block.result()

    def add_lines(self, lines: list[bytes]) -> None:
        """Decode lines of which some are damaged."""
        good: list[bytes] = []
        rows: list[int] = []
        for line in lines:
            self.lines += 1
            text = line.rstrip(b"\r\n")
            self.longest = max(self.longest, len(text))
            if len(text) == layout.RECORD_LENGTH:
                good.append(text)
                rows.append(self.lines)
            else:
                reason = f"{len(text)} characters long, not {layout.RECORD_LENGTH}"
                self.damaged.append(Damaged(self.lines, reason, text[:150]))
        matrix = np.frombuffer(b"".join(good), np.uint8).reshape(-1, layout.RECORD_LENGTH)
        self.add(matrix, np.array(rows, np.int64))

    def finish(self, where: str) -> Records:
        """Join the blocks."""
        if not self.decoded:
            raise DataError(
                where,
                f"none of {self.lines} lines is a record of {layout.RECORD_LENGTH} characters "
                f"(the longest has {self.longest})",
                "Give a Return A master file.",
            )
        blocks = [block.result() for block in self.decoded]
        joined = _Block(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))
        return Records(*joined, tuple(self.damaged))


def _split(stream: BinaryIO, where: str, blocks: _Blocks) -> None:
    """Cut the stream into lines; whole blocks at once where all lines are records."""
    size = RECORDS_PER_BLOCK * (layout.RECORD_LENGTH + 2)
    ring = deque(bytearray(size) for _ in range(_BUFFERS))
    ends = [0]
    held = 0
    while True:
        buffer = ring[0]
        filled = _fill(stream, memoryview(buffer), held)
        if filled == held:
            break
        ending = 2 if buffer.find(b"\r\n", 0, filled) >= 0 else 1
        used = _regular(buffer, filled, ending, blocks)
        if not used and filled == len(buffer):
            used = _irregular(buffer, filled, where, blocks)
        elif not used:
            held = filled
            continue
        held = filled - used
        ring.rotate(-1)
        ends.append(len(blocks.decoded))
        if len(ends) > _BUFFERS:
            blocks.wait(ends[-1 - _BUFFERS], ends[-_BUFFERS])
        ring[0][:held] = memoryview(buffer)[used:filled]
    rest = bytes(ring[0][:held]).rstrip(b"\x1a\0")
    if rest:
        blocks.add_lines(rest.removesuffix(b"\n").split(b"\n"))


def _fill(stream: BinaryIO, view: memoryview, held: int) -> int:
    while held < len(view):
        count = stream.readinto(view[held:])  # type: ignore[attr-defined]
        if not count:
            break
        held += count
    return held


def _regular(buffer: bytearray, filled: int, ending: int, blocks: _Blocks) -> int:
    """Decode the block if every line in it is a record; return the bytes used, 0 if not.

    A line end inside a record is not looked for here: in a number it is no number, and in the
    heading the record is rejected for it.
    """
    width = layout.RECORD_LENGTH + ending
    count = filled // width
    used = count * width
    if not count:
        return 0
    records = np.frombuffer(buffer, np.uint8, used).reshape(count, width)
    if not (records[:, -1] == 10).all() or (ending == 2 and not (records[:, -2] == 13).all()):
        return 0
    blocks.add(records)
    return used


def _irregular(buffer: bytearray, filled: int, where: str, blocks: _Blocks) -> int:
    used = buffer.rfind(b"\n", 0, filled) + 1
    if not used:
        raise DataError(
            where,
            f"has no line end in {filled:,} bytes",
            f"Give a master file with one record of {layout.RECORD_LENGTH} characters a line.",
        )
    blocks.add_lines(bytes(buffer[: used - 1]).split(b"\n"))
    return used


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
