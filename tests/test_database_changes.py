"""The fingerprint tells whether the columns that Ordercast reads hold other rows than before, and nothing else does."""

import json

import pytest
import servers

from ordercast.database import DatabaseError, fingerprint

SHOP = (
    "CREATE TABLE lista (sku INT, dia DATE, preco DECIMAL(10,2), obs TEXT)",
    "INSERT INTO lista VALUES (1, '2026-01-01', 1.5, 'x'), (2, '2026-01-02', 2.5, NULL), (3, NULL, 3.5, '')",
    "CREATE VIEW prices AS SELECT * FROM lista",
    "CREATE TABLE products (product_id INT, `100% name` TEXT)",
    "INSERT INTO products VALUES (1, NULL), (2, 'b')",
)
COLUMNS = {"sku": "product_id", "dia": "date", "preco": "unit_price", "products": {"100% name": "name"}}


def told(shop: servers.Shop) -> dict:
    return fingerprint(shop.url, {}, COLUMNS)


@pytest.fixture
def stocked(shop: servers.Shop) -> servers.Shop:
    shop.run(*SHOP)
    return shop


def test_it_says_what_there_is(stocked: servers.Shop):
    found = told(stocked)
    assert list(found) == ["prices", "products"]
    prices = found["prices"]
    assert prices.pop("checksum").isdigit()
    assert prices == {
        "from": f"{stocked.address.database}.prices",
        "columns": {"sku": "product_id", "dia": "date", "preco": "unit_price"},
        "rows": 3,
        "last": {"date": "2026-01-02"},
    }
    assert json.loads(json.dumps(found)) == found
    assert found["products"]["last"] == {}


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        pytest.param("INSERT INTO lista VALUES (1, '2026-01-01', 1.5, 'x')", {"prices"}, id="new_row"),
        pytest.param("UPDATE lista SET preco = 1.51 WHERE sku = 1", {"prices"}, id="other_price"),
        pytest.param("UPDATE lista SET preco = 4.0 - preco WHERE sku < 3", {"prices"}, id="two_prices_change_places"),
        pytest.param("UPDATE products SET `100% name` = '' WHERE product_id = 1", {"products"}, id="empty_for_none"),
        pytest.param("UPDATE lista SET obs = 'y'", set(), id="column_that_is_not_read"),
        pytest.param("ALTER TABLE lista ORDER BY preco DESC", set(), id="other_order"),
        pytest.param("CREATE TABLE other (x INT)", set(), id="another_table"),
    ],
)
def test_a_change_is_noticed_where_it_matters(stocked: servers.Shop, change: str, noticed: set[str]):
    before = told(stocked)
    stocked.run(change)
    after = told(stocked)
    assert {table for table in before if before[table] != after[table]} == noticed


def test_it_needs_no_right_but_to_read_and_says_what_lacks(stocked: servers.Shop):
    assert fingerprint(stocked.user("SELECT"), {}, COLUMNS) == told(stocked)
    with pytest.raises(DatabaseError, match="there is no table"):
        fingerprint(stocked.address, {"prices": "nowhere"}, COLUMNS)
    nobody = stocked.user("")
    with pytest.raises(DatabaseError, match="fingerprint of the tables failed, database ordercast_test"):
        fingerprint(type(nobody)(nobody.host, nobody.port, nobody.user, "wrong", nobody.database), {}, {})
