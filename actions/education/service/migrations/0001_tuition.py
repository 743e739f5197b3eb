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
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Takes them back."""
    op.execute("DROP SCHEMA education CASCADE")
