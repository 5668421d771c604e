"""Looks at the disk before a run begins: whether it takes files at all, and enough of them."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citytwin.config import LoadedConfig
from citytwin.engine.bind import BoundSource
from citytwin.engine.city_store import CityStore
from citytwin.engine.parts import axes_of
from citytwin.engine.plan import Job, Plan
from citytwin.engine.request import read_latest
from citytwin.engine.sources import files_of
from citytwin.errors import CityTwinError, StoreError, hint_of
from citytwin.model.fields import Field
from citytwin.model.layer import RasterView
from citytwin.model.reach import Domain
from citytwin.model.steps import Simulation
from citytwin.transports.files import size_of

STORED_SHARE = 0.8
"""Of the bytes of an array, what its compressed tiles take at most; the demo city: 0.42."""
SHOWN_SHARE = 0.8
"""Of the bytes of an array, what the files of its layer take at most; the demo city: 0.37."""
TABLES_PER_INPUT = 1.0
"""Bytes of tables per byte of a source; the demo city: 0.46."""
VECTORS_PER_INPUT = 2.0
"""Bytes of vector layers per byte of a source; the demo city: 1.5."""
LAYER_BYTES = 300_000
"""What a layer takes however small the city: styles, legends, pictures."""
PAGE_BYTES = 8_000_000
"""The map page with its library."""
MARGIN_SHARE = 0.1
MARGIN_BYTES = 32_000_000
"""For the manifest, the journal, and what others write meanwhile."""


@dataclass(frozen=True)
class Need:
    """Bytes that a run would add to the disk, at most."""

    store: float
    """Working store: fields, tables, states of long runs, and a new copy of what is remembered of
    layers; the first one counts as part of these."""
    layers: float
    """Published city: a new copy of every layer, beside the old ones."""

    @property
    def total(self) -> float:
        """All of it with a margin."""
        return (self.store + self.layers) * (1.0 + MARGIN_SHARE) + MARGIN_BYTES


def need_of(todo: Plan, store: CityStore) -> Need:
    """Estimate what a run would add to the disk.

    Parameters
    ----------
    todo
        What shall be made.
    store
        The city's working store; where its grid is not known yet, fields count for nothing.
    """
    loaded = todo.city.loaded
    inputs = sum(_bytes_of_source(loaded, source) for source in todo.city.sources)
    fields: dict[Field, float] = {}
    states = 0.0
    if store.grid is not None:
        for job in todo.jobs:
            fields.update(_bytes_of_fields(job, store))
            states = max(states, _bytes_of_state(job, store))
    shown = [r.view.field for r in todo.layers if isinstance(r.view, RasterView)]
    layers = SHOWN_SHARE * sum(fields.get(field, 0.0) for field in shown)
    layers += VECTORS_PER_INPUT * inputs + LAYER_BYTES * len(todo.layers) + PAGE_BYTES
    latest = read_latest(loaded.city_dir)
    known = {layer.id: layer.path for layer in latest.layers} if latest else {}
    if all(recipe.id in known for recipe in todo.layers):
        layers = sum(_bytes_below(loaded.city_dir / known[r.id]) for r in todo.layers)
    return Need(
        store=max(0.0, STORED_SHARE * sum(fields.values()) - _bytes_below(store.root / "fields"))
        + max(0.0, TABLES_PER_INPUT * inputs - _bytes_below(store.root / "tables"))
        + _bytes_below(store.memories)
        + states,
        layers=layers,
    )


def _bytes_of_source(loaded: LoadedConfig, source: BoundSource) -> float:
    try:
        _, files = files_of(loaded, source)
        return float(sum(size_of(file) for file in files))
    except (CityTwinError, OSError):
        return 0.0  # told when it is read


def _bytes_of_fields(job: Job, store: CityStore) -> dict[Field, float]:
    try:
        axes = axes_of(job, store)
    except (CityTwinError, ValueError):
        return {}  # bounds that are not in the CRS are told when the grid is laid
    return {
        made: float(math.prod(axes.shape(made.axis, store.spec.shape)))
        * np.dtype(made.dtype).itemsize
        for made in job.provides
        if isinstance(made, Field)
    }


def _bytes_of_state(job: Job, store: CityStore) -> float:
    """What a run over the whole city keeps of itself: no more than it holds in memory."""
    if not isinstance(job.step, Simulation) or not isinstance(job.step.reach, Domain):
        return 0.0
    return job.cost(store.spec.cell_m).bytes_per_cell * store.spec.ny * store.spec.nx


def _bytes_below(folder: Path) -> float:
    found = 0
    for inner, _, files in os.walk(folder):
        for name in files:
            try:
                found += (Path(inner) / name).stat().st_size
            except OSError:
                continue  # removed meanwhile
    return float(found)


def require_room(
    todo: Plan, store: CityStore, free_bytes: Callable[[Path], int] | None = None
) -> None:
    """Check, before anything is computed, that the disk takes what a run may write.

    Parameters
    ----------
    todo
        What shall be made.
    store
        The city's working store.
    free_bytes
        Free bytes of the disk of a folder; default: as the system tells.

    Raises
    ------
    StoreError
        If a folder cannot be written to, or its disk has not enough room.
    """
    free = free_bytes or (lambda folder: shutil.disk_usage(folder).free)
    work, city = _standing(store.root), _standing(todo.city.loaded.city_dir)
    for folder in (work, city):
        _require_writable(folder)
    need = need_of(todo, store)
    if work.stat().st_dev == city.stat().st_dev:
        _require(free(work), need.total, work, need)
        return
    _require(free(work), Need(need.store, 0.0).total, work, need)
    _require(free(city), Need(0.0, need.layers).total, city, need)


def _standing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _require_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        msg = f"{folder} cannot be written to: {error.strerror or error}"
        raise StoreError(msg, hint=hint_of(error)) from error


def _require(free: float, wanted: float, folder: Path, need: Need) -> None:
    if free >= wanted:
        return
    msg = (
        f"the disk of {folder} has {_mb(free)} free; this run may need {_mb(wanted)}: "
        f"{_mb(need.store)} for its working store, {_mb(need.layers)} for a new copy of the "
        f"layers, and a margin"
    )
    hint = "free some space, have old runs removed (`citytwin prune`), or name another `out`"
    raise StoreError(msg, hint=hint)


def _mb(number: float) -> str:
    return f"{number / 1e6:,.0f} MB"
