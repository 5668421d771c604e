"""Series of the store: the number that stands for a source, a thing and a property in segments."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.store.observations.observed import Observed, code_names
from citytwin.store.observations.schema import IntArray

_PAIR_BITS = 24
"""Pairs of source and property are few, things are many."""


class SeriesNames:
    """Numbers of all series, kept in memory by the writer.

    Parameters
    ----------
    known
        Source, thing, property and unit of those that are kept already, in the order of their
        numbers from 0.
    """

    def __init__(self, known: Iterable[tuple[str, str, str, str]]) -> None:
        self._things: dict[str, int] = {}
        self._pairs: dict[tuple[str, str], int] = {}
        self._units: list[str] = []
        self._keys: IntArray = np.empty(0, dtype=np.int64)
        self._numbers: NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self._fresh: list[tuple[int, str, str, str, str]] = []
        keys = []
        for source, thing, observed, unit in known:
            keys.append(self._key(source, thing, observed))
            self._units.append(unit)
        numbers = np.arange(len(keys), dtype=np.int32)
        self._insert(np.array(keys, dtype=np.int64), numbers)

    def __len__(self) -> int:
        return len(self._units)

    def numbers_of(self, rows: Observed) -> NDArray[np.int32]:
        """Return the series of each row; new ones get the next numbers.

        Parameters
        ----------
        rows
            Of one source; n of them.

        Returns
        -------
        ndarray
            Shape (n,).

        Raises
        ------
        StoreError
            If a series comes in another unit than before.
        """
        thing_codes, things = code_names(rows.thing)
        property_codes, properties = code_names(rows.observed)
        unit_codes, units = code_names(rows.unit)
        thing_ids = self._thing_ids(things)
        pairs = self._pairs
        pair_ids = np.array(
            [pairs.setdefault((rows.source, p), len(pairs)) for p in properties], dtype=np.int64
        )
        keys = (thing_ids[thing_codes] << _PAIR_BITS) | pair_ids[property_codes]
        at = np.minimum(np.searchsorted(self._keys, keys), max(len(self._keys) - 1, 0))
        missing = self._keys[at] != keys if len(self._keys) else np.ones(len(keys), dtype=bool)
        if missing.any():
            new, first = np.unique(keys[missing], return_index=True)
            rows_of_new = np.flatnonzero(missing)[first]
            for row in rows_of_new:
                number = len(self._units)
                unit = units[unit_codes[row]]
                thing, observed = things[thing_codes[row]], properties[property_codes[row]]
                self._fresh.append((number, rows.source, thing, observed, unit))
                self._units.append(unit)
            first_number = len(self._units) - len(new)
            self._insert(new, np.arange(first_number, len(self._units), dtype=np.int32))
            at = np.searchsorted(self._keys, keys)
        numbers = self._numbers[at]
        self._check_units(rows.source, numbers, property_codes, unit_codes, units)
        return numbers

    def fresh(self) -> list[tuple[int, str, str, str, str]]:
        """Return what the store does not hold yet: number, source, thing, property, unit."""
        return self._fresh

    def written(self) -> None:
        """Note that the store holds them all."""
        self._fresh = []

    def _thing_ids(self, things: list[str]) -> IntArray:
        found = list(map(self._things.get, things))  # nearly always known: no Python for each
        if None in found:
            known = self._things
            return np.array([known.setdefault(t, len(known)) for t in things], dtype=np.int64)
        return np.array(found, dtype=np.int64)

    def _key(self, source: str, thing: str, observed: str) -> int:
        thing_id = self._things.setdefault(thing, len(self._things))
        pair_id = self._pairs.setdefault((source, observed), len(self._pairs))
        return (thing_id << _PAIR_BITS) | pair_id

    def _insert(self, keys: IntArray, numbers: NDArray[np.int32]) -> None:
        every = np.concatenate([self._keys, keys])
        order = np.argsort(every, kind="stable")
        self._keys = every[order]
        self._numbers = np.concatenate([self._numbers, numbers])[order]

    def _check_units(
        self,
        source: str,
        numbers: NDArray[np.int32],
        property_codes: NDArray[np.int32],
        unit_codes: NDArray[np.int32],
        units: list[str],
    ) -> None:
        # A property has one unit: looking at one row of each pair of codes is enough for most.
        _, first = np.unique(
            property_codes.astype(np.int64) * len(units) + unit_codes, return_index=True
        )
        for row in first:
            kept, came = self._units[numbers[row]], units[unit_codes[row]]
            if kept != came:
                msg = f"rows of {source} come in {came!r}, before in {kept!r}"
                raise StoreError(msg, hint="convert them to the canonical unit of the property")
