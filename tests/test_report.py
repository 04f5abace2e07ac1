"""An executed notebook as a page: everything is in the file, nothing is fetched, code is folded away."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from ordercast import report

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\n"


def page(*outputs: Any, source: str = "1 + 1", tags: tuple[str, ...] = ()) -> str:
    cells = [
        v4.new_markdown_cell("# Prices & orders\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)}),
    ]
    return report.render(v4.new_notebook(cells=cells), "2_features.ipynb")


def shown(mime: str, content: Any, **metadata: Any) -> Any:
    return v4.new_output("display_data", {mime: content, "text/plain": "plain"}, metadata=metadata)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(v4.new_output("stream", text="1 < 2\n"), '<pre class="text">1 &lt; 2\n</pre>', id="printed"),
        pytest.param(shown("text/html", "<table><tr><td>7</td></tr></table>"), "<td>7</td>", id="table"),
        pytest.param(shown("text/markdown", "**bold**"), "<strong>bold</strong>", id="markdown"),
        pytest.param(shown("application/vnd.jupyter.widget-view+json", {"model_id": "1"}), ">plain<", id="widget"),
        pytest.param(
            shown("image/png", PIXEL),
            f'<img alt="Figure: Prices &amp; orders" src="data:image/png;base64,{PIXEL.strip()}">',
            id="figure_without_words_is_named_after_its_part",
        ),
        pytest.param(
            shown("image/png", PIXEL, **{"image/png": {"alt": 'error "beside" naive'}}),
            '<img alt="error &quot;beside&quot; naive"',
            id="figure_with_words",
        ),
        pytest.param(shown("image/svg+xml", "<svg/>"), "data:image/svg+xml;base64,PHN2Zy8+", id="svg"),
        pytest.param(
            v4.new_output("error", ename="ValueError", evalue="bad", traceback=["\x1b[31mValueError\x1b[0m: bad"]),
            '<pre class="error">ValueError: bad</pre>',
            id="error_without_terminal_colours",
        ),
        pytest.param(
            shown("text/html", "<b>x</b><script src='https://cdn.example/a.js'></script><LINK href='//c/d.css'>y"),
            '<div class="output"><b>x</b>y</div>',
            id="scripts_and_sheets_from_elsewhere_are_dropped",
        ),
    ],
)
def test_output_is_embedded(output: Any, expected: str) -> None:
    assert expected in page(output)


def test_code_is_folded_and_escaped() -> None:
    assert "<details><summary>Code</summary><pre>a &lt; b</pre></details>" in page(source="a < b")
    assert "<summary>Parameters of this run</summary>" in page(tags=("injected-parameters",))
    assert "<details>" not in page(source=" ")


class Structure(HTMLParser):
    """Collects what a browser would fetch, and checks that tags close in order."""

    VOID = frozenset({"meta", "img", "br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attrs if name in ("src", "srcset", "data") or tag == "link"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_is_whole_titled_and_fetches_nothing() -> None:
    text = page(shown("image/png", PIXEL), shown("text/html", "<p>x</p>"))
    structure = Structure()
    structure.feed(text)
    assert structure.open == []
    assert all(address.startswith("data:") for address in structure.fetched)
    assert "<title>Prices &amp; orders</title>" in text
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in text


def test_written_page_replaces_the_old_one_and_leaves_no_part(tmp_path: Path) -> None:
    executed = tmp_path / "executed/1_data.ipynb"
    executed.parent.mkdir()
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# New")]), executed)
    target = tmp_path / "1_data.html"
    target.write_text("old")
    report.write(executed, executed, target)
    assert "<h1>New</h1>" in target.read_text()
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["1_data.html", "1_data.ipynb"]


def executed_at(hour: int) -> Any:
    """A notebook as papermill leaves it, run at that hour of the day on that release of Python."""
    clock = {"papermill": {"start_time": f"2026-01-01T{hour}", "duration": hour}, "execution": {"idle": str(hour)}}
    styled = v4.new_output("display_data", {"text/html": "<b>1</b>", "text/plain": f"<Styler at 0x7f7e71c02b{hour}>"})
    cells = [
        v4.new_markdown_cell("# Question", metadata=clock, id="question"),
        v4.new_code_cell("seed = 7", metadata={**clock, "tags": ["injected-parameters"]}),  # a random id
        v4.new_code_cell("1", outputs=[styled], metadata={**clock, "tags": []}, id="answer"),
    ]
    language = {"name": "python", "version": f"3.11.{hour}"}
    return v4.new_notebook(cells=cells, metadata={**clock, "language_info": language})


def test_the_same_run_at_another_hour_leaves_the_same_bytes(tmp_path: Path) -> None:
    left = []
    for hour in (10, 11):
        executed = tmp_path / f"{hour}/2_features.ipynb"
        executed.parent.mkdir()
        nbformat.write(executed_at(hour), executed)
        report.write(executed, executed, page := executed.with_suffix(".html"))
        left.append((executed.read_bytes(), page.read_bytes()))
        nbformat.validate(nbformat.read(executed, 4))
    assert left[0] == left[1]
    assert b"seed = 7" in left[0][0]
