"""Figures of the saving: what is drawn by its artists, that it can be read, and its extremes."""

import numpy as np
import pandas as pd
import pytest

from ordercast import plots, plots_savings
from tests.test_plots import contrast_on_white, texts


def costs(erp: list[float], planner: list[float]) -> pd.DataFrame:
    table = pd.DataFrame([erp, planner], columns=list(plots_savings.COSTS[:-1]))
    table["total_cost"] = table.iloc[:, :4].sum(axis=1) - table["end_credit"]
    return table.assign(policy=["erp", "planner"])


ERP = [812000.0, 18300.0, 24150.0, 9100.0, 31000.0]
COSTS = costs(ERP, [769400.0, 24700.0, 15300.0, 8800.0, 38000.0])
DEARER = costs(ERP, [822400.0, 24700.0, 15300.0, 18800.0, 31000.0])
POLICIES = pd.DataFrame(
    [
        ("erp", 0.0, np.nan, np.nan, 0.981),
        ("promo_rule", 1.9, 1.1, 2.7, 0.983),
        ("point_dp", 3.1, 2.2, 4.0, 0.979),
        ("planner", 5.4, 4.3, 6.5, 0.984),
        ("clairvoyant", 12.8, 11.9, 13.7, 0.998),
        ("just_in_time", -2.4, -3.3, -1.6, np.nan),
    ],
    columns=["policy", "saving_pct", "saving_low", "saving_high", "fill_rate"],
)
LOSING = POLICIES.assign(saving_pct=-5.0, saving_low=-6.0, saving_high=-4.0)
GAINS = pd.DataFrame({"product_id": [f"P{n}" for n in range(40)], "saving": np.arange(40) * 10.0 - 95.0})
FEW = pd.DataFrame(
    {"product_id": ["Farinha", "Tomate pelado em lata de 2,5 kg, " * 3, "X" * 60], "saving": [5.5, -200, 900]}
)

CASES = [
    pytest.param(lambda: plots_savings.waterfall(COSTS, "R$"), id="waterfall"),
    pytest.param(lambda: plots_savings.waterfall(DEARER, "R$"), id="waterfall_dearer"),
    pytest.param(lambda: plots_savings.waterfall(costs([0.0] * 5, [0.0] * 5), "R$"), id="waterfall_of_0"),
    pytest.param(
        lambda: plots_savings.waterfall(costs([1e6 * cost for cost in ERP], [7e5 * cost for cost in ERP]), "COP"),
        id="waterfall_huge",
    ),
    pytest.param(lambda: plots_savings.savings_by_policy(POLICIES), id="policies"),
    pytest.param(lambda: plots_savings.savings_by_policy(LOSING), id="policies_that_lose"),
    pytest.param(lambda: plots_savings.savings_by_policy(POLICIES.iloc[:1]), id="one_policy"),
    pytest.param(lambda: plots_savings.savings_by_policy(POLICIES.assign(policy="own rule " * 9)), id="long_policy"),
    pytest.param(lambda: plots_savings.gain_by_product(GAINS, "R$"), id="many_products"),
    pytest.param(lambda: plots_savings.gain_by_product(FEW, "R$"), id="few_products"),
    pytest.param(
        lambda: plots_savings.gain_by_product(FEW.iloc[:1].assign(saving=-1e6), "R$"), id="one_product_huge_loss"
    ),
    pytest.param(lambda: plots_savings.gain_by_product(FEW.assign(saving=0), "R$"), id="no_gain_at_all"),
]


def said(figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


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
def test_no_two_labels_overlap(build):
    figure = build()
    figure.draw_without_rendering()
    for axes in figure.axes:
        for labels in (axes.texts, axes.get_xticklabels(), axes.get_yticklabels()):
            boxes = [label.get_window_extent() for label in labels if label.get_text()]
            assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_waterfall_steps_from_the_erp_total_to_the_planners():
    axes = plots_savings.waterfall(COSTS, "R$").axes[0]
    bars = {round(bar.get_y() + bar.get_height() / 2): bar for bar in axes.patches}
    steps = [bars[row].get_width() for row in range(1, 5)]
    assert steps == pytest.approx([-49600, 6400, -8850, -300])
    assert 832550 + sum(steps) == pytest.approx(780200)
    assert bars[0].get_x() + bars[0].get_width() == pytest.approx(832550)
    assert bars[5].get_x() + bars[5].get_width() == pytest.approx(780200)
    greens = [plots_savings.GREEN, plots_savings.ORANGE, plots_savings.GREEN, plots_savings.GREEN]
    assert [bars[row].get_facecolor() for row in range(1, 5)] == [plots.mpl.colors.to_rgba(name) for name in greens]


def test_waterfall_writes_amounts_percentages_and_where_its_axis_is_cut():
    figure = plots_savings.waterfall(COSTS, "R$")
    assert figure.get_suptitle() == "The Ordercast planner costs R$\xa052,350 less than the ERP rule."
    expected = ["832,550", "-49,600 (-6%)", "+6,400 (+0.8%)", "-8,850 (-1.1%)", "-300 (under 0.1%)", "780,200"]
    assert [text for text in expected if text not in said(figure)] == []
    assert figure.axes[0].get_xlabel() == "cost, R$; the axis starts at 700,000, not at 0"
    assert figure.axes[0].get_xlim()[0] == 700000
    assert len([line for line in figure.axes[0].lines if line.get_gid() == "cut"]) == 4


def test_waterfall_says_when_the_planner_costs_more():
    assert "more than the ERP rule" in plots_savings.waterfall(DEARER, "R$").get_suptitle()


@pytest.mark.parametrize(
    ("planner", "title"),
    [
        pytest.param(ERP, "costs as much as", id="same"),
        pytest.param([cost / 2 for cost in ERP], "less than", id="half"),
    ],
)
def test_whole_axis_says_nothing_of_a_cut(planner, title):
    figure = plots_savings.waterfall(costs(ERP, planner), "R$")
    assert title in figure.get_suptitle()
    assert figure.axes[0].get_xlabel() == "cost, R$"
    assert figure.axes[0].get_xlim()[0] <= 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param(COSTS.iloc[:0], "needs one row of policy 'erp' and got 0", id="empty"),
        pytest.param(COSTS.iloc[:1], "needs one row of policy 'planner' and got 0", id="no_planner"),
        pytest.param(pd.concat([COSTS, COSTS]), "got 2: sum the products first", id="by_product"),
        pytest.param(COSTS.assign(total_cost=5.0), "add up to 832,550.00 and its total_cost is 5.00", id="wrong_total"),
    ],
)
def test_waterfall_says_what_it_lacks(table, message):
    with pytest.raises(ValueError, match=message):
        plots_savings.waterfall(table, "R$")


