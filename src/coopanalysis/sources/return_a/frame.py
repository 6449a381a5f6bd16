"""From the arrays of a master file to one typed row per agency and year."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coopanalysis.sources.reading import Reading, rejects_frame
from coopanalysis.sources.return_a import layout
from coopanalysis.sources.return_a.parse import Booleans, Bytes, Records, months_with_data

_ACTUAL: Final = layout.CARDS.index("actual")
_STRING: Final = pd.StringDtype("pyarrow", na_value=np.nan)
_LETTERS: Final = string.ascii_uppercase.encode()
_DIGITS: Final = string.digits.encode()
_FIELDS: Final = {field.name: field for field in layout.HEADING}
_RAW_FIELDS: Final = ("ucr_state", "ori7", "year_in_century", "covered_by_ori7", "agency")


def records_reading(records: Records, source: str, file: str) -> Reading:
    """Lay out all lines of one file as a reading: rows kept, and rows rejected with the reason."""
    reasons: dict[int, str] = {}
    for bad, reason in _rules(records):
        for index in np.flatnonzero(bad):
            reasons.setdefault(int(index), reason)
    kept = np.ones(len(records.rows), bool)
    kept[list(reasons)] = False
    arrays: list[Any] = [values[kept] for values in records[:-1]]
    sound = Records(*arrays)
    frame = _frame(sound)
    frame["source_file"] = pd.Series(file, index=frame.index, dtype="str")
    frame["source_sheet"] = pd.Series("", index=frame.index, dtype="str")
    frame["source_row"] = sound.rows
    return Reading(source, frame, _rejects(records, reasons, source, file), records.rows_in)


def digits_to_integers(cells: Bytes) -> tuple[npt.NDArray[np.int64], Booleans]:
    """Read unsigned numbers, shape (n, width), and say which can be read; blank is 0."""
    digits = cells ^ ord("0")
    if digits.max(initial=0) > 9:
        digits[np.logical_and.accumulate(cells == ord(" "), axis=1)] = 0
    values = np.zeros(len(cells), np.int64)
    for place in range(cells.shape[1]):
        values *= 10
        values += digits[:, place]
    return values, np.asarray(digits.max(axis=1, initial=0) <= 9)


def months_included_in(months: Bytes) -> tuple[npt.NDArray[np.int64], Booleans]:
    """Month that the data of each month are in, shape (n, 12), 0 for its own or blank.

    Also whether all twelve are numbers from 0 to 12, or blank, shape (n,).
    """
    cells = months[:, :, layout.INCLUDED_IN]
    target = np.zeros(cells.shape[:2], np.int64)
    usable = np.ones(len(cells), bool)
    said = ~_holds(cells, b"0 ")
    if said.any():
        values, readable = digits_to_integers(cells[said].reshape(-1, 2))
        sound = readable & (values <= layout.MONTHS)
        target[said] = np.where(sound, values, 0).reshape(-1, layout.MONTHS)
        usable[said] = sound.reshape(-1, layout.MONTHS).all(axis=1)
    return target, usable


def bytes_to_strings(cells: Bytes, *, blank_is_missing: bool = False) -> pd.Series:
    """Read text of fixed width, without the blanks around it.

    Bytes beyond ASCII are read as Latin-1, so that an accent does not cost a record.
    """
    count, width = cells.shape
    if count and cells.max() > 127:
        texts = [bytes(row).decode("latin-1") for row in cells]
        array: pa.Array = pa.array(texts, pa.large_string())
    else:
        offsets = np.arange(0, (count + 1) * width, width, dtype=np.int64)
        data = np.ascontiguousarray(cells)
        array = pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(data))
    array = pc.utf8_trim(array, characters=" \0\t")
    if blank_is_missing:
        array = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.large_string()), array)
    return pd.Series(pd.array(array, dtype=_STRING))


def _frame(records: Records) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for field in layout.HEADING:
        cells = records.headings[:, field.span]
        if field.kind == "integer":
            columns[field.name], _ = digits_to_integers(cells)
        else:
            columns[field.name] = bytes_to_strings(cells, blank_is_missing=field.kind == "code")
    short_year = columns.pop("year_in_century")
    columns["year"] = np.where(short_year < layout.FIRST_YEAR % 100, 2000, 1900) + short_year
    columns |= _month_columns(records.months, records.silent)
    columns |= _count_columns(records.totals)
    columns["totals_disagree_count"] = totals_disagree(records.totals)
    return pd.DataFrame(columns)


def _month_columns(months: Bytes, silent: Booleans) -> dict[str, npt.NDArray[np.int8]]:
    """Count the months sent, card by card.

    A month that is included in another was sent if that other one was.
    """
    target, _ = months_included_in(months)
    included = target > 0
    columns = {"months_in_another": included.sum(axis=1)}
    for number, card in enumerate(layout.CARDS):
        sent = months_with_data(months[:, :, layout.CARD_TYPES.start + number])
        if number == _ACTUAL:
            sent |= silent
        if included.any():
            other = np.take_along_axis(sent, np.maximum(target - 1, 0), axis=1)
            sent = np.where(included, other, sent)
        name = "months_reported" if number == _ACTUAL else f"months_{card}_reported"
        columns[name] = sent.sum(axis=1)
        totals_only = sent & (months[:, :, layout.TOTALS_ONLY.start + number] == ord("T"))
        columns[f"{name}_totals_only"] = totals_only.sum(axis=1)
    columns["months_without_card_type"] = silent.sum(axis=1)
    return {name: values.astype(np.int8) for name, values in columns.items()}


def _count_columns(totals: npt.NDArray[np.int32]) -> dict[str, npt.NDArray[np.int32]]:
    columns = {}
    for offense, cells in layout.OFFENSE_CELLS.items():
        for card in ("actual", "unfounded", "cleared"):
            numbers = totals[:, layout.CARDS.index(card)]
            total = np.zeros(len(numbers), np.int32)
            for cell, sign in cells:
                total += sign * numbers[:, cell - 1]
            columns[f"{offense}_{card}"] = total
    return columns


def totals_disagree(totals: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """Count the totals of a record's year that are not the sum of their parts.

    A total sent without a breakdown, its parts all zero, is no disagreement.
    """
    wrong = np.zeros(len(totals), np.int8)
    for total, parts in layout.TOTAL_CELLS.items():
        sums = totals[:, :, [part - 1 for part in parts]].sum(axis=2)
        wrong += ((totals[:, :, total - 1] != sums) & (sums != 0)).sum(axis=1).astype(np.int8)
    return wrong


def _holds(cells: Bytes, allowed: bytes) -> Booleans:
    """Whether each record, the first axis, has none but the bytes allowed."""
    is_allowed = np.isin(np.arange(256), list(allowed))
    return np.asarray(is_allowed[cells].all(axis=tuple(range(1, cells.ndim))))


def _rules(records: Records) -> Iterator[tuple[Booleans, str]]:
    """Each rule that a record can break, with the records that do."""
    headings, months = records.headings, records.months
    prefix, identifier = headings[:, 3:5], headings[:, 3:10]
    yield headings[:, 0] != ord("1"), "record type is not 1"
    yield records.control, "control characters in the heading"
    yield (
        ~_holds(identifier, _LETTERS + _DIGITS),
        "agency identifier is not seven letters and digits",
    )
    yield ~_holds(prefix, _LETTERS), "agency identifier does not start with the letters of a state"
    yield ~digits_to_integers(headings[:, 1:3])[1], "ucr_state is no number"
    for name, allowed in (
        ("follow_up", layout.FOLLOW_UP_CODES),
        ("mailing_group", layout.MAILING_GROUP_CODES),
    ):
        yield ~_holds(headings[:, _FIELDS[name].span], allowed), f"{name} is not known"
    for field in layout.HEADING:
        if field.kind == "integer":
            cells = headings[:, field.span]
            values, readable = digits_to_integers(cells)
            yield ~readable, f"{field.name} is no number"
            yield np.asarray((cells == ord(" ")).any(axis=1)), f"{field.name} is blank"
            if field.name == "last_month_reported":
                yield values > layout.MONTHS, "last month reported is beyond 12"
    card_types, totals_only = months[:, :, layout.CARD_TYPES], months[:, :, layout.TOTALS_ONLY]
    yield ~_holds(card_types, layout.CARD_TYPE_CODES), "a card type is not known"
    yield ~_holds(totals_only, layout.TOTALS_ONLY_CODES), "a mark of totals only is not known"
    yield records.shifted, "the numbers of a month do not start in their place"
    yield ~months_included_in(months)[1], "a month is included in a month that does not exist"
    yield records.unreadable, "a count is no number"
    keys = pd.DataFrame({"ori7": _keys(identifier), "year": _keys(headings[:, 13:15])})
    yield np.asarray(keys.duplicated()), "the agency and year have a record before"


def _keys(cells: Bytes) -> npt.NDArray[np.uint64]:
    """One number for up to eight bytes: quicker to compare than text."""
    padded = np.zeros((len(cells), 8), np.uint8)
    padded[:, : cells.shape[1]] = cells
    return padded.view(np.uint64)[:, 0]


def _rejects(records: Records, reasons: dict[int, str], source: str, file: str) -> pd.DataFrame:
    found = [
        (int(records.rows[index]), reason, records.headings[index].tobytes())
        for index, reason in reasons.items()
    ]
    for line in records.damaged:
        reason = f"{line.length} characters long, not {layout.RECORD_LENGTH}"
        found.append((line.row, reason, line.start))
    found.sort()
    rows = pd.DataFrame({"source_row": [row for row, *_ in found]}, dtype="int64")
    raw = pd.DataFrame(
        {name: [_text(start, name) for *_, start in found] for name in _RAW_FIELDS}, dtype="str"
    )
    return rejects_frame(
        source,
        rows.assign(source_file=file, source_sheet=""),
        pd.Series([reason for _, reason, _ in found], dtype="str"),
        raw,
    )


def _text(heading: bytes, name: str) -> str:
    return heading[_FIELDS[name].span].decode("latin-1").strip()
