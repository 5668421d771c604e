"""Versions of the libraries that results depend on: part of what a result was made by."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version

_DISTRIBUTIONS = (
    "geopandas", "llvmlite", "lxml", "numba", "numpy", "pandas", "pillow", "pvlib", "pyarrow",
    "pyogrio", "pyproj", "rasterio", "scipy", "shapely", "zarr",
)  # fmt: skip
_OF_EXTRAS = ("pyswmm", "swmm-toolkit")


@cache
def package_versions() -> str:
    """Return the versions of the packages, without importing any."""
    found = {name: version(name) for name in _DISTRIBUTIONS}
    for name in _OF_EXTRAS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return json.dumps(found)


@cache
def library_versions() -> str:
    """Return the versions of the packages, and of the C libraries that they brought or found."""
    import pyogrio
    import pyproj
    import rasterio
    import shapely

    native = {
        "gdal": rasterio.__gdal_version__,
        "gdal of pyogrio": pyogrio.__gdal_version_string__,
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
    }
    return package_versions() + json.dumps(native)
