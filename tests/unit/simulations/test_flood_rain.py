"""Rain and inflows of a flood: what falls while it runs counts, in the right place, and gaps show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import xarray as xr

import citytwin
from citytwin.errors import ConfigError, StepError
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model.grid import GridSpec
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.simulations.flood.step import SIMULATION

BEGIN_S = datetime(2026, 6, 30, 3, 0, tzinfo=UTC).timestamp()
AREA_M2 = 30 * 4.0


def terrain() -> xr.DataArray:
    """A plane of 5 x 6 cells of 2 m that falls to the east."""
    x, y = -100.0 + 2.0 * np.arange(6), 50.0 - 2.0 * np.arange(5)
    values = np.broadcast_to(10.0 - 0.01 * x, (5, 6)).astype(np.float32)
    return xr.DataArray(values, {"y": y, "x": x}, ("y", "x")).rio.write_crs("EPSG:6677")


def rain(*intervals: tuple[float, float, float]) -> list[dict[str, float]]:
    """Intervals as a configuration gives them."""
    names = ("start_minutes", "end_minutes", "mm_per_h")
    return [dict(zip(names, interval, strict=True)) for interval in intervals]


def record(*tens: float | None, doubted: Sequence[int] = ()) -> Record:
    """Rates in each ten minutes from 03:00 UTC; None was lost."""
    known = np.array([k for k, rate in enumerate(tens) if rate is not None], dtype=np.float64)
    marks = np.isin(known, doubted)
    return Record(
        observed=p.RAINFALL_RATE,
        start_s=BEGIN_S + 600.0 * known,
        end_s=BEGIN_S + 600.0 * (known + 1),
        result=np.array([rate for rate in tens if rate is not None]),
        source="wx",
        thing="urn:citytwin:wx:7",
        station="Hillside",
        distance_m=4200.0,
        doubted=marks if marks.any() else None,
    )


def flooded(storm: Record | None = None, **params: Any) -> Outcome:
    """A run over the plane with a record of rain."""
    grid = GridSpec("EPSG:6677", -101.0, 51.0, 2.0, 5, 6)
    records = {} if storm is None else {p.RAINFALL_RATE: storm}
    site = Site(139.8, 36.0, 0.0, "Asia/Tokyo")
    block = Block({f.TERRAIN: terrain().to_numpy()}, records, grid, grid.whole, site)
    return SIMULATION.run(block, SIMULATION.params.model_validate(params))


def fact(outcome: Outcome, name: str) -> float:
    """Value of a figure."""
    return next(one.value for one in outcome.facts if one.name == name)


def said(outcome: Outcome, severity: str) -> list[str]:
    """English remarks of a severity."""
    return [note.en for note in outcome.notes if note.severity == severity]


def test_the_remark_counts_the_rain_until_the_end() -> None:
    """Of an hour of 12 mm/h, 6 minutes bring 1.2 mm, and a cloudburst afterwards none."""
    given = {"duration_h": 0.1, "rain": rain((0.0, 60.0, 12.0), (60.0, 70.0, 300.0))}
    made = citytwin.simulate("flood", {"terrain": terrain()}, given)
    assert "Rain of 1 mm (peak 12 mm/h) over 0.1 h" in made.attrs["comment"]
    assert made.attrs["rain_volume"] == pytest.approx(0.0012 * AREA_M2, rel=1e-6)


def test_rain_after_the_end_is_no_rain() -> None:
    """A run before the rain begins has no water, and says so."""
    given = {"duration_h": 0.1, "rain": rain((30.0, 60.0, 12.0))}
    with pytest.raises(StepError, match="no water enters"):
        citytwin.simulate("flood", {"terrain": terrain()}, given)


def test_the_largest_courant_number_allowed_runs() -> None:
    """What the parameters accept the solver accepts; 0.671 = sqrt(0.9 / 2) is its limit."""
    given = {"duration_h": 0.01, "rain": rain((0.0, 60.0, 60.0)), "courant": 0.67}
    citytwin.simulate("flood", {"terrain": terrain()}, given)
    with pytest.raises(ConfigError, match="courant"):
        citytwin.simulate("flood", {"terrain": terrain()}, {**given, "courant": 0.68})


@pytest.mark.parametrize(
    ("start", "hours", "mm"),
    [
        ("2026-06-30T12:00:00+09:00", 0.5, 10.0),  # all three intervals: (6 + 18 + 36) / 6
        ("2026-06-30T03:05:00Z", 0.4, 8.9),  # 5 of 6, 18, and 9 of the 10 minutes of 36 mm/h
        ("2026-06-30T03:12:00Z", 0.1, 1.8),  # 6 minutes of 18 mm/h, within one interval
    ],
)
def test_a_record_brings_its_depth_whatever_minute_the_run_begins(
    start: str, hours: float, mm: float
) -> None:
    """Depth times area; a run that begins within an interval takes the rest of it."""
    made = flooded(record(6.0, 18.0, 36.0), start=start, duration_h=hours)
    assert fact(made, "rain_volume") == pytest.approx(mm / 1000 * AREA_M2, rel=1e-6)
    assert fact(made, "rain_coverage") == pytest.approx(1.0)
    assert said(made, "loss") == []
    assert made.valid_time == datetime.fromisoformat(start)


def test_minutes_without_data_are_a_loss_that_is_told() -> None:
    """One of four intervals lost, and the run ends ten minutes after the record: 20 of 50."""
    storm = record(6.0, None, 18.0, 36.0)
    made = flooded(storm, start="2026-06-30T03:00:00Z", duration_h=5 / 6)
    assert fact(made, "rain_coverage") == pytest.approx(0.6)
    assert said(made, "loss") == [
        "No rain data for 20 of 50 minutes, counted as dry "
        "(station Hillside, 4.2 km from the centre of the city)"
    ]


def test_too_little_data_is_refused_by_name() -> None:
    """Two of five intervals are less than half; with a lower limit they run."""
    given = {"start": "2026-06-30T03:00:00Z", "duration_h": 5 / 6}
    with pytest.raises(StepError, match=r"Hillside.* data for 40% of the run only"):
        flooded(record(6.0, None, None, 18.0), **given)
    made = flooded(record(6.0, None, None, 18.0), **given, min_rain_coverage=0.3)
    assert fact(made, "rain_coverage") == pytest.approx(0.4)


def test_doubted_rain_is_missing_unless_it_is_wanted() -> None:
    """The second interval is doubted: a gap of 10 minutes, or 3 mm more and a remark."""
    storm = record(6.0, 18.0, 36.0, doubted=[1])
    given = {"start": "2026-06-30T03:00:00Z", "duration_h": 0.5}
    without = flooded(storm, **given)
    assert fact(without, "rain_volume") == pytest.approx(0.007 * AREA_M2, rel=1e-6)
    assert "10 of 30 minutes" in said(without, "loss")[0]
    included = flooded(storm, **given, use_doubted_rain=True)
    assert fact(included, "rain_volume") == pytest.approx(0.010 * AREA_M2, rel=1e-6)
    assert said(included, "loss") == []
    assert said(included, "fallback") == ["1 doubted observations of rain were used"]


def test_without_a_start_the_wettest_time_runs() -> None:
    """A dry morning, then rain at 03:40 UTC, 12:40 in Tokyo: named in local time."""
    made = flooded(record(0.0, 0.0, 0.0, 0.0, 36.0, 18.0, 0.0, 6.0), duration_h=1 / 3)
    assert fact(made, "rain_volume") == pytest.approx(0.009 * AREA_M2, rel=1e-6)
    assert "from 2026-06-30 12:40, the wettest 0.333333 h of the record" in made.notes[0].en
    assert "2026-06-30 12:40 から" in made.notes[0].ja
    assert made.valid_time == datetime(2026, 6, 30, 3, 40, tzinfo=UTC)


def test_a_record_that_overlaps_is_refused_by_the_name_of_its_station() -> None:
    """An hour over its ten minutes: which sensor it was must be said."""
    twice = Record(
        p.RAINFALL_RATE,
        BEGIN_S + np.array([0.0, 3000.0]),
        BEGIN_S + np.array([3600.0, 3600.0]),
        np.array([1.0, 1.0]),
        "wx",
        "urn:citytwin:wx:7",
        station="Hillside",
    )
    with pytest.raises(StepError, match=r"station Hillside: rain: intervals are not ascending"):
        flooded(twice, start="2026-06-30T03:00:00Z", duration_h=1.0)


@pytest.mark.parametrize(("x", "y", "row", "col"), [(-92.0, 46.2, 2, 4), (-99.9, 42.0, 4, 0)])
def test_an_inflow_enters_the_cell_of_its_coordinates(
    x: float, y: float, row: int, col: int
) -> None:
    """Rows count from the north: 50 - 2 row, columns from the west: -100 + 2 col.

    After a hundredth of a second nearly all of the 10 l still stand there.
    """
    flow = [{"minutes": 0.0, "m3_s": 1.0}, {"minutes": 60.0, "m3_s": 1.0}]
    inflow = {"x": x, "y": y, "radius_m": 0.5, "hydrograph": flow}
    made = flooded(inflows=[inflow], duration_h=0.01 / 3600)
    depth = made.fields[f.FLOOD_DEPTH_MAX]
    assert depth[row, col] == pytest.approx(0.01 / 4.0, rel=0.01)
    assert depth.sum() == pytest.approx(depth[row, col], rel=0.01)
    assert fact(made, "inflow_volume") == pytest.approx(0.01)


def test_what_is_assumed_at_the_edges_is_said() -> None:
    """The least slope stands on the map, and nothing of it where the edges are closed."""
    given = {"duration_h": 0.1, "rain": rain((0.0, 6.0, 60.0))}
    assert "a slope of 0.002 is assumed" in said(flooded(**given, edge_min_slope=0.002), "info")[1]
    assert not any("assumed" in note for note in said(flooded(**given, edges="closed"), "info"))
