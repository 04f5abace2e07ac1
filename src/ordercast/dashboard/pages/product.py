"""One product: what was decided and why, its sum, its figures, its suppliers, its history in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ordercast import plots, plots_orders
from ordercast.dashboard import decisions
from ordercast.dashboard.figures import svg
from ordercast.dashboard.files import records
from ordercast.dashboard.words import plain

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

FOUND_MOST = 20


def values(desk: Desk) -> dict[str, Any]:
    """What product.html takes; of a product that the run does not have, those with a like name. Raises Missing."""
    run = desk.run
    product_id = desk.view.product or desk.listing.first()
    named = run.catalogue[run.catalogue["product_id"] == product_id]
    if named.empty:
        return {"product": None, "found": found(desk, product_id), "asked": product_id}
    lines = desk.listing.of_product(product_id)
    line = next(iter(records(lines)), None)
    ahead = run.price_forecast(product_id, str(line["supplier_id"]), desk.language) if line else pd.DataFrame()
    return {
        "product": records(named)[0],
        "line": line,
        "possible": decisions.possible(str(line["status"]), float(line["quantity_units"])) if line else [],
        "reason": _reason(desk, line),
        "sums": _sum(desk, line),
        "drivers": [] if ahead.empty else [each for each in str(ahead.iloc[-1]["drivers"]).split("; ") if each],
        "trust": "" if ahead.empty else _trust(desk, float(ahead.iloc[-1]["skill_weight"])),
        "history": desk.book.history(str(line["order_id"])) if line else [],
        "offers": records(run.offers(product_id)),
        "coming": records(run.of_product("raw/open_orders", product_id)),
        "found": [],
        "asked": "",
    }


def _reason(desk: Desk, line: dict[str, Any] | None) -> str:
    """Why, in the visitor's language."""
    if line is None:
        return ""
    told = desk.run.reasons([line["product_id"]], desk.language)
    return told.get((line["product_id"], line["supplier_id"]), "")


def _sum(desk: Desk, line: dict[str, Any] | None) -> list[tuple[str, float, str]]:
    """(what, units, sign) of the ERP rule's sum: from demand and safety stock to the quantity."""
    if line is None or "reorder_point_units" not in line or pd.isna(line["reorder_point_units"]):
        return []
    say = desk.voice.say
    missing = line["reorder_point_units"] - line["on_hand_units"] - line["on_order_units"]
    return [
        (say("demand until the order after next arrives"), line["demand_units"], ""),
        (say("safety stock"), line["safety_units"], "+"),
        (say("reorder point"), line["reorder_point_units"], "="),
        (say("in stock"), line["on_hand_units"], "−"),
        (say("on order"), line["on_order_units"], "−"),
        (say("missing to the reorder point") if missing > 0 else say("above the reorder point by"), abs(missing), "="),
        (say("economic lot"), line["economic_lot_units"], ""),
        (say("the ERP rule's order, in whole packs"), line["erp_quantity_units"], ""),
        (say("this plan's order"), line["planned_units"], ""),
    ]


def _trust(desk: Desk, weight: float) -> str:
    """How far the model is trusted for one price."""
    say = desk.voice.say
    if weight <= 0:
        return say("The model is no better than today's price here, so the forecast is today's price.")
    if weight >= 0.995:
        return say("The model is fully trusted here.")
    return say("The model is trusted by %(share)s here; the rest is today's price.", share=desk.voice.percent(weight))


def found(desk: Desk, text: str) -> list[dict[str, Any]]:
    """The first products with every word of the text in name, code or category."""
    table = desk.run.catalogue
    words = plain(text).split()
    for word in words:
        table = table[table["words"].str.contains(word, regex=False)]
    return records(table.head(FOUND_MOST if words else 0))


def figures(desk: Desk) -> str:
    """HTML of the product's figures: the decision or the price, and the demand."""
    run, voice = desk.run, desk.voice
    product_id = desk.view.product or desk.listing.first()
    lines = desk.listing.of_product(product_id)
    supplier = "" if lines.empty else str(lines["supplier_id"].iloc[0])
    unit = str(run.catalogue.set_index("product_id")["unit"].get(product_id, ""))
    words = desk.words
    drawn: list[dict[str, Any]] = []
    quotes, course = run.price_history(product_id, supplier), run.course(product_id)
    ahead = run.price_forecast(product_id, supplier)
    if len(course) > 1:
        told = {**records(lines)[0], "reason": ""}
        drawn.append(
            {
                "kind": "decision",
                "svg": svg(plots_orders.decision(quotes, course, told, unit, voice.symbol, words)),
            }
        )
    elif len(quotes) or len(ahead):
        drawn.append({"kind": "price", "svg": svg(plots.price_fan(quotes, ahead, f"{voice.symbol}/{unit}", words))})
    sold, wanted = run.demand_history(product_id), run.demand_forecast(product_id)
    if len(sold) or len(wanted):
        drawn.append({"kind": "demand", "svg": svg(plots.demand_fan(sold, wanted, unit, words))})
    return desk.render(
        "figures.html",
        drawn=drawn,
        ahead=records(ahead),
        demand=records(wanted),
        course=records(course),
    )
