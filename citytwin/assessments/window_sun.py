"""Hours of sun at windows on one day of a rule, and which of its levels they reach."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import field_validator

from citytwin.kernels.facade_sunlight import storey_hours
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.notes import Fact, Note
from citytwin.model.ragged import list_column, offsets_of
from citytwin.model.site import Site
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.sun_notes import sun_notes
from citytwin.model.sun_rule import LitHours, SunRule, WindowPoint
from citytwin.model.text import text
from citytwin.rules.city_shadows import city_casters, standing_faces
from citytwin.rules.city_walls import CityWalls, city_walls
from citytwin.rules.counted_suns import begin_of, reaches, suns_of_day
from citytwin.rules.named import SUN_RULES, NamedSunRule
from citytwin.rules.telling import source_note

Float64Array = NDArray[np.float64]


class WindowSunParams(Params):
    """The rule, and how walls are divided into places of windows."""

    rule: NamedSunRule = Bound(default_factory=lambda: SUN_RULES.named("en_17037"))
    """Name of a rule on windows (``en_17037``, ``din_5034_winter``, ``din_5034_equinox``,
    ``gb_50180_great_cold``, ``gb_50180_winter_solstice``), path of a file, or the rule."""
    year: int = Bound(default=2026, ge=1950, le=2100)
    """Year whose sun stands for the day of the rule."""
    step_minutes: float = Bound(default=5.0, gt=0, le=60)
    """Interval between sun positions; each stands for the interval around it."""
    storey_m: float = Bound(default=3.0, ge=2, le=10)
    """Height of a storey [m]."""
    piece_m: float = Bound(default=10.0, ge=1, le=200)
    """Longer walls are cut into equal pieces, each judged in its middle [m]."""

    @field_validator("rule")
    @classmethod
    def _of_windows(cls, rule: SunRule) -> SunRule:
        if not isinstance(rule.limits, LitHours):
            msg = f"{rule.name} says nothing of windows: use en_17037, din_5034_... or gb_50180_..."
            raise ValueError(msg)  # noqa: TRY004 - pydantic takes no other
        return rule


def run(city: CityState, params: WindowSunParams) -> Assessed:
    """Judge a point of each storey of each wall, as the middle or the sill of a window there.

    Of several days of a rule the one with the fewest hours counts. Storeys against which another
    building stands have no window and are left out.

    Parameters
    ----------
    city
        With buildings, their surfaces and the ground.
    params
        The rule and the walls.
    """
    rule, ground = params.rule, city[f.TERRAIN]
    limits, receiver = rule.limits, rule.receiver
    assert isinstance(limits, LitHours)  # noqa: S101 - checked with the parameters
    assert isinstance(receiver, WindowPoint)  # noqa: S101 - as limits of hours ask for
    buildings = city.table(t.BUILDINGS)
    faces = standing_faces(buildings, city.tables.get(t.SURFACES), city.grid, ground)
    walls = city_walls(
        buildings,
        faces,
        city.grid,
        ground,
        piece_m=params.piece_m,
        storey_m=params.storey_m,
        point_m=receiver.above_floor_m,
    )
    casters = city_casters(city.grid, ground, faces)
    days = [
        storey_hours(
            walls.walls,
            casters,
            suns_of_day(rule.sun, day, params.year, params.step_minutes, city.site),
        )
        for day in rule.sun.days
    ]
    hours = np.minimum.reduce(days)
    frame = _frame(walls, hours, buildings, rule, receiver, limits, city.site)
    notes = (
        _note(params, receiver, limits),
        source_note(rule),
        *sun_notes(False, city.grid, city.site),
    )
    return Assessed(
        frame,
        _facts(frame),
        notes,
        valid_time=begin_of(rule.sun.days[0], params.year, city.time_zone),
    )


def _frame(
    walls: CityWalls,
    hours: Float64Array,
    buildings: gpd.GeoDataFrame,
    rule: SunRule,
    receiver: WindowPoint,
    limits: LitHours,
    site: Site,
) -> gpd.GeoDataFrame:
    pieces, first = walls.pieces, walls.walls.first
    covered = walls.covered_storeys
    judged = np.diff(first) - covered
    if not receiver.every_storey:  # the ground floor alone, where it is not covered
        judged = np.where(covered == 0, 1, 0)
    begin = first[:-1] + covered
    kept = np.flatnonzero(judged > 0)
    begin, judged = begin[kept], judged[kept]
    of_storey = np.repeat(begin, judged) + _counted(judged)
    values, offsets = hours[of_storey], offsets_of(judged)
    wanted = np.array([level.hours for level in limits.levels])
    lowest = hours[begin]
    reaching = (
        np.add.reduceat(reaches(values, wanted[0]).astype(np.int64), offsets[:-1])
        if len(kept)
        else np.zeros(0, dtype=np.int64)
    )
    building = buildings["building_id"].to_numpy()[pieces.building[kept]]
    names = zip(building, pieces.wall[kept], pieces.piece[kept], strict=True)
    normal = walls.walls.normal[kept]
    azimuth = np.degrees(np.arctan2(normal[:, 0], normal[:, 1])) + site.convergence_deg
    lines = np.stack([pieces.start[kept], pieces.end[kept]], axis=1)
    levels = reaches(lowest[:, None], wanted).sum(axis=1)
    return gpd.GeoDataFrame(
        {
            "facade_id": [f"{name}:{wall}.{piece}" for name, wall, piece in names],
            "building_id": building,
            "rule": np.full(len(kept), rule.name, dtype=object),
            "azimuth_deg": np.mod(azimuth, 360.0),
            "length_m": pieces.length_m[kept],
            "storeys": judged,
            "hours_lowest": lowest,
            "hours_highest": hours[begin + judged - 1],
            "levels_lowest": np.where(np.isnan(lowest), np.nan, levels),
            "storeys_reaching": reaching,
            "storey_hours": list_column(values, offsets),
        },
        geometry=shapely.linestrings(lines),
        crs=buildings.crs,
    )


def _counted(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers 0, 1, ... of every run."""
    return np.arange(int(sizes.sum()), dtype=np.int64) - np.repeat(offsets_of(sizes)[:-1], sizes)


