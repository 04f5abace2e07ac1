"""What stages 3, 4 and 5 begin with is what stage 2 left."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import histories, problems, samples, store
from ordercast.features import Problem


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """The small world's problems, stored as stage 2 does, in the folder one stands in."""
    monkeypatch.chdir(tmp_path)
    made = {name: small.problem(name) for name in ("price", "demand")}
    tables = {"codes": samples.code_table(small.PRODUCTS, small.quotes())}
    histories.keep({name: each.panel for name, each in made.items()})
    tables |= {f"{name}_rows": samples.to_frame(small.training_rows(each), each.panel) for name, each in made.items()}
    for name, table in tables.items():
        store.write_parquet(table, f"data/features/{name}.parquet", [])
    store.write_parquet(small.PRODUCTS, "data/raw/products.parquet", [])
    store.write_json({"step_days": 1}, "data/features/calendar.json")
    return made


def assert_same(one: Problem, other: Problem) -> None:
    assert (one.target, one.spec, one.horizons.tolist()) == (other.target, other.spec, other.horizons.tolist())
    pd.testing.assert_frame_equal(one.codes, other.codes)
    for field in ("z", "observed", "first", "driver", "market", "supplier", "usual"):
        np.testing.assert_array_equal(getattr(one.panel, field), getattr(other.panel, field), err_msg=field)


def test_problems_come_back(stored):
    loaded = problems.load(14, small.SPEC.model_dump())
    assert list(loaded) == ["price", "demand"]
    for name, each in loaded.items():
        assert_same(each, stored[name])


def test_a_stored_models_codes_take_the_place_of_the_catalogues(stored):
    codes = samples.codes_from({"product": ["B", "A"], "category": [], "supplier": []})
    loaded = problems.load(14, small.SPEC.model_dump(), codes)["demand"]
    assert loaded.codes["product_code"].tolist() == [1.0, 0.0]
    assert_same(replace(loaded, codes=stored["demand"].codes), stored["demand"])


@pytest.mark.parametrize("name", ["price", "demand"])
def test_the_rows_that_were_drawn_come_back(stored, name):
    rows, drawn = problems.training_rows(stored[name]), small.training_rows(stored[name])
    assert rows.names == drawn.names
    for field in ("x", "series", "origin", "horizon", "base", "scale", "unit", "group", "trust"):
        np.testing.assert_array_equal(getattr(rows, field), getattr(drawn, field), err_msg=field)
