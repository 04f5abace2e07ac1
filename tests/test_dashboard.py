"""The page in a real browser, served as `make dashboard` serves it, on a machine without internet."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import write_run

from ordercast import dashboard

PROJECT = Path(__file__).parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPENED_WITHIN_MS = 60_000
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
playwright = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the small run in it and this project's dashboard."""
    folder = tmp_path_factory.mktemp("project")
    write_run(folder)
    shutil.copytree(PROJECT / "dashboard", folder / "dashboard")
    return folder


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, environment = dashboard.serve_command(root, port)
    with open(root / "voila.log", "w") as log:
        server = subprocess.Popen(command, env=environment, cwd=root, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(server, port, root / "voila.log")
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)


def _wait_for(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"Voila did not listen within 30 s: {log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


class Visit:
    """A loaded page with what it asked for and complained of."""

    def __init__(self, browser: "playwright.Browser", address: str, width: int = 1280, scheme: str = "light") -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.goto(address, timeout=OPENED_WITHIN_MS)
        self.page.wait_for_selector("h1", timeout=OPENED_WITHIN_MS)

    def whole(self) -> "Visit":
        """The same once its table and charts are drawn."""
        self.page.wait_for_selector("table.dataTable", timeout=OPENED_WITHIN_MS)
        self.page.wait_for_selector("figure img", timeout=OPENED_WITHIN_MS)
        return self

    def pick(self, label: str) -> None:
        self.page.get_by_label("Products").select_option(label=label)

    def chart(self) -> str:
        return str(self.page.locator("figure img").first.get_attribute("src"))


@pytest.fixture(scope="module")
def visit(browser: "playwright.Browser", address: str) -> Visit:
    """One page for all tests that leave the published run alone."""
    return Visit(browser, address).whole()


@needs_chromium
def test_the_answer_comes_first(visit: Visit):
    assert visit.page.inner_text("h1").replace("\xa0", " ") == "3 orders to place today, R$ 5.432 in total, 1 urgent"
    stamp = visit.page.inner_text(".oc-stamp")
    for said in (
        "14/11/2026",
        "2026-11-14-a1b2c3",
        "Price forecast error 12% below “no change”",
        "Demand forecast no better than “no change”",
    ):
        assert said in stamp
    assert re.search(r"Input rows set aside\s+1\b", stamp)


@needs_chromium
def test_the_page_has_title_language_and_landmark(visit: Visit):
    assert visit.page.title() == "Ordercast: orders of today"
    assert visit.page.locator("html").get_attribute("lang") == "en"
    assert visit.page.locator("main h1").count() == 1
    assert [heading.inner_text() for heading in visit.page.locator("main h2").all()] == [
        "Product by product",
        "Orders",
        "How good the forecasts are",
    ]


@needs_chromium
def test_orders_to_place_stand_before_those_that_wait(visit: Visit):
    rows = [row.inner_text() for row in visit.page.locator("table.dataTable tbody tr").all()]
    assert [row.split()[0] for row in rows[:4]] == ["Urgent", "Buy", "Buy", "Wait"]
    assert "urgente: falta estoque a partir de 17/11/2026" in rows[0]
    assert len(rows) == 10


@needs_chromium
def test_orders_table_searches_and_sorts_by_value(visit: Visit):
    search = visit.page.locator(".dt-search input")
    search.fill("Buy")
    visit.page.wait_for_function("document.querySelectorAll('table.dataTable tbody tr').length === 3")
    sorted_by_value = "document.querySelector('table.dataTable tbody td:nth-child(6)').innerText.includes('288')"
    for _ in range(6):  # a click during a redraw is lost; further ones go round: up, down, as it was
        visit.page.get_by_role("button", name="Total").click()
        visit.page.wait_for_timeout(500)
        if visit.page.evaluate(sorted_by_value):
            break
    totals = [cell.inner_text() for cell in visit.page.locator("table.dataTable tbody td:nth-child(6)").all()]
    assert [total.replace("\xa0", " ") for total in totals] == ["R$ 288,00", "R$ 320,00", "R$ 4.824,00"]
    search.fill("")


@needs_chromium
def test_search_filters_the_products_as_one_types(visit: Visit):
    visit.page.get_by_label("Search", exact=True).press_sequentially("oleo")
    visit.page.wait_for_function("document.querySelectorAll('.oc-picker option').length === 1")
    visit.page.wait_for_selector("h3:has-text('Óleo lubrificante 20W50')")
    visit.page.get_by_label("Search", exact=True).fill("")
    visit.page.wait_for_function("document.querySelectorAll('.oc-picker option').length === 200")
    assert "showing 200 of 254" in visit.page.inner_text(".oc-picker")


@needs_chromium
def test_picking_another_product_draws_another_chart(visit: Visit):
    visit.pick("urgent · Açúcar cristal · P001")
    visit.page.wait_for_selector("h3:has-text('Açúcar cristal')")
    visit.page.wait_for_selector("figure img[alt*='Açúcar']")
    before = visit.chart()
    visit.pick("Óleo lubrificante 20W50 · P004")
    visit.page.wait_for_selector("figure img[alt*='Óleo']")
    assert before.startswith("data:image/png;base64,")
    assert visit.chart() != before


@needs_chromium
def test_a_name_with_markup_is_text(visit: Visit):
    visit.pick("buy · <script>alert(1)</script> · P002")
    visit.page.wait_for_selector("h3:has-text('<script>alert(1)</script>')")
    assert visit.page.locator("main b:has-text('marcas')").count() == 0
    visit.page.locator(".dt-search input").fill("alert")
    visit.page.wait_for_function("document.querySelectorAll('table.dataTable tbody tr').length === 1")
    assert "<script>alert(1)</script>" in visit.page.inner_text("table.dataTable tbody")
    visit.page.get_by_text("2 notes on what was assumed").click()
    assert "<b>no</b> stock" in visit.page.inner_text("main details")
    assert visit.dialogs == []


@needs_chromium
def test_nothing_is_asked_of_another_machine_and_nothing_complains(visit: Visit, address: str):
    outside = [url for url in visit.requests if not url.startswith((address, "data:", "blob:" + address))]
    assert outside == []
    assert visit.errors == []


@needs_chromium
@pytest.mark.parametrize(
    ("width", "scheme"), [pytest.param(1280, "light", id="desk_light"), pytest.param(390, "dark", id="phone_dark")]
)
def test_the_page_is_accessible(browser: "playwright.Browser", address: str, width: int, scheme: str):
    from axe_playwright_python.sync_playwright import Axe

    visit = Visit(browser, address, width, scheme).whole()
    found = Axe().run(visit.page).response["violations"]
    grave = [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("critical", "serious")]
    assert grave == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.page.close()


@needs_chromium
def test_a_page_loaded_now_shows_the_run_published_now(browser: "playwright.Browser", address: str, root: Path):
    """Kernels are warm before the run is there: they must read when the visitor comes."""
    open_page = Visit(browser, address).whole()
    write_run(root, "2026-11-15-d4e5f6")
    open_page.pick("Óleo lubrificante 20W50 · P004")
    link = open_page.page.get_by_role("link", name="Show the new run")
    link.wait_for()
    link.click()
    open_page.page.wait_for_selector(".oc-stamp dd:has-text('2026-11-15-d4e5f6')", timeout=OPENED_WITHIN_MS)
    assert "Óleo lubrificante 20W50" in open_page.page.inner_text("h3")
    open_page.page.close()


@needs_chromium
def test_without_a_published_run_the_next_step_is_shown(browser: "playwright.Browser", address: str, root: Path):
    pointer = root / "data/published/current.json"
    hidden = pointer.rename(pointer.with_suffix(".away"))
    try:
        visit = Visit(browser, address)
        assert "Run `make repro`, then reload this page." in visit.page.inner_text("main")
        assert "Traceback" not in visit.page.inner_text("body")
        visit.page.close()
    finally:
        hidden.rename(pointer)


def test_serve_command_keeps_to_this_machine_and_to_our_template(tmp_path: Path):
    command, environment = dashboard.serve_command(tmp_path, 8123)
    assert {"--Voila.ip=127.0.0.1", "--Voila.port=8123", "--Voila.port_retries=0"} <= set(command)
    assert "--VoilaConfiguration.template=ordercast" in command
    assert "--VoilaConfiguration.allow_template_override=NO" in command
    assert str(tmp_path / "dashboard") in environment["JUPYTER_PATH"].split(os.pathsep)
    assert environment["ORDERCAST_ROOT"] == str(tmp_path)


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
    assert len(cells) <= 6
    assert [cell["id"] for cell in cells] == ["imports", "visitor", "page"]
    for cell in cells:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert "def " not in "".join(cell["source"])
