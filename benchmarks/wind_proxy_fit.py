"""Fit the exponents of the pedestrian wind proxy and print how well they hold.

Run: ``CITYTWIN_SAMPLES=<folder> python benchmarks/wind_proxy_fit.py``. The folder must hold
``wind/aij_e`` and ``wind/aij_c``: measurements of the Architectural Institute of Japan (AIJ),
CC BY 4.0, as credited in ``citytwin/kernels/wind_proxy.py``.

Fit on case E (Niigata, wind from N, E, S, W), each direction left out in turn; check on case C
(cube array, the other "town") with the exponents of all of E. Probe 51 of E lies under a canopy
and is left out. The table of E gives speeds over the inflow at 15.9 m; they are turned here into
ratios at the probes' own height of 2 m with the measured inflow, which is how case C is given.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import rasterio

from citytwin.kernels.sheltering import sheltering
from citytwin.kernels.wind_proxy import DOWNWIND_EXPONENT, FETCH_M, UPWIND_EXPONENT

WIND_FROM_DEG = {"R_N": 0.0, "R_E": 90.0, "R_S": 180.0, "R_W": 270.0}
CUBE_M = 20.0
"""Case C at 1 : 100: cubes of 0.2 m stand for houses of 20 m, probes at 0.02 m for 2 m."""


def read_csv(path: Path) -> list[dict[str, float]]:
    """All rows of a table of numbers."""
    with path.open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def same_height_factor(inflow: list[dict[str, float]]) -> float:
    """Inflow at 15.9 m over inflow at 2 m, linear in the logarithm of height."""
    log_z = np.log([250.0 * row["z_over_250m"] for row in inflow])
    speed = [row["U_over_U250"] for row in inflow]
    return float(np.interp(np.log(15.9), log_z, speed) / np.interp(np.log(2.0), log_z, speed))


def frontal_area(height: np.ndarray, wind_from_deg: float, rows, cols) -> np.ndarray:
    """Walls that face the wind per ground area of the 100 m around cells of 1 m: shape (n,)."""
    turned = np.rot90(np.nan_to_num(height), round(wind_from_deg / 90.0))  # wind from the top
    rise = np.maximum(np.diff(turned, axis=0, prepend=0.0), 0.0)
    rise = np.rot90(rise, -round(wind_from_deg / 90.0))
    total = np.pad(rise.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    low_row, high_row = (np.clip(rows + k, 0, height.shape[0]) for k in (-50, 50))
    low_col, high_col = (np.clip(cols + k, 0, height.shape[1]) for k in (-50, 50))
    inside = total[high_row, high_col] - total[low_row, high_col]
    inside -= total[high_row, low_col] - total[low_row, low_col]
    return inside / 1e4


def features_of(height: np.ndarray, wind_from_deg: float, rows, cols) -> np.ndarray:
    """Log free distance over fetch, upwind and downwind, and frontal area: shape (n, 3)."""
    area = frontal_area(height, wind_from_deg, rows, cols)
    return np.column_stack([log_shares(height, wind_from_deg, rows, cols), area])


def log_shares(height: np.ndarray, wind_from_deg: float, rows, cols) -> np.ndarray:
    """Log of free distance over fetch, upwind and downwind, at cells: shape (n, 2)."""
    features = sheltering(height, 1.0, np.radians([wind_from_deg]), FETCH_M)
    pair = features.up_log_distance[0, rows, cols], features.down_log_distance[0, rows, cols]
    return np.stack(pair, axis=1).astype(float) - np.log(FETCH_M)


def case_e(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Features (4, n, 3) and measured ratios at 2 m (4, n)."""
    probes = [row for row in read_csv(folder / "probes_after.csv") if row["id"] != 51]
    factor = same_height_factor(read_csv(folder / "inflow.csv"))
    with rasterio.open(folder / "dsm_1m.tif") as source:
        height, to_map = source.read(1), source.transform
    cols = np.array([int(np.floor(p["x_m"] - to_map.c)) for p in probes])  # 1 m cells
    rows = np.array([int(np.floor(to_map.f - p["y_m"])) for p in probes])
    x = np.array([features_of(height, deg, rows, cols) for deg in WIND_FROM_DEG.values()])
    return x, np.array([[factor * p[key] for p in probes] for key in WIND_FROM_DEG])


