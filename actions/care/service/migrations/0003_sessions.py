"""Who is signed in on the public pages, a row for each: signing out ends it wherever the cookie is."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE care.session (
    token_digest bytea PRIMARY KEY,
    citizen text NOT NULL REFERENCES care.citizen,
    -- of the access code that it began with
    code_digest bytea NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX session_seen ON care.session (seen_at)
"""


def upgrade() -> None:
    """Makes the table."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    """Takes it back."""
    op.execute("DROP TABLE care.session")
