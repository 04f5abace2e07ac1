"""Figures of the order plan: what is drawn by its artists, that it can be read, and the extremes."""

import numpy as np
import pandas as pd
import pytest

from ordercast import plots, plots_orders
from tests.test_plots import contrast_on_white, texts

TODAY = pd.Timestamp("2026-11-25")
DAYS = np.arange(60)
LINE = {
    "reason": "Buy 480 kg today: the price is 6% under its usual level; a lower one before 7 Dec is unlikely (18%).",
    "reorder_point_units": 110.0,
    "shelf_capacity_units": 900.0,
}
HISTORY = pd.DataFrame(
    {
        "date": pd.date_range(end=TODAY - pd.Timedelta(days=1), periods=90),
        "unit_price": np.repeat([31.0, 33.0, 32.0], 30),
    }
)

CHANCES = np.random.default_rng(2).beta(1.2, 2.2, 1240)
REGRET = pd.DataFrame({"regret_probability": CHANCES, "regretted": np.random.default_rng(3).random(1240) < CHANCES})


def planned(orders: dict[int, float], stock: float = 300.0, used: float = 12.0, lead: int = 6) -> pd.DataFrame:
    """A path of 60 days with these units ordered by day ahead, all of them arriving `lead` days later."""
    units, came = (np.bincount(list(orders), list(orders.values()), 66) if orders else np.zeros(66) for _ in range(2))
    came = np.concatenate([np.zeros(lead), came])[:60]
    spread = 4 * np.sqrt(DAYS / 60)
    return pd.DataFrame(
        {
            "date": TODAY + pd.to_timedelta(DAYS, unit="D"),
            "p10": 32.0 - spread,
            "p50": 32.0 + DAYS / 60,
            "p90": 33.0 + spread,
            "buy_below_unit_price": 32.5 - DAYS / 100,
            "order_units": units[:60],
            "stock_units": np.maximum(stock + np.cumsum(came - used), 0.0),
        }
    ).assign(p90=lambda path: path["p90"].where(path.index > 0, 32.0))


PATH = planned({0: 480.0, 21: 240.0, 44: 360.0})
LONG = "Buy from " + "X" * 120 + ": " + LINE["reason"] * 3


def drawn(path=PATH, line=LINE, history=HISTORY, unit="kg", currency="R$", words=plots.PLAIN):
    return plots_orders.decision(history, path, line, unit, currency, words)


def marked(figure, panel: int, gid: str) -> list:
    return [line for line in figure.axes[panel].lines if line.get_gid() == gid]


