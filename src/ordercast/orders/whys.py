"""The sentence behind a line of the planner: what today's price is beside the one to compare with, and what then."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ordercast.language import phrase
from ordercast.orders import tiers
from ordercast.orders.timing import EQUAL
from ordercast.orders.words import Words

TOLD = 0.01  # of a price: a smaller difference between quote and price paid is not spoken of
AS_THE_RULE = phrase("The planner agrees with the ERP rule. %(rule)s")
BY_THE_RULE = phrase("%(planner)s The ERP rule: %(rule)s")
HELD = {
    "": "",
    "budget": phrase("The budget of today's orders changed it."),
    "warehouse_volume": phrase("The room left in the warehouse changed it."),
    "supplier_minimum": phrase("The supplier's minimum order value changed it."),
}


def sentences(told: pd.DataFrame, rule: pd.Series[str], words: Words) -> pd.Series[str]:
    """One or two sentences per line, the ERP rule's own behind them; index of `told`.

    told: the figures of `orders.planned`; rule: the reason of the ERP rule's line, in the same language.
    """
    main = np.where(told["decision"] == "buy", _buy(told, words), _wait(told, words)).tolist()
    held = words.choose(list(HELD.values()), [list(HELD).index(name) for name in told["held_by"]], rule=rule)
    raised = _raised(told, words)
    own = [" ".join(filter(None, parts)) for parts in zip(main, held, raised, strict=True)]
    behind = [
        f"{reason} {more}" if same and more else reason
        for reason, more, same in zip(rule, raised, told["same"], strict=True)
    ]
    texts = words.choose([BY_THE_RULE, AS_THE_RULE], told["same"], planner=own, rule=behind)
    return pd.Series(texts, index=told.index, dtype="str")


def _raised(told: pd.DataFrame, words: Words) -> list[str]:
    """Where the service floor made a lost unit count for more, how much more."""
    added = told["lost_unit_added"]
    text = phrase("To serve enough, a unit that lacks counts %(more)s more.")
    return words.choose(["", text], added > 0, more=words.money(added))


def _buy(told: pd.DataFrame, words: Words) -> list[str]:
    limit, tier = told["buy_below_unit_price"], told["discount"] > 0
    return words.choose(
        [
            phrase("Buy %(units)s from %(supplier)s at %(price)s: %(why)s; covers %(cover)s."),
            phrase(
                "Buy %(units)s from %(supplier)s at %(price)s: %(why)s; covers %(cover)s; worth it up to %(limit)s."
            ),
            phrase(
                "Buy %(units)s from %(supplier)s at %(price)s: %(why)s; covers %(cover)s; worth it up to a quote of "
                "%(limit)s."
            ),
            phrase(
                "Buy %(units)s from %(supplier)s at %(price)s: %(why)s; covers %(cover)s; but for that worth it up to "
                "a quote of %(limit)s only."
            ),
        ],
        np.select([(limit < told["quote"]) & told["floored"], limit < told["quote"], tier], [3, 0, 2], 1),
        units=words.numbers(told["quantity_units"]),
        supplier=told["supplier_id"],
        price=_asked(
            told,
            tiers.said(told["unit_price"], told["discount"].to_numpy(), told["tier_units"].to_numpy(), words),
            words,
        ),
        why=_why_now(told, words),
        cover=_cover(told, words),
        limit=words.money(limit),
    )


def _asked(told: pd.DataFrame, quoted: list[str], words: Words) -> list[str]:
    """The price quoted, and the one that is expected to be paid where that is another."""
    off = (told["paid_unit_price"] - told["unit_price"]).abs()
    text = phrase("%(quoted)s (%(paid)s expected at the next quote, which is paid)")
    paid = words.money(told["paid_unit_price"])
    return words.choose(["%(quoted)s", text], off > TOLD * told["unit_price"], quoted=quoted, paid=paid)


def _cover(told: pd.DataFrame, words: Words) -> list[str]:
    """Days of cover; what lasts beyond the forecast's last day lasts so long or more."""
    which = [phrase("%(days)s or more"), "%(days)s"]
    return words.choose(which, told["cover_ends"], days=words.days(told["days_of_cover"]))


def _why_now(told: pd.DataFrame, words: Words) -> list[str]:
    stands = (told["later_unit_price"] - told["paid_unit_price"]).abs() <= EQUAL * told["paid_unit_price"]
    part = (told["early_units"] < 0.99 * told["quantity_units"]).to_numpy()  # the others are called for now
    now, floored = (told["later_days"] == 0).to_numpy(), told["floored"].to_numpy(np.bool_)
    by_line = (told["line_point_units"] == told["floor_units"]).to_numpy()
    return words.choose(
        [
            phrase("%(price)s is expected in %(days)s, when stock would call for it"),
            phrase("no lower price is expected in %(days)s, when stock would call for it"),
            phrase("stock calls for some of it now, and for the rest about %(days)s later, when %(price)s is expected"),
            phrase("stock calls for some of it now, and no lower price is expected about %(days)s later, for the rest"),
            phrase("stock calls for it now"),
            phrase(
                "the %(position)s in stock and on order are not over the reorder point of %(point)s by recent demand"
            ),
            phrase("the %(position)s in stock and on order are not over the reorder point of %(point)s"),
        ],
        np.select([floored & by_line, floored, now], [6, 5, 4], 2 * part + stands.to_numpy()),
        price=words.money(told["later_unit_price"]),
        days=words.days(told["later_days"]),
        position=words.numbers(told["on_hand_units"] + told["in_time_units"]),
        point=words.numbers(told["floor_units"]),
    )


def _wait(told: pd.DataFrame, words: Words) -> list[str]:
    lower = told["later_unit_price"] < (1 - EQUAL) * told["paid_unit_price"]
    saves = told["cost_of_today"] < -0.005  # it waits for want of money, room or company
    return words.choose(
        [
            phrase(
                "Wait: %(supplier)s asks %(price)s, %(later)s is expected in %(days)s; stock %(hand)s + %(order)s on "
                "order lasts %(cover)s; ordering today would cost %(cost)s more."
            ),
            phrase(
                "Wait: %(supplier)s asks %(price)s, %(later)s is expected in %(days)s; stock %(hand)s + %(order)s on "
                "order lasts %(cover)s; ordering today would save %(cost)s."
            ),
            phrase(
                "Wait: %(supplier)s asks %(price)s, and no lower price is expected; stock %(hand)s + %(order)s on "
                "order lasts %(cover)s, the best day to order is expected in %(days)s; ordering today would cost "
                "%(cost)s more."
            ),
            phrase(
                "Wait: %(supplier)s asks %(price)s, and no lower price is expected; stock %(hand)s + %(order)s on "
                "order lasts %(cover)s, the best day to order is expected in %(days)s; ordering today would save "
                "%(cost)s."
            ),
            phrase(
                "Wait: stock %(hand)s + %(order)s on order leave no room on the shelf for an order of today; they last "
                "%(cover)s."
            ),
            phrase("Wait: stock %(hand)s + %(order)s on order are as much as is worth holding; they last %(cover)s."),
        ],
        np.where(told["no_room"], 4 + told["open_shelf"], np.where(lower, 0, 2) + saves),
        supplier=told["supplier_id"],
        price=_asked(told, words.money(told["unit_price"]), words),
        later=words.money(told["later_unit_price"]),
        days=words.days(told["later_days"]),
        hand=words.numbers(told["on_hand_units"]),
        order=words.numbers(told["coming_units"]),
        cover=_cover(told, words),
        cost=words.money(told["cost_of_today"].abs()),
    )
