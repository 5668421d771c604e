"""Coarse cells laid over the fine ground: tables, edges, rain and the water of the start."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.coarse_cells import block_sums, coarse_forcing, standing_depth
from citytwin.kernels.coarse_rain import CoarseRain
from citytwin.kernels.flood_culverts import CulvertEnds, CulvertFlow
from citytwin.kernels.flood_exchange import FloodExchange
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_options import Edges, SolverOptions
from citytwin.kernels.flood_part import whole
from citytwin.kernels.flood_recorder import FloodRecorder
from citytwin.kernels.flood_run import FloodParts, FloodRun
from citytwin.kernels.flood_setup import Cells, lay_ground, start_depth
from citytwin.kernels.flood_sewers import SewerExchange
from citytwin.kernels.flood_sources import FloodSources
from citytwin.kernels.inertial_state import CLOSED_BED_M, Ground
from citytwin.kernels.rain_field import RainField
from citytwin.kernels.roof_runoff import rain_weight
from citytwin.kernels.shallow_water import Field
from citytwin.kernels.subgrid_scheme import SubgridGround, SubgridScheme
from citytwin.kernels.subgrid_sections import face_sections
from citytwin.kernels.subgrid_soak import CoarseSoak
from citytwin.kernels.subgrid_storage import TabledCells, cell_storage


def begin_subgrid(
    terrain_m: Field,
    manning: Field,
    cells: Cells,
    cell_m: float,
    duration_s: float,
    forcing: Forcing,
    options: SolverOptions,
) -> FloodRun:
    """Lay out a run on coarse cells.

    Parameters
    ----------
    terrain_m
        Fine ground level, shape (m, n), float32 [m].
    manning
        Manning's n, shape (m, n), float32 [s/m^(1/3)].
    cells
        Masks of shape (m, n).
    cell_m
        Size of the fine cells [m], > 0.
    duration_s
        Length of the run [s], > 0.
    forcing
        With cells of the fine grid.
    options
        Numbers of the scheme; `subgrid_cells` above 1.
    """
    laid = lay_subgrid(terrain_m, manning, cells, cell_m, options)
    number, ground = options.subgrid_cells, laid.ground
    side_m = number * cell_m
    area_m2, place = side_m * side_m, whole(ground.bed_m.shape)
    coarse = coarse_forcing(forcing, number, ground.bed_m.shape[1])
    rain = None
    if isinstance(forcing.rain, RainField):
        rain = CoarseRain(forcing.rain, cells, number)
        laid = laid._replace(ground=ground._replace(rain_weight=rain.depth_m))
    depth = standing_depth(start_depth(forcing, cells), laid.bed_m, laid.storage, number)
    storage, sewers, soak = TabledCells(laid.storage), coarse.sewers, None
    scheme = SubgridScheme(laid, depth, side_m, options)
    if forcing.sinks is not None:
        soak = CoarseSoak(forcing.sinks, laid.storage, laid.bed_m, scheme.fallen_m, number)
    ends = flow = None
    if coarse.culverts is not None:
        ends = CulvertEnds(coarse.culverts, place)
        flow = CulvertFlow(coarse.culverts, storage, area_m2)
    parts = FloodParts(
        scheme,
        FloodSources(coarse, area_m2, float(ground.rain_weight.max()), place, rain),
        FloodExchange(coarse, storage, area_m2, place.core.col1, place, soak),
        FloodRecorder(options.recording, cells, duration_s),
        ends,
        flow,
        None if sewers is None else SewerExchange(sewers, storage, area_m2),
    )
    return FloodRun(parts, options, place)


def lay_subgrid(
    terrain_m: Field, manning: Field, cells: Cells, cell_m: float, options: SolverOptions
) -> SubgridGround:
    """Prepare what does not change during a run.

    Parameters
    ----------
    terrain_m
        Fine ground level, shape (m, n), float32 [m].
    manning
        Manning's n, shape (m, n), float32 [s/m^(1/3)].
    cells
        Masks of shape (m, n).
    cell_m
        Size of the fine cells [m], > 0.
    options
        Numbers of the scheme.
    """
    number = options.subgrid_cells
    bed = np.where(cells.is_open, terrain_m, CLOSED_BED_M).astype(np.float32, order="C")
    rough = np.where(cells.is_open, manning, 0.0).astype(np.float32, order="C")
    storage = cell_storage(bed, number)
    x_faces, y_faces = face_sections(bed, rough, storage, number)
    weight = block_sums(rain_weight(cells.is_open, cells.is_roof), number) / number**2
    ground = _edges(terrain_m, cells, number, number * cell_m, options.edges)
    ground = ground._replace(bed_m=storage.bed_m, rain_weight=weight.astype(np.float32))
    return SubgridGround(bed, rough, number, storage, x_faces, y_faces, ground)


def _edges(terrain_m: Field, cells: Cells, number: int, side_m: float, edges: Edges) -> Ground:
    """Ground of the coarse cells whose edges conduct as if Manning's n were 1."""
    count = block_sums(cells.is_open.astype(np.float64), number)
    level = np.where(cells.is_open, terrain_m, 0.0).astype(np.float64)
    mean = block_sums(level, number) / np.maximum(count, 1.0)
    is_open = count > 0
    coarse = Cells(is_open, np.zeros_like(is_open))
    ones = np.ones(is_open.shape, dtype=np.float32)
    return lay_ground(mean.astype(np.float32), ones, coarse, side_m, edges)
