import dataclasses
import json
import re
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import small

from benchmarks import (
    accuracy,
    libraries,
    orders,
    panels,
    pipeline,
    planning,
    quantile,
    scale,
    scores,
    simple,
    speed,
    worlds,
    worth,
)
from ordercast import panel, store
from ordercast.orders import policies

ROOT = Path(__file__).resolve().parent.parent

DAYS = pd.to_datetime(["2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"])


def said(model, mean, actual, *, series="A", rms_scale=1.0, mean_scale=1.0, low=None, high=None):
    """Four forecasts of one series, two origins with two days each."""
    return pd.DataFrame(
        {
            "panel": "p",
            "target": "price",
            "model": model,
            "product_id": series,
            "supplier_id": "default",
            "origin": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-03", "2026-01-03"]),
            "date": DAYS,
            "horizon_days": [1, 2, 1, 2],
            "actual": actual,
            "mean": mean,
            "p10": np.nan if low is None else low,
            "p50": np.nan if low is None else mean,
            "p90": np.nan if high is None else high,
            "rms_scale": rms_scale,
            "mean_scale": mean_scale,
        }
    )


def two_series():
    """A: ours errs by 1 always, naive by 2; B, in a scale of 10, ours by 20, naive by 10; C has no scale."""
    flat = [10.0] * 4
    scales = {"series": "B", "rms_scale": 10.0, "mean_scale": 5.0}
    return pd.concat(
        [
            said("naive", [12.0] * 4, flat),
            said("naive", [20.0] * 4, flat, **scales),
            said("naive", [99.0] * 4, flat, series="C", rms_scale=np.nan, mean_scale=np.nan),
            said("ours", [11.0] * 4, flat),
            said("ours", [30.0] * 4, flat, **scales),
            said("ours", [0.0] * 4, flat, series="C", rms_scale=np.nan, mean_scale=np.nan),
        ],
        ignore_index=True,
    )


def test_ratios_are_means_over_series_of_scaled_errors_over_those_of_naive():
    figures = scores.scores(two_series())["ours"]
    assert figures["rmsse_ratio"] == pytest.approx((1 + 2) / (2 + 1))  # RMSSE 1 and 20/10, naive 2 and 10/10
    assert figures["mase_ratio"] == pytest.approx((1 + 4) / (2 + 2))  # MASE 1 and 20/5, naive 2 and 10/5
    assert (figures["series"], figures["origins"]) == (2, 2)
    assert figures["rmsse_se_by_origin"] == 0  # the two origins say the same
    assert figures["wql_ratio"] is None
    assert figures["coverage80"] is None


def test_share_worse_and_nearly_worst_series():
    figures = scores.scores(two_series())["ours"]
    assert figures["share_worse_5pct"] == 0.5  # B: 2 > 1.05 x 1 + .01
    low, high = (1 + 0.05) / (2 + 0.05), (2 + 0.05) / (1 + 0.05)
    assert figures["p95_ratio"] == pytest.approx(low + 0.95 * (high - low), abs=1e-4)


def test_a_series_worse_by_a_trifle_is_not_worse():
    forecasts = pd.concat([said("naive", [10.1] * 4, [10.0] * 4), said("ours", [10.11] * 4, [10.0] * 4)])
    assert scores.scores(forecasts)["ours"]["share_worse_5pct"] == 0


def test_unobserved_days_do_not_count():
    actual = [10.0, np.nan, 10.0, np.nan]
    forecasts = pd.concat([said("naive", [12.0] * 4, actual), said("ours", [11.0, 900.0, 11.0, 900.0], actual)])
    assert scores.scores(forecasts)["ours"]["rmsse_ratio"] == 0.5


