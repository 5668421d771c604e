"""Buildings for ``citytwin simulate``, read from files."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.engine.bare_buildings import CaseBuildings
from citytwin.errors import ConfigError, SourceError
from citytwin.formats.vector.files import kind_of
from citytwin.model.crs import require_metric, suited

_OUTLINES = (".geojson", ".gpkg", ".fgb", ".shp")
_HEIGHTS = ("height_m", "height", "measuredHeight", "measured_height")
"""Columns that are taken for heights above the ground [m], the first that is there."""
_WIDEST_DEG = 2.0
"""More degrees than that are no town."""
_LOWEST_M = 1.0
"""What is lower is no building: plates under models, kerbs [m]."""
_ANY_HEIGHT_M = 3.0
"""Height of all outlines where none matters: in a flood buildings are closed blocks [m]."""
_KIND = re.compile(rb'"type"\s*:\s*"(Feature|CityJSON)')
"""In GeoJSON and CityJSON the first that is met tells them apart, wherever in the file it stands."""


def read_buildings(
    place: Path,
    crs: str | None,
    height_column: str | None,
    plane: str | None = None,
    *,
    outlines_suffice: bool = False,
) -> tuple[CaseBuildings, list[str]]:
    """Read buildings: outlines with a column of heights, or a city model.

    Parameters
    ----------
    place
        GeoJSON, GeoPackage, FlatGeobuf or Shapefile with outlines; else what
        `citytwin.read_citymodel` reads, such as CityJSON and CityGML.
    crs
        Projected CRS in which the coordinates of outlines are, whatever the file says, or into which
        longitudes and latitudes of a town are brought; CRS of a city model that names none.
    height_column
        Column of outlines with the height above the ground [m].
    plane
        Projected CRS that a city model is read in, that of rasters given besides; None = `crs`, else one
        that suits it.
    outlines_suffice
        Whether heights of outlines do not matter: none is read, and each with an area is a building.

    Returns
    -------
    buildings, warnings

    Raises
    ------
    SourceError
        If the file cannot be read, or has no building with an area and, where it matters, a height.
    ConfigError
        If no CRS in metres, or no column of heights is known, or a column of a city model is named.
    """
    if not _has_outlines(place):
        if height_column is not None:
            msg = f"{place}: a city model has no column {height_column!r}, its shapes tell the heights"
            raise ConfigError(msg, hint="leave out --height-column")
        from citytwin.citymodel.reading import read_citymodel

        model = read_citymodel(place, crs=plane or crs, source_crs=crs, themes=["bldg"])
        if not len(model.buildings):
            raise SourceError("holds no building", source=str(place))
        said = [note.en for note in model.notes if note.severity != "info"]
        return CaseBuildings(model.buildings, model.surfaces), said
    kind_of(place)  # refuses a CRS that GDAL would fetch
    try:
        frame = gpd.read_file(place)
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(f"cannot be read: {error}", source=str(place)) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SourceError("its first layer has no geometry", source=str(place))
    located = _located(frame, place, crs)
    standing, said = _standing(located, place, height_column, outlines_suffice=outlines_suffice)
    return CaseBuildings(standing), said


def _has_outlines(place: Path) -> bool:
    """Whether a file holds features; CityJSON is JSON too."""
    if place.suffix.lower() != ".json":
        return place.suffix.lower() in _OUTLINES
    try:
        with (
            place.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            found = _KIND.search(content)
            return found is not None and found[1] == b"Feature"
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot be read: {error}", source=str(place)) from error


def _located(frame: gpd.GeoDataFrame, place: Path, crs: str | None) -> gpd.GeoDataFrame:
    """Outlines in a CRS in metres."""
    if not len(frame):
        raise SourceError("holds no feature", source=str(place))
    west, south, east, north = frame.total_bounds.tolist()
    wide = max(east - west, north - south)
    of_town = wide < _WIDEST_DEG and max(-west, east) <= 180 and max(-south, north) <= 90
    if crs is not None:
        plane = require_metric(crs)
        if of_town and frame.crs is not None and frame.crs.is_geographic:
            return frame.to_crs(plane)
        return frame.set_crs(plane, allow_override=True)
    if frame.crs is not None and frame.crs.is_projected:
        return frame
    hint = "give --crs, the CRS in metres of the coordinates, such as EPSG:6677"
    if frame.crs is None:
        raise ConfigError(f"{place}: names no CRS", hint=hint)
    if not of_town:
        msg = f"{place}: its coordinates, {west:g} to {east:g} and {south:g} to {north:g}, are no degrees of a town"
        raise ConfigError(msg, hint=hint)
    return frame.to_crs(suited((west + east) / 2, (south + north) / 2))


def _standing(
    frame: gpd.GeoDataFrame, place: Path, column: str | None, *, outlines_suffice: bool
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Outlines with an area and, where it matters, the height of a building, and how many have none."""
    known = [name for name in (_HEIGHTS if column is None else (column,)) if name in frame]
    if not known and not (outlines_suffice and column is None):
        msg = (
            f"{place}: has no column of heights; it has {', '.join(map(str, frame.columns))[:300]}"
        )
        raise ConfigError(
            msg, hint="name it: --height-column NAME, of heights above the ground [m]"
        )
    if outlines_suffice:
        height, wanted, checked = np.full(len(frame), _ANY_HEIGHT_M), "an area", ""
    else:
        height = pd.to_numeric(frame[known[0]], errors="coerce").to_numpy(np.float64)
        wanted, checked = "an area and a height of 1 m", f"the column {known[0]!r}, and "
    shapes = shapely.make_valid(shapely.force_2d(np.asarray(frame.geometry, dtype=object)))
    usable = np.isfinite(height) & (height >= _LOWEST_M) & (shapely.area(shapes) > 0)
    if not usable.any():
        hint = f"check {checked}that the outlines are polygons"
        raise SourceError(f"no outline has {wanted}", source=str(place), hint=hint)
    lost = int((~usable).sum())
    said = (
        [f"{lost} outlines without {wanted.replace(' and ', ' or ')} are left out"] if lost else []
    )
    made = gpd.GeoDataFrame(
        {"height_m": height[usable]}, geometry=_polygons(shapes[usable]), crs=frame.crs
    )
    return made, said


def _polygons(shapes: np.ndarray) -> list[shapely.MultiPolygon]:
    """What has an area, of each shape: repaired outlines may have lines beside it."""
    return [
        shapely.MultiPolygon(
            [
                part
                for one in shapely.get_parts(shape)
                for part in shapely.get_parts(one)
                if part.geom_type == "Polygon"
            ]
        )
        for shape in shapes
    ]
