"""The small synthetic town: every resource that a step can ask for, on one small grid.

For the contract tests of steps, also of steps in other packages: a new step finds its inputs
here without any preparation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from citytwin.model.axes import Direction
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.properties import ObservedProperty
from citytwin.model.raster import Raster, RasterRole
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.tables import Table
from citytwin.testing.rasters import DIRECTIONS, town_fields, town_rasters
from citytwin.testing.town_records import town_records
from citytwin.testing.town_tables import town_tables

CRS = "EPSG:6677"
TIME_ZONE = "Asia/Tokyo"
CELL_M = 1.5
WEST_M, NORTH_M = -43999.5, -94165.5
"""Open water, like the demo city: nobody can take the town for a place."""


@dataclass(frozen=True)
class SmallTown:
    """Synthetic inputs; arrays and frames are shared, so take copies before writing to them."""

    grid: GridSpec
    fields: Mapping[Field, NDArray[Any]]
    records: Mapping[ObservedProperty, Record]
    tables: Mapping[Table, pd.DataFrame]
    rasters: Mapping[RasterRole, tuple[Raster, ...]]

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Of the fields by direction."""
        return DIRECTIONS

    @property
    def site(self) -> Site:
        """Where on Earth the town is said to be."""
        return Site.of(self.grid, TIME_ZONE)


def small_town(ny: int, nx: int, cell_m: float = CELL_M) -> SmallTown:
    """Make a town; the same bits on every run.

    Parameters
    ----------
    ny, nx
        Rows and columns of its grid; houses appear from about 20 m on.
    cell_m
        Cell size [m].

    Returns
    -------
    SmallTown
        Every field, record, table and raster that the twin knows.
    """
    grid = GridSpec(CRS, WEST_M, NORTH_M, cell_m, ny, nx)
    return SmallTown(grid, town_fields(grid), town_records(), town_tables(grid), town_rasters(grid))
