"""What the page shows, panel by panel: today's answer, one product, the orders, the forecasts' record.

Pictures are PNG in HTML: `ipywidgets.Output` kept some page loads from ending, `ipywidgets.Image` has no alt text. A
panel whose data is missing says so, with the next step, and leaves the others alone.
"""

import os
from collections.abc import Callable
from functools import wraps
from html import escape
from pathlib import Path
from typing import Any, ParamSpec
from urllib.parse import parse_qs

import ipywidgets as widgets
import pandas as pd
from IPython.display import HTML
from itables import to_html_datatable
from itables.javascript import generate_init_offline_itables_html
from itables.utils import find_package_file

from ordercast import plots
from ordercast.dashboard import text
from ordercast.dashboard.data import HISTORY_DAYS, Missing, Run, current_run, matching

MOST_OPTIONS = 200
MOST_LINES = 1000
BRAND = '<p class="oc-brand">Ordercast · <a href="?">Reload</a></p>'
P = ParamSpec("P")


def untypeset(html: str) -> str:
    """The HTML marked so that nothing between two dollar signs (R$ 10 to R$ 20) is set as a formula."""
    return f'<div class="mathjax_ignore tex2jax_ignore">{html}</div>'


def parts(root: Path | None = None) -> list[Any]:
    """The parts of the page from top to bottom, to be displayed in this order.

    root: the project's folder; found by `project.root` where none is given. `?product=ID` in the page's address
    opens that product.
    """
    try:
        run = current_run(root)
        voice = text.Voice(run.setting("locale"), run.setting("currency"))
    except Missing as absent:
        return [widgets.HTML(f"{BRAND}<h1>Orders</h1>{text.told(str(absent))}")]
    return [
        widgets.HTML(untypeset(headline(run, voice) + stamp(run, voice) + assumed(run, voice))),
        Explorer(run, voice).widget,
        HTML(untypeset(f"<h2>Orders</h2>{orders_table(run, voice)}")),  # type: ignore[no-untyped-call]
        widgets.HTML(f"<h2>How good the forecasts are</h2>{record(run, voice)}"),
    ]


