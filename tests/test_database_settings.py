"""The database's URL: read from the environment or .env, taken apart, and never shown with its password."""

from pathlib import Path

import pytest
import servers
from test_sentences import untranslated

from ordercast.database import DatabaseError, address, given
from ordercast.database.settings import Address, parse


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        pytest.param("mysql://u:p@db.example:3307/shop", ("db.example", 3307, "u", "p", "shop"), id="whole"),
        pytest.param("mysql://u@db/shop", ("db", 3306, "u", "", "shop"), id="neither_port_nor_password"),
        pytest.param("mysql://u:p%40%3A%2F%25@db/shop", ("db", 3306, "u", "p@:/%", "shop"), id="encoded_password"),
        pytest.param("mysql+pymysql://u:p@localhost/shop", ("127.0.0.1", 3306, "u", "p", "shop"), id="localhost"),
        pytest.param("  mariadb://u:p@[::1]:3306/shop\n", ("::1", 3306, "u", "p", "shop"), id="blanks_and_ipv6"),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: tuple[str, int, str, str, str]):
    assert parse(url) == Address(*parts)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("hunter2", "is not of the form mysql://", id="no_url"),
        pytest.param("mysql://u:hunter2@db:port/shop", "is not of the form mysql://", id="port_in_words"),
        pytest.param("postgresql://u:hunter2@db/shop", "Only MySQL and MariaDB", id="another_kind"),
        pytest.param("mysql://u:hunter2@db", "must name a user, a host and a database", id="no_database"),
        pytest.param("mysql://db/shop", "must name a user, a host and a database", id="no_user"),
        pytest.param("mysql://u:s@hunter2@db/shop", "an @ too many", id="bare_at_in_the_password"),
        pytest.param("mysql://u:12@34/hunter2@db:3306/shop", "an @ too many", id="bare_at_and_slash"),
        pytest.param("mysql://u:hunter2@db/shop?ssl=1", "without ?...", id="options"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str, said: str):
    with pytest.raises(DatabaseError) as raised:
        parse(url)
    assert said in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert untranslated(raised.value) == []


def test_no_text_of_an_address_has_the_password():
    found = parse(servers.url(Address("db", 3306, "u", servers.SECRET, "shop")))
    assert found.password == servers.SECRET
    assert str(found) == "shop at db:3306"
    assert "s3cr3t" not in repr(found)
    leak = f"cannot open {servers.url(found)}, {servers.SECRET}"
    assert "s3cr3t" not in found.scrubbed(leak)


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert given() is None
    with pytest.raises(DatabaseError, match="ORDERCAST_DATABASE_URL=mysql://"):
        address()
    Path(".env").write_text("ORDERCAST_DATABASE_URL='mysql://u:p@db/from_file'\nOTHER=1\n")
    assert address().database == "from_file"
    monkeypatch.setenv("ORDERCAST_DATABASE_URL", "mysql://u:p@db/from_environment")
    assert address().database == "from_environment"
    assert address("mysql://u:p@db/named").database == "named"
    monkeypatch.setenv("ORDERCAST_DATABASE_URL", "")
    assert given() is None
