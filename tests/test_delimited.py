"""Text files say how they are encoded and cut into cells, or are refused in words."""

from collections.abc import Sequence

import pandas as pd
import pytest

from ordercast.sources import delimited, headers, layout
from ordercast.sources.layout import Unreadable

NAMES = {"produto", "data", "preço"}


def lines(content: bytes) -> delimited.Lines:
    return delimited.lines(content, lambda row: sum(cell in NAMES for cell in row))


TABLE = "produto;data;preço\nA;31/12/2025;1,5\n"
ROWS = [["produto", "data", "preço"], ["A", "31/12/2025", "1,5"]]


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        pytest.param(TABLE.encode("utf-8"), [], id="utf_8"),
        pytest.param(TABLE.encode("utf-8-sig"), [], id="byte_order_mark"),
        pytest.param(TABLE.encode("utf-16"), ["text is UTF-16"], id="utf_16"),
        pytest.param(b"\xfe\xff" + TABLE.encode("utf-16-be"), ["text is UTF-16"], id="utf_16_big_endian"),
        pytest.param(
            TABLE.encode("cp850"), ["text is DOS (code page 850), not UTF-8: it reads 'preço'"], id="code_page_850"
        ),
        pytest.param(
            TABLE.encode("cp1252"), ["text is Windows-1252 (Latin-1), not UTF-8: it reads 'preço'"], id="windows_1252"
        ),
    ],
)
def test_each_encoding_gives_the_same_rows(content: bytes, notes: list[str]):
    found = lines(content)
    assert list(found.rows()) == ROWS
    assert found.notes == [*notes, "cells are separated by ;"]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        pytest.param("produto,data,preço\nA,B,C\n", ",", id="commas"),
        pytest.param("produto\tdata\tpreço\nA,1\tB\tC\n", "\t", id="tabs"),
        pytest.param("Preços; vendas, e custos\nproduto,data,preço\n", ",", id="a_title_with_the_others_sign"),
        pytest.param("x;y;z\n1,5;2,5;3,5\n", ";", id="unknown_names_and_decimal_commas"),
        pytest.param('"produto";"data";"preço, R$"\n', ";", id="quoted_names"),
        pytest.param("produto\nA\n", ",", id="one_column"),
    ],
)
def test_the_separator_is_the_one_that_finds_names(text: str, separator: str):
    assert lines(text.encode()).separator == separator


def test_a_line_that_names_the_separator_is_obeyed_and_counted():
    found = lines(b"sep=;\r\nprodutos;datas\r\nA,B;1\r\n")
    assert list(found.rows()) == [[], ["produtos", "datas"], ["A,B", "1"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            b"a,b\n\x81A\xb3,1\n", r"is neither UTF-8 \(byte 5\) nor Windows-1252 \(byte 5\)\. Save", id="encoding"
        ),
        pytest.param(b"\xff\xfea", r"is no UTF-16 text \(byte 3\)\. Save", id="half_a_letter"),
        pytest.param("a,b".encode("utf-16-le"), "holds zero bytes", id="utf_16_without_its_mark"),
        pytest.param(b'a,b\n"1,2\n', "has a double quote that is never closed", id="open_quote"),
        pytest.param(b'a,b\n"1"x,2\n', "has text after a closing double quote in row 2", id="text_after_a_quote"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, message: str):
    with pytest.raises(Unreadable, match=message):
        list(lines(content).rows())


def test_a_cell_that_swallows_the_rest_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(delimited, "LONGEST_CELL", 100)
    with pytest.raises(Unreadable, match=r"has a cell of more than 100 letters in row 2"):
        list(lines(b'a,b\n"' + b"x" * 200 + b'",1\n').rows())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"produto;data;" + b"(" * 200_000 + b"\n", id="a_name_of_brackets"),
        pytest.param(b"x" * 300_000 + b"\nA\n\xe7", id="a_word_without_an_end"),
    ],
)
def test_long_cells_do_not_take_long(content: bytes):
    found = delimited.lines(content, lambda row: headers.recognised(row, "prices", {}))
    assert len(next(found.rows())[-1]) >= 200_000


@pytest.mark.parametrize("page", ["cp1252", "cp850"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Aço;Índice;Pá", id="capitals_first"),
        pytest.param("CÓDIGO;LIMÃO;PREÇO", id="capitals"),
        pytest.param("Limão;açúcar;café", id="small_letters"),
    ],
)
def test_windows_and_dos_are_told_apart(text: str, page: str):
    assert delimited.lines(text.encode(page), lambda row: 0).text == text


@pytest.mark.parametrize("text", ["Nº 5;m²;R$ 1\u00a0234;5 €;“x” – ‘y’", "Ærø;SMØR;Blåbær"])
def test_signs_and_other_languages_stay_windows(text: str):
    assert delimited.lines(text.encode("cp1252"), lambda row: 0).text == text


@pytest.mark.parametrize(
    ("header", "rows", "outcome"),
    [
        pytest.param(["id", "price", ""], [["A", "6", "50"], ["B", "7", ""]], "refused", id="no_name"),
        pytest.param(["id", "price", ""], [["A", "1", "234.50"]], "refused", id="thousands"),
        pytest.param(["id", "price", ""], [["A", "6.5", "50"]], "", id="decimals_stand_already"),
        pytest.param(["id", "price", ""], [["A", "6", "later"]], "", id="remarks"),
        pytest.param(["", "id", "price"], [["0", "A", "6"]], "", id="numbers_of_rows"),
        pytest.param(["id", "price", "obs"], [["A", "6", "50"], ["B", "7", "05"]], "noted", id="two_digits"),
        pytest.param(["id", "price", "obs"], [["A", "6", "50"], ["B", "7", "5"]], "", id="numbers_of_their_own"),
        pytest.param(["id", "price", "date"], [["A", "6", "50"]], "", id="a_column_that_is_read"),
    ],
)
def test_a_decimal_comma_that_cut_numbers_is_told(header: list[str], rows: list[list[str]], outcome: str):
    sheet = layout.Sheet(header, pd.DataFrame(rows, index=range(2, 2 + len(rows)), dtype="str"))

    def known(row: Sequence[str]) -> int:
        return sum(name in ("id", "price", "date") for name in row)

    if outcome == "refused":
        with pytest.raises(Unreadable, match=r"without a name, right of whole numbers \(row 2: "):
            delimited.cut_decimals(sheet, known)
    else:
        notes = delimited.cut_decimals(sheet, known)
        told = "column 'obs' has two digits right of whole numbers (row 2: 6 and 50): if a comma cut them in two, put "
        assert notes == ([told + "them in quotes"] if outcome else [])
