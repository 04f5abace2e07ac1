"""What is written is read again unchanged, always as the same bytes, and never half."""

import hashlib
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercast import schema, store


def example(rows: int = 3) -> pd.DataFrame:
    """One column of every type that can be stored, with empty cells where the type has them."""
    return pd.DataFrame(
        {
            "product_id": pd.Series(["B", "A", None], dtype="str"),
            "date": pd.to_datetime(["2026-01-02", None, "2026-01-01"]),
            "unit_price": [1.25, np.nan, -0.1],
            "share": np.array([0.5, 1.5, 2.5], dtype="float32"),
            "quotes": [3, 2, 1],
            "step": np.array([1, 2, 3], dtype="int16"),
            "in_stock": [True, False, True],
        }
    ).head(rows)


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kinds(path: Path) -> dict[str, str]:
    relation = duckdb.read_parquet(str(path))
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


@pytest.mark.parametrize("rows", [3, 0], ids=["with_rows", "without_rows"])
def test_a_frame_comes_back_as_it_was(tmp_path: Path, rows: int):
    path = tmp_path / "deep" / "folder" / "table.parquet"
    store.write_parquet(example(rows), path, ["quotes"])
    pd.testing.assert_frame_equal(
        store.read_parquet(path), example(rows)[::-1].reset_index(drop=True), check_index_type=False
    )
    assert kinds(path) == {
        "product_id": "VARCHAR",
        "date": "DATE",
        "unit_price": "DOUBLE",
        "share": "FLOAT",
        "quotes": "BIGINT",
        "step": "SMALLINT",
        "in_stock": "BOOLEAN",
    }
    assert [file.name for file in path.parent.iterdir()] == ["table.parquet"]


def test_columns_without_any_value_keep_their_type(tmp_path: Path):
    empty = schema.TABLES["products"].empty().reindex([0, 1]).assign(product_id=["A", "B"])
    products = schema.check(empty, "products")
    store.write_parquet(products, tmp_path / "products.parquet", ["product_id"])
    pd.testing.assert_frame_equal(store.read_parquet(tmp_path / "products.parquet"), products)


