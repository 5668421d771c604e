"""Observations: kept for good, looked up as of any time of the city and of our knowledge."""

from __future__ import annotations

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
from citytwin.store.observed_folder import FOLDER, folder_of

RAW, ALERTS = "raw", "alerts.sqlite"
"""Within the folder of a city's observations: payloads as they came, and the alerts."""


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
