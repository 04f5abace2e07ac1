"""Worlds to replay purchasing in: the simulated catalogue, and real prices under terms that are assumed and said.

Who sells what a public price panel quotes is not known: lead times, costs, MOQ, packs and shelves are drawn by seed,
and so is the demand where there are no sales.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd

from benchmarks import panels
from benchmarks.panels import Floats, InputError, Tables
from ordercast import quotes, simulate
from ordercast.orders import history
from ordercast.orders.world import QUOTE_GOOD_DAYS, World

YEAR = 365
# Share of the days of both years on which a product must have had a quote good for an order: real sales pause when
# there is nothing to sell, assumed ones do not.
OFFERED_WITH_SALES, OFFERED_ALONE = 0.5, 0.9
LEAD_DAYS, LEAD_SPREAD, HOLDING, LOT_DAYS = (2, 10), (0.10, 0.30), (0.15, 0.30), (15.0, 25.0)
MOQ_DAYS, SHELF_DAYS, OPENING_DAYS, PACKS = (2.0, 8.0), (60.0, 75.0), (5.0, 20.0), (1, 6, 12, 24)
UNITS_A_DAY, DISPERSION = (0.5, 200.0), (2.0, 12.0)
ASSUMED = (
    "assumed by seed: lead time {}-{} days, its deviation 10-30% of it; holding 15-30% a year; an order cost that "
    "makes the economic lot 15-25 days; MOQ 2-8 days; packs of 1, 6, 12 or 24; shelf 60-75 days; opening stock 5-20 "
    "days; a lost unit worth 1.5 x the usual price or the day's; products on offer half the days of test and tuning "
    "year, 90% where there are no sales"
)
ASSUMED_DEMAND = "demand assumed: negative binomial, .5-200 units a day, dispersion 2-12"
NO_DEFAULTS = SimpleNamespace(  # every term is given; world_of asks for these all the same
    lead_time_days=7.0,
    lead_time_sd_days=1.5,
    moq_units=1.0,
    pack_units=1.0,
    order_cost=50.0,
    holding_rate_per_year=0.2,
)


@dataclass(frozen=True)
class Case:
    """A world with the year to test in, [test_first, last], and the year before it to tune in, as columns of it.

    tables: prices and sales of these products over all days, for a planner's forecasts, which may see them up to each
    morning only. effective_series: how many independent ones would move as much together as these do.
    """

    name: str
    seed: int
    world: World
    tables: Tables
    tune_first: int
    test_first: int
    last: int
    effective_series: float
    notes: tuple[str, ...]

    @property
    def tune_last(self) -> int:
        return self.test_first - 1


def simulated(seed: int, products: int, days: int = panels.SIMULATED_DAYS, volatility: float = 1.0) -> Case:
    """The simulated catalogue of that seed; what people wanted while the shelf was empty counts as demand.

    volatility: 1, or what is left of every departure of a log price from its mean: with little of it there is nothing
    to time, and a planner should lose nothing. The truth behind the prices is another one then, and left away.
    """
    made = simulate.world(products, days, seed, simulate.DEFAULT_TODAY, "BRL")
    name, truth = "simulated", made.truth
    prices = made.prices if volatility == 1 else calmed(made.prices, volatility)
    if volatility != 1:
        name, truth = f"simulated at {volatility:g} of its volatility", {}
    wanted = made.truth["demand_states"][["product_id", "date", "true_units"]]
    wanted = wanted.rename(columns={"true_units": "demand_units"}).astype({"demand_units": "float64"})
    tables = Tables(name, prices, made.sales, made.products, truth)
    world = history.world_of(
        prices,
        made.sales,
        made.products,
        made.suppliers,
        made.stock,
        made.open_orders,
        defaults=NO_DEFAULTS,
        today=simulate.DEFAULT_TODAY,
        seed=seed,
        wanted=wanted,
    )
    return _case(tables, world, seed, ())


def calmed(prices: pd.DataFrame, volatility: float) -> pd.DataFrame:
    """The quotes with their log departures from each series' mean scaled."""
    log = np.log(prices["unit_price"])
    mean = log.groupby([prices["product_id"], prices["supplier_id"]]).transform("mean")
    return prices.assign(unit_price=np.exp(mean + volatility * (log - mean)).round(4))


