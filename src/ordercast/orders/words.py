"""Texts of order lines in one language, a list per column of figures: what is the same in many rows is made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ordercast.language import Voice


class Words:
    """Texts, numbers, money and dates in one voice; each distinct value goes through Babel only once."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice

    def say(self, text: str, /, **cells: Any) -> list[str]:
        """The text for each row, its cells in their places."""
        return self.choose([text], [0] * len(next(iter(cells.values()))), **cells)

    def choose(self, texts: Sequence[str], which: Any, /, **cells: Any) -> list[str]:
        """For each row that of the texts (marked by `phrase`) which `which` counts, its cells in their places."""
        told = [self.voice.say(text) for text in texts]
        rows = zip(*cells.values(), strict=True)
        return [
            told[place] % dict(zip(cells, row, strict=True))
            for place, row in zip(np.asarray(which).astype(int).tolist(), rows, strict=True)
        ]

    def count(self, one: str, many: str, values: Any, /, **cells: Any) -> list[str]:
        """The text for so many in each row, `%(n)s` being their number; parts of one are many."""
        texts = self.voice.texts
        told = _each(values, 1, lambda n: str(texts.ngettext(one, many, int(n) if n.is_integer() else 2)))
        return [
            text % dict(zip(("n", *cells), row, strict=True))
            for text, *row in zip(told, self.numbers(values), *cells.values(), strict=True)
        ]

    def numbers(self, values: Any) -> list[str]:
        """Each number with one decimal at most; a dash where there is none."""
        return _each(values, 1, lambda value: self.voice.number(value, 1))

    def money(self, values: Any) -> list[str]:
        """Each amount in the currency, with cents; a dash where there is none."""
        return _each(values, 2, self.voice.money)

    def shares(self, values: Any) -> list[str]:
        """Each share as a percentage with one decimal at most."""
        return _each(values, 3, lambda value: self.voice.percent(value, int(not round(100 * value, 1).is_integer())))

    def days(self, values: Any) -> list[str]:
        """Each number of days with its unit: 1 day, 2.5 days."""
        return self.count("%(n)s day", "%(n)s days", values)

    def dates(self, values: Any) -> list[str]:
        """Each date in figures, so that no month's name stands in another language; a dash where there is none."""
        codes, distinct = pd.factorize(pd.Series(values))
        return _pick([*(self.voice.day(pd.Timestamp(day)) for day in distinct), self.voice.day(None)], codes)


def _each(values: Any, decimals: int, text: Callable[[float], str]) -> list[str]:
    rounded = np.round(np.asarray(values, dtype=np.float64), decimals) + 0.0  # -0.0 would be written "-0"
    codes, distinct = pd.factorize(rounded)
    return _pick([*(text(float(value)) for value in distinct), text(np.nan)], codes)


def _pick(texts: list[str], codes: Any) -> list[str]:
    return [texts[code] for code in codes.tolist()]
