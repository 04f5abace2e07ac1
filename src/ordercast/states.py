"""The state of a series at an origin: what its past says of it, free of scale.

Distances are told in units of the series' own usual step, so that one model serves a steady and a wild price alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import levels, offers, past
from ordercast.market import HALF_YEAR_DAYS, PRIOR_VARIANCE, USUAL_STEP, anchor_steps, variogram
from ordercast.panel import LIVE_DAYS, Panel, rounded_log
from ordercast.params import Features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
YEAR_DAYS = 364  # whole weeks, so that a weekday meets its like
LOOK_BACK_DAYS = YEAR_DAYS + 14  # older quotes and changes are all told as that old
PRIOR_STEPS = 10  # a series' volatility counts as this many steps of the prior before it has its own
CALM_STEPS = 3  # of the usual variance that are counted beside the last month's, lest it be 0
CALM_CHANGES = 20  # in a month, at which that month counts as much as the half year
QUOTE_COUNTS = np.array([2, 3, 5, 10, 20, 40])
QUOTE_KEEP = 0.8
GAPS = 8  # changes of price whose median distance is the usual one
STICKY, STEPWISE = 0.1, 0.4  # share of days with a change below which a price is sticky, stepwise
WILD = 0.05  # root mean squared daily change, in logs, above which a price is wild
CALM = 0.5  # of the usual change, under which the last month was calm
PRICE_CLUSTERS = tuple(
    f"{rhythm}, {size}, {month}"
    for rhythm in ("sticky", "stepwise", "moving")
    for size in ("steady", "wild")
    for month in ("calm", "astir")
)
SALE_DAYS = 35  # a cut that lasts longer was no sale but a new price
FADE_DAYS = 28  # without a quote: half of what the model says of such a series is believed


@dataclass(frozen=True)
class State:
    """What is known of each (series, origin) pair.

    x: (pairs, names). The forecast is base + scale * model output, for prices on the log scale, where the variance
    scale(h)^2 = nugget + growth * h grows with the steps ahead. group: the cluster in which skill and spread are
    judged. unit: (pairs,) the root mean squared one-step change, in which distances are told. trust: (pairs,) in
    (0, 1], the share of the model's output to use: it fades as the last quote ages. structure: of prices, (pairs, 4):
    what the other prices say of it; since, between: (pairs,) steps since its last change and, usually, between two.
    """

    names: list[str]
    x: Floats
    base: Floats
    nugget: Floats
    growth: Floats
    unit: Floats
    group: Ints
    trust: Floats
    structure: Floats | None = None
    since: Ints | None = None
    between: Floats | None = None

    def scale(self, pair: Ints, horizon: Ints) -> Floats:
        """How far the value usually is from the base `horizon` steps on, for rows of the given pairs."""
        return np.asarray(np.sqrt(self.nugget[pair] + self.growth[pair] * horizon))


def window_steps(days: int, known: Panel) -> int:
    return days // known.step_days


def _windows(days: tuple[int, ...], known: Panel, least: int) -> tuple[list[int], Ints]:
    """The windows of at least `least` steps: in days, for their names, and in steps."""
    kept = [each for each in days if window_steps(each, known) >= least]
    return kept, np.array([window_steps(each, known) for each in kept], dtype=np.int64)


def _age(known: Panel, series: Ints, origin: Ints) -> Ints:
    age: Ints = np.clip(origin - known.first[series], 0, window_steps(YEAR_DAYS, known))
    return age


def price_state(known: Panel, spec: Features, series: Ints, origin: Ints) -> State:
    """State of price series: changes, distances to means and ranges, volatility, rhythm, market, other suppliers.

    The scale is a variogram of two points (one step, 14 days) over the last 182 days up to the last quote: its nugget
    is negative where changes go on in their direction. It is narrower or wider as the last 28 of them were calmer or
    wilder, and shrunk to a fixed prior. The first few steps of a series have as theirs what is usual in the whole
    catalogue, whatever series are asked for together. Days without a quote count as days ahead.
    """
    z, pairs = known.z, (series, origin)
    reach = window_steps(LOOK_BACK_DAYS, known)
    stale = past.last_seen(known.observed, *pairs, reach)
    anchor = anchor_steps(known.step_days)
    days, lags = _windows((7, 14, 28), known, 2)
    quoted = origin - np.where(stale < reach, stale, 0)
    moves = past.squared_moves(
        z,
        known.first,
        series,
        quoted,
        np.array([1, anchor, *lags]),
        window_steps(HALF_YEAR_DAYS, known),
        USUAL_STEP,
        PRIOR_VARIANCE,
        PRIOR_STEPS,
    )
    variance = moves[:, 0]
    young = np.maximum(1 - (quoted - known.first[series]) / PRIOR_STEPS, 0.0)
    nugget, growth = (
        (1 - young) * own + young * usual
        for own, usual in zip(variogram(variance, moves[:, 1], anchor), _catalogues(known, origin), strict=True)
    )
    unit = np.sqrt(variance)
    now = z[pairs]
    changed = np.zeros(z.shape, dtype=bool)
    changed[:, 1:] = z[:, 1:] != z[:, :-1]
    share = past.shares(changed, known.first, *pairs, window_steps(91, known))
    since, size, between = past.price_changes(z, known.first, *pairs, reach, GAPS)
    depth, sale_age = offers.sales(z, *pairs, window_steps(91, known), window_steps(SALE_DAYS, known))
    structure = np.zeros((len(now), 4)) if known.structure is None else known.structure.at(*pairs)
    columns = {
        "sale_depth": depth / unit,
        "level_gap": structure[:, levels.GAP] / unit,
        "sale_age_days": known.step_days * sale_age.astype(float),
        "volatility_log": rounded_log(unit),
        "share_changed_91d": share,
        "days_since_change": known.step_days * since.astype(float),
        "last_change": size / unit,
        "days_between_changes": known.step_days * between,
        "days_since_quote": known.step_days * stale.astype(float),
        "quotes_per_day_28d": past.shares(known.observed, known.first, *pairs, window_steps(28, known)),
        "age_days": known.step_days * _age(known, *pairs).astype(float),
    }
    month = window_steps(28, known)
    recent = past.squared_moves(z, known.first, series, quoted, np.array([1]), month, USUAL_STEP, PRIOR_VARIANCE, 1)[
        :, 0
    ]
    columns["volatility_28d_to_182d"] = np.sqrt(recent) / unit
    calm = calm_factor(recent, variance, month, share * month)
    for k, each in enumerate(days):
        columns[f"variance_ratio_{each}d"] = moves[:, 2 + k] / (lags[k] * variance)
    columns |= _distances(known, spec, series, origin, unit, stale, since)
    means, smooth, echo = past.last_quotes(z, known.observed, *pairs, QUOTE_COUNTS, QUOTE_KEEP, reach)
    columns |= {f"over_mean_{n}q": (now - means[:, k]) / unit for k, n in enumerate(QUOTE_COUNTS)}
    columns |= {"over_smooth_quote": (now - smooth) / unit, "echo": echo}
    columns |= _among_suppliers(known, series, origin, unit, since)
    return State(
        names=list(columns),
        x=np.column_stack(list(columns.values())),
        base=now,
        nugget=calm * (nugget + growth * stale),
        growth=calm * growth,
        unit=unit,
        group=price_cluster(share, unit, columns["volatility_28d_to_182d"]),
        trust=_trust(stale, known),
        structure=structure,
        since=since,
        between=between,
    )


def price_cluster(share: Floats, unit: Floats, month: Floats) -> Ints:
    """The place in PRICE_CLUSTERS: by stickiness, volatility, and how the last month's change was beside the usual."""
    return 4 * np.digitize(share, [STICKY, STEPWISE]) + 2 * (unit >= WILD) + (month >= CALM)


