"""Fields of the working store: Zarr arrays on the city's grid, one chunk per tile."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.layer import ValueRange
from citytwin.store.atomic import sync_file, sync_folder, sync_tree


def digest_of(array: NDArray[Any]) -> str:
    """Return the sha256 of an array's type, shape and bytes.

    Parameters
    ----------
    array
        Any array; NaNs are told apart by their bits.
    """
    data = np.ascontiguousarray(array)
    head = f"{data.dtype.str}{data.shape}".encode()
    return hashlib.sha256(head + data.tobytes()).hexdigest()


def extremes(field: Field, array: NDArray[Any]) -> ValueRange | None:
    """Return the smallest and largest value of a field; None where it has no data.

    Parameters
    ----------
    field
        The field.
    array
        Its values, any shape.
    """
    data = array[~np.isnan(array)] if field.dtype == "float32" else array[array != field.nodata]
    if data.size == 0:
        return None
    return ValueRange(float(data.min()), float(data.max()))


@dataclass(frozen=True)
class FieldStore:
    """Arrays by field; safe for writers of different tiles at once."""

    root: Path
    grid: GridSpec
    tile_cells: int
    """Side of a tile, which is a chunk."""

    @property
    def key(self) -> str:
        """Name of the layout; another grid or tile size lives in another folder."""
        text = json.dumps([asdict(self.grid), self.tile_cells], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _path(self, field: Field) -> Path:
        return self.root / self.key / field.name

    def create(self, field: Field) -> bool:
        """Make an empty array for a field when there is none yet; True when it was made."""
        if (self._path(field) / "zarr.json").exists():
            return False
        fill = np.nan if field.dtype == "float32" else field.nodata
        zarr.create_array(
            str(self._path(field)),
            shape=self.grid.shape,
            chunks=(
                min(self.tile_cells, self.grid.ny),
                min(self.tile_cells, self.grid.nx),
            ),
            dtype=field.dtype,
            fill_value=fill,
            overwrite=True,
        )
        sync_tree(self._path(field))
        for folder in self._path(field).parents[:3]:
            sync_folder(folder)
        return True

    def _open(self, field: Field, mode: Literal["r", "r+"]) -> zarr.Array[Any]:
        try:
            # A tile without data leaves a chunk as well: a chunk that is missing was never made.
            with zarr.config.set({"array.write_empty_chunks": True}):
                found = zarr.open_array(str(self._path(field)), mode=mode)
        except (FileNotFoundError, ValueError) as error:
            msg = f"field {field.name} is not in the working store {self.root}"
            raise StoreError(msg, hint="delete the folder .work and run again") from error
        return found

    def write(self, field: Field, tile: Tile, array: NDArray[Any]) -> str:
        """Write a tile and return the digest of its values."""
        data = np.ascontiguousarray(array, dtype=field.dtype)
        self._open(field, "r+")[tile.slices] = data
        self._sync(field, tile)
        return digest_of(data)

    def has(self, field: Field, tile: Tile) -> bool:
        """Whether every chunk of a tile lies on the disk."""
        return all(chunk.is_file() for chunk in self._chunks(field, tile))

    def _chunks(self, field: Field, tile: Tile) -> list[Path]:
        size, root = self.tile_cells, self._path(field) / "c"
        rows = range(tile.row0 // size, -(-tile.row1 // size))
        cols = range(tile.col0 // size, -(-tile.col1 // size))
        return [root / str(row) / str(col) for row in rows for col in cols]

    def _sync(self, field: Field, tile: Tile) -> None:
        """Bring chunks to the disk: a record that outlives a power cut must not stand for less."""
        chunks = self._chunks(field, tile)
        for chunk in chunks:
            sync_file(chunk)
        for folder in dict.fromkeys(chunk.parent for chunk in chunks):
            sync_folder(folder)
        for folder in (self._path(field) / "c", self._path(field)):
            sync_folder(folder)

    def remove_others(self) -> None:
        """Remove the fields of other grids and tile sizes, which nothing reads any more."""
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            if folder.is_dir() and folder.name != self.key:
                shutil.rmtree(folder)

    def read(self, field: Field, tile: Tile) -> NDArray[Any]:
        """Read a window, shape of the tile."""
        return np.asarray(self._open(field, "r")[tile.slices])
