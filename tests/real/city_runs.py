"""Pipelines of the repository over real cities, with a flood of three minutes, and their figures."""

from __future__ import annotations

import json
from pathlib import Path

from tests.pipelines.small_city import citytwin

PIPELINES = Path(__file__).parents[2] / "pipelines"


def run_pipeline(name: str, directory: Path, patience_s: float = 240) -> tuple[Path, int, str]:
    """Run a pipeline of the repository into a folder of its own, with a flood of three minutes."""
    text = (PIPELINES / f"{name}.yaml").read_text(encoding="utf-8")
    text = text.replace("duration_h: 2", "duration_h: 0.05")
    text = text.replace("out: ../out", f"out: {directory / 'out'}")
    text = text.replace("path: ../data", f"path: {PIPELINES.parent / 'data'}")
    config = directory / f"{name}.yaml"
    config.write_text(text, encoding="utf-8")
    done = citytwin("run", str(config), "--workers", "1", timeout_s=patience_s)
    (latest,) = (directory / "out").glob("*/latest.json")
    return latest.parent, done.returncode, done.stderr


def folder_of(city: Path, layer: str) -> Path:
    """Published folder of a layer."""
    latest = json.loads((city / "latest.json").read_text(encoding="utf-8"))
    return city / next(entry["path"] for entry in latest["layers"] if entry["id"] == layer)


def facts_of(city: Path, layer: str) -> dict[str, float]:
    """Figures told on a layer."""
    document = json.loads((folder_of(city, layer) / "layer.json").read_text(encoding="utf-8"))
    return {fact["name"]: fact["value"] for fact in document["facts"]}
