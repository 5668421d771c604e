"""Results in three dimensions as Zarr that xarray opens with coordinates, units and CRS (CF 1.11)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
import zarr

from citytwin.errors import StoreError, hint_of
from citytwin.model.text import Text
from citytwin.model.volume import Volume
from citytwin.store.atomic import move_folder, sync_tree, temporary_beside
from citytwin.store.sealed_zarr import zarr_store
from citytwin.store.staging import is_sealed

_CHUNK = (32, 64, 64)


def write_volume(
    volume: Volume, folder: Path, crs: str, datum: Text, said: Mapping[str, str | float]
) -> None:
    """Write a volume in the place of what stands there; sealed, where the place wants it.

    Parameters
    ----------
    volume
        What to write.
    folder
        Of the Zarr group.
    crs
        Of the city.
    datum
        What its heights are counted from.
    said
        Attributes of the whole: title, direction, sources.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    data = _dataset(volume, crs, datum).assign_attrs(said)
    chunks = tuple(min(part) for part in zip(_CHUNK, data["u"].shape, strict=True))
    encoding = {quantity.name: {"chunks": chunks} for quantity in volume.values}
    # A sealed file knows its name, so a folder of such is written in its place.
    target = folder if is_sealed(folder) else temporary_beside(folder)
    try:
        shutil.rmtree(target, ignore_errors=True)
        with zarr.config.set({"array.write_empty_chunks": True}):
            data.to_zarr(
                zarr_store(target), mode="w", encoding=encoding, zarr_format=2, consolidated=True
            )
        sync_tree(target)
        if target != folder:
            shutil.rmtree(folder, ignore_errors=True)
            move_folder(target, folder)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        msg = f"{folder} cannot be written: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error


def read_volume(folder: Path) -> xr.Dataset:
    """Open a volume lazily; a sealed one needs the key of its folder. No policy is asked.

    Parameters
    ----------
    folder
        Of the Zarr group.

    Raises
    ------
    StoreError
        If there is none.
    """
    if not (folder / ".zmetadata").is_file():
        raise StoreError(f"{folder} holds no volume", hint="write one with `citytwin volume`")
    found: xr.Dataset = xr.open_zarr(zarr_store(folder, read_only=True), consolidated=True)
    return found


def _dataset(volume: Volume, crs: str, datum: Text) -> xr.Dataset:
    counted, upright = (datum.en, "altitude") if volume.above_datum else ("the ground", "height")
    axes = {
        "z": ("z", volume.z_m, {"standard_name": upright, "axis": "Z", "positive": "up"}),
        "y": ("y", volume.y_m, {"standard_name": "projection_y_coordinate", "axis": "Y"}),
        "x": ("x", volume.x_m, {"standard_name": "projection_x_coordinate", "axis": "X"}),
    }
    data = xr.Dataset(coords=axes)
    for name in axes:
        data[name].attrs["units"] = "m"
    data["z"].attrs |= {"long_name": f"height above {counted}", "bounds": "z_bounds"}
    data["z_bounds"] = (("z", "side"), np.stack([volume.z_faces_m[:-1], volume.z_faces_m[1:]], 1))
    ground = {"units": "m", "long_name": f"ground above {counted}", "grid_mapping": "spatial_ref"}
    data["ground"] = (("y", "x"), volume.ground_m, ground)
    for quantity, values in volume.values.items():
        attributes = {"units": quantity.unit, "long_name": quantity.title.en}
        data[quantity.name] = (
            ("z", "y", "x"),
            values,
            {**attributes, "grid_mapping": "spatial_ref"},
        )
    located: xr.Dataset = data.rio.write_crs(crs)
    for name in ("ground", *(quantity.name for quantity in volume.values)):
        located[name].encoding["coordinates"] = "spatial_ref"  # so that xarray finds the CRS again
    named: xr.Dataset = located.assign_attrs(Conventions="CF-1.11")
    return named
