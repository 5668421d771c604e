"""Measured traffic onto the map: only its layer is published anew, and only when it has changed."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pytest

from citytwin.config import LoadedConfig
from citytwin.formats.observations import Batch, Reading
from citytwin.live.change_trigger import ChangeTrigger
from citytwin.live.measured_traffic import MeasuredTraffic, measured_traffic
from citytwin.live.recent import Recent
from citytwin.live.traffic_trigger import POINTS, ROADS, traffic_trigger
from citytwin.live_config import TrafficConfig
from citytwin.model.properties import TRAFFIC_FLOW, VEHICLE_SPEED
from citytwin.store.observations import ObservationStore, Observed, Thing, folder_of, raw_ref_of
from tests.pipelines.small_city import published_files
from tests.unit.live.following_town import GATE, layer_folder, nothing_measured, order_of

NOW = datetime.now(UTC).replace(microsecond=0)
CONFIG = TrafficConfig(every_minutes=1)
PROPERTIES = (TRAFFIC_FLOW, VEHICLE_SPEED)


def counted(
    recent: Recent, at: datetime, detector: str, values: tuple[float, float], raw: str
) -> None:
    """Take in a flow [1/h] and a speed [km/h]; the detector's name needs quoting in a URN."""
    second = int(at.timestamp())
    readings = (
        Reading(detector, TRAFFIC_FLOW, second, second, values[0]),
        Reading(detector, VEHICLE_SPEED, second, second, values[1]),
    )
    name = f"urn:citytwin:sensors:{detector.replace(' ', '%20')}"
    thing = Thing(name, "sensors", detector, "traffic_detector", *GATE, synthetic=True)
    recent.add("sensors", Batch("f", raw * 32, (), readings), [thing])


def made(traffic: ChangeTrigger[MeasuredTraffic], now: datetime) -> None:
    """Carry out what is due, in this process."""
    assert traffic.wanted(now)
    traffic.published(traffic.task(now).carry_out())


def rows(loaded: LoadedConfig) -> gpd.GeoDataFrame:
    """Points of the published layer, by name."""
    (file,) = layer_folder(loaded, "traffic").glob("*.parquet")
    return gpd.read_parquet(file).set_index("name")


