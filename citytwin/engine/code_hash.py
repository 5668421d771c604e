"""Digest of the code behind a step: its module and all modules of citytwin that it imports."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path


@cache
def code_digest(module: str) -> str:
    """Return the sha256 over the sources of a module and of what it imports from its package.

    Parameters
    ----------
    module
        Dotted name, such as ``citytwin.simulations.sunlight``.
    """
    sources = {name: _source(name) for name in sorted(_closure(module))}
    text = "".join(f"{name}\0{source}\0" for name, source in sources.items())
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def package_digest() -> str:
    """Return the sha256 over every module of the installed package."""
    root = Path(__file__).parent.parent
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        total.update(path.relative_to(root).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _closure(module: str) -> set[str]:
    package = module.split(".", maxsplit=1)[0]
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or not name.startswith(package) or not _path(name):
            continue
        found.add(name)
        waiting.extend(_imports(name))
    return found


@cache
def _path(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _source(name: str) -> str:
    path = _path(name)
    return path.read_text(encoding="utf-8") if path else ""


def _imports(name: str) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(_source(name))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names
