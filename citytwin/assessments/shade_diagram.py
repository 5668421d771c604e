"""Diagrams of the shade of regulated buildings: hourly outlines, equal durations, distance lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import Field as Bound

from citytwin.kernels.shade_spells import sun_directions
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.sun_rule import CountedSun
from citytwin.model.text import text
from citytwin.rules.casters import CastingFaces, casters_of
from citytwin.rules.equal_shade import as_geometry, equal_shade_lines
from citytwin.rules.shade_lines import Shade, lines_around
from citytwin.rules.shade_outline import shadow_outline
from citytwin.rules.sun_window import circle_at, shadow_bounds

_WALL_M = 0.05
"""Lines of equal shade end this far from the walls, along which they would otherwise run."""


class ShadeDiagramParams(Params):
    """For which sites diagrams are drawn, and how finely."""

    sites: tuple[str, ...] | Literal["all", "failing"] = "all"
    """Ids of sites, all that are regulated, or those alone that exceed a limit."""
    most_sites: int = Bound(default=2000, ge=1)
    """Of many sites, those with the least margin are drawn."""
    durations_h: tuple[Annotated[float, Bound(gt=0, le=24)], ...] = (2.0, 2.5, 3.0, 4.0, 5.0)
    """Durations of equal shade [h]."""
    every_h: float = Bound(default=1.0, gt=0, le=4)
    """Step between outlines of the shadow [h]."""
    cell_m: float = Bound(default=1.0, gt=0, le=10)
    """Step of the lattice on which lines of equal shade are searched; their vertices are exact."""


def run(city: CityState, params: ShadeDiagramParams) -> Assessed:
    """Draw the shade of the sites that were checked.

    Parameters
    ----------
    city
        With the checks, which say what sun, plane and lines hold, and the buildings.
    params
        What to draw.
    """
    checks = _chosen(gpd.GeoDataFrame(city.table(t.SHADE_CHECKS)), params)
    every = gpd.GeoDataFrame(city.table(t.BUILDINGS)).reset_index(drop=True)
    wanted = {name for names in checks["buildings"] for name in names.split(",")}
    buildings = every[every["building_id"].isin(wanted)].reset_index(drop=True)
    ground = _ground_of(buildings, checks)
    casters = casters_of(buildings, city.table(t.SURFACES), ground)
    row_of = {name: row for row, name in enumerate(buildings["building_id"])}
    rows: list[dict[str, Any]] = []
    for check in checks.itertuples():
        members = [row_of[name] for name in check.buildings.split(",") if name in row_of]
        if members:
            footprint = shapely.union_all(buildings.geometry.to_numpy()[members])
            drawn = _lines(check, casters, members, footprint, city.grid.crs, params)
            rows += [line for line in drawn if not line["geometry"].is_empty]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(t.SHADE_LINES.column_names)),
        geometry="geometry",
        crs=city.grid.crs,
    )
    return Assessed(frame, _facts(len(checks)), _notes(city, checks))


def _chosen(checks: gpd.GeoDataFrame, params: ShadeDiagramParams) -> gpd.GeoDataFrame:
    if params.sites == "failing":
        checks = checks[(checks["fails"] == 1).to_numpy(dtype=np.bool_)]
    elif params.sites != "all":
        checks = checks[checks["site_id"].isin(params.sites)]
    return checks.sort_values(["margin_h", "site_id"]).head(params.most_sites)


def _ground_of(buildings: gpd.GeoDataFrame, checks: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """Ground of buildings without an elevation of their own: the mean ground of their site."""
    of = {
        name: ground
        for names, ground in zip(checks["buildings"], checks["mean_ground_z_m"], strict=True)
        for name in names.split(",")
    }
    return np.array([of[name] for name in buildings["building_id"]], dtype=np.float64)


def _lines(
    check: Any,
    casters: CastingFaces,
    members: list[int],
    footprint: shapely.Geometry,
    crs: str,
    params: ShadeDiagramParams,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a site."""
    sun = CountedSun(
        days=("12-22",),
        time_basis="true_solar",
        begin_h=check.begin_h,
        end_h=check.end_h,
        declination_deg=check.declination_deg,
    )
    centre = check.geometry.centroid
    circle = circle_at(sun, centre.x, centre.y, crs)
    edges = np.concatenate([casters.edges_of(row) for row in members])
    shade = Shade(edges, check.mean_ground_z_m + check.plane_m, circle)
    faces = [face for row in members for face in casters.rings_of(row)]
    for hour in np.arange(check.begin_h, check.end_h + 1e-9, params.every_h):
        angle = math.pi / 12.0 * (hour - 12.0)
        if not circle.begin_rad - 1e-9 <= angle <= circle.end_rad + 1e-9:
            continue  # the sun is down, or too low for its shadows to end
        toward = sun_directions(circle, np.array([angle]))[0]
        outline = shadow_outline(faces, shade.plane_z_m, toward)
        yield _line(check, "outline", float(hour), outline.boundary)
    box = shadow_bounds(edges, shade.plane_z_m, circle)
    walls = footprint.buffer(_WALL_M)
    equal = equal_shade_lines(shade, box, params.durations_h, params.cell_m)
    for hours, lines in equal.items():
        yield _line(check, "equal", hours, as_geometry(lines).difference(walls))
    around = lines_around(check.geometry, check.near_line_m, check.far_line_m)
    for metres, shape in (
        (0.0, check.geometry),
        (check.near_line_m, around.near),
        (check.far_line_m, around.far),
    ):
        yield _line(check, "distance", metres, shape.boundary)


def _line(check: Any, kind: str, value: float, shape: shapely.Geometry) -> dict[str, Any]:
    return {
        "line_id": f"{check.site_id}:{kind}:{value:g}",
        "site_id": check.site_id,
        "kind": kind,
        "time_h": value if kind == "outline" else None,
        "duration_h": value if kind == "equal" else None,
        "distance_m": value if kind == "distance" else None,
        "plane_m": check.plane_m,
        "geometry": shape,
    }


def _facts(drawn: int) -> tuple[Fact, ...]:
    label = text("日影図を描いた敷地数", "Sites of which diagrams are drawn")
    return (Fact(name="sites_drawn", label=label, value=float(drawn), unit="1"),)


def _notes(city: CityState, checks: pd.DataFrame) -> tuple[Note, ...]:
    left = len(city.table(t.SHADE_CHECKS)) - len(checks)
    if left <= 0:
        return ()
    return (
        Note(
            severity="info",
            ja=f"日影図は一部の敷地だけです（ほか {left} 敷地は描いていません）",
            en=f"Diagrams of some sites only: {left} others are not drawn",
        ),
    )


ASSESSMENT = Assessment(
    name="shade_diagram",
    title=text("日影図", "Shade diagrams"),
    inputs=(t.SHADE_CHECKS, t.BUILDINGS, t.SURFACES),
    output=t.SHADE_LINES,
    params=ShadeDiagramParams,
    run=run,
    cost=Cost(seconds_per_megacell=5.0, bytes_per_cell=20.0),
)
