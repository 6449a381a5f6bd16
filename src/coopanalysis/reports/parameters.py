"""The signature of a notebook: the typed literals of its cell tagged `parameters`.

Values that are not free are listed in `reports.toml` under `[report.choices]`, as a list or as
the name of a closed vocabulary (`policies`, `practices`, `support_types`, `states`, ...).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.display.html import printable
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.filehash import hash_memory
from coopanalysis.panel.record import not_built, sound_table
from coopanalysis.reports.place_names import PLACES, near_places
from coopanalysis.seal import parse_json
from coopanalysis.vocabulary import (
    AGENCY_TYPES,
    LIST_KINDS,
    MAIN,
    POLICY_NAMES,
    PRACTICE_NAMES,
    RELEASES,
    SUPPORT_TYPES,
)

PARAMETERS_TAG = "parameters"
_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_WORDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook, with its default and what the cell says of it.

    `kind` is "str", "int", "float" or "bool"; the value may be a list of them, or None.
    """

    name: str
    kind: str
    is_list: bool
    optional: bool
    default: Any
    comment: str = ""

    @property
    def words(self) -> str:
        """The type, as a person would say it."""
        text = f"a list of {self.kind} values" if self.is_list else _WORDS[self.kind]
        return f"{text} or None" if self.optional else text


def read_parameters(notebook: Path) -> dict[str, Parameter]:
    """Read the parameters of a notebook: typed literals in its cell tagged `parameters`."""
    if not notebook.is_file():
        raise ReportError(f"The notebook {notebook.name} is missing from {notebook.parent.name}/.")
    try:
        cells = parse_json(notebook.read_bytes())["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{notebook.name} is no notebook ({error!r}). Restore it, or save it again."
        ) from error
    tagged = [c for c in cells if PARAMETERS_TAG in c.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise ReportError(
            f"{notebook.name}: {len(tagged)} cells are tagged `{PARAMETERS_TAG}`, one is needed."
        )
    source = "".join(tagged[0]["source"])
    lines = source.splitlines()
    found = [_parameter(node, lines, notebook.name) for node in ast.parse(source).body]
    return {parameter.name: parameter for parameter in found if parameter is not None}


def parse_text(parameter: Parameter, text: str) -> Any:
    """Read a value typed on the command line by the declared type."""
    if parameter.optional and text in ("None", "none", "null"):
        return None
    if parameter.is_list:
        return [_parse_one(parameter, part.strip()) for part in text.split(",") if part.strip()]
    return _parse_one(parameter, text)


def check_value(
    parameter: Parameter,
    value: Any,
    allowed: Sequence[Any] | None,
    report: str,
    release: str = "",
) -> None:
    """Check type and allowed values; a release, if given, tells places near a wrong one."""
    if value is None and parameter.optional:
        return
    items = value if parameter.is_list and isinstance(value, list) else [value]
    if parameter.is_list != isinstance(value, list) or not all(_fits(parameter, i) for i in items):
        raise UsageError(
            f"Report '{report}': parameter '{parameter.name}' takes {parameter.words}, "
            f"not {value!r}."
        )
    if allowed is None:
        return
    permitted = [*allowed, *_as_list(parameter.default)]
    for item in items:
        if item not in permitted:
            is_place = release and parameter.name in PLACES
            near = (
                near_places(parameter.name, item, allowed, release)
                if is_place
                else _near_values(item, allowed)
            )
            raise UsageError(
                f"Report '{report}': parameter '{parameter.name}' cannot be {item!r}.{near}"
            )


def allowed_values(declared: Any, release: str) -> list[Any] | None:
    """Values a parameter may take: a list as declared, or those of a named vocabulary."""
    if declared is None or isinstance(declared, list):
        return declared
    check_vocabulary(declared)
    return list(VOCABULARIES[declared](release))


def check_vocabulary(declared: Any) -> None:
    """Check that choices are a list or the name of a vocabulary, without reading any data."""
    if not isinstance(declared, list) and declared not in VOCABULARIES:
        raise ReportError(
            f"reports.toml: no vocabulary '{declared}'. There are: {', '.join(VOCABULARIES)}."
        )


def _parameter(node: ast.stmt, lines: Sequence[str], notebook: str) -> Parameter | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return None
    where = f"{notebook}, parameters cell, line {node.lineno}"
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        raise ReportError(
            f"{where}: write each parameter as `name: type = literal  # what it means`."
        )
    try:
        default = ast.literal_eval(node.value) if node.value is not None else None
    except ValueError as error:
        raise ReportError(f"{where}: the default of '{node.target.id}' is no literal.") from error
    annotation = ast.unparse(node.annotation).replace(" ", "")
    parts = set(annotation.split("|"))
    optional = "None" in parts
    base = "".join(parts - {"None"})
    is_list = base.startswith("list[") and base.endswith("]")
    kind = base[5:-1] if is_list else base
    if kind not in _TYPES:
        raise ReportError(
            f"{where}: type {annotation} is not known. Use {', '.join(_TYPES)}, a list of one of "
            "them, or one of them `| None`."
        )
    line = lines[(node.end_lineno or node.lineno) - 1][node.end_col_offset or 0 :]
    comment = line.partition("#")[2].strip()
    parameter = Parameter(node.target.id, kind, is_list, optional, default, comment)
    check_value(parameter, default, None, notebook)
    return parameter


def _parse_one(parameter: Parameter, text: str) -> Any:
    if parameter.kind == "bool":
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in words:
            raise UsageError(f"Parameter '{parameter.name}' is true or false, not '{text}'.")
        return words[text.lower()]
    try:
        value = _TYPES[parameter.kind](text)
    except ValueError:
        value = None
    if value is None or not _fits(parameter, value):
        raise UsageError(
            f"Parameter '{parameter.name}' takes {parameter.words}, not '{printable(text)}'."
        )
    return value


def _fits(parameter: Parameter, value: Any) -> bool:
    """Whether a value is of the declared type, and JSON in UTF-8 has it: notebooks are that."""
    if parameter.kind == "float":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and abs(value) <= sys.float_info.max
    if isinstance(value, str) and printable(value) != value:
        return False
    if parameter.kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, _TYPES[parameter.kind])


