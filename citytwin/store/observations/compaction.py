"""Putting segments together: what came in by the second becomes files of one day, in order.

No row changes. Old files stay for a while after they no longer count, for readers that have just
looked at the manifest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from citytwin.store.observations.known_days import microseconds
from citytwin.store.observations.manifest import Segment, add_segment
from citytwin.store.observations.schema import SEGMENT, Kind, day_of
from citytwin.store.observations.segments import read_segment, write_segment

INCOMING_MANY = 64
"""Segments as they came, after which putting them together pays."""
_SORTED_MANY = 8
"""Segments in order of one day, after which they become one."""
_GRACE_US = 600_000_000
"""How long a reader may take from the manifest to the last file."""
_ORDER = [("series", "ascending"), ("phenomenon_end", "ascending"),
          ("phenomenon_start", "ascending"), ("known_at", "ascending")]  # fmt: skip


@dataclass(frozen=True)
class Exchange:
    """Segments of a kind that take the place of others, with the same rows."""

    old: tuple[Segment, ...]
    new: tuple[Segment, ...]


def put_together(folder: Path, kind: Kind, segments: Sequence[Segment]) -> Exchange:
    """Write the segments that came in as segments of one day each, in order.

    Parameters
    ----------
    folder
        Of the store.
    kind
        Which rows.
    segments
        Of the kind, that count.

    Returns
    -------
    Exchange
        The new segments are on the disk, and count once the manifest says so.
    """
    old = [s for s in segments if not s.in_order]
    tables: dict[int, list[pa.Table]] = {}
    for segment in old:
        table = read_segment(segment.path, SEGMENT.names)
        days = pa.array(day_of(microseconds(table, "phenomenon_end")))
        for day in segment.days:
            part = table if len(segment.days) == 1 else table.filter(pc.equal(days, day))
            tables.setdefault(day, []).append(part)
    for day, parts in tables.items():
        standing = [s for s in segments if s.in_order and day in s.days]
        if len(standing) >= _SORTED_MANY:
            old += standing
            parts += [read_segment(s.path, SEGMENT.names) for s in standing]
    new = [
        write_segment(folder, kind, pa.concat_tables(parts).sort_by(_ORDER), day=day)
        for day, parts in sorted(tables.items())
    ]
    return Exchange(tuple(old), tuple(new))


def exchange(
    connection: sqlite3.Connection, folder: Path, done: Exchange, now_us: int
) -> list[int]:
    """Let new segments count instead of the old ones; the caller holds the transaction.

    Parameters
    ----------
    connection
        To the manifest.
    folder
        Of the store.
    done
        What takes the place of what.
    now_us
        Now [us].

    Returns
    -------
    list of int
        Numbers of the new segments.
    """
    gone = [(segment.number,) for segment in done.old]
    connection.executemany("DELETE FROM segments WHERE id = ?", gone)
    connection.executemany("DELETE FROM segment_days WHERE segment = ?", gone)
    connection.executemany(
        "INSERT INTO retired VALUES (?,?)",
        [(s.path.relative_to(folder).as_posix(), now_us) for s in done.old],
    )
    return [add_segment(connection, folder, segment, now_us) for segment in done.new]


def remove_retired(connection: sqlite3.Connection, folder: Path, now_us: int) -> None:
    """Delete files that have not counted for a while; the caller holds the transaction.

    Parameters
    ----------
    connection
        To the manifest.
    folder
        Of the store.
    now_us
        Now [us].
    """
    before = (now_us - _GRACE_US,)
    rows = connection.execute("SELECT path FROM retired WHERE retired_us <= ?", before).fetchall()
    for (path,) in rows:
        (folder / path).unlink(missing_ok=True)
    connection.executemany("DELETE FROM retired WHERE path = ?", rows)
