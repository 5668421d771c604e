"""Datasets as arrays of a checkpoint: a result that is kept until others stand beside it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr

from citytwin.model.checkpoints import NamedArrays

_DESCRIBED = "described"
_PARTS = ("coords", "data_vars")


def arrays_of_dataset(data: xr.Dataset) -> NamedArrays:
    """Return a dataset as arrays of numbers, times and texts.

    Parameters
    ----------
    data
        Variables of any dimensions with a CRS; attributes are texts and numbers.

    Returns
    -------
    mapping
        The values by the name of their variable, and all else as JSON.
    """
    described = data.to_dict(data=False)
    values = {str(name): one.to_numpy() for name, one in data.variables.items()}
    return {_DESCRIBED: np.array(json.dumps(described)), **values}


def dataset_of_arrays(arrays: NamedArrays) -> xr.Dataset:
    """Return the dataset that arrays were made from, with the same bits.

    Parameters
    ----------
    arrays
        From `arrays_of_dataset`.
    """
    described: dict[str, Any] = json.loads(str(arrays[_DESCRIBED]))
    for part in _PARTS:
        for name, one in described[part].items():
            one["data"] = arrays[name]
    data = xr.Dataset.from_dict(described)
    located: xr.Dataset = data.rio.write_crs(data.rio.crs)
    return located
