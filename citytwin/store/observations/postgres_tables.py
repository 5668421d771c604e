"""Tables of observations in PostgreSQL: the same rows as in segments, with the versions of a key
beside each other.
"""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source TEXT NOT NULL, thing TEXT NOT NULL,
    property TEXT NOT NULL, unit TEXT NOT NULL, UNIQUE (source, thing, property)
);
CREATE TABLE IF NOT EXISTS observations (
    kind TEXT NOT NULL, series INTEGER NOT NULL, end_us BIGINT NOT NULL, start_us BIGINT NOT NULL,
    issued_us BIGINT NOT NULL, known_us BIGINT NOT NULL, content BIGINT NOT NULL,
    flag SMALLINT NOT NULL, result DOUBLE PRECISION NOT NULL, tests INTEGER NOT NULL,
    revises BOOLEAN NOT NULL, seq INTEGER NOT NULL, raw_ref TEXT NOT NULL,
    raw_value DOUBLE PRECISION, raw_unit TEXT, synthetic BOOLEAN NOT NULL, text TEXT,
    PRIMARY KEY (kind, series, end_us, start_us, issued_us, known_us)
);
CREATE TABLE IF NOT EXISTS cursors (source TEXT PRIMARY KEY, cursor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dead_letters (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source TEXT NOT NULL, reason TEXT NOT NULL,
    message TEXT NOT NULL, record TEXT NOT NULL, raw_ref TEXT NOT NULL, known_us BIGINT NOT NULL,
    UNIQUE (source, reason, message, record, raw_ref)
);
CREATE TABLE IF NOT EXISTS things (
    thing TEXT NOT NULL, known_us BIGINT NOT NULL, source TEXT NOT NULL, name TEXT,
    kind TEXT NOT NULL, longitude_deg DOUBLE PRECISION NOT NULL,
    latitude_deg DOUBLE PRECISION NOT NULL, height_m DOUBLE PRECISION,
    cadence_s DOUBLE PRECISION, synthetic BOOLEAN NOT NULL, PRIMARY KEY (thing, known_us)
);
CREATE TABLE IF NOT EXISTS last_commit (known_us BIGINT NOT NULL);
INSERT INTO last_commit SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM last_commit);
"""
STAGED = (
    "kind", "series", "end_us", "start_us", "issued_us", "known_us", "content", "flag", "result",
    "tests", "seq", "raw_ref", "raw_value", "raw_unit", "synthetic", "text",
)  # fmt: skip
"""Columns of the stage, in the order in which they are copied."""
STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS stage (
    kind TEXT, series INTEGER, end_us BIGINT, start_us BIGINT, issued_us BIGINT, known_us BIGINT,
    content BIGINT, flag SMALLINT, result DOUBLE PRECISION, tests INTEGER, seq INTEGER,
    raw_ref TEXT, raw_value DOUBLE PRECISION, raw_unit TEXT, synthetic BOOLEAN, text TEXT
)
"""
TAKE_OVER = """
INSERT INTO observations
SELECT s.kind, s.series, s.end_us, s.start_us, s.issued_us,
    GREATEST(s.known_us, l.known_us + 1), s.content, s.flag, s.result, s.tests,
    l.known_us IS NOT NULL, s.seq, s.raw_ref, s.raw_value, s.raw_unit, s.synthetic, s.text
FROM stage s LEFT JOIN LATERAL (
    SELECT o.known_us, o.content, o.flag FROM observations o
    WHERE (o.kind, o.series, o.end_us, o.start_us, o.issued_us)
        = (s.kind, s.series, s.end_us, s.start_us, s.issued_us)
    ORDER BY o.known_us DESC LIMIT 1
) l ON true
WHERE l.known_us IS NULL OR (l.content, l.flag) <> (s.content, s.flag)
ON CONFLICT DO NOTHING
RETURNING revises, tests
"""
"""What is new; a row that says what its key said last is left out, and touches nothing."""
LATEST = """
SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY series ORDER BY end_us DESC, start_us DESC) AS rank
    FROM (
        SELECT DISTINCT ON (series, end_us, start_us) * FROM observations
        WHERE kind = %(kind)s AND series = ANY(%(series)s) AND known_us <= %(known)s
            AND end_us > %(low)s AND end_us <= %(valid)s
        ORDER BY series, end_us, start_us, known_us DESC
    ) held
    WHERE flag = ANY(%(usable)s)
) ranked WHERE rank <= %(depth)s ORDER BY series, rank
"""
"""The latest rows of some series, of the versions that held."""
