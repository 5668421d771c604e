"""A town whose tables are edited between nights, and all its gridders over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from distributed import Client
from numpy.random import Generator
from shapely import affinity

from citytwin import registry
from citytwin.engine.city_store import CityStore
from citytwin.engine.plan import Job
from citytwin.engine.report import RunReport, Silent
from citytwin.engine.schedule import Scheduler
from citytwin.engine.standing import Standing
from citytwin.engine.table_entry import TableEntry
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.properties import ObservedProperty
from citytwin.model.ragged import flattened
from citytwin.model.steps import Gridder
from citytwin.model.tables import Table
from citytwin.store.manifest import Manifest
from citytwin.store.tables import conform
from citytwin.testing.small_town import small_town

TOWN = small_town(46, 50, 2.5)
TILE_CELLS = 25
_PARTS = 3
"""Files of each table."""
_PARAMETERS = {
    "terrain": {"fill_levels": 2, "building_fill_levels": 2},
    "frontal_area": {"coarse_cells": 4, "sectors": 4},
    "frontal_area_by_direction": {"coarse_cells": 5, "directions": 3},
}
_ORDER = ("terrain", "surface")
"""Those that others need come first."""
TABLES = (
    t.BUILDINGS,
    t.SURFACES,
    t.RELIEF,
    t.ROADS,
    t.LAND_USE,
    t.VEGETATION,
    t.HAZARD_SURFACES,
    t.HYDRAULIC_STRUCTURES,
)
Tables = dict[Table, list[pd.DataFrame]]
"""Parts of each table, as sources give them."""


def tables_in_parts() -> Tables:
    """The tables of the town, each in consecutive parts."""
    found: Tables = {}
    for table in TABLES:
        cuts = np.linspace(0, len(TOWN.tables[table]), _PARTS + 1).astype(int)
        parts = [TOWN.tables[table].iloc[a:b] for a, b in pairwise(cuts)]
        found[table] = [of_town(table, part) for part in parts]
    return found


def of_town(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows as they are written."""
    return conform(table, frame.reset_index(drop=True), TOWN.grid.crs)


def jobs() -> list[Job]:
    """All gridders that need no raster."""
    steps: list[Any] = [s for s in registry.all_of(Gridder) if "surface_raster" not in s.inputs]
    steps.sort(key=lambda s: (_ORDER.index(s.name) if s.name in _ORDER else 9, s.name))
    found = []
    for step in steps:
        needs = [
            need
            for need in (*step.inputs, *step.optional)
            if need in TABLES or isinstance(need, f.Field | ObservedProperty)
        ]
        params = step.params.model_validate(_PARAMETERS.get(step.name, {}))
        found.append(Job(step, params, tuple(needs), step.outputs))
    return found


class Nights:
    """A working store through several nights.

    Parameters
    ----------
    work
        Its folder.
    client
        Runs the tasks.
    """

    def __init__(self, work: Path, client: Client) -> None:
        self.work, self._client = work, client
        self.store = CityStore(work, TOWN.grid.crs, "Asia/Tokyo", TILE_CELLS, TOWN.grid)
        self._written: dict[tuple[Table, int], tuple[pd.DataFrame, Any]] = {}

    def read(self, tables: Mapping[Table, list[pd.DataFrame]]) -> Standing:
        """Write the parts that have changed, as reading the sources does."""
        standing = Standing(records={r.observed.name: r for r in TOWN.records.values()})
        for table, parts in tables.items():
            files = []
            for number, part in enumerate(parts):
                held = self._written.get((table, number))
                if held is None or held[0] is not part:
                    file = self.store.write_part("source", table, f"part {number}", part)
                    self._written[table, number] = held = (part, file)
                files.append(held[1])
            listed = self.store.list_files("merged", table, files)
            standing.tables[table] = TableEntry.stored("merged", self.work, listed)
        return standing

    def run(self, standing: Standing, wanted: list[Job]) -> RunReport:
        """Run gridders."""
        report = RunReport("town")
        with closing(Manifest(self.work / "manifest.sqlite")) as manifest:
            Scheduler(self._client, self.store, manifest, standing, Silent(), report).run(wanted)
        assert not report.failures, report.failures
        return report

    def result(self, standing: Standing, wanted: list[Job]) -> dict[str, Any]:
        """Values of all fields, and what is said of them."""
        found: dict[str, Any] = {}
        for job in wanted:
            for made in job.provides:
                assert isinstance(made, f.Field)
                found[made.name] = self.store.fields.read(made, TOWN.grid.whole).tobytes()
                told = standing.lineage[made]
                found[f"of {made.name}"] = (
                    told.notes,
                    told.facts,
                    [(p.digest, p.low, p.high, p.cells) for p in standing.fields[made].values()],
                )
        return found


def _with_buildings(tables: Tables, dice: Generator) -> tuple[int, pd.DataFrame, int]:
    """A part with buildings, and one of them."""
    parts = [number for number, part in enumerate(tables[t.BUILDINGS]) if len(part)]
    number = int(dice.choice(parts))
    frame = tables[t.BUILDINGS][number].copy()
    return number, frame, int(dice.integers(len(frame)))


