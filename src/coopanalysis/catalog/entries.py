"""TOML files that people write entry by entry, read and checked against the fields of an entry."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from coopanalysis.errors import DataError, format_fields

Entry = TypeVar("Entry")
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a text"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
}


def read_document(path: Path, tables: Iterable[str]) -> dict[str, Any]:
    """Read a TOML file that may hold lists of these tables and nothing else."""
    if not path.is_file():
        raise DataError(str(path), "the file is missing", "Restore it from version control.")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(str(path), f"is not valid TOML: {error}", "Mend that line.") from error
    unknown = sorted(set(document) - set(tables))
    if unknown:
        known = ", ".join(f"[[{name}]]" for name in tables)
        raise DataError(str(path), f"has unknown tables {unknown}", f"Known tables: {known}.")
    return document


def make_entry(kind: type[Entry], said: Mapping[str, Any], where: str) -> Entry:
    """Make an entry of a dataclass, or say what it lacks, what is unknown or of a wrong type."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(said) - set(known))
    missing = [name for name in known if name not in said and known[name].default is MISSING]
    problems = [format_fields(missing, unknown)] if missing or unknown else []
    values = {name: value for name, value in said.items() if name in known}
    problems += [
        f"has {name} = {value!r}, which is not {words}"
        for name, value in values.items()
        if (words := _other_than(str(known[name].type), value))
    ]
    if problems:
        remedy = f"Mend the entry. Its fields are {', '.join(known)}."
        raise DataError(where, "; ".join(problems), remedy)
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return kind(**values | lists)


def _other_than(declared: str, value: Any) -> str:
    """What a value would have to be; empty where it is."""
    each = declared.removeprefix("tuple[").removesuffix(", ...]")
    types, words = _KINDS[each]

    def fits(one: Any) -> bool:
        return isinstance(one, types) and (bool in types or not isinstance(one, bool))

    if each == declared:
        return "" if fits(value) else words
    is_list = isinstance(value, list) and bool(value) and all(map(fits, value))
    return "" if is_list else f"a list of {words.removeprefix('a ')}s"
