"""Speeds at which wind roses change colour."""

from __future__ import annotations

SPEEDS_M_S = (0.5, 2.0, 4.0, 6.0, 8.0, 10.0)
"""Begin of each class; calms lie below the first, the last is open upwards [m/s]."""
