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
    leading = np.logical_and.accumulate(cells == 32, axis=1)
    digits = np.where(leading, 0, digits)
    readable = (digits <= 9).all(axis=1)
    places = 10.0 ** np.arange(cells.shape[1] - 1, -1, -1)
    return (digits @ places).astype(np.int64), readable


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
    return pd.DataFrame(columns)


def _month_columns(months: Bytes, silent: Booleans) -> dict[str, npt.NDArray[np.int8]]:
    """Count the months sent, card by card.

    A month that is included in another was sent if that other one was.
    """
    targets, _ = digits_to_integers(months[:, :, layout.INCLUDED_IN].reshape(-1, 2))
    target = targets.reshape(-1, layout.MONTHS)
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
            columns[f"{offense}_{card}"] = sum(sign * numbers[:, cell - 1] for cell, sign in cells)
    return columns


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
    ori = headings[:, 3:10]
    alphanumeric = ((ori >= 48) & (ori <= 57)) | ((ori >= 65) & (ori <= 90))
    yield ~alphanumeric.all(axis=1), "agency identifier is not seven letters and digits"
    for name, (_, readable) in integers.items():
        yield ~readable, f"{name} is no number"
    yield (headings[:, 13:15] == 32).any(axis=1), "year_in_century is blank"
    yield integers["last_month_reported"][0] > layout.MONTHS, "last month reported is beyond 12"
    codes = np.isin(months[:, :, layout.CARD_TYPES], list(layout.CARD_TYPE_CODES))
    yield ~codes.all(axis=(1, 2)), "a card type is none of 0, 2, 4, 5, 8 and blank"
    target, readable = digits_to_integers(months[:, :, layout.INCLUDED_IN].reshape(-1, 2))
    usable = (readable & (target <= layout.MONTHS)).reshape(-1, layout.MONTHS)
    yield ~usable.all(axis=1), "a month is included in a month that does not exist"
    yield records.unreadable, "a count is no number"
    yield _repeats(headings), "the agency and year have a record before"


def _repeats(headings: Bytes) -> Booleans:
    keys = np.concatenate([headings[:, 3:10], headings[:, 13:15]], axis=1)
    flat = np.ascontiguousarray(keys).view("S9").ravel()
    return np.asarray(pd.Series(flat).duplicated())


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
    fields = {field.name: field for field in layout.HEADING}
    values = {name: heading[fields[name].span].decode("latin-1").strip() for name in _RAW_FIELDS}
    return json.dumps(values, ensure_ascii=False)
