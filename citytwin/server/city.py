"""The published city as one reader may see it: every list is filtered by the same decision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from citytwin.errors import KeyAccessError, StoreError
from citytwin.model.layer import Latest, LayerDocument, PublishedLayer, highest
from citytwin.security.decision import Resource
from citytwin.server.doors import Visitor
from citytwin.server.refusals import NotThereError
from citytwin.store.asked_for import LIVE_VALUES
from citytwin.store.at_rest import read_bytes
from citytwin.store.latest import (
    CATALOG,
    COLLECTION,
    ITEM,
    LAYER,
    LIVE,
    is_layer_id,
    is_run_id,
    published_city,
)
from citytwin.store.stac import collection_of
from citytwin.store.stac_model import Catalog, Collection, Item

_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_STYLES = "styles"
Document = TypeVar("Document", Catalog, Collection, Item)


@dataclass(frozen=True)
class SeenLayer:
    """A run of a layer that a reader may see: what is read of it is what was decided on."""

    document: LayerDocument
    folder: Path


class ServedCity:
    """Reads a published folder; nothing that a reader sends is ever used as a path unchecked.

    Parameters
    ----------
    directory
        Folder that holds ``latest.json``.
    """

    def __init__(self, directory: Path) -> None:
        self.root = directory.resolve()

    def latest(self) -> Latest:
        """Return what stands published.

        Raises
        ------
        StoreError
            If nothing does.
        """
        found = published_city(self.root)
        if found is None:
            msg = f"{self.root} holds no published city"
            raise StoreError(msg, hint="run the city first")
        return found

    def seen_by(self, visitor: Visitor) -> Latest:
        """Return ``latest.json`` with the layers that a reader may see.

        Parameters
        ----------
        visitor
            Who asks.
        """
        latest = self.latest()
        visitor.count(len(latest.layers))
        shown, classes, synthetic = [], [], False
        for entry in latest.layers:
            document = self._document(entry.id, entry.run_id)
            if document is not None and visitor.may("read", _resource(document)):
                shown.append(entry)
                classes.append(document.classification)
                synthetic |= any(source.synthetic for source in document.sources)
        live = latest.live if latest.live is not None and visitor.may("read", LIVE_VALUES) else None
        return latest.model_copy(
            update={
                "layers": tuple(shown),
                "classification": highest(classes) if classes else "public",
                "synthetic": synthetic,
                "live": live,
                "publication": "served",
            }
        )

    def layer(self, visitor: Visitor, name: str, run: str | None = None) -> SeenLayer:
        """Return a layer that a reader may see.

        Its folder comes with it, for the next run may be published at any moment, and be more
        protected.

        Parameters
        ----------
        visitor
            Who asks.
        name
            Id of the layer.
        run
            Id of a run; None for the published one.

        Raises
        ------
        NotThereError
            If there is none, or none that this reader may know of.
        """
        entry = self._entry(name)
        run = run or (entry.run_id if entry else None)
        document = self._document(name, run) if run is not None else None
        known = Resource("layer", name) if document is None else _resource(document)
        # what is not there is decided on as what is hidden, so that both take the same way
        if not visitor.may("read", known) or document is None or run is None:
            raise NotThereError
        return SeenLayer(document, self.root / name / run)

    def file(self, visitor: Visitor, name: str, run: str, parts: tuple[str, ...]) -> Path:
        """Return a file of a layer that a reader may see.

        Parameters
        ----------
        visitor
            Who asks.
        name, run
            Ids of the layer and its run.
        parts
            Of its path in the folder of the run.

        Raises
        ------
        NotThereError
            If there is none, or none that this reader may know of.
        """
        seen = self.layer(visitor, name, run)
        plain = all(_FILE.fullmatch(part) for part in parts)
        if not plain or not (len(parts) == 1 or (len(parts) == 2 and parts[0] == _STYLES)):
            raise NotThereError
        path = seen.folder.joinpath(*parts)
        if path.is_symlink() or not path.is_file():
            raise NotThereError
        return path

    def live(self, visitor: Visitor) -> Path:
        """Return the file of live values.

        Parameters
        ----------
        visitor
            Who asks.

        Raises
        ------
        NotThereError
            If there is none, or not for this reader.
        """
        path = self.root / LIVE
        if not visitor.may("read", LIVE_VALUES) or not path.is_file():
            raise NotThereError
        return path

    def catalog(self, visitor: Visitor) -> Catalog:
        """Return the catalogue with the layers that a reader may see.

        Parameters
        ----------
        visitor
            Who asks.
        """
        catalog = _read(self.root / CATALOG, Catalog)
        shown = {entry.id for entry in self.seen_by(visitor).layers}
        links = [
            link
            for link in catalog.links
            if link.rel != "child" or link.href.removeprefix("./").split("/")[0] in shown
        ]
        return catalog.model_copy(update={"links": tuple(links)})

    def collection(self, visitor: Visitor, name: str) -> Collection:
        """Return the runs of a layer that a reader may see, described by these alone.

        Parameters
        ----------
        visitor
            Who asks.
        name
            Id of the layer.

        Raises
        ------
        NotThereError
            If there is none, or none that this reader may know of.
        """
        seen = self.layer(visitor, name)
        whole = _read(self.root / name / COLLECTION, Collection)
        runs = [link.href.split("/")[-2] for link in whole.links if link.rel == "item"]
        visitor.count(len(runs))
        shown = [run for run in runs if self._run_seen(visitor, name, run)]
        if not shown:
            raise NotThereError
        items = [_read(self.root / name / run / ITEM, Item) for run in shown]
        return collection_of(seen.document, items)

    def _run_seen(self, visitor: Visitor, name: str, run: str) -> bool:
        document = self._document(name, run)
        return document is not None and visitor.may("read", _resource(document))

    def _entry(self, name: str) -> PublishedLayer | None:
        return next((entry for entry in self.latest().layers if entry.id == name), None)

    def _document(self, name: str, run: str | None) -> LayerDocument | None:
        if run is None or not is_layer_id(name) or not is_run_id(run):
            return None
        return _document_of(self.root / name / run / LAYER)


def _resource(document: LayerDocument) -> Resource:
    return Resource("layer", document.id, document.classification)


@lru_cache(maxsize=2048)
def _known(path: Path, _written_ns: int) -> LayerDocument:
    return LayerDocument.model_validate_json(read_bytes(path))


def _document_of(path: Path) -> LayerDocument | None:
    """A document that is missing or damaged is none: its layer is not shown.

    One whose key is not there may be sound: then nothing can be said of the city at all.
    """
    try:
        return _known(path, path.stat().st_mtime_ns)
    except KeyAccessError:
        raise
    except (OSError, ValidationError):  # not kept: what cannot be read now may be later
        return None


def _read(path: Path, model: type[Document]) -> Document:
    try:
        return model.model_validate_json(read_bytes(path))
    except KeyAccessError:
        raise
    except (OSError, ValidationError) as error:
        raise NotThereError from error
