"""The planes that light is counted on, and what maps of irradiation say of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.horizon_sweep import reach_m
from citytwin.kernels.irradiation import plane_normals, surface_normals
from citytwin.model import fields as f
from citytwin.model.foliage import relief_m
from citytwin.model.notes import Note
from citytwin.model.reach import FieldRanges
from citytwin.model.steps import Block
from citytwin.model.text import Text, text
from citytwin.simulations.irradiation.params import IrradiationParams, LightParams, PlaneParams
from citytwin.simulations.irradiation.span import SpanLight, received_by, reflected_by_ground


def light_reach_m(params: LightParams, ranges: FieldRanges, cell_m: float) -> float:
    """How far a cell looks for what shades it [m].

    Parameters
    ----------
    params
        With the lowest light.
    ranges
        Extremes of the surface and of the crowns of trees.
    cell_m
        Cell size [m].
    """
    return reach_m(relief_m(ranges), np.radians(params.min_altitude_deg), cell_m)


def normals_of(block: Block, params: PlaneParams) -> NDArray[np.float32]:
    """Normals of the planes: of the roofs of the model where it has any, else of the raster.

    Parameters
    ----------
    block
        With the surface, and slope and aspect of its roofs where known.
    params
        Which plane is asked for.
    """
    surface = block[f.SURFACE_HEIGHT]
    if params.plane == "level":
        level = np.zeros((3, *surface.shape), dtype=np.float32)
        level[2] = 1.0
        return level
    normals: NDArray[np.float32] = surface_normals(surface, block.cell_m)
    slope, aspect = block.get(f.ROOF_SLOPE), block.get(f.ROOF_ASPECT)
    if slope is None or aspect is None:
        return normals
    roofs = plane_normals(slope, aspect - np.float32(block.site.convergence_deg))
    return np.asarray(np.where(np.isnan(slope), normals, roofs))


@dataclass(frozen=True)
class Received:
    """What the planes of the core of a block get, arrays of shape (ny, nx) [kWh/m2]."""

    direct: NDArray[np.float32]
    diffuse: NDArray[np.float32]
    """Of the sky."""
    reflected: NDArray[np.float32]
    """Of the ground."""

    @property
    def total(self) -> NDArray[np.float32]:
        """All together."""
        return self.direct + self.diffuse + self.reflected


def received_on_surface(light: SpanLight, block: Block, params: PlaneParams) -> Received:
    """Look for all light of a span on the planes of a block.

    Parameters
    ----------
    light
        Of one sky, in parts.
    block
        Where.
    params
        Which planes, lowest light, trees, albedo.
    """
    normals = normals_of(block, params)
    direct, halo = received_by(light.suns, normals, block, params)
    (even,) = received_by(light.sky, normals, block, params)
    own = normals[(slice(None), *block.inner)]
    ground = reflected_by_ground(float(light.level_kwh_m2[0]), own, params.albedo)
    return Received(direct, halo + even, np.where(np.isnan(direct), direct, ground))


def plane_words(params: PlaneParams, has_roofs: bool) -> Text:
    """Return which planes a square metre lies on.

    Parameters
    ----------
    params
        Of the simulation.
    has_roofs
        Whether slopes of roofs come from their planes.
    """
    if params.plane == "level":
        return text("水平面", "held level")
    if has_roofs:
        return text(
            "面の傾き（屋根は屋根面）", "on the slope of the surface (roofs: of their planes)"
        )
    return text("面の傾き", "on the slope of the surface")


def plane_note(params: IrradiationParams, has_roofs: bool, light: SpanLight, clear: bool) -> Note:
    """Say which days, which sky and which planes, and what comes down in the open.

    Parameters
    ----------
    params
        Of the simulation.
    has_roofs
        Whether slopes of roofs come from their planes.
    light
        Of one sky.
    clear
        Whether the sky is taken as cloudless.
    """
    first, last = params.first_day.isoformat(), params.last.isoformat()
    plane = plane_words(params, has_roofs)
    sky_ja, sky_en = ("快晴", "clear sky") if clear else ("観測された空", "observed sky")
    return Note(
        severity="info",
        ja=f"{first}～{last}、{sky_ja}、{plane.ja} 1 m2 当たり。開けた水平面で {light.level_kwh_m2[0]:.1f} kWh/m2。"
        f"地面の反射（反射率 {params.albedo:g}）を含み、壁の反射は含まない",
        en=f"{first} to {last}, {sky_en}, per m2 {plane.en}; {light.level_kwh_m2[0]:.1f} kWh/m2 on open level"
        f" ground. Ground reflects {params.albedo:g}, walls nothing",
    )
