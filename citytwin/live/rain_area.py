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
from citytwin.model import crs as crs_of
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
    east, south = grid.x_min + grid.nx * grid.cell_m, grid.y_max - grid.ny * grid.cell_m
    x_min = math.floor((grid.x_min - MARGIN_M) / CELL_M) * CELL_M
    y_max = math.ceil((grid.y_max + MARGIN_M) / CELL_M) * CELL_M
    nx = math.ceil((east + MARGIN_M - x_min) / CELL_M)
    ny = math.ceil((y_max - south + MARGIN_M) / CELL_M)
    city = Tile(
        row0=math.floor((y_max - grid.y_max) / CELL_M),
        row1=math.ceil((y_max - south) / CELL_M),
        col0=math.floor((grid.x_min - x_min) / CELL_M),
        col1=math.ceil((east - x_min) / CELL_M),
    )
    longitude, latitude = crs_of.lonlat(
        (grid.x_min + east) / 2.0, (grid.y_max + south) / 2.0, grid.crs
    )
    place = Place(THING, None, KIND, longitude, latitude)
    return RainArea(Lattice(grid.crs, x_min, y_max, CELL_M, ny, nx), city, place)
