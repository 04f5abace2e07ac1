"""What the files are made of outside of the page: the approved orders of the ledger, and the buyer's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from pydantic_settings import BaseSettings, SettingsConfigDict

from ordercast import store, takeaway
from ordercast.dashboard import data
from ordercast.language import Voice, of_locale
from ordercast.ledger import Ledger

KEY = ["run_id", "product_id", "supplier_id"]


class NotExported(LookupError):
    """Nothing was written; the text says why, and what to do."""


class Settings(BaseSettings):
    """What the environment, else a file .env, says."""

    model_config = SettingsConfigDict(env_prefix="ORDERCAST_", env_file_encoding="utf-8", extra="ignore")
    buyer: str = ""


def buyer(root: str | Path) -> str:
    """The company that buys, as ORDERCAST_BUYER names it; "" where nobody did."""
    return Settings(_env_file=Path(root) / ".env").buyer.strip()  # type: ignore[call-arg]  # pydantic takes it off


def lines(run: data.Run, book: Ledger) -> pd.DataFrame:
    """The approved orders of the ledger, of whatever run, as `takeaway.file` takes them; empty where there is none.

    Names and units are those of the run shown now; reason and saving are known of the orders of that run only.
    Raises ledger.LedgerError and files.Missing.
    """
    approved = book.state(only=("approved",)).drop(columns="reason")
    approved = approved.rename(columns={"ordered_on": "order_on", "due_on": "arrive_on"})
    named = approved.merge(run.catalogue[["product_id", "name", "unit"]], on="product_id", how="left")
    told = named.merge(run.lines[[*KEY, "reason", "expected_saving"]], on=KEY, how="left")
    told["name"] = told["name"].fillna(told["product_id"])
    return told.assign(total_cost=told["quantity_units"] * told["unit_price"])


def write(root: Path, forms: Sequence[str], out: Path, tell: Callable[[str], None]) -> None:
    """Nothing; the approved orders stand in `out`, a file for each form, all made before the first is written.

    tell: takes the lines that say what was written. Raises NotExported for an unknown form and where there is nothing
    to write, LedgerError, files.Missing and OSError.
    """
    unknown = [form for form in forms if form not in takeaway.FORMS]
    if unknown or not forms:
        named = ", ".join(map(repr, unknown)) or "nothing"
        raise NotExported(f"--format: {named} is no form of file; it may be {', '.join(takeaway.FORMS)}, with commas")
    run = data.current_run(root)
    found = lines(run, Ledger.of(root))
    if found.empty:
        raise NotExported("No order is approved: approve some on the page (`make dashboard`), then export them.")
    locale = run.setting("locale")
    voice = Voice.of(of_locale(locale), locale, run.setting("currency"))
    try:
        left_out = len(found) - len(takeaway.to_order(found))
        made = [takeaway.file(form, found, voice, run.today.date(), buyer(root)) for form in forms]
    except takeaway.NothingToOrder:
        named = ", ".join(found["order_id"])
        raise NotExported(f"None of the approved orders has a supplier and a price: {named}") from None
    for each in made:
        with store.replacing(out / each.name) as beside:
            beside.write_bytes(each.content)
        tell(str(out / each.name))
    tell(f"{len(found)} approved; mark those as sent on the page that have left")
    if left_out:
        tell(f"{left_out} without supplier or price: in the workbook and CSV only")
