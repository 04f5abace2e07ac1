"""MySQL (or MariaDB) as source and as sink, by one setting: ORDERCAST_DATABASE_URL.

`settings` knows where it is, `words` tells its errors, `attach` and `engine` open it: DuckDB moves rows, SQLAlchemy
makes tables. `snapshot` and `changes` read a shop's tables as `catalogue` finds them, `load` makes input tables,
`results` writes finished runs into the tables that `migrate` keeps.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ordercast.database.settings import Address, address, given
from ordercast.database.words import DatabaseError

__all__ = ["Address", "DatabaseError", "address", "delivery", "fingerprint", "given"]


def delivery() -> Callable[[Path, dict[str, Any]], None] | None:
    """What `publish` calls with a run's folder and its run.json, or None where no database is named."""
    place = given()
    if place is None:
        return None
    from ordercast.database.results import deliver

    return lambda folder, run: deliver(place, folder, run)


def fingerprint(
    url: str | Address | None, tables: Mapping[str, str | None], columns: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What `changes.fingerprint` says of the mapped tables of a database, by default the one of the setting."""
    from ordercast.database import changes

    return changes.fingerprint(url if isinstance(url, Address) else address(url), tables, columns)
