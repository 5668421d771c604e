"""Removes old runs of a published city; never one that ``latest.json`` names."""

from __future__ import annotations

from pathlib import Path

from citytwin.errors import StoreError
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
    published = {layer.id: layer.run_id for layer in latest.layers}
    removed: list[Path] = []
    for layer, runs in run_folders(city_dir).items():
        if layer not in published:
            continue
        others = [run for run in runs if run != published[layer]]
        doomed = others[: max(0, len(others) - (keep - 1))]
        if doomed:
            remove_runs(city_dir, layer, doomed)
            removed += [city_dir / layer / run for run in doomed]
    return tuple(removed)
