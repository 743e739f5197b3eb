"""The childcare department's tables for families: what they may have, what they were awarded, and why."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE SCHEMA childcare;

CREATE TABLE childcare.family (
    reference text PRIMARY KEY CHECK (reference ~ '^[0-9]{10}$'),
    code_digest bytea NOT NULL,
    birth_year smallint NOT NULL CHECK (birth_year BETWEEN 1900 AND 2100),
    -- of the parent
    given_name text NOT NULL CHECK (length(given_name) BETWEEN 1 AND 100),
    -- as it is dialled from abroad: +447700900300
    phone text CHECK (phone ~ '^[+][0-9]{8,15}$'),
    language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'cy')),
    confirmed_on date NOT NULL,
    -- the last day to say that nothing has changed
    confirm_by date NOT NULL CHECK (confirm_by > confirmed_on)
);
CREATE INDEX family_phone ON childcare.family (phone) WHERE phone IS NOT NULL;
CREATE INDEX family_confirm_by ON childcare.family (confirm_by);

-- What a family is from a day on. Nothing is changed here: what is so now is the last row up to today, what
-- is to come are the rows after it, and the rest is the history.
CREATE TABLE childcare.eligibility (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    family text NOT NULL REFERENCES childcare.family,
    from_date date NOT NULL,
    low_income boolean NOT NULL,
    training boolean NOT NULL,
    -- the last day, where it is known that it ends; None while it goes on
    eligible_until date,
    -- officer:3, run:12
    by text NOT NULL,
    why text NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX eligibility_family ON childcare.eligibility (family, from_date DESC, id DESC);
CREATE INDEX eligibility_from_date ON childcare.eligibility (from_date);
CREATE INDEX eligibility_until ON childcare.eligibility (eligible_until) WHERE eligible_until IS NOT NULL;

CREATE TABLE childcare.child (
    id bigint GENERATED ALWAYS AS IDENTITY (START 3001) PRIMARY KEY,
    family text NOT NULL REFERENCES childcare.family,
    given_name text NOT NULL CHECK (length(given_name) BETWEEN 1 AND 100),
    born date NOT NULL
);
CREATE UNIQUE INDEX child_of ON childcare.child (family, lower(given_name), born);

-- What is added for low income and for training from a day on, in hundredths of a per cent. The one that
-- holds on a day is the last up to it. A version is never made for days that were, and never changed.
CREATE TABLE childcare.weights (
    version integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_date date NOT NULL,
    low_income integer NOT NULL CHECK (low_income BETWEEN 0 AND 10000),
    training integer NOT NULL CHECK (training BETWEEN 0 AND 10000),
    by text NOT NULL,
    why text NOT NULL CHECK (length(why) BETWEEN 1 AND 500),
    made_on date NOT NULL,
    CONSTRAINT not_for_days_that_were CHECK (from_date > made_on)
);
CREATE INDEX weights_from ON childcare.weights (from_date, version);
CREATE FUNCTION childcare.stays() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is never changed: add to it', TG_TABLE_NAME; END $$;
CREATE TRIGGER weights_stay BEFORE UPDATE OR DELETE ON childcare.weights
    FOR EACH ROW EXECUTE FUNCTION childcare.stays();
CREATE TRIGGER eligibility_stays BEFORE UPDATE OR DELETE ON childcare.eligibility
    FOR EACH ROW EXECUTE FUNCTION childcare.stays();

-- A file of families that is to become awards for a period.
CREATE TABLE childcare.award_run (
    id bigint GENERATED ALWAYS AS IDENTITY (START 101) PRIMARY KEY,
    -- only ever forward: checking -> broken or ready -> recording -> paying -> done; or given_up before that
    state text NOT NULL CHECK (state IN
        ('checking', 'broken', 'ready', 'recording', 'paying', 'done', 'given_up')),
    file_name text NOT NULL,
    file_digest bytea NOT NULL,
    period_from date NOT NULL,
    period_until date NOT NULL,
    -- the last day on which this credit can be spent
    expires_on date NOT NULL,
    -- that it was checked with, and how many runs had been started then
    weights integer REFERENCES childcare.weights,
    started_before bigint,
    -- why the file as a whole can't be used
    problem text,
    rows integer NOT NULL DEFAULT 0,
    broken integer NOT NULL DEFAULT 0,
    families integer NOT NULL DEFAULT 0,
    -- of `rows`: checked, or made into awards, so far
    done integer NOT NULL DEFAULT 0,
    by text NOT NULL,
    started_by text,
    made_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    -- who works on it, until when: by the database's own clock
    worker uuid,
    worker_until timestamptz,
    CHECK (period_from <= period_until AND period_until <= expires_on)
);
-- Files are made into awards one after another, so that no two can award the same.
CREATE UNIQUE INDEX award_run_one ON childcare.award_run ((true)) WHERE state IN ('recording', 'paying');
CREATE UNIQUE INDEX award_run_once ON childcare.award_run (file_digest, period_from)
    WHERE state IN ('recording', 'paying', 'done');
CREATE INDEX award_run_open ON childcare.award_run (id) WHERE state IN ('checking', 'recording', 'paying');

-- The file itself, until it was checked.
CREATE TABLE childcare.award_run_file (
    run bigint PRIMARY KEY REFERENCES childcare.award_run,
    content bytea NOT NULL
);

CREATE TABLE childcare.award (
    id bigint GENERATED ALWAYS AS IDENTITY (START 1000001) PRIMARY KEY,
    child bigint NOT NULL REFERENCES childcare.child,
    run bigint REFERENCES childcare.award_run,
    -- planned until the ledger has it
    state text NOT NULL CHECK (state IN ('planned', 'made', 'refused')),
    period_from date NOT NULL,
    period_until date NOT NULL,
    expires_on date NOT NULL,
    low_income boolean NOT NULL,
    training boolean NOT NULL,
    weights integer NOT NULL REFERENCES childcare.weights,
    -- pence, all of it
    amount bigint NOT NULL CHECK (amount > 0),
    by text NOT NULL,
    made_at timestamptz NOT NULL,
    -- when to look next what is left of it, to warn of its last day and to give it back then; None when
    -- nothing is
    look_on date,
    CHECK (period_from <= period_until AND period_until <= expires_on)
);
CREATE UNIQUE INDEX award_once ON childcare.award (child, period_from) WHERE state <> 'refused';
CREATE INDEX award_run_of ON childcare.award (run, id);
CREATE INDEX award_planned ON childcare.award (run, id) WHERE state = 'planned';
CREATE INDEX award_look ON childcare.award (look_on) WHERE look_on IS NOT NULL AND state = 'made';
CREATE INDEX award_period ON childcare.award (period_from);

-- So much of an amount as a part is of a whole, rounded half up as `rule.largest_remainder` does.
CREATE FUNCTION childcare.share(amount bigint, part bigint, whole bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT RETURN (2 * amount * part + whole) / (2 * whole);

CREATE TABLE childcare.award_element (
    award bigint NOT NULL REFERENCES childcare.award,
    element text NOT NULL CHECK (element IN ('wtc', 'neg', 'ssg')),
    -- pence: what the element's funder pays, and what is added for each reason
    base bigint NOT NULL CHECK (base > 0),
    low_income bigint NOT NULL CHECK (low_income >= 0),
    training bigint NOT NULL CHECK (training >= 0),
    weighting bigint NOT NULL GENERATED ALWAYS AS (low_income + training) STORED,
    total bigint NOT NULL GENERATED ALWAYS AS (base + low_income + training) STORED,
    PRIMARY KEY (award, element)
);

-- A row of a run's file: one child. `problem` says why it can't be used, or why the ledger refused it.
CREATE TABLE childcare.award_run_row (
    run bigint NOT NULL REFERENCES childcare.award_run,
    number integer NOT NULL,
    problem text,
    family text,
    -- of a family that is new, or None
    code_digest bytea,
    birth_year smallint,
    parent text,
    phone text,
    language text,
    child text,
    born date,
    low_income boolean,
    training boolean,
    eligible_until date,
    -- pence, in the order wtc, neg, ssg: 0 for none
    base bigint[],
    for_low_income bigint[],
    for_training bigint[],
    award bigint REFERENCES childcare.award,
    PRIMARY KEY (run, number)
);
CREATE INDEX award_run_row_broken ON childcare.award_run_row (run, number) WHERE problem IS NOT NULL;
CREATE INDEX award_run_row_award ON childcare.award_run_row (award) WHERE award IS NOT NULL;

-- What went back to who paid for it because nobody spent it in time. An element can have several: what a hold
-- gives back later goes back later.
CREATE TABLE childcare.expiry (
    id bigint GENERATED ALWAYS AS IDENTITY (START 8001) PRIMARY KEY,
    award bigint NOT NULL,
    element text NOT NULL,
    -- planned until the ledger has it; refused where it was spent just then
    state text NOT NULL CHECK (state IN ('planned', 'made', 'refused')),
    base bigint NOT NULL CHECK (base >= 0),
    weighting bigint NOT NULL CHECK (weighting >= 0),
    made_at timestamptz NOT NULL,
    FOREIGN KEY (award, element) REFERENCES childcare.award_element,
    CHECK (base + weighting > 0)
);
CREATE INDEX expiry_award ON childcare.expiry (award, element);
CREATE INDEX expiry_planned ON childcare.expiry (id) WHERE state = 'planned';

-- What a funder paid in, or the equity account was given.
CREATE TABLE childcare.payment_in (
    id bigint GENERATED ALWAYS AS IDENTITY (START 901) PRIMARY KEY,
    funder text NOT NULL CHECK (funder IN ('wtc', 'neg', 'ssg', 'equity')),
    state text NOT NULL CHECK (state IN ('planned', 'made')),
    amount bigint NOT NULL CHECK (amount > 0),
    by text NOT NULL,
    -- the funder's own, of the payment
    reference text NOT NULL CHECK (length(reference) BETWEEN 1 AND 100),
    made_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX payment_in_once ON childcare.payment_in (funder, reference);

-- What families are to be told, in the order it became so.
CREATE TABLE childcare.notice (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- the same notice has the same key: it is there once
    key text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN
        ('reconfirm', 'expiring', 'grace', 'low', 'eligibility', 'awarded', 'expired')),
    family text NOT NULL REFERENCES childcare.family,
    child bigint REFERENCES childcare.child,
    told jsonb NOT NULL,
    made_at timestamptz NOT NULL
);

-- Numbers are given in the order of the commits: who reads on from a number misses none.
CREATE FUNCTION childcare.in_order() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('childcare notices')); RETURN NULL; END $$;
CREATE TRIGGER notice_in_order BEFORE INSERT ON childcare.notice
    FOR EACH STATEMENT EXECUTE FUNCTION childcare.in_order();

-- The last day whose notices were made.
CREATE TABLE childcare.noticed (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    day date NOT NULL
)
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        # A function's body has a semicolon too, but no end of line behind it.
        if statement.strip():
            op.execute(statement)
