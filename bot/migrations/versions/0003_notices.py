"""Notices: departments, keys, templates, batches, senders' weights, call-backs, pictures, letters."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
-- A department as the gateway knows it: its id for the Notify API, and how much it may send.
CREATE TABLE department (
    name text PRIMARY KEY,
    service_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    per_minute integer NOT NULL DEFAULT 3000 CHECK (per_minute > 0),
    per_day integer NOT NULL DEFAULT 250000 CHECK (per_day > 0),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What a department has sent in a minute and in a day. Several rows a span: messages do not queue for one.
CREATE TABLE department_count (
    department text NOT NULL REFERENCES department ON DELETE CASCADE,
    span text NOT NULL CHECK (span IN ('minute', 'day')),
    begins timestamptz NOT NULL,
    shard smallint NOT NULL,
    messages integer NOT NULL,
    PRIMARY KEY (department, span, begins, shard)
);

-- A key is derived from the installation's secret and its own number, and shown once: only its hash is here.
CREATE TABLE api_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department text NOT NULL REFERENCES department ON DELETE CASCADE,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('normal', 'team', 'test')),
    hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    UNIQUE (department, name)
);
-- Whom a key of the kind `team` may write to.
CREATE TABLE team_member (
    department text NOT NULL REFERENCES department ON DELETE CASCADE,
    address text NOT NULL,
    PRIMARY KEY (department, address)
);

CREATE TABLE template (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    department text NOT NULL REFERENCES department ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('sms', 'email', 'letter')),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    archived_at timestamptz,
    UNIQUE (department, name)
);
CREATE TABLE template_version (
    template_id uuid NOT NULL REFERENCES template ON DELETE CASCADE,
    version integer NOT NULL,
    urgency text NOT NULL DEFAULT 'notice' CHECK (urgency IN ('urgent', 'notice', 'bulk')),
    subject_en text,
    subject_cy text,
    body_en text NOT NULL,
    body_cy text NOT NULL,
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (template_id, version)
);

-- Many recipients of one template. Its rows become messages a few at a time: replies never wait for it.
CREATE TABLE batch (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    department text NOT NULL REFERENCES department ON DELETE CASCADE,
    template_id uuid NOT NULL REFERENCES template,
    template_version integer NOT NULL,
    name text NOT NULL,
    status text NOT NULL DEFAULT 'running'
        CHECK (status IN ('loading', 'running', 'paused', 'done', 'cancelled')),
    total integer NOT NULL DEFAULT 0,
    -- the last row that has become a message
    made integer NOT NULL DEFAULT 0,
    key_kind text NOT NULL DEFAULT 'normal',
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX batch_running ON batch (created_at) WHERE status = 'running';
CREATE TABLE batch_row (
    batch_id uuid NOT NULL REFERENCES batch ON DELETE CASCADE,
    row integer NOT NULL,
    address text NOT NULL,
    personalisation jsonb NOT NULL,
    PRIMARY KEY (batch_id, row)
);

-- Which sender carries the next message of a channel: docs/decisions/0012-senders.md
CREATE TABLE sender_weight (
    channel text NOT NULL,
    sender text NOT NULL,
    weight smallint NOT NULL CHECK (weight BETWEEN 0 AND 100),
    rest smallint NOT NULL CHECK (rest BETWEEN 0 AND 100),
    changed_at timestamptz,
    -- when any process last looked at slowness, and at going back to rest
    checked_at timestamptz,
    rested_at timestamptz,
    slow_checks smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, sender)
);
CREATE TABLE sender_weight_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL,
    sender text NOT NULL,
    before smallint NOT NULL,
    after smallint NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sender_fault (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL,
    sender text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sender_fault_recent ON sender_fault (channel, sender, created_at);

ALTER TABLE conversation
    -- when the citizen's language became known: by a message of theirs or by their choice
    ADD COLUMN language_known_at timestamptz,
    -- until then nothing is answered: two machines were writing to each other
    ADD COLUMN hushed_until timestamptz;

ALTER TABLE inbound
    ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- the number it was sent to, and the department that number or its first word belongs to
    ADD COLUMN to_address text,
    ADD COLUMN department text,
    ADD COLUMN redacted_at timestamptz;
CREATE INDEX inbound_department ON inbound (department, id) WHERE department IS NOT NULL;
CREATE INDEX inbound_bodies ON inbound (received_at) WHERE redacted_at IS NULL;

ALTER TABLE outbound
    -- null for a reply
    ADD COLUMN department text,
    ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- 0 danger to life and one-time codes, 1 replies, 2 notices, 3 bulk
    ADD COLUMN priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 3),
    ADD COLUMN subject text,
    ADD COLUMN reference text,
    -- the same key of a department twice is the same message
    ADD COLUMN idempotency_key text,
    ADD COLUMN template_id uuid,
    ADD COLUMN template_version integer,
    ADD COLUMN batch_id uuid,
    ADD COLUMN key_kind text,
    -- what a notice is about, such as `booking:82`: it moves or goes when the thing does
    ADD COLUMN thing text,
    ADD COLUMN details jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN due_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN expires_at timestamptz,
    -- the one text that said this and others together
    ADD COLUMN digest_id bigint REFERENCES outbound ON DELETE SET NULL,
    -- a crash left it in the sender's hands, and the sender can't be asked whether it has it
    ADD COLUMN perhaps_twice boolean NOT NULL DEFAULT false,
    ADD COLUMN completed_at timestamptz,
    ADD COLUMN redacted_at timestamptz;
CREATE UNIQUE INDEX outbound_idempotency ON outbound (department, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX outbound_notice ON outbound (public_id) WHERE department IS NOT NULL;
CREATE INDEX outbound_department ON outbound (department, id) WHERE department IS NOT NULL;
CREATE INDEX outbound_reference ON outbound (department, reference) WHERE reference IS NOT NULL;
CREATE INDEX outbound_batch ON outbound (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX outbound_batch_waiting ON outbound (batch_id)
    WHERE batch_id IS NOT NULL AND status IN ('created', 'handing', 'retry');
CREATE INDEX outbound_thing ON outbound (department, thing) WHERE thing IS NOT NULL;
CREATE INDEX outbound_due ON outbound (due_at) WHERE status IN ('created', 'handing', 'retry');
CREATE INDEX outbound_expiring ON outbound (expires_at)
    WHERE status IN ('created', 'handing', 'retry') AND expires_at IS NOT NULL;
CREATE INDEX outbound_handed ON outbound (channel, sender, handed_at) WHERE handed_at IS NOT NULL;
CREATE INDEX outbound_unanswered ON outbound (handed_at)
    WHERE channel = 'sms' AND status IN ('accepted', 'scheduled', 'queued', 'sending', 'sent');
CREATE INDEX outbound_bodies ON outbound (created_at) WHERE redacted_at IS NULL;
CREATE INDEX outbound_digest ON outbound (digest_id) WHERE digest_id IS NOT NULL;

CREATE INDEX escalation_conversation ON escalation (conversation_id) WHERE closed_at IS NULL;

-- A print-ready letter.
CREATE TABLE letter (
    outbound_id bigint PRIMARY KEY REFERENCES outbound ON DELETE CASCADE,
    pdf bytea NOT NULL,
    pages smallint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A picture a citizen sent, drawn anew without what the camera wrote into it.
CREATE TABLE picture (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
    inbound_id bigint REFERENCES inbound ON DELETE SET NULL,
    type text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bytes bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX picture_conversation ON picture (conversation_id, created_at);
CREATE INDEX picture_old ON picture (created_at);

-- Where a department wants to be told; the token is derived from the installation's secret.
CREATE TABLE callback_address (
    department text NOT NULL REFERENCES department ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('delivery', 'received')),
    url text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (department, kind)
);
CREATE TABLE callback (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department text NOT NULL,
    kind text NOT NULL,
    -- the message it tells of, and the state told: each is told once
    about uuid NOT NULL,
    state text NOT NULL,
    body jsonb,
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    -- null while it waits, then the HTTP status of the last answer, 0 for none
    result smallint,
    UNIQUE (kind, about, state)
);
CREATE INDEX callback_waiting ON callback (due_at) WHERE done_at IS NULL;
"""

