"""Forecast accuracy beside simple models and peers: `python -m benchmarks.accuracy DIR... | simulated --json F`.

Every model is asked for the same series at the same origins: the last ones of the panel, one horizon (14 days) apart.
It is fitted once, on what was known at the first of them; AutoETS and AutoTheta are fitted again at each. Settings of
all are their usual ones; nobody is tuned here. Seconds are those of the CPU, for the fit and all forecasts.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import ours, panels, peers, quantile, scores, simple
from benchmarks.libraries import MissingPeer
from benchmarks.ours import Strategy
from benchmarks.panels import InputError, Task
from benchmarks.scores import Outcome
from ordercast import store
from ordercast.simulate.market import conditional_mean

Contender = Callable[[Task], Outcome]
SHOWN = (
    "rmsse_ratio",
    "rmsse_se_by_origin",
    "mase_ratio",
    "wql_ratio",
    "coverage80",
    "coverage80_se_by_origin",
    "share_worse_5pct",
    "p95_ratio",
)


def at_origins(task: Task, one: Callable[[int], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """What `one` says at each origin, stacked to (series, origins, ...)."""
    return np.stack([one(origin) for origin in task.origins], axis=1)


def naive(task: Task) -> Outcome:
    start = time.process_time()
    mean = at_origins(task, lambda origin: simple.naive(task.known(origin), task.horizons))
    return Outcome(mean, None, time.process_time() - start)


def naive_empirical(task: Task) -> Outcome:
    start = time.process_time()
    mean = naive(task).mean
    quantiles = at_origins(
        task, lambda origin: simple.empirical_quantiles(task.known(origin), task.horizons, task.target)
    )
    return Outcome(mean, quantiles, time.process_time() - start)


def seasonal_naive(task: Task) -> Outcome:
    start = time.process_time()
    mean = at_origins(task, lambda origin: simple.seasonal_naive(task.known(origin), task.horizons, task.target))
    return Outcome(mean, None, time.process_time() - start)


def lightgbm_quantile(task: Task) -> Outcome:
    """Its median is its point forecast too."""
    start = time.process_time()
    model = quantile.fit(task.known(task.cut), task.horizons, task.target)
    quantiles = at_origins(task, lambda origin: model.quantiles(task.known(origin), task.horizons))
    return Outcome(quantiles[..., 1], quantiles, time.process_time() - start)


def ordercast(task: Task) -> dict[str, Outcome]:
    """Our forecasts, direct and recursive; the seconds of the one fit are counted in both."""
    start = time.process_time()
    tables = task.tables
    lesson = ours.lesson(
        tables.prices,
        tables.sales,
        tables.products,
        task.target,
        task.horizons,
        today=pd.Timestamp(task.panel.dates[-1]),
        step_days=task.panel.step_days,
        last_steps=task.panel.steps - 1 - task.cut,
    )
    if lesson.cut != task.cut or not lesson.problem.panel.ids.equals(task.panel.ids):
        raise ValueError(f"our engine laid {task.name} on another calendar than its peers")
    model = ours.fit(lesson)
    fitted = time.process_time() - start
    outcomes = {}
    strategies: dict[str, Strategy] = {"ordercast": "direct", "ordercast_recursive": "recursive"}
    for name, strategy in strategies.items():
        start = time.process_time()
        said = [ours.forecast(model, origin, strategy) for origin in task.origins]
        mean, quantiles = (np.stack(cells, axis=1) for cells in zip(*said, strict=True))
        outcomes[name] = Outcome(mean, quantiles, fitted + time.process_time() - start)
    return outcomes


def truth(task: Task) -> Outcome:
    """The exact expectation of a simulated world's prices, which nobody can beat; known by the day."""
    start = time.process_time()
    origins = task.panel.dates[task.origins].astype("datetime64[us]")
    exact = conditional_mean(task.tables.truth, list(origins), task.horizons.tolist())
    drawn = pd.MultiIndex.from_frame(exact[scores.SERIES_KEY]).isin(pd.MultiIndex.from_frame(task.panel.ids))
    exact, shape = exact[drawn], (len(task.panel.ids), len(origins), len(task.horizons))
    return Outcome(exact["conditional_mean"].to_numpy().reshape(shape), None, time.process_time() - start)


def contenders() -> dict[str, Contender]:
    """All models but ours and the truth, by name."""
    simplest: dict[str, Contender] = {
        "naive": naive,
        "seasonal_naive": seasonal_naive,
        "naive_empirical": naive_empirical,
        "lightgbm_quantile": lightgbm_quantile,
    }
    return simplest | peers.contenders()


