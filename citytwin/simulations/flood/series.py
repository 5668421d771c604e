"""Hydrographs and stages that stand in files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from citytwin.rules.series_files import points_of_file

_PLACES = (
    ("inflows", "hydrograph", "m3_s"),
    ("levees", "stage", "level_m"),
    ("levels", "stage", "level_m"),
)
"""Lists of parameters, the key of a series in their entries, and the column of its values."""
_START = TypeAdapter[AwareDatetime](AwareDatetime)


def with_series_read(given: Mapping[str, object]) -> Mapping[str, object]:
    """Put the points of files in the place of their paths.

    Parameters
    ----------
    given
        Parameters as they stand in the configuration.

    Raises
    ------
    ConfigError
        If a file is no series.
    """
    read = dict(given)
    for key, name, measure in _PLACES:
        entries = given.get(key)
        if isinstance(entries, list | tuple):
            read[key] = [_read(entry, name, measure, given) for entry in entries]
    return read


def _read(entry: object, name: str, measure: str, given: Mapping[str, object]) -> object:
    if not isinstance(entry, Mapping) or not isinstance(entry.get(name), str):
        return entry
    return {**entry, name: points_of_file(Path(entry[name]), measure, _start(given))}


def _start(given: Mapping[str, object]) -> datetime | None:
    """Begin of the run; what is none is told when the parameters are checked."""
    try:
        return _START.validate_python(given["start"])
    except (KeyError, ValidationError):
        return None