def calm_factor(recent: Floats, usual: Floats, steps: int, changes: Floats) -> Floats:
    """By what the usual variance is multiplied after a month of calm or unrest, (pairs,).

    Unrest lasts, so that what comes is like the last month as well as like the last half year (Corsi 2009): the
    geometric mean of both variances. changes: those that a series usually makes in so many steps; by them the month
    counts, since one without a change is no news of a price that changes once a quarter. On a grid of 1e-7, as logs
    are: the last bit of a power differs between CPUs.
    """
    ratio = (steps * recent / usual + CALM_STEPS) / (steps + CALM_STEPS)
    return np.asarray(np.round(ratio ** (changes / (changes + CALM_CHANGES)), 7))


def _catalogues(known: Panel, origin: Ints) -> tuple[Floats, Floats]:
    """Nugget and growth of what is usual in the catalogue, (pairs,); those of a fixed prior where none is known."""
    if known.usual is None:
        return np.zeros(len(origin)), np.full(len(origin), PRIOR_VARIANCE)
    one, many = known.usual[:, origin]
    return variogram(one, many, anchor_steps(known.step_days))


def _trust(stale: Ints, known: Panel) -> Floats:
    return FADE_DAYS / (FADE_DAYS + known.step_days * stale.astype(float))


def _distances(
    known: Panel, spec: Features, series: Ints, origin: Ints, unit: Floats, stale: Ints, since: Ints
) -> dict[str, Floats]:
    """Changes, distances to the means of windows and to the market, in units of the usual step; places in ranges."""
    z, pairs = known.z, (series, origin)
    now = z[pairs]
    columns: dict[str, Floats] = {}
    days, lags = _windows(spec.change_days, known, 1)
    moved = past.changes(z, *pairs, lags)
    columns |= {f"change_{each}d": moved[:, k] / unit for k, each in enumerate(days)}
    days, windows = _windows(spec.mean_days, known, 2)
    means = past.window_means(z, *pairs, windows)
    columns |= {f"over_mean_{each}d": (now - means[:, k]) / unit for k, each in enumerate(days)}
    days, windows = _windows((28, 91, YEAR_DAYS), known, 2)
    places = past.range_positions(z, *pairs, windows)
    columns |= {f"range_position_{each}d": places[:, k] for k, each in enumerate(days)}
    if known.market is not None and known.supplier is not None:
        days, lags = _windows((7, 28, 91), known, 1)
        own = past.changes(z, *pairs, lags)
        everyone = np.zeros(len(series), dtype=np.int64)
        lines = {"market": everyone} | ({"supplier": known.supplier[series]} if len(known.market) > 2 else {})
        for name, line in lines.items():
            moved = past.changes(known.market, line, origin, lags)
            for event, steps in (("quote", stale), ("change", since)):
                then = known.market[line, np.maximum(origin - steps, 0)]
                columns[f"{name}_since_{event}"] = (known.market[line, origin] - then) / unit
            for k, each in enumerate(days):
                columns[f"{name}_{each}d"] = moved[:, k] / unit
                columns[f"change_less_{name}_{each}d"] = (own[:, k] - moved[:, k]) / unit
    return columns


