"""Checks of the table contracts: `check` for a frame that must be right, `faults` for one that need not be.

The declarations stand in `contracts`; `dictionary` shows them as the data dictionary.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ordercast.contracts import DTYPES, INPUTS, TABLES, Column, Kind, Table
from ordercast.sentences import say

__all__ = ["INPUTS", "TABLES", "Column", "SchemaError", "Table", "check", "dictionary", "faults"]

KIND_IN_WORDS: dict[Kind, str] = {
    "text": "text",
    "number": "a number",
    "count": "a whole number",
    "flag": "true or false",
    "day": "a date",
}
MISSING = say("is missing")
REPEATED = "is given more than once"
FAULT_DTYPES = {"table": "str", "row": "int64", "column": "str", "value": "str", "fault": "str"}


class SchemaError(ValueError):
    """A frame that breaks its table's contract: one sentence per kind of fault."""


def check(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the frame with its contract's column order and types; whole numbers may stand for numbers.

    Rows count from 0. Raises SchemaError with one sentence per kind of fault: columns that lack or that the
    contract does not know, wrong types, empty required cells, values out of bounds, a key given twice.
    """
    typed, problems = _typed(frame.reset_index(drop=True), TABLES[table])
    if not problems:
        for (column, fault), group in faults(typed, table).groupby(["column", "fault"], sort=False):
            first = group.iloc[0]
            rows = f"{len(group)} of {len(typed)} rows, first row {first['row']}: {first['value']!r}"
            problems.append(f"{column} {fault} in {rows}")
    if problems:
        lines = "\n".join(f"- {problem}." for problem in problems)
        raise SchemaError(f"table {table} breaks its contract:\n{lines}")
    return typed


def faults(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return one row per bad cell or repeated key: table, row, column, value (as text), fault.

    frame has the contract's types and an integer index without repeats, whose labels become `row`; a column
    it lacks is not checked. A repeated key, and columns that do not ascend (p10 <= p50), stand in `column`
    joined by ", ".
    """
    contract = TABLES[table]
    found = list(_bad_cells(frame, contract))
    key = list(contract.key)
    if contract.unique and set(key) <= set(frame.columns):
        known = frame[frame[key].notna().all(axis=1)]
        found.append(_bad_rows(known[known.duplicated(key, keep=False)], key, REPEATED))
    for low, high in pairwise(contract.ascending):
        if {low, high} <= set(frame.columns):
            falling = frame[frame[low] > frame[high]]
            found.append(_bad_rows(falling, [low, high], "do not ascend"))
    found = [cases for cases in found if len(cases)]
    if not found:
        return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in FAULT_DTYPES.items()})
    cases = pd.concat(found, ignore_index=True).assign(table=table)
    return cases[list(FAULT_DTYPES)].astype(FAULT_DTYPES)


def dictionary() -> pd.DataFrame:
    """Return the data dictionary: table, column, type, unit, required, rule, description; a row per column.

    All text but `required`, which is true where no cell may be empty.
    """
    return pd.DataFrame(
        {
            "table": table.name,
            "column": column.name,
            "type": KIND_IN_WORDS[column.kind],
            "unit": column.unit,
            "required": column.required,
            "rule": column.bounds(),
            "description": column.description,
        }
        for table in TABLES.values()
        for column in table.columns
    )


def _typed(frame: pd.DataFrame, contract: Table) -> tuple[pd.DataFrame, list[str]]:
    """Return the frame in order and types, and a sentence per column lacking, unknown or of a wrong type."""
    there = [str(name) for name in frame.columns]
    problems = []
    lacking = [name for name in contract.names if name not in there]
    unknown = [name for name in there if name not in contract.names]
    if lacking:
        problems.append(f"{_columns(lacking)} missing; there are: {', '.join(there) or 'none'}")
    if unknown and not contract.extensible:
        problems.append(f"{_columns(unknown)} not among: {', '.join(contract.names)}")
    if problems:
        return frame, problems
    typed = frame[contract.names + unknown].copy()
    for column in contract.columns:
        cells = typed[column.name]
        if _fits(cells, column.kind):
            typed[column.name] = cells.astype(DTYPES[column.kind])
        else:
            right = f"{KIND_IN_WORDS[column.kind]} ({DTYPES[column.kind]})"
            problems.append(f"{column.name} must be {right}, not {cells.dtype}")
    return typed, problems


def _columns(names: list[str]) -> str:
    return f"column {names[0]} is" if len(names) == 1 else f"columns {', '.join(names)} are"


def _fits(cells: "pd.Series[Any]", kind: Kind) -> bool:
    """Return whether the cells become the kind's type without a loss."""
    types = pd.api.types
    if kind == "day":
        there = cells.dropna()
        return types.is_datetime64_dtype(cells) and bool((there == there.dt.normalize()).all())
    if kind == "text":
        return types.infer_dtype(cells, skipna=True) in ("string", "empty", "categorical")
    if kind == "number":
        return types.is_numeric_dtype(cells) and not types.is_bool_dtype(cells)
    whole = types.is_integer_dtype(cells) if kind == "count" else types.is_bool_dtype(cells)
    return whole and not cells.isna().any()


def _bad_cells(frame: pd.DataFrame, contract: Table) -> Iterator[pd.DataFrame]:
    """Yield row, column, value, fault of the cells that are empty where they may not be, or out of bounds."""
    for column in contract.columns:
        if column.name not in frame:
            continue
        cells = frame[column.name]
        there = cells.notna()
        known = cells[there]
        if column.required and not there.all():
            yield _cases(cells[~there], column.name, MISSING)
        for fault, good in column.rules():
            bad = known[~np.asarray(good(known), dtype="bool")]
            if len(bad):
                yield _cases(bad, column.name, fault)


def _cases(cells: "pd.Series[Any]", column: str, fault: str) -> pd.DataFrame:
    text = cells.astype("object").where(cells.notna(), "").astype("str")
    return pd.DataFrame({"row": cells.index, "column": column, "value": text.array, "fault": fault})


def _bad_rows(rows: pd.DataFrame, columns: list[str], fault: str) -> pd.DataFrame:
    text = rows[columns].astype("str")  # dates without their midnight
    value = [", ".join(cells) for cells in text.itertuples(index=False)]
    return pd.DataFrame({"row": rows.index, "column": ", ".join(columns), "value": value, "fault": fault})
