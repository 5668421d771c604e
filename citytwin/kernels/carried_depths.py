"""Depths that are added in single precision: what rounding drops waits for the next step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.named_arrays import put_back
from citytwin.model.checkpoints import NamedArrays


class CarriedDepths:
    """What waits of several depths.

    Parameters
    ----------
    name
        Of the depths in the state of a run.
    number
        How many there are, >= 0.
    """

    def __init__(self, name: str, number: int) -> None:
        self._name, self._waiting_m = name, np.zeros(number)

    def rounded(self, due_m: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return what can be added now; the rest waits.

        Parameters
        ----------
        due_m
            Depths of a step, shape (number,), float64 [m].

        Returns
        -------
        numpy.ndarray
            Shape (number,), float32 [m], >= 0.
        """
        due = due_m + self._waiting_m
        now = np.maximum(due, 0.0).astype(np.float32)
        self._waiting_m[:] = due - now
        return now

    def state(self) -> NamedArrays:
        """Return what waits for the next step.

        Returns
        -------
        mapping
            Depths, shape (number,), float64 [m].
        """
        return {self._name: self._waiting_m}

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        put_back(self._waiting_m, state, self._name)
