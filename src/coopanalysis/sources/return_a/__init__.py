"""Read the FBI's Return A master files: offences by agency, one record a year."""

from __future__ import annotations

from pathlib import Path

from coopanalysis.sources.reading import Reading
from coopanalysis.sources.return_a.archive import open_archive
from coopanalysis.sources.return_a.frame import records_reading
from coopanalysis.sources.return_a.parse import parse_stream

__all__ = ["read_return_a"]


def read_return_a(path: Path, source: str = "") -> Reading:
    """Read one master file: text, gzip, xz, zip, or zip with PPMd.

    The numbers of an agency are summed over the months of its year. What was sent and what
    was not is counted from the types of the cards, month by month: a month without crime and
    a month without a report look alike in the numbers.

    Parameters
    ----------
    path : Path
        The file. Its packing is told by its first bytes.
    source : str, optional
        Id of the source; the file's name if empty.

    Returns
    -------
    Reading
        One row per agency and year, as it stands in the file: nothing is split by county and
        no code is translated. Columns of the heading as `layout.HEADING` names them, with
        `year` in four digits; then

        - `months_reported`, `months_unfounded_reported`, `months_cleared_reported`: months
          sent, by card, 0 to 12. A month whose data are in another one counts as sent. The
          same names with `_totals_only`: those of them without a breakdown;
        - `months_in_another`: how many those are;
        - `months_without_card_type`: months with offences though no return is marked; they
          count as reported;
        - for each offence of `layout.OFFENSES` three counts: `_actual`, `_unfounded` and
          `_cleared`, sums over the year. A year's sum can be negative: adjustments are.

    References
    ----------
    FBI, Return A record description.
    """
    with open_archive(path) as stream:
        records = parse_stream(stream, str(path))
    return records_reading(records, source or path.name, path.name)
