"""Numbers, money and dates of order lines as text of one locale."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent


class Words:
    """Numbers, money and dates as text of one locale; each distinct value goes through Babel only once."""

    def __init__(self, currency: str, locale: str) -> None:
        self.currency, self.locale = currency, locale

    def numbers(self, values: Any) -> list[str]:
        """Each number with one decimal at most."""
        return _each(values, 1, lambda value: str(format_decimal(value, "#,##0.#", locale=self.locale)))

    def money(self, values: Any) -> list[str]:
        """Each amount in the currency, with cents."""
        return _each(values, 2, lambda value: str(format_currency(value, self.currency, locale=self.locale)))

    def shares(self, values: Any) -> list[str]:
        """Each share as a percentage with one decimal at most."""
        return _each(values, 3, lambda value: str(format_percent(value, "#,##0.#%", locale=self.locale)))

    def days(self, values: Any) -> list[str]:
        """Each number of days with its unit: 1 day, 2.5 days."""
        return [f"{text} day" if text == "1" else f"{text} days" for text in self.numbers(values)]

    def dates(self, values: Any) -> list[str]:
        """Each date in figures, so that no month's name stands in another language; "no date" where there is none."""
        codes, distinct = pd.factorize(pd.Series(values))
        texts = [str(format_date(pd.Timestamp(day), "short", locale=self.locale)) for day in distinct]
        return _pick([*texts, "no date"], codes)


def _each(values: Any, decimals: int, text: Callable[[float], str]) -> list[str]:
    rounded = np.round(np.asarray(values, dtype=np.float64), decimals) + 0.0  # -0.0 would be written "-0"
    codes, distinct = pd.factorize(rounded)
    return _pick([*(text(float(value)) for value in distinct), "no figure"], codes)


def _pick(texts: list[str], codes: Any) -> list[str]:
    return [texts[code] for code in codes.tolist()]