def _near_values(item: Any, allowed: Sequence[Any]) -> str:
    texts = [str(value) for value in allowed]
    near = get_close_matches(str(item), texts, n=3, cutoff=0.4)
    hint = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
    shown = ", ".join(texts[:12]) + (f" and {len(texts) - 12} more" if len(texts) > 12 else "")
    return f"{hint} Allowed: {shown}."


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _column_values(column: str, table: str = "county") -> Callable[[str], Sequence[Any]]:
    def read(release: str) -> Sequence[Any]:
        path = sound_table(paths.processed_dir(release), table)
        if not path.is_file():
            raise not_built(path.parent)

        def work_out() -> list[Any]:
            import pyarrow.parquet as pq  # noqa: PLC0415  (slow, and seldom asked for)

            return sorted(pq.read_table(path, columns=[column])[column].unique().to_pylist())

        memory = hash_memory()
        return list(memory.recall(f"values of {column} in {memory.sha256(path)}", work_out))

    return read


VOCABULARIES: dict[str, Callable[[str], Sequence[Any]]] = {
    "policies": lambda _: (MAIN, *POLICY_NAMES),
    "practices": lambda _: PRACTICE_NAMES,
    "releases": lambda _: RELEASES,
    "agency_types": lambda _: AGENCY_TYPES,
    "support_types": lambda _: SUPPORT_TYPES,
    "list_kinds": lambda _: LIST_KINDS,
    "states": _column_values("state_fips"),
    "counties": _column_values("county_fips"),
    "counties_of_any_year": lambda release: sorted(
        {
            *_column_values("county_fips")(release),
            *_column_values("county_fips", "county_year")(release),
        }
    ),
}
