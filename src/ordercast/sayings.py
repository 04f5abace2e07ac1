"""How the value of a feature is said in words of any language: what takes a value and a voice, and gives a text."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from ordercast.features import HOLIDAY_REACH_DAYS
from ordercast.language import Voice, phrase

Say = Callable[[re.Match[str], float, float, Voice], str]


def _share(log_change: float) -> float:
    """The size of a change as a share, in whole percents."""
    return round(abs(float(np.expm1(log_change))), 2) if abs(log_change) >= 0.005 else 0.0


def either(up: str, down: str, scaled: bool = True, level: str = "") -> Say:
    """The first text for what is not below 0, else the second; %(share)s: the size of the change, %(n)s: the name's.

    scaled: the value is told in units of the usual step; level: the text for what is 0% when rounded, if it has one.
    """

    def say(m: re.Match[str], value: float, unit: float, voice: Voice) -> str:
        share = _share(value * unit if scaled else value)
        text = level if level and share == 0 else up if value >= 0 else down
        return voice.say(text, share=voice.percent(share), n=m[1] if m.re.groups else "")

    return say


def plain(text: str) -> Say:
    """The text; %(days)s: the value in whole numbers."""
    return lambda m, value, unit, voice: voice.say(text, days=voice.number(round(value)))


def often(_: re.Match[str], value: float, __: float, voice: Voice) -> str:
    """On how many days a price changes."""
    return voice.say("it changes on %(share)s of the days", share=voice.percent(round(value, 2)))


def often_unsold(_: re.Match[str], value: float, __: float, voice: Voice) -> str:
    """On how many days nothing is sold."""
    return voice.say("nothing is sold on %(share)s of the days", share=voice.percent(round(value, 2)))


def holiday(_: re.Match[str], value: float, __: float, voice: Voice) -> str:
    """How near the next public holiday is to the day forecast."""
    if value >= HOLIDAY_REACH_DAYS:
        return voice.say("no public holiday comes soon after")
    if value == 0:
        return voice.say("it is a public holiday")
    return voice.count("a public holiday %(n)s day later", "a public holiday %(n)s days later", round(value))


def since_holiday(_: re.Match[str], value: float, __: float, voice: Voice) -> str:
    """How near the last public holiday is to the day forecast."""
    if value >= HOLIDAY_REACH_DAYS:
        return voice.say("no public holiday shortly before")
    if value == 0:
        return voice.say("it is a public holiday")
    return voice.count("a public holiday %(n)s day before", "a public holiday %(n)s days before", round(value))


def within(m: re.Match[str], value: float, _: float, voice: Voice) -> str:
    """Where the price stands in its range; the value: 0 at the low to 1 at the high."""
    if value in (0.0, 1.0):
        return voice.say(phrase("at its %(n)s-day high") if value else phrase("at its %(n)s-day low"), n=m[1])
    return voice.say("at %(share)s of its %(n)s-day range", share=voice.percent(round(value, 2)), n=m[1])


def sellers(_: re.Match[str], value: float, __: float, voice: Voice) -> str:
    """How many suppliers there are."""
    return voice.count("one supplier offers it", "%(n)s suppliers offer it", max(round(value), 1))


def sale(_: re.Match[str], value: float, unit: float, voice: Voice) -> str:
    """Whether a price cut is running, and how deep it is."""
    if value >= 0:
        return voice.say("no price cut is running")
    return voice.say("a price cut of %(share)s is running", share=voice.percent(_share(value * unit)))


def gap(_: re.Match[str], value: float, unit: float, voice: Voice) -> str:
    """Where the price stands beside the level that its own past and, if there are any, comparable prices say."""
    share = _share(value * unit)
    if share == 0:
        return voice.say("at the level to be expected")
    over, under = (
        phrase("%(share)s over the level to be expected"),
        phrase("%(share)s under the level to be expected"),
    )
    return voice.say(over if value < 0 else under, share=voice.percent(share))


def foreseen(_: re.Match[str], value: float, unit: float, voice: Voice) -> str:
    """What the level filter expects."""
    change = float(np.expm1(value * unit))
    if abs(change) < 0.0005:
        return voice.say("the level to be expected and the rhythm of list prices say no change")
    decimals = 0 if abs(change) >= 0.01 else 1
    said = voice.percent(round(change, 2 + decimals), decimals)
    text = phrase("the level to be expected and the rhythm of list prices say %(change)s")
    return voice.say(text, change=f"+{said}" if change > 0 else said)


def due(_: re.Match[str], value: float, __: float, voice: Voice) -> str:
    """Whether a change of the list price is to be expected."""
    return voice.say(
        phrase("a price change is due by then") if value >= 1 else phrase("no price change is due by then")
    )
