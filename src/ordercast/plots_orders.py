"""Figures of the order plan, in the style of `plots`: one decision, and how the chances given with orders held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import MultipleLocator

from ordercast.language import phrase
from ordercast.plots import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    PLAIN,
    PURPLE,
    SKY,
    STYLE,
    WIDTH_INCHES,
    Words,
    band_ends,
    canvas,
    ink,
    label_ends,
    ticks,
    tidy,
)
from ordercast.plots_text import headline, text_inches

Floats = np.ndarray[Any, np.dtype[np.float64]]
HALO: list[AbstractPathEffect] = [withStroke(linewidth=3, foreground="white")]
DAYS_BACK = 45
AXIS_INCHES = 4.4  # beside wide labels


@mpl.rc_context(STYLE)
def decision(
    history: pd.DataFrame,
    path: pd.DataFrame,
    line: Mapping[str, Any] | pd.Series[Any],
    unit: str,
    currency: str,
    words: Words = PLAIN,
) -> Figure:
    """The decision on one product: price, forecast and orders above, the stock they lead to below.

    history: date, unit_price of the chosen supplier; its last 45 days are shown, and it may be empty.
    path: a row per day, today first: date, p10, p50, p90, buy_below_unit_price (NaN or 0: none, inf: at any price),
    order_units, stock_units (expected, in the evening), and arrival_units where known; without it, arrivals are
    marked on the days on which the stock rises. line: reason (the title), reorder_point_units, shelf_capacity_units
    (either may be missing, NaN or inf: not drawn). unit: of quantities, such as "kg". currency: such as "R$".
    Raises ValueError where path has fewer than two days.
    """
    if len(path) < 2:
        raise ValueError(f"decision got a path of {len(path)} days: pass at least today and tomorrow, today first")
    figure = Figure(figsize=(WIDTH_INCHES, 4.9), layout="constrained")
    headline(figure, str(line["reason"]))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    today, last = path["date"].iloc[0], path["date"].iloc[-1]
    shown_from = today - pd.Timedelta(days=DAYS_BACK)
    below.set_xlim(shown_from, last)
    for axes in (above, below):
        axes.grid(axis="both", color=PALE, lw=0.7)
        axes.set_axisbelow(True)
        axes.axvline(today, color=GREY, lw=1, ls=":")
    _draw_prices(above, _quotes(history, path, shown_from), path, words)
    _draw_stock(below, path, line, words)
    _order_key(below, path, unit, words)
    above.text(
        today, 1, words.say("today") + " ", ha="right", va="top", color=GREY, transform=above.get_xaxis_transform()
    )
    limit = float(path["buy_below_unit_price"].iloc[0])
    above.set_title(
        words.say(
            phrase("unit price, %(currency)s per %(unit)s; buy today below %(limit)s")
            if 0 < limit < np.inf
            else phrase("unit price, %(currency)s per %(unit)s"),
            currency=currency,
            unit=unit,
            limit=words.number(limit),
        )
    )
    below.set_title(words.say("expected stock in the evening, %(unit)s", unit=unit))
    for axes in (above, below):
        ticks(axes, words, most_days=7)
    return figure


@mpl.rc_context(STYLE)
def regret(table: pd.DataFrame, words: Words = PLAIN) -> Figure:
    """How often a lower price came after the order, by how probable that was said to be.

    One dot for each tenth of the probability in which orders fell, larger where they were many, with the 95% interval
    (Wilson) of its share. table: regret_probability, regretted (true where a later price was lower), one row per past
    order; rows without either are left out. Raises ValueError where none remains.
    """
    told = table[["regret_probability", "regretted"]].dropna().astype(np.float64)
    if told.empty:
        raise ValueError("regret got no order: pass past orders with regret_probability and regretted")
    if not told["regret_probability"].between(0, 1).all():
        raise ValueError("regret got a regret_probability outside 0 to 1: pass shares, not percentages")
    said, came, orders = _tenths(told["regret_probability"].to_numpy(), told["regretted"].to_numpy())
    low, high = _wilson(came, orders)
    figure, axes = canvas(4.0)
    axes.plot([0, 100], [0, 100], color=GREY, lw=1, ls=":")
    axes.vlines(100 * said, 100 * low, 100 * high, color=SKY, lw=1.5)
    sizes = 25 + 275 * orders / orders.max()
    axes.scatter(100 * said, 100 * came, s=sizes, color=BLUE, zorder=3, edgecolor="white")
    for x, y, count, size in zip(100 * said, 100 * came, orders, sizes, strict=True):
        beside = (np.sqrt(size) / 2 + 3, -1)
        note = axes.annotate(words.number(count), (x, y), beside, textcoords="offset points", va="center")
        note.set_path_effects(HALO)
    axes.set_xlim(-4, 108)
    axes.set_ylim(-4, 104)
    axes.set_xlabel(words.say("probability of regret given with the order, %"))
    title = words.count(
        "orders after which a lower price came, %% (of %(n)s order)",
        "orders after which a lower price came, %% (of %(n)s orders)",
        len(told),
    )
    key = words.say("number: orders at the dot; line: 95% interval; dotted: as promised")
    axes.set_title(f"{title}\n{key}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MultipleLocator(20))
        axis.set_major_formatter(lambda at, _: words.number(at))
    return figure


def _quotes(history: pd.DataFrame, path: pd.DataFrame, shown_from: pd.Timestamp) -> pd.DataFrame:
    """The quotes shown, the one in force at their beginning carried in and today's price at their end."""
    first = path.iloc[0]
    past = history.loc[history["date"] < first["date"], ["date", "unit_price"]].dropna().sort_values("date")
    in_force = past[past["date"] <= shown_from].tail(1).assign(date=shown_from)
    today = pd.DataFrame({"date": [first["date"]], "unit_price": [first["p50"]]})
    shown: pd.DataFrame = pd.concat([part for part in (in_force, past[past["date"] > shown_from], today) if len(part)])
    return shown


