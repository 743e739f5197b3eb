"""What happens to a referral once it is made: changes to tell, long waits, wishes, carers, talks."""

from alembic import op

revision = "0004"
down_revision = "0003"

REFERRAL = """
ALTER TABLE ers.referral DROP CONSTRAINT referral_state_check;
ALTER TABLE ers.referral ADD CONSTRAINT referral_state_check CHECK (state IN (
    'NOT_BOOKED', 'BOOKED', 'DEFERRED_TO_PROVIDER', 'AWAITING_TRIAGE', 'TRIAGE_RESPONSE',
    'TRIAGED_PROVIDER_TO_ACTION', 'ASSESSMENT_RESULT', 'APPT_CANCELLED_BY_PATIENT',
    'APPT_CANCELLED_BY_PROVIDER', 'DID_NOT_ATTEND', 'REJECTED', 'CANCELLED_REFERRAL', 'ATTENDED'));
-- The mobile number on record, as +44…; somebody may have several referrals.
ALTER TABLE ers.referral ADD phone text;
CREATE INDEX referral_phone ON ers.referral (phone) WHERE phone IS NOT NULL;
-- The clinic's words, in English.
ALTER TABLE ers.referral ADD advice text CHECK (length(advice) <= 1000);
-- When it last came to another state.
ALTER TABLE ers.referral ADD moved_at timestamptz NOT NULL DEFAULT now();
-- The last day of the time within which a citizen is to be seen: 18 weeks, or 2 where cancer is suspected.
ALTER TABLE ers.referral ADD seen_by date NOT NULL GENERATED ALWAYS AS
    (referred_on + CASE priority WHEN 'TWO_WEEK_WAIT' THEN 14 ELSE 126 END) STORED;
CREATE INDEX referral_waiting ON ers.referral (seen_by, ubrn)
    WHERE state NOT IN ('ATTENDED', 'REJECTED', 'CANCELLED_REFERRAL');
"""

SLOT = """
-- A clinic that does not take place: the slot is nobody's.
ALTER TABLE ers.slot ADD withdrawn boolean NOT NULL DEFAULT false;
-- Held for 48 hours in place of an appointment that a provider cancelled: other holds leave it alone.
ALTER TABLE ers.slot ADD offered boolean NOT NULL DEFAULT false;
DROP INDEX ers.slot_free;
CREATE INDEX slot_free ON ers.slot (service_id, starts_at) INCLUDE (held_until)
    WHERE booked_by IS NULL AND NOT withdrawn;
CREATE INDEX slot_booked ON ers.slot (booked_by) WHERE booked_by IS NOT NULL;
"""

APPOINTMENT = """
-- A talk with a nurse of the clinic, beside the appointment that the referral is for.
ALTER TABLE ers.appointment ADD talk boolean NOT NULL DEFAULT false;
ALTER TABLE ers.appointment DROP CONSTRAINT appointment_status_check;
ALTER TABLE ers.appointment ADD CONSTRAINT appointment_status_check
    CHECK (status IN ('booked', 'proposed', 'fulfilled', 'noshow', 'cancelled'));
DROP INDEX ers.appointment_current;
CREATE UNIQUE INDEX appointment_current ON ers.appointment (ubrn, talk)
    WHERE status IN ('booked', 'proposed');
CREATE INDEX appointment_of ON ers.appointment (ubrn, id);
-- The end of its slot: then the visit is over.
ALTER TABLE ers.appointment ADD over_at timestamptz;
UPDATE ers.appointment SET over_at = slot.ends_at FROM ers.slot WHERE slot.id = slot_id AND status = 'booked';
CREATE INDEX appointment_over ON ers.appointment (over_at) WHERE status = 'booked';
-- Whose appointments a cancelled clinic is about.
CREATE INDEX appointment_service ON ers.appointment (service_id) WHERE status = 'booked';
"""

CHANGE = """
CREATE TABLE ers.change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- in the order of commits; none until then
    number bigint UNIQUE,
    kind text NOT NULL CHECK (kind IN ('state', 'slot_free', 'slot_taken', 'permitted', 'revoked')),
    at timestamptz NOT NULL,
    -- without references: a change is history, and must not wait for what it is about
    ubrn text,
    state text,
    service_id bigint,
    slot_id bigint,
    starts_at timestamptz,
    more jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX change_old ON ers.change (at);
CREATE SEQUENCE ers.change_number;
"""

# Who reads up to a number must not find a lower one afterwards: numbers are given at the commit, when no
# other lock is waited for any more, by one transaction at a time until it is done.
NUMBER = """
CREATE FUNCTION ers.number_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ers changes'));
    UPDATE ers.change SET number = nextval('ers.change_number') WHERE id = NEW.id;
    RETURN NULL;
END $$
"""
NUMBERED = """
CREATE CONSTRAINT TRIGGER change_numbered AFTER INSERT ON ers.change
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ers.number_change()
"""

MORE = """
-- Who would have an earlier appointment.
CREATE TABLE ers.wish (
    ubrn text PRIMARY KEY REFERENCES ers.referral,
    service_id bigint NOT NULL REFERENCES ers.service,
    before timestamptz NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX wish_of_service ON ers.wish (service_id, before);

-- Who may act for a patient.
CREATE TABLE ers.carer (
    ubrn text NOT NULL REFERENCES ers.referral,
    phone text NOT NULL,
    until date,
    given_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (ubrn, phone)
);
CREATE INDEX carer_phone ON ers.carer (phone) WHERE revoked_at IS NULL;

-- What was done to a referral in a patient's name, and by whom.
CREATE TABLE ers.act (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ubrn text NOT NULL REFERENCES ers.referral,
    what text NOT NULL,
    by text NOT NULL CHECK (by IN ('patient', 'carer', 'provider')),
    at timestamptz NOT NULL
);
CREATE INDEX act_of ON ers.act (ubrn, id);

-- What patients say after their visit.
CREATE TABLE ers.outcome (
    id bigint GENERATED ALWAYS AS IDENTITY (START 95001) PRIMARY KEY,
    ubrn text NOT NULL REFERENCES ers.referral,
    how smallint CHECK (how BETWEEN 1 AND 5),
    life smallint CHECK (life BETWEEN 0 AND 100),
    asked boolean,
    told_at timestamptz NOT NULL,
    CHECK (num_nonnulls(how, life, asked) > 0)
);
CREATE INDEX outcome_of ON ers.outcome (ubrn, id);

-- Places are looked for around a point.
CREATE INDEX provider_place ON ers.provider (latitude, longitude);
"""


def upgrade() -> None:
    """Makes them, one statement at a time as the driver asks."""
    for statement in (REFERRAL + SLOT + APPOINTMENT + CHANGE).split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(NUMBER)
    op.execute(NUMBERED)
    for statement in MORE.split(";\n"):
        if statement.strip():
            op.execute(statement)