def real(
    tables: Tables,
    seed: int,
    products: int,
    years_back: int = 0,
    shelf_life_days: float = np.inf,
    lead_days: tuple[int, int] = LEAD_DAYS,
) -> Case:
    """The panel up to its last day, or to that of some years before, with assumed terms for a seeded draw of products.

    lead_days: the shortest and the longest lead time that is drawn.

    Raises InputError where no series was quoted through both years, and for lead times that cannot be drawn.
    """
    if not 0 <= lead_days[0] <= lead_days[1]:
        raise InputError(f"lead times of {lead_days[0]} to {lead_days[1]} days: the least comes first, from 0 on")
    today = tables.prices["date"].max() - pd.Timedelta(days=YEAR * years_back)
    prices = tables.prices[tables.prices["date"] <= today]
    sales = tables.sales[tables.sales["date"] <= today]
    span = _span_days((today - prices["date"].min()).days + 1)
    rng = np.random.default_rng([seed, years_back])
    drawn = _drawn(prices, sales, today, span, products, rng)
    prices = prices[prices["product_id"].isin(drawn)].reset_index(drop=True)
    before = prices[prices["date"] <= today - pd.Timedelta(days=span)]
    notes = (*tables.notes, ASSUMED.format(*lead_days))
    cover_days = 1
    if sales.empty:
        sales, notes = _assumed_sales(drawn, prices["date"].min(), today, rng), (*notes, ASSUMED_DEMAND)
    else:
        sales = sales[sales["product_id"].isin(drawn)].reset_index(drop=True)
        cover_days = quotes.detect_step_days(prices, "auto")
    usual = before.groupby("product_id")["unit_price"].median().reindex(drawn).to_numpy(np.float64)
    terms = _assumed_terms(
        drawn, prices, usual, _units_a_day(sales, drawn, today, span), shelf_life_days, lead_days, rng
    )
    world = history.world_of(
        prices,
        sales,
        terms["products"],
        terms["suppliers"],
        terms["stock"],
        terms["open_orders"],
        defaults=NO_DEFAULTS,
        today=today.date(),
        seed=seed,
        sales_cover_days=cover_days,
    )
    return _case(Tables(tables.name, prices, sales, terms["products"]), world, seed, (*notes, *world.notes))


def _span_days(days: int) -> int:
    """How long the test is, and the tuning before it: a year, or a third of a shorter history."""
    if days < YEAR:
        raise InputError(f"the history spans {days} days; a replay takes a year at least. Bring a longer one")
    return min(YEAR, days // 3)


def _case(tables: Tables, world: World, seed: int, notes: tuple[str, ...]) -> Case:
    span = _span_days(world.days)
    test_first = world.days - span
    moves = effective_series(world.unit_price[:, test_first - span :])
    return Case(tables.name, seed, world, tables, test_first - span, test_first, world.days - 1, moves, notes)


def effective_series(unit_price: Floats) -> float:
    """How many independent series would share their movement: the participation ratio of 28-day log changes.

    (Sum of the eigenvalues of their correlations)^2 / sum of the squares.
    """
    log = np.log(unit_price[:, ::28])
    change = np.diff(log, axis=1)
    change = change[np.isfinite(change).all(axis=1) & (change.std(axis=1) > 0)]
    if len(change) < 2:
        return float(len(change))
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(change))
    return float(eigenvalues.sum() ** 2 / np.square(eigenvalues).sum())


def _drawn(
    prices: pd.DataFrame, sales: pd.DataFrame, today: pd.Timestamp, span: int, products: int, rng: np.random.Generator
) -> pd.Index[str]:
    """The products drawn, sorted: on offer, and sold where there are sales, through the test and the tuning."""
    age = (today - prices["date"]).dt.days
    recent = prices[age < 2 * span].assign(age=age)[["product_id", "age"]].drop_duplicates()
    recent = recent.sort_values(["product_id", "age"])
    good_days = recent.groupby("product_id")["age"].diff().fillna(recent["age"] + 1).clip(upper=QUOTE_GOOD_DAYS + 1)
    offered = good_days.groupby(recent["product_id"]).sum() / (2 * span)
    usable = pd.Index(offered[offered >= (OFFERED_ALONE if sales.empty else OFFERED_WITH_SALES)].index, dtype="str")
    earlier = prices[(age >= 2 * span) & (age < 2 * span + YEAR)]["product_id"]
    usable = usable[usable.isin(earlier)]
    for first in (0, span):
        sold = sales[((today - sales["date"]).dt.days >= first) & ((today - sales["date"]).dt.days < first + span)]
        total = sold.groupby("product_id")["demand_units"].sum()
        usable = usable if sales.empty else usable[usable.isin(total[total > 0].index)]
    if usable.empty:
        raise InputError("no product was on offer, and sold, through the test and the tuning year: nothing to replay")
    drawn: pd.Index[str] = usable.take(np.sort(rng.permutation(len(usable))[:products]))
    return drawn


