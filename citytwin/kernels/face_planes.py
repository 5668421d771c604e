"""Best plane through the vertices of a polygon, and how far they lie off it."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_SWEEPS = 30


@njit(cache=True, nogil=True, forceinline=True)
def area_vector(xyz: np.ndarray, vertices: np.ndarray, out: np.ndarray) -> None:
    """Normal of a ring whose length is its area, by Newell's method (Sutherland et al., 1974).

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): coordinates [m].
    vertices
        Shape (n,): vertices of the ring in order (int64).
    out
        Shape (3,): filled [m2].
    """
    origin = vertices[0]
    out[:] = 0.0
    for v in range(1, len(vertices) - 1):
        a, b = vertices[v], vertices[v + 1]
        for k in range(3):
            i, j = (k + 1) % 3, (k + 2) % 3
            out[k] += 0.5 * (
                (xyz[a, i] - xyz[origin, i]) * (xyz[b, j] - xyz[origin, j])
                - (xyz[a, j] - xyz[origin, j]) * (xyz[b, i] - xyz[origin, i])
            )


@njit(cache=True, nogil=True, forceinline=True)
def sum_of_squares(
    xyz: np.ndarray, vertices: np.ndarray, middle: np.ndarray, normal: np.ndarray
) -> float:
    """Sum of the squared distances of vertices from a plane [m2].

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): coordinates [m].
    vertices
        Shape (n,): vertices of the polygon (int64).
    middle
        Shape (3,): point of the plane [m].
    normal
        Shape (3,): unit normal, any unit of length.
    """
    total = 0.0
    for v in vertices:
        distance = 0.0
        for k in range(3):
            distance += (xyz[v, k] - middle[k]) * normal[k]
        total += distance * distance
    return total


@njit(cache=True, nogil=True)
def least_squares_normal(
    xyz: np.ndarray, vertices: np.ndarray, middle: np.ndarray, out: np.ndarray
) -> None:
    """Normal of the plane with the least sum of squared distances to some vertices.

    It is the eigenvector of the smallest eigenvalue of their scatter matrix, found by rotations
    (Jacobi 1846; Golub and Van Loan 2013, section 8.5).

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): coordinates [m].
    vertices
        Shape (n,): vertices of the polygon (int64).
    middle
        Shape (3,): their mean [m].
    out
        Shape (3,): filled with a unit normal, any unit of length.
    """
    scatter = np.zeros((3, 3))
    for v in vertices:
        for i in range(3):
            for j in range(3):
                scatter[i, j] += (xyz[v, i] - middle[i]) * (xyz[v, j] - middle[j])
    axes = np.eye(3)
    size = scatter[0, 0] + scatter[1, 1] + scatter[2, 2]
    for _ in range(_SWEEPS):
        rest = abs(scatter[0, 1]) + abs(scatter[0, 2]) + abs(scatter[1, 2])
        if rest <= 1e-18 * size:
            break
        _rotate(scatter, axes, 0, 1)
        _rotate(scatter, axes, 0, 2)
        _rotate(scatter, axes, 1, 2)
    least = 0
    for k in (1, 2):
        if scatter[k, k] < scatter[least, least]:
            least = k
    out[:] = axes[:, least]


@njit(cache=True, nogil=True)
def _rotate(matrix: np.ndarray, axes: np.ndarray, p: int, q: int) -> None:
    """One Jacobi rotation that makes an element of a symmetric matrix zero."""
    if matrix[p, q] == 0.0:
        return
    theta = (matrix[q, q] - matrix[p, p]) / (2.0 * matrix[p, q])
    t = math.copysign(1.0, theta) / (abs(theta) + math.sqrt(theta * theta + 1.0))
    c = 1.0 / math.sqrt(t * t + 1.0)
    s = t * c
    for k in range(3):
        a, b = matrix[k, p], matrix[k, q]
        matrix[k, p], matrix[k, q] = c * a - s * b, s * a + c * b
    for k in range(3):
        a, b = matrix[p, k], matrix[q, k]
        matrix[p, k], matrix[q, k] = c * a - s * b, s * a + c * b
    for k in range(3):
        a, b = axes[k, p], axes[k, q]
        axes[k, p], axes[k, q] = c * a - s * b, s * a + c * b


@njit(cache=True, nogil=True, forceinline=True)
def plane_axes(normal: np.ndarray, axes: np.ndarray) -> None:
    """Two axes in a plane, right-handed with its normal; along x and y for level planes.

    Parameters
    ----------
    normal
        Shape (3,): unit normal, any unit of length.
    axes
        Shape (2, 3): filled with unit vectors, any unit of length.
    """
    largest = 0
    for k in (1, 2):
        if abs(normal[k]) > abs(normal[largest]):
            largest = k
    # The next axis in the circle x, y, z, made perpendicular to the normal.
    start = (largest + 1) % 3
    for k in range(3):
        axes[0, k] = (1.0 if k == start else 0.0) - normal[start] * normal[k]
    length = math.sqrt(axes[0, 0] ** 2 + axes[0, 1] ** 2 + axes[0, 2] ** 2)
    for k in range(3):
        axes[0, k] /= length
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        axes[1, k] = normal[i] * axes[0, j] - normal[j] * axes[0, i]
