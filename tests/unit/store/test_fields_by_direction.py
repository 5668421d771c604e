"""Fields by direction of the wind: in the working store, as a layer, in a notebook."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
import xarray as xr

from citytwin.model import fields as f
from citytwin.model.axes import Axes, Direction, evenly
from citytwin.model.grid import GridSpec, Tile
from citytwin.store.fields import FieldStore
from citytwin.store.publish import publish
from citytwin.twin import open_twin
from tests.unit.store import little_city as lc

GRID = GridSpec("EPSG:6677", -100.0, 60.0, 2.5, 7, 11)
TILE = Tile(0, 4, 4, 8)
RATIO = f.WIND_SPEED_RATIO_BY_DIRECTION
NORTH, WEST = Direction(0.0), Direction(270.0)
RUN = "20261123T210000Z"
LAYER = "wind_speed_ratio_by_direction"


def test_names_of_directions() -> None:
    """The sixteen points of the compass by name, all others by their degrees."""
    assert evenly(16)[15].name.en == "NNW (337.5°)"
    assert evenly(16)[3].name.ja == "東北東（67.5°）"
    assert Direction(250.0).name.en == "250°"
    assert [one.from_deg for one in evenly(4)] == [0.0, 90.0, 180.0, 270.0]
    assert Direction(22.5).stamp == "from_022p5"


def test_shapes_along_an_axis() -> None:
    """A field without one has the shape of the grid, whatever the others have."""
    axes = Axes(directions=(NORTH, WEST))
    assert axes.shape(None, (3, 4)) == (3, 4)
    assert axes.shape("direction", (3, 4)) == (2, 3, 4)
    assert axes.shape("time", (3, 4)) == (0, 3, 4)


def test_directions_stand_beside_their_values(tmp_path: Path) -> None:
    """They are read alone and together; other directions are another field."""
    store = FieldStore(tmp_path, GRID, 4)
    assert store.create(RATIO, (NORTH, WEST))
    values = np.arange(32, dtype=np.float32).reshape(2, 4, 4) / 16
    store.write(RATIO, TILE, values)
    assert store.directions(RATIO) == (NORTH, WEST)
    assert store.directions(f.TERRAIN) == ()
    np.testing.assert_array_equal(store.read(RATIO, TILE), values)
    np.testing.assert_array_equal(store.read_one(RATIO, TILE, 1), values[1])
    data = xr.open_zarr(tmp_path / store.key / RATIO.name, consolidated=False)
    np.testing.assert_array_equal(data["values"].sel(direction=270.0)[:4, 4:8], values[1])
    assert not store.create(RATIO, (NORTH, WEST))
    assert store.create(RATIO, (NORTH, Direction(180.0)))
    assert not store.has(RATIO, TILE)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published city with a layer by direction."""
    folder = tmp_path_factory.mktemp("city")
    publish(folder, [lc.stage(folder / ".work", LAYER)], lc.run_info(RUN))
    return folder


def test_the_document_lists_the_directions(city: Path) -> None:
    """A frame per direction, with its name and no time; the bands of the VRT say theirs."""
    folder = city / LAYER / RUN
    frames = json.loads((folder / "layer.json").read_text(encoding="utf-8"))["frames"]
    assert [frame["from_deg"] for frame in frames] == [22.5, 200.0]
    assert [frame["time"] for frame in frames] == [None, None]
    assert frames[0]["said"] == {"ja": "北北東（22.5°）の風", "en": "wind from NNE (22.5°)"}
    assert frames[0]["data"] == f"{LAYER}_from_022p5.tif"
    with rasterio.open(folder / f"{LAYER}.vrt") as file:
        assert file.descriptions == (f"{LAYER} from 22.5", f"{LAYER} from 200")
        np.testing.assert_allclose(
            file.read(2, masked=True).filled(np.nan),
            np.roll(lc.field_array(RATIO), 7, axis=1),
            atol=0.0006,
        )


def test_directions_are_no_times(city: Path) -> None:
    """Catalogue and QGIS know the layer by the instant of its data; nothing steps through time."""
    item = json.loads((city / LAYER / RUN / "item.json").read_text(encoding="utf-8"))
    assert "start_datetime" not in item["properties"]
    titles = [asset["title"] for asset in item["assets"].values()]
    assert any("All directions as bands" in title for title in titles)
    project = ET.parse(city / "little.qgs").getroot()
    assert project.find(".//temporal") is None


def test_a_notebook_has_an_axis_of_directions(city: Path) -> None:
    """A direction is chosen by its degrees."""
    array = open_twin(city)[LAYER].to_xarray()
    assert array.dims == ("direction", "y", "x")
    assert array["direction"].attrs["standard_name"] == "wind_from_direction"
    np.testing.assert_allclose(array.sel(direction=22.5).values, lc.field_array(RATIO), atol=0.0006)