def test_weighted_quantile_loss_by_hand():
    """Pinball of 10 in [8, 11, 14]: .1 x 2, .5 x 1, .1 x 4, three quantiles' mean 1.1 / 3; in scale 2 both halve."""
    own = said("ours", [11.0] * 4, [10.0] * 4, mean_scale=2.0, low=[8.0] * 4, high=[14.0] * 4)
    assert scores.wql(scores.cells(own)) == pytest.approx((1.1 / 3) / 10)
    wide = said("naive_empirical", [11.0] * 4, [10.0] * 4, mean_scale=2.0, low=[2.0] * 4, high=[18.0] * 4)
    naive = said("naive", [11.0] * 4, [10.0] * 4, mean_scale=2.0)
    figures = scores.scores(pd.concat([naive, wide, own]))["ours"]
    assert figures["wql_ratio"] == pytest.approx((0.2 + 0.5 + 0.4) / (0.8 + 0.5 + 0.8), abs=1e-4)
    assert figures["coverage80"] == 1


def test_no_series_rules_the_quantile_loss_by_its_size():
    small_one = said("m", [11.0] * 4, [10.0] * 4, low=[8.0] * 4, high=[14.0] * 4)
    large = small_one.assign(product_id="B", mean_scale=1000.0)
    columns = ["actual", "mean", "p10", "p50", "p90"]
    large[columns] *= 1000
    alone = scores.wql(scores.cells(small_one))
    assert scores.wql(scores.cells(pd.concat([small_one, large]))) == pytest.approx(alone)


def test_standard_error_is_taken_over_origins():
    """Errors 1 and 3 beside naive's 2: without the one origin the ratio is 1.5, without the other .5."""
    forecasts = pd.concat(
        [said("naive", [12.0] * 4, [10.0] * 4), said("ours", [11.0, 11.0, 13.0, 13.0], [10.0] * 4)],
    )
    expected = (1 / 2 * ((1.5 - 1) ** 2 + (0.5 - 1) ** 2)) ** 0.5
    assert scores.scores(forecasts)["ours"]["rmsse_se_by_origin"] == pytest.approx(expected)


def test_the_standard_error_of_coverage_is_taken_over_origins_too():
    """All within at the one origin, none at the other: without the one 0, without the other 1."""
    ours = said("ours", [11.0] * 4, [10.0] * 4, low=[8.0] * 4, high=[14.0, 14.0, 9.0, 9.0])
    figures = scores.scores(pd.concat([said("naive", [12.0] * 4, [10.0] * 4), ours]))["ours"]
    assert figures["coverage80"] == 0.5
    assert figures["coverage80_se_by_origin"] == pytest.approx((1 / 2 * (0.5**2 + 0.5**2)) ** 0.5, abs=1e-4)


def test_models_that_were_asked_for_other_days_are_not_compared():
    forecasts = pd.concat([said("naive", [12.0] * 4, [10.0] * 4), said("ours", [11.0] * 4, [10.0] * 4).head(3)])
    with pytest.raises(ValueError, match="ours was not asked for the same days as naive"):
        scores.scores(forecasts)


def test_pooled_ratios_are_geometric_means_over_real_price_panels():
    def row(name, ratio, target="price", model="ours"):
        figures = dict.fromkeys(["mase_ratio", "p95_ratio"], ratio) | dict.fromkeys(["wql_ratio", "coverage80"], None)
        errors = {"share_worse_5pct": ratio, "rmsse_se_by_origin": 0.1 * ratio, "seconds": 1.0}
        errors |= {"coverage80_se_by_origin": 0.04}
        sizes = {"series": 3, "origins": 12}
        return {"panel": name, "target": target, "model": model, "rmsse_ratio": ratio} | figures | errors | sizes

    rows = [row("a", 0.5), row("b", 2.0), row("a:demand", 9.0, "demand"), row("simulated", 0.1), row("a", 1, model="x")]
    (pooled,) = scores.pooled(rows)
    assert (pooled["panel"], pooled["model"]) == ("pooled", "ours")  # x is lacking on b
    assert pooled["rmsse_ratio"] == 1.0
    assert pooled["share_worse_5pct"] == 1.25
    assert pooled["coverage80_se_by_origin"] == round(0.04 * 2**0.5 / 2, 4)  # of a mean of two
    assert pooled["wql_ratio"] is None
    assert pooled["rmsse_se_by_origin"] == pytest.approx(0.1 * 2**0.5 / 2, abs=1e-4)
    assert pooled["series"] == 6


