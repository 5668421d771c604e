"""The public part of a published city as files that any web server may give to anyone."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from citytwin.errors import StoreError
from citytwin.model.layer import Latest, LayerDocument
from citytwin.security.audit import AuditChain
from citytwin.security.decision import ANONYMOUS, Resource
from citytwin.security.inquiry import Inquiry
from citytwin.security.policy import PUBLIC_ONLY, Policy
from citytwin.store.at_rest import copy_tree, read_bytes
from citytwin.store.atomic import temporary_beside
from citytwin.store.catalogue import remove_runs
from citytwin.store.latest import ITEM, LATEST, LAYER, published_city, run_folders
from citytwin.store.publish import StagedLayer, publish
from citytwin.store.run_info import CityFrame, RunInfo
from citytwin.store.stac_model import Item
from citytwin.viewer.export import export_viewer


@dataclass(frozen=True)
class Exported:
    """What was written, and what was not."""

    layers: tuple[str, ...]
    closed: tuple[str, ...]
    """Layers that are not for anyone."""


def export_public(
    city: Path, folder: Path, policy: Policy = PUBLIC_ONLY, chain: AuditChain | None = None
) -> Exported:
    """Copy the layers that anyone may have, with a map and a catalogue of these alone.

    Of layers that an earlier export holds and that are closed now, all runs go.

    A layer that is not public is left out whatever the policy says.

    Parameters
    ----------
    city
        Folder that holds ``latest.json``.
    folder
        Where the copy goes: new, empty, or an earlier export.
    policy
        Decides on exporting, for nobody known.
    chain
        Gets each decision before anything is copied; None = the log does.

    Raises
    ------
    StoreError
        If nothing is published, or nothing of it is for anyone, or the folder holds other files, or
        the chain cannot be written.
    """
    latest = published_city(city)
    if latest is None:
        msg = f"{city} holds no published city"
        raise StoreError(msg, hint="give the folder that holds latest.json, such as out/demo")
    _require_ours(city, folder, latest)
    inquiry = Inquiry(ANONYMOUS, policy, chain, up_to="public")
    documents = [_document(city / entry.path) for entry in latest.layers]
    open_ones = [one for one in documents if _is_for_anyone(one, inquiry)]
    closed = tuple(one.id for one in documents if one not in open_ones)
    if not open_ones:
        msg = f"none of the {len(documents)} layers of {city} is for anyone"
        raise StoreError(msg, hint="show it with `citytwin serve` to those who may see it")
    paths = {entry.id: city / entry.path for entry in latest.layers}
    folder.mkdir(parents=True, exist_ok=True)
    staging = temporary_beside(folder / "export")
    try:
        staged = [_copied(one, paths[one.id], staging) for one in open_ones]
        publish(folder, staged, _run(latest, open_ones, paths[open_ones[0].id]), export_viewer)
        _remove(folder, closed)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Exported(tuple(one.id for one in open_ones), closed)


def _remove(folder: Path, closed: tuple[str, ...]) -> None:
    for name, runs in run_folders(folder).items():
        if name in closed:
            remove_runs(folder, name, runs)
            (folder / name).rmdir()


def _is_for_anyone(document: LayerDocument, inquiry: Inquiry) -> bool:
    return inquiry.may("export", Resource("layer", document.id, document.classification))


def _copied(document: LayerDocument, source: Path, staging: Path) -> StagedLayer:
    target = staging / document.id
    copy_tree(source, target)
    (target / ITEM).unlink(missing_ok=True)
    return StagedLayer(document, target)


def _run(latest: Latest, documents: list[LayerDocument], one: Path) -> RunInfo:
    item = Item.model_validate_json(read_bytes(one / ITEM))
    frame = replace(CityFrame.published(latest), publication="static")
    published = datetime.fromisoformat(latest.published)
    return RunInfo.of(frame, documents, latest.run_id, published, item.properties.config_sha256)


def _document(folder: Path) -> LayerDocument:
    try:
        return LayerDocument.model_validate_json(read_bytes(folder / LAYER))
    except (OSError, ValidationError) as error:
        msg = f"{folder / LAYER} is missing or damaged"
        raise StoreError(msg, hint="run the city again with --verify") from error


def _require_ours(city: Path, folder: Path, latest: Latest) -> None:
    if folder.resolve().is_relative_to(city.resolve()):
        msg = f"{folder} lies in the city that is exported"
        raise StoreError(msg, hint="name a folder elsewhere")
    before = published_city(folder) if (folder / LATEST).is_file() else None
    if before is not None and before.publication == "served":
        msg = f"{folder} holds a city that is not for anyone"
        raise StoreError(msg, hint="name another folder")
    if before is not None and before.city.id != latest.city.id:
        msg = f"{folder} holds the city {before.city.id}, and {city} is {latest.city.id}"
        raise StoreError(msg, hint="name another folder")
    if before is None and folder.is_dir() and any(folder.iterdir()):
        msg = f"{folder} holds files that are no export"
        raise StoreError(msg, hint="name a new folder")
