"""The wind of the record at its mast, and how it stands to that in the open at the site."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.wind_climate import Sector, sectors_of
from citytwin.kernels.wind_profile import site_over_station
from citytwin.kernels.wind_rose import PairedWinds, paired_winds, sector_of
from citytwin.model.axes import evenly
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.record import FloatArray, Record
from citytwin.model.steps import Block
from citytwin.simulations.wind_climate.params import StationParams

WHOLE_DAY = 0.8
"""Share of the usual number of values that makes a day whole: the strongest wind of half a day is
none of a day."""


@dataclass(frozen=True, eq=False)
class StationWind:
    """Winds of a mast."""

    speed: Record
    direction: Record
    winds: PairedWinds
    mast_m: float
    days: NDArray[np.int64]
    """Shape (n,): local day of each speed of the record, calms included."""
    wind_days: NDArray[np.int64]
    """Shape (m,): local day of each wind."""

    def strongest(self) -> tuple[FloatArray, FloatArray, int]:
        """Speed and direction of the strongest wind of each whole day, and the number of these.

        Days without any wind count, and have none.
        """
        days, values = np.unique(self.days, return_counts=True)
        whole = days[values >= WHOLE_DAY * np.median(values)] if days.size else days
        order = np.lexsort((self.winds.speed_m_s, self.wind_days))
        last = np.flatnonzero(np.diff(self.wind_days[order], append=np.iinfo(np.int64).max))
        chosen = order[last]
        chosen = chosen[np.isin(self.wind_days[chosen], whole)]
        return self.winds.speed_m_s[chosen], self.winds.from_deg[chosen], int(whole.size)


def station_wind(
    block: Block, params: StationParams, step: str, months: tuple[int, ...] = ()
) -> StationWind:
    """Return the winds of the record.

    Parameters
    ----------
    block
        With the record.
    params
        Height of the mast, where the feed does not say it.
    step
        Name of the step, for messages.
    months
        That count; none = all.

    Raises
    ------
    StepError
        If there is no record, or the height of the mast is not known.
    """
    speed, direction = block.records.get(WIND_SPEED), block.records.get(WIND_DIRECTION)
    if speed is None or direction is None:
        msg = "there is no record of wind speed and direction"
        raise StepError(msg, step=step, hint="add a weather feed")
    mast_m = params.mast_height_m or speed.sensor_height_m
    if not math.isfinite(mast_m):
        msg = f"nobody says how high the anemometer of {speed.where.en} stands"
        hint = (
            "give `mast_height_m`, as the operator of the station states it; 10 m is no safe guess"
        )
        raise StepError(msg, step=step, hint=hint)
    zone = ZoneInfo(block.site.time_zone)
    speed = speed.good().in_months(months, zone)
    direction = direction.good().in_months(months, zone)
    winds = paired_winds(speed.start_s, speed.result, direction.start_s, direction.result)
    known = speed.start_s[np.isfinite(speed.result)]
    return StationWind(
        speed, direction, winds, mast_m, _days(known, zone), _days(winds.time_s, zone)
    )


def open_over_mast(
    params: StationParams, mast_m: float, height_m: float, number: int, step: str
) -> FloatArray:
    """Return the wind in the open at the site over that at the mast, for each direction.

    Parameters
    ----------
    params
        Roughness and blending height.
    mast_m
        Height of the anemometer [m].
    height_m
        Height at the site [m].
    number
        Number of directions.
    step
        Name of the step, for messages.

    Returns
    -------
    numpy.ndarray
        Shape (number,), float64.

    Raises
    ------
    StepError
        If lengths and heights do not fit together.
    """
    lengths = params.station_roughness_m
    if len(lengths) not in (1, number):
        msg = f"station_roughness_m has {len(lengths)} values for {number} directions"
        raise StepError(msg, step=step, hint="give one value for all, or one for each direction")
    around_m = np.broadcast_to(np.array(lengths, dtype=np.float64), (number,))
    try:
        return site_over_station(
            mast_m, around_m, height_m, params.approach_m, params.blending_height_m
        )
    except ValueError as error:
        hint = "check mast_height_m, blending_height_m and the roughness lengths"
        raise StepError(str(error), step=step, hint=hint) from error


def climate(
    station: StationWind, over_mast: FloatArray, *, by_day: bool
) -> tuple[tuple[Sector, ...], int]:
    """Return the climate of the wind in the open at the site by sector, and how many times count.

    Parameters
    ----------
    station
        Winds of the mast.
    over_mast
        Wind at the site over that at the mast, shape (sectors,).
    by_day
        Whether the strongest wind of each day counts, not each wind.
    """
    winds = station.winds
    speed, from_deg, times = winds.speed_m_s, winds.from_deg, winds.times
    if by_day:
        speed, from_deg, times = station.strongest()
    sector = sector_of(from_deg, over_mast.size)
    return sectors_of(speed * over_mast[sector], sector, over_mast.size, times), times


def check_directions(block: Block, params: StationParams, step: str) -> int:
    """Return the number of directions of the ratios, which must be those of the sectors.

    Parameters
    ----------
    block
        With the ratios.
    params
        The method.
    step
        Name of the step, for messages.

    Raises
    ------
    StepError
        If they do not lie evenly around from north.
    """
    known = block.directions[params.ratios.field]
    if known != evenly(len(known)):
        msg = f"ratios of {[one.from_deg for one in known]} degrees leave winds without a ratio"
        raise StepError(msg, step=step, hint="compute directions evenly around from true north")
    return len(known)


def calm_share(station: StationWind) -> float:
    """Return the share of calms, below 0.5 m/s at the mast.

    Parameters
    ----------
    station
        Winds of the mast.
    """
    return station.winds.calms / station.winds.times if station.winds.times else 0.0


def _days(time_s: FloatArray, zone: ZoneInfo) -> NDArray[np.int64]:
    local = (datetime.fromtimestamp(float(one), tz=zone) for one in time_s)
    return np.array([one.toordinal() for one in local], dtype=np.int64)
