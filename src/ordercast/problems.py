"""The forecasting problems of a run, as stage 2 left them in data/features: what stages 3, 4 and 5 begin with."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ordercast import histories, params, samples, store
from ordercast.features import TARGETS, Problem, Rows


def load(horizon_days: int, features: dict[str, Any], codes: pd.DataFrame | None = None) -> dict[str, Problem]:
    """The problem of each target, price and (where there are sales) demand, with all that is known of its past.

    features: that section of params.yaml. codes: the identity codes of a stored model, by default the catalogue's.
    """
    step_days = calendar()["step_days"]
    products = store.read_parquet("data/raw/products.parquet")
    known_codes = store.read_parquet("data/features/codes.parquet") if codes is None else codes
    return {
        name: Problem(
            TARGETS[name],
            known,
            samples.horizons(horizon_days, step_days),
            samples.codes_of(known.ids, products, known_codes),
            params.Features(**features),
        )
        for name, known in histories.load(step_days).items()
    }


def calendar() -> dict[str, Any]:
    """What stage 2 found: today, step_days (1 or 7), currency, data_hash."""
    found: dict[str, Any] = store.read_json("data/features/calendar.json")
    return found


def training_rows(problem: Problem) -> Rows:
    """The rows stage 2 drew for a problem."""
    return samples.from_frame(store.read_parquet(f"data/features/{problem.target.name}_rows.parquet"), problem.panel)
