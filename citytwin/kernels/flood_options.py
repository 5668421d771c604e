"""How a flood is solved and what is kept of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from citytwin.errors import ConfigError


class EdgeKind(Enum):
    """What happens at one side of the grid.

    CLOSED lets nothing pass. NORMAL_DEPTH lets water leave with the speed of uniform flow down
    the bed slope at the edge, whatever its direction, at most critical. CRITICAL lets it leave as over a free fall.
    """

    CLOSED = "closed"
    NORMAL_DEPTH = "normal_depth"
    CRITICAL = "critical"


class Scheme(Enum):
    """Equations and method that move the water.

    INERTIAL solves the shallow-water equations without advection (`InertialScheme`): fast,
    for floods that spread and fill, where the Froude number stays below about one half. FULL
    solves them whole (`FullScheme`): several times slower, for dam breaks and the near field
    of a breach, steep streets, hydraulic jumps and flow over or around obstacles.
    """

    INERTIAL = "inertial"
    FULL = "full"


# The unsplit step along x and y halves the limit of one direction; the rest is for waves that
# become faster during the step.
FULL_COURANT_MAX = 0.45
# Share of the Courant limit where none is given.
_COURANT = {Scheme.INERTIAL: 0.6, Scheme.FULL: FULL_COURANT_MAX}


def courant_of(scheme: Scheme, given: float | None) -> float:
    """Return the share of the Courant limit that a run uses.

    Parameters
    ----------
    scheme
        Equations and method.
    given
        The share that was asked for [-]; None for that of the scheme.
    """
    return _COURANT[scheme] if given is None else given


@dataclass(frozen=True)
class Edges:
    """The four sides of the grid.

    Parameters
    ----------
    north, south, west, east
        Kind of each side.
    min_slope
        Smallest bed slope across the edge that NORMAL_DEPTH assumes, where the bed is flat or
        rises outwards [-], > 0.
    """

    north: EdgeKind = EdgeKind.CLOSED
    south: EdgeKind = EdgeKind.CLOSED
    west: EdgeKind = EdgeKind.CLOSED
    east: EdgeKind = EdgeKind.CLOSED
    min_slope: float = 1e-3

    def __post_init__(self) -> None:
        if not (math.isfinite(self.min_slope) and self.min_slope > 0):
            raise ConfigError(f"min_slope is {self.min_slope}", hint="use a slope > 0")

    @property
    def kinds(self) -> tuple[EdgeKind, EdgeKind, EdgeKind, EdgeKind]:
        """Kinds of north, south, west and east."""
        return self.north, self.south, self.west, self.east


@dataclass(frozen=True)
class Recording:
    """What is kept besides the maxima.

    Parameters
    ----------
    arrival_depth_m
        Depth that counts as the arrival of the flood [m], > 0.
    depth_thresholds_m
        Further depths whose first time is kept per cell [m], > 0.
    lasting_depth_m
        Depth of which is kept how long it lasts [m], > 0; 0.5 m in Japanese practice.
    debris_depth_m, debris_shallow, debris_deep
        Debris factor of the hazard rating: up to this depth [m] and above it [-], 0 to 1.
    gauge_cells
        (row, column) of cells whose depth is kept as a series.
    gauge_times_s
        Times of that series [s], ascending, within the run.
    depth_times_s
        Times at which the whole fields of depth and speed are kept [s], ascending, within the run;
        8 bytes per cell and time.
    """

    arrival_depth_m: float = 0.05
    depth_thresholds_m: tuple[float, ...] = ()
    lasting_depth_m: float = 0.5
    debris_depth_m: float = 0.25
    debris_shallow: float = 0.5
    debris_deep: float = 1.0
    gauge_cells: tuple[tuple[int, int], ...] = ()
    gauge_times_s: tuple[float, ...] = ()
    depth_times_s: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for depth in (self.arrival_depth_m, self.lasting_depth_m, *self.depth_thresholds_m):
            if not (math.isfinite(depth) and depth > 0):
                raise ConfigError(f"a depth threshold is {depth} m", hint="use depths > 0")
        for name, times in (
            ("gauge_times_s", self.gauge_times_s),
            ("depth_times_s", self.depth_times_s),
        ):
            ascending = all(a < b for a, b in pairwise(times))
            if not ascending or not all(math.isfinite(t) and t >= 0 for t in times):
                raise ConfigError(f"{name} is {times}", hint="give ascending times >= 0 s")


@dataclass(frozen=True)
class SolverOptions:
    """Numbers of the scheme; the defaults suit a city at 1 to 10 m.

    Parameters
    ----------
    scheme
        Equations and method.
    order
        Order in space and time of FULL where the water is smooth: 2, or 1 for speed.
    courant
        alpha in dt = alpha dx / sqrt(g h) of INERTIAL [-], > 0 and at most
        sqrt(centre_weight / 2); in dt = alpha dx / (|u| + sqrt(g h)) of FULL, at most 0.45. None
        for 0.6 and 0.45.
    centre_weight
        Of INERTIAL: theta, weight of a face's own discharge against its two neighbours [-], 0.5 to 1, in the
        deepest water; less damps grid noise more. In shallower water the neighbours count less,
        in proportion to the wave speed.
    dt_max_s
        Longest time step [s], > 0.
    dry_depth_m
        Flow depth at and below which water does not move [m], 1e-6 to 0.1; with FULL a film
        without momentum, that only its own weight moves.
    froude_max
        Of INERTIAL: limit of the Froude number at a face [-], > 0; infinite for none.
    steps_kept
        A time step is kept for up to so many steps while it is stable [-], >= 1, so that parts of
        a grid on different machines need to agree on it that seldom.
    maxima_every_steps
        The running maxima look at every n-th step [-], >= 1; with `subgrid_cells` above 1 those of
        depth at every step.
    subgrid_cells
        Of INERTIAL: cells of the ground along a side of the cells that water moves between [-],
        >= 1. Above 1 these have tables of what they hold and let through at each level.
    threads
        Of INERTIAL: threads that share the work of large grids [-], >= 1; any number of them gives
        the same bits.
    roofs_run_off
        Whether the rain of building cells runs to the open cells nearest to them. If not, it is gone,
        and in no account: sewers take all of it.
    edges
        Sides of the grid.
    recording
        What is kept besides the maxima.
    """

    scheme: Scheme = Scheme.INERTIAL
    order: int = 2
    courant: float | None = None
    centre_weight: float = 0.9
    dt_max_s: float = 5.0
    dry_depth_m: float = 1e-4
    froude_max: float = 1.0
    steps_kept: int = 1
    maxima_every_steps: int = 1
    subgrid_cells: int = 1
    threads: int = 1
    roofs_run_off: bool = True
    edges: Edges = field(default_factory=Edges)
    recording: Recording = field(default_factory=Recording)

    def __post_init__(self) -> None:
        if not 0.5 <= self.centre_weight <= 1.0:
            raise ConfigError(f"centre_weight is {self.centre_weight}", hint="use 0.5 to 1")
        if self.order not in {1, 2}:
            raise ConfigError(f"order is {self.order}", hint="use 1 or 2")
        limit = self._courant_limit()
        if not 0.0 < self.courant_number <= limit:
            raise ConfigError(
                f"courant is {self.courant}",
                hint=f"use more than 0 and at most {limit:.3f} for {self.scheme.value}",
            )
        if not (math.isfinite(self.dt_max_s) and self.dt_max_s > 0):
            raise ConfigError(f"dt_max_s is {self.dt_max_s}", hint="use a step > 0 s")
        if not 1e-6 <= self.dry_depth_m <= 0.1:
            raise ConfigError(f"dry_depth_m is {self.dry_depth_m}", hint="use 1e-6 to 0.1 m")
        if not self.froude_max > 0:
            raise ConfigError(f"froude_max is {self.froude_max}", hint="use a number > 0")
        if self.scheme is Scheme.FULL and self.subgrid_cells > 1:
            raise ConfigError("subgrid_cells with the full equations", hint="use inertial")
        for name in ("steps_kept", "maxima_every_steps", "subgrid_cells", "threads"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}", hint="use 1 or more")

    @property
    def courant_number(self) -> float:
        """Share of the Courant limit, the given one or that of the scheme."""
        return courant_of(self.scheme, self.courant)

    def _courant_limit(self) -> float:
        """Largest stable Courant number.

        INERTIAL: von Neumann analysis at the shortest wave: beyond sqrt(theta / 2) isolated spikes
        grow while the volume stays right, so nothing else would notice.
        """
        if self.scheme is Scheme.FULL:
            return FULL_COURANT_MAX
        return math.sqrt(0.5 * self.centre_weight)
