"""Where compiled kernels are kept, and which of them outlive an edit."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGE = "citytwin.kernels"
CLOSURES = "closures.json"


def cache_folder(sources: Mapping[str, bytes], root: Path) -> Path:
    """Folder for what is compiled of these sources; what still holds is brought along from others.

    A compiled kernel holds if neither its file changed nor any that it imports, at any remove: the
    code of a kernel that it calls is part of it, and numba looks at its own file alone.

    Parameters
    ----------
    sources
        Content of each file of kernels by the name of its module.
    root
        Folder of such folders, one for each state of the sources that was compiled here.
    """
    mine = root / _digest(sources, sources)
    if mine.is_dir():
        return mine
    # Without it everything is compiled anew, which is slow and nothing worse.
    with contextlib.suppress(OSError, ValueError):
        root.mkdir(parents=True, exist_ok=True)
        fresh = root / f".{uuid.uuid4().hex}"
        fresh.mkdir()
        try:
            _bring_along(closures(sources), root, fresh)
            fresh.rename(mine)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return mine


def closures(sources: Mapping[str, bytes]) -> dict[str, str]:
    """Digest of each file together with all that it imports, at any remove, by its module."""
    imported = {name: set(_imports(source)) & sources.keys() for name, source in sources.items()}
    found = {}
    for name in sources:
        reached, waiting = {name}, [name]
        while waiting:
            new = imported[waiting.pop()] - reached
            reached |= new
            waiting += new
        found[name] = _digest(sources, reached)
    return found


def _digest(sources: Mapping[str, bytes], names: Mapping[str, bytes] | set[str]) -> str:
    total = hashlib.sha256()
    for name in sorted(names):
        total.update(f"{name}\0{len(sources[name])}\0".encode() + sources[name])
    return total.hexdigest()[:16]


def _imports(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix(f"{PACKAGE}.") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module in (PACKAGE, None):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).removeprefix(f"{PACKAGE}.")


def _bring_along(wanted: dict[str, str], root: Path, fresh: Path) -> None:
    """Fill a folder with what older ones hold of the same closures, the newest first."""
    missing = dict(wanted)
    for noted in sorted(root.glob(f"[!.]*/{CLOSURES}"), key=_age):
        there = json.loads(noted.read_text(encoding="utf-8"))
        same = {name for name, digest in missing.items() if there.get(name) == digest}
        for file in noted.parent.glob("*/*.nb[ci]"):
            if file.name.partition(".")[0] in same:
                target = fresh / file.relative_to(noted.parent)
                target.parent.mkdir(exist_ok=True)
                _link(file, target)
        missing = {name: digest for name, digest in missing.items() if name not in same}
    (fresh / CLOSURES).write_text(json.dumps(wanted), encoding="utf-8")


def _age(file: Path) -> float:
    return -file.stat().st_mtime


def _link(file: Path, target: Path) -> None:
    """Numba replaces files and never writes into one: two folders may share it."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copy2(file, target)
