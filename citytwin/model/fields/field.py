"""What a gridded quantity is: name, unit, range, precision and CF name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from citytwin.model.axes import Axis
from citytwin.model.text import Text

FLOAT_NODATA = -9999.0
"""nodata of float rasters on disk; NaN inside the program."""
CLASS_NODATA = 255
"""nodata of uint8 rasters."""


@dataclass(frozen=True)
class Field:
    """A quantity with one value per cell, shape (ny, nx), or per moment, direction or season and cell."""

    name: str
    """Stable name: key in stores, band description, file name."""
    unit: str
    """UCUM unit of the values; ``1`` when there is none."""
    title: Text
    """What a map calls it."""
    dtype: Literal["float32", "uint8", "int32", "int64"] = "float32"
    """Type of the array, inside the program and on disk."""
    precision: float = 0.001
    """Step to which delivered values are rounded, in `unit`; 0 for classes and ids."""
    valid_min: float = float("-inf")
    """Smallest possible value, in `unit`; a result below it is an error."""
    valid_max: float = float("inf")
    """Largest possible value, in `unit`."""
    standard_name: str = ""
    """CF standard name, empty where CF has none."""
    may_be_empty: bool = False
    """Whether no value anywhere is an answer, such as water that arrives nowhere."""
    axis: Axis | None = None
    """Leading axis, where it has one value per moment and cell, shape (nt, ny, nx), per direction of
    the wind and cell, shape (n_dir, ny, nx), or per season and cell, shape (n_seasons, ny, nx)."""

    @property
    def nodata(self) -> float:
        """Value on disk of cells without data."""
        if self.dtype == "float32":
            return FLOAT_NODATA
        return CLASS_NODATA if self.dtype == "uint8" else -1
