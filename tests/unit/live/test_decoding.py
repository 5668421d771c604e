"""Whatever comes in becomes rows or dead letters, and never an exception."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from citytwin.errors import ConfigError
from citytwin.formats.climatology import Climatology
from citytwin.live.decoding import FeedDecoder, decoder_of
from citytwin.live_config import FeedConfig, LiveConfig
from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations import DeadLetter, DecodedFeed, raw_ref_of
from citytwin.transports.connector import Payload
from tests.unit.live.live_city import feed

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)


def decoder(**changes: object) -> FeedDecoder:
    """Of a feed of SenML."""
    return decoder_of(FeedConfig.model_validate(feed(folder={"path": "in"}) | changes))


def rain(at: datetime, value: float = 5.0) -> bytes:
    """A pack with one value."""
    record = {"n": "gauge:rainfall_rate", "u": "mm/h", "v": value, "t": at.timestamp()}
    return json.dumps([record]).encode()


def test_a_payload_becomes_rows() -> None:
    """With the reference to its raw bytes."""
    raw = rain(NOW)
    batch, stored = decoder().decode(Payload(raw, "t", NOW))
    assert batch is not None
    assert isinstance(stored, DecodedFeed)
    assert [str(thing) for thing in stored.rows.thing] == ["urn:citytwin:sensors:gauge"]
    assert stored.rows.raw_ref == raw_ref_of(raw)


@pytest.mark.parametrize(
    ("ahead", "kept"), [(timedelta(minutes=5), True), (timedelta(minutes=6), False)]
)
def test_the_future_is_no_observation(ahead: timedelta, kept: bool) -> None:
    """More than five minutes ahead a clock is wrong."""
    _, stored = decoder().decode(Payload(rain(NOW + ahead), "t", NOW))
    assert isinstance(stored, DecodedFeed)
    assert len(stored.rows) == int(kept)
    assert [letter.reason for letter in stored.letters] == [] if kept else ["future"]


def test_nine_hours_ahead_is_named_as_a_time_zone() -> None:
    """Japan time taken for UTC."""
    _, stored = decoder().decode(Payload(rain(NOW + timedelta(hours=9)), "t", NOW))
    assert isinstance(stored, DecodedFeed)
    assert "9 h, as if its local time had been taken for UTC" in stored.letters[0].message


@given(st.binary(max_size=60))
def test_anything_else_is_a_dead_letter(raw: bytes) -> None:
    """With its origin and the reference to its bytes."""
    batch, stored = decoder().decode(Payload(raw, "topic/x", NOW))
    assert batch is None
    assert isinstance(stored, DeadLetter)
    assert (stored.reason, stored.record, stored.raw_ref) == (
        "unreadable",
        "topic/x",
        raw_ref_of(raw),
    )


def test_a_decoder_that_falls_over_is_a_dead_letter_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And a line in the log, since that is our fault."""

    def falls(raw: bytes, file: str, fetched_s: int, params: object) -> object:
        raise KeyError(file)

    broken = decoder()
    broken = replace(broken, step=replace(broken.step, decode=falls))
    _, stored = broken.decode(Payload(b"x", "t", NOW))
    assert isinstance(stored, DeadLetter)
    assert stored.reason == "fault"
    assert "the decoder fails" in caplog.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"use": "senmll"}, "did you mean 'senml'"),
        ({"use": "citygml"}, "reads whole data sets"),
        ({"params": {"interval": 3}}, r"feeds\[sensors\].params.interval: unknown key"),
    ],
)
def test_mistakes_are_named(changes: dict[str, object], said: str) -> None:
    """Before anything is connected."""
    with pytest.raises(ConfigError, match=said):
        decoder(**changes)


@pytest.mark.parametrize("name", ["openmeteo", "road_counts"])
def test_other_formats_decode_single_payloads(name: str) -> None:
    """The demo's own files."""
    demo = Path(__file__).parents[3] / "data" / "demo" / "feeds"
    file = {"openmeteo": "openmeteo.json", "road_counts": "traffic/jartic_5m.geojson"}[name]
    payload = Payload((demo / file).read_bytes(), file, datetime(2026, 8, 1, tzinfo=UTC))
    batch, stored = decoder(use=name).decode(payload)
    assert batch is not None
    assert isinstance(stored, DecodedFeed)
    assert len(stored.rows) == len(batch.readings) > 100


WARM_JULY = [(-10.0, 25.0)] * 6 + [(15.0, 40.0)] + [(-10.0, 25.0)] * 5


@pytest.mark.parametrize(
    ("at", "value", "flag", "tests"),
    [
        ("2026-06-30T14:59:59Z", 25.0, Flag.GOOD, 0),
        ("2026-06-30T14:59:59Z", 25.1, Flag.SUSPECT, QualityTest.CLIMATOLOGY),
        ("2026-06-30T15:00:00Z", 25.1, Flag.GOOD, 0),  # July has begun in Japan
        ("2026-06-30T15:00:00Z", 14.9, Flag.SUSPECT, QualityTest.CLIMATOLOGY),
        ("2026-06-30T14:59:59Z", 75.0, Flag.BAD, QualityTest.CLIMATOLOGY | QualityTest.GROSS_RANGE),
    ],
)
def test_what_the_month_does_not_know_is_suspect(
    at: str, value: float, flag: Flag, tests: QualityTest
) -> None:
    """Limits belong to the month, which is that of the city; they never make a value bad."""
    limits = Climatology({"air_temperature": WARM_JULY}, ZoneInfo("Asia/Tokyo"))
    judging = decoder_of(FeedConfig.model_validate(feed(folder={"path": "in"})), climatology=limits)
    end = datetime.fromisoformat(at)
    records = [
        {"n": "s:air_temperature", "u": "Cel", "v": value, "t": end.timestamp()},
        {"n": "s:relative_humidity", "u": "%", "v": value, "t": end.timestamp()},
    ]
    raw = json.dumps(records).encode()
    _, stored = judging.decode(Payload(raw, "t", end + timedelta(minutes=1)))
    assert isinstance(stored, DecodedFeed)
    assert stored.rows.flag.tolist() == [flag, Flag.GOOD]
    assert stored.rows.tests.tolist() == [int(tests), 0]
    assert stored.rows.result.tolist() == [value, value]


@pytest.mark.parametrize(
    ("climatology", "said"),
    [
        ({"air_temprature": WARM_JULY}, "no observed property 'air_temprature'"),
        ({"air_temperature": WARM_JULY[:11]}, "12"),
        ({"air_temperature": [(3.0, 2.0)] * 12}, "month 1 begins at 3 above its end at 2"),
    ],
)
def test_mistakes_of_a_climatology_are_named(climatology: dict[str, object], said: str) -> None:
    """With property and month."""
    given = {"feeds": [feed(folder={"path": "in"})], "climatology": climatology}
    with pytest.raises(ValidationError, match=said):
        LiveConfig.model_validate(given)
