"""Inlets of culverts: the constants by which each lets water pass, of pipes and of boxes.

Source: Schall et al. (2012), Hydraulic Design of Highway Culverts, HDS-5, 3rd edition, table A.1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_CONCRETE, _METAL = 0.013, 0.024


class CulvertInlet(NamedTuple):
    """An inlet, of a barrel that is a pipe or a box.

    Parameters
    ----------
    name
        As in tables.
    chart
        Chart and scale of HDS-5.
    is_pipe
        Whether the barrel is round.
    form
        Which equation holds while the inlet is free: 1 from the critical head, 2 a power of the
        discharge.
    k, m
        Constants of that equation [-].
    c, y
        Constants of the equation of the drowned inlet [-].
    slope_factor
        By which the fall of the barrel counts [-].
    entrance_loss
        In velocity heads of the barrel [-].
    manning
        Manning's n of the barrel [s/m^(1/3)].
    """

    name: str
    chart: str
    is_pipe: bool
    form: int
    k: float
    m: float
    c: float
    y: float
    slope_factor: float
    entrance_loss: float
    manning: float


INLETS = (
    CulvertInlet("box_headwall_chamfered", "10-1", False, 2, 0.515, 0.667, 0.0375, 0.79, -0.5, 0.5, _CONCRETE),
    CulvertInlet("box_headwall_beveled_45", "10-2", False, 2, 0.495, 0.667, 0.0314, 0.82, -0.5, 0.2, _CONCRETE),
    CulvertInlet("box_headwall_beveled_34", "10-3", False, 2, 0.486, 0.667, 0.0252, 0.865, -0.5, 0.2, _CONCRETE),
    CulvertInlet("box_wingwalls_30_to_75", "8-1", False, 1, 0.026, 1.0, 0.0347, 0.81, -0.5, 0.4, _CONCRETE),
    CulvertInlet("box_wingwalls_15", "8-2", False, 1, 0.061, 0.75, 0.0400, 0.80, -0.5, 0.5, _CONCRETE),
    CulvertInlet("box_wingwalls_parallel", "8-3", False, 1, 0.061, 0.75, 0.0423, 0.82, -0.5, 0.7, _CONCRETE),
    CulvertInlet("pipe_concrete_headwall", "1-1", True, 1, 0.0098, 2.0, 0.0398, 0.67, -0.5, 0.5, _CONCRETE),
    CulvertInlet("pipe_concrete_groove_headwall", "1-2", True, 1, 0.0018, 2.0, 0.0292, 0.74, -0.5, 0.2, _CONCRETE),
    CulvertInlet("pipe_concrete_groove_projecting", "1-3", True, 1, 0.0045, 2.0, 0.0317, 0.69, -0.5, 0.2, _CONCRETE),
    CulvertInlet("pipe_metal_headwall", "2-1", True, 1, 0.0078, 2.0, 0.0379, 0.69, -0.5, 0.5, _METAL),
    CulvertInlet("pipe_metal_mitered", "2-2", True, 1, 0.0210, 1.33, 0.0463, 0.75, 0.7, 0.7, _METAL),
    CulvertInlet("pipe_metal_projecting", "2-3", True, 1, 0.0340, 1.5, 0.0553, 0.54, -0.5, 0.9, _METAL),
    CulvertInlet("pipe_beveled_45", "3-A", True, 1, 0.0018, 2.5, 0.0300, 0.74, -0.5, 0.2, _CONCRETE),
    CulvertInlet("pipe_beveled_34", "3-B", True, 1, 0.0018, 2.5, 0.0243, 0.83, -0.5, 0.2, _CONCRETE),
)  # fmt: skip
"""Schall et al. (2012), Hydraulic design of highway culverts (HDS-5, 3rd edition), FHWA: tables A.1
(inlets) and C.2 (entrance losses); corrugated metal as in its chart 6. The first is meant where no
inlet is said."""
INLET_NAMES = tuple(inlet.name for inlet in INLETS)
PIPE_INLETS = frozenset(inlet.name for inlet in INLETS if inlet.is_pipe)
INLET_NUMBERS = np.array([inlet[2:10] for inlet in INLETS], dtype=np.float64)
"""From `is_pipe` to `entrance_loss`, shape (n, 8), for compiled code."""
