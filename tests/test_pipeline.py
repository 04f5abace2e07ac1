"""The whole DAG on a small world, as a stranger would run it: from a clone, with DVC, killed now and then."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import servers
import small
import yaml

from benchmarks.pipeline import run_cells
from ordercast import schema, sources, store
from ordercast.contracts import INPUTS
from ordercast.ledger import Ledger, Line, tables
from ordercast.orders import backtest
from ordercast.whatif import Curves, answer

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = os.environ | {
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
STAGES = ["watch", "snapshot", "data", "features", "train", "evaluate", "forecast", "orders", "publish"]


def command(clone: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, cwd=clone, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


def small_clone(folder: Path) -> Path:
    """The tracked files of this tree in a repository of their own, with the small world's params."""
    tracked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in tracked.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    small.lay_small_params_over(folder / "params.yaml")
    (folder / "dvc.lock").unlink(missing_ok=True)
    commit(folder, "small world", init=True)
    return folder


def commit(clone: Path, message: str, init: bool = False) -> None:
    if init:
        command(clone, "git", "init", "-q")
    command(clone, "git", "add", "-A")
    author = ["-c", "user.name=t", "-c", "user.email=t@t"]
    command(clone, "git", *author, "commit", "-qm", message, "--allow-empty")


def locked(clone: Path) -> dict[str, dict[str, str]]:
    """stage -> output -> hash of its bytes, as DVC wrote them down."""
    stages = yaml.safe_load((clone / "dvc.lock").read_text())["stages"]
    return {stage: {out["path"]: out["md5"] for out in what["outs"]} for stage, what in stages.items()}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Another clone, run beside the rest of these tests: killed -9 on a stage three times, then left to complete."""

    def run_in_the_end(clone: Path) -> Path:
        for stage in ("features", "train", "orders"):
            kill_in_the_middle_of(clone, stage)
        command(clone, "ordercast", "repro")
        return clone

    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(run_in_the_end, small_clone(tmp_path_factory.mktemp("killed")))


@pytest.fixture(scope="module")
def run(killed, tmp_path_factory):
    clone = small_clone(tmp_path_factory.mktemp("clone"))
    said = command(clone, "ordercast", "repro").stdout
    commit(clone, "the run")
    return clone, said


@pytest.fixture(scope="module", autouse=True)
def made(run):
    """The hashes and some bytes of the run, before anything else is tried in its clone."""
    return locked(run[0]), named_bytes(run[0])


def named_bytes(clone: Path) -> list[bytes]:
    names = ("data/published/current.json", "models/metadata.json", "reports/metrics.json")
    return [(clone / name).read_bytes() for name in names]


def ran(said: str) -> list[str]:
    """The stages that ran, by what dvc said."""
    return re.findall("Running stage '(.*)':", said)


def table(clone: Path, name: str):
    return duckdb.sql(f"SELECT * FROM '{clone}/data/{name}.parquet'").df()


def test_every_stage_runs_and_the_summary_says_what_to_do(run):
    clone, said = run
    assert list(locked(clone)) == STAGES
    for expected in ("6 orders · ", "Orders", "to place", "reports/4_evaluate.html", "make dashboard"):
        assert expected in said, said


def test_results_are_complete(run):
    clone, _ = run
    prices, demand = table(clone, "forecast/prices"), table(clone, "forecast/demand")
    orders, products = table(clone, "orders/orders"), table(clone, "raw/products")
    for results in (prices, demand, orders.drop(columns=["days_of_cover", "room_units"])):
        assert not results.isna().any().any()
    assert sorted(orders["product_id"]) == sorted(products["product_id"])
    assert set(demand["product_id"]) == set(products["product_id"])
    for ahead in (prices, demand):
        assert set(ahead["horizon_days"]) == set(range(1, 61))
    targets = json.loads((clone / "models/metadata.json").read_text())["targets"]
    assert set(prices["cluster"]) <= set(targets["price"]["groups"])
    assert set(demand["cluster"]) <= set(targets["demand"]["groups"])
    rows = table(clone, "features/price_rows")
    assert len(rows) > 1000
    assert rows["horizon_days"].max() == 60
    assert (orders["reason"].str.len() > 20).all()
    own, told = orders.set_index("product_id")["reason"], table(clone, "orders/reasons").set_index("product_id")
    assert told.loc[told["language"] == "pt_BR", "reason"].to_dict() == own.to_dict()
    assert set(own.str.extract(r"^(Comprar|Aguardar|O planejador)\b")[0]) <= {"Comprar", "Aguardar", "O planejador"}
    english = told.loc[told["language"] == "en", "reason"]
    assert set(english.index) == set(own.index)
    assert english.str.contains(r"^(?:Buy|Wait:|The planner) ").all()
    assert ((prices["drivers"] == "") == (prices["drivers_en"] == "")).all()
    assert prices.loc[prices["drivers"] != "", "drivers"].str.contains(r"\((?:para cima|para baixo)\)$").all()


def test_the_planner_leaves_its_lines_its_courses_and_its_record(run):
    clone, _ = run
    orders, plan, costs = (table(clone, f"orders/{name}") for name in ("orders", "plan", "backtest"))
    assert list(orders["product_id"]) == sorted(orders["product_id"])
    planned = orders[orders["planned_by"] == "planner"]
    assert len(planned)
    assert planned["days_of_cover"].notna().all()
    assert (orders["saving_p10"] <= orders["saving_p90"]).all()
    assert (orders["waiting_cost"] >= 0).all()
    assert set(plan["product_id"]) == set(planned["product_id"])
    assert (plan["stock_units"] >= 0).all()
    first = plan.groupby("product_id")["order_units"].first()
    assert first.to_dict() == planned.set_index("product_id")["quantity_units"].to_dict()
    policies = {"erp", "promo_rule", "point_dp", "planner", "clairvoyant"}
    assert set(costs["policy"]) == policies
    said = json.loads((clone / "reports/orders.json").read_text())
    assert said["backtest"].keys() == {
        *("products", "days", "chance_of_gain", "share_trusted", "promised_over_realised", "regret_error", "policies")
    }
    assert said["backtest"]["policies"].keys() == policies
    assert said["backtest"]["days"] == 84
    assert said["backtest"]["products"] == costs["product_id"].nunique() == 6
    assert said["orders"]["planned_by_planner"] == len(planned)
    assert said["orders"]["to_place"] + said["orders"]["waiting"] == len(orders)


def test_the_curves_give_back_the_plan(run):
    clone, _ = run
    orders, points = (table(clone, f"orders/{name}") for name in ("orders", "curves"))
    assert not points.isna().any().any()
    assert points.groupby("product_id").size().max() <= 26
    told = answer(Curves.of(points, orders))
    assert told.quantity_units.tolist() == orders["quantity_units"].tolist()
    assert told.spend_total == pytest.approx(orders["total_cost"].sum(), abs=0.05)
    assert told.expected_saving == pytest.approx(orders["expected_saving"].sum(), abs=0.05)
    published = json.loads((clone / "data/published/current.json").read_text())["run_id"]
    for name in ("orders/curves", "raw/suppliers", "raw/open_orders", "raw/price_tiers"):
        assert (clone / f"data/published/{published}/data/{name}.parquet").is_file(), name


def test_the_erp_rule_can_plan_alone_and_its_metrics_stand_beside_the_last(run):
    clone, _ = run
    before = table(clone, "orders/orders")
    command(clone, "dvc", "exp", "run", "-S", "orders.policy=erp", "orders")
    orders, said = table(clone, "orders/orders"), json.loads((clone / "reports/orders.json").read_text())
    assert set(orders["planned_by"]) == {"erp"}
    assert (orders["quantity_units"] == orders["erp_quantity_units"]).all()
    assert (orders[["expected_saving", "saving_p10", "saving_p90"]] == 0).all().all()
    rule = before["planned_by"] == "erp"
    assert orders[rule].drop(columns="run_id").equals(before[rule].drop(columns="run_id"))
    assert table(clone, "orders/plan").empty
    assert table(clone, "orders/backtest").empty
    assert said["backtest"] is None
    assert said["orders"]["policy"] == "erp"
    assert "orders.total_cost" in command(clone, "dvc", "metrics", "diff").stdout
    command(clone, "git", "checkout", "-q", ".")
    command(clone, "dvc", "checkout", "-q")


def test_a_budget_binds_the_erp_rule_alone(run):
    clone, _ = run
    rule = table(clone, "orders/orders")
    budget = float((rule["erp_quantity_units"] * rule["unit_price"]).sum()) / 2
    command(clone, "dvc", "exp", "run", "-S", "orders.policy=erp", "-S", f"orders.budget={budget}", "orders")
    orders, said = table(clone, "orders/orders"), json.loads((clone / "reports/orders.json").read_text())
    placed = orders["quantity_units"] > 0
    cut = ~placed & (orders["erp_quantity_units"] > 0)
    assert cut.any()
    assert orders["total_cost"].sum() <= budget
    assert (orders["quantity_units"] == orders["erp_quantity_units"].where(placed, 0)).all()
    assert orders.loc[cut, "reason"].str.startswith("Aguardar: o orçamento dos pedidos de hoje não chega").all()
    assert (orders.loc[cut, "binding_constraint"] == "budget").all()
    assert said["limits"]["products_bound"]["budget"] == cut.sum()
    assert said["limits"]["spent"] == pytest.approx(orders["total_cost"].sum(), abs=0.02)
    command(clone, "git", "checkout", "-q", ".")
    command(clone, "dvc", "checkout", "-q")


TODAY = pd.Timestamp("2026-10-31")


@pytest.fixture(scope="module")
def odd(run, tmp_path_factory) -> Path:
    """The run's tables with one thing odd about each of the first products, and everything that couples orders set."""
    clone, folder = run[0], tmp_path_factory.mktemp("odd")
    for part in ("data/raw", "data/watch", "data/features", "data/forecast", "models"):
        shutil.copytree(clone / part, folder / part)
    raw = {name: store.read_parquet(folder / f"data/raw/{name}.parquet") for name in INPUTS}
    suppliers, orders = raw["suppliers"], raw["open_orders"]
    own = {n: suppliers["product_id"] == f"P00000{n}" for n in range(1, 8)}
    suppliers.loc[own[1], "lead_time_days"] = 0.0
    suppliers.loc[own[2], "lead_time_days"] = np.nan
    suppliers.loc[own[3], "moq_units"] = 1e6
    raw["stock"] = raw["stock"][raw["stock"]["product_id"] != "P000004"]
    late = {"product_id": "P000005", "supplier_id": suppliers.loc[own[5], "supplier_id"].iloc[0], "status": "open"}
    due = {f"LATE{days}": TODAY - pd.Timedelta(days=days) for days in (3, 20)}
    late = pd.DataFrame([late | {"order_id": name, "quantity_units": 9.0, "due_on": day} for name, day in due.items()])
    raw["open_orders"] = pd.concat([orders, late], ignore_index=True).astype({"ordered_on": orders["ordered_on"].dtype})
    priceless = suppliers[own[6]].iloc[[0]].assign(supplier_id="PRICELESS", order_cost=0.0)
    raw["suppliers"] = pd.concat([suppliers, priceless], ignore_index=True).assign(min_order_value=1000.0)
    raw["sales"] = raw["sales"][raw["sales"]["product_id"] != "P000007"]
    raw["price_tiers"] = suppliers[["product_id", "supplier_id"]].assign(min_units=1.0, discount_rate=0.1)
    raw["products"]["unit_volume"] = 0.5
    for name, frame in raw.items():
        store.write_parquet(schema.check(frame, name), folder / f"data/raw/{name}.parquet", schema.TABLES[name].key)
    ahead = folder / "data/forecast/demand.parquet"
    told = store.read_parquet(ahead)
    store.write_parquet(told[told["product_id"] != "P000007"], ahead, [])
    shutil.copy2(clone / "params.yaml", folder)
    return folder


