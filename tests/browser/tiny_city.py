"""Writes a published city of 800 m x 600 m with plain libraries, after the contract of the page.

The grid of the rasters is in Web Mercator from the start, so every value is known by hand:
the depth in column c and row r is c * 0.05 m, below 0.5 m on the first ten columns; the first
five rows have no data. Hours of sun are 8 * r / 59.
"""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
from PIL import Image
from shapely.geometry import LineString, Point, box

RUN = "20261123T210000Z"
RADIUS_M = 6378137.0
X0, Y0 = 15558000.0, 4256000.0
"""South-west corner in EPSG:3857."""
CELL_M, COLUMNS, ROWS = 10.0, 80, 60
DEPTH_CLASSES = (
    (None, 0.01, (255, 255, 255), "浸水なし", "dry"),
    (0.01, 0.5, (247, 245, 169), "0.5 m 未満", "below 0.5 m"),
    (0.5, 3.0, (255, 216, 192), "0.5–3 m", "0.5–3 m"),
    (3.0, None, (255, 183, 183), "3 m 以上", "3 m and more"),
)
SUN_COLOURS = ((60, 20, 40), (130, 50, 50), (200, 90, 70), (235, 160, 90), (255, 245, 200))
HEIGHT_COLOURS = ((225, 228, 230), (190, 200, 210), (140, 160, 182), (84, 114, 150))
USES = {"411": ("住宅", "dwelling"), "402": ("商業施設", "shop")}


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Inverse spherical Mercator."""
    lat = 2 * math.atan(math.exp(y / RADIUS_M)) - math.pi / 2
    return math.degrees(x / RADIUS_M), math.degrees(lat)


def cell_centre(column: int, row: int) -> tuple[float, float]:
    """Longitude and latitude of the centre of a cell; row 0 is in the north."""
    return lonlat(X0 + (column + 0.5) * CELL_M, Y0 + (ROWS - row - 0.5) * CELL_M)


def bounds() -> list[float]:
    """West, south, east, north of the city."""
    return [*lonlat(X0, Y0), *lonlat(X0 + COLUMNS * CELL_M, Y0 + ROWS * CELL_M)]


def write_city(root: Path, *, synthetic: bool = True) -> None:
    """Write latest.json and five layers."""
    layers = [_roads(root), _depth(root), _sun(root), _sensors(root), _buildings(root)]
    entries = [
        {"id": name, "run_id": RUN, "path": f"{name}/{RUN}", "checksum": "sha256:0"}
        for name in layers
    ]
    latest = {
        "schema": "citytwin-latest/1",
        "city": {"id": "tiny", "title": text("みほん市", "Sample City")},
        "run_id": RUN,
        "published": "2026-11-23T21:00:00Z",
        "time_zone": "Asia/Tokyo",
        "crs": "EPSG:6677",
        "vertical_datum": text("東京湾平均海面(T.P.)", "Tokyo Peil (T.P.)"),
        "classification": "public",
        "synthetic": synthetic,
        "view": {"bounds": bounds()},
        "layers": entries,
    }
    _json(root / "latest.json", latest)
    (root / "tiny.qgs").write_text("<qgis/>", encoding="utf-8")
    _json(root / "catalog.json", {})


def text(ja: str, en: str) -> dict[str, str]:
    """A bilingual phrase."""
    return {"ja": ja, "en": en}


def _depth(root: Path) -> str:
    depth = np.broadcast_to(np.arange(COLUMNS) * 0.05, (ROWS, COLUMNS))
    raw = np.rint(depth / 0.001).astype("<u2")
    raw[:5] = 65535
    items = [
        {"min": low, "max": high, "rgb": rgb, "label": text(ja, en), "transparent": low is None}
        for low, high, rgb, ja, en in DEPTH_CLASSES
    ]
    notes = [
        {"severity": "synthetic", **text("雨と地形は生成したもの", "Rain and terrain generated")},
        {"severity": "info", **text("格子 10 m で計算", "Computed on cells of 10 m")},
    ]
    more = {"group": "flood", "visible": True, "notes": notes}
    more["facts"] = [
        {"name": "e", "label": text("水量の誤差", "Volume error"), "value": 1.2e-8, "unit": "1"}
    ]
    names = text("最大浸水深", "Maximum flood depth")
    _raster(root, "flood_depth_max", names, items, (raw, 0.001, "m", "class", more))
    return "flood_depth_max"


def _sun(root: Path) -> str:
    hours = np.broadcast_to(8.0 * np.arange(ROWS)[:, None] / (ROWS - 1), (ROWS, COLUMNS))
    raw = np.rint(hours / 0.01).astype("<u2")
    items = [
        {"min": 1.6 * i, "max": 1.6 * (i + 1) if i < 4 else None, "rgb": rgb,
         "label": text(f"{1.6 * i:.1f}–{1.6 * (i + 1):.1f} 時間", f"{1.6 * i:.1f}–{1.6 * (i + 1):.1f} h")}
        for i, rgb in enumerate(SUN_COLOURS)
    ]  # fmt: skip
    more = {"group": "sunlight", "visible": False, "notes": []}
    names = text("冬至の日照時間", "Hours of sun on the winter solstice")
    _raster(root, "sun_hours", names, items, (raw, 0.01, "h", "ramp", more))
    return "sun_hours"


def _raster(
    root: Path,
    name: str,
    title: dict[str, str],
    items: list[dict[str, Any]],
    grid: tuple[Any, float, str, str, dict[str, Any]],
) -> None:
    raw, scale, unit, kind, more = grid
    folder = root / name / RUN
    folder.mkdir(parents=True)
    value = raw * scale
    picture = np.zeros((ROWS, COLUMNS, 4), np.uint8)
    for item in items:
        low = -math.inf if item["min"] is None else item["min"]
        high = math.inf if item["max"] is None else item["max"]
        held = (value >= low) & (value < high) & (raw != 65535)
        picture[held] = (*item["rgb"], 0 if item.get("transparent") else 255)
    Image.fromarray(picture).save(folder / f"{name}.png")
    (folder / f"{name}.values.gz").write_bytes(gzip.compress(raw.tobytes(), mtime=0))
    document = {
        "kind": "raster",
        "unit": unit,
        "precision": scale,
        "image": {"href": f"{name}.png", "bounds": bounds()},
        "values": {
            "href": f"{name}.values.gz", "dtype": "uint16", "scale": scale, "offset": 0.0,
            "nodata": 65535, "width": COLUMNS, "height": ROWS,
            "mercator_bounds": [X0, Y0, X0 + COLUMNS * CELL_M, Y0 + ROWS * CELL_M],
        },
        "files": [{"href": f"{name}.png", "type": "image/png", "title": text("画像", "Picture")}],
        **more,
    }  # fmt: skip
    _layer(
        folder, name, title, {"kind": kind, "unit": unit, "title": title, "items": items}, document
    )


def _buildings(root: Path) -> str:
    rows = []
    for i in range(9):
        for j in range(7):
            x, y = X0 + 30 + 85 * i, Y0 + 30 + 80 * j
            height = None if (i, j) == (0, 0) else float(5 + (7 * i + 11 * j) % 46)
            use = "411" if (i + j) % 3 else "402"
            rows.append({"building_id": f"bldg_{i}_{j}", "height_m": height, "usage_code": use,
                         "geometry": box(x, y, x + 52, y + 44)})  # fmt: skip
    items = [
        {"min": low, "max": high, "rgb": rgb, "label": text(label, label)}
        for (low, high, label), rgb in zip(
            ((0, 10, "0–10 m"), (10, 20, "10–20 m"), (20, 30, "20–30 m"), (30, None, "≥ 30 m")),
            HEIGHT_COLOURS,
            strict=True,
        )
    ]
    columns = [
        {"name": "height_m", "label": text("高さ", "Height"), "unit": "m", "precision": 0.1},
        {"name": "usage_code", "label": text("用途", "Use"), "unit": "", "precision": 1,
         "values": {code: text(*names) for code, names in USES.items()}},
    ]  # fmt: skip
    more = {"geometry": "polygon", "extrude": {"height": "height_m", "base": None},
            "style_column": "height_m", "id_column": "building_id", "columns": columns}  # fmt: skip
    _vector(root, "buildings", text("建物", "Buildings"), rows, (items, "m", more))
    return "buildings"


def _roads(root: Path) -> str:
    lines = [LineString([(X0, Y0 + 15 + 80 * j), (X0 + 800, Y0 + 15 + 80 * j)]) for j in range(8)]
    rows = [{"road_id": f"r{k}", "closed": k % 2, "geometry": line} for k, line in enumerate(lines)]
    items = [
        {"min": 0, "max": 1, "rgb": (120, 128, 136), "label": text("通行可", "open")},
        {"min": 1, "max": 2, "rgb": (190, 60, 40), "label": text("通行止め", "closed")},
    ]
    more = {"geometry": "line", "extrude": None, "style_column": "closed", "id_column": "road_id",
            "columns": [], "visible": False}  # fmt: skip
    _vector(root, "roads", text("道路", "Roads"), rows, (items, "1", more))
    return "roads"


def _sensors(root: Path) -> str:
    rows = [{"thing": "urn:x:1", "water_m": 0.35, "geometry": Point(X0 + 20, Y0 + 560)}]
    items = [{"min": 0, "max": None, "rgb": (30, 110, 180), "label": text("水位計", "gauge")}]
    columns = [{"name": "water_m", "label": text("水位", "Level"), "unit": "m", "precision": 0.01}]
    more = {"geometry": "point", "extrude": None, "style_column": "water_m", "id_column": "thing",
            "columns": columns, "visible": False}  # fmt: skip
    _vector(root, "sensors", text("<b>観測点</b>", "<b>Sensors</b>"), rows, (items, "m", more))
    return "sensors"


def _vector(
    root: Path,
    name: str,
    title: dict[str, str],
    rows: list[dict[str, Any]],
    view: tuple[list[dict[str, Any]], str, dict[str, Any]],
) -> None:
    items, unit, more = view
    folder = root / name / RUN
    folder.mkdir(parents=True)
    frame = gpd.GeoDataFrame(rows, crs="EPSG:3857")
    pyogrio.write_dataframe(
        frame, folder / f"{name}.pmtiles", layer=name, driver="PMTiles", MINZOOM=10, MAXZOOM=16
    )
    document = {"kind": "vector", "group": "city", "unit": unit, "precision": 0.1, "visible": True,
                "pmtiles": f"{name}.pmtiles", "notes": [], "files": [], **more}  # fmt: skip
    _layer(
        folder,
        name,
        title,
        {"kind": "class", "unit": unit, "title": title, "items": items},
        document,
    )


def _layer(
    folder: Path,
    name: str,
    title: dict[str, str],
    style: dict[str, Any],
    document: dict[str, Any],
) -> None:
    _json(folder / "styles" / f"{name}.json", style)
    common = {
        "schema": "citytwin-layer/1",
        "id": name,
        "title": title,
        "summary": text("試験のための層。", "A layer for tests."),
        "style": f"styles/{name}.json",
        "facts": [],
        "classification": "public",
        "valid_time": "2026-07-01T00:00:00Z",
        "licence": "CC0-1.0",
        "sources": [{"title": {"ja": "生成データ", "en": "generated"}, "sha256": "ab" * 32, "licence": "CC0-1.0",
                     "synthetic": name == "flood_depth_max"}],
        "moment": "begin" if name == "flood_depth_max" else "state",
        "disclaimer": text(
            "シミュレーション結果であり、公式のハザードマップではありません",
            "Simulation, not an official hazard map",
        ),
    }  # fmt: skip
    _json(folder / "layer.json", {**common, **document})


def _json(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