def test_policies_stand_in_plain_words_by_saving_with_interval_and_demand_served():
    figure = plots_savings.savings_by_policy(POLICIES)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "perfect foresight",
        "Ordercast planner",
        "point forecast",
        "buys in promotions",
        "ERP rule",
        "just in time",
    ]
    assert [bar.get_width() for bar in axes.patches] == [12.8, 5.4, 3.1, 1.9, 0.0, -2.4]
    intervals = [tuple(line.get_xdata()) for line in axes.lines if line.get_gid() == "interval"]
    assert intervals[1] == (4.3, 6.5)
    assert {"5.4%", "-2.4%", "98.4%", "–", "demand\nserved"} <= set(said(figure))
    assert [0, 0] in [list(line.get_xdata()) for line in axes.lines]


def test_unknown_policy_keeps_its_own_name():
    figure = plots_savings.savings_by_policy(POLICIES.assign(policy="own rule"))
    assert "own rule" in said(figure)


def test_many_products_are_an_area_from_gain_to_loss():
    figure = plots_savings.gain_by_product(GAINS.sample(frac=1, random_state=1), "R$")
    assert (
        figure.get_suptitle()
        .replace("\n", " ")
        .startswith(
            "10 of 40 products (25%) cost more than the ERP rule, R$\xa0500 in all; the others gain R$\xa04,500."
        )
    )
    assert "Best: P39 (295), worst: P0 (-95)." in figure.get_suptitle().replace("\n", " ")
    up, down = (found.get_paths()[0].vertices for found in figure.axes[0].collections)
    assert (up[:, 1].max(), down[:, 1].min()) == (295, -95)
    assert figure.axes[0].get_ylabel() == "saving, R$"


def test_few_products_have_a_bar_each_with_name_and_amount():
    figure = plots_savings.gain_by_product(FEW, "R$")
    assert [bar.get_width() for bar in figure.axes[0].patches] == [900, 5.5, -200]
    assert {"900", "5.5", "-200", "Farinha"} <= set(said(figure))
    assert "1 of 3 products (33.3%) cost more" in figure.get_suptitle()


@pytest.mark.parametrize(
    ("saving", "title"),
    [
        pytest.param([1.0, 2.0, 0.0], "None of 3 products loses; together they gain R$\xa03.", id="none_loses"),
        pytest.param([0.0, 0.0, 0.0], "None of 3 products gains or loses.", id="nothing"),
        pytest.param([-1.0, -1.0, -1.0], "3 of 3 products (100%) cost more", id="all_lose"),
        pytest.param([1e9, 1.0, -1e-6], "None of 3 products loses", id="rounding_is_no_loss"),
    ],
)
def test_title_says_who_loses(saving, title):
    assert title in plots_savings.gain_by_product(FEW.assign(saving=saving), "R$").get_suptitle()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(lambda: plots_savings.savings_by_policy(POLICIES.iloc[:0]), "at least one row", id="policies"),
        pytest.param(lambda: plots_savings.gain_by_product(FEW.iloc[:0], "R$"), "at least one row", id="products"),
    ],
)
def test_nothing_to_draw_says_what_to_pass(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_numbers_are_written_as_told():
    words = plots.Words(number=lambda value: f"<{value:g}>")
    assert "<5.4>%" in said(plots_savings.savings_by_policy(POLICIES, words))
    assert "<900>" in said(plots_savings.gain_by_product(FEW, "R$", words))
    assert "+<6400> (+<0.8>%)" in said(plots_savings.waterfall(COSTS, "R$", words))
