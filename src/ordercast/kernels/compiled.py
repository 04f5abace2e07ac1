"""How the kernels are compiled: one signature each, for any view of a panel, read only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Keys = NDArray[np.uint64]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

CELLS = nb.types.Array(nb.float64, 2, "A", readonly=True)
MARKS = nb.types.Array(nb.boolean, 2, "A", readonly=True)
INDEX = nb.types.Array(nb.int64, 1, "A", readonly=True)
KEYS = nb.types.Array(nb.uint64, 1, "A", readonly=True)
LEVELS = nb.types.Array(nb.float64, 1, "A", readonly=True)
LINKS = nb.types.Array(nb.int64, 2, "A", readonly=True)
CUBES = nb.types.Array(nb.float64, 3, "A", readonly=True)
INT, FLOAT, TABLE, COLUMN, INDICES = nb.int64, nb.float64, nb.float64[:, ::1], nb.float64[::1], nb.int64[::1]
CUBE = nb.float64[:, :, ::1]


def jit(result: Any, *arguments: Any) -> Callable[[Kernel], Kernel]:
    """Compile for the argument types, keep the machine code beside the source, let go of the interpreter lock.

    result: a type, or a tuple of them. A division by zero gives what numpy's does: the compiler's checks for it keep it
    from dropping the counting of references to arrays, which costs most of the time of a short loop.
    """
    given = nb.types.Tuple(result) if isinstance(result, tuple) else result  # type: ignore[no-untyped-call]
    compiled: Callable[[Kernel], Kernel] = nb.njit(given(*arguments), cache=True, nogil=True, error_model="numpy")
    return compiled


def inlined(kernel: Kernel) -> Kernel:
    """Compile into each kernel that calls it: a call that hands over arrays counts references to each of them."""
    return cast("Kernel", nb.njit(inline="always", error_model="numpy")(kernel))


@jit(TABLE, INT, INT)
def room(rows: int, columns: int) -> Floats:
    """A table to be filled, (rows, columns).

    In the pages that the system has at hand: numpy asks for huge ones, which take long to find where memory is in use.
    """
    return np.empty((rows, columns))
