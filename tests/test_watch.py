"""What DVC cannot see becomes files that change only when it does; the ledger is looked at and left alone."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import servers

from ordercast import params, schema, store, watch
from ordercast.database.settings import VARIABLE
from ordercast.ledger import Ledger, Line, tables

LINE = Line("2026-10-31-8cfb23a2", "P1", "S1", 10, 2.5, date(2026, 10, 31), date(2026, 11, 7))
# The committed dvc.lock has it: without decisions the file is the same everywhere.
NOTHING = "683ef2acd823946ce0e5a0c84d1a6193"
FILES = params.Data(source="files")


@pytest.fixture(params=["sqlite", "mysql"])
def book(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """The ledger that `tmp_path` leads to."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if request.param == "sqlite":
        yield Ledger.of(tmp_path)
        return
    with servers.ledger_place() as url:
        monkeypatch.setenv(VARIABLE, url.set(drivername="mysql").render_as_string(hide_password=False))
        yield Ledger.of(tmp_path)


def bytes_of(root: Path) -> list[str]:
    return [hashlib.md5((root / name).read_bytes()).hexdigest() for name in (watch.DECISIONS, watch.SHOP)]


def test_without_decisions_the_files_are_the_same_everywhere(book: Ledger, tmp_path: Path):
    watch.watch(tmp_path, FILES)
    assert bytes_of(tmp_path)[0] == NOTHING
    assert json.loads((tmp_path / watch.SHOP).read_text()) == {"source": "files"}
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["watch"]
    assert tables.version(book.engine) is None
    book.decide(LINE, "rejected", "ana", reason="not now")
    watch.watch(tmp_path, FILES)
    assert bytes_of(tmp_path)[0] == NOTHING
    frame = store.read_parquet(tmp_path / watch.DECISIONS)
    assert schema.check(frame, "open_orders").empty


def test_approved_and_sent_orders_become_a_table_like_open_orders(book: Ledger, tmp_path: Path):
    nasty = replace(LINE, product_id="P'2", supplier_id='ä\n"x"', due_on=None)
    book.bulk([LINE, nasty, *(replace(LINE, product_id=f"P{number}") for number in (3, 4, 5))], "approved", "ana")
    book.decide(replace(nasty, sequence=1), "sent", "ana")
    book.decide(replace(LINE, product_id="P3", sequence=1), "cancelled", "ana")
    book.undo(replace(LINE, product_id="P4", sequence=1), "ana")
    book.decide(replace(LINE, product_id="P5", sequence=1), "edited", "ana", quantity_units=0.1 + 0.2)
    assert watch.watch(tmp_path, FILES) == "source: files; 3 orders approved or sent are still to come"
    frame = schema.check(store.read_parquet(tmp_path / watch.DECISIONS), "open_orders")
    assert frame["order_id"].is_monotonic_increasing
    found = frame.set_index("product_id")
    assert found["status"].to_dict() == {"P1": "approved", "P'2": "sent", "P5": "approved"}
    assert found["quantity_units"].to_dict() == {"P1": 10, "P'2": 10, "P5": 0.1 + 0.2}
    assert found.loc["P'2", "supplier_id"] == 'ä\n"x"'
    assert found["due_on"].notna().to_dict() == {"P1": True, "P'2": False, "P5": True}


def test_the_bytes_tell_the_orders_and_not_who_decided_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    lines = [replace(LINE, product_id=f"P{number}") for number in range(20)]
    for root, order, start in ((tmp_path / "a", 1, datetime(2026, 1, 1)), (tmp_path / "b", -1, datetime(2030, 1, 1))):
        times = iter(start + timedelta(hours=order * number) for number in range(99))
        book = Ledger.of(root, lambda times=times: next(times))
        for line in lines[::order]:
            book.decide(line, "approved", f"{order}")
        watch.watch(root, FILES)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    kept = (root / tables.SQLITE).read_bytes()
    before = bytes_of(root)
    watch.watch(root, FILES)
    assert bytes_of(root) == before
    assert (root / tables.SQLITE).read_bytes() == kept
    book.decide(replace(lines[0], sequence=1), "sent", "x")
    watch.watch(root, FILES)
    assert bytes_of(root) != before


def test_a_database_is_told_by_its_fingerprint(shop: servers.Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, shop.url)
    data = params.Data(source="database", tables={"prices": "quotes"})
    shop.run("CREATE TABLE quotes (product_id VARCHAR(9), date DATE, unit_price DECIMAL(9, 2))")
    seen = set()
    for more in ("SELECT 1", "SELECT 1", "INSERT INTO quotes VALUES ('P1', '2026-01-02', 4.5)"):
        shop.run(more)
        watch.watch(tmp_path, data)
        seen.add((tmp_path / watch.SHOP).read_bytes())
    assert len(seen) == 2
    assert json.loads((tmp_path / watch.SHOP).read_text())["fingerprint"]["prices"]["rows"] == 1
    shop.run("DROP TABLE quotes")
    with pytest.raises(watch.NotThere, match="quotes"):
        watch.watch(tmp_path, data)


def test_a_ledger_that_does_not_answer_stops_with_a_code_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "params.yaml").write_text("base: {}\n")
    monkeypatch.setenv(VARIABLE, "mysql://u:hush@127.0.0.1:1/shop")
    command = [sys.executable, "-m", "ordercast.cli", "watch"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 5
    assert done.stderr.startswith("Using the ledger failed, database shop at 127.0.0.1:1: no server answers")
    assert "hush" not in done.stdout + done.stderr
    assert not (tmp_path / "data").exists()


def test_looking_for_what_is_new_loads_neither_pandas_nor_sqlalchemy(tmp_path: Path):
    code = (
        "import sys\nfrom types import SimpleNamespace\nfrom ordercast import watch\n"
        "watch.watch('.', SimpleNamespace(source='files'))\nprint({'pandas', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
