"""The page in a real Chromium, served as `make dashboard` serves it: for tests, screenshots and measurements."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Dialog, sync_playwright

from ordercast import dashboard

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPENED_WITHIN_MS = 60_000
STARTED_WITHIN_SECONDS = 60
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")


@contextmanager
def served(root: Path, token: str = "", **environs: str) -> Iterator[str]:
    """The address at which the page of a project is served meanwhile; the log is data/voila<port>.log there.

    environs: what else stands in the server's environment. Raises RuntimeError where the server ends, or does not
    listen within a minute.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, environment = dashboard.serve_command(root, port, token)
    environment |= environs
    log = root / "data" / f"voila{port}.log"  # git leaves that folder out
    with open(log, "w") as file:
        server = subprocess.Popen(command, env=environment, cwd=root, stdout=file, stderr=file, start_new_session=True)
    try:
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while not _listens(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Voila does not listen: {log.read_text()}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


class Visit:
    """A loaded page with what it asked for and complained of."""

    def __init__(
        self, browser: Browser, address: str, width: int = 1280, scheme: Literal["light", "dark"] = "light"
    ) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page.set_default_timeout(OPENED_WITHIN_MS)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._refuse)
        self.page.goto(address, timeout=OPENED_WITHIN_MS, wait_until="commit")
        self.page.wait_for_selector("h1")

    def _refuse(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def ready(self) -> Visit:
        """The same once it listens to clicks and has drawn all."""
        self.page.wait_for_selector("#oc[data-ready=true]")
        self.settled()
        return self

    def settled(self) -> None:
        """Nothing is being waited for any more."""
        self.page.wait_for_selector("#oc:not([aria-busy])")

    def click(self, name: str, role: Literal["button", "link"] = "button") -> None:
        """Click what has that name."""
        self.page.get_by_role(role, name=name).first.click()
        self.settled()

    def rows(self) -> list[str]:
        """The names of the products listed."""
        return [cell.inner_text() for cell in self.page.locator("#oc-list tbody th[scope=row] a").all()]

    def body(self) -> str:
        """What can be read on the page."""
        return self.page.inner_text("#oc-body").replace("\xa0", " ")
