"""What the dashboard says: sentences, small HTML and figures of one locale. Whatever users wrote is escaped here."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

import pandas as pd
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol, get_group_symbol

from ordercast import plots

NO_DATE = "–"
LONGEST_NAME = 70
READING = (
    "Error is RMSSE as a multiple of “no change” (today's value carried forward): 0.88 means 12% less error, above 1 "
    "it would have been better to assume that nothing changes. Coverage is the share of outcomes inside the 10–90% "
    "band, 80% when the band is honest; bias above 0 means forecasts were too high."
)
FLOOR = " This world is simulated: the true model knows how it was made, and nobody can do better."
COLUMNS = {"rmsse_ratio": "Error", "mase_ratio": "Absolute error", "coverage80": "Coverage", "bias": "Bias"}


@dataclass(frozen=True)
class Voice:
    """Numbers, money and days as text of a locale such as pt_BR; money in a currency such as BRL."""

    locale: str
    currency: str

    @property
    def symbol(self) -> str:
        """The currency's sign, such as R$."""
        return str(get_currency_symbol(self.currency, locale=self.locale))

    @property
    def thousands(self) -> str:
        """The sign between thousands."""
        return str(get_group_symbol(self.locale))

    def money(self, amount: float) -> str:
        """An amount with cents: R$ 34,90."""
        return str(format_currency(amount, self.currency, locale=self.locale))

    def round_money(self, amount: float) -> str:
        """An amount in whole units: R$ 48.200."""
        pattern = Locale.parse(self.locale).currency_formats["standard"].pattern.replace(".00", "")
        return str(format_currency(amount, self.currency, pattern, locale=self.locale, currency_digits=False))

    def number(self, value: float) -> str:
        """A number with two decimals at most."""
        return str(format_decimal(value, "#,##0.##", locale=self.locale))

    def percent(self, share: float) -> str:
        """A share as a whole percentage."""
        return str(format_percent(share, "#,##0%", locale=self.locale))

    def day(self, day: date) -> str:
        """A day: 14/11/2026; a dash where there is none."""
        return NO_DATE if pd.isna(day) else str(format_date(day, "short", locale=self.locale))

    def words(self) -> plots.Words:
        """The same for figures, with short days."""
        return plots.Words(self.number, lambda day: str(format_skeleton("Md", day, locale=self.locale)))


def headline(orders: pd.DataFrame, today: pd.Timestamp, voice: Voice) -> str:
    """The answer: how many orders to place today, for how much, how many of them urgent."""
    due = orders[orders["buy"] & (orders["order_on"] <= today)]
    if due.empty:
        return "No orders to place today"
    urgent = int(due["urgent"].sum())
    said = f"{_count(len(due), 'order', voice)} to place today, {voice.round_money(due['total_cost'].sum())} in total"
    return f"{said}, {voice.number(urgent)} urgent" if urgent else f"{said}, none urgent"


def beside_naive(metrics: dict[str, Any], voice: Voice) -> list[str]:
    """One sentence per target: the forecast's error beside that of “no change”."""
    compared = [(target, models["ordercast"]) for target, models in _prices_first(metrics) if "ordercast" in models]
    return [_beside_naive(target, figures, voice) for target, figures in compared]


def _beside_naive(target: str, figures: dict[str, float], voice: Voice) -> str:
    if "rmsse_ratio" not in figures:
        return f"{target.capitalize()}: nothing was seen to change, so there is no forecast error to measure by"
    less = 1 - figures["rmsse_ratio"]
    if less >= 0.005:
        return f"{target.capitalize()} forecast error {voice.percent(less)} below “no change”"
    if less > -0.005:
        return f"{target.capitalize()} forecast no better than “no change”"
    return f"{target.capitalize()} forecast error {voice.percent(-less)} above “no change”"


def skill(weight: float, voice: Voice) -> str:
    """How far the model is trusted for one price."""
    if weight <= 0:
        return "The model is no better than today's price here, so the forecast is today's price."
    if weight >= 0.995:
        return "The model is fully trusted here."
    return f"The model is trusted by {voice.percent(weight)} here; the rest is today's price."


