"""Layers that the running twin published: a run leaves them on the map while they are young."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from citytwin.config import LoadedConfig
from citytwin.model.layer import Classification, LayerDocument, is_within
from citytwin.store.latest import document_of, published_city
from citytwin.store.publish import StagedLayer, beside_its_group, is_intact

KEPT_FOR = timedelta(hours=6)
"""What nobody has made anew since says nothing of now, and goes with the next run."""


def with_live(
    loaded: LoadedConfig, made: Sequence[StagedLayer], crs: str, now: datetime
) -> list[StagedLayer]:
    """Return the layers of a run, and among them those of the running twin that still hold.

    Parameters
    ----------
    loaded
        The configuration, which names them.
    made
        Layers of the run, in the order of the map.
    crs
        Of the city; a layer of another one goes.
    now
        Aware.
    """
    found = list(made)
    live = loaded.config.live
    latest = published_city(loaded.city_dir)
    if live is None or latest is None:
        return found
    of_run = {layer.document.id for layer in made}
    for entry in latest.layers:
        if entry.id not in live.layers or entry.id in of_run:
            continue
        document = document_of(loaded.city_dir / entry.path)
        if document is None or not is_intact(loaded.city_dir, entry):
            continue
        if _holds(document, loaded, crs, now):
            found = beside_its_group(found, StagedLayer.standing(loaded.city_dir, document))
    return found


def _holds(document: LayerDocument, loaded: LoadedConfig, crs: str, now: datetime) -> bool:
    """Whether a layer is of this place, young, and allowed on the map."""
    at = datetime.fromisoformat(document.valid_time).astimezone(UTC)
    here = document.extent is not None and document.extent.crs == crs
    served: Classification = "secret" if loaded.protected else "internal"
    limit: Classification = "public" if loaded.config.publication == "static" else served
    return here and now - at <= KEPT_FOR and is_within(document.classification, limit)
