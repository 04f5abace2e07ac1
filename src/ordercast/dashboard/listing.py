"""The ranked list of order lines: filtered, sorted, grouped and cut into pages by DuckDB, however long it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ordercast import duck
from ordercast.dashboard.view import View
from ordercast.dashboard.words import plain

LINES_A_PAGE = 50
DECIDED = ("approved", "rejected", "snoozed", "sent", "received", "cancelled")
_SHOWS = {
    "due": "due AND status IN ('proposed', 'approved')",
    "urgent": "urgent AND due AND status IN ('proposed', 'approved')",
    "waiting": "NOT due AND status = 'proposed'",
    "decided": f"event = 'edited' OR status IN ({', '.join(repr(status) for status in DECIDED)})",
    "all": "true",
}
_SORTS = {
    "rank": "urgent DESC, due DESC, value DESC",
    "name": "words",
    "total": "total_cost DESC",
    "saving": "expected_saving DESC",
    "order_by": "order_on",
    "cover": "days_of_cover NULLS LAST",
    "price": "unit_price DESC",
}


@dataclass(frozen=True)
class Cut:
    """A page of the list. lines: its rows; groups: supplier_id, lines, total_cost, least (order value), of all found.

    lines_found, total_cost: of all that match, on every page.
    """

    lines: pd.DataFrame
    groups: pd.DataFrame
    lines_found: int
    total_cost: float

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.lines_found // LINES_A_PAGE))


class Listing:
    """The lines of one run beside what people decided about them.

    lines: a row per order line with order_id, product_id, supplier_id, name, words (to search in), due (to place
    today), urgent, value (what the rank sorts by) and the columns of the orders; least: supplier_id, min_order_value.
    """

    def __init__(self, lines: pd.DataFrame, least: pd.DataFrame) -> None:
        self._db = duck.connect()
        for name, frame in (("lines", lines), ("least", least)):
            self._db.register("given", frame)
            self._db.execute(f"CREATE TABLE {name} AS FROM given")
            self._db.unregister("given")

    def decide(self, state: pd.DataFrame) -> None:
        """Take in where every line stands: the frame of `ledger.of_plan`."""
        self._db.register("given", state)
        self._db.execute(
            """
            CREATE OR REPLACE TABLE shown AS
            SELECT lines.* EXCLUDE (quantity_units, unit_price, total_cost),
                given.quantity_units <> lines.quantity_units AS changed,
                given.quantity_units, given.unit_price, given.quantity_units * given.unit_price AS total_cost,
                lines.quantity_units AS planned_units, lines.unit_price AS planned_price,
                given.status, given.sequence, given.who, given.at, given.until, given.event,
                given.reason AS said, given.note
            FROM lines JOIN given USING (order_id)
            """
        )
        self._db.unregister("given")

    def cut(self, view: View) -> Cut:
        """The page of the list that the view asks for; the last one where there are fewer."""
        where, values = self._where(view)
        groups = self._frame(
            f"""
            SELECT supplier_id, count(*) AS lines, sum(total_cost) AS total_cost, bool_or(urgent) AS urgent,
                any_value(least.min_order_value) AS least
            FROM shown LEFT JOIN least USING (supplier_id) WHERE {where}
            GROUP BY supplier_id ORDER BY urgent DESC, total_cost DESC, supplier_id
            """,
            values,
        )
        found = int(groups["lines"].sum())
        number = min(view.number, max(1, -(-found // LINES_A_PAGE)))
        first = "ranks.place, " if view.grouped else ""
        self._db.register("ranks", groups[["supplier_id"]].assign(place=range(len(groups))))
        lines = self._frame(
            f"""
            SELECT shown.* FROM shown JOIN ranks USING (supplier_id) WHERE {where}
            ORDER BY {first}{_SORTS[view.sort]}, product_id, order_id
            LIMIT {LINES_A_PAGE} OFFSET {(number - 1) * LINES_A_PAGE}
            """,
            values,
        )
        self._db.unregister("ranks")
        return Cut(lines, groups, found, float(groups["total_cost"].sum()))

    def matching(self, view: View) -> pd.DataFrame:
        """All lines that the view's filters let through, on whatever page, ranked."""
        where, values = self._where(view)
        return self._frame(f"SELECT * FROM shown WHERE {where} ORDER BY {_SORTS[view.sort]}, product_id", values)

    def hidden(self, view: View, order_ids: list[str]) -> int:
        """How many of these lines the view's filters do not let through."""
        where, values = self._where(view)
        sql = f"SELECT count(*) AS lines FROM shown WHERE list_contains(?, order_id) AND NOT ({where})"
        return int(self._frame(sql, [order_ids, *values])["lines"].iloc[0])

    def lines(self, order_ids: list[str]) -> pd.DataFrame:
        """These lines, ranked."""
        return self._frame(
            f"SELECT * FROM shown WHERE list_contains(?, order_id) ORDER BY {_SORTS['rank']}, product_id", [order_ids]
        )

    def of_product(self, product_id: str) -> pd.DataFrame:
        """The lines of a product, one as a rule."""
        return self._frame(
            f"SELECT * FROM shown WHERE product_id = ? ORDER BY {_SORTS['rank']}, supplier_id", [product_id]
        )

    def first(self) -> str:
        """The product of the first line, "" where there is none."""
        found = self._frame(f"SELECT product_id FROM shown ORDER BY {_SORTS['rank']}, product_id LIMIT 1", [])
        return "" if found.empty else str(found["product_id"].iloc[0])

    def totals(self) -> dict[str, Any]:
        """What is to be placed today and what became of it: lines, urgent, total_cost, saving, and lines by status."""
        row = self._frame(
            f"""
            SELECT count(*) FILTER ({_SHOWS["due"]}) AS due, count(*) FILTER ({_SHOWS["urgent"]}) AS urgent,
                coalesce(sum(total_cost) FILTER ({_SHOWS["due"]}), 0) AS total_cost,
                coalesce(sum(expected_saving) FILTER (status IN ('proposed', 'approved', 'snoozed')), 0) AS saving,
                count(*) FILTER (due AND status = 'proposed') AS open,
                count(*) FILTER (status = 'approved') AS approved,
                count(*) FILTER (status = 'sent') AS sent,
                count(*) FILTER (status IN ('rejected', 'snoozed')) AS put_aside,
                min(order_on) FILTER (NOT due) AS next_on, count(*) AS lines
            FROM shown
            """,
            [],
        ).iloc[0]
        return dict(row)

    def suppliers(self) -> list[str]:
        """All suppliers of the list, by name."""
        return self._frame("SELECT DISTINCT supplier_id FROM shown WHERE supplier_id <> '' ORDER BY 1", [])[
            "supplier_id"
        ].tolist()

    @staticmethod
    def _where(view: View) -> tuple[str, list[Any]]:
        """The filters as SQL and the values of its question marks: what was typed never becomes SQL."""
        words = plain(view.search).split()
        parts = [f"({_SHOWS[view.show]})", *["contains(words, ?)"] * len(words)]
        values: list[Any] = list(words)
        if view.supplier:
            parts.append("supplier_id = ?")
            values.append(view.supplier)
        return " AND ".join(parts), values

    def _frame(self, sql: str, values: list[Any]) -> pd.DataFrame:
        return self._db.execute(sql, values).df()