def test_readings_change_the_map_of_traffic_alone(loaded: LoadedConfig) -> None:
    """Means of the last quarter of an hour; a broken detector shows, without a value."""
    before, order = published_files(loaded.city_dir), order_of(loaded)
    recent = nothing_measured()
    counted(recent, NOW - timedelta(minutes=16), "gate 1", (9000.0, 90.0), "aa")
    counted(recent, NOW - timedelta(minutes=5), "gate 1", (600.0, 30.0), "bb")
    counted(recent, NOW, "gate 1", (1200.0, 6.0), "cc")
    counted(recent, NOW, "gate 2", (-5.0, -5.0), "dd")
    made(traffic_trigger(loaded, CONFIG, recent, POINTS), NOW)
    found = rows(loaded)
    assert found.loc["gate 1", "traffic_flow_per_h"] == 900.0
    assert found.loc["gate 1", "vehicle_speed_km_h"] == 18.0
    assert found.loc["gate 1", "traffic_state"] == 1, "slow: under 20 km/h"
    assert found.loc["gate 2", "observations"] == 0
    folder = layer_folder(loaded, "traffic")
    document = json.loads((folder / "layer.json").read_text("utf-8"))
    assert document["valid_time"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "synthetic" in {note["severity"] for note in document["notes"]}
    inputs = json.loads((folder / "inputs.json").read_text("utf-8"))
    assert [one["sha256"] for one in inputs] == ["bb" * 32, "cc" * 32, "dd" * 32]
    after = published_files(loaded.city_dir)
    others = {name for name in before if not name.startswith("traffic/")}
    assert {name for name in after if not name.startswith("traffic/")} == others
    assert all(after[name] == before[name] for name in others)
    assert order_of(loaded) == order


def test_a_detector_gives_its_road_a_speed(loaded: LoadedConfig) -> None:
    """The travel time of 60 and 20 km/h is that of 30; the layer descends from the roads as well."""
    recent = nothing_measured()
    roads = traffic_trigger(loaded, CONFIG, recent, ROADS)
    counted(recent, NOW, "gate 1", (1000.0, 60.0), "aa")
    counted(recent, NOW, "gate 2", (10.0, 20.0), "bb")
    before = published_files(loaded.city_dir)
    made(roads, NOW)
    (file,) = layer_folder(loaded, "road_speeds").glob("*.parquet")
    (road,) = gpd.read_parquet(file).itertuples()
    assert (road.road_id, road.name, road.sensors) == ("road_1", "Gate Street", 2)
    assert road.speed_km_h == pytest.approx(30.0)
    document = json.loads((file.parent / "layer.json").read_text("utf-8"))
    assert document["classification"] == "public"
    after = published_files(loaded.city_dir)
    others = {name for name in before if not name.startswith("road_speeds/")}
    assert all(after[name] == before[name] for name in others)
    counted(recent, NOW + timedelta(seconds=1), "gate 1", (3000.0, 60.0), "cc")
    assert not roads.wanted(NOW + timedelta(seconds=1)), "a flow is no speed"


def test_a_silent_detector_shows_what_is_usual(loaded: LoadedConfig) -> None:
    """By what the store knows of this time of the day, never as if it had been measured."""
    recent = nothing_measured()
    counted(recent, NOW - timedelta(hours=1), "gate 1", (1000.0, 60.0), "aa")
    elsewhere = Thing("urn:citytwin:sensors:far", "sensors", None, "traffic_detector", 130.0, 33.0)
    second = int(NOW.timestamp())
    reading = Reading("far", VEHICLE_SPEED, second, second, 50.0)
    recent.add("sensors", Batch("f", "cc" * 32, (), (reading,)), [elsewhere])
    days = [NOW - timedelta(days=d) for d in range(1, 29)]
    moments = [
        (day - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for day in days
    ]
    n = len(days)
    past = Observed(
        "sensors", ["urn:citytwin:sensors:gate%201"] * n, ["vehicle_speed"] * n, ["km/h"] * n,
        moments, moments, [36.0] * n, [1] * n, [0] * n, raw_ref_of(b"past"),
    )  # fmt: skip
    folder = folder_of(loaded.city_dir, sealed=loaded.protected)
    with ObservationStore.open(folder) as store:
        store.append(past)
        store.commit()
    made(traffic_trigger(loaded, CONFIG, recent, ROADS), NOW)
    (file,) = layer_folder(loaded, "road_speeds").glob("*.parquet")
    (road,) = gpd.read_parquet(file).itertuples()
    assert (road.sensors, road.silent_sensors) == (0, 1)
    assert math.isnan(road.speed_km_h)
    assert road.usual_km_h == pytest.approx(36.0)
    document = json.loads((file.parent / "layer.json").read_text("utf-8"))
    assert "fallback" in {note["severity"] for note in document["notes"]}


def test_traffic_that_goes_on_as_it_was_is_not_published_again(loaded: LoadedConfig) -> None:
    """A tenth of a mean is a change, so is a detector that comes or goes."""
    recent = nothing_measured()
    traffic = traffic_trigger(loaded, CONFIG, recent, POINTS)
    assert not traffic.wanted(NOW)
    counted(recent, NOW, "gate 1", (1000.0, 40.0), "aa")
    made(traffic, NOW)
    later = NOW + timedelta(minutes=16)
    counted(recent, later, "gate 1", (1050.0, 41.0), "bb")
    assert not traffic.wanted(later)
    counted(recent, later, "gate 1", (9e9, 41.0), "cc")  # beyond what a lane can carry
    seen = measured_traffic(CONFIG, PROPERTIES, recent, later)
    assert seen is not None
    assert [key[1] for key in seen.means] == ["vehicle_speed"]
    counted(recent, later, "gate 1", (1050.0, 30.0), "dd")
    assert traffic.wanted(later)
    counted(recent, later, "gate 1", (1050.0, 41.0), "ee")
    assert not traffic.wanted(later)
    counted(recent, later + timedelta(seconds=1), "gate 2", (1.0, 1.0), "ff")
    assert traffic.wanted(later + timedelta(seconds=1))


@pytest.mark.parametrize("minutes", [-1, 15])
def test_what_is_old_or_of_the_future_is_no_traffic(minutes: int) -> None:
    """A quarter of an hour counts."""
    recent = nothing_measured()
    counted(recent, NOW, "gate 1", (1000.0, 40.0), "aa")
    assert measured_traffic(CONFIG, PROPERTIES, recent, NOW + timedelta(minutes=minutes)) is None
