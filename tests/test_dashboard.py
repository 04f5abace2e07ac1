"""The page in a real browser, served as `make dashboard` serves it, on a machine without internet."""

import http.client
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import write_run
from playwright.sync_api import Browser

from benchmarks.browser import CHROMIUM, OPENED_WITHIN_MS, Visit, chromium, served
from ordercast import dashboard
from ordercast.ledger import Ledger

PROJECT = Path(__file__).parents[1]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the small run in it and this project's dashboard."""
    folder = tmp_path_factory.mktemp("project")
    write_run(folder)
    shutil.copytree(PROJECT / "dashboard", folder / "dashboard")
    return folder


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    with served(root) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, address: str, root: Path) -> Iterator[Visit]:
    """A page in English of a project about which nobody has decided anything."""
    (root / "data/ledger.sqlite").unlink(missing_ok=True)
    made = Visit(browser, f"{address}?lang=en").ready()
    yield made
    made.page.close()


def decided(root: Path) -> dict[str, str]:
    state = Ledger.of(root).state()
    return dict(zip(state["product_id"], state["status"], strict=True))


def sign(visit: Visit, name: str) -> None:
    """Say who decides."""
    visit.click("Your name?")
    visit.page.get_by_label("Name", exact=True).fill(name)
    visit.click("Save")


@needs_chromium
def test_a_buyer_searches_sorts_and_groups_the_list(visit: Visit):
    assert visit.rows()[0] == "Açúcar cristal"
    visit.page.get_by_label("Search", exact=True).press_sequentially("acucar")
    visit.page.wait_for_function("document.querySelectorAll('#oc-list th[scope=row] a').length === 1")
    visit.settled()
    assert "q=acucar" in visit.page.url
    assert visit.page.evaluate("document.activeElement.id") == "oc-search", "the search keeps the focus"
    visit.page.get_by_label("Search", exact=True).fill("")
    visit.page.get_by_label("by supplier").uncheck()
    visit.page.get_by_label("Sort by").select_option("total")
    visit.page.wait_for_function("document.querySelectorAll('#oc-list tbody tr').length === 3")
    visit.settled()
    assert visit.rows()[0] == "Açúcar cristal"
    assert visit.rows()[1] == "<script>alert(1)</script>"
    visit.page.get_by_label("Show").select_option("all")
    visit.page.wait_for_selector("text=page 1 of 6")
    visit.click("Next")
    visit.page.wait_for_selector("text=page 2 of 6")
    assert "n=2" in visit.page.url


@needs_chromium
def test_a_click_explains_a_line_and_the_way_back_leads_back(visit: Visit):
    visit.click("Açúcar cristal", role="link")
    visit.page.wait_for_selector("h1:has-text('Açúcar cristal')")
    visit.page.wait_for_selector("#oc-figures svg")
    body = visit.body()
    for said in ("Buy 1,200 kg from S1", "The sum behind the quantity", "reorder point", "Suppliers", "S2"):
        assert said in body
    assert "product=P001" in visit.page.url
    visit.page.go_back()
    visit.page.wait_for_selector("h1:has-text('orders to place today')")


@needs_chromium
def test_a_buyer_approves_undoes_rejects_and_changes(visit: Visit, root: Path):
    visit.page.locator("#oc-list button", has_text="Approve").first.click()
    visit.page.get_by_label("Your name, as it stands beside the decision").fill("ana")
    visit.page.locator("#oc-dialog button", has_text="Approve").click()
    visit.page.wait_for_selector(".oc-status.oc-approved")
    assert decided(root) == {"P001": "approved"}
    visit.page.locator(".oc-toast button").click()
    visit.page.wait_for_selector(".oc-status.oc-approved", state="detached")
    assert decided(root) == {"P001": "proposed"}
    visit.click("Açúcar cristal", role="link")
    visit.page.wait_for_selector(".oc-card")
    visit.page.locator(".oc-card button", has_text="Change").click()
    visit.page.get_by_label("Quantity, kg").fill("900")
    visit.page.locator("#oc-dialog button", has_text="Change").click()
    visit.page.wait_for_selector("h2:has-text('Buy 900 kg from S1')")
    visit.page.locator(".oc-card button", has_text="Reject").click()
    visit.page.get_by_label("Why not?").fill("too dear")
    visit.page.locator("#oc-dialog button", has_text="Reject").click()
    visit.page.wait_for_selector(".oc-status.oc-rejected")
    assert decided(root) == {"P001": "rejected"}
    history = Ledger.of(root).history(Ledger.of(root).state()["order_id"].iloc[0])
    assert [(event.event, event.who) for event in history] == [
        ("approved", "ana"),
        ("undone", "ana"),
        ("edited", "ana"),
        ("rejected", "ana"),
    ]


