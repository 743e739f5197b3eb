"""The tables of the ledger: accounts, the journal, holds that are open, and refused ids."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE SCHEMA credits;

-- No balance is over what JSON's numbers hold exactly.
CREATE DOMAIN credits.pence AS bigint CHECK (VALUE BETWEEN 0 AND 9007199254740991);

-- Its rows are changed often, and only in columns that no index has: half of each page is left for that.
CREATE TABLE credits.account (
    id uuid PRIMARY KEY,
    -- the order they were opened in
    place bigint NOT NULL,
    code text NOT NULL,
    holder text NOT NULL,
    -- what is kept of the balances, as the CHECKs below say
    bound text NOT NULL CHECK (bound IN ('none', 'debits', 'credits')),
    ledger text NOT NULL,
    details jsonb NOT NULL,
    debits_pending credits.pence NOT NULL DEFAULT 0,
    debits_posted credits.pence NOT NULL DEFAULT 0,
    credits_pending credits.pence NOT NULL DEFAULT 0,
    credits_posted credits.pence NOT NULL DEFAULT 0,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT debits_must_not_exceed_credits
        CHECK (bound <> 'debits' OR debits_pending + debits_posted <= credits_posted),
    CONSTRAINT credits_must_not_exceed_debits
        CHECK (bound <> 'credits' OR credits_pending + credits_posted <= debits_posted)
) WITH (fillfactor = 50);
CREATE INDEX account_holder ON credits.account (holder, place);

-- Every change of every balance, in one order. A row is bound to the one before by its hash.
CREATE TABLE credits.journal (
    number bigint PRIMARY KEY,
    phase text NOT NULL CHECK (phase IN ('posted', 'pending', 'post', 'void', 'expire', 'open', 'close')),
    -- that of the transfer; the others have none
    id uuid UNIQUE,
    debit uuid,
    credit uuid,
    amount bigint CHECK (amount BETWEEN 1 AND 1000000000000),
    code text NOT NULL,
    -- that `post`, `void` and `expire` end: once, as the index below sees to
    hold uuid,
    reference text NOT NULL,
    asked_by text NOT NULL,
    reason text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz,
    -- posted credits less posted debits of both accounts afterwards, where this row changed them
    debit_balance bigint,
    credit_balance bigint,
    -- that `open` and `close` are about, and what it is opened with
    account uuid,
    opened text,
    hash bytea NOT NULL,
    CHECK (CASE WHEN phase IN ('open', 'close') THEN account IS NOT NULL AND amount IS NULL
           ELSE debit <> credit AND amount IS NOT NULL AND account IS NULL END),
    CHECK ((hold IS NOT NULL) = (phase IN ('post', 'void', 'expire'))),
    CHECK ((id IS NOT NULL) = (phase IN ('posted', 'pending', 'post', 'void')))
);
CREATE UNIQUE INDEX journal_hold ON credits.journal (hold) WHERE hold IS NOT NULL;
CREATE INDEX journal_debit ON credits.journal (debit, made_at, number) WHERE phase IN ('posted', 'post');
CREATE INDEX journal_credit ON credits.journal (credit, made_at, number) WHERE phase IN ('posted', 'post');
CREATE INDEX journal_reference ON credits.journal (reference, number) WHERE reference <> '';

-- The pending transfers that were not ended: what the journal says of them, to be found by when they expire.
CREATE TABLE credits.hold (
    id uuid PRIMARY KEY,
    number bigint NOT NULL,
    debit uuid NOT NULL,
    credit uuid NOT NULL,
    amount bigint NOT NULL,
    expires_at timestamptz
);
CREATE INDEX hold_expires ON credits.hold (expires_at, number) WHERE expires_at IS NOT NULL;

CREATE TABLE credits.refusal (
    id uuid PRIMARY KEY,
    code text NOT NULL,
    refused_at timestamptz NOT NULL
);
"""

FORBID = """
CREATE FUNCTION credits.forbid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What credits.% has is never changed or deleted.', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

TRIGGERS = """
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON credits.journal
    FOR EACH ROW EXECUTE FUNCTION credits.forbid();
CREATE TRIGGER kept_all BEFORE TRUNCATE ON credits.journal
    FOR EACH STATEMENT EXECUTE FUNCTION credits.forbid();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON credits.refusal
    FOR EACH ROW EXECUTE FUNCTION credits.forbid();
CREATE TRIGGER kept_all BEFORE TRUNCATE ON credits.refusal
    FOR EACH STATEMENT EXECUTE FUNCTION credits.forbid();
CREATE TRIGGER kept BEFORE DELETE ON credits.account
    FOR EACH ROW EXECUTE FUNCTION credits.forbid();
CREATE TRIGGER kept_all BEFORE TRUNCATE ON credits.account
    FOR EACH STATEMENT EXECUTE FUNCTION credits.forbid();
-- An account is closed once; only its balances move.
CREATE TRIGGER same BEFORE UPDATE ON credits.account FOR EACH ROW
    WHEN ((OLD.id, OLD.place, OLD.code, OLD.holder, OLD.bound, OLD.ledger, OLD.details, OLD.opened_at)
          IS DISTINCT FROM
          (NEW.id, NEW.place, NEW.code, NEW.holder, NEW.bound, NEW.ledger, NEW.details, NEW.opened_at)
          OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at))
    EXECUTE FUNCTION credits.forbid();
"""


def upgrade() -> None:
    """Makes the tables, one statement at a time as the driver asks."""
    for statement in (*TABLES.split(";\n"), FORBID, *TRIGGERS.split(";\n")):
        if statement.strip():
            op.execute(statement)
