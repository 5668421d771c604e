"""Digest of the code behind a step: its module and what it imports of its package and citytwin."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

_WORD = re.compile(r"\bimport\b")
_IMPORT = re.compile(
    r"^[ \t]*(?:import[ \t]+[\w., \t]+|from[ \t]+[\w.]+[ \t]+import[ \t]*(?:[\w, \t]+|\([\w,\s]+\)))$",
    re.MULTILINE,
)
"""A statement on lines of its own, without comments between what it names."""


@cache
def code_digest(module: str) -> str:
    """Return the sha256 over the sources of a module and of what it imports.

    Modules of its own package and of citytwin count: a step of another package rests on kernels
    of citytwin. So do data, such as rules, in the folder of a package that is imported.

    Parameters
    ----------
    module
        Dotted name, such as ``citytwin.simulations.sunlight``.
    """
    sources = {name: _source(name) for name in sorted(_closure(module))}
    text = "".join(f"{name}\0{source}\0{_data(name)}\0" for name, source in sources.items())
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def package_digest() -> str:
    """Return the sha256 over every file of this package, and of those that add steps to it."""
    total = hashlib.sha256()
    for root in [Path(__file__).parent.parent, *_packages_with_steps()]:
        for path in sorted(_files_below(root)):
            total.update(path.relative_to(root).as_posix().encode() + b"\0")
            total.update(path.read_bytes())
    return total.hexdigest()


def _files_below(root: Path) -> Iterator[Path]:
    """Files of a package; what was compiled, thousands of them, is not even listed."""
    for inner, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(inner, name) for name in files)


def _packages_with_steps() -> list[Path]:
    """Folders of the packages behind the entry points; found, not imported."""
    names = {_top(entry.module) for entry in entry_points(group="citytwin.steps")}
    found = [importlib.util.find_spec(name) for name in sorted(names - {"citytwin"})]
    folders = [spec.submodule_search_locations or [] for spec in found if spec]
    return [Path(folder) for several in folders for folder in several]


def _closure(module: str) -> set[str]:
    packages = {_top(module), "citytwin"}
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or _top(name) not in packages or not _path(name):
            continue
        found.add(name)
        waiting.extend(_imports(name))
    return found


def _top(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


@cache
def _path(name: str) -> Path | None:
    """File of a module; looked for by its name, for Python would import what it lies in."""
    top, *inner = name.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not inner:
        return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
    for folder in spec.submodule_search_locations or ():
        place = Path(folder, *inner)
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if file.is_file():
                return file
    return None


@cache
def _source(name: str) -> str:
    path = _path(name)
    return path.read_text(encoding="utf-8") if path else ""


@cache
def _data(name: str) -> str:
    """Digests of the files that lie in the folder of a package and are no modules."""
    path = _path(name)
    if path is None or path.name != "__init__.py":
        return ""
    found = sorted(file for file in path.parent.iterdir() if file.is_file() and _is_data(file))
    said = (f"{file.name}={hashlib.sha256(file.read_bytes()).hexdigest()}" for file in found)
    return ",".join(said)


def _is_data(file: Path) -> bool:
    return file.suffix not in (".py", ".pyc") and not file.name.startswith(".")


@cache
def _imports(name: str) -> tuple[str, ...]:
    names = []
    for node in _statements(ast.parse(_lines_that_import(_source(name)))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = _source_of(node, name)
            names.append(source)
            names += [f"{source}.{alias.name}" for alias in node.names]
    return tuple(names)


def _lines_that_import(source: str) -> str:
    """Only the statements of a module that import, where its text shows that these are all.

    To take a whole module apart takes ten times as long, and there are hundreds. A line of a
    docstring may be taken for such a statement; that is one module too many, never one too few.
    """
    found = [match.group().strip() for match in _IMPORT.finditer(source)]
    if len(found) < len(_WORD.findall(source)) or "TYPE_CHECKING" in source:
        return source
    return "\n".join(found)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements at any depth: no expression imports, and most of a tree is expressions.

    What stands there for the checker of types is not run.
    """
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and _is_for_types(node.test):
            waiting += node.orelse
            continue
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                waiting += inner


def _is_for_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _source_of(node: ast.ImportFrom, importer: str) -> str:
    """Module that an import names, relative or not."""
    if not node.level:
        return node.module or ""
    path = _path(importer)
    is_package = path is not None and path.name == "__init__.py"
    package = importer if is_package else importer.rpartition(".")[0]
    return importlib.util.resolve_name("." * node.level + (node.module or ""), package)
