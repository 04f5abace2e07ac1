"""Files give their cells with the row numbers people see, or say why they cannot be read."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from ordercast.sources import readers


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_files_are_found_by_table_and_format_in_any_case(tmp_path: Path):
    for name in (
        "Prices.CSV",
        "sales.xlsx",
        "stock.parquet",
        "stock.csv",
        "notes.txt",
        "prices_old.csv",
        "products.xls",
    ):
        (tmp_path / name).touch()
    for name in ("README.md", ".hidden.csv", "~$sales.xlsx"):
        (tmp_path / name).touch()
    (tmp_path / "suppliers.csv").mkdir()
    folder = readers.find(tmp_path, ["prices", "sales", "stock", "products", "suppliers"])
    assert {table: [file.name for file in files] for table, files in folder.tables.items()} == {
        "prices": ["Prices.CSV"],
        "sales": ["sales.xlsx"],
        "stock": ["stock.csv", "stock.parquet"],
    }
    assert folder.others == ["notes.txt", "prices_old.csv", "products.xls"]


def test_a_folder_must_be_one(tmp_path: Path):
    with pytest.raises(readers.Unreadable, match=r"nowhere does not exist\. Set data\.path"):
        readers.find(tmp_path / "nowhere", ["prices"])
    with pytest.raises(readers.Unreadable, match=r"prices\.csv is a file, not a folder. Set data.path"):
        readers.find(written(tmp_path / "prices.csv", "a"), ["prices"])


@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        pytest.param("a,b\n1,2\n3,4\n", ["a", "b"], {2: ["1", "2"], 3: ["3", "4"]}, id="plain"),
        pytest.param("a,b\r\n1,2\r\n", ["a", "b"], {2: ["1", "2"]}, id="windows_line_ends"),
        pytest.param("\ufeffa,b\n1,2", ["a", "b"], {2: ["1", "2"]}, id="byte_order_mark_and_no_last_line_end"),
        pytest.param("a,b\n1,2\n\n,\n3,4\n", ["a", "b"], {2: ["1", "2"], 5: ["3", "4"]}, id="blank_rows_count"),
        pytest.param("a,b\n1\n", ["a", "b"], {2: ["1", ""]}, id="short_row"),
        pytest.param('a,b\n"x, y","say ""hi"""\n', ["a", "b"], {2: ["x, y", 'say "hi"']}, id="quotes"),
        pytest.param('a,b\n"x\ny",2\n3,4\n', ["a", "b"], {2: ["x\ny", "2"], 3: ["3", "4"]}, id="line_end_in_a_cell"),
        pytest.param("a,b\n00123,NA\n", ["a", "b"], {2: ["00123", "NA"]}, id="text_stays_text"),
        pytest.param("a,a,\n1,2,x\n", ["a", "a", ""], {2: ["1", "2", "x"]}, id="repeated_and_empty_names"),
        pytest.param("a;b\n1,5;2\n", ["a", "b"], {2: ["1,5", "2"]}, id="semicolons"),
        pytest.param("a,b\n", ["a", "b"], {}, id="header_only"),
    ],
)
def test_csv_gives_text_and_row_numbers(tmp_path: Path, text: str, header: list[str], rows: dict[int, list[str]]):
    sheet = readers.read(written(tmp_path / "t.csv", text))
    assert sheet.header == header
    assert dict(zip(sheet.cells.index, sheet.cells.to_numpy().tolist(), strict=True)) == rows


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("t.csv", "", r"is empty \(0 bytes\). Export the table again", id="no_bytes"),
        pytest.param("t.csv", "\n1,2\n", "has no column names in its first rows. Put them above", id="no_header"),
        pytest.param("t.csv", ",\n1,2\n", "has no column names in its first rows. Put them above", id="empty_header"),
        pytest.param("t.csv", "a,b\n1,2\n1,2,5\n", "has 3 cells in row 3 under 2 column names. Separate", id="ragged"),
        pytest.param("t.csv", 'a,b\n"1,2\n', "has a double quote that is never closed. Close it", id="open_quote"),
        pytest.param("t.csv", b"a,b\n\x81A\xb3,2\n", "neither UTF-8 .byte 5. nor Windows-1252 .byte 5.", id="encoding"),
        pytest.param("t.csv", "a,b,\n1,6,50\n", r"column without a name, .*\(row 2: 6 and 50\)", id="decimal_comma"),
        pytest.param("t.parquet", b"PAR1 no more", "cannot be read as Parquet .*Write the file again", id="parquet"),
        pytest.param("t.xlsx", b"PK\x03\x04 no more", "cannot be read as XLSX .*Save it again", id="xlsx"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(tmp_path: Path, name: str, content: str | bytes, message: str):
    with pytest.raises(readers.Unreadable, match=message):
        readers.read(written(tmp_path / name, content))


def test_a_broken_column_name_in_parquet_is_refused(tmp_path: Path):
    path = tmp_path / "t.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS preço) TO '{path}'")
    written(path, path.read_bytes().replace("ç".encode(), b"\xb2\xa7"))
    with pytest.raises(readers.Unreadable, match="a column name is not UTF-8"):
        readers.read(path)


