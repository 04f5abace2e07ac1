"""The tables of Ordercast as declarations: columns, types, units, bounds and a sentence on each column."""

from ordercast.columns import DTYPES, INFINITE, NOT_WHOLE, OUT_OF_CALENDAR, Column, Kind, Table

__all__ = ["DTYPES", "INFINITE", "INPUTS", "NOT_WHOLE", "OUT_OF_CALENDAR", "TABLES", "Column", "Kind", "Table"]

_PRODUCT = Column("product_id", "text", "", "Product, as text: leading zeros count.", required=True)
_SUPPLIER = Column("supplier_id", "text", "", "Supplier; 'default' where the data name none.", required=True)
_ORIGIN = Column("origin", "day", "", "Last day the forecast knows.", required=True)
_TARGET = Column("date", "day", "", "Day the forecast is for.", required=True)
_HORIZON = Column("horizon_days", "count", "days", "Days from origin to date.", required=True, at_least=1)


def _band(unit: str, above: float | None = None, at_least: float | None = None) -> tuple[Column, ...]:
    texts = {
        "p10": "Undercut with probability 10%.",
        "p50": "Undercut with probability 50%.",
        "p90": "Undercut with probability 90%.",
        "mean": "Expected value.",
    }
    return tuple(
        Column(name, "number", unit, text, required=True, above=above, at_least=at_least)
        for name, text in texts.items()
    )


def _share(name: str, description: str, required: bool) -> Column:
    return Column(name, "number", "1", description, required=required, at_least=0, at_most=1)


