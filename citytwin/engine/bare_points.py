"""Hours of sun at points of windows, and from when to when, on data of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from citytwin.assessments.facades import ASSESSMENT
from citytwin.engine.bare import check_zone
from citytwin.engine.bare_assess import tables_of
from citytwin.engine.bare_rasters import arrays_of
from citytwin.errors import ConfigError
from citytwin.kernels.day_suns import suns_above
from citytwin.kernels.facade_sunlight import point_sunlit
from citytwin.kernels.roof_heights import heights_over, roofs_of
from citytwin.kernels.sun_bundle import Suns
from citytwin.kernels.wall_feet import BEFORE_M
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.local_days import Sampled
from citytwin.model.ragged import Faces
from citytwin.model.site import Site
from citytwin.model.sun_days import SunDays
from citytwin.rules.city_shadows import city_casters, grid_box, level_at, standing_faces
from citytwin.rules.sampled_suns import sampled_suns


def sun_at_points(
    points: gpd.GeoDataFrame,
    rasters: Mapping[str, xr.DataArray],
    tables: Mapping[str, pd.DataFrame],
    params: SunDays | Mapping[str, Any],
    *,
    time_zone: str = "UTC",
) -> gpd.GeoDataFrame:
    """Find the sun at points, each exactly where it is, between the true faces of buildings.

    Parameters
    ----------
    points
        Points with z [m above the datum], or with a column ``above_ground_m``. A column
        ``azimuth_deg`` says where the wall of a window faces, clockwise from true north; a point
        without one sees all the sky.
    rasters
        ``terrain``, and ``surface_height`` where footprints need it, as
        :func:`citytwin.assess` takes them.
    tables
        ``buildings`` and, where there are any, ``surfaces``, as :func:`citytwin.assess` takes them.
    params
        The days, as `SunDays` or as a mapping.
    time_zone
        Zone in which days are meant, and times are told.

    Returns
    -------
    GeoDataFrame
        The points in the CRS of the rasters with three columns more: ``sunlit_hours`` [h per
        day], null where no height is known; ``sunlit_spells``, from when to when on the local day,
        such as ``08:10-11:30, 14:00-15:20``, null for a span of days; ``under_roof``, true for
        points inside a building, which get no sun.

    Raises
    ------
    ConfigError
        If an input, a parameter or the zone is unknown or missing, or points have no CRS or no height.
    GridMismatchError
        If the rasters do not lie on one north-up grid of square cells.
    StepError
        If no date is given.
    """
    check_zone(time_zone)
    days = params if isinstance(params, SunDays) else SunDays.model_validate(dict(params))
    grid, arrays = arrays_of(ASSESSMENT, ASSESSMENT.inputs, rasters)
    given = tables_of(ASSESSMENT, tables, arrays, grid)
    terrain = arrays[f.TERRAIN]
    faces = standing_faces(given[t.BUILDINGS], given.get(t.SURFACES), grid, terrain)
    site = Site.of(grid, time_zone)
    rows, places, normals = _placed(points, grid, terrain, site)
    inside = _under_roof(faces, grid, places)
    taken = days.taken(time_zone, "sun_at_points")
    every, counted = _suns(days, taken, site)
    lit = np.zeros((len(rows), len(every)), dtype=np.bool_)
    casters = city_casters(grid, terrain, faces)
    lit[:, every] = point_sunlit(casters, places, normals, counted) & ~inside[:, None]
    hours = lit.sum(axis=1) * (taken.hours / taken.days)
    told = [_spells(row, taken, time_zone) if taken.days == 1 else None for row in lit]
    return rows.assign(
        sunlit_hours=np.where(np.isnan(places[:, 2]), np.nan, hours),
        sunlit_spells=pd.array(told, dtype="string"),
        under_roof=inside,
    )


def _placed(
    points: gpd.GeoDataFrame, grid: GridSpec, terrain: NDArray[np.float32], site: Site
) -> tuple[gpd.GeoDataFrame, NDArray[np.float64], NDArray[np.float64]]:
    """Points on the grid, their places just before the wall, and the normals of the walls."""
    if points.crs is None:
        hint = 'say points.set_crs("EPSG:6677")'
        raise ConfigError("the points have no CRS, so nobody knows where they lie", hint=hint)
    rows = points.to_crs(grid.crs)
    if not (shapely.get_type_id(rows.geometry.array) == shapely.GeometryType.POINT.value).all():
        raise ConfigError("the points hold other geometries", hint="give points only")
    place = shapely.get_coordinates(rows.geometry.array, include_z=True)
    if "above_ground_m" in rows:
        above = rows["above_ground_m"].to_numpy(np.float64, na_value=np.nan)
        place[:, 2] = above + level_at(grid, terrain, place[:, 0], place[:, 1])
    elif not rows.geometry.has_z.all():
        hint = "give z, or a column above_ground_m"
        raise ConfigError("points have no height", hint=hint)
    normals = np.zeros((len(rows), 3))
    if "azimuth_deg" in rows:
        facing = rows["azimuth_deg"].to_numpy(np.float64, na_value=np.nan) - site.convergence_deg
        normals[:, 0], normals[:, 1] = np.sin(np.radians(facing)), np.cos(np.radians(facing))
        normals[np.isnan(facing)] = 0.0
    place[:, :2] += BEFORE_M * normals[:, :2]
    return rows, place, normals


def _under_roof(faces: Faces, grid: GridSpec, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which places lie below a roof."""
    roofs = roofs_of(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, faces.owners, grid_box(grid)
    )
    none, roof = np.empty(len(places)), np.empty(len(places))
    nobody = np.full(len(places), -1, dtype=np.int64)
    heights_over(roofs, np.ascontiguousarray(places[:, :2]), nobody, none, roof)
    return np.asarray(places[:, 2] < roof)


def _suns(days: SunDays, taken: Sampled, site: Site) -> tuple[NDArray[np.bool_], Suns]:
    """Which intervals have a sun that counts, and these suns."""
    suns = sampled_suns(taken, site, days.refraction)
    number = suns._replace(weight=np.arange(len(taken.middles), dtype=np.float64))
    kept = suns_above(number, days.min_altitude_deg, days.horizon_deg, site.convergence_deg)
    counts = np.zeros(len(taken.middles), dtype=np.bool_)
    counts[kept.weight.astype(np.int64)] = True
    return counts, kept


def _spells(lit: NDArray[np.bool_], taken: Sampled, time_zone: str) -> str:
    """Runs of lit intervals as local times."""
    change = np.diff(np.concatenate([[False], lit, [False]]).astype(np.int8))
    half, zone = timedelta(hours=taken.hours / 2), ZoneInfo(time_zone)
    words = []
    for first, last in zip(np.flatnonzero(change == 1), np.flatnonzero(change == -1), strict=True):
        begin = (taken.middles[first] - half).astimezone(zone)
        end = (taken.middles[last - 1] + half).astimezone(zone)
        words.append(f"{begin:%H:%M}-{end:%H:%M}")
    return ", ".join(words)
