"""Kinds of ground, by how they take water (Horton 1940, Green and Ampt 1911), and where they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError


class SoilKind(IntEnum):
    """Law by which ground takes water.

    CONSTANT takes first_m_s for ever. HORTON takes first_m_s at first and last_m_s in the end,
    falling with decay_per_s as long as water stands on it. GREEN_AMPT takes last_m_s (hydraulic
    conductivity) and more while the wetting front is near, which suction_m (suction head times
    deficit of moisture) pulls.
    """

    SEALED = 0
    CONSTANT = 1
    HORTON = 2
    GREEN_AMPT = 3


@dataclass(frozen=True)
class Soil:
    """How some ground takes water.

    Parameters
    ----------
    kind
        Law.
    first_m_s
        Rate at the start [m/s], >= 0; of CONSTANT the rate.
    last_m_s
        Rate in the end [m/s], >= 0, of HORTON at most `first_m_s`; of GREEN_AMPT the hydraulic
        conductivity, > 0.
    decay_per_s
        Of HORTON: decay [1/s], > 0.
    suction_m
        Of GREEN_AMPT: suction head at the wetting front times deficit of moisture [m], >= 0.
    """

    kind: SoilKind
    first_m_s: float = 0.0
    last_m_s: float = 0.0
    decay_per_s: float = 0.0
    suction_m: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.first_m_s, self.last_m_s, self.decay_per_s, self.suction_m)
        bad = not all(math.isfinite(value) and value >= 0 for value in numbers)
        if self.kind is SoilKind.HORTON:
            bad = bad or self.decay_per_s <= 0 or self.first_m_s < self.last_m_s
        if self.kind is SoilKind.GREEN_AMPT:
            bad = bad or self.last_m_s <= 0
        if bad:
            raise ConfigError(
                f"soil {self.kind.name.lower()}: {numbers} [m/s, m/s, 1/s, m]",
                hint="use numbers >= 0; Horton: decay > 0 and a first rate not below the last; "
                "Green-Ampt: conductivity > 0",
            )


class SoilTable(NamedTuple):
    """Soils by number.

    Parameters
    ----------
    kind
        Number of the law, shape (n,), int64.
    first_m_s, last_m_s
        Rates, shape (n,), float64 [m/s].
    decay_per_s
        Decay, shape (n,), float64 [1/s].
    suction_m
        Suction head times deficit, shape (n,), float64 [m].
    """

    kind: NDArray[np.int64]
    first_m_s: NDArray[np.float64]
    last_m_s: NDArray[np.float64]
    decay_per_s: NDArray[np.float64]
    suction_m: NDArray[np.float64]


def soil_table(soils: tuple[Soil, ...]) -> SoilTable:
    """Return soils as arrays.

    Parameters
    ----------
    soils
        In the order of their numbers.

    Returns
    -------
    SoilTable
        Arrays of shape (n,).
    """
    return SoilTable(
        np.array([int(soil.kind) for soil in soils], dtype=np.int64),
        np.array([soil.first_m_s for soil in soils]),
        np.array([soil.last_m_s for soil in soils]),
        np.array([soil.decay_per_s for soil in soils]),
        np.array([soil.suction_m for soil in soils]),
    )


@dataclass(frozen=True, eq=False)
class GroundSinks:
    """Where water goes into the ground and into drains.

    Parameters
    ----------
    soil
        Number of the soil of each cell, shape (ny, nx), uint8.
    soils
        Soils by number.
    drain_m_s
        Rate that drains take, shape (ny, nx), float32 [m/s], >= 0.
    """

    soil: NDArray[np.uint8]
    soils: tuple[Soil, ...]
    drain_m_s: NDArray[np.float32]
    table: SoilTable = field(init=False)

    def __post_init__(self) -> None:
        if self.soil.shape != self.drain_m_s.shape:
            raise ConfigError(
                f"soil has the shape {self.soil.shape}, drain_m_s {self.drain_m_s.shape}",
                hint="give both on the grid of the terrain",
            )
        if int(self.soil.max()) >= len(self.soils):
            raise ConfigError(
                f"a cell has soil {int(self.soil.max())}, there are {len(self.soils)}",
                hint="give a soil for each number",
            )
        if not (np.isfinite(self.drain_m_s).all() and (self.drain_m_s >= 0).all()):
            raise ConfigError("drain_m_s is negative or not a number", hint="use m/s >= 0")
        object.__setattr__(self, "table", soil_table(self.soils))
