"""The page's HTML: Jinja templates of this folder, in which whatever people wrote is escaped."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from ordercast.dashboard.words import gist
from ordercast.language import LANGUAGES, Voice, translations


def render(name: str, voice: Voice, **values: Any) -> str:
    """The template's HTML; `v` in it is the voice, `say` and `count` its texts.

    Raises jinja2.UndefinedError for a value that was not given.
    """
    return (
        _environment(voice.language)
        .get_template(name)
        .render(v=voice, say=voice.say, count=voice.count, languages=LANGUAGES, **values)
    )


@lru_cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["gist"] = gist
    environment.filters["as_day"] = date.fromisoformat
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
