"""Lengths of the time steps of a flood: chosen, then kept for some steps while they are stable.

Parts of a grid that run on different machines must take the same steps. A step that is kept lets
them run on without asking each other, and since a run on one machine keeps to the same rule, both
take the same steps, bit by bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.named_arrays import put_back
from citytwin.model.checkpoints import NamedArrays

# A step that is longer than the longest stable one by less than this is not shortened.
_TOLERANCE = 1.05


class TimeStep(NamedTuple):
    """A time step.

    Parameters
    ----------
    dt_s
        Its length [s], > 0.
    time_s, until_s
        Its begin and end [s].
    is_stop
        Whether it ends at an output time.
    """

    dt_s: float
    time_s: float
    until_s: float
    is_stop: bool


class StepRule:
    """Chooses the time steps of a run.

    Parameters
    ----------
    dt_max_s
        Longest time step [s], > 0.
    steps_kept
        A step is kept for up to so many steps [-], >= 1.
    """

    def __init__(self, dt_max_s: float, steps_kept: int) -> None:
        self._dt_max_s, self._steps_kept = dt_max_s, steps_kept
        self._dt_s = 0.0
        self._kept = self._left = 0
        self.time_s, self.steps, self.dt_min_s = 0.0, 0, math.inf

    def choose(self, stop_s: float, longest_s: Callable[[float], float]) -> int:
        """Choose the length of the next steps where the one that was kept is used up or too long.

        Parameters
        ----------
        stop_s
            Output time at which a step must end [s], later than now.
        longest_s
            Longest stable step [s], given how long the water from outside enters [s]: without
            counting that a breach on dry ground would begin with one long step that heaps all its
            water on a few cells, and the largest depth would keep that heap for ever.

        Returns
        -------
        int
            Number of steps of this length that may come.
        """
        if self.is_kept(longest_s):
            return self._kept
        dt = min(self._dt_max_s, longest_s(0.0))
        while not dt <= _TOLERANCE * (longest := longest_s(dt)):
            dt = longest
        # Equal steps up to the output time, so that no tiny step is left over.
        self._left = math.ceil((stop_s - self.time_s) / dt)
        self._dt_s = (stop_s - self.time_s) / self._left
        self._kept = min(self._steps_kept, self._left)
        return self._kept

    def is_kept(self, longest_s: Callable[[float], float]) -> bool:
        """Whether the length that was chosen last is that of the next step as well.

        Parameters
        ----------
        longest_s
            Longest stable step [s], given how long the water from outside enters [s].

        Returns
        -------
        bool
            Whether it is, or another must be chosen.
        """
        return self._kept > 0 and self._dt_s <= _TOLERANCE * longest_s(self._dt_s)

    def take(self, stop_s: float) -> TimeStep:
        """Take one of the steps that were chosen.

        Parameters
        ----------
        stop_s
            Output time for which they were chosen [s].

        Returns
        -------
        TimeStep
            The step.
        """
        is_stop = self._left == 1
        until = stop_s if is_stop else self.time_s + self._dt_s
        step = TimeStep(self._dt_s, self.time_s, until, is_stop)
        self._left, self._kept = self._left - 1, self._kept - 1
        self.time_s, self.steps = until, self.steps + 1
        self.dt_min_s = min(self.dt_min_s, self._dt_s)
        return step

    def state(self) -> NamedArrays:
        """Return what the next steps depend on.

        Returns
        -------
        mapping
            Arrays of shape (n,).
        """
        return {
            "seconds": np.array([self._dt_s, self.time_s, self.dt_min_s]),
            "steps": np.array([self._kept, self._left, self.steps], dtype=np.int64),
        }

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        seconds: NDArray[np.float64] = np.empty(3)
        steps = np.empty(3, dtype=np.int64)
        put_back(seconds, state, "seconds")
        put_back(steps, state, "steps")
        self._dt_s, self.time_s, self.dt_min_s = seconds.tolist()
        self._kept, self._left, self.steps = steps.tolist()
