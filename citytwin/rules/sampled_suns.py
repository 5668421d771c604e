"""The suns of days that are sampled at equal steps, at the place of a city."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.day_suns import Place, suns_at
from citytwin.kernels.sun_bundle import Suns
from citytwin.model.local_days import Sampled
from citytwin.model.site import Site


def place_of(site: Site) -> Place:
    """Return a site in the terms of the kernels.

    Parameters
    ----------
    site
        Where on Earth.
    """
    return Place(site.longitude_deg, site.latitude_deg, site.convergence_deg)


def sampled_suns(taken: Sampled, site: Site, refraction: bool) -> Suns:
    """Positions of the sun in the middle of each interval, those below the horizon too.

    Parameters
    ----------
    taken
        The intervals.
    site
        Where on Earth.
    refraction
        Whether the air lifts the sun.

    Returns
    -------
    Suns
        Azimuths from grid north; each counts the hours of its interval, as a mean over the days.
    """
    unix_s = np.array([moment.timestamp() for moment in taken.middles])
    return suns_at(unix_s, taken.hours / taken.days, place_of(site), refraction)
