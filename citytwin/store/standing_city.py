"""Tells cheaply, by sizes and time stamps, whether a published city still stands as published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from citytwin.model.layer import Latest
from citytwin.store.at_rest import read_bytes, size_of
from citytwin.store.latest import CATALOG, COLLECTION, ITEM, LATEST
from citytwin.store.staging import is_sealed


def stands(city_dir: Path, latest: Latest) -> bool:
    """Whether every file of a published city is there, of its size, and older than its news.

    ``latest.json`` is written last, so that whatever is newer was touched since. Only a run that
    verifies reads the files themselves.

    Parameters
    ----------
    city_dir
        Folder of the city.
    latest
        What stands in its ``latest.json``.
    """
    try:
        published = (city_dir / LATEST).stat().st_mtime_ns
        for path, size in _files(city_dir, latest):
            stat = path.stat()
            if stat.st_mtime_ns > published or size not in (None, size_of(path)):
                return False
        # pruning rewrites these, so that their time says nothing
        for name in (CATALOG, *(f"{layer.id}/{COLLECTION}" for layer in latest.layers)):
            json.loads(read_bytes(city_dir / name))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # missing, or no document of ours any more
    return True


def _files(city_dir: Path, latest: Latest) -> Iterator[tuple[Path, int | None]]:
    """Files that a run writes once, with their sizes where an item names them."""
    if not is_sealed(city_dir):
        yield city_dir / f"{latest.city.id}.qgs", None
    for layer in latest.layers:
        folder = city_dir / layer.path
        yield folder / ITEM, None
        item = json.loads(read_bytes(folder / ITEM))
        for asset in item["assets"].values():
            yield folder / asset["href"], asset["file:size"]
