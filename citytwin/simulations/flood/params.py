"""Parameters of the flood: what floods the city, and how it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, ValidationInfo, model_validator
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.flood_options import FULL_COURANT_MAX, Scheme
from citytwin.model.steps import Params, folder_of
from citytwin.model.text import Text, both_languages
from citytwin.simulations.flood.boundaries import (
    EdgeSides,
    InitialWater,
    LeveeParams,
    LevelParams,
    all_sides,
)
from citytwin.simulations.flood.design import DesignStorm
from citytwin.simulations.flood.ground import DrainageZone, Infiltration
from citytwin.simulations.flood.series import with_series_read
from citytwin.simulations.flood.sewers import SewerParams

MOST_FRAMES = 144
"""Moments of depth and speed that one run keeps: each takes 8 bytes per cell."""
MOST_LOOKS = 20_000
"""Moments of gauges at most: steps end at each."""
LOOK_EVERY_STEPS = 8
"""With `flow_cell_m`, the fine ground is looked at that seldom (for all but the largest depth): a look
takes longer than a step."""


class HydrographPoint(Params):
    """Discharge at a time; linear in between."""

    minutes: float = Bound(ge=0)
    """Since the start of the run."""
    m3_s: float = Bound(ge=0, le=100_000)


class InflowPoint(Params):
    """A place where water enters: a breach, a spring, a burst main."""

    x: float
    """Easting in the city's CRS [m]."""
    y: float
    """Northing [m]."""
    radius_m: float = Bound(default=5.0, gt=0, le=500)
    """Cells with their centre within this distance, and the one that holds the place, share the
    discharge."""
    name: Annotated[Text | None, BeforeValidator(both_languages)] = None
    """What it is, for the map: a text, or one in each language."""
    hydrograph: tuple[HydrographPoint, ...] = Bound(min_length=2)
    """Or the path of a CSV file with columns minutes (or time) and m3_s. Nothing flows before the first and
    after the last point."""


class GaugePlace(Params):
    """A place whose depth is kept through the run."""

    name: str = Bound(min_length=1, max_length=100)
    x: float
    """Easting in the city's CRS [m]."""
    y: float
    """Northing [m]."""


class RainInterval(Params):
    """Rain given by hand instead of the feed."""

    start_minutes: float = Bound(ge=0)
    end_minutes: float = Bound(gt=0)
    mm_per_h: float = Bound(ge=0, le=500)


class RainImages(Params):
    """Rain over time and space, such as that of a radar."""

    source: str | None = None
    """Name of the source of the images; needed where several have some."""


