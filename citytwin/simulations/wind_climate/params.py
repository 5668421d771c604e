"""Parameters of the wind climate."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import AwareDatetime, field_validator, model_validator
from pydantic import Field as Bound

from citytwin.model.axes import Season
from citytwin.model.months import Months
from citytwin.model.steps import Params
from citytwin.simulations.wind_climate.methods import METHODS, Method, RatioMethod

RuleName: TypeAlias = Literal[
    "nen_8100", "lawson_lddc", "city_of_london", "murakami", "wind_engineering_institute"
]


SEASONS = ((12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11))


class StationParams(Params):
    """From the wind of the station to that in the open at the site.

    Both are taken to have the same wind at a blending height, above logarithmic profiles.
    """

    method: Method = "proxy"
    """Where the speed ratios come from."""
    mast_height_m: float | None = Bound(default=None, gt=0, le=400)
    """Height of the anemometer above the ground; None = as the feed says it. None is assumed."""
    station_roughness_m: tuple[float, ...] = (0.03,)
    """Roughness length around the station: one for all directions, or one for each. Open grass of
    0.03 m is what WMO asks of a station; few in towns have it."""
    approach_roughness_m: float | None = Bound(default=None, gt=0, le=5)
    """Roughness length of the open approach to which speed ratios refer; None = that of the method."""
    blending_height_m: float = Bound(default=200.0, gt=20, le=1000)
    """Height at which the wind knows no difference of place."""

    @field_validator("station_roughness_m")
    @classmethod
    def _positive(cls, lengths: tuple[float, ...]) -> tuple[float, ...]:
        if not lengths or min(lengths) <= 0 or max(lengths) > 5:
            msg = f"station_roughness_m is {list(lengths)}: give lengths above 0 up to 5 m"
            raise ValueError(msg)
        return lengths

    @property
    def ratios(self) -> RatioMethod:
        """The method chosen."""
        return METHODS[self.method]

    @property
    def approach_m(self) -> float:
        """Roughness length of the approach [m]."""
        return self.approach_roughness_m or self.ratios.approach_m


class WeibullSector(Params):
    """Winds from one direction, as a climate table gives them."""

    frequency_share: float = Bound(ge=0, le=1)
    """Share of all times, calms included."""
    scale_m_s: float = Bound(gt=0, le=50)
    """c of the Weibull distribution at the height of the mast."""
    shape: float = Bound(gt=0, le=20)
    """k of the Weibull distribution [1]."""


class WindComfortParams(StationParams):
    """Which rules, for which part of the year."""

    rules: tuple[RuleName, ...] = Bound(default=("nen_8100",), min_length=1)
    """Rules whose classes are mapped; the probability is that of the first."""
    sectors: tuple[WeibullSector, ...] = ()
    """Climate by hand in the place of a record: one for each direction, from north clockwise, at
    `mast_height_m`."""
    months: Months = ()
    """Months of the year that count, such as 6, 7, 8; none = all."""
    each_season: bool = False
    """Judge December to February, March to May, June to August and September to November apart and
    show the windiest; seasons without a record are left out."""
    by_season: bool = False
    """Besides, map each of the four seasons apart."""
    gusts: Literal["assumed", "flow"] = "assumed"
    """Gusts for the rules that mean them: by the two numbers below, or of each place and direction by the
    turbulence of the flow, with `method: flow`."""
    turbulence_share: float = Bound(default=0.25, ge=0, le=1)
    """Turbulence intensity where people walk, as a share of the mean speed, for rules that compare
    gusts with means."""
    gust_factor_ratio: float | None = Bound(default=None, ge=1, le=5)
    """Gust over mean for rules on gusts; None = that of the rule."""

    @property
    def spans(self) -> tuple[tuple[int, ...], ...]:
        """Months of the climates that are judged apart; none = all months."""
        return self._seasons if self.each_season else (self.months,)

    @property
    def seasons(self) -> tuple[Season, ...]:
        """Seasons that are mapped apart, those of their months that count."""
        return tuple(Season(months) for months in self._seasons) if self.by_season else ()

    @property
    def _seasons(self) -> tuple[tuple[int, ...], ...]:
        chosen = self.months or tuple(range(1, 13))
        seasons = (tuple(month for month in season if month in chosen) for season in SEASONS)
        return tuple(season for season in seasons if season)

    @model_validator(mode="after")
    def _of_flow(self) -> WindComfortParams:
        if self.gusts != "flow":
            return self
        if self.method != "flow":
            msg = f"gusts: flow, but the ratios are those of the {self.method}, which knows no turbulence"
            raise ValueError(msg)
        if self.gust_factor_ratio is not None:
            msg = "gusts: flow beside gust_factor_ratio, which would count for nothing"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _by_hand(self) -> WindComfortParams:
        if not self.sectors:
            return self
        if self.mast_height_m is None:
            msg = "sectors by hand need mast_height_m, the height that their speeds are meant at"
            raise ValueError(msg)
        if self.months or self.each_season or self.by_season:
            msg = "sectors by hand are of no month: leave out months, each_season and by_season"
            raise ValueError(msg)
        total = sum(sector.frequency_share for sector in self.sectors)
        if total > 1.0 + 1e-6:
            msg = f"the frequencies of the sectors add up to {total:g}, more than all times"
            raise ValueError(msg)
        return self

    @field_validator("rules")
    @classmethod
    def _once(cls, rules: tuple[RuleName, ...]) -> tuple[RuleName, ...]:
        if len(set(rules)) != len(rules):
            msg = f"a rule is named twice: {list(rules)}"
            raise ValueError(msg)
        return rules


class WindNowParams(StationParams):
    """Which moment."""

    moment: AwareDatetime | None = None
    """The last wind of the record up to this time; None = up to the time of the run."""
