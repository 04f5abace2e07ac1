"""One stage: its notebook run from top to bottom, `python -m ordercast.runner STAGE` in the project's folder.

DVC starts one of these per stage. params.yaml is checked as a whole first; then notebooks/N_STAGE.ipynb gets
exactly the parameters that dvc.yaml declares for the stage: nothing can depend on a value DVC does not watch.
Leaves reports/executed/N_STAGE.ipynb and reports/N_STAGE.html; while it runs, and where it fails, the notebook as far
as it came stands in reports/unfinished/, which is nobody's output: DVC has nothing to protect there.
"""

import ctypes
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ordercast import params as settings

SECRET = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|API_?KEY|ACCESS_KEY|DATABASE_URL", re.IGNORECASE)
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
PR_SET_PDEATHSIG = 1


class SetupError(Exception):
    """A stage cannot start: dvc.yaml or its notebook is at fault."""


class StageError(Exception):
    """A notebook did not finish; the text says where, why, and where to look."""


def die_with(parent: int) -> Callable[[], None]:
    """A function that ties the process which calls it to `parent`: the kernel kills it when the parent dies.

    For `Popen(preexec_fn=...)` (it survives exec) or to be called in place. A parent that died before the
    call is noticed by its absence. Other systems than Linux have no such tie; there the function does nothing.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None

    def tie() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return tie


def run(stage: str) -> None:
    """Run a stage's notebook in the current folder, printing a line per code cell.

    Raises ParamsError or SetupError before anything runs when params.yaml, dvc.yaml or the notebook are at
    fault, and StageError with the notebook, the cell and the message when a cell fails.
    """
    checked = settings.load("params.yaml")
    injected = declared(stage, checked)
    notebook = _notebook(stage)
    unfinished = Path("reports/unfinished", notebook.name)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    # Connection file, sockets and IPython's profile. A unix socket's path has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="ordercast-", dir="/tmp" if len(tempfile.gettempdir()) > 60 else None))
    try:
        _execute(notebook, unfinished, injected, folder, checked.base.threads)
    except BaseException:
        _record(unfinished, unfinished)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _record(unfinished, Path("reports", "executed", notebook.name), Path("reports", notebook.name))
    for left in (unfinished, unfinished.with_suffix(".html")):
        left.unlink(missing_ok=True)


def _record(ran: Path, notebook: Path, page: Path | None = None) -> None:
    """Write a notebook that ran, as far as it came, as a record and as a page (by default beside the record)."""
    if ran.exists():
        from ordercast import report

        report.write(ran, notebook, (page or notebook).with_suffix(".html"))


def declared(stage: str, checked: settings.Params, pipeline: str = "dvc.yaml") -> dict[str, Any]:
    """The JSON-able parameters dvc.yaml declares for a stage: whole sections or single keys, by section."""
    import yaml

    if not Path(pipeline).exists():
        raise SetupError(f"there is no {pipeline} here; run this in the project's folder")
    stages = yaml.safe_load(Path(pipeline).read_text(encoding="utf-8"))["stages"]
    if stage not in stages:
        raise SetupError(f"{pipeline} has no stage {stage!r}; the stages are {', '.join(stages)}")
    known = checked.model_dump(mode="json")
    injected: dict[str, Any] = {}
    for key in stages[stage].get("params", []):
        *sections, last = str(key).split(".")
        source, target = known, injected
        for section in sections:
            source, target = source.get(section, {}), target.setdefault(section, {})
        if last not in source:
            raise SetupError(f"{pipeline}: stage {stage} declares {key}, which is no parameter")
        target[last] = source[last]
    return injected


def _notebook(stage: str) -> Path:
    found = sorted(Path("notebooks").glob(f"[0-9]*_{stage}.ipynb"))
    if len(found) != 1:
        names = ", ".join(map(str, found)) or "none"
        raise SetupError(f"stage {stage} needs one notebook, notebooks/N_{stage}.ipynb; found: {names}")
    return found[0]


def environment(threads: int, folder: Path) -> dict[str, str]:
    """The environment of a kernel: ours without what looks like a secret, with what makes runs repeat."""
    kept = {name: value for name, value in os.environ.items() if not SECRET.search(name)}
    return kept | {
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "passive",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }


def _start_kernel(folder: Path, threads: int) -> Any:
    """A starting kernel of this interpreter, whatever the user has installed under the name python3."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync

    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    command.append("--HistoryManager.enabled=False")
    kernel = AsyncKernelManager(transport="ipc", connection_file=str(folder / "kernel.json"))
    kernel._kernel_spec = KernelSpec(argv=command, language="python", display_name="Python 3")
    # ipykernel looks for its parent once a second, in Python: a cell that stays in native code would
    # outlive a killed runner. The signal of `die_with` waits for nobody.
    run_sync(kernel.start_kernel)(env=environment(threads, folder), preexec_fn=die_with(os.getpid()))
    return kernel


