"""Cloud-optimised GeoTIFFs, read back with rasterio and checked with rio-cogeo."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rio_cogeo import cog_validate

from citytwin.errors import GridMismatchError, StoreError
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.store import cog
from citytwin.store.cog import CogLabels, write_cog

GRID = GridSpec("EPSG:6677", x_min=-1250.0, y_max=-700.0, cell_m=2.5, ny=1100, nx=700)
LABELS = CogLabels(
    description="Maximum flood depth",
    valid_time=datetime(2026, 7, 1, 3, 4, 5, tzinfo=UTC),
    fingerprint="ab" * 32,
    classification="public",
)


def depth(grid: GridSpec = GRID) -> np.ndarray:
    """Depth with dry ground, one deep cell and unknown corners."""
    rows, cols = np.mgrid[0 : grid.ny, 0 : grid.nx]
    values = (np.sin(rows / 31.0) * np.cos(cols / 17.0)).clip(0, None).astype(np.float32)
    values[700, 333] = 17.25
    values[:40, :60] = np.nan
    return values


def test_reads_back_rounded_with_nodata(tmp_path: Path) -> None:
    """Every cell is the nearest multiple of 1 mm, unknown cells are -9999, dry ones 0."""
    values = depth()
    write_cog(tmp_path / "a.tif", f.FLOOD_DEPTH_MAX, GRID, values, LABELS)
    with rasterio.open(tmp_path / "a.tif") as file:
        read = file.read(1)
        assert file.crs.to_epsg() == 6677
        assert tuple(file.transform)[:6] == (2.5, 0.0, -1250.0, 0.0, -2.5, -700.0)
        assert file.nodata == -9999.0
        assert file.block_shapes == [(512, 512)]
    known = ~np.isnan(values)
    assert np.array_equal(read == -9999.0, ~known)
    assert np.abs(read[known] - values[known]).max() <= 0.0005 + 1e-6
    steps = read[known].astype(np.float64) * 1000
    assert np.abs(steps - np.round(steps)).max() < 1e-3
    assert not np.signbit(read[read == 0]).any()


def test_is_a_valid_cog_with_labels(tmp_path: Path) -> None:
    """The strict validator finds nothing, and name, unit, time and fingerprint are inside."""
    path = tmp_path / "a.tif"
    write_cog(path, f.FLOOD_DEPTH_MAX, GRID, depth(), LABELS, coarsening="max")
    assert cog_validate(path, strict=True, quiet=True) == (True, [], [])
    with rasterio.open(path) as file:
        assert file.descriptions == ("flood_depth_max",)
        assert file.units == ("m",)
        tags = file.tags()
        band = file.tags(1)
    assert tags["TIFFTAG_DATETIME"] == "2026:07:01 03:04:05"
    assert tags["TIFFTAG_SOFTWARE"].startswith("citytwin ")
    assert tags["TIFFTAG_IMAGEDESCRIPTION"] == "Maximum flood depth"
    assert tags["AREA_OR_POINT"] == "Area"
    assert tags["CITYTWIN_FINGERPRINT"] == "ab" * 32
    assert tags["CITYTWIN_CLASSIFICATION"] == "public"
    assert band["long_name"] == "Maximum flood depth"
    assert band["standard_name"] == "flood_water_thickness"
    assert float(band["STATISTICS_MAXIMUM"]) == 17.25


def test_peaks_survive_in_the_overviews(tmp_path: Path) -> None:
    """With ``max`` the deepest cell is in every overview; with averages it fades."""
    for how in ("max", "average"):
        write_cog(tmp_path / f"{how}.tif", f.FLOOD_DEPTH_MAX, GRID, depth(), LABELS, how)
        with rasterio.open(tmp_path / f"{how}.tif") as file:
            assert file.overviews(1) == [2, 4]
    with rasterio.open(tmp_path / "max.tif", overview_level=1) as file:
        read = file.read(1)
        assert file.shape == (275, 175)
        assert read[700 // 4, 333 // 4] == 17.25
        assert read[0, 0] == -9999.0
    with rasterio.open(tmp_path / "average.tif", overview_level=1) as file:
        assert file.read(1).max() < 3.0


def test_minimum_in_the_overviews(tmp_path: Path) -> None:
    """The earliest arrival is in the coarsest overview."""
    arrival = np.full(GRID.shape, np.nan, dtype=np.float32)
    arrival[100:200, 100:200] = 90.0
    arrival[150, 150] = 12.5
    write_cog(tmp_path / "a.tif", f.FLOOD_ARRIVAL, GRID, arrival, LABELS, "min")
    with rasterio.open(tmp_path / "a.tif", overview_level=1) as file:
        read = file.read(1, masked=True)
    assert read[150 // 4, 150 // 4] == 12.5
    assert read.min() == 12.5


def test_same_bytes_and_no_side_files(tmp_path: Path) -> None:
    """Writing again gives the same bytes, and no other file appears."""
    for folder in ("one", "two"):
        write_cog(tmp_path / folder / "a.tif", f.FLOOD_DEPTH_MAX, GRID, depth(), LABELS, "max")
    one, two = ((tmp_path / n / "a.tif").read_bytes() for n in ("one", "two"))
    assert one == two
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["a.tif"]


def test_classes_have_a_colour_table(tmp_path: Path) -> None:
    """A uint8 field carries its colours, nodata 255 and overviews of the commonest class."""
    classes = np.zeros(GRID.shape, dtype=np.uint8)
    classes[:, 300:] = 2
    classes[0, 0] = 255
    colours = {0: (1, 2, 3, 255), 2: (200, 100, 50, 255)}
    write_cog(
        tmp_path / "a.tif", f.TERRAIN_SOURCE, GRID, classes, LABELS, "average", colours=colours
    )
    assert cog_validate(tmp_path / "a.tif", strict=True, quiet=True)[0]
    with rasterio.open(tmp_path / "a.tif") as file:
        assert np.array_equal(file.read(1), classes)
        assert file.nodata == 255
        table = file.colormap(1)
    assert (table[0], table[2]) == ((1, 2, 3, 255), (200, 100, 50, 255))
    with rasterio.open(tmp_path / "a.tif", overview_level=0) as file:
        assert set(np.unique(file.read(1))) == {0, 2}


def test_small_and_unrounded(tmp_path: Path) -> None:
    """A small unrounded raster keeps every bit and uses the floating-point predictor."""
    field = dataclasses.replace(f.WIND_SPEED_RATIO, precision=0)
    grid = GridSpec("EPSG:6677", -10.0, 20.0, 5.0, ny=3, nx=7)
    values = np.random.default_rng(1).random(grid.shape).astype(np.float32)
    write_cog(tmp_path / "a.tif", field, grid, values, LABELS, "max")
    with rasterio.open(tmp_path / "a.tif") as file:
        assert np.array_equal(file.read(1), values)
        assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"


def test_refuses_what_does_not_fit(tmp_path: Path) -> None:
    """A wrong shape and an infinite value are named; no file appears."""
    with pytest.raises(GridMismatchError, match="1100, 700"):
        write_cog(tmp_path / "a.tif", f.TERRAIN, GRID, np.zeros((3, 4), np.float32), LABELS)
    values = depth()
    values[600, 5] = np.inf
    with pytest.raises(StoreError, match="inf at row 600, column 5"):
        write_cog(tmp_path / "a.tif", f.FLOOD_DEPTH_MAX, GRID, values, LABELS)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_took_a_part_only_is_no_fault_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GDAL writes on when a disk is full, and cannot open afterwards what it wrote."""
    whole = cog._plain

    def cut(scratch: Path, *rest: Any) -> Path:
        path = whole(scratch, *rest)
        path.write_bytes(path.read_bytes()[:4])
        return path

    monkeypatch.setattr(cog, "_plain", cut)
    with pytest.raises(StoreError, match=r"cannot be written: .*check the free space"):
        write_cog(tmp_path / "a.tif", f.FLOOD_DEPTH_MAX, GRID, depth(), LABELS)
    assert list(tmp_path.iterdir()) == []
