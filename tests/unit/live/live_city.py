"""A city with live feeds and nothing published: what `sync` needs at least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from citytwin.config import LoadedConfig, load

RULE = {
    "id": "heavy_rain",
    "title": {"ja": "激しい雨", "en": "Heavy rain"},
    "watch": {"property": "rainfall_rate", "max_age_minutes": 10},
    "thresholds": [{"level": 3, "raise_at": 20, "clear_at": 10, "clear_after_minutes": 0}],
}
SENDER = {"id": "twin@city.example", "name": {"ja": "市", "en": "City"}, "status": "Actual"}


def feed(**ways: Any) -> dict[str, Any]:
    """A feed of SenML."""
    return {
        "name": "sensors",
        "use": "senml",
        "classification": "public",
        "licence": "none",
        "title": "Sensors",
        **ways,
    }


def city(folder: Path, feeds: Sequence[Mapping[str, Any]], **live: Any) -> LoadedConfig:
    """Write and load a configuration."""
    content = {
        "city": {"id": "town", "title": {"ja": "町", "en": "Town"}},
        "crs": "EPSG:6677",
        "vertical_datum": {"ja": "T.P.", "en": "T.P."},
        "time_zone": "Asia/Tokyo",
        "data_date": "2026-06-01",
        "out": "out",
        "grid": {"cell_m": 5.0},
        "sources": [
            {
                "name": "buildings",
                "use": "citygml",
                "path": "none",
                "classification": "public",
                "licence": "none",
                "title": "None",
            }
        ],
        "live": {"feeds": list(feeds), **live},
    }
    path = folder / "town.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return load(path)
