"""Infiltration by cover and drains by zone, on flat closed ground."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.step import SIMULATION

GRID = GridSpec("EPSG:6677", 1000.0, 2100.0, 5.0, 8, 12)
SITE = Site(139.3, 35.1, 0.0, "Asia/Tokyo")
RAIN = [{"start_minutes": 0, "end_minutes": 60, "mm_per_h": 60}]


def run(cover: np.ndarray | None = None, **params: Any) -> Outcome:
    """An hour of 60 mm."""
    arrays: dict[f.Field, np.ndarray] = {f.TERRAIN: np.zeros(GRID.shape, dtype=np.float32)}
    if cover is not None:
        arrays[f.GROUND_COVER] = cover
    given = {"duration_h": 1, "edges": "closed", "rain": RAIN, **params}
    block = Block(arrays, {}, GRID, GRID.whole, SITE)
    return SIMULATION.run(block, FloodParams.model_validate(given))


def fact(outcome: Outcome, name: str) -> float:
    """A figure of the account."""
    return next(fact.value for fact in outcome.facts if fact.name == name)


AREA_M2 = 8 * 12 * 25.0


def test_each_cover_takes_by_its_own_law() -> None:
    """A third green (constant 20 mm/h), a third fields (Horton), the rest sealed; all is booked."""
    cover = np.zeros(GRID.shape, dtype=np.uint8)
    cover[:, :4], cover[:, 4:8] = 4, 6
    laws = [
        {"law": "constant", "covers": ["green"], "rate_mm_per_h": 20},
        {
            "law": "horton",
            "covers": ["field", "paddy"],
            "first_mm_per_h": 50,
            "last_mm_per_h": 5,
            "decay_per_h": 3,
        },
    ]
    outcome = run(cover, infiltration=laws)
    # Rain of 60 mm/h is always more than the ground takes, so both laws run at their full rate;
    # Horton: 5 + 45 / 3 (1 - e^-3) = 19.2532 mm.
    expected = AREA_M2 / 3 * (0.020 + 0.0192532)
    assert fact(outcome, "infiltrated_volume") == pytest.approx(expected, rel=2e-3)
    stored = fact(outcome, "stored_volume")
    assert stored == pytest.approx(AREA_M2 * 0.06 - expected, rel=2e-3)
    assert fact(outcome, "volume_error") < 1e-7
    assert "green: constant, field/paddy: horton" in " ".join(n.en for n in outcome.notes)


def test_without_land_use_all_ground_is_other() -> None:
    """And the map says so."""
    law = {
        "law": "green_ampt",
        "covers": ["other"],
        "conductivity_mm_per_h": 6.5,
        "suction_mm": 166.8,
        "deficit": 0.34,
    }
    outcome = run(infiltration=[law])
    # By bisection of F - S ln(1 + F / S) = K t with S = 56.712 mm, K t = 6.5 mm: F = 31.73 mm;
    # the ground cannot take it before it has fallen, at most 60 mm/h.
    assert 0.025 < fact(outcome, "infiltrated_volume") / AREA_M2 < 0.03173
    assert any(note.severity == "fallback" and "land use" in note.en for note in outcome.notes)


def test_drains_by_zone() -> None:
    """10 mm/h outside, 50 mm/h in the western half, none in a corner of it."""
    west = [(1000, 2060), (1030, 2060), (1030, 2100), (1000, 2100)]
    corner = [(1000, 2080), (1015, 2080), (1015, 2100), (1000, 2100)]
    zones = [{"outline": west, "mm_per_h": 50}, {"outline": corner, "mm_per_h": 0}]
    outcome = run(drainage_mm_per_h=10, drainage_zones=zones)
    most = 25.0 * (48 * 0.010 + 36 * 0.050)
    assert 0.95 * most < fact(outcome, "drained_volume") <= 1.001 * most
    assert fact(outcome, "volume_error") < 1e-7


def test_zones_of_one_rate_are_the_same_as_that_rate() -> None:
    """A zone over all of the area drains as the parameter without zones does."""
    all_of_it = [(900, 1900), (1100, 1900), (1100, 2200), (900, 2200)]
    zoned = run(drainage_zones=[{"outline": all_of_it, "mm_per_h": 25}])
    plain = run(drainage_mm_per_h=25)
    assert fact(zoned, "drained_volume") == pytest.approx(fact(plain, "drained_volume"), rel=2e-3)


@pytest.mark.parametrize(
    "law",
    [
        {"law": "constant", "covers": ["lawn"], "rate_mm_per_h": 5},
        {"law": "constant", "covers": [], "rate_mm_per_h": 5},
        {"law": "constant", "covers": ["green"], "rate_mm_per_h": 0},
        {"law": "philip", "covers": ["green"]},
        {
            "law": "horton",
            "covers": ["green"],
            "first_mm_per_h": 5,
            "last_mm_per_h": 6,
            "decay_per_h": 1,
        },
    ],
)
def test_laws_that_make_no_sense_are_refused(law: dict[str, Any]) -> None:
    """Before the run."""
    with pytest.raises(ValidationError):
        FloodParams.model_validate({"infiltration": [law]})
