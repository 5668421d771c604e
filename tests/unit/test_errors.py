"""Errors travel between processes as they are."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import citytwin
from citytwin.errors import (
    CityTwinError,
    DamagedError,
    GridMismatchError,
    MissingKeyError,
    SourceError,
    StepError,
)


def _all() -> Iterator[type[CityTwinError]]:
    for module in walk_packages([str(Path(citytwin.__file__).parent)], "citytwin."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    waiting = [CityTwinError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("citytwin."):
            yield kind


ARGUMENTS = {
    SourceError: {"source": "a.gml", "record": "b7"},
    StepError: {"step": "wind", "tile": "r0-16c0-16"},
    GridMismatchError: {"expected": "1 x 2", "got": "2 x 1"},
    DamagedError: {"files": ("work/a.parquet",)},
    MissingKeyError: {"key_id": "night"},
}


@pytest.mark.parametrize("kind", sorted(set(_all()), key=lambda kind: kind.__name__))
def test_every_error_survives_the_way_from_a_worker(kind: type[CityTwinError]) -> None:
    """Type, message, hint and everything else come back."""
    more = next((given for base, given in ARGUMENTS.items() if issubclass(kind, base)), {})
    error = kind("the value met", hint="what to do", **more)
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(back) is kind
    assert str(back) == str(error)
    assert back.__dict__ == error.__dict__
    assert back.args == error.args
