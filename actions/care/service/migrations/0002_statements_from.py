"""From which month on there are statements of a budget: earlier months are in no ledger of ours."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the day; what is there begins with its year."""
    op.execute("ALTER TABLE care.budget ADD COLUMN statements_from date")
    op.execute("UPDATE care.budget SET statements_from = starts_on")
    op.execute("ALTER TABLE care.budget ALTER COLUMN statements_from SET NOT NULL")


def downgrade() -> None:
    """Takes it back."""
    op.execute("ALTER TABLE care.budget DROP COLUMN statements_from")