@needs_chromium
def test_ticked_lines_are_approved_together_by_keyboard_alone(visit: Visit, root: Path):
    sign(visit, "bruno")
    visit.page.get_by_label("Tick Açúcar cristal").focus()
    visit.page.keyboard.press("Space")
    visit.page.wait_for_selector("text=1 line ticked")
    visit.page.get_by_label("Tick <script>alert(1)</script>").focus()
    visit.page.keyboard.press("Space")
    visit.page.wait_for_selector("text=2 lines ticked")
    visit.page.locator(".oc-bulk button", has_text="Approve").focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#oc-dialog:has-text('2 lines, R$')")
    visit.page.locator("#oc-dialog button", has_text="Approve").focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("text=Taken down: 2 lines.")
    assert decided(root) == {"P001": "approved", "P002": "approved"}


@needs_chromium
def test_of_two_buyers_at_once_one_wins_and_the_other_is_told(browser: Browser, address: str, root: Path, visit: Visit):
    other = Visit(browser, f"{address}?lang=en").ready()
    for each, name in ((visit, "ana"), (other, "bruno")):
        sign(each, name)
    for each in (visit, other):
        each.page.locator("#oc-list button", has_text="Approve").first.click()
        each.settled()
    assert "ana approved it on" in other.page.inner_text("#oc-dialog")
    assert [event.who for event in Ledger.of(root).history(Ledger.of(root).state()["order_id"].iloc[0])] == ["ana"]
    other.page.close()


@needs_chromium
def test_what_is_listed_is_taken_away_as_a_spreadsheet(visit: Visit):
    visit.page.get_by_text("Take the list away").click()
    with visit.page.expect_download() as waited:
        visit.page.get_by_role("button", name="Excel, a sheet per supplier").click()
    assert waited.value.suggested_filename.endswith(".xlsx")
    assert Path(str(waited.value.path())).read_bytes().startswith(b"PK")


@needs_chromium
def test_another_language_changes_every_word(visit: Visit):
    visit.page.get_by_label("Language").select_option("pt_BR")
    visit.page.wait_for_selector("h1:has-text('pedidos a fazer hoje')")
    assert visit.page.locator("html").get_attribute("lang") == "pt-BR"
    said = visit.page.inner_text("#oc")
    for english in ("Today", "Approve", "Search", "Saving", "urgent\n", "orders"):
        assert english not in said


@needs_chromium
def test_names_with_markup_are_text_and_nothing_complains(visit: Visit, address: str):
    for page in ("Product", "Forecast quality", "Savings", "Data", "Runs", "Today"):
        visit.click(page, role="link")
    assert "<script>alert(1)</script>" in visit.body()
    assert visit.dialogs == []
    assert visit.errors == []
    outside = [url for url in visit.requests if not url.startswith((address, "data:", "blob:" + address))]
    assert outside == []


@needs_chromium
@pytest.mark.parametrize(
    ("page", "width", "scheme"),
    [
        pytest.param("today", 1280, "light", id="today_desk_light"),
        pytest.param("today", 390, "dark", id="today_phone_dark"),
        pytest.param("product&product=P001", 390, "light", id="product_phone"),
        pytest.param("product&product=P001", 1280, "dark", id="product_dark"),
        pytest.param("quality", 1280, "light", id="quality"),
        pytest.param("savings", 1280, "light", id="savings"),
        pytest.param("data", 1280, "dark", id="data"),
        pytest.param("runs", 1280, "light", id="runs"),
    ],
)
def test_every_page_is_accessible(browser: Browser, address: str, page: str, width: int, scheme: str):
    from axe_playwright_python.sync_playwright import Axe

    visit = Visit(browser, f"{address}?page={page}", width, scheme).ready()
    found = Axe().run(visit.page).response["violations"]
    grave = [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("critical", "serious")]
    assert grave == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.page.close()


@needs_chromium
def test_a_page_loaded_now_shows_the_run_published_now(browser: Browser, address: str, root: Path):
    """Kernels are warm before the run is there: they must read when the visitor comes."""
    open_page = Visit(browser, f"{address}?lang=en").ready()
    write_run(root, "2026-11-15-d4e5f6")
    open_page.click("Runs", role="link")
    link = open_page.page.get_by_role("link", name="Show the new run")
    link.wait_for()
    link.click()
    open_page.page.wait_for_selector("h1:has-text('2026-11-15-d4e5f6')")
    open_page.page.close()


