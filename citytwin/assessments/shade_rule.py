"""Buildings whose shade on the land around their site is limited: hours, limits, margin."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import Field as Bound
from pydantic import field_validator

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.notes import Fact, Note, tally
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.sun_rule import ShadeLimits, SunRule
from citytwin.model.text import text
from citytwin.rules.casters import casters_of
from citytwin.rules.designation import Choice, Designations, designations_of
from citytwin.rules.named import SUN_RULES, NamedSunRule
from citytwin.rules.site_check import Block, SiteCheck, site_checks
from citytwin.rules.sites import measures_of, sites_of
from citytwin.rules.telling import source_note


class ShadeRuleParams(Params):
    """The rule, what the municipality chose within it, and what stands for data it lacks."""

    rule: NamedSunRule = Bound(default_factory=lambda: SUN_RULES.named("jp_shade"))
    """Name of a rule on shade (``jp_shade``, ``jp_shade_hokkaido``), path of a file, or the rule."""
    ordinance: tuple[Choice, ...] = ()
    """What the municipality chose: the first that fits a zone counts. Without one for a zone, the
    strictest option and the lowest plane of the rule stand for it, and the map says so."""
    zone: str | None = None
    """Zone that land outside all zones is taken for, such as ``第1種住居地域``."""
    site_margin_m: float = Bound(default=2.0, ge=0, le=50)
    """Where there is no parcel, the boundary of a site is taken to lie this far from its
    buildings."""

    @field_validator("rule")
    @classmethod
    def _of_shade(cls, rule: SunRule) -> SunRule:
        if not isinstance(rule.limits, ShadeLimits):
            msg = f"{rule.name} limits no shade of buildings: use jp_shade or jp_shade_hokkaido"
            raise ValueError(msg)  # noqa: TRY004 - pydantic takes no other
        return rule


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
    sites = sites_of(buildings, city.tables.get(t.SITES), params.site_margin_m)
    outlines_m = shapely.length(buildings.geometry.to_numpy())
    ids = buildings["building_id"].to_numpy(dtype=object)
    block = Block(ids, sites, measures, outlines_m, casters, city.grid.crs)
    rows = [
        _row(block, params.rule, limits, min(checks, key=lambda check: check.margin_h), site)
        for site in range(len(sites.ids))
        if (checks := site_checks(block, params.rule.sun, limits, known.found, site))
    ]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(t.SHADE_CHECKS.column_names)),
        geometry="geometry",
        crs=city.grid.crs,
    )
    notes = (*_notes(params, known, frame), *_lost(int(np.isnan(measures.height_m).sum())))
    return Assessed(frame, _facts(frame, len(sites.ids)), notes)


def _row(
    block: Block, rule: SunRule, limits: ShadeLimits, worst: SiteCheck, site: int
) -> dict[str, Any]:
    members, holds, sun = block.sites.members[site], worst.designation, rule.sun
    return {
        "site_id": block.sites.ids[site],
        "buildings": ",".join(block.building_ids[members]),
        "land": "parcel" if block.sites.from_parcel[site] else "strip",
        "rule": rule.name,
        "zone": holds.zone,
        "row": holds.row,
        "option": holds.option,
        "height_m": float(np.nanmax(block.measures.height_m[members])),
        "mean_ground_z_m": worst.shade.plane_z_m - holds.plane_m,
        "plane_m": holds.plane_m,
        "begin_h": sun.begin_h,
        "end_h": sun.end_h,
        "declination_deg": sun.declination_deg,
        "near_line_m": limits.near_line_m,
        "far_line_m": limits.far_line_m,
        "near_limit_h": holds.near_h,
        "near_hours": worst.near.hours,
        "near_spells": worst.spells_at(worst.near),
        "near_x_m": worst.near.x,
        "near_y_m": worst.near.y,
        "far_limit_h": holds.far_h,
        "far_hours": worst.far.hours,
        "far_spells": worst.spells_at(worst.far),
        "far_x_m": worst.far.x,
        "far_y_m": worst.far.y,
        "margin_h": worst.margin_h,
        "fails": int(worst.margin_h <= 0.0),
        "geometry": block.sites.land[site],
    }


def _facts(frame: pd.DataFrame, sites: int) -> tuple[Fact, ...]:
    failing = int((frame["fails"] == 1).sum())
    counts = (
        ("sites_regulated", "規制対象の敷地数", "Sites with regulated buildings", len(frame)),
        ("sites_failing", "規制値を超える敷地数", "Sites that exceed a limit", failing),
        (
            "sites_not_regulated",
            "規制対象外の敷地数",
            "Sites that are not regulated",
            sites - len(frame),
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
            f"{sun.declination_deg:.4f} 度、大気差なし。敷地の建物だけの日影で、平均地盤面から測ります",
            en=f"{rule.title.en}: true solar time {sun.begin_h:g} to {sun.end_h:g} h, declination "
            f"{sun.declination_deg:.4f} degrees, no refraction. Shade of the buildings of a site"
            " alone, on planes above its mean ground",
        )
    )
    notes.append(source_note(rule))
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
                ja=f"敷地の形がない建物は、外壁から {params.site_margin_m:g} m の線を敷地境界とみなして"
                "います",
                en="Where there is no parcel, the boundary of a site is taken to lie "
                f"{params.site_margin_m:g} m from its buildings",
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


def _lost(unknown: int) -> tuple[Note, ...]:
    """Say how many buildings cannot be judged."""
    if not unknown:
        return ()
    form = text(
        "高さの分からない建物 {count} 棟は評価していません（影も落とさないものとしています）",
        "{count} buildings of unknown height are not judged, and cast no shade",
    )
    return (tally("loss", form, unknown),)


ASSESSMENT = Assessment(
    name="shade_rule",
    title=text("日影規制の適合", "Limits of shade around buildings"),
    inputs=(t.BUILDINGS, t.SURFACES),
    optional=(t.ZONES, t.SITES, f.TERRAIN),
    output=t.SHADE_CHECKS,
    params=ShadeRuleParams,
    run=run,
    on_request=True,
    cost=Cost(seconds_per_megacell=5.0, bytes_per_cell=20.0),
)
