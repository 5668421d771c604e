"""Road counts: sums per direction, periods, status flags, times."""

from __future__ import annotations

import copy
import json

import pytest

from citytwin.errors import SourceError
from citytwin.formats.road_counts import FORMAT, decode_road_counts
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag

# 2025-02-10 09:00 in Japan is 00:00 UTC.
TIME_S = 1_739_145_600
PERIOD = "収集時間フラグ（5分間／1時間）"
FEATURE = {
    "type": "Feature",
    "id": "t_travospublic_measure_5m.3110010.202502100900",
    "geometry": {"type": "MultiPoint", "coordinates": [[139.7, 35.65]]},
    "properties": {
        "常時観測点コード": 3110010,
        PERIOD: "1",
        "観測年月日": 20250210,
        "時間帯": 900,
        "上り・小型交通量": 42,
        "上り・大型交通量": 5,
        "上り・車種判別不能交通量": 1,
        "上り・停電": "0",
        "上り・ループ異常": "0",
        "上り・超音波異常": "0",
        "上り・欠測": "0",
        "下り・小型交通量": 12,
        "下り・大型交通量": 0,
        "下り・車種判別不能交通量": 3,
        "下り・停電": "0",
        "下り・ループ異常": "0",
        "下り・超音波異常": "0",
        "下り・欠測": "0",
    },
}


def feature(**properties):
    """The feature with some properties replaced; None as a value is null."""
    new = copy.deepcopy(FEATURE)
    new["properties"].update(properties)
    return new


def decode(*features, **more):
    """Decode a collection of features."""
    content = {"type": "FeatureCollection", "features": list(features), **more}
    return decode_road_counts(json.dumps(content, ensure_ascii=False).encode(), "f.geojson")


def of(batch):
    """Thing -> (seconds after 09:00, seconds, value, flag)."""
    return {
        r.thing: (r.start_s - TIME_S, r.end_s - r.start_s, r.value, r.flag) for r in batch.readings
    }


def test_classes_are_added_up_and_brought_to_an_hour():
    """48 vehicles in five minutes are 576 per hour; 15 are 180."""
    batch = decode(feature())
    assert of(batch) == {
        "3110010:up": (0, 300, 576.0, None),
        "3110010:down": (0, 300, 180.0, None),
    }
    assert {place.kind for place in batch.places} == {"traffic_detector"}
    assert batch.places[0].longitude_deg == 139.7


def test_hourly_counts_cover_an_hour():
    """Flag 2 means one hour."""
    assert of(decode(feature(**{PERIOD: "2"})))["3110010:up"] == (0, 3600, 48.0, None)


def test_the_layer_tells_the_period_where_the_flag_is_absent():
    """The identifier of the feature begins with the name of the layer."""
    new = feature()
    del new["properties"][PERIOD]
    assert of(decode(new))["3110010:up"][1] == 300
    new["id"] = "t_travospublic_measure_1h.77"
    assert of(decode(new))["3110010:up"][1] == 3600
    new["id"] = "other.77"
    assert "no collection period" in decode(new).rejects[0].message


@pytest.mark.parametrize(
    ("changes", "offset_s"),
    [
        ({"時間帯": 2355}, (23 * 60 + 55 - 540) * 60),
        ({"時間帯": 5}, (5 - 540) * 60),
        ({"時間帯": 2400}, 15 * 3600),
        ({"時間コード": 202502100905, "時間帯": 0}, 300),
    ],
)
def test_times_are_integers_in_japan_time(changes, offset_s):
    """900 is nine o'clock, 5 is five past midnight, 2400 the end of the day."""
    assert of(decode(feature(**changes)))["3110010:up"][0] == offset_s


