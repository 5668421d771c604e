"""Corrections by hand become edits in the store of observations, with their file as the raw payload."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from citytwin.errors import StoreError
from citytwin.formats.observations import urn
from citytwin.model.tables import Flag
from citytwin.store.corrections import CORRECTIONS, Correction, correction_files, correction_in
from citytwin.store.observations import DeadLetter, Kind, ObservationWriter, Observed
from citytwin.store.raw_archive import RawArchive

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def take_corrections(
    folder: Path, store: ObservationWriter, archive: RawArchive, taken: set[Path]
) -> int:
    """Take corrections into the store; one that is known already changes nothing.

    Parameters
    ----------
    folder
        Of the city's observations.
    store, archive
        Where they go.
    taken
        Files that were taken before; those that are taken now are added.

    Returns
    -------
    int
        How many were new in the store.

    Raises
    ------
    StoreError
        If the store refuses; a file that is damaged is a dead letter.
    """
    fresh = [file for file in correction_files(folder) if file not in taken]
    if not fresh:
        return 0
    for file in fresh:
        taken.add(file)  # a commit that fails leaves it waiting for the next one
        try:
            correction = correction_in(file)
        except StoreError as error:
            store.dead_letter(DeadLetter(CORRECTIONS, "unreadable", str(error)[:1000], file.name))
            continue
        (name,) = archive.keep([correction.model_dump_json().encode("utf-8")])
        store.append(_edit(correction, name[:16]), Kind.EDIT)
    return store.commit().stored


def _edit(correction: Correction, raw_ref: bytes) -> Observed:
    moment_us = (correction.made - _EPOCH) // timedelta(microseconds=1)
    return Observed(
        source=CORRECTIONS,
        thing=[urn(CORRECTIONS, correction.building)],
        observed=[correction.attribute],
        unit=["1"],
        start_us=[moment_us],
        end_us=[moment_us],
        result=[np.nan],
        flag=[Flag.GOOD],
        tests=[0],
        raw_ref=raw_ref,
        text=[correction.value],
    )
