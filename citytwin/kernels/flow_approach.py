"""The wind that arrives: profiles of speed and turbulence, and what keeps them going.

Over open ground the profile given must arrive unchanged at the far end. Diffusion and friction are
not exactly in balance with a measured profile, or with a power law; what is missing acts as a force
per level (in nature: the pressure gradient above), and per energy for the turbulence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.flow_grid import FlowGrid, Levels

KAPPA = 0.4
"""Constant of von Karman [-]."""
C_MU = 0.09
"""Constant of the eddy viscosity (Launder & Spalding 1974) [-]."""
Profile = NDArray[np.float64]


@dataclass(frozen=True)
class ApproachFlow:
    """Profiles of the undisturbed wind.

    Parameters
    ----------
    z_m
        Heights, shape (n,) [m], > 0, ascending.
    speed_m_s
        Mean speed there, shape (n,) [m/s], > 0.
    energy_m2_s2
        Turbulence energy there, shape (n,) [m2/s2], > 0.
    """

    z_m: Profile
    speed_m_s: Profile
    energy_m2_s2: Profile

    def __post_init__(self) -> None:
        for name in ("z_m", "speed_m_s", "energy_m2_s2"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.ndim != 1 or len(values) < 2 or not bool((values > 0).all()):
                msg = f"{name} of the approach flow is {values}"
                raise ConfigError(msg, hint="give two values or more, each above 0")
            object.__setattr__(self, name, values)
        if not bool((np.diff(self.z_m) > 0).all()):
            msg = f"the heights of the approach flow are {self.z_m}"
            raise ConfigError(msg, hint="give them from the ground up")

    def at(self, z_m: Profile | float) -> tuple[Profile, Profile]:
        """Speed [m/s] and energy [m2/s2], linear in the logarithm of the height.

        Below the lowest height the speed follows the power law of the two lowest.

        Parameters
        ----------
        z_m
            Heights, any shape [m], > 0.
        """
        log_z, known = np.log(np.maximum(z_m, 1e-6)), np.log(self.z_m)
        speed = np.interp(log_z, known, self.speed_m_s)
        rise = np.log(self.speed_m_s[1] / self.speed_m_s[0]) / (known[1] - known[0])
        low = self.speed_m_s[0] * np.exp(max(rise, 0.0) * (log_z - known[0]))
        speed = np.where(log_z < known[0], low, speed)
        return speed, np.interp(log_z, known, self.energy_m2_s2)

    def scalar_speed(self, z_m: float) -> float:
        """Mean scalar speed with turbulence, sqrt(U^2 + 2 k) [m/s].

        Parameters
        ----------
        z_m
            Height [m], > 0.
        """
        speed, energy = self.at(z_m)
        return float(np.sqrt(speed**2 + 2.0 * energy))


def logarithmic_flow(roughness_m: float, speed_10m_m_s: float = 5.0) -> ApproachFlow:
    """Neutral surface layer: logarithmic speed, constant stress (Richards & Hoxey 1993).

    Parameters
    ----------
    roughness_m
        Roughness length z0 [m], 0 to 3.
    speed_10m_m_s
        Speed at 10 m above the roughness length [m/s], > 0.
    """
    z = np.geomspace(max(roughness_m, 0.02), 1000.0, 80)
    friction = KAPPA * speed_10m_m_s / np.log(10.0 / roughness_m + 1.0)
    speed = friction / KAPPA * np.log(z / roughness_m + 1.0)
    return ApproachFlow(z, speed, np.full(len(z), friction**2 / np.sqrt(C_MU)))


class Balance(NamedTuple):
    """What the levels of a grid need of the approach flow."""

    speed: Levels
    energy: Levels
    length: Profile
    """Longest mixing length, shape (nz,) [m]."""
    force: Levels
    """Along the wind, shape (nz,) [m/s2]."""
    k_gain: Levels
    """Per energy, shape (nz,) [1/s]."""
    friction: float
    """Drag of the ground per root of energy [1/m]."""
    roughness_m: float
    """Roughness length of the ground that speed and energy of the first level mean."""


def balance(grid: FlowGrid, flow: ApproachFlow) -> Balance:
    """Find what keeps the approach flow as it is on the levels of a grid.

    The mixing length is that with which production and dissipation are equal, 0.4 z in a surface
    layer (Prandtl 1925).

    Parameters
    ----------
    grid
        The grid.
    flow
        The wind that arrives.
    """
    z, dz, per_rise = grid.z_m, grid.dz.astype(float), grid.per_rise.astype(float)
    speed, energy = flow.at(z)
    root = C_MU**0.25 * np.sqrt(energy)
    shear = np.maximum(np.gradient(speed, z), 1e-9)
    length = np.clip(root / shear, 0.3 * KAPPA * z, KAPPA * z)
    viscosity = root * length
    between = 0.5 * (viscosity[1:] + viscosity[:-1])
    stress = np.zeros(grid.nz + 1)
    stress[1:-1] = between * np.diff(speed) * per_rise[1:-1]
    stress[0] = root[0] ** 2
    # Through the top goes none: there the force is what a higher layer would pass down.
    # As the kernels see it: half a gradient to the zeros below the ground.
    padded = np.concatenate([[0.0], speed, speed[-1:]])
    seen = (padded[2:] - padded[:-2]) / (1.0 / per_rise[:-1] + 1.0 / per_rise[1:])
    spread = np.zeros(grid.nz + 1)
    spread[1:-1] = between * np.diff(energy) * per_rise[1:-1]
    made = viscosity * seen**2 - C_MU * energy**2 / viscosity + np.diff(spread) / dz
    return Balance(
        speed.astype(np.float32),
        energy.astype(np.float32),
        length,
        (-np.diff(stress) / dz).astype(np.float32),
        (-made / energy).astype(np.float32),
        float(root[0] * C_MU**0.25 / speed[0] / dz[0]),
        float(z[0] * np.exp(-KAPPA * speed[0] / root[0])),
    )
