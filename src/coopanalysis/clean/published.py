"""Published figures held against each other by arithmetic."""

from __future__ import annotations

import pandas as pd

CONTRADICTION_COLUMNS = (
    "practice",
    "published_with",
    "published_without",
    "sum_of_sides",
    "published_total",
    "difference",
    "source",
)


def contradictions(figures: pd.DataFrame) -> pd.DataFrame:
    """Pairs of published sides that do not add up to their published total.

    Nothing is mended: which of the figures is wrong cannot be told from them.

    Parameters
    ----------
    figures : DataFrame
        As from `sources.reference.read_published_figures`. Ids `<group>.<practice>.with` and
        `.without` are the two sides of `<group>.counties`. A practice with one printed side
        cannot be tested and is left out.

    Returns
    -------
    DataFrame, one row per practice whose sides contradict the total
        `practice`, `published_with`, `published_without`, `sum_of_sides`, `published_total`
        (counties), `difference` (sum less total), `source`.
    """
    sides = two_sided(figures)
    wrong = sides["difference"] != 0
    return sides.loc[wrong].reset_index(drop=True)


def two_sided(figures: pd.DataFrame) -> pd.DataFrame:
    """Every practice with both sides printed, beside its total: the rows arithmetic can test.

    Same columns as `contradictions`; `difference` is zero where the sides add up.
    """
    parts = figures["figure_id"].str.extract(
        r"^(?P<group>[^.]+)\.(?P<practice>[^.]+)\.(?P<side>with|without)$"
    )
    rows = figures.join(parts).dropna(subset=["side"])
    wide = rows.pivot_table(index=["group", "practice"], columns="side", values="value", sort=False)
    if not {"with", "without"} <= set(wide.columns):
        return pd.DataFrame(columns=list(CONTRADICTION_COLUMNS))
    wide = wide.dropna().reset_index()
    totals = figures.set_index("figure_id")[["value", "source"]]
    named = wide["group"] + ".counties"
    total = named.map(totals["value"])
    table = pd.DataFrame(
        {
            "practice": wide["practice"],
            "published_with": wide["with"],
            "published_without": wide["without"],
            "sum_of_sides": wide["with"] + wide["without"],
            "published_total": total,
            "difference": wide["with"] + wide["without"] - total,
            "source": named.map(totals["source"]),
        }
    )
    counts = [
        "published_with",
        "published_without",
        "sum_of_sides",
        "published_total",
        "difference",
    ]
    return table.dropna(subset=["published_total"]).astype(dict.fromkeys(counts, "int64"))
