"""The one database of a city's alerts: what the outbox keeps, and what people decided about alerts."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from pathlib import Path

from citytwin.errors import StoreError
from citytwin.store.database import database_errors, open_database
from citytwin.store.versions import Form, settle_form

_SCHEMA = """
CREATE TABLE IF NOT EXISTS alert_states (rule TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS alert_history (
    id TEXT PRIMARY KEY, alert TEXT NOT NULL, at_s REAL NOT NULL, said TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, key TEXT NOT NULL,
    target TEXT NOT NULL, media_type TEXT NOT NULL, retain INTEGER NOT NULL, body BLOB NOT NULL,
    created_s REAL NOT NULL, due_s REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting', error TEXT NOT NULL DEFAULT '', UNIQUE (sink, key)
);
CREATE INDEX IF NOT EXISTS outbox_queue ON outbox (state, sink, number);
CREATE TABLE IF NOT EXISTS silences (
    rule TEXT PRIMARY KEY, up_to INTEGER NOT NULL, until_s REAL NOT NULL, by TEXT NOT NULL,
    why TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS acknowledgements (
    alert TEXT PRIMARY KEY, at_s REAL NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS decisions (at_s REAL NOT NULL, said TEXT NOT NULL);
"""
_FORM = Form(_SCHEMA)


def open_alerts(path: Path) -> sqlite3.Connection:
    """Open the database of alerts for writing; transactions are begun by hand.

    Parameters
    ----------
    path
        SQLite file; made where it is missing.

    Raises
    ------
    StoreError
        If it cannot be opened, is none, or a later program wrote it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            base = open_database(path)
            opened.callback(base.close)
            base.execute("PRAGMA journal_mode=WAL")
            base.execute("PRAGMA synchronous=FULL")
            settle_form(base, path, _FORM)
            opened.pop_all()
    except StoreError:
        raise
    except database_errors(OSError) as error:
        msg = f"{path} cannot be used: {error}"
        hint = "check its folder; move it away if it is damaged: what waits in it is lost"
        raise StoreError(msg, hint=hint) from error
    return base
