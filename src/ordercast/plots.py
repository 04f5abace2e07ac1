"""Figures in one style: frames in, matplotlib Figure out.

Colours are Okabe & Ito's (2008), which colour-blind readers tell apart; lines carry their name beside
them, axes their unit; all is legible at 700 px. Text is drawn as it is: a `$` starts no formula.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure

from ordercast.language import Voice, phrase

BLUE, ORANGE, GREEN, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"
INK, GREY, PALE = "#1F2933", "#6B7280", "#E5E7EB"
WIDTH_INCHES, DOTS_PER_INCH = 7.0, 200
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titlepad": 8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "white",
}
MODELS = {
    "ordercast": ("Ordercast", BLUE),
    "ordercast_direct": (phrase("Ordercast, direct"), SKY),
    "ordercast_recursive": (phrase("Ordercast, recursive"), SKY),
    "naive": (phrase("no change"), INK),
    "seasonal_naive": (phrase("same day last season"), ORANGE),
    "rolling_mean": (phrase("28-day mean"), PURPLE),
    "truth": (phrase("the true model"), GREEN),
}
ERRORS = {
    "rmsse": phrase("RMSSE, in units of the usual one-step change (lower is better)"),
    "rmsse_ratio": phrase("error as a multiple of “no change” (lower is better)"),
}

ENGLISH = Voice("en", "")


@dataclass(frozen=True)
class Words:
    """How figures write numbers and days (`number` and `day` return text), and the voice that says their texts.

    Plain English, or on the dashboard all of a locale.
    """

    number: Callable[[float], str] = lambda value: f"{round(value, 2):,.12g}"
    day: Callable[[date], str] = lambda day: f"{day.day} {day:%b}"
    voice: Voice = ENGLISH

    def say(self, text: str, /, **values: str) -> str:
        """The text in the voice's language, with the values in their places."""
        return self.voice.say(text, **values)

    def count(self, one: str, many: str, number: int, /, **values: str) -> str:
        """The text for so many, `%(n)s` being their number."""
        return self.voice.count(one, many, number, n=self.number(number), **values)


PLAIN = Words()


@mpl.rc_context(STYLE)
def png(figure: Figure, dots_per_inch: int = DOTS_PER_INCH) -> bytes:
    """PNG bytes of `figure`: the same for the same figure, as neither date nor version is written in."""
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=dots_per_inch, metadata={"Software": None})
    return target.getvalue()


def price_fan(history: pd.DataFrame, forecast: pd.DataFrame, unit: str, words: Words = PLAIN) -> Figure:
    """Quotes as steps, then the forecast's median with its 10-90% band.

    history: date, unit_price. forecast: date, p10, p50, p90 (may be empty: quotes only). unit: "BRL per kg".
    Raises ValueError where both are empty.
    """
    return _fan(history, "unit_price", forecast, words.say("unit price, %(unit)s", unit=unit), words)


def demand_fan(history: pd.DataFrame, forecast: pd.DataFrame, unit: str, words: Words = PLAIN) -> Figure:
    """Daily demand, then the forecast's median with its 10-90% band.

    history: date, demand_units. forecast: date, p10, p50, p90 (may be empty). unit: such as "kg per day".
    """
    return _fan(history, "demand_units", forecast, words.say("demand, %(unit)s", unit=unit), words, floor=0)


@mpl.rc_context(STYLE)
def error_by_horizon(frame: pd.DataFrame, value: str = "rmsse", words: Words = PLAIN) -> Figure:
    """One line per model over the days ahead; lower is better.

    frame: model, horizon_days and the column `value`, one of ERRORS.
    """
    figure, axes = canvas(3.2)
    ends = []
    for name, line in frame.groupby("model", sort=False):
        label, colour = MODELS.get(str(name), (str(name), GREY))
        line = line.sort_values("horizon_days")
        heavy = 2.2 if name == "ordercast" else 1.3
        axes.plot(line["horizon_days"], line[value], color=colour, lw=heavy, marker="o", ms=3)
        ends.append((float(line[value].iloc[-1]), words.say(label), colour))
    axes.set_ylim(bottom=0)
    label_ends(axes, float(frame["horizon_days"].max()), ends)
    axes.set_xlabel(words.say("days ahead"))
    axes.set_title(words.say(ERRORS[value]))
    axes.yaxis.set_major_formatter(lambda at, _: words.number(at))
    return figure


