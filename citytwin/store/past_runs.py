"""Runs of nights that are made up for: among the runs of each layer, while newer ones stay published.

The catalogue names them like any other run; ``latest.json`` is not touched.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from citytwin.errors import StoreError
from citytwin.model.layer import Latest, PublishedLayer
from citytwin.store.atomic import remove_stale
from citytwin.store.catalogue import name_run, runs_named
from citytwin.store.latest import published_city, run_folders, run_id_following
from citytwin.store.layer_writer import folder_checksum
from citytwin.store.run_info import RunInfo
from citytwin.store.staged import StagedLayer, place_layer, require_publishable
from citytwin.store.staging import is_sealed


@dataclass(frozen=True)
class Span:
    """Run ids of a past night: from its moment until the next night, or what stands published."""

    begin: str
    end: str
    """Not among them."""


def layers_before(city_dir: Path, latest: Latest, end: str) -> dict[str, PublishedLayer]:
    """Return the newest run of each layer before a run id, as far as the catalogue names it.

    Parameters
    ----------
    city_dir
        Folder of the city.
    latest
        What stands published.
    end
        Run id.
    """
    known = {entry.path: entry for entry in latest.layers}
    found = {}
    for layer in run_folders(city_dir):
        runs = [run for run in runs_named(city_dir, layer) if run < end]
        if runs:
            path = f"{layer}/{runs[-1]}"
            found[layer] = known.get(path) or PublishedLayer(
                id=layer, run_id=runs[-1], path=path, checksum=folder_checksum(city_dir / path)
            )
    return found


def free_id(span: Span, before: Mapping[str, PublishedLayer]) -> str:
    """Return a run id of a night that comes after all of its runs.

    Parameters
    ----------
    span
        Ids of the night.
    before
        Newest run of each layer before its end.

    Raises
    ------
    StoreError
        If there is none left.
    """
    newest = max((entry.run_id for entry in before.values()), default="")
    free = span.begin if newest < span.begin else run_id_following(newest)
    if free >= span.end:
        msg = f"there is no room for a run between {newest or span.begin} and {span.end}"
        raise StoreError(msg, hint="the night has a run of each of its last seconds already")
    return free


def publish_past(
    city_dir: Path,
    staged: Sequence[StagedLayer],
    run: RunInfo,
    before: Mapping[str, PublishedLayer],
) -> list[PublishedLayer]:
    """Put the layers of a past night in their places; what is unchanged since before keeps its run.

    Parameters
    ----------
    city_dir
        Folder of the city.
    staged
        Layers, whose folders are moved or, where the same content stands, removed.
    run
        The run, with a free id.
    before
        Newest run of each layer before it.

    Returns
    -------
    list of PublishedLayer
        The run of each layer that shows the night.

    Raises
    ------
    StoreError
        If a layer may not be published so or is not complete, the city stands published for other
        readers, or the disk refuses. Runs that were named before stand as they did.
    """
    require_publishable(staged, run, sealed=is_sealed(city_dir))
    _require_same_readers(city_dir, run)
    remove_stale(city_dir, keep=[layer.directory for layer in staged])
    entries = []
    for layer in staged:
        name = layer.document.id
        left = city_dir / name / run.run_id
        if left.exists():  # by a kill: the id is free, so nothing names it
            shutil.rmtree(left)
        entries.append(place_layer(city_dir, layer, before.get(name), run))
    for entry in entries:
        if entry.run_id == run.run_id:
            name_run(city_dir, entry.id, entry.run_id)
    for layer in staged:
        shutil.rmtree(layer.directory, ignore_errors=True)
    return entries


def _require_same_readers(city_dir: Path, run: RunInfo) -> None:
    """Refuse to put a run among those for other readers: only `publish` opens or closes a folder."""
    latest = published_city(city_dir)
    if latest is not None and latest.publication != run.publication:
        msg = f"{city_dir} stands published as {latest.publication}, and not as {run.publication}"
        raise StoreError(
            msg, hint="run `citytwin run` first, which publishes it so or says why not"
        )
