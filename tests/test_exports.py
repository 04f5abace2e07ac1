"""What leaves for a spreadsheet is shown there and not run."""

import csv
import io

import pytest

from ordercast import exports


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\uff1d1+1", "=HYPERLINK(\"x\")"]
)  # fmt: skip
def test_what_could_be_a_formula_is_defused(text: str):
    assert exports.defused(text) == "'" + text


@pytest.mark.parametrize("text", ["", "A-1", "1=1", "Aço", "'=1", "a\t=1"])
def test_all_else_stays_as_it_is(text: str):
    assert exports.defused(text) == text


def test_csv_comes_back_as_it_was_but_for_the_apostrophes():
    rows = [["=1", 'say "hi", twice', -2, 1.5], ["a\nb", "", 0, -0.5]]
    read = list(csv.reader(io.StringIO(exports.csv_text(["a", "b", "c", "d"], rows), newline="")))
    assert read == [["a", "b", "c", "d"], ["'=1", 'say "hi", twice', "-2", "1.5"], ["a\nb", "", "0", "-0.5"]]