def _execute(notebook: Path, executed: Path, injected: dict[str, Any], folder: Path, threads: int) -> None:
    from jupyter_core.utils import run_sync

    kernel = _start_kernel(folder, threads)  # boots while papermill is imported
    try:
        _run_cells(notebook, executed, injected, kernel)
    finally:
        # Results are renamed into place before a cell ends, so there is nothing to wait for.
        run_sync(kernel.shutdown_kernel)(now=True)


def _run_cells(notebook: Path, executed: Path, injected: dict[str, Any], kernel: Any) -> None:
    _leave_out_unused_imports()
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import execute_notebook

    progress = Progress(notebook)
    try:
        execute_notebook(
            str(notebook),
            str(executed),
            parameters=injected,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            km=kernel,
            on_notebook_start=progress.begin,
            on_cell_execute=progress.enter,
            on_cell_executed=progress.leave,
        )
    except PapermillExecutionError as error:
        message = ANSI.sub("", f"{error.ename}: {error.evalue}" if error.evalue else error.ename)
        where = f"the cells as they ran, with the traceback: {executed}"
        raise StageError(f"{progress.place(error.cell_index)}: {message}\n{where}") from None
    except DeadKernelError:
        print(flush=True)
        raise StageError(f"{progress.place()}: the kernel died; was memory short?") from None


def _leave_out_unused_imports() -> None:
    """Spare a second per stage: jsonschema's check of international web addresses builds a parser on import.

    It is optional there (a failing import is caught) and no notebook has use for it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    sys.modules.setdefault("isoduration", None)  # type: ignore[arg-type]


class Progress:
    """Prints where a notebook is, a line per code cell: "2 features · 3/8 Load the quotes · 0.4 s"."""

    def __init__(self, notebook: Path) -> None:
        self.notebook = notebook
        self.titles: dict[int, tuple[int, str]] = {}
        self.current = 0
        self.entered = 0.0

    def begin(self, notebook: Any) -> None:
        """Number and name the code cells; the cell papermill puts in is not one of the author's."""
        heading = ""
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "markdown":
                heading = next(iter(HEADING.findall(cell.source)), heading)
            elif cell.cell_type == "code" and cell.source.strip():
                if "injected-parameters" in cell.metadata.get("tags", []):
                    continue
                first = cell.source.strip().splitlines()[0]
                comment = first.lstrip("# ") if first.startswith("#") else ""
                self.titles[index] = len(self.titles) + 1, heading or comment or "untitled"
                heading = ""

    def enter(self, cell: Any, cell_index: int) -> None:
        """Begin a line, left open while the cell runs."""
        self.current, self.entered = cell_index, time.perf_counter()
        if cell_index in self.titles:
            number, title = self.titles[cell_index]
            stage = self.notebook.stem.replace("_", " ", 1)
            print(f"{stage} · {number}/{len(self.titles)} {title}", end="", flush=True)

    def leave(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """End the line with the cell's seconds."""
        if cell_index in self.titles:
            failed = " · failed" if execute_reply["content"]["status"] == "error" else ""
            print(f" · {time.perf_counter() - self.entered:.1f} s{failed}", flush=True)

    def place(self, index: int | None = None) -> str:
        """The notebook and cell (by default the one entered last) in words."""
        number, title = self.titles.get(self.current if index is None else index, (0, "parameters"))
        return f"notebook {self.notebook}, cell {number} ({title})"


def main() -> int:
    """Exit code of `python -m ordercast.runner STAGE`: 0 done, 1 the notebook failed, 2 nothing started."""
    die_with(os.getppid())()
    if len(sys.argv) != 2:
        print("usage: python -m ordercast.runner STAGE", file=sys.stderr)
        return 2
    stage = sys.argv[1]
    try:
        run(stage)
    except (settings.ParamsError, SetupError) as error:
        print(error, file=sys.stderr)
        return 2
    except StageError as error:
        print(f"stage {stage} failed in {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nstage {stage} was stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