def _facts(frame: gpd.GeoDataFrame) -> tuple[Fact, ...]:
    best = frame.groupby("building_id")["storeys_reaching"].max()
    counts = (
        ("buildings_judged", "評価した建物の数", "Buildings judged", len(best)),
        (
            "buildings_without_a_lit_wall",
            "最低水準に達する壁のない建物の数",
            "Buildings of which no wall reaches the first level",
            int((best == 0).sum()),
        ),
    )
    return tuple(
        Fact(name=name, label=text(ja, en), value=float(number), unit="1")
        for name, ja, en, number in counts
    )


def _note(params: WindowSunParams, receiver: WindowPoint, limits: LitHours) -> Note:
    rule, low = params.rule, params.rule.sun.min_altitude_deg
    levels_ja = "、".join(f"{level.title.ja} {level.hours:g} 時間" for level in limits.levels)
    levels_en = ", ".join(f"{level.title.en} {level.hours:g} h" for level in limits.levels)
    days, storey = ", ".join(rule.sun.days), params.storey_m
    above = receiver.above_floor_m
    return Note(
        severity="info",
        ja=f"{rule.title.ja}（{days}、{params.year}年の太陽）：{levels_ja}。床から {above:g} m の点、"
        f"太陽高度 {low:g} 度以上、階の高さは一律 {storey:g} m。部屋・住戸・窓の位置は考慮していません",
        en=f"{rule.title.en} ({days}, sun of {params.year}): {levels_en}. Points {above:g} m above"
        f" the floor, sun above {low:g} degrees, all storeys {storey:g} m high. Rooms, dwellings and"
        " real windows are not known. Not a statement of compliance",
    )


ASSESSMENT = Assessment(
    name="window_sun",
    title=text("窓の日照（基準との比較）", "Sun at windows against a rule"),
    inputs=(t.BUILDINGS, f.TERRAIN),
    optional=(t.SURFACES,),
    output=t.WINDOW_SUN,
    params=WindowSunParams,
    run=run,
    on_request=True,
    cost=Cost(seconds_per_megacell=20.0, bytes_per_cell=60.0),
)
