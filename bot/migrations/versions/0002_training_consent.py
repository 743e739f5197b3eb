"""A citizen's consent to their messages being used to teach the assistant."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds when it was given; null when it never was, or was taken back."""
    op.execute("ALTER TABLE conversation ADD COLUMN training_consent_at timestamptz")
