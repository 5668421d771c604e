"""One run maps the four seasons of wind comfort apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio

from citytwin.twin import Twin
from tests.pipelines.night_town import made_by, run_here, workers_here
from tests.pipelines.windy_town import make_windy_town

MORE = """\
  - {use: wind_comfort, params: {rules: [nen_8100], by_season: true}}
layers: [wind_comfort_nen_8100, wind_comfort_nen_8100_by_season, wind_speed_mean_by_season]
"""
BEGIN = datetime(2025, 12, 31, 15, tzinfo=UTC)
"""The new year in Tokyo."""
DAYS = (59, 92, 92, 30)
"""January and February, spring, summer, and September."""
SPEEDS_M_S = (40.0, 20.0, 1.0, 3.0)


@pytest.mark.long
def test_four_seasons_from_one_configuration(tmp_path: Path) -> None:
    """The winds of each make its map: mean speeds go as the record, and classes follow; a second run has nothing to do."""
    speeds = [speed for days, speed in zip(DAYS, SPEEDS_M_S, strict=True) for _ in range(24 * days)]
    config = make_windy_town(tmp_path, MORE, BEGIN, speeds)
    with workers_here() as address:
        assert not run_here(config, address).failures
        assert made_by(run_here(config, address)) == {}
    twin = Twin(tmp_path / "out" / "town")
    mean = twin["wind_speed_mean_by_season"].to_xarray()
    names = ["December to February", "March to May", "June to August", "September to November"]
    assert mean["season"].values.tolist() == names
    greatest = mean.max(dim=("y", "x")).values
    assert greatest / greatest[0] == pytest.approx(np.array(SPEEDS_M_S) / 40.0, abs=0.01)
    folder = twin["wind_comfort_nen_8100_by_season"].directory
    with rasterio.open(next(folder.glob("*.vrt"))) as raster:
        assert raster.count == 4
        classes = [raster.read(band, masked=True).compressed() for band in (1, 2, 3, 4)]
    judged = [one[one < 5] for one in classes]  # neither unsure nor near a tower
    assert judged[0].mean() > judged[1].mean() > judged[2].mean() == 0.0
    frames = json.loads((folder / "layer.json").read_text("utf-8"))["frames"]
    assert [frame["months"] for frame in frames] == [[12, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
