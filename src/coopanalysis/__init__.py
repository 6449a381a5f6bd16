"""Reproducible analysis of how US counties cooperate with immigration enforcement.

The package is laid out in floors, and modules import downwards only:

====== ===========================================================
floor  modules
====== ===========================================================
0      `errors`, `paths`, `vocabulary`
1      `catalog` (sources, columns, corrections as data), `schema`
2      `sources` (one reader per layout), fetching
3      `clean` (county identity, agencies, reporting)
4      `panel` (where sources meet), `simulate` (the demo release)
5      `models`, `associations` and `law_differences` (the models of the reports),
       `checks` (what is held against them), `describe` (counts and shares)
6      `tables`, `figures`, `maps`, `page`, `sentences`, `exhibits` (what each notebook shows)
7      `reports` (plan, execute, render, index)
8      `cli`
====== ===========================================================
"""

from importlib.metadata import version

__version__ = version("coopanalysis")
__all__ = ["__version__"]
