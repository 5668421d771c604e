"""Rain in NetCDF 3 and 4 by the CF conventions (1.6 and later) -> rain over time.

One variable on time and two regular coordinates: longitude and latitude, or those of a projection by
its grid mapping. Sums take their interval from the bounds of the time.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from pydantic import Field
from pyproj import CRS

from citytwin.errors import SourceError
from citytwin.formats.feed_file import raw_ref
from citytwin.formats.feed_times import TimeStampError, checked
from citytwin.formats.measures import Measure, measure
from citytwin.formats.observations import Batch, says_synthetic
from citytwin.formats.rain.batches import image_batch
from citytwin.formats.rain.image import RainImage, grid_mapping, rates, unit_fault
from citytwin.formats.rain.lattice import RainParams
from citytwin.formats.rain.netcdf_store import NetcdfStore, opened_netcdf
from citytwin.formats.rain.tables import read_images
from citytwin.formats.units import UnitError
from citytwin.model import properties as p
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import RAIN_FRAMES
from citytwin.model.text import text

_NAMES = frozenset(
    {
        "rainfall_rate", "rainfall_flux", "precipitation_flux", "lwe_precipitation_rate",
        "rainfall_amount", "precipitation_amount", "thickness_of_rainfall_amount",
        "lwe_thickness_of_precipitation_amount",
    }
)  # fmt: skip
"""CF standard names of rain."""
_MOST_FRAMES = 2000
_REGULAR = 1e-3
"""Steps of a coordinate may differ by this share."""


class NetcdfRainParams(RainParams):
    """Which variable is read."""

    variable: str | None = Field(default=None, min_length=1, max_length=80)
    """By default the only one with a CF standard name of rain."""


def decode_rain_netcdf(raw: bytes, file: str, params: NetcdfRainParams) -> list[RainImage]:
    """Decode one file.

    Parameters
    ----------
    raw
        NetCDF 3 (classic, 64-bit offset) or 4.
    file
        Name of the file, for messages.
    params
        Which variable is read.

    Raises
    ------
    SourceError
        If it is damaged, or holds no rain on a regular raster.
    """
    with opened_netcdf(raw, file) as store:
        return _Rain(_dataset(store, file, params), file, raw_ref(raw), params).images()


def _dataset(store: NetcdfStore, source: str, params: NetcdfRainParams) -> xr.Dataset:
    """Variables of rain, time and place with their attributes, as the CF conventions decode them."""
    name = _variable(store, source, params.variable)
    found: dict[str, xr.Variable] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in found or one not in store.names:
            continue
        variable = found[one] = store.read(one)
        waiting += [str(dim) for dim in variable.dims]
        named = [variable.attrs.get(key) for key in ("bounds", "grid_mapping")]
        waiting += [str(other) for other in named if other is not None]
    try:
        return xr.decode_cf(xr.Dataset(found).assign_attrs(store.attributes | {"rain": name}))
    except (ValueError, TypeError, KeyError, OverflowError, ArithmeticError, ImportError) as error:
        message = f"not by the CF conventions: {ascii(str(error))[:120]}"
        raise SourceError(message, source=source) from error


def _variable(store: NetcdfStore, source: str, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in store.names:
            shown = ", ".join(ascii(name)[1:41] for name in sorted(store.names)[:20])
            raise SourceError(f"has no variable {wanted!r}", source=source, hint=f"it has {shown}")
        return wanted
    rain = [name for name in store.names if store.standard_name(name) in _NAMES]
    if len(rain) != 1:
        hint = "say which `variable` is the rain"
        raise SourceError(f"has {len(rain)} variables of rain", source=source, hint=hint)
    return rain[0]


class _Rain:
    """The variable of rain while it is taken apart."""

    def __init__(
        self, dataset: xr.Dataset, source: str, ref: str, params: NetcdfRainParams
    ) -> None:
        self.source = source
        self.ref = ref
        self.params = params
        self.dataset = dataset
        self.name = str(dataset.attrs["rain"])
        self.data = dataset[self.name]

    def images(self) -> list[RainImage]:
        """One image per time."""
        axes = {self._axis(str(dim)): str(dim) for dim in self.data.dims}
        if not {"x", "y"} <= axes.keys() or not self.data.dims[-2:] == (axes["y"], axes["x"]):
            raise self._error("expected the dimensions time, latitude and longitude (or y and x)")
        if any(self.data.sizes[d] != 1 for d in self.data.dims[:-2] if d != axes.get("time")):
            raise self._error("has more dimensions than time, y and x")
        west, dx, flip_x = self._edge(axes["x"])
        south, dy, flip_y = self._edge(axes["y"])
        ny, nx = self.data.shape[-2:]
        frames = np.asarray(self.data.values, dtype=np.float64).reshape(-1, ny, nx)
        frames = frames[:, :: -1 if not flip_y else 1, :: -1 if flip_x else 1]
        crs, per_m = self._crs(axes["x"])
        spans = self._spans(axes.get("time"), len(frames))
        return [
            self._image(
                frame,
                span,
                crs,
                (west * per_m, (south + ny * dy) * per_m),
                (dx * per_m, dy * per_m),
            )
            for frame, span in zip(frames, spans, strict=True)
        ]

    def _image(
        self,
        frame: NDArray[np.float64],
        span: tuple[int, int],
        crs: CRS,
        corner: tuple[float, float],
        cell: tuple[float, float],
    ) -> RainImage:
        rate, wild = self._rates(frame, span)
        return RainImage(
            rate=rate,
            crs=crs,
            west=corner[0],
            north=corner[1],
            dx=cell[0],
            dy=cell[1],
            start_s=span[0],
            end_s=span[1],
            issued_s=None,
            file=self.source,
            raw_ref=self.ref,
            synthetic=says_synthetic(str(value) for value in self.dataset.attrs.values()),
            wild=wild,
        )

    def _error(self, message: str, hint: str = "") -> SourceError:
        return SourceError(message, source=self.source, record=self.name, hint=hint)

    def _axis(self, dim: str) -> str:
        """What a dimension is: x, y, time, or its own name."""
        if dim not in self.dataset.variables:
            return dim
        variable = self.dataset[dim]
        name = str(variable.attrs.get("standard_name", ""))
        units = str(variable.attrs.get("units", ""))
        if np.issubdtype(variable.dtype, np.datetime64):
            return "time"
        if name in ("longitude", "projection_x_coordinate") or units == "degrees_east":
            return "x"
        if name in ("latitude", "projection_y_coordinate") or units == "degrees_north":
            return "y"
        return dim

    def _edge(self, dim: str) -> tuple[float, float, bool]:
        """Lower edge and step of a coordinate, and whether it runs downwards."""
        values = np.asarray(self.dataset[dim].values, dtype=np.float64)
        if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
            raise self._error(f"coordinate {dim!r} has no two finite values")
        steps = np.diff(values)
        step = float(steps.mean())
        if step == 0 or not np.isfinite(step) or np.abs(steps / step - 1.0).max() > _REGULAR:
            raise self._error(f"coordinate {dim!r} is not regular")
        low = float(values.min())
        return low - abs(step) / 2.0, abs(step), step < 0

    def _crs(self, dim: str) -> tuple[CRS, float]:
        """CRS of the raster, and metres per unit of its coordinates (1 for degrees)."""
        units = str(self.dataset[dim].attrs.get("units", ""))
        mapping = str(
            self.data.attrs.get("grid_mapping") or self.data.encoding.get("grid_mapping", "")
        )
        if units.startswith("degree"):
            return CRS.from_epsg(4326), 1.0
        if mapping not in self.dataset.variables:
            raise self._error("lies on a projection that no grid mapping names")
        if units not in ("m", "metre", "meter", "km"):
            raise self._error(f"its coordinates are in {ascii(units)[:20]}, expected m or km")
        crs = grid_mapping(self.dataset[mapping].attrs, self.source)
        return crs, 1000.0 if units == "km" else 1.0

    def _spans(self, dim: str | None, count: int) -> list[tuple[int, int]]:
        """Beginning and end of each image [s]."""
        if not 0 < count <= _MOST_FRAMES:
            raise self._error(f"{count} images, expected 1 to {_MOST_FRAMES}")
        time = self.dataset[dim] if dim is not None else self.dataset.get("time")
        if time is None or not np.issubdtype(time.dtype, np.datetime64) or time.size != count:
            raise self._error("says not when: it needs a time coordinate with units and calendar")
        ends = [self._seconds(value) for value in np.atleast_1d(time.values)]
        bounds = str(time.attrs.get("bounds") or time.encoding.get("bounds", ""))
        if bounds in self.dataset.variables:
            pairs = np.asarray(self.dataset[bounds].values).reshape(count, -1)
            if pairs.shape[1] != 2 or not np.issubdtype(pairs.dtype, np.datetime64):
                raise self._error(f"bounds {bounds!r} are no pairs of times")
            spans = [(self._seconds(pair[0]), self._seconds(pair[1])) for pair in pairs]
            if any(start_s >= end_s for start_s, end_s in spans):
                raise self._error(f"bounds {bounds!r} end before they begin")
            return spans
        if self._measure().summed and self.params.interval_min is not None:
            length_s = round(self.params.interval_min * 60)
            return [(end_s - length_s, end_s) for end_s in ends]
        return [(end_s, end_s) for end_s in ends]

    def _seconds(self, moment: np.datetime64) -> int:
        if np.isnat(moment):
            raise self._error("a time is missing")
        try:
            return checked(pd.Timestamp(moment).timestamp())
        except (TimeStampError, OverflowError, ValueError) as error:
            raise self._error(f"{moment} is no time between 1900 and 2200") from error

    def _measure(self) -> Measure:
        try:
            return measure(str(self.data.attrs.get("units", "")), p.RAINFALL_RATE)
        except UnitError as error:
            raise unit_fault(error, self.source, self.name) from error

    def _rates(
        self, frame: NDArray[np.float64], span: tuple[int, int]
    ) -> tuple[NDArray[np.float32], int]:
        try:
            return rates(frame, self._measure(), span[1] - span[0])
        except UnitError as error:
            raise unit_fault(error, self.source, self.name) from error


def _decode(raw: bytes, file: str, fetched_s: int, params: NetcdfRainParams) -> Batch:  # noqa: ARG001
    return image_batch(decode_rain_netcdf(raw, file, params), raw, file, params)


def read(dataset: Dataset, params: NetcdfRainParams) -> Decoded:
    """Read all images of a source.

    Parameters
    ----------
    dataset
        NetCDF-4 files.
    params
        What is read of them.
    """
    return read_images(dataset, params, functools.partial(decode_rain_netcdf, params=params))


FORMAT = Format(
    name="rain_netcdf",
    title=text("雨量（CF NetCDF）", "Rain (CF NetCDF)"),
    patterns=("*.nc", "*.nc4"),
    produces=(RAIN_FRAMES,),
    params=NetcdfRainParams,
    read=read,
    observes=(),
    decode=_decode,
)
