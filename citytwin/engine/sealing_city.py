"""Seals what a city keeps in clear from before a source or feed of it was restricted."""

from __future__ import annotations

from citytwin.config import LoadedConfig
from citytwin.engine.locking import holding
from citytwin.engine.protecting import temporary_in_memory
from citytwin.errors import ConfigError, StoreError
from citytwin.security.key_ring import open_ring
from citytwin.store.observations import folder_of
from citytwin.store.observations.postgres_place import NOTE, noted_place
from citytwin.store.sealing_observations import lies_in_clear, seal_observations


def require_sealed_observations(loaded: LoadedConfig) -> None:
    """Refuse a city with restricted data whose observations lie in clear, where nobody looks for them.

    Parameters
    ----------
    loaded
        The configuration.

    Raises
    ------
    StoreError
        If they do.
    """
    clear = folder_of(loaded.city_dir, sealed=False)
    if loaded.protected and lies_in_clear(clear):
        msg = f"observations from before the data were restricted lie in clear in {clear}"
        hint = f"`citytwin seal {loaded.file.name}` seals them, or move them away"
        raise StoreError(msg, hint=hint)


def seal_city(loaded: LoadedConfig) -> int:
    """Seal the observations of a city.

    Parameters
    ----------
    loaded
        The configuration.

    Returns
    -------
    int
        Files that went from the disk in clear; 0 where there were none.

    Raises
    ------
    ConfigError
        If nothing of the city is restricted, or no key is named.
    BusyError
        If a run holds the city, or a twin writes the observations.
    SealError
        If the key is not there, or observations lie sealed as well.
    StoreError
        If something is damaged, the disk refuses, or a database holds the observations.
    """
    encryption = loaded.config.encryption
    if not loaded.protected or encryption is None:
        msg = f"{loaded.file.name}: no source or feed is restricted, or no key is named"
        hint = "say so first: `classification: restricted`, and `encryption: {key: NAME}`"
        raise ConfigError(msg, hint=hint)
    clear = folder_of(loaded.city_dir, sealed=False)
    if not lies_in_clear(clear):
        return 0
    place = noted_place(clear)
    if place is not None:
        msg = f"the observations are in PostgreSQL at {place.host}, which keeps them in clear"
        hint = f"remove its schema {place.namespace} and {clear / NOTE}, or keep what is restricted apart"
        raise StoreError(msg, hint=hint)
    sealed = folder_of(loaded.city_dir, sealed=True)
    with holding(loaded), temporary_in_memory():
        return seal_observations(clear, sealed, encryption.key, open_ring())
