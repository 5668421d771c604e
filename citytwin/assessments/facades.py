"""Hours of sun on every wall, storey by storey, from the true planes of the buildings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.caster_edges import caster_edges, edges_of_faces
from citytwin.kernels.day_suns import Place, suns_above, suns_at
from citytwin.kernels.facade_sunlight import SAME_HEIGHT, Casters, Walls, storey_hours
from citytwin.kernels.roof_heights import roofs_of
from citytwin.kernels.shadow_height import block_grid
from citytwin.kernels.sun_bundle import Suns
from citytwin.kernels.wall_feet import wall_feet
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_faces import afloat_faces, placed_faces
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Fact, Note
from citytwin.model.outer_walls import OuterWalls, outer_walls
from citytwin.model.ragged import Faces, joined, list_column, offsets_of
from citytwin.model.steps import Assessed, Assessment, CityState, Cost, Site
from citytwin.model.sun_days import SunDays
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text

TALLEST_M = 1000.0
"""No wall is higher [m]."""


class FacadesParams(SunDays):
    """The days, and how walls are divided."""

    storey_m: float = Bound(default=3.0, ge=2, le=10)
    """Height of a storey; the sun is looked for in its middle [m]."""
    piece_m: float = Bound(default=10.0, ge=1, le=200)
    """Longer walls are cut into equal pieces, each judged in its middle [m]."""
    casters: Literal["faces", "surface"] = "faces"
    """What throws the shadows: the faces of the city model over the ground, or the cells of the
    field ``surface_height`` as blocks."""


@dataclass(frozen=True, eq=False)
class _Facades:
    """Pieces of walls that have storeys, with all that is known of each."""

    pieces: OuterWalls
    walls: Walls
    top_m: NDArray[np.float64]


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
    faces = _faces(city, buildings)
    facades = _facades(city, buildings, faces, params)
    hours = storey_hours(facades.walls, _casters(city, faces, params), suns)
    frame = _frame(facades, hours, buildings, city.site)
    facts, notes = _facts(frame, buildings), _notes(params, city)
    return Assessed(frame, facts, notes, valid_time=params.begin(city.time_zone))


def _suns(params: FacadesParams, site: Site) -> Suns:
    """Positions that count, with their hours per day."""
    taken = params.taken(site.time_zone, "facades")
    unix_s = np.array([moment.timestamp() for moment in taken.middles])
    place = Place(site.longitude_deg, site.latitude_deg, site.convergence_deg)
    suns = suns_at(unix_s, taken.hours / taken.days, place, params.refraction)
    return suns_above(suns, params.min_altitude_deg, params.horizon_deg, site.convergence_deg)


def _ground(city: CityState, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ground level at places; NaN where it is unknown and beside the grid."""
    rows, cols = city.grid.cells_of(x, y)
    on_grid = city.grid.contains(rows, cols)
    level = np.full(len(x), np.nan)
    level[on_grid] = city[f.TERRAIN][rows[on_grid], cols[on_grid]]
    return level


def _faces(city: CityState, buildings: gpd.GeoDataFrame) -> Faces:
    """Faces of all buildings at their true height."""
    surfaces = city.tables.get(t.SURFACES)
    if surfaces is None:
        surfaces = pd.DataFrame({"building_id": [], "xyz": [], "ring_sizes": []})
    afloat = afloat_faces(buildings, surfaces)
    xyz = afloat.xyz.copy()
    xyz[:, 2] += _ground(city, xyz[:, 0], xyz[:, 1])
    lifted = Faces(xyz, afloat.ring_offsets, afloat.polygon_offsets, afloat.owners)
    return joined(placed_faces(buildings, surfaces), lifted)


def _bounds(grid: GridSpec) -> tuple[float, float, float, float]:
    box = grid.bounds
    return box.x_min, box.y_min, box.x_max, box.y_max


