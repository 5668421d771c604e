"""Real feeds: what is decoded agrees with counts of independent readers (facts.json)."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from google.transit import gtfs_realtime_pb2 as pb
from pyproj import Transformer

from citytwin.errors import SourceError
from citytwin.formats import (
    amedas,
    cap,
    grib_points,
    gtfs_rt,
    metar,
    ngsi_ld,
    openmeteo,
    radar_hdf5,
    rain_grib,
    rain_netcdf,
    road_counts,
    sensorthings,
)
from citytwin.formats.datex2 import format as datex2
from citytwin.formats.given_places import GivenPlace
from citytwin.formats.gtfs.format import FORMAT as TIMETABLE
from citytwin.formats.gtfs.format import GtfsParams
from citytwin.formats.gtfs_stops import stops_of
from citytwin.formats.sensor_table import format as sensor_table
from citytwin.model.rain_cube import cube_of
from citytwin.model.steps import Dataset
from citytwin.model.tables import ALERTS, OBSERVATIONS, RAIN_FRAMES, THINGS, TRANSIT_LINES
from citytwin.recognition.feeds import feed_format
from citytwin.store.tables import conform
from citytwin.transports.finding import find_files

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


def test_timetables_of_real_archives():
    """Headways as `frequencies.txt` says them: 10 min from 7 to 24 h are 102 trips, 9 min are 114."""
    files = find_files(FEEDS / "gtfs" / "bullrunner.zip", TIMETABLE.patterns)
    source = Dataset("usf", FEEDS / "gtfs", files, "EPSG:32617", "America/New_York")
    decoded = TIMETABLE.read(source, GtfsParams())
    lines = decoded.tables[TRANSIT_LINES].set_index("name")
    assert lines["trips"].to_dict() == {"A": 102, "B": 114, "C": 85, "D": 102, "E": 102, "F": 102}
    assert lines["headway_min"].to_dict() == {"A": 10, "B": 9, "C": 12, "D": 10, "E": 10, "F": 10}
    assert decoded.rejects == ()


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


KNMI = "radar/RAD_NL25_RAP_5min_2010082600{:02}.h5"


def test_radar_of_the_netherlands(facts, tmp_path):
    """Three images of five minutes: packed mean and volume agree with the independent reader."""
    paths = [FEEDS / KNMI.format(minute) for minute in (0, 5, 10)]
    (image,) = radar_hdf5.decode_radar_hdf5(paths[0].read_bytes(), "f.h5", radar_hdf5.RadarParams())
    said = facts[KNMI.format(0)]
    assert list(image.rate.shape) == said["image1/image_data"]["shape"]
    # 0.01 mm per count in five minutes; 65535 for unknown.
    counts = np.round(image.rate.astype(np.float64) / 12 / 0.01)
    packed = np.where(np.isnan(counts), 65535, counts)
    assert packed.mean() == pytest.approx(said["image1/image_data"]["mean"], rel=1e-12)
    assert said["geographic"]["geo_row_offset"] == "[3650.]"
    assert (image.west, image.north, image.dx, image.dy) == (0.0, -3_650_000.0, 1000.0, 1000.0)
    lonlat = Transformer.from_crs(image.crs, "EPSG:4326", always_xy=True)
    # Corners as the file says them: lower left, upper left, upper right, lower right.
    corners = [
        float(part) for part in said["geographic"]["geo_product_corners"].strip("[]").split()
    ]
    for (x, y), (lon, lat) in zip(
        ((0, -4415e3), (0, -3650e3), (700e3, -3650e3), (700e3, -4415e3)),
        zip(corners[::2], corners[1::2], strict=True),
        strict=True,
    ):
        assert lonlat.transform(x, y) == pytest.approx((lon, lat), abs=2e-3)
    source = Dataset("sample", FEEDS, tuple(paths), "EPSG:28992", "Europe/Amsterdam")
    params = radar_hdf5.RadarParams(area_deg=(3.4, 50.8, 7.2, 53.5))
    decoded = radar_hdf5.FORMAT.read(source, params)
    cube = cube_of(conform(RAIN_FRAMES, decoded.tables[RAIN_FRAMES], "EPSG:28992"))
    assert cube.rate.shape[0] == 3
    assert (cube.end_s - cube.start_s).tolist() == [300.0] * 3
    assert str(decoded.tables[RAIN_FRAMES]["end"].iloc[0]) == "2010-08-26 00:00:00+00:00"
    # Mean over the area from the native cells, each weighted by its size on the ground: the scale of
    # the polar stereographic projection, true at 60 N, is (1 + sin 60) / (1 + sin lat).
    rows, cols = np.mgrid[0:765, 0:700] + 0.5
    lon, lat = lonlat.transform(1e3 * cols, -3650e3 - 1e3 * rows)
    inside = (lon > 3.4) & (lon < 7.2) & (lat > 50.8) & (lat < 53.5) & np.isfinite(image.rate)
    weight = ((1 + np.sin(np.radians(lat))) / (1 + np.sin(np.radians(60.0)))) ** 2
    expected = (image.rate * weight)[inside].sum() / weight[inside].sum()
    x, y = np.meshgrid(
        cube.x_min_m + (np.arange(cube.rate.shape[2]) + 0.5) * cube.cell_m,
        cube.y_max_m - (np.arange(cube.rate.shape[1]) + 0.5) * cube.cell_m,
    )
    lon, lat = Transformer.from_crs("EPSG:28992", "EPSG:4326", always_xy=True).transform(x, y)
    inside = (lon > 3.4) & (lon < 7.2) & (lat > 50.8) & (lat < 53.5)
    assert np.nanmean(cube.rate[0][inside]) == pytest.approx(expected, rel=0.01)


def test_radar_of_the_united_states(facts):
    """MRMS in GRIB 2 with a local table: counts of wet cells and of codes for nothing are exact."""
    name = "radar/mrms_PrecipRate_20190610-000000.grib2"
    path = FEEDS / name
    (image,) = rain_grib.decode_rain_grib(path.read_bytes(), path.name, rain_grib.GribRainParams())
    cut = json.loads((FEEDS / "radar" / "mrms_cut_20190610-0000.facts.json").read_text())
    whole = cut["full_grid"]
    assert image.rate.shape == (whole["nj"], whole["ni"])
    assert np.isnan(image.rate).sum() == whole["n_neg"]
    assert (image.rate > 0).sum() == whole["total_wet"]
    assert np.nanmean(image.rate, dtype=np.float64) == pytest.approx(whole["mean_nonneg"], rel=1e-6)
    assert np.nanmax(image.rate) == pytest.approx(facts[name]["first"][0]["max"])
    assert pd.Timestamp(image.end_s, unit="s") == pd.Timestamp("2019-06-10 00:00")
    nc = FEEDS / "radar" / "mrms_cut_20190610-0000.nc"
    (part,) = rain_netcdf.decode_rain_netcdf(
        nc.read_bytes(), nc.name, rain_netcdf.NetcdfRainParams()
    )
    assert list(part.rate.shape) == cut["shape"]
    assert np.isnan(part.rate).sum() == cut["nan"]
    assert (part.rate > 0).sum() == cut["wet_cells"]
    assert part.rate.mean(dtype=np.float64) == pytest.approx(cut["mean"], rel=1e-6)
    assert part.rate.max() == pytest.approx(cut["max"])
    assert part.north == pytest.approx(cut["lat_first"] + 0.005)
    # The one was cut out of the other.
    row, col = round((55.0 - part.north) / 0.01), round((part.west + 130.0) / 0.01)
    assert np.abs(image.rate[row : row + 350, col : col + 350] - part.rate).max() < 1e-5


@pytest.mark.parametrize(
    "name", ["nam.t00z.awp21100.tm00.grib2", "regular_ll_sfc.grib", "single_gridpoint.grib"]
)
def test_grib_without_rain_is_refused(name):
    """NAM's analysis sums rain over no time; the others hold none that is known."""
    path = FEEDS / "weather" / "grib" / name
    words = "sum over no time" if name.startswith("nam") else "holds no rain"
    with pytest.raises(SourceError, match=words):
        rain_grib.decode_rain_grib(path.read_bytes(), path.name, rain_grib.GribRainParams())


