"""One step of the full scheme against the equations in textbook form and double precision."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from citytwin.kernels.full_state import EdgeFlow, FullNumbers, FullState, full_work
from citytwin.kernels.full_step import advance_full
from citytwin.kernels.inertial_state import CLOSED_BED_M, Ground
from citytwin.kernels.manning_friction import slowed
from citytwin.kernels.riemann import FaceSide, riemann_flux

F = np.float32
G = 9.80665
CELL_M = 2.5


def state_of(depth: np.ndarray, x_speed: np.ndarray, y_speed: np.ndarray) -> FullState:
    """Single-precision state."""
    h, u, v = (a.astype(F) for a in (depth, x_speed, y_speed))
    wave = np.maximum(abs(u), abs(v)) + np.sqrt(F(G) * h)
    return FullState(h, 0 * h, h.max(axis=1), u, v, wave.max(axis=1))


@dataclass
class Place:
    """Uneven ground, water in motion, some of it dry, in double precision."""

    bed: np.ndarray
    closed: np.ndarray
    manning: np.ndarray
    depth: np.ndarray
    x_speed: np.ndarray
    y_speed: np.ndarray

    def states(self) -> tuple[FullState, FullState]:
        """The water, and arrays for the other state."""
        zero = np.zeros(self.bed.shape)
        return state_of(self.depth, self.x_speed, self.y_speed), state_of(zero, zero, zero)

    def ground(self, conveyance: float = 0.0) -> Ground:
        """Ground with the same conveyance along all edges."""
        ny, nx = self.bed.shape
        bed = np.where(self.closed, CLOSED_BED_M, self.bed).astype(F)
        sides = [np.full(n, conveyance, dtype=F) for n in (nx, nx, ny, ny)]
        return Ground(bed, self.manning.astype(F), (~self.closed).astype(F), *sides)


def make_place(seed: int, *, walls: bool = False, ny: int = 7, nx: int = 11) -> Place:
    """A random place."""
    rng = np.random.default_rng(seed)
    bed = rng.uniform(-0.5, 0.5, (ny, nx)).astype(F).astype(float)
    closed = np.zeros((ny, nx), dtype=bool)
    if walls:
        closed[2:4, 3:5] = True
    depth = np.maximum(rng.uniform(-0.4, 1.5, (ny, nx)), 0).astype(F).astype(float)
    depth[closed] = 0
    u, v = (rng.uniform(-2, 2, (ny, nx)).astype(F).astype(float) for _ in range(2))
    u[depth == 0] = v[depth == 0] = 0
    manning = rng.uniform(0.015, 0.08, (ny, nx)).astype(F).astype(float)
    return Place(bed, closed, manning, depth, u, v)


def numbers(dt: float, rain: float = 0.0, loss: float = 0.0) -> FullNumbers:
    """Scalars of a step."""
    return FullNumbers(F(G * dt), F(G * dt / CELL_M), F(dt / CELL_M), F(1e-4), F(rain), F(loss))


def step(
    place: Place,
    dt: float,
    *,
    second_order: bool,
    conveyance: float = 0.0,
    rain: float = 0.0,
    loss: float = 0.0,
    steps: int = 1,
) -> tuple[FullState, EdgeFlow, float]:
    """Some steps of the kernel: the state, the flow over the edges and the drained depth."""
    ny, nx = place.bed.shape
    states, work = place.states(), full_work(ny, nx)
    flow = EdgeFlow(*(np.zeros(n) for n in (nx, nx, ny, ny)))
    drained = 0
    for _ in range(steps):
        drained += advance_full(
            states, place.ground(conveyance), work, flow, numbers(dt, rain, loss), second_order
        )
        if not second_order:
            states = states[::-1]
        assert (states[0].depth_m >= 0).all()
    return states[0], flow, drained / 2**46


def textbook_fluxes(
    left: tuple[np.ndarray, ...], right: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Fluxes of mass and two momenta on either side of faces: Audusse (2004), HLLC (Toro 2001).

    Sides are depth, velocity across the face, velocity along it, bed.
    """
    (h_l, u_l, v_l, z_l), (h_r, u_r, v_r, z_r) = left, right
    top = np.maximum(z_l, z_r)
    a, b = np.maximum(0, h_l + z_l - top), np.maximum(0, h_r + z_r - top)
    c_l, c_r = np.sqrt(G * a), np.sqrt(G * b)
    star_u, star_c = 0.5 * (u_l + u_r) + c_l - c_r, 0.5 * (c_l + c_r) + 0.25 * (u_l - u_r)
    s_l = np.where(a > 0, np.minimum(u_l - c_l, star_u - star_c), u_r - 2 * c_r)
    s_l = np.where(b > 0, s_l, u_l - c_l)
    s_r = np.where(b > 0, np.maximum(u_r + c_r, star_u + star_c), u_l + 2 * c_l)
    s_r = np.where(a > 0, s_r, u_r + c_r)
    state_l, state_r = np.array([a, a * u_l]), np.array([b, b * u_r])
    flux_l = np.array([a * u_l, a * u_l**2 + 0.5 * G * a**2])
    flux_r = np.array([b * u_r, b * u_r**2 + 0.5 * G * b**2])
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (s_r * flux_l - s_l * flux_r + s_l * s_r * (state_r - state_l)) / (s_r - s_l)
        fan = np.where(s_l >= 0, flux_l, np.where(s_r <= 0, flux_r, middle))
    fan = np.where((a == 0) & (b == 0), 0, fan)
    along = fan[0] * np.where(fan[0] > 0, v_l, v_r)
    on_left = fan[1] + 0.5 * G * (h_l**2 - a**2)
    on_right = fan[1] + 0.5 * G * (h_r**2 - b**2)
    return np.array([fan[0], on_left, along]), np.array([fan[0], on_right, along])


