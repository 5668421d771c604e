"""Variables of a NetCDF file in memory, of version 3 (by SciPy) or 4 (by h5py), before any decoding."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import h5py
import numpy as np
import xarray as xr
from scipy.io import netcdf_file

from citytwin.errors import SourceError
from citytwin.formats.rain.hdf5 import DAMAGED, MAGIC, numbers, opened, text_of

_CLASSIC = (b"CDF\x01", b"CDF\x02")
_OWN = ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST")
"""Attributes of the library, which say nothing of the data; so do those below."""
_OWN_PREFIX = "_Netcdf4"


@dataclass(frozen=True)
class NetcdfStore:
    """What a file holds."""

    names: tuple[str, ...]
    """Of its variables."""
    attributes: dict[str, object]
    standard_name: Callable[[str], str]
    """CF standard name of a variable; empty where it has none."""
    read: Callable[[str], xr.Variable]
    """A variable as it is packed; one that is no number is a zero with its attributes."""


@contextmanager
def opened_netcdf(raw: bytes, source: str) -> Iterator[NetcdfStore]:
    """Open a file.

    Parameters
    ----------
    raw
        The file.
    source
        Its name, for messages.

    Raises
    ------
    SourceError
        If it is none, damaged, or leads elsewhere.
    """
    if raw.startswith(MAGIC):
        with opened(raw, source) as file:
            yield _of_hdf5(file, source)
    elif raw[:4] in _CLASSIC:
        yield _of_classic(raw, source)
    else:
        hint = "NetCDF 3 (classic, 64-bit offset) or 4 is expected"
        raise SourceError("no NetCDF file", source=source, hint=hint)


def _of_hdf5(file: h5py.File, source: str) -> NetcdfStore:
    names = tuple(str(name) for name in file if isinstance(file[name], h5py.Dataset))

    def read(name: str) -> xr.Variable:
        data = file[name]
        if data.dtype.kind not in "iuf":
            # Grid mappings are often characters of no meaning.
            return xr.Variable((), 0, _plain(data.attrs))
        dims = [
            scale[0].name.rpartition("/")[2] if len(scale) else f"{name}_dim_{axis}"
            for axis, scale in enumerate(data.dims)
        ]
        if data.attrs.get("CLASS") == b"DIMENSION_SCALE" and data.ndim == 1:
            dims = [name]
        values = numbers(data, source) if data.dtype.kind == "f" else np.asarray(data[()])
        return _variable(name, dims, values, _plain(data.attrs), source)

    return NetcdfStore(
        names, _plain(file.attrs), lambda name: text_of(file[name].attrs.get("standard_name")), read
    )


def _of_classic(raw: bytes, source: str) -> NetcdfStore:
    try:
        file = netcdf_file(io.BytesIO(raw), mmap=False)
        variables = {
            str(name): (
                [str(dim) for dim in variable.dimensions],
                # SciPy gives big-endian arrays of its own.
                np.array(variable[...]) if variable.typecode() not in "Sc" else None,
                _plain(variable._attributes),  # noqa: SLF001 - it has no other list of them
            )
            for name, variable in file.variables.items()
        }
        attributes = _plain(file._attributes)  # noqa: SLF001
    except (*DAMAGED, struct.error, AssertionError, EOFError) as error:
        hint = "the file may be cut short: fetch it again"
        message = f"damaged NetCDF: {ascii(str(error))[:120]}"
        raise SourceError(message, source=source, hint=hint) from error

    def read(name: str) -> xr.Variable:
        dims, values, said = variables[name]
        if values is None or values.dtype.kind not in "iuf":
            return xr.Variable((), 0, said)
        native = values.astype(
            np.float64 if values.dtype.kind == "f" else values.dtype.newbyteorder("=")
        )
        return _variable(name, dims, native, said, source)

    return NetcdfStore(
        tuple(variables),
        attributes,
        lambda name: str(variables[name][2].get("standard_name", "")),
        read,
    )


def _variable(
    name: str, dims: list[str], values: np.ndarray, said: dict[str, object], source: str
) -> xr.Variable:
    if len(set(dims)) != len(dims) or len(dims) != values.ndim:
        raise SourceError(f"{ascii(name)[:60]} uses a dimension twice", source=source)
    return xr.Variable(tuple(dims), values, said)


def _plain(attributes: Mapping[str, object]) -> dict[str, object]:
    """Attributes of CF alone: texts and numbers, none of the library's own."""
    found: dict[str, object] = {}
    for name, value in attributes.items():
        if name in _OWN or name.startswith(_OWN_PREFIX):
            continue
        if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
            native = value.astype(value.dtype.newbyteorder("="))
            found[name] = native.ravel()[0] if native.size == 1 else native
        elif isinstance(value, np.number):
            found[name] = value.astype(value.dtype.newbyteorder("="))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = value
        elif said := text_of(value):
            found[name] = said
    return found
