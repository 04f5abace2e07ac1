"""What a buyer could at best forecast in the simulated world from list prices: `python -m benchmarks.floor --json F`.

`truth` knows the latent state. A buyer sees only its sum in list prices, and those only when they are refreshed. The
floors know all constants of the generator and filter the state from what was seen: `floor_alone` from a series' own
prices, `floor_product` from all suppliers of a product, which share its AR(1), `floor_panel` from all series, since the
products of a supplier share his shocks. Which prices are promotions counts as seen.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from benchmarks import accuracy, panels, scores
from benchmarks.latent import filtered
from benchmarks.panels import Floats, Ints, Task
from benchmarks.scores import Outcome
from ordercast import store
from ordercast.kernels.compiled import Bools
from ordercast.simulate.market import KEY, SHOCK_DECAY, Rules, State, _moment, rules_of, season

HALF_CENT = 0.005
SHOWN = ("rmsse_ratio", "rmsse_se_by_origin", "mase_ratio", "series")


@dataclass(frozen=True)
class Sight:
    """What a buyer saw: latent and blur (series, steps) as `filtered` wants them; at the origins (series, origins).

    log_list: list price at the last quote; fresh: whether it still stands; promotion: chance that one runs. Of a list
    price first quoted only after an origin between, the filter is told nothing.
    """

    latent: Floats
    blur: Floats
    log_list: Floats
    fresh: Bools
    promotion: Floats


def rules_in(task: Task) -> Rules:
    """The constants of the task's series, in its order, (series, 1) each."""
    rules = rules_of(task.panel.ids.merge(task.tables.truth["price_rules"], on=KEY, how="left", validate="1:1"))
    return Rules(**{name: column[:, None] for name, column in vars(rules).items()})


def sight(task: Task, rules: Rules) -> Sight:
    known, origins = task.panel, np.array(task.origins)
    step, day = np.arange(known.steps), known.dates.astype(np.int64)
    states = task.tables.truth["price_states"].set_index([*KEY, "date"])["on_promotion"].sort_index()
    cells = known.ids.merge(pd.DataFrame({"date": pd.to_datetime(known.dates).as_unit("us")}), how="cross")
    own = states.loc[pd.MultiIndex.from_frame(cells)].to_numpy(dtype=float).reshape(known.value.shape)
    log_list = np.log(known.value / (1 - rules.discount * own))
    refreshed = step - (day + rules.refresh_phase) % rules.refresh_days
    quote = np.maximum.accumulate(np.where(known.observed, step, -1), axis=1)  # the last one until that step
    before = np.concatenate([np.full((len(own), 1), -1), quote[:, :-1]], axis=1)
    passed = np.searchsorted(origins, refreshed) != np.searchsorted(origins, step)  # an origin in refreshed..step - 1
    row, column = np.nonzero(known.observed & (before < refreshed) & ~passed)
    centre = rules.log_level + rules.supplier_offset + season(rules, day)
    latent, blur = np.full(own.shape, np.nan), np.zeros(own.shape)
    told = refreshed[row, column]
    latent[row, told] = log_list[row, column] - centre[row, told]
    blur[row, told] = HALF_CENT**2 / 3 / known.value[row, column] ** 2
    last = quote[:, origins]
    turnover = rules.promotion_start + rules.promotion_end
    settled = rules.promotion_start / turnover
    on = settled + (1 - turnover) ** (origins - last) * (np.take_along_axis(own, last, axis=1) - settled)
    return Sight(latent, blur, np.take_along_axis(log_list, last, axis=1), last >= refreshed[:, origins], on)


def beliefs(seen: Sight, rules: Rules, ids: pd.DataFrame, group: Ints, origins: Ints, most: int) -> Floats:
    """`filtered` for each group of series on its own: (origins, most, series, 6)."""
    out = np.zeros((len(origins), most, len(ids), 6))
    for number in np.unique(group):
        rows = np.flatnonzero(group == number)
        (_, first, product), (_, at, supplier) = (
            np.unique(ids[name].to_numpy(dtype=object)[rows], return_index=True, return_inverse=True) for name in KEY
        )
        phi, innovation, rate = (
            rules.phi[rows[first], 0],
            rules.innovation_sd[rows[first], 0],
            rules.shock_rate[rows[at], 0],
        )
        told = (seen.latent[rows], seen.blur[rows], product, supplier, phi, innovation, rate, origins, most)
        out[:, :, rows] = filtered(*told)
    return out