def rate(place: Place) -> np.ndarray:
    """Change of depth and of both momenta by the fluxes in x, closed at the ends, times cell/dt."""
    pad = [
        np.pad(a, ((0, 0), (1, 1)), "edge")
        for a in (place.depth, place.x_speed, place.y_speed, place.bed)
    ]
    pad[1][:, [0, -1]] *= -1
    left, right = (tuple(a[:, s] for a in pad) for s in (slice(None, -1), slice(1, None)))
    on_left, on_right = textbook_fluxes(left, right)
    return on_right[:, :, :-1] - on_left[:, :, 1:]


def turned(place: Place) -> Place:
    """The same place with rows and columns exchanged."""
    arrays = (place.bed, place.closed, place.manning, place.depth, place.y_speed, place.x_speed)
    return Place(*(a.T.copy() for a in arrays))


def euler(place: Place, dt: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth and velocities after a step in first order."""
    in_x, in_y = rate(place), rate(turned(place)).transpose(0, 2, 1)[[0, 2, 1]]
    start = np.array([place.depth, place.depth * place.x_speed, place.depth * place.y_speed])
    depth, *momentum = start + dt / CELL_M * (in_x + in_y)
    wet = depth > 1e-4
    u, v = (np.where(wet, q / np.where(wet, depth, 1), 0) for q in momentum)
    drag = G * dt * place.manning**2 / np.where(wet, depth, 1) ** (4 / 3)
    slower = 2 / (1 + np.sqrt(1 + 4 * drag * np.hypot(u, v)))
    return depth, u * slower, v * slower


@pytest.mark.parametrize("seed", range(6))
def test_a_step_in_first_order_equals_the_equations(seed: int) -> None:
    """Depth, and momentum where little water makes large velocities, in single precision."""
    place = make_place(seed)
    depth, u, v = euler(place, 0.05)
    got, _, _ = step(place, 0.05, second_order=False)
    np.testing.assert_allclose(got.depth_m, depth, atol=3e-6)
    np.testing.assert_allclose(got.depth_m * got.x_speed, depth * u, atol=2e-5)
    np.testing.assert_allclose(got.depth_m * got.y_speed, depth * v, atol=2e-5)
    wave = np.maximum(abs(got.x_speed), abs(got.y_speed)) + np.sqrt(G * got.depth_m)
    np.testing.assert_allclose(got.row_wave_m_s, wave.max(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(got.row_depth_m, got.depth_m.max(axis=1))


def test_without_slopes_the_second_order_is_the_mean_of_two_steps() -> None:
    """Cells that alternate are all extremes: the limiter makes every slope zero."""
    rng = np.random.default_rng(1)
    sign = (-1.0) ** np.add.outer(np.arange(6), np.arange(8))
    place = make_place(0, ny=6, nx=8)
    place.bed[:] = 0.0
    place.depth[:] = (1 + 0.3 * sign + rng.uniform(-0.02, 0.02, sign.shape)).astype(F)
    place.x_speed[:] = (0.5 * sign).astype(F)
    place.y_speed[:] = (-0.3 * sign).astype(F)
    place.manning[:] = 0.0
    dt = 0.002
    one = Place(place.bed, place.closed, place.manning, *euler(place, dt))
    two = euler(one, dt)
    got, _, _ = step(place, dt, second_order=True)
    depth = 0.5 * (place.depth + two[0])
    np.testing.assert_allclose(got.depth_m, depth, atol=1e-6)
    momentum = 0.5 * (place.depth * place.x_speed + two[0] * two[1])
    np.testing.assert_allclose(got.depth_m * got.x_speed, momentum, atol=1e-5)


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize("dt", [0.05, 0.3, 2.0])
def test_no_step_however_long_makes_a_negative_depth(dt: float, second_order: bool) -> None:
    """The limiter holds far beyond the stable step, and the volume stays."""
    place = make_place(11, walls=True, ny=13, nx=9)
    got, _, _ = step(place, dt, second_order=second_order, steps=3)
    assert got.depth_m.sum(dtype=float) == pytest.approx(place.depth.sum(), rel=1e-6)
    assert (got.depth_m[place.closed] == 0).all()
    assert (got.x_speed[place.closed] == 0).all()


@pytest.mark.parametrize("second_order", [False, True])
def test_a_step_books_what_leaves_drains_and_rains(second_order: bool) -> None:
    """Edges, drains and rain together close the account."""
    place = make_place(8, walls=True)
    got, flow, drained = step(
        place, 0.05, second_order=second_order, conveyance=20.0, rain=2e-3, loss=1e-3
    )
    assert (flow.north <= 0).all()
    assert (flow.east >= 0).all()
    left = (flow.east - flow.west).sum() + (flow.south - flow.north).sum()
    assert left > 0
    assert drained > 0
    lost = place.depth.sum() + 2e-3 * (~place.closed).sum() - got.depth_m.sum(dtype=float)
    assert lost == pytest.approx(left * 0.05 / CELL_M + drained, rel=1e-6)


@pytest.mark.parametrize("second_order", [False, True])
def test_rows_passed_over_have_the_same_bits(second_order: bool) -> None:
    """Telling the kernel that dry rows are wet changes no bit of the result."""
    place = make_place(5, ny=14, nx=6)
    for rows in (slice(0, 4), slice(8, 14)):
        place.depth[rows] = place.x_speed[rows] = place.y_speed[rows] = 0
    ends = []
    for all_wet in (False, True):
        states, work = place.states(), full_work(14, 6)
        if all_wet:
            states[0].row_depth_m[:] = states[1].row_depth_m[:] = 1
        flow = EdgeFlow(*(np.zeros(n) for n in (6, 6, 14, 14)))
        advance_full(states, place.ground(9.0), work, flow, numbers(0.05), second_order)
        ends.append(states[0 if second_order else 1])
    for a, b in zip(*ends, strict=True):
        if a.ndim == 2:
            np.testing.assert_array_equal(a, b)


def test_a_wall_lets_nothing_pass_and_pushes_back() -> None:
    """No mass to the bit; the force is that of the mirrored flow, by hand."""
    depth, speed = F(0.7), F(1.3)
    dry = FaceSide(F(0), F(0), F(0))
    fluxes = [riemann_flux(FaceSide(depth, u, F(1)), dry, F(1e6)) for u in (speed, -speed)]
    np.testing.assert_array_equal([flux.mass for flux in fluxes], 0)
    # Towards the wall the reflected shock moves back at c + u / 2, away from it at c.
    wave = np.sqrt(G * 0.7)
    pushed = [0.7 * 1.3**2 + 0.7 * 1.3 * (wave + 0.65), 0.7 * 1.3**2 - 0.7 * 1.3 * (wave + 1.3)]
    np.testing.assert_allclose([flux.on_first for flux in fluxes], pushed, rtol=1e-6)


def test_friction_solves_its_implicit_equation() -> None:
    """U' (1 + dt g n^2 |u'| / h^(4/3)) = u, from films to rivers."""
    depth = np.geomspace(1e-4, 10, 64).astype(F)
    u, v = np.linspace(-5, 8, 64).astype(F), np.linspace(3, -1, 64).astype(F)
    numbers = F(0.05), F(G * 0.7)
    after = [slowed((u[i], v[i]), F(1) / depth[i], depth[i], *numbers) for i in range(64)]
    after_u, after_v = np.array(after, dtype=float).T
    drag = G * 0.7 * 0.05**2 * np.hypot(after_u, after_v) / depth.astype(float) ** (4 / 3)
    np.testing.assert_allclose(after_u * (1 + drag), u, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(after_v * (1 + drag), v, rtol=2e-5, atol=1e-6)


def test_a_single_row_and_a_single_column_run() -> None:
    """Grids one cell wide keep their volume."""
    for shape in ((1, 9), (9, 1), (1, 1)):
        depth = np.linspace(0.1, 1, 9)[: shape[0] * shape[1]].reshape(shape)
        zero = np.zeros(shape)
        place = Place(zero, zero.astype(bool), zero + 0.03, depth, zero.copy(), zero.copy())
        for second_order in (False, True):
            got, _, _ = step(place, 0.1, second_order=second_order, steps=3)
            assert got.depth_m.sum(dtype=float) == pytest.approx(depth.sum(), rel=1e-6)


def few_steps() -> str:
    """Digest of small runs."""
    digest = hashlib.sha256()
    for second_order in (False, True):
        place = make_place(4, walls=True, ny=5, nx=9)
        got, flow, _ = step(
            place, 0.05, second_order=second_order, conveyance=5.0, rain=1e-4, loss=2e-5, steps=3
        )
        digest.update(b"".join(a.tobytes() for a in (*got, *flow)))
    return digest.hexdigest()


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