def cube_array(middle_m: float) -> np.ndarray:
    """Case C at 1 m: 3 x 3 cubes 40 m apart, the middle one of another height."""
    centre = np.arange(500) + 0.5 - 250.0
    x, y = np.meshgrid(centre, -centre)
    height = np.zeros((500, 500), dtype=np.float32)
    for east in (-40, 0, 40):
        for north in (-40, 0, 40):
            cube = (abs(x - east) < CUBE_M / 2) & (abs(y - north) < CUBE_M / 2)
            height[cube] = middle_m if east == north == 0 else CUBE_M
    return height


def case_c(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, 3) and measured ratios (n,) of the three arrays, wind from the west."""
    probes = read_csv(folder / "probes_angle_0p0.csv")
    # Probes on a border between two cells belong to the one to the north or east.
    rows = np.array([np.floor(250.0 - 100.0 * p["y_m"] - 1e-9) for p in probes]).astype(int)
    cols = np.array([np.floor(250.0 + 100.0 * p["x_m"] + 1e-9) for p in probes]).astype(int)
    x, y = [], []
    for key, middle_m in (("R_0H", 0.0), ("R_1H", CUBE_M), ("R_2H", 2 * CUBE_M)):
        x.append(features_of(cube_array(middle_m), 270.0, rows, cols))
        y.append([p[key] for p in probes])
    return np.concatenate(x), np.concatenate(y)


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Least squares exponents of log ratio = exponents . log shares (1 in the open)."""
    return np.linalg.lstsq(x.reshape(-1, x.shape[-1]), np.log(y.ravel()), rcond=None)[0]


def score(measured: np.ndarray, modelled: np.ndarray) -> str:
    """R, RMSE, fractional bias, share within a factor of two."""
    o, m = measured.ravel(), modelled.ravel()
    bias = 2 * (o.mean() - m.mean()) / (o.mean() + m.mean())
    return (
        f"R {np.corrcoef(o, m)[0, 1]:.2f}  RMSE {np.sqrt(np.mean((m - o) ** 2)):.3f}  "
        f"FB {bias:+.2f}  FAC2 {np.mean((m > 0.5 * o) & (m < 2 * o)):.3f}  n {o.size}"
    )


def cross_validated(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ratios of each direction from the exponents of the others."""
    made = np.empty_like(y)
    for d in range(len(y)):
        others = [k for k in range(len(y)) if k != d]
        made[d] = np.exp(x[d] @ fit(x[others], y[others]))
    return made


def main() -> None:
    """Print exponents and scores."""
    folder = Path(os.environ["CITYTWIN_SAMPLES"]) / "wind"
    (with_area, y), (with_area_c, yc) = case_e(folder / "aij_e"), case_c(folder / "aij_c")
    x, xc = with_area[..., :2], with_area_c[:, :2]
    left_out = cross_validated(x, y)
    for d, key in enumerate(WIND_FROM_DEG):
        print(f"E {key[2:]} left out       {score(y[d], left_out[d])}")
    print(f"E each left out    {score(y, left_out)}")
    exponents = fit(x, y)
    print(f"E in sample        {score(y, np.exp(x @ exponents))}")
    for k, name in enumerate(("0H", "1H", "2H")):
        part = slice(120 * k, 120 * (k + 1))
        print(f"E -> C {name}          {score(yc[part], np.exp(xc[part] @ exponents))}")
    print(f"E -> C             {score(yc, np.exp(xc @ exponents))}")
    print(f"C -> E             {score(y, np.exp(x @ fit(xc, yc)))}")
    print(f"fitted    upwind {exponents[0]:.3f}  downwind {exponents[1]:.3f}")
    print(f"in kernel upwind {UPWIND_EXPONENT:.3f}  downwind {DOWNWIND_EXPONENT:.3f}")
    print(f"measured over 1: E {np.mean(y > 1):.3f}, C {np.mean(yc > 1):.3f} of all probes")
    print("with the frontal area index of the 100 m around each probe as a third term:")
    both = fit(with_area, y)
    print(f"E each left out    {score(y, cross_validated(with_area, y))}")
    print(f"E -> C             {score(yc, np.exp(with_area_c @ both))}")
    print(f"C -> E             {score(y, np.exp(with_area @ fit(with_area_c, yc)))}")
    print(f"fitted    upwind {both[0]:.3f}  downwind {both[1]:.3f}  frontal area {both[2]:+.3f}")


if __name__ == "__main__":
    main()
