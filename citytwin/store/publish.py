"""Atomic publication: readers see the whole of one run, or the whole of the one before.

Folders are moved into place first, then the catalogue and the QGIS project are switched to them,
and ``latest.json`` is replaced last. Every document is replaced in one step and names only files
that stand complete, so a kill at any moment leaves a city that can be read; what it leaves behind
in excess is removed by the next run.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from citytwin.errors import StoreError
from citytwin.model.layer import (
    Classification,
    Latest,
    LayerDocument,
    PublishedLayer,
    is_within,
)
from citytwin.store.at_rest import digest_of_file, read_bytes
from citytwin.store.atomic import remove_stale, write_text
from citytwin.store.catalogue import remove_runs, write_catalogue
from citytwin.store.latest import (
    ITEM,
    LATEST,
    LAYER,
    LIVE,
    is_layer_id,
    is_run_id,
    latest_text,
    published_city,
    run_folders,
)
from citytwin.store.layer_writer import folder_checksum, layer_json
from citytwin.store.private_folder import private_folder
from citytwin.store.prune import prune
from citytwin.store.qgis_project import project_layer, qgis_project
from citytwin.store.run_info import RunInfo
from citytwin.store.stac import item_of
from citytwin.store.staging import is_sealed, place_folder

__all__ = ["RunInfo", "StagedLayer", "prune", "publish"]


@dataclass(frozen=True)
class StagedLayer:
    """A layer that is ready to be published."""

    document: LayerDocument
    directory: Path
    """Folder with all its files, on the disk of the published city. It may be missing when the
    same content stands published already."""

    @classmethod
    def standing(cls, city_dir: Path, document: LayerDocument) -> StagedLayer:
        """Return a layer that stays as it is published.

        Parameters
        ----------
        city_dir
            Folder of the published city.
        document
            Its document.
        """
        return cls(document, city_dir / document.id / "none")


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
        The run.
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
    _check(staged, run, sealed=is_sealed(city_dir))
    before = published_city(city_dir)
    _keep_closed(city_dir, before, run)
    city_dir.mkdir(parents=True, exist_ok=True)
    if run.publication == "served":
        private_folder(city_dir)  # before the first closed file comes into it
    remove_stale(city_dir, keep=[layer.directory for layer in staged])
    standing = {layer.id: layer for layer in before.layers} if before else {}
    entries = [_place(city_dir, layer, standing.get(layer.document.id), run) for layer in staged]
    left_over = _never_published(city_dir, before, entries)
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
    city_dir: Path, before: Latest | None, entries: Sequence[PublishedLayer]
) -> dict[str, list[str]]:
    """Runs, by layer, that a kill kept from being published: newer than the newest published.

    Where nothing was published, all that lies there is such.
    """
    last = before.run_id if before else ""
    ours = {entry.path for entry in (*entries, *(before.layers if before else ()))}
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


def _keep_closed(city_dir: Path, before: Latest | None, run: RunInfo) -> None:
    """Refuse to give anyone a folder that holds earlier runs of closed layers."""
    if before is not None and before.publication == "served" and run.publication == "static":
        msg = f"{city_dir} holds layers that were published for known readers only"
        raise StoreError(msg, hint="publish into another folder, or `citytwin export` this one")


def _check(staged: Sequence[StagedLayer], run: RunInfo, *, sealed: bool) -> None:
    if not staged:
        msg = f"run {run.run_id} has no layers"
        raise StoreError(msg, hint="a run without layers leaves the published city as it is")
    if not is_run_id(run.run_id):
        msg = f"run id {run.run_id!r} is not YYYYMMDDTHHMMSSZ"
        raise StoreError(msg, hint="take the time of the run in UTC")
    if Path(run.city.id).name != run.city.id:
        msg = f"city id {run.city.id!r} is no name of a file"
        raise StoreError(msg, hint="take letters, digits, - and _")
    ids = [layer.document.id for layer in staged]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    wrong = sorted(one for one in ids if not is_layer_id(one))
    if twice or wrong:
        msg = f"layer ids used twice: {twice}, not valid: {wrong}"
        raise StoreError(msg, hint="ids have 1 to 64 of a-z, 0-9 and _")
    served: Classification = "secret" if sealed else "internal"
    limit: Classification = "public" if run.publication == "static" else served
    for layer in staged:
        if not is_within(layer.document.classification, limit):
            msg = (
                f"layer {layer.document.id} is {layer.document.classification}; a {run.publication}"
                f" publication that is {'sealed' if sealed else 'in clear'} holds what is {limit} at"
                " most"
            )
            hint = (
                "leave the layer out, or give the sources it is made from the classification that"
                " they really have"
            )
            raise StoreError(msg, hint=hint)


def _place(
    city_dir: Path, layer: StagedLayer, standing: PublishedLayer | None, run: RunInfo
) -> PublishedLayer:
    """Bring a layer's folder to its place, or find it there already."""
    name = layer.document.id
    if not layer.directory.is_dir():
        return _kept(city_dir, layer, standing)
    _check_folder(layer)
    checksum = folder_checksum(layer.directory)
    if standing is not None and standing.checksum == checksum and is_intact(city_dir, standing):
        return standing
    path = f"{name}/{run.run_id}"
    target = city_dir / path
    item = item_of(layer.document, layer.directory, run).text()
    said = f"sha256:{hashlib.sha256(item.encode()).hexdigest()}"
    entry = PublishedLayer(id=name, run_id=run.run_id, path=path, checksum=checksum, item=said)
    if target.exists():
        # left by a kill of the same run; documents may name it already, so it is never replaced
        if is_intact(city_dir, entry):
            return entry
        msg = f"{target} exists with other content"
        raise StoreError(msg, hint="published folders are never changed; take a new run id")
    place_folder(layer.directory, target, item)
    return entry


def _check_folder(layer: StagedLayer) -> None:
    """Check that the document is that of the folder, and that all files it names are there."""
    folder, document = layer.directory, layer.document
    written = folder / LAYER
    if not written.is_file() or read_bytes(written) != layer_json(document).encode():
        msg = f"{written} is not the document of layer {document.id}"
        raise StoreError(msg, hint="make the layer again: delete the folder .work and run")
    missing = [name for name in document.named_files if not (folder / name).is_file()]
    if missing:
        msg = f"layer {document.id} lacks {', '.join(missing)}"
        raise StoreError(msg, hint="make the layer again: delete the folder .work and run")


def is_intact(city_dir: Path, standing: PublishedLayer) -> bool:
    """Whether every file of a published layer still is what was published.

    Parameters
    ----------
    city_dir
        Folder of the city.
    standing
        Entry of ``latest.json``.
    """
    folder = city_dir / standing.path
    item = folder / ITEM
    if not item.is_file() or folder_checksum(folder) != standing.checksum:
        return False
    return standing.item in ("", f"sha256:{digest_of_file(item)}")


def _kept(city_dir: Path, layer: StagedLayer, standing: PublishedLayer | None) -> PublishedLayer:
    """Return the published layer that a run found unchanged and did not write again."""
    name = layer.document.id
    if standing is None:
        msg = f"layer {name} is neither in {layer.directory} nor published"
        raise StoreError(msg, hint="make the layer again: delete the folder .work and run")
    published = city_dir / standing.path / LAYER
    same = published.is_file() and read_bytes(published) == layer_json(layer.document).encode()
    if not same or not is_intact(city_dir, standing):
        msg = f"{city_dir / standing.path} is damaged or holds another version of {name}"
        raise StoreError(msg, hint="delete the folder .work and run again")
    return standing
