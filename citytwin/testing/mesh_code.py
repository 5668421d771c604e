"""Standard grid-square codes of JIS X 0410, by which PLATEAU names its files."""

from __future__ import annotations

import math

# A boundary such as 35.15 N is not exact in binary: a point within this many cells of the
# next line belongs to the next cell, as the decimal number says.
_SNAP_CELLS = 1e-9


def second_mesh_code(latitude_deg: float, longitude_deg: float) -> str:
    """Six-digit code of the 5' x 7.5' cell (about 10 km) that holds a point.

    Parameters
    ----------
    latitude_deg, longitude_deg
        JGD2011 degrees; 20-46 N and 122-154 E cover Japan.

    Returns
    -------
    str
        For example ``"533946"``.
    """
    return third_mesh_code(latitude_deg, longitude_deg)[:6]


def third_mesh_code(latitude_deg: float, longitude_deg: float) -> str:
    """Eight-digit code of the 30" x 45" cell (about 1 km) that holds a point.

    Parameters
    ----------
    latitude_deg, longitude_deg
        JGD2011 degrees; 20-46 N and 122-154 E cover Japan.

    Returns
    -------
    str
        For example ``"53394611"``.
    """
    row = math.floor(latitude_deg * 120.0 + _SNAP_CELLS)
    column = math.floor((longitude_deg - 100.0) * 80.0 + _SNAP_CELLS)
    first_row, row = divmod(row, 80)
    first_column, column = divmod(column, 80)
    second_row, third_row = divmod(row, 10)
    second_column, third_column = divmod(column, 10)
    return f"{first_row:02d}{first_column:02d}{second_row}{second_column}{third_row}{third_column}"


def third_mesh_bounds(code: str) -> tuple[float, float, float, float]:
    """South, west, north and east edge [degrees] of a third-level cell.

    Parameters
    ----------
    code
        Eight digits.
    """
    row = int(code[0:2]) * 80 + int(code[4]) * 10 + int(code[6])
    column = int(code[2:4]) * 80 + int(code[5]) * 10 + int(code[7])
    return row / 120.0, 100.0 + column / 80.0, (row + 1) / 120.0, 100.0 + (column + 1) / 80.0
