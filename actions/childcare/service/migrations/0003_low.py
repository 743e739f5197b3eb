"""Up to which booking was looked whether it left a family with little."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the booking's number to the day that notices were made for."""
    op.execute("ALTER TABLE childcare.noticed ADD booking bigint NOT NULL DEFAULT 0")
