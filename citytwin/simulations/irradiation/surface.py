"""The planes that light is counted on, and what maps of irradiation say of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.horizon_sweep import reach_m
from citytwin.kernels.irradiation import plane_normals, surface_normals
from citytwin.model import fields as f
from citytwin.model.notes import Note
from citytwin.model.steps import Block, FieldRanges
from citytwin.simulations.irradiation.params import IrradiationParams, LightParams


def light_reach_m(params: LightParams, ranges: FieldRanges, cell_m: float) -> float:
    """How far a cell looks for what shades it [m].

    Parameters
    ----------
    params
        With the lowest light.
    ranges
        Extremes of the surface.
    cell_m
        Cell size [m].
    """
    surface = ranges[f.SURFACE_HEIGHT]
    return reach_m(surface.high - surface.low, np.radians(params.min_altitude_deg), cell_m)


def normals_of(block: Block, params: IrradiationParams) -> NDArray[np.float32]:
    """Normals of the planes: of the roofs of the model where it has any, else of the raster.

    Parameters
    ----------
    block
        With the surface, and slope and aspect of its roofs where known.
    params
        Which plane is asked for.
    """
    normals: NDArray[np.float32] = surface_normals(block[f.SURFACE_HEIGHT], block.cell_m)
    if params.plane == "level":
        normals[:2], normals[2] = 0.0, 1.0
        return normals
    slope, aspect = block.get(f.ROOF_SLOPE), block.get(f.ROOF_ASPECT)
    if slope is None or aspect is None:
        return normals
    roofs = plane_normals(slope, aspect - np.float32(block.site.convergence_deg))
    return np.asarray(np.where(np.isnan(slope), normals, roofs))


def plane_note(
    params: IrradiationParams, has_roofs: bool, level_kwh_m2: float, clear: bool
) -> Note:
    """Say which days, which sky and which planes, and what comes down in the open.

    Parameters
    ----------
    params
        Of the simulation.
    has_roofs
        Whether slopes of roofs come from their planes.
    level_kwh_m2
        Of open level ground.
    clear
        Whether the sky is taken as cloudless.
    """
    first, last = params.first_day, params.last
    days = (last - first).days + 1
    ja, en = "水平面", "held level"
    if params.plane == "surface":
        ja, en = "面の傾きに沿った", "of the surface on its own slope"
        if has_roofs:
            ja, en = (
                f"{ja}（屋根は建物モデルの屋根面の傾き）",
                f"{en} (roofs: that of their planes)",
            )
    sky_ja, sky_en = (
        ("雲がないとした場合", "clear") if clear else ("観測された空の下", "the observed")
    )
    return Note(
        severity="info",
        ja=f"{first.isoformat()} から {last.isoformat()} まで（{days} 日間）、{sky_ja}の日射量。"
        f"{ja} 1 平方メートル当たり。遮るもののない水平面で {level_kwh_m2:.1f} kWh/m2。"
        f"傾いた面には開けた地面の反射（反射率 {params.albedo:g}）を含み、壁からの反射は含みません",
        en=f"{first.isoformat()} to {last.isoformat()} ({days} days) under {'a' if clear else ''}"
        f"{' ' if clear else ''}{sky_en} sky, per square metre {en}; {level_kwh_m2:.1f} kWh/m2 on open"
        f" level ground. Slopes also get what open ground reflects (albedo {params.albedo:g}); light"
        " reflected by walls is left out",
    )
