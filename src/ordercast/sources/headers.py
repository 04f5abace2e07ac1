"""Column names as people write them, matched with the names of the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ordercast.contracts import INPUTS, TABLES

Columns = Mapping[str, str | Mapping[str, str]]

ALIASES: dict[str, dict[str, str]] = {
    "prices": {"sku": "product_id", "supplier": "supplier_id", "price": "unit_price"},
    "sales": {
        "sku": "product_id",
        "units": "demand_units",
        "quantity": "demand_units",
        "qty": "demand_units",
    },
    "products": {"sku": "product_id"},
    "suppliers": {
        "sku": "product_id",
        "supplier": "supplier_id",
        "lead_time": "lead_time_days",
        "moq": "moq_units",
    },
    "stock": {
        "sku": "product_id",
        "on_hand": "on_hand_units",
        "quantity": "on_hand_units",
        "qty": "on_hand_units",
        "date": "as_of",
    },
    "open_orders": {
        "sku": "product_id",
        "supplier": "supplier_id",
        "quantity": "quantity_units",
        "qty": "quantity_units",
        "price": "unit_price",
    },
    "price_tiers": {
        "sku": "product_id",
        "supplier": "supplier_id",
        "min_quantity": "min_units",
        "min_qty": "min_units",
        "discount": "discount_rate",
    },
}
# A column that may lack although none of its cells may be empty: the reader fills it and says so.
FILLED = ("supplier_id", "currency", "in_stock", "as_of")


@dataclass(frozen=True)
class Match:
    """Which column of a file is which: positions by canonical name, with notes and faults as sentences."""

    positions: dict[str, int]
    notes: list[str]
    faults: list[str]


def match(header: Sequence[str], table: str, columns: Columns) -> Match:
    """Return the position of each canonical column of the table in a header.

    A name in `columns` (data.columns: {yours: ours}, or {table: {yours: ours}}) comes first, then the canonical
    name itself, then the same in other letters (" Unit Price"), then a well-known alias. Two names for one
    column and a mandatory column that nobody has are faults; what is renamed or left unread is noted.
    """
    names = [name.strip() for name in header]
    claims: dict[str, list[tuple[int, int]]] = {}
    for position, name in enumerate(names):
        for canonical, rank in _meaning(name, table, columns):
            claims.setdefault(canonical, []).append((rank, position))
    positions, faults = {}, []
    for canonical, claimed in claims.items():
        best = [position for rank, position in claimed if rank == min(claimed)[0]]
        positions[canonical] = best[0]
        if len(best) > 1:
            both = " and ".join(repr(names[position]) for position in best)
            faults.append(f"columns {both} both mean {canonical}. Remove one, or name the right one in data.columns")
    renamed = {names[position]: canonical for canonical, position in positions.items()}
    notes = [f"read column '{name}' as {canonical}" for name, canonical in renamed.items() if name != canonical]
    unread = [name or "(no name)" for position, name in enumerate(names) if position not in positions.values()]
    if unread:
        notes.append(f"ignored column {', '.join(unread)}")
    faults += _lacking(names, unread, positions, table)
    return Match(positions, notes, faults)


def wrong_targets(columns: Columns) -> list[str]:
    """Return one sentence for each name in data.columns that leads to no column of the contract."""
    faults = []
    for table, pairs in _by_table(columns).items():
        allowed = {name for one in ([table] if table else INPUTS) for name in TABLES[one].names}
        for name, target in pairs.items():
            if target not in allowed:
                near = get_close_matches(target, sorted(allowed), n=1)
                cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(allowed))}"
                where = f"table {table}" if table else "any table"
                faults.append(f"data.columns: '{name}' leads to {target!r}, which is no column of {where}. {cure}")
    return faults


def unused(columns: Columns, header: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one sentence for each name in data.columns that no header has; `header` is by table."""
    return [
        f"data.columns: no file has a column '{name}'" + (f" for {table}" if table else "")
        for table, pairs in _by_table(columns).items()
        for name in pairs
        if name not in {found.strip() for one in ([table] if table else header) for found in header.get(one, ())}
    ]


def _by_table(columns: Columns) -> dict[str, dict[str, str]]:
    """The mapping per table; under "" what holds for all."""
    nested = {name: dict(pairs) for name, pairs in columns.items() if not isinstance(pairs, str)}
    return {"": {name: target for name, target in columns.items() if isinstance(target, str)}, **nested}


def _meaning(name: str, table: str, columns: Columns) -> Iterator[tuple[str, int]]:
    """Yield the canonical column that a name means in this table, if any, and how sure that is (0 the surest)."""
    contract = TABLES[table].names
    by_table = _by_table(columns)
    plain = name.lower().replace(" ", "_")
    for rank, canonical in enumerate(
        [by_table.get(table, {}).get(name), by_table[""].get(name), name, plain, ALIASES[table].get(plain)]
    ):
        if canonical in contract:
            yield canonical, rank
            return


def _lacking(names: list[str], unread: list[str], positions: Mapping[str, int], table: str) -> Iterator[str]:
    for column in TABLES[table].names:
        if column in positions or column in FILLED or not TABLES[table].column(column).required:
            continue
        known = [column, *(alias for alias, canonical in ALIASES[table].items() if canonical == column)]
        near = [name for word in known for name in get_close_matches(word, unread, n=1)]
        if len(names) == 1 and any(sign in names[0] for sign in ";\t"):
            cure = "Separate the columns by commas"
        elif near:
            cure = f"If '{near[0]}' is it, set data.columns: {{{near[0]}: {column}}}"
        else:
            cure = f"Add it, or set data.columns: {{your name: {column}}}"
        yield f"column {column} is missing; there are: {', '.join(names)}. {cure}"
