"""Which source files of the package a notebook reaches, read from its imports without running it.

Imports inside functions count; imports for type checkers alone do not. A package whose
`__init__` hands out names on demand (`__getattr__`) says where they live in its
`if TYPE_CHECKING` block: of these only the imports that are asked for count.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import coopanalysis
from coopanalysis.filehash import HashMemory

PACKAGE = "coopanalysis"
Import = tuple[str, list[str] | None, bool]
"""Module, names taken from it (None: the module itself), and whether for type checkers alone."""


def imports_of(source: str) -> tuple[list[Import], bool]:
    """List the imports of this package in a source, and whether it has a `__getattr__`.

    Raises
    ------
    SyntaxError
        If it is not Python.
    """
    tree = ast.parse(source)
    lazy = any(isinstance(n, ast.FunctionDef) and n.name == "__getattr__" for n in tree.body)
    return list(_walk(tree, False)), lazy


def reached_files(
    roots: Sequence[Import], memory: HashMemory, folder: Path | None = None
) -> list[Path]:
    """Follow imports through the package.

    Parameters
    ----------
    roots : sequence of Import
        As `imports_of` lists them.
    memory : HashMemory
    folder : Path, optional
        Folder of the package.

    Returns
    -------
    list of Path
        Source files that are run or may be run, sorted.
    """
    root = folder or Path(coopanalysis.__file__).parent
    seen: set[tuple[str, str | None]] = set()
    files: set[Path] = set()
    waiting = [(module, name) for one in roots for module, name in _targets(one)]
    while waiting:
        step = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        module, name = step
        for above in _ancestors(module):
            waiting.append((above, ""))
        file = _file(root, module)
        if file is None:
            continue
        files.add(file)
        found, lazy = _known_imports(file, memory)
        waiting += [t for one in found if not one[2] for t in _targets(one)]
        if name and file.name == "__init__.py" and _file(root, f"{module}.{name}") is not None:
            waiting.append((f"{module}.{name}", None))
        elif lazy and name != "":
            wanted = [one for one in found if one[2] and (name in (None, "*") or _binds(one, name))]
            waiting += [t for one in wanted for t in _targets(one)]
    return sorted(files)


def _walk(node: ast.AST, typing: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_typing(child.test):
            for inner in child.body:
                yield from _walk(ast.Module([inner], []), True)
            for inner in child.orelse:
                yield from _walk(ast.Module([inner], []), typing)
        elif isinstance(child, ast.Import):
            for alias in child.names:
                if alias.name.split(".")[0] == PACKAGE:
                    yield alias.name, None, typing
        elif isinstance(child, ast.ImportFrom):
            if (child.module or "").split(".")[0] == PACKAGE:
                yield str(child.module), [alias.name for alias in child.names], typing
        else:
            yield from _walk(child, typing)


def _is_typing(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _targets(one: Import) -> list[tuple[str, str | None]]:
    module, names, _ = one
    return [(module, None)] if names is None else [(module, name) for name in names]


def _binds(one: Import, name: str | None) -> bool:
    return one[1] is not None and name in one[1]


def _ancestors(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _file(root: Path, module: str) -> Path | None:
    place = root.joinpath(*module.split(".")[1:])
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if (file != root.with_suffix(".py")) and file.is_file():
            return file
    return None


def _known_imports(file: Path, memory: HashMemory) -> tuple[list[Any], bool]:
    name = f"imports {memory.sha256(file)}"
    known = memory.note(name)
    if known is None:
        source = file.read_text(encoding="utf-8")
        known = list(imports_of(source))
        if hashlib.sha256(source.encode("utf-8")).hexdigest() in name:
            memory.keep(name, known)
    return known[0], known[1]
