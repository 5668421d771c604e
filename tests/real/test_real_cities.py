"""Real cities through the whole pipeline, against an independent laser survey."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import rasterio

from tests.pipelines.small_city import citytwin

PIPELINES = Path(__file__).parents[2] / "pipelines"


def run_pipeline(name: str, directory: Path) -> tuple[Path, int, str]:
    """Run a pipeline of the repository into a folder of its own, with a flood of three minutes."""
    text = (PIPELINES / f"{name}.yaml").read_text(encoding="utf-8")
    text = text.replace("duration_h: 2", "duration_h: 0.05")
    text = text.replace("out: ../out", f"out: {directory / 'out'}")
    text = text.replace("path: ../data", f"path: {PIPELINES.parent / 'data'}")
    config = directory / f"{name}.yaml"
    config.write_text(text, encoding="utf-8")
    done = citytwin("run", str(config), "--workers", "1")
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


@pytest.fixture(scope="module")
def delft(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published city of Delft."""
    os.environ["CITYTWIN_SAMPLES"] = str(samples)
    city, code, said = run_pipeline("delft", tmp_path_factory.mktemp("delft"))
    assert code == 0, said
    return city


def test_delft_roofs_agree_with_the_survey(delft: Path) -> None:
    """LOD1 roofs (90th percentile) lie above the mean of the laser points, RMSE below 3 m."""
    facts = facts_of(delft, "surface_accuracy")
    assert 1.0 < facts["roof_bias"] < 2.5
    assert facts["roof_rmse"] <= 3.0


def test_delft_is_neither_shifted_nor_mirrored(delft: Path, samples: Path) -> None:
    """Moving or mirroring our surface makes it fit the survey worse."""
    layer = folder_of(delft, "surface_height") / "surface_height.tif"
    survey = samples / "buildings/delft/lidar/ahn3_dsm_max_0.5m.tif"
    with rasterio.open(layer) as ours, rasterio.open(survey) as theirs:
        surface = ours.read(1, masked=True).filled(np.nan)
        x, y = ours.bounds.left, ours.bounds.top
        col, row = ~theirs.transform * (x, y)
        fine = theirs.read(1, masked=True).filled(np.nan)[round(row) :, round(col) :]
    # Four cells of the survey make one of ours; any single one lies a quarter of a cell aside.
    ny, nx = (min(a, b // 2) for a, b in zip(surface.shape, fine.shape, strict=True))
    four = fine[: 2 * ny, : 2 * nx].reshape(ny, 2, nx, 2)
    known = ~np.isnan(four)
    reference = np.where(known, four, 0.0).sum((1, 3)) / np.where(
        known.any((1, 3)), known.sum((1, 3)), np.nan
    )
    surface = surface[:ny, :nx]

    def misfit(moved: np.ndarray) -> float:
        return float(np.nanmedian(np.abs(moved - reference)))

    here = misfit(surface)
    shifts = [(dy, dx) for dy in (-3, 0, 3) for dx in (-3, 0, 3) if (dy, dx) != (0, 0)]
    others = [misfit(np.roll(surface, shift, axis=(0, 1))) for shift in shifts]
    others += [misfit(surface[::-1]), misfit(surface[:, ::-1]), misfit(surface[::-1, ::-1])]
    assert here < min(others)
    for axis in (0, 1):
        before, after = (misfit(np.roll(surface, step, axis=axis)) for step in (-1, 1))
        # Lowest point of the parabola through the misfits one cell before, here, one cell after.
        assert abs((before - after) / (before - 2 * here + after) / 2) < 0.3


def test_roofs_that_are_too_low_are_noticed(samples: Path, tmp_path: Path) -> None:
    """The other model of Delft, 5 m too low, ends with losses, told on every layer made of it."""
    os.environ["CITYTWIN_SAMPLES"] = str(samples)
    city, code, said = run_pipeline("delft_low", tmp_path)
    assert code == 3
    assert "differ from the survey by -" in said
    for layer in ("surface_accuracy", "sunlit_hours", "flood_depth_max", "buildings"):
        notes = json.loads((folder_of(city, layer) / "layer.json").read_text("utf-8"))["notes"]
        assert any("cannot be trusted" in note["en"] for note in notes), layer


def test_the_plateau_tile_of_kaga(samples: Path, tmp_path: Path) -> None:
    """192 buildings, terrain from their ground heights and labelled so, water conserved."""
    os.environ["CITYTWIN_SAMPLES"] = str(samples)
    city, code, said = run_pipeline("plateau", tmp_path)
    assert code == 0, said
    import citytwin as ct

    twin = ct.open(city)
    assert len(twin["buildings"].to_geopandas()) == 192
    notes = [note.severity for note in twin["flood_depth_max"].document.notes]
    assert "fallback" in notes
    assert "synthetic" in notes
    assert facts_of(city, "flood_depth_max")["volume_error"] < 1e-7