def _among_suppliers(known: Panel, series: Ints, origin: Ints, unit: Floats, since: Ints) -> dict[str, Floats]:
    new_product = ~known.ids["product_id"].duplicated().to_numpy()
    begins = np.append(np.flatnonzero(new_product), len(known.ids))
    group = np.cumsum(new_product) - 1
    days, lags = _windows((7, 28), known, 1)
    table = offers.siblings(
        known.z,
        known.observed,
        series,
        origin,
        begins[group],
        begins[group + 1],
        since,
        lags,
        window_steps(91, known),
        window_steps(SALE_DAYS, known),
        window_steps(LIVE_DAYS, known),
    )
    columns = {
        "suppliers": table[:, 0],
        "over_cheapest_supplier": table[:, 1] / unit,
        "over_other_suppliers": table[:, 2] / unit,
        "over_usual_distance": table[:, 3] / unit,
        "other_suppliers_since_change": table[:, 4] / unit,
        "freshest_supplier_since_change": table[:, 5] / unit,
    }
    return columns | {f"other_suppliers_{each}d": table[:, 6 + k] / unit for k, each in enumerate(days)}


def demand_state(known: Panel, spec: Features, series: Ints, origin: Ints) -> State:
    """State of demand series: ratios to the level of the last 28 days, spread, share of zero days, price.

    The target is (demand - level) / spread, spread from the last 91 days with the square root of the level as its
    prior (what counts would have). It is told by that of the roots, which hardly depends on the level (Anscombe 1948),
    so that one bulk sale does not widen the bands of a quarter.
    """
    y, pairs = known.z, (series, origin)
    windows = np.array([window_steps(each, known) for each in (7, 14, 28, 56, 91, 182, 364)])
    quarter = window_steps(91, known)
    means = past.window_means(y, *pairs, windows)
    level = means[:, 2]
    floor = np.maximum(level, means[:, 6] * 0.1) + 1e-6
    roots = past.window_means(np.sqrt(y), *pairs, windows[4:5])[:, 0]
    counted = np.minimum(_age(known, *pairs) + 1, quarter)
    deviation = 4 * means[:, 4] * np.maximum(means[:, 4] - roots**2, 0.0) * quarter
    scale = np.sqrt((deviation + PRIOR_STEPS * floor) / (counted + PRIOR_STEPS))
    zero = past.shares(y == 0, known.first, *pairs, quarter)
    reach = window_steps(LOOK_BACK_DAYS, known)
    quotes, smooth, echo = past.last_quotes(y, known.observed, *pairs, QUOTE_COUNTS, QUOTE_KEEP, reach)
    columns = {"last": (y[pairs] - level) / scale}
    for k, days in enumerate((7, 14, 28, 56, 91, 182, 364)):
        if days != 28 and windows[k] >= 2:
            columns[f"mean_{days}d"] = (means[:, k] - level) / scale
    columns |= {f"mean_{n}_sales": (quotes[:, k] - level) / scale for k, n in enumerate(QUOTE_COUNTS)}
    columns |= {
        "smooth_sales": (smooth - level) / scale,
        "echo": echo,
        "share_zero_91d": zero,
        "days_since_sale": known.step_days * past.last_seen(y > 0, *pairs, reach).astype(float),
        "days_since_known": known.step_days * past.last_seen(known.observed, *pairs, reach).astype(float),
        "spread_to_level": scale / floor,
        "age_days": known.step_days * _age(known, *pairs).astype(float),
        "level_log": rounded_log(floor),
    }
    if known.driver is not None:
        steps = windows[[0, 2, 4]]
        price = np.round(known.driver[pairs][:, None] - past.window_means(known.driver, *pairs, steps), 7)
        moved = past.changes(known.driver, *pairs, steps)
        for k, days in enumerate((7, 28, 91)):
            columns[f"price_over_mean_{days}d"] = price[:, k]
            columns[f"price_change_{days}d"] = moved[:, k]
    return State(
        names=list(columns),
        x=np.column_stack(list(columns.values())),
        base=level,
        nugget=scale**2,
        growth=np.zeros(len(scale)),
        unit=scale,
        group=np.digitize(zero, [0.05, 0.5]),
        trust=np.ones(len(scale)),
    )
