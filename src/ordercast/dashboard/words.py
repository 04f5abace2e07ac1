"""Texts as people search for them."""

import unicodedata


def plain(text: str) -> str:
    """`text` in lower case without accents, so that "acucar" finds "Açúcar"."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def gist(reason: str) -> str:
    """What a reason says first, after the decision, which stands in the columns beside it, and the colon."""
    first = reason.partition(": ")[2] or reason
    return first.partition(". ")[0].rstrip(".")
