"""Measured wind of the AIJ benchmark (CC BY 4.0): towns on a grid, what arrives, what was measured.

Lengths of the models of A and C are multiplied by 100, so that they are those of a town.
"""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely.geometry

from citytwin.kernels.coverage_raster import cover_samples
from citytwin.kernels.flow_approach import ApproachFlow
from citytwin.kernels.flow_grid import inner
from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_town import fitting_grid, surrounded
from citytwin.kernels.flow_turn import Turn, at_places, turn_of, turned
from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.wind_flow import WindFlow, direction_of, solve_wind_flow
from citytwin.model.ragged import faces_of_geometry

SAMPLES = Path(os.environ.get("CITYTWIN_SAMPLES", "missing")) / "wind"
LOWEST_BUILDING_M = 1.0
MARGIN_M = {"A": 70.0, "C": 90.0, "E": 50.0}


class Case(NamedTuple):
    """A town, where its north-west corner lies, and its wind."""

    town: Town
    cell_m: float
    west_m: float
    north_m: float
    approach: ApproachFlow
    parts: np.ndarray | None = None
    """Parts of each cell under footprints."""


def rows_of(name):
    """Rows of a table as numbers."""
    with (SAMPLES / name).open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def column(rows, name):
    """One column of a table."""
    return np.array([row[name] for row in rows])


def blocks(half_m, cell_m, heights):
    """Town of blocks: (x, y, half width, height) each."""
    n = round(2 * half_m / cell_m)
    x, y = np.meshgrid(
        (np.arange(n) + 0.5) * cell_m - half_m, half_m - (np.arange(n) + 0.5) * cell_m
    )
    top = np.zeros((n, n), dtype=np.float32)
    for east, north, half, height in heights:
        top[(abs(x - east) < half) & (abs(y - north) < half)] = height
    return Town(top, np.zeros_like(top))


def case_a(cell_m):
    """One block of 8 x 8 x 16 m."""
    inflow = rows_of("aij_a/inflow.csv")
    approach = ApproachFlow(
        100 * column(inflow, "z_m"), column(inflow, "U_mps"), column(inflow, "k_m2s2")
    )
    return Case(blocks(8.0, cell_m, [(0, 0, 4, 16)]), cell_m, -8.0, 8.0, approach)


def case_c(middle_m, cell_m):
    """Nine cubes of 20 m, that in the middle of another height."""
    inflow = rows_of("aij_c/inflow.csv")
    # k is about the variance along the wind (AIJ guideline, Tominaga et al. 2008).
    approach = ApproachFlow(
        100 * column(inflow, "z_m"), column(inflow, "U_mps"), column(inflow, "sigmaU_mps") ** 2
    )
    cubes = [
        (x, y, 10, middle_m if x == y == 0 else 20.0) for x in (-40, 0, 40) for y in (-40, 0, 40)
    ]
    return Case(blocks(50.0, cell_m, cubes), cell_m, -50.0, 50.0, approach)


def case_e(cell_m, footprints=True):
    """A quarter of Niigata, its flat roofs drawn on the cells as those of a city are.

    Without footprints all that the flow knows is the raster.
    """
    features = json.loads((SAMPLES / "aij_e" / "buildings.geojson").read_text())["features"]
    # The plate under the model, 0.1 m, is no building.
    standing = [one for one in features if one["properties"]["height_m"] > LOWEST_BUILDING_M]
    roofs = faces_of_geometry(
        [shapely.geometry.shape(one["geometry"]) for one in standing],
        np.array([one["properties"]["height_m"] for one in standing]),
    )
    west_m, north_m, ny, nx = -250.0, 250.0, int(500 / cell_m), int(504 / cell_m)
    window = GridWindow(west_m, north_m, cell_m, 0, 0)
    rings = roofs.xyz, roofs.ring_offsets, roofs.polygon_offsets
    top, owner = np.full((ny, nx), np.nan, np.float32), np.full((ny, nx), -1, np.int32)
    burn_planes(*rings, roofs.owners, window, top, owner)
    samples = np.zeros((ny, nx), np.uint16)
    cover_samples(*rings, window, samples)
    inflow = rows_of("aij_e/inflow.csv")
    approach = ApproachFlow(
        250 * column(inflow, "z_over_250m"),
        5 * column(inflow, "U_over_U250"),
        25 * column(inflow, "k_over_U250sq"),
    )
    town = Town(np.nan_to_num(top), np.zeros_like(top))
    return Case(
        town, cell_m, west_m, north_m, approach, samples.astype(np.int32) if footprints else None
    )


class Solved(NamedTuple):
    """A flow, on cells that were turned with the walls of its town."""

    flow: WindFlow
    turn: Turn
    row0: int
    col0: int
    """Where the turned raster begins in the grid of the flow."""


def solved(case, from_deg, margin_m, heights_m=(2.0,), options=None):
    """Solve a case, as `wind_flow` does."""
    turn = turn_of(case.town, case.parts)
    town, (row0, col0) = surrounded(turned(case.town, turn, case.parts), case.cell_m, margin_m)
    grid = fitting_grid(town, case.cell_m)
    toward = direction_of(np.radians(from_deg) + turn.angle_rad)
    flow = solve_wind_flow(grid, town, case.approach, toward, heights_m, options)
    return Solved(flow, turn, row0, col0)


