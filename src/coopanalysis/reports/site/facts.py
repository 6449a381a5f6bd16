"""What the index says of a release: its places, policies, sources, and what is new in it.

Computed from the processed tables once per build, and kept: an index is written often.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coopanalysis.filehash import hash_memory
from coopanalysis.panel.record import sound_table
from coopanalysis.reports.records import write_atomically
from coopanalysis.seal import parse_json
from coopanalysis.vocabulary import PRACTICES, SUPPORT_TYPE_LABELS

if TYPE_CHECKING:
    import pandas as pd

KEPT_FOLDER = ".site"
LATEST, FIRST = "agreement_latest_list", "agreement_first_list"
SERIES = "ice-287g-series"
LEAST_SHARE = 0.1
"""Share of a city's residents that a county needs for the city to lead to it."""
KNOWN_AS = {
    "36005": ("The Bronx", "New York City", "NYC"),
    "36047": ("Brooklyn", "New York City", "NYC"),
    "36061": ("Manhattan", "New York City", "NYC"),
    "36081": ("Queens", "New York City", "NYC"),
    "36085": ("Staten Island", "New York City", "NYC"),
}
"""Names of counties that no file of the release has: the boroughs of New York are its counties."""
MUNICIPAL, LOOKED_UP = (
    "municipal_agreement_latest_list",
    "municipal_agreement_looked_up_latest_list",
)
_OF_LISTS = {
    "jail_enforcement_latest_list": SUPPORT_TYPE_LABELS["jail-enforcement"],
    "task_force_latest_list": SUPPORT_TYPE_LABELS["task-force"],
    "warrant_service_latest_list": SUPPORT_TYPE_LABELS["warrant-service"],
    MUNICIPAL: "Municipal agency with an agreement",
}


_OF_YEARS = ("county_fips", "year", "population_count")


@dataclass(frozen=True)
class State:
    """A state of a release: how many counties it has, how many with a county agreement.

    `agreements` is None where the release has no lists of agreements.
    """

    code: str
    abbr: str
    name: str
    counties: int
    agreements: int | None


@dataclass(frozen=True)
class County:
    """A county of the base list.

    Bit i of `policies` says that it has the i-th policy; `residents` order what a search finds,
    and `cities` are those of 2,500 residents or more whose police the FBI lists there, the largest
    first; the first `large` of them have 100,000 or more. Behind them stand towns whose police are
    or were on a list of agreements, and those with a place of detention.
    """

    code: str
    name: str
    policies: int
    residents: int
    cities: tuple[str, ...]
    large: int = 0


@dataclass(frozen=True)
class News:
    """Agreements on the first and the latest list, and how many came and are gone between them.

    The days are as `2026-05-18`; the counts are those of the page of changes.
    """

    first_day: str
    latest_day: str
    before: int
    after: int
    came: int
    gone: int
    first_counties: int
    latest_counties: int
    most_came: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ReleaseFacts:
    """A release as the index shows it.

    `policies` are column and label of each that is known for any county, `sources` title, publisher
    and vintage of each raw file. There is no news where the release has fewer than two lists.
    `others` are counties that only the lists of other years have, as the regions of Connecticut.
    """

    release: str
    policies: tuple[tuple[str, str], ...]
    states: tuple[State, ...]
    counties: tuple[County, ...]
    news: News | None
    sources: tuple[tuple[str, str, str], ...]
    others: tuple[County, ...] = ()