class FloodParams(Params):
    """What floods the city, and how it is computed."""

    start: AwareDatetime | None = None
    """Begin of the run; None = where the most rain of the record falls within `duration_h`."""
    scale: Literal["L1", "L2"] | None = None
    """Of the event, by the Japanese names: L1 the scale that rivers are planned for, L2 the largest
    that is assumed."""
    duration_h: float = Bound(default=3.0, gt=0, le=240)
    frame_minutes: float | None = Bound(default=None, ge=1, le=1440)
    """Time between the moments of the maps of depth and speed over time; None = no such maps. They
    need a `start`."""
    gauges: tuple[GaugePlace, ...] = Bound(default=(), max_length=1000)
    """Places whose depth is kept: the largest is a figure on the maps; `citytwin simulate` and notebooks
    give depth and level from moment to moment."""
    gauge_seconds: float = Bound(default=60.0, ge=0.01, le=86_400)
    """Time between these moments [s]. Steps end at them."""
    rain: tuple[RainInterval, ...] = ()
    """Rain by hand, or the path of a CSV file with columns time (or minutes, seconds) and mm_per_h or mm; empty =
    the design storm, else the rain record of the feed, where there is one."""
    design_storm: DesignStorm | None = None
    """Rain of a return period instead of both."""
    rain_images: RainImages | None = None
    """Rain of images instead, on the lattice of their source."""
    min_rain_coverage: float = Bound(default=0.5, ge=0, le=1)
    """Least share of the run (of images also of the area) for which the record must have data; the
    rest counts as dry, and the map says so."""
    use_doubted_rain: bool = False
    """Whether rain that its producer or a check doubts counts; otherwise it is missing."""
    inflows: tuple[InflowPoint, ...] = ()
    levees: tuple[LeveeParams, ...] = ()
    """Levees at water outside the area, which may break or run over."""
    levels: tuple[LevelParams, ...] = ()
    """Tides, rivers and lakes whose level is given."""
    initial_water: tuple[InitialWater, ...] = ()
    """Water that stands at the start."""
    roofs: Literal["street", "sewers"] = "street"
    """Where the rain of roofs goes: ``street``, to the ground nearest to them; ``sewers``, which take all
    of it, so that it floods nobody."""
    drainage_mm_per_h: float = Bound(default=0.0, ge=0, le=300)
    """Rate at which sewers take water where there is some."""
    drainage_zones: tuple[DrainageZone, ...] = ()
    """Zones with sewers of their own capacity; `drainage_mm_per_h` counts outside them."""
    sewers: SewerParams | None = None
    """A network of sewers, of a source with the format ``swmm_network``, that is computed too; in one
    piece, not in tiles."""
    infiltration: tuple[Infiltration, ...] = ()
    """Ground that takes water, by what covers it; other ground is sealed."""
    manning: float = Bound(default=0.05, gt=0, le=0.5)
    """Roughness where the city has no field of it [s m-1/3]."""
    edges: Annotated[EdgeSides, BeforeValidator(all_sides)] = EdgeSides()
    """What happens at the edges of the area: one kind for all, or one for each side."""
    edge_min_slope: float = Bound(default=1e-3, gt=0, le=1)
    """Fall of the ground that ``normal_depth`` assumes at edges where it is flat or rises [-]."""
    arrival_depth_m: float = Bound(default=0.05, gt=0)
    """Depth from which there is a flood; a thinner film has neither an arrival nor a speed."""
    dry_depth_m: float = Bound(default=1e-4, ge=1e-6, le=0.1)
    """Depth at and below which water does not move. For laboratory models of millimetres give less."""
    least_courtyard_m2: float = Bound(default=25.0, ge=0, le=10_000)
    """Gaps that buildings enclose count as built when they are smaller: pipes drain light wells,
    and in the model the roofs around would fill them like shafts."""
    impassable_depth_m: float = Bound(default=0.3, gt=0)
    """Depth at which cars stop; 0.3 m in Japanese practice."""
    lasting_depth_m: float = Bound(default=0.5, gt=0)
    """Depth of which the map says how long it lasts; 0.5 m in Japanese practice."""
    scheme: Scheme = Scheme.INERTIAL
    """``inertial`` leaves advection out: fast, for floods that spread and fill. ``full`` solves the
    whole shallow-water equations in about ten times the time: for dam breaks, the first hundreds
    of metres behind a breach, steep streets and flow around obstacles."""
    order: int = Bound(default=2, ge=1, le=2)
    """Order in space and time of ``full`` where the water is smooth. 1 takes a third of the time;
    it blurs fronts, and on steep ground a film thinner than the fall from cell to cell is slow."""
    flow_cell_m: float | None = Bound(default=None, gt=0, le=200)
    """Size of the cells that water moves between, a whole multiple of the city's cells, which stay
    the detail: a table of each says what it holds and lets through at every level (subgrid). None =
    the city's own cells. With ``inertial`` alone, and in one piece, not in tiles."""
    courant: float | None = Bound(default=None, gt=0, le=0.67)
    """Share of the Courant limit that a time step takes; None = 0.6 for ``inertial``, 0.45 for
    ``full``, which is also its limit. With the weight theta = 0.9 of ``inertial`` a von Neumann
    analysis of the scheme of de Almeida et al. (2012) at the shortest wave is stable up to
    sqrt(theta / 2) = 0.671."""

    @model_validator(mode="before")
    @classmethod
    def _series_from_files(cls, given: object, info: ValidationInfo) -> object:
        return with_series_read(given, folder_of(info)) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _rising_times(self) -> FloodParams:
        times = [[p.minutes for p in inflow.hydrograph] for inflow in self.inflows]
        if any(sorted(set(t)) != t for t in times):
            msg = "the times of a hydrograph must rise"
            raise ValueError(msg)
        if sum((bool(self.rain), self.design_storm is not None, self.rain_images is not None)) > 1:
            msg = "give one of rain, design_storm and rain_images"
            raise ValueError(msg)
        edges = [level.edge for level in self.levels if level.edge is not None]
        if len(set(edges)) != len(edges):
            msg = f"the water level is given twice at one edge: {edges}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _one_way_of_sewers(self) -> FloodParams:
        if self.roofs == "sewers" and self.sewers is not None:
            msg = "roofs drain to sewers that take all of it, but a network is computed that would not get it"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _few_looks(self) -> FloodParams:
        names = [gauge.name for gauge in self.gauges]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            msg = f"two gauges have the name {twice!r}"
            raise ValueError(msg)
        looks = self.duration_h * 3600.0 / self.gauge_seconds
        if self.gauges and looks > MOST_LOOKS:
            msg = f"gauge_seconds gives {looks:.0f} moments, not up to {MOST_LOOKS}"
            raise ValueError(msg)
        return self

    @property
    def gauge_times_s(self) -> tuple[float, ...]:
        """Times since the start at which depths of gauges are kept, start and end included [s]."""
        if not self.gauges:
            return ()
        last = self.duration_h * 3600.0
        number = int(last / self.gauge_seconds + 1e-9)
        times = [min(self.gauge_seconds * k, last) for k in range(number + 1)]
        return (*times, *(() if times[-1] == last else (last,)))

    @model_validator(mode="after")
    def _few_frames(self) -> FloodParams:
        if self.frame_minutes is None:
            return self
        if self.start is None:
            msg = "frame_minutes needs a `start`: a moment without a date is none"
            raise ValueError(msg)
        if not 1 <= len(self.frame_times_s) <= MOST_FRAMES:
            msg = f"frame_minutes gives {len(self.frame_times_s)} moments, not 1 to {MOST_FRAMES}"
            raise ValueError(msg)
        return self

    @property
    def frame_times_s(self) -> tuple[float, ...]:
        """Times since the start at which depth and speed are kept, the end included if it is one [s]."""
        if self.frame_minutes is None:
            return ()
        number = int(self.duration_h * 60.0 / self.frame_minutes + 1e-9)
        last = self.duration_h * 3600.0
        return tuple(min(60.0 * self.frame_minutes * k, last) for k in range(1, number + 1))

    @model_validator(mode="after")
    def _scheme_and_cells(self) -> FloodParams:
        if self.scheme is Scheme.FULL and (self.courant or 0.0) > FULL_COURANT_MAX:
            msg = f"courant is {self.courant}; with scheme full use at most {FULL_COURANT_MAX}"
            raise ValueError(msg)
        if self.scheme is Scheme.FULL and self.flow_cell_m is not None:
            msg = "flow_cell_m goes with scheme inertial alone"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _dry_is_no_flood(self) -> FloodParams:
        if self.dry_depth_m > self.arrival_depth_m:
            msg = f"dry_depth_m is {self.dry_depth_m:g}: water would stand still up to a depth that is a flood, "
            msg += f"arrival_depth_m {self.arrival_depth_m:g}"
            raise ValueError(msg)
        return self

    @property
    def brings_water(self) -> bool:
        """Whether water enters other than by rain."""
        return bool(self.inflows or self.levees or self.levels or self.initial_water)

    @property
    def has_rain(self) -> bool:
        """Whether the rain is given, so that no record of it is needed."""
        return bool(self.rain) or not (self.design_storm is None and self.rain_images is None)


def subgrid_cells(params: FloodParams, cell_m: float) -> int:
    """Return how many cells of the city lie along a side of those that water moves between.

    Parameters
    ----------
    params
        Parameters of the flood.
    cell_m
        Size of the city's cells [m].

    Raises
    ------
    StepError
        If these are no multiple of them.
    """
    if params.flow_cell_m is None:
        return 1
    number = round(params.flow_cell_m / cell_m)
    if number < 1 or abs(number * cell_m - params.flow_cell_m) > 1e-6 * cell_m:
        msg = f"flow_cell_m is {params.flow_cell_m:g} m, the city's cells {cell_m:g} m"
        raise StepError(msg, step="flood", hint="give a whole multiple of the city's cells")
    return number