@settings(max_examples=20)
@given(order=st.permutations(range(40)))
def test_the_bytes_depend_on_the_rows_alone(order: list[int], tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("bytes")
    frame = pd.DataFrame({"key": [n // 8 for n in range(40)], "text": [f"t{n % 7}" for n in range(40)], "x": 0.1})
    for name, rows in {"one": frame, "two": frame.iloc[order]}.items():
        store.write_parquet(rows, folder / f"{name}.parquet", ["key"])
    assert sha(folder / "one.parquet") == sha(folder / "two.parquet")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        pytest.param(pd.DataFrame({"a": [{"x": 1}]}), "column a is object; make it str, a number", id="objects"),
        pytest.param(
            pd.DataFrame({"a": pd.to_datetime(["2026-01-01 10:00"])}), "column a holds times of day", id="time_of_day"
        ),
        pytest.param(
            pd.DataFrame({"a": pd.to_datetime(["2026-01-01"], utc=True)}),
            r"column a is datetime64\[us, UTC\]",
            id="zone",
        ),
        pytest.param(pd.DataFrame({"b": [1]}), "the key a is not among its columns: b", id="no_such_key"),
    ],
)
def test_what_cannot_be_stored_is_refused_and_the_old_file_stays(tmp_path: Path, frame: pd.DataFrame, message: str):
    path = tmp_path / "table.parquet"
    store.write_parquet(pd.DataFrame({"a": [1]}), path, ["a"])
    before = sha(path)
    with pytest.raises(ValueError, match=message):
        store.write_parquet(frame, path, ["a"])
    assert sha(path) == before
    assert [file.name for file in tmp_path.iterdir()] == ["table.parquet"]


def test_columns_are_read_in_the_order_asked_for(tmp_path: Path):
    store.write_parquet(example(), tmp_path / "t.parquet", ["quotes"])
    assert list(store.read_parquet(tmp_path / "t.parquet", ["quotes", "date"])) == ["quotes", "date"]


def test_a_lacking_column_names_the_ones_there_are(tmp_path: Path):
    store.write_parquet(pd.DataFrame({"a": [1], "b": [2]}), tmp_path / "t.parquet", ["a"])
    with pytest.raises(ValueError, match=r"t\.parquet has no c; there are: a, b"):
        store.read_parquet(tmp_path / "t.parquet", ["a", "c"])


def test_a_lacking_file_names_its_neighbours(tmp_path: Path):
    store.write_parquet(pd.DataFrame({"a": [1]}), tmp_path / "sales.parquet", ["a"])
    with pytest.raises(FileNotFoundError, match=r"prices\.parquet is not there; beside it: sales\.parquet"):
        store.read_parquet(tmp_path / "prices.parquet")


@pytest.mark.parametrize(
    ("name", "like"), [("data [old]", "data o"), ("a*b", "axb"), ("was?", "wasn"), ("it's", "its"), ("**", "x")]
)
def test_a_folder_name_stands_for_itself_alone(tmp_path: Path, name: str, like: str):
    path = tmp_path / name / "t.parquet"
    store.write_parquet(pd.DataFrame({"a": [1]}), path, ["a"])
    store.write_parquet(pd.DataFrame({"a": [2]}), tmp_path / like / "t.parquet", ["a"])
    assert store.read_parquet(path)["a"].tolist() == [1]
    assert store.query("SELECT a FROM t", t=path)["a"].tolist() == [1]


def test_a_query_joins_files_and_frames_with_bound_values(tmp_path: Path):
    store.write_parquet(example(), tmp_path / "t.parquet", ["quotes"])
    names = pd.DataFrame({"product_id": ["A", "B"], "name": ["Aço", "Bronze"]})
    sql = "SELECT name, max(date) AS last FROM t JOIN names USING (product_id) WHERE product_id = ? GROUP BY name"
    answer = store.query(sql, ["B"], t=tmp_path / "t.parquet", names=names)
    assert answer.to_dict("list") == {"name": ["Bronze"], "last": [pd.Timestamp("2026-01-02")]}
    assert answer.dtypes.astype(str).tolist() == ["str", "datetime64[us]"]


def test_a_query_sees_no_variables_of_the_program():
    with pytest.raises(duckdb.CatalogException):
        store.query('SELECT * FROM "table"', named=pd.DataFrame({"a": [1]}))


def test_views_show_every_table_of_every_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("raw/prices", "forecast/prices", "orders/orders", "input/prices", "published/run/orders"):
        store.write_parquet(pd.DataFrame({"stage": [name]}), tmp_path / "data" / f"{name}.parquet", ["stage"])
    (tmp_path / "data" / ".ordercast.duckdb.tmp").write_bytes(b"left by a killed run")
    for _ in range(2):
        path = store.views(tmp_path)
    monkeypatch.chdir(tmp_path)
    with duckdb.connect(str(path), read_only=True) as connection:
        views = connection.sql("SELECT table_schema || '.' || table_name FROM information_schema.tables ORDER BY 1")
        assert [view for (view,) in views.fetchall()] == ["forecast.prices", "orders.orders", "raw.prices"]
        assert connection.sql("SELECT stage FROM forecast.prices").fetchall() == [("forecast/prices",)]
    assert not [file for file in path.parent.iterdir() if file.name.startswith(".")]


def test_views_move_with_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store.write_parquet(pd.DataFrame({"a": [1]}), tmp_path / "here" / "data" / "raw" / "prices.parquet", ["a"])
    store.views(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    with duckdb.connect("data/ordercast.duckdb", read_only=True) as connection:
        assert connection.sql("SELECT a FROM raw.prices").fetchall() == [(1,)]


def test_json_has_sorted_keys_and_plain_letters(tmp_path: Path):
    store.write_json({"b": 0.125, "a": ["ação"]}, tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text("utf-8") == '{\n  "a": [\n    "ação"\n  ],\n  "b": 0.125\n}\n'
    assert store.read_json(tmp_path / "m.json") == {"a": ["ação"], "b": 0.125}


def test_json_refuses_what_is_no_json_and_keeps_the_old_file(tmp_path: Path):
    store.write_json({"a": 1}, tmp_path / "m.json")
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.write_json({"a": float("nan")}, tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text()) == {"a": 1}


def test_who_reads_the_old_file_reads_it_to_the_end(tmp_path: Path):
    store.write_text("old", tmp_path / "f.txt")
    with (tmp_path / "f.txt").open() as reader:
        store.write_text("new", tmp_path / "f.txt")
        assert reader.read() == "old"
    assert (tmp_path / "f.txt").read_text() == "new"


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path):
    store.write_text("old", tmp_path / "f.txt")

    def fail() -> None:
        with store.replacing(tmp_path / "f.txt") as beside:
            beside.write_text("half")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert (tmp_path / "f.txt").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["f.txt"]


def test_a_folder_takes_files_of_every_kind(tmp_path: Path) -> None:
    frame = pd.DataFrame({"b": [2, 1], "a": ["x", "y"]})
    store.write_folder(tmp_path / "f", {"t.parquet": frame, "n.json": {"k": 1}, "s.txt": "é\n", "p.png": b"\x89"})
    assert store.read_folder(tmp_path / "f")["t"]["b"].tolist() == [1, 2]
    assert store.read_json(tmp_path / "f/n.json") == {"k": 1}
    assert store.read_text(tmp_path / "f/s.txt") == "é\n"
    assert (tmp_path / "f/p.png").read_bytes() == b"\x89"


def test_an_empty_folder_is_made_and_read(tmp_path: Path) -> None:
    store.write_folder(tmp_path / "f", {})
    assert (tmp_path / "f").is_dir()
    assert store.read_folder(tmp_path / "f") == {}


def test_a_digest_changes_with_bytes_and_names(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("one", "same", "bytes", "names")}
    for name, folder in folders.items():
        store.write_text("y" if name == "bytes" else "x", folder / ("b.txt" if name == "names" else "a.txt"))
    digests = {name: store.digest(folder) for name, folder in folders.items()}
    assert digests["one"] == digests["same"]
    assert len(set(digests.values())) == 3
    assert store.digest_of("a", "b") != store.digest_of("ab")


def test_a_slow_query_draws_no_bar_into_a_notebook():
    """In a kernel DuckDB would draw one after 2 s, and the page of the same run would differ from day to day."""
    from nbclient import NotebookClient
    from nbformat import v4

    asked = "print(store.query(\"SELECT current_setting('enable_progress_bar') AS bar\")['bar'].tolist())"
    page = v4.new_notebook(cells=[v4.new_code_cell(f"from ordercast import store\n{asked}")])
    NotebookClient(page, timeout=60, kernel_name="python3").execute()
    assert page.cells[0].outputs[0]["text"] == "[False]\n"
