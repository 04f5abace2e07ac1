"""The status of open orders in other words: one that is taken for open by mistake would be waited for in vain."""

from __future__ import annotations

from ordercast.sentences import say
from ordercast.sources.faults import Findings, some
from ordercast.sources.headers import plain
from ordercast.sources.intake import Intake

MEANT = {
    "open": "aberto aberta em_aberto pendente pending enviado enviada sent approved confirmed confirmado placed",
    "received": "recebido recebida entregue entregues delivered",
    "cancelled": "cancelado cancelada canceled",
    "closed": "fechado fechada concluido concluida encerrado encerrada finalizado finalizada done",
    "rejected": "recusado recusada rejeitado rejeitada",
}
KNOWN = {word: status for status, words in MEANT.items() for word in (status, *words.split())}


def translate(orders: Intake, findings: Findings) -> None:
    """Put our word where a status is known by another one; both that and what nobody knows are noted."""
    if "status" not in orders.found:
        return
    given = orders.frame["status"].dropna().drop_duplicates()
    meant = {word: KNOWN.get(plain(word)) for word in given}
    orders.frame["status"] = orders.frame["status"].map(lambda word: meant.get(word) or word).astype("str")
    told = [
        say("'%(word)s' as %(status)s", word=word, status=status)
        for word, status in meant.items()
        if status and plain(word) != status
    ]
    if told:
        findings.note("open_orders", say("status is read as follows: %(words)s", words=some(told, len(told))))
    unknown = [f"'{word}'" for word, status in meant.items() if status is None]
    if unknown:
        words = some(unknown, len(unknown))
        findings.note("open_orders", say("status %(words)s is not known: such orders count as open", words=words))