def test_a_file_that_is_not_there_any_more_is_unreadable(tmp_path: Path):
    (tmp_path / "prices.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(readers.Unreadable, match=r"cannot be opened \(No such file or directory\)"):
        readers.read(tmp_path / "prices.csv")


def test_parquet_keeps_types_and_counts_rows_from_one(tmp_path: Path):
    path = tmp_path / "data [old].parquet"
    columns = {
        "id": "102900005115168::BIGINT",
        "price": "3.99::FLOAT",
        "units": "1.50::DECIMAL(9, 2)",
        "sold": "TIMESTAMPTZ '2026-03-31 23:30:00-03:00'",
        "day": "DATE '2026-03-31'",
        "code": "encode('Aço')",
    }
    select = ", ".join(f"{value} AS {name}" for name, value in columns.items())
    duckdb.sql(f"COPY (SELECT {select} UNION ALL SELECT {', '.join(['NULL'] * 6)}) TO '{path}'")
    sheet = readers.read(path)
    assert sheet.header == list(columns)
    assert sheet.cells.index.tolist() == [1, 2]
    assert [place for place, native in sheet.native.items() if native.all()] == [1, 2]
    assert sheet.cells.iloc[0].tolist() == [
        102900005115168,
        "3.99",
        "1.50",
        pd.Timestamp("2026-04-01 02:30"),
        pd.Timestamp("2026-03-31"),
        "Aço",
    ]
    assert sheet.cells.iloc[1].isna().all()


def test_xlsx_gives_what_people_see(tmp_path: Path):
    path = tmp_path / "t.xlsx"
    day = pd.Timestamp("2026-03-31")
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        pd.DataFrame(
            {
                "id": ["00123", 123, "", True],
                "date": [day, day + pd.Timedelta(hours=10), "", "31/03/2026"],
                "price": [0.1, 4.0, "", "x"],
            }
        ).to_excel(book, sheet_name="Quotes", index=False)
        pd.DataFrame({"b": [1]}).to_excel(book, sheet_name="Other")
    sheet = readers.read(path)
    assert sheet.header == ["id", "date", "price"]
    assert sheet.notes == ["only the first sheet, 'Quotes', of 2 is read, not 'Other'"]
    assert dict(zip(sheet.cells.index, sheet.cells.to_numpy().tolist(), strict=True)) == {
        2: ["00123", "2026-03-31", "0.1"],
        3: ["123", "2026-03-31 10:00:00", "4"],
        5: ["true", "31/03/2026", "x"],
    }


def test_an_xlsx_without_cells_has_no_header(tmp_path: Path):
    pd.DataFrame().to_excel(tmp_path / "t.xlsx", engine="xlsxwriter", index=False)
    with pytest.raises(readers.Unreadable, match="has no column names"):
        readers.read(tmp_path / "t.xlsx")
