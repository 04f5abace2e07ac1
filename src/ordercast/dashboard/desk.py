"""One visitor's page: what is looked at, what is chosen, and what each click changes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ordercast import nightly, project, publish
from ordercast.dashboard import data, pages, templates
from ordercast.dashboard.bridge import Reply
from ordercast.dashboard.data import Run
from ordercast.dashboard.files import Missing
from ordercast.dashboard.listing import Listing
from ordercast.dashboard.view import View
from ordercast.language import Voice, of_locale, phrase
from ordercast.ledger import Ledger, LedgerError, Refused, of_plan
from ordercast.sentences import told

if TYPE_CHECKING:
    from ordercast import plots

STALE_AFTER_DAYS = 2
USER_HEADER = "HTTP_X_FORWARDED_USER"  # what a proxy in front of the page says of who is there
FALLBACK_LOCALE, FALLBACK_CURRENCY = "en", "USD"


@dataclass
class Desk:
    """What a visitor sees and has done so far. who: the name decisions are made under, "" while nobody gave one.

    given_name: whether a proxy said who it is, so that nobody can say otherwise. chosen: the order_ids ticked;
    supposed: where the sliders of "what if" stand, nothing while none was moved.
    """

    root: Path
    view: View
    there: Run | None
    missing: str = ""
    who: str = ""
    given_name: bool = False
    chosen: dict[str, None] = field(default_factory=dict)
    supposed: Mapping[str, Any] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lines: Listing | None = None

    @classmethod
    def open(cls, root: Path | None = None, query: str = "", user: str = "") -> Desk:
        """The desk of a visitor who asks for `query`, told where no run is there; user: who a proxy says it is."""
        run, missing = None, ""
        try:
            run = data.current_run(root)
        except Missing as error:
            missing = error.args[0]
        desk = cls(run.root if run else (root or Path()), View.of(query), run, missing, user, bool(user))
        desk.refresh()
        return desk

    @property
    def run(self) -> Run:
        """The run that is shown. Raises Missing where there is none, as `listing` does."""
        if self.there is None:
            raise Missing(self.missing)
        return self.there

    @property
    def listing(self) -> Listing:
        """The run's order lines beside what people decided about them."""
        if self.lines is None:
            raise Missing(self.missing)
        return self.lines

    @property
    def book(self) -> Ledger:
        """The ledger of the project."""
        return Ledger.of(self.root)

    @property
    def language(self) -> str:
        """The language the visitor chose, by default that of base.locale."""
        return self.view.language or of_locale(self._setting("locale", FALLBACK_LOCALE))

    @property
    def voice(self) -> Voice:
        """The visitor's language, with figures as its locale writes them."""
        locale, currency = self._setting("locale", FALLBACK_LOCALE), self._setting("currency", FALLBACK_CURRENCY)
        return Voice.of(self.language, locale, currency)

    @property
    def newest(self) -> str:
        """The run that is published now, where it is another than the one shown; "" otherwise."""
        try:
            name = publish.current(self.root).name
        except publish.PublishError:
            return ""
        return "" if self.there is None or name == self.there.folder.name else name

    @property
    def words(self) -> plots.Words:
        """The same for figures."""
        from ordercast import plots

        return plots.Words(self.voice.number, self.voice.short_day, self.voice)

    @property
    def troubles(self) -> list[str]:
        """What a visitor must know before anything else: that the last nightly run failed, that the plan is old."""
        say, count, troubles = self.voice.say, self.voice.count, list[str]()
        last = nightly.last(self.root)
        if last and last["outcome"] not in ("done", "busy", "running"):
            failed = phrase("The last nightly run did not finish (%(message)s). Shown is the last plan that did.")
            troubles.append(say(failed, message=last["message"]))
        try:
            age_days = 0 if self.run.simulated else (self.now().date() - self.run.today.date()).days
        except Missing:  # the page itself says so
            return troubles
        if age_days >= STALE_AFTER_DAYS:
            troubles.append(
                count(
                    "This plan is %(n)s day old; prices may have moved.",
                    "This plan is %(n)s days old; prices may have moved.",
                    age_days,
                )
            )
        return troubles

    def refresh(self) -> None:
        """Take in where every line stands now. What cannot be read is told on the page."""
        if self.there is None:
            return
        try:
            if self.lines is None:
                self.lines = Listing(self.run.lines, self.run.least_values)
            self.lines.decide(of_plan(self.run.proposed, self.book.state(), self.run.today))
        except (Missing, LedgerError) as error:
            self.lines, self.missing = None, error.args[0]

    def render(self, name: str, **values: Any) -> str:
        """The HTML of a template in the visitor's language."""
        return templates.render(name, self.voice, desk=self, view=self.view, **values)

    def whole(self) -> str:
        """The page as it stands, for the first paint."""
        return self.render("page.html", body=self.body())

    def body(self) -> str:
        """What stands under the page's tabs; where something is missing, what to do about it."""
        try:
            return pages.body(self)
        except (Missing, LedgerError) as error:
            return self.render("missing.html", told=told(error, self.voice))
        except Exception:
            logging.getLogger(__name__).exception("the page %s cannot be drawn", self.view.page)
            said = self.voice.say("This page cannot be drawn: a file of the run is not as expected. Run `make repro`.")
            return self.render("missing.html", told=said)

    def shown(self, **more: Any) -> Reply:
        """The whole page anew under its address."""
        put = {
            "oc-skip": self.voice.say("Skip to the content"),
            "oc-nav": self.render("nav.html"),
            "oc-lost": self.render("lost.html"),
            "oc-who": self.render("who.html"),
            "oc-banner": self.render("banner.html"),
            "oc-body": self.body(),
        }
        return Reply(put, url=self.view.query, title=self.render("title.html"), language=self.tag, **more)

    def act(self, message: Mapping[str, Any]) -> Iterator[Reply]:
        """The changes that a visitor's message brings, one after the other; an unknown message brings none."""
        from ordercast.dashboard.acts import ACTS  # acts need desks

        do: Callable[[Desk, Mapping[str, Any]], Iterator[Reply]] | None = ACTS.get(str(message.get("do")))
        if do is None:
            return
        if not self.who and message.get("who"):  # the name on the page signs, not one given in another tab since
            self.who = str(message["who"]).strip()[:200]
        try:
            yield from do(self, message)
        except Refused as refused:
            self.refresh()
            yield self.told(told(refused, self.voice))
        except (LedgerError, Missing) as error:
            yield self.told(told(error, self.voice))
        except Exception:
            logging.getLogger(__name__).exception("the page asked for %s", message.get("do"))
            yield self.told(self.voice.say("This did not work. Reload the page and look whether it was taken down."))
        if self.newest:  # whatever was done on an old page, it says so
            yield Reply({"oc-banner": self.render("banner.html")})

    def told(self, sentence: str) -> Reply:
        """A dialog with one sentence."""
        return Reply({"oc-dialog": self.render("told.html", told=sentence)}, dialog=True, said=sentence)

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return self.language.replace("_", "-")

    def _setting(self, key: str, otherwise: str) -> str:
        try:
            return self.run.setting(key)
        except Missing:
            return otherwise


def of_request() -> Desk:
    """The desk of the visitor whose request Voila has put into the environment."""
    try:
        root: Path | None = project.root()
    except FileNotFoundError:
        root = None
    return Desk.open(root, os.environ.get("QUERY_STRING", ""), written(os.environ.get(USER_HEADER, "").strip()))


def written(header: str) -> str:
    """A header's text as the proxy wrote it: HTTP reads bytes as Latin-1, proxies write UTF-8."""
    with suppress(UnicodeError):
        return header.encode("latin-1").decode()
    return header
