"""SenML: examples of RFC 8428, base fields, and everything that goes wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.errors import SourceError
from citytwin.formats import senml
from citytwin.formats.observations import Batch
from citytwin.formats.senml import SenmlParams, decode_senml

NOW = 1_782_800_000.0


def decoded(*records: object, **params: object) -> Batch:
    """A pack of some records."""
    return decode_senml(json.dumps(records).encode(), "pack", SenmlParams.model_validate(params))


def codes(batch: Batch) -> list[str]:
    """Why records were set aside."""
    return [reject.code for reject in batch.rejects]


def test_base_fields_hold_until_they_are_replaced() -> None:
    """Names are joined, times and values added, units stand in for missing ones."""
    batch = decoded(
        {"bn": "urn:dev:mast-1:", "bt": NOW, "bu": "m/s", "bv": 1.0, "n": "wind_speed", "v": 2.0},
        {"n": "wind_speed", "v": 3.5, "t": 60.7},
        {"bn": "urn:dev:mast-2:", "n": "wind_speed", "u": "km/h", "v": 35.0},
    )
    found = [(r.thing, r.end_s - int(NOW), r.value) for r in batch.readings]
    assert found[:2] == [("urn:dev:mast-1", 0, 3.0), ("urn:dev:mast-1", 60, 4.5)]
    assert found[2] == ("urn:dev:mast-2", 0, pytest.approx(10.0))
    assert not batch.rejects


def test_units_become_those_of_the_twin() -> None:
    """Vehicles a minute, a share of one, relative humidity."""
    batch = decoded(
        {"bn": "a:", "bt": NOW, "n": "traffic_flow", "u": "1/min", "v": 12},
        {"n": "cloud_area_fraction", "u": "/", "v": 0.25},
        {"n": "relative_humidity", "u": "%RH", "v": 60},
        {"n": "pump_discharge", "u": "l/s", "v": 1500},
    )
    assert [r.value for r in batch.readings] == pytest.approx([720.0, 25.0, 60.0, 1.5])


def test_means_have_an_interval() -> None:
    """As the configuration says."""
    record = {"n": "g:rainfall_rate", "u": "mm/h", "v": 1, "t": NOW}
    (reading,) = decoded(record, intervals_s={"rainfall_rate": 60}).readings
    assert reading.end_s - reading.start_s == 60


def test_things_describe_themselves() -> None:
    """Name, kind and place; the note says that it is synthetic."""
    batch = decoded(
        {"bn": "urn:x:g-1:", "bt": NOW, "n": "latitude", "u": "lat", "v": 35.1},
        {"n": "longitude", "u": "lon", "v": 139.2},
        {"n": "title", "vs": "雨量計 1"},
        {"n": "kind", "vs": "rain_gauge"},
        {"n": "note", "vs": "SYNTHETIC"},
    )
    (place,) = batch.places
    assert (place.thing, place.name, place.kind) == ("urn:x:g-1", "雨量計 1", "rain_gauge")
    assert (place.latitude_deg, place.longitude_deg) == (35.1, 139.2)
    assert batch.synthetic


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"n": "a:rain", "v": 1, "t": NOW}, "record"),
        ({"n": "rainfall_rate", "u": "mm/h", "v": 1, "t": NOW}, "record"),
        ({"n": ":rainfall_rate", "u": "mm/h", "v": 1, "t": NOW}, "record"),
        ({"n": "a b:rainfall_rate", "u": "mm/h", "v": 1, "t": NOW}, "record"),
        ({"n": "a:rainfall_rate", "u": "mm/h", "v": "1", "t": NOW}, "record"),
        ({"n": "a:rainfall_rate", "u": "mm/h", "vb": True, "t": NOW}, "record"),
        ({"n": "a:rainfall_rate", "u": "mm/h", "v": 1}, "record"),
        ({"n": "a:rainfall_rate", "u": "mm/h", "v": 1, "t": -60}, "record"),
        ({"n": "a:rainfall_rate", "u": "mm/h", "v": 1, "t": 9e12}, "record"),
        ({"n": "a:rainfall_rate", "u": "m/s2", "v": 1, "t": NOW}, "unit"),
        ({"n": "a:rainfall_rate", "u": "Cel", "v": 1, "t": NOW}, "unit"),
        ({"n": "a:rainfall_rate", "v": 1, "t": NOW}, "unit"),
    ],
)
def test_a_bad_record_loses_no_other(record: dict[str, object], code: str) -> None:
    """It is set aside with its reason."""
    good = {"n": "b:wind_speed", "u": "m/s", "v": 3, "t": NOW}
    batch = decoded(record, good)
    assert codes(batch) == [code]
    assert len(batch.readings) == 1


def test_times_from_now_count_from_when_it_was_fetched() -> None:
    """A minute ago, and now; where that is known."""
    records = [
        {"n": "a:wind_speed", "u": "m/s", "v": 1, "t": -60},
        {"n": "a:wind_speed", "u": "m/s", "v": 2},
    ]
    batch = decode_senml(json.dumps(records).encode(), "pack", SenmlParams(), int(NOW))
    assert [reading.end_s - int(NOW) for reading in batch.readings] == [-60, 0]


@pytest.mark.parametrize("place", [(91.0, 0.0), (0.0, 0.0), (35.0, 500.0)])
def test_places_that_are_none(place: tuple[float, float]) -> None:
    """Off the Earth, or what a receiver without a fix sends."""
    batch = decoded({"bn": "a:", "n": "latitude", "v": place[0]}, {"n": "longitude", "v": place[1]})
    assert codes(batch) == ["position"]
    assert not batch.places


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"[1]", b'[{"bver": 11}]', b'[{"n":', b'[{"bt": "x"}]', b"\xff"]
)
def test_what_is_no_pack(raw: bytes) -> None:
    """Is refused as a whole, in words."""
    with pytest.raises(SourceError, match="pack"):
        decode_senml(raw, "pack", SenmlParams())


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
RECORD = st.dictionaries(
    st.sampled_from(["bn", "bt", "bu", "bv", "bver", "n", "u", "v", "vs", "vb", "t", "s"]), JSON
)


@given(st.lists(RECORD, max_size=4))
def test_nothing_falls_over(records: list[object]) -> None:
    """Whatever stands in the fields."""
    try:
        decoded(*records)
    except SourceError:
        return


TEXTS = st.sampled_from(
    ["", "g1:", "g 1:", "g1:rainfall_rate", "g2/wind_speed", "wind_speed", "g1:rain", "g1:latitude"]
)
UNITS = st.sampled_from(["mm/h", "m/s", "km/h", "Cel", "", "x\n"])
NUMBERS = st.sampled_from([0, 1, True, -2.5, 1e30, NOW, -60, 9e12, -(2**28), None, "1"])
NEARLY = st.fixed_dictionaries(
    {"n": TEXTS, "v": NUMBERS},
    optional={"u": UNITS, "t": NUMBERS, "bn": TEXTS, "bt": NUMBERS, "bu": UNITS, "vs": TEXTS},
)


@given(st.lists(NEARLY, min_size=1, max_size=6), st.none() | st.just(int(NOW)))
def test_usual_records_are_read_as_all_others(
    records: list[dict[str, object]], fetched_s: int | None
) -> None:
    """The short way for plain records gives what the long one gives, and leaves it the faults."""
    raw = json.dumps(records).encode()

    def told() -> object:
        try:
            batch = decode_senml(raw, "pack", SenmlParams(), fetched_s)
        except SourceError as error:
            return str(error)
        return list(batch.readings), batch.rejects, batch.places, batch.synthetic

    short = told()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(senml, "_read_usual", lambda *_: False)
        assert told() == short