@mpl.rc_context(STYLE)
def metric_bars(frame: pd.DataFrame, value: str = "rmsse_ratio", words: Words = PLAIN) -> Figure:
    """One bar per model: its error as a multiple of "no change", with the line at 1 that must be beaten.

    frame: model and the column `value`; models without a figure are left out.
    """
    shown = frame.dropna(subset=[value]).sort_values(value, ascending=False)
    named = [MODELS.get(str(name), (str(name), GREY)) for name in shown["model"]]
    labels, colours = [words.say(label) for label, _ in named], [colour for _, colour in named]
    figure, axes = _bars(labels, shown[value], colours, words)
    axes.axvline(1, color=INK, lw=1, ls=":")
    label = phrase("%(metric)s as a multiple of that of “no change” (lower is better)")
    axes.set_xlabel(words.say(label, metric=value.removesuffix("_ratio").upper()))
    return figure


def shares_below(forecasts: pd.DataFrame) -> pd.DataFrame:
    """p10, p50, p90 by horizon_days: the share of outcomes below each forecast quantile.

    An outcome that is the quantile itself, as of a price that stands still, counts half.
    forecasts: horizon_days, actual, p10, p50, p90, one row per past forecast with its outcome.
    """
    days, actual = forecasts["horizon_days"], forecasts["actual"]
    shares = {name: (actual < forecasts[name]) + (actual == forecasts[name]) / 2 for name in ("p10", "p50", "p90")}
    return pd.DataFrame(shares).groupby(days).mean()


@mpl.rc_context(STYLE)
def calibration(forecasts: pd.DataFrame, words: Words = PLAIN) -> Figure:
    """Share of outcomes below each forecast quantile, by days ahead, beside the share that was promised.

    forecasts: as `shares_below` takes them.
    """
    figure, axes = canvas(3.2)
    ends, shares = [], shares_below(forecasts)
    for quantile, promised, colour in (("p90", 90, ORANGE), ("p50", 50, BLUE), ("p10", 10, GREEN)):
        below = 100 * shares[quantile]
        axes.axhline(promised, color=colour, lw=1, ls=":")
        axes.plot(below.index, below, color=colour, lw=2, marker="o", ms=3)
        said = words.say("below %(quantile)s (promised %(share)s)", quantile=quantile, share=f"{promised}%")
        ends.append((float(below.iloc[-1]), said, colour))
    axes.set_ylim(0, 100)
    label_ends(axes, float(forecasts["horizon_days"].max()), ends)
    axes.set_xlabel(words.say("days ahead"))
    axes.set_title(words.say("outcomes below the forecast quantile, % (dotted: promised)"))
    return figure


@mpl.rc_context(STYLE)
def orders_bar(orders: pd.DataFrame, currency: str, words: Words = PLAIN, most: int = 12) -> Figure:
    """Spend by supplier, largest first; what comes after the `most` largest is summed into one bar.

    orders: supplier_id, total_cost in `currency`.
    """
    spend = orders.groupby("supplier_id")["total_cost"].sum().round().sort_values(ascending=False)
    if len(spend) > most:
        others = words.count("%(n)s other", "%(n)s others", len(spend) - most)
        rest = pd.Series({others: spend.iloc[most:].sum()})
        spend = pd.concat([spend.iloc[:most], rest])
    spend = spend.iloc[::-1]
    figure, axes = _bars([str(name) for name in spend.index], spend, BLUE, words)
    axes.set_xlabel(words.say("orders to place, %(currency)s", currency=currency))
    return figure


