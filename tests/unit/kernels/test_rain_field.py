"""Rain on a lattice of its own: no drop lost or made on its way to the cells of the grid."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.errors import ConfigError
from citytwin.kernels.flood_forcing import RainSeries
from citytwin.kernels.flood_setup import Cells
from citytwin.kernels.rain_field import Lattice, RainField
from citytwin.kernels.rain_layout import NO_ROOFS, RainLayout, links_within
from citytwin.kernels.rain_shares import SHARE_UNITS, axis_shares
from citytwin.kernels.rained_area import RainedArea, all_rained, rained_area
from citytwin.kernels.roof_runoff import rain_weight, roof_runoff_map
from citytwin.kernels.window import Window

SHAPE = (9, 13)
EVERYWHERE = Window(0, 9, 0, 13)
LATTICES = st.builds(
    Lattice, st.floats(-7.0, 0.0), st.floats(-7.0, 0.0), st.floats(0.4, 12.0)
)  # fmt: skip


def field_over(lattice: Lattice, seed: int = 0) -> RainField:
    """Two intervals with a gap, random rates, on as many cells as the grid needs."""
    ky, kx = (
        int(np.ceil((n - start) / lattice.size)) + 1
        for n, start in zip(SHAPE, lattice[:2], strict=True)
    )
    rates = np.random.default_rng(seed).uniform(0.0, 80.0, (2, ky, kx)).astype(np.float32)
    return RainField(np.array([0.0, 900.0]), np.array([600.0, 1500.0]), rates, lattice)


def town(seed: int) -> Cells:
    """Streets, roofs, and what lies outside."""
    kind = np.random.default_rng(seed).choice(3, SHAPE, p=[0.6, 0.3, 0.1])
    kind[0, 0] = 0
    return Cells(kind == 0, kind == 1)


def depths(rain: RainField, cells: Cells, window: Window, until_s: float) -> np.ndarray:
    """Depth that each cell of a window gets."""
    runoff = roof_runoff_map(*cells)
    cut = (slice(window.row0, window.row1), slice(window.col0, window.col1))
    links = links_within(runoff, EVERYWHERE, window)
    layout = RainLayout(rain, window, np.ascontiguousarray(cells.is_open[cut]), links)
    kind = np.repeat(layout.kind, np.diff(np.append(0, layout.end)))
    weight = rain_weight(*cells)[cut]
    return layout.of_kinds(rain.depth_until_m(until_s))[kind].reshape(weight.shape) * weight


@pytest.mark.parametrize(
    "time_s", [-5.0, 0.0, 1.0, 599.9, 600.0, 700.0, 900.0, 1234.5, 1500.0, 9e9]
)
def test_a_cell_of_the_lattice_has_the_bits_of_a_series(time_s: float) -> None:
    """The same intensities, on both sides of a gap and of the begin of the run."""
    begin, end = np.array([-300.0, 900.0]), np.array([600.0, 1500.0])
    rates = np.array([13.7, 101.3], dtype=np.float32)
    rain = RainField(begin, end, rates[:, None, None].repeat(2, axis=1), Lattice(0.0, 0.0, 100.0))
    series = RainSeries(begin, end, rates.astype(np.float64))
    assert rain.depth_until_m(time_s).ravel().tolist() == [series.depth_until_m(time_s)] * 2


@settings(max_examples=40)
@given(LATTICES, st.integers(0, 20))
def test_the_volume_is_that_over_streets_and_roofs(lattice: Lattice, seed: int) -> None:
    """Sum over exact overlaps of squares with the cells that are rained on, roofs among them."""
    rain, cells = field_over(lattice, seed), town(seed)
    depth = rain.depth_until_m(1200.0)

    def overlap(start: float, n: int, k: int) -> np.ndarray:
        low = start + lattice.size * np.arange(k)[:, None]
        cell = np.arange(n)
        return np.clip(np.minimum(low + lattice.size, cell + 1) - np.maximum(low, cell), 0, None)

    rows, cols = (
        overlap(start, n, k)
        for start, n, k in zip(lattice[:2], SHAPE, rain.shape, strict=True)
    )  # fmt: skip
    expected = (rows.T @ depth @ cols)[cells.is_open | cells.is_roof].sum()
    assert depths(rain, cells, EVERYWHERE, 1200.0).sum() == pytest.approx(expected, rel=1e-4)
    area = rained_area(rain, EVERYWHERE, cells)
    booked = area.rain_m3(rain, 1200.0, 1.0)
    assert booked == pytest.approx(expected, rel=1e-4)
    # The lattice lies on 1/65536 of a cell; on these numbers both agree to rounding.
    assert booked == pytest.approx(depths(rain, cells, EVERYWHERE, 1200.0).sum(), rel=1e-14)


def test_a_roof_brings_the_rain_that_falls_on_it() -> None:
    """A wall of roofs under a cloudburst beside a dry street: its rain runs there, half each way."""
    is_roof = np.zeros((1, 7), dtype=bool)
    is_roof[0, 2:5] = True
    cells = Cells(~is_roof, is_roof)
    rates = np.array([[[0.0, 36.0, 72.0]]], dtype=np.float32)
    rain = RainField(np.array([0.0]), np.array([100.0]), rates, Lattice(0.0, 0.0, 3.0))
    window = Window(0, 1, 0, 7)
    layout = RainLayout(rain, window, cells.is_open, links_within(roof_runoff_map(*cells), window, window))  # fmt: skip
    kind = np.repeat(layout.kind, np.diff(np.append(0, layout.end)))
    got = layout.of_kinds(rain.depth_until_m(100.0))[kind] * rain_weight(*cells)[0]
    # 1 mm falls under the second cell of the lattice, 2 mm under the third (column 6 alone). The
    # roof in column 2 is dry, those in 3 and 4 get 1 mm each; 3 is as far from both streets.
    assert got * 1000 == pytest.approx([0, 0.5, 0, 0, 0, 1 + 1 + 0.5, 2], abs=1e-12)


@settings(max_examples=40)
@given(LATTICES, st.integers(0, 5), st.integers(0, 8), st.integers(1, 12))
def test_a_part_gets_the_bits_of_the_whole(lattice: Lattice, seed: int, row: int, col: int) -> None:
    """Depths of a window, and the area in whole numbers over two parts."""
    rain, cells = field_over(lattice, seed), town(seed)
    part = Window(row, 9, 0, col)
    whole = depths(rain, cells, EVERYWHERE, 1000.0)
    assert np.array_equal(depths(rain, cells, part, 1000.0), whole[row:, :col])
    cuts = [(Window(0, 9, 0, col), np.s_[:, :col]), (Window(0, 9, col, 13), np.s_[:, col:])]
    areas = [
        rained_area(rain, w, Cells(*(a[cut] for a in cells))) for w, cut in cuts if w.col1 > w.col0
    ]
    together, one = all_rained(areas), rained_area(rain, EVERYWHERE, cells)
    assert together.cells == one.cells
    assert np.array_equal(together.units, one.units)


def test_the_volume_is_rounded_once() -> None:
    """A mean of depths that no sum of doubles gives, from fractions."""
    rates = np.array([[[1e-3, 500.0, 0.1]]], dtype=np.float32)
    rain = RainField(np.array([0.0]), np.array([77.7]), rates, Lattice(0.0, 0.0, 1.0))
    units = np.array([[7, 3, 11]], dtype=np.int64) * SHARE_UNITS**2
    depth = [Fraction(float(d)) for d in rain.depth_until_m(70.0).ravel()]
    mean = float((7 * depth[0] + 3 * depth[1] + 11 * depth[2]) / 21)
    assert RainedArea(21, units).rain_m3(rain, 70.0, 4.0) == mean * 84.0
    assert RainedArea(0, units * 0).rain_m3(rain, 70.0, 4.0) == 0.0


@given(st.floats(-50.0, 0.0), st.floats(0.05, 60.0), st.integers(0, 30), st.integers(1, 30))
def test_shares_of_a_cell_sum_to_one(offset: float, size: float, begin: int, n: int) -> None:
    """In whole numbers, whatever the lattice."""
    cells = int(np.ceil((begin + n - offset) / size)) + 1
    first, units = axis_shares((begin, begin + n), offset, size, cells)
    assert (units.sum(axis=1) == SHARE_UNITS).all()
    assert (first >= 0).all()
    assert (units >= 0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mm_per_h": np.full((1, 2, 2), -1, np.float32)}, "4 intensities are negative.*-1.0 mm/h"),
        ({"mm_per_h": np.full((1, 2, 2), np.nan, np.float32)}, "negative or no number.*nan"),
        ({"mm_per_h": np.zeros((2, 2, 2), np.float32)}, "give two lists of one length"),
        ({"start_s": np.array([20.0])}, "not ascending near interval 0"),
        ({"lattice": Lattice(0.0, 0.0, 0.0)}, "its lattice is"),
    ],
)
def test_what_is_no_rain_is_refused(change: dict[str, object], words: str) -> None:
    """With the value met."""
    good = {
        "start_s": np.array([0.0]),
        "end_s": np.array([10.0]),
        "mm_per_h": np.zeros((1, 2, 2), np.float32),
        "lattice": Lattice(0.0, 0.0, 5.0),
    }
    with pytest.raises(ConfigError, match=words):
        RainField(**{**good, **change})


def test_a_lattice_that_leaves_out_cells_is_refused() -> None:
    """With the two ranges."""
    rain = RainField(
        np.array([0.0]), np.array([10.0]), np.zeros((1, 2, 2), np.float32), Lattice(0.0, 1.0, 5.0)
    )
    with pytest.raises(ConfigError, match="from 1 to 11, the grid from 0 to 9"):
        RainLayout(rain, Window(0, 9, 0, 9), np.ones((9, 9), dtype=bool), NO_ROOFS)
