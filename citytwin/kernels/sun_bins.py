"""Thousands of suns as a few hundred lights that light every open plane alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Lights(NamedTuple):
    """Directions that several kinds of light come from.

    Parameters
    ----------
    azimuth_rad
        Clockwise from GRID north, shape (nt,) [rad].
    altitude_rad
        Above the horizon, shape (nt,) [rad].
    weights
        What a plane receives that faces the light, by kind of light, shape (kinds, nt) [any unit].
    behind_crowns
        The same where the light comes through crowns of trees; None = trees hide nothing.
    """

    azimuth_rad: np.ndarray
    altitude_rad: np.ndarray
    weights: np.ndarray
    behind_crowns: np.ndarray | None = None


def binned(lights: Lights, spacing_rad: float) -> Lights:
    """Join lights that stand close together: cumulative sky with the true places of the sun.

    A bin shines from where the vector sum of its lights points, and as strongly: a plane that sees
    all of them receives exactly the same. Only their shadows come from one place (compare Robinson
    and Stone 2004, Irradiation modelling made simple: the cumulative sky approach, PLEA 2004).

    Parameters
    ----------
    lights
        Above the horizon; lights of no weight, or at or below the horizon, are left out.
    spacing_rad
        Height and width of a bin, > 0 [rad].

    Returns
    -------
    Lights
        In order of altitude, then azimuth. A level plane receives of each kind as before, any other
        of all kinds together.
    """
    total = lights.weights.sum(axis=0)
    shining = (total > 0.0) & (lights.altitude_rad > 0.0)
    azimuth, altitude = lights.azimuth_rad[shining], lights.altitude_rad[shining]
    weights, total = lights.weights[:, shining], total[shining]
    band = np.floor(altitude / spacing_rad).astype(np.int64)
    width = spacing_rad / np.maximum(np.cos((band + 0.5) * spacing_rad), spacing_rad)
    column = np.floor(np.mod(azimuth, 2.0 * np.pi) / width).astype(np.int64)
    columns = int(np.ceil(2.0 * np.pi / spacing_rad)) + 1
    bins, member = np.unique(band * columns + column, return_inverse=True)
    level = total * np.cos(altitude)
    vector = np.stack(
        [
            np.bincount(member, part, bins.size)
            for part in (
                level * np.sin(azimuth),
                level * np.cos(azimuth),
                total * np.sin(altitude),
            )
        ]
    )
    strength = np.linalg.norm(vector, axis=0)
    rise = np.sin(altitude)

    def joined(kinds: np.ndarray) -> np.ndarray:
        upward = [np.bincount(member, kind * rise, bins.size) for kind in kinds]
        return np.asarray(np.stack(upward) / vector[2] * strength)

    behind = lights.behind_crowns
    return Lights(
        np.mod(np.arctan2(vector[0], vector[1]), 2.0 * np.pi),
        np.arcsin(np.minimum(vector[2] / strength, 1.0)),
        joined(weights),
        None if behind is None else joined(behind[:, shining]),
    )
