"""One step of the flood solver against a plain numpy version of the equations, and its parts."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from citytwin.kernels.depth_rows import deposit, drain, largest, pour
from citytwin.kernels.donor_limiter import CellFaces, donor_share
from citytwin.kernels.face_discharge import (
    StepNumbers,
    edge_discharge,
    inverse_cube_root,
)
from citytwin.kernels.inertial_state import CLOSED_BED_M, FlowState, Ground
from citytwin.kernels.row_bands import seams_at
from citytwin.kernels.shallow_water import STEP_WORK_ROWS, advance_band, close_seams, open_seams

F = np.float32
G = 9.80665
CELL_M = 2.5
SIDE, SIDE_PER_ROOT = 0.05, 0.04


@dataclass
class City:
    """A small uneven place with two buildings, in double precision."""

    bed: np.ndarray
    closed: np.ndarray
    manning: np.ndarray
    depth: np.ndarray
    x: np.ndarray
    y: np.ndarray

    def state(self) -> FlowState:
        """Single-precision state."""
        depth = self.depth.astype(F)
        return FlowState(
            depth,
            np.zeros_like(depth),
            depth.max(axis=1),
            self.x.astype(F),
            self.y.astype(F),
        )

    def ground(self, conveyance: float = 0.0) -> Ground:
        """Ground with the same conveyance along all edges."""
        ny, nx = self.bed.shape
        bed = np.where(self.closed, CLOSED_BED_M, self.bed).astype(F)
        sides = [np.full(n, conveyance, dtype=F) for n in (nx, nx, ny, ny)]
        return Ground(bed, self.manning.astype(F), (~self.closed).astype(F), *sides)


def numbers(dt: float, rain: float = 0.0, loss: float = 0.0, froude: float = 1.0) -> StepNumbers:
    """Scalars of a step."""
    return StepNumbers(
        F(0.25 * G * dt),
        F(G * dt / CELL_M),
        F(dt / CELL_M),
        F(SIDE),
        F(SIDE_PER_ROOT),
        F(1e-4),
        F(froude * np.sqrt(G)),
        F(rain),
        F(loss),
    )


def work(city: City) -> np.ndarray:
    """Work space of a step."""
    return np.zeros((STEP_WORK_ROWS, max(city.bed.shape) + 1), dtype=F)


def advance(state: FlowState, ground: Ground, space: np.ndarray, scalars: StepNumbers) -> int:
    """Advance all rows as one band."""
    nothing = seams_at([], state.depth_m.shape[1])
    drained: int = advance_band(state, ground, space, scalars, nothing, 0)
    return drained


def make_city(seed: int, *, ny: int = 7, nx: int = 11) -> City:
    """Wet and dry cells, a bed with steps, moving water, two buildings."""
    rng = np.random.default_rng(seed)
    bed = rng.uniform(-1, 1, (ny, nx)).astype(F).astype(float)
    closed = np.zeros((ny, nx), dtype=bool)
    closed[2:4, 3:5] = True
    closed[5, 8:] = True
    depth = np.maximum(rng.uniform(-0.5, 2, (ny, nx)), 0).astype(F).astype(float)
    depth[closed] = 0
    x = rng.uniform(-1, 1, (ny, nx + 1)).astype(F).astype(float)
    y = rng.uniform(-1, 1, (ny + 1, nx)).astype(F).astype(float)
    x[:, [0, -1]] = 0
    y[[0, -1]] = 0
    x[:, :-1][closed] = x[:, 1:][closed] = 0
    y[:-1][closed] = y[1:][closed] = 0
    manning = rng.uniform(0.015, 0.08, (ny, nx)).astype(F).astype(float)
    return City(bed, closed, manning, depth, x, y)


def reference_faces(city: City, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Discharges of the inner x faces after de Almeida et al. (2012), plain numpy and levels."""
    level = city.bed + city.depth
    bed = np.where(city.closed, 1e6, city.bed)
    level = np.where(city.closed, 1e6, level)
    flow = np.maximum(level[:, :-1], level[:, 1:]) - np.maximum(bed[:, :-1], bed[:, 1:])
    flow = np.where(city.closed[:, :-1] | city.closed[:, 1:], 0, flow)
    wet = flow > 1e-4
    flow = np.where(wet, flow, 1.0)
    mean_y = 0.25 * (city.y[:-1, :-1] + city.y[:-1, 1:] + city.y[1:, :-1] + city.y[1:, 1:])
    here = city.x[:, 1:-1]
    side = np.minimum(SIDE, SIDE_PER_ROOT * np.sqrt(flow))
    centred = (1 - 2 * side) * here + side * (city.x[:, :-2] + city.x[:, 2:])
    rough = 0.5 * (city.manning[:, :-1] + city.manning[:, 1:])
    slope = (level[:, 1:] - level[:, :-1]) / CELL_M
    top = centred - G * flow * dt * slope
    bottom = 1 + G * dt * rough**2 * np.hypot(here, mean_y) / flow ** (7 / 3)
    most = flow * np.sqrt(G * flow)
    return np.where(wet, np.clip(top / bottom, -most, most), 0), wet


