"""What a format read about a building, before any of its geometry is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from citytwin.formats.city.faces import RawFace

HeightFrom = Literal["geometry", "attribute", "storeys", "assumed"]
_STOREY_M = 3.0


@dataclass(frozen=True, eq=False)
class Level:
    """Geometry of a building in one level of detail, read when it is asked for."""

    lod: str
    faces: Callable[[], list[RawFace]]
    is_shell: Callable[[], bool] = lambda: False
    """Whether these faces are the outer shell of one solid, and nothing else."""


@dataclass(eq=False)
class Draft:
    """What a format read about one building or building part."""

    building_id: str
    source: str
    levels: Sequence[Level] = ()
    """LOD1 and better, best first."""
    outline: Callable[[], list[RawFace]] | None = None
    """LOD0."""
    outline_is_roof: bool = False
    """Whether the outline is at the height of the roof edge."""
    parent_id: str | None = None
    stable_key: str | None = None
    measured_height_m: float | None = None
    storeys: int | None = None
    storey_m: float = _STOREY_M
    """Height of a storey where nothing but their number is known [m]."""
    assumed_height_m: float | None = None
    """Height of an outline of which neither height nor storeys are known [m]."""
    usage: str | None = None
    usage_code: str | None = None
    lods: str = ""
    """Levels of detail in the file, from :func:`lods_of`."""
    offset: int | None = None
    """Byte of the file where the building begins, None where it is not known."""
    attributes: str | None = None
    """JSON object of what has no column of its own."""
    defects: list[str] = field(default_factory=list)


def lods_of(levels: Iterable[str]) -> str:
    """Return levels of detail as they stand in the table: each once, coarsest first.

    Parameters
    ----------
    levels
        Such as 2 or 1.2.
    """
    return ",".join(sorted(set(levels), key=float))
