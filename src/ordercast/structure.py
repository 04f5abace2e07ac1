"""What the level filter knows of prices, kept at the steps where somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import levels

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Structure:
    """kept: (series, kept steps, 4) float32, see `levels.structures`; place: (steps,) of each in it, -1 for none."""

    kept: NDArray[np.float32]
    place: Ints

    def at(self, series: Ints, step: Ints) -> NDArray[np.float64]:
        """What was known at each pair of a series and a step, (pairs, 4). Raises ValueError for a step not kept."""
        place = self.place[step]
        if (place < 0).any():
            raise ValueError("the structure of prices is asked for at a step at which it was not kept")
        return self.kept[series, place].astype(np.float64)

    def steps(self, steps: slice) -> Structure:
        """That of a slice of the steps (a view)."""
        place = self.place[steps]
        there = place[place >= 0]
        begin, end = (int(there[0]), int(there[-1]) + 1) if len(there) else (0, 0)
        return Structure(self.kept[:, begin:end], np.where(place < 0, -1, place - begin))

    def take(self, series: NDArray[np.bool_] | slice) -> Structure:
        """That of the series marked true, or of a slice of them."""
        return replace(self, kept=self.kept[series])

    def extended(self, change: NDArray[np.float64]) -> Structure:
        """With one more step, in which the log prices changed by (series,) and nothing else became known."""
        last = self.at(np.arange(len(self.kept)), np.full(len(self.kept), len(self.place) - 1))
        moved = levels.moved(last.astype(np.float32), change)
        return Structure(np.concatenate([self.kept, moved[:, None]], axis=1), np.append(self.place, self.kept.shape[1]))
