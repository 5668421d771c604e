"""Tables of observations in PostgreSQL: the same rows as in segments, with the versions of a key
beside each other.
"""

from __future__ import annotations

VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS format (version INTEGER NOT NULL);
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
    PRIMARY KEY (kind, series, end_us, start_us, issued_us, known_us, content, flag)
);
CREATE TABLE IF NOT EXISTS cursors (source TEXT PRIMARY KEY, cursor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dead_letters (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source TEXT NOT NULL, reason TEXT NOT NULL,
    message TEXT NOT NULL, record TEXT NOT NULL, raw_ref TEXT NOT NULL, known_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS dead_letters_once
    ON dead_letters (md5(source || chr(1) || reason || chr(1) || message || chr(1) || record
                     || chr(1) || raw_ref));
CREATE TABLE IF NOT EXISTS things (
    thing TEXT NOT NULL, known_us BIGINT NOT NULL, source TEXT NOT NULL, name TEXT,
    kind TEXT NOT NULL, longitude_deg DOUBLE PRECISION NOT NULL,
    latitude_deg DOUBLE PRECISION NOT NULL, height_m DOUBLE PRECISION,
    cadence_s DOUBLE PRECISION, synthetic BOOLEAN NOT NULL, PRIMARY KEY (thing, known_us)
);
CREATE TABLE IF NOT EXISTS dirty (
    property TEXT NOT NULL, start_us BIGINT NOT NULL, end_us BIGINT NOT NULL,
    marked_us BIGINT NOT NULL, PRIMARY KEY (property, start_us)
);
CREATE TABLE IF NOT EXISTS totals (
    known_us BIGINT NOT NULL, commits BIGINT NOT NULL, stored BIGINT NOT NULL,
    repeats BIGINT NOT NULL, revisions BIGINT NOT NULL, late BIGINT NOT NULL,
    dead_letters BIGINT NOT NULL
);
INSERT INTO format SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM format);
INSERT INTO totals SELECT 0, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM totals);
"""
NUMBER = """
INSERT INTO series (source, thing, property, unit)
SELECT * FROM unnest(%(s)s::text[], %(t)s::text[], %(p)s::text[], %(u)s::text[])
ON CONFLICT DO NOTHING
"""
"""Gives series that are new their numbers."""
NUMBERS = """
SELECT q.id, q.unit
FROM unnest(%(s)s::text[], %(t)s::text[], %(p)s::text[]) WITH ORDINALITY
    AS asked (source, thing, property, place)
JOIN series q USING (source, thing, property) ORDER BY asked.place
"""
"""Numbers and units of series, in the order in which they are asked for."""
STAGED = (
    "kind", "series", "end_us", "start_us", "issued_us", "known_us", "content", "flag", "result",
    "tests", "revises", "seq", "raw_ref", "raw_value", "raw_unit", "synthetic", "text",
)  # fmt: skip
"""Columns of the stage, in the order in which they are copied."""
STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS stage (
    kind TEXT, series INTEGER, end_us BIGINT, start_us BIGINT, issued_us BIGINT, known_us BIGINT,
    content BIGINT, flag SMALLINT, result DOUBLE PRECISION, tests INTEGER, revises BOOLEAN,
    seq INTEGER, raw_ref TEXT, raw_value DOUBLE PRECISION, raw_unit TEXT, synthetic BOOLEAN,
    text TEXT
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
    ORDER BY o.known_us DESC, o.content DESC, o.flag DESC LIMIT 1
) l ON true
WHERE l.known_us IS NULL OR (l.content, l.flag) <> (s.content, s.flag)
ON CONFLICT DO NOTHING
RETURNING series, start_us, end_us, revises, tests
"""
"""What is new; a row that says what its key said last is left out, and touches nothing."""
TAKE_BACK = """
INSERT INTO observations
SELECT s.kind, s.series, s.end_us, s.start_us, s.issued_us, s.known_us, s.content, s.flag,
    s.result, s.tests,
    s.revises OR EXISTS (
        SELECT 1 FROM observations o
        WHERE (o.kind, o.series, o.end_us, o.start_us, o.issued_us)
            = (s.kind, s.series, s.end_us, s.start_us, s.issued_us)
        AND (o.known_us, o.content, o.flag) < (s.known_us, s.content, s.flag)
    ),
    s.seq, s.raw_ref, s.raw_value, s.raw_unit, s.synthetic, s.text
FROM stage s
ON CONFLICT DO NOTHING
RETURNING series, start_us, end_us, revises, tests
"""
"""Versions that bring their own time of knowledge: each is kept, in whatever order they come."""
ROWS = """
COPY (
    SELECT o.series, o.start_us, o.end_us, o.issued_us, o.result, o.flag, o.tests, o.known_us,
        o.revises, o.seq, o.raw_ref, o.raw_value, o.raw_unit, o.synthetic, o.text
    FROM unnest(%(series)s::integer[], %(low)s::bigint[], %(high)s::bigint[])
        AS asked (series, low_us, high_us)
    CROSS JOIN LATERAL (
        SELECT * FROM observations r
        WHERE r.kind = %(kind)s AND r.series = asked.series AND r.end_us > asked.low_us
            AND r.end_us <= asked.high_us AND r.known_us <= %(known)s
        ORDER BY r.end_us DESC, r.start_us DESC, r.issued_us DESC, r.known_us DESC,
            r.content DESC, r.flag DESC
        LIMIT %(most)s
    ) o
) TO STDOUT (FORMAT csv)
"""
"""The latest versions of some series within a time of each; the key of the table is in this order."""
