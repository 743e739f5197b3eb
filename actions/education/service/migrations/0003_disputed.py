"""Disputed sessions are found without looking through those that wait."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the index."""
    op.execute(
        "CREATE INDEX session_disputed ON education.session (day) WHERE state = 'held' AND provider <> family"
    )


def downgrade() -> None:
    """Takes it back."""
    op.execute("DROP INDEX education.session_disputed")
