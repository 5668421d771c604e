"""What a step takes, for forecasts."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Rough cost, for the plan; replaced by measured figures once a step has run here."""

    seconds_per_megacell: float
    bytes_per_cell: float
    whole_cells: float = math.inf
    """What has more cells is worked on part by part."""
    bytes_beyond: float = 0.0
    """Per cell beyond these."""

    def seconds_of(self, cells: float) -> float:
        """Time of one thread for so many cells."""
        return self.seconds_per_megacell * cells / 1e6

    def bytes_of(self, cells: float) -> float:
        """Memory for so many cells."""
        beyond = max(cells - self.whole_cells, 0.0)
        return self.bytes_per_cell * (cells - beyond) + self.bytes_beyond * beyond