@needs_chromium
def test_a_kernel_killed_before_it_could_write_is_told_and_what_was_written_stays(visit: Visit, root: Path):
    sign(visit, "ana")
    visit.page.locator("#oc-list button", has_text="Approve").first.click()
    visit.page.wait_for_selector(".oc-status.oc-approved")
    kernel = visit.page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    for process in processes_of(kernel):
        os.kill(process, signal.SIGKILL)
    visit.page.clock.install()
    visit.page.locator("#oc-list button", has_text="Approve").first.click()
    visit.page.clock.fast_forward(16_000)
    assert "reload the page and look" in visit.page.inner_text("#oc-lost:visible")
    assert decided(root) == {"P001": "approved"}
    visit.page.reload()
    visit.ready()
    assert "approved" in visit.body()


@needs_chromium
def test_a_page_whose_wire_does_not_come_up_is_loaded_anew(browser: Browser, address: str):
    page = browser.new_page()
    page.clock.install()
    blocked = "**/anywidget/static/**"
    page.route(blocked, lambda route: route.abort())
    page.goto(address, timeout=OPENED_WITHIN_MS)
    page.wait_for_selector("h1:has-text('pedidos a fazer hoje')")
    page.unroute(blocked)
    assert page.locator("#oc[data-ready=true]").count() == 0
    with page.expect_navigation(timeout=OPENED_WITHIN_MS):
        page.clock.fast_forward(21_000)
    page.wait_for_selector("#oc[data-ready=true]", timeout=OPENED_WITHIN_MS)
    assert page.evaluate("sessionStorage.getItem('ordercast-tries')") is None
    page.close()


@needs_chromium
def test_without_a_published_run_the_next_step_is_shown(browser: Browser, address: str, root: Path):
    pointer = root / "data/published/current.json"
    hidden = pointer.rename(pointer.with_suffix(".away"))
    try:
        visit = Visit(browser, address)
        assert "Run `make repro`, then reload this page." in visit.page.inner_text("main")
        assert "Traceback" not in visit.page.inner_text("body")
        visit.page.close()
    finally:
        hidden.rename(pointer)


PROTOCOL = "v1.kernel.websocket.jupyter.org"


@needs_chromium
def test_a_raw_websocket_cannot_run_code(browser: Browser, address: str, root: Path):
    """Voila's own list of messages: widgets may talk, code may not be run; another protocol is not spoken."""
    visit = Visit(browser, address).ready()
    code = f"open({str(root / 'pwned')!r}, 'w')"
    answers = visit.page.evaluate(RUN_CODE, [PROTOCOL, code])
    assert [answer for answer in answers if "kernel_info_reply" in answer], "what is asked rightly is answered"
    assert not [answer for answer in answers if "execute_reply" in answer]
    assert visit.page.evaluate(RUN_CODE, ["", code]) == []
    assert not (root / "pwned").exists()
    visit.page.close()


RUN_CODE = """([protocol, code]) => new Promise((done) => {
  const heard = [], encode = (value) => new TextEncoder().encode(value);
  const kernel = JSON.parse(document.getElementById("jupyter-config-data").textContent).kernelId;
  const address = `ws://${location.host}/api/kernels/${kernel}/channels`;
  const socket = protocol ? new WebSocket(address, protocol) : new WebSocket(address);
  const send = (type, content) => {
    const header = {msg_id: type, username: "", session: "s", msg_type: type, version: "5.3", date: ""};
    const parts = ["shell", JSON.stringify(header), "{}", "{}", JSON.stringify(content)].map(encode);
    const offsets = [8 * (2 + parts.length)];
    for (const part of parts) offsets.push(offsets.at(-1) + part.length);
    const numbers = new BigUint64Array([offsets.length, ...offsets].map(BigInt));
    socket.send(new Blob([numbers, ...parts]));
  };
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({data}) => heard.push(typeof data === "string" ? data : new TextDecoder().decode(data));
  socket.onopen = () => {
    send("execute_request", {code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false});
    send("kernel_info_request", {});
    setTimeout(() => done(heard), 3000);
  };
  socket.onerror = () => done(heard);
})"""


