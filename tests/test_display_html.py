"""Text as it stands in downloads and on pages."""

from __future__ import annotations

import csv
import io

import pandas as pd

from coopanalysis.display.html import csv_text


def test_a_download_holds_no_formula_and_numbers_stay_numbers() -> None:
    texts = [
        "=1+1",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "-0.5",
        "+12%",
        "a = b",
        "-1,234.5",
    ]
    frame = pd.DataFrame(
        {
            "=name": pd.Series(texts, dtype="str"),
            "group": pd.Categorical(texts),
            "mixed": pd.Series(["=x", -3.25, None, *range(7)], dtype="object"),
            "number": [-1.5, *range(9)],
            "day": pd.Timestamp("2026-05-18"),
        }
    )
    rows = list(csv.reader(io.StringIO(csv_text(frame), newline="")))
    assert rows[0] == ["'=name", "group", "mixed", "number", "day"]
    shown = ["'=1+1", "'+1+1", "'-2+3", "'@SUM(A1)", "'\t=1", "'\n=1", *texts[6:]]
    assert [row[0] for row in rows[1:]] == shown
    assert [row[1] for row in rows[1:]] == shown
    assert [row[2] for row in rows[1:4]] == ["'=x", "-3.25", ""]
    assert rows[1][3:] == ["-1.5", "2026-05-18"]
    assert list(frame) == ["=name", "group", "mixed", "number", "day"], "the frame is left alone"
