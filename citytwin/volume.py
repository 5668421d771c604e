"""A result in three dimensions in a notebook, for whoever may see the layer that it is the whole of."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import get_args

import xarray as xr

from citytwin.asking import asking
from citytwin.model.layer import Classification
from citytwin.security.decision import Resource
from citytwin.store.volume import read_volume

_CLASSES: dict[str, Classification] = {one: one for one in get_args(Classification)}


def open_volume(
    folder: str | Path,
    policy: str | Path | None = None,
    roles: Collection[str] = (),
    serve: str | Path | None = None,
) -> xr.Dataset:
    """Open a volume lazily; a sealed one needs the key of its folder.

    It is asked for as the layer that it is the whole of, and as protected as that layer's sources,
    also where a rule has lowered the layer. Without a policy what is public opens.

    Parameters
    ----------
    folder
        Of the Zarr group, as ``citytwin volume`` names it.
    policy, roles, serve
        Who may see what, the roles of whoever opens it, and how the city is served, as for
        :func:`citytwin.open`.

    Returns
    -------
    Dataset
        Quantities over (z, y, x), with units, CRS and coordinates of the cells (CF 1.11).

    Raises
    ------
    NotAllowedError
        If no rule gives it.
    StoreError
        If there is none, it is sealed and the key is not here, or the chain cannot be written.
    ConfigError
        If the policy or how the city is served is missing or wrong.
    """
    place = Path(folder)
    found = read_volume(place)
    layer = str(found.attrs.get("layer", place.stem))
    said = _CLASSES.get(str(found.attrs.get("classification")), "secret")
    with asking(policy, roles, serve) as inquiry:
        inquiry.require(Resource("layer", layer, said), f"volume {place}")
    return found
