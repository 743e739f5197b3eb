"""The desk: officers, who speaks in a conversation, cases with their clocks, notes, drafts and events."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE officer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('officer', 'leader', 'administrator', 'auditor', 'system')),
    -- the queues they work on; of those who have the role system or auditor it says nothing
    desks text[] NOT NULL DEFAULT '{}',
    -- languages and flows they know besides English
    skills text[] NOT NULL DEFAULT '{}',
    most_cases smallint NOT NULL DEFAULT 5 CHECK (most_cases BETWEEN 1 AND 50),
    -- whether a free officer on duty is given the next case without asking for it
    pulls boolean NOT NULL DEFAULT false,
    on_duty boolean NOT NULL DEFAULT false,
    seen_at timestamptz,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX officer_on_duty ON officer (seen_at) WHERE on_duty AND active;

-- Who is speaking. While a case waits the assistant still answers; with an officer it is silent.
ALTER TABLE conversation
    ADD speaker text NOT NULL DEFAULT 'assistant' CHECK (speaker IN ('assistant', 'waiting', 'officer')),
    ADD officer_id bigint REFERENCES officer,
    ADD CONSTRAINT conversation_speaker CHECK ((speaker = 'officer') = (officer_id IS NOT NULL));
CREATE INDEX conversation_with_officer ON conversation (officer_id) WHERE officer_id IS NOT NULL;

ALTER TABLE escalation
    ALTER conversation_id DROP NOT NULL,
    -- the caller's name of it: the same twice is the same case
    ADD key text UNIQUE,
    ADD state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'snoozed', 'closed')),
    ADD officer_id bigint REFERENCES officer,
    ADD subject text,
    ADD flow text,
    ADD language text NOT NULL DEFAULT 'en',
    -- two clocks, in opening hours; a department's own date is solve_by as well
    ADD reply_by timestamptz,
    ADD solve_by timestamptz,
    ADD replied_at timestamptz,
    ADD taken_at timestamptz,
    -- since when the citizen waits for this officer's next word
    ADD unanswered_since timestamptz,
    ADD snoozed_until timestamptz,
    ADD labels text[] NOT NULL DEFAULT '{}',
    ADD outcome text,
    ADD contact text,
    ADD closed_by bigint REFERENCES officer,
    ADD warned_at timestamptz,
    ADD rating smallint CHECK (rating BETWEEN 1 AND 5),
    ADD thanks text,
    ADD version bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT escalation_taken CHECK ((state = 'taken') <= (officer_id IS NOT NULL)),
    ADD CONSTRAINT escalation_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL));
CREATE INDEX escalation_queue
    ON escalation (department, priority, (coalesce(solve_by, 'infinity')), created_at, id)
    WHERE state = 'waiting';
CREATE INDEX escalation_of_officer ON escalation (officer_id, state) WHERE state <> 'closed';
CREATE INDEX escalation_clocks ON escalation (least(reply_by, solve_by)) WHERE state <> 'closed';
CREATE INDEX escalation_snoozed ON escalation (snoozed_until) WHERE state = 'snoozed';
CREATE INDEX escalation_closed_at ON escalation (department, closed_at DESC) WHERE state = 'closed';
CREATE INDEX escalation_made_at ON escalation (department, created_at);

-- What happened to a case, one row each: never changed, and counted by the measures.
CREATE TABLE escalation_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    escalation_id bigint NOT NULL REFERENCES escalation ON DELETE CASCADE,
    kind text NOT NULL,
    officer_id bigint REFERENCES officer,
    -- names and numbers of ours; no word of a citizen's
    details jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX escalation_event_of ON escalation_event (escalation_id, id);
CREATE INDEX escalation_event_at ON escalation_event (at, kind);

CREATE TABLE escalation_note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    escalation_id bigint NOT NULL REFERENCES escalation ON DELETE CASCADE,
    officer_id bigint NOT NULL REFERENCES officer,
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 10000),
    mentions bigint[] NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX escalation_note_of ON escalation_note (escalation_id, id);

CREATE TABLE escalation_draft (
    escalation_id bigint NOT NULL REFERENCES escalation ON DELETE CASCADE,
    officer_id bigint NOT NULL REFERENCES officer,
    text text NOT NULL CHECK (length(text) <= 10000),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (escalation_id, officer_id)
);

-- Who looks at a case just now; worth nothing after a crash.
CREATE UNLOGGED TABLE escalation_viewer (
    escalation_id bigint NOT NULL,
    officer_id bigint NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (escalation_id, officer_id)
);

CREATE TABLE canned_reply (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department text NOT NULL,
    name text NOT NULL,
    en text NOT NULL,
    cy text NOT NULL,
    UNIQUE (department, name)
);

-- A message that an officer wrote; the page's own id of it makes pressing twice one message.
ALTER TABLE outbound
    ADD officer_id bigint REFERENCES officer,
    ADD escalation_id bigint REFERENCES escalation ON DELETE SET NULL,
    ADD page_id uuid UNIQUE;
CREATE INDEX outbound_failed ON outbound (completed_at) WHERE status IN ('failed', 'undelivered')
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
