"""Connections to the database that holds the observations of a city."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from citytwin.errors import ConfigError, StoreError
from citytwin.store.observations.postgres_place import PostgresPlace


def connect(place: PostgresPlace) -> psycopg.Connection:
    """Connect: over the network by TLS only, with a certificate of that name.

    Parameters
    ----------
    place
        Of the database.

    Raises
    ------
    ConfigError
        If the variable with the password is not set.
    StoreError
        If there is no such database, or it refuses.
    """
    password = None if place.password_env is None else os.environ.get(place.password_env, "")
    if password == "":
        msg = f"PostgreSQL at {place.host} needs a password in {place.password_env}, not set"
        raise ConfigError(msg, hint=f"set the environment variable {place.password_env}")
    local = place.host.startswith("/")
    with told_of_database("opened"):
        connection = psycopg.connect(
            host=place.host,
            port=place.port,
            dbname=place.database,
            user=place.user,
            password=password,
            sslmode="disable" if local else "verify-full",
            sslrootcert=None if local else place.authorities or "system",
            connect_timeout=30,
            tcp_user_timeout=30_000,
            application_name="citytwin",
            autocommit=True,
        )
        connection.execute("SET jit = off")  # which takes longer than any of our queries
        name = sql.Identifier(place.namespace)
        connection.execute(sql.SQL("SET search_path = {}").format(name))
    return connection


class Database:
    """A connection that is made anew after it was lost.

    Parameters
    ----------
    place
        Where to.
    """

    def __init__(self, place: PostgresPlace) -> None:
        self._place = place
        self._connect()

    @property
    def connection(self) -> psycopg.Connection:
        """The connection, outside of any transaction."""
        if self._connection.closed:
            self._connect()
        return self._connection

    def close(self) -> None:
        """Give the connection up."""
        self._closing()

    def _connect(self) -> None:
        self._connection = connect(self._place)
        self._closing = weakref.finalize(self, self._connection.close)


@contextmanager
def told_of_database(what: str) -> Iterator[None]:
    """Turn what the database refuses into an error for readers.

    Parameters
    ----------
    what
        What was being done.

    Raises
    ------
    StoreError
        If anything was refused.
    """
    try:
        yield
    except psycopg.Error as error:
        said = str(error).strip().splitlines()
        msg = f"the database of observations cannot be {what}: {said[0] if said else error!r}"
        raise StoreError(msg, hint="check the server, its address and rights") from error
