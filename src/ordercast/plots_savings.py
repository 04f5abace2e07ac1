"""What planning saves against the ERP rule, as figures in the style of `plots`: green saves, orange costs more."""

from __future__ import annotations

from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Transform

from ordercast.language import phrase
from ordercast.plots import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PLAIN,
    SKY,
    STYLE,
    Words,
    canvas,
    tidy,
)
from ordercast.plots_text import fold, headline, text_inches

Floats = np.ndarray[Any, np.dtype[np.float64]]
POLICIES = {
    "erp": (phrase("ERP rule"), GREY),
    "promo_rule": (phrase("buys in promotions"), SKY),
    "point_dp": (phrase("point forecast"), SKY),
    "planner": (phrase("Ordercast planner"), BLUE),
    "clairvoyant": (phrase("perfect foresight"), GREEN),
    "just_in_time": (phrase("just in time"), SKY),
}
COSTS = ("purchase_cost", "holding_cost", "order_cost", "lost_cost", "end_credit", "total_cost")
HALO: list[AbstractPathEffect] = [withStroke(linewidth=3, foreground="white")]
WHOLE_AXIS_FROM = 0.35  # smaller differences than this share of the larger total are shown on a cut axis
BAR_INCHES = 0.23
AXIS_INCHES = 3.4  # beside long names and amounts
NAMED_PRODUCTS = 12
SAME_SAVING = 1e-9  # share of the largest: less is neither gain nor loss


def changes_of_cost(costs: pd.DataFrame) -> dict[str, float]:
    """By what each kind of cost of the planner differs from the ERP rule's; costs: as `waterfall` takes them."""
    erp, planner = _costs_of(costs, "erp"), _costs_of(costs, "planner")
    change = {name: planner[name] - erp[name] for name in COSTS}
    return {
        phrase("purchases, less stock left over"): change["purchase_cost"] - change["end_credit"],
        phrase("holding stock"): change["holding_cost"],
        phrase("placing orders"): change["order_cost"],
        phrase("lost sales"): change["lost_cost"],
    }


