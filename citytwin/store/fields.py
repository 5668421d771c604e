"""Fields of the working store: Zarr arrays on the city's grid, one file per tile.

A field over time is a group of its values (time, y, x) and their times; the moments of a tile lie
in one file (a shard), each in a chunk of its own, so that a moment is read without the others.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.instants import Instant
from citytwin.model.layer import ValueRange
from citytwin.model.text import Text
from citytwin.store.atomic import sync_file, sync_folder, sync_tree

_TIME_UNITS = "seconds since 1970-01-01T00:00:00Z"
_SAID = "said"
"""What holds at each moment, in both languages, beside the times."""


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

    def _root(self, field: Field) -> Path:
        return self.root / self.key / field.name

    def _path(self, field: Field) -> Path:
        return self._root(field) / "values" if field.over_time else self._root(field)

    def create(self, field: Field, instants: tuple[Instant, ...] = ()) -> bool:
        """Make an empty array for a field when there is none yet; True when it was made.

        Parameters
        ----------
        field
            The field.
        instants
            Moments of a field over time, ascending. Where it was stored with other moments, it
            is made anew.
        """
        if field.over_time:
            if (self._times(field) / "zarr.json").exists() and self.instants(field) == instants:
                return False
            zarr.create_group(str(self._root(field)), overwrite=True)
        elif (self._path(field) / "zarr.json").exists():
            return False
        tile = (min(self.tile_cells, self.grid.ny), min(self.tile_cells, self.grid.nx))
        nt = len(instants)
        zarr.create_array(
            str(self._path(field)),
            shape=(nt, *self.grid.shape) if field.over_time else self.grid.shape,
            chunks=(1, *tile) if field.over_time else tile,
            shards=(nt, *tile) if field.over_time else None,
            dtype=field.dtype,
            fill_value=np.nan if field.dtype == "float32" else field.nodata,
            dimension_names=("time", "y", "x") if field.over_time else ("y", "x"),
            overwrite=True,
        )
        if field.over_time:
            self._write_times(field, instants)
        sync_tree(self._root(field))
        for folder in self._root(field).parents[:3]:
            sync_folder(folder)
        return True

    def _times(self, field: Field) -> Path:
        return self._root(field) / "time"

    def _write_times(self, field: Field, instants: tuple[Instant, ...]) -> None:
        """Write the times last: a field without them was not made wholly."""
        said = [None if one.said is None else one.said.model_dump() for one in instants]
        times = zarr.create_array(
            str(self._times(field)),
            shape=(len(instants),),
            dtype="int64",
            dimension_names=("time",),
            attributes={"standard_name": "time", "units": _TIME_UNITS, _SAID: said},
            overwrite=True,
        )
        times[:] = np.array([int(one.time.timestamp()) for one in instants], dtype=np.int64)

    def instants(self, field: Field) -> tuple[Instant, ...]:
        """Moments of a field over time; none of another."""
        if not field.over_time:
            return ()
        try:
            times = zarr.open_array(str(self._times(field)), mode="r")
        except (FileNotFoundError, ValueError) as error:
            raise self._missing(field) from error
        said: Any = times.attrs[_SAID]
        return tuple(
            Instant(
                datetime.fromtimestamp(int(second), tz=UTC),
                None if phrase is None else Text.model_validate(phrase),
            )
            for second, phrase in zip(np.asarray(times[:]), said, strict=True)
        )

    def _missing(self, field: Field) -> StoreError:
        msg = f"field {field.name} is not in the working store {self.root}"
        return StoreError(msg, hint="delete the folder .work and run again")

    def _open(self, field: Field, mode: Literal["r", "r+"]) -> zarr.Array[Any]:
        try:
            # A tile without data leaves a chunk as well: a chunk that is missing was never made.
            with zarr.config.set({"array.write_empty_chunks": True}):
                found = zarr.open_array(str(self._path(field)), mode=mode)
        except (FileNotFoundError, ValueError) as error:
            raise self._missing(field) from error
        return found

    def write(self, field: Field, tile: Tile, array: NDArray[Any]) -> str:
        """Write a tile, of all moments, and return the digest of its values."""
        data = np.ascontiguousarray(array, dtype=field.dtype)
        self._open(field, "r+")[(..., *tile.slices)] = data
        self._sync(field, tile)
        return digest_of(data)

    def has(self, field: Field, tile: Tile) -> bool:
        """Whether every chunk of a tile lies on the disk."""
        return all(chunk.is_file() for chunk in self._chunks(field, tile))

    def _chunks(self, field: Field, tile: Tile) -> list[Path]:
        size, root = self.tile_cells, self._path(field) / "c"
        root = root / "0" if field.over_time else root
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
        above = chunks[0].parents[1]
        for folder in (above, *above.parents):
            sync_folder(folder)
            if folder == self._path(field):
                break

    def remove_others(self) -> None:
        """Remove the fields of other grids and tile sizes, which nothing reads any more."""
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            if folder.is_dir() and folder.name != self.key:
                shutil.rmtree(folder)

    def read(self, field: Field, tile: Tile) -> NDArray[Any]:
        """Read a window, shape of the tile; of a field over time, shape (nt, ...)."""
        return np.asarray(self._open(field, "r")[(..., *tile.slices)])

    def read_moment(self, field: Field, tile: Tile, number: int) -> NDArray[Any]:
        """Read a window of one moment of a field over time, shape of the tile."""
        return np.asarray(self._open(field, "r")[(number, *tile.slices)])
