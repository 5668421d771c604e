"""Segments in memory: decoded once, kept while there is room. They never change."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.kernels.observation_keys import NEVER, Versions
from citytwin.store.observations.known_days import microseconds, versions_of
from citytwin.store.observations.manifest import Segment
from citytwin.store.observations.schema import (
    RAW_REF_BYTES,
    SEGMENT,
    FloatArray,
    IntArray,
    Kind,
)
from citytwin.store.observations.segments import read_segment

_BYTES_PER_ROW = 100


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of a segment, or those of some series of it."""

    table: pa.Table
    versions: Versions
    superseded_us: IntArray
    result: FloatArray
    tests: NDArray[np.int32]
    revised: NDArray[np.int64]
    """Which rows may have another version."""

    def __len__(self) -> int:
        return len(self.result)

    @cached_property
    def synthetic(self) -> NDArray[np.bool_]:
        """Which rows were generated, shape (n,)."""
        found: NDArray[np.bool_] = self.table["synthetic"].to_numpy()
        return found

    @cached_property
    def raw_ref(self) -> NDArray[np.void]:
        """References to raw payloads, shape (n,), 16 bytes each."""
        column = self.table["raw_ref"].combine_chunks()
        array = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        raw = np.frombuffer(array.buffers()[1], dtype=f"V{RAW_REF_BYTES}")
        return raw[array.offset : array.offset + len(array)]


def block_of(segment: Segment, series: NDArray[np.int32] | None = None) -> Block:
    """Read a segment.

    Parameters
    ----------
    segment
        Which.
    series
        Sorted numbers: groups of rows without any of them are left out.
    """
    return block_from(read_segment(segment.path, SEGMENT.names, series), segment.kind)


def block_from(table: pa.Table, kind: Kind) -> Block:
    """Take the columns of a table out that are looked at most.

    Parameters
    ----------
    table
        With the columns of `SEGMENT`.
    kind
        What its rows are.
    """
    superseded = microseconds(table, "superseded_at", missing=NEVER)
    return Block(
        table=table,
        versions=versions_of(table, kind),
        superseded_us=superseded,
        result=table["result"].to_numpy(),
        tests=table["tests"].to_numpy(),
        revised=np.flatnonzero(table["revises"].to_numpy() | (superseded != NEVER)),
    )


class BlockCache:
    """Blocks of segments, those used least recently dropped.

    Parameters
    ----------
    most_bytes
        How much may be kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_rows = most_bytes // _BYTES_PER_ROW
        self._blocks: OrderedDict[int, Block] = OrderedDict()

    def __contains__(self, segment: Segment) -> bool:
        return segment.number in self._blocks

    def get(self, segment: Segment) -> Block:
        """Return a segment as a whole.

        Parameters
        ----------
        segment
            Which.
        """
        block = self._blocks.get(segment.number)
        if block is None:
            block = self._blocks[segment.number] = block_of(segment)
        self._blocks.move_to_end(segment.number)
        while len(self._blocks) > 1 and sum(map(len, self._blocks.values())) > self._most_rows:
            self._blocks.popitem(last=False)
        return block
