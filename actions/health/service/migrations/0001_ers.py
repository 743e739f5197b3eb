"""The stand-in e-Referral Service's own tables: providers, services, slots, referrals, appointments."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE SCHEMA ers;

CREATE TABLE ers.provider (
    ods text PRIMARY KEY,
    name text NOT NULL,
    town text NOT NULL,
    postcode text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    kind text NOT NULL CHECK (kind IN ('public', 'private', 'voluntary')),
    cqc_rating text NOT NULL,
    -- of 100 patients asked, how many would recommend it
    recommended smallint NOT NULL CHECK (recommended BETWEEN 0 AND 100),
    parking text NOT NULL CHECK (parking IN ('free', 'paid', 'none')),
    step_free boolean NOT NULL
);

CREATE TABLE ers.clinic (
    specialty text NOT NULL,
    clinic_type text NOT NULL,
    specialty_title text NOT NULL,
    title text NOT NULL,
    PRIMARY KEY (clinic_type, specialty)
);

CREATE TABLE ers.service (
    id bigint PRIMARY KEY,
    ods text NOT NULL REFERENCES ers.provider,
    specialty text NOT NULL,
    clinic_type text NOT NULL,
    name text NOT NULL,
    bookable text NOT NULL CHECK (bookable IN ('DIRECTLY_BOOKABLE', 'INDIRECTLY_BOOKABLE', 'UNSPECIFIED')),
    phone text NOT NULL,
    -- days; for a directly bookable service the first free slot says it instead
    appointment_wait integer,
    -- days, the median, or a capacity code
    treatment_wait integer,
    treatment_capacity text,
    exclusions jsonb NOT NULL,
    conditions jsonb NOT NULL,
    investigations jsonb NOT NULL,
    age_from smallint NOT NULL,
    age_to smallint,
    gender text NOT NULL CHECK (gender IN ('MALE_AND_FEMALE', 'MALE', 'FEMALE')),
    supports jsonb NOT NULL,
    letter_required boolean NOT NULL,
    -- within so many days of a deferral the provider must be in touch
    contact_days smallint NOT NULL,
    figure_date date NOT NULL,
    figures text NOT NULL,
    FOREIGN KEY (clinic_type, specialty) REFERENCES ers.clinic
);
CREATE INDEX service_clinic ON ers.service (clinic_type, specialty);

CREATE TABLE ers.referral (
    ubrn text PRIMARY KEY CHECK (ubrn ~ '^[0-9]{12}$'),
    version integer NOT NULL DEFAULT 1,
    state text NOT NULL DEFAULT 'NOT_BOOKED' CHECK (state IN (
        'NOT_BOOKED', 'BOOKED', 'DEFERRED_TO_PROVIDER', 'AWAITING_TRIAGE', 'TRIAGE_RESPONSE',
        'TRIAGED_PROVIDER_TO_ACTION', 'ASSESSMENT_RESULT', 'APPT_CANCELLED_BY_PATIENT',
        'APPT_CANCELLED_BY_PROVIDER', 'DID_NOT_ATTEND', 'REJECTED', 'CANCELLED_REFERRAL')),
    priority text NOT NULL CHECK (priority IN ('ROUTINE', 'URGENT', 'TWO_WEEK_WAIT')),
    specialty text NOT NULL,
    clinic_type text NOT NULL,
    access_code_digest bytea NOT NULL,
    birth_year smallint NOT NULL,
    gender text NOT NULL CHECK (gender IN ('MALE', 'FEMALE')),
    given_name text NOT NULL,
    postcode text,
    shortlist bigint[] NOT NULL DEFAULT '{}',
    FOREIGN KEY (clinic_type, specialty) REFERENCES ers.clinic
);

CREATE TABLE ers.slot (
    id bigint GENERATED ALWAYS AS IDENTITY (START 11000001) PRIMARY KEY,
    service_id bigint NOT NULL REFERENCES ers.service,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    booked_by text REFERENCES ers.referral,
    held_by text REFERENCES ers.referral,
    held_until timestamptz,
    UNIQUE (service_id, starts_at)
);
CREATE INDEX slot_free ON ers.slot (service_id, starts_at) WHERE booked_by IS NULL;
CREATE INDEX slot_held ON ers.slot (held_by) WHERE held_by IS NOT NULL;

CREATE TABLE ers.appointment (
    id bigint GENERATED ALWAYS AS IDENTITY (START 70001) PRIMARY KEY,
    ubrn text NOT NULL REFERENCES ers.referral,
    service_id bigint NOT NULL REFERENCES ers.service,
    -- a deferral has none
    slot_id bigint REFERENCES ers.slot,
    status text NOT NULL CHECK (status IN ('booked', 'proposed', 'cancelled')),
    -- the referral's version that this appointment made
    version integer NOT NULL,
    reason text,
    comment text,
    contact_by date,
    created_at timestamptz NOT NULL
);
-- Whatever the code above does: one appointment a referral, one referral a slot.
CREATE UNIQUE INDEX appointment_current ON ers.appointment (ubrn) WHERE status <> 'cancelled';
CREATE UNIQUE INDEX appointment_slot ON ers.appointment (slot_id) WHERE status = 'booked';

-- What was answered to each Idempotency-Key, to be answered again.
CREATE TABLE ers.answered (
    key text PRIMARY KEY,
    request_digest bytea NOT NULL,
    answer jsonb,
    answered_at timestamptz NOT NULL
);

-- Wrong tries to prove who one is. Kept for a reference that does not exist too: the answers
-- must not tell which ones do.
CREATE TABLE ers.wrong_proof (
    ubrn text PRIMARY KEY,
    tries smallint NOT NULL,
    locked_until timestamptz,
    last_at timestamptz NOT NULL
);
CREATE INDEX wrong_proof_old ON ers.wrong_proof (last_at);
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
