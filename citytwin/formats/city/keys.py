"""Keys of buildings made from their geometry, for those whose files record none."""

from __future__ import annotations

import hashlib

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.model.identities import digest_of_points

FloatArray = NDArray[np.float64]

MADE = "geom:"
"""How keys begin that are made from an outline."""


def outline_key(footprint: shapely.Geometry) -> str:
    """Hash of a footprint to the decimetre.

    Parameters
    ----------
    footprint
        Its coordinates count.
    """
    points = np.asarray(shapely.get_coordinates(footprint))
    return f"{MADE}{digest_of_points(points, 10.0)[:16]}"


def outline_keys(footprints: NDArray[np.object_]) -> list[str]:
    """Hashes of many footprints, each as :func:`outline_key` makes it.

    Parameters
    ----------
    footprints
        Shape (n,).
    """
    points, owner = shapely.get_coordinates(footprints, return_index=True)
    rounded = np.round(points * 10.0).astype(np.int64)
    order = np.lexsort((rounded[:, 1], rounded[:, 0], owner))
    rounded, owner = rounded[order], owner[order]
    fresh = np.ones(len(owner), dtype=np.bool_)
    fresh[1:] = (owner[1:] != owner[:-1]) | (rounded[1:] != rounded[:-1]).any(axis=1)
    rounded, owner = rounded[fresh], owner[fresh]
    ends = np.searchsorted(owner, np.arange(len(footprints) + 1))
    return [
        f"{MADE}{hashlib.sha256(rounded[a:b].tobytes()).hexdigest()[:16]}"
        for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]
