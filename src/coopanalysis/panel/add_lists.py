"""Tables made of all of ICE's lists, and how lists are added to a release that is built.

Nothing but the rows of all lists, the spells made of them and the rejects depends on lists of other
days; every other table stays the file that it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from coopanalysis import paths
from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.sources import ICE_SERIES, Source, source_path
from coopanalysis.catalog.tables import (
    AGREEMENT_LISTINGS,
    AGREEMENT_SPELLS,
    PROCESSED_TABLES,
    REJECTS,
)
from coopanalysis.clean.agency_names import check_aliases
from coopanalysis.clean.agreement_spells import agreement_spells, check_days
from coopanalysis.clean.municipal import look_up_counties
from coopanalysis.errors import BuildError
from coopanalysis.filehash import hash_memory
from coopanalysis.panel.build_record import WORDS, corrections_applied, input_entry
from coopanalysis.panel.inputs import LISTS, POLICE, Inputs, Progress, read_files
from coopanalysis.panel.record import fingerprint
from coopanalysis.panel.release_tables import read_table
from coopanalysis.schema import check_tables, conform


def list_tables(lists: Iterable[pd.DataFrame], inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Tables that are made of the rows of all lists: the rows, and the spells of agreements.

    Of `inputs` the FBI's directory of agencies is used, and the lists of counties and states.
    """
    every = pd.concat(list(lists), ignore_index=True)
    columns = [column.name for column in AGREEMENT_LISTINGS.columns]
    rows = conform(every.loc[every["list_kind"] == "participating", columns], AGREEMENT_LISTINGS)
    police, look_up = inputs.frame(POLICE), None
    if police is not None:
        look_up = partial(
            look_up_counties, police=police, counties=inputs.counties, states=inputs.states
        )
    wrong_days = check_days(rows)
    if wrong_days:
        raise BuildError("days of lists", wrong_days, "")
    aliases = load_corrections().agency_aliases
    stale = check_aliases(every, aliases)
    if stale:
        raise BuildError("names of agencies", stale, "")
    return {
        AGREEMENT_LISTINGS.name: rows.sort_values(
            ["list_date", "source", "source_row"], ignore_index=True
        ),
        AGREEMENT_SPELLS.name: agreement_spells(rows, aliases, look_up),
    }


def lists_to_add(
    release: str, sources: Sequence[Source], last: Mapping[str, Any] | None
) -> list[Source]:
    """Lists of other days that the last build lacks, if nothing else changed since; else none."""
    if last is None or last.get("fingerprint_but_lists") != fingerprint(release, ICE_SERIES):
        return []
    series = {one.id: one for one in sources if one.layout == ICE_SERIES}
    built = {one["id"]: one for one in last["inputs"] if one["layout"] == ICE_SERIES}
    same = all(
        name in series and _is_same(series[name], entry, release) for name, entry in built.items()
    )
    return [one for name, one in series.items() if name not in built] if same else []


def _is_same(source: Source, entry: Mapping[str, Any], release: str) -> bool:
    """Whether a list stands as it did when it was read."""
    digest = hash_memory().sha256(source_path(source, release))
    told = all(getattr(source, name) == entry[name] for name in ("path", *WORDS))
    return told and digest == source.sha256 == entry["sha256"]


def add_lists(
    release: str,
    sources: Sequence[Source],
    added: Sequence[Source],
    last: Mapping[str, Any],
    progress: Progress,
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Tables that lists change, and the record of the build with them."""
    progress(f"{release}: adding lists to those that are built: {len(added)}")
    corrections = load_corrections()
    needed = [one for one in sources if one.layout in (*LISTS, POLICE)]
    inputs = read_files(release, [*needed, *added], corrections)
    if inputs.failures:
        raise BuildError("raw files", inputs.failures, "")
    found = [one for one in added if one.id in inputs.readings]  # an optional file may lack
    readings = [inputs.readings[one.id] for one in found]
    folder = paths.processed_dir(release)
    old = read_table(folder, AGREEMENT_LISTINGS.name)
    rejects = [read_table(folder, REJECTS.name), *(one.rejects for one in readings)]
    order = {one.id: at for at, one in enumerate(sources)}
    tables = list_tables([old, *(one.frame for one in readings)], inputs)
    tables[REJECTS.name] = conform(pd.concat(rejects, ignore_index=True), REJECTS).sort_values(
        "source", key=lambda ids: ids.map(order), kind="stable", ignore_index=True
    )
    check_tables(tables, PROCESSED_TABLES)
    entries = [*last["inputs"], *(input_entry(one, inputs) for one in found)]
    entries.sort(key=lambda entry: order[entry["id"]])
    read = {entry["id"] for entry in entries}
    changed = {
        "inputs": entries,
        "absent": [one.id for one in sources if one.id not in read],
        "corrections_applied": corrections_applied(read, corrections),
    }
    return tables, {**last, **changed}
