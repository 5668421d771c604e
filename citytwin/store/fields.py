"""Fields of the working store: Zarr arrays on the city's grid, one file per tile.

A field with a leading axis is a group of its values, such as (time, y, x), and their coordinates;
all of a tile lies in one file (a shard), each moment or direction in a chunk of its own, so that it
is read without the others.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

from citytwin.errors import StoreError, hint_of
from citytwin.model.axes import Axis, Coordinate, Direction, Season
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.instants import Instant
from citytwin.model.layer import ValueRange
from citytwin.model.text import Text
from citytwin.store.atomic import sync_file, sync_folder, sync_tree
from citytwin.store.damage import unreadable
from citytwin.store.sealed_zarr import zarr_store

_TIME_UNITS = "seconds since 1970-01-01T00:00:00Z"
_KEPT_OPEN = 64
"""Arrays; what is kept of one is its description."""
_SAID = "said"
"""What holds at each moment, in both languages, beside the times."""
_MONTHS = "months"
"""Months of each season, 1 to 12, beside their numbers."""
_CODECS = (ZstdCodec(), Crc32cCodec())
"""The checksum comes last: bytes are checked before anything unpacks them."""
_DAMAGE = (OSError, RuntimeError, TypeError, ValueError)
"""What zarr and its codecs raise where bytes are not what was written."""


def digest_of(array: NDArray[Any]) -> str:
    """Return the sha256 of an array's type, shape and bytes.

    Parameters
    ----------
    array
        Any array; NaNs are told apart by their bits.
    """
    data = np.ascontiguousarray(array)
    total = hashlib.sha256(f"{data.dtype.str}{data.shape}".encode())
    total.update(data.view(np.uint8).data)
    return total.hexdigest()


def extremes(field: Field, array: NDArray[Any]) -> ValueRange | None:
    """Return the smallest and largest value of a field; None where it has no data.

    Parameters
    ----------
    field
        The field.
    array
        Its values, any shape.
    """
    data = array if field.dtype == "float32" else array[array != field.nodata]
    if data.size == 0:
        return None
    low, high = np.fmin.reduce(data, axis=None), np.fmax.reduce(data, axis=None)
    return None if np.isnan(low) else ValueRange(float(low), float(high))


@lru_cache(maxsize=_KEPT_OPEN)
def _opened(
    path: Path,
    mode: Literal["r", "r+"],
    stamp: tuple[int, int, int],  # noqa: ARG001 - of the description: one that changed is read anew
) -> zarr.Array[Any]:
    """Open an array; the last ones are kept at hand, for tiles and moments come one by one."""
    # A tile without data leaves a chunk as well: a chunk that is missing was never made.
    with zarr.config.set({"array.write_empty_chunks": True}):
        return zarr.open_array(zarr_store(path, read_only=mode == "r"), mode=mode)


@dataclass(frozen=True)
class FieldStore:
    """Arrays by field; safe for writers of different tiles at once."""

    root: Path
    grid: GridSpec
    tile_cells: int
    """Side of a tile, which is a chunk."""

    @cached_property
    def key(self) -> str:
        """Name of the layout; another grid or tile size lives in another folder."""
        text = json.dumps([asdict(self.grid), self.tile_cells], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _root(self, field: Field) -> Path:
        return self.root / self.key / field.name

    def _path(self, field: Field) -> Path:
        return self._root(field) / "values" if field.axis else self._root(field)

    def create(self, field: Field, along: tuple[Coordinate, ...] = ()) -> bool:
        """Make an empty array for a field when there is none yet; True when it was made.

        Parameters
        ----------
        field
            The field.
        along
            Coordinates of a field with a leading axis. Where it was stored with others, it is made
            anew.
        """
        with self._told(field):
            return self._create(field, along)

    @contextmanager
    def _told(self, field: Field) -> Iterator[None]:
        """Put into words what the disk refuses."""
        try:
            yield
        except StoreError:
            raise
        except OSError as error:
            msg = f"field {field.name} cannot be written to {self.root}: {error}"
            raise StoreError(msg, hint=hint_of(error)) from error

    def _create(self, field: Field, along: tuple[Coordinate, ...]) -> bool:
        if field.axis:
            made = self._coordinates(field, field.axis) / "zarr.json"
            if made.exists() and self.coordinates(field) == along:
                return False
            zarr.create_group(zarr_store(self._root(field)), overwrite=True)
        elif (self._path(field) / "zarr.json").exists():
            return False
        tile = (min(self.tile_cells, self.grid.ny), min(self.tile_cells, self.grid.nx))
        number = len(along)
        zarr.create_array(
            zarr_store(self._path(field)),
            shape=(number, *self.grid.shape) if field.axis else self.grid.shape,
            chunks=(1, *tile) if field.axis else tile,
            shards=(number, *tile) if field.axis else None,
            dtype=field.dtype,
            fill_value=np.nan if field.dtype == "float32" else field.nodata,
            dimension_names=(field.axis, "y", "x") if field.axis else ("y", "x"),
            compressors=_CODECS,
            overwrite=True,
        )
        if field.axis:
            self._write_coordinates(field, field.axis, along)
        sync_tree(self._root(field))
        for folder in self._root(field).parents[:3]:
            sync_folder(folder)
        return True

    def _coordinates(self, field: Field, axis: Axis) -> Path:
        return self._root(field) / axis

    def _write_coordinates(self, field: Field, axis: Axis, along: tuple[Coordinate, ...]) -> None:
        """Write the coordinates last: a field without them was not made wholly."""
        values: NDArray[Any]
        attributes: dict[str, Any]
        if axis == "time":
            instants = [one for one in along if isinstance(one, Instant)]
            values = np.array([int(one.time.timestamp()) for one in instants], dtype=np.int64)
            said = [None if one.said is None else one.said.model_dump() for one in instants]
            attributes = {"standard_name": "time", "units": _TIME_UNITS, _SAID: said}
        elif axis == "season":
            months = [list(one.months) for one in along if isinstance(one, Season)]
            values = np.arange(len(months), dtype=np.int64)
            attributes = {"long_name": "number of the season", _MONTHS: months}
        else:
            values = np.array([one.from_deg for one in along if isinstance(one, Direction)])
            attributes = {"standard_name": "wind_from_direction", "units": "degree"}
        array = zarr.create_array(
            zarr_store(self._coordinates(field, axis)),
            shape=values.shape,
            dtype=values.dtype,
            dimension_names=(axis,),
            compressors=_CODECS,
            attributes=attributes,
            overwrite=True,
        )
        array[:] = values

    def coordinates(self, field: Field) -> tuple[Coordinate, ...]:
        """Coordinates of a field with a leading axis; none of another."""
        if not field.axis:
            return ()
        try:
            stored = zarr.open_array(
                zarr_store(self._coordinates(field, field.axis), read_only=True), mode="r"
            )
            values = np.asarray(stored[:])
        except FileNotFoundError as error:
            raise self._missing(field) from error
        except _DAMAGE as error:
            raise self._damaged(field, error) from error
        if field.axis == "direction":
            return tuple(Direction(float(value)) for value in values)
        if field.axis == "season":
            listed: Any = stored.attrs[_MONTHS]
            return tuple(Season(tuple(int(month) for month in months)) for months in listed)
        said: Any = stored.attrs[_SAID]
        return tuple(
            Instant(
                datetime.fromtimestamp(int(second), tz=UTC),
                None if phrase is None else Text.model_validate(phrase),
            )
            for second, phrase in zip(values, said, strict=True)
        )

    def directions(self, field: Field) -> tuple[Direction, ...]:
        """Directions of a field by direction; none of another."""
        return tuple(one for one in self.coordinates(field) if isinstance(one, Direction))

    def _missing(self, field: Field) -> StoreError:
        msg = f"field {field.name} is not in the working store {self.root}"
        return StoreError(msg, hint="delete the folder .work and run again")

    def _damaged(self, field: Field, error: Exception) -> StoreError:
        """Of a field whose description cannot be read: all of it is made anew."""
        root = self._root(field)
        return unreadable(f"field {field.name} in {root}", error, [root])

    def _open(self, field: Field, mode: Literal["r", "r+"]) -> zarr.Array[Any]:
        path = self._path(field)
        try:
            said = (path / "zarr.json").stat()
            found = _opened(path, mode, (said.st_ino, said.st_mtime_ns, said.st_size))
        except FileNotFoundError as error:
            raise self._missing(field) from error
        except _DAMAGE as error:
            raise self._damaged(field, error) from error
        return found

    def write(self, field: Field, tile: Tile, array: NDArray[Any]) -> str:
        """Write a tile, of all moments or directions, and return the digest of its values."""
        data = np.ascontiguousarray(array, dtype=field.dtype)
        stored = self._open(field, "r+")
        with self._told(field):
            stored[(..., *tile.slices)] = data
            self._sync(field, tile)
        return digest_of(data)

    def has(self, field: Field, tile: Tile) -> bool:
        """Whether every chunk of a tile lies on the disk."""
        return all(chunk.is_file() for chunk in self._chunks(field, tile))

    def _chunks(self, field: Field, tile: Tile) -> list[Path]:
        size, root = self.tile_cells, self._path(field) / "c"
        root = root / "0" if field.axis else root
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
        """Read a window, shape of the tile; with a leading axis, shape (nt, ...) or (n_dir, ...)."""
        return self._values(field, tile, ...)

    def read_one(self, field: Field, tile: Tile, number: int) -> NDArray[Any]:
        """Read a window of one moment or direction of a field, shape of the tile."""
        return self._values(field, tile, number)

    def _values(self, field: Field, tile: Tile, leading: Any) -> NDArray[Any]:
        stored = self._open(field, "r")
        try:
            return np.asarray(stored[(leading, *tile.slices)])
        except _DAMAGE as error:
            what = f"tile {tile.name} of field {field.name} in {self._path(field)}"
            raise unreadable(what, error, self._damaged_chunks(field, tile, stored)) from error

    def _damaged_chunks(self, field: Field, tile: Tile, stored: zarr.Array[Any]) -> list[Path]:
        """Files of a window that cannot be read, one by one."""
        found = []
        chunks = self._chunks(field, tile)
        size = self.tile_cells
        cols = -(-tile.col1 // size) - tile.col0 // size
        for place, chunk in enumerate(chunks):
            row, col = tile.row0 // size + place // cols, tile.col0 // size + place % cols
            rows = slice(row * size, min((row + 1) * size, self.grid.ny))
            try:
                stored[..., rows, col * size : min((col + 1) * size, self.grid.nx)]
            except _DAMAGE:
                found.append(chunk)
        return found
