"""One declaration of an observation: what is on the disk of a city stays readable, and is all of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from citytwin.model.tables import OBSERVATIONS
from citytwin.model.tables.observations import SERIES, VERSIONED
from citytwin.store.observations import ObservationReader, ObservationStore
from citytwin.store.observations.schema import SEGMENT
from citytwin.store.tables import conform
from tests.unit.store.observations.rows import Clock, at, levels

STORED = """
series: int32 not null
phenomenon_start: timestamp[us, tz=UTC] not null
phenomenon_end: timestamp[us, tz=UTC] not null
issued_at: timestamp[us, tz=UTC]
result: double not null
flag: int8 not null
tests: int32 not null
known_at: timestamp[us, tz=UTC] not null
superseded_at: timestamp[us, tz=UTC]
revises: bool not null
seq: int32 not null
raw_ref: fixed_size_binary[16] not null
raw_value: double
raw_unit: string
synthetic: bool not null
text: string
"""
"""What segments of version 1 hold; cities have years of them."""


def test_the_form_on_disk_is_that_of_its_version() -> None:
    """Whoever changes it brings a new version and a step that leads there."""
    assert str(SEGMENT).strip() == STORED.strip()


def test_every_declared_column_is_kept() -> None:
    """Those that name a series once, by its number."""
    declared = {column.name for column in (*OBSERVATIONS.columns, *VERSIONED)}
    assert set(SEGMENT.names) - {"series"} == declared - {column.name for column in SERIES}


def test_a_state_is_a_table_of_observations(tmp_path: Path) -> None:
    """What the store answers fits the table that the steps of a run take."""
    with ObservationStore.open(tmp_path, clock=Clock(1)) as store:
        store.append(levels([("a", 0, 1.0), ("b", 0, 2.5)]))
        store.commit()
    with ObservationReader(tmp_path) as reader:
        frame = reader.state(at(5)).frame
    table = conform(OBSERVATIONS, frame[list(OBSERVATIONS.column_names)], "EPSG:6677")
    assert table["result"].tolist() == [1.0, 2.5]
    assert pa.Table.from_pandas(table).num_rows == 2