def turned(city: City) -> City:
    """The same place with rows and columns exchanged."""
    return City(
        *(a.T.copy() for a in (city.bed, city.closed, city.manning, city.depth, city.y, city.x))
    )


def reference_step(city: City, dt: float, rain: float) -> tuple[np.ndarray, ...]:
    """Depth and discharges after one step with closed edges, plain numpy."""
    x, y = np.zeros_like(city.x), np.zeros_like(city.y)
    x[:, 1:-1] = reference_faces(city, dt)[0]
    y[1:-1] = reference_faces(turned(city), dt)[0].T
    out = np.maximum(x[:, 1:], 0) - np.minimum(x[:, :-1], 0)
    out += np.maximum(y[1:], 0) - np.minimum(y[:-1], 0)
    out *= dt / CELL_M
    share = np.where(out > 0.99999 * city.depth, 0.99999 * city.depth / np.maximum(out, 1e-30), 1)
    pad = np.pad(share, 1, constant_values=1)
    x *= np.where(x > 0, pad[1:-1, :-1], pad[1:-1, 1:])
    y *= np.where(y > 0, pad[:-1, 1:-1], pad[1:, 1:-1])
    depth = city.depth + dt / CELL_M * (x[:, :-1] - x[:, 1:] + y[:-1] - y[1:])
    return depth + rain * ~city.closed, x, y


@pytest.mark.parametrize("seed", range(6))
def test_one_step_equals_the_equations_in_double_precision(seed: int) -> None:
    """Depth and both discharges agree with plain numpy within single precision."""
    city, dt, rain = make_city(seed), 0.2, 0.003
    depth, x, y = reference_step(city, dt, rain)
    state = city.state()
    advance(state, city.ground(), work(city), numbers(dt, rain))
    # Levels near 1 m cancel in the slope: a few units of the last place of 3 m.
    np.testing.assert_allclose(state.x_discharge, x, atol=4e-6)
    np.testing.assert_allclose(state.y_discharge, y, atol=4e-6)
    np.testing.assert_allclose(state.depth_m, depth, atol=2e-6)
    np.testing.assert_array_equal(state.row_depth_m, state.depth_m.max(axis=1))


@pytest.mark.parametrize("dt", [0.05, 0.3, 2.0, 40.0])
def test_no_step_however_long_makes_a_negative_depth(dt: float) -> None:
    """The limiter holds far beyond the stable step, and the volume stays."""
    city = make_city(11, ny=13, nx=9)
    state = city.state()
    before = state.depth_m.sum(dtype=float)
    for _ in range(4):
        advance(state, city.ground(), work(city), numbers(dt, froude=np.inf))
        assert (state.depth_m >= 0).all()
    assert state.depth_m.sum(dtype=float) == pytest.approx(before, rel=1e-6)


def test_faces_of_buildings_carry_exactly_nothing() -> None:
    """No water enters or leaves a building cell, though water stands 2 m high beside it."""
    city = make_city(3)
    city.depth[~city.closed] = 2.0
    state = city.state()
    advance(state, city.ground(), work(city), numbers(0.2, 0.01, 0.001))
    assert (state.depth_m[city.closed] == 0).all()
    for faces in (
        state.x_discharge[:, :-1],
        state.x_discharge[:, 1:],
        state.y_discharge[:-1],
        state.y_discharge[1:],
    ):
        assert (faces[city.closed] == 0).all()


