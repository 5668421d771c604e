"""Buildings whose shade on the land around their site is limited: hours, limits, margin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import Field as Bound
from pydantic import field_validator

from citytwin.errors import StepError
from citytwin.kernels.shade_spells import shaded_spells
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import Assessed, Assessment, CityState, Cost, Params
from citytwin.model.sun_rule import ShadeLimits, SunRule
from citytwin.model.text import text
from citytwin.rules.casters import Casters, casters_of
from citytwin.rules.designation import Choice, Designation, Designations, designations_of
from citytwin.rules.files import NamedRule, named_rule
from citytwin.rules.shade_lines import (
    Shade,
    WorstPoint,
    lines_around,
    worst_far,
    worst_near,
)
from citytwin.rules.sites import Measures, Sites, measures_of, strips_around
from citytwin.rules.sun_window import circle_at, shadow_bounds


class ShadeRuleParams(Params):
    """The rule, what the municipality chose within it, and what stands for data it lacks."""

    rule: NamedRule = Bound(default_factory=lambda: named_rule("jp_shade"))
    """Name of a rule on shade (``jp_shade``, ``jp_shade_hokkaido``), path of a file, or the rule."""
    ordinance: tuple[Choice, ...] = ()
    """What the municipality chose: the first that fits a zone counts. Without one for a zone, the
    strictest option and the lowest plane of the rule stand for it, and the map says so."""
    zone: str | None = None
    """Zone that land outside all zones is taken for, such as ``第1種住居地域``."""
    site_margin_m: float = Bound(default=2.0, ge=0, le=50)
    """Without parcels: the boundary of a site is taken to lie this far from its buildings."""

    @field_validator("rule")
    @classmethod
    def _of_shade(cls, rule: SunRule) -> SunRule:
        if not isinstance(rule.limits, ShadeLimits):
            msg = f"{rule.name} limits no shade of buildings: use jp_shade or jp_shade_hokkaido"
            raise ValueError(msg)  # noqa: TRY004 - pydantic takes no other
        return rule


@dataclass(frozen=True, eq=False)
class _Task:
    """All that the check of a site needs."""

    city: CityState
    rule: SunRule
    limits: ShadeLimits
    buildings: gpd.GeoDataFrame
    measures: Measures
    sites: Sites
    casters: Casters


@dataclass(frozen=True)
class _Check:
    """A site under the limits of one zone."""

    designation: Designation
    plane_z_m: float
    near: WorstPoint
    far: WorstPoint
    shade: Shade

    @property
    def margin_h(self) -> float:
        """Least of limit minus hours."""
        holds = self.designation
        return min(holds.near_h - self.near.hours, holds.far_h - self.far.hours)


def run(city: CityState, params: ShadeRuleParams) -> Assessed:
    """Check each regulated building against the limits of all zones that its shade reaches.

    The buildings of a site cast as one, and nothing else does. Hours are exact in time: a sun of
    fixed declination, a point, without refraction, over flat land at the height of the plane.

    Parameters
    ----------
    city
        With buildings and their faces; with zones and ground where it has them.
    params
        The rule, and what stands for data that the city lacks.

    Raises
    ------
    StepError
        If the city has no zones and no zone is named, or the ordinance does not fit the rule.
    """
    limits = params.rule.limits
    assert isinstance(limits, ShadeLimits)  # noqa: S101 - checked with the parameters
    zones = city.tables.get(t.ZONES)
    if zones is None and params.zone is None:
        msg = "the city has no zones"
        raise StepError(
            msg, step="shade_rule", hint="add a source of zones, or name one for all land: `zone`"
        )
    known = designations_of(limits, params.ordinance, zones, params.zone)
    buildings = gpd.GeoDataFrame(city.table(t.BUILDINGS)).reset_index(drop=True)
    surfaces = city.table(t.SURFACES)
    measures = measures_of(buildings, surfaces, city.grid, city.fields.get(f.TERRAIN))
    casters = casters_of(buildings, surfaces, measures.ground_z_m)
    sites = strips_around(buildings, params.site_margin_m)
    task = _Task(city, params.rule, limits, buildings, measures, sites, casters)
    rows = [row for number in range(len(sites.ids)) for row in _row(task, known, number)]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(t.SHADE_CHECKS.column_names)),
        geometry="geometry",
        crs=city.grid.crs,
    )
    return Assessed(frame, _facts(frame, sites), _notes(params, known, frame))


def _row(task: _Task, known: Designations, number: int) -> Iterator[dict[str, Any]]:
    """Yield the row of a site, if it is regulated."""
    checks = list(_checks(task, known, number))
    if not checks:
        return
    worst = min(checks, key=lambda check: check.margin_h)
    members = task.sites.members[number]
    holds, sun = worst.designation, task.rule.sun
    yield {
        "site_id": task.sites.ids[number],
        "buildings": ",".join(task.buildings["building_id"].iloc[members]),
        "land": "parcel" if task.sites.from_parcel[number] else "strip",
        "rule": task.rule.name,
        "zone": holds.zone,
        "row": holds.row,
        "option": holds.option,
        "height_m": float(np.nanmax(task.measures.height_m[members])),
        "mean_ground_z_m": worst.plane_z_m - holds.plane_m,
        "plane_m": holds.plane_m,
        "begin_h": sun.begin_h,
        "end_h": sun.end_h,
        "declination_deg": sun.declination_deg,
        "near_line_m": task.limits.near_line_m,
        "far_line_m": task.limits.far_line_m,
        "near_limit_h": holds.near_h,
        "near_hours": worst.near.hours,
        "near_spells": _spells(worst, worst.near),
        "near_x_m": worst.near.x,
        "near_y_m": worst.near.y,
        "far_limit_h": holds.far_h,
        "far_hours": worst.far.hours,
        "far_spells": _spells(worst, worst.far),
        "far_x_m": worst.far.x,
        "far_y_m": worst.far.y,
        "margin_h": worst.margin_h,
        "fails": int(worst.margin_h <= 0.0),
        "geometry": task.sites.land[number],
    }


def _checks(task: _Task, known: Designations, number: int) -> Iterator[_Check]:
    """Check a site against every zone that regulates it and that its shade reaches."""
    members = task.sites.members[number]
    holding = [d for d in known.found if task.measures.regulated(d.regulated)[members].any()]
    edges = np.concatenate([task.casters.edges_of(int(row)) for row in members])
    land = task.sites.land[number]
    if not holding or not len(edges) or land.is_empty:
        return
    lines = lines_around(land, task.limits.near_line_m, task.limits.far_line_m)
    weights = shapely.length(task.buildings.geometry.to_numpy()[members])
    ground = float(np.average(task.measures.ground_z_m[members], weights=weights))
    centre = land.centroid
    circle = circle_at(task.rule.sun, centre.x, centre.y, task.city.grid.crs)
    for holds in holding:
        shade = Shade(edges, ground + holds.plane_m, circle)
        box = shadow_bounds(edges, shade.plane_z_m, circle)
        reach = shapely.box(box.x_min, box.y_min, box.x_max, box.y_max)
        if holds.area is None or shapely.intersects(holds.area, reach):
            near = worst_near(shade, lines, box, holds.area)
            far = worst_far(shade, lines, box, holds.area)
            if near.hours > 0.0 or far.hours > 0.0 or _stands_in(holds, land):
                yield _Check(holds, shade.plane_z_m, near, far, shade)


def _stands_in(holds: Designation, land: shapely.Geometry) -> bool:
    return holds.area is None or bool(shapely.intersects(holds.area, land))


def _spells(check: _Check, worst: WorstPoint) -> str | None:
    """Times of shade at the worst point, such as ``08:00-10:24, 13:05-16:00``."""
    if worst.hours == 0.0:
        return None
    point = np.array([worst.x, worst.y, check.plane_z_m])
    spells = shaded_spells(point, check.shade.edges, check.shade.circle)
    return ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in spells)


def _clock(hours: float) -> str:
    minutes = round(hours * 60.0)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _facts(frame: pd.DataFrame, sites: Sites) -> tuple[Fact, ...]:
    failing = int((frame["fails"] == 1).sum())
    counts = (
        ("sites_regulated", "規制対象の敷地数", "Sites with regulated buildings", len(frame)),
        ("sites_failing", "規制値を超える敷地数", "Sites that exceed a limit", failing),
        (
            "sites_not_regulated",
            "規制対象外の敷地数",
            "Sites that are not regulated",
            len(sites.ids) - len(frame),
        ),
    )
    return tuple(
        Fact(name=name, label=text(ja, en), value=float(number), unit="1")
        for name, ja, en, number in counts
    )


def _notes(params: ShadeRuleParams, known: Designations, frame: pd.DataFrame) -> tuple[Note, ...]:
    rule, notes = params.rule, []
    sun = rule.sun
    notes.append(
        Note(
            severity="info",
            ja=f"{rule.title.ja}：真太陽時 {sun.begin_h:g} 時から {sun.end_h:g} 時、赤緯 "
            f"{sun.declination_deg:.4f} 度、大気差なし。道路・水面や地盤の高低差による緩和は"
            "適用していません（安全側）",
            en=f"{rule.title.en}: true solar time {sun.begin_h:g} to {sun.end_h:g} h, declination "
            f"{sun.declination_deg:.4f} degrees, no refraction. No relief for roads, water and lower"
            " sites is applied, which is on the strict side",
        )
    )
    if any(holds.assumed for holds in known.found):
        notes.append(
            Note(
                severity="fallback",
                ja="条例の指定が与えられていない用途地域は、法別表第4の最も厳しい規制値と最も低い"
                "測定面としています",
                en="Zones for which no ordinance is given take the strictest limits and the lowest "
                "plane that the law allows",
            )
        )
    if len(frame) and (frame["land"] == "strip").any():
        notes.append(
            Note(
                severity="fallback",
                ja=f"敷地の形がないため、建物から {params.site_margin_m:g} m の線を敷地境界とみなして"
                "います",
                en=f"Without parcels the boundary of a site is taken to lie {params.site_margin_m:g} m"
                " from its buildings",
            )
        )
    if params.zone is not None:
        notes.append(
            Note(
                severity="fallback",
                ja=f"用途地域のない所を「{params.zone}」とみなしています",
                en=f"Land outside all zones is taken for {params.zone!r}",
            )
        )
    if not known.found:
        notes.append(
            Note(
                severity="loss",
                ja="規制のある用途地域が見つからないため、何も評価していません",
                en="No zone that limits shade was found: nothing was assessed",
            )
        )
    if known.unknown_zones:
        names = "、".join(known.unknown_zones[:3])
        notes.append(
            Note(
                severity="loss",
                ja=f"規制の区分が分からない用途地域 {len(known.unknown_zones)} 種は評価していません：{names}",
                en=f"{len(known.unknown_zones)} kinds of zones that the rule does not name are left"
                f" out: {', '.join(known.unknown_zones[:3])}",
            )
        )
    return tuple(notes)


ASSESSMENT = Assessment(
    name="shade_rule",
    title=text("日影規制の適合", "Limits of shade around buildings"),
    inputs=(t.BUILDINGS, t.SURFACES),
    optional=(t.ZONES, f.TERRAIN),
    output=t.SHADE_CHECKS,
    params=ShadeRuleParams,
    run=run,
    on_request=True,
    cost=Cost(seconds_per_megacell=5.0, bytes_per_cell=20.0),
)
