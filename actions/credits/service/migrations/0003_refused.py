"""Refused ids become rows of the journal, bound as all are; without a clock the time is the database's."""

from alembic import op

revision = "0003"
down_revision = "0002"

# `id` is unique among transfers and refusals: what was refused once can't be made.
ROWS = """
ALTER TABLE credits.journal
    DROP CONSTRAINT journal_phase_check, DROP CONSTRAINT journal_check, DROP CONSTRAINT journal_check2,
    ADD CONSTRAINT journal_phase_check CHECK (
        phase IN ('posted', 'pending', 'post', 'void', 'expire', 'open', 'close', 'refuse')),
    ADD CONSTRAINT journal_check CHECK (CASE
        WHEN phase IN ('open', 'close') THEN account IS NOT NULL AND amount IS NULL
        WHEN phase = 'refuse' THEN num_nonnulls(account, amount, debit, credit) = 0 AND reason <> ''
        ELSE debit <> credit AND amount IS NOT NULL AND account IS NULL END),
    ADD CONSTRAINT journal_check2 CHECK (
        (id IS NOT NULL) = (phase IN ('posted', 'pending', 'post', 'void', 'refuse')))
"""

# Processes that have each a clock of their own would have the ledger's go by the one that is furthest ahead.
NOW = """
CREATE OR REPLACE FUNCTION credits.now(clock timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(
        coalesce(clock, statement_timestamp()),
        (SELECT made_at FROM credits.journal ORDER BY number DESC LIMIT 1))
$$
"""

REFUSE = """
CREATE FUNCTION credits.refuse(which uuid, code text, last credits.journal, at timestamptz)
RETURNS credits.journal LANGUAGE plpgsql AS $$
DECLARE
    line credits.journal;
BEGIN
    line.phase := 'refuse';
    line.id := which;
    line.reason := code;
    RETURN credits.append(line, last, at);
END $$
"""

# Those of before, at the time of now: the journal's never goes back.
MOVE = """
DO $$
DECLARE
    each credits.refusal;
    at timestamptz := credits.take(NULL);
    last credits.journal := credits.last();
BEGIN
    FOR each IN SELECT * FROM credits.refusal ORDER BY refused_at, id LOOP
        last := credits.refuse(each.id, each.code, last, at);
    END LOOP;
END $$
"""