def expected(task: Task, rules: Rules, seen: Sight, belief: Floats) -> Floats:
    """E[price] given the mixture of histories, (series, origins, horizons): the generator's own moments, averaged."""
    origins, shape = np.array(task.origins), (len(task.panel.ids), len(task.origins), len(task.horizons))
    flat = Rules(**{name: np.repeat(column, len(origins), axis=0) for name, column in vars(rules).items()})
    day = np.tile(task.panel.dates[origins].astype(np.int64), shape[0])[:, None]
    target, latest = (at - (at + flat.refresh_phase) % flat.refresh_days for at in (day + task.horizons, day))
    ahead = np.maximum(target - day, 0)
    log_list, fresh, on = (cells.reshape(-1, 1) for cells in (seen.log_list, seen.fresh, seen.promotion))
    mean = np.zeros((len(day), shape[2]))
    for history in belief.transpose(1, 3, 2, 0):
        weight, ar, shock, of_ar, of_shock, both = (cells.reshape(-1, 1) for cells in history)
        unseen = (
            flat.log_level + flat.supplier_offset + season(flat, latest) + ar + shock + (of_ar + of_shock) / 2 + both
        )
        chance = cast("Bools", on)  # a promotion enters its own moments linearly: its chance does as well
        state = State(ar, shock, np.where(fresh, log_list, unseen), chance)
        keep, fade = flat.phi**ahead, SHOCK_DECAY**ahead
        doubt = np.where(ahead > 0, keep**2 * of_ar + fade**2 * of_shock + 2 * keep * fade * both, 0)
        mean += weight * np.exp(doubt / 2) * _moment(flat, state, day, task.horizons, 1)
    return mean.reshape(shape)


def floors(task: Task, most: int) -> dict[str, Outcome]:
    """The best that can be said from three sets of prices."""
    rules, ids, origins = rules_in(task), task.panel.ids, np.array(task.origins)
    seen = sight(task, rules)
    groups = {
        "floor_alone": np.arange(len(ids)),
        "floor_product": np.unique(ids["product_id"].to_numpy(dtype=object), return_inverse=True)[1],
        "floor_panel": np.zeros(len(ids), dtype=np.int64),
    }
    outcomes = {}
    for name, group in groups.items():
        start = time.process_time()
        mean = expected(task, rules, seen, beliefs(seen, rules, ids, group, origins, most))
        outcomes[name] = Outcome(mean, None, time.process_time() - start)
    return outcomes


def parts(task: Task, forecasts: pd.DataFrame) -> list[dict[str, object]]:
    """The figures of `scores` of all forecasts, then by days between refreshes and by days ahead."""
    every = task.tables.truth["price_rules"].set_index(KEY)["refresh_days"]
    refresh = every.loc[pd.MultiIndex.from_frame(forecasts[KEY])].to_numpy()
    ahead, seen = forecasts["horizon_days"].to_numpy(), forecasts["actual"].notna().to_numpy()
    cuts = {"all": ahead > 0}
    cuts |= {f"refreshed every {days}": refresh == days for days in np.unique(refresh)}
    cuts |= {f"day {days}": ahead == days for days in np.unique(ahead[seen])}
    return [
        {"part": part, "model": model, **{name: figures[name] for name in SHOWN}}
        for part, within in cuts.items()
        for model, figures in scores.scores(forecasts[within]).items()
        if model != "naive_empirical"
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--origins", type=int, default=12)
    parser.add_argument("--max-series", type=int, default=150)
    parser.add_argument("--seed", type=int, default=7, help="seed of the draw, and of the simulated catalogue")
    parser.add_argument("--histories", type=int, default=64, help="likeliest histories of jumps kept by the filter")
    parser.add_argument("--json", type=Path, required=True, help="file for the list of rows")
    parser.add_argument("--forecasts", type=Path, help="Parquet file for every single forecast with its actual")
    given = parser.parse_args()
    made = panels.tasks(panels.simulated(given.seed), given.origins, given.max_series, given.seed)
    task = next(one for one in made if one.target == "price")
    said, _ = accuracy.forecasts(task, ["ordercast"])
    own = [scores.frame(task, name, outcome) for name, outcome in floors(task, given.histories).items()]
    forecasts = pd.concat([said, *own], ignore_index=True)
    rows = parts(task, forecasts)
    store.write_json(rows, given.json)
    if given.forecasts:
        store.write_parquet(forecasts, given.forecasts, ["model", *KEY, "origin"])
    models = list(dict.fromkeys(str(row["model"]) for row in rows))
    print(f"{'RMSSE to naive':20}" + "".join(f"{model:>15}" for model in models))
    for part, own_rows in pd.DataFrame(rows).groupby("part", sort=False):
        print(f"{part:20}" + "".join(f"{ratio:15.4f}" for ratio in own_rows["rmsse_ratio"]))


if __name__ == "__main__":
    main()
