"""Vector tiles, put together of what is known of their rows: only new outlines are cut.

A tile is put together in one way, whatever of it was cut now and whatever stands in the archive of a
run before, so that no byte tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.store.atomic import temporary_beside
from citytwin.store.tables import row_digests
from citytwin.store.tile_attributes import TileAttributes
from citytwin.store.tile_cutting import CutTile, cut, read_cut
from citytwin.store.tile_memory import ArchiveMemory, TileMemory
from citytwin.store.tile_rows import TileRows
from citytwin.store.vector_tile import read_layer, tile_bytes

_MOST_ROWS = 1_000_000
"""Whose attributes are held at once; of more rows, those of a tile at a time."""


@dataclass(frozen=True)
class ArchiveBefore:
    """The archive of a run before, of the same layer and attributes."""

    tiles: Mapping[int, bytes]
    memory: ArchiveMemory

    def features(self, number: int) -> Sequence[Any]:
        """Read the features of a tile.

        Parameters
        ----------
        number
            Of the tile.
        """
        content = self.tiles.get(number)
        return read_layer(content).features if content else ()


@dataclass(frozen=True)
class _Known:
    """What the archive before holds of the rows of a tile."""

    rows: NDArray[np.intp]
    """Which row each of its features is of; ascending."""
    features: NDArray[np.intp]
    """Numbers of these features in the tile before."""
    lacking: NDArray[np.intp]
    """Rows whose outlines were not cut for it."""


class TileMaker:
    """Makes the tiles of a layer.

    Parameters
    ----------
    frame
        Rows in any CRS.
    layer
        Name of the layer inside the tiles.
    before
        What may be taken; None = nothing.
    beside
        File beside which GDAL may write for a while.
    """

    def __init__(
        self, frame: gpd.GeoDataFrame, layer: str, before: ArchiveBefore | None, beside: Path
    ) -> None:
        self._outlines = frame.geometry
        self._attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        self._layer, self._before, self._beside = layer, before, beside
        self._outline_digests = _digests(frame.geometry)
        self._attribute_digests = row_digests(self._attributes)
        self._tiles: dict[int, bytes] = {}
        self._memory: dict[int, TileMemory] = {}

    @property
    def tiles(self) -> dict[int, bytes]:
        """All tiles that hold anything, compressed, by their numbers."""
        return {number: content for number, content in self._tiles.items() if content}

    @property
    def has_rows(self) -> bool:
        """Whether any tile was wanted."""
        return bool(self._memory)

    def memory(self, archive: bytes) -> ArchiveMemory:
        """Return what the run after has to know.

        Parameters
        ----------
        archive
            sha256 of the file that the tiles went into.
        """
        return ArchiveMemory(archive, self._outline_digests, self._memory)

    def make(self, wanted: Sequence[TileRows]) -> None:
        """Make tiles.

        Parameters
        ----------
        wanted
            All of the layer.
        """
        changed = [tile for tile in wanted if not self._stands(tile)]
        if not changed:
            return
        shown = np.unique(np.concatenate([tile.rows for tile in changed]))
        told = TileAttributes(self._attributes, shown) if len(shown) <= _MOST_ROWS else None
        for zoom in sorted({tile.zoom for tile in changed}):
            tiles = [tile for tile in changed if tile.zoom == zoom]
            known = [self._known(tile) for tile in tiles]
            lacking = np.unique(np.concatenate([one.lacking for one in known]))
            fresh = self._cut(zoom, lacking)
            for tile, one in zip(tiles, known, strict=True):
                new = fresh.get(tile.number)
                found = self._found(tile, one, None if new is None else (new, lacking))
                self._put_together(tile, found, told or TileAttributes(self._attributes, tile.rows))

    def _cut(self, zoom: int, rows: NDArray[np.intp]) -> Mapping[int, bytes]:
        """Cut the outlines of some rows."""
        if not rows.size:
            return {}
        beside = temporary_beside(self._beside)
        return cut(self._outlines.iloc[rows], self._layer, zoom, beside)

    def _stands(self, tile: TileRows) -> bool:
        """Take a tile of the archive before where nothing of it has changed."""
        then = self._remembered(tile)
        if self._before is None or then is None or then.digest != self._digest(tile):
            return False
        self._tiles[tile.number] = self._before.tiles.get(tile.number, b"")
        self._memory[tile.number] = TileMemory(then.digest, tile.rows, then.features)
        return True

    def _remembered(self, tile: TileRows) -> TileMemory | None:
        return None if self._before is None else self._before.memory.tiles.get(tile.number)

    def _digest(self, tile: TileRows) -> tuple[int, ...]:
        """Digest of all that a tile follows from."""
        total = hashlib.sha256(self._outline_digests[tile.rows].tobytes())
        total.update(self._attribute_digests[tile.rows].tobytes())
        return tuple(np.frombuffer(total.digest()[:16], dtype=np.uint64).tolist())

    def _known(self, tile: TileRows) -> _Known:
        """Find the rows whose outlines were cut for the tile before."""
        then = self._remembered(tile)
        if self._before is None or then is None:
            nothing = np.empty(0, dtype=np.intp)
            return _Known(nothing, nothing, tile.rows)
        digests = self._before.memory.outlines[then.rows]
        order = np.argsort(digests, kind="stable")
        wanted = self._outline_digests[tile.rows]
        place = order[np.searchsorted(digests[order], wanted).clip(max=len(order) - 1)]
        is_known = digests[place] == wanted
        place = place[is_known]
        number = then.features[place]
        first = (np.cumsum(then.features) - then.features)[place]
        rows = np.repeat(tile.rows[is_known], number)
        nth = np.arange(len(rows)) - np.repeat(np.cumsum(number) - number, number)
        return _Known(rows, np.repeat(first, number) + nth, tile.rows[~is_known])

    def _found(
        self, tile: TileRows, known: _Known, new: tuple[bytes, NDArray[np.intp]] | None
    ) -> CutTile:
        """Bring together the features of a tile: known ones, and of what was cut of these rows."""
        rows, features = known.rows, []
        if self._before is not None and rows.size:
            there = list(self._before.features(tile.number))
            features = [there[k] for k in known.features.tolist()]
        if new is None:
            return CutTile(rows, features)
        made = read_cut(new[0])
        their = new[1][made.rows]
        wanted = np.flatnonzero(np.isin(their, known.lacking))
        features += [made.features[k] for k in wanted.tolist()]
        rows = np.concatenate([rows, their[wanted]])
        order = np.argsort(rows, kind="stable")
        return CutTile(rows[order], [features[k] for k in order.tolist()])

    def _put_together(self, tile: TileRows, found: CutTile, attributes: TileAttributes) -> None:
        number = np.searchsorted(found.rows, tile.rows, side="right")
        number -= np.searchsorted(found.rows, tile.rows, side="left")
        self._memory[tile.number] = TileMemory(self._digest(tile), tile.rows, number)
        self._tiles[tile.number] = b""
        if found.features:
            content = attributes.of(found.rows, found.features)
            self._tiles[tile.number] = tile_bytes(self._layer, content)


def _digests(outlines: gpd.GeoSeries) -> NDArray[np.uint64]:
    """Digests of outlines; the same numbers in another CRS are another place."""
    crs = hashlib.sha256(outlines.crs.to_wkt().encode()).digest()
    where = np.frombuffer(crs[:8], dtype=np.uint64)
    return row_digests(pd.DataFrame({"geometry": outlines})) ^ where