@mpl.rc_context(STYLE)
def panel_sample(series: pd.DataFrame, value: str, unit: str, words: Words = PLAIN, most: int = 6) -> Figure:
    """Small multiples of the first `most` series of a long frame, each with its own vertical scale.

    series: product_id, optionally supplier_id, date and the column `value`; unit: name of the vertical axes.
    """
    keys = [key for key in ("product_id", "supplier_id") if key in series]
    chosen = list(series.groupby(keys, sort=False))[:most]
    if not chosen:
        raise ValueError("panel_sample got no series: pass at least one product with dates")
    rows = -(-len(chosen) // 2)
    figure = Figure(figsize=(WIDTH_INCHES, 0.4 + 1.5 * rows), layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False, sharex=True).ravel()
    for axes, (key, line) in zip(grid, chosen, strict=False):
        axes.plot(line["date"], line[value], color=BLUE, lw=1.2, drawstyle="steps-post")
        axes.set_title(" / ".join(str(part) for part in key))
        ticks(axes, words, most_days=4)
    for axes in grid[len(chosen) :]:
        axes.set_visible(False)
    figure.supylabel(unit, fontsize=10)
    return figure


@mpl.rc_context(STYLE)
def _fan(
    history: pd.DataFrame, value: str, forecast: pd.DataFrame, title: str, words: Words, floor: float | None = None
) -> Figure:
    if history.empty and forecast.empty:
        raise ValueError(f"nothing to draw for {title}: neither history nor forecast has a row")
    figure, axes = canvas(3.1)
    axes.plot(history["date"], history[value], color=INK, lw=1.2, drawstyle="steps-post")
    if not history.empty and not forecast.empty:
        axes.axvline(history["date"].iloc[-1], color=GREY, lw=1, ls=":")
    axes.fill_between(forecast["date"], forecast["p10"], forecast["p90"], color=BLUE, alpha=0.22, lw=0)
    axes.plot(forecast["date"], forecast["p50"], color=BLUE, lw=2)
    axes.margins(y=0.12)
    axes.set_ylim(bottom=floor)
    if not forecast.empty:
        last = forecast.iloc[-1]
        label_ends(axes, last["date"], band_ends(last, words))
    axes.set_title(title)
    ticks(axes, words, most_days=7)
    return figure


def band_ends(last: pd.Series[Any], words: Words) -> list[tuple[float, str, str]]:
    """Height, name and colour of each line of a forecast's band at its last day, for `label_ends`."""
    parts = (("p90", "90%"), ("p50", words.say("median")), ("p10", "10%"))
    return [(float(last[name]), f"{said} {words.number(last[name])}", BLUE) for name, said in parts]


def canvas(height_inches: float) -> tuple[Figure, Axes]:
    """A figure of the usual width with one pair of axes and a pale grid."""
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    axes = figure.subplots()
    axes.grid(axis="both", color=PALE, lw=0.7)
    axes.set_axisbelow(True)
    return figure, axes


def tidy(amount: float) -> float:
    """The amount as precisely as it is read: whole from 100 on, else with two decimals."""
    return float(round(amount)) if abs(amount) >= 100 else round(amount, 2)


def _bars(names: list[str], lengths: pd.Series[float], colour: str | list[str], words: Words) -> tuple[Figure, Axes]:
    figure, axes = canvas(0.9 + 0.34 * max(len(names), 1))
    axes.barh(range(len(names)), lengths, color=colour, height=0.62)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda at, _: words.number(at))
    for place, length in enumerate(lengths):
        axes.annotate(words.number(length), (length, place), (4, 0), textcoords="offset points", va="center")
    return figure, axes


def ticks(axes: Axes, words: Words, most_days: int) -> None:
    """Days on the horizontal axis, `most_days` of them at most, and numbers on the vertical, as `words` writes them."""
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=most_days))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(lambda at, _: words.day(pd.Timestamp(at, unit="D").date()))
    axes.yaxis.set_major_formatter(lambda at, _: words.number(at))


def label_ends(
    axes: Axes, at: float | pd.Timestamp, ends: Sequence[tuple[float, str, str]], gap_share: float = 0.095
) -> None:
    """Writes each line's name right of its end, moved apart vertically where two would overlap.

    ends: height, name and colour of each line, at the same height the upper name first. gap_share: least distance
    between two names, as a share of the axis.
    """
    low, high = axes.get_ylim()
    ranked = sorted(ends, key=lambda end: end[0], reverse=True)[::-1]
    apart = gap_share * (high - low) * np.arange(len(ranked))
    free = np.array([height for height, _, _ in ranked]) - apart
    middle = (np.maximum.accumulate(free) + np.minimum.accumulate(free[::-1])[::-1]) / 2
    heights = np.clip(middle, low, max(high - apart[-1], low) if len(apart) else high) + apart
    for height, (_, label, colour) in zip(heights, ranked, strict=True):
        axes.annotate(label, (at, height), (6, 0), textcoords="offset points", va="center", color=ink(colour))


def ink(colour: str) -> tuple[float, ...]:
    """The colour, dark enough to be read as text on white."""
    return tuple(0.62 * channel for channel in to_rgb(colour))
