"""What the departments' own services answered, and wrong tries to prove who one is (sdk/serving.py)."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLES = """
CREATE TABLE service_answered (
    service text NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    answer jsonb,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (service, key)
);
CREATE INDEX service_answered_at ON service_answered (answered_at);

CREATE TABLE service_wrong_proof (
    service text NOT NULL,
    reference text NOT NULL,
    tries smallint NOT NULL,
    last_at timestamptz NOT NULL,
    locked_until timestamptz,
    PRIMARY KEY (service, reference)
);
CREATE INDEX service_wrong_proof_at ON service_wrong_proof (last_at);
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Takes them back."""
    op.execute("DROP TABLE service_answered, service_wrong_proof")