def test_odd_input_is_planned_around_and_said(odd, monkeypatch, capsys):
    """The sixth notebook's cells with the planner trusted; the budget is smaller than any least order."""
    monkeypatch.chdir(odd)
    monkeypatch.setenv("ORDERCAST_ROOT", str(odd))
    monkeypatch.setattr(backtest, "trusted", lambda done, now: np.ones(now.products, dtype=np.bool_))
    params = yaml.safe_load((odd / "params.yaml").read_text())
    params["orders"] |= {"backtest_days": 28, "backtest_products": 2}
    params["orders"] |= {"budget": 0.5, "warehouse_volume": 1e6, "service_floor": 0.98}
    (odd / "params.yaml").write_text(yaml.safe_dump(params))
    run_cells("orders")
    lines = store.read_parquet(odd / "data/orders/orders.parquet").set_index("product_id")
    said, reason = json.loads((odd / "reports/orders.json").read_text()), lines["reason"]  # in Portuguese: base.locale
    assert len(lines) == 12
    assert (lines["arrive_on"] == lines["order_on"])["P000001"]
    assert "; valores supostos: prazo de entrega de 7 dias" in reason["P000002"]
    assert lines.loc["P000003", ["decision", "planned_by"]].tolist() == ["wait", "erp"]
    assert "nunca" in reason["P000003"]
    assert "; estoque desconhecido, tomado como 0" in reason["P000004"]
    assert "; pedido LATE20 previsto para 11/10/2026 está atrasado e não conta" in reason["P000005"]
    assert "; pedido LATE3 previsto para 28/10/2026 está atrasado, esperado a qualquer momento" in reason["P000005"]
    assert "PRICELESS" not in set(lines["supplier_id"])
    assert reason["P000007"].startswith("Aguardar: sem previsão de demanda, ")
    assert (lines["planned_by"] == "planner").sum() == 10
    rule = lines[lines["erp_quantity_units"] > 0]
    assert len(rule)
    assert rule["reason"].str.contains("(10% de desconto a partir de 1 unidades)", regex=False).all()
    assert "O orçamento de R$\xa00,50 não paga o menor pedido, R$" in capsys.readouterr().out
    assert (lines["quantity_units"] == 0).all()
    cut = lines[lines["binding_constraint"] == "budget"]
    assert len(cut) >= len(rule)
    assert cut["reason"].str.contains("O orçamento dos pedidos de hoje mudou esta linha.", regex=False).all()
    assert said["limits"]["products_bound"]["budget"] == len(cut)
    assert 0 < said["limits"]["room"] < 1e6
    assert said["service"]["products"] == 11
    assert said["service"]["floor"] == 0.98