def cells_at(case, made, x_m, y_m):
    """Rows and columns in the grid of the flow of places on the map."""
    row, col = (case.north_m - y_m) / case.cell_m - 0.5, (x_m - case.west_m) / case.cell_m - 0.5
    row, col = made.turn.places_of(row, col)
    return row + made.row0, col + made.col0


def in_space(case, made, values, place):
    """Trilinear between the cells of air of a quantity in cells, (nz, ny, nx)."""
    grid = made.flow.solver.grid
    filled = np.where(inner(made.flow.solver.air) == 1, values, np.nan)
    x_m, y_m, z_m = place
    row, col = cells_at(case, made, x_m, y_m)
    upper = np.clip(np.searchsorted(grid.z_m, z_m), 1, grid.nz - 1)
    share = np.clip((z_m - grid.z_m[upper - 1]) / (grid.z_m[upper] - grid.z_m[upper - 1]), 0, 1)
    found = np.empty(len(x_m))
    for n in range(len(x_m)):
        here = (row[n : n + 1], col[n : n + 1])
        low, high = (at_places(filled[k], here)[0] for k in (upper[n] - 1, upper[n]))
        parts = [(low, 1 - share[n]), (high, share[n])]
        known = [(v, s) for v, s in parts if np.isfinite(v)]
        weight = sum(s for _, s in known)
        found[n] = sum(v * s for v, s in known) / weight if weight > 1e-6 else np.nan
    return found


def speed_over_inflow(case, made, x_m, y_m, reference_m):
    """Mean scalar speed at 2 m over the mean speed of the inflow, which the measurements are given over."""
    ratio = at_places(made.flow.ratio[0], cells_at(case, made, x_m, y_m))
    return ratio * case.approach.scalar_speed(2.0) / float(case.approach.at(reference_m)[0])


def block_velocity(cell_m, options=None):
    """Case A: measured and modelled velocity along the wind by plane, over that at 16 m."""
    case = case_a(cell_m)
    made = solved(case, 270.0, MARGIN_M["A"], options=options)
    along, at_roof = made.flow.solver.centred()[0], case.approach.at(16.0)[0]
    planes = {}
    for name in ("vertical_y0", "horizontal_0p125b", "horizontal_1p25b"):
        rows = rows_of(f"aij_a/{name}.csv")
        place = tuple(100 * column(rows, axis) for axis in ("x_m", "y_m", "z_m"))
        modelled = in_space(case, made, along, place) / at_roof
        known = np.isfinite(modelled)
        planes[name] = (column(rows, "U_mps")[known] / at_roof, modelled[known])
    return planes


def block_gusts(cell_m):
    """Case A: measured and modelled gusts by plane, 3.5 deviations above the mean, over the mean at 16 m.

    By the measured turbulence energy; the vertical velocity counts in both.
    """
    case = case_a(cell_m)
    made = solved(case, 270.0, MARGIN_M["A"])
    at_roof = case.approach.at(16.0)[0]
    names = ("U_mps", "V_mps", "W_mps", "k_m2s2")

    def gust(u, v, w, energy):
        deviation = np.sqrt(2 / 3 * energy)
        return (np.sqrt(u**2 + v**2 + w**2) + 3.5 * deviation) / at_roof

    planes = {}
    for name in ("vertical_y0", "horizontal_0p125b", "horizontal_1p25b"):
        rows = rows_of(f"aij_a/{name}.csv")
        place = tuple(100 * column(rows, axis) for axis in ("x_m", "y_m", "z_m"))
        modelled = gust(*(in_space(case, made, one, place) for one in made.flow.solver.centred()))
        known = np.isfinite(modelled)
        planes[name] = gust(*(column(rows, one)[known] for one in names)), modelled[known]
    return planes


def cube_ratios(middle, cell_m, options=None):
    """Case C: measured and modelled ratios; the middle cube is 0H, 1H or 2H high."""
    case = case_c(20.0 * int(middle[0]), cell_m)
    made = solved(case, 270.0, MARGIN_M["C"], options=options)
    rows = rows_of("aij_c/probes_angle_0p0.csv")
    x, y = 100 * column(rows, "x_m"), 100 * column(rows, "y_m")
    return column(rows, f"R_{middle}"), speed_over_inflow(case, made, x, y, 2.0)


def town_ratios(side, cell_m, options=None, margin_m=None):
    """Case E: measured and modelled ratios for wind from N, E, S or W; over the inflow at 15.9 m."""
    case = case_e(cell_m)
    from_deg = 90.0 * "NESW".index(side)
    made = solved(case, from_deg, margin_m or MARGIN_M["E"], options=options)
    # Probe 51 lies under a flat element.
    rows = [row for row in rows_of("aij_e/probes_after.csv") if row["id"] != 51]
    x, y = column(rows, "x_m"), column(rows, "y_m")
    return column(rows, f"R_{side}"), speed_over_inflow(case, made, x, y, 15.9)
