"""A long table that goes through by blocks comes to what it comes to in one piece: bytes, notes and faults."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from ordercast import sources
from ordercast.sources import long

DAYS = pd.date_range("2026-01-01", periods=40)
BASE = {"today": None, "currency": "BRL"}
DATA = {"source": "files", "columns": {}, "decimal": "auto", "dates": "auto", "on_bad_row": "quarantine"}
Change = Callable[[dict[str, pd.DataFrame]], Any]


def tables() -> dict[str, pd.DataFrame]:
    """Prices and sales of seven products, in no order: 2 quotes a day of 40 days each, one of two suppliers' prices."""
    offers = [(f"P{number % 7}", f"S{number % 2}") for number in range(14)]
    prices = pd.DataFrame(
        [(*offer, day, 10.0 + number) for number, offer in enumerate(offers) for day in DAYS],
        columns=["product_id", "supplier_id", "date", "unit_price"],
    ).assign(currency="BRL")
    sales = prices.loc[prices["supplier_id"] == "S0", ["product_id", "date"]].assign(demand_units=3.0, in_stock=True)
    sales = sales.drop_duplicates(["product_id", "date"])
    products = pd.DataFrame({"product_id": [f"P{number}" for number in range(7)], "name": "Thing"})
    mixed = {name: frame.sample(frac=1, random_state=7) for name, frame in (("prices", prices), ("sales", sales))}
    return {name: frame.reset_index(drop=True) for name, frame in (mixed | {"products": products}).items()}


def put(folder: Path, given: dict[str, pd.DataFrame]) -> Path:
    folder.mkdir()
    for name, frame in given.items():
        with duckdb.connect() as connection:
            connection.register("frame", frame)
            connection.execute(f"COPY frame TO '{folder / f'{name}.parquet'}' (FORMAT parquet)")
    return folder


def outcome(folder: Path, out: Path, rows: int, **options: Any) -> dict[str, Any]:
    """The bytes that stage 1 leaves, or what it says; the long tables are those with more than `rows` rows."""
    data = DATA | {"path": str(folder)} | {name: value for name, value in options.items() if name in DATA}
    base = BASE | {name: value for name, value in options.items() if name in BASE}
    try:
        with long.desk(out / "desk", rows) as desk:
            taken = sources.take(data, base, desk)
            long_ones = set(taken.raw.files)
            told = taken.keep(out / "raw")
    except sources.InputError as error:
        assert not (out / "raw").exists()
        return {"error": str(error)}
    finally:
        assert not (out / "desk").exists()
    assert long_ones == ({"prices", "sales"} if rows < 100 else set())
    return {"rows": told} | {file.name: file.read_bytes() for file in sorted((out / "raw").iterdir())}


def cell(table: str, row: int, column: str, value: Any) -> Change:
    """A change of one cell."""

    def change(given: dict[str, pd.DataFrame]) -> None:
        if not isinstance(value, float | bool) and given[table][column].dtype == "bool":
            given[table][column] = given[table][column].astype("object")
        given[table].loc[row, column] = value

    return change


def again(table: str, rows: list[int], **other: Any) -> Change:
    """Some rows stand at the end again, with other values."""

    def change(given: dict[str, pd.DataFrame]) -> None:
        more = given[table].loc[rows].assign(**other)
        given[table] = pd.concat([given[table], more], ignore_index=True)

    return change


def without(table: str, column: str) -> Change:
    def change(given: dict[str, pd.DataFrame]) -> None:
        del given[table][column]

    return change


def all_at_once(*changes: Change) -> Change:
    def change(given: dict[str, pd.DataFrame]) -> None:
        for one in changes:
            one(given)

    return change


