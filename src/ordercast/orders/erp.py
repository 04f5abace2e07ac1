"""The rule a good ERP buys by: reorder point, economic lot, whole packs, the cheapest supplier in time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ordercast.contracts import TABLES
from ordercast.orders import assumed, coverage, reasons, supply, tiers
from ordercast.orders.assumed import Rules
from ordercast.orders.lots import (
    LONGEST_LOT_DAYS,
    economic_lot,
    lead_time_demand_sd,
    order_quantity,
    probability_lower,
    safety_stock,
)
from ordercast.orders.schedule import scheduled
from ordercast.orders.supply import DemandAhead, Floats, Stock
from ordercast.orders.words import Words

ORDER_COLUMNS = tuple(TABLES["orders"].names)
# The sum behind erp_quantity_units, at erp_supplier_id; NaN where no supplier is left to sum for, or no shelf known.
SUM_COLUMNS = (
    "erp_supplier_id",
    "lead_time_days",
    "protection_days",  # lead time and review period
    "on_hand_units",
    "on_order_units",  # counted on to arrive within the protection days
    "demand_units",  # mean, over the protection days
    "safety_units",
    "reorder_point_units",  # the two together
    "economic_lot_units",  # before it is cut to what is used within the shelf life or a year
    "wish_units",  # the lot so cut, or what is missing to the reorder point, as far as it keeps, if that is more
    "moq_units",
    "pack_units",
    "room_units",
    "days_of_cover",
)
DAYS_PER_YEAR = 365


def plan(
    series: pd.DataFrame,
    forecast_prices: pd.DataFrame,
    forecast_demand: pd.DataFrame,
    products: pd.DataFrame,
    suppliers: pd.DataFrame,
    stock: pd.DataFrame,
    open_orders: pd.DataFrame,
    price_tiers: pd.DataFrame | None = None,
    *,
    today: pd.Timestamp,
    run_id: str,
    params: Rules,
    words: Mapping[str, Words],
) -> pd.DataFrame:
    """Orders: exactly one line per product of `products` or `series`, sorted by product_id, nothing missing.

    Columns: ORDER_COLUMNS, those of `words`, which hold the reasons in a language each, and SUM_COLUMNS, of which
    days_of_cover is in whole days until stock, the orders that come in time and the purchase are used up at mean demand
    or spoilt (NaN: never). Quantities are whole units, dates datetime64[us] at midnight. The savings are 0: they are
    measured against this rule. A product nobody ever quoted has supplier_id "" and unit_price 0; one without a price
    forecast has regret_probability 0.5. Figures the tables lack come from params.defaults, and the reason says so.

    Method: reorder point with safety stock over lead time + review period (Silver, Pyke & Thomas, ch. 7), lots
    by Harris and Wilson, cut to what is used within the shelf life or a year (ibid., ch. 4), a shortage to the shelf
    life where that is shorter than lead time + review period, the cheapest supplier
    (price and order cost per unit) of those that deliver before the stock runs out, else the fastest. Raises
    ValueError for figures no order can be computed from.
    """
    ids = pd.Index(pd.concat([products["product_id"], series["product_id"]]), dtype="str")
    ids = ids.unique().sort_values()
    figures = assumed.fill_assumptions(suppliers, series, products, params.defaults)
    today = pd.Timestamp(today).normalize()
    demand = supply.demand_ahead(forecast_demand, ids, today)
    held = supply.stock_ahead(stock, products, open_orders, demand, ids, today)
    quoted = series.merge(figures, on=["product_id", "supplier_id"])
    quoted["product"] = ids.get_indexer(pd.Index(quoted["product_id"]))
    ahead = _last_rows(forecast_prices)
    candidates = quoted[quoted["status"] == "active"].merge(ahead, on=["product_id", "supplier_id"])
    chosen = _choose(_size(_test(candidates, demand, held, params), held, tiers.padded(price_tiers, candidates)))
    lines = pd.concat([chosen, _without_candidate(quoted, chosen["product"], ids, params)], ignore_index=True)
    lines = lines.sort_values("product", ignore_index=True)
    reach = pd.concat([forecast_demand["horizon_days"], forecast_prices["horizon_days"]])
    longest_days, every = int(reach.max()) if len(reach) else 1, params.review_period_days
    lines = scheduled(lines, demand, held, longest_days=longest_days, review_period_days=every)
    lines = _paid(lines)
    for day in ("order", "arrive"):
        lines[f"{day}_on"] = (today + pd.to_timedelta(lines[f"{day}_days"], unit="D")).astype("datetime64[us]")
    short = (lines["per_day_units"] > 0) & (held.lasts_days[lines["product"]] <= lines["lead_time_days"])
    lines["urgent"] = short & held.known[lines["product"]]  # unknown stock is no emergency
    told = {column: reasons.sentences(lines, held, each, today=today) for column, each in words.items()}
    return _orders(_summed(lines.assign(**told), demand, held), ids, run_id, list(words))


def _last_rows(forecast_prices: pd.DataFrame) -> pd.DataFrame:
    """p10, p50, p90 of each series at the end of its forecast."""
    keys, quantiles = ["product_id", "supplier_id"], ["p10", "p50", "p90"]
    rows = forecast_prices[forecast_prices[quantiles].notna().all(axis=1)].reset_index(drop=True)
    last = rows.groupby(keys)["horizon_days"].idxmax()
    return rows.loc[last, [*keys, *quantiles]]


def _test(candidates: pd.DataFrame, demand: DemandAhead, held: Stock, params: Rules) -> pd.DataFrame:
    """The candidates, one row per product x supplier, with the reorder test: `due` where an order is called for."""
    product, lead, lead_sd = (
        candidates[name].to_numpy() for name in ("product", "lead_time_days", "lead_time_sd_days")
    )
    protection = lead + params.review_period_days
    mean, variance = demand.over(product, protection)
    per_day = demand.per_day(product)
    pace = np.divide(mean, protection, out=per_day.copy(), where=protection > 0)
    sd = lead_time_demand_sd(variance, pace, lead_sd)
    safety = np.round(safety_stock(params.service_level, sd), 6)
    reorder_point = np.round(mean + safety, 6)
    on_order = held.due_within(product, protection)
    position = np.round(held.on_hand[product] + on_order, 6)
    return candidates.assign(
        protection_days=protection,
        forecast_days=demand.horizon_days[product],
        per_day_units=per_day,
        demand_units=mean,
        safety_units=safety,
        reorder_point=reorder_point,
        on_order_units=on_order,
        position_units=position,
        days_covered=np.minimum(demand.days_until_used(product, position), held.keeps_days[product]),
        due=(per_day > 0) & (position <= reorder_point),
        late=(per_day > 0) & (held.days_covered[product] <= lead),
    )


def _size(tested: pd.DataFrame, held: Stock, price_tiers: tuple[Floats, Floats]) -> pd.DataFrame:
    """The tested candidates with quantity_units (0 unless due), what bound it, unit_cost and `situation`.

    price_tiers: of `tiers.padded`; discount, tier_units: of the tier the lot reaches, which it does not seek.

    lot_days: the days of demand the economic lot was cut to, inf where it was not, NaN where the shortage is larger.
    missing_units: the shortage, of which no more is wished than is used before it spoils. keep_units: what is used
    within the shelf life, or a year.

    unit_cost: price plus the order's cost per unit; of a candidate not due, at the lot it would sell otherwise.
    """
    product, price, order_cost, moq, pack, due = (
        tested[name].to_numpy() for name in ("product", "unit_price", "order_cost", "moq_units", "pack_units", "due")
    )
    per_year = DAYS_PER_YEAR * tested["per_day_units"].to_numpy()
    lot = np.round(economic_lot(per_year, order_cost, tested["holding_rate_per_year"].to_numpy() * price), 6)
    keeps_days = np.minimum(held.shelf_life_days[product], LONGEST_LOT_DAYS)
    used = np.round(tested["per_day_units"].to_numpy() * keeps_days, 6)
    economic, lot = lot, np.minimum(lot, used)
    keeps_days = np.where(lot < economic, keeps_days, np.inf)
    missing = np.round((tested["reorder_point"] - tested["position_units"]).to_numpy(), 6)
    # What keeps for less than the protection days comes in several deliveries: no single one is for all of them.
    spoils_first = held.shelf_life_days[product] < tested["protection_days"].to_numpy()
    wish = np.maximum(lot, np.where(spoils_first, np.minimum(missing, used), missing))
    room = np.round(held.capacity - held.on_hand - held.open_orders + held.late_orders, 6)[product]
    units, bound = order_quantity(wish, moq, pack, room)
    unbound, _ = order_quantity(wish, moq, pack, np.full(len(wish), np.inf))
    lot_units = np.where(due, units, unbound)
    spoils = np.where(wish == lot, keeps_days < LONGEST_LOT_DAYS, wish < missing)
    share = np.divide(order_cost, lot_units, out=np.full(len(wish), np.inf), where=lot_units > 0)
    discount, tier_units = tiers.reached(*price_tiers, lot_units)
    return tested.assign(
        economic_lot=economic,
        lot_days=np.where(wish == lot, keeps_days, np.nan),
        missing_units=missing,
        wish_units=wish,
        room_units=room,
        least_units=np.ceil(np.maximum(moq, 1) / pack) * pack,
        quantity_units=np.where(due, units, 0),
        keep_units=used,
        bound=bound,
        binding_constraint=np.select([~due, spoils & np.isin(bound, ["none", "pack"])], ["none", "shelf_life"], bound),
        order_share=share,
        discount=discount,
        tier_units=tier_units,
        unit_cost=np.round((1 - discount) * price + share, 6),
        situation=np.select([per_year == 0, ~due, units > 0], ["no_demand", "enough", "buy"], "shelf"),
    )


def _choose(sized: pd.DataFrame) -> pd.DataFrame:
    """One candidate per product: the cheapest in time, else the fastest, then the cheapest, then by supplier_id.

    Where none is in time, one whose least order does not fit on the shelf stands back behind one whose does.
    Adds candidates and in_time (how many there are), regret_probability and buy_below_unit_price: the price up
    to which the choice stays the same, or the present price where no other supplier is in time.
    """
    late = sized["late"]
    ranked = sized.assign(
        blocked=late & np.isinf(sized["unit_cost"]), late_days=sized["lead_time_days"].where(late, 0.0)
    ).sort_values(["product", "late", "blocked", "late_days", "unit_cost", "supplier_id"], ignore_index=True)
    group = ranked.groupby("product")
    next_cost = group["unit_cost"].shift(-1).where(group["late"].shift(-1).eq(False))
    limit = ((next_cost - ranked["order_share"]) / (1 - ranked["discount"])).where(np.isfinite(next_cost)).round(2)
    ranked["buy_below_unit_price"] = limit.fillna(0.0).clip(lower=ranked["unit_price"])
    ranked["candidates"] = group["unit_cost"].transform("size")
    ranked["in_time"] = ranked["candidates"] - group["late"].transform("sum")
    chosen = ranked.drop_duplicates("product")
    price, p10, p50, p90 = chosen[["unit_price", "p10", "p50", "p90"]].to_numpy(np.float64).T
    chosen["regret_probability"] = probability_lower(price, p10, p50, p90)
    return chosen


def _without_candidate(
    quoted: pd.DataFrame, served: "pd.Series[int]", ids: "pd.Index[str]", params: Rules
) -> pd.DataFrame:
    """A waiting line for each product no candidate is left for: its last quoted series, or no supplier at all."""
    rest = quoted[~quoted["product"].isin(served)].sort_values(
        ["product", "last_quote_on", "supplier_id"], ascending=[True, False, True]
    )
    rest = rest.drop_duplicates("product")
    rest = rest.assign(situation=np.where(rest["status"] == "active", "no_forecast", "ended"))
    never = pd.DataFrame({"product": np.setdiff1d(np.arange(len(ids)), quoted["product"])})
    never = never.assign(
        supplier_id="",
        unit_price=0.0,
        lead_time_days=float(params.defaults.lead_time_days),
        assumed="lead_time_days",
        situation="unquoted",
    )
    lines = pd.concat([rest, never], ignore_index=True)
    return lines.assign(
        quantity_units=0,
        binding_constraint="none",
        late=False,
        regret_probability=0.5,
        buy_below_unit_price=lines["unit_price"],
    )


def _paid(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines with what is paid as unit_price: of an order, the quote less the discount of the tier it reaches."""
    off = lines["discount"].where(lines["quantity_units"] > 0, 0.0).fillna(0.0)
    quote = lines["unit_price"]
    return lines.assign(unit_price=quote.where(off == 0, ((1 - off) * quote).round(6)), discount=off)


