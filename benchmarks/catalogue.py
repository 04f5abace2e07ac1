"""What a catalogue costs: CPU seconds of data, training and forecasts, `python -m benchmarks.catalogue`.

The system this project was conceived from took 76 CPU seconds for the same three steps on 200 products (data 32.5,
training 21.3, forecasts 22.9, imports not counted). Here too imports are counted apart. One process, no notebooks.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

SPENT: dict[str, float] = {}


@contextmanager
def counted(step: str) -> Iterator[None]:
    start = time.process_time()
    yield
    SPENT[step] = round(SPENT.get(step, 0.0) + time.process_time() - start, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=200)
    parser.add_argument("--days", type=int, default=1095)
    arguments = parser.parse_args()
    with counted("imports"):
        from ordercast import forecast, panel, params, samples, simulate, store, train
        from ordercast.features import TARGETS, Problem, rows

    settings = params.Params()
    spec, base = settings.features, settings.base
    with counted("data"), tempfile.TemporaryDirectory() as folder:
        world = simulate.world(arguments.products, arguments.days, base.seed, date(2026, 10, 31), base.currency)
        for name, table in world.tables().items():
            store.write_parquet(table, Path(folder, f"{name}.parquet"), [])
    with counted("training"):
        panels = panel.panels(world.prices, world.sales, world.prices["date"].max(), 1)
        codes = samples.code_table(world.products, world.prices)
        problems, models = {}, {}
        for name, known in panels.items():
            ahead = samples.horizons(settings.forecast.reach_days, known.step_days)
            own = samples.codes_of(known.ids, world.products, codes)
            problems[name] = Problem(TARGETS[name], known, ahead, own, spec)
            learned = rows(problems[name], samples.training_cells(known, ahead, spec, base.seed))
            models[name] = train.fit(
                problems[name],
                learned,
                known.steps - 1,
                settings.train,
                seed=base.seed,
                threads=base.threads,
            )
    with counted("forecasts"):
        made = sum(len(forecast.forecast(model, problems[name], "direct")) for name, model in models.items())
    steps = sum(SPENT[step] for step in ("data", "training", "forecasts"))
    print(json.dumps({"cpu_seconds": SPENT, "without_imports": round(steps, 2), "forecasts": made}, indent=2))


if __name__ == "__main__":
    main()
