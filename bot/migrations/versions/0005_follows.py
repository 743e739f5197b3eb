"""Follows: what citizens want to hear of, and how far each pack's watch has looked."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE follow (
    department text NOT NULL,
    -- the pack's own name of it, such as `report:82`
    thing text NOT NULL,
    conversation_id bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
    known jsonb NOT NULL DEFAULT '{}',
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (department, thing, conversation_id)
);
CREATE INDEX follow_conversation ON follow (conversation_id, department, since);
CREATE INDEX follow_since ON follow (since);

CREATE TABLE watch (
    department text NOT NULL,
    name text NOT NULL,
    cursor jsonb,
    -- a look that began then may still be under way: nobody else looks for a while
    looked_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (department, name)
);
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
