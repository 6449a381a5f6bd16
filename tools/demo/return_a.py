"""Write simulated agencies as a Return A master file, in the very layout of the real one.

What is written is what is asked for: the reader must give back each count, gap and split.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coopanalysis.errors import UsageError
from coopanalysis.sources.return_a import layout

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

ALL_SENT: Final = "5" * layout.MONTHS
BASE_CELLS: Final[dict[str, tuple[int, ...]]] = {
    "murder": (1,),
    "manslaughter": (2,),
    "rape": (3, 4),
    "robbery": (6, 10),
    "aggravated_assault": (11, 15),
    "simple_assault": (11, 16),
    "burglary": (17, 18),
    "larceny": (21,),
    "motor_vehicle_theft": (22, 23),
}
"""Offence to the numbers on the card it is added to; all go into the grand total too."""
_DEFAULTS: Final[dict[str, object]] = {
    "covered_by_ori7": "",
    "population_2": 0,
    "population_3": 0,
    "ucr_county_2": "",
    "ucr_county_3": "",
    "counts_as_agency": 1,
    "follow_up": "Y",
    "mailing_group": "0",
    "state_text": "",
    "office": "CHIEF OF POLICE",
}
_REQUIRED: Final = ("ucr_state", "ori7", "agency", "population_group", "population_1")
_CARD_OFFSETS: Final = {card: number for number, card in enumerate(layout.CARDS)}
_LAST_DIGIT_NEGATIVE: Final = np.frombuffer(b"}JKLMNOPQR", np.uint8)
_FILE_DATE: Final = (1980, 1, 1, 0, 0, 0)
MEMBER_NAME: Final = "RETA{year}.TXT"


def simulate_return_a(agencies: pd.DataFrame, year: int) -> bytes:
    """Write one year of agencies as a zip with an LZMA-packed master file.

    Every agency has `ucr_state` (two digits), `ori7`, `agency`, `population_group`, `population_1`
    and `ucr_county_1`. It may have, with the usual value where absent, the other fields of
    `layout.HEADING`; `actual_types`, `unfounded_types`, `cleared_types`: twelve card types, January
    first (`5` sent, `2` adjusted, `0` or blank not sent; all sent unless given, and the last two
    like the first); `included_in`: twelve pairs of digits, `00` or the month a month's data are in;
    and the year's counts `<offense>_<card>` for the nine single offences. A year's count is spread
    evenly over the months that hold data.
    """
    records = master_records(agencies, year)
    ends = np.broadcast_to(np.frombuffer(b"\r\n", np.uint8), (len(records), 2))
    text = np.concatenate([records, ends], axis=1).tobytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        member = zipfile.ZipInfo(MEMBER_NAME.format(year=year), _FILE_DATE)
        member.compress_type = zipfile.ZIP_LZMA
        archive.writestr(member, text)
    return packed.getvalue()


def master_records(agencies: pd.DataFrame, year: int) -> Bytes:
    """Lay out the records of `simulate_return_a`, without line ends: shape (n, 7385)."""
    lacking = [name for name in (*_REQUIRED, "ucr_county_1") if name not in agencies]
    if lacking:
        raise UsageError(f"Simulated agencies lack the columns {lacking}.")
    count = len(agencies)
    types = _types(agencies)
    included = _included(agencies)
    holds = np.isin(types["actual"], [ord("2"), ord("5")]) & (included == 0)
    sent = np.isin(types["actual"], [ord("2"), ord("5")])
    records = np.full((count, layout.RECORD_LENGTH), ord(" "), np.uint8)
    records[:, 0] = ord("1")
    months = np.arange(1, layout.MONTHS + 1)
    defaults = _DEFAULTS | {
        "year_in_century": year % 100,
        "last_month_reported": (sent * months).max(axis=1),
    }
    for field in layout.HEADING:
        values = agencies[field.name] if field.name in agencies else defaults[field.name]
        column = pd.Series(values, index=agencies.index)
        records[:, field.span] = _heading_cells(column, field)
    body = records[:, layout.HEADER_LENGTH :].reshape(count, layout.MONTHS, layout.MONTH_LENGTH)
    _write_months(body, types, included)
    body[:, :, layout.NUMBERS] = _numbers(agencies, types, holds)
    body[:, :, layout.NUMBERS.stop :] = ord("0")
    records[:, layout.HEADER_LENGTH :] = body.reshape(count, -1)
    return records


def _types(agencies: pd.DataFrame) -> dict[str, Bytes]:
    actual = _texts(agencies, "actual_types", pd.Series(ALL_SENT, index=agencies.index))
    return {
        card: _matrix(_texts(agencies, f"{card}_types", actual), layout.MONTHS)
        for card in layout.CARDS
    }


def _included(agencies: pd.DataFrame) -> Integers:
    usual = pd.Series("00" * layout.MONTHS, index=agencies.index)
    cells = _matrix(_texts(agencies, "included_in", usual), 2 * layout.MONTHS)
    digits = cells.reshape(-1, layout.MONTHS, 2).astype(np.int64) - ord("0")
    return np.asarray(digits @ np.array([10, 1]))


def _texts(agencies: pd.DataFrame, name: str, usual: pd.Series) -> pd.Series:
    return agencies[name].fillna("").astype("str") if name in agencies else usual


def _matrix(texts: pd.Series, width: int) -> Bytes:
    too_long = texts.str.len() > width
    if too_long.any():
        raise UsageError(
            f"{too_long.sum()} texts of {texts.name} are longer than {width} characters "
            f"(first: '{texts[too_long].iloc[0]}')."
        )
    padded: Sequence[str] = texts.str.pad(width, side="right").tolist()
    joined = "".join(padded).encode("latin-1")
    return np.frombuffer(joined, np.uint8).reshape(len(texts), width)


def _heading_cells(values: pd.Series, field: layout.Field) -> Bytes:
    if field.kind == "integer":
        texts = values.astype("int64").astype("str").str.pad(field.width, fillchar="0")
    else:
        texts = values.fillna("").astype("str")
    return _matrix(texts.rename(field.name), field.width)


def _write_months(body: Bytes, types: dict[str, Bytes], included: Integers) -> None:
    data = [ord("2"), ord("5")]
    touched = types["actual"] != ord(" ")
    tens, ones = included // 10 + ord("0"), included % 10 + ord("0")
    body[:, :, 0], body[:, :, 1] = np.where(touched, tens, 32), np.where(touched, ones, 32)
    start = layout.CARD_TYPES.start
    for card, number in _CARD_OFFSETS.items():
        body[:, :, start + number] = types[card]
        is_sent = np.isin(types[card], data)
        body[:, :, layout.TOTALS_ONLY.start + number] = np.where(is_sent, ord("P"), ord(" "))


def _numbers(
    agencies: pd.DataFrame, types: dict[str, Bytes], holds: npt.NDArray[np.bool_]
) -> Bytes:
    """Cells of the three cards, twelve months each."""
    shape = (len(agencies), layout.MONTHS, len(layout.CARDS), layout.CELLS_PER_CARD)
    numbers = np.zeros(shape, np.int64)
    for card, number in _CARD_OFFSETS.items():
        room = holds & np.isin(types[card], [ord("2"), ord("5")])
        for offense, cells in BASE_CELLS.items():
            name = f"{offense}_{card}"
            if name not in agencies:
                continue
            spread = _spread(agencies[name].fillna(0).to_numpy(np.int64), room, name)
            for cell in (*cells, 26):
                numbers[:, :, number, cell - 1] += spread
    return _cells(numbers.reshape(len(agencies), layout.MONTHS, -1))


def _spread(totals: Integers, room: npt.NDArray[np.bool_], name: str) -> Integers:
    """Share each total out evenly, what is left over to the first months."""
    months = room.sum(axis=1)
    homeless = (months == 0) & (totals != 0)
    if homeless.any():
        raise UsageError(f"{homeless.sum()} agencies have {name} but no month that was sent.")
    size, left = np.divmod(np.abs(totals), np.maximum(months, 1))
    place = room.cumsum(axis=1)
    spread = np.where(room, size[:, None] + (place <= left[:, None]), 0)
    return np.asarray(spread * np.sign(totals)[:, None])


def _cells(numbers: Integers) -> Bytes:
    """Five characters a number, the sign on the last."""
    size = np.abs(numbers)
    if size.max(initial=0) >= 10**layout.CELL_WIDTH:
        raise UsageError(f"A count of {size.max():,} in one month does not fit in five characters.")
    cells = np.empty((*numbers.shape, layout.CELL_WIDTH), np.uint8)
    for place in range(layout.CELL_WIDTH - 1, -1, -1):
        size, digit = np.divmod(size, 10)
        cells[..., place] = digit + ord("0")
    last = cells[..., -1]
    cells[..., -1] = np.where(numbers < 0, _LAST_DIGIT_NEGATIVE[last - ord("0")], last)
    return cells.reshape(*numbers.shape[:2], -1)
