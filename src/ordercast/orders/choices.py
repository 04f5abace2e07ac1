"""Today's choices of all products against waiting: lines of lots on the programmes' curves, not one of them copied."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ordercast.kernels import choices as kernels
from ordercast.kernels import steps
from ordercast.orders import lattice, leads
from ordercast.orders.lattice import Actions, Problem, Records
from ordercast.orders.leads import Programme
from ordercast.orders.supply import Floats, Ints
from ordercast.orders.world import Bools

LINE = kernels.LINE
NEARLY = 1e-12  # what rounding may take from a limit


@dataclass(frozen=True)
class Choices:
    """What n products may order today, product by product.

    lines: records of `kernels.choices.LINE`; rows: (n + 1,) offsets into them; curve, hull: what they point into.
    wanted_line (-1: wait), wanted_step: (n,) best choice of each product alone, floors left aside; floor: (n,) whether
    at least the choices that meet the floor are to be looked at before all others.
    """

    lines: Records
    rows: Ints
    curve: Floats
    hull: NDArray[np.int32]
    wanted_line: Ints
    wanted_step: Ints
    floor: Bools

    @property
    def products(self) -> int:
        return len(self.rows) - 1


def choices(
    parts: Sequence[tuple[Programme, Problem, Actions]],
    products: int,
    *,
    supplier: Ints | None = None,
    volume_per_unit: Floats | None = None,
    floor_units: Floats | None = None,
    for_floor: Bools | None = None,
    quote: Floats | None = None,
) -> Choices:
    """The choices of solved programmes: whole packs of at least MOQ under the ceiling, by supplier and tier.

    parts: of `leads.programmes`, each solved; costs of different programmes compare as savings against waiting. By
    supplier row of all programmes: supplier, (rows,) 0.. of those that share a minimum order value (None: each row its
    own); for_floor, (rows,) whose orders the floor counts (None: all); quote, (rows,) the price at which the limits
    count an order (None: the one expected to be paid). By product: volume_per_unit, floor_units (0: none), which is
    lowered to what can be ordered at all.
    """
    records = [lattice.records(problem, lattice.LEVELS) for _, problem, _ in parts]
    most = np.zeros(products)
    for (programme, problem, _), (own, suppliers, _) in zip(parts, records, strict=True):
        np.maximum.at(most, programme.products, _most_units(problem, own, suppliers))
    floor = np.zeros(products) if floor_units is None else np.minimum(floor_units, most)
    found, curves, offset = [np.zeros(0, LINE)], [], 0
    for (programme, problem, actions), (own, suppliers, tiers) in zip(parts, records, strict=True):
        lines, floors = np.zeros(2 * len(tiers), LINE), floor[programme.products]
        places = actions.curve_rows + offset
        count = kernels.lay_out(own, suppliers, tiers, problem.paid[:, 0], actions.wait, places, floors, lines)
        lines = lines[:count]
        dearer = 1.0 if quote is None else (quote[programme.suppliers] / problem.paid[:, 0, 0])[lines["row"]]
        lines["spend"] = lines["price"] * dearer
        lines["product"], lines["row"] = programme.products[lines["product"]], programme.suppliers[lines["row"]]
        found.append(lines)
        curves.append(actions.curve)
        offset += len(actions.curve)
    lines = np.concatenate(found)
    lines["supplier"] = lines["row"] if supplier is None else supplier[lines["row"]]
    if for_floor is not None:
        lines["meets_floor"] &= for_floor[lines["row"]]
    if volume_per_unit is not None:
        lines["volume"] = volume_per_unit[lines["product"]]
    curve = curves[0] if len(curves) == 1 else np.concatenate([np.zeros(0), *curves])
    _, row, units = leads.best_actions([(one, actions) for one, _, actions in parts], products)
    return from_lines(lines, curve, products, wanted=(row, units), floor=floor > 0)


def from_lines(
    lines: Records,
    curve: Floats,
    products: int,
    *,
    wanted: tuple[Ints, Floats] | None = None,
    floor: Bools | None = None,
) -> Choices:
    """Choices from lines in any order; hull_from and hull_to are filled in.

    wanted: supplier row (-1: wait) and units of the best choice of each product, (products,); None: the cheapest.
    """
    lines = np.ascontiguousarray(lines[np.argsort(lines["product"], kind="stable")])
    curve = np.ascontiguousarray(curve, dtype=np.float64)
    rows = np.searchsorted(lines["product"], np.arange(products + 1))
    hull = np.empty(int(lines["count"].sum()), np.int32)
    hull = hull[: kernels.trace(lines, curve, hull)]
    line, step = np.full(products, -1), np.zeros(products, np.int64)
    none = np.zeros(products, np.bool_)
    if wanted is None:
        every = int(lines["supplier"].max(initial=-1)) + 1
        bonus, open_to = np.zeros(every), np.ones(every, np.bool_)
        kernels.pick(np.arange(products), rows, lines, curve, hull, 0.0, 0.0, bonus, open_to, none, line, step)
    else:
        row, units = wanted
        lots = (units[lines["product"]] - lines["first_units"]) / lines["lot_units"]
        place = np.rint(lots).astype(np.int64)
        at = (lines["row"] == row[lines["product"]]) & (place >= 0) & (place < lines["count"])
        line[lines["product"][at]], step[lines["product"][at]] = np.flatnonzero(at), place[at]
    return Choices(lines, rows, curve, hull, line, step, none if floor is None else floor)


def affordable(choices: Choices, limits: Floats) -> tuple[Choices, Ints]:
    """The choices that are within the limits each for itself, (2,) money and volume, and the lines they are of.

    Without the others the multipliers' bound is closer.
    """
    lines, steps = choices.lines, np.zeros((2, len(choices.lines)))
    for out, limit, each in zip(steps, limits * (1.0 + NEARLY), (lines["spend"], lines["volume"]), strict=True):
        out[:] = np.inf
        np.divide(limit - each * lines["first_units"], each * lines["lot_units"], out=out, where=each > 0)
    count = np.clip(np.floor(steps.min(axis=0)) + 1, 0, lines["count"]).astype(np.int64)
    if (count == lines["count"]).all():
        return choices, np.arange(len(lines))
    kept = np.flatnonzero(count > 0)
    lines = lines[kept]
    lines["count"] = count[kept]
    return from_lines(lines, choices.curve, choices.products, floor=choices.floor), kept


def units_of(lines: Records, line: Ints, step: Ints) -> Floats:
    """Units of a choice per product, (n,); 0 for line -1."""
    units: Floats = np.append(lines["first_units"], 0.0)[line] + step * np.append(lines["lot_units"], 0.0)[line]
    return units


def _most_units(problem: Problem, products: Records, suppliers: Records) -> Floats:
    """The most that can be ordered today of each product of a programme, (products,)."""
    owner = np.repeat(np.arange(len(products)), np.diff(problem.offers.rows))
    lot = suppliers["point_lot_units"]
    room = (products["points"][owner] - 1) * products["point_units"][owner]
    whole = np.floor(room / lot + steps.NEARLY) * lot
    out = np.zeros(len(products))
    np.maximum.at(out, owner, np.where((suppliers["spare_days"] == 0) & (whole >= suppliers["moq_units"]), whole, 0.0))
    return out