def test_rows_passed_over_have_the_same_bits() -> None:
    """Telling the kernel that dry rows are wet changes no bit of the result."""
    city = make_city(5, ny=12, nx=6)
    city.depth[:3] = city.depth[7:] = 0
    city.x[:3] = city.x[7:] = 0
    city.y[:3] = city.y[8:] = 0
    skipping, full = city.state(), city.state()
    full.row_depth_m[:] = 1
    for state in (skipping, full):
        advance(state, city.ground(10.0), work(city), numbers(0.2))
    for a, b in zip(skipping, full, strict=True):
        np.testing.assert_array_equal(a, b)


def test_edges_let_out_normal_flow_and_never_more_than_critical() -> None:
    """Manning's formula below the critical flow, the critical flow above, nothing when closed."""
    depth = np.array([0.0, 5e-5, 0.2, 1.0, 4.0], dtype=F)
    slope, rough = 0.0004, 0.03
    for conveyance in (np.sqrt(slope) / rough, 1e12, 0.0):
        out = [edge_discharge(h, F(conveyance), F(1e-4)) for h in depth]
        normal = conveyance * depth.astype(float) ** (5 / 3)
        expected = np.minimum(normal, depth * np.sqrt(G * depth))
        expected[depth <= 1e-4] = 0
        np.testing.assert_allclose(out, expected, rtol=1e-6)


def test_a_step_with_free_edges_takes_what_it_books() -> None:
    """The volume that leaves the grid is the sum of the edge discharges."""
    city = make_city(8)
    city.depth[~city.closed] += 0.1
    state = city.state()
    before = state.depth_m.sum(dtype=float)
    advance(state, city.ground(20.0), work(city), numbers(0.2))
    x, y = state.x_discharge.astype(float), state.y_discharge.astype(float)
    assert (x[:, 0] <= 0).all()
    assert (x[:, -1] >= 0).all()
    out = (x[:, -1] - x[:, 0]).sum() + (y[-1] - y[0]).sum()
    assert out > 0
    lost = before - state.depth_m.sum(dtype=float)
    assert lost == pytest.approx(out * 0.2 / CELL_M, rel=1e-6)


def test_a_dry_donor_gives_nothing_and_a_full_one_all_it_can() -> None:
    """Shares by hand: no water, too little water, enough water, no outflow."""
    depth = np.array([0.0, 0.1, 5.0, 0.1], dtype=F)
    east = np.array([1.0, 2.0, 1.0, -1.0], dtype=F)
    west = np.array([-1.0, -1.0, 1.0, 1.0], dtype=F)
    zero = np.zeros(4, dtype=F)
    share = np.empty(4, dtype=F)
    assert donor_share(share, depth, CellFaces(west, east, zero, zero), F(0.1))
    np.testing.assert_allclose(share, [0, 0.99999 * 0.1 / 0.3, 1, 1], rtol=1e-6)
    assert not donor_share(share, depth, CellFaces(zero, zero, zero, zero), F(0.1))
    np.testing.assert_array_equal(share, 1)


def test_the_inverse_cube_root_is_good_to_single_precision() -> None:
    """Relative error below 3e-7, from a thousandth of a millimetre to a kilometre."""
    x = np.geomspace(1e-6, 1e3, 4001).astype(F)
    expected = x.astype(float) ** (-1 / 3)
    np.testing.assert_allclose([inverse_cube_root(a) for a in x], expected, rtol=3e-7)


def test_deposits_far_below_the_last_digit_are_kept() -> None:
    """Ten thousand gains of 1e-8 m on 1 m of water are not lost."""
    depth, residual = np.ones(3, dtype=F), np.zeros(3, dtype=F)
    for _ in range(10_000):
        deposit(depth, residual, np.full(3, 1e-8, dtype=F))
    np.testing.assert_allclose(depth, 1 + 1e-4, atol=1e-7)


def test_drains_take_their_rate_or_what_is_there() -> None:
    """A drain never takes more than the cell holds, and the sum is what was taken."""
    depth = np.array([0.0, 1e-5, 0.5, 2.0], dtype=F)
    residual, before = np.zeros(4, dtype=F), depth.astype(float)
    total = drain(depth, residual, np.empty(4, dtype=F), F(1e-3), 0, 4) / 2**46
    np.testing.assert_allclose(depth, [0, 1e-10, 0.499, 1.999], rtol=1e-6, atol=1e-12)
    assert (depth >= 0).all()
    kept = depth.astype(float) + residual
    assert total == pytest.approx((before - kept).sum(), rel=1e-9)


