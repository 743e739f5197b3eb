"""Places: names with coordinates, the words they are made of, and boundaries."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
-- A street, landmark, settlement or postcode. docs/places.md
CREATE TABLE place (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- what was loaded together and is replaced together
    source text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('street', 'landmark', 'settlement', 'postcode')),
    name text NOT NULL,
    name_cy text,
    -- the settlement it is in, and for a landmark its street
    town text NOT NULL DEFAULT '',
    town_cy text,
    street text NOT NULL DEFAULT '',
    district text NOT NULL DEFAULT '',
    -- degrees east and north
    at point NOT NULL,
    -- its size: how far from `at` it may reach
    metres integer NOT NULL CHECK (metres > 0),
    -- every way to write its name, with the spaces out, and each of its words as `w:word`
    keys text[] NOT NULL
);
CREATE INDEX place_keys ON place USING gin (keys);
CREATE INDEX place_at ON place USING gist (at);
CREATE INDEX place_source ON place (source);

-- Each word of a name, and what is left of it when one or two letters are dropped: spelling slips meet there.
CREATE TABLE place_word (
    word text PRIMARY KEY,
    slips text[] NOT NULL
);
CREATE INDEX place_word_slips ON place_word USING gin (slips);

CREATE TABLE area (
    code text PRIMARY KEY,
    name text NOT NULL,
    name_cy text NOT NULL,
    level text NOT NULL CHECK (
        level IN ('parish', 'district', 'county', 'transport', 'health', 'housing', 'national')
    ),
    source text NOT NULL,
    -- WGS84, as well-known binary
    boundary bytea NOT NULL,
    -- processes that have the boundaries in memory look whether there is a newer one
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