def attributes(tables: Tables, dice: Generator) -> None:
    """Another level of detail or height of a building; one that stands where nobody knows."""
    number, frame, row = _with_buildings(tables, dice)
    kind = dice.integers(4)
    if kind == 0:
        frame.loc[row, "lod"] = str(dice.integers(4))
    elif kind == 1:
        frame.loc[row, "height_m"] = float(dice.integers(3, 30))
    elif kind == 2:
        frame.loc[row, ["ground_z_m", "roof_z_m"]] = np.nan
    else:
        frame.loc[row, "ground_z_m"] -= 0.5
        frame.loc[row, "roof_z_m"] += 2.0
    tables[t.BUILDINGS][number] = of_town(t.BUILDINGS, frame)


def footprint(tables: Tables, dice: Generator) -> None:
    """A building moves, or becomes smaller than a cell; its faces stay."""
    number, frame, row = _with_buildings(tables, dice)
    shape = frame.geometry.iloc[row]
    east, north, size = (
        dice.choice([0.0, 3.0, -8.0]),
        dice.choice([0.0, 5.0]),
        dice.choice([1, 0.1]),
    )
    moved = affinity.scale(affinity.translate(shape, east, north), size, size)
    frame.loc[[row], "geometry"] = [moved]
    tables[t.BUILDINGS][number] = of_town(t.BUILDINGS, frame)


def faces(tables: Tables, dice: Generator) -> None:
    """Faces of a building rise, move far out, go, come twice, or belong to another."""
    parts = [number for number, part in enumerate(tables[t.SURFACES]) if len(part)]
    if not parts:
        return
    number = int(dice.choice(parts))
    frame = tables[t.SURFACES][number]
    building = str(dice.choice(frame["building_id"].to_numpy(dtype=object)))
    own = frame["building_id"] == building
    kind = int(dice.integers(5))
    if kind == 4:
        tables[t.SURFACES][number] = of_town(t.SURFACES, frame[~own])
        return
    if kind == 3:
        copy = frame[own].assign(surface_id=frame["surface_id"][own] + "again")
        own = pd.Series([False] * len(frame) + [True] * len(copy))
        frame = pd.concat([frame, copy], ignore_index=True)
    elif kind == 2:
        own &= frame.index == frame.index[own][0]
        _, buildings, row = _with_buildings(tables, dice)
        other = str(buildings["building_id"].iloc[row])
        frame = frame.assign(building_id=frame["building_id"].where(~own, other))
    shift = np.array([0.0, 0.0, 1.5] if kind == 0 else [dice.choice([-31.0, 44.0]), 9.0, 0.5])
    points = [flattened(frame["xyz"].iloc[[row]])[0].reshape(-1, 3) for row in range(len(frame))]
    moved = [(p + shift * is_own).ravel() for p, is_own in zip(points, own, strict=True)]
    tables[t.SURFACES][number] = of_town(t.SURFACES, frame.assign(xyz=moved))


def come_or_go(tables: Tables, dice: Generator) -> None:
    """A building comes, or goes, with or without its faces: rows after it get other numbers."""
    number, frame, row = _with_buildings(tables, dice)
    if dice.random() < 0.5 or len(frame) == 1:
        new = frame.iloc[[row]].assign(building_id=f"new_{dice.integers(1_000_000)}")
        new["geometry"] = new.geometry.translate(7.0, -4.0)
        frame = pd.concat([frame.iloc[:row], new, frame.iloc[row:]])
    else:
        frame = frame.drop(index=row)
    tables[t.BUILDINGS][number] = of_town(t.BUILDINGS, frame)


def another_theme(tables: Tables, dice: Generator) -> None:
    """A row of a table without buildings goes, or comes again at the end."""
    table = TABLES[int(dice.integers(2, len(TABLES)))]
    parts = [number for number, part in enumerate(tables[table]) if len(part) > 1]
    if not parts:
        return
    number = int(dice.choice(parts))
    frame = tables[table][number]
    row = int(dice.integers(len(frame)))
    rest = frame.drop(index=row)
    if dice.random() < 0.5 and not table.key:
        rest = pd.concat([rest, frame.iloc[[row]]])
    tables[table][number] = of_town(table, rest)


def file_goes_or_comes(tables: Tables, dice: Generator) -> None:
    """A file of buildings goes, with its faces, and one stays; or one that has gone is there again."""
    parts = [number for number, part in enumerate(tables[t.BUILDINGS]) if len(part)]
    gone = sorted(set(range(_PARTS)) - set(parts))
    if gone and dice.random() < 0.7:
        number, first = int(dice.choice(gone)), tables_in_parts()
        for table in (t.BUILDINGS, t.SURFACES):
            tables[table][number] = first[table][number]
        return
    if len(parts) == 1:
        return
    number = int(dice.choice(parts))
    for table in (t.BUILDINGS, t.SURFACES):
        tables[table][number] = tables[table][number].iloc[:0]


EDITS: tuple[Callable[[Tables, Generator], None], ...] = (
    attributes,
    footprint,
    faces,
    faces,
    come_or_go,
    another_theme,
    file_goes_or_comes,
)
CHANCES = (0.19, 0.14, 0.17, 0.17, 0.13, 0.11, 0.09)
