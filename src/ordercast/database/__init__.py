"""MySQL (or MariaDB) as source and as sink, by one setting: ORDERCAST_DATABASE_URL.

`settings` knows where it is, `words` tells its errors, `attach` and `engine` open it: DuckDB moves rows, SQLAlchemy
makes tables. `snapshot` and `fingerprint` read a shop's tables as `catalogue` finds them, `load` makes input tables,
`results` writes finished runs into the tables that `migrate` keeps.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ordercast.database.settings import Address, address, given
from ordercast.database.words import DatabaseError

__all__ = ["Address", "DatabaseError", "address", "delivery", "given"]


def delivery() -> Callable[[Path, dict[str, Any]], None] | None:
    """What `publish` calls with a run's folder and its run.json, or None where no database is named."""
    place = given()
    if place is None:
        return None
    from ordercast.database.results import deliver

    return lambda folder, run: deliver(place, folder, run)
