"""Numbers as people write them, with a decimal point or a decimal comma, with thousands and with signs of money."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ordercast.sentences import Sentence, say
from ordercast.sources.reading import Decimal, Reading

NO_NUMBER = say("is not a number")
PERCENT = say("is written as a percentage")
OTHER_DECIMAL = say("has another decimal sign than its column")
EITHER_NUMBER = say("could have a decimal point or a decimal comma, and its column has both")
OTHER_CURRENCY = say("is in another currency than its column")
CURRENCIES = {"R$": "BRL", "US$": "USD", "€": "EUR", "£": "GBP", "$": None}
LONGEST = 400  # letters: the largest float has 309 digits, and what is longer must not keep the search for signs busy

_SIGN = "|".join(
    [r"R\$", r"US\$", r"\$", "€", "£", "BRL", "USD", "EUR", "GBP", "ARS", "CLP", "CNY", "INR", "JPY", "MXN"]
)
_MONEY = re.compile(rf"(?P<outer>[+-]?)\s*(?P<before>{_SIGN})?\s*(?P<body>\S.*?)\s*(?P<after>{_SIGN})?")
_BLANK = "[ '\u00a0\u2009\u202f]"


def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """A number in one of the two ways; the sign between thousands stands in a group of its own."""
    d, t = re.escape(decimal), re.escape(thousands)
    plain = rf"(?:[0-9]+(?:{d}[0-9]*)?|{d}[0-9]+)(?:e[+-]?[0-9]+)?"
    grouped = rf"[1-9][0-9]{{0,2}}(?P<by>{t}|{_BLANK})[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*(?:{d}[0-9]+)?"
    return re.compile(rf"[+-]?(?:{grouped}|{plain}|inf|infinity)", re.IGNORECASE)


_PATTERNS = {".": _pattern(".", ","), ",": _pattern(",", ".")}


@dataclass(frozen=True)
class _Text:
    """One text: its value under a decimal point and under a decimal comma, None where it has none, and its money.

    percent: whether it would have one without a %.
    """

    values: dict[str, float | None]
    sign: str | None
    percent: bool = False

    @property
    def proves(self) -> str | None:
        """The only decimal sign under which it is a number; None where either does or neither."""
        able = [decimal for decimal, value in self.values.items() if value is not None]
        return able[0] if len(able) == 1 else None

    @property
    def ambiguous(self) -> bool:
        """Whether it is one number with a decimal point and another one with a decimal comma."""
        point, comma = self.values.values()
        return point is not None and comma is not None and point != comma


def read(texts: Sequence[str], counts: Sequence[int], setting: Decimal, money: bool) -> Reading:
    """Return the texts as numbers.

    texts: distinct, without blanks around; counts: the rows of each. setting: the decimal sign, or auto: the one that
    the texts prove. money: whether a sign of money may stand with the digits.
    """
    known = [_text(text, money) for text in texts]
    rows: Counter[str] = Counter()
    for one, count in zip(known, counts, strict=True):
        if one.proves:
            rows[one.proves] += count
    doubtful = next((text for text, one in zip(texts, known, strict=True) if one.ambiguous), None)
    if setting == "auto" and doubtful is not None and not rows:
        point, comma = (f"{value:.15g}" for value in _text(doubtful, money).values.values())
        return Reading(
            [None] * len(texts),
            [""] * len(texts),
            doubt=f"could be {point} or {comma}, and no other number of the column tells. Set data.decimal: '.' or ','",
            doubtful=doubtful,
        )
    mixed = setting == "auto" and len(rows) == 2
    decimal = (max(".,", key=lambda sign: rows[sign])) if setting == "auto" else setting
    currency = _currency(known, counts)
    values, faults = [], []
    for one in known:
        fault = _fault(one, decimal, mixed, currency)
        values.append(None if fault else one.values[decimal])
        faults.append(fault)
    read_well = [(text, one) for text, one, fault in zip(texts, known, faults, strict=True) if not fault]
    return Reading(values, faults, [*_decimal_notes(read_well, decimal), *_money_notes(read_well)], currency=currency)


def _text(text: str, money: bool) -> _Text:
    if len(text) > LONGEST:
        return _Text(dict.fromkeys(_PATTERNS), None)
    body, sign = text.replace("\u2212", "-"), None
    if money and body.startswith("(") and body.endswith(")"):
        body = "-" + body[1:-1].strip()
    found = _MONEY.fullmatch(body) if money else None
    if found and bool(found["before"]) != bool(found["after"]):
        body, sign = found["outer"] + found["body"], found["before"] or found["after"]
    values = {decimal: _value(body, decimal) for decimal in _PATTERNS}
    share = body.removesuffix("%").rstrip()
    return _Text(values, sign, share != body and any(_value(share, decimal) is not None for decimal in _PATTERNS))


def _value(body: str, decimal: str) -> float | None:
    found = _PATTERNS[decimal].fullmatch(body)
    if not found:
        return None
    digits = body.replace(found["by"], "") if found["by"] else body
    return float(digits.replace(",", "."))


def _fault(one: _Text, decimal: str, mixed: bool, currency: str | None) -> str:
    if one.values[decimal] is None:
        return OTHER_DECIMAL if one.proves else PERCENT if one.percent else NO_NUMBER
    if mixed and one.ambiguous:
        return EITHER_NUMBER
    code = _code(one.sign)
    return OTHER_CURRENCY if code and code != currency else ""


def _code(sign: str | None) -> str | None:
    return CURRENCIES.get(sign, sign) if sign else None


def _currency(known: Sequence[_Text], counts: Sequence[int]) -> str | None:
    """The currency that most rows with a sign of money name."""
    rows: Counter[str] = Counter()
    for one, count in zip(known, counts, strict=True):
        code = _code(one.sign)
        if code:
            rows[code] += count
    return rows.most_common(1)[0][0] if rows else None


def _decimal_notes(read_well: Sequence[tuple[str, _Text]], decimal: str) -> list[Sentence]:
    """A sentence with an example, where numbers are not plain digits with a decimal point or could be another one."""
    told = [
        (text, one.values[decimal])
        for text, one in read_well
        if one.ambiguous or (one.proves == decimal and (decimal == "," or "," in text))
    ]
    for text, value in sorted(told, key=lambda pair: -len(pair[0]))[:1]:
        if decimal == ",":
            return [say("has a decimal comma: %(text)s is %(number)s", text=text, number=f"{value:.15g}")]
        return [say("has a decimal point: %(text)s is %(number)s", text=text, number=f"{value:.15g}")]
    return []


def _money_notes(read_well: Sequence[tuple[str, _Text]]) -> list[Sentence]:
    signs = dict.fromkeys(one.sign for _, one in read_well if one.sign)
    codes = {sign: _code(sign) or say("the currency of all money") for sign in signs}
    return [say("has %(sign)s at its numbers: read as %(code)s", sign=sign, code=codes[sign]) for sign in signs]
