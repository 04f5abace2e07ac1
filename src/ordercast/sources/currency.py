"""The one currency of all money in the tables: a column's, the cells' own signs', or that of the params."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ordercast.sentences import say
from ordercast.sources import amounts, cells, intake
from ordercast.sources.faults import NO_CURRENCY, Findings, some
from ordercast.sources.intake import Intake


def settle(prices: Intake, others: Iterable[Intake], currency: str, findings: Findings) -> None:
    """Fill in the currency of the prices: their own, or `currency` where they name none; no other money may differ."""
    signed = prices.currencies.get("unit_price")
    named = None
    if "currency" in prices.found:
        prices.frame["currency"] = given = codes(prices, findings)
        first = given.dropna().drop_duplicates()
        if len(first) > 1:
            told = some((f"{code} (first in row {row})" for row, code in first.items()), len(first))
            cure = "Convert the prices to one, or read one currency after the other"
            findings.stop("prices", f"currency holds {len(first)} currencies: {told}. {cure}")
            return intake.fill(prices, "currency", currency, findings)
        named = first.iloc[0] if len(first) else None
    if named and signed and named != signed:
        findings.stop("prices", f"unit_price is in {signed}, as its cells say, and currency says {named}. Correct one")
    own = named or signed
    if own and own != currency:
        told = say("all money is in %(own)s, not in base.currency %(currency)s", own=own, currency=currency)
        findings.note("prices", told)
    currency = own or currency
    for table in others:
        for column, code in table.currencies.items():
            if code != currency:
                findings.stop(table.table, f"{column} is in {code}, the prices are in {currency}. Convert it")
    return intake.fill(prices, "currency", currency, findings)


def codes(prices: Intake, findings: Findings) -> pd.Series[str]:
    """The codes in the column of the currency, empty where a cell names none; what is no code is blamed."""
    given = prices.frame["currency"].str.upper()
    found = given.map(lambda code: amounts.CURRENCIES.get(code, code), na_action="ignore").astype("str")
    wrong = found.notna() & ~found.str.fullmatch("[A-Z]{3}", na=False)
    findings.blame("prices", "currency", NO_CURRENCY, prices.found["currency"][found.index[wrong]].map(cells.shown))
    prices.bad["currency"] |= wrong
    return found.mask(wrong).astype("str")
