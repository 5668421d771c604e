"""From the configuration to the database that holds the observations of a city."""

from __future__ import annotations

from citytwin.config import LoadedConfig
from citytwin.live.openness import live_of
from citytwin.store.observations.postgres_place import PostgresPlace, namespace_of


def database_place(loaded: LoadedConfig) -> PostgresPlace | None:
    """Return where a database holds the observations; None where they lie in the city's folder.

    Parameters
    ----------
    loaded
        The configuration, with a section ``live``.

    Raises
    ------
    ConfigError
        If what is restricted would lie there in clear.
    """
    config = live_of(loaded).postgresql
    if config is None:
        return None
    return PostgresPlace(
        host=config.host,
        port=config.port,
        database=config.database,
        user=config.user,
        password_env=config.password_env,
        authorities=None if config.authorities is None else str(loaded.path(config.authorities)),
        namespace=namespace_of(loaded.config.city.id),
    )
