"""What each click, form and filter does: from a message to changes of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ordercast.dashboard import decisions, supposed, takeaway
from ordercast.dashboard.bridge import File, Reply
from ordercast.dashboard.files import Missing
from ordercast.dashboard.pages import product, quality, savings, today
from ordercast.dashboard.view import View
from ordercast.ledger import LedgerError
from ordercast.sentences import told

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk

Message = Mapping[str, Any]
MOST_CHOSEN = 5000


def hello(desk: Desk, message: Message) -> Iterator[Reply]:
    """The page is up: it says who is there, and draws what took too long for the first paint."""
    yield Reply({"oc-who": desk.render("who.html")}, title=desk.render("title.html"), language=desk.tag)
    yield from _figures(desk)


def go(desk: Desk, message: Message) -> Iterator[Reply]:
    """Another page, product or address."""
    wanted = _with(message)
    if "query" in wanted:  # the language is the visitor's, not that of the address he goes back to
        desk.view = replace(View.of(str(wanted["query"])), language=desk.view.language)
    else:
        desk.view = desk.view.changed(wanted)
    desk.refresh()
    yield desk.shown(push=not message.get("back"), focus="oc-title", top=not message.get("back"))
    yield from _figures(desk)


def filter_(desk: Desk, message: Message) -> Iterator[Reply]:
    """Other lines, another order of them or another page of the list."""
    wanted = _with(message) or {str(message.get("name")): message.get("value")}
    desk.view = desk.view.changed({"number": 1, **wanted})
    yield from _list(desk, said=True, focus="oc-lines" if "number" in wanted else "")


def choose(desk: Desk, message: Message) -> Iterator[Reply]:
    """A line ticked or not; `all`: every line that the filters let through, or none."""
    wanted = _with(message)
    if "all" in wanted:
        lines = desk.listing.matching(desk.view)["order_id"].tolist()[:MOST_CHOSEN] if wanted["all"] else []
        desk.chosen = dict.fromkeys(lines)
        yield from _list(desk)
        return
    order = str(wanted.get("order"))
    if message.get("value"):
        desk.chosen[order] = None
    else:
        desk.chosen.pop(order, None)
    yield Reply({"oc-bulk": desk.render("bulk.html", **today.bulk(desk))})


def ask(desk: Desk, message: Message) -> Iterator[Reply]:
    """A dialog that asks what a decision needs: a name, a reason, a day, a quantity."""
    yield decisions.question(desk, _with(message))


def decide(desk: Desk, message: Message) -> Iterator[Reply]:
    """A decision, taken down; then the page with it."""
    answer = decisions.take(desk, _with(message), message.get("fields") or {})
    if answer.dialog:
        yield answer
        return
    desk.refresh()
    put = {"oc-banner": desk.render("banner.html"), "oc-body": desk.body(), "oc-who": desk.render("who.html")}
    who = None if desk.given_name else desk.who  # the browser remembers a name given on the way
    focus = f"oc-at-{_with(message).get('order')}" if desk.view.page == "today" else "oc-title"
    yield replace(answer, put={**put, **answer.put}, dialog=False, who=who, focus=focus)
    yield from _figures(desk)


def weigh(desk: Desk, message: Message) -> Iterator[Reply]:
    """What another quantity than the planned one would cost, and which rules it breaks."""
    told = decisions.weighed(desk, _with(message), message.get("value"))
    yield Reply({"oc-weighed": desk.render("weighed.html", weighed=told)})


def suppose(desk: Desk, message: Message) -> Iterator[Reply]:
    """The orders of today under another budget, service, risk or horizon."""
    fields = message.get("fields") or {}
    found = supposed.shown(desk, fields)
    desk.supposed = fields
    yield Reply({"oc-answer": found["answer"], **{f"oc-{name}-says": text for name, text in found["says"].items()}})


def close(desk: Desk, message: Message) -> Iterator[Reply]:
    """No dialog any more."""
    yield Reply(dialog=False)


def name(desk: Desk, message: Message) -> Iterator[Reply]:
    """The name under which the visitor decides."""
    if not desk.given_name:
        desk.who = str((message.get("fields") or {}).get("who", "")).strip()[:200]
    yield Reply({"oc-who": desk.render("who.html")}, who=desk.who, dialog=False, focus="oc-name")


def speak(desk: Desk, message: Message) -> Iterator[Reply]:
    """Another language."""
    desk.view = desk.view.changed({"language": message.get("value")})
    yield replace(desk.shown(), focus="oc-language")
    yield from _figures(desk)


def take(desk: Desk, message: Message) -> Iterator[Reply]:
    """The chosen lines, or all that the filters let through, as files or to print."""
    yield takeaway.reply(desk, _with(message))


def read(desk: Desk, message: Message) -> Iterator[Reply]:
    """An executed notebook, in a tab of its own."""
    notebook = str(_with(message).get("notebook"))
    yield Reply(files=(File(f"{notebook}.html", "text/html", desk.run.page(notebook), open=True),))


def find(desk: Desk, message: Message) -> Iterator[Reply]:
    """Products by name, code or category."""
    asked = str(message.get("value") or (message.get("fields") or {}).get("find") or "")
    yield Reply({"oc-found": desk.render("found.html", found=product.found(desk, asked), asked=asked)})


def _list(desk: Desk, said: bool = False, focus: str = "") -> Iterator[Reply]:
    values = {**today.listed(desk), **today.bulk(desk)}
    put = {"oc-list": desk.render("list.html", **values), "oc-bulk": desk.render("bulk.html", **values)}
    number = values["cut"].lines_found
    told = desk.voice.count("%(n)s line", "%(n)s lines", number) if said else ""
    yield Reply(put, url=desk.view.query, said=told, focus=focus)


def _figures(desk: Desk) -> Iterator[Reply]:
    """The figures, which take longer than the words, after them."""
    drawn = {"product": product.figures, "quality": quality.figures, "savings": savings.figures}.get(desk.view.page)
    if drawn is None:
        return
    try:
        yield Reply({"oc-figures": drawn(desk)})
    except (Missing, LedgerError) as error:
        yield Reply({"oc-figures": desk.render("undrawn.html", told=told(error, desk.voice))})


def _with(message: Message) -> dict[str, Any]:
    given = message.get("with")
    return dict(given) if isinstance(given, dict) else {}


ACTS: dict[str, Callable[[Desk, Message], Iterator[Reply]]] = {
    "hello": hello,
    "go": go,
    "filter": filter_,
    "choose": choose,
    "ask": ask,
    "decide": decide,
    "close": close,
    "weigh": weigh,
    "suppose": suppose,
    "name": name,
    "speak": speak,
    "take": take,
    "read": read,
    "find": find,
}
