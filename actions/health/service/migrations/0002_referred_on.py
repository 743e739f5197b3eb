"""When a referral was made: a citizen's legal time counts from then."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the day."""
    op.execute("ALTER TABLE ers.referral ADD referred_on date NOT NULL DEFAULT CURRENT_DATE")
