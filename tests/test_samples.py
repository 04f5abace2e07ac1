import numpy as np
import pandas as pd
import pytest
import small

from ordercast import features, panel, samples


@pytest.mark.parametrize(
    ("horizon_days", "step_days", "steps"),
    [(14, 1, list(range(1, 15))), (14, 7, [1, 2]), (10, 7, [1, 2]), (1, 1, [1])],
)
def test_horizons(horizon_days, step_days, steps):
    assert samples.horizons(horizon_days, step_days).tolist() == steps


def test_a_new_day_adds_origins_and_moves_none():
    quotes = small.quotes()
    today = small.problem("price", quotes).panel
    yesterday = small.problem("price", quotes[quotes["date"] < quotes["date"].max()]).panel
    dates = [{str(known.dates[o]) for o in samples.origins(known, 7, 200)} for known in (yesterday, today)]
    assert len(dates[1]) >= 28
    assert dates[0] - {min(dates[0])} <= dates[1]


def test_the_horizons_drawn_depend_on_the_date_and_the_seed_only():
    known = small.problem("price").panel
    ahead = samples.horizons(14, 1)
    draw, again, other = (samples.drawn_horizons(known, ahead, 3, seed) for seed in (7, 7, 8))
    assert draw(100).tolist() == again(100).tolist()
    assert any(draw(o).tolist() != other(o).tolist() for o in range(100, 110))
    assert len(set(draw(100).tolist())) == 3


def test_codes_do_not_depend_on_who_asks():
    prices = small.quotes()
    table = samples.code_table(small.PRODUCTS, prices)
    ids = prices[["product_id", "supplier_id"]].drop_duplicates().reset_index(drop=True)
    whole = samples.codes_of(ids, small.PRODUCTS, table)
    alone = samples.codes_of(ids.tail(1).reset_index(drop=True), small.PRODUCTS, table)
    pd.testing.assert_frame_equal(whole.tail(1).reset_index(drop=True), alone)
    assert whole.loc[0].to_dict() == {"product_code": 0.0, "category_code": 0.0, "supplier_code": 0.0}
    assert np.isnan(whole["category_code"].iloc[-1])


def test_a_product_that_came_after_training_is_unknown():
    table = samples.code_table(small.PRODUCTS, small.quotes())
    stored = {kind: known.sort_values("code")["value"].tolist() for kind, known in table.groupby("kind")}
    new = pd.DataFrame({"product_id": ["Z"], "supplier_id": ["F1"]})
    codes = samples.codes_of(new, pd.DataFrame({"product_id": ["Z"], "category": ["x"]}), samples.codes_from(stored))
    assert np.isnan(codes["product_code"][0])
    assert codes["supplier_code"][0] == 0


def test_rows_survive_the_table():
    problem = small.problem("price")
    at = features.rows(problem, [100, 200])
    back = samples.from_frame(samples.to_frame(at, problem.panel), problem.panel)
    assert back.names == at.names
    for field in ("x", "series", "origin", "horizon", "base", "scale", "group"):
        np.testing.assert_array_equal(getattr(back, field), getattr(at, field))


def test_only_what_is_still_quoted_is_wanted():
    series = pd.DataFrame(
        {"product_id": ["A", "A", "B"], "supplier_id": ["F1", "F2", "F1"], "status": ["active", "ended", "ended"]}
    )
    assert samples.wanted(series[["product_id", "supplier_id"]], series).tolist() == [True, False, False]
    assert samples.wanted(pd.DataFrame({"product_id": ["A", "B"]}), series).tolist() == [True, False]


@pytest.mark.parametrize(
    ("days", "horizon_days", "enough"), [(142, 14, True), (141, 14, False), (300, 60, True), (40, 1, False)]
)
def test_a_history_too_short_is_refused_in_words(days, horizon_days, enough):
    known = {"price": small.problem("price", small.quotes(days)).panel}
    if enough:
        assert set(samples.long_enough(known, horizon_days)) == {"price"}
    else:
        with pytest.raises(ValueError, match=rf"span {days} days; .* takes {100 + 3 * horizon_days}"):
            samples.long_enough(known, horizon_days)


def test_demand_known_for_a_few_weeks_is_left_out():
    recent = small.sales()
    panels = panel.panels(small.quotes(), recent[recent["date"] > "2025-10-01"], pd.Timestamp("2025-10-27"), 1)
    assert set(panels) == {"price", "demand"}
    assert set(samples.long_enough(panels, 14)) == {"price"}
