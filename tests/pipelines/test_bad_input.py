"""Bad input: one clear message, the other sources go on, nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio

from tests.pipelines.here import citytwin_here
from tests.pipelines.small_city import SMALL, make_small_city

FAST = SMALL.replace("  - {use: wind}\n", "").split("  - {use: flood")[0]
"""The small city with sunlight only."""

Damage = Callable[[Path], str]


def truncated_gml(city: Path) -> str:
    """A GML file cut in the middle."""
    file = min((city / "data/udx/bldg").glob("*.gml"))
    file.write_bytes(file.read_bytes()[:60_000])
    return FAST


def entity_bomb(city: Path) -> str:
    """A relief that would expand to gigabytes."""
    lines = ['<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)]
    text = f'<?xml version="1.0"?><!DOCTYPE x [{"".join(lines)}]><x>&a11;</x>'
    (city / "data/udx/dem/523952_dem_6697_op.gml").write_text(text)
    return FAST


def empty_feed(city: Path) -> str:
    """A feed of zero bytes."""
    (city / "data/feeds/openmeteo.json").write_text("")
    return FAST


def missing_file(city: Path) -> str:
    """A feed that is not there."""
    (city / "data/feeds/openmeteo.json").unlink()
    return FAST


def dem_with_nan(city: Path) -> str:
    """A terrain raster with a hole."""
    values = np.full((60, 70), 5.0, dtype=np.float32)
    values[10:30, 20:40] = np.nan
    write_dem(city / "dem.tif", values, "EPSG:6677")
    return FAST.replace("citygml_relief", "geotiff_terrain").replace("data/udx/dem", "dem.tif")


def dem_in_degrees(city: Path) -> str:
    """A terrain raster in a geographic CRS."""
    write_dem(city / "dem.tif", np.full((60, 70), 5.0, dtype=np.float32), "EPSG:4326")
    return FAST.replace("citygml_relief", "geotiff_terrain").replace("data/udx/dem", "dem.tif")


def write_dem(path: Path, values: np.ndarray, crs: str) -> None:
    """Write a GeoTIFF over the small city."""
    ny, nx = values.shape
    transform = rasterio.transform.from_origin(-44160.0, -93840.0, 5.0, 5.0)
    with rasterio.open(
        path, "w", driver="GTiff", height=ny, width=nx, count=1, dtype="float32", crs=crs,
        transform=transform,
    ) as file:  # fmt: skip
        file.write(values, 1)


def wrong_crs(_: Path) -> str:
    """A city in degrees."""
    return FAST.replace("crs: EPSG:6677", "crs: EPSG:4326")


def typo(_: Path) -> str:
    """A misspelt simulation."""
    return FAST.replace("use: sunlight", "use: sunligth")


def damaged_model(city: Path) -> str:
    """Four sources damaged at once, each in its own way."""
    truncated_gml(city)
    entity_bomb(city)
    return empty_feed(city)


def damaged_ground(city: Path) -> str:
    """A terrain in degrees, and a feed that is not there."""
    missing_file(city)
    return dem_in_degrees(city)


@pytest.mark.parametrize(
    ("damage", "code", "said"),
    [
        (
            damaged_model,
            3,
            [
                "52395277_bldg_6697_op.gml",
                "523952_dem_6697_op.gml",
                "document type",
                "openmeteo.json: the file is empty",
            ],
        ),
        (damaged_ground, 3, ["openmeteo.json", "no such file", "dem.tif", "EPSG:4326"]),
        (dem_with_nan, 0, []),
        (wrong_crs, 2, ["EPSG:4326", "projected"]),
        (typo, 2, ["simulations[0].use", "did you mean 'sunlight'"]),
    ],
)
def test_damage_is_named_and_contained(
    tmp_path: Path, workers: str, damage: Damage, code: int, said: list[str]
) -> None:
    """The message names file or key; what can be made is made; nothing half-written stays."""
    config = make_small_city(tmp_path)
    config.write_text(damage(tmp_path), encoding="utf-8")
    done = citytwin_here("run", str(config), "--scheduler", workers)
    assert done.returncode == code, done.stderr
    assert all(word in done.stderr for word in said), done.stderr
    assert "Traceback" not in done.stderr
    city = tmp_path / "out" / "small"
    assert not list(city.glob("**/.tmp-*"))
    assert (city / "latest.json").exists() == (code in (0, 3))
    ground = [json.loads(file.read_text("utf-8")) for file in city.glob("terrain/*/layer.json")]
    lost = [note["en"] for layer in ground for note in layer["notes"] if note["severity"] == "loss"]
    assert any("Demo relief could not be read" in text for text in lost) == (code == 3)
