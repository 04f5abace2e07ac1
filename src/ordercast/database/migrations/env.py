"""What alembic runs: the migrations on the connection it was given. No URL stands in any file."""

from alembic import context

from ordercast.database.migrate import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
