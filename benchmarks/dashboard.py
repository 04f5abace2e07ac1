"""How quick the page is: `python -m benchmarks.dashboard [--products 10000] [--loads 200] [--viewers 10] --json F`.

The catalogue is that of the run published here, its products again and again under ids of their own. Times are the
browser's, in milliseconds: from a click, a choice or the last key of a search until its answer stands on the page
(a search waits 150 ms for the next key, which counts). first_paint: until the orders can be read; ready: until the page
answers clicks. Viewers come at the same moment; loads follow each other, each visitor leaving before the next comes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.browser import chromium, served
from ordercast import duck, project, publish, store

REST_SECONDS = 6  # between visits, for the next kernel to get warm
WATCH = """
window.oc = {};
new MutationObserver(() => {
  if (oc.read || !document.querySelector("h1")) return;
  oc.read = true;
  requestAnimationFrame(() => { oc.painted = performance.now(); });
}).observe(document, {childList: true, subtree: true});
"""
ANSWER = """([selector, value, place]) => new Promise((done) => {
  const page = document.getElementById("oc"), body = document.getElementById(place);
  const source = document.querySelector(selector), began = performance.now();
  const watch = new MutationObserver((changes) => {
    if (!changes.some((change) => change.type === "childList")) return;
    watch.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  });
  watch.observe(body, {childList: true});
  if (value === null) return source.click();
  if (source.type === "checkbox") source.checked = value; else source.value = value;
  source.dispatchEvent(new Event("input", {bubbles: true}));
})"""
CLICKS: tuple[tuple[str, str, Any, str], ...] = (
    ("show_all", "#oc-show", "all", "oc-list"),
    ("sort", "#oc-sort", "total", "oc-list"),
    ("next_page", "#oc-after", None, "oc-list"),
    ("tick", "#oc-list input[type=checkbox]", None, "oc-bulk"),
    ("search", "#oc-search", "de", "oc-list"),
    ("product", "#oc-list tbody th a", None, "oc-body"),
    ("back_to_today", "#oc-nav a", None, "oc-body"),
)


def multiplied(published: Path, folder: Path, products: int) -> None:
    """A published run beside which the products stand again and again, until there are so many."""
    shutil.copytree(published, folder, ignore=shutil.ignore_patterns("*.parquet"))
    db = duck.connect(spill=folder)
    source = duck.text(duck.pattern(published / "data/raw/products.parquet"))
    (known,) = db.execute(f"SELECT count(*) FROM {source}").fetchone() or (1,)
    for path in sorted(published.rglob("*.parquet")):
        source, target = duck.text(duck.pattern(path)), duck.text(folder / path.relative_to(published))
        names = [column[0] for column in db.execute(f"DESCRIBE FROM {source}").fetchall()]
        if "product_id" not in names:
            shutil.copy2(path, folder / path.relative_to(published))
            continue
        first = "language, " if "language" in names else ""
        rows = f"""
            SELECT t.* REPLACE (CASE copy WHEN 0 THEN product_id ELSE product_id || '-' || copy END AS product_id)
            FROM {source} AS t, range({-(-products // known)}) AS copies(copy) ORDER BY {first}product_id
        """
        db.execute(f"COPY ({rows}) TO {target} (FORMAT parquet, ROW_GROUP_SIZE 20000)")


def load(browser: Browser, address: str) -> tuple[Page, dict[str, float]]:
    """A visitor's page, and how long it took until it could be read and until it answered."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.add_init_script(WATCH)
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#oc[data-ready=true]")
    return page, page.evaluate("({first_paint: oc.painted, ready: performance.now()})")


def leave(page: Page) -> None:
    """The visitor goes on to another page, at which the kernel ends; a page that is only closed here says nothing."""
    page.goto("about:blank")
    page.close()


def clicks(browser: Browser, address: str, rounds: int) -> dict[str, list[float]]:
    """The times of a first load and of every click, `rounds` of each."""
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        time.sleep(REST_SECONDS)
        page, told = load(browser, address)
        page.wait_for_selector("#oc:not([aria-busy])")
        for name, selector, value, place in CLICKS:
            told[name] = page.evaluate(ANSWER, [selector, value, place])
            page.wait_for_selector("#oc:not([aria-busy])")
        leave(page)
        for name, each in told.items():
            times.setdefault(name, []).append(each)
    return times


def crowd(browser: Browser, address: str, viewers: int) -> float:
    """Seconds until the last of so many visitors, who came at once, has a page that answers."""
    began = time.perf_counter()
    pages = [browser.new_page() for _ in range(viewers)]
    for page in pages:
        page.goto(address, wait_until="commit", timeout=120_000)
    for page in pages:
        page.wait_for_selector("#oc[data-ready=true]", timeout=120_000)
        page.wait_for_selector("#oc:not([aria-busy])")
    took = time.perf_counter() - began
    for page in pages:
        leave(page)
    return took


def in_a_row(browser: Browser, address: str, loads: int) -> list[float]:
    """Milliseconds until each of so many visits, one after the other, answered. One that hangs for a minute raises."""
    times = []
    for _ in range(loads):
        began = time.perf_counter()
        page, _told = load(browser, address)
        times.append(1000 * (time.perf_counter() - began))
        leave(page)
    return times


def told(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """The median and the worst of each."""
    return {name: {"median": round(float(np.median(each))), "worst": round(max(each))} for name, each in times.items()}


def main() -> None:
    """Measure, print, and write the figures where --json says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--viewers", type=int, default=10)
    parser.add_argument("--loads", type=int, default=200)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    root = project.root()
    published = publish.current(root)
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        (made / "data/published").mkdir(parents=True)
        multiplied(published, made / "data/published" / published.name, chosen.products)
        shutil.copy2(published.parent / "current.json", made / "data/published")
        for each in ("dashboard", "params.yaml", "dvc.yaml"):
            os.symlink(root / each, made / each)
        result: dict[str, Any] = {"products": chosen.products, "load_average": os.getloadavg()[0]}
        parts: dict[str, Callable[[Browser, str], Any]] = {
            "milliseconds": lambda browser, address: told(clicks(browser, address, chosen.rounds)),
            "crowd_seconds": lambda browser, address: round(crowd(browser, address, chosen.viewers), 1),
            "in_a_row_milliseconds": lambda browser, address: told({"ready": in_a_row(browser, address, chosen.loads)}),
        }
        with served(made) as address, chromium() as browser:
            for part, measure in parts.items():
                result[part] = measure(browser, f"{address}?lang=en")
                print(part, result[part], flush=True)
            result["server_log"] = next(made.glob("data/voila*.log")).read_text()[-2000:]
    if chosen.json:
        store.write_json(result, chosen.json)


if __name__ == "__main__":
    main()
