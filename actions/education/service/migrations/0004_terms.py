"""Term dates by authority, so that no session at school is planned for a holiday."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the table."""
    op.execute("""
        CREATE TABLE education.term (
            la_code text NOT NULL,
            first date NOT NULL,
            last date NOT NULL CHECK (last >= first),
            PRIMARY KEY (la_code, first)
        )""")


def downgrade() -> None:
    """Takes it back."""
    op.execute("DROP TABLE education.term")
