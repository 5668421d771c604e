"""Ground that takes water and drains by zone: parameters, and what the solver gets."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import model_validator

from citytwin.kernels.soils import GroundSinks, Soil, SoilKind
from citytwin.model.notes import Note
from citytwin.model.steps import Params
from citytwin.model.tables import GroundCover
from citytwin.simulations.flood.boundaries import Place
from citytwin.simulations.flood.places import Ground, within

_MM_PER_H = 1.0 / 3.6e6

Cover = Literal["other", "building", "road", "water", "green", "paddy", "field", "bare"]
"""Land use of the ground; where the city has none all ground is ``other``."""


class _ByCover(Params):
    covers: tuple[Cover, ...] = Bound(min_length=1)
    """Ground for which this counts."""


class ConstantInfiltration(_ByCover):
    """Ground takes water at one rate."""

    law: Literal["constant"]
    rate_mm_per_h: float = Bound(gt=0, le=2000)

    def soil(self) -> Soil:
        """What the solver gets."""
        return Soil(SoilKind.CONSTANT, self.rate_mm_per_h * _MM_PER_H)


class HortonInfiltration(_ByCover):
    """The rate falls from a first to a last one while water stands on the ground."""

    law: Literal["horton"]
    first_mm_per_h: float = Bound(gt=0, le=2000)
    last_mm_per_h: float = Bound(ge=0, le=2000)
    decay_per_h: float = Bound(gt=0, le=1000)

    @model_validator(mode="after")
    def _falls(self) -> HortonInfiltration:
        if self.last_mm_per_h > self.first_mm_per_h:
            msg = f"the last rate {self.last_mm_per_h:g} mm/h is above the first one"
            raise ValueError(msg)
        return self

    def soil(self) -> Soil:
        """What the solver gets."""
        return Soil(
            SoilKind.HORTON,
            self.first_mm_per_h * _MM_PER_H,
            self.last_mm_per_h * _MM_PER_H,
            self.decay_per_h / 3600.0,
        )


class GreenAmptInfiltration(_ByCover):
    """A wetting front goes down, pulled by suction and gravity."""

    law: Literal["green_ampt"]
    conductivity_mm_per_h: float = Bound(gt=0, le=2000)
    """Hydraulic conductivity of the wetted soil."""
    suction_mm: float = Bound(ge=0, le=5000)
    """Suction head at the wetting front [mm]."""
    deficit: float = Bound(ge=0, le=1)
    """Share of the volume that is still free of water at the start."""

    def soil(self) -> Soil:
        """What the solver gets."""
        return Soil(
            SoilKind.GREEN_AMPT,
            last_m_s=self.conductivity_mm_per_h * _MM_PER_H,
            suction_m=self.suction_mm / 1000.0 * self.deficit,
        )


Infiltration = Annotated[
    ConstantInfiltration | HortonInfiltration | GreenAmptInfiltration,
    Bound(discriminator="law"),
]


class DrainageZone(Params):
    """Sewers of their own capacity."""

    outline: tuple[Place, ...] = Bound(min_length=3)
    """Polygon [m]; of zones that overlap the last counts."""
    mm_per_h: float = Bound(ge=0, le=300)
    """Rate at which they take water where there is some."""


def sinks_of(
    ground: Ground,
    cover: NDArray[np.uint8] | None,
    infiltration: tuple[Infiltration, ...],
    zones: tuple[DrainageZone, ...],
    drainage_mm_per_h: float,
) -> GroundSinks | None:
    """Return where water goes into the ground and into drains, or None where nothing differs.

    Parameters
    ----------
    ground
        The area.
    cover
        What covers the ground, shape (ny, nx), where the city has it.
    infiltration
        Laws by cover; of two for one cover the last counts.
    zones
        Zones of drains.
    drainage_mm_per_h
        Rate of the drains outside all zones.
    """
    if not infiltration and not zones:
        return None
    number = np.zeros(256, dtype=np.uint8)
    for k, law in enumerate(infiltration, start=1):
        number[[GroundCover[name.upper()] for name in law.covers]] = k
    given = np.zeros(ground.is_open.shape, dtype=np.uint8) if cover is None else cover
    drains = np.zeros(ground.is_open.shape, dtype=np.float32)
    if zones:
        drains[:] = drainage_mm_per_h * _MM_PER_H
        for zone in zones:
            drains[within(ground, zone.outline)] = zone.mm_per_h * _MM_PER_H
    soils = (Soil(SoilKind.SEALED), *(law.soil() for law in infiltration))
    return GroundSinks(number[given], soils, drains)


def ground_notes(infiltration: tuple[Infiltration, ...], *, has_cover: bool) -> tuple[Note, ...]:
    """Say which ground takes water, and whether its cover is known.

    Parameters
    ----------
    infiltration
        Laws by cover.
    has_cover
        Whether the city has land use or roads.
    """
    if not infiltration:
        return ()
    names = ", ".join(f"{'/'.join(law.covers)}: {law.law}" for law in infiltration)
    notes = [Note(severity="info", ja=f"地中への浸透：{names}", en=f"Ground takes water: {names}")]
    if not has_cover:
        notes.append(
            Note(
                severity="fallback",
                ja="土地利用のデータがないため、浸透は全域を「other」として計算しています",
                en="There is no land use: for infiltration all ground counts as “other”",
            )
        )
    return tuple(notes)