def test_the_reports_stand_alone(run):
    clone, _ = run
    pages = sorted((clone / "reports").glob("*.html"))
    assert [page.stem for page in pages] == [f"{n}_{stage}" for n, stage in enumerate(STAGES[2:8], 1)]
    for page in pages:
        text = page.read_text()
        assert "<script" not in text
        assert 'src="http' not in text
        assert 'href="http' not in text
    assert "data:image/png;base64" in (clone / "reports/4_evaluate.html").read_text()


def test_again_runs_nothing_and_leaves_git_clean(run):
    clone, _ = run
    assert ran(command(clone, "dvc", "repro").stdout) == ["watch"]
    assert command(clone, "git", "status", "--porcelain").stdout == ""


def test_an_approved_order_is_on_its_way_for_the_next_plan_and_no_run_touches_the_ledger(run):
    """A decision runs the plan again and nothing before it; taken back, it was never there."""
    clone, _ = run
    before = table(clone, "orders/orders")
    alike = (before["supplier_id"] == before["erp_supplier_id"]) & (before["erp_quantity_units"] > 0)
    first = before[(before["decision"] == "buy") & alike].iloc[0]  # it comes in time for the ERP rule too
    days = {"ordered_on": first["order_on"].date(), "due_on": first["arrive_on"].date()}
    key = (first[name] for name in ("run_id", "product_id", "supplier_id", "quantity_units", "unit_price"))
    book, line = Ledger.of(clone), Line(*key, **days)
    assert ran(again_after(clone, lambda: book.decide(line, "approved", "ana"))) == ["watch", "orders", "publish"]
    after, plan = (table(clone, f"orders/{name}").set_index("product_id") for name in ("orders", "plan"))
    product = first["product_id"]
    assert after.loc[product, "erp_quantity_units"] < first["erp_quantity_units"]
    assert after.loc[product, "quantity_units"] < first["quantity_units"]
    assert " em pedidos " in after.loc[product, "reason"]
    assert product not in plan.index or plan.loc[[product], "arrival_units"].sum() >= first["quantity_units"]
    assert set(after["run_id"]).isdisjoint(before["run_id"]), "another plan is another run"
    others = before["product_id"] != product
    unchanged = before[others].set_index("product_id").drop(columns="run_id")
    assert after.drop(index=product).drop(columns="run_id").equals(unchanged)
    again_after(clone, lambda: book.undo(replace(line, sequence=1), "ana"))
    assert table(clone, "orders/orders").equals(before)
    (clone / tables.SQLITE).unlink()
    assert command(clone, "git", "status", "--porcelain").stdout == ""


