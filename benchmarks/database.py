"""What MySQL costs: a million prices written and read by us, by DuckDB's extension alone and by pandas, in turns.

    python -m benchmarks.database [--rows 1000000] [--rounds 3] [--url URL] [--json F]

ours: `ordercast load` (staging table, RENAME) and the snapshot (read at one moment, sorted, to Parquet). bare: the
extension's INSERT ... SELECT into an empty table of the same shape, and COPY of that table to Parquet as it comes.
pandas: to_sql in portions of 20,000 rows, and read_sql, once. The ratios are to bare, of the least of the rounds' wall
times. It works in a schema of its own, which it drops, on the server of ORDERCAST_TEST_DATABASE_URL (by default
127.0.0.1:3306, root).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from ordercast.contracts import INPUTS, TABLES
from ordercast.database import attach, catalogue, engine, load, reading, tables
from ordercast.database.settings import Address, parse

URL = os.environ.get("ORDERCAST_TEST_DATABASE_URL", "mysql://root@127.0.0.1:3306/mysql")
DAYS = 1000
BARE = "bare_prices"
PORTION = 20_000


def quotes(rows: int) -> pd.DataFrame:
    """Daily prices of as many products as that many rows make."""
    number = np.arange(rows)
    return pd.DataFrame(
        {
            "product_id": pd.Series([f"P{n:06d}" for n in range(rows // DAYS + 1)])[number // DAYS].to_numpy(),
            "supplier_id": "S1",
            "date": pd.Timestamp("2023-01-01") + pd.to_timedelta(number % DAYS, unit="D"),
            "unit_price": (number * 7919 % 99_991 + 1) / 100,
            "currency": "BRL",
        }
    )


def ways(address: Address, frame: pd.DataFrame, folder: Path) -> dict[str, Callable[[], None]]:
    """The contenders by name, in the order in which they take turns."""
    frames = {name: TABLES[name].empty() for name in INPUTS} | {"prices": frame}
    lined = frame.assign(line=1)

    def bare_write() -> None:
        made = tables.input_table("prices", BARE, sa.MetaData())
        with engine.engine(address).connect() as connection:
            made.drop(connection, checkfirst=True)
            made.create(connection)
        with attach.attached(address) as shop:
            shop.register("frame", lined)
            shop.execute(f"INSERT INTO {attach.quoted(attach.CATALOGUE, address.database, BARE)} SELECT * FROM frame")

    def bare_read() -> None:
        with attach.attached(address) as shop:
            table = attach.quoted(attach.CATALOGUE, address.database, BARE)
            shop.execute(f"COPY (FROM {table}) TO {attach.text(folder / 'bare.parquet')} (FORMAT parquet)")

    def pandas_write() -> None:
        lined.to_sql("pandas_prices", engine.engine(address), if_exists="replace", index=False, chunksize=PORTION)

    def pandas_read() -> None:
        pd.read_sql("SELECT * FROM pandas_prices", engine.engine(address))

    def ours_read() -> None:
        only: catalogue.Tables = {name: None for name in INPUTS if name != "prices"}
        reading.copied(address, only, {}, lambda line: None, folder)

    return {
        "write_ours": lambda: load.load(address, frames, lambda line: None),
        "write_bare": bare_write,
        "write_pandas": pandas_write,
        "read_ours": ours_read,
        "read_bare": bare_read,
        "read_pandas": pandas_read,
    }


def measure(address: Address, rows: int, rounds: int) -> dict[str, Any]:
    """Seconds of every round, the ratios, and how busy the machine was."""
    seconds: dict[str, list[float]] = {}
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        contenders = ways(address, quotes(rows), Path(folder))
        for number in range(rounds):
            for name, act in contenders.items():
                if name.endswith("pandas") and number:
                    continue  # once is enough to stand beside
                began = time.perf_counter()
                act()
                seconds.setdefault(name, []).append(round(time.perf_counter() - began, 2))
                print(f"{name:<14} {seconds[name][-1]:>8.2f} s", flush=True)
    least = {name: min(times) for name, times in seconds.items()}
    ratios = {
        f"{what}_{whose}": round(least[f"{what}_{whose}"] / least[f"{what}_bare"], 2)
        for what in ("write", "read")
        for whose in ("ours", "pandas")
    }
    return {"rows": rows, "ratios": ratios, "raw": seconds, "load": [load_before, os.getloadavg()[0]]}


def main() -> None:
    """Measure and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url", default=URL, help="any database of the server to measure on")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    server = parse(given.url)
    name = f"ordercast_benchmark_{os.getpid()}"
    with engine.engine(server).connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            found = measure(replace(server, database=name), given.rows, given.rounds)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
    print(json.dumps(found, indent=2))
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
