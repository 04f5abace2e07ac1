"""Dates as people write them: year first, day first or month first, and Excel's day numbers."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ordercast.sentences import Sentence, say
from ordercast.sources.reading import EXCEL_DAY_0, Dates, Reading

IN_WORDS = {"iso": "YYYY-MM-DD", "dmy": say("day/month/year"), "mdy": say("month/day/year")}
NO_DAY = {
    "iso": say("is not a date written YYYY-MM-DD"),
    "dmy": say("is not a date written day/month/year"),
    "mdy": say("is not a date written month/day/year"),
}
OTHER_ORDER = say("is not written as most dates of its column are")
EITHER_DAY = say("could be day/month or month/day, and its column does not tell")
FIRST_CENTURY = 70  # 31/12/69 is in 2069, 31/12/70 in 1970
DAYS_COUNTED = dt.date(1990, 1, 1), dt.date(2050, 1, 1)  # a number of another day is none of a day

_TIME = r"(?:,?[T ]+(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)(?P<zone> ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?"
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]).*")
_YEAR_FIRST = re.compile(
    rf"(?P<year>[0-9]{{4}})(?P<by>[/.-])(?P<month>[0-9]{{1,2}})(?P=by)(?P<day>[0-9]{{1,2}}){_TIME}"
)
_EIGHT_DIGITS = re.compile(r"(?P<year>19[0-9]{2}|20[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_SLASHED = re.compile(
    rf"(?P<one>[0-9]{{1,2}})(?P<by>[/.-])(?P<two>[0-9]{{1,2}})(?P=by)(?P<year>[0-9]{{4}}|[0-9]{{2}}){_TIME}"
)
_SERIAL = re.compile(r"(?P<day>[0-9]{1,7})(?P<time>\.[0-9]+)?")


@dataclass(frozen=True)
class _Text:
    """One text: its date in each order, None where it has none.

    timed: whether it tells a time of day; zoned: with its time zone; short: whether its year has two digits, and then
    year_first: its date if that is the first of the three; unusual: whether it has the year first, not as in ISO.
    """

    values: dict[str, dt.date | None]
    timed: bool = False
    zoned: bool = False
    short: bool = False
    year_first: dt.date | None = None
    unusual: bool = False

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


def read(texts: Sequence[str], counts: Sequence[int], setting: Dates, day_0: dt.date = EXCEL_DAY_0) -> Reading:
    """Return the texts as dates without their times.

    texts: distinct, without blanks around; counts: the rows of each. setting: the order of day, month and year, or
    auto: the one that the texts prove. day_0: from which day numbers are counted.
    """
    if setting == "auto" and texts and all(_serial(text, day_0).able for text in texts):
        return read_native(texts, day_0)
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
        return _doubted(texts, doubtful, f"could be {either}, and no other date of the column tells. {cure}")
    doubtful = _year_may_be_first(texts, known, order) if setting == "auto" else None
    if doubtful is not None:
        one = _text(doubtful)
        either = f"{one.values[order]:%Y-%m-%d} or, with the year first, {one.year_first:%Y-%m-%d}"
        return _doubted(
            texts, doubtful, f"could be {either}. Write years of four digits, or set data.dates: {order} if it is so"
        )
    faults = [_fault(one, order, sure) for one in known]
    values = [None if fault else one.values[order] for one, fault in zip(known, faults, strict=True)]
    read_well = [(text, one) for text, one, fault in zip(texts, known, faults, strict=True) if not fault]
    return Reading(
        values,
        faults,
        _notes(read_well, order, setting),
        timed=any(one.timed for _, one in read_well),
        proof=next((text for text, one in read_well if one.proves == order != "iso"), ""),
    )


def read_native(texts: Sequence[str], day_0: dt.date = EXCEL_DAY_0) -> Reading:
    """Return the date cells of a spreadsheet, or day numbers that it does not show as dates, as dates."""
    known = [_serial(text, day_0) if _SERIAL.fullmatch(text) else _text(text) for text in texts]
    values = [one.values.get("iso") for one in known]
    read_well = [(text, one) for text, one, value in zip(texts, known, values, strict=True) if value]
    numbers = [(text, day) for text, day in zip(texts, values, strict=True) if day and _SERIAL.fullmatch(text)]
    notes = [say("holds Excel's day numbers: %(text)s is %(day)s", text=text, day=day) for text, day in numbers[:1]]
    faults = ["" if value else NO_DAY["iso"] for value in values]
    return Reading(
        values, faults, [*notes, *_notes(read_well, "iso", "auto")], timed=any(one.timed for _, one in read_well)
    )


def _doubted(texts: Sequence[str], doubtful: str, doubt: str) -> Reading:
    return Reading([None] * len(texts), [""] * len(texts), doubt=doubt, doubtful=doubtful)


def _year_may_be_first(texts: Sequence[str], known: Sequence[_Text], order: str) -> str | None:
    """A text whose year may as well be its first part: so read, all dates lie as near together or nearer."""
    dated = [(text, one) for text, one in zip(texts, known, strict=True) if one.values.get(order)]
    if order == "iso" or not dated or any(one.able and one.year_first is None for one in known):
        return None
    as_read, otherwise = [one.values[order] for _, one in dated], [one.year_first for _, one in dated]
    if _span_days(otherwise) > _span_days(as_read):
        return None
    return next((text for text, one in dated if one.values[order] != one.year_first), None)


def _span_days(days: Sequence[dt.date | None]) -> int:
    known = [day for day in days if day]
    return (max(known) - min(known)).days


def _serial(text: str, day_0: dt.date) -> _Text:
    found = _SERIAL.fullmatch(text)
    first, last = ((day - day_0).days for day in DAYS_COUNTED)
    number = int(found["day"]) if found else 0
    day = day_0 + dt.timedelta(number) if first <= number < last else None
    return _Text({"iso": day}, timed=bool(found and found["time"] and float(found["time"])))


def _text(text: str) -> _Text:
    found = _YEAR_FIRST.fullmatch(text) or _EIGHT_DIGITS.fullmatch(text) or _SLASHED.fullmatch(text)
    parts = found.groupdict() if found else {}
    time = parts.get("time")
    if not parts or (time and not _is_time(time)):
        return _Text({})
    timed, zoned = _is_late(time), bool(parts.get("zone"))
    if "month" in parts:
        day = _date(parts["year"], parts["month"], parts["day"])
        return _Text({"iso": day}, timed, zoned, unusual=not _ISO.fullmatch(text))
    one, two, year = parts["one"], parts["two"], parts["year"]
    short = len(year) == 2
    values = {"dmy": _date(_full(year), two, one), "mdy": _date(_full(year), one, two)}
    return _Text(values, timed, zoned, short, _date(_full(one), two, year) if short and len(one) == 2 else None)


def _is_time(text: str) -> bool:
    hours, minutes, *seconds = text.split(":")
    return int(hours) < 24 and int(minutes) < 60 and all(float(part) < 60 for part in seconds)


def _is_late(time: str | None) -> bool:
    """Whether a time of day is told that is not midnight."""
    return any(digit in "123456789" for digit in time or "")


def _full(year: str) -> str:
    """A year of two digits with its century."""
    return year if len(year) == 4 else f"{19 if int(year) >= FIRST_CENTURY else 20}{year}"


def _date(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
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


def _notes(read_well: Sequence[tuple[str, _Text]], order: str, setting: Dates) -> list[Sentence]:
    """Sentences on what was assumed, where dates are not plain ISO."""
    notes = []
    if order != "iso" and read_well:
        proof = next((text for text, one in read_well if one.proves), None)
        if proof:
            notes.append(say("is %(order)s: %(proof)s proves it", order=IN_WORDS[order], proof=proof))
        elif setting == order:
            notes.append(say("is %(order)s, as data.dates says", order=IN_WORDS[order]))
        else:
            notes.append(say("is %(order)s", order=IN_WORDS[order]))

    def example(known: str) -> dict[str, Any] | None:
        found = ((text, one) for text, one in read_well if getattr(one, known))
        return next(({"text": text, "day": one.values[order]} for text, one in found), None)

    if short := example("short"):
        century = {"first": str(1900 + FIRST_CENTURY), "last": str(1999 + FIRST_CENTURY)}
        told = say("has years of two digits, read as %(first)s to %(last)s: %(text)s is %(day)s", **century, **short)
        notes.append(told)
    if unusual := example("unusual"):
        notes.append(say("has the year first: %(text)s is %(day)s", **unusual))
    if zoned := example("zoned"):
        told = say("has times of a zone, and the day is the one written there: %(text)s is %(day)s", **zoned)
        notes.append(told)
    return notes
