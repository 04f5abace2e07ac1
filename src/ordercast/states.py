"""The state of a series at an origin: what its past says of it, free of scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ordercast.panel import LIVE_DAYS, Panel, rounded_log
from ordercast.params import Features

Floats = NDArray[np.float64]
YEAR_DAYS = 364  # whole weeks, so that a weekday meets its like
PRIOR_STEPS = 10  # a series' volatility counts as this many steps of the prior before it has its own
PRIOR_VOLATILITY = 0.01
USUAL_STEP = 0.6931472  # log 2: a price that doubles in a step counts as no more, or a typing error rules the scale


@dataclass(frozen=True)
class State:
    """What is known of every series at one origin.

    features: name -> (series,). base, scale: the forecast is base + scale * model output * spread(horizon), for prices
    on the log scale. group: (series,) small integer, the cluster in which skill and spread are judged.
    """

    features: dict[str, Floats]
    base: Floats
    scale: Floats
    group: NDArray[np.int64]


def window_steps(days: int, known: Panel) -> int:
    return days // known.step_days


def _age(known: Panel) -> NDArray[np.int64]:
    return np.clip(known.steps - 1 - known.first, 0, YEAR_DAYS // known.step_days)


def _means(z: Floats, known: Panel, spec: Features) -> dict[str, Floats]:
    return {
        f"over_mean_{days}d": z[:, -1] - z[:, -window_steps(days, known) :].mean(axis=1)
        for days in spec.mean_days
        if days >= 2 * known.step_days
    }


def price_state(known: Panel, spec: Features) -> State:
    """State of price series: changes, distance to means and range, volatility, stickiness, rank among suppliers.

    The target scale is the root mean squared step of the last 182 days, shrunk to a fixed prior (never to the other
    series at hand, so that a forecast does not depend on which products are asked for together).
    """
    z = known.z
    step = np.diff(z, axis=1, prepend=z[:, :1])
    changed = step != 0
    age = _age(known)
    features: dict[str, Floats] = {}
    for days in spec.change_days:
        back = window_steps(days, known)
        if back >= 1:
            features[f"change_{days}d"] = z[:, -1] - z[:, max(-1 - back, -z.shape[1])]
    features |= _means(z, known, spec)
    for days in (28, 91, 364):
        window = z[:, -window_steps(days, known) :]
        low, high = window.min(axis=1), window.max(axis=1)
        features[f"range_position_{days}d"] = np.where(
            high > low, (z[:, -1] - low) / np.where(high > low, high - low, 1.0), 0.5
        )
    half_year = window_steps(182, known)
    counted = np.minimum(age, half_year)
    usual = np.clip(step[:, -half_year:], -USUAL_STEP, USUAL_STEP)
    variance = (usual**2).sum(axis=1) + PRIOR_STEPS * PRIOR_VOLATILITY**2
    scale = np.sqrt(variance / (counted + PRIOR_STEPS))
    recent = np.sqrt((step[:, -window_steps(28, known) :] ** 2).mean(axis=1))
    share_changed = changed[:, -window_steps(91, known) :].mean(axis=1)
    features["volatility"] = scale
    features["volatility_28d_to_182d"] = recent / scale
    features["share_changed_91d"] = share_changed
    since_change = np.argmax(changed[:, ::-1], axis=1)
    features["days_since_change"] = known.step_days * np.where(changed.any(axis=1), since_change, age).astype(float)
    features["last_change"] = np.where(
        changed.any(axis=1), np.take_along_axis(step, (z.shape[1] - 1 - since_change)[:, None], 1)[:, 0], 0.0
    )
    features["days_since_quote"] = known.days_since_observed().astype(float)
    features["age_days"] = (known.step_days * age).astype(float)
    features |= _among_suppliers(z[:, -1], known)
    return State(features, z[:, -1], scale, np.digitize(share_changed, [0.1, 0.4]))


def _among_suppliers(log_price: Floats, known: Panel) -> dict[str, Floats]:
    new_product = ~known.ids["product_id"].duplicated().to_numpy()
    starts = np.flatnonzero(new_product)
    group = np.cumsum(new_product) - 1
    offers = (known.first < known.steps) & (known.days_since_observed() <= LIVE_DAYS)
    cheapest = np.minimum.reduceat(np.where(offers, log_price, np.inf), starts)[group]
    suppliers = np.add.reduceat(offers.astype(float), starts)[group]
    over = np.where(np.isfinite(cheapest), log_price - cheapest, 0.0)
    return {"over_cheapest_supplier": over, "suppliers": suppliers}


def demand_state(known: Panel, spec: Features) -> State:
    """State of demand series: ratios to the level of the last 28 days, spread, share of zero days, weekday, price.

    The target is (demand - level) / spread, spread from the last 91 days with the square root of the level as its
    prior (what counts would have).
    """
    y = known.z
    month, quarter = window_steps(28, known), window_steps(91, known)
    level = y[:, -month:].mean(axis=1)
    floor = np.maximum(level, y.mean(axis=1) * 0.1) + 1e-6
    window = y[:, -quarter:]
    deviation = ((window - window.mean(axis=1)[:, None]) ** 2).sum(axis=1)
    counted = np.minimum(_age(known) + 1, quarter)
    scale = np.sqrt((deviation + PRIOR_STEPS * floor) / (counted + PRIOR_STEPS))
    features: dict[str, Floats] = {"last": y[:, -1] / floor}
    for days in (7, 14, 56, 91, 182, 364):
        if days >= 2 * known.step_days:
            features[f"mean_{days}d_to_28d"] = y[:, -window_steps(days, known) :].mean(axis=1) / floor
    zero = (window == 0).mean(axis=1)
    features["share_zero_91d"] = zero
    features["spread_to_level"] = scale / floor
    features["age_days"] = (known.step_days * _age(known)).astype(float)
    features["level_log"] = rounded_log(floor)
    if known.driver is not None:
        for days in (7, 28, 91):
            mean = known.driver[:, -window_steps(days, known) :].mean(axis=1)
            features[f"price_over_mean_{days}d"] = known.driver[:, -1] - mean
    return State(features, level, scale, np.digitize(zero, [0.05, 0.5]))
