"""When the rows of an award run were deleted, as they are kept for a time only."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds the time, and gives it to the runs that were put aside, whose rows are gone already."""
    op.execute("ALTER TABLE childcare.award_run ADD cleared_at timestamptz")
    op.execute("UPDATE childcare.award_run SET cleared_at = made_at WHERE state = 'given_up'")
