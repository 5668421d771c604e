"""Readings by column: judged and handed on for whole payloads, without Python for each.

Both ways go through here, to the table of a run (:mod:`citytwin.formats.observation_tables`) and into
the store of the running twin (:mod:`citytwin.store.observations.decoded`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.formats.observations import Reading, urn
from citytwin.model.properties import ObservedProperty
from citytwin.model.tables import Flag, QualityTest

_UNSAID = 0
"""Of readings of which the producer says nothing."""
_TESTS_OF_SAID = np.zeros(max(Flag) + 1, dtype=np.int32)
_TESTS_OF_SAID[[Flag.NOT_EVALUATED, Flag.SUSPECT, Flag.BAD]] = int(QualityTest.DOUBTED)


@dataclass(frozen=True, eq=False)
class ReadingColumns(Sequence[Reading]):
    """Readings of one payload, n of them; also the readings one by one, in the same order."""

    things: tuple[str, ...]
    thing_codes: NDArray[np.int32]
    """Shape (n,): which of `things`."""
    observed: tuple[ObservedProperty, ...]
    observed_codes: NDArray[np.int32]
    """Shape (n,): which of `observed`."""
    start_s: NDArray[np.int64]
    end_s: NDArray[np.int64]
    """Shape (n,): interval [s since 1970-01-01T00:00Z]."""
    value: NDArray[np.float64]
    """Shape (n,): in the unit of the property; NaN where there is none."""
    said: NDArray[np.int8]
    """Shape (n,): flag by the producer, 0 where it says nothing."""
    found: NDArray[np.int32]
    """Shape (n,): bits of :class:`QualityTest` by which values are doubted; 0 where they are not."""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> ReadingColumns:
        """Bring readings into columns; those that are in columns stay as they are.

        Parameters
        ----------
        readings
            n of them.
        """
        if isinstance(readings, ReadingColumns):
            return readings
        things: dict[str, int] = {}
        names: dict[str, int] = {}
        observed: list[ObservedProperty] = []
        observed_codes = []
        for reading in readings:
            code = names.setdefault(reading.observed.name, len(observed))
            if code == len(observed):
                observed.append(reading.observed)
            observed_codes.append(code)
        return cls(
            thing_codes=np.array(
                [things.setdefault(r.thing, len(things)) for r in readings], dtype=np.int32
            ),
            things=tuple(things),
            observed=tuple(observed),
            observed_codes=np.array(observed_codes, dtype=np.int32),
            start_s=np.array([r.start_s for r in readings], dtype=np.int64),
            end_s=np.array([r.end_s for r in readings], dtype=np.int64),
            value=np.array(
                [np.nan if r.value is None else r.value for r in readings], dtype=np.float64
            ),
            said=np.array([_UNSAID if r.flag is None else r.flag for r in readings], dtype=np.int8),
            found=np.zeros(len(readings), dtype=np.int32),
        )

    def __len__(self) -> int:
        return len(self.value)

    @overload
    def __getitem__(self, index: int) -> Reading: ...

    @overload
    def __getitem__(self, index: slice) -> ReadingColumns: ...

    def __getitem__(self, index: int | slice) -> Reading | ReadingColumns:
        if isinstance(index, slice):
            return self.at(np.arange(len(self))[index])
        value, said = float(self.value[index]), int(self.said[index])
        return Reading(
            self.things[self.thing_codes[index]],
            self.observed[self.observed_codes[index]],
            int(self.start_s[index]),
            int(self.end_s[index]),
            None if np.isnan(value) else value,
            None if said == _UNSAID else Flag(said),
        )

    def at(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> ReadingColumns:
        """Return some of the readings.

        Parameters
        ----------
        rows
            Numbers of them, or shape (n,): which.
        """
        return ReadingColumns(
            self.things, self.thing_codes[rows], self.observed, self.observed_codes[rows],
            self.start_s[rows], self.end_s[rows], self.value[rows], self.said[rows],
            self.found[rows],
        )  # fmt: skip

    @cached_property
    def flag(self) -> NDArray[np.int8]:
        """Quality, shape (n,): missing, out of the gross range, doubted by its producer, or good."""
        missing = np.isnan(self.value) | (self.said == Flag.MISSING)
        low = np.array([observed.valid_min for observed in self.observed])
        high = np.array([observed.valid_max for observed in self.observed])
        outside = np.zeros(len(self), dtype=np.bool_)
        if len(self):
            outside |= self.value < low[self.observed_codes]
            outside |= self.value > high[self.observed_codes]
        unsaid = np.where(self.said == _UNSAID, Flag.GOOD, self.said)
        unsaid[(self.found != 0) & (unsaid < Flag.SUSPECT)] = Flag.SUSPECT
        judged = np.where(missing, Flag.MISSING, np.where(outside, Flag.BAD, unsaid))
        return judged.astype(np.int8)

    @cached_property
    def tests(self) -> NDArray[np.int32]:
        """What was found wrong with each, shape (n,): bits of :class:`QualityTest`."""
        out_of_range = (self.flag == Flag.BAD) & (self.said != Flag.BAD)
        own = np.where(out_of_range, int(QualityTest.GROSS_RANGE), _TESTS_OF_SAID[self.said])
        found = np.where(self.flag == Flag.MISSING, 0, self.found)
        return (own | found).astype(np.int32)

    @cached_property
    def result(self) -> NDArray[np.float64]:
        """Values, shape (n,); NaN also where the producer says that there is none."""
        return np.where(self.flag == Flag.MISSING, np.nan, self.value)

    def urns(self, source: str) -> pa.DictionaryArray:
        """Return the names of the things, unique over all sources, n of them.

        Parameters
        ----------
        source
            Name of the source in the configuration.
        """
        return _coded(self.thing_codes, [urn(source, thing) for thing in self.things])

    @property
    def properties(self) -> pa.DictionaryArray:
        """Names of the properties, n of them."""
        return _coded(self.observed_codes, [observed.name for observed in self.observed])

    @property
    def units(self) -> pa.DictionaryArray:
        """Units of the properties, n of them."""
        units = [observed.unit for observed in self.observed]
        every = {unit: code for code, unit in enumerate(dict.fromkeys(units))}
        codes = np.array([every[unit] for unit in units], dtype=np.int32)
        return _coded(codes[self.observed_codes] if units else codes, list(every))


def _coded(codes: NDArray[np.int32], names: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names, pa.string()))
