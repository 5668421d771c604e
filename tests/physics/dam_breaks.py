"""Closed forms of dam breaks on flat ground without friction."""

from __future__ import annotations

import numpy as np

G = 9.80665


def stoker(x: np.ndarray, time_s: float, left_m: float, right_m: float) -> np.ndarray:
    """Depth of a dam break at x = 0 on a wet, frictionless bed (Stoker 1957)."""
    c0 = np.sqrt(G * left_m)

    def excess(middle: float) -> float:
        # Speed behind the shock less speed at the foot of the rarefaction.
        shock = (middle - right_m) * np.sqrt(0.5 * G * (1 / middle + 1 / right_m))
        return float(shock - 2 * (c0 - np.sqrt(G * middle)))

    low, high = right_m, left_m
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    speed = 2 * (c0 - np.sqrt(G * middle))
    front = speed * middle / (middle - right_m)
    fan = (2 * c0 - x / time_s) ** 2 / (9 * G)
    depth = np.where(x < -c0 * time_s, left_m, fan)
    depth = np.where(x > (speed - np.sqrt(G * middle)) * time_s, middle, depth)
    return np.where(x > front * time_s, right_m, depth)


def ritter(x: np.ndarray, time_s: float, left_m: float) -> np.ndarray:
    """Depth of a dam break at x = 0 on a dry, frictionless bed (Ritter 1892)."""
    c0 = np.sqrt(G * left_m)
    depth = np.where(x < -c0 * time_s, left_m, (2 * c0 - x / time_s) ** 2 / (9 * G))
    return np.where(x > 2 * c0 * time_s, 0, depth)