@needs_chromium
@pytest.mark.parametrize(
    ("host", "answered"),
    [
        pytest.param("localhost", True, id="this_machine"),
        pytest.param("orders.example.com", True, id="the_proxys_name"),
        pytest.param("evil.example", False, id="somebody_elses_name"),
    ],
)
def test_only_names_of_this_page_are_answered(named: str, host: str, answered: bool):
    port = int(named.rstrip("/").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/", headers={"Host": f"{host}:{port}"})
    answer = connection.getresponse()
    assert (answer.status == 200) == answered
    assert (b'id="oc"' in answer.read()) == answered


@pytest.fixture(scope="module")
def named(root: Path) -> Iterator[str]:
    """The address of a page that a proxy makes known as orders.example.com."""
    with served(root, **{dashboard.HOST: "orders.example.com"}) as url:
        yield url


@needs_chromium
def test_the_kernel_of_a_page_that_is_left_ends(browser: Browser, address: str):
    visit = Visit(browser, address).ready()
    kernel = visit.page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    assert processes_of(kernel)
    visit.page.goto("about:blank")
    deadline = time.monotonic() + 20
    while processes_of(kernel):
        assert time.monotonic() < deadline, "the kernel goes on"
        time.sleep(0.1)
    visit.page.close()


def processes_of(kernel: str) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"kernel-{kernel}.json" in (process / "cmdline").read_text():
                found.append(int(process.name))
    return found


@needs_chromium
def test_a_full_house_is_told_and_tries_again(root: Path):
    with served(root, **{dashboard.PAGES: "1"}) as url:
        (first, _, _), (status, headers, said) = answered(url), answered(url)
    assert (first, status) == (200, 503), "the kernels that are kept warm are nobody's page"
    assert headers["Retry-After"] == "15"
    assert 'http-equiv="refresh" content="15"' in said
    assert "Too many pages are open" in said
    assert "Há páginas abertas demais" in said


def answered(url: str) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection("127.0.0.1", int(url.rstrip("/").rpartition(":")[2]), timeout=60)
    connection.request("GET", "/")
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


@needs_chromium
def test_with_a_token_nobody_else_comes_in(browser: Browser, root: Path):
    with served(root, token="s3cret") as url:
        page = browser.new_page()
        page.goto(url, timeout=OPENED_WITHIN_MS)
        assert "pedidos a fazer" not in page.content()
        assert "Ask whoever runs Ordercast for the address" in page.content()
        page.goto(f"{url}?token=s3cret", timeout=OPENED_WITHIN_MS)
        page.wait_for_selector("#oc[data-ready=true]", timeout=OPENED_WITHIN_MS)
        assert "pedidos a fazer hoje" in page.inner_text("h1")
        assert page.url == url, "an address that is sent on must not hold the token"
        page.close()
    logs = [log.read_text() for log in root.glob("data/voila*.log")]
    assert "s3cret" not in "".join(logs)


def test_serve_command_keeps_to_this_machine_and_to_our_template(tmp_path: Path):
    command, environment = dashboard.serve_command(tmp_path, 8123, token="s3cret")
    assert {"--Voila.ip=127.0.0.1", "--Voila.port=8123", "--Voila.port_retries=0"} <= set(command)
    assert "--VoilaConfiguration.template=ordercast" in command
    assert "--VoilaConfiguration.allow_template_override=NO" in command
    assert str(tmp_path / "dashboard") in environment["JUPYTER_PATH"].split(os.pathsep)
    assert environment["ORDERCAST_ROOT"] == str(tmp_path)
    assert "s3cret" not in " ".join(command), "a command line can be read by every user of the machine"


def test_error_page_is_ours_and_asks_nothing_of_another_machine():
    import jinja2
    from voila.paths import collect_template_paths
    from voila.utils import create_include_assets_functions

    _, environment = dashboard.serve_command(PROJECT, 8123)
    shared = environment["JUPYTER_PATH"].split(os.pathsep)
    paths = collect_template_paths(["voila", "nbconvert"], "ordercast", prune=True, root_dirs=shared)
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths), extensions=["jinja2.ext.i18n"], autoescape=True
    )
    templates.install_null_translations()  # type: ignore[attr-defined]
    said = templates.get_template("error.html").render(
        base_url="/", status_code=500, status_message="Error", **create_include_assets_functions("ordercast", "/")
    )
    assert "500: Error" in said
    assert "To the orders of today" in said
    assert not re.search(r"(?:https?:)?//\w", said)


def test_template_names_no_other_machine():
    for file in (PROJECT / "dashboard/voila").rglob("*.*"):
        assert not re.search(r"(?:https?:)?//\w", file.read_text()), file


def test_notebook_is_short_and_holds_neither_functions_nor_outputs():
    cells = json.loads((PROJECT / "dashboard/dashboard.ipynb").read_text())["cells"]
    assert [cell["id"] for cell in cells] == ["imports", "visitor", "page"]
    for cell in cells:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert "def " not in "".join(cell["source"])