# Makes the transfers of a chain one after the other. Accounts are arrays, each at the same place in all, and
# come back as they are then: who calls undoes all of it, arrays and rows, when there is a problem.
MAKE = """
CREATE OR REPLACE FUNCTION credits.make(
    chain json, at timestamptz, ids uuid[], ledgers text[], bounds text[], closed boolean[],
    INOUT debits_held bigint[], INOUT debits_done bigint[],
    INOUT credits_held bigint[], INOUT credits_done bigint[],
    INOUT last credits.journal, OUT numbers bigint[], OUT fresh boolean[], OUT problem json)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    asked record;
    same credits.journal;
    held credits.journal;
    line credits.journal;
    nothing credits.journal;
    d integer; c integer;
    ended text; first text; field text; refused text;
    room bigint;
BEGIN
    numbers := '{}'; fresh := '{}';
    FOR asked IN
        SELECT * FROM ROWS FROM (json_to_recordset(chain) AS (
            id uuid, phase text, debit uuid, credit uuid, amount bigint, code text, "of" uuid,
            seconds integer, reference text, by text, reason text
        )) WITH ORDINALITY AS x
            (id, phase, debit, credit, amount, code, hold, seconds, reference, asked_by, reason, place)
        ORDER BY place
    LOOP
        refused := NULL; field := NULL; room := NULL; first := NULL; held := nothing;
        IF asked.hold IS NOT NULL THEN
            SELECT * INTO held FROM credits.journal WHERE id = asked.hold AND phase = 'pending';
        END IF;
        line := nothing;
        line.id := asked.id;
        line.phase := asked.phase;
        line.hold := asked.hold;
        line.debit := coalesce(asked.debit, held.debit);
        line.credit := coalesce(asked.credit, held.credit);
        line.amount := coalesce(asked.amount, held.amount);
        line.code := coalesce(nullif(asked.code, ''), held.code, '');
        line.reference := coalesce(nullif(asked.reference, ''), held.reference, '');
        line.asked_by := asked.asked_by;
        line.reason := asked.reason;
        line.expires_at := at + asked.seconds * interval '1 second';

        SELECT * INTO same FROM credits.journal WHERE id = asked.id;
        IF same.phase = 'refuse' THEN
            refused := 'REFUSED_BEFORE';
            first := same.reason;
            EXIT;
        ELSIF same.id IS NOT NULL THEN
            field := CASE
                WHEN same.phase <> line.phase THEN 'phase'
                WHEN same.hold IS DISTINCT FROM line.hold THEN 'of'
                WHEN same.debit <> line.debit THEN 'debit'
                WHEN same.credit <> line.credit THEN 'credit'
                WHEN same.amount <> line.amount THEN 'amount'
                WHEN same.code <> line.code THEN 'code'
                WHEN same.reference <> line.reference THEN 'reference'
                WHEN same.asked_by <> line.asked_by THEN 'by'
                WHEN same.reason <> line.reason THEN 'reason'
                WHEN extract(epoch FROM same.expires_at - same.made_at) IS DISTINCT FROM asked.seconds
                    THEN 'seconds' END;
            IF field IS NOT NULL THEN
                refused := 'EXISTS_DIFFERENT';
                EXIT;
            END IF;
            numbers := numbers || same.number;
            fresh := fresh || false;
            CONTINUE;
        END IF;

        IF asked.hold IS NOT NULL THEN
            SELECT phase INTO ended FROM credits.journal WHERE hold = asked.hold;
            refused := CASE
                WHEN held.id IS NULL THEN 'HOLD_NOT_FOUND'
                WHEN line.debit <> held.debit OR line.credit <> held.credit THEN 'INVALID'
                WHEN line.amount > held.amount THEN 'AMOUNT_OVER_HOLD'
                WHEN line.phase = 'void' AND line.amount < held.amount THEN 'INVALID'
                WHEN ended = 'post' THEN 'HOLD_POSTED'
                WHEN ended = 'void' THEN 'HOLD_VOIDED'
                WHEN ended = 'expire' THEN 'HOLD_EXPIRED' END;
            field := CASE WHEN held.id IS NULL THEN 'of'
                WHEN line.debit <> held.debit THEN 'debit' WHEN line.credit <> held.credit THEN 'credit'
                WHEN line.amount <> held.amount AND refused IN ('AMOUNT_OVER_HOLD', 'INVALID')
                    THEN 'amount' END;
            EXIT WHEN refused IS NOT NULL;
        END IF;

        d := array_position(ids, line.debit);
        c := array_position(ids, line.credit);
        refused := CASE
            WHEN line.debit = line.credit THEN 'SAME_ACCOUNT'
            WHEN d IS NULL OR c IS NULL THEN 'ACCOUNT_NOT_FOUND'
            WHEN ledgers[d] <> ledgers[c] THEN 'WRONG_LEDGER'
            WHEN line.phase <> 'void' AND (closed[d] OR closed[c]) THEN 'ACCOUNT_CLOSED' END;
        IF refused IS NOT NULL THEN
            field := CASE
                WHEN refused = 'ACCOUNT_NOT_FOUND' AND d IS NOT NULL THEN 'credit'
                WHEN refused = 'ACCOUNT_CLOSED' AND NOT closed[d] THEN 'credit'
                WHEN refused = 'SAME_ACCOUNT' OR refused = 'WRONG_LEDGER' THEN 'credit'
                ELSE 'debit' END;
            EXIT;
        END IF;

        IF line.hold IS NOT NULL THEN
            debits_held[d] := debits_held[d] - held.amount;
            credits_held[c] := credits_held[c] - held.amount;
            DELETE FROM credits.hold WHERE id = line.hold;
        ELSE
            room := credits_done[d] - debits_done[d] - debits_held[d];
            IF bounds[d] = 'debits' AND line.amount > room THEN
                refused := 'NOT_ENOUGH';
                EXIT;
            END IF;
            room := debits_done[c] - credits_done[c] - credits_held[c];
            IF bounds[c] = 'credits' AND line.amount > room THEN
                refused := 'TOO_MUCH';
                EXIT;
            END IF;
            room := NULL;
            IF greatest(debits_done[d] + debits_held[d], credits_done[c] + credits_held[c]) + line.amount
               > 9007199254740991 THEN
                refused := 'OVERFLOW';
                field := 'amount';
                EXIT;
            END IF;
        END IF;
        IF line.phase = 'pending' THEN
            debits_held[d] := debits_held[d] + line.amount;
            credits_held[c] := credits_held[c] + line.amount;
        ELSIF line.phase <> 'void' THEN
            debits_done[d] := debits_done[d] + line.amount;
            credits_done[c] := credits_done[c] + line.amount;
            line.debit_balance := credits_done[d] - debits_done[d];
            line.credit_balance := credits_done[c] - debits_done[c];
        END IF;
        line := credits.append(line, last, at);
        last := line;
        IF line.phase = 'pending' THEN
            INSERT INTO credits.hold
            VALUES (line.id, line.number, line.debit, line.credit, line.amount, line.expires_at);
        END IF;
        numbers := numbers || line.number;
        fresh := fresh || true;
    END LOOP;
    IF refused IS NOT NULL THEN
        problem := json_strip_nulls(json_build_object(
            'code', refused, 'index', asked.place - 1, 'field', field, 'available', room, 'first', first));
    END IF;
END $$
"""

