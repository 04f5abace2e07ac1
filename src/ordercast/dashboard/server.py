"""Voila as this page needs it: for the names it is known by, over the protocol it reads, with its kernels bounded.

Where Voila leaves a door ajar it is closed here. It answers to any host name, so that another site could lead its own
name to this machine and act as a visitor (DNS rebinding). A websocket without its protocol sets it counting to 2^64. A
page that is left cannot end its kernel, for want of a cookie; and nothing bounds how many there are. The token comes by
the environment: on a command line every user of the machine could read it.
"""

import os
import sys
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader
from tornado.web import HTTPError
from voila.app import Voila  # type: ignore[import-untyped]
from voila.tornado.handler import TornadoVoilaHandler  # type: ignore[import-untyped]
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler  # type: ignore[import-untyped]

from ordercast.dashboard import HOST, PAGES, TOKEN

PROTOCOL = "v1.kernel.websocket.jupyter.org"
AGAIN_SECONDS = 15
KERNEL_BYTES, LEAST_PAGES = 300 * 2**20, 10  # of a visitor's process at 10,000 products


def most_pages() -> int:
    """How many pages may be open: what the environment says, else what half of this machine's memory holds."""
    named = os.environ.get(PAGES, "")
    if named.isdecimal() and int(named):
        return int(named)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(LEAST_PAGES, memory // 2 // KERNEL_BYTES)


class Page(TornadoVoilaHandler):  # type: ignore[misc]
    """The page, with the cookie that it sends back when it is left."""

    async def prepare(self) -> None:
        """Return nothing; the cookie is set with the answer."""
        await super().prepare()
        self.xsrf_token  # noqa: B018 - asking for it sets it

    async def get(self, path: str | None = None) -> None:
        """Return nothing; sends the page, or word that too many are open and another try."""
        most, warm = most_pages(), self.kernel_manager.get_pool_size(self.notebook_path)
        if len(self.kernel_manager.list_kernel_ids()) - warm < most:
            await super().get(path)
            return
        self.set_status(503)
        self.set_header("Retry-After", AGAIN_SECONDS)
        page = self.settings["jinja2_env"].get_template("full.html")
        self.finish(page.render(most=most, again_seconds=AGAIN_SECONDS))


class Wire(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The websocket to a kernel, for those who speak the protocol that Voila reads."""

    async def get(self, kernel_id: str) -> None:
        """Return nothing; raises HTTPError 400 for another protocol."""
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in [each.strip() for each in offered.split(",")]:
            raise HTTPError(400, f"this websocket speaks {PROTOCOL} only")
        await super().get(kernel_id)


class Server(Voila):  # type: ignore[misc]
    """Voila with these handlers, for this machine and the host name that the environment gives."""

    def init_settings(self) -> dict[str, Any]:
        """The settings of the web application."""
        named = [os.environ[HOST]] if os.environ.get(HOST) else []
        settings = super().init_settings()
        theirs = settings["jinja2_env"]  # of the pages that are not Voila's: the login, the full house
        theirs.loader = ChoiceLoader([FileSystemLoader(Path(__file__).with_name("doors")), theirs.loader])
        return {**settings, "allow_remote_access": False, "local_hostnames": ["localhost", *named]}

    def init_handlers(self) -> list[Any]:
        """The handlers of the web application; Voila has no page for /logout, which would end in an error."""
        ours = {TornadoVoilaHandler: Page, VoilaKernelWebsocketHandler: Wire}
        theirs = [each for each in super().init_handlers() if not each[0].endswith("/logout")]
        return [(path, ours.get(handler, handler), *more) for path, handler, *more in theirs]


def main(arguments: list[str]) -> None:
    """Serve until the process is ended; where the environment holds a token, only to those who bring it."""
    token = os.environ.pop(TOKEN, "")  # the kernels need not know it
    Server.launch_instance([*arguments, *([f"--token={token}"] if token else [])])


if __name__ == "__main__":
    main(sys.argv[1:])