ODD = all_at_once(
    cell("prices", 3, "unit_price", 9e6),
    cell("prices", 300, "product_id", " P1 "),
    cell("prices", 301, "supplier_id", None),
    cell("prices", 302, "date", pd.Timestamp("2026-01-04 10:30")),
    cell("prices", 303, "currency", None),
    cell("prices", 304, "currency", "brl"),
    cell("prices", 305, "currency", "R$"),
    cell("prices", 306, "date", pd.Timestamp("2026-03-05")),
    cell("prices", 307, "date", pd.Timestamp("2020-01-01")),
    again("prices", [3, 3, 300]),
    lambda given: given["prices"].insert(0, "colour", "red"),
    lambda given: given.update(prices=given["prices"].rename(columns={"unit_price": "preço"})),
    again("sales", [3, 3, 150]),
    cell("sales", 150, "in_stock", None),
    cell("sales", 151, "date", pd.Timestamp("2027-01-04")),
)
WRONG = all_at_once(
    cell("prices", 1, "unit_price", -1.0),
    cell("prices", 2, "unit_price", float("nan")),
    cell("prices", 300, "unit_price", float("inf")),
    cell("prices", 301, "product_id", None),
    cell("prices", 302, "date", pd.Timestamp("1850-01-01")),
    cell("prices", 303, "date", pd.Timestamp("2062-01-04 10:30")),
    cell("prices", 304, "date", pd.Timestamp("2062-01-05")),
    cell("prices", 305, "date", pd.Timestamp("2062-01-05")),
    cell("prices", 306, "currency", "50"),
    cell("sales", 2, "demand_units", -4.0),
    cell("sales", 4, "in_stock", "perhaps"),
    again("sales", [5, 150], demand_units=9.0),
    again("sales", [6]),
    again("sales", [7], demand_units=-9.0),
    again("sales", [7]),
    cell("sales", 9, "product_id", "Z"),
)


def unnamed(given: dict[str, pd.DataFrame]) -> None:
    """Products as numbers, and nothing said of suppliers, currency, stock-outs and products."""
    for name in ("prices", "sales"):
        given[name]["product_id"] = given[name]["product_id"].str[1:].astype(int)
    given["prices"] = given["prices"].drop(columns=["supplier_id", "currency"])
    del given["sales"]["in_stock"], given["products"]


@pytest.mark.parametrize(
    ("change", "options"),
    [
        pytest.param(ODD, {}, id="odd"),
        pytest.param(WRONG, {}, id="wrong_and_set_aside"),
        pytest.param(WRONG, {"on_bad_row": "stop"}, id="wrong_and_refused"),
        pytest.param(WRONG, {"today": "2026-03-01"}, id="wrong_where_today_is_given"),
        pytest.param(unnamed, {"currency": "EUR"}, id="unnamed"),
        pytest.param(cell("prices", 300, "currency", "USD"), {}, id="two_currencies"),
        pytest.param(without("prices", "unit_price"), {}, id="no_prices"),
        pytest.param(without("prices", "date"), {}, id="no_days"),
        pytest.param(without("prices", "product_id"), {}, id="no_products"),
        pytest.param(without("sales", "date"), {}, id="no_days_of_sales"),
        pytest.param(lambda given: given.update(prices=given["prices"].assign(unit_price=-1.0)), {}, id="all_wrong"),
    ],
)
def test_blocks_come_to_what_the_whole_comes_to(tmp_path: Path, change: Change, options: dict[str, Any]):
    given = tables()
    change(given)
    folder = put(tmp_path / "given", given)
    whole = outcome(folder, tmp_path / "whole", 10**6, **options)
    assert outcome(folder, tmp_path / "blocks", 50, **options) == whole


@pytest.mark.parametrize(
    ("column", "kind"),
    [pytest.param("unit_price", "VARCHAR", id="prices_in_text"), pytest.param("date", "VARCHAR", id="days_in_text")],
)
def test_what_a_whole_column_must_tell_is_read_whole(tmp_path: Path, column: str, kind: str):
    folder = put(tmp_path / "given", {"prices": tables()["prices"].astype({column: "str"})})
    with long.desk(tmp_path / "desk", 50) as desk:
        taken = sources.take(DATA | {"path": str(folder)}, BASE, desk)
    assert taken.raw.files == {}
    assert len(taken.raw.prices) == 560


def test_a_fault_in_between_leaves_no_desk(tmp_path: Path):
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "typed.duckdb").write_bytes(b"left by a killed run")
    with pytest.raises(duckdb.Error, match="nothing"), long.desk(tmp_path / "desk") as desk:
        desk.shelf.execute("FROM nothing")
    assert not (tmp_path / "desk").exists()
