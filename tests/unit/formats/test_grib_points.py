"""Weather of GRIB at points: units, wind, means, points outside, files that hold something else."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from citytwin.errors import SourceError
from citytwin.formats.grib_points import FORMAT, GribPointParams, decode_grib_points
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.store.tables import conform

# 2026-07-01T00:00:00Z
TIME_S = 1_782_864_000
HALL = {"thing": "hall", "longitude_deg": 139.025, "latitude_deg": 35.985}
SURFACE, AT_2_M, AT_10_M = "1 0 0", "103 0 2", "103 0 10"
"""Kind, scale and value of a level."""


def message(values, category, number, level, hours=0, discipline=0):
    """A message of 2 x 3 cells of 0.01 degrees, a mean or sum of some hours if any."""
    template = f"{category} {number} 2 0 0 0 0 1 0 {level} 255 0 0"
    if hours:
        template += f" 2026 7 1 {hours} 0 0 1 0 {int(category == 1)} 2 1 {hours} 255 0"
    with MemoryFile() as memory:
        with memory.open(
            driver="GRIB", height=2, width=3, count=1, dtype="float64",
            crs=rasterio.CRS.from_epsg(4326), transform=from_origin(139.0, 36.0, 0.01, 0.01),
            PDS_PDTN="8" if hours else "0", DISCIPLINE=str(discipline),
            PDS_TEMPLATE_ASSEMBLED_VALUES=template, INPUT_UNIT="K",
            IDS="CENTER=34(Tokyo) SIGNF_REF_TIME=1(Start_of_Forecast) REF_TIME=2026-07-01T00:00:00Z",
        ) as opened:  # fmt: skip
            opened.write(np.asarray(values, dtype=np.float64), 1)
        return memory.read()


def field(value):
    """A raster in which the hall's cell, the last of the second row, has a value."""
    raster = np.full((2, 3), -999.0 if abs(value) > 500 else 1.0)
    raster[1, 2] = value
    return raster


def decode(*messages, **params):
    """Decode messages in one file."""
    given = GribPointParams.model_validate({"points": [HALL], **params})
    return decode_grib_points(b"".join(messages), "f.grib2", given)


def of(batch):
    """(thing, property) -> (hours from midnight, to, value)."""
    return {
        (r.thing, r.observed.name): (
            (r.start_s - TIME_S) / 3600, (r.end_s - TIME_S) / 3600,
            None if r.value is None else pytest.approx(r.value, abs=0.01),
        )
        for r in batch.readings
    }  # fmt: skip


def test_temperature_and_wind_of_the_cell_around_a_point():
    """Kelvins become degrees; wind of 3 m/s to the east and 4 m/s to the north comes from 216.9."""
    batch = decode(
        message(field(293.15), 0, 0, AT_2_M),
        message(field(3.0), 2, 2, AT_10_M),
        message(field(4.0), 2, 3, AT_10_M),
    )
    assert of(batch) == {
        ("hall:0002m", "air_temperature"): (0, 0, 20.0),
        ("hall:0010m", "wind_speed"): (0, 0, 5.0),
        ("hall:0010m", "wind_from_direction"): (0, 0, 216.87),
    }
    assert {place.height_m for place in batch.places} == {2.0, 10.0}
    assert "not measurements" in batch.notes[0].en


def test_calm_has_no_direction():
    """Rounding would give it one."""
    batch = decode(message(field(0.01), 2, 2, AT_10_M), message(field(0.0), 2, 3, AT_10_M))
    assert of(batch)["hall:0010m", "wind_from_direction"] == (0, 0, None)


def test_sums_cover_their_interval():
    """6 kg/m2 of rain in three hours are 2 mm/h."""
    batch = decode(message(field(6.0), 1, 8, SURFACE, hours=3))
    assert of(batch) == {("hall", "rainfall_rate"): (0, 3, 2.0)}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (message(field(1.0), 0, 20, SURFACE), "no weather that the twin keeps"),
        (message(field(6.0), 1, 8, SURFACE), "needs the interval"),
        (message(field(3.0), 2, 2, AT_10_M), "no weather that the twin keeps"),
        (b"GRIB", "cannot be read as GRIB"),
        (b"", "no GRIB file"),
    ],
)
def test_files_that_cannot_be_used(raw, words):
    """Sums over no time, wind in one part alone, damaged files."""
    with pytest.raises(SourceError, match=words):
        decode(raw)


def test_points_outside_the_raster():
    """They are told; a file that reaches none is refused."""
    away = {"thing": "away", "longitude_deg": 0.5, "latitude_deg": 51.0}
    raw = message(field(293.15), 0, 0, AT_2_M)
    batch = decode(raw, points=[HALL, away])
    assert [reject.record for reject in batch.rejects] == ["away"]
    with pytest.raises(SourceError, match="reaches none of the points"):
        decode(raw, points=[away])


def test_a_source(tmp_path):
    """Tables fit their schemas."""
    (tmp_path / "a.grib2").write_bytes(message(field(293.15), 0, 0, AT_2_M))
    dataset = Dataset("s", tmp_path, (tmp_path / "a.grib2",), "EPSG:6677", "Asia/Tokyo")
    decoded = FORMAT.read(dataset, GribPointParams.model_validate({"points": [HALL]}))
    assert len(conform(THINGS, decoded.tables[THINGS], "EPSG:6677")) == 1
    assert len(conform(OBSERVATIONS, decoded.tables[OBSERVATIONS], "EPSG:6677")) == 1