def test_the_largest_of_a_row_is_found_and_nan_is_not_hidden() -> None:
    """Largest value, and NaN when there is one."""
    out = np.empty(1, dtype=F)
    largest(np.array([0.0, 3.5, 1e-40, 2.0], dtype=F), out)
    assert out[0] == F(3.5)
    for nan in (np.nan, np.copysign(np.nan, -1)):
        largest(np.array([0.0, nan, 2.0], dtype=F), out)
        assert np.isnan(out[0])


def test_pouring_adds_to_the_named_cells_only() -> None:
    """Two cells gain the same depth; the largest depth of their rows is renewed."""
    city = make_city(2)
    city.depth[:] = 0.25
    state = city.state()
    pour(state, np.array([1, 4]), np.array([9, 0]), F(0.5))
    expected = np.full(city.depth.shape, 0.25)
    expected[[1, 4], [9, 0]] = 0.75
    np.testing.assert_array_equal(state.depth_m, expected)
    np.testing.assert_array_equal(state.row_depth_m, expected.max(axis=1))


def test_a_single_row_and_a_single_column_run() -> None:
    """Grids one cell wide keep their volume."""
    for shape in ((1, 9), (9, 1), (1, 1)):
        depth = np.linspace(0.1, 1, 9)[: shape[0] * shape[1]].reshape(shape)
        ny, nx = shape
        flat = np.zeros(shape)
        city = City(
            flat,
            flat.astype(bool),
            flat + 0.03,
            depth,
            np.zeros((ny, nx + 1)),
            np.zeros((ny + 1, nx)),
        )
        state = city.state()
        advance(state, city.ground(), work(city), numbers(0.2))
        assert state.depth_m.sum(dtype=float) == pytest.approx(depth.sum(), rel=1e-6)


def few_steps() -> str:
    """Digest of a small run."""
    city = make_city(4)
    state = city.state()
    for _ in range(6):
        advance(state, city.ground(5.0), work(city), numbers(0.15, 1e-4, 2e-5))
    return hashlib.sha256(b"".join(a.tobytes() for a in state)).hexdigest()


def test_compiled_and_interpreted_kernels_give_the_same_bits() -> None:
    """Vector code of this processor changes nothing: the interpreter gives the same state."""
    other = "0" if os.environ.get("NUMBA_DISABLE_JIT") == "1" else "1"
    here = Path(__file__)
    result = subprocess.run(
        [sys.executable, "-c", f"import {here.stem} as t; print(t.few_steps())"],
        env={
            **os.environ,
            "NUMBA_DISABLE_JIT": other,
            "PYTHONPATH": os.pathsep.join([str(here.parents[3]), str(here.parent)]),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == few_steps()


@pytest.mark.parametrize("cuts", [[2], [11], [6], [2, 4, 6, 8, 10], [3, 8]])
@pytest.mark.parametrize("dt", [0.2, 3.0])
def test_bands_of_rows_give_the_bits_of_one(cuts: list[int], dt: float) -> None:
    """In any order; with limited cells on both sides of seams, dry rows, rain, drains and outflow."""
    city = make_city(21, ny=13, nx=8)
    city.depth[7:9] = city.x[7:9] = city.y[7:10] = 0
    whole, banded, ground = city.state(), city.state(), city.ground(8.0)
    rng = np.random.default_rng(len(cuts))
    for step in range(6):
        scalars = numbers(dt, rain=1e-4 * (step > 3), loss=2e-5 * (step > 1))
        drained = advance(whole, ground, work(city), scalars)
        seams = seams_at(cuts, 8)
        open_seams(banded, ground, seams, scalars)
        parts = [
            advance_band(banded, ground, work(city), scalars, seams, int(band))
            for band in rng.permutation(len(cuts) + 1)
        ]
        assert sum(parts) + close_seams(banded, ground, work(city), seams, scalars) == drained
        for one, other in zip(whole, banded, strict=True):
            assert one.tobytes() == other.tobytes()
    assert (whole.depth_m > 0).any()