def _draw_prices(axes: Axes, quotes: pd.DataFrame, path: pd.DataFrame, words: Words) -> None:
    axes.plot(quotes["date"], quotes["unit_price"], color=INK, lw=1.2, drawstyle="steps-post")
    axes.fill_between(path["date"], path["p10"], path["p90"], color=BLUE, alpha=0.22, lw=0)
    axes.plot(path["date"], path["p50"], color=BLUE, lw=2)
    limit = path["buy_below_unit_price"].astype(float).where(lambda price: price > 0)
    axes.plot(path["date"], limit.replace(np.inf, np.nan), color=PURPLE, lw=1.6, drawstyle="steps-post", gid="limit")
    seen = np.concatenate([quotes["unit_price"], path["p10"], path["p50"], path["p90"]]).astype(np.float64)
    low, high = _frame(seen, np.asarray(limit, dtype=np.float64))
    axes.set_ylim(low, high)
    _draw_orders(axes, path, words)
    end = path.iloc[-1]
    ends = band_ends(end, words)
    known = limit.dropna()
    if len(known):
        stands = float(known.iloc[-1])
        said = words.say("buy at any price")
        if np.isfinite(stands):
            bought = np.isnan(limit.iloc[0])  # today's order is placed, and what it is worth stands elsewhere
            text = phrase("then buy below %(limit)s") if bought else phrase("buy below %(limit)s")
            said = words.say(text, limit=words.number(stands)) + _beyond(stands, low, high)
        margin = 0.04 * (high - low)
        ends.append((min(max(stands, low + margin), high - margin), said, PURPLE))
    label_ends(axes, end["date"], ends, gap_share=0.1)


def _frame(seen: Floats, limit: Floats) -> tuple[float, float]:
    """Vertical limits for the prices seen, with room for a buy-below price that is not too far from them."""
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    span = max(high - low, 0.04 * abs(high), 1e-9)
    near = limit[(limit > low - span) & (limit < high + span)]
    low, high = min([low, *near]), max([high, *near])
    return low - 0.12 * span, high + 0.3 * span


def _beyond(value: float, low: float, high: float) -> str:
    return " ↑" if value > high else " ↓" if value < low else ""


def _draw_orders(axes: Axes, path: pd.DataFrame, words: Words) -> None:
    """A mark for each order at its expected price; its quantity above it wherever the one before leaves room.

    The last one stays left of the end, where the names of the lines begin.
    """
    placed = path[path["order_units"] > 0]
    today, free_from = path["date"].iloc[0], -np.inf
    end = (path["date"].iloc[-1] - today).days
    days_per_inch = float(np.ptp(axes.get_xlim())) / AXIS_INCHES
    for day, price, units in zip(placed["date"], placed["p50"].tolist(), placed["order_units"].tolist(), strict=True):
        face, size = (ORANGE, _mark_size(1)) if day == today else ("white", _mark_size(len(placed)))
        axes.plot(day, price, marker="o", ms=size, mec=ORANGE, mew=1.8, mfc=face, zorder=4, gid="order")
        said = words.number(tidy(units))
        reach = days_per_inch * (text_inches(said) / 2 + 0.06)
        at = min((day - today).days, end - reach)
        if at - reach < free_from:
            continue
        free_from = at + reach
        beside = 72 * (at - (day - today).days) / days_per_inch
        note = axes.annotate(
            said, (day, price), (beside, 9), textcoords="offset points", ha="center", color=ink(ORANGE)
        )
        note.set(path_effects=HALO, zorder=5)


