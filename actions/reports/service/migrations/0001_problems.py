"""The tables of service problems: problems, their updates and supporters, who is responsible, API keys."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE problem (
    id bigint GENERATED ALWAYS AS IDENTITY (START 100001) PRIMARY KEY,
    category text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN (
        'open', 'for_triage', 'investigating', 'in_progress', 'planned', 'action_scheduled',
        'fixed', 'closed', 'no_further_action', 'not_councils_responsibility', 'duplicate',
        'internal_referral')),
    -- Open311's own two
    status text NOT NULL GENERATED ALWAYS AS (CASE WHEN state IN (
        'open', 'for_triage', 'investigating', 'in_progress', 'planned', 'action_scheduled')
        THEN 'open' ELSE 'closed' END) STORED,
    notes text,
    notes_cy text,
    description text NOT NULL CHECK (length(description) <= 4000),
    lat double precision CHECK (lat BETWEEN -85 AND 85),
    long double precision CHECK (long BETWEEN -180 AND 180),
    -- the Mercator projection in degrees of longitude: a small circle on the ground is a circle on it, so
    -- that an index of points finds what is in it, nearest first
    spot point GENERATED ALWAYS AS (point(long, degrees(ln(tan(radians(45 + lat / 2)))))) STORED,
    address text,
    address_id text,
    zipcode text,
    answers json NOT NULL DEFAULT '{}',
    media_url text,
    agency text NOT NULL,
    agency_cy text NOT NULL,
    notice text NOT NULL,
    notice_cy text NOT NULL,
    officer text,
    -- answered to a key only, and in no list
    private boolean NOT NULL,
    duplicate_of bigint REFERENCES problem,
    -- how many people reported or follow it
    supporters integer NOT NULL DEFAULT 1 CHECK (supporters >= 0),
    -- how many of the same category and place there were in 90 days, this one among them
    times smallint NOT NULL DEFAULT 1,
    token text NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    invented boolean NOT NULL DEFAULT false,
    requested_at timestamptz NOT NULL,
    -- when it last changed here
    updated_at timestamptz NOT NULL,
    expected_at timestamptz,
    closed_at timestamptz,
    CHECK ((lat IS NULL) = (long IS NULL)),
    CHECK (duplicate_of IS NULL OR state = 'duplicate')
);
CREATE INDEX problem_spot ON problem USING gist (spot);
-- what a new report may be a duplicate of: few of all
CREATE INDEX problem_open_spot ON problem USING gist (spot) WHERE status = 'open';
CREATE INDEX problem_requested ON problem (requested_at, id);
CREATE INDEX problem_status ON problem (status, requested_at, id);
CREATE INDEX problem_category ON problem (category, requested_at, id);
CREATE INDEX problem_updated ON problem (updated_at, id);
CREATE INDEX problem_due ON problem (expected_at) WHERE status = 'open';
CREATE INDEX problem_times ON problem (requested_at) WHERE times >= 3;
CREATE INDEX problem_duplicates ON problem (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- How to reach who reported it; apart, so that no list can show it by mistake.
CREATE TABLE problem_contact (
    problem_id bigint PRIMARY KEY REFERENCES problem ON DELETE CASCADE,
    first_name text,
    last_name text,
    email text,
    phone text,
    device_id text,
    account_id text
);

CREATE TABLE problem_supporter (
    problem_id bigint NOT NULL REFERENCES problem ON DELETE CASCADE,
    account_id text NOT NULL,
    reported boolean NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (problem_id, account_id)
);

CREATE TABLE problem_update (
    id bigint GENERATED ALWAYS AS IDENTITY (START 500001) PRIMARY KEY,
    problem_id bigint NOT NULL REFERENCES problem ON DELETE CASCADE,
    -- whose key sent it, and the id it has there
    sender text NOT NULL,
    update_id text,
    -- as told; none leaves the state as it is
    state text,
    duplicate_of bigint REFERENCES problem ON DELETE SET NULL,
    -- the one it was passed on to; none leaves it where it is
    category text,
    description text NOT NULL CHECK (length(description) <= 4000),
    description_cy text,
    media_url text,
    account_id text,
    updated_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE (sender, update_id)
);
CREATE INDEX problem_update_history ON problem_update (problem_id, updated_at, id);
CREATE INDEX problem_update_time ON problem_update (updated_at, id);
CREATE INDEX problem_update_duplicates ON problem_update (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- Who does a category's work on a level of government in an area. Empty category or area: all of them.
-- No agency: nobody there does it. Without a row it is the area's own body.
CREATE TABLE problem_body (
    category text NOT NULL DEFAULT '',
    level text NOT NULL,
    area text NOT NULL DEFAULT '',
    agency text,
    agency_cy text,
    -- who has the problems that come again and again
    officer text,
    PRIMARY KEY (level, area, category),
    CHECK ((agency IS NULL) = (agency_cy IS NULL))
);

CREATE TABLE problem_key (
    hash bytea PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('report', 'team')),
    made_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

-- What was answered to each Idempotency-Key, to be answered again.
CREATE TABLE problem_answered (
    sender text NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    -- not jsonb, which would change the order of its parts
    answer json,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (sender, key)
);
CREATE INDEX problem_answered_old ON problem_answered (answered_at);
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
