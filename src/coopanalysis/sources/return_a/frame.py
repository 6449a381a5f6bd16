"""From the arrays of a master file to one typed row per agency and year."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coopanalysis.sources.reading import REJECT_COLUMNS, Reading, empty_rejects
from coopanalysis.sources.return_a import layout
from coopanalysis.sources.return_a.parse import Booleans, Bytes, Records, months_with_data

_ACTUAL: Final = layout.CARDS.index("actual")
_STRING: Final = pd.StringDtype("pyarrow", na_value=np.nan)
_IS_ALPHANUMERIC: Final = np.array([chr(code).isalnum() and code < 91 for code in range(256)])
_CARD_TYPE_IS_KNOWN: Final = np.isin(np.arange(256), list(layout.CARD_TYPE_CODES))
_TOTALS_ONLY_IS_KNOWN: Final = np.isin(np.arange(256), list(layout.TOTALS_ONLY_CODES))
_IS_LETTER: Final = np.array([ord("A") <= code <= ord("Z") for code in range(256)])
_FIELDS: Final = {field.name: field for field in layout.HEADING}
_RAW_FIELDS: Final = ("ucr_state", "ori7", "year_in_century", "covered_by_ori7", "agency")


def records_reading(records: Records, source: str, file: str) -> Reading:
    """Lay out records as a reading: rows kept, and rows rejected with the reason.

    Parameters
    ----------
    records : Records
        All lines of one file.
    source, file : str
        Id of the source and name of the file.
    """
    integers = {
        field.name: digits_to_integers(records.headings[:, field.span])
        for field in layout.HEADING
        if field.kind == "integer"
    }
    reasons = _judge(records, integers)
    kept = np.array([not reason for reason in reasons]) if any(reasons) else slice(None)
    frame = _frame(records, {name: values for name, (values, _) in integers.items()}, kept)
    frame["source_file"] = pd.Series(file, index=frame.index, dtype="str")
    frame["source_sheet"] = pd.Series("", index=frame.index, dtype="str")
    frame["source_row"] = records.rows[kept]
    return Reading(source, frame, _rejects(records, reasons, source, file), records.rows_in)


def digits_to_integers(cells: Bytes) -> tuple[npt.NDArray[np.int64], Booleans]:
    """Read unsigned numbers of any width; blank is 0.

    Parameters
    ----------
    cells : array of uint8, shape (n, width)

    Returns
    -------
    values : array of int, shape (n,)
    readable : array of bool, shape (n,)
    """
    digits = cells ^ 0x30
    if digits.max(initial=0) > 9:
        digits[np.logical_and.accumulate(cells == 32, axis=1)] = 0
    values = np.zeros(len(cells), np.int64)
    for place in range(cells.shape[1]):
        values *= 10
        values += digits[:, place]
    return values, np.asarray(digits.max(axis=1, initial=0) <= 9)


def months_included_in(months: Bytes) -> tuple[npt.NDArray[np.int64], Booleans]:
    """Read for each month the month that its data are in; 0 for its own.

    Parameters
    ----------
    months : array of uint8, shape (n, 12, 17)

    Returns
    -------
    target : array of int, shape (n, 12)
    usable : array of bool, shape (n,)
        Whether all twelve are numbers from 0 to 12, or blank.
    """
    cells = months[:, :, layout.INCLUDED_IN]
    target = np.zeros(cells.shape[:2], np.int64)
    usable = np.ones(len(cells), bool)
    said = ((cells != 48) & (cells != 32)).any(axis=(1, 2))
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


def _frame(
    records: Records,
    integers: dict[str, npt.NDArray[np.int64]],
    kept: Booleans | slice,
) -> pd.DataFrame:
    headings, months = records.headings[kept], records.months[kept]
    columns: dict[str, object] = {}
    for field in layout.HEADING:
        if field.kind == "integer":
            columns[field.name] = integers[field.name][kept]
        else:
            columns[field.name] = bytes_to_strings(
                headings[:, field.span], blank_is_missing=field.kind == "code"
            )
    short_year = integers["year_in_century"][kept]
    columns["year"] = np.where(short_year < layout.FIRST_YEAR % 100, 2000, 1900) + short_year
    del columns["year_in_century"]
    columns |= _month_columns(months, records.silent[kept])
    columns |= _count_columns(records.totals[kept])
    columns["totals_disagree_count"] = totals_disagree(records.totals[kept])
    return pd.DataFrame(columns)


def _month_columns(months: Bytes, silent: Booleans) -> dict[str, npt.NDArray[np.int8]]:
    """Count the months sent, card by card.

    A month that is included in another was sent if that other one was.
    """
    target, _ = months_included_in(months)
    included = target > 0
    columns = {"months_in_another": included.sum(axis=1).astype(np.int8)}
    for number, card in enumerate(layout.CARDS):
        sent = months_with_data(months[:, :, layout.CARD_TYPES.start + number])
        if number == _ACTUAL:
            sent |= silent
        if included.any():
            other = np.take_along_axis(sent, np.maximum(target - 1, 0), axis=1)
            sent = np.where(included, other, sent)
        name = "months_reported" if number == _ACTUAL else f"months_{card}_reported"
        columns[name] = sent.sum(axis=1).astype(np.int8)
        totals_only = sent & (months[:, :, layout.TOTALS_ONLY.start + number] == ord("T"))
        columns[f"{name}_totals_only"] = totals_only.sum(axis=1).astype(np.int8)
    columns["months_without_card_type"] = silent.sum(axis=1).astype(np.int8)
    return columns


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


def _judge(
    records: Records, integers: dict[str, tuple[npt.NDArray[np.int64], Booleans]]
) -> list[str]:
    """Say for each record why it cannot be used; empty where it can."""
    reasons = [""] * len(records.rows)
    for bad, reason in _rules(records, integers):
        for index in np.flatnonzero(bad):
            reasons[index] = reasons[index] or reason
    return reasons


def _rules(
    records: Records, integers: dict[str, tuple[npt.NDArray[np.int64], Booleans]]
) -> Iterator[tuple[Booleans, str]]:
    headings, months = records.headings, records.months
    yield headings[:, 0] != ord("1"), "record type is not 1"
    yield records.control, "control characters in the heading"
    yield (
        np.asarray(~_IS_ALPHANUMERIC[headings[:, 3:10]].all(axis=1)),
        "agency identifier is not seven letters and digits",
    )
    yield (
        np.asarray(~_IS_LETTER[headings[:, 3:5]].all(axis=1)),
        "agency identifier does not start with the letters of a state",
    )
    yield ~digits_to_integers(headings[:, 1:3].copy())[1], "ucr_state is no number"
    for name, allowed in (
        ("follow_up", layout.FOLLOW_UP_CODES),
        ("mailing_group", layout.MAILING_GROUP_CODES),
    ):
        known = np.isin(headings[:, _FIELDS[name].span], list(allowed)).all(axis=1)
        yield np.asarray(~known), f"{name} is not known"
    for name, (_, readable) in integers.items():
        yield ~readable, f"{name} is no number"
        blank = (headings[:, _FIELDS[name].span] == ord(" ")).any(axis=1)
        yield np.asarray(blank), f"{name} is blank"
    yield integers["last_month_reported"][0] > layout.MONTHS, "last month reported is beyond 12"
    codes = _CARD_TYPE_IS_KNOWN[months[:, :, layout.CARD_TYPES]]
    yield np.asarray(~codes.reshape(len(codes), -1).all(axis=1)), "a card type is not known"
    broken_down = _TOTALS_ONLY_IS_KNOWN[months[:, :, layout.TOTALS_ONLY]]
    yield (
        np.asarray(~broken_down.reshape(len(codes), -1).all(axis=1)),
        "a mark of totals only is not known",
    )
    yield records.shifted, "the numbers of a month do not start in their place"
    yield ~months_included_in(months)[1], "a month is included in a month that does not exist"
    yield records.unreadable, "a count is no number"
    yield _repeats(headings), "the agency and year have a record before"


def _repeats(headings: Bytes) -> Booleans:
    keys = np.zeros((len(headings), 16), np.uint8)
    keys[:, :7], keys[:, 8:10] = headings[:, 3:10], headings[:, 13:15]
    halves = keys.view(np.uint64)
    return np.asarray(pd.DataFrame({"ori7": halves[:, 0], "year": halves[:, 1]}).duplicated())


def _rejects(records: Records, reasons: list[str], source: str, file: str) -> pd.DataFrame:
    rows = [
        (int(records.rows[index]), reason, _raw(records.headings[index].tobytes()))
        for index, reason in enumerate(reasons)
        if reason
    ]
    rows += [(line.row, line.reason, _raw(line.start)) for line in records.damaged]
    if not rows:
        return empty_rejects()
    table = [(source, file, "", *row) for row in sorted(rows)]
    return pd.DataFrame(table, columns=list(REJECT_COLUMNS)).astype(empty_rejects().dtypes)


def _raw(heading: bytes) -> str:
    values = {name: heading[_FIELDS[name].span].decode("latin-1").strip() for name in _RAW_FIELDS}
    return json.dumps(values, ensure_ascii=False)
