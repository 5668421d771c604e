"""The tile that the others follow comes to no flow: all else is published, and the map says what lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.flow_solver import CoarseFlow
from citytwin.kernels.flow_tiles import (
    FlowCase,
    FlowTile,
    Pace,
    TileWind,
    Tiling,
    flow_tiles,
    leading,
    tile_wind,
)
from citytwin.simulations.wind_flow import step
from citytwin.twin import Twin
from tests.pipelines.night_town import run_here, workers_here
from tests.pipelines.windy_town import make_windy_town

MORE = """\
  - {use: wind_flow, params: {directions: 4, margin_m: 60, most_turnovers: 0.2, tile_cells: 64,
                              tile_overlap_m: 20}}
layers: [terrain, wind_speed_ratio_of_flow]
"""
BEGIN = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.long
def test_all_but_the_tile_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the wind from the north; without it the other tiles of that wind stop each by the rule."""
    paces: list[Pace | None] = []

    def failing(
        case: FlowCase,
        heights_m: list[float],
        tile: FlowTile,
        around: CoarseFlow | None = None,
        progress: object = None,
        pace: Pace | None = None,
    ) -> TileWind:
        tiles = flow_tiles(case.town, Tiling(64, 4), case.toward)
        if case.toward[1] > 0.9:
            if tile.core == tiles[leading(tiles, case.town)].core:
                raise ConfigError("the flow grows without bound")
            paces.append(pace)
        return tile_wind(case, heights_m, tile, around, None, pace)

    monkeypatch.setattr(step, "tile_wind", failing)
    config = make_windy_town(tmp_path, MORE, BEGIN, [4.0] * 24)
    with workers_here() as address:
        report = run_here(config, address)
    assert not report.failures
    assert {"terrain", "wind_speed_ratio_of_flow"} <= set(report.published)
    layer = Twin(tmp_path / "out" / "town")["wind_speed_ratio_of_flow"]
    (lost,) = [note for note in layer.document.notes if "came to no flow" in note.en]
    assert lost.severity == "loss"
    assert lost.en.startswith("1 directions, or tiles by direction")
    north, *others = np.isfinite(layer.to_xarray().values)
    for one in others:
        np.testing.assert_array_equal(one, others[0])
    assert others[0][north].all()
    rows, cols = np.nonzero(others[0] & ~north)
    box = (slice(rows.min(), rows.max() + 1), slice(cols.min(), cols.max() + 1))
    assert 0.1 < rows.size / others[0].sum() < 0.5
    assert not north[box].any()  # the tile alone
    assert paces == [None] * 3
