"""What a decoder gives -> rows, things and dead letters of the store."""

from __future__ import annotations

from dataclasses import dataclass

from citytwin.formats.observations import Batch, urn
from citytwin.formats.reading_columns import ReadingColumns
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
    readings = ReadingColumns.of(batch.readings)
    rows = Observed(
        source=source,
        thing=readings.urns(source),
        observed=readings.properties,
        unit=readings.units,
        start_us=readings.start_s * 1_000_000,
        end_us=readings.end_s * 1_000_000,
        result=readings.result,
        flag=readings.flag,
        tests=readings.tests,
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
