from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small

from ordercast import features, panel, samples
from ordercast.params import Features

SPEC = Features(origin_every_days=3, horizons_per_origin=3)
FORTNIGHT = samples.horizons(14, 1)


@pytest.mark.parametrize(
    ("horizon_days", "step_days", "steps"),
    [(14, 1, list(range(1, 15))), (14, 7, [1, 2]), (10, 7, [1, 2]), (1, 1, [1])],
)
def test_horizons(horizon_days, step_days, steps):
    assert samples.horizons(horizon_days, step_days).tolist() == steps


def drawn(
    known: panel.Panel, spec: Features = SPEC, ahead: np.ndarray = FORTNIGHT, seed: int = 7
) -> list[tuple[str, ...]]:
    """The cells as people would name them: the ids, the date of the origin and the horizon, in their order."""
    cells = samples.training_cells(known, ahead, spec, seed)
    ids = known.ids.iloc[cells.series].agg("/".join, axis=1)
    return list(zip(ids, known.dates[cells.origin].astype(str), cells.horizon.tolist(), strict=True))


@pytest.fixture(scope="module")
def known():
    return small.problem("price").panel


def test_cells_follow_from_the_seed(known):
    assert drawn(known) == drawn(known)
    assert drawn(known) != drawn(known, seed=8)


def test_cells_stand_in_order_and_none_twice(known):
    assert drawn(known) == sorted(set(drawn(known)))


def test_only_observed_targets_of_started_series_are_drawn():
    known = small.problem("price", small.quotes_with_comers_and_goers()).panel
    cells = samples.training_cells(known, FORTNIGHT, SPEC, 7)
    assert known.observed[cells.series, cells.origin + cells.horizon].all()
    assert (cells.origin >= known.first[cells.series]).all()
    assert set(cells.series.tolist()) == set(range(5))  # the one that left before day 56 teaches nothing


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_origins_stand_on_a_grid_of_dates(known, every):
    cells = samples.training_cells(known, FORTNIGHT, SPEC.model_copy(update={"origin_every_days": every}), 7)
    days = np.unique(known.dates[cells.origin].astype(np.int64))
    assert (days % every == 0).all()
    assert set(np.diff(days)) == {every}
    assert cells.origin.min() >= 56  # nothing is known before that
    assert cells.origin.max() >= known.steps - 1 - every


def test_only_the_last_days_of_history_teach(known):
    cells = samples.training_cells(known, FORTNIGHT, SPEC.model_copy(update={"history_days": 100}), 7)
    assert known.steps - 100 <= cells.origin.min() < known.steps - 95


def test_each_origin_of_a_series_gives_about_as_many_rows_as_are_asked_for(known):
    for count in (1, 3):
        named = drawn(known, SPEC.model_copy(update={"horizons_per_origin": count}), samples.horizons(60, 1))
        per_origin = pd.Series(1, index=pd.MultiIndex.from_tuples(named)).groupby(level=[0, 1]).sum()
        assert per_origin.max() == count
        assert per_origin.mean() > 0.85 * count  # the same horizon drawn twice is one row


def test_nine_in_ten_look_near():
    known = small.problem("price", small.quotes(900)).panel
    cells = samples.training_cells(known, samples.horizons(60, 1), SPEC.model_copy(update={"origin_every_days": 1}), 7)
    share = (cells.horizon <= 14).mean()
    assert 0.9 < share < 0.95  # nine in ten, and their part of the draws from all
    assert cells.horizon.max() == 60


@pytest.mark.parametrize("most", [1000, 2000, 4000])
def test_more_than_the_most_rows_are_thinned_evenly(most):
    known = small.problem("price", small.quotes(1500)).panel
    spec = SPEC.model_copy(update={"origin_every_days": 1})
    whole, thinned = (drawn(known, each) for each in (spec, spec.model_copy(update={"max_rows": most})))
    assert len(whole) > 4 * 3 * 1300
    assert 0.8 * most < len(thinned) < 1.1 * most
    assert set(thinned) <= set(whole)
    counts = pd.Series([name for name, *_ in thinned]).value_counts()
    assert len(counts) == 4
    assert counts.min() > 0.75 * counts.max()


def test_fewer_than_the_most_are_all_kept(known):
    assert drawn(known, SPEC.model_copy(update={"max_rows": 10**9})) == drawn(known)


def test_a_new_day_adds_rows_and_moves_none_whose_horizons_were_all_known():
    quotes = small.quotes()
    today = small.problem("price", quotes).panel
    yesterday = small.problem("price", quotes[quotes["date"] < quotes["date"].max()]).panel
    settled = str(today.dates[-1] - 1 - 14)
    before, after = ({row for row in drawn(each) if row[1] <= settled} for each in (yesterday, today))
    assert before == after
    assert len(drawn(today)) > len(before) > 500


def test_a_new_product_adds_rows_and_moves_none(known):
    newcomer = small.quotes_with_comers_and_goers()
    wider = small.problem("price", newcomer).panel
    before, after = set(drawn(known)), set(drawn(wider))
    assert before < after
    assert {name for name, *_ in after - before} == {"B/F8"}


def test_rows_do_not_move_with_the_series_asked_for(known):
    whole = drawn(known)
    some = known.take(np.array([False, False, True, True]))
    assert drawn(some) == [row for row in whole if row[0] in ("B/F1", "C/F1")]


def test_a_weekly_calendar_has_weekly_origins_and_horizons():
    quotes = small.quotes(700)
    known = panel.price_panel(quotes, quotes["date"].max(), 7)
    cells = samples.training_cells(known, samples.horizons(60, 7), SPEC, 7)
    assert set(cells.horizon.tolist()) == set(range(1, 10))
    assert (cells.horizon <= 2).mean() > 0.6
    assert np.unique(cells.origin).tolist() == list(range(8, known.steps - 1))


def test_nothing_observed_gives_no_cell_and_no_row():
    problem = small.problem("demand", sold=small.sales().assign(in_stock=False))
    cells = samples.training_cells(problem.panel, problem.horizons, SPEC, 7)
    assert len(cells.series) == len(cells.origin) == len(cells.horizon) == 0
    at = features.rows(problem, cells)
    assert at.x.shape == (0, len(at.names))
    assert "last" in samples.to_frame(at, problem.panel)


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


@pytest.mark.parametrize("target", ["price", "demand"])
def test_rows_survive_the_table(target):
    problem = small.problem(target)
    at = small.training_rows(problem)
    back = samples.from_frame(samples.to_frame(at, problem.panel), problem.panel)
    assert back.names == at.names
    for field in ("x", "series", "origin", "horizon", "base", "scale", "unit", "group", "trust"):
        np.testing.assert_array_equal(getattr(back, field), getattr(at, field), err_msg=field)


def test_rows_of_a_weekly_calendar_survive_too():
    quotes = small.quotes(700)
    known = panel.price_panel(quotes, quotes["date"].max(), 7)
    problem = replace(small.problem("price"), panel=known, horizons=samples.horizons(14, 7))
    at = small.training_rows(problem)
    table = samples.to_frame(at, known)
    assert set(table["horizon_days"]) == {7, 14}
    back = samples.from_frame(table, known)
    assert back.origin.tolist() == at.origin.tolist()
    assert back.horizon.tolist() == at.horizon.tolist()


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
