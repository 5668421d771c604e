"""GridSpec: snapping, windows, tiles, cells of points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.errors import ConfigError
from citytwin.model.grid import Bounds, GridSpec, Tile

GRID = GridSpec("EPSG:6677", -100.0, 60.0, 2.5, 7, 11)


def test_covering_snaps_outwards_to_multiples_of_the_cell() -> None:
    """The origin is a multiple of the cell size and the box is covered, also west of zero."""
    grid = GridSpec.covering(Bounds(-101.2, -3.1, 26.3, 17.9), 5.0, "EPSG:6677")
    assert (grid.x_min, grid.y_max, grid.nx, grid.ny) == (-105.0, 20.0, 27, 5)
    assert grid.bounds == Bounds(-105.0, -5.0, 30.0, 20.0)


@pytest.mark.parametrize(
    ("bounds", "cell_m", "ny", "nx"),
    [
        ((-44150.0, -94100.0, -43850.0, -93850.0), 0.1, 2500, 3000),
        ((0.0, 0.0, 0.3, 0.7), 0.1, 7, 3),
        ((-0.9, -2.1, 0.6, 0.3), 0.3, 8, 5),
        ((-7000.2, -34000.5, -6999.9, -33999.6), 0.3, 3, 1),
        ((399999.7, 9999999.4, 400000.3, 10000000.0), 0.1, 6, 6),
    ],
)
def test_decimal_cells_cost_no_row_or_column(
    bounds: tuple[float, float, float, float], cell_m: float, ny: int, nx: int
) -> None:
    """Edges that are multiples of 0.1 or 0.3 m in decimal notation are edges of the grid."""
    grid = GridSpec.covering(Bounds(*bounds), cell_m, "EPSG:6677")
    assert (grid.ny, grid.nx) == (ny, nx)
    box = grid.bounds
    assert (box.x_min, box.y_min, box.x_max, box.y_max) == pytest.approx(bounds, rel=0, abs=1e-6)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:6697", "EPSG:2263"])
def test_only_metric_crs_are_taken(crs: str) -> None:
    """Degrees, Web Mercator and feet are refused."""
    with pytest.raises(ConfigError):
        GridSpec.covering(Bounds(0, 0, 10, 10), 1.0, crs)


def test_an_empty_area_is_refused() -> None:
    """A box without extent has no grid."""
    with pytest.raises(ConfigError, match="empty"):
        GridSpec.covering(Bounds(5, 0, 5, 10), 1.0, "EPSG:6677")


def test_more_cells_than_any_city_has_are_refused() -> None:
    """1 km x 1 km in cells of 1 cm is a slip; a metropolis of 60 km x 60 km at 1 m is not."""
    with pytest.raises(ConfigError, match=r"100000 rows and 100000 columns of 0\.01 m"):
        GridSpec.covering(Bounds(0, 0, 1000, 1000), 0.01, "EPSG:6677")
    GridSpec.covering(Bounds(0, 0, 60_000, 60_000), 1.0, "EPSG:6677")


@pytest.mark.parametrize("edge", [float("inf"), float("-inf"), float("nan")])
def test_an_area_without_end_is_refused(edge: float) -> None:
    """Infinite coordinates come from configurations and from transforms that fail."""
    with pytest.raises(ConfigError, match="no end"):
        GridSpec.covering(Bounds(0.0, 0.0, edge, 10.0), 1.0, "EPSG:6677")
    with pytest.raises(ConfigError, match="no end"):
        GridSpec.covering(Bounds(edge, 0.0, 10.0, 10.0), 1.0, "EPSG:6677")


def test_cell_centres_and_cells_of_points_agree() -> None:
    """Row 0 is the north row, and a centre falls into its own cell."""
    tile = Tile(2, 5, 3, 8)
    x, y = np.meshgrid(GRID.x_centres(tile), GRID.y_centres(tile))
    assert y[0, 0] == 60.0 - 2.5 * 2.5
    rows, cols = GRID.cells_of(x.ravel(), y.ravel())
    expected = np.meshgrid(np.arange(2, 5), np.arange(3, 8), indexing="ij")
    np.testing.assert_array_equal(rows.reshape(3, 5), expected[0])
    np.testing.assert_array_equal(cols.reshape(3, 5), expected[1])


def test_transform_maps_pixels_to_corners() -> None:
    """The affine transform of a window starts at its north-west corner."""
    transform = GRID.transform_of(Tile(2, 5, 3, 8))
    assert tuple(transform)[:6] == (2.5, 0.0, -92.5, 0.0, -2.5, 55.0)


@given(size=st.integers(1, 20))
def test_tiles_cover_the_grid_once(size: int) -> None:
    """Every cell belongs to exactly one tile."""
    count = np.zeros(GRID.shape, dtype=int)
    for tile in GRID.tiles(size):
        count[tile.slices] += 1
    assert (count == 1).all()


def test_padding_stops_at_the_edge() -> None:
    """A window grows by whole cells, at least the metres asked for, and stays on the grid."""
    assert GRID.padded(Tile(2, 3, 5, 6), 3.0) == Tile(0, 5, 3, 8)
    assert GRID.padded(Tile(2, 3, 5, 6), 1e6) == GRID.whole
    assert GRID.padded(Tile(2, 3, 5, 6), 0.0) == Tile(2, 3, 5, 6)


def test_windows_that_meet_share_cells_and_lie_in_one() -> None:
    """Those that only touch do not meet."""
    one, other, beside = Tile(0, 4, 0, 5), Tile(2, 6, 3, 9), Tile(4, 6, 0, 5)
    assert one.cells == 20
    assert one.meets(other)
    assert other.meets(one)
    assert not one.meets(beside)
    assert one.shared_with(other) == Tile(2, 4, 3, 5)
    assert one.around(other) == Tile(0, 6, 0, 9)
