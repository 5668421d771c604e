"""One layer of the running twin into the published city; all others stand as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from citytwin.config import LoadedConfig
from citytwin.engine.locking import holding
from citytwin.engine.request import work_dir
from citytwin.errors import StoreError
from citytwin.model.layer import Latest, LayerDocument
from citytwin.store.latest import document_of, published_city, run_id_after
from citytwin.store.layer_writer import LayerContent, write_layer
from citytwin.store.publish import StagedLayer, beside_its_group, prune, publish
from citytwin.store.run_info import CityFrame, RunInfo
from citytwin.store.staging import new_folder
from citytwin.viewer.export import export_viewer, remove_viewer

Standing: TypeAlias = Mapping[str, LayerDocument | None]
"""Documents of the published layers, by id; None where one is gone or damaged."""
_KEEP = 3
"""Runs of each layer that stay."""


def publish_beside(
    loaded: LoadedConfig, layer: str, make: Callable[[Standing], LayerContent]
) -> str:
    """Write a layer and publish it in its place, or else before the others of its group.

    Parameters
    ----------
    loaded
        The configuration.
    layer
        Its id.
    make
        Gives the layer, from the documents of those that stand.

    Returns
    -------
    str
        Id of the run.

    Raises
    ------
    BusyError
        If another command changes the city.
    StoreError
        If nothing is published, or the layer cannot be.
    """
    with holding(loaded):
        latest = published_city(loaded.city_dir)
        if latest is None:
            msg = f"nothing is published in {loaded.city_dir}"
            raise StoreError(msg, hint="run `citytwin run` first")
        standing = {e.id: document_of(loaded.city_dir / e.path) for e in latest.layers}
        staging = work_dir(loaded) / "staging" / layer
        with new_folder(staging) as folder:
            document = write_layer(make(standing), folder)
        own = StagedLayer(document, staging)
        layers = _with(own, latest, standing, loaded)
        now = datetime.now(UTC).replace(microsecond=0)
        documents = [layer.document for layer in layers]
        frame, run_id = CityFrame.published(latest), run_id_after(latest.run_id, now)
        info = RunInfo.of(frame, documents, run_id, now, loaded.sha256)
        closed = latest.publication == "served"
        publish(loaded.city_dir, layers, info, remove_viewer if closed else export_viewer)
        prune(loaded.city_dir, _KEEP)
        return info.run_id


def _with(
    own: StagedLayer, latest: Latest, standing: Standing, loaded: LoadedConfig
) -> list[StagedLayer]:
    """All layers in the order of the map."""
    layers: list[StagedLayer] = []
    place: int | None = None
    for entry in latest.layers:
        document = standing[entry.id]
        if entry.id == own.document.id:
            place = len(layers)
        elif document is not None:
            layers.append(StagedLayer.standing(loaded.city_dir, document))
    if place is None:
        return beside_its_group(layers, own)
    return [*layers[:place], own, *layers[place:]]
