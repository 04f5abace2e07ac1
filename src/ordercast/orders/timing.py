"""What the moment of a purchase may win or lose, and how often it was regretted.

What is bought now could have been bought when the stock called for it: on the day from which a usual delivery still
comes in time for the units in the middle of the order. The price of that day is what a buyer will compare with; keeping
the goods until then costs as well. The chances that forecasts give are corrected by those that came true: by bins of
as many orders each, which must rise (binning and isotonic regression: Zadrozny & Elkan 2001, 2002). Order by order an
isotonic regression learns steps where the chances crowd that the next year does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

from ordercast.orders.lots import probability_lower
from ordercast.orders.planner import Ahead, Planner, Worked, next_quotes
from ordercast.orders.policies import DAYS_PER_YEAR, Decision
from ordercast.orders.world import Bools, Execution, Floats, Ints, State, View, World

EQUAL = 1e-3  # of a price: one no lower than that is no better
LEAST_ORDERS = 50  # that a bin takes to tell a chance from luck
BINS, LEAST_BINS = 10, 2  # from one alone all chances would come out the same


@dataclass(frozen=True)
class Timing:
    """Orders of a morning beside buying just in time; (products,).

    wait_days: how much later stock would call for the middle unit that could wait; early_units: that could wait;
    unit_cost: price paid now and holding until then; low, middle, high: p10, p50, p90 of the price then; regret: chance
    that it is lower than the one paid, by more than EQUAL, as the forecast has it. Where nothing is bought, prices are
    those of the cheapest supplier on the day that stock calls for an order.
    """

    wait_days: Ints
    early_units: Floats
    unit_cost: Floats
    low: Floats
    middle: Floats
    high: Floats
    regret: Floats


def timing(view: View, state: State, worked: Worked, execution: Execution) -> Timing:
    """The timing of the orders decided on."""
    ahead, terms, series, units = worked.ahead, view.terms, worked.series, worked.units
    paid, charged = expected_paid(view, ahead, execution), charged_at(ahead, execution)
    buys = series >= 0
    today = np.where(view.orderable, view.today_price, np.inf)
    of = np.where(buys, series, np.lexsort((today, terms.product))[terms.starts])
    used, days = np.cumsum(ahead.demand_mean, axis=1), ahead.demand_mean.shape[1]
    there = state.on_hand_units[:, None] + np.cumsum(state.due_on(days), axis=1)
    # Before an order of today could come nothing can be mended, and what is due after a shortage comes too late for it.
    short = (used > there) & (np.arange(days) >= terms.promised_days[of][:, None])
    day = np.where(short.any(axis=1), np.argmax(short, axis=1), days - 1)
    position = there[np.arange(len(there)), day]
    first, last = ((used <= (position + more)[:, None]).sum(axis=1) for more in (0.0, units))
    lead = terms.promised_days[of] + terms.review_period_days
    earliest, latest = np.maximum(first - lead, 0), np.maximum(last - lead, 0)
    could_wait = np.clip(np.divide(last - lead, np.maximum(last - first, 1)), 0.0, 1.0)
    every = terms.review_period_days  # orders are placed on days of review alone: the last that is no later
    middle_day = np.maximum((earliest + latest + 1) // 2 // every, 1) * every
    wait = np.where(buys & (latest >= every), np.clip(middle_day, 1, days), 0)
    then = np.maximum(charged[np.where(buys, wait, earliest)], 0)
    share = 1 - terms.discount(of, units)  # of the quoted price: the order would get its discount later as well
    low, middle, high = (share * each[of, then] for each in (ahead.p10, ahead.p50, ahead.p90))
    held = terms.holding_rate_per_year / DAYS_PER_YEAR * view.base_price * wait
    asked = share * paid[of]
    # Where no new quote is due until the later day, it is the same price.
    regret = np.where(then > charged[0], probability_lower((1 - EQUAL) * asked, low, middle, high), 0.0)
    early = np.where(wait > 0, units * could_wait, 0.0)
    return Timing(wait, early, asked + held, low, middle, high, np.where(wait > 0, regret, 0.0))


def band(expected: Floats, more: Floats, when: Timing) -> tuple[Floats, Floats]:
    """Saving against the ERP rule as prices on the day to compare with may come out, for the units bought `more`.

    Of units bought later than the rule would, a high price is what costs.
    """
    moved = np.where(more >= 0, np.minimum(more, when.early_units), more)
    ends = [expected + moved * (price - when.middle) for price in (when.low, when.high)]
    return np.minimum(*ends), np.maximum(*ends)


def expected_paid(view: View, ahead: Ahead, execution: Execution) -> Floats:
    """Median price that an order of today will be charged, (series,)."""
    at = int(charged_at(ahead, execution)[0])
    return view.today_price if at < 0 else np.asarray(ahead.p50[:, at], dtype=np.float64)


def charged_at(ahead: Ahead, execution: Execution) -> Ints:
    """The day of the forecast whose quote an order of each of the days 0..H pays, -1 for today's quote, (H + 1,)."""
    days = len(ahead.quote_due)
    return np.arange(-1, days) if execution == "quote_seen" else np.append(next_quotes(ahead.quote_due), days - 1)


