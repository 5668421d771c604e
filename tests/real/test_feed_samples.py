"""Real feeds: what is decoded agrees with counts of independent readers (facts.json)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from google.transit import gtfs_realtime_pb2 as pb

from citytwin.errors import SourceError
from citytwin.formats import (
    amedas,
    cap,
    gtfs_rt,
    metar,
    ngsi_ld,
    openmeteo,
    road_counts,
    sensorthings,
)
from citytwin.formats.datex2 import format as datex2
from citytwin.formats.given_places import GivenPlace
from citytwin.formats.gtfs_stops import stops_of
from citytwin.formats.sensor_table import format as sensor_table
from citytwin.model.steps import Dataset
from citytwin.model.tables import ALERTS, OBSERVATIONS, THINGS
from citytwin.store.tables import conform

SAMPLES = os.environ.get("CITYTWIN_SAMPLES")
FEEDS = Path(SAMPLES or ".") / "feeds"
pytestmark = pytest.mark.skipif(
    not (SAMPLES and FEEDS.is_dir()),
    reason="set CITYTWIN_SAMPLES to the folder with the real sample feeds",
)
CRS = "EPSG:6677"


@pytest.fixture(scope="module")
def facts():
    """Counts by independent readers."""
    return json.loads((FEEDS / "facts.json").read_text())


def read(step, files, params=None, root=FEEDS):
    """Read files and check the tables against their schemas."""
    source = Dataset("sample", root, tuple(files), CRS, "Asia/Tokyo")
    decoded = step.read(source, params or step.params())
    for table, frame in decoded.tables.items():
        conform(table, frame, CRS)
    return decoded


AMEDAS_MAP = "weather/amedas/map_20250628180000.json"


def test_amedas_national_map(facts, tmp_path):
    """All 1,286 stations; good values agree in number, range and mean; [0, 6] is not zero."""
    said = facts[AMEDAS_MAP]
    raw = json.loads((FEEDS / AMEDAS_MAP).read_text())
    # Positions are not part of the sample: these are placeholders inside the plane of the CRS.
    table = {
        code: {"lat": [35, k % 60], "lon": [139, k // 60], "kjName": code}
        for k, code in enumerate(raw)
    }
    (tmp_path / "amedastable.json").write_text(json.dumps(table))
    decoded = read(amedas.FORMAT, [FEEDS / AMEDAS_MAP, tmp_path / "amedastable.json"])
    assert len(decoded.tables[THINGS]) == said["keys"] == 1286
    assert decoded.rejects == ()
    frame = decoded.tables[OBSERVATIONS]
    good = frame[frame["flag"] == 1].groupby("property")["result"]
    for element, name, factor in (
        ("temp", "air_temperature", 1.0),
        ("humidity", "relative_humidity", 1.0),
        ("precipitation10m", "rainfall_rate", 6.0),
        ("wind", "wind_speed", 1.0),
    ):
        wanted, got = said["flag0"][element], good.get_group(name)
        assert len(got) == wanted["n"]
        assert got.min() == pytest.approx(factor * wanted["min"])
        assert got.max() == pytest.approx(factor * wanted["max"])
        assert got.mean() == pytest.approx(factor * wanted["mean"], abs=factor * 6e-5)
    missing = frame[frame["flag"] == 9].groupby("property").size()
    no_humidity = sum(1 for s in raw.values() if s.get("humidity", [0, 0])[1] == 5)
    calms = sum(1 for s in raw.values() if s.get("windDirection", [1, 0])[0] == 0)
    assert missing.to_dict() == {"relative_humidity": no_humidity, "wind_from_direction": calms}
    assert set(frame["flag"]) == {1, 9}
    assert str(frame["phenomenon_end"].iloc[0]) == "2025-06-28 09:00:00+00:00"


def test_openmeteo_radiation():
    """Three hours of Dutch summer time: 12:00 +2 h ends at 10:00 UTC; values unchanged."""
    decoded = read(openmeteo.FORMAT, [FEEDS / "openmeteo" / "satellite_radiation.json"])
    frame = decoded.tables[OBSERVATIONS]
    assert frame["result"].tolist() == [448.7, 531.5, 521.2]
    assert set(frame["property"]) == {"surface_downwelling_shortwave_flux_in_air"}
    assert str(frame["phenomenon_start"].iloc[0]) == "2026-09-30 09:00:00+00:00"
    assert str(frame["phenomenon_end"].iloc[0]) == "2026-09-30 10:00:00+00:00"


def test_openmeteo_excerpt_without_times_is_refused():
    """An excerpt without longitude, times and units cannot be placed."""
    with pytest.raises(SourceError, match=r"forecast_berlin_excerpt\.json: 'longitude' is missing"):
        read(openmeteo.FORMAT, [FEEDS / "openmeteo" / "forecast_berlin_excerpt.json"])


def test_road_counts_sample():
    """Counts by hand: 48, 48, 12 vehicles in five minutes; one direction missing; synthetic."""
    decoded = read(road_counts.FORMAT, sorted((FEEDS / "traffic").glob("*.geojson")))
    frame = decoded.tables[OBSERVATIONS].set_index("thing")["result"]
    assert frame["urn:citytwin:sample:9999001:up"] == 48 * 12
    assert frame["urn:citytwin:sample:9999001:down"] == 48 * 12
    assert frame["urn:citytwin:sample:9999002:down"] == 12 * 12
    assert frame.isna().sum() == 1
    assert decoded.tables[OBSERVATIONS]["synthetic"].all()
    assert [n.severity for n in decoded.notes] == ["synthetic"]
    assert str(decoded.tables[OBSERVATIONS]["phenomenon_start"].iloc[0]).startswith("2025-02-10 00")


@pytest.mark.parametrize("departures", [False, True])
def test_edmonton_trip_updates(facts, tmp_path, departures):
    """Every one of 35,122 stop times is either used, skipped by the feed, or counted in a note."""
    path = FEEDS / "gtfs_rt" / "edmonton_TripUpdates.pb"
    feed = pb.FeedMessage.FromString(path.read_bytes())
    said = facts["gtfs_rt/edmonton_TripUpdates.pb"]
    updates = [u for e in feed.entity for u in e.trip_update.stop_time_update]
    assert (len(feed.entity), len(updates)) == (said["entities"], said["stop_time_updates"])
    stop_ids = sorted({u.stop_id for u in updates})
    # Positions are not part of the sample: these are placeholders inside the plane of the CRS.
    lines = [f"{s},{35 + k / 1e4:.4f},139.7" for k, s in enumerate(stop_ids)]
    (tmp_path / "stops.txt").write_text("\n".join(["stop_id,stop_lat,stop_lon", *lines]))
    params = gtfs_rt.GtfsRtParams(horizon_min=1440, departures=departures)
    decoded = read(gtfs_rt.FORMAT, [path, tmp_path / "stops.txt"], params)
    delays: dict[str, list[int]] = {}
    without = 0
    for update in updates:
        if update.schedule_relationship == pb.TripUpdate.StopTimeUpdate.SKIPPED:
            continue
        event = update.arrival
        if departures and not update.HasField("arrival"):
            event = update.departure
        if event.HasField("delay"):
            delays.setdefault(update.stop_id, []).append(event.delay)
        else:
            without += 1
    frame = decoded.tables[OBSERVATIONS].set_index("thing")["result"]
    assert len(frame) == len(delays)
    for stop_id, found in delays.items():
        got = frame[f"urn:citytwin:sample:stop:{stop_id}"]
        assert got == pytest.approx(sum(found) / len(found))
    assert f"{without} stop times give no delay" in decoded.notes[0].en
    assert decoded.rejects == ()
    times = decoded.tables[OBSERVATIONS]["phenomenon_start"]
    assert set(times.dt.as_unit("s").astype("int64")) == {said["timestamp"]}


def test_vehicle_without_any_time_is_set_aside(facts):
    """The sample of the bindings has one vehicle, but neither header nor vehicle says when."""
    said = facts["gtfs_rt/bindings_vehicle_position.pb"]
    decoded = read(gtfs_rt.FORMAT, [FEEDS / "gtfs_rt" / "bindings_vehicle_position.pb"])
    assert said["timestamp"] == 0
    assert [r.code for r in decoded.rejects] == ["time"] * said["vehicles"]


@pytest.mark.parametrize("name", ["amazon-2017-08-06", "bullrunner"])
def test_stops_of_real_archives(facts, name):
    """As many stops as an independent CSV reader counts."""
    path = FEEDS / "gtfs" / f"{name}.zip"
    stops, rejects = stops_of(path.read_bytes(), path.name)
    assert len(stops) == facts[f"gtfs/{name}.zip"]["stops.txt"]
    assert rejects == []


DATEX2_SITES = {"MUM76.h1": (1010.0, 112.0), "A0001011200": (1420.0, 85.0)}


def test_datex2_speeds_of_france(facts):
    """Two sites with a flow and a speed each, as the independent reader counts them."""
    said = facts["datex2/france_speeds.xml"]
    assert (said["counts"]["siteMeasurements"], said["counts"]["basicData"]) == (2, 4)
    # The site table is no part of the sample: these positions are placeholders.
    positions = [
        GivenPlace(thing=site, longitude_deg=139.7, latitude_deg=35.6) for site in DATEX2_SITES
    ]
    path = FEEDS / "datex2" / "france_speeds.xml"
    decoded = read(datex2.FORMAT, [path], datex2.Datex2Params(positions=positions))
    frame = decoded.tables[OBSERVATIONS]
    assert len(frame) == said["counts"]["basicData"]
    assert sorted(frame["result"]) == sorted(
        float(value) for value in (*said["speed"], *said["vehicleFlowRate"])
    )
    by_site = frame.set_index(["thing", "property"])["result"]
    for site, (flow, speed) in DATEX2_SITES.items():
        assert by_site[f"urn:citytwin:sample:{site}", "traffic_flow"] == flow
        assert by_site[f"urn:citytwin:sample:{site}", "vehicle_speed"] == speed
    assert set(frame["phenomenon_end"].astype(str)) == {"2026-07-25 06:30:00+00:00"}


@pytest.mark.parametrize(
    ("name", "lines", "points"), [("netherlands_situations", 8, 2), ("france_events", 0, 1)]
)
def test_datex2_situations(facts, name, lines, points):
    """One alert per record; by hand: lines, points (of two detours), one by Alert-C code alone."""
    said = facts[f"datex2/{name}.xml"]["counts"]
    decoded = read(datex2.FORMAT, [FEEDS / "datex2" / f"{name}.xml"])
    alerts = conform(ALERTS, decoded.tables[ALERTS], CRS)
    assert decoded.rejects == ()
    assert len(alerts) == said["situationRecord"]
    assert alerts["message"].nunique() == said["situation"]
    assert (alerts["status"] == "Actual").all()
    kinds = alerts.geometry.dropna().geom_type
    assert (kinds == "LineString").sum() == lines
    assert (kinds == "Point").sum() == points == said["latitude"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("earthquake_signed", "Point"),
        ("usgs_earthquake", "Point"),
        ("nws_weather", None),
        ("thunderstorm", "Polygon"),
        ("no_optional_fields", None),
    ],
)
def test_cap_alerts(facts, name, kind):
    """Identifier, time, severity and area of each, of both versions."""
    said = facts[f"cap/{name}.cap"]
    decoded = read(cap.FORMAT, [FEEDS / "cap" / f"{name}.cap"])
    frame = conform(ALERTS, decoded.tables[ALERTS], CRS)
    assert decoded.rejects == ()
    assert len(frame) == said["counts"]["alert"] == 1
    row = frame.iloc[0]
    assert [row["message"]] == said["identifier"]
    assert row["sent"] == pd.Timestamp(said["sent"][0])
    assert [row["severity"]] == said.get("severity", ["Unknown"])
    codes = 0 if pd.isna(row["geocodes"]) else row["geocodes"].count("=")
    assert codes == said["counts"].get("geocode", 0)
    shape = row["geometry"]
    assert (None if shape is None else shape.geom_type) == kind
    assert any("not verified" in note.en for note in decoded.notes) == (name == "earthquake_signed")


def test_ngsi_ld_entities_of_the_smart_data_models():
    """Values by hand from the examples; forms agree; what cannot be placed in time is set aside."""
    folder = FEEDS / "ngsi_ld"
    params = ngsi_ld.NgsiLdParams(interval_min=60)
    for form in ("example-normalized.jsonld", "example.jsonld", "example-normalized.json"):
        decoded = read(ngsi_ld.FORMAT, [folder / f"WeatherObserved.{form}"], params)
        found = decoded.tables[OBSERVATIONS].set_index("property")
        assert found.loc["air_temperature", "result"] == 3.3
        assert found.loc["wind_speed", "result"] == 2.0
        assert found.loc["wind_from_direction", "result"] == 135.0
        assert found.loc["surface_air_pressure", "result"] == 938.9
        end = str(found.loc["air_temperature", "phenomenon_end"])
        assert end == "2016-11-30 07:00:00+00:00"
    for form in ("example-normalized.jsonld", "example.jsonld"):
        decoded = read(ngsi_ld.FORMAT, [folder / f"TrafficFlowObserved.{form}"])
        found = decoded.tables[OBSERVATIONS].set_index("property")["result"]
        # 197 vehicles in the five minutes from 11:10 to 11:15.
        assert found.to_dict() == {
            "traffic_flow": 197 * 12.0, "vehicle_speed": 52.6, "traffic_occupancy": 76.0,
        }  # fmt: skip
    decoded = read(ngsi_ld.FORMAT, [folder / "WeatherForecast.example.jsonld"])
    assert decoded.tables[OBSERVATIONS].empty
    assert "no observations" in decoded.notes[0].en


def test_sensorthings_of_frost():
    """A nested thing; luminous flux is not kept, temperature by configuration."""
    path = FEEDS / "sensorthings" / "frost_entitiesDefault.json"
    given = {"name": "Tempretaure", "property": "air_temperature", "unit": "Cel"}
    params = sensorthings.SensorThingsParams.model_validate({"datastreams": [given]})
    decoded = read(sensorthings.FORMAT, [path], params)
    frame = decoded.tables[OBSERVATIONS]
    assert frame["result"].tolist() == [5.0, 6.0]
    assert str(frame["phenomenon_end"].iloc[1]) == "2015-03-06 00:00:00+00:00"
    assert "Luminous Flux" in decoded.notes[0].en


def test_metar_of_new_york_and_orlando(facts):
    """The first report of each text by hand and by avwx; `temp_C` of the facts is of the second.

    KJFK: T01110072 and 29.79 inHg; the independent reader read on into the second report's T01170072.
    """
    expected = {"KJFK": (11.1, 7.2, 3.6, 360.0, 1008.8), "KMCO": (15.0, 9.4, 3.6, 310.0, 1015.6)}
    for code, (temperature, dew, wind, direction, pressure) in expected.items():
        said = facts[f"weather/metar/{code}.json"][0]
        place = {"thing": code, "longitude_deg": 139.7, "latitude_deg": 35.6}
        params = metar.MetarParams.model_validate({"positions": [place]})
        decoded = read(metar.FORMAT, [FEEDS / "weather" / "metar" / f"{code}.json"], params)
        frame = decoded.tables[OBSERVATIONS]
        times = sorted(frame["phenomenon_end"].unique())
        last = frame[frame["phenomenon_end"] == times[-1]].set_index("property")["result"]
        assert (len(times), times[-1].month, times[-1].year) == (2, 10, 2023)
        assert last["air_temperature"] == temperature
        assert last["dew_point_temperature"] == dew == said["dew_C"]
        assert round(last["wind_speed"], 1) == wind == said["wind_mps"]
        assert last["wind_from_direction"] == direction == said["wind_dir"]
        assert round(last["altimeter_setting"], 1) == pressure == said["press_hPa"]
        assert round(last["visibility_in_air"]) == said["vis_m"]
    first = frame[frame["phenomenon_end"] == times[0]].set_index("property")["result"]
    assert first["wind_from_direction"] == 290.0
    taf = read(metar.FORMAT, [FEEDS / "weather" / "metar" / "taf_KJFK.json"])
    assert taf.tables[OBSERVATIONS].empty
    assert "a forecast (TAF)" in taf.rejects[0].message


@pytest.mark.parametrize(
    "name", ["realTraffic__speed_7578", "realKnownCause__ambient_temperature_system_failure"]
)
def test_plain_csv_of_nab(facts, name):
    """Every row of a real file by a mapping; first and last as the independent reader has them."""
    said = facts[f"anomaly/nab/{name}.csv"]
    quantity = ("vehicle_speed", "mph") if "speed" in name else ("air_temperature", "°F")
    params = sensor_table.SensorTableParams.model_validate(
        {
            "time": {
                "columns": ["timestamp"],
                "pattern": "%Y-%m-%d %H:%M:%S",
                "zone": "Etc/GMT+6",
                "stands_for": "start",
            },
            "values": [{"column": "value", "property": quantity[0], "unit": quantity[1]}],
            "positions": [{"thing": name, "longitude_deg": 139.7, "latitude_deg": 35.6}],
        }
    )
    path = FEEDS / "anomaly" / "nab" / f"{name}.csv"
    decoded = read(sensor_table.FORMAT, [path], params)
    frame = decoded.tables[OBSERVATIONS]
    stamps = frame["phenomenon_start"].dt.tz_convert("Etc/GMT+6").dt.strftime("%Y-%m-%d %H:%M:%S")
    assert (stamps.min(), stamps.max()) == (said["first"], said["last"])
    rows = [line.split(",") for line in path.read_text().splitlines()[1:]]
    assert len(rows) == said["rows"]
    # Two files repeat the hour in which the clocks were put back; a repeated time counts once.
    assert len(frame) == len({time for time, _ in rows})
    by_hand = {time: float(value) for time, value in rows}
    change = (lambda v: v * 1.609344) if "speed" in name else (lambda v: (v - 32) / 1.8)
    assert frame["result"].to_numpy() == pytest.approx(
        [change(by_hand[stamp]) for stamp in stamps], rel=1e-9
    )
