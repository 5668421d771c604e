"""Tables of ``citytwin simulate`` and ``citytwin ensemble``: given as files beside the rasters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr

from citytwin.cli.bare_images import read_images
from citytwin.cli.bare_sewers import read_sewers
from citytwin.cli.bare_structures import read_structures
from citytwin.engine.bare import named
from citytwin.model.tables import HYDRAULIC_STRUCTURES, RAIN_FRAMES, SEWER_NETWORK

READ_FROM_FILES = (RAIN_FRAMES, SEWER_NETWORK, HYDRAULIC_STRUCTURES)
"""Tables that can be given as files."""


@dataclass(frozen=True)
class TableFiles:
    """Files of tables, not read yet."""

    places: Mapping[str, Path]
    """By the name of the table."""

    @classmethod
    def taken_from(cls, name: str, pairs: dict[str, Path]) -> TableFiles:
        """Take the files of tables out of those that are given.

        Parameters
        ----------
        name
            Simulation.
        pairs
            Files by the name of their raster or table; what a simulation does not know stays, to be
            refused with the rasters.
        """
        step = named(name)
        known = [one for one in READ_FROM_FILES if one in (*step.inputs, *step.optional)]
        return cls({one.name: pairs.pop(one.name) for one in known if one.name in pairs})

    def read(self, rasters: Mapping[str, xr.DataArray], time_zone: str) -> dict[str, pd.DataFrame]:
        """Read the tables into the CRS of the rasters.

        Parameters
        ----------
        rasters
            Of the simulation.
        time_zone
            IANA name, for times of images without a zone.

        Raises
        ------
        ConfigError
            If there are no rasters.
        SourceError
            If a file is not what it should be.
        """
        read: dict[str, pd.DataFrame] = {}
        for name, place in self.places.items():
            if name == RAIN_FRAMES.name:
                read[name] = read_images(place, rasters, time_zone)
            elif name == SEWER_NETWORK.name:
                read[name] = read_sewers(place, rasters)
            else:
                read[name] = read_structures(place, rasters)
        return read
