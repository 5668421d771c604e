"""What goes into the store: rows of one source, things, and records that were set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from citytwin.errors import StoreError
from citytwin.store.observations.schema import RAW_REF_BYTES, FloatArray, IntArray

_EARLIEST_US, _LATEST_US = -2_208_988_800_000_000, 7_258_118_400_000_000
"""1900 and 2200."""


@dataclass(frozen=True)
class DeadLetter:
    """A record that could not become an observation."""

    source: str
    reason: str
    """Short stable code, such as ``unit``, ``zone``, ``future``, ``unreadable``."""
    message: str
    """What is wrong, with the value met."""
    record: str = ""
    """Where in the payload it stands."""
    raw_ref: bytes = bytes(RAW_REF_BYTES)
    """By which its raw payload is found again, see :func:`raw_ref_of`."""


@dataclass(frozen=True)
class Thing:
    """A sensor, stop or vehicle, where it was last seen."""

    thing: str
    """URN."""
    source: str
    name: str | None
    kind: str
    longitude_deg: float
    latitude_deg: float
    """WGS 84."""
    height_m: float | None = None
    """Of the sensor above the ground."""
    cadence_s: float | None = None
    """How often it reports; None: learned from what it reports."""
    synthetic: bool = False


def raw_ref_of(raw: bytes) -> bytes:
    """Return the reference to a raw payload: the first 16 bytes of its sha256.

    Parameters
    ----------
    raw
        As it came.
    """
    return hashlib.sha256(raw).digest()[:RAW_REF_BYTES]


@dataclass(frozen=True, eq=False)
class Observed:
    """Rows of one source, in the canonical unit of their property; n of each.

    Raises
    ------
    StoreError
        If columns differ in length, a time lies outside 1900 to 2200, an interval ends before it
        begins, or a result is infinite.
    """

    source: str
    thing: Sequence[str]
    """URNs, see :func:`citytwin.formats.observations.urn`. An Arrow array, best a dictionary, is
    taken as it is; so are those below."""
    observed: Sequence[str]
    """Names of properties; of an edit the attribute."""
    unit: Sequence[str]
    """UCUM; always the same for a property of a thing."""
    start_us: ArrayLike
    end_us: ArrayLike
    """Interval [us since 1970-01-01T00:00Z]; equal for an instant."""
    result: ArrayLike
    """NaN where missing, and of edits."""
    flag: ArrayLike
    """:class:`citytwin.model.tables.Flag`."""
    tests: ArrayLike
    """:class:`citytwin.model.tables.QualityTest`."""
    raw_ref: bytes
    seq: ArrayLike | None = None
    """Number of the record in its payload; None: counted."""
    raw_value: ArrayLike | None = None
    """As it came, where it was converted; NaN elsewhere."""
    raw_unit: Sequence[str | None] | pa.Array | None = None
    issued_us: ArrayLike | None = None
    """Of forecasts: when they were made."""
    known_us: ArrayLike | None = None
    """Of a replay: when the rows became known; None: when they are written."""
    in_order: bool = False
    """Whether a replay comes in the order in which its rows became known: what says nothing new is
    left out then, as of rows that come live. Otherwise every version is kept, and any order gives
    the same answers."""
    text: Sequence[str | None] | None = None
    """Of edits: the new value."""
    synthetic: bool = False

    def __post_init__(self) -> None:
        n = len(self.times[0])
        for name in ("thing", "observed", "unit", "end_us", "result", "flag", "tests", "seq",
                     "raw_value", "raw_unit", "issued_us", "known_us", "text"):  # fmt: skip
            column = getattr(self, name)
            if column is not None and len(column) != n:
                msg = f"rows of {self.source}: {name} has {len(column)} values, start_us has {n}"
                raise StoreError(msg)
        if len(self.raw_ref) != RAW_REF_BYTES:
            msg = f"rows of {self.source}: raw_ref has {len(self.raw_ref)} bytes"
            raise StoreError(msg, hint=f"it needs {RAW_REF_BYTES}: use raw_ref_of")
        self._check_values()

    def _check_values(self) -> None:
        start, end = self.times
        others = [a for a in (self.issued_us, self.known_us) if a is not None]
        for times in (start, end, *(np.asarray(a, dtype=np.int64) for a in others)):
            outside = (times < _EARLIEST_US) | (times >= _LATEST_US)
            if outside.any():
                at = int(np.argmax(outside))
                msg = f"rows of {self.source}: row {at}: {times[at]} us is no time"
                raise StoreError(msg, hint="times lie between 1900 and 2200")
        if (end < start).any():
            at = int(np.argmax(end < start))
            msg = f"rows of {self.source}: row {at} ends before it begins"
            raise StoreError(msg)
        if np.isinf(self.results).any():
            msg = f"rows of {self.source}: row {int(np.argmax(np.isinf(self.results)))} is infinite"
            raise StoreError(msg, hint="set it aside as a dead letter")

    def __len__(self) -> int:
        return len(self.times[0])

    @property
    def times(self) -> tuple[IntArray, IntArray]:
        """Begin and end, shape (n,) each [us]."""
        return np.asarray(self.start_us, dtype=np.int64), np.asarray(self.end_us, dtype=np.int64)

    @property
    def results(self) -> FloatArray:
        """Results, shape (n,)."""
        return np.asarray(self.result, dtype=np.float64)

    @property
    def content(self) -> IntArray:
        """Bits that differ where results do, shape (n,): of a number itself, of a text a hash."""
        return content_bits(self.results) if self.text is None else bits_of_texts(self.text)


def content_bits(result: FloatArray) -> IntArray:
    """Return the bits of results; those of zero, and of missing ones, are always the same.

    Parameters
    ----------
    result
        Shape (n,).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    plain = result + 0.0  # minus zero is zero
    plain[np.isnan(plain)] = np.nan
    return plain.view(np.int64)


def bits_of_texts(texts: Sequence[str | None]) -> IntArray:
    """Return a hash of texts, in which null differs from empty.

    Parameters
    ----------
    texts
        n of them.

    Returns
    -------
    ndarray
        Shape (n,).
    """
    return np.array([_bits_of(text) for text in texts], dtype=np.int64)


def _bits_of(text: str | None) -> int:
    digest = hashlib.blake2b(("" if text is None else f"={text}").encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def code_names(names: Sequence[str]) -> tuple[NDArray[np.int32], list[str]]:
    """Return which of some different texts each row has.

    Parameters
    ----------
    names
        Texts, n of them.

    Returns
    -------
    codes : ndarray
        Shape (n,).
    texts : list of str
        The different ones.
    """
    array = names if isinstance(names, pa.Array) else pa.array(names, pa.string())
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    if array.null_count:
        msg = "rows without a source, thing, property or unit"
        raise StoreError(msg, hint="set them aside as dead letters")
    codes: NDArray[np.int32] = array.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, array.dictionary.to_pylist()
