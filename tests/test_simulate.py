"""The simulated world: its tables, its determinism, and that it moves the way it says it does."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from ordercast.simulate import DEFAULT_TODAY, World, catalogue, world
from ordercast.simulate.market import KEY, day_numbers, price, rules_of, state_of

KEYS = {
    "prices": ["product_id", "supplier_id", "date", "unit_price"],
    "sales": ["product_id", "date"],
    "products": ["product_id"],
    "suppliers": ["product_id", "supplier_id"],
    "stock": ["product_id"],
    "open_orders": ["order_id"],
    "price_rules": ["product_id", "supplier_id"],
    "price_states": ["product_id", "supplier_id", "date"],
    "demand_rules": ["product_id"],
    "demand_states": ["product_id", "date"],
}
COLUMNS = {
    "prices": "product_id supplier_id date unit_price currency",
    "sales": "product_id date demand_units in_stock",
    "products": "product_id name category unit holding_rate_per_year shelf_capacity_units shelf_life_days unit_value "
    "unit_volume",
    "suppliers": "product_id supplier_id lead_time_days lead_time_sd_days moq_units pack_units order_cost "
    "min_order_value",
    "stock": "product_id on_hand_units as_of",
    "open_orders": "order_id product_id supplier_id quantity_units unit_price ordered_on due_on status",
}
TODAY = pd.Timestamp(DEFAULT_TODAY)
SUNDAY = 6
OPEN = ["shelf_life_days", "unit_volume", "min_order_value"]  # what keeps for ever, and limits nobody set


def small_world(products: int = 40, seed: int = 7, today: date = DEFAULT_TODAY) -> World:
    return world(products, history_days=500, seed=seed, today=today, currency="BRL")


@pytest.fixture(scope="module")
def simulated() -> World:
    return small_world()


def all_tables(simulated: World) -> dict[str, pd.DataFrame]:
    return {**simulated.tables(), **simulated.truth}


def test_the_six_tables_have_their_columns_and_the_truth_is_none_of_them(simulated: World) -> None:
    tables = simulated.tables()
    assert {name: " ".join(table) for name, table in tables.items()} == COLUMNS
    assert set(simulated.truth) == set(KEYS) - set(COLUMNS)
    secrets = {column for table in simulated.truth.values() for column in table} - {*KEY, "date"}
    assert not secrets & {column for table in tables.values() for column in table}


@pytest.mark.parametrize("name", KEYS)
def test_a_table_is_unique_and_sorted_by_its_key_with_a_fresh_index(simulated: World, name: str) -> None:
    table, key = all_tables(simulated)[name], KEYS[name]
    assert not table.duplicated(key).any()
    pd.testing.assert_frame_equal(table, table.sort_values(key, ignore_index=True))
    assert isinstance(table.index, pd.RangeIndex)
    assert table.drop(columns=OPEN, errors="ignore").notna().all(axis=None)
    for column, dtype in table.dtypes.items():
        if str(column).endswith("_id"):
            assert dtype == "str"
        if column in ("date", "as_of", "ordered_on", "due_on"):
            assert dtype == "datetime64[us]"


def test_the_same_seed_gives_the_same_frames(simulated: World) -> None:
    again = all_tables(small_world())
    for name, table in all_tables(simulated).items():
        pd.testing.assert_frame_equal(table, again[name], check_exact=True)


def test_another_seed_gives_other_prices_and_sales(simulated: World) -> None:
    other = small_world(seed=8)
    shared = simulated.prices.merge(other.prices, on=[*KEY, "date"])
    assert len(shared) > 1000
    assert (shared["unit_price_x"] != shared["unit_price_y"]).mean() > 0.99
    assert (simulated.sales["demand_units"] != other.sales["demand_units"]).mean() > 0.5


@pytest.mark.parametrize("name", KEYS)
def test_more_products_leave_the_first_ones_as_they_were(simulated: World, name: str) -> None:
    few = all_tables(small_world(products=17))[name]
    many = all_tables(simulated)[name]
    first = many[many["product_id"] <= "P000017"].reset_index(drop=True)
    pd.testing.assert_frame_equal(few, first, check_exact=True)


def test_history_ends_today_and_reaches_back_as_far_as_asked(simulated: World) -> None:
    sold = simulated.sales.groupby("product_id")["date"].agg(["min", "max", "size"])
    assert (sold["max"] == TODAY).all()
    assert (sold["min"] == TODAY - pd.Timedelta(days=499)).all()
    assert (sold["size"] == 500).all()
    assert (simulated.prices.groupby(KEY)["date"].max() == TODAY).all()


def test_the_last_quote_before_a_sunday_is_of_saturday() -> None:
    prices = small_world(products=3, today=date(2026, 11, 1)).prices
    assert (prices.groupby(KEY)["date"].max() == pd.Timestamp(2026, 10, 31)).all()


def test_quotes_skip_sundays_and_a_few_other_days_and_sometimes_come_twice(simulated: World) -> None:
    prices = simulated.prices
    assert (prices["date"].dt.day_of_week != SUNDAY).all()
    days = pd.date_range(end=TODAY, periods=500)
    gaps = 1 - prices.drop_duplicates([*KEY, "date"]).groupby(KEY).size() / (days.day_of_week != SUNDAY).sum()
    assert gaps.between(0.002, 0.09).all()
    assert 0.02 < gaps.mean() < 0.05
    twice = prices.groupby([*KEY, "date"])["unit_price"].agg(["size", "min", "max"])
    assert 0.002 < (twice["size"] == 2).mean() < 0.01
    assert twice["size"].max() == 2
    difference = (twice["max"] - twice["min"])[twice["size"] == 2].round(2)
    assert set(difference) == {0.01, 0.02}


def test_prices_are_the_state_rounded_to_cents(simulated: World) -> None:
    joined = simulated.truth["price_states"].merge(simulated.truth["price_rules"], on=KEY, validate="m:1")
    exact = joined[[*KEY, "date"]].assign(exact=price(state_of(joined), rules_of(joined)))
    quoted = simulated.prices.drop_duplicates([*KEY, "date"]).merge(exact, on=[*KEY, "date"])
    # The stored state is rounded to 6 decimals of log price: some tenths of a cent on a price of 1,000.
    assert ((quoted["unit_price"] - quoted["exact"]).abs() <= 0.005 + 2e-6 * quoted["exact"]).all()
    assert (simulated.prices["unit_price"] > 0).all()
    assert (simulated.prices["unit_price"] == simulated.prices["unit_price"].round(2)).all()
    assert set(simulated.prices["currency"]) == {"BRL"}


def test_list_prices_change_on_refresh_days_only(simulated: World) -> None:
    joined = simulated.truth["price_states"].merge(simulated.truth["price_rules"], on=KEY, validate="m:1")
    changed = joined.groupby(KEY)["log_list"].diff().fillna(0) != 0
    refresh = (day_numbers(joined["date"]) + joined["refresh_phase"]) % joined["refresh_days"] == 0
    assert not (changed & ~refresh).any()
    assert changed[refresh].mean() > 0.99
    assert set(joined["refresh_days"]) == {1, 7, 14}


def test_promotions_come_some_four_times_a_year_for_about_ten_days_on_most_products(simulated: World) -> None:
    rules = simulated.truth["price_rules"].set_index(KEY)
    promoting = rules["promotion_start"] > 0
    assert 0.4 < promoting.groupby("product_id").first().mean() < 0.8
    assert (promoting.groupby("product_id").min() == promoting.groupby("product_id").max()).all()
    states = simulated.truth["price_states"]
    on = states.groupby(KEY)["on_promotion"].mean()
    assert (on[~promoting] == 0).all()
    assert 0.07 < on[promoting].mean() < 0.15
    starts = states["on_promotion"] & ~states.groupby(KEY)["on_promotion"].shift(fill_value=True)
    per_year = starts.groupby([states[column] for column in KEY]).sum() * 365.25 / 499
    assert 3 < per_year[promoting].mean() < 5
    assert rules["discount"].between(0.08, 0.25).all()


def test_supplier_shocks_are_shared_by_all_products_of_a_supplier(simulated: World) -> None:
    states = simulated.truth["price_states"]
    by_supplier = states.groupby(["supplier_id", "date"])["shock"]
    assert (by_supplier.min() == by_supplier.max()).all()
    assert states["shock"].max() > 0.08


def test_suppliers_of_a_product_share_the_level_of_its_price(simulated: World) -> None:
    by_product = simulated.truth["price_states"].groupby(["product_id", "date"])["ar"]
    assert (by_product.min() == by_product.max()).all()
    assert by_product.max().std() > 0.02


def test_each_product_has_two_or_three_suppliers_of_its_category(simulated: World) -> None:
    suppliers = simulated.suppliers.merge(simulated.products[["product_id", "category"]], on="product_id")
    assert set(suppliers.groupby("product_id").size()) == {2, 3}
    for supplier, category in zip(suppliers["supplier_id"], suppliers["category"], strict=True):
        assert supplier in catalogue.SOLD_BY[category]
    quoted = simulated.prices[KEY].drop_duplicates().reset_index(drop=True)
    pd.testing.assert_frame_equal(quoted, simulated.suppliers[KEY])


def test_terms_and_shelves_are_ones_a_buyer_could_work_with(simulated: World) -> None:
    terms = simulated.suppliers
    assert terms["lead_time_days"].between(2, 10).all()
    assert (terms["lead_time_sd_days"] < terms["lead_time_days"]).all()
    assert (terms["lead_time_sd_days"] > 0).all()
    assert (terms["moq_units"] >= 1).all()
    assert set(terms["pack_units"]) == {1, 6, 12, 24}
    assert terms["order_cost"].between(30, 150).all()
    products = simulated.products
    assert products["holding_rate_per_year"].between(0.15, 0.30).all()
    both = terms.merge(products, on="product_id")
    least = np.ceil(both["moq_units"] / both["pack_units"]) * both["pack_units"]
    assert (both["shelf_capacity_units"] >= 2 * least).all()
    assert (both["shelf_capacity_units"] >= 3 * both["pack_units"]).all()
    base = simulated.truth["demand_rules"]["base_units"]
    assert (products["shelf_capacity_units"] >= 60 * base).all()
    reference = simulated.truth["demand_rules"]["reference_price"]
    np.testing.assert_allclose(products["unit_value"], 1.5 * reference, atol=0.0051)
    expires = products["shelf_life_days"].notna()
    assert (expires == products["category"].isin([catalogue.CHEMICAL, catalogue.FOOD])).all()


def test_stock_and_open_orders_are_of_today(simulated: World) -> None:
    stock, orders = simulated.stock, simulated.open_orders
    base = simulated.truth["demand_rules"]["base_units"]
    assert (stock["as_of"] == TODAY).all()
    assert (stock["on_hand_units"] >= 2 * base).all()
    assert (stock["on_hand_units"] <= 30 * base + 1).all()
    assert 0.1 < len(orders) / len(stock) < 0.4
    assert (orders["ordered_on"] <= TODAY).all()
    assert (orders["due_on"] < TODAY).sum() == 2
    assert (orders["due_on"] != TODAY).all()
    assert set(orders["status"]) == {"open"}
    terms = orders.merge(simulated.suppliers, on=KEY, validate="1:1")
    assert ((terms["due_on"] - terms["ordered_on"]).dt.days == terms["lead_time_days"]).all()
    assert (terms["quantity_units"] % terms["pack_units"] == 0).all()
    assert (terms["quantity_units"] >= terms["moq_units"]).all()
    held = orders.merge(stock, on="product_id").merge(simulated.products, on="product_id")
    assert (held["on_hand_units"] + held["quantity_units"] <= held["shelf_capacity_units"]).all()


def test_demand_is_negative_binomial_around_its_mean(simulated: World) -> None:
    states = simulated.truth["demand_states"].merge(simulated.truth["demand_rules"], on="product_id")
    mean, units = states["expected_units"], states["true_units"]
    residual = (units - mean) ** 2
    assert (residual / (mean + mean**2 / states["dispersion"])).mean() == pytest.approx(1, abs=0.05)
    assert (residual / mean)[mean > 5].mean() > 1.5
    assert units.sum() / mean.sum() == pytest.approx(1, abs=0.02)
    base = simulated.truth["demand_rules"]["base_units"]
    assert base.between(0.5, 200).all()
    assert base.max() / base.min() > 20


def test_demand_falls_where_the_cheapest_quote_rises(simulated: World) -> None:
    cheapest = simulated.prices.groupby(["product_id", "date"])["unit_price"].min().rename("cheapest")
    sales = simulated.sales[simulated.sales["in_stock"]].merge(cheapest.reset_index(), on=["product_id", "date"])
    alike = sales.groupby(["product_id", sales["date"].dt.day_of_week, sales["date"].dt.to_period("M")])
    price_change = np.log(sales["cheapest"]) - np.log(sales["cheapest"]).groupby(alike.ngroup()).transform("mean")
    demand_change = sales["demand_units"] / alike["demand_units"].transform("mean") - 1
    seen = demand_change.notna()
    elasticity = -(price_change * demand_change)[seen].sum() / (price_change**2)[seen].sum()
    assert 0.5 < elasticity < 1.4


def test_stock_outs_censor_a_few_spells_of_demand(simulated: World) -> None:
    sales, states = simulated.sales, simulated.truth["demand_states"]
    out = ~sales["in_stock"]
    assert (sales.loc[out, "demand_units"] == 0).all()
    assert (sales.loc[~out, "demand_units"] == states.loc[~out, "true_units"]).all()
    assert states.loc[out, "true_units"].sum() > 0
    assert 0.005 < out.mean() < 0.04
    starts = out & ~out.groupby(sales["product_id"]).shift(fill_value=False)
    assert 2 < out.sum() / starts.sum() < 7


def test_truth_floats_have_six_decimals(simulated: World) -> None:
    for table in simulated.truth.values():
        floats = table.select_dtypes("float64")
        pd.testing.assert_frame_equal(floats, floats.round(6), check_exact=True)


@pytest.mark.parametrize(
    ("products", "history_days", "message"),
    [
        pytest.param(0, 500, "data.products is 0", id="no_product"),
        pytest.param(5, 10, "data.history_days is 10; set it to 30", id="history_too_short"),
    ],
)
def test_an_impossible_world_is_refused(products: int, history_days: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        world(products, history_days, seed=7, today=DEFAULT_TODAY, currency="BRL")


def test_the_smallest_world_stands() -> None:
    tiny = world(1, 30, seed=7, today=DEFAULT_TODAY, currency="USD")
    assert len(tiny.products) == len(tiny.stock) == 1
    assert set(tiny.prices["currency"]) == {"USD"}
    assert list(tiny.open_orders) == COLUMNS["open_orders"].split()


def test_any_number_of_materials_has_distinct_names_which_do_not_depend_on_it() -> None:
    many = catalogue.materials(20_000)
    assert many["name"].is_unique
    assert not many["name"].str.contains("[{}|]").any()
    pd.testing.assert_frame_equal(catalogue.materials(150), many.head(150))
    assert set(many["category"]) == set(catalogue.SOLD_BY)
    assert (many["price_low"] < many["price_high"]).all()
    assert {
        "Espuma D33 bloco 2,00 m",
        "Tecido suede bege 1,40 m",
        "Parafuso sextavado M8 x 30 zincado",
    } <= set(many["name"])


def test_suppliers_of_a_category_are_known_and_sorted() -> None:
    for candidates in catalogue.SOLD_BY.values():
        assert list(candidates) == sorted(set(candidates) & set(catalogue.SUPPLIERS))
        assert len(candidates) == 4
