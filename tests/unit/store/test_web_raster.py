"""Pictures and values for the map page, against pyproj and the style itself."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from PIL import Image
from pmtiles.tile import deserialize_header
from pyproj import Transformer

from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.layer import RasterView, Style, StyleItem
from citytwin.model.text import text
from citytwin.store import web_raster
from citytwin.store.class_outlines import class_outlines, write_class_outlines
from citytwin.store.web_raster import Warped, notes_of, warp, write_image, write_values

GRID = GridSpec("EPSG:6677", x_min=-7000.0, y_max=-34000.0, cell_m=5.0, ny=70, nx=110)
VIEW = RasterView(f.FLOOD_DEPTH_MAX, coarsening="max")
NAME = text("甲", "a")
STYLE = Style(
    kind="class",
    unit="m",
    title=NAME,
    items=(
        StyleItem(min=None, max=0.01, rgb=(255, 255, 255), label=NAME, transparent=True),
        StyleItem(min=0.01, max=0.5, rgb=(247, 245, 169), label=NAME),
        StyleItem(min=0.5, max=None, rgb=(255, 216, 192), label=NAME),
    ),
)


def depth(grid: GridSpec = GRID) -> np.ndarray:
    """Every cell another value in whole millimetres, some dry and some unknown."""
    values = (np.arange(grid.ny * grid.nx, dtype=np.float64) % 1999 / 1000).astype(np.float32)
    values = values.reshape(grid.shape)
    values[5:20, 30:60] = 0.0
    values[50:, 90:] = np.nan
    return values


def nearest_cells(warped: web_raster.Warped, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value of the cell under the middle of every pixel, by pyproj, and how near its edge is."""
    ny, nx = warped.values.shape
    cols, rows = np.meshgrid(np.arange(nx) + 0.5, np.arange(ny) + 0.5)
    x, y = warped.transform @ (cols, rows)
    to_grid = Transformer.from_crs(3857, 6677, always_xy=True)
    east, north = to_grid.transform(x, y)
    col = np.floor((east - GRID.x_min) / GRID.cell_m).astype(int)
    row = np.floor((GRID.y_max - north) / GRID.cell_m).astype(int)
    inside = (col >= 0) & (col < GRID.nx) & (row >= 0) & (row < GRID.ny)
    expected = np.full((ny, nx), np.nan, dtype=np.float32)
    expected[inside] = values[row[inside], col[inside]]
    inner = [np.abs(v - np.round(v)) for v in (east / GRID.cell_m, north / GRID.cell_m)]
    return expected, np.minimum(*inner)


def test_every_pixel_is_the_cell_below_it() -> None:
    """The warp is nearest neighbour, and exact to a thousandth of a cell."""
    warped = warp(VIEW, GRID, depth())
    expected, to_edge = nearest_cells(warped, depth())
    same = (warped.values == expected) | (np.isnan(warped.values) & np.isnan(expected))
    assert warped.factor == 1
    assert same[to_edge > 0.001].all()
    assert (to_edge > 0.001).mean() > 0.99
    assert (~np.isnan(warped.values)).sum() > 0.9 * GRID.ny * GRID.nx


def test_values_decode_to_the_cells(tmp_path: Path) -> None:
    """Raw * scale + offset is the value, 65535 is no data, and the box is that of the picture."""
    warped = warp(VIEW, GRID, depth())
    asset = write_values(tmp_path / "v.gz", VIEW, warped)
    raw = np.frombuffer(gzip.decompress((tmp_path / "v.gz").read_bytes()), dtype="<u2")
    raw = raw.reshape(asset.height, asset.width)
    assert (asset.scale, asset.offset) == (0.001, 0.0)
    assert np.array_equal(raw == 65535, np.isnan(warped.values))
    known = raw != 65535
    assert np.abs(raw[known] * asset.scale - warped.values[known]).max() < 1e-6
    west, south, east, north = write_image(tmp_path / "i.png", VIEW, warped, STYLE)[0].bounds
    to_lonlat = Transformer.from_crs(3857, 4326, always_xy=True)
    box = asset.mercator_bounds
    assert np.allclose((west, south), to_lonlat.transform(box[0], box[1]), atol=1e-10)
    assert np.allclose((east, north), to_lonlat.transform(box[2], box[3]), atol=1e-10)
    assert 139.7 < west < east < 139.8
    assert 35.6 < south < north < 35.7


def test_wide_ranges_take_a_coarser_step(tmp_path: Path) -> None:
    """3,000 m of relief in steps of 1 cm do not fit into 16 bits: the step is 10 cm, and told."""
    grid = GridSpec("EPSG:6677", -7000.0, -34000.0, 5.0, ny=20, nx=30)
    heights = np.linspace(-12.3, 2990.0, 600, dtype=np.float32).reshape(20, 30)
    view = RasterView(f.TERRAIN)
    warped = warp(view, grid, heights)
    asset = write_values(tmp_path / "v.gz", view, warped)
    raw = np.frombuffer(gzip.decompress((tmp_path / "v.gz").read_bytes()), dtype="<u2")
    raw = raw.reshape(warped.values.shape)
    known = raw != 65535
    assert asset.scale == pytest.approx(0.1)
    assert np.abs(raw[known] * asset.scale + asset.offset - warped.values[known]).max() <= 0.0501
    assert [note.severity for note in notes_of(view, grid, warped, asset)] == ["info"]


