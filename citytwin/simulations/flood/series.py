"""Hydrographs, stages and rain that stand in files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from citytwin.errors import ConfigError
from citytwin.rules.series_files import points_of_file, rain_of_file


class _Place(NamedTuple):
    """Where a series stands among the parameters."""

    key: str
    """List of entries."""
    name: str
    """Key of the series in an entry."""
    measure: str
    """Column of its values."""
    lasts: bool
    """Whether its last value counts after its last point."""


_PLACES = (
    _Place("inflows", "hydrograph", "m3_s", lasts=False),
    _Place("levees", "stage", "level_m", lasts=True),
    _Place("levels", "stage", "level_m", lasts=True),
)
_RAIN = "rain"
_START = TypeAdapter[AwareDatetime](AwareDatetime)


def with_series_read(given: Mapping[str, object], folder: Path) -> Mapping[str, object]:
    """Put the points of files in the place of their paths.

    Parameters
    ----------
    given
        Parameters as they stand in the configuration.
    folder
        Folder that relative paths lead from.

    Raises
    ------
    ValidationError
        If files are no series; at their places among the parameters.
    """
    read, start = dict(given), _start(given)
    faults: list[tuple[tuple[str | int, ...], str, ConfigError]] = []
    rain = given.get(_RAIN)
    if isinstance(rain, str):
        try:
            read[_RAIN] = rain_of_file(folder / rain, start)
        except ConfigError as error:
            faults.append(((_RAIN,), rain, error))
    for place in _PLACES:
        entries = given.get(place.key)
        if not isinstance(entries, list | tuple):
            continue
        read[place.key] = made = list(entries)
        for index, entry in enumerate(entries):
            path = entry.get(place.name) if isinstance(entry, Mapping) else None
            if not isinstance(path, str):
                continue
            try:
                points = points_of_file(folder / path, place.measure, start, lasts=place.lasts)
            except ConfigError as error:
                faults.append(((place.key, index, place.name), path, error))
            else:
                made[index] = {**entry, place.name: points}
    if faults:
        raise ValidationError.from_exception_data(
            "series",
            [
                {"type": "value_error", "loc": where, "input": path, "ctx": {"error": error}}
                for where, path, error in faults
            ],
        )
    return read


def _start(given: Mapping[str, object]) -> datetime | None:
    """Begin of the run; what is none is told when the parameters are checked."""
    try:
        return _START.validate_python(given["start"])
    except (KeyError, ValidationError):
        return None
