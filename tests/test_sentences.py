"""Sentences that are English and can be told in another language: when made, when told, when stored between."""

import ast
import pickle
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ordercast.language import Voice
from ordercast.sentences import Sentence, count, listed, say, unpacked
from ordercast.sources.faults import noted, some

BRAZIL = Voice("pt_BR", "BRL", "pt_BR")


SOURCES = Path(__file__).resolve().parent.parent / "src/ordercast"
SHOWN = {"Missing": 0, "LedgerError": 0, "Refused": 1}  # errors that the page shows: where their sentence stands


def untranslated(error: Exception) -> list[str]:
    """The texts of an error that a Brazilian reads in English: of its sentence and of all in it."""

    def texts(said: object) -> Iterator[str]:
        if isinstance(said, Sentence):
            yield said.text
            for value in said.values.values():
                yield from texts(value)

    if not isinstance(error.args[0], Sentence):
        return [str(error)]
    worded = [text for text in texts(error.args[0]) if re.search("[a-z]", re.sub(r"%\(\w+\)s", "", text))]
    return [text for text in worded if BRAZIL.say(text) == text]


def rows(number: int) -> Sentence:
    return count(
        "%(n)s row set aside of %(rows)s: see quarantine",
        "%(n)s rows set aside of %(rows)s: see quarantine",
        number,
        rows=12000,
    )


CASES = [
    pytest.param(say("is missing"), "is missing", "está faltando", id="plain"),
    pytest.param(
        say("read column '%(name)s' as %(column)s", name="100% (%s)", column="unit_price"),
        "read column '100% (%s)' as unit_price",
        "coluna '100% (%s)' lida como unit_price",
        id="texts_of_others_stay",
    ),
    pytest.param(
        rows(1),
        "1 row set aside of 12000: see quarantine",
        "1 linha de 12.000 separada: veja quarantine",
        id="one",
    ),
    pytest.param(
        rows(1234),
        "1234 rows set aside of 12000: see quarantine",
        "1.234 linhas de 12.000 separadas: veja quarantine",
        id="many",
    ),
    pytest.param(say("is not above %(bound)s", bound=0), "is not above 0", "não está acima de 0", id="bound"),
    pytest.param(say("is below %(bound)s", bound=0.5), "is below 0.5", "está abaixo de 0,5", id="decimals"),
    pytest.param(
        say("%(product)s on %(day)s (%(price)s beside %(was)s)", product="A", day="2026-01-02", price=0.00345, was=3e7),
        "A on 2026-01-02 (0.00345 beside 30000000)",
        "A em 2026-01-02 (0,00345 ao lado de 30.000.000)",
        id="small_price",
    ),
    pytest.param(
        say("no %(table)s table: %(assumed)s", table="stock", assumed=say("stock on hand is assumed to be 0")),
        "no stock table: stock on hand is assumed to be 0",
        "falta a tabela stock: supõe-se que o estoque disponível é 0",
        id="nested",
    ),
    pytest.param(
        say("ignored column %(columns)s", columns=listed(["a", say("(no name)"), "100%"])),
        "ignored column a, (no name), 100%",
        "coluna ignorada: a, (sem nome), 100%",
        id="listed",
    ),
    pytest.param(some("ABCDEFG", 7), "A, B, C, D, E and 2 more", "A, B, C, D, E e mais 2", id="the_first_of_many"),
    pytest.param(Sentence("100% of <b>it</b>"), "100% of <b>it</b>", "100% of <b>it</b>", id="no_text_of_ours"),
]


@pytest.mark.parametrize(("sentence", "english", "portuguese"), CASES)
def test_a_sentence_is_english_and_told_in_another_language(sentence: Sentence, english: str, portuguese: str):
    assert sentence == english
    assert f"{sentence}" == english
    assert sentence.told(BRAZIL) == portuguese
    assert sentence.told(Voice("en", "BRL")).replace(",", "") == english.replace(",", "")


@pytest.mark.parametrize(("sentence", "english", "portuguese"), CASES)
def test_what_is_stored_can_still_be_told(sentence: Sentence, english: str, portuguese: str):
    for again in (unpacked(sentence.packed()), pickle.loads(pickle.dumps(sentence))):
        assert again == english
        assert again.told(BRAZIL) == portuguese


DAYS = [
    pytest.param(say("on %(day)s", day=date(2026, 1, 2)), "on 2026-01-02", "em 02/01/2026", "on 1/2/2026", id="one"),
    pytest.param(
        say("%(names)s and %(more)s more", names=listed([say("on %(day)s", day=date(2026, 1, 2))]), more=3),
        "on 2026-01-02 and 3 more",
        "em 02/01/2026 e mais 3",
        "on 1/2/2026 and 3 more",
        id="nested",
    ),
]


@pytest.mark.parametrize(("sentence", "plain", "portuguese", "american"), DAYS)
def test_days_are_iso_in_plain_english_and_as_the_voice_writes_them_when_told(
    sentence: Sentence, plain: str, portuguese: str, american: str
):
    for one in (sentence, unpacked(sentence.packed()), pickle.loads(pickle.dumps(sentence))):
        assert (one, one.told(BRAZIL), one.told(Voice("en", "BRL"))) == (plain, portuguese, american)


def test_notes_are_stored_in_english_and_to_be_told():
    table = noted([("prices", rows(2))])
    assert table["note"].tolist() == ["2 rows set aside of 12000: see quarantine"]
    assert table["said"].map(unpacked).tolist() == table["note"].tolist()


def calls(*names: str) -> dict[str, list[ast.Call]]:
    """The calls of these names in our sources, by file."""
    found = {}
    for path in SOURCES.rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        found[str(path)] = [
            node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names
        ]
    return found


def test_what_the_page_shows_of_errors_is_a_sentence_and_translated():
    plain, english, seen, said = [], [], set(), calls("say")
    for path, made in calls(*SHOWN).items():
        for call in made:
            seen.add(call.func.id)
            told = ast.unparse(call.args[SHOWN[call.func.id]])
            if told.startswith(("'", '"', "f'", 'f"', "str(")):
                plain.append(f"{path}:{call.lineno}")
        texts = [call.args[0].value for call in said[path] if isinstance(call.args[0], ast.Constant)]
        english += [text for text in texts if made and BRAZIL.say(text) in ("", text)]
    assert seen == set(SHOWN)
    assert not plain, "make these with say(...)"
    assert not english, "translate these"