def _summed(lines: pd.DataFrame, demand: DemandAhead, held: Stock) -> pd.DataFrame:
    """The lines with the columns of their sum."""
    product = lines["product"].to_numpy(np.int64)
    cover = coverage.of_rule(
        demand,
        held,
        product,
        lines["quantity_units"].to_numpy(np.float64),
        lines["lead_time_days"].to_numpy(np.float64),
    )
    return lines.assign(
        erp_supplier_id=lines["supplier_id"].astype("str"),
        on_hand_units=held.on_hand[product],
        reorder_point_units=lines["reorder_point"],
        economic_lot_units=lines["economic_lot"],
        room_units=lines["room_units"].mask(np.isinf(lines["room_units"])),
        days_of_cover=np.where(np.isfinite(cover), cover, np.nan),
    )


def _orders(lines: pd.DataFrame, ids: "pd.Index[str]", run_id: str, told: list[str]) -> pd.DataFrame:
    quantity = lines["quantity_units"].astype("int64")
    table = lines.assign(
        run_id=run_id,
        product_id=ids[lines["product"]],
        decision=np.where(quantity > 0, "buy", "wait"),
        quantity_units=quantity,
        regret_probability=lines["regret_probability"].where(quantity > 0, 1 - lines["regret_probability"]),
        total_cost=(quantity * lines["unit_price"]).round(2),
        erp_quantity_units=quantity,
        **dict.fromkeys(("expected_saving", "saving_p10", "saving_p90"), 0.0),
    )
    text = ("run_id", "product_id", "supplier_id", "decision", "binding_constraint")
    columns = list(dict.fromkeys([*ORDER_COLUMNS, *told, *SUM_COLUMNS]))
    return table[columns].astype(dict.fromkeys([*text, *told], "str"))
