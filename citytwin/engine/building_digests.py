"""What makes a building the same one: its faces to the millimetre, else its footprint."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from citytwin.engine.part_rows import PartRows
from citytwin.model import tables as t
from citytwin.model.identities import digest_of_points
from citytwin.model.ragged import flattened


def building_digests(part: PartRows, ids: pd.Series[str]) -> dict[str, str]:
    """Return digests of some buildings of a part.

    Parameters
    ----------
    part
        Tables of the part.
    ids
        Ids of the buildings, each once in the part.
    """
    found: dict[str, str] = {}
    if part.has(t.SURFACES):
        surfaces = part.columns(t.SURFACES, ["building_id", "xyz"])
        surfaces = surfaces[surfaces["building_id"].isin(ids)]
        owner = surfaces["building_id"].to_numpy(dtype=object)
        order = np.argsort(owner.astype(str), kind="stable")
        values, offsets = flattened(surfaces["xyz"].iloc[order])
        names, starts = np.unique(owner[order].astype(str), return_index=True)
        ends = [*starts[1:].tolist(), len(owner)]
        for name, begin, end in zip(names.tolist(), starts.tolist(), ends, strict=True):
            points = values[offsets[begin] : offsets[end]].reshape(-1, 3)
            found[name] = digest_of_points(points)
    bare = set(ids) - found.keys()
    if bare:
        rows = part.rows(t.BUILDINGS)
        rows = rows[rows["building_id"].isin(bare)]
        for name, footprint in zip(rows["building_id"], rows["geometry"], strict=True):
            found[name] = digest_of_points(np.asarray(shapely.get_coordinates(footprint)))
    return found
