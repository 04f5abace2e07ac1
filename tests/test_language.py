"""The languages: what is said where, and a catalogue that lacks no text and holds none that is gone."""

import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from ordercast.language import FOLDER, LANGUAGES, Voice, columns, of_locale

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        pytest.param("pt_BR", "pt_BR", id="own"),
        pytest.param("pt_PT", "pt_BR", id="spoken_there"),
        pytest.param("en_GB", "en", id="english"),
        pytest.param("de_DE", "en", id="none_is_spoken_there"),
    ],
)
def test_a_locale_speaks_a_language(locale, language):
    assert of_locale(locale) == language


@pytest.mark.parametrize(
    ("locale", "voices"),
    [
        pytest.param("pt_BR", {"reason_en": ("en", "en"), "reason": ("pt_BR", "pt_BR")}, id="brazil"),
        pytest.param("en_GB", {"reason": ("en", "en_GB"), "reason_pt_BR": ("pt_BR", "pt_BR")}, id="britain"),
        pytest.param("de_DE", {"reason": ("en", "de_DE"), "reason_pt_BR": ("pt_BR", "pt_BR")}, id="germany"),
    ],
)
def test_every_language_has_a_column_and_the_locales_own_has_the_name_itself(locale, voices):
    told = columns("reason", locale, "BRL")
    assert {name: (voice.language, voice.locale) for name, voice in told.items()} == voices


def test_a_voice_says_texts_and_counts_in_its_language():
    voice = Voice("pt_BR", "BRL", "pt_BR")
    assert voice.say("more than %(days)s", days=voice.count("%(n)s day", "%(n)s days", 1200)) == "mais de 1.200 dias"
    assert voice.count("%(n)s day", "%(n)s days", 1) == "1 dia"
    assert voice.say("a text without a translation") == "a text without a translation"
    assert voice.say("") == ""


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_text_is_translated_with_the_same_placeholders(language):
    with open(FOLDER / f"{language}.po", encoding="utf-8") as file:
        catalogue = read_po(file, locale=language)
    faults = {}
    for message in catalogue:
        if not message.id:
            continue
        texts, told = ([each] if isinstance(each, str) else list(each) for each in (message.id, message.string))
        wanted = [sorted(PLACEHOLDER.findall(text)) for text in texts]
        if not all(told) or message.fuzzy or any(sorted(PLACEHOLDER.findall(text)) not in wanted for text in told):
            faults[texts[0]] = told
    assert len(catalogue) > 100
    assert not faults, "translate these in the catalogue, with the placeholders of the text"


def test_the_catalogues_hold_the_texts_of_the_code_and_no_others(tmp_path):
    for language in CATALOGUES:
        (tmp_path / f"{language}.po").write_bytes((FOLDER / f"{language}.po").read_bytes())
    subprocess.run(["make", "-s", "texts", f"LOCALE={tmp_path}"], cwd=ROOT, check=True)
    for language in CATALOGUES:
        collected = (tmp_path / f"{language}.po").read_text(encoding="utf-8")
        assert collected == (FOLDER / f"{language}.po").read_text(encoding="utf-8"), "run `make texts`, then translate"


@pytest.mark.parametrize("locale", ["en", "pt_BR", "de_DE", "fr_FR"])
@pytest.mark.parametrize("number", [1_234_567.0, 12_345.67, 0.125, 100.0])
def test_a_number_is_read_as_it_is_written(locale: str, number: float):
    voice = Voice(locale, "BRL")
    assert voice.read(voice.number(number, 6)) == number


@pytest.mark.parametrize(
    ("locale", "text"),
    [("pt_BR", "1.5"), ("pt_BR", "12,345,6"), ("en", "1,5"), ("en", "none"), ("en", ""), ("pt_BR", "1e")],
)
def test_what_is_no_number_of_the_locale_is_not_read(locale: str, text: str):
    assert Voice(locale, "BRL").read(text) is None
