"""Elevation rasters."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.geotiff_terrain import FORMAT, TerrainRasterParams
from citytwin.model.steps import Dataset

# 3 rows, 5 columns, cells of 2.5 m x 2 m, west and south of the origin of the CRS.
VALUES = np.arange(15, dtype=np.float32).reshape(3, 5) - 2.25
NORTH_UP = Affine(2.5, 0.0, -44_500.0, 0.0, -2.0, -93_000.0)


def write(path, values=VALUES, transform=NORTH_UP, crs="EPSG:6677", **options):
    """Write a GeoTIFF by rasterio; `values` may have several bands."""
    bands = values[None] if values.ndim == 2 else values
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=len(bands),
        height=bands.shape[1],
        width=bands.shape[2],
        dtype=bands.dtype,
        crs=crs,
        transform=transform,
        **options,
    ) as raster:
        raster.write(bands)
    return path


def read(*paths, source=None, role="terrain_raster"):
    """The raster of some files, and the result."""
    data = Dataset("dem", paths[0].parent, tuple(paths), "EPSG:6677", "Asia/Tokyo", source)
    decoded = FORMAT.read(data, TerrainRasterParams(role=role))
    return decoded.rasters[role], decoded


def test_values_and_place(tmp_path):
    """Row 0 is the north row; edges, cell sizes and CRS are those of the file."""
    raster, decoded = read(write(tmp_path / "a.tif"))
    assert (raster.values == VALUES).all()
    assert raster.values.dtype == np.float32
    assert (raster.crs, raster.x_min, raster.y_max) == ("EPSG:6677", -44_500.0, -93_000.0)
    assert (raster.cell_x_m, raster.cell_y_m, raster.source) == (2.5, 2.0, "a.tif")
    assert decoded.notes == ()


def test_the_role_is_a_parameter(tmp_path):
    """The same file can be a surface."""
    raster, decoded = read(write(tmp_path / "a.tif"), role="surface_raster")
    assert list(decoded.rasters) == ["surface_raster"]
    assert raster.values.shape == (3, 5)


def test_missing_cells_are_nan(tmp_path):
    """Declared nodata becomes NaN without a note."""
    values = VALUES.copy()
    values[1, 2] = -9999
    raster, decoded = read(write(tmp_path / "a.tif", values, nodata=-9999))
    assert np.argwhere(np.isnan(raster.values)).tolist() == [[1, 2]]
    assert decoded.notes == ()


@pytest.mark.parametrize("absurd", [-9999.0, 3.4e38, np.inf, -np.inf, 9500.0])
def test_impossible_heights_are_missing_and_told(tmp_path, absurd):
    """Heights no city has, as from an undeclared nodata value, become NaN with a note."""
    values = VALUES.copy()
    values[0, 4] = absurd
    raster, decoded = read(write(tmp_path / "a.tif", values))
    assert np.argwhere(np.isnan(raster.values)).tolist() == [[0, 4]]
    assert [(n.severity, "1 cells" in n.en) for n in decoded.notes] == [("loss", True)]


def test_scaled_integers(tmp_path):
    """Centimetres as integers with their scale give metres."""
    path = write(tmp_path / "a.tif", np.round(VALUES * 100).astype(np.int16), nodata=-9999)
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.01,), (100.0,)
    raster, _ = read(path)
    assert np.abs(raster.values - (VALUES + 100.0)).max() < 1e-5


def test_a_raster_from_south_to_north_is_turned(tmp_path):
    """Row 0 in the south: turned, so that row 0 is the north row."""
    south_up = Affine(2.5, 0.0, -44_500.0, 0.0, 2.0, -93_006.0)
    raster, _ = read(write(tmp_path / "a.tif", VALUES[::-1].copy(), south_up))
    assert (raster.values == VALUES).all()
    assert raster.y_max == -93_000.0


def test_other_bands_are_told(tmp_path):
    """Only the first band is read, and a note says so."""
    raster, decoded = read(write(tmp_path / "a.tif", np.stack([VALUES, VALUES + 50])))
    assert (raster.values == VALUES).all()
    assert [n.severity for n in decoded.notes] == ["info"]


def test_a_vertical_part_of_the_crs_is_dropped(tmp_path):
    """JGD2011 plane zone IX with heights is plane zone IX."""
    raster, _ = read(write(tmp_path / "a.tif", crs="EPSG:6677+6695"))
    assert raster.crs == "EPSG:6677"


def test_the_user_can_give_the_crs(tmp_path):
    """The CRS of the source counts where the file names none."""
    raster, _ = read(write(tmp_path / "a.tif", crs=None), source="EPSG:6677")
    assert raster.crs == "EPSG:6677"


def test_sheets_are_joined(tmp_path):
    """Sheets of one grid, in any order, overlap or gap: the first that knows a cell counts."""
    west = write(tmp_path / "a.tif", VALUES)
    shifted = VALUES + 100
    shifted[0, 0] = -9999
    corner = Affine(2.5, 0.0, -44_500.0 + 4 * 2.5, 0.0, -2.0, -93_000.0 + 2 * 2.0)
    east = write(tmp_path / "b.tif", shifted, corner, nodata=-9999)
    raster, _ = read(west, east)
    truth = np.full((5, 9), np.nan, dtype=np.float32)
    truth[:3, 4:] = shifted
    truth[0, 4] = np.nan
    truth[2:, :5] = VALUES
    assert np.array_equal(raster.values, truth, equal_nan=True)
    assert (raster.x_min, raster.y_max) == (-44_500.0, -92_996.0)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"crs": None}, "no coordinate reference system.*`crs`"),
        ({"crs": "EPSG:6668", "transform": Affine(1e-4, 0, 139, 0, -1e-4, 35)}, "gdalwarp"),
        ({"crs": "EPSG:3857"}, "Web Mercator"),
        ({"crs": "EPSG:2263"}, "not in metres"),
        ({"transform": NORTH_UP @ Affine.rotation(10)}, "not north-up"),
        ({"values": np.full((3, 5), np.nan, dtype=np.float32)}, "no height at all"),
        ({"values": np.ones((3, 5), dtype=np.complex64)}, "complex"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path, options, reason):
    """Each refusal names the file, the reason and the remedy."""
    with pytest.raises(SourceError, match=f"^a.tif: .*{reason}"):
        read(write(tmp_path / "a.tif", **options))


def test_heights_in_another_unit_are_refused(tmp_path):
    """A hill of 3 % in centimetres is a wall; in millimetres no height can be one. A surface may be steep."""
    hill = 10.0 + 0.03 * 2.5 * np.add.outer(np.arange(30.0), np.arange(40.0)).astype(np.float32)
    assert read(write(tmp_path / "a.tif", hill))[1].notes == ()
    path = write(tmp_path / "a.tif", 100.0 * hill)
    with pytest.raises(SourceError, match=r"^a.tif: rises or falls by 7\.5 m .*not centimetres"):
        read(path)
    assert read(path, role="surface_raster")[1].notes == ()
    with pytest.raises(
        SourceError, match=r"^a.tif: holds no height that can be one: .*millimetres"
    ):
        read(write(tmp_path / "a.tif", 1000.0 * hill))


@pytest.mark.parametrize("rows", [30, 600])
def test_a_code_for_no_data_far_below_the_ground_is_told(tmp_path, rows):
    """Forty cells of -99 in a plain, wherever they lie; a lake bed that falls evenly is ground."""
    plain = np.full((rows, 40), 10.0, dtype=np.float32)
    plain[-20:-15, 3:11] = -99.0
    said = [note.en for note in read(write(tmp_path / "a.tif", plain))[1].notes]
    assert len(said) == 1
    assert "exactly -99 m in 40 cells" in said[0]
    assert "at least 109 m higher" in said[0]
    plain[-20:-15, 2:12] = np.abs(np.arange(10) - 4.5) * 4 - 30.0
    assert read(write(tmp_path / "b.tif", plain))[1].notes == ()


def test_feet_are_refused(tmp_path):
    """Heights in feet are not taken for metres."""
    path = write(tmp_path / "a.tif")
    with rasterio.open(path, "r+") as raster:
        raster.units = ("ft",)
    with pytest.raises(SourceError, match="ft"):
        read(path)


def test_a_crs_with_heights_in_feet_is_refused(tmp_path):
    """So are those of a compound CRS whose plane is in metres; one in metres all through is read."""
    with pytest.raises(SourceError, match=r"^a\.tif: gives heights in 'US survey foot'"):
        read(write(tmp_path / "a.tif", crs="EPSG:6677+6360"))
    raster, _ = read(write(tmp_path / "a.tif", crs="EPSG:6677+6695"))
    assert raster.crs == "EPSG:6677"


def test_sheets_of_different_grids_are_refused(tmp_path):
    """A sheet half a cell off is not silently moved."""
    off = Affine(2.5, 0.0, -44_501.25, 0.0, -2.0, -93_000.0)
    with pytest.raises(SourceError, match=r"^b\.tif: .*grid of a\.tif"):
        read(write(tmp_path / "a.tif"), write(tmp_path / "b.tif", transform=off))


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_header_that_promises_too_much_is_refused(tmp_path):
    """A sparse file of 10^10 cells is refused before memory is taken."""
    path = tmp_path / "a.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=1,
        height=100_000,
        width=100_000,
        dtype="uint8",
        crs="EPSG:6677",
        transform=NORTH_UP,
        sparse_ok=True,
        tiled=True,
        compress="deflate",
    ):
        pass
    with pytest.raises(SourceError, match="10000000000 cells"):
        read(path)


def test_no_other_driver_is_used(tmp_path):
    """A virtual raster under the name of a GeoTIFF, which could open any file, is refused."""
    real = write(tmp_path / "real.tif")
    path = tmp_path / "a.tif"
    path.write_text(
        '<VRTDataset rasterXSize="5" rasterYSize="3"><VRTRasterBand dataType="Float32" band="1">'
        f"<SimpleSource><SourceFilename>{real}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    with pytest.raises(SourceError, match="cannot be read as GeoTIFF"):
        read(path)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_files_are_met_calmly(tmp_path, data):
    """Bytes changed or cut anywhere: a raster without impossible heights, or a CityTwinError."""
    content = bytearray(write(tmp_path / "sound.tif").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.tif"
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        raster, _ = read(path)
    except CityTwinError:
        return
    assert np.nanmax(np.abs(raster.values)) <= 9000