def _casters(city: CityState, faces: Faces, params: FacadesParams) -> Casters:
    grid, by_faces = city.grid, params.casters == "faces"
    height = city.fields.get(f.TERRAIN if by_faces else f.SURFACE_HEIGHT)
    if height is None:
        msg = "the surface is to cast the shadows, and there is none"
        hint = "give `surface_height`, or `casters: faces`"
        raise StepError(msg, step="facades", hint=hint)
    ends = edges_of_faces(faces.xyz, faces.ring_offsets) if by_faces else np.empty((0, 6))
    cell_m = (grid.cell_m, grid.cell_m)
    blocks = block_grid(height, (grid.x_min, grid.y_max), cell_m, (0, 0))
    return Casters(blocks, caster_edges(ends, _bounds(grid)))


def _facades(
    city: CityState, buildings: gpd.GeoDataFrame, faces: Faces, params: FacadesParams
) -> _Facades:
    """Walls on the grid that are at least half a storey high."""
    pieces = outer_walls(list(buildings.geometry), params.piece_m)
    owner = buildings.index.to_numpy(dtype=np.int64)[pieces.building]
    roofs = roofs_of(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, faces.owners, _bounds(city.grid)
    )
    feet = wall_feet(pieces.middle, pieces.normal, owner, roofs)
    base = _lowest(_ground(city, *feet.foot.T), pieces.building, len(buildings))[pieces.building]
    roof = buildings["roof_z_m"].to_numpy(dtype=np.float64, na_value=np.nan)[pieces.building]
    top = np.where(np.isnan(feet.top_m), roof, feet.top_m)
    tall = top - base
    storey_m = np.full(len(tall), params.storey_m)
    storeys = _middles_below(np.where(tall <= TALLEST_M, tall, 0.0), storey_m)
    kept = np.flatnonzero(storeys > 0)
    walls = Walls(
        feet.foot[kept],
        pieces.normal[kept],
        base[kept],
        storey_m[kept],
        offsets_of(storeys[kept]),
        feet.covered_m[kept],
    )
    return _Facades(pieces.take(kept), walls, top[kept])


def _lowest(
    level: NDArray[np.float64], owner: NDArray[np.int64], number: int
) -> NDArray[np.float64]:
    """Lowest known level of each owner; NaN where none is known."""
    lowest = np.full(number, np.inf)
    np.fmin.at(lowest, owner, level)
    return np.where(np.isinf(lowest), np.nan, lowest)


def _middles_below(
    height_m: NDArray[np.float64], storey_m: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Number of storeys whose middle lies below a height above the base; none for NaN."""
    number = np.ceil(np.nan_to_num(height_m) / storey_m - 0.5 - SAME_HEIGHT)
    return np.asarray(np.maximum(number, 0.0).astype(np.int64))


def _frame(
    facades: _Facades, hours: NDArray[np.float64], buildings: gpd.GeoDataFrame, site: Site
) -> gpd.GeoDataFrame:
    pieces, walls = facades.pieces, facades.walls
    storeys = np.diff(walls.first)
    above_base = np.where(np.isinf(walls.covered_m), 0.0, walls.covered_m - walls.base_m)
    covered = np.minimum(_middles_below(above_base, walls.storey_m), storeys)
    seen = np.where(storeys > covered, storeys - covered, np.nan)
    total = np.add.reduceat(hours, walls.first[:-1]) if len(hours) else hours
    building = buildings["building_id"].to_numpy()[pieces.building]
    names = zip(building, pieces.wall, pieces.piece, strict=True)
    azimuth = np.degrees(np.arctan2(walls.normal[:, 0], walls.normal[:, 1]))
    columns = {
        "facade_id": [f"{name}:{wall}.{piece}" for name, wall, piece in names],
        "building_id": building,
        "wall": pieces.wall,
        "azimuth_deg": np.mod(azimuth + site.convergence_deg, 360.0),
        "length_m": pieces.length_m,
        "base_z_m": walls.base_m,
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
