"""A published city as it stands at one moment, although others publish and remove runs meanwhile.

Files of a city are replaced, never changed, so links to them hold what they held; where a disk knows
none, they are copied.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from citytwin.errors import StoreError, hint_of
from citytwin.model.layer import Latest
from citytwin.security.sealed_folders import folder_key, name_in, sealed_root
from citytwin.security.sealed_streams import sealed_bytes
from citytwin.store.at_rest import files_below
from citytwin.store.latest import (
    LATEST,
    LIVE,
    is_layer_id,
    is_run_id,
    latest_text,
    published_city,
)


@dataclass(frozen=True)
class PinnedCity:
    """What stood published, without live values and what was never published."""

    city_dir: Path
    """Where it stands."""
    latest: Latest
    files: Mapping[str, Path]
    """By their names in the city: of another folder, which keeps them."""
    told: bytes
    """What ``latest.json`` says to who sees no live values: sealed, where the city is."""


@contextmanager
def pinned_city(city_dir: Path, folder: Path) -> Iterator[PinnedCity]:
    """Keep a published city for the time of the block; only to enter it the city must be held.

    Parameters
    ----------
    city_dir
        Folder of the published city.
    folder
        On the same disk; replaced, and removed at the end.

    Raises
    ------
    StoreError
        If nothing is published, or the disk refuses.
    """
    latest = published_city(city_dir)
    if latest is None:
        msg = f"{city_dir / LATEST} does not exist"
        raise StoreError(msg, hint="only a published city can be uploaded")
    try:
        yield PinnedCity(
            city_dir, latest, _kept(city_dir, latest, folder), _told(city_dir / LATEST, latest)
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kept(city_dir: Path, latest: Latest, folder: Path) -> dict[str, Path]:
    shutil.rmtree(folder, ignore_errors=True)  # left by a kill
    try:
        found = {name: folder / name for name in _names(city_dir, latest)}
        for name, kept in found.items():
            kept.parent.mkdir(parents=True, exist_ok=True)
            _keep(city_dir / name, kept)
    except OSError as error:
        msg = f"what stands in {city_dir} cannot be kept in {folder}: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error
    return found


def run_of(name: str) -> tuple[str, str] | None:
    """Return the layer and run that a file belongs to; None for documents and the page.

    Parameters
    ----------
    name
        Its path in the city, with slashes.
    """
    layer, _, rest = name.partition("/")
    run, _, file = rest.partition("/")
    return (layer, run) if file and is_layer_id(layer) and is_run_id(run) else None


def _names(city_dir: Path, latest: Latest) -> Iterator[str]:
    """Files of a published city; none that a killed run left behind."""
    for path in files_below(city_dir):
        name = path.relative_to(city_dir).as_posix()
        run = run_of(name)
        hidden = any(part.startswith(".") for part in name.split("/"))
        unpublished = run is not None and run[1] > latest.run_id
        if not hidden and not unpublished and name != LIVE:
            yield name


def _keep(path: Path, kept: Path) -> None:
    try:
        os.link(path, kept)
    except OSError:
        shutil.copy2(path, kept)


def _told(path: Path, latest: Latest) -> bytes:
    if latest.live is None:
        return path.read_bytes()
    text = latest_text(latest.model_copy(update={"live": None})).encode()
    root = sealed_root(path)
    return text if root is None else sealed_bytes(folder_key(root), name_in(root, path), text)
