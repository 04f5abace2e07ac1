"""One visitor's page without a browser: what is drawn, what each click changes, what reaches the ledger."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import write_run

from ordercast import nightly, publish, store
from ordercast.dashboard.bridge import Reply
from ordercast.dashboard.desk import Desk, written
from ordercast.ledger import Ledger
from ordercast.sentences import say
from ordercast.sources.faults import noted


@pytest.fixture
def desk(published_run: Path) -> Desk:
    made = Desk.open(published_run, "?lang=en")
    made.who = "ana"
    return made


def act(desk: Desk, do: str, **message: Any) -> Reply:
    """The first reply to a message."""
    return next(iter(desk.act({"do": do, "who": desk.who, **message})))


def order(desk: Desk, product_id: str) -> str:
    return str(desk.listing.of_product(product_id)["order_id"].iloc[0])


def decide(desk: Desk, product_id: str, step: str, **fields: str) -> Reply:
    return act(desk, "decide", **{"with": {"step": step, "order": order(desk, product_id)}, "fields": fields})


def statuses(root: Path) -> dict[str, str]:
    state = Ledger.of(root).state()
    return dict(zip(state["product_id"], state["status"], strict=True))


def test_the_answer_comes_first(desk: Desk):
    assert "3 orders to place today, R$5,432" in desk.whole()


def test_the_language_is_that_of_the_run_until_the_visitor_chooses(published_run: Path):
    desk = Desk.open(published_run)
    assert "3 pedidos a fazer hoje, R$\xa05.432" in desk.whole()
    reply = act(desk, "speak", value="en")
    assert "3 orders to place today" in reply.put["oc-body"]
    assert reply.language == "en"
    assert reply.url == "?lang=en"


@pytest.mark.parametrize("language", ["en", "pt_BR"])
@pytest.mark.parametrize("page", ["today", "product", "quality", "savings", "data", "runs"])
def test_every_page_is_drawn_in_both_languages(published_run: Path, page: str, language: str):
    desk = Desk.open(published_run, f"?page={page}&lang={language}&show=all")
    html = desk.whole()
    assert "<h1" in html
    assert "<script>" not in html
    for reply in desk.act({"do": "hello"}):
        assert "<script>" not in json.dumps(reply.message())


NOTE = say("ignored column %(columns)s", columns="<b>cor</b>")
FAULTS = {
    "is not a number": "não é um número",
    "is not above 0": "não está acima de 0",
    "is above 3650": "está acima de 3.650",
    "is not between 1900-01-01 and 2099-12-31": "não está entre 01/01/1900 e 31/12/2099",
    "is after today (2026-11-20)": "é posterior a hoje (20/11/2026)",
}


@pytest.fixture
def noted_run(published_run: Path) -> Path:
    """The published run with notes and faults as they are stored today."""
    folder = next(published_run.glob("data/published/*/data/raw"))
    store.write_parquet(noted([("prices", NOTE)]), folder / "notes.parquet", [])
    faults = pd.DataFrame({"fault": list(FAULTS), "row": 812}).assign(table="stock", column="as_of", value="x")
    store.write_parquet(faults, folder / "quarantine.parquet", [])
    return published_run


def test_notes_and_faults_are_told_in_the_visitors_language(noted_run: Path):
    html = Desk.open(noted_run, "?page=data&lang=pt_BR").whole()
    assert '<th scope="row">preços</th>' in html
    assert '<th scope="row">pedidos em aberto</th>' in html
    assert "<strong>preços</strong>: <span>coluna ignorada: &lt;b&gt;cor&lt;/b&gt;</span>" in html
    for fault in FAULTS.values():
        assert f"<td>{fault}</td>" in html
    assert 'lang="en"' not in html


def test_notes_and_faults_stay_english_for_who_reads_english(noted_run: Path):
    html = Desk.open(noted_run, "?page=data&lang=en").whole()
    assert "ignored column &lt;b&gt;cor&lt;/b&gt;</span>" in html
    for fault in FAULTS:
        assert f">{fault}</td>" in html


def test_what_an_older_run_says_in_english_is_shown_and_marked_as_english(published_run: Path):
    html = Desk.open(published_run, "?page=data&lang=pt_BR").whole()
    assert '<span lang="en">lead time of 7 days assumed</span>' in html
    assert '<span lang="en">&lt;b&gt;no&lt;/b&gt; stock</span>' in html
    assert '<td lang="en">must be &gt; 0</td>' in html


@pytest.mark.parametrize(
    ("name", "page", "told"),
    [
        pytest.param("orders/orders", "today", "Faltam os pedidos", id="no_orders"),
        pytest.param("evaluate/by_group", "quality", "Faltam os erros por grupo", id="not_evaluated"),
        pytest.param("raw/quarantine", "data", "Falta a lista das linhas separadas", id="no_list_of_faults"),
    ],
)
def test_what_is_missing_is_told_with_the_next_step_in_the_visitors_language(
    published_run: Path, name: str, page: str, told: str
):
    next(published_run.glob(f"data/published/*/data/{name}.parquet")).unlink()
    html = Desk.open(published_run, f"?page={page}&lang=en").whole()
    assert f"data/{name}.parquet is not in run" in html
    assert "Run `make repro`, then reload this page." in html
    html = Desk.open(published_run, f"?page={page}&lang=pt_BR").whole()
    run = publish.current(published_run).name
    assert f"{told}: data/{name}.parquet não está na execução {run}. Rode `make repro` e recarregue" in html
    assert 'lang="en"' not in html


def test_without_a_run_the_next_step_is_told(tmp_path: Path):
    assert "Run `make repro`, then reload this page." in Desk.open(tmp_path).whole()


def test_a_product_the_run_does_not_have_is_told(published_run: Path):
    html = Desk.open(published_run, "?page=product&product=nope&lang=en").whole()
    assert "This run has no product nope." in html
    assert "Search for another one above" in html
    assert 'id="oc-find"' in html


@pytest.mark.parametrize(
    ("step", "fields", "status"),
    [
        pytest.param("approved", {}, "approved", id="approve"),
        pytest.param("rejected", {"reason": "too dear"}, "rejected", id="reject"),
        pytest.param("snoozed", {"until": "2026-11-20"}, "snoozed", id="snooze"),
        pytest.param("edited", {"quantity_units": "900"}, "proposed", id="change"),
    ],
)
def test_a_decision_is_in_the_ledger_and_can_be_undone(desk: Desk, step: str, fields: dict[str, str], status: str):
    reply = decide(desk, "P001", step, **fields)
    assert reply.dialog is False
    assert reply.said == "Taken down: 1 line."
    assert statuses(desk.root) == {"P001": status}
    event = Ledger.of(desk.root).history(order(desk, "P001"))[-1]
    assert (event.event, event.who) == (step, "ana")
    decide(desk, "P001", "undone")
    assert statuses(desk.root) == {"P001": "proposed"}


@pytest.mark.parametrize(
    ("step", "fields", "told"),
    [
        pytest.param("rejected", {"reason": " "}, "Say why it is rejected.", id="no_reason"),
        pytest.param("snoozed", {"until": "soon"}, "Say until which day after today.", id="no_day"),
        pytest.param("snoozed", {"until": "1999-01-01"}, "Say until which day after today.", id="past_day"),
        pytest.param("edited", {"quantity_units": "-4"}, "a number above 0, a billion at most.", id="negative"),
        pytest.param("edited", {"quantity_units": "nan"}, "a number above 0, a billion at most.", id="no_number"),
        pytest.param("edited", {"quantity_units": "1e30"}, "a number above 0, a billion at most.", id="too_large"),
        pytest.param("paid", {}, "There is no such step.", id="unknown_step"),
    ],
)
def test_what_cannot_be_decided_is_told_and_nothing_is_written(
    desk: Desk, step: str, fields: dict[str, str], told: str
):
    reply = decide(desk, "P001", step, **fields)
    assert reply.dialog is True
    assert told in reply.said
    assert statuses(desk.root) == {}


def test_ticked_lines_are_decided_together(desk: Desk):
    for product in ("P001", "P002"):
        act(desk, "choose", **{"with": {"order": order(desk, product)}, "value": True})
    reply = act(desk, "decide", **{"with": {"step": "approved"}})
    assert reply.said == "Taken down: 2 lines."
    assert statuses(desk.root) == {"P001": "approved", "P002": "approved"}
    assert desk.chosen == {}


def test_all_that_the_filters_let_through_can_be_ticked_and_unticked(desk: Desk):
    act(desk, "filter", name="supplier", value="S1")
    act(desk, "choose", **{"with": {"all": True}})
    assert set(desk.chosen) == {order(desk, "P001"), order(desk, "P003")}
    act(desk, "choose", **{"with": {"all": False}})
    assert desk.chosen == {}


def test_of_two_buyers_one_wins_and_the_other_is_told(desk: Desk):
    other = Desk.open(desk.root, "?lang=en")
    other.who = "bruno"
    decide(other, "P001", "rejected", reason="too dear")
    reply = decide(desk, "P001", "approved")
    assert reply.dialog is True
    assert "P001 from S1: bruno rejected it on" in reply.said
    assert statuses(desk.root) == {"P001": "rejected"}
    act(desk, "speak", value="pt_BR")
    assert "P001 de S1 consta como rejeitado; bruno rejeitou em" in decide(desk, "P001", "approved").said


@pytest.mark.parametrize(
    ("step", "fields", "told"),
    [
        pytest.param("rejected", {"reason": " "}, "Diga por que é rejeitado.", id="by_the_form"),
        pytest.param("snoozed", {"until": "2999-01-01"}, "01/01/2999, a mais de dez anos de 14/11/2026", id="day"),
        pytest.param("edited", {"quantity_units": "1200"}, "P001 de S1: a alteração não muda nada", id="by_the_ledger"),
        pytest.param("sent", {}, "P001 de S1 consta como proposto: não pode ser enviado.", id="impossible"),
        pytest.param("undone", {}, "P001 de S1: ninguém decidiu nada", id="nothing_to_undo"),
    ],
)
def test_what_is_refused_is_told_in_the_visitors_language(desk: Desk, step: str, fields: dict[str, str], told: str):
    act(desk, "speak", value="pt_BR")
    assert told in decide(desk, "P001", step, **fields).said


def test_a_ledger_that_fails_is_told_in_the_visitors_language(published_run: Path):
    (published_run / "data/ledger.sqlite").write_text("no database " * 100)
    html = Desk.open(published_run, "?lang=pt_BR").whole()
    assert "falha: file is not a database. Tente de novo daqui a pouco" in html


def test_without_a_name_the_page_asks_for_one_and_then_decides(desk: Desk):
    desk.who = ""
    reply = decide(desk, "P001", "approved")
    assert "Your name, as it stands beside the decision" in reply.put["oc-dialog"]
    assert statuses(desk.root) == {}
    reply = decide(desk, "P001", "approved", who="carla")
    assert Ledger.of(desk.root).history(order(desk, "P001"))[-1].who == "carla"
    assert reply.who == "carla", "the browser is to remember it"


def test_the_name_a_proxy_gives_cannot_be_changed(published_run: Path):
    desk = Desk.open(published_run, "?lang=en", user="dora")
    act(desk, "name", fields={"who": "somebody else"})
    act(desk, "decide", who="somebody else", **{"with": {"step": "approved", "order": order(desk, "P001")}})
    assert Ledger.of(published_run).history(order(desk, "P001"))[-1].who == "dora"
    assert "somebody else" not in desk.whole()


def test_a_decision_on_a_superseded_plan_asks_first(desk: Desk):
    write_run(desk.root, "2026-11-15-d4e5f6")
    reply = decide(desk, "P001", "approved")
    assert "A newer plan, 2026-11-15-d4e5f6, has been published since." in reply.put["oc-dialog"]
    assert statuses(desk.root) == {}
    act(desk, "decide", **{"with": {"step": "approved", "order": order(desk, "P001"), "superseded": True}})
    assert statuses(desk.root) == {"P001": "approved"}


def test_a_new_run_leaves_decisions_as_they_are(desk: Desk):
    decide(desk, "P001", "approved")
    write_run(desk.root)
    assert statuses(desk.root) == {"P001": "approved"}


def test_an_approved_line_goes_on_to_sent_and_received_and_no_further(desk: Desk):
    for step in ("approved", "sent", "received"):
        assert decide(desk, "P001", step).dialog is False
    assert decide(desk, "P001", "cancelled").dialog is True
    assert statuses(desk.root) == {"P001": "received"}


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({}, id="empty"),
        pytest.param({"do": "__class__"}, id="unknown"),
        pytest.param({"do": "go", "with": {"query": "?page=../../etc"}}, id="odd_address"),
        pytest.param({"do": "go", "with": "no object"}, id="no_object"),
        pytest.param({"do": "filter", "name": "root", "value": "/etc"}, id="no_such_filter"),
        pytest.param({"do": "filter", "with": {"number": "9" * 400}}, id="endless_number"),
        pytest.param({"do": "choose", "with": {"order": "' OR 1=1"}, "value": True}, id="order_of_nothing"),
        pytest.param({"do": "decide", "with": {"step": "approved", "order": "nope"}}, id="decide_on_nothing"),
        pytest.param({"do": "ask", "with": {"step": "<script>"}}, id="ask_for_nothing"),
        pytest.param({"do": "read", "with": {"notebook": "../../../../etc/passwd"}}, id="file_outside"),
        pytest.param({"do": "find", "value": "(" * 5000}, id="long_search"),
        pytest.param({"do": "take", "with": {"form": "exe"}}, id="no_such_form"),
    ],
)
def test_messages_that_no_page_sends_do_no_harm(desk: Desk, message: dict[str, Any]):
    said = [json.dumps(reply.message()) for reply in desk.act(message)]
    assert "Traceback" not in "".join(said)
    assert "root:x:" not in "".join(said)
    assert statuses(desk.root) == {}


def test_a_notebook_of_the_run_is_handed_over(desk: Desk):
    page = desk.run.folder / "reports/6_orders.html"
    page.write_text("<p>orders</p>")
    reply = act(desk, "read", **{"with": {"notebook": "6_orders"}})
    assert [(file.name, file.content, file.open) for file in reply.files] == [("6_orders.html", b"<p>orders</p>", True)]


@pytest.fixture
def after_a_failed_night(published_run: Path) -> Path:
    last = published_run / nightly.LAST
    last.parent.mkdir(parents=True)
    last.write_text(json.dumps({"outcome": "failed", "message": "stage features failed in cell 3", "code": 1}))
    return published_run


def test_a_failed_night_is_told_and_the_last_plan_still_shown(after_a_failed_night: Path):
    html = Desk.open(after_a_failed_night, "?lang=en").whole()
    assert "The last nightly run did not finish (stage features failed in cell 3)." in html
    assert "3 orders to place today" in html
    html = Desk.open(after_a_failed_night, "?lang=pt_BR").whole()
    assert "A última execução noturna não terminou (stage features failed in cell 3)." in html


def test_an_old_plan_says_so(desk: Desk):
    desk.now = lambda: desk.run.today.to_pydatetime() + timedelta(days=1)
    assert desk.troubles == []
    desk.now = lambda: desk.run.today.to_pydatetime() + timedelta(days=5)
    assert desk.troubles == ["This plan is 5 days old; prices may have moved."]
    act(desk, "speak", value="pt_BR")
    assert desk.troubles == ["Este plano tem 5 dias; os preços podem ter mudado."]
    desk.run.metrics["price"]["truth"] = {"rmsse": 0.9}
    assert desk.troubles == [], "a simulated world's days are not ours"


def test_a_form_that_was_refused_keeps_what_stood_in_it(desk: Desk):
    reply = decide(desk, "P001", "rejected", reason=" ", note="ask Bruno")
    assert "Say why it is rejected." in reply.put["oc-dialog"]
    assert 'value="ask Bruno"' in reply.put["oc-dialog"]
    assert statuses(desk.root) == {}


@pytest.mark.parametrize(
    ("language", "typed", "units"),
    [
        pytest.param("pt_BR", "1.728", 1728.0, id="thousands_as_the_page_writes_them"),
        pytest.param("pt_BR", "1,5", 1.5, id="decimals_as_the_page_writes_them"),
        pytest.param("pt_BR", "1.000,5", 1000.5, id="both"),
        pytest.param("pt_BR", "2952", 2952.0, id="plain"),
        pytest.param("pt_BR", "1.5", None, id="another_languages_decimals"),
        pytest.param("en", "1,728", 1728.0, id="english_thousands"),
        pytest.param("en", "1,5", None, id="no_english_number"),
        pytest.param("en", "0.0000001", None, id="nothing_to_speak_of"),
    ],
)
def test_a_quantity_is_read_as_the_page_writes_it(desk: Desk, language: str, typed: str, units: float | None):
    act(desk, "speak", value=language)
    reply = decide(desk, "P001", "edited", quantity_units=typed)
    changed = Ledger.of(desk.root).state()["quantity_units"].tolist()
    assert changed == ([] if units is None else [units])
    if units is None:
        assert f'value="{typed}"' in reply.put["oc-dialog"]


@pytest.mark.parametrize("name", ["run.json", "reports/metrics.json", "models/metadata.json"])
def test_json_of_another_shape_is_told_as_damaged(published_run: Path, name: str):
    (next(published_run.glob("data/published/2*")) / name).write_text("[]")
    for page in ("quality", "product", "runs"):
        html = Desk.open(published_run, f"?page={page}&lang=en").whole()
        assert "<h1" in html
    assert "3 orders to place today" in Desk.open(published_run, "?lang=en").whole() or name != "reports/metrics.json"


def test_an_old_page_says_so_whatever_is_done_on_it(desk: Desk):
    write_run(desk.root, "2026-11-15-d4e5f6")
    *_, last = desk.act({"do": "filter", "name": "search", "value": "a"})
    assert "Run 2026-11-15-d4e5f6 was published while this page was open." in last.put["oc-banner"]


def test_a_figure_that_cannot_be_drawn_says_why_where_it_would_stand(desk: Desk):
    next(desk.root.glob("data/published/*/data/evaluate/by_horizon.parquet")).unlink()
    *_, last = desk.act({"do": "go", "with": {"page": "quality"}})
    assert "data/evaluate/by_horizon.parquet is not in run" in last.put["oc-figures"]
    assert last.dialog is None


@pytest.mark.parametrize(
    ("header", "name"),
    [
        pytest.param("JoÃ£o da Silva", "João da Silva", id="utf8_read_as_latin1"),
        pytest.param("José", "José", id="latin1"),
        pytest.param("ana", "ana", id="ascii"),
    ],
)
def test_the_name_a_proxy_gives_is_read_as_it_was_written(header: str, name: str):
    assert written(header) == name


def test_a_form_keeps_what_stood_in_it_when_a_newer_plan_came_between(desk: Desk):
    write_run(desk.root, "2026-11-15-d4e5f6")
    reply = decide(desk, "P001", "rejected", reason="too dear")
    assert "Do it all the same" in reply.put["oc-dialog"]
    assert 'value="too dear"' in reply.put["oc-dialog"]


@pytest.fixture
def with_curves(desk: Desk) -> Desk:
    """A desk whose run knows of each line what the planned quantity and what none would do."""
    lines = desk.run.lines
    points = [
        {name: line[name] for name in ("product_id", "supplier_id", "expected_saving", "saving_p10", "saving_p90")}
        | {"quantity_units": units, "spend": units * line["unit_price"], "planned": units == line["quantity_units"]}
        for _, line in lines.iterrows()
        for units in {0, int(line["quantity_units"])}
    ]
    rest = {"cost": 0.0, "fill": 0.9, "demand_value": 100.0, "cover_days": 9.0, "erp": False, "choosable": True}
    rest |= {"priced": True, "floor_units": 0.0, "moq_units": 1.0, "pack_units": 1.0, "room_units": 1e6}
    frame = pd.DataFrame([point | rest for point in points])
    store.write_parquet(frame, desk.run.folder / "data/orders/curves.parquet", [])
    return desk


def test_a_supposition_outlives_a_change_of_language_and_of_page(with_curves: Desk):
    desk = with_curves
    reply = act(desk, "suppose", fields={"budget": "50", "service": "0", "risk": "50", "days": "14"})
    assert reply.put["oc-days-says"] == "14 days"
    assert reply.put["oc-service-says"] == "as planned"
    assert "R$" in reply.put["oc-budget-says"]
    act(desk, "go", **{"with": {"page": "product"}})
    act(desk, "go", **{"with": {"page": "today"}})
    body = act(desk, "speak", value="pt_BR").put["oc-body"]
    assert 'name="days" min="1" max="60" value="14"' in body
    assert "14 dias" in body
    assert "Nenhum pedido dura mais de" in body


def test_the_way_back_keeps_the_language(desk: Desk):
    act(desk, "speak", value="pt_BR")
    assert "pedidos a fazer hoje" in act(desk, "go", back=True, **{"with": {"query": "?lang=en"}}).put["oc-body"]


def test_a_run_whose_settings_are_gone_is_still_listed(desk: Desk):
    write_run(desk.root, "2026-11-15-d4e5f6")
    (desk.run.folder / "run.json").unlink()
    rows = Desk.open(desk.root, "?page=runs&lang=en").whole()
    for run_id in (desk.run.folder.name, "2026-11-15-d4e5f6"):
        assert f'<th scope="row">{run_id}</th>' in rows


def test_lines_decided_together_are_undone_together(desk: Desk):
    orders = [order(desk, "P001"), order(desk, "P002")]
    toast = act(desk, "decide", **{"with": {"step": "approved", "orders": orders}}).put["oc-toast"]
    assert statuses(desk.root) == {"P001": "approved", "P002": "approved"}
    assert all(each in toast for each in orders)
    act(desk, "decide", **{"with": {"step": "undone", "orders": orders}})
    assert statuses(desk.root) == {"P001": "proposed", "P002": "proposed"}


def test_ticked_lines_that_the_filters_hide_are_counted(desk: Desk):
    act(desk, "choose", value=True, **{"with": {"order": order(desk, "P001")}})
    reply = act(desk, "filter", name="search", value="zzz")
    assert "1 of them is not in this list" in reply.put["oc-bulk"]


def test_the_name_on_the_page_signs_and_not_one_given_in_another_tab(desk: Desk):
    act(desk, "decide", who="bruno", **{"with": {"step": "approved", "order": order(desk, "P001")}})
    assert Ledger.of(desk.root).history(order(desk, "P001"))[-1].who == "ana"


def test_what_goes_wrong_is_told_and_never_silent(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Desk, "refresh", lambda self: 1 / 0)
    reply = act(desk, "go", **{"with": {"page": "today"}})
    assert reply.dialog is True
    assert "Reload the page" in reply.said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("run.json", "", id="run"),
        pytest.param("reports/orders.json", "{", id="orders"),
        pytest.param("reports/metrics.json", "[1", id="metrics"),
        pytest.param("models/metadata.json", "{}", id="model"),
    ],
)
def test_a_damaged_file_is_named_with_the_next_step(published_run: Path, name: str, content: str):
    (publish.current(published_run) / name).write_text(content)
    html = Desk.open(published_run, "?lang=en").whole()
    assert name in html
    assert "Run `make repro`, then reload this page." in html