def _assumed_sales(
    ids: pd.Index[str], first: pd.Timestamp, today: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    days = pd.date_range(first, today, freq="D", unit="us")
    mean = np.exp(np.log(10) + rng.standard_normal(len(ids))).clip(*UNITS_A_DAY)[:, None]
    dispersion = rng.uniform(*DISPERSION, len(ids))[:, None]
    units = rng.negative_binomial(dispersion, dispersion / (dispersion + mean), (len(ids), len(days)))
    return pd.DataFrame(
        {
            "product_id": pd.Series(np.repeat(ids.to_numpy(), len(days)), dtype="str"),
            "date": np.tile(days.to_numpy(), len(ids)),
            "demand_units": units.ravel().astype(np.float64),
            "in_stock": True,
        }
    )


def _units_a_day(sales: pd.DataFrame, ids: pd.Index[str], today: pd.Timestamp, span: int) -> Floats:
    """Mean demand of the better of the test and the tuning year, on which MOQ, packs and shelves are scaled.

    A look at the test that no policy gains by: a shelf is as large as what is sold from it needs, or the replay would
    tell of nothing but too small shelves where a product's demand has grown tenfold.
    """
    years_back = (today - sales["date"]).dt.days // span
    by_year = [sales[years_back == year].groupby("product_id")["demand_units"].sum().reindex(ids) for year in (0, 1)]
    return np.asarray(np.fmax(*by_year) / span, dtype=np.float64)


def _assumed_terms(
    ids: pd.Index[str],
    prices: pd.DataFrame,
    usual_price: Floats,
    units: Floats,
    shelf_life_days: float,
    lead_days: tuple[int, int],
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """The tables products, suppliers, stock and open_orders for products of that price and demand a day."""
    count = len(ids)
    lead = rng.integers(lead_days[0], lead_days[1] + 1, count).astype(np.float64)
    holding, lot_days = rng.uniform(*HOLDING, count), rng.uniform(*LOT_DAYS, count)
    pack = np.array(PACKS)[rng.integers(0, len(PACKS), count)]
    pack = np.where(pack <= 20 * units, pack, 1).astype(np.float64)
    shelf = np.ceil(rng.uniform(*SHELF_DAYS, count) * units)
    # The Harris-Wilson formula read backwards.
    order_cost = holding * usual_price * np.square(lot_days) * units / (2 * YEAR)
    figures = pd.DataFrame(
        {
            "product_id": ids,
            "lead_time_days": lead,
            "lead_time_sd_days": np.round(lead * rng.uniform(*LEAD_SPREAD, count), 2),
            "moq_units": np.ceil(rng.uniform(*MOQ_DAYS, count) * units),
            "pack_units": pack,
            "order_cost": np.round(order_cost, 4),
        }
    )
    pairs = prices[["product_id", "supplier_id"]].drop_duplicates()
    products = pd.DataFrame(
        {
            "product_id": ids,
            "holding_rate_per_year": np.round(holding, 3),
            "shelf_capacity_units": np.maximum(shelf, 3 * pack),
            "shelf_life_days": shelf_life_days,
            "unit_value": np.nan,
        }
    )
    stock = pd.DataFrame({"product_id": ids, "on_hand_units": np.ceil(rng.uniform(*OPENING_DAYS, count) * units)})
    nothing = ["order_id", "product_id", "supplier_id", "quantity_units", "due_on", "status"]
    return {
        "products": products,
        "suppliers": pairs.merge(figures, on="product_id"),
        "stock": stock,
        "open_orders": pd.DataFrame({name: pd.Series(dtype="str") for name in nothing}),
    }
