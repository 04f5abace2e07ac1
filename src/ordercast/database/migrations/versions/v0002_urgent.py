"""Order lines say by a column of their own which are urgent; before, the English reason did.

MySQL does not undo DDL: every statement here can be run again after a kill.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

FROM_REASON = "UPDATE ordercast_orders SET urgent = (reason LIKE '%; urgent: %')"
VIEW = """
CREATE OR REPLACE SQL SECURITY INVOKER VIEW ordercast_current_orders AS
SELECT shown.* FROM ordercast_orders AS shown JOIN ordercast_current AS pointer ON pointer.run_id = shown.run_id
"""


def upgrade() -> None:
    """Add the column to the lines and to the view; the lines of earlier runs get it from their reason."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("ordercast_orders")}
    if "urgent" not in there:
        op.add_column("ordercast_orders", sa.Column("urgent", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(sa.text(FROM_REASON))
    op.execute(VIEW)
