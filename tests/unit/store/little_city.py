"""A made-up corner of a city: fields and tables for every layer recipe."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from citytwin import registry
from citytwin.model import fields as f
from citytwin.model.axes import Direction, Season
from citytwin.model.grid import GridSpec
from citytwin.model.instants import Instant
from citytwin.model.layer import CityName, LayerDocument, RasterView, SourceCredit, View
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.store.drawing import Drawing, LayerBefore
from citytwin.store.latest import published_city
from citytwin.store.layer_writer import LayerContent, file_digests, write_layer
from citytwin.store.publish import RunInfo, StagedLayer
from citytwin.store.series_layer import FieldSeries
from tests.unit.store.little_tables import GRID, TABLES, VALID

SYNTHETIC = Note(
    severity="synthetic",
    ja="合成データ（測定値ではありません）: 雨",
    en="Synthetic data, not measured: rain",
)


def recipe(name: str) -> LayerRecipe:
    """Return the registered recipe of that id."""
    return next(r for r in registry.all_of(LayerRecipe) if r.id == name)


def recipes() -> list[LayerRecipe]:
    """Return all recipes in the order of the map."""
    return sorted(registry.all_of(LayerRecipe), key=lambda r: r.order)


def field_array(field: f.Field, grid: GridSpec = GRID) -> np.ndarray:
    """Return a smooth field with values over its usual range, and an unknown corner."""
    rows, cols = np.mgrid[0 : grid.ny, 0 : grid.nx]
    wave = (1 + np.sin(rows / 11.0) * np.cos(cols / 17.0)) / 2
    if field.dtype == "uint8":
        classes = np.floor(wave * (field.valid_max + 0.999)).astype(np.uint8)
        classes[: grid.ny // 8, : grid.nx // 9] = f.CLASS_NODATA
        return classes
    low, high = {
        f.TERRAIN: (-1.5, 23.0),
        f.SURFACE_HEIGHT: (-1.5, 61.0),
        f.SUNLIT_HOURS: (0.0, 9.4),
        f.BUILDING_COVERAGE: (0.0, 1.0),
        f.SKY_VIEW_FACTOR: (0.1, 1.0),
        f.IRRADIATION_GLOBAL: (120.0, 1900.0),
        f.IRRADIATION_PROBABLE_GLOBAL: (80.0, 1400.0),
        f.IRRADIANCE_NOW: (20.0, 900.0),
        f.FRONTAL_AREA: (0.0, 0.9),
        f.WIND_SPEED_RATIO: (0.05, 1.7),
        f.PLAN_AREA: (0.0, 0.6),
        f.WIND_SPEED_MEAN: (0.1, 5.0),
        f.WIND_SPEED_NOW: (0.1, 9.0),
        f.WIND_SPEED_MEAN_BY_SEASON: (0.1, 5.0),
        f.WIND_CLASS_PROBABILITY: (20.0, 100.0),
        f.WIND_CLASS_PROBABILITY_BY_SEASON: (20.0, 100.0),
        f.BUILDING_HEIGHT_MEAN: (2.0, 60.0),
        f.BUILDING_HEIGHT_DEVIATION: (0.0, 25.0),
        f.BUILDING_HEIGHT_MAX: (3.0, 180.0),
        f.OPENNESS: (25.0, 92.0),
        f.WIND_SHELTER_ANGLE: (-4.0, 70.0),
        f.DISPLACEMENT_HEIGHT: (1.0, 40.0),
        f.ROUGHNESS_LENGTH: (0.1, 5.0),
        f.CORRIDOR_EXCESS: (0.0, 60.0),
        f.WIND_SPEED_RATIO_BY_DIRECTION: (0.05, 1.7),
        f.WIND_SPEED_RATIO_OF_FLOW: (0.0, 1.6),
        f.WIND_SPEED_RATIO_OF_FLOW_5M: (0.0, 1.6),
        f.WIND_SPEED_RATIO_OF_FLOW_10M: (0.0, 1.6),
        f.WIND_GUST_RATIO_OF_FLOW: (0.2, 3.1),
        f.FLOOD_DEPTH: (-2.0, 4.0),
        f.FLOOD_DEPTH_MAX: (-2.0, 4.0),
        f.FLOOD_SPEED: (-1.0, 2.6),
        f.FLOOD_SPEED_MAX: (-1.0, 2.6),
        f.FLOOD_DEPTH_SPEED_MAX: (-1.0, 6.0),
        f.FLOOD_HAZARD_RATING: (-1.0, 7.0),
        f.FLOOD_DURATION: (-1.0, 90.0),
        f.FLOOD_LEVEL_MAX: (2.0, 7.0),
        f.FLOOD_ARRIVAL: (2.0, 400.0),
        f.STATUTORY_DEPTH: (0.0, 6.0),
        f.STATUTORY_DIFFERENCE: (-4.0, 4.0),
    }[field]
    values = np.maximum(low + (high - low) * wave, max(low, field.valid_min)).astype(np.float32)
    values[: grid.ny // 8, : grid.nx // 9] = np.nan
    return values


MOMENTS = (datetime(2026, 7, 1, 3, 0, tzinfo=UTC), datetime(2026, 7, 1, 4, 30, tzinfo=UTC))
"""Of fields over time; in Tokyo noon and half past one."""
DIRECTIONS = (Direction(22.5), Direction(200.0))
SEASONS = (Season((12, 1, 2)), Season((3, 4, 5)))


def shown_values(field: f.Field) -> np.ndarray | FieldSeries:
    """Return the values that a layer shows, shifted from moment to moment or direction."""
    values = field_array(field)
    if field.axis is None:
        return values
    if field.axis == "direction":
        return FieldSeries(DIRECTIONS, lambda number: np.roll(values, 7 * number, axis=1))
    if field.axis == "season":
        return FieldSeries(SEASONS, lambda number: np.roll(values, 7 * number, axis=1))
    instants = tuple(
        Instant(time, text(f"時刻 {k}", f"moment {k}")) for k, time in enumerate(MOMENTS)
    )
    return FieldSeries(instants, lambda number: np.roll(values, 7 * number, axis=1))


def content(name: str, fingerprint: str = "ab" * 32, **changes: Any) -> LayerContent:
    """Return all that the layer of that id shows and says."""
    shown = recipe(name)
    raster = isinstance(shown.view, RasterView)
    given: dict[str, Any] = {
        "recipe": shown,
        "grid": GRID,
        "array": shown_values(shown.view.field) if isinstance(shown.view, RasterView) else None,
        "frame": None if isinstance(shown.view, RasterView) else TABLES[shown.view.table.name](),
        "notes": (SYNTHETIC,),
        "facts": (
            Fact(
                name="volume_error", label=text("水量の誤差", "Volume error"), value=1e-9, unit="1"
            ),
        ),
        "classification": "public",
        "valid_time": VALID,
        "licence": "CC-BY-4.0",
        "sources": (
            SourceCredit(title="Rain", sha256="cd" * 32, licence="CC-BY-4.0", synthetic=True),
        ),
        "fingerprint": fingerprint if raster else fingerprint[::-1],
    }
    return LayerContent(**(given | changes))


def stage(folder: Path, name: str, **changes: Any) -> StagedLayer:
    """Write a layer into `folder`/`name`."""
    directory = folder / name
    directory.mkdir(parents=True)
    return StagedLayer(write_layer(content(name, **changes), directory), directory)


def drawn_before(drawing: Drawing) -> LayerBefore:
    """A layer that was written, for the run after."""
    return LayerBefore(drawing.folder, drawing.record, file_digests(drawing.folder))


def run_info(run_id: str = "20261123T210000Z") -> RunInfo:
    """Return a run of the little city."""
    return RunInfo(
        run_id=run_id,
        published=datetime.strptime(run_id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        config_sha256="ef" * 32,
        city=CityName(id="little", title=text("小さなまち", "Little city")),
        crs=GRID.crs,
        vertical_datum=text("東京湾平均海面", "Tokyo Peil"),
        time_zone="Asia/Tokyo",
        view=View(bounds=(139.755, 35.690, 139.762, 35.694)),
        classification="public",
        synthetic=True,
    )


def documents(city_dir: Path) -> list[LayerDocument]:
    """Return the documents of what ``latest.json`` names."""
    latest = published_city(city_dir)
    assert latest is not None
    return [
        LayerDocument.model_validate_json((city_dir / layer.path / "layer.json").read_bytes())
        for layer in latest.layers
    ]
