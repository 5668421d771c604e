"""Threads give every bit of one thread."""

from __future__ import annotations

from dataclasses import replace

import pytest

from citytwin.kernels import row_bands
from citytwin.kernels.inundation import SolverOptions
from tests.physics.flood_everything import differing, everything, options_of


@pytest.mark.parametrize("threads", [2, 3, 100])
def test_any_number_of_threads_gives_the_same_bits(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rain, levees, tides, drains, edges; maxima, spells and account among the bits."""
    monkeypatch.setattr(row_bands, "LEAST_CELLS", 1)
    options = options_of(SolverOptions(steps_kept=3))
    made = everything().run(replace(options, threads=threads))
    assert differing(made, everything().run(options)) == []


def test_a_small_grid_is_left_to_one_thread() -> None:
    """Waking threads would take longer than the work."""
    assert row_bands.worthwhile(8, (100, 100)) == 1
    assert row_bands.worthwhile(8, (1000, 1000)) == 8
    bands = row_bands.RowBands((10, 4), 50)
    assert bands.rows == [(0, 3), (3, 6), (6, 10)]