# Chains, each all or nothing, one after the other; what each of them became. Accounts are read and written
# once for all. What refuses a chain for what the ledger is like just now is remembered.
APPLY = """
CREATE OR REPLACE FUNCTION credits.apply(chains json, clock timestamptz)
RETURNS TABLE (place bigint, problem json, answer json) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    at timestamptz := credits.take(clock);
    wanted uuid[];
    holds uuid[];
    ids uuid[]; ledgers text[]; bounds text[]; closed boolean[];
    debits_held bigint[]; debits_done bigint[]; credits_held bigint[]; credits_done bigint[];
    last credits.journal;
    each record;
    made record;
    places bigint[] := '{}'; numbers bigint[] := '{}'; fresh boolean[] := '{}';
BEGIN
    SELECT array_agg(t.debit) || array_agg(t.credit), array_agg(t."of") FILTER (WHERE t."of" IS NOT NULL)
    INTO wanted, holds
    FROM json_array_elements(chains) AS chain,
         json_to_recordset(chain) AS t (debit uuid, credit uuid, "of" uuid);
    IF holds IS NOT NULL THEN
        wanted := wanted || (SELECT array_agg(j.debit) || array_agg(j.credit)
                             FROM credits.journal AS j WHERE j.id = ANY (holds));
    END IF;
    IF EXISTS (SELECT FROM credits.hold AS h WHERE h.expires_at <= at) THEN
        PERFORM credits.expire(at, wanted, holds, NULL);
    END IF;
    SELECT array_agg(a.id), array_agg(a.ledger), array_agg(a.bound), array_agg(a.closed_at IS NOT NULL),
           array_agg(a.debits_pending::bigint), array_agg(a.debits_posted::bigint),
           array_agg(a.credits_pending::bigint), array_agg(a.credits_posted::bigint)
    INTO ids, ledgers, bounds, closed, debits_held, debits_done, credits_held, credits_done
    FROM (SELECT * FROM credits.account AS b WHERE b.id = ANY (wanted) ORDER BY b.id FOR UPDATE) AS a;
    last := credits.last();

    FOR each IN
        SELECT c.chain, c.place, json_array_length(c.chain) AS size
        FROM json_array_elements(chains) WITH ORDINALITY AS c (chain, place) ORDER BY c.place
    LOOP
        IF each.size = 1 THEN
            -- It is refused before it has written anything: there is nothing to undo.
            SELECT * INTO made FROM credits.make(
                each.chain, at, ids, ledgers, bounds, closed,
                debits_held, debits_done, credits_held, credits_done, last);
        ELSE
            BEGIN
                SELECT * INTO made FROM credits.make(
                    each.chain, at, ids, ledgers, bounds, closed,
                    debits_held, debits_done, credits_held, credits_done, last);
                IF made.problem IS NOT NULL THEN
                    RAISE EXCEPTION 'undone' USING ERRCODE = 'CR000';
                END IF;
            EXCEPTION WHEN SQLSTATE 'CR000' THEN
                NULL;  -- what the problem is stays
            END;
        END IF;
        IF made.problem IS NULL THEN
            debits_held := made.debits_held;
            debits_done := made.debits_done;
            credits_held := made.credits_held;
            credits_done := made.credits_done;
            last := made.last;
            places := places || array_fill(each.place, ARRAY[each.size]);
            numbers := numbers || made.numbers;
            fresh := fresh || made.fresh;
        ELSE
            IF made.problem ->> 'code' IN
               ('NOT_ENOUGH', 'TOO_MUCH', 'ACCOUNT_NOT_FOUND', 'HOLD_NOT_FOUND', 'ACCOUNT_CLOSED') THEN
                last := credits.refuse(
                    (each.chain -> (made.problem ->> 'index')::integer ->> 'id')::uuid,
                    made.problem ->> 'code', last, at);
            END IF;
            RETURN QUERY SELECT each.place, made.problem, NULL::json;
        END IF;
    END LOOP;

    UPDATE credits.account AS a
    SET debits_pending = n.debits_held, debits_posted = n.debits_done,
        credits_pending = n.credits_held, credits_posted = n.credits_done
    FROM unnest(ids, debits_held, debits_done, credits_held, credits_done)
        AS n (id, debits_held, debits_done, credits_held, credits_done)
    WHERE a.id = n.id AND (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted)
        IS DISTINCT FROM (n.debits_held, n.debits_done, n.credits_held, n.credits_done);
    RETURN QUERY
        SELECT o.place, NULL::json, json_build_object(
            'transfers', json_agg(credits.told(j, e.phase, o.fresh) ORDER BY o.ordinality))
        FROM unnest(places, numbers, fresh) WITH ORDINALITY AS o (place, number, fresh, ordinality)
        JOIN credits.journal AS j ON j.number = o.number LEFT JOIN credits.journal AS e ON e.hold = j.id
        GROUP BY o.place;
END $$
"""


def upgrade() -> None:
    """Moves what was refused into the journal, and has the functions look for it there."""
    for statement in (ROWS, NOW, REFUSE, MOVE, "DROP TABLE credits.refusal", MAKE, APPLY):
        op.execute(statement)
