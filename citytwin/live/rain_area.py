"""Images of rain brought onto a lattice around the city, with their mean over it as an observation.

The mean is kept like what a gauge says: it has versions, may be watched by rules, and leads to the raw
payload that it was made from, from which the image is made again after a restart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from pyproj import CRS

from citytwin.errors import SourceError
from citytwin.formats.observations import Batch, Place, Reading, reject_of
from citytwin.formats.rain.image import RainImage
from citytwin.formats.rain.lattice import Lattice, Sampler
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Reject
from citytwin.model.properties import RAINFALL_RATE

THING = "area"
"""Within the feed: the city as its images show it."""
KIND = "rain_area"
CELL_M = 1000.0
"""Of the lattice; radars see no finer where they see far."""
MARGIN_M = 60_000.0
"""Around the city: rain of the next hour is that far away at 60 km/h."""


@dataclass(frozen=True)
class RainArea:
    """The lattice, and the part of it in which the city lies."""

    lattice: Lattice
    city: Tile
    """Cells of the lattice that touch the city."""
    place: Place

    def brought(self, batch: Batch, sampler: Sampler) -> Batch:
        """Return a batch with its images on the lattice, and what they say of the city.

        Parameters
        ----------
        batch
            As decoded.
        sampler
            Of this lattice; it remembers where the cells of the last image lie.

        Returns
        -------
        Batch
            Images that know nothing of the city are rejects.
        """
        images: list[RainImage] = []
        readings: list[Reading] = []
        rejects: list[Reject] = []
        for image in batch.images:
            rate = sampler.on_lattice(image).astype(np.float32)
            here = rate[self.city.slices]
            if image.issued_s is not None and image.end_s > image.issued_s:
                fault = SourceError("is a forecast, no observation", source=batch.file)
                rejects.append(reject_of(fault, "forecast"))
                continue
            if not np.isfinite(here).any():
                fault = SourceError("knows nothing of the city", source=batch.file)
                rejects.append(reject_of(fault, "area"))
                continue
            mean = float(np.nanmean(here))
            readings.append(Reading(THING, RAINFALL_RATE, image.start_s, image.end_s, mean))
            images.append(self._own(image, rate))
        places = (self.place,) if readings else ()
        return replace(
            batch,
            images=tuple(images),
            readings=(*batch.readings, *readings),
            places=(*batch.places, *places),
            rejects=(*batch.rejects, *rejects),
        )

    def _own(
        self, image: RainImage, rate: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    ) -> RainImage:
        own = self.lattice
        return replace(
            image,
            rate=rate,
            crs=CRS.from_user_input(own.crs),
            west=own.x_min_m,
            north=own.y_max_m,
            dx=own.cell_m,
            dy=own.cell_m,
        )


def rain_area(grid: GridSpec) -> RainArea:
    """Return the lattice for a city.

    Parameters
    ----------
    grid
        Of the city.
    """
    bounds = grid.bounds
    x_min = math.floor((bounds.x_min - MARGIN_M) / CELL_M) * CELL_M
    y_max = math.ceil((bounds.y_max + MARGIN_M) / CELL_M) * CELL_M
    nx = math.ceil((bounds.x_max + MARGIN_M - x_min) / CELL_M)
    ny = math.ceil((y_max - bounds.y_min + MARGIN_M) / CELL_M)
    place = Place(THING, None, KIND, *grid.lonlat)
    lattice = Lattice(grid.crs, x_min, y_max, CELL_M, ny, nx)
    return RainArea(lattice, cells_over(lattice, grid), place)


def cells_over(lattice: Lattice, grid: GridSpec) -> Tile:
    """Return the cells of a lattice that touch a city; they may lie outside it.

    Parameters
    ----------
    lattice
        Of images of rain.
    grid
        Of the city.
    """
    bounds, cell_m = grid.bounds, lattice.cell_m
    return Tile(
        row0=math.floor((lattice.y_max_m - bounds.y_max) / cell_m),
        row1=math.ceil((lattice.y_max_m - bounds.y_min) / cell_m),
        col0=math.floor((bounds.x_min - lattice.x_min_m) / cell_m),
        col1=math.ceil((bounds.x_max - lattice.x_min_m) / cell_m),
    )
