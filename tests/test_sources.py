"""A folder of tables is read as the contract says, or refused with every fault, its place and its cure."""

import csv
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordercast import schema, sources, store
from ordercast.language import Voice
from ordercast.sentences import unpacked

GOOD = {
    "prices": "product_id,supplier_id,date,unit_price,currency\n"
    "A,S,2026-01-01,3.5,BRL\nA,S,2026-01-02,4,BRL\nB,S,2026-01-02,9,BRL\n",
    "sales": "product_id,date,demand_units,in_stock\nA,2026-01-01,3,true\nA,2026-01-02,0,false\n",
    "products": "product_id,name,category,unit,holding_rate_per_year,shelf_capacity_units,shelf_life_days,unit_value,"
    "unit_volume\nA,Aço,Metais,kg,0.2,500,,7,0.01\nB,Bronze,Metais,kg,0.2,,,,\n",
    "suppliers": "product_id,supplier_id,lead_time_days,lead_time_sd_days,moq_units,pack_units,order_cost,"
    "min_order_value\nA,S,7,1.5,10,5,50,300\nB,S,3,,1,1,,\n",
    "stock": "product_id,on_hand_units,as_of\nA,12,2026-01-02\nB,0,2026-01-01\n",
    "open_orders": "order_id,product_id,supplier_id,quantity_units,unit_price,ordered_on,due_on,status\n"
    "1,A,S,20,3.4,2025-12-30,2026-01-06,open\n",
    "price_tiers": "product_id,supplier_id,min_units,discount_rate\nA,S,100,0.05\nA,S,500,0.12\n",
}
TABLES = schema.INPUTS


def put(folder: Path, tables: Mapping[str, str | bytes]) -> Path:
    """The folder with a file per entry: CSV where the name has no ending."""
    for name, content in tables.items():
        file = folder / (name if "." in name else f"{name}.csv")
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return folder


def read(folder: Path, **options: Any) -> sources.Raw:
    """The folder read with the default options."""
    return sources.read(folder, **{"columns": {}, "on_bad_row": "stop", "currency": "BRL"} | options)


def refusal(folder: Path, **options: Any) -> list[str]:
    """The lines of the message with which the folder is refused, its first and last one checked."""
    with pytest.raises(sources.InputError) as raised:
        read(folder, **options)
    first, *lines, last = str(raised.value).splitlines()
    assert first == "The input has faults:"
    assert last.startswith("Nothing was written.")
    assert all(line.startswith("- ") and line.endswith((".", "?")) for line in lines)
    return [line.removeprefix("- ") for line in lines]


