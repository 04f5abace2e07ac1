"""What a run came to, in the few lines a person acts on."""

import json
from pathlib import Path
from typing import Any

from ordercast import publish

TABLES = {
    "products": "data/raw/products.parquet",
    "prices": "data/raw/prices.parquet",
    "quarantine": "data/raw/quarantine.parquet",
    "notes": "data/raw/notes.parquet",
    "forecast": "data/forecast/prices.parquet",
    "orders": "data/orders/orders.parquet",
}
NO_DEMAND = "not forecast: no sales on the days of the prices, or too few of them"
COUNTS = """
SELECT
    (SELECT count(*) FROM products),
    (SELECT count(*) FROM prices),
    (SELECT max(date) FROM prices),
    (SELECT count(*) FROM (SELECT DISTINCT "table", "row" FROM quarantine)),
    (SELECT count(*) FROM notes)
"""
BUYS = """
SELECT order_on <= coalesce((SELECT max(origin) FROM forecast), order_on) AS due, count(*), sum(total_cost)
FROM orders WHERE decision = 'buy' GROUP BY due
"""


def text(root: str | Path) -> str:
    """The lines on the published run: data, errors beside naive, orders to place, and where to look next.

    Numbers, money and dates are written in the run's locale. Raises PublishError where nothing is published.
    """
    import duckdb

    root = Path(root)
    folder = publish.current(root)
    run, metrics = (json.loads((folder / name).read_text("utf-8")) for name in ("run.json", publish.METRICS))
    with duckdb.connect() as connection:
        for name, path in TABLES.items():
            connection.read_parquet(str(folder / path)).create_view(name)
        counts = connection.execute(COUNTS).fetchall()[0]
        doubted = 0  # runs of older versions do not say
        if "price_doubt" in connection.table("orders").columns:
            doubted = connection.execute("SELECT count(*) FROM orders WHERE price_doubt <> ''").fetchall()[0][0]
        buys = {due: (lines, total) for due, lines, total in connection.execute(BUYS).fetchall()}
    lines = {
        "Run": run["run_id"],
        "Data": _data(counts, run),
        "Price": _error(metrics["price"], run),
        "Demand": _error(metrics["demand"], run) if "demand" in metrics else NO_DEMAND,
        "Orders": _orders(buys, run) + (f"; {doubted} at a price to ask for first" if doubted else ""),
        "Reports": ", ".join(publish.PAGES),
        "Dashboard": "make dashboard",
    }
    return "\n".join(f"{label:<10} {line}" for label, line in lines.items() if line)


def _data(counts: tuple[Any, ...], run: dict[str, Any]) -> str:
    from babel.dates import format_date

    products, quotes, last, quarantined, notes = counts
    until = f" up to {format_date(last, 'short', locale=run['locale'])}" if last else ""
    said = f"{_count(products, 'product', run)}, {_count(quotes, 'quote', run)}{until}"
    said += f"; {_count(quarantined, 'row', run)} set aside"
    said += f" (see {TABLES['quarantine']})" if quarantined else ""
    return said + (f"; {_count(notes, 'remark', run)} in reports/1_data.html" if notes else "")


def _error(models: dict[str, dict[str, float]], run: dict[str, Any]) -> str:
    from babel.numbers import format_decimal, format_percent

    if "rmsse_ratio" not in models["ordercast"]:
        return "no error to measure: in the days of the test nothing was seen, or nothing changed"
    ours, naive = models["ordercast"]["rmsse"], models["naive"]["rmsse"]
    change = round(models["ordercast"]["rmsse_ratio"] - 1, 3)
    error, beside = (format_decimal(value, "0.000", locale=run["locale"]) for value in (ours, naive))
    share = format_percent(abs(change), "0.0%", locale=run["locale"])
    verdict = f"{share} less" if change < 0 else f"{share} more" if change else "no better, no worse"
    return f"forecast error (RMSSE) {error} beside {beside} of naive: {verdict}"


def _orders(buys: dict[bool, tuple[int, float]], run: dict[str, Any]) -> str:
    due, later = buys.get(True), buys.get(False)
    said = f"{_count(due[0], 'order', run)} to place now, {_money(due[1], run)}" if due else "none to place now"
    return said + (f"; {_count(later[0], 'order', run)} for later, {_money(later[1], run)}" if later else "")


def _count(number: int, noun: str, run: dict[str, Any]) -> str:
    from babel.numbers import format_decimal

    return f"{format_decimal(number, locale=run['locale'])} {noun}{'' if number == 1 else 's'}"


def _money(amount: float, run: dict[str, Any]) -> str:
    from babel.numbers import format_currency

    return str(format_currency(amount, run["currency"], locale=run["locale"]))