def said(figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


def scaled(by: float) -> pd.DataFrame:
    return PATH.assign(**{name: PATH[name] * by for name in PATH.columns.drop("date")})


CASES = [
    pytest.param(lambda: drawn(), id="three_orders"),
    pytest.param(lambda: drawn(planned({0: 480.0})), id="one_order"),
    pytest.param(lambda: drawn(planned({}, stock=1500.0)), id="no_order"),
    pytest.param(lambda: drawn(planned({}, 0.0, 0.0), {**LINE, "reorder_point_units": 0.0}), id="all_quantities_0"),
    pytest.param(lambda: drawn(planned(dict.fromkeys(range(0, 60, 3), 36.0), lead=2)), id="twenty_orders"),
    pytest.param(lambda: drawn(scaled(7e5), {**LINE, "reason": LONG}, unit="tonnes", currency="COP"), id="huge"),
    pytest.param(lambda: drawn(history=HISTORY.iloc[:0]), id="no_history"),
    pytest.param(lambda: drawn(PATH.assign(buy_below_unit_price=np.inf)), id="at_any_price"),
    pytest.param(lambda: drawn(PATH.assign(buy_below_unit_price=np.nan)), id="no_limit"),
    pytest.param(lambda: drawn(PATH.assign(buy_below_unit_price=2.0)), id="limit_far_below"),
    pytest.param(lambda: drawn(PATH.iloc[:2]), id="two_days"),
    pytest.param(lambda: drawn(PATH.assign(p10=32.0, p50=32.0, p90=32.0, buy_below_unit_price=32.0)), id="flat"),
    pytest.param(lambda: plots_orders.regret(REGRET), id="regret"),
    pytest.param(lambda: plots_orders.regret(REGRET.iloc[:1]), id="regret_of_one_order"),
]


@pytest.mark.parametrize("build", CASES)
def test_figure_can_be_read_and_stays_within_its_edges(build):
    figure = build()
    for text in texts(figure):
        assert text.get_fontsize() >= 10, text
        assert contrast_on_white(text.get_color()) >= 4.5, text
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    assert min(box.xmin, box.ymin) >= 0
    assert box.xmax <= figure.get_figwidth() == 7
    assert box.ymax <= figure.get_figheight()


@pytest.mark.parametrize("build", CASES)
def test_no_two_labels_of_a_panel_overlap(build):
    figure = build()
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [note.get_window_extent() for note in axes.texts if note.get_text() != "today "]
        assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_panels_name_their_units_and_share_their_days():
    figure = drawn()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["unit price, R$ per kg; buy today below 32.5", "expected stock in the evening, kg"]
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert figure.get_suptitle().replace("\n", " ") == LINE["reason"]


def test_orders_are_marked_at_their_expected_price_and_only_that_of_today_is_filled():
    orders = marked(drawn(), 0, "order")
    assert [line.get_xdata()[0] for line in orders] == [TODAY + pd.Timedelta(days=day) for day in (0, 21, 44)]
    assert [line.get_ydata()[0] for line in orders] == pytest.approx([32.0, 32.35, 32 + 44 / 60])
    assert [line.get_markerfacecolor() for line in orders] == [plots.ORANGE, "white", "white"]
    assert {"480", "240", "360"} <= set(said(drawn()))


def test_key_counts_every_order_also_those_without_room_for_a_label():
    figure = drawn(planned(dict.fromkeys(range(0, 60, 3), 36.0), lead=2))
    assert said(figure).count("36") < 20
    assert {"order today:\n36 kg", "19 orders later:\n684 kg", "arrival"} <= set(said(figure))


def test_key_says_where_nothing_is_ordered():
    figure = drawn(planned({}, stock=1500.0))
    assert "no order in these\n60 days" in said(figure)
    assert marked(figure, 0, "order") == []


@pytest.mark.parametrize(
    ("path", "days"),
    [
        pytest.param(PATH, [6, 27, 50], id="where_the_stock_rises"),
        pytest.param(PATH.assign(arrival_units=np.where(DAYS == 9, 5.0, 0.0)), [9], id="where_the_path_says_so"),
    ],
)
def test_arrivals_are_marked(path, days):
    (arrivals,) = marked(drawn(path), 1, "arrival")
    assert list(arrivals.get_xdata()) == [TODAY + pd.Timedelta(days=day) for day in days]


def test_quote_in_force_is_carried_in_and_todays_price_ends_the_history():
    first = drawn().axes[0].lines[1]
    days = pd.DatetimeIndex(first.get_xdata())
    assert (days[0], days[-1]) == (TODAY - pd.Timedelta(days=45), TODAY)
    sparse = drawn(history=HISTORY.iloc[[0, -10]]).axes[0].lines[1]
    assert list(sparse.get_ydata()) == [31.0, 32.0, 32.0]
    assert pd.DatetimeIndex(sparse.get_xdata())[0] == TODAY - pd.Timedelta(days=45)


@pytest.mark.parametrize(
    ("limit", "label"),
    [
        pytest.param(31.5, "buy below 31.5", id="within"),
        pytest.param(2.0, "buy below 2 ↓", id="far_below"),
        pytest.param(99.0, "buy below 99 ↑", id="far_above"),
        pytest.param(np.inf, "buy at any price", id="at_any_price"),
    ],
)
def test_buy_below_is_named_and_does_not_flatten_the_prices(limit, label):
    figure = drawn(PATH.assign(buy_below_unit_price=limit))
    low, high = figure.axes[0].get_ylim()
    assert label in said(figure)
    assert 20 < low < high < 45


def test_beside_an_order_of_today_the_limit_is_that_of_the_days_after():
    later = np.where(np.arange(len(PATH)) == 0, np.nan, 31.5)
    assert "then buy below 31.5" in said(drawn(PATH.assign(buy_below_unit_price=later)))


def test_no_buy_below_price_is_not_spoken_of():
    for none in (np.nan, 0.0):
        assert not [text for text in said(drawn(PATH.assign(buy_below_unit_price=none))) if "below" in text]


def test_reorder_point_and_shelf_are_lines_with_their_units():
    figure = drawn()
    for name, height in (("reorder point", 110.0), ("shelf holds", 900.0)):
        (line,) = marked(figure, 1, name)
        assert list(line.get_ydata()) == [height, height]
        assert f"{name} {height:.0f}" in said(figure)


@pytest.mark.parametrize("shelf", [np.nan, np.inf, None])
def test_no_shelf_is_drawn_where_its_size_is_unknown(shelf):
    assert marked(drawn(line={**LINE, "shelf_capacity_units": shelf}), 1, "shelf holds") == []


def test_far_larger_shelf_does_not_flatten_the_stock():
    figure = drawn(line={**LINE, "shelf_capacity_units": 90000.0})
    assert "shelf holds 90,000 ↑" in said(figure)
    assert figure.axes[1].get_ylim()[1] < 1500


def test_line_may_be_a_row_of_a_table():
    assert said(drawn(line=pd.DataFrame([LINE]).iloc[0])) == said(drawn())


def test_decision_writes_numbers_as_told():
    words = plots.Words(number=lambda value: f"<{value:g}>")
    assert {"<480>", "reorder point <110>", "2 orders later:\n<600> kg".replace("2", "<2>", 1)} <= set(
        said(drawn(words=words))
    )


def test_decision_without_days_ahead_says_what_to_pass():
    with pytest.raises(ValueError, match="path of 1 days: pass at least today and tomorrow"):
        drawn(PATH.iloc[:1])


def test_regret_counts_its_orders_and_shows_the_share_of_each_tenth():
    table = pd.DataFrame({"regret_probability": [0.1, 0.15, 0.3, 1.0, None], "regretted": [0, 1, 0, 1, 1]})
    figure = plots_orders.regret(table)
    (dots,) = [found for found in figure.axes[0].collections if len(found.get_offsets()) == 3]
    np.testing.assert_allclose(dots.get_offsets(), [[12.5, 50], [30, 0], [100, 100]])
    sizes = dots.get_sizes()
    assert sizes[0] > sizes[1] == sizes[2]
    assert "(of 4 orders)" in figure.axes[0].get_title(loc="left")
    assert said(figure).count("1") == 2


def test_regret_promised_and_kept_lies_on_the_diagonal():
    figure = plots_orders.regret(REGRET)
    assert [list(figure.axes[0].lines[0].get_xdata()), list(figure.axes[0].lines[0].get_ydata())] == [[0, 100]] * 2
    (bars,) = [found for found in figure.axes[0].collections if hasattr(found, "get_segments")]
    covered = [low <= x <= high for (x, low), (_, high) in bars.get_segments()]
    assert len(covered) == 10
    assert sum(covered) >= 8


def test_wilson_interval_is_the_one_of_the_books():
    low, high = plots_orders._wilson(np.array([0.1]), np.array([10.0]))
    assert (low[0], high[0]) == pytest.approx((0.0179, 0.4042), abs=1e-4)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param(REGRET.iloc[:0], "pass past orders", id="no_order"),
        pytest.param(REGRET.assign(regret_probability=34.0), "pass shares", id="percentages"),
    ],
)
def test_regret_says_what_to_pass(table, message):
    with pytest.raises(ValueError, match=message):
        plots_orders.regret(table)
