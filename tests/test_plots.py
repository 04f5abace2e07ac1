"""Figures: what they say, that they can be read, and that the same figure is the same bytes."""

import struct

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from ordercast import plots

DAYS = pd.date_range("2026-08-01", periods=90)
QUOTES = pd.DataFrame({"date": DAYS, "unit_price": np.repeat([10.0, 12.0, 11.0], 30)})
SALES = pd.DataFrame({"date": DAYS, "demand_units": np.tile([3.0, 0.0, 9.0], 30)})
AHEAD = pd.DataFrame(
    {
        "date": DAYS[-1] + pd.to_timedelta(np.arange(1, 15), unit="D"),
        "p10": 10.0,
        "p50": np.linspace(11.0, 11.5, 14),
        "p90": np.linspace(11.1, 13.0, 14),
    }
)
BY_HORIZON = pd.DataFrame(
    [
        (model, days, error * days)
        for model, error in (("ordercast", 0.8), ("naive", 1.0), ("truth", 0.79))
        for days in (7, 14)
    ],
    columns=["model", "horizon_days", "rmsse"],
)
RATIOS = pd.DataFrame(
    {"model": ["ordercast", "naive", "seasonal_naive", "truth"], "rmsse_ratio": [0.9, 1.0, 1.3, np.nan]}
)
OUTCOMES = pd.DataFrame(
    {"horizon_days": [1, 1, 1, 1, 2, 2, 2, 2], "actual": [1, 2, 3, 4, 1, 2, 3, 4], "p10": 1.5, "p50": 2.5, "p90": 5.0}
)
SPEND = pd.DataFrame({"supplier_id": ["S1", "S2", "S1"], "total_cost": [100.0, 50.0, 20.5]})
PANEL = pd.concat([QUOTES.assign(product_id=f"P{number}", supplier_id="S1") for number in range(8)])

FIGURES = [
    pytest.param(lambda: plots.price_fan(QUOTES, AHEAD, "R$ per kg"), ["unit price, R$ per kg"], id="price"),
    pytest.param(lambda: plots.demand_fan(SALES, AHEAD, "kg per day"), ["demand, kg per day"], id="demand"),
    pytest.param(lambda: plots.error_by_horizon(BY_HORIZON), ["days ahead", "no change"], id="horizon"),
    pytest.param(lambda: plots.metric_bars(RATIOS), ["Ordercast", "1.3"], id="bars"),
    pytest.param(lambda: plots.calibration(OUTCOMES), ["days ahead", "below p90 (promised 90%)"], id="calibration"),
    pytest.param(lambda: plots.orders_bar(SPEND, "R$"), ["orders to place, R$", "120"], id="spend"),
    pytest.param(lambda: plots.panel_sample(PANEL, "unit_price", "R$"), ["P0 / S1", "R$"], id="sample"),
]


def texts(figure: Figure) -> list[Text]:
    plots.png(figure)  # tick labels exist once they are drawn
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


def contrast_on_white(colour: object) -> float:
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float((linear * [0.2126, 0.7152, 0.0722]).sum()) + 0.05)


@pytest.mark.parametrize(("build", "expected"), FIGURES)
def test_figure_names_its_axes_and_lines(build, expected):
    said = [text.get_text() for text in texts(build())]
    assert [text for text in expected if text not in said] == []


@pytest.mark.parametrize(("build", "expected"), FIGURES)
def test_figure_can_be_read_at_700_px(build, expected):
    figure = build()
    assert figure.get_figwidth() == 7
    for text in texts(figure):
        assert text.get_fontsize() >= 10, text
        assert contrast_on_white(text.get_color()) >= 4.5, text


@pytest.mark.parametrize(("build", "expected"), FIGURES)
def test_nothing_reaches_over_the_edge(build, expected):
    figure = build()
    plots.png(figure)
    drawn = figure.get_tightbbox()
    assert drawn.xmin >= 0
    assert drawn.ymin >= 0
    assert drawn.xmax <= figure.get_figwidth()
    assert drawn.ymax <= figure.get_figheight()


