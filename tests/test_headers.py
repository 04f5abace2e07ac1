"""Column names find their meaning: the user's map, the canonical name, another spelling, an alias."""

import pytest

from ordercast.contracts import TABLES
from ordercast.sources import headers


@pytest.mark.parametrize(
    ("table", "header", "columns", "positions"),
    [
        pytest.param(
            "prices",
            ["date", "product_id", "unit_price"],
            {},
            {"product_id": 1, "date": 0, "unit_price": 2},
            id="canonical_names_in_any_order",
        ),
        pytest.param(
            "stock", [" Product ID", "ON_HAND_UNITS"], {}, {"product_id": 0, "on_hand_units": 1}, id="spelling"
        ),
        pytest.param(
            "sales", ["sku", "date", "qty"], {}, {"product_id": 0, "date": 1, "demand_units": 2}, id="aliases"
        ),
        pytest.param(
            "sales",
            ["product_id", "date", "units", "kg"],
            {"kg": "demand_units"},
            {"product_id": 0, "date": 1, "demand_units": 3},
            id="the_users_name_beats_an_alias",
        ),
        pytest.param(
            "stock",
            ["product_id", "on_hand_units", "counted"],
            {"counted": "on_hand_units"},
            {"product_id": 0, "on_hand_units": 2},
            id="the_users_name_beats_the_canonical_one",
        ),
        pytest.param(
            "stock",
            ["item", "n"],
            {"item": "product_id", "n": "demand_units", "stock": {"n": "on_hand_units"}},
            {"product_id": 0, "on_hand_units": 1},
            id="a_map_of_one_table_beats_the_map_of_all",
        ),
        pytest.param(
            "stock",
            ["product_id", "qty"],
            {"qty": "demand_units"},
            {"product_id": 0, "on_hand_units": 1},
            id="a_name_mapped_for_another_table_keeps_its_alias",
        ),
        pytest.param(
            "suppliers",
            ["PRODUTO", "Fornecedor", "Prazo (dias)", "Lote Mínimo", "Embalagem"],
            {},
            {"product_id": 0, "supplier_id": 1, "lead_time_days": 2, "moq_units": 3, "pack_units": 4},
            id="portuguese",
        ),
        pytest.param(
            "prices",
            ["Produto", "Cód.", "Data", "Preço", "Preço Unitário (R$)"],
            {},
            {"product_id": 1, "date": 2, "unit_price": 4},
            id="a_code_beats_a_product_and_a_unit_price_a_price",
        ),
        pytest.param(
            "products", ["código", "produto"], {}, {"product_id": 0, "name": 1}, id="a_product_beside_its_code"
        ),
        pytest.param("products", ["produto"], {}, {"product_id": 0}, id="a_product_without_a_code"),
        pytest.param(
            "products",
            ["product_id", "date"],
            {},
            {"product_id": 0},
            id="a_name_of_another_table_means_nothing",
        ),
    ],
)
def test_each_name_finds_its_column(table: str, header: list[str], columns: headers.Columns, positions: dict[str, int]):
    match = headers.match(header, table, columns)
    assert match.positions == positions
    assert match.faults == []


def test_what_is_renamed_or_left_unread_is_noted():
    match = headers.match(["sku", "date", "price", "colour", ""], "prices", {})
    assert match.notes == [
        "read column 'sku' as product_id",
        "read column 'price' as unit_price",
        "ignored column colour, (no name)",
    ]


@pytest.mark.parametrize(
    ("header", "sentences"),
    [
        pytest.param(
            ["product_id", "date", "prce"],
            [
                "column unit_price is missing; there are: product_id, date, prce. "
                "If 'prce' is it, set data.columns: {prce: unit_price}"
            ],
            id="nearest_name",
        ),
        pytest.param(
            ["product_id", "date", "valor"],
            [
                "column unit_price is missing; there are: product_id, date, valor. "
                "Add it, or set data.columns: {your name: unit_price}"
            ],
            id="no_near_name",
        ),
        pytest.param(
            ["product_id;date;unit_price"],
            [
                f"column {name} is missing; there are: product_id;date;unit_price. Split the cells into columns"
                for name in ("product_id", "date", "unit_price")
            ],
            id="semicolons",
        ),
        pytest.param(
            ["product_id", "date", "price", "PRICE"],
            ["columns 'price' and 'PRICE' both mean unit_price. Remove one, or name the right one in data.columns"],
            id="two_names_for_one_column",
        ),
        pytest.param(
            ["produto", "data", "preço", "custo"],
            ["columns 'preço' and 'custo' both mean unit_price. Remove one, or name the right one in data.columns"],
            id="two_aliases_of_one_rank",
        ),
        pytest.param(
            ["product_id", "date", "unit_price", "unit_price"],
            [
                "columns 'unit_price' and 'unit_price' both mean unit_price. "
                "Remove one, or name the right one in data.columns"
            ],
            id="one_name_twice",
        ),
    ],
)
def test_faults_name_the_columns_and_the_cure(header: list[str], sentences: list[str]):
    assert headers.match(header, "prices", {}).faults == sentences


def test_a_column_that_can_be_filled_may_lack():
    assert headers.match(["product_id", "date", "demand_units"], "sales", {}).faults == []
    assert headers.match(["product_id", "on_hand_units"], "stock", {}).faults == []


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        pytest.param(
            {"preco": "unit_prise"},
            "data.columns: 'preco' leads to 'unit_prise', which is no column of any table. Did you mean unit_price?",
            id="typo",
        ),
        pytest.param(
            {"stock": {"preco": "unit_price"}},
            "data.columns: 'preco' leads to 'unit_price', which is no column of table stock. "
            "There are: as_of, on_hand_units, product_id",
            id="column_of_another_table",
        ),
    ],
)
def test_a_map_to_nowhere_is_told(columns: headers.Columns, sentence: str):
    assert headers.wrong_targets(columns) == [sentence]
    assert headers.wrong_targets({"preco": "unit_price", "stock": {"n": "on_hand_units"}}) == []


def test_a_mapped_name_that_no_file_has_is_told():
    columns: headers.Columns = {"preco": "unit_price", "prices": {"dia": "date"}, "stock": {"n": "on_hand_units"}}
    found = {"prices": ["preco ", "data"], "sales": ["dia"]}
    assert headers.unused(columns, found) == [
        "data.columns: no file has a column 'dia' for prices",
        "data.columns: no file has a column 'n' for stock",
    ]


def test_every_alias_leads_to_a_column_of_its_table():
    for table, aliases in headers.ALIASES.items():
        assert set(aliases) <= set(TABLES[table].names)
        for names in aliases.values():
            assert not set(names) & set(TABLES[table].names)
            assert all(headers.plain(name) == name for name in names)


def test_a_row_is_known_by_the_columns_it_names():
    assert headers.recognised(["Código", " Data ", "preço", "cor", ""], "prices", {}) == 3
    assert headers.recognised(["Código", "Data", "cor"], "prices", {"cor": "unit_price"}) == 3
    assert headers.recognised(["A", "2026-01-01", "3.5"], "prices", {}) == 0
