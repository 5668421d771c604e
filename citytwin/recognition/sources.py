"""Files that were looked at, as sources: those that one format reads together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citytwin import registry
from citytwin.model.raster import RasterRole
from citytwin.model.steps import Dataset, Format, Params
from citytwin.model.tables import Table
from citytwin.recognition.files import LookedAt
from citytwin.recognition.look import Use

_ROADS, _BRIDGES = Use("citygml_roads"), Use("citygml_bridges")
_ONE_BY_ONE = frozenset({"geotiff_terrain"})
"""Formats of which every file is a source: rasters need not lie on one grid."""


@dataclass(frozen=True)
class CitySource:
    """Files of one data set that one format reads."""

    name: str
    format: Format[Any]
    params: Params
    root: Path
    files: tuple[Path, ...]

    def dataset(self, crs: str, given: str | None) -> Dataset:
        """Files as the format sees them.

        Parameters
        ----------
        crs
            CRS of the tables.
        given
            CRS of files that name none.
        """
        return Dataset(
            name=self.name,
            root=self.root,
            files=self.files,
            target_crs=crs,
            time_zone="UTC",
            source_crs=given,
        )


def sources_of(
    files: Sequence[LookedAt], wanted: Collection[Table | RasterRole]
) -> tuple[CitySource, ...]:
    """Put the files together that one format reads.

    Parameters
    ----------
    files
        What was looked at.
    wanted
        Tables and rasters wanted; formats that give none of them are left out.
    """
    groups: dict[tuple[Use, Path, str], list[Path]] = {}
    for file in files:
        for use in file.look.uses:
            alone = str(file.path) if use.format_name in _ONE_BY_ONE else ""
            groups.setdefault((use, file.root, alone), []).append(file.path)
    _share_bridges(groups)
    found: list[CitySource] = []
    for (use, root, _), paths in groups.items():
        chosen = registry.named(Format, use.format_name)
        if any(given in wanted for given in chosen.produces):
            name = _free(use.format_name, [source.name for source in found])
            params = use.params or chosen.params()
            found.append(CitySource(name, chosen, params, root, tuple(sorted(set(paths)))))
    return tuple(found)


def _share_bridges(groups: dict[tuple[Use, Path, str], list[Path]]) -> None:
    """Give the bridges of a data set to its roads, which lie on them; without roads to nobody."""
    for key in [key for key in groups if key[0] == _ROADS]:
        bridges = groups.get((_BRIDGES, *key[1:]), [])
        if set(groups[key]) <= set(bridges) and all("_brid_" in path.name for path in groups[key]):
            del groups[key]
        else:
            groups[key].extend(bridges)


def _free(name: str, taken: Sequence[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