@pytest.fixture
def foreign(tmp_path):
    """The small world with the column names of public price panels: price, units, no supplier, no stock."""
    prices = small.quotes().query("supplier_id == 'F1'").rename(columns={"unit_price": "price"})
    prices.drop(columns="supplier_id").to_csv(tmp_path / "prices.csv", index=False)
    sales = small.sales().rename(columns={"demand_units": "units"}).drop(columns="in_stock")
    sales.to_csv(tmp_path / "sales.csv", index=False)
    return tmp_path


def test_a_folder_with_foreign_column_names_is_read(foreign):
    tables = panels.read(foreign)
    assert list(tables.prices) == ["product_id", "supplier_id", "date", "unit_price"]
    assert list(tables.sales) == ["product_id", "date", "demand_units", "in_stock"]
    assert set(tables.prices["supplier_id"]) == {"default"}
    assert tables.sales["in_stock"].all()
    own = small.quotes().query("supplier_id == 'F1'")
    assert tables.prices["unit_price"].sum() == pytest.approx(own["unit_price"].sum())
    assert list(tables.products["product_id"]) == ["A", "B", "C"]


def test_own_column_names_are_read_and_bad_rows_are_counted(tmp_path):
    prices = small.quotes()
    prices.loc[[3, 5], "unit_price"] = -1.0
    prices.to_csv(tmp_path / "prices.csv", index=False)
    tables = panels.read(tmp_path)
    assert set(tables.prices["supplier_id"]) == {"F1", "F2"}
    assert tables.notes == (f"prices.csv: 2 of {len(prices)} rows cannot be used and are left out",)
    assert tables.sales.empty


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        pytest.param(None, "holds neither prices.parquet nor prices.csv", id="nothing_there"),
        pytest.param("product_id,date,cost", "no column unit_price or price; it has: product_id", id="no_price"),
    ],
)
def test_a_folder_that_cannot_be_measured_says_why(tmp_path, header, fault):
    if header:
        (tmp_path / "prices.csv").write_text(f"{header}\nA,2026-01-01,1\n")
    with pytest.raises(panels.InputError, match=fault):
        panels.read(tmp_path)


@pytest.mark.parametrize(
    ("skip_days", "last", "notes"),
    [
        pytest.param(0, "2026-01-10", (), id="nothing_left_out"),
        pytest.param(4, "2026-01-06", ("the last 4 days left out",), id="to_choose_settings_on"),
    ],
)
def test_settings_are_chosen_on_earlier_days(skip_days, last, notes):
    days = pd.date_range("2026-01-01", "2026-01-10")
    prices = pd.DataFrame({"product_id": "A", "supplier_id": "F1", "date": days, "unit_price": 1.0})
    sales = pd.DataFrame({"product_id": "A", "date": days[:8], "demand_units": 1.0, "in_stock": True})
    known = panels.earlier(panels.Tables("p", prices, sales, prices[["product_id"]].head(1)), skip_days)
    assert known.prices["date"].max() == pd.Timestamp(last)
    assert known.sales["date"].max() == min(pd.Timestamp(last), days[7])
    assert known.notes == notes


@pytest.mark.parametrize(
    ("skip_days", "fault"),
    [
        pytest.param(9, "p has no price 9 days before its last one: skip fewer days", id="more_than_there_are"),
        pytest.param(-1, "--skip-days is -1: give 0 or more", id="less_than_none"),
    ],
)
def test_days_that_cannot_be_skipped(skip_days, fault):
    prices = pd.DataFrame({"product_id": "A", "supplier_id": "F1", "date": DAYS, "unit_price": 1.0})
    with pytest.raises(panels.InputError, match=fault):
        panels.earlier(panels.Tables("p", prices, panels.no_sales(), prices[["product_id"]]), skip_days)


def many_products(count=12):
    one = small.quotes().query("product_id == 'A' and supplier_id == 'F1'")
    return pd.concat([one.assign(product_id=f"P{number:02d}") for number in range(count)], ignore_index=True)


