"""Declaration of the format ``lidar``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from citytwin.formats.city.batch import read_files
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.lidar.points import NOISE
from citytwin.formats.lidar.reference import HeightUnit
from citytwin.formats.lidar.survey import Band, Survey, Surveyed
from citytwin.model.grid import Bounds
from citytwin.model.raster import RasterRole
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.text import text

Classes = tuple[int, ...]
Box = tuple[float, float, float, float]


class LidarParams(Params):
    """Which points make which raster. Classes are those of ASPRS; noise (7, 18) never counts."""

    roles: tuple[RasterRole, ...] = Field(
        default=("terrain_raster", "surface_raster"), min_length=1
    )
    """Rasters wanted."""
    cell_m: float = Field(default=0.5, ge=0.05, le=100, allow_inf_nan=False)
    """Cell of the rasters [m]; several times the distance of the points leaves few gaps."""
    terrain_classes: Classes = (2,)
    """Points of the bare ground."""
    terrain_statistic: Literal["mean", "min"] = "mean"
    surface_classes: Classes = (2, 3, 4, 5, 6, 9, 17)
    """Points of the surface: ground, vegetation, buildings, water, bridges. To compare roofs give
    6 alone; some producers put vegetation into 1."""
    surface_statistic: Literal["max", "mean"] = "max"
    height_unit: HeightUnit | None = None
    """Unit of heights in files that name none: m, ft or us_ft (US survey foot)."""
    bounds: Box | None = None
    """West, south, east, north [m] in the city's CRS: points outside are not used."""

    @field_validator("terrain_classes", "surface_classes")
    @classmethod
    def _no_noise(cls, value: Classes) -> Classes:
        if not value or not all(0 <= number <= 255 for number in value):
            msg = "give class numbers from 0 to 255"
            raise ValueError(msg)
        if noise := [number for number in value if number in NOISE]:
            msg = f"class {noise[0]} is noise, which never counts"
            raise ValueError(msg)
        return value

    @field_validator("bounds")
    @classmethod
    def _rising(cls, value: Box | None) -> Box | None:
        if value is not None and not (value[0] < value[2] and value[1] < value[3]):
            msg = "west must lie below east, and south below north"
            raise ValueError(msg)
        return value

    def bands(self) -> tuple[Band, ...]:
        """Rasters wanted, with what makes them."""
        known: dict[RasterRole, Band] = {
            "terrain_raster": Band("terrain_raster", self.terrain_classes, self.terrain_statistic),
            "surface_raster": Band("surface_raster", self.surface_classes, self.surface_statistic),
        }
        return tuple(known[role] for role in dict.fromkeys(self.roles))


def read(dataset: Dataset, params: LidarParams) -> Decoded:
    """Read point clouds into rasters in the CRS of the city.

    Parameters
    ----------
    dataset
        The files.
    params
        Which points make which raster.

    Raises
    ------
    SourceError
        If no file can be used, or their points lie too far apart for one raster.
    """
    ledger = Ledger()
    survey = Survey(
        bands=params.bands(),
        cell_m=params.cell_m,
        target=dataset.target_crs,
        given=dataset.source_crs,
        unit=params.height_unit,
        bounds=Bounds(*params.bounds) if params.bounds is not None else None,
    )

    def read_one(path: Path, own: Ledger) -> Surveyed:
        return survey.read(path, own)

    found = read_files(dataset, read_one, ledger)
    rasters = survey.rasters([part for _, part in found], dataset.name, ledger)
    return Decoded(rasters=rasters, rejects=ledger.all_rejects(), notes=tuple(ledger.notes))


FORMAT = Format(
    name="lidar",
    title=text("レーザー点群（LAS・LAZ）", "Laser point clouds (LAS, LAZ)"),
    patterns=("*.las", "*.laz"),
    produces=("terrain_raster", "surface_raster"),
    params=LidarParams,
    read=read,
)
