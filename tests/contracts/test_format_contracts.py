"""Every format: whatever the bytes, only errors of citytwin come out, and tables fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from citytwin.errors import CityTwinError
from citytwin.model.raster import Raster
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import Table
from citytwin.store.tables import conform
from tests.contracts.inputs import label, params_of, steps_of

CRS = "EPSG:6677"
RUBBISH = {
    "empty": b"",
    "one byte": b"\x00",
    "noise": np.random.default_rng(7).bytes(4096),
    "text": "これは何でもない\n".encode(),
    "shift_jis": "建物".encode("shift_jis"),
    "empty object": b"{}",
    "array": b"[1, 2",
    "null": b"null",
    "deep": b"[" * 50_000,
    "number": b'{"type": "CityJSON", "version": "2.0", "CityObjects": 7}',
    "other xml": b'<?xml version="1.0"?><html><body/></html>',
    "cut xml": b'<?xml version="1.0"?><CityModel xmlns="http://www.opengis.net/citygml/2.0"><cit',
    "entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "tiff head": b"II*\x00\x08\x00\x00\x00\xff\xff",
    "sqlite head": b"SQLite format 3\x00" + b"\x00" * 84,
    "parquet head": b"PAR1" + b"\x15" * 40 + b"PAR1",
    "zip head": b"PK\x03\x04" + b"\x00" * 60,
}


def check_decoded(step: Format[Any], decoded: Decoded) -> None:
    """What came out is what the format declares, and fits the schemas."""
    assert set(decoded.tables) | set(decoded.rasters) <= set(step.produces)
    for table, frame in decoded.tables.items():
        assert isinstance(table, Table)
        conform(table, frame, CRS)
    for raster in decoded.rasters.values():
        assert isinstance(raster, Raster)
        assert raster.values.dtype == np.float32


@pytest.mark.parametrize("kind", RUBBISH)
@pytest.mark.parametrize("step", steps_of(Format), ids=label)
def test_rubbish_is_refused_by_name(step: Format[Any], kind: str, tmp_path: Path) -> None:
    """The error is one of ours and names file or folder; or nothing comes out."""
    for number, pattern in enumerate(step.patterns):
        folder = tmp_path / str(number)
        folder.mkdir()
        name = pattern.replace("*", "x").replace("?", "1")
        (folder / name).write_bytes(RUBBISH[kind])
        data = Dataset("source", folder, (folder / name,), CRS, "Asia/Tokyo")
        said = ""
        decoded = Decoded()
        try:
            decoded = step.read(data, params_of(step)[0])
        except CityTwinError as error:
            said = str(error)
        assert not said or name in said or str(folder) in said
        check_decoded(step, decoded)
        assert sum(len(frame) for frame in decoded.tables.values()) == 0
        assert not decoded.rasters
