"""Print which share of the branches of each folder tests reach, from the JSON of coverage.py.

The figure of its own report is of lines and branches together.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def branch_lines(report: Mapping[str, Any]) -> list[str]:
    """Say of each folder, and of all, how many of its branches were reached."""
    reached: Counter[str] = Counter()
    branches: Counter[str] = Counter()
    for name, file in report["files"].items():
        folder = name.partition("coopanalysis/")[2].partition("/")[0]
        for one in (f"{folder}/", "all"):
            reached[one] += file["summary"]["covered_branches"]
            branches[one] += file["summary"]["num_branches"]
    names = sorted(branches, key=lambda one: (one == "all", one))
    return [
        f"branches alone, {one}: {reached[one]:,} of {branches[one]:,}, "
        f"{reached[one] / branches[one]:.1%}"
        for one in names
        if branches[one]
    ]


if __name__ == "__main__":
    print("\n".join(branch_lines(json.loads(Path(sys.argv[1]).read_bytes()))))
