"""The account of all water of a run, in double precision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from citytwin.kernels.exact_sums import metres


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
class Exchanged:
    """Volume that levees, given levels and the ground brought or took.

    Parameters
    ----------
    breached_m3, overtopped_m3
        Volume that came through breaches of levees, and over their crests [m3].
    returned_m3
        Volume that went back out over or through levees [m3].
    level_in_m3, level_out_m3
        Volume that cells of given level brought, and took [m3].
    infiltrated_m3
        Volume that the ground took [m3].
    drained_m3
        Volume that drains took whose rate differs from place to place [m3].
    """

    breached_m3: float = 0.0
    overtopped_m3: float = 0.0
    returned_m3: float = 0.0
    level_in_m3: float = 0.0
    level_out_m3: float = 0.0
    infiltrated_m3: float = 0.0
    drained_m3: float = 0.0

    @property
    def brought_m3(self) -> float:
        """All that was brought [m3]."""
        return self.breached_m3 + self.overtopped_m3 + self.level_in_m3

    @property
    def taken_m3(self) -> float:
        """All that was taken [m3]."""
        return self.returned_m3 + self.level_out_m3 + self.infiltrated_m3 + self.drained_m3


@dataclass(frozen=True)
class SewerVolumes:
    """Volume that passed between the ground and sewers that are computed.

    Parameters
    ----------
    into_m3
        Volume that went down manholes and into outfalls [m3].
    out_m3
        Volume that rose from manholes and came out of outfalls [m3].
    due_m3
        Volume that has come out of outfalls, but not yet onto the ground; negative where they took more
        than the ground has given yet [m3]; no part of the balance.
    """

    into_m3: float = 0.0
    out_m3: float = 0.0
    due_m3: float = 0.0


class ExchangedDepths(NamedTuple):
    """Sums of depths that levees, given levels and the ground brought or took.

    Parameters
    ----------
    breached, overtopped, returned, level_in, level_out, infiltrated, drained
        As in `Exchanged` [2^-46 m, see `exact_sums`].
    """

    breached: int = 0
    overtopped: int = 0
    returned: int = 0
    level_in: int = 0
    level_out: int = 0
    infiltrated: int = 0
    drained: int = 0


class BookedDepths(NamedTuple):
    """Sums of depths over the cells that a part of a grid books: whole numbers of 2^-46 m.

    Those of the parts add up to those of the grid, whatever the parts are.

    Parameters
    ----------
    exchanged
        That levees, given levels and the ground brought or took.
    initial, stored
        On the ground at the start, and now.
    drained
        That drains took whose rate is the same everywhere.
    north, south, west, east
        That have left over each side of the grid.
    """

    exchanged: ExchangedDepths = ExchangedDepths()
    initial: int = 0
    stored: int = 0
    drained: int = 0
    north: int = 0
    south: int = 0
    west: int = 0
    east: int = 0

    def plus(self, other: BookedDepths) -> BookedDepths:
        """Add what another part has booked.

        Parameters
        ----------
        other
            Sums of the other part.

        Returns
        -------
        BookedDepths
            Sums of both.
        """
        pairs = zip(self.exchanged, other.exchanged, strict=True)
        own = zip(self[1:], other[1:], strict=True)
        return BookedDepths(ExchangedDepths(*(a + b for a, b in pairs)), *(a + b for a, b in own))

    def ledger(
        self,
        area_m2: float,
        rain_m3: float,
        inflow_m3: float,
        culverts_m3: float = 0.0,
        sewers: SewerVolumes = SewerVolumes(),
    ) -> VolumeLedger:
        """Return the account of the whole grid.

        Parameters
        ----------
        area_m2
            Area of a cell [m2].
        rain_m3, inflow_m3
            Volume of the rain and of all hydrographs [m3].
        culverts_m3
            Volume that passed culverts [m3].
        sewers
            What passed between the ground and sewers.

        Returns
        -------
        VolumeLedger
            Volumes [m3].
        """
        depths = (self.north, self.south, self.west, self.east)
        return VolumeLedger(
            initial_m3=metres(self.initial) * area_m2,
            rain_m3=rain_m3,
            inflow_m3=inflow_m3,
            drained_m3=metres(self.drained) * area_m2,
            outflow=EdgeVolumes(*(metres(depth) * area_m2 for depth in depths)),
            stored_m3=metres(self.stored) * area_m2,
            exchanged=Exchanged(*(metres(depth) * area_m2 for depth in self.exchanged)),
            culverts_m3=culverts_m3,
            sewers=sewers,
        )


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
    exchanged
        What levees, given levels and the ground brought or took.
    culverts_m3
        Volume that passed culverts, from cell to cell [m3]; no part of the balance.
    sewers
        What passed between the ground and sewers.
    """

    initial_m3: float
    rain_m3: float
    inflow_m3: float
    drained_m3: float
    outflow: EdgeVolumes
    stored_m3: float
    exchanged: Exchanged = field(default_factory=Exchanged)
    culverts_m3: float = 0.0
    sewers: SewerVolumes = SewerVolumes()

    @property
    def moved_m3(self) -> float:
        """All water that the run had to account for [m3]."""
        brought_m3 = self.exchanged.brought_m3 + self.sewers.out_m3
        return self.initial_m3 + self.rain_m3 + self.inflow_m3 + brought_m3

    @property
    def error_m3(self) -> float:
        """Volume made (positive) or lost (negative) by the solver [m3]."""
        gone_m3 = self.drained_m3 + self.outflow.total_m3
        gone_m3 += self.exchanged.taken_m3 + self.sewers.into_m3
        return self.stored_m3 + gone_m3 - self.moved_m3

    @property
    def relative_error(self) -> float:
        """Absolute error over all water of the run [-]; 0 when there was none."""
        return abs(self.error_m3) / self.moved_m3 if self.moved_m3 > 0 else abs(self.error_m3)
