"""Column names as people write them, matched with the names of the contract."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby

from ordercast.contracts import INPUTS, TABLES
from ordercast.sentences import Sentence, listed, say

Columns = Mapping[str, str | Mapping[str, str]]

# Names are compared without accents, case, units in brackets and punctuation. A name after a bar gives way to one
# before it: beside a code, "produto" is no code. Two names on one side of a bar are refused.
_PRODUCT = (
    "sku codigo_do_produto codigo_produto cod_produto id_produto product_code item_code codigo cod "
    "| produto product item"
)
_SUPPLIER = "codigo_do_fornecedor codigo_fornecedor cod_fornecedor | supplier vendor fornecedor"
_QUANTITY = "quantidade quantity qtd qtde qty"
_PRICE = "preco_unitario custo_unitario unit_cost valor_unitario | preco price custo cost"
_NAMES: dict[str, dict[str, str]] = {
    "prices": {
        "product_id": _PRODUCT,
        "supplier_id": _SUPPLIER,
        "date": "data data_da_cotacao data_cotacao data_do_preco dia day quote_date",
        "unit_price": _PRICE,
        "currency": "moeda",
    },
    "sales": {
        "product_id": _PRODUCT,
        "date": "data data_da_venda data_venda dia day sale_date",
        "demand_units": f"demanda demand quantidade_vendida qtd_vendida units_sold vendas sales units unidades consumo "
        f"{_QUANTITY}",
        "in_stock": "em_estoque disponivel",
    },
    "products": {
        "product_id": _PRODUCT,
        "name": "nome nome_do_produto product_name | descricao description | produto product item",
        "category": "categoria grupo familia group",
        "unit": "unidade unidade_de_medida un uom",
        "shelf_capacity_units": "capacidade",
        "shelf_life_days": "validade_dias vida_util_dias",
        "unit_volume": "volume_unitario volume",
    },
    "suppliers": {
        "product_id": _PRODUCT,
        "supplier_id": _SUPPLIER,
        "lead_time_days": "prazo_de_entrega prazo_entrega prazo_dias prazo lead_time",
        "moq_units": "lote_minimo pedido_minimo quantidade_minima qtd_minima moq minimum_order",
        "pack_units": "unidades_por_embalagem embalagem pack_size pack",
        "order_cost": "custo_do_pedido custo_pedido",
        "min_order_value": "valor_minimo_do_pedido valor_minimo faturamento_minimo",
    },
    "stock": {
        "product_id": _PRODUCT,
        "on_hand_units": f"estoque_atual quantidade_em_estoque em_estoque estoque saldo on_hand stock {_QUANTITY}",
        "as_of": "data_da_contagem data_contagem contado_em data_do_estoque data date",
    },
    "open_orders": {
        "order_id": "numero_do_pedido numero_pedido order_number pedido order",
        "product_id": _PRODUCT,
        "supplier_id": _SUPPLIER,
        "quantity_units": _QUANTITY,
        "unit_price": _PRICE,
        "ordered_on": "data_do_pedido data_pedido emissao order_date",
        "due_on": "previsao_de_entrega previsao_entrega data_de_entrega data_entrega data_prevista entrega due_date",
        "status": "situacao",
    },
    "price_tiers": {
        "product_id": _PRODUCT,
        "supplier_id": _SUPPLIER,
        "min_units": "a_partir_de quantidade_minima qtd_minima min_quantity min_qty",
        "discount_rate": "desconto discount",
    },
}
ALIASES: dict[str, dict[str, dict[str, int]]] = {  # by table and column: names with their rank, the surest 0
    table: {
        canonical: {name: rank for rank, side in enumerate(names.split("|")) for name in side.split()}
        for canonical, names in columns.items()
    }
    for table, columns in _NAMES.items()
}
SURER_THAN_ALIASES = 4
LONGEST_NAME = 200
_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_WORDS = re.compile(r"[^\W_]+")
# A column that may lack although none of its cells may be empty: the reader fills it and says so.
FILLED = ("supplier_id", "currency", "in_stock", "as_of")


@dataclass(frozen=True)
class Match:
    """Which column of a file is which: positions by canonical name, with notes and faults as sentences."""

    positions: dict[str, int]
    notes: list[Sentence]
    faults: list[str]


def match(header: Sequence[str], table: str, columns: Columns) -> Match:
    """Return the position of each canonical column of the table in a header.

    A name in `columns` (data.columns: {yours: ours}, or {table: {yours: ours}}) comes first, then the canonical
    name itself, then the same in other letters (" Unit Price"), then a well-known alias. Two names for one
    column and a mandatory column that nobody has are faults; what is renamed or left unread is noted.
    """
    names = [name.strip() for name in header]
    claims = [
        (rank, TABLES[table].names.index(canonical), position)
        for position, name in enumerate(names)
        for canonical, rank in _meanings(name, table, columns)
    ]
    positions: dict[str, int] = {}
    faults = []
    for (_, place), claimed in groupby(sorted(claims), key=lambda claim: claim[:2]):
        canonical = TABLES[table].names[place]
        free = [position for _, _, position in claimed if position not in positions.values()]
        if canonical in positions or not free:
            continue
        positions[canonical] = free[0]
        if len(free) > 1:
            both = " and ".join(repr(names[position]) for position in free)
            faults.append(f"columns {both} both mean {canonical}. Remove one, or name the right one in data.columns")
    positions = dict(sorted(positions.items(), key=lambda item: item[1]))
    renamed = {names[position]: canonical for canonical, position in positions.items()}
    notes = [
        say("read column '%(name)s' as %(column)s", name=name, column=canonical)
        for name, canonical in renamed.items()
        if name != canonical
    ]
    unread = [name or say("(no name)") for position, name in enumerate(names) if position not in positions.values()]
    if unread:
        notes.append(say("ignored column %(columns)s", columns=listed(unread)))
    faults += _lacking(names, unread, positions, table)
    return Match(positions, notes, faults)


def wrong_targets(columns: Columns) -> list[str]:
    """Return one sentence for each name in data.columns that leads to no column of the contract."""
    faults = []
    for table, pairs in _by_table(columns).items():
        allowed = {name for one in ([table] if table else INPUTS) for name in TABLES[one].names}
        for name, target in pairs.items():
            if target not in allowed:
                near = get_close_matches(target, sorted(allowed), n=1)
                cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(allowed))}"
                where = f"table {table}" if table else "any table"
                faults.append(f"data.columns: '{name}' leads to {target!r}, which is no column of {where}. {cure}")
    return faults


def unused(columns: Columns, header: Mapping[str, Sequence[str]]) -> list[Sentence]:
    """Return one sentence for each name in data.columns that no header has; `header` is by table."""
    return [
        say("data.columns: no file has a column '%(name)s' for %(table)s", name=name, table=table)
        if table
        else say("data.columns: no file has a column '%(name)s'", name=name)
        for table, pairs in _by_table(columns).items()
        for name in pairs
        if name not in {found.strip() for one in ([table] if table else header) for found in header.get(one, ())}
    ]


def _by_table(columns: Columns) -> dict[str, dict[str, str]]:
    """The mapping per table; under "" what holds for all."""
    nested = {name: dict(pairs) for name, pairs in columns.items() if not isinstance(pairs, str)}
    return {"": {name: target for name, target in columns.items() if isinstance(target, str)}, **nested}


def recognised(header: Sequence[str], table: str, columns: Columns) -> int:
    """Return how many columns of the table are named among the cells of a row."""
    return len({canonical for name in header for canonical, _ in _meanings(name.strip(), table, columns)})


def plain(name: str) -> str:
    """Return a name in small letters without accents, brackets and punctuation.

    >>> plain(" Preço Unitário (R$)"), plain("Qtd.")
    ('preco_unitario', 'qtd')
    """
    short = name[:LONGEST_NAME].replace("R$", " ")
    letters = unicodedata.normalize("NFKD", _BRACKETS.sub(" ", short)).casefold()
    return "_".join(_WORDS.findall("".join(letter for letter in letters if not unicodedata.combining(letter))))


def _meanings(name: str, table: str, columns: Columns) -> Iterator[tuple[str, int]]:
    """Yield the canonical columns that a name may mean in this table, and how sure that is (0 the surest)."""
    contract = TABLES[table].names
    by_table = _by_table(columns)
    known = plain(name)
    for rank, canonical in enumerate([by_table.get(table, {}).get(name), by_table[""].get(name), name, known]):
        if canonical in contract:
            yield canonical, rank
            return
    for canonical, aliases in ALIASES[table].items():
        if known in aliases:
            yield canonical, SURER_THAN_ALIASES + aliases[known]


def _lacking(names: list[str], unread: list[str], positions: Mapping[str, int], table: str) -> Iterator[str]:
    for column in TABLES[table].names:
        if column in positions or column in FILLED or not TABLES[table].column(column).required:
            continue
        known = [column, *ALIASES[table].get(column, ())]
        near = [name for word in known for name in get_close_matches(word, unread, n=1)]
        if len(names) == 1 and any(sign in names[0] for sign in ";\t"):
            cure = "Split the cells into columns"
        elif near:
            cure = f"If '{near[0]}' is it, set data.columns: {{{near[0]}: {column}}}"
        else:
            cure = f"Add it, or set data.columns: {{your name: {column}}}"
        yield f"column {column} is missing; there are: {', '.join(names)}. {cure}"
