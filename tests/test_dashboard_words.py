"""Texts as people search for them and as a list has room for."""

import pytest

from ordercast.dashboard.words import gist, plain

GISTS = [
    pytest.param(
        "Buy 796 from F03 at R$5.81: no lower price is expected in 13 days; covers 34 days. The ERP rule: Buy 1,332.",
        "no lower price is expected in 13 days; covers 34 days",
        id="buy",
    ),
    pytest.param(
        "O planejador concorda com a regra do ERP. Aguardar: 12 em estoque cobre 31 dias; acima do ponto de 1.651,5.",
        "12 em estoque cobre 31 dias; acima do ponto de 1.651,5",
        id="wait",
    ),
    pytest.param("as the rule has it.", "as the rule has it", id="no_decision_in_it"),
    pytest.param("", "", id="no_reason"),
]


@pytest.mark.parametrize(("reason", "said"), GISTS)
def test_the_gist_is_what_follows_the_decision(reason: str, said: str):
    assert gist(reason) == said


def test_accents_and_capitals_do_not_matter_in_a_search():
    assert plain("AÇÚCAR Cristal") == "acucar cristal"
