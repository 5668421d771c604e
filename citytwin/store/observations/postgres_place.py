"""Where the observations of a city lie in PostgreSQL, noted beside the city for those who read them.

The note names the variable of the environment that holds the password, never the password.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from citytwin.errors import StoreError
from citytwin.store.atomic import write_text

NOTE = "postgresql.json"
"""In the folder of a city's observations, where a database holds them."""
_LONGEST_NAME = 63
"""Bytes of a name; PostgreSQL cuts longer ones, and two could become one."""


class PostgresPlace(BaseModel):
    """A schema of a database, and how it is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    """Name of the server, or the folder of its socket on this computer."""
    port: int
    database: str
    user: str
    password_env: str | None
    """Variable that holds the password; None: libpq's own ways, such as the file ~/.pgpass."""
    authorities: str | None
    """File of certificate authorities of your own; None: those of the system."""
    namespace: str
    """The schema, one for each city."""

    def is_where(self, other: PostgresPlace) -> bool:
        """Whether another place is the same schema, however it is reached.

        Parameters
        ----------
        other
            The place.
        """
        one, two = (
            (place.host, place.port, place.database, place.namespace) for place in (self, other)
        )
        return one == two

    def note(self, folder: Path) -> None:
        """Note where the observations are, for readers who know the folder of the city only.

        Parameters
        ----------
        folder
            Of the observations; made when it does not exist.
        """
        write_text(folder / NOTE, self.model_dump_json(indent=1) + "\n")


def noted_place(folder: Path) -> PostgresPlace | None:
    """Return where a database holds the observations of a city; None where they lie in the folder.

    Parameters
    ----------
    folder
        Of the observations.

    Raises
    ------
    StoreError
        If the note cannot be read.
    """
    file = folder / NOTE
    try:
        return PostgresPlace.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        msg = f"{file} does not say where the observations are: {error}"
        raise StoreError(msg, hint="`citytwin sync` writes it anew when it starts") from error


def namespace_of(city: str) -> str:
    """Return the name of the schema that holds the observations of a city.

    Parameters
    ----------
    city
        Its id.
    """
    name = f"citytwin_{city}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:46]}_{sha256(city.encode()).hexdigest()[:16]}"