def test_samples_are_recognised():
    """Every sample is told; forecasts and bare entities of the data models as far as they say."""
    wanted = {
        "cap": "cap", "datex2": "datex2", "sensorthings": "sensorthings", "traffic": "road_counts",
        "weather/amedas": "amedas", "weather/metar": "metar", "weather/grib": "rain_grib",
        "gtfs_rt": "gtfs_rt",
    }  # fmt: skip
    for folder, name in wanted.items():
        for path in sorted((FEEDS / folder).iterdir()):
            expected = None if path.name.startswith("taf") else name
            assert feed_format(path) in (expected, name), path
    for path in sorted((FEEDS / "ngsi_ld").iterdir()):
        assert feed_format(path) in ("ngsi_ld", None), path
    for path in sorted((FEEDS / "radar").iterdir()):
        if "facts" not in path.name:
            assert feed_format(path) in ("radar_hdf5", "rain_netcdf", "rain_grib"), path


def test_weather_of_models_at_points():
    """NAM and ERA5 at a point: values of the nearest grid point by ecCodes."""
    grib = FEEDS / "weather" / "grib"
    nam, era5 = grib / "nam.t00z.awp21100.tm00.grib2", grib / "era5-single-level-scalar-time.grib"
    for path, lon, lat, expected in (
        (
            nam, -100.0, 40.0,
            {
                "air_temperature": 302.26734375 - 273.15,
                "relative_humidity": 50.851379013061525,
                "air_pressure_at_mean_sea_level": 1010.0412,
                "surface_air_pressure": 934.9406875,
                "wind_speed_of_gust": 7.83282470703125,
                "wind_speed": math.hypot(-0.70481201171875, 3.80220458984375),
            },
        ),
        (era5, 5.0, 50.0, {"air_temperature": 269.088134765625 - 273.15}),
    ):  # fmt: skip
        point = {"thing": "point", "longitude_deg": lon, "latitude_deg": lat}
        params = grib_points.GribPointParams.model_validate({"points": [point]})
        batch = grib_points.decode_grib_points(path.read_bytes(), path.name, params)
        found = {reading.observed.name: reading.value for reading in batch.readings}
        assert found == pytest.approx(expected, abs=0.01)
        turned = any("No wind direction" in note.en for note in batch.notes)
        assert turned == (path == nam)
