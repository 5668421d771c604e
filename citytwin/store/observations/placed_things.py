"""Things in the manifest: where each was, as far as it was known at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from citytwin.store.observations.observed import Thing

_LAST = """
SELECT source, name, kind, longitude_deg, latitude_deg, height_m, cadence_s, synthetic
FROM things WHERE thing = ? AND known_us <= ? ORDER BY known_us DESC LIMIT 1
"""
_AS_KNOWN = """
SELECT thing, source, name, kind, longitude_deg, latitude_deg, height_m, cadence_s, synthetic
FROM things WHERE known_us <= ? ORDER BY thing, known_us
"""


def put_things(connection: sqlite3.Connection, things: Sequence[Thing], known_us: int) -> None:
    """Keep things that are new or have changed; the caller holds the transaction.

    Parameters
    ----------
    connection
        To the manifest.
    things
        As their sources describe them; of one that comes twice the last counts.
    known_us
        When they became known [us].
    """
    for thing in {t.thing: t for t in things}.values():
        row = (
            thing.source, thing.name, thing.kind, thing.longitude_deg, thing.latitude_deg,
            thing.height_m, thing.cadence_s, int(thing.synthetic),
        )  # fmt: skip
        if connection.execute(_LAST, (thing.thing, known_us)).fetchone() != row:
            connection.execute(
                "INSERT OR REPLACE INTO things (thing, known_us, source, name, kind,"
                " longitude_deg, latitude_deg, height_m, cadence_s, synthetic)"
                " VALUES (?,?,?,?,?,?,?,?,?,?)",
                (thing.thing, known_us, *row),
            )


def things_at(connection: sqlite3.Connection, known_us: int) -> dict[str, Thing]:
    """Return every thing as it was known at a time.

    Parameters
    ----------
    connection
        To the manifest.
    known_us
        [us since 1970-01-01T00:00Z].

    Returns
    -------
    dict of str to Thing
        By URN.
    """
    found = {}
    for row in connection.execute(_AS_KNOWN, (known_us,)):
        thing, source, name, kind, longitude, latitude, height, cadence, synthetic = row
        found[thing] = Thing(
            thing, source, name, kind, longitude, latitude, height, cadence, bool(synthetic)
        )
    return found
