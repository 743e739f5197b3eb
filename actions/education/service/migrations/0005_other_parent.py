"""A second parent on record: with a contact point, a code and an answer of their own."""

from alembic import op

revision = "0005"
down_revision = "0004"

ALL = "'parent', 'other_parent', 'pupil', 'school'"
BEFORE = "'parent', 'pupil', 'school'"


def _allow(parties: str) -> None:
    for table in ("party", "answer"):
        op.execute(
            f"""ALTER TABLE education.{table} DROP CONSTRAINT {table}_party_check,
                ADD CONSTRAINT {table}_party_check CHECK (party IN ({parties}))"""
        )


def upgrade() -> None:
    """Allows them."""
    _allow(ALL)


def downgrade() -> None:
    """Takes them off the record."""
    for table in ("answer", "progress", "party"):
        op.execute(f"DELETE FROM education.{table} WHERE party = 'other_parent'")  # noqa: S608
    _allow(BEFORE)
