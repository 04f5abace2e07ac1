"""Materials, suppliers and magnitudes of the simulated world, as a Brazilian manufacturer would know them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from math import gcd, pi

import pandas as pd

FOAM, FABRIC, BEDDING, FASTENER = "Espumas", "Tecidos e aviamentos", "Componentes de colchão", "Ferragens"
METAL, PACKAGING, CHEMICAL, FOOD = "Aços e metais", "Embalagens", "Químicos", "Ingredientes"

SUPPLIERS = {
    "F01": "Espumas Vale Claro",
    "F02": "Tecelagem Serra Azul",
    "F03": "Componentes Bom Repouso",
    "F04": "Fios e Tecidos Ipê",
    "F05": "Aços Pedra Branca",
    "F06": "Metalúrgica Três Pontes",
    "F07": "Fixadores Nova Aliança",
    "F08": "Embalagens Rio Manso",
    "F09": "Química Lagoa Clara",
    "F10": "Insumos Bom Grão",
    "F11": "Alimentos Cerrado Alto",
    "F12": "Distribuidora Ponte Nova",
}

# Four candidates for every category: each product is bought from two or three of them.
SOLD_BY = {
    FOAM: ("F01", "F02", "F03", "F12"),
    FABRIC: ("F02", "F03", "F04", "F12"),
    BEDDING: ("F01", "F03", "F05", "F06"),
    FASTENER: ("F05", "F06", "F07", "F12"),
    METAL: ("F05", "F06", "F07", "F08"),
    PACKAGING: ("F04", "F08", "F09", "F12"),
    CHEMICAL: ("F01", "F09", "F10", "F11"),
    FOOD: ("F09", "F10", "F11", "F12"),
}

# What a gap of a pattern may hold, where a family is not alone in it.
CHOICES = {
    "cor": "bege|cinza|grafite|preto|branco|azul-marinho|terracota|verde-oliva",
    "densidade": "18|20|23|26|28|33|40|45",
    "rosca": "6|8|10|12|16",
}

# One family a line: unit; lowest and highest level price in BRL per unit; shelf life in days, or -; names.
FAMILIES = {
    FOAM: """
        UN; 280; 1400; -; Espuma D{densidade} bloco {1,20|1,60|2,00} m
        M;   14;   95; -; Espuma D{densidade} lâmina {1|2|3|5|8|10} cm
        UN;  70;  290; -; Espuma viscoelástica D{40|50|60} placa {3|5|7|10} cm
        KG;   6;   15; -; Flocos de espuma {moídos|triturados} {cor}
    """,
    FABRIC: """
        M;   18;   75; -; Tecido suede {cor} {1,40|1,50} m
        M;   30;  120; -; Tecido {linho|jacquard|chenille|veludo|bouclê} {cor} 1,40 m
        M;   16;   60; -; Corino {liso|texturizado|náutico} {cor} 1,40 m
        RL;  95;  320; -; TNT {40|60|80|100} g {cor} rolo 1,40 x {50|100} m
        UN;  11;   48; -; Linha de costura náilon nº {30|40|60|80} {cor}
        RL;  55;  190; -; Zíper nº {3|5|6|8} {cor} rolo 200 m
    """,
    BEDDING: """
        UN; 120;  540; -; Molejo {Bonnel|ensacado} {0,88 x 1,88|1,38 x 1,88|1,58 x 1,98} m
        M;   14;   48; -; Malha para colchão {180|240|300} g {cor} 2,20 m
        M;    4;   22; -; Manta de poliéster {100|150|200|300|400} g {1,50|2,20} m
        RL;  45;  165; -; Percinta elástica {50|60|70|80} mm {leve|reforçada} rolo 50 m
        UN;   3;   28; -; Pé de sofá {alumínio|eucalipto|ABS} {6|10|12|15|18} cm {cor}
    """,
    FASTENER: """
        CT;  12;  140; -; Parafuso sextavado M{rosca} x {20|30|40|50|60|80} {zincado|inox|bicromatizado}
        CT;   5;   60; -; Porca {sextavada|autotravante} M{rosca} {zincada|inox}
        CX;  13;   42; -; Grampo tapeceiro {14|80|92}/{6|8|10|12|14|16} mm
        UN;   3;   16; -; Dobradiça {26|35|40} mm {reta|curva|supercurva} {comum|com freio}
        PAR; 11;   58; -; Corrediça telescópica {300|350|400|450|500|550} mm {leve|reforçada}
    """,
    METAL: """
        BR;  28;  150; -; Tubo de aço {20 x 20|20 x 30|30 x 30|40 x 40} mm parede {0,90|1,20|1,50|2,00} mm
        UN; 120;  640; -; Chapa {galvanizada|fina a frio|fina a quente} {0,50|0,80|1,20|2,00} mm 1,20 x 2,00 m
        KG;   8;   22; -; Arame {recozido|galvanizado|mola|MIG} {0,80|1,00|1,24|1,65|2,10} mm
        BR;  24;  130; -; Cantoneira de aço {5/8|3/4|1|1.1/4|1.1/2} x {1/8|3/16|1/4}
        KG;  17;   44; -; Eletrodo {E6013|E7018|E308L} {2,00|2,50|3,25|4,00} mm
    """,
    PACKAGING: """
        UN;   3;   18; -; Caixa de papelão onda {B|C|BC} {30 x 20 x 15|40 x 30 x 30|60 x 40 x 40} cm
        RL;  26;   88; -; Filme stretch {300|500} mm {17|20|23|25} micra {transparente|preto}
        RL;   3;   13; -; Fita adesiva {transparente|marrom|branca|crepe} {45|48|72} mm x {50|100} m
        CT;  22;  160; -; Saco plástico {PEBD|PEAD|PP} {20 x 30|30 x 40|40 x 60|60 x 90|90 x 120} cm
        RL;  55;  170; -; Plástico bolha {0,40|0,60|1,20|1,30} x {50|100} m {simples|dupla face}
    """,
    CHEMICAL: """
        BD; 190; 460; 360; Cola de contato {base água|sem toluol|spray} balde {14|18|20} kg
        KG;  24;  68; 360; Tinta em pó {epóxi|poliéster|híbrida} {cor} {brilhante|fosca}
        KG;  11;  29; 180; {Poliol poliéter|TDI 80/20|Copolímero} para espuma {tambor|contêiner|bombona}
        BD; 120; 380; 540; {Desengraxante alcalino|Fosfatizante|Thinner|Primer} balde {5|18|20} L
    """,
    FOOD: """
        SC;  60; 190; 150; {Farinha de trigo tipo 1|Açúcar cristal|Amido de milho|Fubá} saco {20|25|50} kg
        SC; 380; 900; 270; {Leite em pó integral|Leite em pó desnatado|Cacau em pó} saco {15|20|25} kg
        CX; 130; 330; 180; {Gordura de palma|Margarina folhada|Chocolate em gotas} caixa {10|14|20|24} kg
    """,
}

FULL_TURN = 2 * pi
REFRESH_DAYS = (1, 7, 14)
PACK_UNITS = (1, 6, 12, 24)
# Monday to Sunday, mean 1: what a plant with a short Saturday uses.
WEEKDAY_DEMAND = (1.2, 1.15, 1.15, 1.15, 1.25, 0.75, 0.35)
SHARE_WITH_PROMOTIONS = 0.6
SHARE_WITH_OPEN_ORDER = 0.25

# Uniform ranges. Amplitudes, deviations and offsets are in log price, discounts in shares of the price.
PRODUCT_RANGES = {
    "price_position": (0.0, 1.0),
    "year_amplitude": (0.02, 0.10),
    "year_phase": (0.0, FULL_TURN),
    "week_amplitude": (0.001, 0.006),
    "week_phase": (0.0, FULL_TURN),
    "phi": (0.95, 0.995),
    "ar_sd": (0.03, 0.09),
    "promotes": (0.0, 1.0),
    "elasticity": (0.3, 1.5),
    "dispersion": (2.0, 12.0),
    "demand_year_amplitude": (0.05, 0.25),
    "demand_year_phase": (0.0, FULL_TURN),
    "weekday_strength": (0.2, 1.0),
    "holding_rate_per_year": (0.15, 0.30),
    "shelf_days": (60.0, 90.0),
    "on_hand_days": (2.0, 30.0),
    "supplier_count": (2.0, 4.0),
    "ordered": (0.0, 1.0),
    "order_progress": (0.0, 1.0),
}
SERIES_RANGES = {
    "supplier_offset": (-0.06, 0.08),
    "refresh_choice": (0.0, 3.0),
    "refresh_phase": (0.0, 1.0),
    "promotions_per_year": (3.0, 5.0),
    "promotion_days": (7.0, 13.0),
    "discount": (0.08, 0.25),
    "lead_time_days": (2.0, 11.0),
    "lead_time_spread": (0.10, 0.35),
    "moq_days": (2.0, 8.0),
    "pack_choice": (0.0, 4.0),
    "order_cost": (30.0, 150.0),
    "gap_share": (0.02, 0.05),
}
SUPPLIER_RANGES = {"shocks_per_year": (0.5, 1.0)}


@dataclass(frozen=True)
class Family:
    """Materials which differ in a size or a colour. Prices bound the level price in BRL per unit."""

    category: str
    unit: str
    price_low: float
    price_high: float
    shelf_life_days: float
    names: list[str]


def _family(category: str, line: str) -> Family:
    """The Family of a line of FAMILIES, with a name for each combination of choices."""
    unit, low, high, shelf_life, pattern = (part.strip() for part in line.split(";"))
    texts, gaps = re.split(r"{[^}]*}", pattern), re.findall(r"{([^}]*)}", pattern)
    options = product(*(CHOICES.get(gap, gap).split("|") for gap in gaps))
    names = ["".join(text + choice for text, choice in zip(texts, (*o, ""), strict=True)) for o in options]
    days = float("nan") if shelf_life == "-" else float(shelf_life)
    return Family(category, unit, float(low), float(high), days, names)


def _stride(count: int) -> int:
    """A step coprime with count, near its golden section: walking by it visits all and repeats late."""
    return next(step for step in range(max(1, round(0.382 * count)), count + 2) if gcd(step, count) == 1)


def materials(products: int) -> pd.DataFrame:
    """Frame of `products` materials: name (distinct), category, unit, price_low, price_high, shelf_life_days.

    The n-th row is the same however many are asked for. shelf_life_days is NaN for what does not expire.
    A family with no combination left starts again, with `ref. 2` behind the name.
    """
    families = [
        _family(category, line) for category, text in FAMILIES.items() for line in text.split("\n") if line.strip()
    ]
    rows = []
    for number in range(products):
        lap, place = divmod(number, len(families))
        which = place * _stride(len(families)) % len(families)
        family = families[which]
        edition, position = divmod(lap, len(family.names))
        name = family.names[(position * _stride(len(family.names)) + which) % len(family.names)]
        row = {**vars(family), "name": f"{name} ref. {edition + 1}" if edition else name}
        rows.append(row)
    columns = ["name", "category", "unit", "price_low", "price_high", "shelf_life_days"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[:3], "str"))
