"""Images of rain over the city: which of their cells and moments count, and what they leave out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.errors import ConfigError, StepError
from citytwin.kernels.flood_forcing import RainSeries
from citytwin.kernels.rain_field import Lattice, RainField
from citytwin.kernels.rain_shares import SHARE_UNITS, axis_shares, covered_units
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Note
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.rain_cube import RainCube, cube_of
from citytwin.wording import nearest

_ROUNDING = 1e-10
"""Of coordinates [cells]; a strip so narrow needs no cells of its own."""


@dataclass(frozen=True, eq=False)
class ImagesOverCity:
    """Images of one source, cut to the cells over the city; what they do not know is NaN."""

    start_s: NDArray[np.float64]
    """Shape (nt,): begin of each image [s since 1970]."""
    end_s: NDArray[np.float64]
    """Shape (nt,): its end [s]."""
    rate: NDArray[np.float32]
    """Shape (nt, ky, kx): mean rate, row 0 in the north [mm/h]."""
    lattice: Lattice
    """Where these cells lie on the grid."""
    area: NDArray[np.float64]
    """Shape (ky, kx): share of the city under each; the sum is 1."""
    source: str
    wild: int
    """Values that no rain can have, unknown therefore."""
    is_forecast: NDArray[np.bool_]
    """Shape (nt,)."""

    def during(self, start_s: float, end_s: float) -> ImagesOverCity:
        """Return the images that overlap [start_s, end_s)."""
        keep = (self.start_s < end_s) & (self.end_s > start_s)
        return replace(
            self,
            start_s=self.start_s[keep],
            end_s=self.end_s[keep],
            rate=self.rate[keep],
            is_forecast=self.is_forecast[keep],
        )

    def known_share(self, start_s: float, end_s: float) -> float:
        """Share of time and area within [start_s, end_s) for which the rain is known [-].

        Parameters
        ----------
        start_s, end_s
            The time that matters [s since 1970].
        """
        known = (np.isfinite(self.rate) * self.area).sum(axis=(1, 2))
        length = np.minimum(self.end_s, end_s) - np.maximum(self.start_s, start_s)
        return float((known * length).sum() / (end_s - start_s))

    def rain(self, begin_s: float) -> RainField:
        """Rain since the begin of a run; what is unknown counts as dry.

        Parameters
        ----------
        begin_s
            Begin of the run [s since 1970].

        Raises
        ------
        StepError
            If there is none, or the images are not in order.
        """
        rate = np.nan_to_num(self.rate, nan=0.0)
        try:
            return RainField(self.start_s - begin_s, self.end_s - begin_s, rate, self.lattice)
        except ConfigError as error:
            raise StepError(f"the images of {self.source}: {error}", step="flood") from error

    def mean(self, begin_s: float) -> RainSeries:
        """Mean over the city since the begin of a run, for what is said and for choosing a time.

        Parameters
        ----------
        begin_s
            Begin of the run [s since 1970].
        """
        rate = (np.nan_to_num(self.rate, nan=0.0) * self.area).sum(axis=(1, 2))
        try:
            return RainSeries(self.start_s - begin_s, self.end_s - begin_s, rate)
        except ConfigError as error:
            raise StepError(f"the images of {self.source}: {error}", step="flood") from error

    def notes(self) -> tuple[Note, ...]:
        """Say what of the images was no rain, or not observed."""
        notes = []
        if self.wild:
            most = f"{RAINFALL_RATE.valid_max:g} {RAINFALL_RATE.unit}"
            notes.append(
                Note(
                    severity="loss",
                    ja=f"雨量画像の値 {self.wild} 個は負または {most} を超えるため、使用していません",
                    en=f"{self.wild} values of the images of rain are negative or above {most}: "
                    "they are not used",
                )
            )
        if self.is_forecast.any():
            number, of = int(self.is_forecast.sum()), self.is_forecast.size
            notes.append(
                Note(
                    severity="info",
                    ja=f"雨量画像 {of} 枚のうち {number} 枚は予測です",
                    en=f"{number} of {of} images of rain are forecasts",
                )
            )
        return tuple(notes)


def images_of(frames: pd.DataFrame | None, source: str | None, grid: GridSpec) -> ImagesOverCity:
    """Return the images of a source over the city.

    Parameters
    ----------
    frames
        Table of images of all sources.
    source
        Whose images are wanted; None for those of the only source.
    grid
        Of the city.

    Raises
    ------
    StepError
        If there are none, several sources have some and none is named, or they lie elsewhere.
    """
    known = [] if frames is None else sorted(set(frames["source"]))
    if frames is None or not known:
        raise StepError("there are no images of rain", step="flood", hint="add a source of them")
    if source is None and len(known) > 1:
        msg = f"several sources have images of rain: {', '.join(known)}"
        raise StepError(msg, step="flood", hint=f"say `rain_images: {{source: {known[0]}}}`")
    if source is not None and source not in known:
        msg = f"no images of rain come from {source!r}{nearest(source, known)}"
        raise StepError(msg, step="flood", hint=f"name one of {', '.join(known)}")
    own = frames[frames["source"] == (source or known[0])]
    try:
        cube = cube_of(own)
    except ValueError as error:
        raise StepError(f"the images of {source or known[0]}: {error}", step="flood") from error
    forecast = own.sort_values("start", kind="stable")["issued"].notna().to_numpy(np.bool_)
    return _over_city(cube, forecast, grid)


def _over_city(cube: RainCube, is_forecast: NDArray[np.bool_], grid: GridSpec) -> ImagesOverCity:
    """Cut images to the cells that touch the city; where they do not reach nothing is known."""
    bounds, (nt, ny, nx) = grid.bounds, cube.rate.shape
    row0, row1 = _range(cube.y_max_m - bounds.y_max, cube.y_max_m - bounds.y_min, cube.cell_m)
    col0, col1 = _range(bounds.x_min - cube.x_min_m, bounds.x_max - cube.x_min_m, cube.cell_m)
    rows, cols = slice(max(row0, 0), min(row1, ny)), slice(max(col0, 0), min(col1, nx))
    if rows.start >= rows.stop or cols.start >= cols.stop:
        msg = f"the images of rain of {cube.source} lie outside the city"
        raise StepError(msg, step="flood", hint="check their `area_deg`, and the CRS of the city")
    rate = np.full((nt, row1 - row0, col1 - col0), np.nan, dtype=np.float32)
    rate[
        :, rows.start - row0 : rows.stop - row0, cols.start - col0 : cols.stop - col0
    ] = cube.rate[:, rows, cols]  # fmt: skip
    wild = (rate < 0) | (rate > RAINFALL_RATE.valid_max)
    rate[wild] = np.nan
    size = cube.cell_m / grid.cell_m
    north = (bounds.y_max - cube.y_max_m) / grid.cell_m + row0 * size
    west = (cube.x_min_m - bounds.x_min) / grid.cell_m + col0 * size
    lattice = Lattice(min(north, 0.0), min(west, 0.0), size)
    shares = (
        _share(grid.ny, lattice.row, size, rate.shape[1]),
        _share(grid.nx, lattice.col, size, rate.shape[2]),
    )
    return ImagesOverCity(
        cube.start_s,
        cube.end_s,
        rate,
        lattice,
        np.outer(*shares),
        cube.source,
        int(wild.sum()),
        is_forecast,
    )


def _range(low_m: float, high_m: float, cell_m: float) -> tuple[int, int]:
    """Cells of a lattice that a stretch of the city touches, along one axis."""
    first = int(np.floor(low_m / cell_m + _ROUNDING))
    return first, max(first + 1, int(np.ceil(high_m / cell_m - _ROUNDING)))


def _share(n: int, offset: float, size: float, lattice_cells: int) -> NDArray[np.float64]:
    """Share of the city's length under each cell of the lattice."""
    shares = axis_shares((0, n), offset, size, lattice_cells)
    units = covered_units(np.ones((n, 1), dtype=np.int64), shares, lattice_cells)[:, 0]
    share: NDArray[np.float64] = units / (n * SHARE_UNITS)
    return share
