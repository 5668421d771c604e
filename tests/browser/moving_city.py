"""Adds layers over time to the tiny city: a shadow that walks east, and a flood of another day.

At moment k the shadow covers columns 16 k to 16 k + 15, all rows. The flood is k m deep everywhere
and runs at 0.5 k m/s, in the same three moments.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tiny_city import CELL_M, COLUMNS, ROWS, RUN, X0, Y0, bounds, text

DARK = (60, 40, 30)
WET = (120, 170, 220)
HALF_HOURS = [f"2026-12-22T0{1 + k // 2}:{30 * (k % 2):02d}:00Z" for k in range(5)]
"""10:00 to 12:00 in Tokyo."""
MINUTES = [f"2026-06-30T09:{30 + 10 * k}:00Z" for k in range(3)]
"""18:30 to 18:50 in Tokyo."""


def add_layers(root: Path) -> None:
    """Add three layers to a city that stands."""
    latest = json.loads((root / "latest.json").read_text(encoding="utf-8"))
    shade = [np.zeros((ROWS, COLUMNS), "<u2") for _ in HALF_HOURS]
    for number, values in enumerate(shade):
        values[:, 16 * number : 16 * number + 16] = 1
    flood = [np.full((ROWS, COLUMNS), 1000 * k, "<u2") for k in range(3)]
    speed = [np.full((ROWS, COLUMNS), 500 * k, "<u2") for k in range(3)]
    dark = [_item(0, 1, "日なた", "lit", DARK), _item(1, None, "日影", "shaded", DARK)]
    wet = [_item(None, 0.1, "乾", "dry", WET), _item(0.1, None, "浸水", "wet", WET)]
    said = [text(f"太陽 {30 + k}°", f"Sun {30 + k}° high") for k in range(5)]
    _write(root, "shade", text("日影", "Shadow"), dark, (HALF_HOURS, shade, said, "1"))
    _write(root, "depth", text("浸水深", "Depth"), wet, (MINUTES, flood, [None] * 3, "m"))
    _write(root, "speed", text("流速", "Speed"), wet, (MINUTES, speed, [None] * 3, "m/s"))
    for name in ("shade", "depth", "speed"):
        path = f"{name}/{RUN}"
        latest["layers"].append({"id": name, "run_id": RUN, "path": path, "checksum": "sha256:0"})
    (root / "latest.json").write_text(json.dumps(latest), encoding="utf-8")


def _item(
    low: float | None, high: float | None, ja: str, en: str, rgb: tuple[int, int, int]
) -> dict[str, Any]:
    return {
        "min": low,
        "max": high,
        "rgb": rgb,
        "label": text(ja, en),
        "transparent": high is not None,
    }


def _write(
    root: Path,
    name: str,
    title: dict[str, str],
    items: list[dict[str, Any]],
    series: tuple[list[str], list[Any], list[dict[str, str] | None], str],
) -> None:
    times, arrays, said, unit = series
    folder = root / name / RUN
    (folder / "styles").mkdir(parents=True)
    step = 1 if unit == "1" else 0.001
    frames = []
    for number, (time, raw, phrase) in enumerate(zip(times, arrays, said, strict=True)):
        stem = f"{name}_{number}"
        picture = np.zeros((ROWS, COLUMNS, 4), np.uint8)
        picture[raw * step >= items[1]["min"]] = (*items[1]["rgb"], 255)
        Image.fromarray(picture).save(folder / f"{stem}.png")
        (folder / f"{stem}.values.gz").write_bytes(gzip.compress(raw.tobytes(), mtime=0))
        frames.append(
            {
                "time": time,
                "said": phrase,
                "data": f"{stem}.tif",
                "image": {"href": f"{stem}.png", "bounds": bounds()},
                "values": _values(f"{stem}.values.gz", step),
            }
        )
    style = {"kind": "class", "unit": unit, "title": title, "items": items}
    document = {
        "schema": "citytwin-layer/1", "id": name, "kind": "raster", "group": "sunlight",
        "title": title, "summary": text("試験のための層。", "A layer for tests."), "unit": unit,
        "precision": step, "visible": False, "style": f"styles/{name}.json", "frames": frames,
        "opening": len(frames) // 2, "image": frames[0]["image"], "values": frames[0]["values"],
        "notes": [{"severity": "info", **text("雲なし", "No clouds")}], "facts": [],
        "classification": "public", "valid_time": times[0], "licence": "CC0-1.0", "sources": [],
        "disclaimer": text("", ""), "moment": "state",
        "files": [
            {"href": frame["data"], "type": "image/tiff", "title": text("COG", "COG")}
            for frame in frames
        ],
    }  # fmt: skip
    for path, content in ((f"styles/{name}.json", style), ("layer.json", document)):
        (folder / path).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _values(href: str, step: float) -> dict[str, Any]:
    box = [X0, Y0, X0 + COLUMNS * CELL_M, Y0 + ROWS * CELL_M]
    return {"href": href, "dtype": "uint16", "scale": step, "offset": 0.0, "nodata": 65535,
            "width": COLUMNS, "height": ROWS, "mercator_bounds": box}  # fmt: skip
