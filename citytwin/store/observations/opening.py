"""Opens the observations of a city where they are: in its folder, or in a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from citytwin.errors import ConfigError, StoreError
from citytwin.store.observations.lookup import ObservationLookup
from citytwin.store.observations.manifest import MANIFEST
from citytwin.store.observations.postgres_place import NOTE, PostgresPlace, noted_place
from citytwin.store.observations.queueing import ObservationWriter
from citytwin.store.observations.reader import ObservationReader
from citytwin.store.observations.writer import ObservationStore, only_writer


@contextmanager
def writing(folder: Path, place: PostgresPlace | None) -> Iterator[ObservationWriter]:
    """Open the observations of a city for writing; nobody else in this folder writes meanwhile.

    Parameters
    ----------
    folder
        Of the observations; made when it does not exist.
    place
        Of the database that holds them; None for the folder itself.

    Raises
    ------
    BusyError
        If another process writes them.
    ConfigError
        If the driver of the database or its password is missing.
    StoreError
        If the disk or the database refuses, or older observations are elsewhere.
    """
    noted = noted_place(folder)
    if noted is not None and (place is None or not place.is_where(noted)):
        other = "no database" if place is None else f"{place.database!r} at {place.host}"
        msg = (
            f"the observations so far are in PostgreSQL, {noted.database!r} at {noted.host}, as "
            f"{folder / NOTE} says, and the configuration names {other}"
        )
        raise StoreError(msg, hint="name it in `live.postgresql`, or move that file away")
    if place is None:
        with ObservationStore.open(folder) as store:
            yield store
        return
    if (folder / MANIFEST).is_file():
        msg = f"the observations so far are in {folder}, and the configuration names a database"
        raise StoreError(msg, hint="move that folder away: the database begins without them")
    _require_driver()
    from citytwin.store.observations.postgres import PostgresStore

    folder.mkdir(parents=True, exist_ok=True)
    lock = only_writer(folder)
    try:
        with PostgresStore.open(place) as database:
            place.note(folder)
            yield database
    finally:
        lock.release()


def open_lookup(folder: Path) -> ObservationLookup:
    """Open the observations of a city for looking things up.

    Parameters
    ----------
    folder
        Of the observations; a note in it leads to a database.

    Raises
    ------
    ConfigError
        If the driver of the database or its password is missing.
    StoreError
        If there are none, or the database refuses.
    """
    place = noted_place(folder)
    if place is None:
        return ObservationReader(folder)
    _require_driver()
    from citytwin.store.observations.postgres_reader import PostgresReader

    return PostgresReader(place)


def _require_driver() -> None:
    if find_spec("psycopg") is None:
        msg = "the observations are in PostgreSQL, and the package psycopg is missing"
        raise ConfigError(msg, hint="pip install 'citytwin[server]'")