def test_picture_has_the_colours_of_the_style(tmp_path: Path) -> None:
    """Every pixel has the colour of its value; dry and unknown ones are clear."""
    warped = warp(VIEW, GRID, depth())
    write_image(tmp_path / "i.png", VIEW, warped, STYLE)
    image = np.asarray(Image.open(tmp_path / "i.png").convert("RGBA"))
    assert image.shape == (*warped.values.shape, 4)
    v = warped.values
    assert (image[v >= 0.5] == (255, 216, 192, 255)).all()
    assert (image[(v > 0.0105) & (v < 0.4995)] == (247, 245, 169, 255)).all()
    assert (image[(v < 0.0095) | np.isnan(v)][:, 3] == 0).all()


def test_lines_in_a_picture_lie_in_the_higher_class(tmp_path: Path) -> None:
    """Of the deep block the outermost pixels are dark; the rim towards dry ground has no line."""
    values = np.zeros((9, 12), dtype=np.float32)
    values[1:8, 1:11] = 0.2
    values[3:6, 4:8] = 0.8
    values[8, 5] = np.nan
    warped = Warped(values, Affine(5.0, 0.0, 0.0, 0.0, -5.0, 0.0), 1)
    write_image(tmp_path / "i.png", VIEW, warped, STYLE, edges=True)
    image = np.asarray(Image.open(tmp_path / "i.png").convert("RGBA"))
    dark = (image == (68, 68, 68, 255)).all(axis=2)
    expected = np.zeros(values.shape, dtype=np.bool_)
    expected[3:6, 4:8] = True
    expected[4, 5:7] = False
    np.testing.assert_array_equal(dark, expected)
    assert (image[4, 5:7] == (255, 216, 192, 255)).all()
    assert (image[1, 1:11] == (247, 245, 169, 255)).all()
    assert image[0, 0, 3] == image[8, 5, 3] == 0


def test_lines_part_the_classes() -> None:
    """Each class is closed in by its own rim, what is not drawn by none."""
    numbers = np.full((60, 90), -1)
    numbers[20:50, 30:80] = 0
    numbers[30:40, 40:70] = 1
    lines = class_outlines(numbers, Affine(2.0, 0.0, 1000.0, 0.0, -2.0, 5000.0))
    rings = shapely.union_all(shapely.polygonize(list(lines)).geoms)
    assert rings.equals(shapely.box(1060, 4900, 1160, 4960))
    inner = shapely.box(1080, 4920, 1140, 4940).exterior
    assert shapely.union_all(lines).covers(inner)
    assert shapely.length(lines).sum() == 2 * (100 + 60) + 2 * (60 + 20)
    assert len(class_outlines(np.full((5, 5), -1), Affine.identity())) == 0


def test_lines_are_delivered_as_tiles(tmp_path: Path) -> None:
    """At cells of one metre the lines reach the finest tiles of the page."""
    grid = GridSpec("EPSG:6677", x_min=-7000.0, y_max=-34000.0, cell_m=1.0, ny=200, nx=300)
    values = np.zeros(grid.shape, dtype=np.float32)
    values[40:160, 60:240] = 0.2
    values[80:120, 100:200] = 2.0
    view = RasterView(f.FLOOD_DEPTH_MAX, class_outlines=True)
    path = tmp_path / "classes.pmtiles"
    write_class_outlines(path, grid, "depth", STYLE, warp(view, grid, values), 0.001)
    header = deserialize_header(path.read_bytes()[:127])
    assert (header["min_zoom"], header["max_zoom"]) == (10, 16)
    assert header["addressed_tiles_count"] >= 7


def test_large_cities_keep_their_peaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the picture would be too large, blocks show their largest value, and a note says so."""
    monkeypatch.setattr(web_raster, "MAX_SIDE", 64)
    values = np.zeros(GRID.shape, dtype=np.float32)
    values[33, 47] = 12.5
    warped = warp(VIEW, GRID, values)
    asset = write_values(tmp_path / "v.gz", VIEW, warped)
    assert max(warped.values.shape) <= 64
    assert np.nanmax(warped.values) == 12.5
    said = notes_of(VIEW, GRID, warped, asset)
    assert [note.severity for note in said] == ["info"]
    assert "largest value per 10 m" in said[0].en


def test_same_bytes(tmp_path: Path) -> None:
    """Writing again gives the same bytes."""
    for name in ("a", "b"):
        warped = warp(VIEW, GRID, depth())
        write_values(tmp_path / f"{name}.gz", VIEW, warped)
        write_image(tmp_path / f"{name}.png", VIEW, warped, STYLE)
    for suffix in ("gz", "png"):
        one, two = (tmp_path / f"{n}.{suffix}" for n in ("a", "b"))
        assert one.read_bytes() == two.read_bytes()


def test_nothing_known(tmp_path: Path) -> None:
    """A field without data gives a clear picture and no values."""
    warped = warp(VIEW, GRID, np.full(GRID.shape, np.nan, dtype=np.float32))
    write_values(tmp_path / "v.gz", VIEW, warped)
    write_image(tmp_path / "i.png", VIEW, warped, STYLE)
    assert np.asarray(Image.open(tmp_path / "i.png").convert("RGBA"))[..., 3].max() == 0
