"""Fields by season: in the working store, as a layer, in a notebook."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio

from citytwin.model import fields as f
from citytwin.model.axes import Axes, Season
from citytwin.model.grid import GridSpec, Tile
from citytwin.store.fields import FieldStore
from citytwin.store.publish import publish
from citytwin.twin import open_twin
from tests.unit.store import little_city as lc

GRID = GridSpec("EPSG:6677", -100.0, 60.0, 2.5, 7, 11)
TILE = Tile(0, 4, 4, 8)
CLASSES = f.WIND_COMFORT_NEN_8100_BY_SEASON
WINTER, SPRING = Season((12, 1, 2)), Season((3, 4, 5))
RUN = "20261123T210000Z"
LAYER = CLASSES.name


def test_names_of_seasons() -> None:
    """By their months, which are the same on both sides of the equator."""
    assert WINTER.name.en == "December to February"
    assert WINTER.name.ja == "12～2月"
    assert Season((12, 2)).name.en == "December, February"
    assert Season((12, 1)).name.ja == "12・1月"
    assert Season((7,)).name.en == "July"
    assert WINTER.stamp == "months_12_01_02"
    assert Axes(seasons=(WINTER, SPRING)).shape("season", (3, 4)) == (2, 3, 4)


def test_months_stand_beside_their_values(tmp_path: Path) -> None:
    """Other months are another field."""
    store = FieldStore(tmp_path, GRID, 4)
    assert store.create(CLASSES, (WINTER, SPRING))
    values = np.arange(32, dtype=np.uint8).reshape(2, 4, 4) // 4
    store.write(CLASSES, TILE, values)
    assert store.coordinates(CLASSES) == (WINTER, SPRING)
    np.testing.assert_array_equal(store.read(CLASSES, TILE), values)
    np.testing.assert_array_equal(store.read_one(CLASSES, TILE, 1), values[1])
    assert not store.create(CLASSES, (WINTER, SPRING))
    assert store.create(CLASSES, (WINTER, Season((4, 5))))
    assert not store.has(CLASSES, TILE)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published city with a layer by season."""
    folder = tmp_path_factory.mktemp("city")
    publish(folder, [lc.stage(folder / ".work", LAYER)], lc.run_info(RUN))
    return folder


def test_the_document_lists_the_seasons(city: Path) -> None:
    """A frame per season, with its name and no time; the bands of the VRT say theirs."""
    folder = city / LAYER / RUN
    frames = json.loads((folder / "layer.json").read_text(encoding="utf-8"))["frames"]
    assert [frame["months"] for frame in frames] == [[12, 1, 2], [3, 4, 5]]
    assert [(frame["time"], frame["from_deg"]) for frame in frames] == [(None, None)] * 2
    assert frames[1]["said"] == {"ja": "3～5月", "en": "March to May"}
    assert frames[0]["data"] == f"{LAYER}_months_12_01_02.tif"
    with rasterio.open(folder / f"{LAYER}.vrt") as file:
        assert file.descriptions == (f"{LAYER} December to February", f"{LAYER} March to May")
        assert file.tags(1)["months"] == "12,1,2"
    item = json.loads((folder / "item.json").read_text(encoding="utf-8"))
    titles = [asset["title"] for asset in item["assets"].values()]
    assert any("All seasons as bands" in title for title in titles)


def test_a_notebook_has_an_axis_of_seasons(city: Path) -> None:
    """A season is chosen by its months in words."""
    array = open_twin(city)[LAYER].to_xarray()
    assert array.dims == ("season", "y", "x")
    (spring,) = np.roll(lc.field_array(CLASSES), 7, axis=1)[None]
    shown = array.sel(season="March to May").values
    known = spring != f.CLASS_NODATA
    np.testing.assert_array_equal(shown[known], spring[known])
