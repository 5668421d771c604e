"""Values that are not used are told: which file, which time, which value."""

from __future__ import annotations

from pathlib import Path

from citytwin.formats.observations import Batch, Reading
from citytwin.formats.quality import MAX_REJECTS, doubted, out_of_range
from citytwin.model import properties as p
from citytwin.model.steps import Dataset
from citytwin.model.tables import Flag

DATASET = Dataset(
    name="rain", root=Path(), files=(), target_crs="EPSG:6677", time_zone="Asia/Tokyo"
)


def batch(*values: float | None, flag: Flag | None = None) -> Batch:
    """Rain of a station, one value per minute from 2026-01-01T00:00Z."""
    begin = 1_767_225_600
    readings = tuple(
        Reading("44132", p.RAINFALL_RATE, begin + 60 * n, begin + 60 * n + 60, value, flag)
        for n, value in enumerate(values)
    )
    return Batch(file="map_1.json", raw_ref="", places=(), readings=readings)


def test_a_value_out_of_range_is_set_aside_with_file_time_and_value() -> None:
    """5000 mm in ten minutes are 30000 mm/h."""
    (found,) = out_of_range([batch(1.0, 30_000.0, None)])
    assert (found.source, found.record) == ("map_1.json", "44132 2026-01-01T00:02:00Z")
    assert found.message == "rainfall_rate is 30000 mm/h, outside 0 to 400"


def test_a_feed_that_is_wrong_throughout_is_counted_not_listed() -> None:
    """So that its faults do not fill the memory."""
    found = out_of_range([batch(*[-3.0] * (MAX_REJECTS + 50))])
    assert len(found) == MAX_REJECTS + 1
    assert found[-1].message == "50 more values outside the range"


def test_values_that_their_producer_doubts_are_counted_and_the_first_is_named() -> None:
    """They are in the table, but drive nothing."""
    (note,) = doubted(DATASET, [batch(1.0), batch(2.0, 3.0, flag=Flag.SUSPECT)])
    assert note.en.startswith("2 values of rainfall_rate of source rain are doubted")
    assert "map_1.json, 44132, 2026-01-01T00:01:00Z, 2 mm/h" in note.en
    assert doubted(DATASET, [batch(1.0, None), batch(5000.0)]) == ()
