"""What a visitor looks at: page, product, filters, order and language, as the address of the page keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ordercast.language import LANGUAGES

PAGES = ("today", "product", "quality", "savings", "data", "runs")
SHOWS = ("due", "urgent", "waiting", "decided", "all")
SORTS = ("rank", "name", "total", "saving", "order_by", "cover", "price")
SHORT = {"search": "q", "language": "lang", "number": "n"}
LONGEST = 200


@dataclass(frozen=True)
class View:
    """show: which lines (SHOWS); sort: by what (SORTS); grouped: under their suppliers; number: of the list's page."""

    page: str = "today"
    product: str = ""
    supplier: str = ""
    search: str = ""
    show: str = "due"
    sort: str = "rank"
    grouped: bool = True
    number: int = 1
    language: str = ""

    @classmethod
    def of(cls, query: str) -> View:
        """The view that an address's query names; what it does not know or understand is as if it were not there."""
        names = {SHORT.get(each.name, each.name): each.name for each in fields(cls)}
        return cls().changed({names[key]: value for key, value in parse_qsl(query.lstrip("?")) if key in names})

    def changed(self, values: Mapping[str, Any]) -> View:
        """The view with these values, each checked; unknown ones are left out."""
        allowed = {"page": PAGES, "show": SHOWS, "sort": SORTS, "language": tuple(LANGUAGES)}
        kept: dict[str, Any] = {}
        for name, value in values.items():
            if name in allowed:
                if value in allowed[name]:
                    kept[name] = value
            elif name == "grouped":
                kept[name] = str(value).lower() in ("true", "1", "on")
            elif name == "number":
                kept[name] = max(1, int(value)) if str(value).isdecimal() and len(str(value)) < 7 else 1
            elif name in ("product", "supplier", "search"):
                kept[name] = str(value)[:LONGEST]
        return replace(self, **kept)

    @property
    def query(self) -> str:
        """The address's query, with what differs from the first view only."""
        first = View()
        told = {
            SHORT.get(each.name, each.name): getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) != getattr(first, each.name)
        }
        return f"?{urlencode({key: str(value).lower() if value is False else value for key, value in told.items()})}"
