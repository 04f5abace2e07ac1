"""The database's benchmark moves the same rows by every way and leaves nothing on the server."""

import servers

from benchmarks import database


def test_every_way_is_measured_and_moves_every_row(shop: servers.Shop):
    found = database.measure(shop.address, rows=1500, rounds=1)
    assert found["rows"] == 1500
    assert set(found["ratios"]) == {"write_ours", "write_pandas", "read_ours", "read_pandas"}
    assert all(ratio > 0 for ratio in found["ratios"].values())
    assert set(found["raw"]) == {
        f"{what}_{whose}" for what in ("write", "read") for whose in ("ours", "bare", "pandas")
    }
    for table in ("prices", database.BARE, "pandas_prices"):
        assert shop.rows(f"SELECT COUNT(*), CAST(SUM(ROUND(unit_price * 100)) AS SIGNED) FROM {table}") == [
            (1500, int((database.quotes(1500)["unit_price"] * 100).round().sum()))
        ]
