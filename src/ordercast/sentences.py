"""Sentences that are written in English and can be told in any language later: with their text they keep its values.

`say` and `count` make them as a voice says texts, and are collected for the catalogue in the same way. An error made
with a sentence reads in English, and `told` says it in the reader's language.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ordercast.language import Voice

Value = str | int | float | date  # a str among them may be a sentence too; any other stays as it is


class Sentence(str):
    """An English sentence, which is nothing but a str, and how it was made.

    text: what stands in the catalogue; many: its plural, "" where nothing is counted; values: by placeholder;
    the number counted is n.
    """

    text: str
    values: dict[str, Value]
    many: str

    def __new__(cls, text: str, values: Mapping[str, Value] = {}, many: str = "") -> Sentence:
        """The text, or its plural where n is not 1, with the values in their places: plain digits, days as ISO."""
        plain = {name: f"{value:.10g}" if isinstance(value, float) else value for name, value in values.items()}
        chosen = many if many and values["n"] != 1 else text
        made = super().__new__(cls, chosen % plain if plain else chosen)
        made.text, made.values, made.many = text, dict(values), many
        return made

    def told(self, voice: Voice) -> str:
        """The sentence in the language of the voice, numbers and days as its locale writes them."""
        values = {name: _told(value, voice) for name, value in self.values.items()}
        if self.many:
            number: Any = self.values["n"]
            return voice.count(self.text, self.many, int(number), **values)
        return voice.say(self.text, **values)

    def packed(self) -> str:
        """JSON that holds all of it."""
        return json.dumps(_parts(self), ensure_ascii=False)


def unpacked(said: str) -> Sentence:
    """The sentence that was packed."""
    whole: Sentence = _whole(json.loads(said))
    return whole


def say(text: str, /, **values: Value) -> Sentence:
    """The text with the values in their places."""
    return Sentence(text, values)


def count(one: str, many: str, number: int, /, **values: Value) -> Sentence:
    """The text for so many: `%(n)s order`, `%(n)s orders`."""
    return Sentence(one, {"n": int(number)} | values, many)


def listed(each: Iterable[str]) -> Sentence:
    """One after the other, with commas between."""
    values = {str(place): one for place, one in enumerate(each)}
    return Sentence(", ".join(f"%({place})s" for place in values), values)


def told(error: Exception, voice: Voice) -> str:
    """What an error says in the language of the voice; in English where it was made with no sentence."""
    return _told(error.args[0], voice)


def _told(value: Value, voice: Voice) -> str:
    if isinstance(value, str):
        return value.told(voice) if isinstance(value, Sentence) else value
    if isinstance(value, date):
        return voice.day(value)
    return voice.number(float(f"{value:g}"), 6) if isinstance(value, float) else voice.number(value)


def _parts(value: Value) -> Any:
    """A sentence as a list, a day under its name, any other value as it is."""
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if not isinstance(value, Sentence):
        return value
    return [value.text, {name: _parts(each) for name, each in value.values.items()}, value.many]


def _whole(parts: Any) -> Any:
    if isinstance(parts, dict):
        return date.fromisoformat(parts["day"])
    if not isinstance(parts, list):
        return parts
    text, values, many = parts
    return Sentence(text, {name: _whole(each) for name, each in values.items()}, many)
