"""What the tiles of an archive were put together from, for the run after: which row gave which features.

A row may give a tile no feature, as where it is smaller than the steps of the tile: that is known as
well, so that it need not be cut again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_DIGEST_WORDS = 2


@dataclass(frozen=True)
class TileMemory:
    """A tile: its rows, and how many features each gave."""

    digest: tuple[int, ...]
    """Of outlines and attributes of its rows, as numbers of 64 bits."""
    rows: NDArray[np.int64]
    """Numbers of rows in the layer; ascending."""
    features: NDArray[np.int64]
    """How many features each of them gave; their features stand in the tile in this order."""


@dataclass(frozen=True)
class ArchiveMemory:
    """All tiles of an archive."""

    archive: bytes
    """Its sha256: of any other nothing is known."""
    outlines: NDArray[np.uint64]
    """Digest of the outline of every row of the layer."""
    tiles: Mapping[int, TileMemory]
    """By their numbers."""

    def as_bytes(self) -> bytes:
        """Return all of it, packed: a stream of Arrow with one row."""
        numbers = sorted(self.tiles)
        tiles = [self.tiles[number] for number in numbers]
        columns: dict[str, NDArray[np.unsignedinteger]] = {
            "archive": np.frombuffer(self.archive, dtype=np.uint8),
            "outlines": self.outlines,
            "numbers": np.array(numbers, dtype=np.uint64),
            "digests": np.array([tile.digest for tile in tiles], dtype=np.uint64).ravel(),
            "sizes": _narrow(np.array([len(tile.rows) for tile in tiles], dtype=np.int64)),
            # steps from row to row are small, and pack well
            "steps": _narrow(_joined([np.diff(tile.rows, prepend=0) for tile in tiles])),
            "features": _narrow(_joined([tile.features for tile in tiles])),
        }
        batch = pa.record_batch({name: _as_list(values) for name, values in columns.items()})
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
            writer.write_batch(batch)
        packed: bytes = sink.getvalue().to_pybytes()
        return packed

    @classmethod
    def of(cls, packed: bytes) -> ArchiveMemory | None:
        """Return what a run has remembered.

        Parameters
        ----------
        packed
            What `as_bytes` gave, not a bit other: a count that is wrong would take features for those of
            another row. What is of another form gives None.
        """
        try:
            with pa.ipc.open_stream(packed) as reader:
                batch = reader.read_next_batch()
            batch.validate(full=True)
            column = {name: batch[name][0].values.to_numpy() for name in batch.schema.names}
            numbers, digests = column["numbers"], column["digests"].reshape(-1, _DIGEST_WORDS)
            ends = np.cumsum(column["sizes"], dtype=np.int64)[:-1]
            steps = np.split(column["steps"].astype(np.int64), ends)
            features = np.split(column["features"].astype(np.int64), ends)
            tiles = {
                int(number): TileMemory(tuple(map(int, digest)), np.cumsum(step), count)
                for number, digest, step, count in zip(
                    numbers, digests, steps, features, strict=True
                )
            }
            memory = cls(column["archive"].tobytes(), column["outlines"], tiles)
        except (pa.ArrowException, OSError, StopIteration, KeyError, ValueError):
            return None
        return memory if memory._is_whole() else None

    def _is_whole(self) -> bool:
        """Whether all rows of tiles are rows of the layer."""
        return all(
            len(tile.rows) == len(tile.features)
            and len(tile.rows) > 0
            and tile.rows[-1] < len(self.outlines)
            for tile in self.tiles.values()
        )


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _narrow(values: NDArray[np.int64]) -> NDArray[np.unsignedinteger]:
    """The same numbers, none below zero, in the fewest bytes that hold the largest."""
    narrow: NDArray[np.unsignedinteger] = values.astype(np.min_scalar_type(values.max(initial=0)))
    return narrow


def _as_list(values: NDArray[np.unsignedinteger]) -> pa.Array:
    """A column of one row, which holds all values."""
    ends = pa.array([0, len(values)], type=pa.int64())
    return pa.LargeListArray.from_arrays(ends, pa.array(values))
