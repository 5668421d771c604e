"""A levee beside the area: segments, water outside, and breaches that grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.flood_stage import StageSeries


@dataclass(frozen=True)
class Breach:
    """An opening in a levee that grows to both sides.

    Parameters
    ----------
    place_m
        Distance of its middle along the levee [m].
    start_s
        When it opens [s].
    width_m
        Its width in the end [m], > 0.
    first_share
        Share of the width that opens at once [-], 0 to 1.
    growth_s
        Time until it has its width; it grows evenly [s], >= 0.
    sill_m
        Level of its floor [m].
    """

    place_m: float
    start_s: float
    width_m: float
    first_share: float
    growth_s: float
    sill_m: float

    def __post_init__(self) -> None:
        if not (self.width_m > 0 and 0 <= self.first_share <= 1 and self.growth_s >= 0):
            raise ConfigError(
                f"breach: width {self.width_m} m, first share {self.first_share}, "
                f"growth {self.growth_s} s",
                hint="use a width > 0 m, a share of 0 to 1, a time >= 0 s",
            )

    def width_at(self, time_s: float) -> float:
        """Width at a time.

        Parameters
        ----------
        time_s
            Time since the start of the run [s].

        Returns
        -------
        float
            Width [m]; 0 before the breach opens.
        """
        since = time_s - self.start_s
        if since < 0:
            return 0.0
        grown = 1.0 if since >= self.growth_s else since / self.growth_s
        return self.width_m * (self.first_share + (1.0 - self.first_share) * grown)


@dataclass(frozen=True, eq=False)
class Levee:
    """A levee along the area, in segments, each with the land cell that its water reaches.

    Parameters
    ----------
    rows, cols
        Land cells, shape (m,), int.
    from_m, to_m
        Where each segment begins and ends along the levee, shape (m,) [m].
    crest_m
        Level of the crest of each segment, shape (m,) [m].
    above_m
        How much higher than `stage` the water outside stands at each segment, shape (m,) [m].
    stage
        Water level outside.
    breaches
        Openings.
    breach_factor, overtopping_factor
        Share of the weir formula through breaches and over the crest [-], 0 to 1, see
        `side_weir_factor`.
    storage_m2
        Area of the water outside: its level falls by what has left it [m2], > 0; infinite for a
        river that does not feel the loss.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    from_m: NDArray[np.float64]
    to_m: NDArray[np.float64]
    crest_m: NDArray[np.float64]
    above_m: NDArray[np.float64]
    stage: StageSeries
    breaches: tuple[Breach, ...] = ()
    breach_factor: float = 1.0
    overtopping_factor: float = 1.0
    storage_m2: float = np.inf

    def __post_init__(self) -> None:
        arrays = (self.rows, self.cols, self.from_m, self.to_m, self.crest_m, self.above_m)
        if len({np.shape(a) for a in arrays}) != 1 or not np.size(self.rows):
            raise ConfigError(
                f"levee: arrays of the shapes {[np.shape(a) for a in arrays]}",
                hint="give one number per segment, at least one",
            )
        if not (np.isfinite(self.crest_m).all() and np.greater(self.to_m, self.from_m).all()):
            raise ConfigError(
                "levee: a crest is not a number, or a segment has no length",
                hint="give crests in metres and a line without double points",
            )
        if not self.storage_m2 > 0:
            raise ConfigError(f"storage_m2 is {self.storage_m2}", hint="use an area > 0 m2")


class LeveeNow(NamedTuple):
    """A levee at one time.

    Parameters
    ----------
    rows, cols
        Land cells, shape (m,), int64.
    outside_m
        Water level outside, shape (m,), float64 [m].
    crest_m
        Level of the crest, shape (m,), float64 [m].
    sill_m
        Level of the floor of the breach, shape (m,), float64 [m].
    breach_m
        Width of each segment that is breached, times the factor of breaches, shape (m,),
        float64 [m].
    intact_m
        Width that is not, times the factor of overtopping, shape (m,), float64 [m].
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    outside_m: NDArray[np.float64]
    crest_m: NDArray[np.float64]
    sill_m: NDArray[np.float64]
    breach_m: NDArray[np.float64]
    intact_m: NDArray[np.float64]


def levee_at(levee: Levee, time_s: float, left_m3: float) -> LeveeNow:
    """Return a levee as it is at a time.

    Parameters
    ----------
    levee
        Arrays of shape (m,).
    time_s
        Time since the start of the run [s].
    left_m3
        Volume that has left the water outside so far, less what came back [m3].

    Returns
    -------
    LeveeNow
        Arrays of shape (m,). Where breaches overlap the wider counts.

    Notes
    -----
    A breach that opens to half its width at once and to all of it within an hour is the rule of
    the Japanese manual for inundation maps (Ministry of Land, Infrastructure, Transport and
    Tourism 2015, 4th edition).
    """
    length = levee.to_m - levee.from_m
    breached = np.zeros(length.shape)
    sill = np.array(levee.crest_m, dtype=np.float64)
    for breach in levee.breaches:
        half = 0.5 * breach.width_at(time_s)
        first = np.maximum(levee.from_m, breach.place_m - half)
        width = np.minimum(levee.to_m, breach.place_m + half) - first
        wider = width > breached
        breached[wider] = width[wider]
        sill[wider] = np.minimum(breach.sill_m, levee.crest_m)[wider]
    level = levee.stage.level_at(time_s) - left_m3 / levee.storage_m2
    return LeveeNow(
        np.asarray(levee.rows, dtype=np.int64),
        np.asarray(levee.cols, dtype=np.int64),
        level + np.asarray(levee.above_m, dtype=np.float64),
        np.asarray(levee.crest_m, dtype=np.float64),
        sill,
        breached * levee.breach_factor,
        (length - breached) * levee.overtopping_factor,
    )
