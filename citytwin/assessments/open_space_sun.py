"""Share of gardens and open spaces that have the hours of sun a rule asks for."""

from __future__ import annotations

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import field_validator

from citytwin.kernels.facade_sunlight import Casters, point_sunlit
from citytwin.kernels.sun_bundle import Suns
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.sun_notes import sun_notes
from citytwin.model.sun_rule import LitArea, SunRule
from citytwin.model.text import text
from citytwin.rules.city_shadows import city_casters, level_at, standing_faces
from citytwin.rules.counted_suns import begin_of, reaches, suns_of_day
from citytwin.rules.named import SUN_RULES, NamedSunRule
from citytwin.rules.shading_digest import ShadingDigests
from citytwin.rules.telling import source_note

Float64Array = NDArray[np.float64]
_ABOVE_M = 0.01
"""Places are looked at this far above the ground, which must not shade itself [m]."""


class OpenSpaceSunParams(Params):
    """The rule, the spaces, and how closely they are looked at."""

    rule: NamedSunRule = Bound(default_factory=lambda: SUN_RULES.named("bre_209"))
    """Name of a rule on areas (``bre_209``), path of a file, or the rule."""
    uses: tuple[str, ...] = Bound(default=("green",), min_length=1)
    """Land uses that count as open space, such as ``green``, ``field``, ``bare``."""
    year: int = Bound(default=2026, ge=1950, le=2100)
    """Year whose sun stands for the day of the rule."""
    step_minutes: float = Bound(default=5.0, gt=0, le=60)
    """Interval between sun positions; each stands for the interval around it."""
    spacing_m: float = Bound(default=2.0, gt=0, le=20)
    """Between the places of a space [m]."""
    most_points: int = Bound(default=4000, ge=16)
    """Places of one space; a larger one has them further apart."""

    @field_validator("rule")
    @classmethod
    def _of_areas(cls, rule: SunRule) -> SunRule:
        if not isinstance(rule.limits, LitArea):
            msg = f"{rule.name} says nothing of areas: use bre_209"
            raise ValueError(msg)  # noqa: TRY004 - pydantic takes no other
        return rule


def run(city: CityState, params: OpenSpaceSunParams) -> Assessed:
    """Count the hours of sun on a lattice over each open space, buildings left out.

    Parameters
    ----------
    city
        With land use, buildings, their surfaces and the ground.
    params
        The rule and the spaces.
    """
    rule, ground = params.rule, city[f.TERRAIN]
    limits = rule.limits
    assert isinstance(limits, LitArea)  # noqa: S101 - checked with the parameters
    buildings = city.table(t.BUILDINGS)
    land = gpd.GeoDataFrame(city.table(t.LAND_USE))
    spaces = land[land["use"].isin(params.uses)]
    faces = standing_faces(buildings, city.tables.get(t.SURFACES), city.grid, ground)
    casters = city_casters(city.grid, ground, faces)
    days = [
        suns_of_day(rule.sun, day, params.year, params.step_minutes, city.site)
        for day in rule.sun.days
    ]
    digests = ShadingDigests(city.grid, ground, casters)
    tree = shapely.STRtree(buildings.geometry.to_numpy())
    rows = []
    for space in spaces.itertuples():
        open_land = _without(space.geometry, buildings, tree)
        xy = _places(open_land, params)
        z = level_at(city.grid, ground, xy[:, 0], xy[:, 1]) + _ABOVE_M
        places = np.column_stack([xy, z])[~np.isnan(z)]
        share, mean_h = np.nan, np.nan
        if len(places):
            find = partial(_judged, casters, places, days, limits)
            share, mean_h = city.figures.once(digests.digest(places, days), find)
        rows.append(
            {
                "space_id": space.parcel_id,
                "use": space.use,
                "rule": rule.name,
                "area_m2": open_land.area,
                "points": len(places),
                "wanted_h": limits.hours,
                "wanted_share": limits.share,
                "lit_share": share,
                "mean_hours": mean_h,
                "geometry": space.geometry,
            }
        )
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(t.OPEN_SPACE_SUN.column_names)),
        geometry="geometry",
        crs=city.grid.crs,
    )
    notes = (_note(params, limits), source_note(rule), *sun_notes(False, city.grid, city.site))
    return Assessed(
        frame,
        _facts(frame),
        notes,
        valid_time=begin_of(rule.sun.days[0], params.year, city.time_zone),
    )


