"""Dates as people write them: year first, day first or month first, and Excel's day numbers."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ordercast.sources.reading import Dates, Reading

IN_WORDS = {"iso": "YYYY-MM-DD", "dmy": "day/month/year", "mdy": "month/day/year"}
NO_DAY = {order: f"is not a date written {words}" for order, words in IN_WORDS.items()}
OTHER_ORDER = "is not written as most dates of its column are"
EITHER_DAY = "could be day/month or month/day, and its column does not tell"
FIRST_CENTURY = 70  # 31/12/69 is in 2069, 31/12/70 in 1970
EXCEL_DAY_0 = dt.date(1899, 12, 30)
LAST_SERIAL = (dt.date.max - EXCEL_DAY_0).days
SERIALS = range((dt.date(1990, 1, 1) - EXCEL_DAY_0).days, (dt.date(2050, 1, 1) - EXCEL_DAY_0).days)

_TIME = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_ISO = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?P<time>[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?")
_SLASHED = re.compile(
    rf"(?P<one>[0-9]{{1,2}})(?P<by>[/.-])(?P<two>[0-9]{{1,2}})(?P=by)(?P<year>[0-9]{{4}}|[0-9]{{2}})"
    rf"(?P<time>,?[T ]+{_TIME})?"
)
_SERIAL = re.compile(r"(?P<day>[0-9]{1,7})(?P<time>\.[0-9]+)?")


@dataclass(frozen=True)
class _Text:
    """One text: its date in each order, None where it has none, and whether it tells a time or a short year."""

    values: dict[str, dt.date | None]
    timed: bool = False
    short: bool = False

    @property
    def able(self) -> list[str]:
        """The orders in which it is a date."""
        return [order for order, value in self.values.items() if value is not None]

    @property
    def proves(self) -> str | None:
        """The only order in which it is a date."""
        return self.able[0] if len(self.able) == 1 else None

    @property
    def ambiguous(self) -> bool:
        """Whether it is one date with the day first and another one with the month first."""
        return len(self.able) == 2 and self.values["dmy"] != self.values["mdy"]


def read(texts: Sequence[str], counts: Sequence[int], setting: Dates) -> Reading:
    """Return the texts as dates without their times.

    texts: distinct, without blanks around; counts: the rows of each. setting: the order of day, month and year, or
    auto: the one that the texts prove.
    """
    if setting == "auto" and texts and all(_is_serial(text) for text in texts):
        note = f"holds Excel's day numbers: {texts[0]} is {_serial(texts[0]).values['iso']}"
        return _native([_serial(text) for text in texts], [note])
    known = [_text(text) for text in texts]
    rows: Counter[str] = Counter()
    for one, count in zip(known, counts, strict=True):
        kind = one.proves or ("ambiguous" if one.ambiguous else "same" if one.able else "")
        rows[kind] += count
    order, sure = _order(rows, setting)
    doubtful = next((text for text, one in zip(texts, known, strict=True) if one.ambiguous), None)
    if not sure and not rows["iso"] and doubtful is not None and not rows["dmy"] + rows["mdy"]:
        either = " or ".join(f"{_text(doubtful).values[name]:%Y-%m-%d}" for name in ("dmy", "mdy"))
        cure = "Set data.dates: dmy (day/month/year) or mdy (month/day/year)"
        doubt = f"could be {either}, and no other date of the column tells. {cure}"
        return Reading([None] * len(texts), [""] * len(texts), doubt=doubt, doubtful=doubtful)
    faults = [_fault(one, order, sure) for one in known]
    values = [None if fault else one.values[order] for one, fault in zip(known, faults, strict=True)]
    read_well = [(text, one) for text, one, fault in zip(texts, known, faults, strict=True) if not fault]
    return Reading(values, faults, _notes(read_well, order, setting), timed=any(one.timed for _, one in read_well))


def read_native(texts: Sequence[str]) -> Reading:
    """Return the date cells of a spreadsheet, or day numbers that it does not show as dates, as dates."""
    known = [_serial(text) if _SERIAL.fullmatch(text) else _text(text) for text in texts]
    numbers = [text for text in texts if _SERIAL.fullmatch(text)]
    notes = [f"holds Excel's day numbers: {text} is {_serial(text).values['iso']}" for text in numbers[:1]]
    return _native(known, notes)


def _native(known: Sequence[_Text], notes: list[str]) -> Reading:
    values = [one.values.get("iso") for one in known]
    faults = ["" if value else NO_DAY["iso"] for value in values]
    timed = any(one.timed for one in known if one.values.get("iso"))
    return Reading(values, faults, notes if any(values) else [], timed=timed)


def _is_serial(text: str) -> bool:
    found = _SERIAL.fullmatch(text)
    return bool(found) and int(found["day"]) in SERIALS if found else False


def _serial(text: str) -> _Text:
    found = _SERIAL.fullmatch(text)
    number = int(found["day"]) if found else 0
    day = EXCEL_DAY_0 + dt.timedelta(number) if 0 < number <= LAST_SERIAL else None
    return _Text({"iso": day}, timed=bool(found and found["time"] and float(found["time"])))


def _text(text: str) -> _Text:
    found = _ISO.fullmatch(text)
    if found:
        return _Text({"iso": _iso(text, found["day"])}, timed=_is_late(found["time"]))
    found = _SLASHED.fullmatch(text)
    if not found:
        return _Text({})
    one, two, year, short = int(found["one"]), int(found["two"]), int(found["year"]), len(found["year"]) == 2
    if short:
        year += 1900 if year >= FIRST_CENTURY else 2000
    if found["time"] and not _is_time(found["time"].strip(", T")):
        return _Text({})
    return _Text({"dmy": _date(year, two, one), "mdy": _date(year, one, two)}, _is_late(found["time"]), short)


def _iso(text: str, day: str) -> dt.date | None:
    try:
        dt.datetime.fromisoformat(text)
        return dt.date.fromisoformat(day)
    except ValueError:
        return None


def _is_time(text: str) -> bool:
    hours, minutes, *seconds = text.split(":")
    return int(hours) < 24 and int(minutes) < 60 and all(float(part) < 60 for part in seconds)


def _is_late(time: str | None) -> bool:
    """Whether a time of day is told that is not midnight."""
    return any(digit in "123456789" for digit in time or "")


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _order(rows: Counter[str], setting: Dates) -> tuple[str, bool]:
    """The order in which the column is read, and whether it also settles what is ambiguous."""
    slashed = rows["dmy"] + rows["mdy"] + rows["ambiguous"] + rows["same"]
    if setting == "iso" or rows["iso"] >= slashed:
        return "iso", setting != "auto"
    if setting != "auto":
        return setting, True
    return "mdy" if rows["mdy"] > rows["dmy"] else "dmy", bool(rows["dmy"]) != bool(rows["mdy"])


def _fault(one: _Text, order: str, sure: bool) -> str:
    if one.ambiguous and not sure and order != "iso":
        return EITHER_DAY
    if one.values.get(order) is not None:
        return ""
    return OTHER_ORDER if one.able else NO_DAY[order]


def _notes(read_well: Sequence[tuple[str, _Text]], order: str, setting: Dates) -> list[str]:
    """Sentences on what was assumed, where dates are not plain ISO."""
    if order == "iso" or not read_well:
        return []
    proof = next((text for text, one in read_well if one.proves), None)
    why = f": {proof} proves it" if proof else ", as data.dates says" if setting == order else ""
    notes = [f"is {IN_WORDS[order]}{why}"]
    for text, one in read_well:
        if one.short:
            century = f"{1900 + FIRST_CENTURY} to {1999 + FIRST_CENTURY}"
            return [*notes, f"has years of two digits, read as {century}: {text} is {one.values[order]}"]
    return notes