@dataclass
class Recorded:
    """A planner that notes what it promised with every order; `promises` turns the notes into a table."""

    planner: Planner

    def __post_init__(self) -> None:
        self._notes: list[pd.DataFrame] = []

    @property
    def name(self) -> str:
        return self.planner.name

    def decide(self, view: View, state: State) -> Decision:
        worked = self.planner.work(view, state)
        told = timing(view, state, worked, self.planner.execution)
        saving, _ = worked.worth(view, worked.series, worked.units)
        bought = np.flatnonzero((worked.series >= 0) & (told.wait_days > 0))
        notes = {"product": bought, "series": worked.series[bought], "units": worked.units[bought]}
        notes |= {"day": np.full(len(bought), view.day), "promised_saving": saving[bought]}
        notes |= {name: getattr(told, name)[bought] for name in ("wait_days", "early_units", "unit_cost", "regret")}
        notes |= {"promised_unit_saving": told.middle[bought] - told.unit_cost[bought]}
        self._notes.append(pd.DataFrame(notes))
        return worked.series, worked.units

    def promises(self, world: World) -> pd.DataFrame:
        """Orders that could have waited, whose day to compare with lies in the world: what was promised, what came.

        product, series, units, day, wait_days, early_units, regret (promised chance), regretted (whether the price of
        the later day was lower than what was paid), saving, promised: money on the units that could wait.
        """
        execution = self.planner.execution
        notes = pd.concat([*self._notes, _NO_NOTES], ignore_index=True).astype(_NO_NOTES.dtypes)
        later = notes["day"] + notes["wait_days"]
        known = notes[later < world.days].reset_index(drop=True)
        paid = world.paid_price(execution)
        series, day = known["series"].to_numpy(), known["day"].to_numpy()
        wait = known["wait_days"].to_numpy()
        product = known["product"].to_numpy()
        rate = world.terms.holding_rate_per_year[product] / DAYS_PER_YEAR
        usual = world.base_price(int(known["day"].min()))[product] if len(known) else np.zeros(0)
        due = 1 - world.terms.discount(series, known["units"].to_numpy())
        asked, then = (due * paid[series, at] for at in (day, day + wait))
        cost = asked + rate * usual * wait
        return known.assign(
            regretted=(then < (1 - EQUAL) * asked).astype(float),
            saving=known["early_units"] * (then - cost),
            promised=known["early_units"] * known["promised_unit_saving"],
        )


_NO_NOTES = pd.DataFrame(
    {
        **{name: pd.Series(dtype="int64") for name in ("product", "series", "day", "wait_days")},
        **{
            name: pd.Series(dtype="float64")
            for name in ("units", "promised_saving", "early_units", "unit_cost", "regret", "promised_unit_saving")
        },
    }
)


@dataclass(frozen=True)
class Correction:
    """Promised chances to true ones: those at `promised`, rising, linear between them and level beyond."""

    promised: tuple[float, ...]
    true: tuple[float, ...]

    def __call__(self, regret: Floats) -> Floats:
        """Corrected chances, any shape."""
        return np.asarray(np.interp(regret, self.promised, self.true), dtype=np.float64)


NO_CORRECTION = Correction((0.0, 1.0), (0.0, 1.0))


def of_trusted(promises: pd.DataFrame, trusted: Bools) -> pd.DataFrame:
    """The promises for products that the planner is trusted with, (products,): the others' orders are the rule's."""
    kept: pd.DataFrame = promises.loc[trusted[promises["product"].to_numpy(np.int64)]]
    return kept


def corrected(promises: pd.DataFrame) -> Correction:
    """The correction learned from a record's promises, by ten bins or fewer; none from fewer than 100 orders."""
    count = min(len(promises) // LEAST_ORDERS, BINS)
    if count < LEAST_BINS:
        return NO_CORRECTION
    told = promises.sort_values("regret", kind="stable")[["regret", "regretted"]].to_numpy(np.float64)
    promised, came = (np.array([part[:, k].mean() for part in np.array_split(told, count)]) for k in (0, 1))
    at, first = np.unique(promised, return_index=True)
    true = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(promised, came)[first]
    return Correction(tuple(at.tolist()), tuple(np.round(true, 4).tolist()))


def bins(promised: Floats, regretted: Floats) -> pd.DataFrame:
    """Calibration in ten bins of promised chance: promised and realised mean and orders, a row per bin with any."""
    place = np.minimum((promised * BINS).astype(np.int64), BINS - 1)
    table = pd.DataFrame({"bin": place, "promised": promised, "realised": regretted})
    return table.groupby("bin").agg(
        promised=("promised", "mean"), realised=("realised", "mean"), orders=("realised", "size")
    )


def calibration_error(tables: Sequence[pd.DataFrame]) -> float:
    """Expected calibration error over the bins of all tables: mean distance of promised and realised, by orders."""
    table = pd.concat(tables)
    if table.empty:
        return float("nan")
    off = (table["promised"] - table["realised"]).abs()
    return float((off * table["orders"]).sum() / table["orders"].sum())
