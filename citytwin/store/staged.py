"""Layers that are ready to be published: whether they may be, and each to its place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from citytwin.store.latest import ITEM, LAYER, is_layer_id, is_run_id
from citytwin.store.layer_writer import (
    checksum_over,
    file_digests,
    folder_checksum,
    layer_json,
)
from citytwin.store.run_info import RunInfo
from citytwin.store.stac import item_of
from citytwin.store.staging import place_folder


@dataclass(frozen=True)
class StagedLayer:
    """A layer that is ready to be published."""

    document: LayerDocument
    directory: Path
    """Folder with all its files, on the disk of the published city. It may be missing when the
    same content stands published already."""
    digests: Mapping[str, str] | None = None
    """sha256 of its files, as they were written, by name; None = as they lie there."""

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


def require_publishable(staged: Sequence[StagedLayer], run: RunInfo, *, sealed: bool) -> None:
    """Check that layers may be published together.

    Parameters
    ----------
    staged
        The layers.
    run
        Their run.
    sealed
        Whether the folder of the city is sealed.

    Raises
    ------
    StoreError
        If there is none, a name cannot stand, or a layer is more protected than the place.
    """
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


def keep_closed(city_dir: Path, before: Latest | None, run: RunInfo) -> None:
    """Refuse to give anyone a folder that holds earlier runs of closed layers.

    Parameters
    ----------
    city_dir
        Folder of the city.
    before
        What stands published.
    run
        What shall be.
    """
    if before is not None and before.publication == "served" and run.publication == "static":
        msg = f"{city_dir} holds layers that were published for known readers only"
        raise StoreError(msg, hint="publish into another folder, or `citytwin export` this one")


def place_layer(
    city_dir: Path, layer: StagedLayer, standing: PublishedLayer | None, run: RunInfo
) -> PublishedLayer:
    """Bring a layer's folder to its place, or find it there already.

    Parameters
    ----------
    city_dir
        Folder of the city.
    layer
        The layer.
    standing
        The run of it that this one follows; None = it has none.
    run
        The run.

    Raises
    ------
    StoreError
        If its folder is not whole, or the disk refuses.
    """
    name = layer.document.id
    if not layer.directory.is_dir():
        return _kept(city_dir, layer, standing)
    _check_folder(layer)
    digests = layer.digests or file_digests(layer.directory)
    checksum = checksum_over(digests)
    if standing is not None and standing.checksum == checksum and is_intact(city_dir, standing):
        return standing
    path = f"{name}/{run.run_id}"
    target = city_dir / path
    item = item_of(layer.document, layer.directory, digests, run).text()
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
