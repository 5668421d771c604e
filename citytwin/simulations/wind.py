"""Mean pedestrian wind speed ratio for the recorded wind (sheltering proxy, no flow solved)."""

from __future__ import annotations

import numpy as np
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.obstacles import obstacle_height
from citytwin.kernels.sheltering import fetch_reach_m, sheltering
from citytwin.kernels.wind_proxy import FETCH_M, speed_ratio
from citytwin.kernels.wind_rose import WindSectors, wind_rose, wind_sectors
from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.notes import Note
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.reach import Halo
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.text import text
from citytwin.model.wind_notes import CALM, of_sensors


class WindSector(Params):
    """Wind given by hand instead of a record."""

    from_deg: float = Bound(ge=0, le=360)
    """Where the wind comes from, clockwise from true north."""
    weight: float = Bound(default=1.0, gt=0)
    """Share of the sector: frequency times mean speed (run of wind), in any unit."""


class WindParams(Params):
    """Which winds count."""

    sectors: int = Bound(default=16, ge=4, le=36)
    """Number of sectors of the wind rose."""
    winds: tuple[WindSector, ...] = ()
    """Winds by hand; empty = the record of the feed."""


def run(block: Block, params: WindParams) -> Outcome:
    """Weight the speed ratio of every sector by the run of wind from it."""
    winds, notes = _winds(block, params)
    if not winds.share.size:
        nothing = np.full(block[f.SURFACE_HEIGHT].shape, np.nan, dtype=np.float32)
        return Outcome({f.WIND_SPEED_RATIO: nothing}, notes=notes)
    surface = block[f.SURFACE_HEIGHT]
    obstacles = obstacle_height(surface, block.get(f.TERRAIN), block.get(f.BUILDING_MASK))
    features = sheltering(obstacles, block.cell_m, winds.from_rad, FETCH_M, block.inner)
    ratio = speed_ratio(features)
    mean = np.zeros(ratio.shape[1:], dtype=np.float64)
    for sector, share in zip(ratio, winds.share, strict=True):
        mean += share * sector
    # What is unknown shelters nobody, but whether it is sheltered is unknown as well.
    mean[np.isnan(obstacles[block.inner])] = np.nan
    return Outcome({f.WIND_SPEED_RATIO: mean.astype(np.float32)}, notes=notes)


def _winds(block: Block, params: WindParams) -> tuple[WindSectors, tuple[Note, ...]]:
    """Directions on the grid with their weights, and what must be said about them."""
    convergence_deg = block.site.convergence_deg
    if params.winds:
        given = np.array([[wind.from_deg, wind.weight] for wind in params.winds])
        from_deg = np.mod(given[:, 0] - convergence_deg, 360.0)
        return WindSectors(np.radians(from_deg), given[:, 1] / given[:, 1].sum()), ()
    speed, direction = block.records.get(WIND_SPEED), block.records.get(WIND_DIRECTION)
    if speed is None or direction is None:
        msg = "there is no wind: no record of speed and direction, and no winds in the parameters"
        raise StepError(msg, step="wind", hint="add a weather feed, or give `winds`")
    speed, direction = speed.good(), direction.good()
    rose = wind_rose(
        speed.start_s, speed.result, direction.start_s, direction.result, params.sectors
    )
    winds = wind_sectors(rose, convergence_deg)
    sensors = of_sensors(speed, direction)
    if not winds.share.size:
        return winds, (CALM, sensors)
    main = rose.centre_deg[int(np.argmax(np.nan_to_num(rose.frequency * rose.mean_speed_m_s)))]
    note = Note(
        severity="info",
        ja=f"風の記録 {rose.times} 時刻（静穏 {rose.calm_frequency:.0%} は除く）、"
        f"主風向 {main:.0f} 度。流体計算ではなく遮蔽の指標（誤差 ±0.24 程度）",
        en=f"Wind record of {rose.times} {'time' if rose.times == 1 else 'times'} ({rose.calm_frequency:.0%} calm, left out), mostly "
        f"from {main:.0f} degrees. A sheltering proxy, not a flow: about ±0.24",
    )
    return winds, (note, sensors)


SIMULATION = Simulation(
    name="wind",
    title=text("風速比", "Wind speed ratio"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.TERRAIN, f.BUILDING_MASK, WIND_SPEED, WIND_DIRECTION),
    outputs=(f.WIND_SPEED_RATIO,),
    params=WindParams,
    also_needs=lambda params: () if params.winds else (WIND_SPEED, WIND_DIRECTION),
    ignores=lambda params: (WIND_SPEED, WIND_DIRECTION) if params.winds else (),
    reach=Halo(lambda _params, _ranges, cell_m: fetch_reach_m(FETCH_M, cell_m), of_parts=True),
    run=run,
    cost=Cost(seconds_per_megacell=15.0, bytes_per_cell=400.0),
)
