"""A table by blocks of whole products is the table, to the byte."""

from pathlib import Path

import pandas as pd
import pytest

from ordercast import blocks, store


def table(sizes: dict[str, int]) -> pd.DataFrame:
    names = pd.Series([name for name, rows in sizes.items() for _ in range(rows)], dtype="str")
    return pd.DataFrame({"product_id": names, "step": range(len(names)), "unit_price": 0.5})


@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_blocks_hold_whole_products_and_all_rows(tmp_path: Path, rows: int):
    made = table({"A": 3, "B'": 5, "C": 1, "D": 2})
    store.write_parquet(made, tmp_path / "t.parquet", ["product_id", "step"])
    parts = list(blocks.read(tmp_path / "t.parquet", rows))
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), made)
    assert sum(part["product_id"].nunique() for part in parts) == 4
    assert len(parts) == {1: 4, 4: 2, 1000: 1}[rows]


def test_an_empty_table_is_one_empty_block(tmp_path: Path):
    store.write_parquet(table({}), tmp_path / "t.parquet", ["product_id"])
    (part,) = blocks.read(tmp_path / "t.parquet")
    assert list(part.columns) == ["product_id", "step", "unit_price"]
    assert part.empty


def test_a_row_without_a_product_is_refused(tmp_path: Path):
    store.write_parquet(
        table({"A": 2}).assign(product_id=pd.Series(["A", None], dtype="str")), tmp_path / "t.parquet", []
    )
    with pytest.raises(ValueError, match="rows without a product_id"):
        list(blocks.read(tmp_path / "t.parquet"))


@pytest.mark.parametrize("count", [1, 4, 400])
def test_the_bytes_do_not_depend_on_the_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int):
    sizes = {f"P{number:03d}": 900 + number for number in range(400)}
    made = table(sizes)
    store.write_parquet(made, tmp_path / "whole.parquet", ["product_id", "step"])
    names = sorted(sizes)
    frames = [made[made["product_id"].isin(names[at : at + 400 // count])] for at in range(0, 400, 400 // count)]
    (tmp_path / ".t.parquet.portions").mkdir()
    (tmp_path / ".t.parquet.portions" / "0.parquet").write_bytes(b"left by a killed run")
    blocks.write(iter(frames), tmp_path / "t.parquet", ["product_id", "step"], rows=blocks.ROW_GROUP)
    assert (tmp_path / "t.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["t.parquet", "whole.parquet"]


def test_frames_out_of_order_are_refused_and_the_old_file_stays(tmp_path: Path):
    path = tmp_path / "t.parquet"
    store.write_parquet(table({"A": 1}), path, ["product_id"])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="product_id A comes after one with B"):
        blocks.write([table({"B": 1}), table({"A": 1})], path, ["product_id"])
    with pytest.raises(ValueError, match="no frames"):
        blocks.write([], path, ["product_id"])
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["t.parquet"]


def test_empty_frames_keep_the_columns(tmp_path: Path):
    blocks.write([table({}), table({})], tmp_path / "t.parquet", ["product_id"])
    assert store.read_parquet(tmp_path / "t.parquet").dtypes.astype(str).tolist() == ["str", "int64", "float64"]
