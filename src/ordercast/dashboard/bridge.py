"""The wire between the page and Python: messages of a visitor in, changes of the page out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anywidget


@dataclass(frozen=True)
class File:
    """A file handed to the visitor. open: shown in a tab of its own rather than saved."""

    name: str
    type: str
    content: bytes
    open: bool = False


@dataclass(frozen=True)
class Reply:
    """What changes on the page.

    put: new content by the id of the element that gets it; url: the address from now on, a new step of the history
    where `push`; said: told to screen readers; dialog: open or shut it; focus: the id of the element to go to.
    """

    put: Mapping[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    url: str = ""
    push: bool = False
    title: str = ""
    language: str = ""
    who: str | None = None
    said: str = ""
    dialog: bool | None = None
    focus: str = ""
    print: bool = False
    top: bool = False

    def message(self) -> dict[str, Any]:
        """What goes over the wire, beside the files' contents."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("put", "files")}
        files = [{"name": file.name, "type": file.type, "open": file.open} for file in self.files]
        said = {name: value for name, value in told.items() if value not in ("", None) or name == "dialog"}
        return said | {"put": dict(self.put), "files": files}


class Bridge(anywidget.AnyWidget):
    """An invisible widget that carries the messages; the page itself stands in the notebook's output as HTML."""

    _esm = Path(__file__).with_name("bridge.js")

    def __init__(self, act: Callable[[Mapping[str, Any]], Iterator[Reply]]) -> None:
        super().__init__()
        self._act = act
        self.on_msg(self._heard)

    def _heard(self, _: Any, message: Any, __: Any) -> None:
        if not isinstance(message, dict):
            return
        try:
            for reply in self._act(message):
                self.send(reply.message(), buffers=[file.content for file in reply.files])
        finally:  # the page must not wait for an answer that never comes
            self.send({"done": True})