def price_words(history: pd.DataFrame, forecast: pd.DataFrame, voice: Voice) -> str:
    """Last quote, and where the price is expected at the end of the forecast."""
    said = []
    if not history.empty:
        last = history.iloc[-1]
        said.append(f"Last quote {voice.money(last['unit_price'])} on {voice.day(last['date'])}.")
    if forecast.empty:
        said.append("There is no forecast for this supplier: its quotes are too few or too old.")
        return " ".join(said)
    end = forecast.iloc[-1]
    said.append(
        f"On {voice.day(end['date'])}: likely {voice.money(end['p50'])}, in 8 of 10 cases between "
        f"{voice.money(end['p10'])} and {voice.money(end['p90'])}. {skill(float(end['skill_weight']), voice)}"
    )
    if end["drivers"]:
        said.append(f"What moves it: {end['drivers']}.")
    return " ".join(said)


def demand_words(forecast: pd.DataFrame, on_hand: float | None, unit: str, voice: Voice) -> str:
    """Demand expected over the forecast, and how long the stock lasts at that pace.

    forecast: horizon_days, mean; may be empty.
    """
    expected = float(forecast["mean"].sum())
    days = int(forecast["horizon_days"].max()) if len(forecast) else 0
    said = [f"Expected in the next {days} days: {voice.number(round(expected))} {unit}."] if days else []
    if on_hand is None:
        said.append("Nobody said how much is in stock.")
    elif expected > 0:
        lasts = on_hand * days / expected
        said.append(f"In stock: {voice.number(on_hand)} {unit}, about {_count(int(lasts), 'day', voice)} at that pace.")
    else:
        said.append(f"In stock: {voice.number(on_hand)} {unit}.")
    return " ".join(said)


def per_step(dates: "pd.Series[pd.Timestamp]") -> str:
    """The time one row of demand stands for, by the usual distance of its dates: per day, per week."""
    days = 1 if len(dates) < 2 else int(dates.diff().dt.days.median())
    return {1: "per day", 7: "per week"}.get(days, f"per {days} days")


def order_line(line: "pd.Series[Any]", voice: Voice) -> str:
    """HTML of one order line: what to do, then why."""
    deed = "nothing to order now"
    if line["buy"]:
        deed = (
            f"{voice.number(line['quantity_units'])} {line['unit']} for {voice.money(line['total_cost'])} · "
            f"order by {voice.day(line['order_on'])} · arrives {voice.day(line['arrive_on'])}"
        )
    kind = _kinds(line.to_frame().T)[0]
    said = f"<strong>{kind}</strong> {escape(deed)}<br><span>{escape(str(line['reason']))}</span>"
    return f'<p class="oc-line oc-{kind.lower()}">{said}</p>'


def orders_frame(orders: pd.DataFrame, voice: Voice) -> pd.DataFrame:
    """The order lines as people read them.

    Numbers, money and days are categories in the order of their values: a table that sorts categories by their
    order then puts R$ 1.200 after R$ 300.
    """
    buys = orders["buy"]
    quantity, total = orders["quantity_units"].where(buys), orders["total_cost"].where(buys)
    price = orders["unit_price"].where(orders["unit_price"] > 0)
    amounts = [
        NO_DATE if pd.isna(number) else f"{voice.number(number)} {unit}"
        for number, unit in zip(quantity, orders["unit"], strict=True)
    ]
    return pd.DataFrame(
        {
            "Do": pd.Categorical(_kinds(orders), categories=["Urgent", "Buy", "Wait"]),
            "Product": [_short(name) for name in orders["name"]],
            "Supplier": orders["supplier_id"].replace("", NO_DATE).astype("str"),
            "Quantity": _sortable(quantity, amounts),
            "Unit price": _sortable(price, _written(price, voice.money)),
            "Total": _sortable(total, _written(total, voice.money)),
            "Order by": _sortable(orders["order_on"], [voice.day(day) for day in orders["order_on"]]),
            "Arrives": _sortable(orders["arrive_on"], [voice.day(day) for day in orders["arrive_on"]]),
            "Why": orders["reason"].astype("str"),
        }
    )


