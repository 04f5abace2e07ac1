"""Errors of both clients become one sentence: what, where, what to do; the password is in none."""

import duckdb
import pytest
from test_sentences import untranslated

from ordercast.database import Address, DatabaseError, words

PLACE = Address("db", 3306, "ana", "hunter2", "shop")


@pytest.mark.parametrize(
    ("server_says", "told"),
    [
        pytest.param(
            'IO Error: Failed to connect to MySQL database with parameters "": Access denied for user '
            "'ana'@'db' (using password: YES). Attempted host: db",
            "the server refuses user ana with this password. Correct user and password in ORDERCAST_DATABASE_URL",
            id="wrong_password",
        ),
        pytest.param(
            "(1044, \"Access denied for user 'ana'@'%' to database 'shop'\")",
            "user ana has no rights in database shop. Let its owner GRANT SELECT",
            id="no_rights_on_database",
        ),
        pytest.param(
            "Failed to run query \"INSERT hunter2\": INSERT command denied to user 'ana'@'db' for table "
            "`shop`.`ordercast_runs`)",
            "user ana may not INSERT in table shop.ordercast_runs. Let its owner GRANT",
            id="no_right_to_write",
        ),
        pytest.param("Unknown database 'shop'", "there is no database shop on this server", id="no_database"),
        pytest.param(
            "(2003, \"Can't connect to MySQL server on 'db'\")", "no server answers at db:3306", id="no_server"
        ),
        pytest.param("Lost connection to server during query", "the connection was lost", id="lost"),
        pytest.param(
            'Failed to fetch result row for MySQL query "SELECT x": \n\n', "the connection was lost", id="midway"
        ),
        pytest.param("(1927, 'Connection was killed')", "the connection was lost", id="killed"),
        pytest.param("Lock wait timeout exceeded", "another session held a lock for more than 20 s", id="lock"),
        pytest.param("The table 'prices' is full", "the server's disk is full", id="server_disk"),
        pytest.param("IO Error: No space left on device", "the disk of this folder is full", id="own_disk"),
        pytest.param("--read-only option (1290)", "the server is read-only", id="read_only"),
        pytest.param("Odd hunter2\nand more", "Odd ***. Nothing was lost", id="unknown"),
    ],
)
def test_what_the_server_says_becomes_a_sentence(server_says: str, told: str):
    with pytest.raises(DatabaseError) as raised, words.told(PLACE, "Publishing run r1", wait_seconds=20):
        raise duckdb.IOException(server_says)
    said = str(raised.value)
    assert said.startswith("Publishing run r1 failed, database shop at db:3306: ")
    assert told in said
    assert said.endswith(".")
    assert "\n" not in said
    assert "hunter2" not in said
    assert untranslated(raised.value) == []


def test_an_error_that_is_in_words_already_stays_as_it_is():
    with pytest.raises(DatabaseError, match="as it is"), words.told(PLACE, "x"):
        raise DatabaseError("as it is")
