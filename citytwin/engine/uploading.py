"""The published city of a configuration into the object storage that it names."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.engine.locking import PATIENCE_S, holding, holding_folder
from citytwin.errors import CityTwinError, ConfigError
from citytwin.store.manifest import WORK
from citytwin.store.pinned_city import pinned_city
from citytwin.store.private_folder import private_folder
from citytwin.store.upload import Uploaded, upload
from citytwin.transports.bucket_address import BucketFolder
from citytwin.transports.buckets import Bucket

UPLOADS = ".uploads"
"""Folder beside the working stores; no city can have this name."""
RECORD = "sent.jsonl"
"""What was sent, which names all layers: as closed to others as the city."""


def published_place(loaded: LoadedConfig) -> BucketFolder | None:
    """Folder of object storage that the city is uploaded to; None where none is named.

    Parameters
    ----------
    loaded
        The configuration.
    """
    address = loaded.config.publish_to
    return loaded.bucket_folder(address) if address else None


def upload_city(loaded: LoadedConfig) -> Uploaded:
    """Bring the object storage of a city to what stands published.

    The city is held only until its files are linked aside; uploads come one after the other, each
    with what stands when its turn comes.

    Parameters
    ----------
    loaded
        The configuration.

    Raises
    ------
    ConfigError
        If it names no object storage, or no keys for it.
    BusyError
        If a run holds the city, or another upload goes on, for longer than a minute.
    StoreError, UnreachableError
        If nothing is published, or the server refuses or fails.
    """
    place = published_place(loaded)
    if place is None:
        msg = f"{loaded.file.name} names no object storage"
        raise ConfigError(msg, hint="add `publish_to: s3://bucket/folder`, and its bucket")
    own = _uploads(loaded) / loaded.config.city.id
    if loaded.private:
        private_folder(own)
    with ExitStack() as stack:
        stack.enter_context(holding_folder(own, place.told, PATIENCE_S))
        former = own.with_name(f"{own.name}.jsonl")
        if former.is_file():  # of an earlier version, where others could read it
            former.replace(own / RECORD)
        with holding(loaded):
            city = stack.enter_context(pinned_city(loaded.city_dir, own / "pinned"))
        return upload(city, Bucket(place), own / RECORD, loaded.config.nights.keep_runs)


def tried_upload(loaded: LoadedConfig) -> tuple[Uploaded | None, list[str]]:
    """Upload what a run has published; what goes wrong is a loss, as the city stands published here.

    Parameters
    ----------
    loaded
        The configuration; without `publish_to` nothing is done.

    Returns
    -------
    done : Uploaded or None
        What was uploaded.
    lost : list of str
        Why the object storage does not show it; empty where it does.
    """
    address = loaded.config.publish_to
    if address is None:
        return None, []
    try:
        return upload_city(loaded), []
    except CityTwinError as error:
        return None, [f"not uploaded, {address} shows what it did: {error}"]


def _uploads(loaded: LoadedConfig) -> Path:
    return loaded.path(loaded.config.out) / WORK / UPLOADS
