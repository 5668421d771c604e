"""Results in three dimensions: one line of xarray opens them, with coordinates, units and CRS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr

import citytwin
from citytwin.errors import MissingKeyError, StoreError
from citytwin.model.text import text
from citytwin.model.volume import Quantity, Volume
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_streams import OPENED
from citytwin.store.sealed_keys import ensure_sealed
from citytwin.store.volume import write_volume

SPEED = Quantity("u", "1", text("風速", "velocity along x"))
DATUM = text("東京湾平均海面", "Tokyo Peil")
MARK = np.float32(1234.5678)


def volume() -> Volume:
    """Three levels of unequal thickness over 4 x 5 cells of 2 m; one cell is solid."""
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    values[0, 1, 2], values[2, 3, 4] = np.nan, MARK
    return Volume(
        values={SPEED: values},
        x_m=np.arange(5) * 2.0 + 1001.0,
        y_m=2007.0 - 2.0 * np.arange(4),
        z_faces_m=np.array([3.0, 5.0, 7.0, 10.0]),
        ground_m=np.full((4, 5), 3.0, dtype=np.float32),
        above_datum=True,
        facts=(),
        notes=(),
    )


def test_xarray_opens_it_in_one_line(tmp_path: Path) -> None:
    """Values, coordinates by hand, units, CRS and what was said; a second one takes its place."""
    folder = tmp_path / "flow.zarr"
    for _ in range(2):
        write_volume(volume(), folder, "EPSG:6677", DATUM, {"from_deg": 315.0})
    found = xr.open_zarr(folder)
    np.testing.assert_array_equal(found["u"].values, volume().values[SPEED])
    assert found["u"].dims == ("z", "y", "x")
    assert found["z"].values.tolist() == [4.0, 6.0, 8.5]
    assert found["z_bounds"].values.tolist() == [[3.0, 5.0], [5.0, 7.0], [7.0, 10.0]]
    assert found["z"].attrs["long_name"] == "height above Tokyo Peil"
    assert found["z"].attrs["standard_name"] == "altitude"
    assert float(found["u"].sel(x=1003.1, y=2004.9, z=6.2, method="nearest")) == 26.0
    assert found["u"].attrs["units"] == "1"
    assert found["ground"].attrs["units"] == "m"
    assert found.rio.crs.to_epsg() == 6677
    assert found.attrs["from_deg"] == 315.0
    assert [path.name for path in tmp_path.iterdir()] == ["flow.zarr"]
    flat = replace(volume(), above_datum=False)
    write_volume(flat, folder, "EPSG:6677", DATUM, {})
    assert xr.open_zarr(folder)["z"].attrs["long_name"] == "height above the ground"
    assert xr.open_zarr(folder)["z"].attrs["standard_name"] == "height"


def test_a_sealed_one_opens_with_its_key_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a sealed folder no value lies in clear, and without the key nothing opens."""
    write_new_key(tmp_path / "keys", "town-2026")
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    root = tmp_path / ".work" / ".sealed" / "town"
    ensure_sealed(root, "town-2026", open_ring())
    folder = root / "volumes" / "flow.zarr"
    said: dict[str, str | float] = {"source": "SecretPumpingStation", "classification": "public"}
    write_volume(volume(), folder, "EPSG:6677", DATUM, said)
    found = citytwin.open_volume(folder)
    np.testing.assert_array_equal(found["u"].values, volume().values[SPEED])
    for file in (path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        assert MARK.tobytes() not in data
        assert b"SecretPumpingStation" not in data
    sealed_folders.forget_keys()
    OPENED.clear()
    monkeypatch.delenv("CITYTWIN_KEYS")
    with pytest.raises(MissingKeyError):
        citytwin.open_volume(folder)


def test_a_folder_without_one_is_named(tmp_path: Path) -> None:
    """It says what writes one."""
    with pytest.raises(StoreError, match="holds no volume"):
        citytwin.open_volume(tmp_path)
