"""The planner that knows how its world was made: what the simulated prices and demand hold for anyone on a morning.

It sees the latent state of that morning and all constants, and of the days ahead nothing but their distribution. What
it saves is about what a planner of this kind can save by the best of forecasts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numba as nb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.panels import Floats, Ints
from benchmarks.worlds import Case
from ordercast.kernels.compiled import CELLS, CUBES, FLOAT, LEVELS, jit
from ordercast.kernels.nodes import normal_below
from ordercast.orders.planner import Ahead, Planner
from ordercast.orders.policies import ReorderPoint, just_in_time
from ordercast.orders.world import View
from ordercast.simulate.catalogue import FULL_TURN, REFRESH_DAYS, WEEKDAY_DEMAND
from ordercast.simulate.market import KEY, SHOCK_DECAY, Rules, day_numbers, jump_sizes, rules_of, season, state_of

HORIZON_DAYS = 60
LEVELS_SAID = (0.1, 0.5, 0.9)
PATHS, POINTS = 50_000, 16  # drawn of the jumps at each rate, and kept of those that hold any
HALVINGS = 30
NO_SPREAD = 1e-6  # of a log price: what a known one is taken to have
SURE = 1e-12  # a variance of the log price below which nothing is uncertain


@dataclass(frozen=True)
class Jumps:
    """The sum of a supplier's decayed jumps of n = 0..days days, rows are rates: (rates, days + 1[, POINTS]).

    chance: of any; size: equally likely sizes of the sum where there was any; variance: of the sum.
    """

    chance: Floats
    size: Floats
    variance: Floats


def jumps(rate: Floats, days: int) -> Jumps:
    """Drawn, from one seed: the sum of uniform sizes that decay from different days has no closed form."""
    rng = np.random.default_rng(0)
    chance, variance = (np.zeros((len(rate), days + 1)) for _ in range(2))
    size = np.zeros((len(rate), days + 1, POINTS))
    middles = (np.arange(POINTS) + 0.5) / POINTS
    for row, each in enumerate(rate):
        total = np.zeros(PATHS)
        for day in range(1, days + 1):
            total = SHOCK_DECAY * total + jump_sizes(rng.random(PATHS), each)
            chance[row, day], variance[row, day] = 1 - (1 - each) ** day, total.var()
            size[row, day] = np.quantile(total[total != 0], middles)
    return Jumps(chance, size, variance)


@jit(FLOAT, FLOAT, FLOAT, FLOAT, LEVELS)
def below(z: float, spread: float, jump_chance: float, size: Any) -> float:
    """Chance that normal noise and the jumps together stay below z."""
    jumped = 0.0
    if jump_chance > 0:
        for each in size:
            jumped += normal_below((z - each) / spread) / len(size)
    return (1 - jump_chance) * normal_below(z / spread) + jump_chance * jumped


@jit(nb.float64[:, :, ::1], CELLS, CELLS, CUBES, CELLS, LEVELS, LEVELS)
def quantiles(spread: Any, jump_chance: Any, size: Any, on: Any, cut: Any, levels: Any) -> Any:
    """Quantiles of noise + jumps + `cut` with the chance `on`, by halving, (rows, n, levels).

    spread (NaN: not asked for), jump_chance, on: (rows, n); size: (rows, n, points); cut: (rows,), a discount's log.
    """
    rows, count = spread.shape
    out = np.empty((rows, count, len(levels)))
    for r in range(rows):
        for n in range(count):
            if np.isnan(spread[r, n]):
                out[r, n] = np.nan
                continue
            widest = 0.0
            if jump_chance[r, n] > 0:
                widest = max(abs(size[r, n, 0]), abs(size[r, n, size.shape[2] - 1]))
            for q in range(len(levels)):
                low, high = cut[r] - widest - 6 * spread[r, n], widest + 6 * spread[r, n]
                for _ in range(HALVINGS):
                    z = (low + high) / 2
                    share = (1 - on[r, n]) * below(z, spread[r, n], jump_chance[r, n], size[r, n])
                    if on[r, n] > 0:
                        share += on[r, n] * below(z - cut[r], spread[r, n], jump_chance[r, n], size[r, n])
                    low, high = (z, high) if share < levels[q] else (low, z)
                out[r, n, q] = (low + high) / 2
    return out


@dataclass(frozen=True)
class TrueModel:
    """The Forecasts of one who knows the simulation. Rows are the series and products of its world.

    ar, shock, log_list, on_promotion: (series, days) the latent state; rules: (series, 1) each; demand: (products, 1)
    each, the constants of demand; day: (days,) since 1970; product: (series,).
    """

    ar: Floats = field(repr=False)
    shock: Floats = field(repr=False)
    log_list: Floats = field(repr=False)
    on_promotion: NDArray[np.bool_] = field(repr=False)
    rules: Rules = field(repr=False)
    demand: dict[str, Floats] = field(repr=False)
    day: Ints = field(repr=False)
    product: Ints = field(repr=False)

    @cached_property
    def said(self) -> tuple[Floats, Floats]:
        """Quantiles of the log price less its centre, and correlations with the day after.

        (series, H, refresh age, promotion now, 3) and the same without the last axis: a list price of that age on the
        day ahead was set so many days after the morning, whichever morning it is; at most 0 days: it is known.
        """
        rules, count = self.rules, len(self.product)
        ahead, age = np.arange(1, HORIZON_DAYS + 1)[:, None], np.arange(max(REFRESH_DAYS))
        passed = np.maximum(ahead - age, 0)  # (H, ages) days between morning and list price
        rate, row = np.unique(rules.shock_rate[:, 0], return_inverse=True)
        drawn = jumps(rate, HORIZON_DAYS)
        phi, sd = rules.phi[:, :, None], rules.innovation_sd[:, :, None]
        of_ar = sd**2 * (1 - phi ** (2 * passed)) / (1 - phi**2)
        of_jumps = drawn.variance[row][:, passed]
        following = np.maximum(ahead + 1 - (age + 1) % rules.refresh_days[:, :, None], 0)  # its list price's day
        days = np.maximum(following - passed, 0)
        shared = phi**days * of_ar + SHOCK_DECAY**days * of_jumps
        there = age < rules.refresh_days[:, :, None]
        cut = np.log(1 - rules.discount)
        turnover = rules.promotion_start + rules.promotion_end
        settled = rules.promotion_start / turnover
        points, link = [], []
        for now in (0.0, 1.0):
            on = settled + (1 - turnover) ** np.arange(1, HORIZON_DAYS + 2) * (now - settled)
            chance = np.repeat(on[:, :-1, None], len(age), axis=2)
            flat = (
                np.where(there, np.sqrt(np.maximum(of_ar, NO_SPREAD**2)), np.nan),
                drawn.chance[row][:, passed],
                chance,
            )
            spread, jumped, chances = (each.reshape(count, -1) for each in flat)
            size = drawn.size[row][:, passed].reshape(count, -1, POINTS)
            found = quantiles(spread, jumped, size, chances, cut[:, 0], np.array(LEVELS_SAID))
            points.append(found.reshape(count, HORIZON_DAYS, len(age), len(LEVELS_SAID)))
            flips = (cut**2 * on * (1 - on))[:, :, None]
            variance = of_ar + of_jumps + flips[:, :-1]
            later = self._list_variance(drawn.variance[row], following) + flips[:, 1:]
            both = shared + flips[:, :-1] * (1 - turnover[:, :, None])
            scale = np.sqrt(variance * later)
            link.append(np.divide(both, scale, out=np.ones_like(scale), where=scale > SURE))
        return np.stack(points, axis=3), np.stack(link, axis=3)

    def _list_variance(self, of_jumps: Floats, passed: Ints) -> Floats:
        """Variance of the log list price `passed` days after the morning, (series, H, ages)."""
        phi, sd = self.rules.phi[:, :, None], self.rules.innovation_sd[:, :, None]
        at = np.minimum(passed, HORIZON_DAYS).reshape(len(passed), -1)
        jumped = np.take_along_axis(of_jumps, at, axis=1).reshape(passed.shape)
        return np.asarray(sd**2 * (1 - phi ** (2 * passed)) / (1 - phi**2) + jumped)

    def __call__(self, view: View) -> Ahead:
        rules, now, today = self.rules, view.day, self.day[view.day]
        ahead = np.arange(1, HORIZON_DAYS + 1)
        age = (today + ahead + rules.refresh_phase) % rules.refresh_days
        passed = np.maximum(ahead - age, 0)
        ar, shock, log_list = (of[:, now, None] for of in (self.ar, self.shock, self.log_list))
        centre = rules.log_level + rules.supplier_offset + season(rules, today + passed)
        centre = np.where(passed > 0, centre + rules.phi**passed * ar + SHOCK_DECAY**passed * shock, log_list)
        points, link = self.said
        cell = np.arange(len(ar))[:, None], np.arange(HORIZON_DAYS), age, self.on_promotion[:, now, None].astype(int)
        p10, p50, p90 = np.exp(centre[:, :, None] + points[cell]).transpose(2, 0, 1)
        listed = np.exp(np.column_stack([log_list, centre[:, :-1]]))
        mean = self._demand(today, listed, self._on_promotion(now, np.arange(HORIZON_DAYS)))
        variance = mean + mean**2 / self.demand["dispersion"]
        return Ahead(p10, p50, p90, link[cell][:, :-1], mean, variance)

    def _on_promotion(self, now: int, ahead: Ints) -> Floats:
        """Chance of a promotion so many days after a morning, (series, ahead)."""
        turnover = self.rules.promotion_start + self.rules.promotion_end
        settled = self.rules.promotion_start / turnover
        return np.asarray(settled + (1 - turnover) ** ahead * (self.on_promotion[:, now, None] - settled))

    def _demand(self, today: int, listed: Floats, on: Floats) -> Floats:
        """Mean demand from today on, (products, H), were list prices at their centre and promotions independent.

        listed: list prices, on: chance of a promotion, (series, H). Demand follows the cheapest of a product's prices.
        """
        own, day = self.demand, today + np.arange(HORIZON_DAYS)
        starts = np.flatnonzero(np.diff(self.product, prepend=-1))
        place = np.arange(len(self.product)) - starts[self.product]
        weekday = np.array(WEEKDAY_DEMAND) ** own["weekday_strength"]
        weekly = (weekday / weekday.mean(axis=1, keepdims=True))[:, (day + 3) % 7]
        year = 1 + own["demand_year_amplitude"] * np.sin(FULL_TURN * day / 365.25 + own["demand_year_phase"])
        response = np.zeros((len(starts), HORIZON_DAYS))
        for combination in itertools.product((False, True), repeat=int(place.max()) + 1):
            runs = np.array(combination)[place][:, None]
            # A product of fewer suppliers meets each of its combinations several times.
            times = 2.0 ** (place.max() - place[np.append(starts[1:], len(place)) - 1])[:, None]
            chance = np.multiply.reduceat(np.where(runs, on, 1 - on), starts, axis=0) / times
            cheapest = np.minimum.reduceat(np.where(runs, 1 - self.rules.discount, 1.0) * listed, starts, axis=0)
            response += chance * (cheapest / own["reference_price"]) ** -own["elasticity"]
        return np.asarray(own["base_units"] * weekly * year * response)


def true_forecasts(case: Case) -> TrueModel:
    """What the case's truth says of its world. Raises ValueError for a case without one: only simulated worlds do."""
    world, truth = case.world, case.tables.truth
    if not truth:
        raise ValueError(f"{case.name} was not simulated: nobody knows its true model. Leave true_model out")
    product = pd.Index(world.product_ids)
    series = pd.MultiIndex.from_arrays([product[world.terms.product], world.supplier_ids], names=KEY)
    rules = rules_of(truth["price_rules"].set_index(KEY).loc[series])
    dates = world.dates.astype("datetime64[us]")
    states = truth["price_states"].set_index([*KEY, "date"]).sort_index()
    cells = pd.MultiIndex.from_frame(series.to_frame().merge(pd.DataFrame({"date": dates}), how="cross"))
    shape = len(series), world.days
    path = vars(state_of(states.loc[cells]))
    goods = truth["demand_rules"].set_index("product_id").loc[product]
    return TrueModel(
        **{name: column.reshape(shape) for name, column in path.items()},
        rules=Rules(**{each.name: getattr(rules, each.name)[:, None] for each in fields(Rules)}),
        demand={str(name): goods[name].to_numpy(np.float64)[:, None] for name in goods},
        day=day_numbers(world.dates),
        product=world.terms.product,
    )


def true_model(case: Case, erp: ReorderPoint) -> Planner:
    """The planner with the world's own distributions, the tuned rule's reorder point under it."""
    return Planner(true_forecasts(case), just_in_time(erp.service_factor), name="true_model")
