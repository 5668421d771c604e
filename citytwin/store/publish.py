"""Atomic publication: readers see the whole of one run, or the whole of the one before.

Folders are moved into place first, then the catalogue and the QGIS project are switched to them,
and ``latest.json`` is replaced last. Every document is replaced in one step and names only files
that stand complete, so a kill at any moment leaves a city that can be read; what it leaves behind
in excess is removed by the next run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from pathlib import Path

from citytwin.model.layer import Latest, PublishedLayer
from citytwin.store.atomic import remove_stale, write_text
from citytwin.store.catalogue import remove_runs, write_catalogue
from citytwin.store.latest import LATEST, LIVE, latest_text, published_city, run_folders
from citytwin.store.private_folder import private_folder
from citytwin.store.prune import prune
from citytwin.store.qgis_project import project_layer, qgis_project
from citytwin.store.run_info import RunInfo
from citytwin.store.staged import (
    StagedLayer,
    is_intact,
    keep_closed,
    place_layer,
    require_publishable,
)
from citytwin.store.staging import is_sealed
from citytwin.store.unannounced_runs import refuse_closed_runs, unannounced_runs

__all__ = ["RunInfo", "StagedLayer", "is_intact", "prune", "publish"]


def beside_its_group(layers: Sequence[StagedLayer], one: StagedLayer) -> list[StagedLayer]:
    """Return layers in the order of the map with one more, the first of its group.

    Parameters
    ----------
    layers
        In the order of the map.
    one
        The layer; it comes last where there is no other of its group.
    """
    group = one.document.group
    place = next((k for k, s in enumerate(layers) if s.document.group == group), len(layers))
    return [*layers[:place], one, *layers[place:]]


def publish(
    city_dir: Path,
    staged: Sequence[StagedLayer],
    run: RunInfo,
    put_page: Callable[[Path], None] = lambda _city_dir: None,
) -> Latest:
    """Publish the layers of a run together.

    Parameters
    ----------
    city_dir
        Folder of the published city; made when missing.
    staged
        Layers in the order of the map. Their folders are moved or, where the same content
        stands published, removed.
    run
        The run. Where ``latest.json`` is gone, runs that the catalogue names stay.
    put_page
        Puts the map page into the folder: when all layers are in place, before they are switched
        to, so that no reader meets a city without a page.

    Returns
    -------
    Latest
        What stands in ``latest.json`` now.

    Raises
    ------
    StoreError
        If a layer may not be published so or is not complete, or the disk refuses; the city then
        stands as it did.
    """
    require_publishable(staged, run, sealed=is_sealed(city_dir))
    before = published_city(city_dir)
    keep_closed(city_dir, before, run)
    refuse_closed_runs(city_dir, run.publication)
    staying = unannounced_runs(city_dir)
    city_dir.mkdir(parents=True, exist_ok=True)
    if run.publication == "served":
        private_folder(city_dir)  # before the first closed file comes into it
    remove_stale(city_dir, keep=[layer.directory for layer in staged])
    standing = {layer.id: layer for layer in before.layers} if before else {}
    entries = [
        place_layer(city_dir, layer, standing.get(layer.document.id), run) for layer in staged
    ]
    left_over = _never_published(city_dir, before, entries, staying)
    write_catalogue(city_dir, entries, run, leave_out=_outcasts(left_over, entries, standing))
    if not is_sealed(city_dir):  # QGIS opens no sealed file
        project = qgis_project([project_layer(city_dir, entry) for entry in entries], run)
        write_text(city_dir / f"{run.city.id}.qgs", project)
    latest = Latest(
        city=run.city,
        run_id=run.run_id,
        published=run.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        time_zone=run.time_zone,
        crs=run.crs,
        vertical_datum=run.vertical_datum,
        classification=run.classification,
        synthetic=run.synthetic,
        view=run.view,
        layers=tuple(entries),
        live=LIVE if (city_dir / LIVE).is_file() else None,
        publication=run.publication,
    )
    put_page(city_dir)
    write_latest(city_dir, latest)
    for layer in staged:
        shutil.rmtree(layer.directory, ignore_errors=True)
    for name, runs in left_over.items():
        remove_runs(city_dir, name, runs)
    return latest


def write_latest(city_dir: Path, latest: Latest) -> None:
    """Switch readers to what stands published, in one step.

    Parameters
    ----------
    city_dir
        Folder of the city.
    latest
        What its ``latest.json`` says.
    """
    write_text(city_dir / LATEST, latest_text(latest))


def announce_live(city_dir: Path) -> None:
    """Let the map page of a published city know of its live values, once they are there.

    Parameters
    ----------
    city_dir
        Folder of the city.
    """
    latest = published_city(city_dir)
    if latest is not None and latest.live is None and (city_dir / LIVE).is_file():
        write_latest(city_dir, latest.model_copy(update={"live": LIVE}))


def _never_published(
    city_dir: Path,
    before: Latest | None,
    entries: Sequence[PublishedLayer],
    staying: Mapping[str, Sequence[str]],
) -> dict[str, list[str]]:
    """Runs, by layer, that a kill kept from being published: newer than the newest published.

    Where nothing stands published, all that lies there is such but for the runs that stay.
    """
    last = before.run_id if before else ""
    ours = {entry.path for entry in (*entries, *(before.layers if before else ()))}
    ours |= {f"{layer}/{run}" for layer, runs in staying.items() for run in runs}
    left_over = {
        layer: [run for run in runs if run > last and f"{layer}/{run}" not in ours]
        for layer, runs in run_folders(city_dir).items()
    }
    return {layer: runs for layer, runs in left_over.items() if runs}


def _outcasts(
    left_over: Mapping[str, Sequence[str]],
    entries: Sequence[PublishedLayer],
    standing: Mapping[str, PublishedLayer],
) -> set[str]:
    """Paths of runs that the catalogue must no longer name: never published, or damaged."""
    paths = {f"{layer}/{run}" for layer, runs in left_over.items() for run in runs}
    for entry in entries:
        old = standing.get(entry.id)
        if old is not None and old.path != entry.path and old.checksum == entry.checksum:
            paths.add(old.path)  # the same content was published anew: the old folder is damaged
    return paths
