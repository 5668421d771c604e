"""What must hold of a published city at any moment, whatever happened to the runs."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from citytwin.model.layer import Latest
from citytwin.store.layer_writer import folder_checksum


def check_city(city: Path) -> Latest:
    """Check that every document of a published city names only files that stand complete."""
    latest = Latest.model_validate_json((city / "latest.json").read_bytes())
    for layer in latest.layers:
        folder = city / layer.path
        assert folder_checksum(folder) == layer.checksum, layer
        document = json.loads((folder / "layer.json").read_bytes())
        assert all((folder / file["href"]).is_file() for file in document["files"])
    _follow(city / "catalog.json", set())
    project = ET.parse(city / "little.qgs")
    sources = [element.text or "" for element in project.iter("datasource")]
    assert sources
    assert all((city / source.split("|")[0]).is_file() for source in sources)
    return latest


def _follow(document: Path, seen: set[Path]) -> None:
    """Follow every link and asset from a STAC document."""
    resolved = document.resolve()
    if resolved in seen:
        return
    seen.add(resolved)
    read = json.loads(document.read_bytes())
    for link in read["links"]:
        _follow(document.parent / link["href"], seen)
    for asset in read.get("assets", {}).values():
        path = document.parent / asset["href"]
        assert path.stat().st_size == asset["file:size"], path


def named_items(city: Path, layer: str) -> list[str]:
    """Return the runs that a layer's collection names."""
    links = json.loads((city / layer / "collection.json").read_bytes())["links"]
    return [link["href"].split("/")[-2] for link in links if link["rel"] == "item"]