def _without(
    space: shapely.Geometry, buildings: gpd.GeoDataFrame, tree: shapely.STRtree
) -> shapely.Geometry:
    """Space without the buildings on it."""
    rows = tree.query(space, predicate="intersects")
    if not len(rows):
        return space
    return space.difference(shapely.union_all(buildings.geometry.to_numpy()[rows]))


def _places(space: shapely.Geometry, params: OpenSpaceSunParams) -> Float64Array:
    """Middles of even squares that lie in a space; a point of it where it holds none."""
    if space.is_empty:
        return np.empty((0, 2))
    step = max(params.spacing_m, (space.area / params.most_points) ** 0.5)
    west, south, east, north = space.bounds
    x, y = np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    shapely.prepare(space)
    inside = places[shapely.contains_xy(space, places)]
    if len(inside):
        return np.asarray(inside)
    return np.asarray(shapely.get_coordinates(space.representative_point()))


def _fewest_hours(casters: Casters, places: Float64Array, days: list[Suns]) -> Float64Array:
    """Hours of sun at places looking at the whole sky, on the day that has the fewest."""
    everywhere = np.zeros_like(places)
    each = [point_sunlit(casters, places, everywhere, suns) @ suns.weight for suns in days]
    return np.asarray(np.minimum.reduce(each))


def _judged(
    casters: Casters, places: Float64Array, days: list[Suns], limits: LitArea
) -> tuple[float, float]:
    """Share of places with enough hours of sun, and the mean of their hours [1, h]."""
    hours = _fewest_hours(casters, places, days)
    return float(reaches(hours, limits.hours).mean()), float(hours.mean())


def _facts(frame: gpd.GeoDataFrame) -> tuple[Fact, ...]:
    missing = int((frame["lit_share"] < frame["wanted_share"]).sum())
    counts = (
        ("spaces_judged", "評価した屋外空間の数", "Open spaces judged", len(frame)),
        ("spaces_missing", "基準に満たない屋外空間の数", "Open spaces that miss the rule", missing),
    )
    return tuple(
        Fact(name=name, label=text(ja, en), value=float(number), unit="1")
        for name, ja, en, number in counts
    )


def _note(params: OpenSpaceSunParams, limits: LitArea) -> Note:
    rule, low = params.rule, params.rule.sun.min_altitude_deg
    days, share, hours = ", ".join(rule.sun.days), limits.share, limits.hours
    return Note(
        severity="info",
        ja=f"{rule.title.ja}（{days}、{params.year}年の太陽）：面積の {share:.0%} 以上に {hours:g} "
        f"時間以上の日照。太陽高度 {low:g} 度以上。開発前との比較はしていません",
        en=f"{rule.title.en} ({days}, sun of {params.year}): {hours:g} h of sun on at least"
        f" {share:.0%} of the area, sun above {low:g} degrees. No comparison with the time before a"
        " development is made",
    )


ASSESSMENT = Assessment(
    name="open_space_sun",
    title=text("屋外空間の日照（基準との比較）", "Sun on open spaces against a rule"),
    inputs=(t.BUILDINGS, t.LAND_USE, f.TERRAIN),
    optional=(t.SURFACES,),
    output=t.OPEN_SPACE_SUN,
    params=OpenSpaceSunParams,
    run=run,
    on_request=True,
    cost=Cost(seconds_per_megacell=20.0, bytes_per_cell=60.0),
)