def _mark_size(count: int) -> float:
    return 8.5 if count <= 12 else 5.5


def _draw_stock(axes: Axes, path: pd.DataFrame, line: Mapping[str, Any] | pd.Series[Any], words: Words) -> None:
    stock = path["stock_units"].astype(float)
    axes.fill_between(path["date"], 0, stock, color=BLUE, alpha=0.12, lw=0)
    axes.plot(path["date"], stock, color=BLUE, lw=1.8)
    point, shelf = (_finite(line.get(name)) for name in ("reorder_point_units", "shelf_capacity_units"))
    most = max(float(stock.max()), point or 0.0)
    near = shelf if shelf is not None and shelf <= 2 * most else 0.0
    axes.set_ylim(0, 1.2 * max(most, near) or 1.0)
    came = _arrivals(path)
    axes.plot(
        came["date"],
        came["stock_units"],
        color=GREEN,
        ls="",
        marker="^",
        ms=_mark_size(len(came)),
        zorder=4,
        gid="arrival",
    )
    first, last = path["date"].iloc[0], path["date"].iloc[-1]
    high, ends = axes.get_ylim()[1], []
    levels = ((point, phrase("reorder point %(units)s"), ORANGE), (shelf, phrase("shelf holds %(units)s"), GREY))
    for height, text, colour in levels:
        if height is not None:
            axes.plot(
                [first, last], [height, height], color=colour, lw=1.3, ls="--", gid=text.removesuffix(" %(units)s")
            )
            said = words.say(text, units=words.number(tidy(height))) + _beyond(height, 0, high)
            ends.append((min(height, 0.93 * high), said, colour))
    if ends:
        label_ends(axes, last, ends, gap_share=0.16)


def _order_key(axes: Axes, path: pd.DataFrame, unit: str, words: Words) -> None:
    """What is ordered, in figures, left of today: there no stock is expected any more."""
    later, now = path.iloc[1:], float(path["order_units"].iloc[0])
    later = later[later["order_units"] > 0]
    handles = []
    if now > 0:
        said = words.say("order today:") + f"\n{words.number(tidy(now))} {unit}"
        handles.append(_mark(said, "o", ORANGE))
    if len(later):
        total = f"{words.number(tidy(later['order_units'].sum()))} {unit}"
        count = words.count("%(n)s order later:", "%(n)s orders later:", len(later))
        handles.append(_mark(f"{count}\n{total}", "o", "white"))
    if len(_arrivals(path)):
        handles.append(_mark(words.say("arrival"), "^", GREEN))
    nothing = words.count("no order in these\n%(n)s day", "no order in these\n%(n)s days", len(path))
    axes.legend(
        handles=handles,
        title=None if (path["order_units"] > 0).any() else nothing,
        loc="upper left",
        alignment="left",
        frameon=False,
        borderpad=0.2,
        handletextpad=0.4,
        fontsize=10,
        title_fontsize=10,
    )


def _mark(said: str, marker: str, face: str) -> Line2D:
    edge = GREEN if face == GREEN else ORANGE
    return Line2D([], [], ls="", marker=marker, ms=_mark_size(1), mec=edge, mew=1.8, mfc=face, label=said)


def _arrivals(path: pd.DataFrame) -> pd.DataFrame:
    return path[path["arrival_units"] > 0] if "arrival_units" in path else path[path["stock_units"].diff() > 0]


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def _tenths(probability: Floats, happened: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean probability, share that happened and count for each tenth of the probability in which anything fell."""
    tenth = np.minimum(np.floor(10 * probability + 1e-9), 9).astype(np.int64)
    count, said, came = (np.bincount(tenth, weight, minlength=10) for weight in (None, probability, happened))
    filled = count > 0
    counts = count[filled].astype(np.float64)
    return said[filled] / counts, came[filled] / counts, counts


def _wilson(share: Floats, count: Floats) -> tuple[Floats, Floats]:
    """The 95% interval of a share seen `count` times (Wilson 1927)."""
    z2 = 1.96**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = np.sqrt(z2 * share * (1 - share) / count + z2**2 / (4 * count**2)) / (1 + z2 / count)
    return middle - half, middle + half
