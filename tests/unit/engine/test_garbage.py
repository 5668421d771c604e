"""A run looks for garbage seldom, and leaves the process as it was."""

from __future__ import annotations

import gc

import pytest

from citytwin.engine.garbage import seldom_collected


def _failing() -> None:
    with seldom_collected():
        assert gc.get_threshold()[0] > 10_000
        raise ValueError("fails")


def test_thresholds_hold_for_the_block_alone() -> None:
    """Also where it fails."""
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="fails"):
        _failing()
    assert gc.get_threshold() == before
