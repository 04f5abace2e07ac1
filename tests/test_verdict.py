"""A check is told as text, as a table and as a page, each with every fault, its place and its cure."""

import csv
import datetime as dt
import io
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from ordercast import sources, verdict

FORMULA, SCRIPT = "=cmd|/C calc!A0", "<script>alert(1)</script>"


def judged(folder: Path, **tables: str) -> verdict.Verdict:
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return verdict.judge(folder, columns={}, currency="BRL")


@pytest.fixture
def faulty(tmp_path: Path) -> verdict.Verdict:
    return judged(
        tmp_path,
        prices=f"produto;data;preço\nA;2026-01-01;-1,5\nA;2026-01-02;{FORMULA}\n{SCRIPT};2026-13-01;1\n",
        stock="product_id,amount\nA,1\n",
    )


@pytest.fixture
def good(tmp_path: Path) -> verdict.Verdict:
    return judged(tmp_path / "good", prices="produto;data;preço\nA;2026-01-01;1,5\n")


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [name for name, _ in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_text_tells_what_was_assumed_and_then_the_faults(faulty: verdict.Verdict, good: verdict.Verdict):
    assert not faulty.good
    lines = verdict.text(faulty).splitlines()
    assert lines.index("note: prices: cells are separated by ;") < lines.index("The input has faults:")
    assert good.good
    assert verdict.text(good).splitlines()[0] == "prices               1 rows"
    assert verdict.text(good).endswith("no faults\n")


def test_the_table_has_a_line_per_fault_and_no_formula(faulty: verdict.Verdict):
    header, *lines = csv.reader(io.StringIO(verdict.csv(faulty), newline=""))
    assert tuple(header) == verdict.COLUMNS
    assert [(line[0], line[1], line[2], line[3], line[4], line[5]) for line in lines] == [
        ("stock", "stock.csv", "", "", "", lines[0][5]),
        ("prices", "prices.csv", "2", "unit_price (your column 'preço')", "'-1,5", "is not above 0"),
        (
            "prices",
            "prices.csv",
            "3",
            "unit_price (your column 'preço')",
            "'=cmd|/C calc!A0",
            "is not a number",
        ),
        (
            "prices",
            "prices.csv",
            "4",
            "date (your column 'data')",
            "2026-13-01",
            "is not a date written YYYY-MM-DD",
        ),
    ]
    assert lines[0][5].startswith("column on_hand_units is missing; there are: product_id, amount")
    assert lines[3][6] == "Write dates such as 2026-03-31"


def test_a_table_of_no_faults_is_a_header(good: verdict.Verdict):
    assert verdict.csv(good) == ",".join(verdict.COLUMNS) + "\r\n"


def test_the_page_runs_and_loads_nothing(faulty: verdict.Verdict):
    page = Tags(verdict.page(faulty))
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert page.links == []
    told = "".join(page.words)
    for part in ("1 fault of whole tables and 3 faulty cells", "=cmd|/C calc!A0", "cells are separated by ;", "row"):
        assert part in told


def test_the_page_groups_faults_by_table_and_kind(faulty: verdict.Verdict, good: verdict.Verdict):
    page = verdict.page(faulty)
    headings = [line for line in page.splitlines() if "<h2>" in line]
    assert [heading.split("<h2>")[1].split(" ")[0] for heading in headings[:2]] == ["stock", "prices"]
    assert "unit_price (your column &#x27;preço&#x27;) is not a number: 1 row</h3>" in page
    assert "No faults in 1 row. Nothing was changed." in verdict.page(good)


def test_of_very_many_faults_the_first_are_listed_and_all_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verdict, "MOST_LISTED", 10)
    rows = "".join(f"A,2026-01-01,-{n}\n" for n in range(1, 201))
    found = judged(tmp_path, prices="product_id,date,unit_price\n" + rows)
    lines = verdict.csv(found).splitlines()
    assert len(lines) == 1 + 10 + 1
    assert lines[-1] == ",,,,,190 further faults not listed,Correct those listed first"
    page = verdict.page(found)
    assert page.count("<tr><td>") == verdict.MOST_SHOWN
    assert "is not above 0: 200 rows</h3>" in page
    assert "and 150 further rows" in page


def days_of_prices(days: int) -> str:
    dates = pd.date_range("2026-01-01", periods=days).strftime("%Y-%m-%d")
    return "product_id,date,unit_price\n" + "".join(f"A,{day},10\n" for day in dates)


@pytest.mark.parametrize(
    ("days", "today", "note"),
    [
        pytest.param(142, None, "", id="just_long_enough"),
        pytest.param(
            141, None, "they span 141 days, and to learn, judge and test forecasts of 14 days", id="too_short"
        ),
        pytest.param(141, dt.date(2026, 5, 22), "", id="today_counts_too"),
        pytest.param(142, dt.date(2027, 5, 22), "the last quote, of 2026-05-22, is older than", id="today_far_ahead"),
    ],
)
def test_prices_of_which_nothing_can_be_forecast_are_noted(tmp_path, days, today, note):
    (tmp_path / "prices.csv").write_text(days_of_prices(days))
    needs = sources.Needs(14, 142, 180, "auto")
    found = verdict.judge(tmp_path, needs=needs, columns={}, currency="BRL", today=today)
    told = [sentence for table, sentence in found.findings.notes if "nothing can be forecast" in sentence]
    assert found.good
    assert len(told) == bool(note)
    assert all(sentence.startswith(note) for sentence in told)
