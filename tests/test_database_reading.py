"""A shop's tables are read as they stood at one moment, under a map, and refused in words where they do not fit."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import servers

from ordercast import sources
from ordercast.database import DatabaseError, changes
from ordercast.database.snapshot import snapshot

SHOP = (
    "CREATE TABLE listas (sku INT, quando DATETIME, preco DECIMAL(10,2), moeda CHAR(3), cliente TEXT)",
    """INSERT INTO listas VALUES (7, '2026-01-02 10:30:00', 12.34, 'BRL', 'Ana'), (7, '2026-01-01', 0.10, 'BRL', NULL),
    (30, '2026-01-02', 99999999.99, 'BRL', 'x')""",
    "CREATE TABLE vendas (sku INT, dia DATE, quanto DECIMAL(30,12), loja ENUM('a', 'b'))",
    "INSERT INTO vendas VALUES (7, '2026-01-01', 1.5, 'a'), (7, '2026-01-01', 2, 'b'), (30, '2026-01-02', 0.333, 'a')",
    "CREATE VIEW por_dia AS SELECT sku, dia, SUM(quanto) AS quanto FROM vendas GROUP BY sku, dia",
    "CREATE TABLE products (product_id VARCHAR(20), `name` VARCHAR(80)) DEFAULT CHARSET utf8mb4",
    "INSERT INTO products VALUES ('7', 'Açúcar 😀 d''or \\\\ \"x\"'), ('30', NULL)",
    "CREATE TABLE suppliers (product_id INT, supplier_id VARCHAR(9), lead_time_days INT, pack_units TINYINT(1))",
    "INSERT INTO suppliers VALUES (7, 'default', 3, 6)",
    "CREATE TABLE stock (product_id INT, on_hand_units FLOAT, as_of DATE)",
)
TABLES = {"prices": "listas", "sales": "por_dia"}
COLUMNS = {"sku": "product_id", "quando": "date", "preco": "unit_price", "moeda": "currency"} | {
    "sales": {"dia": "date", "quanto": "demand_units"}
}


def take(folder: Path, columns: Any) -> sources.Raw:
    return sources.read(folder, columns=columns, on_bad_row="stop", currency="BRL")


@pytest.fixture
def taken_from(shop: servers.Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that takes the snapshot of `shop` into a folder and returns it."""
    monkeypatch.setenv("ORDERCAST_DATABASE_URL", shop.url)

    def take_it(tables: Any = {}, columns: Any = {}, tell: Any = lambda line: None) -> Path:  # noqa: B006
        snapshot("database", tables, columns, tell, tmp_path / "snapshot")
        return tmp_path / "snapshot"

    return take_it


def test_tables_views_and_columns_of_other_names_give_what_files_give(shop: servers.Shop, taken_from, tmp_path: Path):
    shop.run(*SHOP)
    raw = take(taken_from(TABLES, COLUMNS), COLUMNS)
    assert raw.prices.to_numpy().tolist() == [
        ["7", "default", pd.Timestamp("2026-01-01"), 0.1, "BRL"],
        ["7", "default", pd.Timestamp("2026-01-02"), 12.34, "BRL"],
        ["30", "default", pd.Timestamp("2026-01-02"), 99999999.99, "BRL"],
    ]
    assert raw.sales[["product_id", "demand_units"]].to_numpy().tolist() == [["7", 3.5], ["30", 0.333]]
    assert raw.products["name"].tolist() == ["30", 'Açúcar 😀 d\'or \\ "x"']
    assert raw.suppliers["pack_units"].tolist() == [6.0]
    notes = set(raw.notes[["table", "note"]].itertuples(index=False, name=None))
    assert ("stock", f"no stock table: {sources.ASSUMED['stock']}") in notes


def test_the_same_tables_give_the_same_bytes_and_nothing_else_leaves_the_shop(shop: servers.Shop, taken_from):
    shop.run(*SHOP)
    first = {path.name: path.read_bytes() for path in taken_from(TABLES, COLUMNS).iterdir()}
    shop.run("CREATE TABLE n LIKE listas", "INSERT INTO n SELECT * FROM listas ORDER BY preco", "RENAME TABLE n TO o")
    assert {path.name: path.read_bytes() for path in taken_from(TABLES, COLUMNS).iterdir()} == first
    assert set(first) == {"about.json", *(f"{name}.parquet" for name in ("prices", "sales", "products", "suppliers"))}
    about = json.loads(first["about.json"])
    assert about["tables"]["prices"]["columns"] == {k: v for k, v in COLUMNS.items() if isinstance(v, str)}
    assert b"Ana" not in first["prices.parquet"]


def test_a_table_of_another_schema_is_read(shop: servers.Shop, taken_from):
    with servers.schema(shop.address) as other:
        other.run("CREATE TABLE `price list` (product_id INT, date DATE, unit_price DOUBLE)")
        other.run("INSERT INTO `price list` VALUES (1, '2026-01-01', 0.1)")
        raw = take(taken_from({"prices": f"{other.address.database}.price list"}), {})
    assert raw.prices["unit_price"].tolist() == [0.1]


