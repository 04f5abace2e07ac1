"""The lines as a workbook: a sheet that sums up, then one for each supplier, with typed cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, Literal

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from ordercast.language import Voice
from ordercast.takeaway.lines import by_supplier, number

Kind = Literal["text", "number", "price", "money", "day"]
WIDTHS = {"number": 12, "price": 15, "money": 17, "day": 12}  # characters, at least
NARROWEST, WIDEST = 8, 60
LONGEST_NAME, LONGEST_TEXT = 31, 32767  # characters of a sheet's name and of a cell: Excel's limits
SHORT_DAY = 14  # Excel's own format for days: each reader sees them as the machine writes them
A4 = 9


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its heading, the kind of its cells, the cells; summed: whether it has a total below."""

    heading: str
    kind: Kind
    cells: Sequence[Any]
    summed: bool = False


def xlsx(lines: pd.DataFrame, voice: Voice, day: date) -> bytes:
    """The workbook's bytes, the same for the same lines, as `lines.ready` gives them, and the same day."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"title": voice.say("Orders"), "created": datetime(day.year, day.month, day.day)})
    formats = _formats(book, voice)
    suppliers = list(by_supplier(lines))
    first = voice.say("Summary")
    names = sheet_names([first, *(supplier or voice.say("without supplier") for supplier, _ in suppliers)])
    _write(book.add_worksheet(names[0]), _summary(suppliers, voice), voice, formats)
    for name, (_, some) in zip(names[1:], suppliers, strict=True):
        _write(book.add_worksheet(name), _lines(some, voice), voice, formats)
    book.close()
    return target.getvalue()


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """A name for each that Excel takes: 31 characters at most, none of []:*?/\\, no two alike in any case.

    >>> sheet_names(["A/B", "a:b", "'x'"])
    ['A-B', 'a-b (2)', 'x']
    """
    taken = {"history"}  # Excel keeps this one for itself
    names = []
    for text in wanted:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "-", text).strip(" '") or "-"
        name, count = _cut(plain), 1
        while name.casefold() in taken:
            count += 1
            name = _cut(plain, f" ({count})")
        taken.add(name.casefold())
        names.append(name)
    return names


def _cut(text: str, end: str = "") -> str:
    """The text with its end, as long as a sheet's name may be in the UTF-16 that Excel counts in."""
    room = 2 * (LONGEST_NAME - len(end))
    return text.encode("utf-16-le", "replace")[:room].decode("utf-16-le", "ignore").rstrip(" '") + end


def _summary(suppliers: Sequence[tuple[str, pd.DataFrame]], voice: Voice) -> list[Column]:
    say = voice.say
    lines = [some for _, some in suppliers]
    return [
        Column(say("Supplier"), "text", [supplier for supplier, _ in suppliers]),
        Column(say("Lines"), "number", [len(some) for some in lines], summed=True),
        Column(say("Total"), "money", [some["total_cost"].sum() for some in lines], summed=True),
        Column(say("Saving"), "money", [some["expected_saving"].sum() for some in lines], summed=True),
        Column(say("First order day"), "day", [some["order_on"].min() for some in lines]),
        Column(say("Last arrival"), "day", [some["arrive_on"].max() for some in lines]),
        Column(say("Number"), "text", [number(some) for some in lines]),
    ]


def _lines(lines: pd.DataFrame, voice: Voice) -> list[Column]:
    say = voice.say
    states = {
        "proposed": say("proposed"),
        "approved": say("approved"),
        "rejected": say("rejected"),
        "snoozed": say("snoozed"),
        "sent": say("sent"),
        "received": say("received"),
        "cancelled": say("cancelled"),
    }
    kinds: list[tuple[str, str, Kind]] = [
        ("product_id", say("Code"), "text"),
        ("name", say("Product"), "text"),
        ("quantity_units", say("Quantity"), "number"),
        ("unit", say("Unit"), "text"),
        ("unit_price", say("Unit price"), "price"),
        ("total_cost", say("Total"), "money"),
        ("order_on", say("Order by"), "day"),
        ("arrive_on", say("Arrives"), "day"),
        ("status", say("Status"), "text"),
        ("expected_saving", say("Saving"), "money"),
        ("note", say("Note"), "text"),
        ("reason", say("Reason"), "text"),
        ("order_id", say("Number"), "text"),
    ]
    shown = lines.assign(status=lines["status"].map(states))
    return [Column(heading, kind, shown[name].tolist(), kind == "money") for name, heading, kind in kinds]


def _write(sheet: Worksheet, columns: Sequence[Column], voice: Voice, formats: dict[str, Any]) -> None:
    """The sheet: a row of headings that stays in sight, the cells, and totals of what a filter leaves in view."""
    last = len(columns[0].cells)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _width(column))
        sheet.write_string(0, place, column.heading, formats["heading" if column.kind == "text" else "heading_right"])
        for row, value in enumerate(column.cells, start=1):
            _cell(sheet, row, place, column.kind, value, formats[column.kind])
        if column.summed:
            letter = chr(ord("A") + place)
            formula, total = f"=SUBTOTAL(109,{letter}2:{letter}{last + 1})", pd.Series(column.cells).sum()
            sheet.write_formula(last + 1, place, formula, formats[f"total_{column.kind}"], float(total))
    sheet.write_string(last + 1, 0, voice.say("Total"), formats["total"])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _cell(sheet: Worksheet, row: int, place: int, kind: Kind, value: Any, form: Any) -> None:
    """One cell of its kind; nothing where there is no value. A text is a text, whatever it looks like."""
    if pd.isna(value):
        return
    if kind == "text":
        shown = value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…"
        sheet.write_string(row, place, shown.encode("utf-8", "replace").decode("utf-8"), form)
    elif kind == "day":
        sheet.write_datetime(row, place, value.to_pydatetime(), form)
    else:
        sheet.write_number(row, place, float(value), form)


def _width(column: Column) -> int:
    longest = max([len(column.heading) + 2, *(len(value) for value in column.cells if column.kind == "text")])
    return min(max(longest, WIDTHS.get(column.kind, NARROWEST)), WIDEST)


def _formats(book: xlsxwriter.Workbook, voice: Voice) -> dict[str, Any]:
    money, price = money_format(voice), money_format(voice, more_decimals=2)
    heading = {"bold": True, "bottom": 1, "bg_color": "#E8F2F9", "valign": "vcenter"}
    total = {"bold": True, "top": 1}
    return {
        "heading": book.add_format(heading),
        "heading_right": book.add_format({**heading, "align": "right"}),
        "text": book.add_format({"num_format": "@"}),
        "number": book.add_format({"num_format": "#,##0.###"}),
        "price": book.add_format({"num_format": price}),
        "money": book.add_format({"num_format": money}),
        "day": book.add_format({"num_format": SHORT_DAY}),
        "total": book.add_format(total),
        "total_number": book.add_format({**total, "num_format": "#,##0"}),
        "total_money": book.add_format({**total, "num_format": money}),
    }


def money_format(voice: Voice, more_decimals: int = 0) -> str:
    """The currency's format as Excel keeps it, in which figures are written as the reader's machine writes them.

    >>> money_format(Voice("pt_BR", "BRL")), money_format(Voice("en", "USD"), more_decimals=2)
    ('[$R$]\\xa0#,##0.00', '[$$]#,##0.00##')
    """
    return voice.money_pattern(more_decimals).split(";")[0].replace("¤", f"[${voice.symbol}]")
