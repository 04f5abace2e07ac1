"""Executed notebooks as records and as pages to read: the same run always leaves the same bytes of both."""

import base64
import json
import os
import re
from html import escape
from pathlib import Path
from typing import Any

STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1f2328; font: 16px/1.55 system-ui, "Segoe UI", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1, h2, h3 { line-height: 1.25; margin: 1.8em 0 .5em; }
h1 { font-size: 1.8rem; margin-top: .5em; }
h2 { font-size: 1.3rem; border-top: 1px solid #d8dee4; padding-top: .9em; }
a { color: #0a58a8; }
img, svg { max-width: 100%; height: auto; }
pre, code { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
pre { margin: .5em 0; padding: .7em .9em; overflow-x: auto; background: #f6f8fa; border-radius: 6px; }
pre.text { background: none; padding: 0; white-space: pre-wrap; }
pre.error, p.stopped { background: #fdecea; }
p.stopped { padding: .7em .9em; border-radius: 6px; }
details { margin: .4em 0; }
summary { cursor: pointer; color: #57606a; font-size: .85rem; }
.output { margin: .6em 0; overflow-x: auto; }
table { border-collapse: collapse; border: 0; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25em .75em; border: 0; border-bottom: 1px solid #d8dee4; text-align: right; }
thead th { border-bottom: 2px solid #8c959f; }
tbody th { font-weight: normal; }
footer { margin-top: 3rem; color: #57606a; font-size: .85rem; }
"""
# The page may show what it carries and nothing else: a script or a remote address in an output stays dead.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
PAPERMILL_MARK = "papermill-error-cell-tag"
INJECTED = "injected-parameters"
CLOCKED = ("papermill", "execution")
ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}>")  # where an object lay in memory
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
ACTIVE = re.compile(r"<script\b.*?</script\s*>|<link\b[^>]*>", re.IGNORECASE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def write(ran: Path, record: Path, page: Path) -> None:
    """Write a notebook that ran without the clock, and as a page; a reader never sees half of either."""
    notebook = without_clock(json.loads(ADDRESS.sub(">", ran.read_text(encoding="utf-8"))))
    kept = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    for path, text in ((record, kept), (page, render(notebook, os.path.relpath(record, page.parent)))):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)


def without_clock(notebook: dict[str, Any]) -> dict[str, Any]:
    """The executed notebook (nbformat 4, as JSON) without what differs between equal runs.

    That is times and durations, the random id of the cell papermill puts in, and the interpreter's patch level.
    """
    cells = [
        {
            **cell,
            "id": INJECTED if INJECTED in cell["metadata"].get("tags", []) else cell.get("id"),
            "metadata": {key: value for key, value in cell["metadata"].items() if key not in CLOCKED},
        }
        for cell in notebook["cells"]
    ]
    metadata = {key: value for key, value in notebook["metadata"].items() if key not in CLOCKED}
    language = {key: value for key, value in metadata.get("language_info", {}).items() if key != "version"}
    return {**notebook, "cells": cells, "metadata": {**metadata, "language_info": language}}


def render(notebook: dict[str, Any], record: str) -> str:
    """The page of a notebook (nbformat 4, as JSON), its code folded away; `record`: its file, seen from the page."""
    import mistune

    markdown = mistune.create_markdown(escape=False, plugins=["table"])
    parts: list[str] = []
    title = heading = ""
    for cell in notebook["cells"]:
        source, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
        if PAPERMILL_MARK in tags:
            continue
        if cell["cell_type"] == "markdown":
            heading = next(iter(HEADING.findall(source)), heading)
            title = title or heading
            parts.append(_passive(str(markdown(source))))
        elif cell["cell_type"] == "code" and source.strip():
            parts.append(_code(source, tags))
            parts += [_output(output, heading, markdown) for output in cell["outputs"]]
            if any(output["output_type"] == "error" for output in cell["outputs"]):
                parts.insert(
                    0, f'<p class="stopped">This run stopped with an error at “{escape(heading)}”, see below.</p>'
                )
    body = "\n".join(parts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title or Path(record).name)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
<footer>Executed notebook: <a href="{escape(record)}">{escape(Path(record).name)}</a></footer>
</main>
</body>
</html>
"""


def _code(source: str, tags: list[str]) -> str:
    label = "Parameters of this run" if INJECTED in tags else "Code"
    return f"<details><summary>{label}</summary><pre>{_plain(source)}</pre></details>"


def _output(output: dict[str, Any], heading: str, markdown: Any) -> str:
    kind = output["output_type"]
    if kind == "stream":
        return f'<pre class="text">{_plain("".join(output["text"]))}</pre>'
    if kind == "error":
        trace = "\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}"
        return f'<pre class="error">{_plain(trace)}</pre>'
    data = {mime: "".join(text) for mime, text in output["data"].items() if isinstance(text, str | list)}
    described = output.get("metadata", {})
    for mime in ("image/svg+xml", "image/png", "image/jpeg"):
        if mime in data:
            alt = described.get(mime, {}).get("alt") or described.get("alt") or f"Figure: {heading}"
            content = data[mime].replace("\n", "")
            if mime == "image/svg+xml":
                content = base64.b64encode(data[mime].encode()).decode()
            image = f'<img alt="{escape(alt)}" src="data:{mime};base64,{content}">'
            return f'<div class="output">{image}</div>'
    if "text/html" in data:
        return f'<div class="output">{_passive(data["text/html"])}</div>'
    if "text/markdown" in data:
        return f'<div class="output">{_passive(str(markdown(data["text/markdown"])))}</div>'
    return f'<pre class="text">{_plain(data.get("text/plain", ""))}</pre>'


def _passive(html: str) -> str:
    return ACTIVE.sub("", html)


def _plain(text: str) -> str:
    return escape(ANSI.sub("", text), quote=False)
