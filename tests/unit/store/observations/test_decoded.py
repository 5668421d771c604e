"""From the decoders of the feeds into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from citytwin.formats.observations import Batch, Place, Reading
from citytwin.model.notes import Reject
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations import ObservationReader, ObservationStore, decoded_feed


def test_a_batch_of_a_decoder(tmp_path: Path) -> None:
    """Names, times, flags and rejects arrive; impossible and missing values are no state."""
    noon = 1_782_907_200
    batch = Batch(
        file="map.json",
        raw_ref="ab" * 32,
        places=(Place("44132", "Tokyo", "weather_station", 139.75, 35.69),),
        readings=(
            Reading("44132", RAINFALL_RATE, noon - 600, noon, 12.0),
            Reading("44132", RAINFALL_RATE, noon, noon + 600, 900.0),
            Reading("44132", RAINFALL_RATE, noon + 600, noon + 1200, None),
        ),
        rejects=(Reject(source="map.json", record="9", code="time", message="no time"),),
    )
    feed = decoded_feed("amedas", batch)
    assert list(feed.rows.flag) == [Flag.GOOD, Flag.BAD, Flag.MISSING]
    assert list(feed.rows.tests) == [0, QualityTest.GROSS_RANGE, 0]
    with ObservationStore.open(tmp_path / "obs") as store:
        store.append(feed.rows)
        store.things(feed.things)
        for letter in feed.letters:
            store.dead_letter(letter)
        store.commit({"amedas": "20260701T1200"})
    reader = ObservationReader(tmp_path / "obs")
    (row,) = reader.state(datetime(2026, 7, 1, 12, 20, tzinfo=UTC)).frame.itertuples()
    assert (row.thing, row.property, row.unit, row.result) == (
        "urn:citytwin:amedas:44132", "rainfall_rate", "mm/h", 12.0,
    )  # fmt: skip
    assert (row.age_s, row.longitude_deg, row.raw_ref) == (1200.0, 139.75, "ab" * 16)
    (kept,) = reader.dead_letters()
    assert (kept.letter.reason, kept.letter.message) == ("time", "map.json: no time")
