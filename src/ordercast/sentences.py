"""Sentences that are written in English and can be told in any language later: with their text they keep its values.

`say` and `count` make them as a voice says texts, and are collected for the catalogue in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ordercast.language import Voice

Value = str | int | float  # a str among them may be a sentence too; any other stays as it is


class Sentence(str):
    """An English sentence, which is nothing but a str, and how it was made.

    text: what stands in the catalogue; many: its plural, "" where nothing is counted; values: by placeholder;
    the number counted is n.
    """

    text: str
    values: dict[str, Value]
    many: str

    def __new__(cls, text: str, values: Mapping[str, Value] = {}, many: str = "") -> Sentence:
        """The text, or its plural where n is not 1, with the values in their places, numbers as plain digits."""
        plain = {name: f"{value:g}" if isinstance(value, float) else value for name, value in values.items()}
        chosen = many if many and values["n"] != 1 else text
        made = super().__new__(cls, chosen % plain if plain else chosen)
        made.text, made.values, made.many = text, dict(values), many
        return made

    def told(self, voice: Voice) -> str:
        """The sentence in the language of the voice, numbers as its locale writes them."""
        values = {name: _told(value, voice) for name, value in self.values.items()}
        if self.many:
            return voice.count(self.text, self.many, int(self.values["n"]), **values)
        return voice.say(self.text, **values)

    def packed(self) -> str:
        """JSON that holds all of it."""
        return json.dumps(_parts(self), ensure_ascii=False)


def unpacked(said: str) -> Sentence:
    """The sentence that was packed."""
    return _whole(json.loads(said))


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


def _told(value: Value, voice: Voice) -> str:
    if isinstance(value, str):
        return value.told(voice) if isinstance(value, Sentence) else value
    return voice.number(float(f"{value:g}"), 6) if isinstance(value, float) else voice.number(value)


def _parts(value: Value) -> Any:
    """A sentence as a list, any other value as it is."""
    if not isinstance(value, Sentence):
        return value
    return [value.text, {name: _parts(each) for name, each in value.values.items()}, value.many]


def _whole(parts: list[Any]) -> Sentence:
    text, values, many = parts
    known = {name: _whole(each) if isinstance(each, list) else each for name, each in values.items()}
    return Sentence(text, known, many)
