"""How the data came in: how fresh, what was set aside, what was assumed."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from ordercast.contracts import INPUTS, TABLES
from ordercast.dashboard.files import records
from ordercast.sentences import Sentence, say, unpacked

if TYPE_CHECKING:
    from ordercast.dashboard.desk import Desk
    from ordercast.language import Voice

MOST_ROWS = 200
DATED = re.compile(r"(.+) \((\d{4}-\d\d-\d\d)\)")  # "is after today (2026-01-31)"
NAMED = {
    "folder": say("folder"),
    "prices": say("prices"),
    "sales": say("sales"),
    "products": say("products"),
    "suppliers": say("suppliers"),
    "stock": say("stock"),
    "open_orders": say("open orders"),
    "price_tiers": say("price tiers"),
}
# Stored faults that hold a bound; the others are texts of the catalogue as they are.
BOUNDS = {str(fault): fault for table in INPUTS for column in TABLES[table].columns for fault, _ in column.rules()}


def values(desk: Desk) -> dict[str, Any]:
    """What data.html takes: tables with rows and last days, notes, rows set aside, series no longer quoted."""
    run = desk.run
    notes = run.table("raw/notes", say("The list of assumptions is missing"))
    quarantine = run.table("raw/quarantine", say("The list of rows set aside is missing"))
    series = run.table("features/series", say("The list of price series is missing"))
    ended = series[series["status"] == "ended"].sort_values("last_quote_on", ascending=False)
    return {
        "named": {name: told.told(desk.voice) for name, told in NAMED.items()},
        "notes": [each | _told(_note(each), desk.voice) for each in records(notes)],
        "set_aside": [each | _told(_fault(each["fault"]), desk.voice) for each in records(quarantine.head(MOST_ROWS))],
        "set_aside_total": len(quarantine),
        "ended": records(ended.head(MOST_ROWS)),
        "ended_total": len(ended),
        "spans": run.spans(),
    }


def _note(stored: dict[str, Any]) -> Sentence:
    """A note as it was made; of an older run there is the English only."""
    return unpacked(stored["said"]) if "said" in stored else Sentence(stored["note"])


def _fault(stored: str) -> Sentence:
    """A fault as it was made, as far as that can be seen."""
    if dated := DATED.fullmatch(stored):
        return Sentence("%(fault)s (%(day)s)", {"fault": Sentence(dated[1]), "day": date.fromisoformat(dated[2])})
    return BOUNDS.get(stored, Sentence(stored))


def _told(sentence: Sentence, voice: Voice) -> dict[str, Any]:
    """The sentence in the visitor's language, and whether it is English still."""
    told = str(sentence) if voice.language == "en" else sentence.told(voice)
    return {"told": told, "english": told == sentence}


def skill(desk: Desk) -> list[tuple[str, float | None]]:
    """(price or demand, error as a multiple of "no change" or None), prices first."""
    metrics = desk.run.metrics
    return [
        (target, metrics[target]["ordercast"].get("rmsse_ratio"))
        for target in ("price", "demand")
        if "ordercast" in metrics.get(target, {})
    ]
