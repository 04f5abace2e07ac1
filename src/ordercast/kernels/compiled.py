"""How the kernels are compiled: one signature each, for any view of a panel, read only."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
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
SOLID = nb.types.Array(nb.float64, 3, "C", readonly=True)  # no gaps, so that loops over its rows can be vectorised
INT, FLOAT, TABLE, COLUMN, INDICES = nb.int64, nb.float64, nb.float64[:, ::1], nb.float64[::1], nb.int64[::1]
CUBE = nb.float64[:, :, ::1]
_settings: Any = nb.config


def cache_folder(kernels: Path) -> Path:
    """Where the machine code of a folder of kernels is kept: in one of its own for every state of all their sources.

    Kernels are compiled into those that call them, and the compiler looks for changes in the caller's file alone.
    """
    sources = sorted(kernels.glob("*.py"))
    state = hashlib.sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:16]
    return Path(_settings.CACHE_DIR or kernels / "__pycache__") / f"kernels-{state}"


CACHE = cache_folder(Path(__file__).parent)
if not _settings.CACHE_DIR and not CACHE.exists():
    for older in set(CACHE.parent.glob("kernels-*")) - {CACHE}:  # another process may have begun to fill it
        shutil.rmtree(older, ignore_errors=True)


def jit(result: Any, *arguments: Any) -> Callable[[Kernel], Kernel]:
    """Compile for the argument types, keep the machine code in CACHE, let go of the interpreter lock.

    result: a type, or a tuple of them. A division by zero gives what numpy's does: the compiler's checks for it keep it
    from dropping the counting of references to arrays, which costs most of the time of a short loop.
    """
    given = nb.types.Tuple(result) if isinstance(result, tuple) else result  # type: ignore[no-untyped-call]

    def compiled(kernel: Kernel) -> Kernel:
        usual, _settings.CACHE_DIR = _settings.CACHE_DIR, str(CACHE)
        try:
            return cast("Kernel", nb.njit(given(*arguments), cache=True, nogil=True, error_model="numpy")(kernel))
        finally:
            _settings.CACHE_DIR = usual

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