def test_the_draw_is_seeded_and_takes_whole_products():
    prices = many_products()
    prices = pd.concat([prices, prices.assign(supplier_id="F2")], ignore_index=True)
    whole = panel.price_panel(prices, prices["date"].max(), 1)
    one, same, other = (panels.draw(whole, 250, 7, seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    assert one.sum() == 6  # three products of two suppliers; a fourth would pass 7
    assert (whole.ids[one].groupby("product_id").size() == 2).all()


def test_series_that_ended_or_never_moved_are_not_drawn():
    prices = many_products(3)
    ended = (prices["product_id"] == "P00") & (prices["date"] > prices["date"].min() + pd.Timedelta(days=200))
    prices.loc[prices["product_id"] == "P01", "unit_price"] = 5.0
    whole = panel.price_panel(prices[~ended], prices["date"].max(), 1)
    assert panels.draw(whole, 250, 10, 7).tolist() == [False, False, True]


def test_origins_are_a_horizon_apart_and_leave_a_past():
    whole = panel.price_panel(many_products(1), pd.Timestamp("2025-10-27"), 1)
    origins, note = panels.last_origins(whole, np.arange(1, 15), 12)
    assert origins == [243, 257, 271, 285]
    assert note == "4 of 12 origins: the history is short"
    with pytest.raises(panels.InputError, match="take 254 to be measured"):
        panels.last_origins(whole.until(250), np.arange(1, 15), 12)


def task(prices, target="price"):
    products = small.PRODUCTS
    made = panels.tasks(panels.Tables("small", prices, small.sales(), products), 3, 10, 7)
    return next(one for one in made if one.target == target)


@pytest.fixture
def shaken():
    """The small world's price task, and the same with every price after the first origin tripled."""
    prices = small.quotes()
    calm = task(prices)
    after = prices["date"] > pd.Timestamp(calm.panel.dates[calm.cut])
    changed = task(prices.assign(unit_price=prices["unit_price"].where(~after, 3 * prices["unit_price"])))
    assert (calm.actual() != changed.actual()).any()
    return calm, changed


@pytest.mark.parametrize("model", ["naive", "seasonal_naive", "naive_empirical", "lightgbm_quantile"])
def test_nothing_looks_ahead_of_its_origin(shaken, model):
    calm, changed = (accuracy.contenders()[model](one) for one in shaken)
    np.testing.assert_array_equal(calm.mean[:, 0], changed.mean[:, 0])
    assert (calm.mean[:, 1] != changed.mean[:, 1]).any()
    if calm.quantiles is not None:
        np.testing.assert_array_equal(calm.quantiles[:, 0], changed.quantiles[:, 0])


def test_our_engine_does_not_look_ahead_of_its_origin(shaken):
    calm, changed = (accuracy.ordercast(one)["ordercast"] for one in shaken)
    np.testing.assert_array_equal(calm.mean[:, 0], changed.mean[:, 0])
    np.testing.assert_array_equal(calm.quantiles[:, 0], changed.quantiles[:, 0])


def test_the_drawn_series_keep_the_calendar_of_their_panel():
    """D alone is quoted on the last two days; drawn or not, today stays, and our engine sees the same steps."""
    prices = small.quotes()
    last = pd.DataFrame({"product_id": "D", "supplier_id": "F1", "unit_price": 1.0}, index=[0, 1])
    prices = pd.concat([prices, last.assign(date=prices["date"].max() + pd.to_timedelta([1, 2], unit="D"))])
    asked = task(prices.reset_index(drop=True))
    assert "D" not in set(asked.panel.ids["product_id"])
    assert asked.panel.dates[-1] == np.datetime64("2025-10-29")
    assert np.isfinite(accuracy.ordercast(asked)["ordercast"].mean).all()


def test_the_truth_of_a_simulated_world_beats_no_change():
    tables = panels.simulated(7, products=4, days=320)
    asked = panels.tasks(tables, 2, 6, 7)[0]
    forecasts, seconds = accuracy.forecasts(asked, ["naive"])
    figures = {row["model"]: row for row in scores.rows(asked, forecasts, seconds)}
    assert set(figures) == {"naive", "naive_empirical", "truth"}
    assert figures["truth"]["rmsse_ratio"] < 1


def test_empirical_quantiles_by_hand():
    """Quotes 1, 2, 4, 8 on four days: every one-step change doubles, so naive's errors put all quantiles at 16."""
    quotes = pd.DataFrame(
        {"product_id": "A", "supplier_id": "F", "date": DAYS, "unit_price": [1.0, 2.0, 4.0, 8.0]},
    )
    known = panel.price_panel(quotes, DAYS[-1], 1)
    np.testing.assert_allclose(
        simple.empirical_quantiles(known, np.array([1, 2]), "price")[0], [[16] * 3, [32] * 3], rtol=1e-6
    )


def test_quantiles_of_the_plain_model_are_in_order_and_in_units():
    asked = task(small.quotes())
    known = asked.known(asked.cut)
    quantiles = quantile.fit(known, asked.horizons, "price").quantiles(known, asked.horizons)
    assert (np.diff(quantiles, axis=2) >= 0).all()
    assert (np.abs(np.log(quantiles[..., 1] / known.value[:, -1:])) < 0.5).all()


def test_a_small_run_of_accuracy_writes_rows_and_forecasts_that_agree(foreign, tmp_path, monkeypatch):
    models = ["ordercast", "naive", "seasonal_naive", "naive_empirical", "lightgbm_quantile"]
    rows_file, forecasts_file = tmp_path / "out" / "rows.json", tmp_path / "out" / "forecasts.parquet"
    command = [
        "accuracy",
        str(foreign),
        "--origins",
        "2",
        "--max-series",
        "3",
        "--models",
        *models,
        "--skip-days",
        "20",
    ]
    monkeypatch.setattr(sys, "argv", [*command, "--json", str(rows_file), "--forecasts", str(forecasts_file)])
    accuracy.main()
    rows = json.loads(rows_file.read_text())
    demand = f"{foreign.name}:demand"
    assert [(row["panel"], row["model"]) for row in rows] == [
        (name, model)
        for name in (foreign.name, demand, "pooled", "pooled:demand")
        for model in ("ordercast", "naive", "seasonal_naive", "naive_empirical", "lightgbm_quantile")
    ]
    assert {row["target"] for row in rows if row["panel"] == demand} == {"demand"}
    assert {row["skip_days"] for row in rows[:10]} == {20}
    table = store.read_parquet(forecasts_file)
    assert len(table) == 5 * (3 + 2) * 2 * 14
    assert table["date"].max() == small.quotes()["date"].max() - pd.Timedelta(days=20)
    again = scores.scores(table[table["panel"] == foreign.name])
    for row in rows[:5]:
        assert again[row["model"]]["rmsse_ratio"] == row["rmsse_ratio"]


def test_a_missing_peer_says_how_to_get_it(foreign, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlforecast", None)
    monkeypatch.setitem(sys.modules, "mlforecast.lag_transforms", None)
    command = ["accuracy", str(foreign), "--models", "mlforecast", "--json", str(tmp_path / "rows.json")]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit, match="make bench-env"):
        accuracy.main()
    with pytest.raises(libraries.MissingPeer, match="make bench-env"):
        libraries.library("mlforecast")


def test_folders_of_one_name_are_refused(foreign, tmp_path, monkeypatch):
    command = ["accuracy", str(foreign), str(foreign), "--models", "naive", "--json", str(tmp_path / "rows.json")]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit, match="two of the folders have the same name"):
        accuracy.main()


def test_speed_ratios_are_ours_over_theirs():
    def one(contender, features, fit, forecast, peak):
        seconds = {"features": {"cpu": features}, "fit": {"cpu": fit}, "forecast": {"cpu": forecast}}
        return {"contender": contender, "seconds": seconds, "peak_rss_mb": peak}

    runs = [one("ordercast", 1, 2, 1, 100), one("mlforecast", 2, 8, 4, 400)]
    assert speed.ratios(runs) == {
        "features_cpu": 0.5,
        "fit_cpu": 0.25,
        "forecast_cpu": 0.25,
        "total_cpu": round(4 / 14, 3),
        "peak_rss": 0.25,
    }


def test_speed_scores_both_contenders_on_the_days_after():
    past = pd.DataFrame({"product_id": "A", "date": DAYS[:3], "unit_price": [1.0, 2.0, 3.0]})
    ahead = pd.DataFrame({"product_id": "A", "date": DAYS[3:], "unit_price": [4.0]})
    forecasts = {name: ahead.drop(columns="unit_price").assign(mean=mean) for name, mean in (("a", 3.5), ("b", 6.0))}
    assert speed.rmsse(past, ahead, forecasts) == {"a": 0.5, "b": 2.0}


def test_growth_exponent_is_the_slope_of_the_logs():
    assert scale.exponent([1000, 10_000, 100_000], [2.0, 20.0, 200.0]) == 1.0
    assert scale.exponent([1, 4], [1.0, 2.0]) == 0.5


def test_a_stage_runs_as_it_stands_on_a_made_up_catalogue(tmp_path, monkeypatch, capsys):
    asked = ["pipeline", "--products", "4", "8", "--days", "300", "--json", f"{tmp_path}/f.json"]
    monkeypatch.setattr("sys.argv", asked)
    monkeypatch.setattr(pipeline, "STAGES", ("features",))
    pipeline.main()
    figures = store.read_json(tmp_path / "f.json")
    assert figures["runs"]["4"]["features"]["peak_rss_mb"] > 0
    assert set(figures["exponents"]["features"]) == {"peak_rss_mb", "cpu_s"}
    assert "growth exponents" in capsys.readouterr().out


def test_half_of_a_growing_catalogue_is_new():
    made = panels.synthetic(6, 200, 7, 0.5)
    assert made.groupby("product_id").size().tolist() == [60, 60, 60, 200, 200, 200]
    assert (made["unit_price"] > 0).all()


def test_the_lock_of_the_peers_holds_every_pin_with_hashes_and_no_address():
    lock = (ROOT / "benchmarks/requirements.lock").read_text()
    pins = re.findall(r"^[\w-]+==\S+", (ROOT / "benchmarks/requirements.in").read_text(), re.MULTILINE)
    assert {"mlforecast", "statsforecast", "polars", "numba"} <= {pin.split("==")[0] for pin in pins}
    for pin in pins:
        assert re.search(rf"^{re.escape(pin)} ", lock, re.MULTILINE), pin
    assert lock.count("--hash=sha256:") > 500
    assert "://" not in lock


def test_ordercast_is_measured_with_the_versions_it_runs_on():
    """All but pandas, of which mlforecast wants an older one."""
    pins = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "benchmarks/requirements.in").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    own = dict(pin.split("==") for pin in project["dependencies"])
    assert {name for name in pins.keys() & own.keys() if pins[name] != own[name]} == {"pandas"}