def notes(raw: sources.Raw) -> set[tuple[str, str]]:
    return set(raw.notes[["table", "note"]].itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The tables of GOOD as they are read."""
    return read(put(tmp_path_factory.mktemp("good"), GOOD)).tables()


def test_good_tables_come_whole_and_without_notes(tmp_path: Path):
    raw = read(put(tmp_path, GOOD))
    assert {name: len(frame) for name, frame in raw.tables().items()} == {
        "prices": 3,
        "sales": 2,
        "products": 2,
        "suppliers": 2,
        "stock": 2,
        "open_orders": 1,
        "price_tiers": 2,
        "quarantine": 0,
        "notes": 0,
    }
    for name, frame in raw.tables().items():
        pd.testing.assert_frame_equal(schema.check(frame, name), frame)
    assert raw.prices.iloc[1].tolist() == ["A", "S", pd.Timestamp("2026-01-02"), 4.0, "BRL"]
    assert raw.sales["in_stock"].tolist() == [True, False]
    assert raw.suppliers.iloc[1].isna().tolist() == [False, False, False, True, False, False, True, True]


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_each_format_gives_the_same_frames(tmp_path: Path, good: dict[str, pd.DataFrame], ending: str):
    for name in TABLES:
        if ending == "parquet":
            store.write_parquet(good[name], tmp_path / f"{name}.parquet", schema.TABLES[name].key)
        else:
            good[name].to_excel(tmp_path / f"{name}.xlsx", engine="xlsxwriter", index=False)
    for name, frame in read(tmp_path).tables().items():
        pd.testing.assert_frame_equal(frame, good[name])


def test_leading_zeros_survive_and_whole_numbers_have_no_decimals(tmp_path: Path):
    put(tmp_path, {"prices": "product_id,date,price\n00123,2026-01-01,1\n0123,2026-01-01,1\n"})
    store.write_parquet(
        pd.DataFrame({"product_id": [123, 7], "date": pd.Timestamp("2026-01-01"), "units": [1, 2]}),
        tmp_path / "sales.parquet",
        ["product_id"],
    )
    put(tmp_path, {"products": "product_id\n7\n123\n"})
    raw = read(tmp_path)
    assert raw.prices["product_id"].tolist() == ["00123", "0123"]
    assert raw.sales["product_id"].tolist() == ["7", "123"]


def test_prices_alone_are_enough_and_all_assumptions_are_told(tmp_path: Path):
    prices = "sku,date,price,colour\nB,2026-01-01,1,red\nA,2026-01-01,2,red\n"
    raw = read(put(tmp_path, {"prices": prices, "x.txt": ""}))
    assert raw.prices["supplier_id"].tolist() == ["default", "default"]
    assert raw.prices["currency"].tolist() == ["BRL", "BRL"]
    assert raw.products[["product_id", "name"]].to_numpy().tolist() == [["A", "A"], ["B", "B"]]
    assert raw.products["category"].isna().all()
    assert notes(raw) == {
        ("folder", "x.txt is not a table Ordercast reads: ignored"),
        ("prices", "read column 'sku' as product_id"),
        ("prices", "read column 'price' as unit_price"),
        ("prices", "ignored column colour"),
        ("prices", "no column supplier_id: every row is read as supplier_id = default"),
        ("prices", "no column currency: every row is read as currency = BRL"),
        *((table, f"no {table} table: {assumed}") for table, assumed in sources.ASSUMED.items()),
    }


@pytest.mark.parametrize(
    ("tables", "note"),
    [
        pytest.param(
            {"sales": "product_id,date,units\n"},
            ("sales", "no row in sales.csv: no demand is forecast and nothing is ordered"),
            id="header_only",
        ),
        pytest.param(
            {"sales": "product_id,date,demand_units\nA,2026-01-01,3\n"},
            ("sales", "no column in_stock: every row is read as in_stock = true"),
            id="no_in_stock",
        ),
        pytest.param(
            {"sales": "product_id,date,demand_units,in_stock\nA,2026-01-01,3,\nA,2026-01-02,3,false\n"},
            ("sales", "1 row without in_stock: read as in_stock = true"),
            id="empty_in_stock",
        ),
        pytest.param(
            {"sales": GOOD["sales"] + "A,2026-01-01,3,true\nA,2026-01-01,3.0,1\n"},
            ("sales", "2 rows left out: each repeats another row"),
            id="identical_rows",
        ),
        pytest.param(
            {"prices": "product_id,date,unit_price,currency\nA,2026-01-02,1,\nB,2026-01-02,1,cny\n"},
            ("prices", "1 row without currency: read as currency = CNY"),
            id="the_one_currency_fills_gaps",
        ),
        pytest.param(
            {"prices": "product_id,date,unit_price,currency\nA,2026-01-02,1,CNY\nB,2026-01-02,1,CNY\n"},
            ("prices", "all money is in CNY, not in base.currency BRL"),
            id="another_currency",
        ),
        pytest.param(
            {"prices": "product_id,date,unit_price\nA,2026-01-02 10:30,1\nB,2026-01-02,1\n"},
            ("prices", "the time of day in date was cut off"),
            id="times_of_day",
        ),
        pytest.param(
            {"products": "product_id,name\nB,\n"},
            ("products", "1 product without a name: the product_id is the name"),
            id="nameless_product",
        ),
        pytest.param(
            {"products": "product_id,name\nB,Bronze\n"},
            ("products", "1 product without a row: the product_id is the name"),
            id="product_only_in_prices",
        ),
        pytest.param(
            {"products": "product_id,name\nB,Bronze\nC,Cobre\n"},
            ("prices", "1 product without a price, so without a forecast: C"),
            id="product_without_prices",
        ),
        pytest.param(
            {"suppliers": "product_id,supplier_id,moq_units\nA,S,1\nB,T,1\n"},
            ("suppliers", "1 row of no use: prices has no quote of that supplier and product"),
            id="terms_without_quotes",
        ),
        pytest.param(
            {"suppliers": "product_id,supplier_id,moq_units\nA,S,1\n"},
            (
                "suppliers",
                "columns not given are left empty: lead_time_days, lead_time_sd_days, pack_units, order_cost, "
                "min_order_value",
            ),
            id="optional_columns",
        ),
        pytest.param(
            {"stock": "product_id,on_hand_units\nA,1\n"},
            ("stock", "no column as_of: every row is read as as_of = 2026-01-02"),
            id="stock_without_a_day_is_of_the_last_price",
        ),
    ],
)
def test_what_is_assumed_or_ignored_is_noted(tmp_path: Path, tables: dict[str, str], note: tuple[str, str]):
    assert note in notes(read(put(tmp_path, GOOD | tables)))


MESSY = {
    "prices": "sku;date;price;colour\nA;31/12/25;R$ 3,20;red\nB;31/12/25;4;red\nB;02/01/26;4;red\n",
    "sales": "product_id,date,demand_units,in_stock\nA,2024-01-01,3,\nA,2024-01-01,3,\n",
    "products": "product_id,name\nB,\nC,Cobre\nD,Doce\n",
    "stock": "product_id,on_hand_units,as_of\nC,1,2025-01-01 10:30\n",
    "open_orders": "order_id,product_id,supplier_id,quantity_units,status\n1,A,default,1,aberto\n2,A,default,1,gone\n",
    "price_tiers": "product_id,supplier_id,min_units,discount_rate\nA,default,10,0.2\nA,default,20,0.1\n",
    "x.txt": "",
    "stok.doc": "",
}
IN_PORTUGUESE = {
    "folder: stok.doc não é uma tabela que o Ordercast lê: ignorado",
    "folder: x.txt não é uma tabela que o Ordercast lê: ignorado",
    "prices: as células são separadas por ;",
    "prices: coluna 'sku' lida como product_id",
    "prices: coluna ignorada: colour",
    "prices: date está no formato dia/mês/ano: 31/12/25 o comprova",
    "prices: date tem anos de dois dígitos, lidos como 1970 a 2069: 31/12/25 é 31/12/2025",
    "prices: unit_price tem vírgula decimal: R$ 3,20 é 3.2",
    "prices: unit_price tem R$ junto aos números: lido como BRL",
    "prices: falta a coluna supplier_id: toda linha é lida como supplier_id = default",
    "prices: 2 produtos sem preço e, por isso, sem previsão: C, D",
    "sales: 2 linhas sem in_stock: lidas como in_stock = true",
    "sales: 1 linha omitida: repete outra linha",
    "sales: nenhuma venda cai nos dias dos preços (31/12/2025 a 02/01/2026): nenhuma demanda é prevista e nada é "
    "pedido",
    "products: 1 produto sem nome: o product_id serve de nome",
    "suppliers: falta a tabela suppliers: prazo de entrega, lote mínimo, embalagem e custo do pedido são supostos "
    "conforme orders.defaults",
    "stock: a hora do dia em as_of foi cortada",
    "stock: 1 produto contado mais de 30 dias antes de 02/01/2026, o mais antigo há 366 dias: a contagem vale como "
    "estoque de hoje",
    "open_orders: o status é lido assim: 'aberto' como open",
    "open_orders: o status 'gone' não é conhecido: tais pedidos contam como abertos",
    "price_tiers: 1 faixa com desconto menor que o de uma faixa de menos unidades: A a partir de 20 (0,1)",
}


def test_every_note_is_kept_in_english_and_can_be_told_in_each_language(tmp_path: Path):
    raw = read(put(tmp_path, MESSY))
    said = raw.notes["said"].map(unpacked)
    assert said.tolist() == raw.notes["note"].tolist()
    brazil = Voice("pt_BR", "BRL", "pt_BR")
    told = [one.told(brazil) for one in said]
    assert {f"{table}: {one}" for table, one in zip(raw.notes["table"], told, strict=True)} >= IN_PORTUGUESE
    assert not set(told) & set(raw.notes["note"]), "these are English still"


def test_products_have_a_row_for_everything_named_anywhere(tmp_path: Path):
    raw = read(put(tmp_path, GOOD | {"products": "product_id,name\nB,Bronze\n"}))
    assert raw.products[["product_id", "name"]].to_numpy().tolist() == [["B", "Bronze"], ["A", "A"]]


def test_several_quotes_a_day_are_kept_even_when_equal(tmp_path: Path):
    raw = read(put(tmp_path, {"prices": "product_id,date,unit_price\n" + "A,2026-01-01,2\n" * 2 + "A,2026-01-01,3\n"}))
    assert raw.prices["unit_price"].tolist() == [2, 2, 3]


CORRECT = "Correct the value or remove the row"
DIGITS = "Write digits and a decimal point only, such as 1234.50"
ISO = "Write dates such as 2026-03-31"
FILL = "Fill the cell or remove the row"
ONE_OF_EACH = "Keep one row of each, adding up what belongs together"
ADD_IT = "Add it to products, or correct or remove the row"
SHARE = "Write a share, such as 0.20 for 20%"
FORMULA = "Correct the formula, or write the value"
RETYPE = "Format the column as text and enter it again"
CODE = "Write its code, such as BRL; where a decimal comma cut a price, put the price in double quotes"
UNKNOWN = "product_id is a product that neither products nor prices have"
TIER = "product_id, supplier_id, min_units"
ROW_FAULTS = [
    ("prices", "A,S,2026-01-03,-3.2,BRL", "unit_price is not above 0", "-3.2", CORRECT),
    ("prices", "A,S,2026-01-03,0,BRL", "unit_price is not above 0", "0", CORRECT),
    ("prices", "A,S,2026-01-03,three,BRL", "unit_price is not a number", "three", DIGITS),
    (
        "prices",
        'A,S,2026-01-03,"3,2",BRL',
        "unit_price has another decimal sign than its column",
        "3,2",
        "Write all numbers of a column alike, such as 1234.50",
    ),
    ("prices", "A,S,2026-01-03,inf,BRL", "unit_price is infinite", "inf", "Write the figure or remove the row"),
    ("prices", "A,S,2026-01-03,,BRL", "unit_price is missing", "empty", FILL),
    ("prices", ",S,2026-01-03,1,BRL", "product_id is missing", "empty", FILL),
    ("prices", "A,S,,1,BRL", "date is missing", "empty", FILL),
    ("prices", "A,S,2024-02-30,1,BRL", "date is not a date written YYYY-MM-DD", "2024-02-30", ISO),
    ("prices", "A,S,abc,1,BRL", "date is not a date written YYYY-MM-DD", "abc", ISO),
    (
        "prices",
        "A,S,03/01/2026,1,BRL",
        "date is not written as most dates of its column are",
        "03/01/2026",
        "Write all dates of a column alike, such as 2026-03-31",
    ),
    (
        "prices",
        "A,S,0206-01-03,1,BRL",
        "date is not between 1900-01-01 and 2099-12-31",
        "0206-01-03",
        "Correct the year or remove the row",
    ),
    ("sales", "A,2026-01-03,-1,true", "demand_units is below 0", "-1", CORRECT),
    ("sales", "A,2026-01-03,many,true", "demand_units is not a number", "many", DIGITS),
    ("sales", "A,2026-01-03,1,maybe", "in_stock is neither true nor false", "maybe", "Write true or false"),
    ("sales", "Z,2026-01-03,1,true", UNKNOWN, "Z", ADD_IT),
    ("sales", "A,2026-01-02,7,true", "product_id, date is given more than once", "A, 2026-01-02", ONE_OF_EACH),
    ("products", "A,Açúcar,,,,,,,", "product_id is given more than once", "A", ONE_OF_EACH),
    ("products", "C,Cobre,,,0,,,,", "holding_rate_per_year is not above 0", "0", CORRECT),
    ("products", "C,Cobre,,,20,,,,", "holding_rate_per_year is above 1", "20", SHARE),
    ("products", "C,Cobre,,,20%,,,,", "holding_rate_per_year is written as a percentage", "20%", SHARE),
    ("products", "C,Cobre,,,,,0,,", "shelf_life_days is below 1", "0", CORRECT),
    ("prices", "A,S,2026-01-03,#DIV/0!,BRL", "unit_price is an error of a formula", "#DIV/0!", FORMULA),
    ("prices", "1.2E+15,S,2026-01-03,9,BRL", "product_id is a number of many digits", "1.2E+15", RETYPE),
    ("prices", "A,S,2026-01-03,6,50", "currency is not the code of a currency", "50", CODE),
    ("products", "C,Cobre,,,,,,,0", "unit_volume is not above 0", "0", CORRECT),
    ("suppliers", "A,S,9,,,,,", "product_id, supplier_id is given more than once", "A, S", ONE_OF_EACH),
    ("suppliers", "Z,S,9,,,,,", UNKNOWN, "Z", ADD_IT),
    ("suppliers", "A,T,soon,,,,,", "lead_time_days is not a number", "soon", DIGITS),
    ("suppliers", "A,T,7,,,1.5,,", "pack_units is not a whole number", "1.5", CORRECT),
    ("suppliers", "A,T,7,,,,,-1", "min_order_value is below 0", "-1", CORRECT),
    ("stock", "A,13,2026-01-02", "product_id is given more than once", "A", ONE_OF_EACH),
    ("stock", "Z,13,2026-01-02", UNKNOWN, "Z", ADD_IT),
    ("stock", "B,-1,2026-01-02", "on_hand_units is below 0", "-1", CORRECT),
    (
        "stock",
        "B,1,2026-01-03",
        "as_of is after today (2026-01-02)",
        "2026-01-03",
        "Correct the date, or set base.today",
    ),
    ("open_orders", "1,B,S,1,,,,", "order_id is given more than once", "1", ONE_OF_EACH),
    ("open_orders", "2,Z,S,1,,,,", UNKNOWN, "Z", ADD_IT),
    ("open_orders", "2,A,S,-1,,,,", "quantity_units is below 0", "-1", CORRECT),
    ("open_orders", "2,A,S,1,,,soon,", "due_on is not a date written YYYY-MM-DD", "soon", ISO),
    ("price_tiers", "A,S,0,0.1", "min_units is not above 0", "0", CORRECT),
    ("price_tiers", "A,S,9,1", "discount_rate is not below 1", "1", SHARE),
    ("price_tiers", "A,S,9,-0.1", "discount_rate is below 0", "-0.1", CORRECT),
    ("price_tiers", "A,S,9,", "discount_rate is missing", "empty", FILL),
    (
        "price_tiers",
        "A,S,500,0.2",
        "product_id, supplier_id, min_units is given more than once",
        "A, S, 500.0",
        ONE_OF_EACH,
    ),
    ("price_tiers", "Z,S,9,0.1", UNKNOWN, "Z", ADD_IT),
    (
        *(
            "price_tiers",
            "B,X,9,0.1",
            "supplier_id is a supplier that neither suppliers nor prices have for this product",
        ),
        *("X", "Correct the supplier, or remove the row"),
    ),
]


@pytest.mark.parametrize(
    ("table", "row", "fault", "value", "cure"),
    [pytest.param(*case, id=f"{case[0]}-{case[1]}") for case in ROW_FAULTS],
)
def test_a_bad_row_is_told_with_its_place_and_cure(
    tmp_path: Path, table: str, row: str, fault: str, value: str, cure: str
):
    [line] = refusal(put(tmp_path, GOOD | {table: f"{GOOD[table]}{row}\n"}))
    assert line.startswith(f"{table} ({table}.csv): {fault}")
    row_in_file = (GOOD[table] + row).count("\n") + 1
    assert f"row {row_in_file} ({value})" in line
    assert line.endswith(f". {cure}.")


@pytest.mark.parametrize(
    ("table", "row", "fault"),
    [pytest.param(table, row, fault, id=f"{table}-{row}") for table, row, fault, *_ in ROW_FAULTS],
)
def test_quarantine_keeps_the_good_rows_and_counts_the_bad(
    tmp_path: Path, good: dict[str, pd.DataFrame], table: str, row: str, fault: str
):
    raw = read(put(tmp_path, GOOD | {table: f"{GOOD[table]}{row}\n"}), on_bad_row="quarantine")
    bad = raw.quarantine
    rows = GOOD[table].count("\n")
    assert set(bad["table"]) == {table}
    assert bad["row"].max() == rows + 1
    assert all(fault in f"{one.column} {one.fault}" for one in bad.itertuples())
    number = bad["row"].unique().size
    assert (table, f"{number} row{'s'[: number - 1]} set aside of {rows}: see quarantine") in notes(raw)
    for name in TABLES:
        if name not in (table, "products"):
            pd.testing.assert_frame_equal(raw.tables()[name], good[name])
    if "more than once" not in fault:
        kept = raw.tables()[table]
        if table == "sales":  # the day itself stays, as one of which nothing is known
            kept = kept.iloc[: len(good[table])]
        pd.testing.assert_frame_equal(kept, good[table])


WHOLE_FAULTS = [
    pytest.param(
        {"prices": "product_id,date,prce\nA,2026-01-02,1\n"},
        "prices (prices.csv): column unit_price is missing; there are: product_id, date, prce. If 'prce' is it, "
        "set data.columns: {prce: unit_price}.",
        id="missing_column",
    ),
    pytest.param(
        {"sales": "product_id,jour,units\nA,2026-01-01,1\n"},
        "sales (sales.csv): column date is missing; there are: product_id, jour, units. Add it, or set data.columns: "
        "{your name: date}.",
        id="missing_column_of_an_optional_table",
    ),
    pytest.param({"prices": ""}, "prices (prices.csv): is empty (0 bytes). Export the table again", id="empty_file"),
    pytest.param({"stock": ""}, "stock (stock.csv): is empty (0 bytes). Export the table again", id="empty_optional"),
    pytest.param(
        {"prices": "product_id,date,price\n"},
        "prices (prices.csv): there is no row under the column names. Put the quotes there.",
        id="prices_without_rows",
    ),
    pytest.param(
        {"prices.parquet": b"PAR1"},
        "prices (prices.csv, prices.parquet): the table stands in more than one file. Keep one of them.",
        id="two_files_for_one_table",
    ),
    pytest.param(
        {"stock": "product_id,on_hand_units\nA,1,5\n"},
        "stock (stock.csv): has 3 cells in row 2 under 2 column names. Separate cells by commas",
        id="unreadable_csv",
    ),
    pytest.param(
        {"prices": "product_id,date,price,currency\nA,2026-01-01,1,BRL\nA,2026-01-02,1,usd\nA,2026-01-03,1,EUR\n"},
        "prices (prices.csv): currency holds 3 currencies: BRL (first in row 2), USD (first in row 3), EUR (first in "
        "row 4). Convert the prices to one",
        id="several_currencies",
    ),
    pytest.param(
        {"prices": "date,unit_price\n2026-01-01,3.5\n2026-01-02,4\n"},
        "prices (prices.csv): column product_id is missing; there are: date, unit_price. Add it",
        id="prices_without_products_beside_price_tiers",
    ),
]


@pytest.mark.parametrize("on_bad_row", ["stop", "quarantine"])
@pytest.mark.parametrize(("tables", "sentence"), WHOLE_FAULTS)
def test_a_table_at_fault_always_stops(tmp_path: Path, tables: dict[str, Any], sentence: str, on_bad_row: str):
    [line] = refusal(put(tmp_path, GOOD | tables), on_bad_row=on_bad_row)
    assert line.startswith(sentence)


def test_a_folder_without_prices_says_what_is_there(tmp_path: Path):
    put(tmp_path, {"sales": GOOD["sales"], "price.csv": GOOD["prices"]})
    [line] = refusal(tmp_path)
    assert line == (
        f"{tmp_path} has no prices table; there are: price.csv, sales.csv. "
        "Put prices.csv, prices.parquet or prices.xlsx there."
    )


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path):
    [line] = refusal(tmp_path / "nowhere")
    assert line == f"{tmp_path / 'nowhere'} does not exist. Set data.path to the folder that holds your tables."


def test_a_wrong_map_of_columns_is_told_with_the_rest(tmp_path: Path):
    lines = refusal(put(tmp_path, GOOD), columns={"preco": "unit_prise"})
    assert lines == [
        "data.columns: 'preco' leads to 'unit_prise', which is no column of any table. Did you mean unit_price?"
    ]


def test_all_faults_of_all_tables_are_told_together(tmp_path: Path):
    tables = {
        "prices": GOOD["prices"] + "A,S,abc,-1,BRL\n",
        "sales": GOOD["sales"].replace("demand_units", "kg"),
        "stock": GOOD["stock"] + "Z,-1,2027-01-01\n",
        "suppliers": "",
    }
    with pytest.raises(sources.InputError) as raised:
        read(put(tmp_path, GOOD | tables))
    told = [line.split(". ")[0] for line in str(raised.value).splitlines()]
    assert told == [
        "The input has faults:",
        "- suppliers (suppliers.csv): is empty (0 bytes)",
        "- sales (sales.csv): column demand_units is missing; there are: product_id, date, kg, in_stock",
        "- prices (prices.csv): date is not a date written YYYY-MM-DD in 1 row: row 5 (abc)",
        "- prices (prices.csv): unit_price is not above 0 in 1 row: row 5 (-1)",
        "- stock (stock.csv): as_of is after today (2026-01-02) in 1 row: row 4 (2027-01-01)",
        "- stock (stock.csv): on_hand_units is below 0 in 1 row: row 4 (-1)",
        "- stock (stock.csv): product_id is a product that neither products nor prices have in 1 row: row 4 (Z)",
        "Nothing was written",
    ]


def test_minimum_order_values_of_one_supplier_that_disagree_are_told(tmp_path: Path):
    suppliers = "product_id,supplier_id,min_order_value\nA,S,300\nB,S,200\nA,T,100\nB,T,\n"
    [line] = refusal(put(tmp_path, GOOD | {"suppliers": suppliers}))
    assert line == (
        "suppliers (suppliers.csv): min_order_value is not the same in all rows of one supplier in 2 rows: row 2 (300)"
        ", row 3 (200). A supplier has one minimum for all that is ordered of him on a day: keep one value."
    )


def test_five_rows_are_named_and_the_others_counted(tmp_path: Path):
    rows = "".join(f"A,S,2026-01-03,-{n},BRL\n" for n in range(1, 8))
    [line] = refusal(put(tmp_path, GOOD | {"prices": GOOD["prices"] + rows}))
    assert "in 7 rows: row 5 (-1), row 6 (-2), row 7 (-3), row 8 (-4), row 9 (-5) and 2 more. Correct" in line


def test_a_fault_names_the_column_as_the_reader_wrote_it(tmp_path: Path):
    put(tmp_path, {"prices": "codigo,dia,preco\nA,2026-01-01,-1\n"})
    [line] = refusal(tmp_path, columns={"codigo": "product_id", "prices": {"dia": "date", "preco": "unit_price"}})
    assert line.startswith("prices (prices.csv): unit_price (your column 'preco') is not above 0 in 1 row: row 2 (-1)")


@pytest.mark.parametrize(("ending", "row"), [("parquet", 2), ("xlsx", 3), ("csv", 3)])
def test_rows_are_counted_as_people_see_them(tmp_path: Path, ending: str, row: int):
    frame = pd.DataFrame(
        {"product_id": ["A", "B"], "date": pd.to_datetime(["2026-01-01"] * 2), "unit_price": [1.5, -2.5]}
    )
    path = tmp_path / f"prices.{ending}"
    if ending == "parquet":
        store.write_parquet(frame, path, ["product_id"])
    elif ending == "xlsx":
        frame.to_excel(path, engine="xlsxwriter", index=False)
    else:
        frame.to_csv(path, index=False)
    [line] = refusal(tmp_path)
    assert line.startswith(f"prices (prices.{ending}): unit_price is not above 0 in 1 row: row {row} (-2.5)")


def test_a_row_with_two_faults_is_told_twice_and_dropped_once(tmp_path: Path):
    put(tmp_path, GOOD | {"prices": GOOD["prices"] + "A,S,abc,-1,BRL\n"})
    raw = read(tmp_path, on_bad_row="quarantine")
    assert raw.quarantine.to_numpy().tolist() == [
        ["prices", 5, "date", "abc", "is not a date written YYYY-MM-DD"],
        ["prices", 5, "unit_price", "-1", "is not above 0"],
    ]
    assert ("prices", "1 row set aside of 4: see quarantine") in notes(raw)


def test_quarantine_that_leaves_no_price_stops(tmp_path: Path):
    put(tmp_path, {"prices": "product_id,date,price\nA,2026-01-01,-1\n"})
    lines = refusal(tmp_path, on_bad_row="quarantine")
    assert lines[0] == "prices (prices.csv): no row is left once the faulty ones are set aside. Correct them."


def test_quarantine_is_offered_only_where_it_helps(tmp_path: Path):
    put(tmp_path, {"prices": "product_id,date,price\nA,2026-01-01,-1\nB,2026-01-01,1\n"})
    with pytest.raises(sources.InputError, match=r"set data\.on_bad_row: quarantine"):
        read(tmp_path)
    put(tmp_path, {"prices": ""})
    with pytest.raises(sources.InputError, match=r"Nothing was written\.$"):
        read(tmp_path)


def test_a_product_whose_prices_are_all_at_fault_is_still_known(tmp_path: Path):
    prices = "product_id,date,price\nA,2026-01-01,-1\nB,2026-01-01,1\n"
    put(tmp_path, {"prices": prices, "sales": "product_id,date,units\nA,2026-01-01,1\n"})
    assert len(refusal(tmp_path)) == 1
    raw = read(tmp_path, on_bad_row="quarantine")
    assert raw.products["product_id"].tolist() == ["A", "B"]
    assert ("prices", "1 product without a price, so without a forecast: A") in notes(raw)


@pytest.mark.parametrize(
    ("today", "refused"),
    [
        pytest.param(dt.date(2026, 1, 2), True, id="counted_after_today"),
        pytest.param(dt.date(2026, 1, 3), False, id="counted_today"),
        pytest.param(None, True, id="counted_after_the_last_price"),
    ],
)
def test_stock_is_not_from_the_future(tmp_path: Path, today: dt.date | None, refused: bool):
    put(tmp_path, GOOD | {"stock": "product_id,on_hand_units,as_of\nA,1,2026-01-03\n"})
    if refused:
        assert "as_of is after today (2026-01-02)" in refusal(tmp_path, today=today)[0]
    else:
        assert read(tmp_path, today=today).stock["as_of"].tolist() == [pd.Timestamp("2026-01-03")]


@pytest.mark.parametrize(
    ("row", "today", "refused"),
    [
        pytest.param("A,S,2035-01-01,4,BRL", None, True, id="one_product_in_a_far_year"),
        pytest.param("A,S,2026-07-02,4,BRL", None, True, id="181_days_later"),
        pytest.param("A,S,2026-07-01,4,BRL", None, False, id="180_days_later"),
        pytest.param("A,S,2035-01-01,4,BRL", dt.date(2026, 1, 2), False, id="today_is_named"),
        pytest.param("A,S,2035-01-01,4,BRL\nB,S,2035-01-01,9,BRL", None, False, id="most_of_the_catalogue"),
    ],
)
def test_a_lone_quote_of_a_far_day_does_not_move_today(tmp_path: Path, row: str, today: dt.date | None, refused: bool):
    put(tmp_path, GOOD | {"prices": GOOD["prices"] + row + "\n", "products": GOOD["products"]})
    if refused:
        (line,) = refusal(tmp_path, today=today)
        assert line.startswith("prices (prices.csv): date is long after all other quotes")
        assert line.endswith("row 5 (" + row.split(",")[2] + "). Correct the date, or set base.today.")
    else:
        assert len(read(tmp_path, today=today).prices) > 3


def test_a_table_of_another_name_is_asked_about(tmp_path: Path):
    raw = read(put(tmp_path, {"prices": GOOD["prices"], "stocks.csv": GOOD["stock"], "Sale.XLSX": b"", "stk.ods": b""}))
    assert {note for table, note in notes(raw) if table == "folder"} == {
        "stocks.csv is not a table Ordercast reads: ignored; if it is the stock table, name it stock.csv",
        "Sale.XLSX is not a table Ordercast reads: ignored; if it is the sales table, name it sales.XLSX",
        "stk.ods is not a table Ordercast reads: ignored; if it is the stock table, save it as stock.csv or stock.xlsx",
    }


def test_a_column_lacking_in_the_first_sheet_names_the_others(tmp_path: Path):
    with pd.ExcelWriter(tmp_path / "prices.xlsx", engine="xlsxwriter") as book:
        pd.DataFrame({"product_id": ["A"], "date": ["2026-01-01"]}).to_excel(book, sheet_name="List", index=False)
        pd.DataFrame({"product_id": ["A"], "unit_price": [1]}).to_excel(book, sheet_name="Prices", index=False)
    (line,) = refusal(tmp_path)
    assert line.endswith("; only the first sheet, 'List', of 2 is read, not 'Prices'.")


def test_nothing_in_the_folder_changes(tmp_path: Path):
    put(tmp_path, GOOD | {"stock": GOOD["stock"] + "Z,-1,2027-01-01\n"})
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    refusal(tmp_path)
    read(tmp_path, on_bad_row="quarantine")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


RIGHT = {
    "text": ["A", "B", "00123"],
    "number": ["1", "2.5", "12"],
    "day": ["2026-01-01", "2026-01-02"],
    "flag": ["true", ""],
}
CELL = st.one_of(
    st.sampled_from(["", "A", "B", "00123", "1", "0", "-1", "1e400", "nan", "inf", "true", "2026-01-01", "0000-00-00"]),
    st.sampled_from(["9999-12-31", "2026-01-01 10:30", "1,5", "BRL", "usd", "\x00", '"', "\r", "é" * 60, " "]),
    st.text(st.characters(codec="utf-8"), max_size=6),
)


@st.composite
def folders(draw: st.DrawFn) -> dict[str, list[list[str]]]:
    """For some of the tables a header and rows, of which now and then a few cells are anything."""
    content = {}
    for table in ["prices", *sorted(draw(st.sets(st.sampled_from(TABLES[1:]))))]:
        columns = schema.TABLES[table].columns
        cells = [st.sampled_from(["BRL"] if column.name == "currency" else RIGHT[column.kind]) for column in columns]
        rows = [schema.TABLES[table].names, *draw(st.lists(st.tuples(*cells).map(list), min_size=1, max_size=4))]
        first = draw(st.sampled_from([1, 1, 1, 0]))
        for _ in range(draw(st.integers(0, 3))):
            row, column = draw(st.integers(first, len(rows) - 1)), draw(st.integers(0, len(cells) - 1))
            rows[row][column] = draw(CELL)
        content[table] = rows
    return content


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=folders(), on_bad_row=st.sampled_from(["stop", "quarantine"]))
def test_any_cells_are_read_or_refused_in_words(
    content: dict[str, list[list[str]]], on_bad_row: str, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("any")
    for table, rows in content.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    try:
        raw = read(folder, on_bad_row=on_bad_row)
    except sources.InputError:
        return
    for name, frame in raw.tables().items():
        schema.check(frame, name)
    assert on_bad_row == "quarantine" or raw.quarantine.empty


@settings(max_examples=20, deadline=None)
@given(content=st.binary(max_size=60), ending=st.sampled_from(["csv", "parquet", "xlsx"]))
def test_any_bytes_are_read_or_refused_in_words(content: bytes, ending: str, tmp_path_factory: pytest.TempPathFactory):
    folder = put(tmp_path_factory.mktemp("any"), {f"prices.{ending}": content})
    with pytest.raises(sources.InputError, match="Nothing was written"):
        read(folder)


BASE = {"seed": 7, "today": None, "currency": "BRL"}
DATA = {
    "source": "simulate",
    "path": "data/input",
    "columns": {},
    "decimal": "auto",
    "dates": "auto",
    "on_bad_row": "stop",
    "products": 3,
    "history_days": 120,
}


def test_take_simulates_and_says_so() -> None:
    taken = sources.take(DATA, BASE)
    assert taken.raw.prices["product_id"].nunique() == 3
    assert "simulated" in taken.raw.notes["note"].iloc[0]
    assert "price_states" in taken.truth
    earlier = sources.take(DATA, BASE | {"today": "2025-06-30"})
    assert str(earlier.raw.sales["date"].max().date()) == "2025-06-30"


def test_take_reads_files_and_knows_no_truth(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("product_id,date,unit_price\nA,2026-01-01,3.2\n")
    taken = sources.take(DATA | {"source": "files", "path": str(tmp_path)}, BASE)
    assert taken.raw.prices["unit_price"].tolist() == [3.2]
    assert taken.truth == {}


def test_take_reads_the_snapshot_of_a_database_as_it_reads_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sources.InputError, match="holds no snapshot of the database; `ordercast repro` takes one"):
        sources.take(DATA | {"source": "database"}, BASE)
    folder = Path("data/snapshot")
    folder.mkdir(parents=True)
    about = {"tables": {"prices": {"from": "shop.price_list"}}}
    (put(folder, GOOD) / "about.json").write_text(json.dumps(about))
    taken = sources.take(DATA | {"source": "database"}, BASE)
    from_files = sources.take(DATA | {"source": "files", "path": str(folder)}, BASE)
    for name, table in taken.raw.tables().items():
        pd.testing.assert_frame_equal(table, from_files.raw.tables()[name])
    assert taken.raw.notes.empty
    assert taken.truth == {}
    put(folder, {"prices": "product_id,date,unit_price\nA,2026-01-01,-3.2\n"})
    with pytest.raises(
        sources.InputError, match=r"prices \(shop.price_list, rows as in data/snapshot/prices.parquet\):"
    ):
        sources.take(DATA | {"source": "database"}, BASE)


def test_a_day_whose_sales_were_set_aside_is_unknown_and_not_zero(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("product_id,date,unit_price\nA,2026-01-01,3.2\nA,2026-01-05,3.3\n")
    (tmp_path / "sales.csv").write_text(
        "product_id,date,demand_units\nA,2026-01-01,5\nA,2026-01-02,-4\nA,2026-01-03,79\nA,2026-01-03,999\n"
        "A,2026-13-01,7\nZ,2026-01-04,x\n"
    )
    raw = read(tmp_path, on_bad_row="quarantine")
    sold = raw.sales.sort_values("date")
    assert sold["date"].dt.day.tolist() == [1, 2, 3]
    assert sold["in_stock"].tolist() == [True, False, False]
    assert ("sales", "2 days with a row set aside: what was sold then is taken as unknown") in notes(raw)
