"""Rules that lower a classification: only what they name, and only from where they were meant."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from citytwin.model.layer import CLASSIFICATIONS, Classification
from citytwin.security.lowering import Lowering, lower

RULE = Lowering(
    name="grid_only", layers=("roads",), at_most="restricted", to="internal", reason="No plants"
)


@pytest.mark.parametrize(
    ("layer", "inherited", "expected"),
    [
        ("roads", "public", "public"),
        ("roads", "internal", "internal"),
        ("roads", "restricted", "internal"),
        ("roads", "secret", "secret"),
        ("water", "restricted", "restricted"),
    ],
)
def test_what_a_rule_lowers(
    layer: str, inherited: Classification, expected: Classification
) -> None:
    """It never raises, and says so on the layer where it lowers."""
    found = lower(layer, inherited, (RULE,))
    assert found.classification == expected
    assert bool(found.notes) is (expected != inherited)
    if found.notes:
        assert "grid_only" in found.notes[0].en
        assert "No plants" in found.notes[0].en


def test_a_rule_must_lower() -> None:
    """From each classification to one below it."""
    for high in range(4):
        for low in range(4):
            given = {"at_most": CLASSIFICATIONS[high], "to": CLASSIFICATIONS[low]}
            said = RULE.model_dump() | given
            if low < high:
                assert Lowering.model_validate(said).to == CLASSIFICATIONS[low]
            else:
                with pytest.raises(ValidationError, match="not lower"):
                    Lowering.model_validate(said)
