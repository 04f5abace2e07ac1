"""DuckDB keeps to its share of the memory and goes to the disk for the rest; texts and names are what they are."""

from pathlib import Path

import pytest

from ordercast import duck

NAMES = [
    pytest.param(("orders",), '"orders"', id="plain"),
    pytest.param(("shop", "price list"), '"shop"."price list"', id="with_a_blank"),
    pytest.param(('a"; DROP TABLE b; --',), '"a""; DROP TABLE b; --"', id="with_a_quote"),
]


@pytest.fixture
def a_small_share():
    duck.limit_memory("0.2GB")
    yield
    duck.limit_memory("4GB")


def test_what_exceeds_the_share_is_kept_on_the_disk(a_small_share, tmp_path: Path):
    """A sort of 240 MB of texts within 100 MB of memory."""
    connection = duck.connect(spill=tmp_path / "spill")
    (limit,) = connection.sql("SELECT current_setting('memory_limit')").fetchone()
    assert limit == "95.3 MiB"
    rows = "SELECT hash(i) AS key, repeat(md5(i::VARCHAR), 3) AS told FROM range(2_000_000) AS t(i) ORDER BY key"
    connection.execute(f"COPY ({rows}) TO '{tmp_path}/sorted.parquet'")
    assert (tmp_path / "spill").is_dir()
    keys = f"SELECT key, lag(key) OVER () AS before FROM '{tmp_path}/sorted.parquet'"
    assert duck.connect().sql(f"SELECT count(*), bool_and(key >= before) FROM ({keys})").fetchone() == (2_000_000, True)


@pytest.mark.parametrize(("names", "written"), NAMES)
def test_names_are_quoted(names: tuple[str, ...], written: str):
    assert duck.quoted(*names) == written


@pytest.mark.parametrize("text", ["x", "it's", "'; DROP TABLE a; --", ""])
def test_a_text_comes_back_as_it_is(text: str):
    assert duck.connect().sql(f"SELECT {duck.text(text)}").fetchone() == (text,)


@pytest.mark.parametrize("folder", ["data [old]", "a*b", "why?"])
def test_signs_of_a_pattern_stand_for_themselves(folder: str, tmp_path: Path):
    (tmp_path / folder).mkdir()
    file = tmp_path / folder / "t.csv"
    file.write_text("a\n1\n")
    assert duck.connect().sql(f"FROM read_csv({duck.text(duck.pattern(file))})").fetchall() == [(1,)]
