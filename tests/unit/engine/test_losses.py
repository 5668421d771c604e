"""Lost sources: told on every result that would have been another with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from citytwin.config import load
from citytwin.engine.bind import BoundCity, bind
from citytwin.engine.lineage import Lineage
from citytwin.engine.losses import losses_of
from citytwin.engine.parts import Part
from citytwin.engine.plan import Job, Resource, plan
from citytwin.engine.results import FieldPart, TableResult, TileResult
from citytwin.engine.settle import settle
from citytwin.engine.standing import Standing
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.fields import Field
from citytwin.model.notes import Note
from citytwin.model.properties import ObservedProperty
from citytwin.model.tables import Table

HEAD = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
"""
INFLOW = """
simulations:
  - use: wind
  - use: flood
    params:
      start: 2026-06-30T18:30:00+09:00
      inflows:
        - {x: 0.0, y: 0.0, hydrograph: [{minutes: 0, m3_s: 1}, {minutes: 9, m3_s: 1}]}
"""
RECORDS = "records: {rainfall_rate: amedas, wind_speed: openmeteo, wind_from_direction: openmeteo}"


def city(tmp_path: Path, *formats: str, more: str = INFLOW) -> BoundCity:
    """A city with a source in each of these formats, none of which exists."""
    listed = "".join(
        f"  - {{name: {use}, use: {use}, path: x, classification: public, title: The {use}, "
        "licence: CC0}\n"
        for use in formats
    )
    file = tmp_path / "city.yaml"
    file.write_text(f"{HEAD}sources:\n{listed}{more}", encoding="utf-8")
    return bind(load(file))


ALL = ("citygml", "citygml_relief", "citygml_roads", "citygml_land_use", "amedas", "openmeteo",
       "gtfs_rt")  # fmt: skip


def told(bound: BoundCity, lost: str, observed: tuple[ObservedProperty, ...]) -> dict[str, bool]:
    """By job that still runs: whether its result names the lost source."""
    todo = plan(bound, [lost], observed)
    standing = Standing(lost=losses_of(bound, todo, [lost]))
    for job in todo.jobs:
        stand_in(job, standing)
    return {
        job.step.name: any(
            note.severity == "loss" and f"The {lost}" in note.en and f"The {lost}" in note.ja
            for note in standing.lineage[job.provides[0]].notes
        )
        for job in todo.jobs
    }


class _Tables:
    """A store in which nobody looks anything up."""

    root = Path()

    def files_of(self, owner: str, table: Table) -> tuple[()]:
        """Return the files of a table without rows."""
        return ()


def stand_in(job: Job, standing: Standing) -> None:
    """Settle a job as if it had run."""
    fields = [made for made in job.provides if isinstance(made, Field)]
    if fields:
        empty = FieldPart(digest="", low=None, high=None)
        result: Any = TileResult(parts={made.name: empty for made in fields})
    else:
        result = TableResult(digest="", rows=0)
    part: Any = type("P", (), {"tile": "whole"})()
    store: Any = _Tables()
    parts: list[Part] = [part]
    settle(job, parts, [result], store, standing)


WEATHER = (p.RAINFALL_RATE, p.WIND_SPEED, p.WIND_DIRECTION)
SEEN = (*WEATHER, p.VEHICLE_SPEED)


def test_the_relief_was_lost(tmp_path: Path) -> None:
    """The ground comes from the buildings instead, and all that stands on it says why."""
    found = told(city(tmp_path, *ALL, more=INFLOW + RECORDS), "citygml_relief", SEEN)
    assert found["terrain"]
    assert found["surface"]
    assert found["flood"]
    assert found["building_exposure"]
    assert not found["traffic"]


def test_the_land_use_was_lost(tmp_path: Path) -> None:
    """The roughness is that of an unknown ground, and the flood runs on it."""
    found = told(city(tmp_path, *ALL, more=INFLOW + RECORDS), "citygml_land_use", SEEN)
    assert found["roughness"]
    assert found["flood"]
    assert found["road_exposure"]
    assert not found["terrain"]
    assert not found["traffic"]


def test_the_rain_was_lost_and_a_breach_was_given(tmp_path: Path) -> None:
    """The flood runs dry-weather; that rain was meant to fall is told."""
    wind = (p.WIND_SPEED, p.WIND_DIRECTION, p.VEHICLE_SPEED)
    found = told(city(tmp_path, *ALL, more=INFLOW + RECORDS), "amedas", wind)
    assert found["flood"]
    assert found["road_exposure"]
    assert not found["terrain"]
    assert not found["wind"]
    assert not found["traffic"]


def test_the_wind_was_lost(tmp_path: Path) -> None:
    """No wind at all: the buildings that would have had it say so, the flood does not."""
    found = told(
        city(tmp_path, *ALL, more=INFLOW + RECORDS), "openmeteo", (p.RAINFALL_RATE, p.VEHICLE_SPEED)
    )
    assert "wind" not in found
    assert found["building_exposure"]
    assert not found["flood"]
    assert not found["traffic"]


def test_the_buses_were_lost(tmp_path: Path) -> None:
    """Traffic misses them, the weather does not."""
    found = told(city(tmp_path, *ALL), "gtfs_rt", WEATHER)
    assert found["traffic"]
    assert not found["flood"]


def test_another_source_of_the_same_is_no_excuse(tmp_path: Path) -> None:
    """A raster of the terrain remains; the relief is missing on it all the same."""
    bound = city(tmp_path, "citygml", "citygml_relief", "geotiff_terrain", more="")
    found = told(bound, "citygml_relief", ())
    assert found["terrain"]


def said(word: str) -> Lineage:
    """Descent of a source with a remark."""
    return Lineage(frozenset([word]), (Note(severity="synthetic", ja=f"注記 {word}", en=word),))


@pytest.mark.parametrize(
    ("used", "expected"),
    [({}, {"rain", "counts"}), ({"observations": ("counts",), "things": ("counts",)}, {"counts"})],
)
def test_a_table_descends_from_the_rows_it_used(
    tmp_path: Path, used: dict[str, tuple[str, ...]], expected: set[str]
) -> None:
    """A secret weather feed does not make a traffic map secret, nor its label synthetic."""
    bound = city(tmp_path, "citygml", "openmeteo", "road_counts", more="")
    (job,) = [job for job in plan(bound, (), SEEN).jobs if job.step.name == "traffic"]
    shares = {"rain": said("rain"), "counts": said("counts")}
    both = Lineage(frozenset(shares), (*said("rain").notes, *said("counts").notes))
    tables: list[Resource] = [t.OBSERVATIONS, t.THINGS]
    standing = Standing(shares=dict.fromkeys(tables, shares), lineage=dict.fromkeys(tables, both))
    store: Any = _Tables()
    part: Any = None
    settle(job, [part], [TableResult(digest="", rows=0, used=used)], store, standing)
    made = standing.lineage[t.TRAFFIC]
    assert made.sources == expected
    assert {note.en for note in made.notes} == expected


def test_nothing_lost_nothing_said(tmp_path: Path) -> None:
    """And an idle step does not invent a loss."""
    bound = city(tmp_path, *ALL)
    assert losses_of(bound, plan(bound), ()) == {}
    assert f.TERRAIN not in losses_of(bound, plan(bound, ["gtfs_rt"]), ["gtfs_rt"])
