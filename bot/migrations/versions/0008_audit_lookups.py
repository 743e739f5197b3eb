"""The audit is looked through by day and by how an action begins."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Makes the indexes; LIKE and starts_with need the pattern's own."""
    op.execute("CREATE INDEX audit_at ON audit (at)")
    op.execute("DROP INDEX audit_action")
    op.execute("CREATE INDEX audit_action ON audit (action text_pattern_ops, id)")


def downgrade() -> None:
    """Takes them back."""
    op.execute("DROP INDEX audit_at")
    op.execute("DROP INDEX audit_action")
    op.execute("CREATE INDEX audit_action ON audit (action, id)")
