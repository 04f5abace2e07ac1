"""A tiny published run, written as `publish` would: what the dashboard's tests look at."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import servers
from hypothesis import settings

from ordercast import store

settings.register_profile("ordercast", deadline=None)  # a busy machine is no fault
settings.load_profile("ordercast")
LONGEST_FILES = ("test_pipeline.py", "test_benchmarks.py", "test_portable.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first: with two workers, none of them is left alone at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST_FILES)


LAST_DAY = pd.Timestamp("2026-11-14")
LONG_NAME = "Cantoneira de aço galvanizado com furos " * 5
PRODUCTS = pd.DataFrame(
    [
        ("P001", "Açúcar cristal", "Alimentos", "kg"),
        ("P002", "<script>alert(1)</script>", "Testes & <b>marcas</b>", "un"),
        ("P003", LONG_NAME, "Ferragens", "un"),
        ("P004", "Óleo lubrificante 20W50", "Químicos", "L"),
        *((f"Z{number:03d}", f"Parafuso M{number}", "Ferragens", "un") for number in range(1, 251)),
    ],
    columns=["product_id", "name", "category", "unit"],
).astype("str")
SUPPLIERS = {"P001": ["S1", "S2"], "P002": ["S<2>"], "P003": ["S1"], "P004": ["S2"]}
URGENT = ["P001"]
REASONS = {
    "P001": "Buy 1.200 from S1 at R$ 4,02: stock 90 + 0 on order covers 3 days, S1 delivers in 7 days; urgent: stock "
    "is short from 17 de nov., S1 delivers on 21 de nov. at the earliest.",
    "P002": "Buy 40 from S<2> at R$ 8,00: stock 10 + 0 on order covers 9 days, S<2> delivers in 5 days.",
    "P003": "Buy 24 from S1 at R$ 12,00: stock 8 + 0 on order covers 9 days, S1 delivers in 7 days.",
    "P004": "Wait: 300 in stock covers 40 days and is above the reorder point of 110.",
}
NO_REASON = "Wait: no supplier has quoted a price."
IN_PORTUGUESE = {
    "P001": "Comprar 1.200 de S1 a R$ 4,02: estoque 90 + 0 em pedidos cobre 3 dias, S1 entrega em 7 dias; urgente: "
    "falta estoque a partir de 17/11/2026, S1 só entrega a partir de 21/11/2026.",
    "P002": "Comprar 40 de S<2> a R$ 8,00: estoque 10 + 0 em pedidos cobre 9 dias, S<2> entrega em 5 dias.",
    "P003": "Comprar 24 de S1 a R$ 12,00: estoque 8 + 0 em pedidos cobre 9 dias, S1 entrega em 7 dias.",
    "P004": "Aguardar: 300 em estoque cobre 40 dias, acima do ponto de reposição de 110.",
}
NO_REASON_IN_PORTUGUESE = "Aguardar: nenhum fornecedor jamais cotou um preço."


def _prices() -> pd.DataFrame:
    days = pd.date_range(end=LAST_DAY, periods=200)
    rows = [
        pd.DataFrame(
            {
                "product_id": product,
                "supplier_id": supplier,
                "date": days,
                "unit_price": np.round(4.0 * place * (1 + 0.05 * np.sin(np.arange(200) // 7 + place)), 2),
                "currency": "BRL",
            }
        )
        for place, (product, supplier) in enumerate(
            ((product, supplier) for product, some in SUPPLIERS.items() for supplier in some), start=1
        )
    ]
    return pd.concat(rows, ignore_index=True)


def _ahead(keys: dict[str, Any], middle: float) -> pd.DataFrame:
    horizon = np.arange(1, 15)
    width = 0.02 * middle * np.sqrt(horizon)
    return pd.DataFrame(
        {
            **keys,
            "origin": LAST_DAY,
            "date": LAST_DAY + pd.to_timedelta(horizon, unit="D"),
            "horizon_days": horizon,
            "p10": np.round(middle - width, 2),
            "p50": np.round(middle - 0.001 * middle * horizon, 2),
            "p90": np.round(middle + width, 2),
            "mean": middle,
        }
    )


def _orders(run_id: str) -> pd.DataFrame:
    lines = [
        ("P001", "S1", "buy", 1200, 0, 7, 4.02, 4824.0),
        ("P002", "S<2>", "buy", 40, 0, 5, 8.0, 320.0),
        ("P003", "S1", "buy", 24, 0, 7, 12.0, 288.0),
        ("P004", "S2", "wait", 0, 12, 19, 20.0, 0.0),
        *((product, "", "wait", 0, 14, 14, 0.0, 0.0) for product in PRODUCTS["product_id"][4:]),
    ]
    names = ["product_id", "supplier_id", "decision", "quantity_units", "order", "arrive", "unit_price", "total_cost"]
    table = pd.DataFrame(lines, columns=names)
    for side in ("order", "arrive"):
        table[f"{side}_on"] = LAST_DAY + pd.to_timedelta(table.pop(side), unit="D")
    return table.assign(
        run_id=run_id,
        expected_saving=0.0,
        saving_p10=0.0,
        saving_p90=0.0,
        regret_probability=0.5,
        buy_below_unit_price=table["unit_price"],
        erp_quantity_units=table["quantity_units"],
        binding_constraint="none",
        urgent=table["product_id"].isin(URGENT),
        planned_by="erp",
        just_in_time_saving=0.0,
        waiting_cost=0.0,
        days_of_cover=np.where(table["product_id"] == "P001", 30.0, np.nan),
        on_hand_units=90.0,
        on_order_units=0.0,
        demand_units=210.0,
        safety_units=35.5,
        reorder_point_units=245.5,
        economic_lot_units=1180.0,
        reason=table["product_id"].map(IN_PORTUGUESE).fillna(NO_REASON_IN_PORTUGUESE),
    )


def _course() -> pd.DataFrame:
    """The plan of P001, day by day."""
    days = np.arange(30)
    return pd.DataFrame(
        {
            "product_id": "P001",
            "supplier_id": "S1",
            "date": LAST_DAY + pd.to_timedelta(days, unit="D"),
            "p10": 3.9 - 0.005 * days,
            "p50": 4.02 + 0.004 * days,
            "p90": 4.2 + 0.01 * days,
            "buy_below_unit_price": np.where(days == 0, 4.4, 4.1),
            "order_units": np.where(days == 0, 1200.0, 0.0),
            "arrival_units": np.where(days == 7, 1200.0, 0.0),
            "stock_units": np.clip(90 - 30.0 * days, 0, None) + np.where(days >= 7, 1200 - 30.0 * (days - 7), 0),
        }
    )


def _scored() -> dict[str, pd.DataFrame]:
    """What evaluation leaves behind, of two series and two models."""
    days = np.arange(1, 15)
    by_horizon = pd.concat(
        [
            pd.DataFrame({"target": target, "model": model, "horizon_days": days, "rmsse_ratio": ratio + 0.002 * days})
            for target in ("price", "demand")
            for model, ratio in (("ordercast", 0.86), ("naive", 1.0))
        ],
        ignore_index=True,
    )
    by_group = pd.DataFrame(
        [
            (target, "category", "Ferragens", model, 2, ratio)
            for target in ("price", "demand")
            for model, ratio in (("ordercast", 0.9), ("naive", 1.0))
        ],
        columns=["target", "grouping", "group", "model", "series", "rmsse_ratio"],
    )
    past = pd.DataFrame(
        {
            "product_id": np.repeat(["P001", "P004"], 14),
            "horizon_days": np.tile(days, 2),
            "actual": 4.0 + 0.01 * np.tile(days, 2),
        }
    ).assign(naive=4.0, mean=np.repeat([4.05, 3.8], 14), p10=3.9, p50=4.05, p90=4.2)
    return {"evaluate/by_horizon": by_horizon, "evaluate/by_group": by_group, "evaluate/price_forecasts": past}


def _reasons(orders: pd.DataFrame) -> pd.DataFrame:
    english = orders["product_id"].map(REASONS).fillna(NO_REASON)
    parts = [orders.assign(language="en", reason=english), orders.assign(language="pt_BR")]
    return pd.concat(parts, ignore_index=True)[["language", "product_id", "supplier_id", "reason"]]


def _frames(run_id: str) -> dict[str, pd.DataFrame]:
    prices, orders = _prices(), _orders(run_id)
    sales = pd.concat(
        [
            pd.DataFrame(
                {
                    "product_id": product,
                    "date": pd.date_range(end=LAST_DAY, periods=200),
                    "demand_units": (np.arange(200) * 7 + place) % 11 * 3.0,
                    "in_stock": True,
                }
            )
            for place, product in enumerate(["P001", "P002", "P003"])
        ],
        ignore_index=True,
    )
    last = prices.groupby(["product_id", "supplier_id"], as_index=False).last()
    ahead = [
        _ahead({"product_id": row.product_id, "supplier_id": row.supplier_id}, row.unit_price).assign(
            skill_weight=0.0 if row.supplier_id == "S2" else 0.62,
            drivers="" if row.supplier_id == "S2" else "9% abaixo da média de 60 dias (para cima)",
            drivers_en="" if row.supplier_id == "S2" else "9% under its 60-day mean (up)",
        )
        for row in last.itertuples()
        if row.product_id != "P003"
    ]
    return {
        "raw/products": PRODUCTS,
        "raw/prices": prices,
        "raw/sales": sales,
        "raw/stock": pd.DataFrame({"product_id": ["P001"], "on_hand_units": [90.0], "as_of": [LAST_DAY]}),
        "raw/quarantine": pd.DataFrame(
            {"table": ["prices"], "row": [812], "column": ["unit_price"], "value": ["-3.2"], "fault": ["must be > 0"]}
        ),
        "raw/notes": pd.DataFrame(
            {"table": ["suppliers", "<i>stock</i>"], "note": ["lead time of 7 days assumed", "<b>no</b> stock"]}
        ),
        "features/series": last[["product_id", "supplier_id", "unit_price"]].assign(
            first_quote_on=LAST_DAY - pd.Timedelta(days=199),
            last_quote_on=LAST_DAY,
            quotes=200,
            share_unchanged=0.8,
            status="active",
        ),
        "forecast/prices": pd.concat(ahead, ignore_index=True),
        "forecast/demand": pd.concat(
            [_ahead({"product_id": product}, 15.0) for product in ("P001", "P002", "P003")], ignore_index=True
        ),
        "orders/orders": orders,
        "orders/reasons": _reasons(orders),
        "orders/plan": _course(),
        **_scored(),
        "raw/suppliers": pd.DataFrame(
            {
                "product_id": ["P001", "P001", "P003"],
                "supplier_id": ["S1", "S2", "S1"],
                "lead_time_days": [7.0, 12.0, 7.0],
                "moq_units": [100.0, np.nan, 24.0],
                "pack_units": [10.0, 1.0, 12.0],
                "min_order_value": [6000.0, np.nan, 6000.0],
            }
        ),
        "raw/open_orders": pd.DataFrame(
            {
                "order_id": ["PO-7"],
                "product_id": ["P004"],
                "supplier_id": ["S2"],
                "quantity_units": [60.0],
                "due_on": [LAST_DAY + pd.Timedelta(days=3)],
            }
        ),
    }


def _scores(ratio: float) -> dict[str, dict[str, float]]:
    def row(of_naive: float, coverage: float) -> dict[str, float]:
        return {
            "rmsse": 2.0 * of_naive,
            "rmsse_ratio": of_naive,
            "mase_ratio": of_naive + 0.02,
            "coverage80": coverage,
            "bias": 0.013,
        }

    return {"ordercast": row(ratio, 0.79), "naive": row(1.0, 0.81), "seasonal_naive": row(1.31, 0.8)}


def write_run(root: Path, run_id: str = "2026-11-14-a1b2c3") -> Path:
    """The folder of a small run published in `root`: 4 products with a story, 250 in the catalogue only."""
    folder = root / "data" / "published" / run_id
    for name, frame in _frames(run_id).items():
        store.write_parquet(frame, folder / "data" / f"{name}.parquet", [])
    about = {"run_id": run_id, "currency": "BRL", "locale": "pt_BR"}
    texts = {
        folder / "run.json": about,
        folder / "reports" / "orders.json": {"orders": 3},
        folder / "reports" / "metrics.json": {"price": _scores(0.88), "demand": _scores(1.0)},
        folder / "models" / "metadata.json": {
            "trained_on": "2026-11-14",
            "data_span": ["2026-04-29", "2026-11-14"],
            "data_hash": "0",
            "horizon_days": 14,
        },
        root / "data" / "published" / "current.json": {"run_id": run_id, "folder": run_id},
    }
    for path, value in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    (root / "params.yaml").touch()
    return folder


@pytest.fixture(scope="session")
def publish_tiny() -> Callable[..., Path]:
    """`write_run`: publishes the small run into a folder and returns where it stands."""
    return write_run


@pytest.fixture(scope="session")
def written_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the small run, to be copied and not to be changed."""
    root = tmp_path_factory.mktemp("written")
    write_run(root)
    return root


@pytest.fixture
def published_run(tmp_path: Path, written_run: Path) -> Path:
    """The root of a project in which the small run is published."""
    shutil.copytree(written_run, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(autouse=True)
def _no_database_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that the developer's shell names is not the tests'."""
    monkeypatch.delenv("ORDERCAST_DATABASE_URL", raising=False)


@pytest.fixture
def shop() -> Iterator[servers.Shop]:
    """A schema of its own on the test server."""
    with servers.schema(servers.server()) as made:
        yield made
