"""What a decoder gives -> rows, things and dead letters of the store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citytwin.formats.observations import Batch, Reading, urn
from citytwin.formats.quality import flag_of
from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations.observed import DeadLetter, Observed, Thing
from citytwin.store.observations.schema import RAW_REF_BYTES


@dataclass(frozen=True, eq=False)
class DecodedFeed:
    """Everything that one payload holds."""

    rows: Observed
    things: tuple[Thing, ...]
    letters: tuple[DeadLetter, ...]


def decoded_feed(source: str, batch: Batch, *, synthetic: bool = False) -> DecodedFeed:
    """Bring what a decoder found in a payload into the form of the store.

    Parameters
    ----------
    source
        Name of the source in the configuration.
    batch
        What the payload holds; its ``raw_ref`` is the sha256 in hexadecimal digits.
    synthetic
        Whether the configuration says that the source is generated.
    """
    made = synthetic or batch.synthetic
    ref = bytes.fromhex(batch.raw_ref)[:RAW_REF_BYTES]
    readings = batch.readings
    flags = [flag_of(reading) for reading in readings]
    rows = Observed(
        source=source,
        thing=[urn(source, reading.thing) for reading in readings],
        observed=[reading.observed.name for reading in readings],
        unit=[reading.observed.unit for reading in readings],
        start_us=np.array([r.start_s for r in readings], dtype=np.int64) * 1_000_000,
        end_us=np.array([r.end_s for r in readings], dtype=np.int64) * 1_000_000,
        result=[_result(r, f) for r, f in zip(readings, flags, strict=True)],
        flag=np.array(flags, dtype=np.int8),
        tests=[_tests(r, f) for r, f in zip(readings, flags, strict=True)],
        raw_ref=ref,
        synthetic=made,
    )
    things = tuple(
        Thing(
            thing=urn(source, place.thing),
            source=source,
            name=place.name,
            kind=place.kind,
            longitude_deg=place.longitude_deg,
            latitude_deg=place.latitude_deg,
            height_m=place.height_m,
            synthetic=made,
        )
        for place in batch.places
    )
    letters = tuple(
        DeadLetter(source, reject.code, f"{reject.source}: {reject.message}", reject.record, ref)
        for reject in batch.rejects
    )
    return DecodedFeed(rows, things, letters)


def _result(reading: Reading, flag: Flag) -> float:
    return float("nan") if flag is Flag.MISSING or reading.value is None else reading.value


def _tests(reading: Reading, flag: Flag) -> int:
    if flag is Flag.BAD and reading.flag is not Flag.BAD:
        return QualityTest.GROSS_RANGE
    doubted = reading.flag in (Flag.SUSPECT, Flag.NOT_EVALUATED, Flag.BAD)
    return QualityTest.DOUBTED if doubted else 0