def test_no_table_is_younger_than_another(shop: servers.Shop, taken_from):
    shop.run(*SHOP)
    changed = []

    def change(line: str) -> None:
        changed.append(line)
        shop.run("INSERT INTO vendas VALUES (7, '2026-01-02', 50, 'a')", "DELETE FROM suppliers")

    raw = take(taken_from(TABLES, COLUMNS, change), COLUMNS)
    assert len(changed) == 5
    assert raw.sales["demand_units"].tolist() == [3.5, 0.333]
    assert len(raw.suppliers) == 1


@pytest.mark.parametrize(
    ("tables", "columns", "change", "said"),
    [
        pytest.param(
            {"prices": "lista"},
            COLUMNS,
            "",
            r"prices: there is no table \S+\.lista that this user may read; there are: listas, por_dia, products, "
            r"stock, suppliers, vendas. Did you mean \S+\.listas\?",
            id="table_not_there",
        ),
        pytest.param({"prices": "gone.x"}, {}, "", "no table gone.x .* there are: none", id="schema_not_there"),
        pytest.param({}, {}, "", r"prices: there is no table \S+\.prices", id="prices_not_mapped"),
        pytest.param(
            TABLES,
            COLUMNS,
            "ALTER TABLE listas DROP COLUMN preco",
            r"\.listas: column unit_price is missing; there are: sku, quando, moeda, cliente",
            id="lost_a_column",
        ),
        pytest.param(TABLES, COLUMNS | {"x": "unit_prise"}, "", "Did you mean unit_price", id="wrong_target"),
        pytest.param(TABLES, COLUMNS, "DELETE FROM listas", "has no row", id="no_prices"),
        pytest.param(
            TABLES,
            {"sales": COLUMNS["sales"], "a`b": "unit_price"} | {k: v for k, v in COLUMNS.items() if k != "preco"},
            "ALTER TABLE listas RENAME COLUMN preco TO `a``b`",
            "the name 'a`b' holds a quote, a backtick or a backslash",
            id="backtick_that_the_extension_would_not_quote",
        ),
        pytest.param(
            {"prices": "listas; DROP TABLE listas"}, {}, "", "no table .*listas; DROP TABLE listas", id="injection"
        ),
        pytest.param({"prices": 'listas" UNION SELECT `x'}, {}, "", "no table", id="injection_by_quotes"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    shop: servers.Shop, taken_from, tmp_path: Path, tables: Any, columns: Any, change: str, said: str
):
    shop.run(*SHOP, *filter(None, [change]))
    with pytest.raises(DatabaseError, match=said):
        taken_from(tables, columns)
    assert not list((tmp_path / "snapshot").glob("*"))
    assert len(shop.rows("SHOW TABLES")) == 6


def test_two_faults_are_told_at_once_and_null_leaves_a_table_out(shop: servers.Shop, taken_from):
    shop.run(*SHOP, "ALTER TABLE products DROP COLUMN product_id, ADD COLUMN titulo TEXT")
    with pytest.raises(DatabaseError) as raised:
        taken_from(TABLES | {"stock": "estoque"}, COLUMNS)
    lines = str(raised.value).splitlines()
    assert len([line for line in lines if line.startswith("- ")]) == 2
    assert "products: column product_id is missing" in lines[1]
    folder = taken_from(TABLES | {"products": None}, COLUMNS)
    assert not (folder / "products.parquet").exists()


def test_without_a_database_the_folder_says_so_and_old_tables_go(tmp_path: Path):
    (tmp_path / "prices.parquet").touch()
    (tmp_path / ".spill").mkdir()
    told: list[str] = []
    snapshot("files", {}, {}, told.append, tmp_path)
    assert json.loads((tmp_path / "about.json").read_text()) == {"source": "files"}
    assert [path.name for path in tmp_path.iterdir()] == ["about.json"]
    assert told == ["data.source is files: there is nothing to copy from a database"]


def test_columns_that_look_like_sql_are_columns(shop: servers.Shop, taken_from):
    evil = "preco) FROM x; DROP TABLE listas; --"
    shop.run(*SHOP, f"ALTER TABLE listas RENAME COLUMN preco TO `{evil}`")
    columns = COLUMNS | {evil: "unit_price", "1; DROP TABLE vendas": "currency"}
    assert take(taken_from(TABLES, columns), columns).prices["unit_price"].gt(0).all()
    assert changes.fingerprint(shop.address, TABLES, columns)["prices"]["columns"][evil] == "unit_price"
    assert len(shop.rows("SHOW TABLES")) == 6


def test_ids_that_look_like_sql_are_ids(shop: servers.Shop, taken_from):
    ids = ["'; DROP TABLE prices; --", "\\' OR 1=1 -- ", "%s ? :x", '"`', "=1+1"]
    shop.run("CREATE TABLE prices (product_id VARCHAR(99), date DATE, unit_price DECIMAL(18,6))")
    for one in ids:
        text = one.replace("\\", "\\\\").replace("'", "''")
        shop.run(f"INSERT INTO prices VALUES ('{text}', '2026-01-01', 1)")
    assert sorted(take(taken_from(), {}).prices["product_id"]) == sorted(one.strip() for one in ids)
