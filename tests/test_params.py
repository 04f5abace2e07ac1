"""params.yaml: what is accepted, and that every mistake names its line, its key and its cure."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from ordercast import params
from ordercast.contracts import INPUTS
from ordercast.params import Params, ParamsError, load, table

PROJECT = Path(__file__).parents[1]


def write(folder: Path, text: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ParamsError) as raised:
        load(write(folder, text))
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "base:\n  seed: 1\norders:\n  service_levell: .9\n",
            "line 4: orders.service_levell is not a key; did you mean orders.service_level?",
            id="misspelt_key",
        ),
        pytest.param("trian: {}\n", "line 1: trian is not a key; did you mean train?", id="misspelt_section"),
        pytest.param(
            "orders:\n  seed: 3\n", "line 2: orders.seed is not a key; did you mean base.seed?", id="wrong_section"
        ),
        pytest.param(
            "orders:\n  defaults:\n    moq: 3\n    lead_time: 2\n",
            "line 4: orders.defaults.lead_time is not a key; did you mean orders.defaults.lead_time_days?",
            id="nested_key",
        ),
        pytest.param(
            "forecast:\n  zzz: 1\n",
            "line 2: forecast.zzz is not a key; the keys here are forecast.strategy, forecast.reach_days",
            id="nothing_near",
        ),
        pytest.param(
            "\n\ndata:\n  products: -3\n",
            "line 4: data.products is -3; it must be at least 1 (number of simulated products)",
            id="too_small",
        ),
        pytest.param(
            "orders:\n  service_level: 99\n",
            "line 2: orders.service_level is 99; it must be at most 0.9999 (share of order cycles without a stock-out)",
            id="percent_for_a_share",
        ),
        pytest.param("base: {horizon_days: 61}", "base.horizon_days is 61; it must be at most 60", id="too_far_ahead"),
        pytest.param("forecast: {reach_days: 200}", "reach_days is 200; it must be at most 180", id="planned_too_far"),
        pytest.param("train: {folds: 0}", "train.folds is 0; it must be at least 1 (past windows", id="no_window"),
        pytest.param(
            "train:\n  validation_days: 84\n",
            "line 2: train.validation_days is not a key; the keys here are train.folds, train.fold_days, ",
            id="key_of_an_older_version",
        ),
        pytest.param("features: {mean_days: [7, 366]}", "it must end by 365 days", id="further_back_than_is_seen"),
        pytest.param("train: {learning_rate: 0}", "it must be more than 0", id="zero_for_more_than_zero"),
        pytest.param("base: {seed: 4294967296}", "it must be less than 4294967296", id="seed_of_33_bits"),
        pytest.param("base: {seed: '7'}", "base.seed is '7'; it must be a whole number", id="text_for_number"),
        pytest.param("base: {threads: true}", "base.threads is True; it must be a whole number", id="flag_for_number"),
        pytest.param("base: {threads: 1.5}", "base.threads is 1.5; it must be a whole number", id="half_a_thread"),
        pytest.param("base: {seed: }", "base.seed is empty; it must be a whole number", id="empty_value"),
        pytest.param("train: {learning_rate: 1e-3}", "it must be a number, written like 0.05", id="yaml_reads_text"),
        pytest.param("data: {path: 3}", "data.path is 3; it must be text; put it in quotes", id="number_for_text"),
        pytest.param("data: {path: ''}", "it must not be empty", id="empty_text"),
        pytest.param("train: 3", "train is 3; it must be a section with keys of its own", id="number_for_section"),
        pytest.param(
            "data:\n  source: filez\n",
            "line 2: data.source is 'filez'; it must be 'simulate', 'files' or 'database'; did you mean files?",
            id="misspelt_choice",
        ),
        pytest.param("base: {today: 2026-02-30}", "null or a date in quotes such as '2026-01-31'", id="no_such_day"),
        pytest.param("base: {today: 2026-01-31}", "put it in quotes, '2026-01-31'", id="date_without_quotes"),
        pytest.param("orders: {defaults: {order_cost: .inf}}", "it must be a finite number", id="infinite"),
        pytest.param("base: {today: 5}", "null or a date in quotes such as '2026-01-31'", id="number_for_date"),
        pytest.param("base: {currency: R$}", "it must be three capital letters such as BRL", id="currency_sign"),
        pytest.param("base: {memory_limit: 900MB}", "at least 1GB, written such as 4GB", id="memory_in_megabytes"),
        pytest.param("base: {memory_limit: 0.5GB}", "at least 1GB, written such as 4GB", id="too_little_memory"),
        pytest.param("base: {locale: pt_XX}", "it must be a locale such as pt_BR or en_GB", id="unknown_locale"),
        pytest.param("features: {mean_days: 7}", "it must be a list of days such as [7, 14, 28]", id="no_list"),
        pytest.param(
            "features:\n  mean_days:\n    - 7\n    - x\n",
            "line 4: features.mean_days item 2 is 'x'; it must be a whole number",
            id="item_of_a_list",
        ),
        pytest.param("features: {mean_days: [7, 7]}", "rising, none twice", id="day_twice"),
        pytest.param("features: {mean_days: []}", "it must be a list of days", id="empty_list"),
        pytest.param("features: {change_days: [0, 1]}", "of at least 1", id="lag_of_no_days"),
        pytest.param("data: {columns: [a]}", "it must map names to names", id="columns_as_list"),
        pytest.param("data: {columns: {preco: 3}}", "'preco' must lead to a column name", id="column_to_number"),
        pytest.param("data: {tables: [a]}", "it must map our tables to yours", id="tables_as_list"),
        pytest.param("data: {tables: {prics: a}}", "'prics' is no table; the tables are prices", id="wrong_table"),
        pytest.param("data: {tables: {prices: 3}}", "'prices' must lead to a table such as", id="table_to_number"),
        pytest.param("data: {tables: {prices: .x}}", "'prices' must lead to a table such as", id="no_schema"),
        pytest.param("data: {columns: {prics: {a: b}}}", "'prics' is no table; the tables are prices", id="no_table"),
        pytest.param(
            "base:\n  seed: 1\n  threads: 2\n  seed: 2\n",
            "line 4: base.seed is already set in line 2; keep one of the two",
            id="key_twice",
        ),
        pytest.param("base: {}\nbase: {}\n", "line 2: base is already set in line 1", id="section_twice"),
        pytest.param("base:\n  seed: [1\n", "this is not YAML", id="open_bracket"),
        pytest.param("base:\n\tseed: 1\n", "line 2: this is not YAML", id="tab"),
    ],
)
def test_fault_names_line_key_and_cure(tmp_path: Path, text: str, said: str) -> None:
    told = faults(tmp_path, text)
    assert len([line for line in told if said in line]) == 1, told
    assert all(line.startswith("params.yaml line ") for line in told)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- base\n", "base\n"])
def test_file_without_sections_is_refused(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text) == ["params.yaml holds no sections; it must begin with a line `base:`"]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"nowhere\.yaml is not there"):
        load(tmp_path / "nowhere.yaml")


def test_all_faults_are_told_in_file_order(tmp_path: Path) -> None:
    told = faults(tmp_path, "zzz: 1\nbase:\n  seed: -1\n  threads: 0\n  seed: 2\ndata: {products: 0}\nbase: {}\n")
    assert [int(re.findall(r"line (\d+):", line)[0]) for line in told] == [1, 5, 6, 7]


@pytest.mark.parametrize(
    ("text", "section", "key", "value"),
    [
        pytest.param("base: {today: '2026-01-31'}", "base", "today", "2026-01-31", id="date_as_dvc_writes_it"),
        pytest.param("orders: {service_level: .9}", "orders", "service_level", 0.9, id="number"),
        pytest.param("train: {learning_rate: 1}", "train", "learning_rate", 1.0, id="whole_number_for_a_share"),
        pytest.param("features: {mean_days: [3, 5]}", "features", "mean_days", [3, 5], id="list"),
        pytest.param(
            "data: {tables: {prices: s.p, stock: null}}", "data", "tables", {"prices": "s.p", "stock": None}, id="t"
        ),
        pytest.param("data: {columns: {preco: unit_price}}", "data", "columns", {"preco": "unit_price"}, id="flat"),
        pytest.param(
            "data: {columns: {prices: {p: unit_price}}}",
            "data",
            "columns",
            {"prices": {"p": "unit_price"}},
            id="by_table",
        ),
    ],
)
def test_value_is_accepted_and_the_rest_has_its_default(
    tmp_path: Path, text: str, section: str, key: str, value: Any
) -> None:
    loaded = load(write(tmp_path, text)).model_dump(mode="json")
    expected = Params().model_dump(mode="json")
    expected[section][key] = value
    assert loaded == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "forecast:\n  reach_days: 20\norders:\n  plan_horizon_days: 61\n",
            [
                "params.yaml line 4: orders.plan_horizon_days is 61; it must be at most 20, the larger of "
                "base.horizon_days (14) and forecast.reach_days (20)"
            ],
            id="a_plan_beyond_the_forecasts",
        ),
        pytest.param(
            "base: {horizon_days: 30}\nforecast: {reach_days: 20}\norders: {plan_horizon_days: 40}\n",
            [
                "params.yaml line 3: orders.plan_horizon_days is 40; it must be at most 30, the larger of "
                "base.horizon_days (30) and forecast.reach_days (20)"
            ],
            id="what_people_see_is_the_limit",
        ),
        pytest.param("orders:\n  plan_horizon_days: 60\n", [], id="as_far_as_the_forecasts"),
        pytest.param("base: {horizon_days: 60}\nforecast: {reach_days: 20}\n", [], id="people_look_further"),
        pytest.param("forecast: {reach_days: 20}\norders: {policy: erp}\n", [], id="the_rule_alone_needs_no_reach"),
    ],
)
def test_a_plan_looks_no_further_than_the_forecasts(tmp_path: Path, text: str, said: list[str]) -> None:
    assert [fault.partition(": no day")[0] for fault in (faults(tmp_path, text) if said else [])] == said
    if not said:
        load(write(tmp_path, text))


def test_a_whole_file_lacks_no_key(tmp_path: Path) -> None:
    text = (PROJECT / "params.yaml").read_text()
    assert load(write(tmp_path, text), whole=True) == Params()
    without = text.replace("  seed: 7  ", "  # gone  ").replace("    pack_units: 1 ", "    # gone ")
    without = without.partition("evaluate:")[0] + "forecast:" + without.partition("\nforecast:")[2]
    section = next(n for n, line in enumerate(without.splitlines(), 1) if line.startswith("    lead_time_days:"))
    with pytest.raises(ParamsError) as raised:
        load(write(tmp_path, without), whole=True)
    assert str(raised.value).splitlines() == [
        "params.yaml line 3: evaluate is missing; add it, by default",
        "  evaluate:",
        "    origins: 12",
        "    every_days: 15",
        "    max_products: 2000",
        "params.yaml line 5: base.seed is missing; add it, by default",
        "  seed: 7",
        f"params.yaml line {section}: orders.defaults.pack_units is missing; add it, by default",
        "  pack_units: 1",
    ]


def test_loaded_params_cannot_be_changed(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, "base: {}"))
    with pytest.raises(ValidationError):
        loaded.base.seed = 3


def test_defaults_keep_their_own_rules() -> None:
    as_file = yaml.safe_load(yaml.safe_dump(Params().model_dump(mode="json")))
    assert Params.model_validate(as_file) == Params()


def test_committed_file_holds_the_defaults_each_with_its_description() -> None:
    path = PROJECT / "params.yaml"
    assert load(path) == Params()
    comments = [
        line.partition("# ")[2] for line in path.read_text().splitlines() if line.startswith("  ") and "# " in line
    ]
    assert comments == [row.description for row in table()]


def test_table_has_a_row_per_parameter() -> None:
    rows = {row.key: row for row in table()}
    assert len(rows) == len(table())
    assert rows["orders.defaults.lead_time_days"].default == "7"
    assert rows["features.mean_days"].default == "[7, 14, 28, 60, 180, 365]"
    assert rows["base.today"].default == "null"
    assert all(row.description for row in rows.values())


def test_tables_named_here_are_those_of_the_contracts() -> None:
    assert tuple(INPUTS) == params.INPUT_TABLES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("train: {fold_days: 15}", "", id="a_day_more_than_the_horizon"),
        pytest.param(
            "train: {fold_days: 14}",
            "train.fold_days is 14; it must be more than base.horizon_days, which is 14",
            id="as_long",
        ),
        pytest.param(
            "base: {horizon_days: 30}\ntrain: {fold_days: 20}", "line 2: train.fold_days is 20", id="a_long_horizon"
        ),
        pytest.param("train: {fold_days: 4000}", "it must be at most 3650", id="ten_years"),
    ],
)
def test_windows_that_judge_are_longer_than_the_horizon(tmp_path, text, told):
    (tmp_path / "params.yaml").write_text(text)
    if not told:
        assert params.load(tmp_path / "params.yaml").train.fold_days == 15
    else:
        with pytest.raises(params.ParamsError, match=re.escape(told)):
            params.load(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("100.000", "orders.budget is 100.000, which is 100: write 100000 or 100.0", id="in_thousands"),
        pytest.param("1.250", "orders.budget is 1.250, which is 1.25: write 1250 or 1.25", id="or_three_decimals"),
        pytest.param("100000", "", id="plain"),
        pytest.param("0.125", "", id="a_share"),
        pytest.param("99.95", "", id="cents"),
    ],
)
def test_a_number_that_may_be_meant_in_thousands_is_asked_for(tmp_path, text, told):
    path = write(tmp_path, f"orders:\n  budget: {text}\n")
    if not told:
        assert load(path).orders.budget == float(text)
    else:
        with pytest.raises(ParamsError, match=rf"line 2: {re.escape(told)}"):
            load(path)
