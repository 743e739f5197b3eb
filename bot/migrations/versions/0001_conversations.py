"""Citizens, their conversations, what came in, what goes out, receipts, escalations, kept requests."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE citizen (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A contact point and its one conversation: a phone number on a channel, or a browser.
CREATE TABLE conversation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    citizen_id bigint NOT NULL REFERENCES citizen,
    channel text NOT NULL,
    address text NOT NULL,
    language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'cy')),
    opted_out_at timestamptz,
    -- what the next turn needs: the flow stack and the last few events, never the whole life:
    -- json and not jsonb, which would forget in which order answers were given
    snapshot json NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 0,
    -- the worker that has the turn; it is dead when nobody holds its advisory lock
    claimed_by integer,
    sending_by integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (channel, address)
);

-- A worker holds the advisory lock (7001, its number) for as long as its process lives: bot/worker.py.
CREATE SEQUENCE worker_number AS integer;
CREATE FUNCTION worker_alive(number integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND objid = number::oid
        AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
$$;

CREATE TABLE inbound (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
    channel text NOT NULL,
    -- the channel's own id of the message: the same one twice is the same message
    channel_message_id text NOT NULL,
    kind text NOT NULL DEFAULT 'text' CHECK (kind IN ('text', 'media', 'resume')),
    text text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    received_at timestamptz NOT NULL DEFAULT now(),
    -- a department that was down is tried again then; a citizen's message is due at once
    due_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    UNIQUE (channel, channel_message_id)
);
CREATE INDEX inbound_waiting ON inbound (conversation_id, id) WHERE done_at IS NULL;
CREATE INDEX inbound_transcript ON inbound (conversation_id, id);

CREATE TABLE outbound (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
    inbound_id bigint REFERENCES inbound ON DELETE CASCADE,
    part smallint NOT NULL DEFAULT 0,
    channel text NOT NULL,
    language text NOT NULL,
    text text NOT NULL,
    -- what a page shows as buttons: [{"label": …, "value": …}]
    options jsonb NOT NULL DEFAULT '[]',
    status text NOT NULL DEFAULT 'created',
    error_code text,
    sender text,
    sender_message_id text,
    attempts smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempted_at timestamptz,
    handed_at timestamptz,
    UNIQUE (inbound_id, part)
);
CREATE INDEX outbound_waiting ON outbound (conversation_id, id)
    WHERE status IN ('created', 'handing', 'retry');
CREATE INDEX outbound_transcript ON outbound (conversation_id, id);
CREATE UNIQUE INDEX outbound_sender_message ON outbound (sender, sender_message_id);

-- Every call-back as it came. The state of a message is derived from them and only moves forward.
CREATE TABLE receipt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    outbound_id bigint NOT NULL REFERENCES outbound ON DELETE CASCADE,
    status text NOT NULL,
    error_code text,
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (outbound_id, status, error_code)
);

CREATE TABLE escalation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
    -- the message goes when its time is over; the case stays until it is closed
    inbound_id bigint REFERENCES inbound ON DELETE SET NULL,
    department text NOT NULL,
    reason text NOT NULL,
    priority smallint NOT NULL,
    known jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    UNIQUE (inbound_id, reason)
);
CREATE INDEX escalation_open ON escalation (department, priority, created_at) WHERE closed_at IS NULL;

-- What was understood and done in each turn, without a word of what was written.
CREATE TABLE turn_record (
    inbound_id bigint PRIMARY KEY REFERENCES inbound ON DELETE CASCADE,
    conversation_id bigint NOT NULL,
    intent text,
    confidence real,
    commands jsonb NOT NULL DEFAULT '[]',
    flow text,
    step text,
    outcome text NOT NULL,
    milliseconds real NOT NULL,
    handlers jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Secrets made at the first start, such as the key that signs the web chat's cookie.
CREATE TABLE installation_secret (name text PRIMARY KEY, value text NOT NULL);
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