_CONTRACTS = (
    Table(
        "prices",
        "Quotes: irregular, weekly or several a day; gaps are gaps.",
        ("product_id", "supplier_id", "date"),
        (
            _PRODUCT,
            _SUPPLIER,
            Column("date", "day", "", "Day of the quote.", required=True),
            Column("unit_price", "number", "currency/unit", "Price quoted.", required=True, above=0),
            Column("currency", "text", "", "Currency of every price; one in the whole table.", required=True),
        ),
        unique=False,
    ),
    Table(
        "sales",
        "Units sold or consumed per product and day.",
        ("product_id", "date"),
        (
            _PRODUCT,
            Column("date", "day", "", "Day of the sales.", required=True),
            Column("demand_units", "number", "units", "Units asked for.", required=True, at_least=0),
            Column("in_stock", "flag", "", "False where missing stock cut the demand short.", required=True),
        ),
    ),
    Table(
        "products",
        "What is bought.",
        ("product_id",),
        (
            _PRODUCT,
            Column("name", "text", "", "Name people know the product by."),
            Column("category", "text", "", "Group the product belongs to."),
            Column("unit", "text", "", "Unit of every quantity of this product, such as kg."),
            Column(
                "holding_rate_per_year",
                "number",
                "1/year",
                "Holding cost, a share of value: 0.2 is 20%.",
                above=0,
                at_most=1,
            ),
            Column("shelf_capacity_units", "number", "units", "Most that can be stored.", at_least=0),
            Column("shelf_life_days", "number", "days", "Days until it spoils.", at_least=1),
            Column("unit_value", "number", "currency/unit", "What a lacking unit costs.", at_least=0),
            Column("unit_volume", "number", "volume/unit", "Space, as orders.warehouse_volume counts it.", above=0),
        ),
    ),
    Table(
        "suppliers",
        "Terms of each supplier for each product.",
        ("product_id", "supplier_id"),
        (
            _PRODUCT,
            _SUPPLIER,
            Column("lead_time_days", "number", "days", "Days from order to delivery.", at_least=0, at_most=3650),
            Column("lead_time_sd_days", "number", "days", "Its standard deviation.", at_least=0),
            Column("moq_units", "number", "units", "Least quantity of an order.", at_least=0),
            Column("pack_units", "number", "units", "Units in a pack.", at_least=1, whole=True),
            Column("order_cost", "number", "currency", "Fixed cost of one order.", at_least=0),
            Column(
                "min_order_value",
                "number",
                "currency",
                "Least that a day's lines of this supplier must come to together; the same in all rows of a supplier.",
                at_least=0,
            ),
        ),
    ),
    Table(
        "stock",
        "Stock on hand.",
        ("product_id",),
        (
            _PRODUCT,
            Column("on_hand_units", "number", "units", "Units on the shelf.", required=True, at_least=0),
            Column("as_of", "day", "", "Day it was counted.", required=True),
        ),
    ),
    Table(
        "open_orders",
        "Orders placed and not yet delivered.",
        ("order_id",),
        (
            Column("order_id", "text", "", "Order line: one row each.", required=True),
            _PRODUCT,
            _SUPPLIER,
            Column("quantity_units", "number", "units", "Units on order.", required=True, at_least=0),
            Column("unit_price", "number", "currency/unit", "Price agreed.", at_least=0),
            Column("ordered_on", "day", "", "Day of the order."),
            Column("due_on", "day", "", "Day of delivery; an order without one is never counted on."),
            Column("status", "text", "", "Such as open; received, cancelled and closed orders do not count."),
        ),
    ),
    Table(
        "price_tiers",
        "Quantity discounts: an order of so many units pays less for all of its units.",
        ("product_id", "supplier_id", "min_units"),
        (
            _PRODUCT,
            _SUPPLIER,
            Column("min_units", "number", "units", "Least order that gets the discount.", required=True, above=0),
            Column(
                "discount_rate",
                "number",
                "1",
                "Taken off the quoted price, a share of it.",
                required=True,
                at_least=0,
                below=1,
            ),
        ),
    ),
    Table(
        "series",
        "One row per product and supplier with quotes.",
        ("product_id", "supplier_id"),
        (
            _PRODUCT,
            _SUPPLIER,
            Column("first_quote_on", "day", "", "Day of the first quote.", required=True),
            Column("last_quote_on", "day", "", "Day of the last quote.", required=True),
            Column("quotes", "count", "", "Days (or weeks) with a quote.", required=True, at_least=1),
            Column("unit_price", "number", "currency/unit", "Last price quoted.", required=True, above=0),
            _share("share_unchanged", "Quotes equal to the one before, as a share.", required=True),
            Column(
                "status",
                "text",
                "",
                "Still quoted? One that ended is neither forecast nor bought.",
                required=True,
                one_of=("active", "ended"),
            ),
        ),
        extensible=True,
    ),
    Table(
        "forecast_prices",
        "Price distribution per product, supplier and day ahead.",
        ("product_id", "supplier_id", "origin", "date"),
        (
            _PRODUCT,
            _SUPPLIER,
            _ORIGIN,
            _TARGET,
            _HORIZON,
            *_band("currency/unit", above=0),
            _share("skill_weight", "Share of the model in it; 0 is the naive forecast.", required=True),
        ),
        extensible=True,
        ascending=("p10", "p50", "p90"),
    ),
    Table(
        "forecast_demand",
        "Demand distribution per product and day ahead.",
        ("product_id", "origin", "date"),
        (_PRODUCT, _ORIGIN, _TARGET, _HORIZON, *_band("units", at_least=0)),
        extensible=True,
        ascending=("p10", "p50", "p90"),
    ),
    Table(
        "orders",
        "What to buy or to wait with, and why.",
        ("run_id", "product_id", "supplier_id", "order_on"),
        (
            Column("run_id", "text", "", "Run that made the line.", required=True),
            _PRODUCT,
            _SUPPLIER,
            Column("decision", "text", "", "What to do.", required=True, one_of=("buy", "wait")),
            Column("quantity_units", "count", "units", "Units to order.", required=True, at_least=0),
            Column("order_on", "day", "", "Day to order."),
            Column("arrive_on", "day", "", "Day of arrival to expect."),
            Column(
                "unit_price",
                "number",
                "currency/unit",
                "Price counted with, less the discount.",
                at_least=0,
            ),
            Column("total_cost", "number", "currency", "Quantity times unit price.", at_least=0),
            Column("expected_saving", "number", "currency", "Expected saving against the ERP rule."),
            Column("saving_p10", "number", "currency", "Saving undercut with probability 10%."),
            Column("saving_p90", "number", "currency", "Saving undercut with probability 90%."),
            _share("regret_probability", "Chance that a later price is lower, or of a wait higher.", required=False),
            Column("buy_below_unit_price", "number", "currency/unit", "Buy at once at a quote below it.", at_least=0),
            Column("erp_quantity_units", "count", "units", "ERP quantity.", required=True, at_least=0),
            Column(
                "binding_constraint",
                "text",
                "",
                "What bound the quantity: budget, warehouse_volume, supplier_minimum, moq, pack, shelf_capacity, "
                "shelf_life or none.",
            ),
            Column("urgent", "flag", "", "Stock, where it is known, runs out before anyone delivers.", required=True),
            Column("reason", "text", "", "The line's reason, in the language of base.locale.", required=True),
        ),
        unique=False,
        extensible=True,
        ascending=("saving_p10", "saving_p90"),
    ),
    Table(
        "reasons",
        "The reason of every order line in each language.",
        ("language", "product_id", "supplier_id"),
        (
            Column("language", "text", "", "Language of the text, such as en or pt_BR.", required=True),
            _PRODUCT,
            _SUPPLIER,
            Column("reason", "text", "", "The line's reason.", required=True),
        ),
    ),
    Table(
        "quarantine",
        "Rows of the input that were set aside.",
        ("table", "row", "column"),
        (
            Column("table", "text", "", "Table it was meant for.", required=True),
            Column("row", "count", "", "Row in the file as people count it.", required=True, at_least=1),
            Column("column", "text", "", "Column at fault.", required=True),
            Column("value", "text", "", "What stood there; empty where nothing did.", required=True),
            Column("fault", "text", "", "What is wrong with it.", required=True),
        ),
        unique=False,
    ),
    Table(
        "notes",
        "What was assumed, mapped or ignored when the input was read.",
        ("place",),
        (
            Column("place", "count", "", "Order in which to read them, from 1.", required=True, at_least=1),
            Column("table", "text", "", "Table it is about, or folder.", required=True),
            Column("note", "text", "", "A sentence.", required=True),
            Column("said", "text", "", "Its text and values as JSON, to be told in any language.", required=True),
        ),
        unique=False,
    ),
)
TABLES = {table.name: table for table in _CONTRACTS}
INPUTS = ("prices", "sales", "products", "suppliers", "stock", "open_orders", "price_tiers")
