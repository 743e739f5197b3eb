"""Schools, where parents have the right to choose another, what they choose, and what comes of it."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
-- A school as the register has it (England's is GIAS); see service/gias.py for what each column is read from.
CREATE TABLE education.school (
    urn text PRIMARY KEY CHECK (urn ~ '^[1-9][0-9]{5}$'),
    name text NOT NULL,
    la_code text NOT NULL,
    la_name text NOT NULL,
    number text NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    phase text NOT NULL
        CHECK (phase IN ('nursery', 'primary', 'secondary', 'all_through', 'special', 'other')),
    -- in use and paid for by the state: the public is shown it
    shown boolean NOT NULL,
    -- and besides, where it is and for which ages is known and it takes pupils without a plan: one to choose
    choosable boolean NOT NULL CHECK (shown OR NOT choosable),
    age_from smallint CHECK (age_from BETWEEN 0 AND 99),
    age_to smallint CHECK (age_to BETWEEN 0 AND 99),
    entry text NOT NULL CHECK (entry IN ('mixed', 'boys', 'girls')),
    -- religious character; null for none
    faith text,
    capacity integer CHECK (capacity >= 0),
    pupils integer CHECK (pupils >= 0),
    -- tenths of a percent of pupils who have free school meals
    meals smallint CHECK (meals BETWEEN 0 AND 1000),
    address text NOT NULL,
    town text NOT NULL,
    postcode text NOT NULL,
    website text NOT NULL,
    phone text NOT NULL,
    head text NOT NULL,
    -- metres on the National Grid
    easting double precision,
    northing double precision,
    -- what the register says of an inspection
    measures text CHECK (measures IN ('special_measures', 'serious_weaknesses')),
    register_date date NOT NULL,
    CHECK ((easting IS NULL) = (northing IS NULL)),
    CHECK (NOT choosable OR (easting IS NOT NULL AND age_from IS NOT NULL AND age_to IS NOT NULL))
);
-- The nearest first, straight from the index, however many schools there are.
CREATE INDEX school_near ON education.school USING gist (point(easting, northing)) WHERE shown;
CREATE INDEX school_name ON education.school (name, urn) WHERE shown;
CREATE INDEX school_measures ON education.school (la_code) WHERE measures IS NOT NULL;

-- What the register lacks and the department knows.
CREATE TABLE education.school_more (
    urn text PRIMARY KEY REFERENCES education.school,
    -- months that pupils move on in twelve, and the year of the figure
    progress smallint CHECK (progress BETWEEN 0 AND 36),
    progress_year smallint,
    ethos_en text NOT NULL,
    ethos_cy text NOT NULL,
    breakfast boolean NOT NULL,
    after_school boolean NOT NULL,
    figure_date date NOT NULL,
    CHECK ((progress IS NULL) = (progress_year IS NULL))
);

-- Free places, 0 for Reception; every offer takes one, and one that is refused gives it back.
CREATE TABLE education.place (
    urn text NOT NULL REFERENCES education.school,
    year_group smallint NOT NULL CHECK (year_group BETWEEN 0 AND 13),
    free integer NOT NULL CHECK (free >= 0),
    PRIMARY KEY (urn, year_group)
);

-- What the school rolls know of a pupil that admission turns on.
CREATE TABLE education.roll (
    pupil text PRIMARY KEY REFERENCES education.pupil,
    -- the calendar year in which their Reception began, or would have
    reception_year smallint NOT NULL,
    sex text NOT NULL CHECK (sex IN ('F', 'M')),
    -- an education, health and care plan, which names their school
    plan boolean NOT NULL DEFAULT false,
    easting double precision NOT NULL,
    northing double precision NOT NULL
);

CREATE TABLE education.sibling (
    pupil text NOT NULL REFERENCES education.pupil,
    school_urn text NOT NULL REFERENCES education.school,
    PRIMARY KEY (pupil, school_urn)
);

-- A time in which parents choose, for one or more schools that were designated.
CREATE TABLE education.school_round (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_year smallint NOT NULL,
    opened_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL CHECK (deadline > opened_at),
    -- the lottery: its digest is published when the round opens, the seed itself once places are given
    seed text NOT NULL,
    seed_digest text NOT NULL,
    allocated_at timestamptz,
    answer_by timestamptz,
    appeal_by date,
    CHECK ((allocated_at IS NULL) = (answer_by IS NULL AND appeal_by IS NULL))
);

CREATE TABLE education.designation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_urn text NOT NULL REFERENCES education.school,
    round bigint NOT NULL REFERENCES education.school_round,
    reason text NOT NULL CHECK (reason IN ('special_measures', 'serious_weaknesses', 'standards', 'closing')),
    designated_at timestamptz NOT NULL,
    -- set when the round's places are given, or when it was a mistake
    closed_at timestamptz,
    withdrawn boolean NOT NULL DEFAULT false,
    UNIQUE (school_urn, round)
);
CREATE UNIQUE INDEX designation_one_open ON education.designation (school_urn) WHERE closed_at IS NULL;
CREATE INDEX designation_round ON education.designation (round);

CREATE TABLE education.choice (
    pupil text NOT NULL REFERENCES education.pupil,
    round bigint NOT NULL REFERENCES education.school_round,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (round, pupil)
);
CREATE INDEX choice_pupil ON education.choice (pupil);

CREATE TABLE education.preference (
    pupil text NOT NULL,
    round bigint NOT NULL,
    rank smallint NOT NULL CHECK (rank BETWEEN 1 AND 5),
    school_urn text NOT NULL REFERENCES education.school,
    PRIMARY KEY (round, pupil, rank),
    UNIQUE (round, pupil, school_urn),
    FOREIGN KEY (round, pupil) REFERENCES education.choice ON DELETE CASCADE
);

CREATE TABLE education.outcome (
    pupil text NOT NULL REFERENCES education.pupil,
    round bigint NOT NULL REFERENCES education.school_round,
    state text NOT NULL CHECK (state IN ('offered', 'accepted', 'refused', 'none')),
    school_urn text REFERENCES education.school,
    rank smallint,
    year_group smallint NOT NULL,
    -- what each school that came before it turned on: nothing of any other child
    turned_on jsonb NOT NULL,
    decided_at timestamptz NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (round, pupil),
    CHECK ((state = 'none') = (school_urn IS NULL)),
    CHECK ((school_urn IS NULL) = (rank IS NULL)),
    CHECK ((state IN ('accepted', 'refused')) = (answered_at IS NOT NULL))
);
CREATE INDEX outcome_pupil ON education.outcome (pupil);
CREATE INDEX outcome_open ON education.outcome (round) WHERE state = 'offered';

-- What somebody is to be told, in the order of its ids; each key once.
CREATE TABLE education.school_notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    kind text NOT NULL,
    pupil text REFERENCES education.pupil,
    round bigint NOT NULL REFERENCES education.school_round,
    details jsonb NOT NULL,
    at timestamptz NOT NULL
);

-- A file that an officer has looked at and may bring in.
CREATE TABLE education.school_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('register', 'more')),
    name text NOT NULL,
    content bytea NOT NULL,
    brought_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Takes them back."""
    for table in (
        "school_file", "school_notice", "outcome", "preference", "choice", "designation", "school_round",
        "sibling", "roll", "place", "school_more", "school",
    ):  # fmt: skip
        op.execute(f"DROP TABLE education.{table}")
