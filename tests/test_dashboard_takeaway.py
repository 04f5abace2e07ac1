"""What a visitor takes away: what is ticked, else what the filters let through; what `ordercast export` writes."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ordercast import cli
from ordercast.dashboard import bridge
from ordercast.dashboard.bridge import Reply
from ordercast.dashboard.desk import Desk
from ordercast.ledger import Ledger, Line

DUE = ["P001", "P003", "P002"]


@pytest.fixture(scope="module")
def shown(publish_tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a project with the small run, for what decides nothing."""
    root = tmp_path_factory.mktemp("shown")
    publish_tiny(root)
    return root


def taken(desk: Desk, form: str) -> Reply:
    (reply,) = desk.act({"do": "take", "with": {"form": form}})
    return reply


def products(reply: Reply) -> list[str]:
    (file,) = reply.files
    return [row["product_id"] for row in csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline=""))]


def order(desk: Desk, product: str) -> str:
    return str(desk.listing.of_product(product)["order_id"].iloc[0])


def decide(desk: Desk, product: str, step: str, **change: object) -> None:
    row = desk.listing.of_product(product).iloc[0]
    line = Line(row.run_id, product, row.supplier_id, row.planned_units, row.planned_price, row.order_on.date(),
        row.arrive_on.date(), row.sequence)  # fmt: skip
    desk.book.decide(line, step, "ana", **change)
    desk.refresh()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", DUE, id="due_today"),
        pytest.param("?supplier=S1&sort=name", ["P001", "P003"], id="of_a_supplier"),
        pytest.param("?q=cantoneira", ["P003"], id="searched"),
    ],
)
def test_without_ticks_what_the_filters_let_through_is_taken(shown: Path, query: str, found: list[str]):
    assert sorted(products(taken(Desk.open(shown, query), "csv"))) == sorted(found)


def test_all_pages_of_the_list_are_taken(shown: Path):
    assert len(products(taken(Desk.open(shown, "?show=all&n=2"), "csv"))) == 254


def test_what_is_ticked_is_taken_whatever_the_filters_show(shown: Path):
    desk = Desk.open(shown, "?q=nothing")
    desk.chosen = dict.fromkeys([order(desk, "P003"), order(desk, "P004")])
    assert sorted(products(taken(desk, "csv"))) == ["P003", "P004"]


@pytest.mark.parametrize(("language", "said"), [("pt_BR", "Comprar 1.200"), ("en", "Buy 1.200")])
def test_reasons_are_taken_in_the_visitors_language(shown: Path, language: str, said: str):
    (file,) = taken(Desk.open(shown, f"?lang={language}"), "csv").files
    rows = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline=""))
    assert next(row["reason"] for row in rows if row["product_id"] == "P001").startswith(said)


@pytest.mark.parametrize("form", ["xlsx", "ubl", "ics"])
def test_files_are_handed_over(shown: Path, form: str):
    reply = taken(Desk.open(shown, "?supplier=S1"), form)
    (file,) = reply.files
    assert file.name.endswith({"ubl": ".xml"}.get(form, f".{form}"))
    assert file.content
    assert not file.open
    assert reply.said == "Exportadas: 2 linhas."


def test_lines_that_are_no_orders_are_told(shown: Path):
    desk = Desk.open(shown, "?show=all&lang=en")
    reply = taken(desk, "ubl")
    assert reply.said == "Taken away: 3 lines. 251 lines are no orders and stay out."
    assert reply.said in reply.put["oc-toast"]


@pytest.mark.parametrize(
    ("query", "form", "told"),
    [
        pytest.param("?show=waiting&lang=en", "print", "None of these lines is an order", id="no_order"),
        pytest.param("?q=nothing&lang=en", "xlsx", "No line is ticked, and none passes the filters.", id="no_line"),
        pytest.param("?lang=en", "pdf", "There is no such form of file.", id="no_form"),
    ],
)
def test_what_cannot_be_taken_is_told_in_a_dialog(shown: Path, query: str, form: str, told: str):
    reply = taken(Desk.open(shown, query), form)
    assert reply.dialog
    assert told in reply.put["oc-dialog"]
    assert not reply.files


def test_paper_has_an_order_for_each_supplier_and_runs_nothing(published_run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORDERCAST_BUYER", "Mercearia <b>")
    desk = Desk.open(published_run, user="ana & co")
    decide(desk, "P001", "approved")
    reply = taken(desk, "print")
    html = reply.put["oc-print"]
    assert reply.print
    assert html.count('<section class="oc-order">') == 2
    for escaped in ("S&lt;2&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;", "Mercearia &lt;b&gt;", "ana &amp; co"):
        assert escaped in html
    assert "<script" not in html
    assert html.count("Rascunho: 1 linha ainda não está aprovada.") == 2
    assert html.count("(não aprovada)") == 1  # P003: of the other order no line is approved
    assert "R$\xa05.112,00" in html


def test_only_what_is_asked_for_goes_to_paper():
    script = Path(bridge.__file__).with_name("bridge.js").read_text()
    assert 'classList.add("oc-printing")' in script
    assert '"afterprint", () => page.classList.remove("oc-printing")' in script


def export(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["export", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_approved_orders_of_every_run_are_exported(published_run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(published_run)
    desk = Desk.open(published_run)
    decide(desk, "P001", "approved", quantity_units=600)
    decide(desk, "P002", "rejected", reason="too dear")
    Ledger.of(published_run).decide(Line("2026-11-01-old", "gone", "S9", 5.0, 2.0), "approved", "ana")
    code, told = export("--out", "out")
    names = sorted(path.name for path in Path("out").iterdir())
    assert code == 0
    assert names == [f"orders-2026-11-14.{end}" for end in ("csv", "ics", "xlsx", "zip")]
    assert told.endswith("2 approved; mark those as sent on the page that have left\n")
    with open("out/orders-2026-11-14.csv", encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert [first[name] for name in ("name", "quantity_units", "total_cost", "order_on", "status")] == [
        "Açúcar cristal", "600", "2412", "2026-11-14", "approved"]  # fmt: skip
    assert first["reason"].startswith("Comprar 1.200")
    assert [second[name] for name in ("name", "unit", "reason", "order_on")] == ["gone", "", "", ""]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param([], "No order is approved: approve some on the page", id="nothing_approved"),
        pytest.param(["--format", "csv,pdf"], "--format: 'pdf' is no form of file; it may be xlsx,", id="no_form"),
    ],
)
def test_an_export_that_cannot_be_is_refused_in_words(
    published_run: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
):
    monkeypatch.chdir(published_run)
    code, output = export("--out", "out", *arguments)
    assert code == 1
    assert told in output
    assert not Path("out").exists()


def test_an_approved_order_without_supplier_is_in_the_tables_only(published_run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(published_run)
    Ledger.of(published_run).decide(Line("r", "P001", "", 5.0, 2.0), "approved", "ana")
    assert export("--out", "out") == (1, "None of the approved orders has a supplier and a price: r-ea358f3230e0\n")
    assert not Path("out").exists()
    Ledger.of(published_run).decide(Line("r", "P002", "S2", 5.0, 2.0), "approved", "ana")
    code, told = export("--out", "out", "--format", "csv")
    assert code == 0
    assert "1 without supplier or price: in the workbook and CSV only" in told
