"""What a price gives back: its expected departure as a linear function of its distance from its own past.

Trees draw steps where there is a line, and noisy prices allow only a few rounds of them. A ridge regression (Hoerl &
Kennard 1970) on the distances of a price from its means, from the market and from its list price, one per range of
horizons, says what they leave unsaid. It is judged on blocks of time it was not fitted on, all that the history has
(Bergmeir, Hyndman & Koo 2018): its few coefficients need no window to stop them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ordercast import calibrate
from ordercast.features import TARGET_LIMIT, Rows
from ordercast.states import Floats, Ints

TERMS = re.compile(
    r"over_mean_\d+[dq]|change_1d|over_other_suppliers|over_usual_distance"
    r"|market_since_(quote|change)|change_less_market_\d+d"
)
MOST_STEPS = 15.0  # usual ones: a longer distance counts as that
RIDGE, LEAST_RIDGE = 0.1, 1.0  # of each term's own square, and beside it, for one that has hardly ever moved
BORROWED = 0.3  # the weight of the errors of a neighbouring range of horizons
BLOCK_DAYS = 91  # of origins that are told by the others, or as far as is foreseen
DIGITS = 4  # of coefficients: the last bit of a sum differs between CPUs


def names(features: Sequence[str]) -> list[str]:
    """Those of a row's features that the departure is linear in: TERMS in their order, then what the level foresees."""
    return [*filter(TERMS.fullmatch, features), "level_forecast"]


def terms(at: Rows) -> Floats:
    """What the departure is linear in, (rows, terms) in the order of `names`, told in the scale of the target."""
    told = at.x[:, [at.names.index(name) for name in names(at.names)]].astype(np.float64)
    told[np.isnan(told)] = 0.0
    steps = np.clip(told[:, :-1], -MOST_STEPS, MOST_STEPS)
    return np.column_stack([steps * (at.unit / at.scale)[:, None], at.level_forecast()])


def fit(at: Rows, actual: Floats, step_days: int) -> Floats:
    """Coefficients (ranges of horizons, terms) learned from rows whose scaled departures came out as `actual`."""
    square, cross = _sums(terms(at), actual, _bucket(at, step_days), np.zeros(len(actual), dtype=np.int64))
    return _solved(square[0], cross[0])


def crossed(at: Rows, actual: Floats, step_days: int) -> Floats:
    """The departure of each row by the coefficients of other times, (rows,).

    Those are fitted without its block of origins and the two beside it, whose targets may lie in it; where no others
    are left nothing is foreseen.
    """
    term, bucket = terms(at), _bucket(at, step_days)
    block = at.origin * step_days // max(BLOCK_DAYS, step_days * (int(at.horizon.max(initial=0)) + 1))
    square, cross = _sums(term, actual, bucket, block)
    out = np.zeros(len(actual))
    for b in range(len(square)):
        near = slice(max(b - 1, 0), b + 2)
        rest = _solved(square.sum(axis=0) - square[near].sum(axis=0), cross.sum(axis=0) - cross[near].sum(axis=0))
        own = block == b
        out[own] = _told(rest, term[own], bucket[own])
    return out


def foreseen(line: Floats, at: Rows, step_days: int) -> Floats:
    """The departure of each row, (rows,), by the coefficients of `fit`."""
    return _told(line, terms(at), _bucket(at, step_days))


def shares(line: Floats, at: Rows, step_days: int) -> Floats:
    """What each term adds to it, (rows, terms) in the order of `names`."""
    return np.asarray(terms(at) * line[_bucket(at, step_days)])


def _told(line: Floats, term: Floats, bucket: Ints) -> Floats:
    return np.asarray(np.clip((term * line[bucket]).sum(axis=1), -TARGET_LIMIT, TARGET_LIMIT))


def _bucket(at: Rows, step_days: int) -> Ints:
    return calibrate.horizon_bucket(at.horizon * step_days)


def _sums(term: Floats, actual: Floats, bucket: Ints, block: Ints) -> tuple[Floats, Floats]:
    """Sums of products by block and range: of terms (blocks, ranges, terms, terms), and with the actual departure."""
    ranges, count = calibrate.RANGES, term.shape[1]
    cells = ranges * (int(block.max(initial=0)) + 1)
    cell = ranges * block + bucket
    order = np.argsort(cell, kind="stable")
    ends = np.searchsorted(cell[order], np.arange(cells + 1))
    square, cross = np.zeros((cells, count, count)), np.zeros((cells, count))
    for k in range(cells):
        own = order[ends[k] : ends[k + 1]]
        square[k], cross[k] = term[own].T @ term[own], term[own].T @ actual[own]
    return square.reshape(-1, ranges, count, count), cross.reshape(-1, ranges, count)


def _solved(square: Floats, cross: Floats) -> Floats:
    """The coefficients of each range, from its sums and a share of its neighbours'."""
    square, cross = (_with_neighbours(each) for each in (square, cross))
    own = np.einsum("rkk->rk", square)
    ridge = RIDGE * own + LEAST_RIDGE
    found = np.linalg.solve(square + ridge[:, :, None] * np.eye(square.shape[1]), cross[:, :, None])[:, :, 0]
    return np.asarray(np.round(found, DIGITS), dtype=np.float64)


def _with_neighbours(sums: Floats) -> Floats:
    out = sums.copy()
    out[1:] += BORROWED * sums[:-1]
    out[:-1] += BORROWED * sums[1:]
    return out
