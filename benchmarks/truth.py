"""The planner that knows how its world was made: what the simulated prices and demand hold for anyone on a morning.

It sees the latent state of that morning and all constants, and of the days ahead nothing but their distribution. What
it saves is about what a planner of this kind can save by the best of forecasts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import mixture
from benchmarks.mixture import NO_SPREAD
from benchmarks.panels import Floats, Ints
from benchmarks.worlds import Case
from ordercast.orders.planner import Ahead, Planner
from ordercast.orders.policies import ReorderPoint
from ordercast.orders.world import View
from ordercast.simulate.catalogue import FULL_TURN, REFRESH_DAYS, WEEKDAY_DEMAND
from ordercast.simulate.market import KEY, SHOCK_DECAY, Rules, day_numbers, rules_of, season, state_of

HORIZON_DAYS = 60
LEVELS_SAID = (0.1, 0.5, 0.9)
NODES = 7
SURE = 1e-12  # a variance of the log price below which nothing is uncertain


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
        """Quantiles and node prices, in logs less their centre, and correlations with the day after.

        (series, H, refresh age, promotion now, 3 + NODES) and the same without the last axis: a list price of that age
        on the day ahead was set so many days after the morning, whichever morning it is; at most 0 days: it is known.
        """
        rules, ages = self.rules, np.arange(max(REFRESH_DAYS))
        ahead = np.arange(1, HORIZON_DAYS + 1)[:, None]
        passed = np.maximum(ahead - ages, 0)  # (H, ages) days between morning and list price
        following = np.maximum(ahead + 1 - (ages + 1) % rules.refresh_days[:, :, None], 0)  # that of the next day
        rate, row = np.unique(rules.shock_rate[:, 0], return_inverse=True)
        jumps = mixture.jumps(rate, HORIZON_DAYS)
        of_ar, of_jumps = self._ar_variance(passed), jumps.variance[row][:, passed]
        days = np.maximum(following - passed, 0)
        shared = rules.phi[:, :, None] ** days * of_ar + SHOCK_DECAY**days * of_jumps
        at = np.minimum(following, HORIZON_DAYS).reshape(len(row), -1)
        later_jumps = np.take_along_axis(jumps.variance[row], at, axis=1).reshape(following.shape)
        later = self._ar_variance(following) + later_jumps
        there = ages < rules.refresh_days[:, :, None]
        spread = np.where(there, np.sqrt(np.maximum(of_ar, NO_SPREAD**2)), np.nan).reshape(len(row), -1)
        size, jumped = jumps.size[row][:, passed], jumps.chance[row][:, passed].reshape(len(row), -1)
        points, link = [], []
        for now in (False, True):
            on = self._on_promotion(np.full((len(row), 1), now), np.arange(1, HORIZON_DAYS + 2))[:, :, None]
            chance = np.repeat(on[:, :-1], len(ages), axis=2).reshape(len(row), -1)
            cut = np.log(1 - rules.discount)
            given = (spread, jumped, size.reshape(*chance.shape, -1), chance, cut[:, 0], np.array(LEVELS_SAID), NODES)
            points.append(np.concatenate(mixture.told(*given), axis=2).reshape(*there.shape[:1], *passed.shape, -1))
            flips = cut[:, :, None] ** 2 * on * (1 - on)
            still = 1 - (rules.promotion_start + rules.promotion_end)[:, :, None]
            scale = np.sqrt((of_ar + of_jumps + flips[:, :-1]) * (later + flips[:, 1:]))
            both = shared + flips[:, :-1] * still
            link.append(np.divide(both, scale, out=np.ones_like(scale), where=scale > SURE))
        return np.stack(points, axis=3), np.stack(link, axis=3)

    def _ar_variance(self, days: Ints) -> Floats:
        """Of the AR(1) in so many days, (series, H, ages)."""
        phi, sd = self.rules.phi[:, :, None], self.rules.innovation_sd[:, :, None]
        return np.asarray(sd**2 * (1 - phi ** (2 * days)) / (1 - phi**2))

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
        told = np.exp(centre[:, :, None] + points[cell])
        listed = np.exp(np.column_stack([log_list, centre[:, :-1]]))
        on = self._on_promotion(self.on_promotion[:, now, None], np.arange(HORIZON_DAYS))
        mean = self._demand(today, listed, on)
        variance = mean + mean**2 / self.demand["dispersion"]
        p10, p50, p90 = told[:, :, :3].transpose(2, 0, 1)
        between = link[cell][:, :-1]
        return Ahead(
            p10=p10,
            p50=p50,
            p90=p90,
            correlation=between,
            persistence=between,
            quote_due=np.ones(HORIZON_DAYS, dtype=bool),
            demand_mean=mean,
            demand_variance=variance,
            demand_level_cv=np.zeros(len(mean)),
            nodes=told[:, :, 3:],
        )

    def _on_promotion(self, now: NDArray[np.bool_], ahead: Ints) -> Floats:
        """Chance of a promotion so many days after a morning with one or none, (series, ahead); now: (series, 1)."""
        turnover = self.rules.promotion_start + self.rules.promotion_end
        settled = self.rules.promotion_start / turnover
        return np.asarray(settled + (1 - turnover) ** ahead * (now - settled))

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


def true_model(case: Case, floor: ReorderPoint) -> Planner:
    """The planner with the world's own distributions."""
    return Planner(true_forecasts(case), floor, name="true_model")