# One round trip for what delivery does between two messages. Each statement of a function sees what was
# committed before it, so the look at the messages comes after the lock: whoever stores one later finds the
# claim gone and may take it. A claim that this worker has already is one it lost sight of: within a process
# bot/worker.py keeps two from the same conversation. See docs/decisions/0005-claims.md
TAKE = """
CREATE FUNCTION take_outbound(whose bigint, worker integer, moment timestamptz)
RETURNS TABLE (
    id bigint, channel text, address text, language text, text text, subject text, details jsonb,
    department text, priority smallint, status text, sender text, error_code text, due_at timestamptz,
    expires_at timestamptz, opted_out boolean, identical bigint, in_an_hour bigint, digestible bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    at timestamptz := coalesce(moment, clock_timestamp());
    holder integer;
    known record;
    chosen outbound%ROWTYPE;
BEGIN
    SELECT c.sending_by, c.address, c.opted_out_at IS NOT NULL AS stopped INTO known
        FROM conversation c WHERE c.id = whose FOR NO KEY UPDATE;
    holder := known.sending_by;
    IF NOT FOUND OR (holder <> worker AND worker_alive(holder)) THEN
        RETURN;
    END IF;
    SELECT o.* INTO chosen FROM outbound o
        WHERE o.conversation_id = whose AND o.status IN ('created', 'handing', 'retry')
        AND (o.due_at <= at OR o.status = 'retry') ORDER BY o.priority, o.id LIMIT 1;
    -- what waits for another try holds back what is behind it: the parts of an answer go in order
    IF NOT FOUND OR chosen.due_at > at THEN
        UPDATE conversation c SET sending_by = NULL WHERE c.id = whose AND c.sending_by IS NOT NULL;
        RETURN;
    END IF;
    UPDATE conversation c SET sending_by = worker WHERE c.id = whose AND c.sending_by IS DISTINCT FROM worker;
    IF chosen.status <> 'handing' THEN
        UPDATE outbound o SET status = 'handing', attempts = o.attempts + 1, attempted_at = at
            WHERE o.id = chosen.id;
    END IF;
    RETURN QUERY SELECT chosen.id, chosen.channel, known.address, chosen.language, chosen.text,
        chosen.subject, chosen.details, chosen.department, chosen.priority, chosen.status, chosen.sender,
        chosen.error_code, chosen.due_at, chosen.expires_at, known.stopped,
        count(*) FILTER (WHERE r.text = chosen.text AND r.handed_at > at - interval '5 minutes'),
        count(*) FILTER (WHERE r.handed_at > at - interval '1 hour'),
        count(*) FILTER (WHERE r.status IN ('created', 'handing', 'retry') AND r.due_at <= at
            AND r.details ? 'digest')
        FROM (SELECT o.text, o.handed_at, o.status, o.due_at, o.details FROM outbound o
            WHERE o.conversation_id = whose ORDER BY o.id DESC LIMIT 150) r;
END $$
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks, and the function."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(TAKE)