def _tells(build: Callable[P, str]) -> Callable[P, str]:
    """`build`, with a sentence and its next step in place of a panel whose data is missing."""

    @wraps(build)
    def panel(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return build(*args, **kwargs)
        except Missing as absent:
            return text.told(str(absent))

    return panel


def headline(run: Run, voice: text.Voice) -> str:
    """HTML of the answer."""
    try:
        return f"{BRAND}<h1>{escape(text.headline(run.orders, run.today, voice))}</h1>"
    except Missing as absent:
        return f"{BRAND}<h1>Orders</h1>{text.told(str(absent))}"


@_tells
def stamp(run: Run, voice: text.Voice) -> str:
    """HTML of what the answer rests on: dates, run, error beside "no change", rows set aside."""
    rows = "none" if run.quarantined == 0 else voice.number(run.quarantined)
    facts = {
        "Data until": voice.day(run.data_until),
        "Model trained on data until": voice.day(pd.Timestamp(run.model["trained_on"])),
        "Run": run.run_id,
        "Input rows set aside": rows,
        "Track record": ". ".join(text.beside_naive(run.metrics, voice)),
    }
    pairs = "".join(f"<div><dt>{name}</dt><dd>{escape(said)}</dd></div>" for name, said in facts.items())
    return f'<dl class="oc-stamp">{pairs}</dl>'


@_tells
def assumed(run: Run, voice: text.Voice) -> str:
    """HTML of the notes, folded."""
    return text.notes_list(run.notes, voice)


@_tells
def orders_table(run: Run, voice: text.Voice) -> str:
    """HTML of the order lines: sortable and searchable, with the script that makes it so inside."""
    shown = run.orders.head(MOST_LINES)
    buys, lines = voice.number(run.orders["buy"].sum()), voice.number(len(run.orders))
    said = f"{buys} of {lines} products to buy; urgent ones first."
    if len(shown) < len(run.orders):
        said += f" The table has the first {voice.number(len(shown))}; all are in data/orders/orders.parquet."
    table = to_html_datatable(
        text.orders_frame(shown, voice),
        connected=False,
        display_logo_when_loading=False,
        text_in_header_can_be_selected=False,
        maxBytes=0,
        showIndex=False,
        classes="display compact",
        style="width:100%",
        order=[],
        autoWidth=False,
        columnDefs=[{"targets": [1, 2, 8], "type": "string"}, {"targets": [3, 4, 5], "className": "dt-right"}],
        lengthMenu=[10, 25, 100],
        language={
            "lengthMenu": "_MENU_ lines per page",
            "info": "lines _START_ to _END_ of _TOTAL_",
            "infoFiltered": "found among _MAX_",
            "infoEmpty": "no line",
            "zeroRecords": "No line has these words.",
            "thousands": voice.thousands,
        },
    )
    script = generate_init_offline_itables_html(find_package_file("html/dt_bundle.js"))
    return f'<p>{said}</p>{script}<div class="oc-orders">{table}</div>'


@_tells
def record(run: Run, voice: text.Voice) -> str:
    """HTML of the metrics beside the simple forecasts'."""
    return text.metrics_table(run.metrics, voice)


class Explorer:
    """Pick a product: its order line, prices, demand and forecasts. `widget` is what to display."""

    def __init__(self, run: Run, voice: text.Voice) -> None:
        self.run, self.voice = run, voice
        self.product_id = ""
        self._listing = False
        self.notice = widgets.HTML()
        self.search = widgets.Text(description="Search", placeholder="name, code or category")
        self.count = widgets.HTML()
        self.select = widgets.Select(description="Products", rows=12)
        self.title, self.body = widgets.HTML(), widgets.HTML()
        self.supplier = widgets.Dropdown(description="Supplier")
        self.search.observe(lambda _: self.list_products(), "value")
        self.select.observe(lambda change: self.show(change["new"]), "value")
        self.supplier.observe(lambda _: self.draw(), "value")
        picker, shown = [self.search, self.select, self.count], [self.title, self.supplier, self.body]
        sides = widgets.HBox([widgets.VBox(picker).add_class("oc-picker"), widgets.VBox(shown).add_class("oc-shown")])
        self.widget = widgets.VBox(
            [widgets.HTML("<h2>Product by product</h2>"), self.notice, sides.add_class("oc-sides")]
        )
        self._start()

    def _start(self) -> None:
        try:
            self.choices = self.run.choices
        except Missing as absent:
            self.body.value = text.told(str(absent))
            return
        asked = parse_qs(os.environ.get("QUERY_STRING", "")).get("product", [""])[0]
        ids = self.choices["product_id"]
        self.show(asked if (ids == asked).any() else str(ids.iloc[0]))
        self.list_products()

    def list_products(self) -> None:
        """Lists what the search finds, the first 200 at most; a single find is shown at once."""
        found = matching(self.choices, self.search.value)
        listed = found.head(MOST_OPTIONS)
        ids = list(listed["product_id"])
        self._listing = True
        self.select.options = list(zip(listed["label"], ids, strict=True))
        self.select.value = self.product_id if self.product_id in ids else None
        self._listing = False
        many, of_all = self.voice.number(len(listed)), self.voice.number(len(found))
        self.count.value = f'<p role="status">showing {many} of {of_all}</p>'
        if len(found) == 1:
            self.show(ids[0])

    def show(self, product_id: str | None) -> None:
        """Shows a product, from the supplier of its order line or else the one that quoted last."""
        if self._listing or not product_id or product_id == self.product_id:
            return
        self.product_id = product_id
        self.product = self.choices[self.choices["product_id"] == product_id].iloc[0]
        self._tell_if_stale()
        self.title.value = untypeset(text.product_head(self.product))
        try:
            suppliers = self.run.suppliers(product_id)
        except Missing:  # the price panel says so
            suppliers = []
        self._listing = True
        self.supplier.options = suppliers
        if self.product["supplier_id"] in suppliers:
            self.supplier.value = self.product["supplier_id"]
        self._listing = False
        self.supplier.layout.display = None if len(suppliers) > 1 else "none"
        self.draw()

    def draw(self) -> None:
        """Draws the panels of the product and the supplier chosen."""
        if not self._listing:
            self.body.value = untypeset(self._order() + self._prices() + self._demand())

    def _tell_if_stale(self) -> None:
        try:
            newest = current_run(self.run.root)
        except Missing:
            return
        if newest.folder != self.run.folder:
            self.notice.value = text.newer_run(newest.run_id, self.product_id)

    @_tells
    def _order(self) -> str:
        lines = self.run.orders[self.run.orders["product_id"] == self.product_id]
        if lines.empty:
            raise Missing("This product has no order line in this run.")
        return text.order_line(lines.iloc[0], self.voice)

    @_tells
    def _prices(self) -> str:
        supplier = self.supplier.value
        if supplier is None:
            raise Missing("No price of this product is known: bring quotes in the prices table.")
        history = self.run.price_history(self.product_id, supplier)
        ahead = self.run.price_forecast(self.product_id, supplier)
        said = text.price_words(history, ahead, self.voice)
        if history.empty and ahead.empty:
            raise Missing(f"{supplier} has not quoted this product in the last {HISTORY_DAYS} days. {said}")
        unit = f"{self.voice.symbol} per {self.product['unit']}"
        picture = plots.png(plots.price_fan(history, ahead, unit, self.voice.words()))
        return "<h4>Price</h4>" + text.figure(picture, text.price_alt(self.product["name"], supplier), said)

    @_tells
    def _demand(self) -> str:
        history = self.run.demand_history(self.product_id)
        ahead = self.run.demand_forecast(self.product_id)
        if history.empty and ahead.empty:
            raise Missing("No demand of this product is known: bring its sales in the sales table.")
        unit = str(self.product["unit"])
        said = text.demand_words(ahead, self.run.on_hand(self.product_id), unit, self.voice)
        paced = f"{unit} {text.per_step(history['date'] if ahead.empty else ahead['date'])}"
        picture = plots.png(plots.demand_fan(history, ahead, paced, self.voice.words()))
        return "<h4>Demand</h4>" + text.figure(picture, text.demand_alt(self.product["name"]), said)
