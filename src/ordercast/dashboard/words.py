"""Texts as people search for them."""

import unicodedata


def plain(text: str) -> str:
    """`text` in lower case without accents, so that "acucar" finds "Açúcar"."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
