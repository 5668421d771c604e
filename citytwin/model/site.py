"""Where on Earth a city is."""

from __future__ import annotations

from dataclasses import dataclass

from citytwin.model.grid import GridSpec


@dataclass(frozen=True)
class Site:
    """Where on Earth the city is."""

    longitude_deg: float
    latitude_deg: float
    convergence_deg: float
    """Grid azimuth = true azimuth - convergence."""
    time_zone: str
    """IANA name, used only to say what a local date means."""

    @classmethod
    def of(cls, grid: GridSpec, time_zone: str) -> Site:
        """Return the place of a grid: its middle.

        Parameters
        ----------
        grid
            Of the city.
        time_zone
            IANA name.
        """
        longitude, latitude = grid.lonlat
        return cls(longitude, latitude, grid.convergence_deg, time_zone)