def weekly_panel(folder, products=6, days=700):
    """A folder of weekly quotes and sales under the names of public panels; the last product sells nothing."""
    week = pd.date_range("2024-01-01", periods=days // 7, freq="7D")
    rng = np.random.default_rng(5)
    price = np.exp(rng.normal(1.0, 0.1, (products, len(week)))).round(2)
    units = rng.poisson(30, (products, len(week))).astype(float)
    units[-1] = 0
    ids = np.repeat([f"p{number}" for number in range(products)], len(week))
    frame = pd.DataFrame({"product_id": ids, "date": np.tile(week, products)})
    folder.mkdir()
    store.write_parquet(frame.assign(price=price.ravel()), folder / "prices.parquet", ["product_id", "date"])
    store.write_parquet(frame.assign(units=units.ravel()), folder / "sales.parquet", ["product_id", "date"])
    return folder


def test_orders_replays_policies_in_a_simulated_world_and_in_a_folder(tmp_path, monkeypatch, capsys):
    folder = weekly_panel(tmp_path / "weekly")
    where = ["--json", str(tmp_path / "f.json"), "--replay", str(tmp_path / "f.parquet")]
    given = ["--products", "5", "--seeds", "1", "--lead-days", "1", "2", "--floor-factor", "-0.25"]
    command = ["orders", "simulated", str(folder), *given, *where]
    monkeypatch.setattr(sys, "argv", command)
    for grid, few in (("SERVICE_FACTORS", (1.5, 2.6)), ("PROMO_DISCOUNTS", (0.06,)), ("PROMO_DAYS", (30,))):
        monkeypatch.setattr(policies, grid, few)
    orders.main()
    said = store.read_json(tmp_path / "f.json")
    rows = pd.DataFrame(said["policies"]).set_index(["world", "policy"])
    rivals = [
        "erp",
        "just_in_time",
        "promo_rule",
        "planner",
        "planner_unguarded",
        "point_dp",
        "true_model",
        "clairvoyant",
    ]
    real = [name for name in rivals if name != "true_model"]  # nobody knows that of a real world
    assert rows.index.tolist() == [("simulated", name) for name in rivals] + [("weekly", name) for name in real]
    assert (rows.loc["weekly", "products"] == 5).all()
    assert (rows.xs("erp", level="policy")["saving_pct"] == 0).all()
    assert rows["fill_rate"].between(0.5, 1).all()
    assert np.isfinite([said["summary"][name] for name in ("capture", "capture_of_true_model", "vs_point_dp")]).all()
    weekly = said["summary"]["worlds"]["weekly"]
    assert set(weekly) == set(real)
    assert weekly["promo_rule"]["saving_pct"] == rows.loc[("weekly", "promo_rule"), "saving_pct"]
    assert "assumed by seed: lead time 1-2 days" in capsys.readouterr().out
    over = rows["settings"].str.contains("floor=ReorderPoint(service_factor=-0.25, economic=False", regex=False)
    assert set(rows.index[over].get_level_values("policy")) == {
        "planner",
        "planner_unguarded",
        "point_dp",
        "true_model",
    }
    days = store.read_parquet(tmp_path / "f.parquet")
    paid = (days["order_units"] * days["order_unit_price"]).groupby([days["world"], days["policy"]]).sum()
    np.testing.assert_allclose(paid.reindex(rows.index), rows["purchase_cost"], atol=1e-3)
    sums = days.groupby(["world", "policy"])[["holding_cost", "order_cost", "lost_cost"]].sum().reindex(rows.index)
    np.testing.assert_allclose(sums, rows[sums.columns], atol=1e-3)


def test_a_folder_without_sales_gets_demand_by_seed_and_years_walk_back():
    prices = small.quotes(days=1500).query("supplier_id == 'F1'")
    tables = panels.Tables("small", prices, panels.no_sales(), pd.DataFrame({"product_id": ["A", "B", "C"]}))
    case, again, back = (worlds.real(tables, 3, 2, years) for years in (0, 0, 1))
    assert worlds.ASSUMED_DEMAND in case.notes
    assert worlds.ASSUMED.format(2, 10) in case.notes
    near = worlds.real(tables, 3, 2, lead_days=(1, 2))
    assert set(near.world.terms.lead_time_days) <= {1, 2}
    assert worlds.ASSUMED.format(1, 2) in near.notes
    np.testing.assert_array_equal(case.world.demand_units, again.world.demand_units)
    assert (case.world.dates[-1] - back.world.dates[-1]).astype(int) == 365


@pytest.mark.parametrize("lead_days", [(-1, 2), (5, 2)])
def test_lead_times_that_cannot_be_drawn_are_refused(lead_days):
    tables = panels.Tables("small", small.quotes(days=1500), panels.no_sales(), pd.DataFrame({"product_id": ["A"]}))
    with pytest.raises(panels.InputError, match=f"lead times of {lead_days[0]} to {lead_days[1]} days"):
        worlds.real(tables, 3, 1, lead_days=lead_days)


def test_series_that_move_together_count_as_one():
    rng = np.random.default_rng(0)
    moves = np.exp(np.cumsum(rng.normal(0, 0.1, (5, 28 * 200)), axis=1))
    assert worlds.effective_series(moves) > 4.5
    assert worlds.effective_series(np.vstack([moves[:1]] * 5)) == pytest.approx(1)


def test_a_placebo_keeps_every_series_mean_and_little_of_its_movement():
    case = worlds.simulated(1, 3, 500, volatility=0.05)
    calm, wild = (np.log(each) for each in (case.world.unit_price, worlds.simulated(1, 3, 500).world.unit_price))
    assert case.name == "simulated at 0.05 of its volatility"
    assert not case.tables.truth
    np.testing.assert_allclose(np.nanstd(calm, axis=1), 0.05 * np.nanstd(wild, axis=1), rtol=0.05)
    np.testing.assert_allclose(np.nanmean(calm, axis=1), np.nanmean(wild, axis=1), atol=0.02)


def test_orders_walks_back_as_far_as_there_is_history(tmp_path, capsys):
    folder = weekly_panel(tmp_path / "weekly", days=600)
    given = SimpleNamespace(
        source=[folder], seeds=[1], products=5, years=3, shelf_life_days=np.inf, lead_days=worlds.LEAD_DAYS
    )
    assert [str(case.world.dates[-1]) for case in orders.cases(given)] == ["2025-08-11"]
    said = capsys.readouterr().out
    assert "weekly, seed 1, 1 years back: left out, as the history spans" in said
    assert "weekly, seed 1, 2 years back: left out" in said


def test_orders_says_why_a_short_history_cannot_be_replayed(tmp_path, monkeypatch):
    folder = weekly_panel(tmp_path / "short", days=210)
    monkeypatch.setattr(sys, "argv", ["orders", str(folder), "--json", str(tmp_path / "f.json")])
    with pytest.raises(SystemExit, match=r"the history spans 204 days; a replay takes a year at least"):
        orders.main()


def test_the_planner_is_compared_with_its_rivals_once_they_take_part():
    case = worlds.simulated(1, 6, 500)
    erp = policies.ReorderPoint(2.05)
    plain = orders.replayed(case, erp, erp)

    def of(name, saving):
        """A policy that saves so much of every product's cost."""
        credit = plain.headline.end_credit + saving * plain.headline.total
        headline = dataclasses.replace(plain.headline, end_credit=credit)
        return dataclasses.replace(plain, policy=SimpleNamespace(name=name), headline=headline)

    promo = of("promo_rule", 0.01)
    alone = worth.summary([plain, promo])
    assert (alone["capture"], alone["vs_promo_rule"], alone["fill_rate"]) == (None, None, None)
    rivals = [of("planner", 0.03), of("point_dp", 0.015), of("true_model", 0.04), of("clairvoyant", 0.1)]
    said = worth.summary([plain, promo, *rivals])
    figures = [said[name] for name in ("capture", "capture_of_true_model", "vs_point_dp", "vs_promo_rule")]
    assert figures == pytest.approx([0.3, 0.75, 2.0, 3.0], abs=1e-5)
    planner = said["worlds"]["simulated"]["planner"]
    assert (planner["saving_pct"], planner["over_promo_pct"]) == pytest.approx((3, 2), abs=1e-5)
    assert said["fill_rate"] == planner["fill_rate"]


def test_seeds_are_added_up_by_day_and_years_follow_one_another():
    erp = policies.ReorderPoint(2.05)
    cases = [worlds.simulated(seed, 4, 500) for seed in (0, 1)]
    done = [orders.replayed(case, erp, erp) for case in cases]
    row, other = worth.rows(done[:1])[0], worth.rows(done[1:])[0]
    together = worth.together({"erp": done}, "erp")
    assert together["saving_pct"] == together["saving_time_low"] == 0
    assert (
        min(row["fill_rate"], other["fill_rate"]) <= together["fill_rate"] <= max(row["fill_rate"], other["fill_rate"])
    )


def test_a_real_product_counts_once_however_many_seeds_assume_its_terms(tmp_path):
    tables = panels.read(weekly_panel(tmp_path / "weekly"))
    erp, other = policies.ReorderPoint(2.05), policies.just_in_time(2.05)
    cases = [worlds.real(tables, seed, 5) for seed in (3, 3)]
    done = {policy.name: [orders.replayed(case, policy, erp) for case in cases] for policy in (erp, other)}
    twice, once = worth.together(done, other.name), worth.together({k: v[:1] for k, v in done.items()}, other.name)
    figures = ("saving_pct", "saving_low", "saving_high", "saving_time_low", "share_worse_than_erp")
    assert [twice[name] for name in figures] == pytest.approx([once[name] for name in figures])


def test_a_plan_is_measured_block_by_block(monkeypatch):
    monkeypatch.setattr(planning, "BLOCK_PRODUCTS", 3)
    found = planning.measure(7, 0)
    assert found["products"] == 9  # three blocks of three: whole ones
    assert found["series"] >= 9
    assert min(found["cpu_s"], found["wall_s"]) > 0
