"""Writes the collections and the catalogue of a city; they name only items that stand."""

from __future__ import annotations

import shutil
from collections.abc import Collection as Names
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from citytwin.errors import StoreError
from citytwin.model.layer import LayerDocument, PublishedLayer
from citytwin.store.atomic import temporary_beside, write_text
from citytwin.store.layer_writer import ITEM, LAYER
from citytwin.store.run_info import RunInfo
from citytwin.store.stac import catalog_of, collection_of
from citytwin.store.stac_model import Catalog, Collection, Item

Document = TypeVar("Document", Item, Collection, Catalog)
CATALOG = "catalog.json"
COLLECTION = "collection.json"


def write_catalogue(
    city_dir: Path, entries: Sequence[PublishedLayer], run: RunInfo, leave_out: Names[str] = ()
) -> None:
    """Bring the collections and the catalogue to the state of a run.

    Runs that the collections named before stay in them, as long as their folders stand.

    Parameters
    ----------
    city_dir
        Folder of the city; the folders of all entries stand complete.
    entries
        Layers of the run, in the order of the map.
    run
        The run.
    leave_out
        Folders, ``layer/run``, that are no longer named.
    """
    collections = []
    for entry in entries:
        named = runs_named(city_dir, entry.id)
        names = sorted({entry.run_id, *(n for n in named if f"{entry.id}/{n}" not in leave_out)})
        collections.append(_write_collection(city_dir, entry.id, names, entry.run_id))
    ours = {entry.id for entry in entries}
    for name in _layers_named(city_dir):
        path = city_dir / name / COLLECTION
        if name not in ours and path.is_file():
            collections.append(_read(path, Collection))
    _write_if_changed(city_dir / CATALOG, catalog_of(run, collections).text())


def runs_named(city_dir: Path, layer: str) -> list[str]:
    """Return the runs that a layer's collection names and whose items stand, oldest first.

    Parameters
    ----------
    city_dir
        Folder of the city.
    layer
        Id of the layer.
    """
    path = city_dir / layer / COLLECTION
    if not path.is_file():
        return []
    links = _read(path, Collection).links
    runs = sorted(link.href.split("/")[-2] for link in links if link.rel == "item")
    return [run for run in runs if (city_dir / layer / run / ITEM).is_file()]


def remove_runs(city_dir: Path, layer: str, runs: Sequence[str]) -> None:
    """Remove runs of a layer; they leave the catalogue before their folders go.

    Parameters
    ----------
    city_dir
        Folder of the city.
    layer
        Id of the layer.
    runs
        Runs that ``latest.json`` does not name.
    """
    named = runs_named(city_dir, layer)
    staying = [run for run in named if run not in runs]
    if staying and staying != named:
        _write_collection(city_dir, layer, staying, staying[-1])
    elif not staying:
        _forget_layer(city_dir, layer)
    for run in runs:
        # renamed first: a kill in between leaves no half folder under a run's name
        going = temporary_beside(city_dir / "run")
        (city_dir / layer / run).rename(going)
        shutil.rmtree(going)


def _forget_layer(city_dir: Path, layer: str) -> None:
    path = city_dir / CATALOG
    if path.is_file():
        catalog = _read(path, Catalog)
        target = f"./{layer}/{COLLECTION}"
        links = tuple(link for link in catalog.links if link.href != target)
        _write_if_changed(path, catalog.model_copy(update={"links": links}).text())
    (city_dir / layer / COLLECTION).unlink(missing_ok=True)


def _write_collection(
    city_dir: Path, layer: str, run_ids: Sequence[str], newest: str
) -> Collection:
    """Write the collection of a layer; the newest run describes it."""
    folder = city_dir / layer
    items = [_read(folder / name / ITEM, Item) for name in run_ids]
    document = LayerDocument.model_validate_json((folder / newest / LAYER).read_bytes())
    collection = collection_of(document, items)
    _write_if_changed(folder / COLLECTION, collection.text())
    return collection


def _layers_named(city_dir: Path) -> list[str]:
    path = city_dir / CATALOG
    if not path.is_file():
        return []
    return [link.href.split("/")[-2] for link in _read(path, Catalog).links if link.rel == "child"]


def _read(path: Path, model: type[Document]) -> Document:
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        msg = f"{path} cannot be read: {error}"
        raise StoreError(msg, hint="delete it; what it describes is left out then") from error


def _write_if_changed(path: Path, text: str) -> None:
    if not path.is_file() or path.read_bytes() != text.encode("utf-8"):
        write_text(path, text)
