"""Removes old runs of a published city; never one that ``latest.json`` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from citytwin.errors import StoreError
from citytwin.model.layer import Latest
from citytwin.store.catalogue import remove_runs
from citytwin.store.latest import LATEST, published_city, run_folders


def prune(city_dir: Path, keep: int) -> tuple[Path, ...]:
    """Remove runs that are neither published nor among the newest of their layer.

    Layers that ``latest.json`` does not name at all keep their runs: they belong to an earlier
    configuration, and may be somebody's only record.

    Parameters
    ----------
    city_dir
        Folder of the city.
    keep
        How many runs of each layer stay, the published one among them; at least 1.

    Returns
    -------
    tuple of Path
        Folders removed.

    Raises
    ------
    StoreError
        If nothing is published, or `keep` is below 1.
    """
    latest = published_city(city_dir)
    if latest is None:
        msg = f"{city_dir / LATEST} does not exist"
        raise StoreError(msg, hint="only a published city can be pruned")
    if keep < 1:
        msg = f"keep is {keep}"
        raise StoreError(msg, hint="keep at least the published run")
    removed: list[Path] = []
    for layer, doomed in superseded(latest, run_folders(city_dir), keep).items():
        remove_runs(city_dir, layer, doomed)
        removed += [city_dir / layer / run for run in doomed]
    return tuple(removed)


def superseded(
    latest: Latest, runs: Mapping[str, Sequence[str]], keep: int
) -> dict[str, list[str]]:
    """Return the runs, by layer, that are neither published nor among the newest.

    Parameters
    ----------
    latest
        What stands published; layers that it does not name keep their runs.
    runs
        Runs by layer, oldest first.
    keep
        How many runs of each layer stay, the published one among them.
    """
    published = {layer.id: layer.run_id for layer in latest.layers}
    old: dict[str, list[str]] = {}
    for layer, found in runs.items():
        if layer in published:
            others = [run for run in found if run != published[layer]]
            doomed = others[: max(0, len(others) - (keep - 1))]
            if doomed:
                old[layer] = doomed
    return old
