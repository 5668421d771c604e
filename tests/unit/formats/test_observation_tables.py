"""Batches of readings become tables: flags, repeats, positions, synthetic marks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from citytwin.formats.feed_file import decode_files
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import Batch, Place, Reading, on_earth, says_synthetic, urn
from citytwin.model import properties as p
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag
from citytwin.store.tables import conform

CRS = "EPSG:6677"
T = 1_700_000_000


def dataset(*, synthetic=False, files=(), root=Path()):
    """A source in plane zone 9."""
    return Dataset("wx", root, tuple(files), CRS, "Asia/Tokyo", synthetic=synthetic)


def batch(readings, *, places=None, file="a.json", synthetic=False):
    """One file with a station at the origin of plane zone 9."""
    places = places or (Place("s1", "Station", "weather_station", 139 + 50 / 60, 36.0, 12.0),)
    return Batch(file, "ab" * 32, tuple(places), tuple(readings), synthetic=synthetic)


def tables(*batches, **kwargs):
    """Assemble, and check against the schemas of the store."""
    decoded = assemble(dataset(**kwargs), batches, source_crs="EPSG:6668")
    for table in (THINGS, OBSERVATIONS):
        conform(table, decoded.tables[table], CRS)
    return decoded


def test_flags_follow_the_gross_range_and_the_producer():
    """In range is good, out of range bad but kept, null missing, doubted suspect."""
    readings = [
        Reading("s1", p.WIND_SPEED, T, T, 100.0),
        Reading("s1", p.WIND_SPEED, T + 1, T + 1, 100.5),
        Reading("s1", p.WIND_SPEED, T + 2, T + 2, -0.1),
        Reading("s1", p.WIND_SPEED, T + 3, T + 3, None),
        Reading("s1", p.WIND_SPEED, T + 4, T + 4, 3.0, Flag.SUSPECT),
        Reading("s1", p.WIND_SPEED, T + 5, T + 5, 3.0, Flag.MISSING),
        Reading("s1", p.WIND_SPEED, T + 6, T + 6, 300.0, Flag.SUSPECT),
    ]
    frame = tables(batch(readings)).tables[OBSERVATIONS]
    assert list(frame["flag"]) == [1, 4, 4, 9, 3, 9, 4]
    assert frame["result"].isna().tolist() == [False, False, False, True, False, True, False]
    assert frame["result"][1] == 100.5


def test_the_same_reading_twice_is_kept_once_without_a_word():
    """A repeated delivery changes nothing."""
    once = [Reading("s1", p.AIR_TEMPERATURE, T, T, 20.0)]
    decoded = tables(batch(once), batch(once, file="b.json"))
    assert len(decoded.tables[OBSERVATIONS]) == 1
    assert decoded.notes == ()


def test_a_repetition_with_another_value_counts_and_is_noted():
    """The last value wins, and a note tells how many there were."""
    first = batch([Reading("s1", p.AIR_TEMPERATURE, T, T, 20.0)])
    second = batch([Reading("s1", p.AIR_TEMPERATURE, T, T, 21.0)], file="b.json")
    decoded = tables(first, second)
    assert decoded.tables[OBSERVATIONS]["result"].tolist() == [21.0]
    assert [note.severity for note in decoded.notes] == ["info"]
    assert "1 observations with another value or flag" in decoded.notes[0].en


def test_a_missing_repetition_does_not_displace_a_value():
    """An outage later on does not unsay what was measured, and is no correction."""
    first = batch([Reading("s1", p.AIR_TEMPERATURE, T, T, 20.0)])
    second = batch([Reading("s1", p.AIR_TEMPERATURE, T, T, None)], file="b.json")
    decoded = tables(first, second)
    assert decoded.tables[OBSERVATIONS]["result"].tolist() == [20.0]
    assert decoded.notes == ()


@pytest.mark.parametrize("turned", [False, True])
def test_a_worse_repetition_does_not_displace_a_better_value(turned):
    """300 m/s is out of range and 4 m/s doubted: 3 m/s stays, whichever came last."""
    told = [
        Reading("s1", p.WIND_SPEED, T, T, 2.0),
        Reading("s1", p.WIND_SPEED, T, T, 3.0),
        Reading("s1", p.WIND_SPEED, T, T, 4.0, Flag.SUSPECT),
        Reading("s1", p.WIND_SPEED, T, T, 300.0),
    ]
    order = [*told[2:], *told[:2]] if turned else told
    decoded = tables(*(batch([reading], file=f"{k}.json") for k, reading in enumerate(order)))
    frame = decoded.tables[OBSERVATIONS]
    assert frame["result"].tolist() == [3.0]
    assert frame["flag"].tolist() == [Flag.GOOD]
    assert "repeats 3 observations with another value or flag" in decoded.notes[0].en


def test_intervals_of_different_length_are_different_observations():
    """Ten minutes and the hour that ends with them are two rows."""
    readings = [
        Reading("s1", p.RAINFALL_RATE, T - 600, T, 6.0),
        Reading("s1", p.RAINFALL_RATE, T - 3600, T, 2.0),
    ]
    frame = tables(batch(readings)).tables[OBSERVATIONS]
    assert len(frame) == 2
    assert frame["phenomenon_end"].nunique() == 1
    assert frame["phenomenon_end"][0] == pd.Timestamp(T, unit="s", tz="UTC")


def test_positions_come_out_in_the_crs_of_the_city():
    """The origin of plane zone 9 is 36 N 139 deg 50 min E by definition."""
    things = tables(batch([Reading("s1", p.WIND_SPEED, T, T, 1.0)])).tables[THINGS]
    assert things.crs.to_epsg() == 6677
    assert things.geometry[0].x == pytest.approx(0.0, abs=1e-3)
    assert things.geometry[0].y == pytest.approx(0.0, abs=1e-3)
    assert things["height_above_ground_m"][0] == 12.0


def test_a_moving_thing_lies_where_it_was_last_seen():
    """The order of the files does not matter, the time of the position does."""
    late = Place("v", None, "vehicle", 139.9, 36.0, seen_s=T + 10)
    early = Place("v", None, "vehicle", 139.8, 36.0, seen_s=T)
    decoded = tables(batch([], places=(late,)), batch([], places=(early,), file="b.json"))
    assert decoded.tables[THINGS].geometry[0].x > 5000.0


def test_an_observation_without_a_place_on_the_plane_is_set_aside():
    """A thing that cannot be projected loses its observations too, and is named."""
    pole = Place("far", None, "vehicle", float("inf"), 36.0)
    decoded = tables(batch([Reading("far", p.VEHICLE_SPEED, T, T, 1.0)], places=(pole,)))
    assert len(decoded.tables[THINGS]) == len(decoded.tables[OBSERVATIONS]) == 0
    assert [(r.record, r.code) for r in decoded.rejects] == [("far", "position")]


@pytest.mark.parametrize(("declared", "marked"), [(True, False), (False, True)])
def test_synthetic_data_are_marked_on_every_row_and_named(declared, marked):
    """Declared in the configuration or marked in the file: both columns and a note say so."""
    decoded = tables(
        batch([Reading("s1", p.WIND_SPEED, T, T, 1.0)], synthetic=marked), synthetic=declared
    )
    assert decoded.tables[THINGS]["synthetic"].all()
    assert decoded.tables[OBSERVATIONS]["synthetic"].all()
    assert [note.severity for note in decoded.notes] == ["synthetic"]


def test_no_rows_still_make_tables_of_the_schema():
    """A feed without anything is empty, not broken."""
    decoded = assemble(dataset(), [], source_crs="EPSG:4326")
    for table in (THINGS, OBSERVATIONS):
        assert len(conform(table, decoded.tables[table], CRS)) == 0


def test_one_bad_file_is_set_aside_and_two_raise(tmp_path):
    """While one file is good the others are rejects; without a good one the error comes out."""
    from citytwin.formats.road_counts import decode_road_counts

    good, bad = tmp_path / "b.geojson", tmp_path / "a.geojson"
    good.write_text('{"type": "FeatureCollection", "features": []}')
    bad.write_text("{")
    source = dataset(root=tmp_path)
    batches, rejects = decode_files(source, [bad, good], decode_road_counts)
    assert len(batches) == 1
    assert [(r.source, r.code) for r in rejects] == [("a.geojson", "unreadable")]
    with pytest.raises(ValueError, match=r"a\.geojson: line 1"):
        decode_files(source, [bad], decode_road_counts)


def test_too_large_and_absent_files_are_refused(tmp_path, monkeypatch):
    """Reading stops at the limit; a file that is not there is named."""
    from citytwin.formats import feed_file

    monkeypatch.setattr(feed_file, "MAX_BYTES", 4)
    path = tmp_path / "big.json"
    path.write_bytes(b"12345")
    with pytest.raises(ValueError, match=r"big\.json: larger than 4 bytes"):
        feed_file.read_file(path, "big.json")
    with pytest.raises(ValueError, match=r"no\.json: cannot be read"):
        feed_file.read_file(tmp_path / "no.json", "no.json")


def test_small_rules():
    """URNs are quoted; 0, 0 is no position; the word synthetic counts in any case."""
    assert urn("rt", "vehicle:a b/ü") == "urn:citytwin:rt:vehicle:a%20b%2F%C3%BC"
    assert not on_earth(0.0, 0.0)
    assert not on_earth(float("nan"), 1.0)
    assert not on_earth(181.0, 1.0)
    assert on_earth(-180.0, 90.0)
    assert says_synthetic(["x", "A SyntheTic feed"])
    assert says_synthetic(["合成データ"])
    assert not says_synthetic(["measured"])
