"""Rain from HDF5, NetCDF and GRIB: packing, codes for nothing, intervals, projections, hostile files."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malformed_guard import guarded
from pyproj import Transformer
from rain_files import MERCATOR, classic, hdf5, knmi, netcdf, odim
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from citytwin.errors import SourceError
from citytwin.formats.radar_hdf5 import RadarParams, decode_radar_hdf5
from citytwin.formats.rain_grib import GribRainParams, decode_rain_grib
from citytwin.formats.rain_netcdf import NetcdfRainParams, decode_rain_netcdf

# 2026-07-01T00:00:00Z
TIME_S = 1_782_864_000
PACKED = [[0, 10, 254], [20, 255, 40]]
FRAMES = np.array([[[0.0, 5.0], [10.0, -999.0]], [[1.0, 2.0], [3.0, 4.0]]])


def radar(raw, **params):
    """The image of a radar file."""
    (image,) = decode_radar_hdf5(raw, "f.h5", RadarParams.model_validate(params))
    return image


def cf(raw, **params):
    """Images of a NetCDF file."""
    return decode_rain_netcdf(raw, "f.nc", NetcdfRainParams.model_validate(params))


def spans(images):
    """Minutes from midnight to which images refer."""
    return [((i.start_s - TIME_S) / 60, (i.end_s - TIME_S) / 60) for i in images]


def test_rates_of_odim():
    """Gain 0.5; undetect is no rain, nodata is unknown; the corner in Mercator by hand."""
    image = radar(odim(PACKED))
    assert np.array_equal(image.rate, [[0, 5, 0], [10, np.nan, 20]], equal_nan=True)
    assert spans([image]) == [(10, 10)]
    # x = R lambda, y = R ln tan(pi/4 + phi/2) on the sphere of the projection.
    assert image.west == pytest.approx(6378137 * np.radians(139.0))
    phi = np.radians(36.0)
    assert image.north == pytest.approx(6378137 * np.log(np.tan(np.pi / 4 + phi / 2)), rel=1e-9)


def test_sums_of_odim_need_their_interval():
    """5 mm in ten minutes are 30 mm/h."""
    span = {
        "startdate": "20260701",
        "starttime": "000000",
        "enddate": "20260701",
        "endtime": "001000",
    }
    image = radar(odim(PACKED, quantity="ACRR", **span))
    assert image.rate[0].tolist() == [0.0, 30.0, 0.0]
    assert spans([image]) == [(0, 10)]
    with pytest.raises(SourceError, match="needs the interval"):
        radar(odim(PACKED, quantity="ACRR"))
    backwards = {**span, "startdate": "20260702"}
    with pytest.raises(SourceError, match="ends before it begins"):
        radar(odim(PACKED, quantity="ACRR", **backwards))


def test_sums_of_knmi_in_polar_stereographic():
    """65535 is outside the image, not 655 mm; 0.05 mm in five minutes are 0.6 mm/h."""
    image = radar(knmi([[0, 5], [65535, 100]]))
    expected = [[0, 0.6], [np.nan, 12]]
    assert image.rate == pytest.approx(np.array(expected), nan_ok=True, rel=1e-6)
    assert spans([image]) == [(-5, 0)]
    # The corner as the files of KNMI say it themselves (`geo_product_corners`).
    corner = Transformer.from_crs(image.crs, image.crs.geodetic_crs, always_xy=True)
    assert corner.transform(image.west, image.north) == pytest.approx((0.0, 55.974), abs=1e-3)


def test_reflectivity_only_by_a_relation_that_is_given():
    """Marshall and Palmer: Z = 200 R^1.6, so 23.01 dBZ (Z = 200) are 1 mm/h."""
    dbz = 10 * np.log10(200.0)
    raw = odim([[1, 254, 255]], quantity="DBZH", gain=dbz)
    with pytest.raises(SourceError, match=r"reflectivity \(DBZH\) alone \(say `z_r_a`"):
        radar(raw)
    assert radar(raw, z_r_a=200).rate[0].tolist() == pytest.approx([1.0, 0.0, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "PVOL"}, "ODIM object 'PVOL'"),
        ({"quantity": "VRAD"}, "no image of rain"),
        ({"projdef": "+proj=merc +nadgrids=/etc/passwd"}, "projection with"),
        ({"projdef": "+init=/etc/passwd:1"}, "projection with"),
        ({"projdef": "+proj=pipeline +step +proj=merc"}, "projection with"),
        ({"projdef": "+proj=merc +datum=potsdam"}, "projection with"),
        ({"projdef": "+proj=nonsense"}, "no projection"),
        ({"projdef": ""}, "no projection"),
        ({"end": "20261301001000"}, "no day and time"),
    ],
)
def test_composites_that_cannot_be_used(changes, words):
    """With the reason; nothing named in them is opened."""
    with pytest.raises(SourceError, match=words):
        radar(odim(PACKED, **changes))


def outside(file):
    """Lead to another file in every way that HDF5 knows."""
    file["leads"] = h5py.ExternalLink("/etc/passwd", "/x")


def soft(file):
    """Lead to another place in the file."""
    file["leads"] = h5py.SoftLink("/what")


def stored_elsewhere(file):
    """Keep the values in another file."""
    file.create_dataset("leads", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def virtual(file):
    """Put values together from other files."""
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    file.create_virtual_dataset("leads", layout)


def huge(file):
    """Say more values than memory holds, in few bytes."""
    file.create_dataset("leads", (10**6, 10**6), "f8", chunks=(1000, 1000), compression="gzip")


def deep(file):
    """A hundred groups in each other."""
    file.create_group("/".join("g" * 100))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (outside, "a link to another place"),
        (soft, "a link to another place"),
        (stored_elsewhere, "lies in another file"),
        (virtual, "lies in another file"),
        (huge, "more than 64000000"),
        (deep, "nested too deeply"),
    ],
)
def test_files_that_lead_elsewhere_are_refused(more, words, tmp_path):
    """Before anything of them is read."""
    for make, decode in ((odim, radar), (netcdf, cf)):
        raw = make(PACKED, more=more) if make is odim else make(FRAMES, more=more)
        with guarded(tmp_path), pytest.raises(SourceError, match=words):
            decode(raw)


def test_rates_of_netcdf():
    """The fill value is unknown; images of an instant; north first whatever the file does."""
    for south_first in (False, True):
        images = cf(netcdf(FRAMES, south_first=south_first))
        assert np.array_equal(images[0].rate, [[0, 5], [10, np.nan]], equal_nan=True)
        assert spans(images) == [(0, 0), (5, 5)]
        assert (images[0].west, images[0].north) == pytest.approx((139.0, 36.0))
        assert (images[0].dx, images[0].dy) == pytest.approx((0.01, 0.01))


@pytest.mark.parametrize(
    ("units", "name", "factor"),
    [
        ("mm h-1", "rainfall_rate", 1.0),
        ("kg m-2 s-1", "precipitation_flux", 3600.0),
        ("mm", "rainfall_amount", 12.0),
        ("kg m-2", "precipitation_amount", 12.0),
    ],
)
def test_units_of_netcdf(units, name, factor):
    """Amounts cover their bounds, here five minutes."""
    small = np.full((2, 2, 2), 0.01)
    raw = netcdf(small, units=units, name=name, times=(5, 10), bounds=[[0, 5], [5, 10]])
    images = cf(raw)
    assert images[0].rate == pytest.approx(np.full((2, 2), 0.01 * factor), rel=1e-5)
    assert spans(images) == [(0, 5), (5, 10)]


def test_a_projection_by_its_grid_mapping():
    """Kilometres become metres."""
    mapping = {
        "grid_mapping_name": "lambert_azimuthal_equal_area",
        "longitude_of_projection_origin": 139.0,
        "latitude_of_projection_origin": 35.0,
        "semi_major_axis": 6378137.0,
        "inverse_flattening": 298.257,
    }
    image = cf(netcdf(FRAMES, mapping=mapping))[0]
    assert (image.west, image.north, image.dx) == pytest.approx((0.0, 10_000.0, 1000.0))
    assert image.crs.to_cf()["grid_mapping_name"] == mapping["grid_mapping_name"]
    hostile = {"crs_wkt": 'BOUNDCRS[PARAMETERFILE["grid","/etc/passwd"]]'}
    with pytest.raises(SourceError, match="its CRS names files"):
        cf(netcdf(FRAMES, mapping={**mapping, **hostile}))
    with pytest.raises(SourceError, match="no projection is made"):
        cf(netcdf(FRAMES, mapping={"grid_mapping_name": "flat"}))


def rename(file):
    """A second variable of rain."""
    file["more"] = file["rain"][()]
    file["more"].attrs["standard_name"] = np.bytes_("rainfall_rate")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"units": "furlong"}, "unit 'furlong' is not known"),
        ({"units": ""}, "unit '' is not known"),
        ({"units": "mm"}, "needs the interval"),
        ({"name": "air_temperature"}, "has 0 variables of rain"),
        ({"more": rename}, "has 2 variables of rain"),
        ({"times": (0, float("nan"))}, "a time is missing"),
        ({"times": (0, 1.2e8)}, "1900 and 2200"),
        ({"times": (0, 1e15)}, "not by the CF conventions"),
        ({"bounds": [[5, 0], [5, 10]]}, "end before they begin"),
    ],
)
def test_netcdf_that_cannot_be_used(changes, words):
    """With the variable and the reason."""
    with pytest.raises(SourceError, match=words):
        cf(netcdf(FRAMES, **changes))


def test_classic_netcdf():
    """Packed short integers; the fill value is unknown."""
    images = cf(classic(FRAMES))
    assert images[0].rate == pytest.approx(np.array([[0, 5], [10, np.nan]]), nan_ok=True)
    assert spans(images) == [(0, 0), (5, 5)]
    assert (images[0].west, images[0].north) == pytest.approx((139.0, 36.0))
    with pytest.raises(SourceError, match="damaged NetCDF"):
        cf(classic(FRAMES)[:100])
    with pytest.raises(SourceError, match="no NetCDF file"):
        cf(b"CDF\x05" + bytes(100))


def test_rain_that_none_can_be_is_counted():
    """500 mm/h are unknown, and told."""
    (image, _) = cf(netcdf(np.array([[[500.0, 1.0]] * 2] * 2)))
    assert image.rate == pytest.approx(np.array([[np.nan, 1.0]] * 2), nan_ok=True)
    assert image.wild == 2


def grib(values, element="PrecipRate"):
    """A GRIB 2 file as GDAL writes it: MRMS-like rates."""
    with MemoryFile() as memory:
        with memory.open(
            driver="GRIB", height=2, width=3, count=1, dtype="float64",
            crs=rasterio.CRS.from_epsg(4326), transform=from_origin(139.0, 36.0, 0.01, 0.01),
            # Discipline 0, category 1, number 7: rate of precipitation [kg/(m2 s)].
            PDS_PDTN="0", DISCIPLINE="0",
            PDS_TEMPLATE_ASSEMBLED_VALUES="1 7 2 0 0 0 0 1 0 1 0 0 255 0 0",
            IDS="CENTER=161(US-OAR) SIGNF_REF_TIME=3(Observation_time) REF_TIME=2026-07-01T00:00:00Z",
        ) as opened:  # fmt: skip
            opened.write(np.asarray(values, dtype=np.float64), 1)
        return memory.read()


def test_rates_of_grib():
    """36 kg/m2 an hour; codes below zero are unknown; above what rain can be as well."""
    per_s = np.array([[0.0, 36.0, -3.0 * 3600], [72.0, 5000.0, 18.0]]) / 3600.0
    (image,) = decode_rain_grib(grib(per_s), "f.grib2", GribRainParams())
    expected = [[0, 36, np.nan], [72, np.nan, 18]]
    assert image.rate == pytest.approx(np.array(expected), nan_ok=True, abs=0.01)
    assert (image.west, image.north) == pytest.approx((139.0, 36.0), abs=1e-5)
    assert spans([image]) == [(0, 0)]
    assert image.issued_s is None
    with pytest.raises(SourceError, match=r"holds no rain .say its `element` of PRATE"):
        decode_rain_grib(grib(per_s), "f.grib2", GribRainParams(element="APCP"))


GOOD = {
    "odim": (odim(PACKED), lambda raw: decode_radar_hdf5(raw, "f", RadarParams())),
    "classic": (classic(FRAMES), lambda raw: decode_rain_netcdf(raw, "f", NetcdfRainParams())),
    "netcdf": (netcdf(FRAMES), lambda raw: decode_rain_netcdf(raw, "f", NetcdfRainParams())),
    "grib": (grib(np.full((2, 3), 0.01)), lambda raw: decode_rain_grib(raw, "f", GribRainParams())),
}


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=150, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(data=st.data())
def test_a_file_cut_or_overwritten(name, data):
    """Images, or the error; never anything else."""
    raw, decode = GOOD[name]
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 12)))
    odd = raw[:start] + data.draw(st.binary(max_size=12)) + raw[end:]
    odd = odd[: data.draw(st.sampled_from([None, len(odd) // 2, 40]))]
    try:
        images = decode(odd)
    except SourceError as error:
        str(error).encode()
        return
    for image in images:
        known = image.rate[np.isfinite(image.rate)]
        assert image.rate.dtype == np.float32
        assert ((known >= 0) & (known <= 400)).all()


def test_other_files_are_refused():
    """HDF5 of other things, and no HDF5 at all."""
    other = hdf5(lambda file: file.create_dataset("x", data=[1.0]))
    with pytest.raises(SourceError, match="neither ODIM nor an image of KNMI"):
        radar(other)
    for decode in (radar, cf):
        with pytest.raises(SourceError, match=r"no HDF5|no NetCDF"):
            decode(b"hello")
    assert MERCATOR
    assert io.BytesIO(other).read(4) == b"\x89HDF"
