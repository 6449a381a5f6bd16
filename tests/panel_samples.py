"""Panels with a table put in place of the built one."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from coopanalysis.panel import Panel


def with_tables(panel: Panel, **tables: pd.DataFrame) -> Panel:
    """Return the same release with some of its tables replaced; the others are read as built."""
    twin = replace(panel)
    twin.__dict__.update(tables)
    return twin
