"""Wind rose of the record: how often, and how strongly, the wind blows from where."""

from __future__ import annotations

import math
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.kernels.wind_rose import CALM_M_S, frequency_by_speed, paired_winds
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.months import Months
from citytwin.model.notes import Fact, Note
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.text import text
from citytwin.model.wind_notes import CALM, of_sensors
from citytwin.model.wind_rose import SPEEDS_M_S

_SHARE_OF_SIDE = 0.125
"""Radius over the shorter side of the grid, where none is given."""
_PETAL_SHARE = 0.8
"""Of the angle of its sector."""
_LINE_SHARE = 0.008
"""Breadth of a circle over the radius of the rose."""
_STEPS_PERCENT = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_MOST_CIRCLES = 4


class WindRoseParams(Params):
    """What is counted, and how large it is drawn."""

    sectors: int = Bound(default=16, ge=4, le=36)
    """Number of directions, the first around true north."""
    months: Months = ()
    """Months of the year that count, such as 6, 7, 8; none = all."""
    radius_m: float | None = Bound(default=None, gt=0, le=1e5)
    """Radius of the outermost circle; None = an eighth of the shorter side of the grid."""


def run(city: CityState, params: WindRoseParams) -> Assessed:
    """Count winds and draw petals, strong winds outermost, in the south-western corner of the grid.

    Parameters
    ----------
    city
        With the record of the wind.
    params
        Sectors, months and size.
    """
    zone = ZoneInfo(city.time_zone)
    speed = city.records[WIND_SPEED].good().in_months(params.months, zone)
    direction = city.records[WIND_DIRECTION].good().in_months(params.months, zone)
    winds = paired_winds(speed.start_s, speed.result, direction.start_s, direction.result)
    said = of_sensors(speed, direction)
    share = frequency_by_speed(winds, params.sectors, np.array(SPEEDS_M_S))
    if not share.any():
        return Assessed(_frame([], city), (), (CALM, said))
    sides = (city.grid.nx * city.grid.cell_m, city.grid.ny * city.grid.cell_m)
    radius_m = params.radius_m or _SHARE_OF_SIDE * min(sides)
    circles = _circles(100.0 * float(share.sum(axis=1).max()))
    scale = radius_m / circles[-1]
    rows = _petals(100.0 * share, scale, city.site.convergence_deg)
    rows += [_circle(percent, scale * percent, _LINE_SHARE * radius_m) for percent in circles]
    calms = Fact(
        name="calms",
        label=text(
            f"静穏（{CALM_M_S:g} m/s 未満）の割合", f"Share of calms (below {CALM_M_S:g} m/s)"
        ),
        value=100.0 * winds.calms / winds.times,
        unit="%",
    )
    times = Fact(
        name="wind_times",
        label=text("数えた時刻の数", "Number of times counted"),
        value=float(winds.times),
        unit="1",
    )
    drawn = ", ".join(f"{percent:g}" for percent in circles)
    scale_note = Note(
        severity="info",
        ja=f"灰色の円は全時刻の {drawn} %（静穏 {calms.value:.0f} % は描いていません）",
        en=f"Grey circles stand for {drawn} % of all times; calms ({calms.value:.0f} %) are not drawn",
    )
    return Assessed(_frame(rows, city, 1.25 * radius_m), (times, calms), (scale_note, said))


def _circles(most_percent: float) -> list[float]:
    """Frequencies of the circles, the last at or beyond the longest petal [%]."""
    step = next(
        (one for one in _STEPS_PERCENT if one * _MOST_CIRCLES >= most_percent), _STEPS_PERCENT[-1]
    )
    return [step * number for number in range(1, math.ceil(most_percent / step - 1e-9) + 1)]


def _petals(percent: NDArray[np.float64], scale: float, convergence_deg: float) -> list[_Row]:
    """Parts of petals around the origin [m]: one for each sector and class that has winds."""
    sectors = len(percent)
    half = _PETAL_SHARE * math.pi / sectors
    rows: list[_Row] = []
    for number, classes in enumerate(percent):
        from_deg = 360.0 * number / sectors
        middle = math.radians(from_deg - convergence_deg)
        angle = middle + np.linspace(-half, half, 2 + 32 // sectors * 2)
        rim = np.column_stack((np.sin(angle), np.cos(angle)))
        ends = np.concatenate(([0.0], np.cumsum(classes))) * scale
        for place in np.flatnonzero(classes):
            inner, outer = rim * ends[place], rim * ends[place + 1]
            corners = np.concatenate((outer, inner[::-1] if ends[place] else [[0.0, 0.0]]))
            low = SPEEDS_M_S[place]
            high = SPEEDS_M_S[place + 1] if place + 1 < len(SPEEDS_M_S) else None
            part = f"{from_deg:g}:{low:g}"
            rows.append((part, "petal", from_deg, low, high, float(classes[place]),
                         shapely.Polygon(corners)))  # fmt: skip
    return rows


def _circle(percent: float, radius_m: float, breadth_m: float) -> _Row:
    disc = shapely.Point(0.0, 0.0).buffer(radius_m + breadth_m / 2.0, quad_segs=32)
    hole = shapely.Point(0.0, 0.0).buffer(radius_m - breadth_m / 2.0, quad_segs=32)
    return f"circle:{percent:g}", "circle", None, None, None, percent, disc.difference(hole)


_Row = tuple[str, str, float | None, float | None, float | None, float, Any]


def _frame(rows: list[_Row], city: CityState, inset_m: float = 0.0) -> gpd.GeoDataFrame:
    """The table, with the middle of the rose so far from both edges of the corner [m]."""
    names = [column.name for column in t.WIND_ROSE.columns]
    frame = gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=city.grid.crs)
    corner = city.grid.bounds
    frame["geometry"] = frame.translate(corner.x_min + inset_m, corner.y_min + inset_m)
    return frame


ASSESSMENT = Assessment(
    name="wind_rose",
    title=text("風配図", "Wind rose"),
    inputs=(WIND_SPEED, WIND_DIRECTION),
    output=t.WIND_ROSE,
    params=WindRoseParams,
    run=run,
    cost=Cost(seconds_per_megacell=0.1, bytes_per_cell=1.0),
)