@pytest.mark.parametrize(
    ("changes", "value", "flag"),
    [
        ({"上り・欠測": "1"}, None, Flag.MISSING),
        (
            {"上り・小型交通量": None, "上り・ループ異常": "1", "上り・欠測": "1"},
            None,
            Flag.MISSING,
        ),
        ({"上り・大型交通量": None}, None, Flag.MISSING),
        ({"上り・停電": "1"}, 576.0, Flag.BAD),
        ({"上り・ループ異常": 1}, 576.0, Flag.BAD),
        ({"上り・超音波異常": "1"}, 576.0, Flag.BAD),
        ({"上り・停電": None, "上り・欠測": ""}, 576.0, None),
    ],
)
def test_status_flags_reach_the_observation(changes, value, flag):
    """Missing has no value, a fault keeps it as bad; the other direction is untouched."""
    got = of(decode(feature(**changes)))
    assert got["3110010:up"][2:] == (value, flag)
    assert got["3110010:down"][2:] == (180.0, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"時間帯": 960}, "20250210 and 960 are no day and time"),
        ({"時間帯": 2401}, "are no day and time"),
        ({"観測年月日": 20250230}, "are no day and time"),
        ({"観測年月日": -1}, "are no day and time"),
        ({"時間帯": "nine"}, "expected a number, got 'nine'"),
        ({PERIOD: "3"}, "no collection period, got '3'"),
        ({"上り・停電": "X"}, "expected 0 (normal) or 1, got 'X'"),
        ({"上り・小型交通量": "many"}, "expected a number"),
        ({"常時観測点コード": " "}, "no code"),
        ({"常時観測点コード": 1.5}, "expected a whole number"),
    ],
)
def test_a_bad_record_is_set_aside(changes, message):
    """The reject names the record's place and the value; the next record is read."""
    batch = decode(feature(**changes), feature())
    assert len(batch.rejects) == 1
    assert batch.rejects[0].record.startswith("features[0].properties")
    assert message in batch.rejects[0].message
    assert len(batch.readings) == 2


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ({"type": "MultiPoint", "coordinates": []}, "no position"),
        ({"type": "MultiPoint", "coordinates": [[35.0]]}, "expected longitude and latitude"),
        ({"type": "Point", "coordinates": [0, 0]}, "expected longitude and latitude"),
        ({"type": "Polygon", "coordinates": []}, "expected MultiPoint or Point"),
        (None, "expected an object"),
    ],
)
def test_a_record_without_a_point_is_set_aside(geometry, message):
    """Null Island and polygons are no counters."""
    assert message in decode({**feature(), "geometry": geometry}).rejects[0].message


def test_camera_counts_are_named_rather_than_read_as_zero():
    """The camera layers use other keys: no silent zeros."""
    new = feature()
    new["properties"]["上り・小型交通量（集計値）"] = new["properties"].pop("上り・小型交通量")
    assert "'上り・小型交通量' is missing" in decode(new).rejects[0].message


def test_an_answer_cut_by_the_server_is_a_loss():
    """The service caps its answers: what is missing is said."""
    assert decode(feature(), numberMatched=1).notes == ()
    note = decode(feature(), numberMatched=4000).notes[0]
    assert note.severity == "loss"
    assert "holds 1 of the 4000" in note.en


@pytest.mark.parametrize(
    ("more", "identifier", "synthetic"),
    [
        ({}, FEATURE["id"], False),
        ({"note": "SYNTHETIC values"}, FEATURE["id"], True),
        ({}, "synthetic-1_measure_5m", True),
    ],
)
def test_marks_of_synthetic_data_are_found(more, identifier, synthetic):
    """In the note of the collection or in an identifier."""
    assert decode({**feature(), "id": identifier}, **more).synthetic == synthetic


def test_other_documents_are_refused():
    """A service exception or a single feature is no collection."""
    for raw in (b'{"errorType": "x"}', json.dumps(FEATURE).encode(), b"[]"):
        with pytest.raises(SourceError, match=r"f\.geojson: "):
            decode_road_counts(raw, "f.geojson")


def test_reading_a_source(tmp_path):
    """Two files that overlap give each interval once."""
    early, late = feature(), feature(時間帯=905)
    for name, content in (("a", [early, late]), ("b", [late])):
        text = json.dumps({"type": "FeatureCollection", "features": content})
        (tmp_path / f"{name}.geojson").write_text(text)
    files = (tmp_path / "a.geojson", tmp_path / "b.geojson")
    decoded = FORMAT.read(
        Dataset("roads", tmp_path, files, "EPSG:6677", "Asia/Tokyo"), FORMAT.params()
    )
    assert len(decoded.tables[OBSERVATIONS]) == 4
    assert decoded.tables[THINGS]["thing"].tolist() == [
        "urn:citytwin:roads:3110010:down",
        "urn:citytwin:roads:3110010:up",
    ]
    assert decoded.notes == ()
