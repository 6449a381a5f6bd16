"""People whom ICE held, by facility and day, from two projects that had its records.

A million rows each, so they are read and checked by the column.
"""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from coopanalysis.catalog.raw_columns import FACILITY_CODE, LIMITS, NAME
from coopanalysis.catalog.reject_reasons import (
    CONTRADICTED,
    NOT_A_DATE,
    NOT_A_NAME,
    NOT_A_NUMBER,
    OUT_OF_RANGE,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.raw_text import check_count, count_records, read_bytes, readable
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.table import check_columns

_HEADCOUNT = ["detention_facility_code", "n", "date"]
_DAILY = ["detention_facility_code", "detention_facility", "date", "n_detained_at_midnight"]
_ANY_TIME = "n_detained"
_FIRST_DAY, _LAST_DAY = pd.Timestamp("2000-01-01"), pd.Timestamp("2099-12-31")


def read_headcount(path: Path, source: str = "") -> Reading:
    """Read people held by facility and day, days with at least one only (gzip, `|` between).

    Blank lines are no rows. The reading has `facility_code`, `date`, `held` (persons). Before
    October 2011 the record holds only those who were still in detention then.
    """
    packed = read_bytes(path)
    errors = (OSError, EOFError, zlib.error, pa.ArrowInvalid, UnicodeDecodeError)
    with readable(path.name, "gzip of delimited text", *errors):
        data = gzip.decompress(packed)
        table = pacsv.read_csv(
            io.BytesIO(data),
            parse_options=pacsv.ParseOptions(
                delimiter="|", quote_char=False, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(_HEADCOUNT, pa.string()), strings_can_be_null=False
            ),
        )
        names = table.column_names
    counted = count_records(data, "|", path.name, quoted=False)
    check_count(table.num_rows + 1, counted, path.name)
    check_columns(path.name, names, _HEADCOUNT)
    raw = table.select(_HEADCOUNT)
    filled = np.logical_or.reduce([pc.not_equal(cells, "").to_numpy() for cells in raw.columns])
    raw, lines = raw.filter(pa.array(filled)), np.flatnonzero(filled) + 2
    held = _number(raw["n"])
    frame = _frame(raw["detention_facility_code"], _day(raw["date"]), held, path.name, lines)
    reasons = _reasons(frame, held, least=1)
    return _reading(frame, raw, reasons, source or path.name)


def read_facility_daily(path: Path, source: str = "") -> Reading:
    """Read people held at midnight by facility and day, days without any included (Parquet).

    The reading has `facility_code`, `facility`, `date`, `held` (persons at midnight).
    """
    data = read_bytes(path)
    errors = (OSError, pa.ArrowException, UnicodeDecodeError)
    with readable(path.name, "Parquet file", *errors):
        file = pq.ParquetFile(io.BytesIO(data))
        check_columns(path.name, file.schema_arrow.names, _DAILY)
        raw = file.read(columns=_DAILY)
        raw.validate(full=True)
        code, name = (pc.cast(raw[column], pa.string()) for column in _DAILY[:2])
        day = pc.cast(raw["date"], pa.timestamp("us"))
        if pa.types.is_boolean(raw["n_detained_at_midnight"].type):
            raise pa.ArrowTypeError("n_detained_at_midnight has true and false, not numbers")
        held = pc.cast(raw["n_detained_at_midnight"], pa.float64())
        has_other = _ANY_TIME in file.schema_arrow.names
        other = file.read(columns=[_ANY_TIME])[_ANY_TIME] if has_other else held
        any_time = pc.cast(other, pa.float64()).to_pandas()
    numbers = held.to_pandas().astype("float64")
    frame = _frame(code, day.to_pandas(), numbers, path.name, np.arange(1, len(numbers) + 1))
    frame["facility"] = name.dictionary_encode().to_pandas()
    reasons = _reasons(frame, numbers, least=0)
    broken = {
        f"{NOT_A_NAME}: detention_facility": ~_fits(frame["facility"], NAME),
        f"{CONTRADICTED}: more at midnight than on the day": (numbers > any_time).to_numpy(),
    }
    reading = _reading(frame, raw, _first_broken(reasons, broken), source or path.name)
    if not reading.rows_rejected:
        _check_every_day(path.name, frame)
    return reading


def _check_every_day(where: str, frame: pd.DataFrame) -> None:
    """Raise if a facility lacks a day, as one does whose code or day became another."""
    size = frame["facility_code"].nunique() * frame["date"].nunique()
    if len(frame) != size:
        what = f"has {len(frame):,} rows, not the {size:,} of each facility on each day"
        raise DataError(where, what, "Fetch it again.")


def _number(text: pa.ChunkedArray) -> pd.Series:
    whole = pc.match_substring_regex(text, "^(0|[1-9][0-9]{0,8})$")
    numbers = pc.cast(pc.if_else(whole, text, None), pa.float64())
    return pd.Series(numbers.to_pandas(), dtype="float64")


def _day(text: pa.ChunkedArray) -> pd.Series:
    dates = text.dictionary_encode().to_pandas()
    known = pd.to_datetime(pd.Series(dates.cat.categories), format="%Y-%m-%d", errors="coerce")
    return pd.Series(known.to_numpy()[dates.cat.codes.to_numpy()], dtype="datetime64[us]")


def _frame(
    code: pa.ChunkedArray,
    day: pd.Series,
    held: pd.Series,
    file: str,
    rows: npt.NDArray[np.int64],
) -> pd.DataFrame:
    size = len(day)
    same = pd.Series(0, index=range(size), dtype="int8")
    return pd.DataFrame(
        {
            "facility_code": code.dictionary_encode().to_pandas(),
            "date": day.astype("datetime64[us]"),
            "held": held.fillna(-1).astype("int64"),
            "source_file": pd.Categorical.from_codes(same, categories=pd.Index([file])),
            "source_sheet": pd.Categorical.from_codes(same, categories=pd.Index([""])),
            "source_row": rows,
        }
    )


def _reasons(frame: pd.DataFrame, held: pd.Series, *, least: int) -> pd.Series:
    """Why a row cannot be used, by the first rule that it breaks."""
    limit = LIMITS["held"].maximum
    days = frame["date"]
    rules = {
        f"{NOT_A_NAME}: detention_facility_code": ~_fits(frame["facility_code"], FACILITY_CODE),
        f"{NOT_A_DATE}: date": (
            ~days.between(_FIRST_DAY, _LAST_DAY) | (days != days.dt.normalize())
        ).to_numpy(),
        f"{NOT_A_NUMBER}: held": (held.isna() | (held % 1 != 0)).to_numpy(),
        f"{OUT_OF_RANGE}: held": ((held < least) | (held > limit)).to_numpy(),
        "key repeats an earlier row: facility and day": frame.duplicated(
            ["facility_code", "date"]
        ).to_numpy(),
    }
    return _first_broken(pd.Series(None, index=frame.index, dtype="str"), rules)


def _fits(texts: pd.Series, pattern: str) -> npt.NDArray[np.bool_]:
    """Whether each text, of few different ones, matches a pattern as a whole."""
    names = pd.Series(texts.cat.categories, dtype="str")
    sound = np.append(names.str.fullmatch(pattern).to_numpy(dtype=bool), False)
    return sound[texts.cat.codes.to_numpy()]


def _first_broken(reasons: pd.Series, rules: dict[str, npt.NDArray[np.bool_]]) -> pd.Series:
    """Add to reasons that of the first rule that a row breaks."""
    for reason, broken in rules.items():
        if broken.any():
            reasons = reasons.mask(reasons.isna() & broken, reason)
    return reasons


def _reading(frame: pd.DataFrame, raw: pa.Table, reasons: pd.Series, source: str) -> Reading:
    reading = Reading(source, frame, empty_rejects(), len(frame))
    if reasons.isna().all():
        return reading
    texts = raw.to_pandas().astype("str").add_prefix("raw_")
    whole = Reading(source, pd.concat([frame, texts], axis=1), empty_rejects(), len(frame))
    refused = whole.reject(reasons, list(texts))
    kept = refused.frame[list(frame)]
    return Reading(source, kept, refused.rejects, len(frame))
