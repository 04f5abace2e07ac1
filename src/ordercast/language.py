"""The languages people read: texts from one catalogue, numbers, money and days as a locale writes them.

Texts are English in the code and looked up in locale/<language>.po (GNU gettext; `make texts` collects them there), so
what has no translation stays readable. Placeholders are named: `say("%(days)s days", days=3)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from babel import Locale
from babel.dates import format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import (
    NumberFormatError,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
    parse_decimal,
)
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "pt_BR": "Português"}
NOTHING = "–"


def of_locale(locale: str) -> str:
    """The language of LANGUAGES that is spoken where a locale such as pt_PT is; English where none is."""
    spoken = Locale.parse(locale).language
    return next((name for name in LANGUAGES if Locale.parse(name).language == spoken), "en")


def columns(name: str, locale: str, currency: str) -> dict[str, Voice]:
    """The columns that hold a text in every language, with their voices: `name` in the locale's, name_en in another."""
    own = of_locale(locale)
    return {
        name if language == own else f"{name}_{language}": Voice.of(language, locale, currency)
        for language in LANGUAGES
    }


def phrase(text: str) -> str:
    """The text itself: marks a constant for the catalogue, where `say` looks it up later."""
    return text


@lru_cache
def translations(language: str) -> NullTranslations:
    """The texts of a language. Raises KeyError for one that is not in LANGUAGES."""
    LANGUAGES[language]
    if language == "en":
        return NullTranslations()
    with open(FOLDER / f"{language}.po", encoding="utf-8") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


@dataclass(frozen=True)
class Voice:
    """Texts of a language; numbers, money and days as the locale writes them; money in the currency (such as BRL)."""

    locale: str
    currency: str
    language: str = "en"

    @classmethod
    def of(cls, language: str, locale: str, currency: str) -> Voice:
        """The voice in a language; figures stay as `locale` writes them where that is a locale of the language."""
        return cls(locale if of_locale(locale) == language else language, currency, language)

    @cached_property
    def texts(self) -> NullTranslations:
        """The catalogue of the language, as templates take it."""
        return translations(self.language)

    def say(self, text: str, /, **values: Any) -> str:
        """The text in this language, with the values in their places."""
        told = str(self.texts.gettext(text)) if text else ""  # gettext keeps the catalogue's header under ""
        return told % values if values else told

    def count(self, one: str, many: str, number: int, /, **values: Any) -> str:
        """The text for so many: `%(n)s order`, `%(n)s orders`; n is the number as the locale writes it."""
        return str(self.texts.ngettext(one, many, int(number))) % ({"n": self.number(number)} | values)

    @property
    def symbol(self) -> str:
        """The currency's sign, such as R$."""
        return str(get_currency_symbol(self.currency, locale=self.locale))

    def money(self, amount: float) -> str:
        """An amount with cents: R$ 34,90; a dash where there is none."""
        return NOTHING if pd.isna(amount) else str(format_currency(amount, self.currency, locale=self.locale))

    def price(self, amount: float) -> str:
        """An amount per unit, with two decimals more than money has where it needs them: R$ 0,0345."""
        pattern = self.money_pattern(2)
        return (
            NOTHING
            if pd.isna(amount)
            else str(format_currency(amount, self.currency, pattern, locale=self.locale, currency_digits=False))
        )

    def money_pattern(self, more_decimals: int = 0) -> str:
        """The locale's pattern for the currency (Unicode TR 35), with so many optional decimals more than it has."""
        decimals = "0" * get_currency_precision(self.currency) + "#" * more_decimals
        pattern = str(Locale.parse(self.locale).currency_formats["standard"].pattern)
        return pattern.replace(".00", f".{decimals}" if decimals else "")

    def round_money(self, amount: float) -> str:
        """An amount in whole units: R$ 48.200."""
        pattern = Locale.parse(self.locale).currency_formats["standard"].pattern.replace(".00", "")
        whole = {"format": pattern, "currency_digits": False, "locale": self.locale}
        return NOTHING if pd.isna(amount) else str(format_currency(amount, self.currency, **whole))

    def number(self, value: float, most_decimals: int = 2) -> str:
        """A number with so many decimals at most."""
        pattern = "#,##0." + "#" * most_decimals if most_decimals else "#,##0"
        return NOTHING if pd.isna(value) else str(format_decimal(value, pattern, locale=self.locale))

    def fixed(self, value: float, decimals: int = 2) -> str:
        """A number with just so many decimals, for columns of a table."""
        return NOTHING if pd.isna(value) else str(format_decimal(value, "#,##0." + "0" * decimals, locale=self.locale))

    def read(self, text: str) -> float | None:
        """The number that somebody wrote as the locale writes numbers; None where it is none, or another locale's."""
        try:
            return float(parse_decimal(text.strip(), locale=self.locale, strict=True))
        except (NumberFormatError, ValueError):
            return None

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share as a percentage."""
        pattern = "#,##0%" if not decimals else f"#,##0.{'0' * decimals}%"
        return NOTHING if pd.isna(share) else _percent(share, pattern, self.locale)

    def day(self, day: date | pd.Timestamp | None) -> str:
        """A day in figures: 14/11/2026; a dash where there is none."""
        return NOTHING if day is None or pd.isna(day) else str(format_skeleton("yMd", day, locale=self.locale))

    def moment(self, at: datetime) -> str:
        """A day with the time: 14/11/2026 09:30 UTC, the ledger's clock, whoever looks from wherever."""
        return f"{self.day(at)} {format_time(at, 'short', locale=self.locale)} UTC"

    def short_day(self, day: date | pd.Timestamp) -> str:
        """A day without its year: 14/11."""
        return str(format_skeleton("Md", day, locale=self.locale))


@lru_cache(maxsize=4096)
def _percent(share: float, pattern: str, locale: str) -> str:
    return str(format_percent(share, pattern, locale=locale))