def metrics_table(metrics: dict[str, dict[str, dict[str, float]]], voice: Voice) -> str:
    """HTML: one table per target, a row per model, ours first."""
    tables = []
    for target, models in _prices_first(metrics):
        if "naive" not in models:
            continue
        head = "".join(f'<th scope="col">{said}</th>' for said in COLUMNS.values())
        rows = []
        for name, figures in sorted(models.items(), key=lambda item: (item[0] != "ordercast", item[0])):
            cells = "".join(f"<td>{_figure(key, figures.get(key), voice)}</td>" for key in COLUMNS)
            said = escape(plots.MODELS.get(name, (name, ""))[0])
            rows.append(f'<tr class="oc-{escape(name)}"><th scope="row">{said}</th>{cells}</tr>')
        tables.append(
            f'<table class="oc-metrics"><caption>{escape(target.capitalize())} forecasts</caption>'
            f'<thead><tr><th scope="col">Model</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        )
    said = READING + (FLOOR if any("truth" in models for models in metrics.values()) else "")
    return f'<p>{said}</p><div class="oc-tables">{"".join(tables)}</div>'


def figure(png: bytes, alt: str, caption: str) -> str:
    """HTML of a picture with its text twin."""
    source = base64.b64encode(png).decode()
    image = f'<img alt="{escape(alt)}" src="data:image/png;base64,{source}">'
    # A picture wider than the screen scrolls; tabindex lets the keyboard do it too.
    picture = f'<div class="oc-picture" tabindex="0">{image}</div>'
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def product_head(product: "pd.Series[Any]") -> str:
    """HTML: name, id and category of a product."""
    about = " · ".join(str(said) for said in (product["product_id"], product["category"]) if said)
    return f'<h3>{escape(str(product["name"]))}</h3><p class="oc-about">{escape(about)}</p>'


def newer_run(newest: str, product_id: str) -> str:
    """HTML: another run was published while the page was open, with the way to it."""
    return (
        f'<p class="oc-missing" role="status">Run {escape(newest)} was published while this page was '
        f'open. <a href="?product={quote(product_id, safe="")}">Show the new run</a></p>'
    )


def price_alt(name: str, supplier: str) -> str:
    """Text for those who cannot see the price chart; its numbers stand below it."""
    return f"Line chart: unit price of {name} at {supplier}, then its forecast with the 10–90% band"


def demand_alt(name: str) -> str:
    """Text for those who cannot see the demand chart; its numbers stand below it."""
    return f"Line chart: demand for {name}, then its forecast with the 10–90% band"


def told(sentence: str) -> str:
    """HTML of a sentence that stands where something is missing."""
    return f'<p class="oc-missing" role="status">{escape(sentence)}</p>'


def notes_list(notes: list[tuple[str, str]], voice: Voice) -> str:
    """HTML: what was assumed, folded away behind its count."""
    if not notes:
        return "<p>Nothing had to be assumed.</p>"
    items = "".join(f"<li><b>{escape(table)}</b>: {escape(note)}</li>" for table, note in notes)
    return (
        f"<details><summary>{_count(len(notes), 'note', voice)} on what was assumed</summary><ul>{items}</ul></details>"
    )


def _prices_first(metrics: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(metrics.items(), key=lambda scores: (scores[0] != "price", scores[0]))


def _figure(key: str, value: float | None, voice: Voice) -> str:
    if value is None:
        return NO_DATE
    return (
        voice.percent(value)
        if key in ("coverage80", "bias")
        else str(format_decimal(value, "0.00", locale=voice.locale))
    )


def _kinds(orders: pd.DataFrame) -> list[str]:
    pairs = zip(orders["urgent"], orders["buy"], strict=True)
    return ["Urgent" if urgent else "Buy" if buy else "Wait" for urgent, buy in pairs]


def _written(values: "pd.Series[Any]", say: Callable[[float], str]) -> list[str]:
    return [NO_DATE if pd.isna(value) else say(value) for value in values]


def _sortable(values: "pd.Series[Any]", texts: list[str]) -> pd.Categorical:
    ranked = pd.Series(values.to_numpy(), index=texts).groupby(level=0).min().sort_values(na_position="first")
    return pd.Categorical(texts, categories=list(ranked.index))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME].rstrip()} …"


def _count(number: int, noun: str, voice: Voice) -> str:
    return f"{voice.number(number)} {noun}{'' if number == 1 else 's'}"
