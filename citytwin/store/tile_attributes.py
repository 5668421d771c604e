"""Attributes of rows as vector tiles hold them: numbers of keys, and of values in one order.

A tile lists each value once. Values stand in the order of their kind and size, which follows from the
values of a tile alone, and packs better than the order in which rows first use them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from citytwin.store.vector_tile import TileContent, TileValue

_MISSING = -1


class TileAttributes:
    """Attributes of rows, each value once.

    Parameters
    ----------
    frame
        Rows of a layer; booleans, integers, floating numbers, and what can be written as a string.
    rows
        Those whose attributes are asked for; ascending.
    """

    def __init__(self, frame: pd.DataFrame, rows: NDArray[np.intp]) -> None:
        frame = frame.iloc[rows]
        self._rows = rows
        self._keys = [str(name) for name in frame.columns]
        columns = [_as_array(frame[name]) for name in frame.columns]
        self._codes: NDArray[np.int64] = np.full((len(frame), len(columns)), _MISSING)
        self._values: list[tuple[str, TileValue]] = []
        for is_kind, listed in _KINDS:
            alike = [k for k, column in enumerate(columns) if is_kind(column.type)]
            if alike:
                self._number(alike, [columns[k] for k in alike], listed)

    def _number(
        self,
        places: list[int],
        columns: list[pa.Array],
        listed: Callable[[pa.Array], list[tuple[str, TileValue]]],
    ) -> None:
        """Give the values of columns of one kind their numbers."""
        coded = pa.concat_arrays(columns).dictionary_encode()
        order = pc.array_sort_indices(coded.dictionary).to_numpy()
        rank = np.empty(len(order) + 1, dtype=np.int64)
        rank[order] = len(self._values) + np.arange(len(order))
        rank[-1] = _MISSING
        codes = coded.indices.fill_null(len(order)).to_numpy()
        self._codes[:, places] = rank[codes].reshape(len(places), -1).T
        self._values += listed(coded.dictionary.take(pa.array(order)))

    def of(self, rows: NDArray[np.intp], features: Sequence[Any]) -> TileContent:
        """Return what a tile says.

        Parameters
        ----------
        rows
            Row of each feature.
        features
            Their outlines.
        """
        codes = self._codes[np.searchsorted(self._rows, rows)]
        there = codes != _MISSING
        used = np.zeros(len(self._values), dtype=np.bool_)
        used[codes[there]] = True
        pairs = np.empty((*codes.shape, 2), dtype=np.int64)
        pairs[..., 0] = np.arange(codes.shape[1])
        pairs[there, 1] = (np.cumsum(used) - 1)[codes[there]]
        return TileContent(
            keys=self._keys,
            values=[self._values[k] for k in np.flatnonzero(used).tolist()],
            tags=pairs[there].ravel().tolist(),
            ends=np.cumsum(2 * there.sum(axis=1)).tolist(),
            features=features,
        )


def _as_array(column: pd.Series[Any]) -> pa.Array:
    """Values of one of four kinds; numbers that are none are missing, and there is one zero."""
    values = pa.array(column, from_pandas=True)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_boolean(values.type):
        return values
    if pa.types.is_integer(values.type):
        return values.cast(pa.int64())
    if pa.types.is_floating(values.type):
        return pc.add(values.cast(pa.float64()), 0.0)
    return values.cast(pa.large_string())


def _truths(values: pa.Array) -> list[tuple[str, TileValue]]:
    return [("bool_value", value) for value in values.to_pylist()]


def _integers(values: pa.Array) -> list[tuple[str, TileValue]]:
    """Those below zero take ten bytes if they are not said to be signed."""
    return [("uint_value" if v >= 0 else "sint_value", v) for v in values.to_pylist()]


def _floats(values: pa.Array) -> list[tuple[str, TileValue]]:
    """Those that four bytes hold exactly take no more."""
    plain = values.to_numpy()
    with np.errstate(over="ignore"):
        is_short = plain.astype(np.float32) == plain
    fields = np.where(is_short, "float_value", "double_value").tolist()
    return list(zip(fields, plain.tolist(), strict=True))


def _strings(values: pa.Array) -> list[tuple[str, TileValue]]:
    return [("string_value", value) for value in values.to_pylist()]


_KINDS = (
    (pa.types.is_boolean, _truths),
    (pa.types.is_integer, _integers),
    (pa.types.is_floating, _floats),
    (pa.types.is_large_string, _strings),
)
