"""Images of rain on the lattice of the city: volume, gaps, overlaps, forecasts."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import CRS
from rain_files import netcdf, odim

from citytwin.errors import SourceError
from citytwin.formats import radar_hdf5, rain_netcdf
from citytwin.formats.rain.image import RainImage
from citytwin.formats.rain.lattice import RainParams
from citytwin.formats.rain.tables import read_images
from citytwin.model.rain_cube import cube_of
from citytwin.model.steps import Dataset
from citytwin.model.tables import RAIN_FRAMES
from citytwin.store.tables import conform

PLANE = "EPSG:6677"
# 2026-07-01T00:00:00Z
TIME_S = 1_782_864_000


def image(rate, minute=0, *, length=5, west=0.0, north=2000.0, cell=1000.0, issued=None):
    """An image in the plane of the city."""
    return RainImage(
        rate=np.asarray(rate, dtype=np.float32), crs=CRS.from_user_input(PLANE), west=west,
        north=north, dx=cell, dy=cell, start_s=TIME_S + 60 * minute,
        end_s=TIME_S + 60 * (minute + length), issued_s=issued, file=f"{minute}", raw_ref="0" * 64,
    )  # fmt: skip


def frames_of(images, tmp_path, **params):
    """The table made of some images, one in each file."""
    for number in range(len(images)):
        (tmp_path / f"{number:03}").write_bytes(b"x")
    files = tuple(sorted(tmp_path.iterdir()))
    dataset = Dataset("s", tmp_path, files, PLANE, "Asia/Tokyo")
    decoded = read_images(
        dataset, RainParams.model_validate(params), lambda _, name: [images[int(name)]]
    )
    return conform(RAIN_FRAMES, decoded.tables[RAIN_FRAMES], PLANE), decoded


def test_cells_that_coincide_pass_unchanged(tmp_path):
    """Same plane, same cells."""
    rate = [[1, 2, 3], [4, np.nan, 6]]
    table, _ = frames_of([image(rate)], tmp_path)
    cube = cube_of(table)
    assert np.array_equal(cube.rate[0], np.array(rate, dtype=np.float32), equal_nan=True)
    assert (cube.x_min_m, cube.y_max_m, cube.cell_m) == (0.0, 2000.0, 1000.0)
    assert cube.end_s - cube.start_s == pytest.approx([300.0])
    assert cube.start_s.tolist() == [TIME_S]
    row, col = cube.cells_of(np.array([500.0, 2999.0]), np.array([1999.0, 1.0]))
    assert (row.tolist(), col.tolist()) == ([0, 1], [0, 2])


@pytest.mark.parametrize("cell_m", [250, 500, 2000, 4000])
def test_rain_is_neither_lost_nor_made(cell_m, tmp_path):
    """Cells that nest hold the same volume."""
    rate = np.arange(64.0).reshape(8, 8)
    table, _ = frames_of([image(rate, north=8000.0)], tmp_path, cell_m=cell_m)
    cube = cube_of(table)
    assert cube.rate.shape[1:] == (8000 // cell_m,) * 2
    assert np.nansum(cube.rate) * cell_m**2 == pytest.approx(rate.sum() * 1000.0**2, rel=1e-6)


def test_rain_of_cells_that_do_not_nest(tmp_path):
    """Within the spacing of the points in a cell."""
    rate = np.zeros((20, 20))
    rate[5:15, 5:15] = np.random.default_rng(1).uniform(0, 50, (10, 10))
    table, _ = frames_of([image(rate, north=20_300.0, west=170.0)], tmp_path, cell_m=730)
    cube = cube_of(table)
    assert np.nansum(cube.rate) * 730.0**2 == pytest.approx(rate.sum() * 1e6, rel=0.01)


def test_a_cell_of_which_less_than_half_is_known(tmp_path):
    """Is unknown; else the mean of what is known."""
    rate = [[8, np.nan, np.nan, np.nan], [8, np.nan, np.nan, 4]]
    table, _ = frames_of([image(rate)], tmp_path, cell_m=2000)
    assert np.array_equal(cube_of(table).rate[0], [[8.0, np.nan]], equal_nan=True)


def test_order_gaps_and_repeats(tmp_path):
    """Rows in order of time; a gap is told; of overlapping images one counts."""
    ones = np.ones((2, 2))
    images = [image(ones * 3, 20), image(ones, 0), image(ones * 2, 5), image(ones * 9, 7)]
    table, decoded = frames_of(images, tmp_path)
    cube = cube_of(table)
    assert cube.rate[:, 0, 0].tolist() == [1.0, 2.0, 3.0]
    assert ((cube.start_s - TIME_S) / 60).tolist() == [0, 5, 20]
    assert [note.severity for note in decoded.notes] == ["loss"]
    assert [reject.code for reject in decoded.rejects] == ["overlap"]


def test_what_was_observed_goes_before_forecasts(tmp_path):
    """And the forecast made last before the others."""
    ones = np.ones((2, 2))
    images = [
        image(ones * 7, 0, issued=TIME_S - 7200),
        image(ones, 0),
        image(ones * 5, 5, issued=TIME_S - 7200),
        image(ones * 2, 5, issued=TIME_S - 3600),
    ]
    table, decoded = frames_of(images, tmp_path)
    assert cube_of(table).rate[:, 0, 0].tolist() == [1.0, 2.0]
    assert table["issued"].isna().tolist() == [True, False]
    assert decoded.rejects == ()


def test_images_of_an_instant_stand_for_the_time_before_them(tmp_path):
    """The time between images, or what the configuration says; a single one needs it."""
    pair = [image(np.ones((2, 2)), minute, length=0) for minute in (0, 10)]
    cube = cube_of(frames_of(pair, tmp_path)[0])
    assert (cube.end_s - cube.start_s).tolist() == [600.0, 600.0]
    cube = cube_of(frames_of(pair, tmp_path, interval_min=2)[0])
    assert (cube.end_s - cube.start_s).tolist() == [120.0, 120.0]
    (tmp_path / "001").unlink()
    with pytest.raises(SourceError, match="say `interval_min`"):
        frames_of(pair[:1], tmp_path)


def test_an_area_is_cut_out(tmp_path):
    """By its box in degrees; outside it nothing is kept."""
    (tmp_path / "a.nc").write_bytes(netcdf(np.ones((2, 100, 100))))
    dataset = Dataset("s", tmp_path, (tmp_path / "a.nc",), PLANE, "Asia/Tokyo")
    whole = rain_netcdf.FORMAT.read(dataset, rain_netcdf.NetcdfRainParams())
    area = (139.4, 35.4, 139.5, 35.5)
    params = rain_netcdf.NetcdfRainParams(area_deg=area)
    cut = rain_netcdf.FORMAT.read(dataset, params)
    cells = [int(d.tables[RAIN_FRAMES]["nx"].iloc[0]) for d in (whole, cut)]
    # 0.01 degrees of longitude at 35.5 N are 907 m, rounded to 910.
    assert cells[0] > 99
    assert 10 <= cells[1] <= 12
    assert np.nanmean(cube_of(cut.tables[RAIN_FRAMES]).rate) == 1.0
    for bad in ((10.0, 35.0, 5.0, 36.0), (0.0, 40.0, 1.0, 41.0)):
        with pytest.raises(SourceError):
            rain_netcdf.FORMAT.read(dataset, rain_netcdf.NetcdfRainParams(area_deg=bad))


def test_a_broken_file_is_lost_alone(tmp_path):
    """As long as there is a good one."""
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n broken")
    (tmp_path / "b.h5").write_bytes(odim([[10, 10], [10, 10]]))
    files = (tmp_path / "a.h5", tmp_path / "b.h5")
    params = radar_hdf5.RadarParams(interval_min=5)
    decoded = radar_hdf5.FORMAT.read(Dataset("s", tmp_path, files, PLANE, "Asia/Tokyo"), params)
    assert len(decoded.tables[RAIN_FRAMES]) == 1
    assert [reject.code for reject in decoded.rejects] == ["unreadable"]
    with pytest.raises(SourceError, match="damaged HDF5"):
        radar_hdf5.FORMAT.read(Dataset("s", tmp_path, files[:1], PLANE, "UTC"), params)


def test_frames_of_two_lattices_are_no_cube(tmp_path):
    """Each source has its own."""
    table, _ = frames_of([image(np.ones((2, 2)))], tmp_path)
    other = table.assign(cell_m=500.0)
    with pytest.raises(ValueError, match="2 lattices"):
        cube_of(type(table)(np.vstack([table.to_numpy(), other.to_numpy()]), columns=table.columns))
