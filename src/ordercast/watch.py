"""The first stage: what DVC cannot see, written down so that it can, in bytes that change only when that changes.

data/watch/shop.json tells the state of the shop's database (where it is the source), data/watch/decisions.parquet
the orders that people approved or sent. No pandas here: this runs before every run, also of one with nothing to do.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path("data/watch")
SHOP, DECISIONS = FOLDER / "shop.json", FOLDER / "decisions.parquet"
COLUMNS = {
    "order_id": "VARCHAR",
    "product_id": "VARCHAR",
    "supplier_id": "VARCHAR",
    "quantity_units": "DOUBLE",
    "unit_price": "DOUBLE",
    "ordered_on": "DATE",
    "due_on": "DATE",
    "status": "VARCHAR",
}
WRITE = """
COPY (FROM read_json('{rows}', format = 'array', columns = {columns}) ORDER BY order_id)
TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""


class NotThere(Exception):
    """The ledger or the shop's database cannot be read; the text says why."""

    outcome = "not_there"


def watch(root: str | Path, data: Any) -> str:
    """Write both files of the project in `root` and return what was seen, in a line.

    data: the section of params.yaml. The ledger is only read, and not made where there is none. Raises NotThere.
    """
    root = Path(root)
    orders, shop = to_come(root), shop_of(data)
    write_decisions(orders, root / DECISIONS)
    with _replacing(root / SHOP) as beside:
        beside.write_text(_json(shop), encoding="utf-8")
    return f"source: {data.source}; {len(orders)} orders approved or sent are still to come"


def to_come(root: Path) -> list[dict[str, Any]]:
    """The approved and sent orders of the ledger, one row of COLUMNS each."""
    signs = root / ".env", root / "data/ledger.sqlite"
    if not os.environ.get("ORDERCAST_DATABASE_URL") and not any(sign.is_file() for sign in signs):
        return []  # there can be no ledger: SQLAlchemy takes longer to load than all the rest
    from ordercast import ledger

    try:
        steps = ledger.Ledger.of(root).last_steps()
    except ledger.LedgerError as error:
        raise NotThere(str(error)) from None
    rows = [ledger.flat(step) | step.after.as_json() for step in steps if step.after.status in ledger.TO_COME]
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def shop_of(data: Any) -> dict[str, Any]:
    """What shop.json says: the source and, of a database, a fingerprint that changes with its tables."""
    if data.source != "database":
        return {"source": data.source}
    from ordercast import database  # takes longer to load than all the rest

    try:
        return {"source": data.source, "fingerprint": database.fingerprint(None, data.tables, data.columns)}
    except database.DatabaseError as error:
        raise NotThere(str(error)) from None


def write_decisions(orders: Sequence[dict[str, Any]], path: Path) -> None:
    """Return nothing; the orders (rows of COLUMNS) stand in `path`, sorted by order_id.

    The same orders give the same bytes, whoever decided them and when.
    """
    import duckdb

    # As a file and not as parameters: for those DuckDB loads pandas.
    with _replacing(path) as beside, duckdb.connect(config={"threads": 1}) as connection:
        rows = beside.with_suffix(".json")
        rows.write_text(_json(orders), encoding="utf-8")
        names = {"rows": _quoted(rows), "path": _quoted(beside), "columns": COLUMNS}
        connection.execute(WRITE.format(**names))
        rows.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    yield beside
    os.replace(beside, path)