MODELS = ("ordercast", "ordercast_recursive", *contenders())


def forecasts(task: Task, models: Sequence[str]) -> tuple[pd.DataFrame, dict[str, float]]:
    """Every forecast of the models on a task, and the CPU seconds of each.

    Always there, asked for or not: the two that ratios refer to and, where it is known, the truth.
    """
    asked = [name for name in MODELS if name in models or name in ("naive", "naive_empirical")]
    outcomes: dict[str, Outcome] = {}
    if any(name.startswith("ordercast") for name in asked):
        outcomes |= {name: outcome for name, outcome in ordercast(task).items() if name in asked}
    for name, contender in contenders().items():
        if name in asked:
            outcomes[name] = contender(task)
    if task.tables.truth and task.target == "price":
        outcomes["truth"] = truth(task)
    frames = [scores.frame(task, name, outcome) for name, outcome in outcomes.items()]
    seconds = {name: outcome.seconds for name, outcome in outcomes.items()}
    return pd.concat(frames, ignore_index=True), seconds


def heading(task: Task, rows: Sequence[dict[str, object]]) -> str:
    """What a panel's table shows, and how busy the machine was."""
    first, last = task.panel.dates[task.origins[0]], task.panel.dates[task.origins[-1]]
    scored = f"{'; '.join(task.notes)}, {rows[0]['series']} of them scored"
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return f"{task.name}: {scored}; {len(task.origins)} origins, {first} to {last}; {load}"


def table(rows: Sequence[dict[str, object]]) -> str:
    """The rows of one panel as lines of text."""
    header = f"{'model':22}" + "".join(f"{name.removesuffix('_by_origin'):>17}" for name in SHOWN) + f"{'cpu s':>9}"
    lines = [header]
    for row in rows:
        cells = ["-" if row[name] is None else f"{row[name]:.4g}" for name in SHOWN]
        lines.append(f"{row['model']:22}" + "".join(f"{cell:>17}" for cell in cells) + f"{row['seconds']:>9}")
    return "\n".join(lines)


def measure(
    sources: Sequence[str],
    origins: int,
    max_series: int,
    seed: int,
    models: Sequence[str],
    rows_file: Path,
    forecasts_file: Path | None,
    skip_days: int = 0,
) -> None:
    """Measure one panel after the other; what is done is written after each, so that a stopped run keeps it."""
    names = [Path(source).resolve().name for source in sources]
    if len(set(names)) < len(names):
        raise InputError(f"two of the folders have the same name, by which panels are told apart: {', '.join(names)}")
    rows: list[dict[str, object]] = []
    written: list[pd.DataFrame] = []
    for source in sources:
        tables = panels.simulated(seed) if source == "simulated" else panels.read(source)
        for task in panels.tasks(panels.earlier(tables, skip_days), origins, max_series, seed):
            said, seconds = forecasts(task, models)
            own = [{**row, "skip_days": skip_days} for row in scores.rows(task, said, seconds)]
            rows += own
            print(f"\n{heading(task, own)}\n{table(own)}", flush=True)
            written.append(said)
        together = [pooled for target in ("price", "demand") for pooled in scores.pooled(rows, target)]
        store.write_json([*rows, *together], rows_file)
        if forecasts_file:
            store.write_parquet(pd.concat(written), forecasts_file, ["panel", "model", *scores.SERIES_KEY, "origin"])
    for name in dict.fromkeys(str(row["panel"]) for row in together):
        own = [row for row in together if row["panel"] == name]
        print(f"\n{name}: geometric mean over the real panels\n{table(own)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="+", metavar="DIR|simulated", help="folders of tables, or the word simulated")
    parser.add_argument("--origins", type=int, default=12)
    parser.add_argument("--max-series", type=int, default=150, help="series drawn from each panel")
    parser.add_argument("--seed", type=int, default=7, help="seed of the draw, and of the simulated catalogue")
    parser.add_argument(
        "--skip-days", type=int, default=0, help="leave out the last days: to choose settings on others"
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS, help="all of them by default")
    parser.add_argument("--json", type=Path, required=True, help="file for the list of rows")
    parser.add_argument("--forecasts", type=Path, help="Parquet file for every single forecast with its actual")
    given = parser.parse_args()
    try:
        measure(
            given.source,
            given.origins,
            given.max_series,
            given.seed,
            given.models,
            given.json,
            given.forecasts,
            given.skip_days,
        )
    except (InputError, MissingPeer) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
