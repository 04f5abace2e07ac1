"""Sentences that are English and can be told in another language: when made, when told, when stored between."""

import pickle
from datetime import date

import pytest

from ordercast.language import Voice
from ordercast.sentences import Sentence, count, listed, say, unpacked
from ordercast.sources.faults import noted, some

BRAZIL = Voice("pt_BR", "BRL", "pt_BR")


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
        say("%(product)s on %(day)s (%(price)s)", product="A", day="2026-01-02", price=0.00345),
        "A on 2026-01-02 (0.00345)",
        "A em 2026-01-02 (0,00345)",
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
