"""What a sealed GeoTIFF costs beside the plain one: windows read by GDAL, and whole files.

Run with ``python -m benchmarks.sealed_reads``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.windows import Window

from benchmarks.processor import processor
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_streams import OPENED
from citytwin.store.at_rest import read_bytes
from citytwin.store.atomic import replacing
from citytwin.store.sealed_keys import ensure_sealed
from citytwin.store.sealed_rasters import open_raster

SIDE = 4096
ROUNDS = 40


def write_pair(folder: Path) -> tuple[Path, Path]:
    """Write a smooth field like depths of a flood, as layers are written, in clear and sealed."""
    rows, cols = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    noise = np.random.default_rng(1).normal(scale=0.02, size=(SIDE, SIDE)).astype(np.float32)
    depth = np.maximum(np.sin(rows / 210) * np.cos(cols / 170) * 2 + noise, 0).round(3)
    plain = folder / "depth.tif"
    profile = {
        "driver": "COG", "height": SIDE, "width": SIDE, "count": 1, "dtype": "float32",
        "crs": "EPSG:6677", "transform": rasterio.Affine(1, 0, 7, 0, -1, 9),
        "compress": "DEFLATE", "predictor": 2, "blocksize": 512,
    }  # fmt: skip
    with rasterio.open(plain, "w", **profile) as file:
        file.write(depth, 1)
    root = folder / ".sealed" / "town"
    write_new_key(folder / "keys", "bench")
    os.environ["CITYTWIN_KEYS"] = str(folder / "keys")
    ensure_sealed(root, "bench", open_ring())
    with replacing(root / "depth.tif") as copy:
        shutil.copyfile(plain, copy)
    return plain, root / "depth.tif"


def window(number: int, side: int) -> Window:
    """A window anywhere."""
    row, col = np.random.default_rng(number).integers(0, SIDE - side, 2)
    return Window(int(col), int(row), side, side)


def opened_each(path: Path, side: int) -> Callable[[int], object]:
    """A file opened for each window, as a stateless server does."""

    def read(number: int) -> object:
        with open_raster(path) as file:
            return file.read(1, window=window(number, side))

    return read


def kept_open(opened: AbstractContextManager[Any], side: int) -> Callable[[int], object]:
    """A file that stays open, as in a notebook."""
    file = opened.__enter__()
    return lambda number: file.read(1, window=window(number, side))


def measured(plain: Callable[[int], object], sealed: Callable[[int], object]) -> tuple[float, ...]:
    """CPU time of both in turn [ms]: the sum over the windows of the least of three readings."""
    spent = np.full((2, 3, ROUNDS), np.inf)
    for again in range(3):
        for number in range(ROUNDS):
            for which, read in enumerate((plain, sealed)):
                OPENED.clear()  # no chunk that an earlier window has opened
                begin = time.process_time()
                read(number)
                spent[which, again, number] = time.process_time() - begin
    return tuple(1e3 * spent.min(axis=1).mean(axis=1))


def main() -> None:
    """Print a table."""
    print(f"{processor()}, {SIDE} x {SIDE} float32, DEFLATE with predictor 2, blocks of 512")
    with tempfile.TemporaryDirectory() as scratch:
        plain, sealed = write_pair(Path(scratch))
        size, grown = plain.stat().st_size, sealed.stat().st_size
        print(f"{size / 1e6:.1f} MB, sealed {100 * (grown / size - 1):.3f} % more\n")
        print("| what | plain, CPU ms | sealed, CPU ms | times |\n|---|---:|---:|---:|")
        rows = {"a whole file": (lambda _: read_bytes(plain), lambda _: read_bytes(sealed))}
        for side in (256, 512, 1024):
            rows[f"a window of {side}, file opened for it"] = (
                opened_each(plain, side),
                opened_each(sealed, side),
            )
        with rasterio.Env(GDAL_CACHEMAX=0):
            for side in (256, 512, 1024):
                pair = (open_raster(plain), open_raster(sealed))
                rows[f"a window of {side}, file kept open"] = (
                    kept_open(pair[0], side),
                    kept_open(pair[1], side),
                )
            for name, (one, other) in rows.items():
                first, second = measured(one, other)
                print(f"| {name} | {first:.2f} | {second:.2f} | {second / first:.2f} |", flush=True)


if __name__ == "__main__":
    main()
