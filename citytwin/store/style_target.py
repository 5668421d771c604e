"""What a style is put on: the band of a raster, or a column of features."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Geometry: TypeAlias = Literal["point", "line", "polygon"]


@dataclass(frozen=True)
class RasterTarget:
    """A raster with one band, or with one per moment."""

    layer: str
    precision: float
    """Step of the values; 0 when they are not rounded."""
    classes: bool = False
    """Whether the values are classes (uint8) rather than quantities."""
    times: tuple[datetime, ...] = ()
    """Moments of the bands, where there are several."""
    band: int = 1
    """Band that is shown where no moment is asked for."""


@dataclass(frozen=True)
class VectorTarget:
    """Features coloured by a column of numbers."""

    layer: str
    column: str
    geometry: Geometry
    height: str | None = None
    """Column of the height of extruded features [m]."""
    base: str | None = None
    """Column of the height of their lower edge [m]."""
    thin: bool = False
    """Whether lines are drawn finely."""
    directed: bool = False
    """Whether lines lead somewhere, which an arrow on each shows."""


Target: TypeAlias = RasterTarget | VectorTarget