@pytest.mark.parametrize(("build", "expected"), FIGURES)
def test_same_figure_is_the_same_bytes_without_date_or_version(build, expected):
    first = plots.png(build())
    assert first == plots.png(build())
    kinds, at = set(), 8
    while at < len(first):
        (length,) = struct.unpack(">I", first[at : at + 4])
        kinds.add(first[at + 4 : at + 8])
        at += length + 12
    assert kinds == {b"IHDR", b"pHYs", b"IDAT", b"IEND"}


def test_drawing_changes_no_global_setting():
    before = dict(mpl.rcParams)
    plots.png(plots.price_fan(QUOTES, AHEAD, "R$"))
    assert dict(mpl.rcParams) == before


def test_dollar_signs_start_no_formula():
    words = plots.Words(number=lambda value: f"R$ {value:.2f} or US$ {value / 5:.2f}")
    said = texts(plots.price_fan(QUOTES, AHEAD, "R$ per kg, US$ per lb", words))
    assert [text.get_text() for text in said if text.get_parse_math()] == []
    assert "median R$ 11.50 or US$ 2.30" in [text.get_text() for text in said]


@pytest.mark.parametrize(
    ("history", "forecast"),
    [
        pytest.param(QUOTES, AHEAD.iloc[:0], id="quotes_only"),
        pytest.param(QUOTES.iloc[:0], AHEAD, id="forecast_only"),
        pytest.param(QUOTES.iloc[:1], AHEAD.iloc[:1], id="one_day_of_each"),
    ],
)
def test_fan_draws_what_there_is(history, forecast):
    assert plots.png(plots.price_fan(history, forecast, "R$")).startswith(b"\x89PNG")


def test_fan_of_nothing_says_so():
    with pytest.raises(ValueError, match=r"nothing to draw for unit price, R\$"):
        plots.price_fan(QUOTES.iloc[:0], AHEAD.iloc[:0], "R$")


def test_panel_sample_of_nothing_says_so():
    with pytest.raises(ValueError, match="at least one product"):
        plots.panel_sample(PANEL.iloc[:0], "unit_price", "R$")


def test_labels_of_close_lines_do_not_overlap():
    figure = plots.price_fan(QUOTES, AHEAD.assign(p10=11.4, p50=11.41, p90=11.42), "R$")
    boxes = [text.get_window_extent() for text in texts(figure) if text.get_text()[:3] in ("90%", "med", "10%")]
    assert len(boxes) == 3
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_demand_starts_at_zero():
    assert plots.demand_fan(SALES.assign(demand_units=50.0), AHEAD, "kg").axes[0].get_ylim()[0] == 0


def test_calibration_shows_the_share_of_outcomes_below_each_quantile():
    drawn = [line for line in plots.calibration(OUTCOMES).axes[0].lines if line.get_marker() == "o"]
    assert [list(line.get_ydata()) for line in drawn] == [[100, 100], [50, 50], [25, 25]]


def test_metric_bars_leave_out_a_model_without_a_figure_and_mark_no_change():
    axes = plots.metric_bars(RATIOS).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [1.3, 1.0, 0.9]
    assert list(axes.lines[0].get_xdata()) == [1, 1]


def test_orders_bar_sums_the_small_suppliers():
    orders = pd.DataFrame({"supplier_id": [f"S{n}" for n in range(5)], "total_cost": [50.0, 40.0, 30.0, 20.0, 10.0]})
    axes = plots.orders_bar(orders, "R$", most=3).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["2 others", "S2", "S1", "S0"]
    assert [bar.get_width() for bar in axes.patches] == [30.0, 30.0, 40.0, 50.0]


def test_panel_sample_shows_the_first_six():
    shown = [axes for axes in plots.panel_sample(PANEL, "unit_price", "R$").axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == [f"P{number} / S1" for number in range(6)]
