"""Usual heights of a region, for buildings of which none is recorded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_ENOUGH = 10
"""Fewer known heights say nothing about a region."""
_FARTHEST_M = 1e8


@dataclass(eq=False)
class UsualHeights:
    """Known heights by square regions."""

    region_m: float
    """Side of a region [m]."""
    _known: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    _median: dict[tuple[int, int], float] = field(default_factory=dict)
    _of_all: float | None = None

    def add(self, x: FloatArray, y: FloatArray, height_m: FloatArray) -> None:
        """Take in buildings of known height; those without a place or height are passed over.

        Parameters
        ----------
        x, y
            Shape (n,): middle of each building in the CRS of the city [m].
        height_m
            Shape (n,): height, NaN where not known [m].
        """
        sound = _on_earth(x) & _on_earth(y) & np.isfinite(height_m)
        for key, height in zip(self._keys(x[sound], y[sound]), height_m[sound], strict=True):
            self._known.setdefault(key, []).append(float(height))

    def _keys(self, x: FloatArray, y: FloatArray) -> list[tuple[int, int]]:
        columns = np.floor(x / self.region_m).astype(np.int64).tolist()
        rows = np.floor(y / self.region_m).astype(np.int64).tolist()
        return list(zip(columns, rows, strict=True))

    def finish(self) -> None:
        """Take the medians, once all buildings are in."""
        everything = [height for known in self._known.values() for height in known]
        if len(everything) >= _ENOUGH:
            self._of_all = float(np.median(everything))
        for key, known in self._known.items():
            if len(known) >= _ENOUGH:
                self._median[key] = float(np.median(known))
        self._known.clear()

    def at(self, x: FloatArray, y: FloatArray) -> list[float | None]:
        """Median of the region of each place, else of all; None where too few are known.

        Parameters
        ----------
        x, y
            Shape (n,): in the CRS of the city [m].
        """
        sound = _on_earth(x) & _on_earth(y)
        keys = self._keys(np.where(sound, x, 0.0), np.where(sound, y, 0.0))
        return [
            self._median.get(key, self._of_all) if placed else self._of_all
            for key, placed in zip(keys, sound, strict=True)
        ]


def _on_earth(metres: FloatArray) -> NDArray[np.bool_]:
    """Whether a coordinate is finite and no farther than any place is."""
    return np.isfinite(metres) & (np.abs(metres) < _FARTHEST_M)
