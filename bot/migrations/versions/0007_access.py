"""Who may: officers' passwords and codes, their sessions, their identities elsewhere, and the audit."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE officer_password (
    officer_id bigint PRIMARY KEY REFERENCES officer ON DELETE CASCADE,
    hash text NOT NULL,
    -- somebody else chose it
    must_change boolean NOT NULL DEFAULT true,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE officer_totp (
    officer_id bigint PRIMARY KEY REFERENCES officer ON DELETE CASCADE,
    -- encrypted with a key made of the installation's secret
    secret bytea NOT NULL,
    -- null until a first code proved that the officer's telephone has it
    confirmed_at timestamptz,
    -- of 30 seconds each: a code is taken once
    last_step bigint NOT NULL DEFAULT 0,
    -- hashes of the codes for a lost telephone, each taken once
    recovery bytea[] NOT NULL DEFAULT '{}'
);

CREATE TABLE officer_identity (
    issuer text NOT NULL,
    subject text NOT NULL,
    officer_id bigint NOT NULL REFERENCES officer ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX officer_identity_of ON officer_identity (officer_id);

-- Only hashes of what the cookie has: who reads this table can sign in as nobody.
CREATE TABLE officer_session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    officer_id bigint NOT NULL REFERENCES officer ON DELETE CASCADE,
    token bytea NOT NULL UNIQUE,
    -- the token before the last rotation, good for moments: requests that were under way have it
    previous bytea UNIQUE,
    csrf text NOT NULL,
    method text NOT NULL CHECK (method IN ('password', 'openid')),
    -- when the second factor was shown
    coded_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    rotated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX officer_session_of ON officer_session (officer_id);
CREATE INDEX officer_session_seen ON officer_session (seen_at);

-- Failures by hash of the e-mail address or network address, whether or not there is such an officer.
CREATE TABLE sign_in_failure (
    who bytea PRIMARY KEY,
    failed integer NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sign_in_failure_since ON sign_in_failure (since);

-- What was seen and done at the desk. Each row has the hash of the one before: what is changed or taken
-- out, even by who owns the database, is found by `onedoor audit verify`.
CREATE TABLE audit (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    officer_id bigint REFERENCES officer,
    action text NOT NULL,
    kind text NOT NULL,
    number bigint,
    -- names and numbers of ours; never a citizen's words
    details jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX audit_officer ON audit (officer_id, id);
CREATE INDEX audit_about ON audit (kind, number, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit is only added to.'; END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_whole BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
