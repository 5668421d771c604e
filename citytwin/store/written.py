"""What writing the files of a layer yields, for its document."""

from __future__ import annotations

from dataclasses import dataclass

from citytwin.model.layer import FileAsset, FrameAsset, ImageAsset, Style, ValuesAsset
from citytwin.model.notes import Note
from citytwin.store.style_target import Geometry

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Written:
    """Files of a layer, without legend and document."""

    style: Style
    precision: float
    """Step of the values that the style colours."""
    files: tuple[FileAsset, ...]
    """What a reader can download, data first."""
    notes: tuple[Note, ...]
    """Where the map page shows less than the data hold."""
    bounds: Box
    """West, south, east, north of all that is shown [degrees]."""
    image: ImageAsset | None = None
    values: ValuesAsset | None = None
    frames: tuple[FrameAsset, ...] = ()
    opening: int = 0
    outlines: str | None = None
    pmtiles: str | None = None
    geometry: Geometry | None = None
