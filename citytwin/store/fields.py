"""Fields of the working store: Zarr arrays on the city's grid, one chunk per tile."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec, Tile


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
        return True

    def _open(self, field: Field, mode: Literal["r", "r+"]) -> zarr.Array[Any]:
        try:
            found = zarr.open_array(str(self._path(field)), mode=mode)
        except (FileNotFoundError, ValueError) as error:
            msg = f"field {field.name} is not in the working store {self.root}"
            raise StoreError(msg, hint="delete the folder .work and run again") from error
        return found

    def write(self, field: Field, tile: Tile, array: NDArray[Any]) -> str:
        """Write a tile and return the digest of its values."""
        data = np.ascontiguousarray(array, dtype=field.dtype)
        self._open(field, "r+")[tile.slices] = data
        return digest_of(data)

    def read(self, field: Field, tile: Tile) -> NDArray[Any]:
        """Read a window, shape of the tile."""
        return np.asarray(self._open(field, "r")[tile.slices])
