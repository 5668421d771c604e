"""Real cities through the whole pipeline. Delft beside its laser survey is in `tests/validation`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.real.city_runs import facts_of, folder_of, run_pipeline


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
