"""Rasters of the working store as they came from their files: values, and where they lie."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from citytwin.errors import StoreError
from citytwin.model.raster import Raster
from citytwin.store.atomic import replacing, write_text
from citytwin.store.fields import digest_of


def write_raster(path: Path, raster: Raster) -> str:
    """Write a raster, each of its two files in one step, and return its digest.

    Parameters
    ----------
    path
        File of the values, ``.npy``; a ``.json`` beside it says where they lie.
    raster
        What a format read.
    """
    head = {key: value for key, value in asdict(raster).items() if key != "values"}
    with replacing(path) as temporary:
        np.save(temporary, raster.values)
    write_text(path.with_suffix(".json"), json.dumps(head))
    return digest_of(raster.values) + json.dumps(head, sort_keys=True)


def read_raster(path: Path) -> Raster:
    """Open a raster; its values are read from the disk where a tile needs them.

    Parameters
    ----------
    path
        File of the values.

    Raises
    ------
    StoreError
        If it is missing or damaged.
    """
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
        head = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"raster {path} cannot be read: {error}"
        raise StoreError(msg, hint="delete the folder .work and run again") from error
    return Raster(values=np.asarray(values), **head)
