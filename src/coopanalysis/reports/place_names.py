"""Names of the states and counties whose codes parameters hold, and the nearest to a wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from coopanalysis import paths
from coopanalysis.filehash import hash_memory
from coopanalysis.panel.record import sound_table

PLACES = {"state_fips": ("state", 2), "county_fips": ("county", 5)}
_SHOWN = {"state_fips": 12, "county_fips": 3}


def place_name(parameter: str, value: Any, release: str) -> Any:
    """Name of the state or county whose code a parameter holds; else the value itself."""
    if parameter not in PLACES:
        return value
    name = _names(parameter, release).get(str(value))
    if name is None and release != "demo":
        from coopanalysis.clean.vintages import load_vintages  # noqa: PLC0415  (slow, and seldom)

        name = load_vintages().names.get(str(value))
    return name or value


def near_places(parameter: str, text: str, allowed: Sequence[str], release: str) -> str:
    """Say which places a wrong code may stand for, and which codes are allowed.

    A code without its leading zero, a name, the start of one, or a postal abbreviation leads to the
    code.
    """
    names = {code: name for code, name in _names(parameter, release).items() if code in allowed}
    near = list(dict.fromkeys(_near(parameter, text.strip(), names, allowed, release)))[:3]
    meant = (f"{code!r} ({names[code]})" if code in names else repr(code) for code in near)
    hint = f" Did you mean {' or '.join(meant)}?" if near else ""
    if release == "demo":
        hint += " Release 'demo' is simulated; real places need --release public."
    count = _SHOWN[parameter]
    shown = "; ".join(f"{code} {names.get(code, '')}".strip() for code in allowed[:count])
    more = f" and {len(allowed) - count:,} more" if len(allowed) > count else ""
    return f"{hint} Allowed: {shown}{more}."


def _near(
    parameter: str, text: str, names: Mapping[str, str], allowed: Sequence[str], release: str
) -> Iterator[str]:
    """Codes that come near, the nearest first."""
    if text.isdigit():
        padded = text.zfill(PLACES[parameter][1])
        yield from [padded] if padded in allowed else _in_same_state(padded, allowed)
        return
    word = text.casefold()
    known = {name.casefold(): code for code, name in names.items()}
    if parameter == "state_fips":
        abbreviations = _read(parameter, "state_abbr", release)
        yield from (code for code in names if abbreviations[code].casefold() == word)
    yield from (code for name, code in known.items() if word and name.startswith(word))
    yield from (known[name] for name in get_close_matches(word, known, n=3))


def _in_same_state(code: str, allowed: Sequence[str]) -> list[str]:
    """Codes of counties of the same state that come next to one that is not there."""
    same = [one for one in allowed if len(one) > 2 and one[:2] == code[:2]]
    return sorted(same, key=lambda one: abs(int(one) - int(code)))[:3]


def _names(parameter: str, release: str) -> Mapping[str, str]:
    """Names by code; those of counties with their state."""
    return _read(parameter, PLACES[parameter][0], release)


def _read(parameter: str, column: str, release: str) -> Mapping[str, str]:
    """One column of the county table by the codes of another, from memory where it is known.

    Nothing where the tables are not built.
    """
    path = sound_table(paths.processed_dir(release), "county")
    if not path.is_file():
        return {}

    def work_out() -> dict[str, str]:
        import pyarrow.parquet as pq  # noqa: PLC0415  (slow, and seldom asked for)

        table = pq.read_table(path, columns=sorted({parameter, column, "state"})).to_pydict()
        named = table[column]
        if column == "county":
            named = [f"{one}, {state}" for one, state in zip(named, table["state"], strict=True)]
        return dict(zip(table[parameter], named, strict=True))

    memory = hash_memory()
    values: Mapping[str, str] = memory.recall(
        f"{column} by {parameter} in {memory.sha256(path)}", work_out
    )
    return values
