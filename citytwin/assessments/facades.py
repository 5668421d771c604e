"""Hours of sun on every wall, storey by storey, from the true planes of the buildings."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.day_suns import suns_above
from citytwin.kernels.sun_bundle import Suns
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.notes import Fact, Note
from citytwin.model.ragged import list_column
from citytwin.model.site import Site
from citytwin.model.steps import Assessed, Assessment, CityState
from citytwin.model.sun_days import SunDays
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text
from citytwin.rules.city_shadows import city_casters, standing_faces
from citytwin.rules.city_walls import CityWalls, city_walls
from citytwin.rules.sampled_suns import sampled_suns
from citytwin.rules.standing_walls import storey_hours_once


class FacadesParams(SunDays):
    """The days, and how walls are divided."""

    storey_m: float = Bound(default=3.0, ge=2, le=10)
    """Height of a storey; the sun is looked for in its middle [m]."""
    piece_m: float = Bound(default=10.0, ge=1, le=200)
    """Longer walls are cut into equal pieces, each judged in its middle [m]."""
    casters: Literal["faces", "surface"] = "faces"
    """What throws the shadows: the faces of the city model over the ground, or the cells of the
    field ``surface_height`` as blocks."""


def run(city: CityState, params: FacadesParams) -> Assessed:
    """Find the shadow height of each wall and sun, and from it the hours of all storeys.

    Storeys are counted from the lowest ground along the building's walls. Where another building
    stands against a wall, closer than 0.3 m, its storeys are covered up to that building's roof.

    Parameters
    ----------
    city
        With buildings, their surfaces, and the ground or the surface with buildings.
    params
        The days, storeys and casters.
    """
    suns = _suns(params, city.site)
    buildings = city.table(t.BUILDINGS)
    ground = city[f.TERRAIN]
    faces = standing_faces(buildings, city.tables.get(t.SURFACES), city.grid, ground)
    facades = city_walls(
        buildings,
        faces,
        city.grid,
        ground,
        piece_m=params.piece_m,
        storey_m=params.storey_m,
        point_m=params.storey_m / 2,
    )
    names = _names(facades, buildings)
    height = _casting(city, params)
    casters = city_casters(city.grid, height, faces if params.casters == "faces" else None)
    hours = storey_hours_once(city, height, facades.walls, names, casters, suns)
    frame = _frame(facades, names, hours, buildings, city.site)
    facts, notes = _facts(frame, buildings), _notes(params, city)
    return Assessed(frame, facts, notes, valid_time=params.begin(city.time_zone))


def _suns(params: FacadesParams, site: Site) -> Suns:
    """Positions that count, with their hours per day."""
    suns = sampled_suns(params.taken(site.time_zone, "facades"), site, params.refraction)
    return suns_above(suns, params.min_altitude_deg, params.horizon_deg, site.convergence_deg)


def _casting(city: CityState, params: FacadesParams) -> NDArray[np.float32]:
    """Ground under the faces that cast, or the surface that casts alone, shape (ny, nx) [m]."""
    height = city.fields.get(f.TERRAIN if params.casters == "faces" else f.SURFACE_HEIGHT)
    if height is None:
        msg = "the surface is to cast the shadows, and there is none"
        hint = "give `surface_height`, or `casters: faces`"
        raise StepError(msg, step="facades", hint=hint)
    return height


def _names(facades: CityWalls, buildings: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Building, wall and piece of each."""
    pieces = facades.pieces
    building = buildings["building_id"].to_numpy()[pieces.building]
    names = zip(building, pieces.wall, pieces.piece, strict=True)
    return np.array([f"{name}:{wall}.{piece}" for name, wall, piece in names], dtype=object)


def _frame(
    facades: CityWalls,
    names: NDArray[np.object_],
    hours: NDArray[np.float64],
    buildings: gpd.GeoDataFrame,
    site: Site,
) -> gpd.GeoDataFrame:
    pieces, walls = facades.pieces, facades.walls
    storeys = np.diff(walls.first)
    covered = facades.covered_storeys
    seen = np.where(storeys > covered, storeys - covered, np.nan)
    total = np.add.reduceat(hours, walls.first[:-1]) if len(hours) else hours
    building = buildings["building_id"].to_numpy()[pieces.building]
    azimuth = np.degrees(np.arctan2(walls.normal[:, 0], walls.normal[:, 1]))
    columns = {
        "facade_id": names,
        "building_id": building,
        "wall": pieces.wall,
        "azimuth_deg": np.mod(azimuth + site.convergence_deg, 360.0),
        "length_m": pieces.length_m,
        "base_z_m": facades.floor_m,
        "top_z_m": facades.top_m,
        "storeys": storeys,
        "covered_storeys": covered,
        "sunlit_hours_lowest": np.where(covered == 0, hours[walls.first[:-1]], np.nan),
        "sunlit_hours_mean": total / seen,
        "sunlit_hours_highest": np.where(covered < storeys, hours[walls.first[1:] - 1], np.nan),
        "storey_hours": list_column(hours, walls.first),
    }
    lines = shapely.linestrings(np.stack([pieces.start, pieces.end], axis=1))
    return gpd.GeoDataFrame(columns, geometry=lines, crs=buildings.crs)


def _facts(frame: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> tuple[Fact, ...]:
    known = frame["building_id"].nunique()
    return (
        Fact(
            name="facades_covered",
            label=text("隣の建物に接する壁の数（最下階）", "Walls against another building"),
            value=float((frame["covered_storeys"] > 0).sum()),
            unit="1",
        ),
        Fact(
            name="buildings_without_facades",
            label=text(
                "壁面を評価できなかった建物の数（高さ・地盤高が不明、低い、または範囲外）",
                "Buildings without walls assessed (height or ground unknown, low, or outside)",
            ),
            value=float(len(buildings) - known),
            unit="1",
        ),
    )


def _notes(params: FacadesParams, city: CityState) -> tuple[Note, ...]:
    when, low = params.wording, params.min_altitude_deg
    storey, piece = params.storey_m, params.piece_m
    said = Note(
        severity="info",
        ja=f"{when.ja}に壁の各階の中央へ日光が届く時間（太陽高度 {low:g} 度以上、雲なし）。"
        f"階の高さは一律 {storey:g} m とし、{piece:g} m より長い壁は等分して中央で判定します",
        en=f"Possible sunlight {when.en} in the middle of each storey of each wall, sun above"
        f" {low:g} degrees, no clouds. All storeys are taken to be {storey:g} m high; walls longer"
        f" than {piece:g} m are cut into equal pieces and judged in their middle",
    )
    return (said, *sun_notes(params.casters == "surface", city.grid, city.site))


ASSESSMENT = Assessment(
    name="facades",
    title=text("壁面の日照", "Sun on walls"),
    inputs=(t.BUILDINGS, f.TERRAIN),
    optional=(t.SURFACES, f.SURFACE_HEIGHT),
    output=t.FACADES,
    params=FacadesParams,
    run=run,
    on_request=True,
    cost=Cost(seconds_per_megacell=20.0, bytes_per_cell=60.0),
)
