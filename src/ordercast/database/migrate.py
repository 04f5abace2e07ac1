"""The tables of the results, made or brought up to date by versioned migrations that travel with the code."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from ordercast.database.settings import Address
from ordercast.database.words import DatabaseError

MIGRATIONS = Path(__file__).with_name("migrations")
VERSION_TABLE = "ordercast_version"


def upgrade(connection: sa.Connection, address: Address) -> None:
    """Return nothing; the schema is the one that this code writes. A schema that is so already is not touched.

    Raises DatabaseError when a newer Ordercast has made it.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    found = context.get_current_revision()
    connection.rollback()
    if found == scripts.get_current_head():
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseError(
            f"The tables of database {address} are of version {found}, which a newer Ordercast has made; this one "
            f"knows {scripts.get_current_head()}. Update Ordercast, or name another database. Nothing was written."
        )
    command.upgrade(config, "head")
    connection.commit()
