"""What patients tell their clinician: which treatment they prefer."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the table."""
    op.execute(
        """CREATE TABLE ers.communication (
            id bigint GENERATED ALWAYS AS IDENTITY (START 90001) PRIMARY KEY,
            ubrn text NOT NULL REFERENCES ers.referral,
            words text NOT NULL CHECK (length(words) <= 1000),
            sent_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX communication_of ON ers.communication (ubrn, id)")
