"""States of runs as arrays by name: joined, taken apart, put back."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from citytwin.model.checkpoints import NamedArrays


def below(name: str, arrays: NamedArrays) -> NamedArrays:
    """Return arrays under the name of the part that they belong to.

    Parameters
    ----------
    name
        Of the part.
    arrays
        Arrays of any shape.

    Returns
    -------
    mapping
        The same arrays.
    """
    return {f"{name}.{key}": array for key, array in arrays.items()}


def part(name: str, arrays: NamedArrays) -> NamedArrays:
    """Return the arrays of a part under the names that they have in it.

    Parameters
    ----------
    name
        Of the part.
    arrays
        Arrays of all parts, of any shape.

    Returns
    -------
    mapping
        The same arrays.
    """
    head = f"{name}."
    return {key[len(head) :]: array for key, array in arrays.items() if key.startswith(head)}


def put_back(target: NDArray[Any], arrays: NamedArrays, name: str) -> None:
    """Write a kept array over one that has its shape and type.

    Parameters
    ----------
    target
        Array of any shape [any unit], changed in place.
    arrays
        Kept arrays.
    name
        Which of them.

    Raises
    ------
    ValueError
        Where it is missing or of another shape or type: the state is that of another run.
    """
    kept = arrays.get(name)
    if kept is None or kept.shape != target.shape or kept.dtype != target.dtype:
        found = "missing" if kept is None else f"{kept.dtype} {kept.shape}"
        raise ValueError(f"{name} is {found}, expected {target.dtype} {target.shape}")
    target[...] = kept
