"""Writes the collections and the catalogue of a city; they name only items that stand."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection as Names
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from citytwin.errors import StoreError
from citytwin.model.layer import LayerDocument, PublishedLayer
from citytwin.store.at_rest import read_bytes
from citytwin.store.atomic import temporary_beside, write_text
from citytwin.store.latest import CATALOG, COLLECTION, ITEM, LAYER, run_folders
from citytwin.store.run_info import RunInfo
from citytwin.store.stac import catalog_of, child_link, collection_of
from citytwin.store.stac_model import Catalog, Collection, Item

Document = TypeVar("Document", Item, Collection, Catalog, LayerDocument)
log = logging.getLogger(__name__)


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
        kept = None if name in ours else _read(city_dir / name / COLLECTION, Collection)
        if kept is not None:
            collections.append(kept)
    _write_if_changed(city_dir / CATALOG, catalog_of(run, collections).text())


def name_run(city_dir: Path, layer: str, run_id: str) -> None:
    """Name one more run of a layer; the newest that is named goes on describing it.

    Parameters
    ----------
    city_dir
        Folder of the city; that of the run stands complete.
    layer
        Id of the layer; one that the catalogue does not know comes last in it.
    run_id
        The run.
    """
    named = sorted({*runs_named(city_dir, layer), run_id})
    collection = _write_collection(city_dir, layer, named, named[-1])
    catalog = _read(city_dir / CATALOG, Catalog)
    if catalog is None or layer in _layers_named(city_dir):
        return
    links = (*catalog.links, child_link(collection))
    _write_if_changed(city_dir / CATALOG, catalog.model_copy(update={"links": links}).text())


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
    collection = _read(path, Collection)
    if collection is None:
        runs = run_folders(city_dir)[layer]
    else:
        links = collection.links
        runs = sorted(link.href.split("/")[-2] for link in links if link.rel == "item")
    return [run for run in runs if _read(city_dir / layer / run / ITEM, Item) is not None]


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
    catalog = _read(path, Catalog)
    if catalog is not None:
        target = f"./{layer}/{COLLECTION}"
        links = tuple(link for link in catalog.links if link.href != target)
        _write_if_changed(path, catalog.model_copy(update={"links": links}).text())
    (city_dir / layer / COLLECTION).unlink(missing_ok=True)


def _write_collection(
    city_dir: Path, layer: str, run_ids: Sequence[str], newest: str
) -> Collection:
    """Write the collection of a layer; the newest run describes it."""
    folder = city_dir / layer
    read = [_read(folder / name / ITEM, Item) for name in run_ids]
    items = [item for item in read if item is not None]
    document = _read(folder / newest / LAYER, LayerDocument)
    if document is None:
        msg = f"{folder / newest / LAYER} is missing or damaged"
        raise StoreError(msg, hint="remove the folder of that run")
    collection = collection_of(document, items)
    _write_if_changed(folder / COLLECTION, collection.text())
    return collection


def _layers_named(city_dir: Path) -> list[str]:
    path = city_dir / CATALOG
    catalog = _read(path, Catalog)
    if catalog is not None:
        return [link.href.split("/")[-2] for link in catalog.links if link.rel == "child"]
    return list(run_folders(city_dir)) if path.is_file() else []


def _read(path: Path, model: type[Document]) -> Document | None:
    """Read a document; one that is damaged counts as missing, for all of it can be made anew."""
    try:
        return model.model_validate_json(read_bytes(path))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.warning("%s is damaged and left out: %s", path, error)
        return None


def _write_if_changed(path: Path, text: str) -> None:
    if not path.is_file() or read_bytes(path) != text.encode("utf-8"):
        write_text(path, text)
