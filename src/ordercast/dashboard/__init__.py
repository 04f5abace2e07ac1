"""The page for buyers, served by Voila from dashboard/dashboard.ipynb; one visitor's is a `desk.Desk`.

Kernels are started before a visitor comes. The notebook therefore imports, waits for the visitor and only then reads:
each load of the page shows the run that is published at that moment. (Without the wait, a page would show what was
published when its kernel was started, hours ago perhaps.) A page that stays open tells at the next click that a newer
run is there.
"""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from ordercast.outcomes import UsageError

PORTS_TO_TRY = 20

TOKEN = "ORDERCAST_DASHBOARD_TOKEN"  # where the server finds its token; kernels do not get it
HOST = "ORDERCAST_DASHBOARD_HOST"  # the name by which a proxy makes the page known
PAGES = "ORDERCAST_DASHBOARD_PAGES"  # how many pages may be open at once


def serve_command(root: Path, port: int, token: str = "") -> tuple[list[str], dict[str, str]]:
    """The command that serves the page of the project in `root` on 127.0.0.1:`port`, and its environment.

    Kernels are kept warm for the next visitors; those whose browser vanished are ended after two minutes. token:
    whoever comes must bring it (?token=...), "" for nobody has to.
    """
    folder = root / "dashboard"
    arguments = {
        "Voila.ip": "127.0.0.1",
        "Voila.port": port,
        "Voila.port_retries": 0,
        "Voila.log_level": 30,
        "VoilaConfiguration.template": "ordercast",
        # Voila's own templates, which a visitor could ask for by URL, reach for a CDN.
        "VoilaConfiguration.allow_template_override": "NO",
        "VoilaConfiguration.allow_theme_override": "NO",
        "VoilaConfiguration.preheat_kernel": True,
        "VoilaConfiguration.default_pool_size": 2,
        "VoilaConfiguration.file_allowlist": "^$",
        "VoilaConfiguration.extension_denylist": "jupyterlab_pygments",
        "VoilaConfiguration.http_header_envs": "X-Forwarded-User",
        "MappingKernelManager.cull_idle_timeout": 120,
        "MappingKernelManager.cull_interval": 30,
    }
    command = [sys.executable, "-m", "ordercast.dashboard.server", str(folder / "dashboard.ipynb"), "--no-browser"]
    command += [f"--{name}={value}" for name, value in arguments.items()]
    # The environment's own share/jupyter comes first: Voila takes its themes from the first folder that has a
    # `voila` in it, and ours has only the template.
    shared = [str(Path(sys.prefix) / "share" / "jupyter"), str(folder), os.environ.get("JUPYTER_PATH", "")]
    environment = {
        **os.environ,
        "JUPYTER_PATH": os.pathsep.join(path for path in shared if path),
        "ORDERCAST_ROOT": str(root),
        **({TOKEN: token} if token else {}),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    return command, environment


def free_port(first: int) -> int:
    """The first port of 127.0.0.1 from `first` on that nothing listens on; raises UsageError where many are taken."""
    for port in range(first, first + PORTS_TO_TRY):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise UsageError(f"ports {first} to {first + PORTS_TO_TRY - 1} are all taken; choose another with --port")


def wait_for_visitor() -> None:
    """Nothing; returns when somebody asks for the page, at once outside of a kernel that Voila keeps warm."""
    from voila.utils import wait_for_request  # type: ignore[import-untyped]

    from ordercast.dashboard import desk

    with suppress(Exception):  # the visitor is told of what is wrong when he comes, if it still is
        desk.Desk.open().whole()  # what takes long is loaded before
    wait_for_request()


def page() -> tuple[Any, Any]:
    """The page as HTML, and the widget that carries what the visitor does; both are to be displayed."""
    from IPython.display import HTML

    from ordercast.dashboard import bridge, desk

    there = desk.of_request()
    shown = HTML(there.whole())  # type: ignore[no-untyped-call]
    return shown, bridge.Bridge(there.act)
