"""The account of all water of a run, in double precision."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EdgeVolumes:
    """Volume that has left over each side of the grid.

    Parameters
    ----------
    north_m3, south_m3, west_m3, east_m3
        Volume [m3], >= 0.
    """

    north_m3: float = 0.0
    south_m3: float = 0.0
    west_m3: float = 0.0
    east_m3: float = 0.0

    @property
    def total_m3(self) -> float:
        """Volume that has left over all sides [m3]."""
        return self.north_m3 + self.south_m3 + self.west_m3 + self.east_m3


@dataclass(frozen=True)
class VolumeLedger:
    """Where the water came from and where it is.

    Parameters
    ----------
    initial_m3
        Volume on open cells at the start [m3].
    rain_m3
        Rain on open and building cells [m3].
    inflow_m3
        Volume of all hydrographs [m3].
    drained_m3
        Volume that the drains took [m3].
    outflow
        Volume that left over the sides of the grid.
    stored_m3
        Volume in the final depths [m3].
    """

    initial_m3: float
    rain_m3: float
    inflow_m3: float
    drained_m3: float
    outflow: EdgeVolumes
    stored_m3: float

    @property
    def moved_m3(self) -> float:
        """All water that the run had to account for [m3]."""
        return self.initial_m3 + self.rain_m3 + self.inflow_m3

    @property
    def error_m3(self) -> float:
        """Volume made (positive) or lost (negative) by the solver [m3]."""
        return self.stored_m3 + self.drained_m3 + self.outflow.total_m3 - self.moved_m3

    @property
    def relative_error(self) -> float:
        """Absolute error over all water of the run [-]; 0 when there was none."""
        return abs(self.error_m3) / self.moved_m3 if self.moved_m3 > 0 else abs(self.error_m3)
