"""What each feature says of a forecast, in words of any language: patterns of its name, its family, how it is said."""

from __future__ import annotations

import re

from ordercast.language import phrase
from ordercast.sayings import (
    Say,
    due,
    either,
    foreseen,
    gap,
    holiday,
    often,
    often_unsold,
    plain,
    sale,
    sellers,
    since_holiday,
    within,
)

Table = list[tuple[str, str, Say]]
Found = tuple[re.Match[str], str, Say]


def of(name: str, drifts: bool) -> Found:
    """The match of a feature's name, its family and how its value is said, of a price where the target drifts."""
    table = (PRICE if drifts else DEMAND) + ANY
    return next((found, family, say) for pattern, family, say in table if (found := re.fullmatch(pattern, name)))


def window_days(name: str) -> int:
    """How many days back a feature looks, as its name says; 0 where that does not matter."""
    found = re.search(r"_(\d+)d$", name)
    return int(found[1]) if found else 0


def of_the_day(name: str) -> bool:
    """Whether a feature is about the day that is forecast, not about the series as it stands."""
    return re.fullmatch(OF_THE_DAY, name) is not None


OF_THE_DAY = (
    r"days_ahead|spread_to_step|changes_due|level_forecast|season_.*|day_of_month|days_(to|since)_holiday|weekday|"
    r"same_.*|own_p\d+"
)
# Prices: name of the feature, family (one reason each), words. Distances are told in units of the usual step.
PRICE: Table = [
    (
        r"over_mean_(\d+)d",
        "mean",
        either(
            phrase("%(share)s over its %(n)s-day mean"),
            phrase("%(share)s under its %(n)s-day mean"),
            level=phrase("at its %(n)s-day mean"),
        ),
    ),
    (
        r"over_mean_(\d+)q",
        "mean",
        either(
            phrase("%(share)s over the mean of its last %(n)s quotes"),
            phrase("%(share)s under the mean of its last %(n)s quotes"),
            level=phrase("at the mean of its last %(n)s quotes"),
        ),
    ),
    (
        r"over_smooth_quote",
        "mean",
        either(phrase("%(share)s over its smoothed quotes"), phrase("%(share)s under its smoothed quotes")),
    ),
    (
        r"same_weekday_8w",
        "weekday",
        either(phrase("that weekday is usually %(share)s dearer"), phrase("that weekday is usually %(share)s cheaper")),
    ),
    (
        r"change_less_market_(\d+)d",
        "market",
        either(
            phrase("%(share)s ahead of the catalogue in %(n)s days"),
            phrase("%(share)s behind the catalogue in %(n)s days"),
        ),
    ),
    (
        r"change_less_supplier_(\d+)d",
        "supplier",
        either(
            phrase("%(share)s ahead of its supplier's other prices in %(n)s days"),
            phrase("%(share)s behind its supplier's other prices in %(n)s days"),
        ),
    ),
    (
        r"change_1d",
        "change",
        either(
            phrase("in a day it rose %(share)s"),
            phrase("in a day it fell %(share)s"),
            level=phrase("in a day it hardly moved"),
        ),
    ),
    (
        r"change_(\d+)d",
        "change",
        either(
            phrase("in %(n)s days it rose %(share)s"),
            phrase("in %(n)s days it fell %(share)s"),
            level=phrase("in %(n)s days it hardly moved"),
        ),
    ),
    (
        r"last_change",
        "change",
        either(phrase("at its last change it rose %(share)s"), phrase("at its last change it fell %(share)s")),
    ),
    (
        r"market_(\d+)d",
        "market",
        either(
            phrase("in %(n)s days the catalogue rose %(share)s"), phrase("in %(n)s days the catalogue fell %(share)s")
        ),
    ),
    (
        r"market_since_quote",
        "market",
        either(
            phrase("since its last quote the catalogue rose %(share)s"),
            phrase("since its last quote the catalogue fell %(share)s"),
        ),
    ),
    (
        r"market_since_change",
        "market",
        either(
            phrase("since it last changed the catalogue rose %(share)s"),
            phrase("since it last changed the catalogue fell %(share)s"),
        ),
    ),
    (
        r"supplier_(\d+)d",
        "supplier",
        either(
            phrase("in %(n)s days the supplier's prices rose %(share)s"),
            phrase("in %(n)s days the supplier's prices fell %(share)s"),
        ),
    ),
    (
        r"supplier_since_quote",
        "supplier",
        either(
            phrase("since its last quote the supplier's prices rose %(share)s"),
            phrase("since its last quote the supplier's prices fell %(share)s"),
        ),
    ),
    (
        r"supplier_since_change",
        "supplier",
        either(
            phrase("since it last changed the supplier's prices rose %(share)s"),
            phrase("since it last changed the supplier's prices fell %(share)s"),
        ),
    ),
    (
        r"other_suppliers_(\d+)d",
        "others",
        either(
            phrase("in %(n)s days the other suppliers' prices rose %(share)s"),
            phrase("in %(n)s days the other suppliers' prices fell %(share)s"),
        ),
    ),
    (
        r"other_suppliers_since_change",
        "others",
        either(
            phrase("since it last changed the other suppliers' prices rose %(share)s"),
            phrase("since it last changed the other suppliers' prices fell %(share)s"),
        ),
    ),
    (
        r"freshest_supplier_since_change",
        "others",
        either(
            phrase("since it last changed another supplier's price rose %(share)s"),
            phrase("since it last changed another supplier's price fell %(share)s"),
        ),
    ),
    (
        r"over_cheapest_supplier",
        "others",
        either(phrase("%(share)s over the cheapest supplier"), phrase("%(share)s under the cheapest supplier")),
    ),
    (
        r"over_other_suppliers",
        "others",
        either(phrase("%(share)s over the other suppliers"), phrase("%(share)s under the other suppliers")),
    ),
    (
        r"over_usual_distance",
        "others",
        either(
            phrase("%(share)s over its usual distance from the other suppliers"),
            phrase("%(share)s under its usual distance from the other suppliers"),
        ),
    ),
    (r"suppliers", "others", sellers),
    (r"level_gap", "gap", gap),
    (r"level_forecast", "foreseen", foreseen),
    (r"sale_depth", "sale", sale),
    (r"sale_age_days", "sale", plain(phrase("the price cut is %(days)s days old"))),
    (r"changes_due", "rhythm", due),
    (r"days_since_change", "rhythm", plain(phrase("unchanged for %(days)s days"))),
    (r"days_between_changes", "rhythm", plain(phrase("it usually changes every %(days)s days"))),
    (r"share_changed_91d", "rhythm", often),
    (r"range_position_(\d+)d", "range", within),
    (r"same_days_last_year", "season", plain(phrase("what it did on the same days last year"))),
    (r"days_since_quote", "quotes", plain(phrase("last quoted %(days)s days ago"))),
    (r"quotes_per_day_28d", "quotes", plain(phrase("how often it is quoted"))),
    (r"age_days", "age", plain(phrase("known for %(days)s days"))),
    (r"own_p10|own_p90", "own", plain(phrase("its own ups and downs of two years"))),
    (r"echo", "own", plain(phrase("whether its changes are taken back"))),
]
DEMAND: Table = [
    (
        r"price_over_mean_(\d+)d",
        "price",
        either(
            phrase("price %(share)s over its %(n)s-day mean"),
            phrase("price %(share)s under its %(n)s-day mean"),
            scaled=False,
        ),
    ),
    (
        r"price_change_(\d+)d",
        "price",
        either(
            phrase("price rose %(share)s in %(n)s days"), phrase("price fell %(share)s in %(n)s days"), scaled=False
        ),
    ),
    (
        r"mean_(\d+)d",
        "level",
        either(
            phrase("its %(n)s-day mean is over the last month's"),
            phrase("its %(n)s-day mean is under the last month's"),
            scaled=False,
        ),
    ),
    (
        r"mean_(\d+)_sales",
        "level",
        either(
            phrase("its last %(n)s sales on record were over the month's mean"),
            phrase("its last %(n)s sales on record were under the month's mean"),
            scaled=False,
        ),
    ),
    (
        r"smooth_sales|last",
        "level",
        either(
            phrase("its latest sales were over the month's mean"),
            phrase("its latest sales were under the month's mean"),
            scaled=False,
        ),
    ),
    (
        r"same_weekday_8w",
        "weekday",
        either(
            phrase("that weekday sells more than others"), phrase("that weekday sells less than others"), scaled=False
        ),
    ),
    (r"same_days_last_year", "season", plain(phrase("what it sold on the same days last year"))),
    (r"share_zero_91d", "often", often_unsold),
    (r"days_since_sale", "often", plain(phrase("last sold %(days)s days ago"))),
    (r"days_since_known", "often", plain(phrase("its sales are known up to %(days)s days ago"))),
    (r"age_days", "age", plain(phrase("sold for %(days)s days so far"))),
    (r"level_log", "size", plain(phrase("how much it sells"))),
    (r"own_p10|own_p90", "own", plain(phrase("its own good and bad days of half a year"))),
    (r"echo", "own", plain(phrase("whether a good day is followed by a good one"))),
]
ANY: Table = [
    (r"season_sin|season_cos", "season", plain(phrase("the time of year"))),
    (r"day_of_month", "month", plain(phrase("the day of the month"))),
    (r"weekday", "weekday", plain(phrase("the weekday"))),
    (r"days_ahead", "ahead", plain(phrase("how far ahead it is"))),
    (r"days_to_holiday", "holiday", holiday),
    (r"days_since_holiday", "holiday", since_holiday),
    (r"product_code", "habit", plain(phrase("what this product usually does"))),
    (r"supplier_code", "habit", plain(phrase("what this supplier usually does"))),
    (r"category_code", "habit", plain(phrase("what this category usually does"))),
    (r".*", "habit", plain(phrase("how much it usually moves"))),
]
