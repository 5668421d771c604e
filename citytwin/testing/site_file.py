"""Writes the building sites of the demo city that are whole blocks, as GeoJSON."""

from __future__ import annotations

import json
from pathlib import Path

from citytwin.testing.place import SYNTHETIC_NOTE, Degrees
from citytwin.testing.streets import StreetPlan
from citytwin.testing.zoning import ONE_SITE_KINDS


def write_sites(path: Path, plan: StreetPlan, degrees: Degrees) -> Path:
    """Write one polygon for each block that has one owner; longitude first (RFC 7946)."""
    features = []
    for block in plan.blocks:
        if block.kind not in ONE_SITE_KINDS:
            continue
        ring = [[round(lon, 8), round(lat, 8)] for lat, lon in degrees.lat_lon(block.quad)]
        name = f"{block.district}-{block.column + 1}-{block.row + 1}"
        features.append(
            {
                "type": "Feature",
                "properties": {"site": name},
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            }
        )
    document = {
        "type": "FeatureCollection",
        "description": SYNTHETIC_NOTE,
        "features": features,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