def release_facts(release: str, project: Path) -> ReleaseFacts | None:
    """Facts of a release that is built in a project folder; None where it is not."""
    processed = project / "data" / "processed" / release
    build = processed / "build.json"
    if not build.is_file() or not (processed / "county.parquet").is_file():
        return None
    memory = hash_memory()
    code = Path(__file__)
    files = (build, code, code.with_name("changes.py"))
    key = "".join(memory.sha256(file) for file in files)
    kept = project / "reports" / KEPT_FOLDER / f"{release}.facts"
    try:
        known = parse_json(kept.read_bytes())
        if known["key"] == key:
            return _revive(known["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # written anew below
    facts = _compute(release, processed, parse_json(build.read_bytes()))
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, json.dumps({"key": key, "facts": asdict(facts)}))
    return facts


def _revive(facts: Mapping[str, Any]) -> ReleaseFacts:
    news = facts["news"]
    return ReleaseFacts(
        release=facts["release"],
        policies=tuple((name, label) for name, label in facts["policies"]),
        states=tuple(State(**one) for one in facts["states"]),
        counties=_revive_counties(facts["counties"]),
        others=_revive_counties(facts["others"]),
        news=news and News(**news | {"most_came": tuple((n, c) for n, c in news["most_came"])}),
        sources=tuple((title, who, when) for title, who, when in facts["sources"]),
    )


def _revive_counties(counties: Sequence[Mapping[str, Any]]) -> tuple[County, ...]:
    return tuple(County(**{**one, "cities": tuple(one["cities"])}) for one in counties)


def _compute(release: str, processed: Path, build: Mapping[str, Any]) -> ReleaseFacts:
    import pandas as pd  # noqa: PLC0415  (slow, and only after a build)

    county = pd.read_parquet(sound_table(processed, "county")).sort_values("county_fips")
    if LOOKED_UP in county.columns:
        county[MUNICIPAL] = county[[MUNICIPAL, LOOKED_UP]].max(axis=1)
    policies = tuple(_policies(county, build))
    bits = pd.Series(0, index=county.index, dtype="int64")
    for place, (name, _) in enumerate(policies):
        bits += county[name].fillna(0).astype("int64") * 2**place
    agreements = pd.read_parquet(sound_table(processed, "agreements"))
    spells = pd.read_parquet(sound_table(processed, "agreement_spells"))
    facilities = pd.read_parquet(sound_table(processed, "detention_facility"))
    cities = _cities(
        pd.read_parquet(sound_table(processed, "agency_year")), _towns(spells, facilities)
    )
    years = pd.read_parquet(sound_table(processed, "county_year"), columns=list(_OF_YEARS))
    residents = county["population_count"].fillna(0).astype("int64")
    return ReleaseFacts(
        release=release,
        policies=policies,
        states=tuple(_states(county)),
        counties=tuple(
            County(str(code), str(name), int(has), int(size), *cities.get(str(code), ((), 0)))
            for code, name, has, size in zip(
                county["county_fips"], county["county"], bits, residents, strict=True
            )
        ),
        news=_news(county, agreements, spells),
        sources=tuple(_sources(build["inputs"])),
        others=tuple(_others(years, set(county["county_fips"]), release)),
    )


def _others(years: pd.DataFrame, known: Collection[str], release: str) -> Iterator[County]:
    """Counties that are in lists of other years than the base list, with their last residents."""
    from coopanalysis.clean.vintages import load_vintages  # noqa: PLC0415  (slow, after a build)

    rows = years[~years["county_fips"].isin(known)].sort_values("year")
    names = {} if rows.empty or release == "demo" else load_vintages().names
    last = rows.drop_duplicates("county_fips", keep="last").sort_values("county_fips")
    for code, size in zip(last["county_fips"], last["population_count"].fillna(0), strict=True):
        name = names.get(str(code), f"County {code}").rsplit(", ", 1)[0]
        yield County(str(code), name, 0, int(size), ())


def _towns(spells: pd.DataFrame, facilities: pd.DataFrame) -> pd.DataFrame:
    """Towns with police on a list of agreements, or with a place of detention: `county_fips, city`.

    The police are those that the list calls police and a municipality's.
    """
    import pandas as pd  # noqa: PLC0415  (slow, and only after a build)

    placed = spells["county_fips"].fillna(spells["looked_up_county_fips"])
    town = spells["agency"].str.extract(r"^(.+?) Police\b", expand=False)
    police = town.where(spells["agency_type"] == "municipality")
    held = facilities["city"].str.strip(" ,.").str.title()
    listed = placed.to_frame("county_fips").assign(city=police)
    return pd.concat([listed, facilities[["county_fips"]].assign(city=held)]).dropna()


def _sources(inputs: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Title, publisher and vintage of each raw file; lists of a series in one line."""
    listed = [one for one in inputs if one["layout"] != SERIES]
    series = sorted(str(one["vintage"]) for one in inputs if one["layout"] == SERIES)
    told = [(str(one["title"]), str(one["publisher"]), str(one["vintage"])) for one in listed]
    if series:
        title = f"Lists of 287(g) agreements of {len(series)} more days"
        told.append(
            (title, "U.S. Immigration and Customs Enforcement", f"{series[0]} to {series[-1]}")
        )
    return told


def _cities(agencies: pd.DataFrame, towns: pd.DataFrame) -> dict[str, tuple[tuple[str, ...], int]]:
    """Cities of each county that have a police agency, the largest first; how many are large.

    `towns` that are none of them stand behind.
    """
    group = agencies["population_group"].astype("str").str[0]
    of_cities = group.between("1", "6")
    rows = agencies.assign(is_large=group.between("1", "2"))
    rows = rows[of_cities & (agencies["county_part_share"] >= LEAST_SHARE)]
    rows = rows.dropna(subset=["county_fips"]).sort_values("population_covered", ascending=False)
    rows = rows.assign(city=rows["agency"].str.split().str.join(" ").str.title())
    found = {}
    for code, of_county in rows.groupby("county_fips", sort=False):
        large = dict.fromkeys(of_county.loc[of_county["is_large"], "city"])
        known = dict.fromkeys(KNOWN_AS.get(str(code), ()))
        every = known | large | dict.fromkeys(of_county["city"])
        found[str(code)] = (tuple(every), len(known | large))
    for code in KNOWN_AS.keys() - found.keys():
        found[code] = (KNOWN_AS[code], len(KNOWN_AS[code]))
    for code, of_county in towns.groupby("county_fips", sort=True):
        names, large_count = found.get(str(code), ((), 0))
        have = {_letters(city) for city in names}
        more = {_letters(city): city for city in of_county["city"] if _letters(city) not in have}
        if names or more:
            found[str(code)] = (*names, *more.values()), large_count
    return found


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _policies(county: pd.DataFrame, build: Mapping[str, Any]) -> list[tuple[str, str]]:
    from coopanalysis.display.sentences import format_date  # noqa: PLC0415

    days = sorted(
        str(one["list_date"])
        for one in build["agreement_lists"]
        if one["list_kind"] == "participating"
    )
    labels: dict[str, str] = {}
    if days:
        labels[LATEST] = f"County agency on the 287(g) list of {format_date(days[-1])}"
        labels |= _OF_LISTS
        labels[FIRST] = f"County agency on the 287(g) list of {format_date(days[0])}"
    labels |= {one.name: one.label for one in PRACTICES}
    return [
        (name, label)
        for name, label in labels.items()
        if name in county.columns and county[name].notna().any()
    ]


def _states(county: pd.DataFrame) -> list[State]:
    known = LATEST in county.columns and bool(county[LATEST].notna().any())
    return [
        State(
            str(code),
            str(rows["state_abbr"].iloc[0]),
            str(rows["state"].iloc[0]),
            len(rows),
            int(rows[LATEST].fillna(0).sum()) if known else None,
        )
        for code, rows in county.groupby("state_fips", sort=True)
    ]


def _news(county: pd.DataFrame, agreements: pd.DataFrame, spells: pd.DataFrame) -> News | None:
    from coopanalysis.reports.site.changes import (  # noqa: PLC0415  (slow, and after a build)
        changed_by_state,
        name_states,
    )

    days = agreements.loc[agreements["list_kind"] == "participating", "list_date"]
    if days.nunique() < 2:
        return None
    first, latest = days.min(), days.max()
    by_state = changed_by_state(name_states(spells, county), first, latest)
    total = by_state.sum()
    most = by_state["Came"].sort_values(ascending=False, kind="stable").head(4)
    return News(
        first_day=f"{first:%Y-%m-%d}",
        latest_day=f"{latest:%Y-%m-%d}",
        before=int(total["Before"]),
        after=int(total["After"]),
        came=int(total["Came"]),
        gone=int(total["Gone"]),
        first_counties=int(county[FIRST].fillna(0).sum()),
        latest_counties=int(county[LATEST].fillna(0).sum()),
        most_came=tuple((str(name), int(n)) for name, n in most.items() if n),
    )
