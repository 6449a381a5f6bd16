"""`python -m coopanalysis.reports.site`: make the folder that can be published."""

from __future__ import annotations

import sys

from coopanalysis import paths
from coopanalysis.errors import CoopError
from coopanalysis.reports.site.publish import FOLDER, publish


def main() -> int:
    """Make the site of all reports that stand; return the exit status."""
    try:
        print(publish(paths.reports_dir(), paths.project_root() / FOLDER))
    except CoopError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
