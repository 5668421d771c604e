"""Observations: kept for good, looked up as of any time of the city and of our knowledge."""

from __future__ import annotations

from pathlib import Path

from citytwin.security.sealed_folders import SEALED
from citytwin.store.observations.decoded import DecodedFeed, decoded_feed
from citytwin.store.observations.dirty_windows import Window
from citytwin.store.observations.history import History
from citytwin.store.observations.intake import Checked, RawRows, checked
from citytwin.store.observations.lookup import ObservationLookup, Totals
from citytwin.store.observations.observed import DeadLetter, Observed, Thing, raw_ref_of
from citytwin.store.observations.opening import open_lookup, writing
from citytwin.store.observations.places import difference, located
from citytwin.store.observations.queueing import GroupCommit, ObservationWriter, Receipt
from citytwin.store.observations.reader import ObservationReader
from citytwin.store.observations.schema import Kind
from citytwin.store.observations.state import State
from citytwin.store.observations.writer import ObservationStore

FOLDER = ".observations"
"""Observations of a city lie in a folder of this name beside the published city. They are made by
no run, and no run can make them again."""
RAW, ALERTS = "raw", "alerts.sqlite"
"""Within the folder of a city's observations: payloads as they came, and the alerts."""


def folder_of(city: Path, *, sealed: bool | None = None) -> Path:
    """Return the folder of a city's observations.

    Parameters
    ----------
    city
        Folder of the published city, such as ``out/demo`` or ``out/.sealed/demo``.
    sealed
        Whether observations reach the disk only sealed; None: as the published city does.
    """
    published_sealed = city.parent.name == SEALED
    out = city.parent.parent if published_sealed else city.parent
    sealed = published_sealed if sealed is None else sealed
    return (out / FOLDER / SEALED if sealed else out / FOLDER) / city.name


__all__ = [
    "ALERTS",
    "FOLDER",
    "RAW",
    "Checked",
    "DeadLetter",
    "DecodedFeed",
    "GroupCommit",
    "History",
    "Kind",
    "ObservationLookup",
    "ObservationReader",
    "ObservationStore",
    "ObservationWriter",
    "Observed",
    "RawRows",
    "Receipt",
    "State",
    "Thing",
    "Totals",
    "Window",
    "checked",
    "decoded_feed",
    "difference",
    "folder_of",
    "located",
    "open_lookup",
    "raw_ref_of",
    "writing",
]
