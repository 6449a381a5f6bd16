"""Which source files of the package a notebook reaches, read from its imports without running it.

Imports inside functions count; imports for type checkers alone do not. A package whose
`__init__` hands out names on demand (`__getattr__`) says where they live in its
`if TYPE_CHECKING` block: of these only the imports that are asked for count.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import coopanalysis
from coopanalysis.filehash import HashMemory

PACKAGE = "coopanalysis"
Import = tuple[str, list[str] | None, bool]
"""Module, names taken from it (None: the module itself), and whether for type checkers alone."""
Step = tuple[str, str | None]
"""Module, and what is taken from it: a name, the module itself (None), or nothing ("")."""


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


class Reach:
    """Follows imports through the package; each file is looked at once.

    Parameters
    ----------
    memory : HashMemory
    folder : Path, optional
        Folder of the package.
    """

    def __init__(self, memory: HashMemory, folder: Path | None = None) -> None:
        self._memory = memory
        self._modules = _modules(folder or Path(coopanalysis.__file__).parent)
        self._steps: dict[Step, list[Step]] = {}
        self._imports: dict[str, tuple[list[Any], bool]] = {}
        self.hashes: dict[str, str] = {}

    def files(self, roots: Sequence[Import]) -> dict[str, str]:
        """Source files that are run, or may be run, when something imports `roots`.

        Parameters
        ----------
        roots : sequence of Import
            As `imports_of` lists them.

        Returns
        -------
        dict of str
            SHA-256 by path within the package, sorted.
        """
        seen: set[Step] = set()
        waiting = [step for one in roots for step in _targets(one)]
        while waiting:
            step = waiting.pop()
            if step not in seen:
                seen.add(step)
                if step not in self._steps:
                    self._steps[step] = list(self._next(*step))
                waiting += self._steps[step]
        reached = {self._modules[module] for module, _ in seen if module in self._modules}
        return {name: self._hash(name, path) for name, path in sorted(reached)}

    def _hash(self, name: str, path: str) -> str:
        if name not in self.hashes:
            self.hashes[name] = self._memory.sha256(path)
        return self.hashes[name]

    def _next(self, module: str, name: str | None) -> Iterator[Step]:
        above = module.rpartition(".")[0]
        if above:
            yield above, ""
        if module not in self._modules:
            return
        found, lazy = self._known_imports(module)
        for one in found:
            if not one[2]:
                yield from _targets(one)
        if name and f"{module}.{name}" in self._modules:
            yield f"{module}.{name}", None
        elif lazy and name != "":
            for one in found:
                if one[2] and (name in (None, "*") or (one[1] is not None and name in one[1])):
                    yield from _targets(one)

    def _known_imports(self, module: str) -> tuple[list[Any], bool]:
        if module not in self._imports:
            name, path = self._modules[module]
            note = f"imports {self._hash(name, path)}"
            known = self._memory.note(note)
            if known is None:
                source = Path(path).read_text(encoding="utf-8")
                known = list(imports_of(source))
                if hashlib.sha256(source.encode("utf-8")).hexdigest() in note:
                    self._memory.keep(note, known)
            self._imports[module] = known[0], bool(known[1])
        return self._imports[module]


def _modules(folder: Path) -> dict[str, tuple[str, str]]:
    """Path within the package, and whole path, of each module."""
    found = {}
    for place, inner, files in os.walk(folder):
        inner[:] = [name for name in inner if name != "__pycache__"]
        within = os.path.relpath(place, folder).replace(os.sep, "/")
        parts = [] if within == "." else within.split("/")
        for file in files:
            if file.endswith(".py"):
                last = [] if file == "__init__.py" else [file[:-3]]
                name = "/".join([*parts, file])
                found[".".join([PACKAGE, *parts, *last])] = (name, f"{place}{os.sep}{file}")
    return found


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


def _targets(one: Import) -> list[Step]:
    module, names, _ = one
    return [(module, None)] if names is None else [(module, name) for name in names]
