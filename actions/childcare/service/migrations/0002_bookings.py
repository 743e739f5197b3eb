"""Tables of providers, bookings and what is told of them; a booking's state only ever moves forward."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE childcare.provider (
    number text PRIMARY KEY CHECK (number ~ '^[A-Z]{2}[0-9]{4,8}$'),
    name text NOT NULL,
    name_cy text,
    kind text NOT NULL CHECK (kind IN ('nursery', 'childminder', 'playgroup', 'club', 'holiday_club')),
    run_by text NOT NULL CHECK (run_by IN ('public', 'private', 'voluntary')),
    town text NOT NULL,
    postcode text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    phone text NOT NULL,
    -- months
    age_from smallint NOT NULL CHECK (age_from >= 0),
    age_to smallint NOT NULL CHECK (age_to > age_from),
    opens time NOT NULL,
    closes time NOT NULL,
    -- 0 is Monday
    days smallint[] NOT NULL,
    -- pence
    price_hour integer NOT NULL CHECK (price_hour > 0),
    price_session integer NOT NULL CHECK (price_session > 0),
    session_minutes smallint NOT NULL CHECK (session_minutes > 0),
    places smallint NOT NULL CHECK (places > 0),
    -- as the provider told on that day
    places_free smallint NOT NULL CHECK (places_free BETWEEN 0 AND places),
    places_told date NOT NULL,
    rating text CHECK (rating IN ('Outstanding', 'Good', 'Requires improvement', 'Inadequate')),
    inspected_on date,
    languages text[] NOT NULL,
    step_free boolean NOT NULL,
    registered_on date NOT NULL,
    registered_until date,
    struck_off_on date,
    code_digest bytea NOT NULL,
    key_digest bytea NOT NULL UNIQUE,
    -- the beginnings of the words of its names, to find it in what citizens write
    starts text[] NOT NULL
);
CREATE INDEX provider_place ON childcare.provider (latitude, longitude);
CREATE INDEX provider_starts ON childcare.provider USING gin (starts);
CREATE INDEX provider_struck_off ON childcare.provider (struck_off_on) WHERE struck_off_on IS NOT NULL;

CREATE TABLE childcare.provider_session (
    token_digest bytea PRIMARY KEY,
    provider text NOT NULL REFERENCES childcare.provider,
    until timestamptz NOT NULL
);
CREATE INDEX provider_session_until ON childcare.provider_session (until);

CREATE TABLE childcare.booking (
    id bigint GENERATED ALWAYS AS IDENTITY (START 40001) PRIMARY KEY,
    -- the first booking of what was asked for at once: two of one sum that is split, or only itself
    spend bigint NOT NULL,
    split boolean NOT NULL,
    family text NOT NULL REFERENCES childcare.family,
    child bigint NOT NULL REFERENCES childcare.child,
    provider text NOT NULL REFERENCES childcare.provider,
    -- pence
    amount integer NOT NULL CHECK (amount > 0),
    since date NOT NULL,
    until date NOT NULL CHECK (until >= since),
    days smallint[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'asked' CHECK (state IN (
        'asked', 'held', 'confirmed', 'part', 'cancelled', 'posted', 'voided', 'expired', 'refused')),
    -- pence that are paid, once the provider has confirmed
    attended integer CHECK (attended BETWEEN 1 AND amount),
    -- who ended it, and why
    ended_by text,
    reason text,
    -- of a sum that is split: when this provider agreed
    agreed_at timestamptz,
    -- when the family last asked the provider to confirm
    asked_to_confirm_at timestamptz,
    -- when a hold that nobody posted gives the money back
    hold_until timestamptz NOT NULL,
    -- how often the money was looked for; each time anew, as others may have been quicker
    attempt smallint NOT NULL DEFAULT 1,
    asked_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CHECK ((state IN ('confirmed', 'part', 'posted')) = (attended IS NOT NULL)),
    CHECK (state <> 'part' OR attended < amount)
);
CREATE INDEX booking_spend ON childcare.booking (spend);
CREATE INDEX booking_family ON childcare.booking (family, id DESC);
CREATE INDEX booking_provider ON childcare.booking (provider, id DESC);
CREATE INDEX booking_open ON childcare.booking (changed_at)
    WHERE state IN ('asked', 'confirmed', 'part', 'cancelled');
CREATE INDEX booking_held ON childcare.booking (hold_until) WHERE state = 'held';

CREATE TABLE childcare.booking_part (
    booking bigint NOT NULL REFERENCES childcare.booking,
    attempt smallint NOT NULL,
    -- numbered on through all attempts
    part smallint NOT NULL,
    account uuid NOT NULL,
    element text NOT NULL CHECK (element IN ('wtc', 'neg', 'ssg', 'own')),
    amount integer NOT NULL CHECK (amount > 0),
    PRIMARY KEY (booking, part)
);

CREATE TABLE childcare.top_up (
    id bigint GENERATED ALWAYS AS IDENTITY (START 7001) PRIMARY KEY,
    family text NOT NULL REFERENCES childcare.family,
    child bigint NOT NULL REFERENCES childcare.child,
    amount integer NOT NULL CHECK (amount > 0),
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'posted')),
    -- the bank's own name of the payment, where the family paid it in by themselves
    payment text UNIQUE,
    asked_at timestamptz NOT NULL
);
CREATE INDEX top_up_open ON childcare.top_up (asked_at) WHERE state = 'asked';

-- The bank account that a family lets us take money from: its last digits are all that is kept.
CREATE TABLE childcare.mandate (
    family text PRIMARY KEY REFERENCES childcare.family,
    ending text NOT NULL CHECK (ending ~ '^[0-9]{2,4}$')
);

-- What became of a booking is told as everything else is.
ALTER TABLE childcare.notice DROP CONSTRAINT notice_kind_check, ADD CONSTRAINT notice_kind_check CHECK (
    kind IN ('reconfirm', 'expiring', 'grace', 'low', 'eligibility', 'awarded', 'expired', 'booking',
             'top_up'));
CREATE INDEX notice_made ON childcare.notice (made_at)
"""

FORWARD = """
CREATE FUNCTION childcare.booking_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    places constant jsonb := '{"asked": 0, "held": 1, "confirmed": 2, "part": 2, "cancelled": 2,
        "posted": 3, "voided": 3, "expired": 3, "refused": 3}';
BEGIN
    IF NEW.state <> OLD.state AND (places->>NEW.state)::int <= (places->>OLD.state)::int THEN
        RAISE EXCEPTION 'a booking does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    -- Clocks go back; what happened later is never earlier.
    NEW.changed_at := greatest(NEW.changed_at, OLD.changed_at);
    RETURN NEW;
END $$
"""
TRIGGER = """
CREATE TRIGGER booking_forward BEFORE UPDATE ON childcare.booking
FOR EACH ROW EXECUTE FUNCTION childcare.booking_forward()
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(FORWARD)
    op.execute(TRIGGER)
