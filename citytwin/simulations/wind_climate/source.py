"""Where the climate comes from: a record, or sectors by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from citytwin.errors import StepError
from citytwin.kernels.wind_climate import Sector
from citytwin.model.axes import Season
from citytwin.model.notes import Note
from citytwin.model.steps import Block
from citytwin.model.wind_rule import WindRule
from citytwin.simulations.wind_climate.params import WindComfortParams
from citytwin.simulations.wind_climate.station import climate, open_over_mast, station_wind
from citytwin.simulations.wind_climate.telling import (
    climate_notes,
    rule_notes,
    season_notes,
    transfer_note,
    unchecked_notes,
)

STEP_NAME = "wind_comfort"


class Recorded:
    """Climate of the record of a station.

    Parameters
    ----------
    block
        With the record.
    params
        How the station stands, and which parts of the year are judged.
    months
        That count; none = all.
    """

    def __init__(self, block: Block, params: WindComfortParams, months: tuple[int, ...]) -> None:
        self._block, self._params, self._months = block, params, months
        self.station = station_wind(block, params, STEP_NAME, months)

    @property
    def blows(self) -> bool:
        """Whether any wind has a direction."""
        return bool(self.station.winds.time_s.size)

    @cached_property
    def seasons(self) -> dict[Season, Recorded]:
        """Of each season that is mapped apart."""
        return {season: self._in(season.months) for season in self._params.seasons}

    def sectors(self, height_m: float, number: int, *, by_day: bool) -> tuple[Sector, ...]:
        """Climate of the months that count, in the open at a height [m], by direction.

        Parameters
        ----------
        height_m
            Height at the site [m].
        number
            Number of directions.
        by_day
            Whether the strongest wind of each day counts, not each wind.
        """
        mast_m = self.station.mast_m
        over_mast = open_over_mast(self._params, mast_m, height_m, number, STEP_NAME)
        return climate(self.station, over_mast, by_day=by_day)[0]

    def whole(self, height_m: float, number: int) -> tuple[Sector, ...]:
        """Climate of all winds in the open at a height [m], by direction."""
        return self.sectors(height_m, number, by_day=False)

    def climates(self, rule: WindRule, number: int) -> list[tuple[Sector, ...]]:
        """Climates that a rule judges together: one, or one for each season of which there are winds."""
        by_day = rule.each == "day"
        return [
            one.sectors(rule.height_m, number, by_day=by_day)
            for one in self._together
            if one.station.winds.times
        ]

    def notes(self, sectors: Sequence[Sector], rules: Sequence[WindRule]) -> tuple[Note, ...]:
        """What must be said of the record and the rules."""
        apart = {season: one.station for season, one in self.seasons.items()}
        return (
            *climate_notes(self._params, self.station, sectors),
            *season_notes(apart),
            transfer_note(self._params, self.station.mast_m),
            *rule_notes(rules, self.station),
        )

    @cached_property
    def _together(self) -> list[Recorded]:
        """Parts of the year of which the windiest counts, where it is that of all of the year."""
        if self._months != self._params.months:
            return [self]
        return [self._in(months) for months in self._params.spans]

    def _in(self, months: tuple[int, ...]) -> Recorded:
        return self if months == self._months else Recorded(self._block, self._params, months)


class Given:
    """Climate by hand.

    Parameters
    ----------
    params
        With its sectors and their height.
    """

    def __init__(self, params: WindComfortParams) -> None:
        self._params = params
        self._mast_m = params.mast_height_m or 0.0  # the parameters refuse sectors without

    def whole(self, height_m: float, number: int) -> tuple[Sector, ...]:
        """Climate in the open at a height [m], by direction.

        Raises
        ------
        StepError
            If there is not one sector for each direction.
        """
        given = self._params.sectors
        if len(given) != number:
            msg = f"{len(given)} sectors by hand for speed ratios of {number} directions"
            raise StepError(msg, step=STEP_NAME, hint="give one for each, from north clockwise")
        over_mast = open_over_mast(self._params, self._mast_m, height_m, number, STEP_NAME)
        return tuple(
            Sector(one.frequency_share, np.empty(0), one.scale_m_s * over, one.shape, fits=True)
            for one, over in zip(given, over_mast.tolist(), strict=True)
        )

    def climates(self, rule: WindRule, number: int) -> list[tuple[Sector, ...]]:
        """The climate that a rule judges.

        Raises
        ------
        StepError
            If it judges days, of which sectors say nothing.
        """
        if rule.each == "day":
            msg = (
                f"{rule.title.en} counts the strongest wind of each day, which sectors do not tell"
            )
            raise StepError(msg, step=STEP_NAME, hint="use a record, or another rule")
        return [self.whole(rule.height_m, number)]

    def notes(self, sectors: Sequence[Sector], rules: Sequence[WindRule]) -> tuple[Note, ...]:
        """What must be said of the sectors and the rules."""
        blowing = sum(sector.frequency for sector in sectors)
        said = Note(
            severity="info",
            ja=f"風の気候は設定で与えられたワイブル分布（{len(sectors)} 風向、静穏 {max(1 - blowing, 0):.0%}）",
            en=f"Climate by hand: Weibull distributions of {len(sectors)} directions, calms {max(1 - blowing, 0):.0%}",
        )
        return (said, transfer_note(self._params, self._mast_m), *unchecked_notes(rules))
