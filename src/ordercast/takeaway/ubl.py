"""Orders as UBL 2.1 documents (OASIS), one for each supplier: what its own system reads without typing.

Notes, reasons and savings are the house's own and stay in it. `order.xml` beside this file is the document.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from babel.numbers import get_currency_precision

from ordercast.language import Voice
from ordercast.takeaway.lines import by_supplier, file_name, number, to_order, writable

# UN/ECE Recommendation 20, Rev. 17: packages have the codes of Recommendation 21 behind an X.
CODES = {
    "KGM": "kg quilo quilos kilo kilos quilograma kilogram",
    "GRM": "g grama gramas gram grams",
    "TNE": "t ton tonelada toneladas tonne tonnes",
    "LTR": "l lt lts litro litros litre litres liter liters",
    "MLT": "ml mililitro mililitros",
    "MTR": "m mt mts metro metros metre metres meter meters",
    "CMT": "cm",
    "MMT": "mm",
    "MTK": "m2 m²",
    "MTQ": "m3 m³",
    "C62": "un und unid unidade unidades unit units",
    "EA": "ea each",
    "H87": "pc pcs pç pçs pe peça peças piece pieces",
    "PR": "par pares pair pairs",
    "DZN": "dz dúzia dúzias dozen",
    "MIL": "mil milheiro milheiros thousand",
    "XBX": "cx cxs caixa caixas box boxes",
    "XPK": "pct pcte pacote pacotes pack packs package packages",
    "XSA": "sc saco sacos sack sacks",
    "XRO": "rl rolo rolos roll rolls",
}
CODE_OF = {word: code for code, words in CODES.items() for word in words.split()}


def orders(lines: pd.DataFrame, voice: Voice, day: date, buyer: str = "") -> dict[str, bytes]:
    """The documents by file name. lines: as `lines.ready` gives them; day: of issue. Raises NothingToOrder.

    voice: the currency, and the language of the notes.
    """
    made: dict[str, bytes] = {}
    for supplier, some in by_supplier(to_order(lines)):
        named = number(some)
        made[f"{file_name(supplier)}-{file_name(named)}.xml"] = document(supplier, some, voice, day, buyer)
    return made


def document(supplier: str, lines: pd.DataFrame, voice: Voice, day: date, buyer: str) -> bytes:
    """One supplier's order."""
    decimals = get_currency_precision(voice.currency)
    unapproved = int((lines["status"] == "proposed").sum())
    draft = voice.count(
        "Draft: %(n)s line is not approved yet.", "Draft: %(n)s lines are not approved yet.", unapproved
    )
    text = _template().render(
        number=writable(number(lines)),
        day=day.isoformat(),
        currency=voice.currency,
        buyer=writable(buyer) or voice.say("Buyer"),  # the schema wants a party; its name is empty nowhere
        supplier=writable(supplier),
        draft=draft if unapproved else "",
        total=f"{lines['total_cost'].map(_decimal).sum():.{decimals}f}",
        lines=[_line(row, voice, decimals) for row in lines.to_dict("records")],
    )
    return text.encode("utf-8")


def zipped(documents: Mapping[str, bytes]) -> bytes:
    """The documents as a ZIP that is the same bytes every time."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in documents.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def unit_code(unit: str) -> str:
    """The code of a unit of measure, "" for one that is not known.

    >>> unit_code("Kg."), unit_code("CX"), unit_code("saca de 60")
    ('KGM', 'XBX', '')
    """
    return CODE_OF.get(unit.strip().casefold().rstrip("."), "")


def _line(row: Mapping[Any, Any], voice: Voice, decimals: int) -> dict[str, str]:
    code, unit = unit_code(row["unit"]), writable(row["unit"]).strip()
    return {
        "order_id": writable(row["order_id"]),
        "product_id": writable(row["product_id"]),
        "name": writable(row["name"]),
        "unit_code": code or "C62",  # one, of whatever the note says
        "note": "" if code or not unit else voice.say("The quantity is in %(unit)s.", unit=unit),
        "quantity": f"{_decimal(row['quantity_units']):f}",
        "price": f"{_decimal(row['unit_price']):f}",
        "total": f"{_decimal(row['total_cost']):.{decimals}f}",
        "arrive_on": "" if pd.isna(row["arrive_on"]) else f"{row['arrive_on']:%Y-%m-%d}",
    }


def _decimal(value: float) -> Decimal:
    """The number as it is written: XML Schema knows no exponents."""
    return Decimal(int(value)) if float(value).is_integer() else Decimal(repr(float(value)))


@lru_cache
def _template() -> jinja2.Template:
    text = Path(__file__).with_name("order.xml").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(text)
