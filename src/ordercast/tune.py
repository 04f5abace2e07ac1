"""Which few settings of the training forecast best, in the windows that judge and never on the test days.

A seeded study by the tree-structured Parzen estimator (Bergstra et al. 2011; the optuna package). It begins with the
settings in force, so that its best is never worse than they are.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
import pandas as pd

from ordercast import evaluate, problems, train
from ordercast.features import Problem, Rows
from ordercast.params import Data, Params, Train

NOTE = "# `ordercast tune`"
LEAST_GAIN = 0.0005  # of the loss: below it the settings in force stay


@dataclass(frozen=True)
class Task:
    """What a trial learns from: nothing after step `cut`, the first test day, is seen."""

    problem: Problem
    rows: Rows
    cut: int


@dataclass(frozen=True)
class Found:
    """A study's outcome: best settings, trials (one row each: loss and knobs), loss of the settings before and best."""

    settings: Train
    trials: pd.DataFrame
    loss_before: float
    loss: float

    @property
    def better(self) -> bool:
        return self.loss < self.loss_before - LEAST_GAIN


def tasks(given: Params) -> tuple[dict[str, Task], str]:
    """What a search learns from, by target, as stage 2 left it, and the first test day, which it does not pass."""
    found = {}
    for name, problem in problems.load(given.base.horizon_days, given.features.model_dump()).items():
        tested = given.evaluate
        plan = evaluate.windows(problem.panel, problem.horizons, tested.origins, tested.every_days, given.train)
        found[name] = Task(problem, problems.training_rows(problem), plan.cut)
    return found, str(found["price"].problem.panel.dates[found["price"].cut])


def _suggested(trial: optuna.Trial) -> dict[str, Any]:
    """The few knobs that matter, with the range in which each is searched."""
    return {
        "learning_rate": round(trial.suggest_float("learning_rate", 0.05, 0.3, log=True), 3),
        "num_leaves": trial.suggest_int("num_leaves", 7, 63, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 800, log=True),
        "feature_fraction": round(trial.suggest_float("feature_fraction", 0.2, 1.0), 2),
        "bagging_fraction": round(trial.suggest_float("bagging_fraction", 0.3, 1.0), 2),
        "lambda_l2": round(trial.suggest_float("lambda_l2", 0.1, 100.0, log=True), 2),
    }


def search(
    tasks: Mapping[str, Task],
    settings: Train,
    *,
    trials: int,
    seed: int,
    threads: int,
    tell: Callable[[int, float], None] = lambda number, loss: None,
) -> Found:
    """The study: `trials` settings tried beside those in force, each judged by the mean loss over the tasks.

    The loss is that of `train.window_loss`: 1 is a model that knows nothing. tell: called after each trial.
    """

    def loss_of(trial: optuna.Trial) -> float:
        suggested = _suggested(trial)  # asked for in any case: the study must know what was tried
        tried = settings.model_copy(update=suggested) if trial.number else settings
        losses = [
            train.window_loss(task.problem, task.rows, task.cut, tried, seed=seed, threads=threads)
            for task in tasks.values()
        ]
        tell(trial.number, float(np.mean(losses)))
        return float(np.mean(losses))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    names = ("learning_rate", "num_leaves", "min_data_in_leaf", "feature_fraction", "bagging_fraction", "lambda_l2")
    study.enqueue_trial({name: getattr(settings, name) for name in names})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the settings in force may lie outside the ranges searched
        study.optimize(loss_of, n_trials=trials + 1)
    table = pd.DataFrame([{"loss": trial.value, **trial.params} for trial in study.trials])
    best = settings
    if study.best_trial.number:
        best = settings.model_copy(update=_suggested(optuna.trial.FixedTrial(study.best_params)))  # type: ignore[arg-type]
    return Found(best, table.round(6), round(table["loss"].iloc[0], 6), round(study.best_value, 6))


def evidence(found: Found, data: Data, until: str) -> str:
    """What stands behind the best settings: how many were tried, on which data, the losses, the first test day."""
    source = {"simulate": "simulated data", "database": "the database"}.get(data.source, data.path)
    tried = len(found.trials) - 1
    number = "1 trial" if tried == 1 else f"{tried} trials"
    losses = f"loss {found.loss:.4f} beside {found.loss_before:.4f} before"
    return f", {number} on {source}: {losses}, in windows up to {until}"


def report(found: Found, data: Data, until: str) -> dict[str, Any]:
    """The study as plain JSON values, with the data it learned from."""
    return {
        "data": data.model_dump(include={"source", "path"}) | {"hash": problems.calendar()["data_hash"]},
        "loss": found.loss,
        "loss_before": found.loss_before,
        "judged_until": until,
        "settings": found.settings.model_dump(),
        "trials": found.trials.to_dict("records"),
    }


def rewritten(text: str, settings: Train, evidence: str) -> str:
    """The text of params.yaml with the settings in its train section and the evidence in a comment above it.

    Raises ValueError where they cannot be written without touching anything else, such as a section in one line.
    """
    lines = [line for line in text.split("\n") if not line.startswith(NOTE)]
    wanted = settings.model_dump()
    start = next((n for n, line in enumerate(lines) if re.match(r"train:\s*(#.*)?$", line)), len(lines))
    for n in range(start + 1, len(lines)):
        if re.match(r"\S", lines[n]):
            break
        found = re.match(r"(  (\w+): )\S+( *)", lines[n])
        if found and found[2] in wanted:
            told = f"{found[1]}{wanted.pop(found[2])}"
            lines[n] = (told.ljust(found.end()) if found[3] else told) + lines[n][found.end() :]
    if wanted:
        raise ValueError(
            "params.yaml: ordercast tune writes one setting a line under `train:`; it does not find "
            + ", ".join(f"train.{name}" for name in wanted)
        )
    return "\n".join([*lines[:start], NOTE + evidence, *lines[start:]])
