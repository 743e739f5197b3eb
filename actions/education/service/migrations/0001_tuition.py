"""Pupils and who speaks for them, tutors, proposals with their agreement, sessions, and money to be moved."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE SCHEMA education;

CREATE TABLE education.pupil (
    reference text PRIMARY KEY CHECK (reference ~ '^[0-9]{9}$'),
    given_name text NOT NULL,
    birth_year smallint NOT NULL,
    school_urn text NOT NULL CHECK (school_urn ~ '^[0-9]{6}$'),
    postcode text NOT NULL,
    -- what makes the pupil disadvantaged, from the school; null for nothing
    disadvantage text CHECK (disadvantage IN ('free_meals', 'in_care', 'left_care')),
    figure_date date NOT NULL
);
CREATE INDEX pupil_school ON education.pupil (school_urn);

CREATE TABLE education.assessment (
    pupil text NOT NULL REFERENCES education.pupil,
    subject text NOT NULL CHECK (subject IN ('maths', 'reading', 'writing', 'science', 'english')),
    -- months that the pupil is behind others of the same age; 0 for not at all
    behind smallint NOT NULL CHECK (behind BETWEEN 0 AND 120),
    PRIMARY KEY (pupil, subject)
);

-- The three who agree: each with a contact point and a code of their own, and one of each.
CREATE TABLE education.party (
    pupil text NOT NULL REFERENCES education.pupil,
    party text NOT NULL CHECK (party IN ('parent', 'pupil', 'school')),
    phone text CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
    language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'cy')),
    code_digest bytea NOT NULL,
    PRIMARY KEY (pupil, party),
    UNIQUE (pupil, phone),
    UNIQUE (pupil, code_digest)
);
CREATE INDEX party_phone ON education.party (phone);

CREATE TABLE education.tutor (
    id text PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('school', 'tutor')),
    -- of help in school: where it is given
    school_urn text CHECK ((kind = 'school') = (school_urn IS NOT NULL)),
    subjects jsonb NOT NULL,
    days jsonb NOT NULL,
    places jsonb NOT NULL,
    -- pence an hour
    price integer NOT NULL CHECK (price > 0),
    -- tenths of a star, and how many gave one; null for nobody yet
    rating smallint CHECK (rating BETWEEN 10 AND 50),
    rated smallint NOT NULL DEFAULT 0,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    phone text,
    approved_from date NOT NULL,
    approved_until date NOT NULL
);
CREATE INDEX tutor_school ON education.tutor (school_urn) WHERE kind = 'school';
CREATE INDEX tutor_phone ON education.tutor (phone);

-- One credit for a pupil in a school year, which is named by the year it begins in.
CREATE TABLE education.credit (
    pupil text NOT NULL REFERENCES education.pupil,
    school_year smallint NOT NULL,
    amount integer NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('asked', 'awarded', 'unfunded')),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (pupil, school_year)
);

CREATE TABLE education.proposal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pupil text NOT NULL REFERENCES education.pupil,
    state text NOT NULL CHECK (
        state IN ('drafted', 'open', 'agreed', 'refused', 'lapsed', 'ended', 'unfunded', 'done')
    ),
    -- the version in force, 0 while the first is drafted
    version smallint NOT NULL DEFAULT 0,
    -- the version whose money is being held
    drafting smallint,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX proposal_pupil ON education.proposal (pupil, id);
-- Three can agree to one thing at a time.
CREATE UNIQUE INDEX proposal_one_open ON education.proposal (pupil)
    WHERE state IN ('drafted', 'open') OR drafting IS NOT NULL;

CREATE TABLE education.version (
    proposal bigint NOT NULL REFERENCES education.proposal,
    version smallint NOT NULL,
    tutor text NOT NULL REFERENCES education.tutor,
    subject text NOT NULL,
    hours smallint NOT NULL CHECK (hours > 0),
    price integer NOT NULL CHECK (price > 0),
    day text NOT NULL,
    place text NOT NULL,
    goal text NOT NULL,
    proposed_by text NOT NULL,
    remind_at timestamptz,
    lapses_at timestamptz,
    reminded_at timestamptz,
    PRIMARY KEY (proposal, version)
);
CREATE INDEX version_tutor ON education.version (tutor);
CREATE INDEX version_lapses ON education.version (lapses_at);

-- An agreement is given to a version and counts for no other.
CREATE TABLE education.answer (
    proposal bigint NOT NULL,
    version smallint NOT NULL,
    party text NOT NULL CHECK (party IN ('parent', 'pupil', 'school')),
    said text NOT NULL CHECK (said IN ('agree', 'refuse')),
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal, version, party),
    FOREIGN KEY (proposal, version) REFERENCES education.version
);

-- An hour with the tutor, for which the ledger holds its price until it is posted or released.
CREATE TABLE education.session (
    proposal bigint NOT NULL,
    version smallint NOT NULL,
    number smallint NOT NULL,
    state text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'posted', 'released')),
    -- null until all three agree
    day date,
    -- whether it took place, as the tutor or the school says, and as the parent or the pupil says
    provider boolean,
    family boolean,
    asked_at timestamptz,
    -- both said that it took place, but the tutor was not approved then
    unapproved boolean NOT NULL DEFAULT false,
    PRIMARY KEY (proposal, version, number),
    FOREIGN KEY (proposal, version) REFERENCES education.version
);
CREATE INDEX session_held ON education.session (day) WHERE state = 'held';

-- What the ledger is to do. It is written with what it belongs to, and done after: again, if need be.
CREATE TABLE education.movement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pupil text NOT NULL REFERENCES education.pupil,
    kind text NOT NULL CHECK (kind IN ('award', 'hold', 'release', 'post')),
    proposal bigint REFERENCES education.proposal,
    version smallint,
    transfers jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    done_at timestamptz,
    -- why the ledger did not do it
    refused text
);
CREATE INDEX movement_undone ON education.movement (pupil, id) WHERE done_at IS NULL;

-- What somebody is to be told or asked, in the order of its ids.
CREATE TABLE education.notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    kind text NOT NULL,
    pupil text NOT NULL REFERENCES education.pupil,
    -- one of the three, the tutor, or the desk
    party text NOT NULL,
    proposal bigint NOT NULL REFERENCES education.proposal,
    version smallint NOT NULL,
    details jsonb NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE education.progress (
    proposal bigint NOT NULL REFERENCES education.proposal,
    party text NOT NULL,
    went smallint NOT NULL CHECK (went BETWEEN 1 AND 5),
    goal text NOT NULL CHECK (goal IN ('yes', 'partly', 'no')),
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal, party)
);
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Takes them back."""
    op.execute("DROP SCHEMA education CASCADE")
