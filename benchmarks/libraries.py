"""The peers' libraries, imported only when asked, and the features that mlforecast is given.

Nothing of Ordercast's is imported here, so that a peer's process holds the peer alone.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

LAGS = {1: (1, 2, 3, 5, 7, 14, 28), 7: (1, 2, 3, 4, 8, 13, 26)}  # days a step -> lags, in steps
MEANS = {1: (7, 14, 28, 56), 7: (4, 8, 13, 26)}
DEVIATIONS = {1: (7, 28), 7: (4, 13)}


class MissingPeer(ImportError):
    """A peer's library is not installed here."""


def library(name: str) -> ModuleType:
    """The imported library. Raises MissingPeer, which says how to get it."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPeer(
            f"{name} is not installed here. `make bench-env` sets up .venv-bench with the peers; run the benchmarks "
            "with its python, or name the models to run without them: --models ordercast naive naive_empirical"
        ) from error


def rolling(step_days: int) -> list[Any]:
    """mlforecast's rolling means and deviations, six in all; with seven lags and the weekday they are 14 features."""
    tools = library("mlforecast.lag_transforms")
    means = [tools.RollingMean(window_size=size) for size in MEANS[step_days]]
    return means + [tools.RollingStd(window_size=size) for size in DEVIATIONS[step_days]]
