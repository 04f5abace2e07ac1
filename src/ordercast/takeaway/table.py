"""The lines as one CSV for programs: English column names, ISO days, decimal points, whatever the reader's language."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ordercast import exports
from ordercast.takeaway.lines import COLUMNS


def csv(lines: pd.DataFrame, currency: str) -> bytes:
    """UTF-8 with the mark that tells Excel so; lines: as `lines.ready` gives them, currency: such as BRL."""
    told = lines.assign(currency=currency)
    for name in ("order_on", "arrive_on"):
        told[name] = told[name].dt.strftime("%Y-%m-%d")
    rows = [[_cell(value) for value in row] for row in told.itertuples(index=False, name=None)]
    return exports.csv_text([*COLUMNS, "currency"], rows).encode("utf-8-sig", "replace")


def _cell(value: Any) -> str | int | float:
    """Nothing for what is absent, a whole number without its `.0`."""
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(value)
    return str(value)