def again_after(clone: Path, decide: Callable[[], object]) -> str:
    """What dvc says when it runs after a decision, which leaves the ledger as it was."""
    decide()
    kept = (clone / tables.SQLITE).read_bytes()
    said = command(clone, "dvc", "repro").stdout
    assert (clone / tables.SQLITE).read_bytes() == kept
    return said


def kill_in_the_middle_of(clone: Path, stage: str) -> None:
    running = subprocess.Popen(
        ["ordercast", "repro"], cwd=clone, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert running.stdout is not None
    said = []
    for line in running.stdout:
        said.append(line)
        if f" {stage} · 2/" in line:
            break
    else:
        pytest.fail(f"{stage} never came:\n{''.join(said)}")
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    deadline = time.monotonic() + 10
    while left := processes_in(clone):
        assert time.monotonic() < deadline, f"left alive: {left}"
        time.sleep(0.1)


def processes_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")) == folder:
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_an_experiment_on_files(run, tmp_path):
    """The small world's own tables as CSV files give the forecasts and orders of the simulated source."""
    clone, _ = run
    before = {name: table(clone, name) for name in ("forecast/prices", "forecast/demand", "orders/orders")}
    for name in INPUTS:
        duckdb.sql(f"COPY (SELECT * FROM '{clone}/data/raw/{name}.parquet') TO '{tmp_path}/{name}.csv' (HEADER)")
    command(clone, "dvc", "exp", "run", "-S", "data.source=files", "-S", f"data.path={tmp_path}")
    for name, earlier in before.items():
        later = table(clone, name).drop(columns="run_id", errors="ignore")
        assert later.equals(earlier.drop(columns="run_id", errors="ignore")), name
    command(clone, "git", "checkout", "-q", ".")
    command(clone, "dvc", "checkout", "-q")


def test_a_database_gives_what_files_give_and_gets_the_run(run, shop, tmp_path, monkeypatch):
    """After the run on files every stage but the first two is one that DVC has seen: the bytes of data/raw decide."""
    clone, _ = run
    before = {name: table(clone, name) for name in ("forecast/prices", "forecast/demand", "orders/orders")}
    for name in ("prices", "sales", "products", "suppliers", "stock", "open_orders"):
        duckdb.sql(f"COPY (SELECT * FROM '{clone}/data/raw/{name}.parquet') TO '{tmp_path}/{name}.csv' (HEADER)")
    monkeypatch.setitem(ENVIRONMENT, "ORDERCAST_DATABASE_URL", servers.url(shop.user("ALL")))
    command(clone, "ordercast", "load", str(tmp_path))
    params = clone / "params.yaml"
    params.write_text(params.read_text().replace("source: simulate", "source: database"))
    said = command(clone, "ordercast", "repro").stdout
    assert "prices            10990 rows from" in said
    from_files = sources.read(tmp_path, columns={}, on_bad_row="stop", currency="BRL").tables()
    for name, frame in from_files.items():
        store.write_parquet(frame, tmp_path / f"{name}.parquet", schema.TABLES[name].key)
        assert (clone / f"data/raw/{name}.parquet").read_bytes() == (tmp_path / f"{name}.parquet").read_bytes(), name
    for name, earlier in before.items():
        later = table(clone, name).drop(columns="run_id", errors="ignore")
        assert later.equals(earlier.drop(columns="run_id", errors="ignore")), name
    run_id = json.loads((clone / "data/published/current.json").read_text())["run_id"]
    for name, view in (("forecast/prices", "forecast_prices"), ("forecast/demand", "forecast_demand")):
        shown = shop.rows(f"SELECT run_id, COUNT(*) FROM ordercast_current_{view} GROUP BY run_id")
        assert shown == [(run_id, len(before[name]))]
    lines = shop.rows("SELECT product_id, quantity_units, reason FROM ordercast_current_orders ORDER BY line")
    assert lines == [
        *before["orders/orders"][["product_id", "quantity_units", "reason"]].itertuples(index=False, name=None)
    ]
    own = ["--exclude-dir=tests", "--exclude-dir=.git"]  # the tests have the word in their text
    leaks = subprocess.run(["grep", "-rlF", *own, "s3cr3t", str(clone)], capture_output=True, text=True, check=False)
    assert leaks.stdout == ""
    command(clone, "git", "checkout", "-q", ".")
    command(clone, "dvc", "checkout", "-q")


def test_recursive_forecasts_can_be_chosen(run):
    clone, _ = run
    before = table(clone, "forecast/prices")
    command(clone, "dvc", "exp", "run", "-S", "forecast.strategy=recursive", "forecast")
    after = table(clone, "forecast/prices")
    assert len(after) == len(before)
    assert not after["mean"].equals(before["mean"])
    assert not after.isna().any().any()
    command(clone, "git", "checkout", "-q", ".")
    command(clone, "dvc", "checkout", "-q")


def test_a_search_learns_from_the_data_that_the_params_name(run, tmp_path):
    """They name another folder than the last run did: its features are made first, and the report names it."""
    clone, _ = run
    params, honest = clone / "params.yaml", (clone / "params.yaml").read_text()
    for name in INPUTS:
        duckdb.sql(
            f"COPY (SELECT * FROM '{clone}/data/raw/{name}.parquet' ORDER BY ALL) TO '{tmp_path}/{name}.csv' (HEADER)"
        )
    other = yaml.safe_load(honest)
    other["data"] |= {"source": "files", "path": str(tmp_path)}
    params.write_text(yaml.safe_dump(other, sort_keys=False))
    done = command(clone, "ordercast", "tune", "--trials", "1", "--no-write")
    told = json.loads((clone / "reports/tune.json").read_text())
    assert "data" in ran(done.stdout)
    assert f", 1 trial on {tmp_path}: loss " in done.stdout
    assert told["data"]["path"] == str(tmp_path)
    assert told["data"]["hash"] == json.loads((clone / "data/features/calendar.json").read_text())["data_hash"]
    assert len(told["trials"]) == 2
    assert yaml.safe_load(params.read_text()) == other
    command(clone, "git", "checkout", "-q", ".")
    command(clone, "dvc", "checkout", "-q")


def test_a_typo_in_the_params_stops_before_any_notebook(run):
    clone, _ = run
    params = clone / "params.yaml"
    honest = params.read_text()
    params.write_text(honest.replace("  max_rounds: 40", "  max_round: 40"))
    done = command(clone, "ordercast", "repro", check=False)
    params.write_text(honest)
    assert done.returncode == 2
    assert "train.max_round is not a key" in done.stderr
    assert "train.max_rounds" in done.stderr
    assert "line" in done.stderr
    assert "·" not in done.stdout


def test_bad_input_writes_nothing(run, tmp_path):
    clone, _ = run
    (tmp_path / "prices.csv").write_text("product_id,date,unit_price\nA,2026-01-01,-3.2\n")
    before = locked(clone)
    options = ["-S", "data.source=files", "-S", f"data.path={tmp_path}"]
    done = command(clone, "dvc", "exp", "run", *options, "data", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "unit_price" in said
    assert "-3.2" in said
    assert not (clone / "data/raw/prices.parquet").exists()
    assert (clone / "data/published/current.json").exists()
    command(clone, "git", "checkout", "-q", ".")
    command(clone, "dvc", "checkout", "-q")
    assert locked(clone) == before


def test_explore_runs_from_top_to_bottom(run):
    from nbclient import NotebookClient
    from nbformat import read

    clone, _ = run
    tour = read(clone / "notebooks/explore.ipynb", as_version=4)
    NotebookClient(tour, timeout=120, resources={"metadata": {"path": str(clone / "notebooks")}}).execute()
    assert any(cell.get("outputs") for cell in tour.cells)


def test_another_clone_killed_at_several_stages_ends_with_the_same_bytes(made, killed):
    """kill -9 of the process a stage hangs on, three times; then the run completes as if nothing had been."""
    other = killed.result()
    assert (locked(other), named_bytes(other)) == made
