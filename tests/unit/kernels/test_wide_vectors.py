"""A mark that lets the compiler use the widest vectors."""

import numpy as np
from numba import config, njit

from citytwin.kernels.wide_vectors import wide_vectors


@njit(error_model="numpy")
def _doubled(numbers: np.ndarray) -> np.ndarray:
    wide_vectors()
    out = np.empty_like(numbers)
    for i in range(numbers.shape[0] - 1):
        out[i] = numbers[i] + numbers[i]
    out[numbers.shape[0] - 1] = np.float32(-1.0)
    return out


def test_the_function_that_calls_it_is_marked_and_loses_no_statement() -> None:
    """With rests of vectors of any length; interpreted there is nothing to mark."""
    for n in (1, 15, 16, 17, 100):
        numbers = np.arange(n, dtype=np.float32)
        wanted = np.append(2 * numbers[:-1], np.float32(-1.0))
        assert np.array_equal(_doubled(numbers), wanted)
    if config.DISABLE_JIT:
        return
    (text,) = _doubled.inspect_llvm().values()
    assert '"prefer-vector-width"="512"' in text
