"""Goal 18: a report about a place takes every code of a place as text, and refuses all others."""

from __future__ import annotations

from collections.abc import Iterator

from coopanalysis import paths
from coopanalysis.errors import UsageError
from coopanalysis.reports.entries import Entry, read_entries
from coopanalysis.reports.goals import Miss
from coopanalysis.reports.parameters import allowed_values, read_parameters
from coopanalysis.reports.plan import load_plan

PLACES = ("state_fips", "county_fips", "state")
MOST_PLACES_TRIED = 60


def check_places(release: str) -> dict[str, list[Miss]]:
    """Plan each report that is about a place for every state, and for places that are none.

    Gives misses of goal 18 by id of report.
    """
    found: dict[str, list[Miss]] = {}
    for entry in read_entries(paths.notebooks_dir() / "reports.toml"):
        declared = read_parameters(paths.notebooks_dir() / entry.notebook)
        names = [name for name in PLACES if name in declared]
        if names and release in entry.releases:
            found[entry.id] = [m for name in names for m in _check_place(entry, release, name)]
    return found


def _check_place(entry: Entry, release: str, name: str) -> Iterator[Miss]:
    values = allowed_values(entry.choices.get(name), release)
    if not values:
        yield Miss(18, f"any text passes as {name}: list its values under [report.choices]")
        return
    for value in values[:: max(1, len(values) // MOST_PLACES_TRIED)]:
        planned = load_plan(release, entry.id, {name: str(value)})[0].parameters[name]
        if planned != value or type(planned) is not type(value):
            yield Miss(18, f"{name} {value!r} reaches the notebook as {planned!r}")
    zero = next((str(v) for v in values if str(v).startswith("0")), "06")
    known = {str(value) for value in values}
    for wrong in {"00", "00999", "Nowhere", zero.lstrip("0")} - known:
        try:
            load_plan(release, entry.id, {name: wrong})
        except UsageError:
            continue
        yield Miss(18, f"{name} {wrong!r} is no error")