@mpl.rc_context(STYLE)
def waterfall(costs: pd.DataFrame, currency: str, words: Words = PLAIN) -> Figure:
    """From the ERP rule's total cost down to the planner's, one step for each kind of cost.

    costs: policy (erp and planner, one row each), purchase_cost, holding_cost, order_cost, lost_cost, end_credit,
    total_cost in `currency`, where total = purchase + holding + order + lost - end_credit.
    Raises ValueError where a policy is missing or the costs do not add up to the total.
    """
    erp, planner = _costs_of(costs, "erp"), _costs_of(costs, "planner")
    changes = {words.say(name): change for name, change in changes_of_cost(costs).items()}
    levels = np.concatenate([[erp["total_cost"]], erp["total_cost"] + np.cumsum(list(changes.values()))])
    start = _axis_start(levels)
    figure, axes = canvas(2.6)
    axes.grid(visible=False, axis="y")
    first, last = (words.say(POLICIES[name][0]) for name in ("erp", "planner"))
    names = [first, *changes, last]
    for row, (total, colour) in {0: (erp["total_cost"], GREY), 5: (planner["total_cost"], BLUE)}.items():
        axes.barh(row, total - start, left=start, color=colour, height=0.62)
        _write(axes, max(total, start), row, words.number(tidy(total)))
    for row, step in enumerate(changes.values(), start=1):
        before, after = levels[row - 1], levels[row]
        axes.barh(row, step, left=before, color=ORANGE if step > 0 else GREEN, height=0.62)
        _write(axes, max(before, after), row, _change(step, erp["total_cost"], words))
    for row, level in enumerate(levels):
        axes.plot([level, level], [row - 0.31, row + 1.31], color=INK, lw=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    headline(figure, _saved(erp["total_cost"], planner["total_cost"], currency, words))
    whole, cut = phrase("cost, %(currency)s"), phrase("cost, %(currency)s; the axis starts at %(start)s, not at 0")
    axes.set_xlabel(words.say(cut if start else whole, currency=currency, start=words.number(tidy(start))))
    _number_axis(axes, words)
    if start:
        axes.set_xlim(left=start)
        for row in (0, len(names) - 1):
            _cut_mark(axes, row)
    return figure


@mpl.rc_context(STYLE)
def savings_by_policy(table: pd.DataFrame, words: Words = PLAIN) -> Figure:
    """Saving of each policy against the ERP rule with its 95% interval, and the share of demand it served.

    table: policy, saving_pct, saving_low, saving_high (all % of the ERP rule's cost; an interval may be NaN: none is
    drawn), fill_rate (a share). Raises ValueError where it is empty.
    """
    if table.empty:
        raise ValueError("savings_by_policy got no policy: pass at least one row with policy and saving_pct")
    shown = table.sort_values("saving_pct", ascending=False, kind="stable")
    named = [POLICIES.get(str(name), (str(name), SKY)) for name in shown["policy"]]
    figure, axes, places = _rows([words.say(label) for label, _ in named], 0.9)
    axes.barh(places, shown["saving_pct"], color=[colour for _, colour in named], height=BAR_INCHES)
    axes.axvline(0, color=INK, lw=1)
    figures = shown[["saving_pct", "saving_low", "saving_high", "fill_rate"]].astype(np.float64)
    for row, (saving, low, high, served) in zip(places, figures.to_numpy().tolist(), strict=True):
        axes.plot([low, high], [row, row], color=INK, lw=1.2, marker="|", ms=7, gid="interval", path_effects=HALO)
        _write(axes, float(np.nanmax([0.0, saving, high])), row, _percent(saving, words))
        said = "–" if np.isnan(served) else _percent(100 * served, words)
        _beside(axes, (1, row), axes.get_yaxis_transform(), said, "center")
    _beside(axes, (1, 1), axes.transAxes, words.say("demand\nserved"), "bottom")
    axes.margins(x=0.16)
    axes.set_title(words.say("saving against the ERP rule, % of its cost"))
    axes.set_xlabel(words.say("% saved (thin line: 95% interval)"))
    _number_axis(axes, words)
    return figure


@mpl.rc_context(STYLE)
def gain_by_product(table: pd.DataFrame, currency: str, words: Words = PLAIN) -> Figure:
    """Saving of each product against the ERP rule, from the largest gain to the largest loss.

    Up to twelve products have a bar each, with name and amount; more are drawn as one area.
    table: product_id, saving in `currency` (below 0: the product cost more). Raises ValueError where it is empty.
    """
    shown = table.dropna(subset=["saving"]).sort_values("saving", ascending=False, kind="stable")
    if shown.empty:
        raise ValueError("gain_by_product got no product: pass at least one row with product_id and saving")
    saving = shown["saving"].to_numpy(np.float64)
    saving = np.where(np.abs(saving) > SAME_SAVING * np.abs(saving).max(), saving, 0.0)
    names = [str(name) for name in shown["product_id"]]
    if len(shown) <= NAMED_PRODUCTS:
        figure, axes = _named_gains(names, saving, words)
        axes.set_xlabel(words.say("saving, %(currency)s", currency=currency))
    else:
        figure, axes = _area_of_gains(saving, words)
        axes.set_ylabel(words.say("saving, %(currency)s", currency=currency))
        axes.set_xlabel(words.say("products, from the largest gain to the largest loss"))
    headline(figure, _who_loses(names, saving, currency, words))
    return figure


def _costs_of(costs: pd.DataFrame, policy: str) -> dict[str, float]:
    rows = costs.loc[costs["policy"] == policy, list(COSTS)]
    if len(rows) != 1:
        raise ValueError(f"waterfall needs one row of policy {policy!r} and got {len(rows)}: sum the products first")
    cost = {name: float(rows[name].iloc[0]) for name in COSTS}
    *parts, credit, told = cost.values()
    total = sum(parts) - credit
    if not np.isclose(total, told, rtol=1e-6, atol=0.01):
        raise ValueError(
            f"the costs of policy {policy!r} add up to {total:,.2f} and its total_cost is {told:,.2f}: "
            "pass purchase + holding + order + lost - end_credit as total_cost"
        )
    return cost


def _axis_start(levels: Floats) -> float:
    """Where a cut axis starts, a round number; 0 where the steps can be seen on a whole one."""
    low, high = float(levels.min()), float(levels.max())
    if low <= 0 or high == low or high - low > WHOLE_AXIS_FROM * high:
        return 0.0
    start = max(low - max(high - low, 1e-3 * high), 0.0)
    step = 10.0 ** np.floor(np.log10(max(high - start, 1e-9)))
    return float(np.floor(start / step) * step)


def _cut_mark(axes: Axes, row: int) -> None:
    """Two white strokes across the beginning of a bar: it is longer than drawn."""
    for left in (0.03, 0.05):
        across = [left, left + 0.012], [row + 0.36, row - 0.36]
        axes.plot(*across, transform=axes.get_yaxis_transform(), color="white", lw=2.5, gid="cut")


def _change(change: float, erp_total: float, words: Words) -> str:
    plus = "+" if change > 0 else ""
    said = f"{plus}{words.number(tidy(change))}"
    if erp_total <= 0:
        return said
    share = 100 * change / erp_total
    if 0 < abs(share) < 0.05:
        return words.say("%(change)s (under %(share)s)", change=said, share=_percent(0.1, words))
    return f"{said} ({plus}{_percent(share, words)})"


def _percent(value: float, words: Words) -> str:
    return f"{words.number(round(value, 1) + 0.0)}%"


def _saved(erp: float, planner: float, currency: str, words: Words) -> str:
    saving = tidy(erp - planner)
    if saving == 0:
        return words.say("The Ordercast planner costs as much as the ERP rule.")
    less = phrase("The Ordercast planner costs %(amount)s less than the ERP rule.")
    more = phrase("The Ordercast planner costs %(amount)s more than the ERP rule.")
    return words.say(less if saving > 0 else more, amount=_money(abs(saving), currency, words))


def _write(axes: Axes, right: float, row: float, text: str) -> None:
    axes.annotate(text, (right, row), (5, 0), textcoords="offset points", va="center")


def _beside(axes: Axes, at: tuple[float, float], frame: Transform, text: str, va: Literal["center", "bottom"]) -> None:
    """Writes into a column right of the axes."""
    axes.annotate(text, at, (62, 0), xycoords=frame, textcoords="offset points", va=va, ha="right")


def _number_axis(axes: Axes, words: Words) -> None:
    """Numbers on the horizontal axis, no more of them than have room; 0 to 1 where all that is drawn is 0."""
    if axes.dataLim.width == 0:
        axes.set_xlim(0, 1)
    widest = max(text_inches(words.number(float(f"{at:.2g}"))) for at in axes.get_xlim())
    axes.xaxis.set_major_locator(
        MaxNLocator(min(max(int(AXIS_INCHES / (widest + 0.25)), 1), 5), steps=[1, 2, 2.5, 5, 10])
    )
    axes.xaxis.set_major_formatter(lambda at, _: words.number(at))


def _rows(names: list[str], beside_inches: float) -> tuple[Figure, Axes, Floats]:
    """A figure with a row for each name from the top down, as high as its name takes, and where each row stands.

    The vertical axis is in inches; beside_inches: what the figure needs above and below the rows.
    """
    folded = [fold(name, 2.0) for name in names]
    thick = np.array([0.2 + 0.17 * (name.count("\n") + 1) for name in folded])
    places = np.cumsum(thick) - thick / 2
    figure, axes = canvas(beside_inches + float(thick.sum()))
    axes.grid(visible=False, axis="y")
    axes.set_yticks(places, folded)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(float(thick.sum()), 0)
    return figure, axes, places


def _named_gains(names: list[str], saving: Floats, words: Words) -> tuple[Figure, Axes]:
    figure, axes, places = _rows(names, 0.6)
    axes.barh(places, saving, color=np.where(saving < 0, ORANGE, GREEN), height=BAR_INCHES)
    axes.axvline(0, color=INK, lw=1)
    for place, amount in zip(places, saving, strict=True):
        _write(axes, max(amount, 0.0), place, words.number(tidy(amount)))
    _number_axis(axes, words)
    return figure, axes


def _area_of_gains(saving: Floats, words: Words) -> tuple[Figure, Axes]:
    figure, axes = canvas(3.2)
    edges, heights = np.arange(len(saving) + 1), np.append(saving, saving[-1])
    axes.fill_between(edges, 0, np.maximum(heights, 0), step="post", color=GREEN, lw=0)
    axes.fill_between(edges, 0, np.minimum(heights, 0), step="post", color=ORANGE, lw=0)
    axes.axhline(0, color=INK, lw=1)
    axes.set_xlim(0, len(saving))
    _number_axis(axes, words)
    axes.yaxis.set_major_formatter(lambda at, _: words.number(at))
    return figure, axes


def _who_loses(names: list[str], saving: Floats, currency: str, words: Words) -> str:
    loses = saving < 0
    told = {
        "products": words.count("%(n)s product", "%(n)s products", len(saving)),
        "won": _money(saving[~loses].sum(), currency, words),
        "lost": _money(-saving[loses].sum(), currency, words),
        "losers": words.number(loses.sum()),
        "share": _percent(100 * loses.mean(), words),
    }
    if not saving.any():
        text = phrase("None of %(products)s gains or loses.")
    elif not loses.any():
        text = phrase("None of %(products)s loses; together they gain %(won)s.")
    elif loses.all():
        text = phrase(
            "%(losers)s of %(products)s (%(share)s) cost more than the ERP rule, %(lost)s in all; nobody gains."
        )
    else:
        text = phrase(
            "%(losers)s of %(products)s (%(share)s) cost more than the ERP rule, %(lost)s in all; the others gain "
            "%(won)s."
        )
    said = words.say(text, **told)
    if len(saving) > NAMED_PRODUCTS:
        best, worst = (f"{names[row]} ({words.number(tidy(saving[row]))})" for row in (0, -1))
        said += " " + words.say("Best: %(best)s, worst: %(worst)s.", best=best, worst=worst)
    return said


def _money(amount: float, currency: str, words: Words) -> str:
    """An amount that no line break parts from its currency."""
    return f"{currency}\N{NO-BREAK SPACE}{words.number(tidy(amount))}"
