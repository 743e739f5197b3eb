"""The functions that change the ledger: the only place where its rules are, and where its locks are taken.

They are called one after another in one transaction: each sees what those before it did.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

# One writer at a time, to the end of its transaction, so that rows are numbered in the order in which they
# can be seen. The lock comes before any other: nobody waits for anybody in a circle.
CLOCK = """
CREATE FUNCTION credits.take(clock timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7018);
    RETURN credits.now(clock);
END $$
"""

# The time never goes back, whatever the clock does.
NOW = """
CREATE FUNCTION credits.now(clock timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(clock, (SELECT made_at FROM credits.journal ORDER BY number DESC LIMIT 1))
$$
"""

HASH = """
CREATE FUNCTION credits.hash(previous bytea, line credits.journal) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(coalesce(previous, decode(repeat('00', 32), 'hex')) || convert_to(json_build_array(
        line.number, line.phase, line.id, line.debit, line.credit, line.amount, line.code, line.hold,
        line.reference, line.asked_by, line.reason, (extract(epoch FROM line.made_at) * 1000000)::bigint,
        (extract(epoch FROM line.expires_at) * 1000000)::bigint, line.debit_balance, line.credit_balance,
        line.account, line.opened)::text, 'UTF8'))
$$
"""

# A row that is all but numbered and bound is added to the journal after the last, and is the last then.
APPEND = """
CREATE FUNCTION credits.append(line credits.journal, last credits.journal, at timestamptz)
RETURNS credits.journal LANGUAGE plpgsql AS $$
BEGIN
    line.number := coalesce(last.number, 0) + 1;
    line.made_at := at;
    line.code := coalesce(line.code, '');
    line.reference := coalesce(line.reference, '');
    line.asked_by := coalesce(line.asked_by, '');
    line.reason := coalesce(line.reason, '');
    line.hash := credits.hash(last.hash, line);
    INSERT INTO credits.journal VALUES (line.*);
    RETURN line;
END $$
"""

LAST = """
CREATE FUNCTION credits.last() RETURNS credits.journal LANGUAGE sql STABLE AS $$
    SELECT j FROM credits.journal AS j ORDER BY number DESC LIMIT 1
$$
"""

TOLD_ACCOUNT = """
CREATE FUNCTION credits.told(a credits.account) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', a.id, 'code', a.code, 'holder', a.holder, 'limit', a.bound, 'ledger', a.ledger,
        'details', a.details, 'debits_pending', a.debits_pending, 'debits_posted', a.debits_posted,
        'credits_pending', a.credits_pending, 'credits_posted', a.credits_posted,
        'opened_at', a.opened_at, 'closed_at', a.closed_at)
$$
"""

# `ended` is the phase of what ended it, if it is a hold.
TOLD_TRANSFER = """
CREATE FUNCTION credits.told(j credits.journal, ended text, fresh boolean) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', j.id, 'number', j.number, 'phase', j.phase, 'debit', j.debit, 'credit', j.credit,
        'amount', j.amount, 'code', j.code, 'of', j.hold, 'reference', j.reference, 'by', j.asked_by,
        'reason', j.reason, 'made_at', j.made_at, 'expires_at', j.expires_at,
        'state', CASE WHEN j.phase <> 'pending' THEN 'posted' WHEN ended IS NULL THEN 'pending'
                 WHEN ended = 'post' THEN 'posted' WHEN ended = 'void' THEN 'voided' ELSE 'expired' END,
        'new', fresh)
$$
"""

# What an account opens with, as the journal has it.
OPENED = """
CREATE FUNCTION credits.opened(a credits.account) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_build_array(a.id, a.code, a.holder, a.bound, a.ledger, a.details)::text
$$
"""

OPEN = """
CREATE FUNCTION credits.open(accounts json, clock timestamptz, OUT problem json, OUT answer json)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    at timestamptz := credits.take(clock);
    ids uuid[] := '{}';
    asked record;
    there credits.account;
    line credits.journal;
    last credits.journal := credits.last();
    field text;
BEGIN
    FOR asked IN
        SELECT * FROM ROWS FROM (json_to_recordset(accounts) AS (
            id uuid, code text, holder text, "limit" text, ledger text, details jsonb
        )) WITH ORDINALITY AS x (id, code, holder, bound, ledger, details, place) ORDER BY place
    LOOP
        SELECT * INTO there FROM credits.account WHERE id = asked.id;
        IF there.id IS NOT NULL THEN
            field := CASE WHEN there.code <> asked.code THEN 'code'
                          WHEN there.holder <> asked.holder THEN 'holder'
                          WHEN there.bound <> asked.bound THEN 'limit'
                          WHEN there.ledger <> asked.ledger THEN 'ledger'
                          WHEN there.details <> asked.details THEN 'details' END;
            IF field IS NOT NULL THEN
                problem := json_build_object(
                    'code', 'EXISTS_DIFFERENT', 'index', asked.place - 1, 'field', field);
                RAISE EXCEPTION 'undone' USING ERRCODE = 'CR000';
            END IF;
        ELSE
            INSERT INTO credits.account (id, place, code, holder, bound, ledger, details, opened_at)
            SELECT asked.id, coalesce(last.number, 0) + 1, asked.code, asked.holder, asked.bound,
                   asked.ledger, asked.details, at
            RETURNING * INTO there;
            line := NULL;
            line.phase := 'open';
            line.account := there.id;
            line.opened := credits.opened(there);
            last := credits.append(line, last, at);
        END IF;
        ids := ids || asked.id;
    END LOOP;
    SELECT json_build_object('accounts', json_agg(credits.told(a) ORDER BY o.place)) INTO answer
    FROM unnest(ids) WITH ORDINALITY AS o (id, place) JOIN credits.account AS a USING (id);
EXCEPTION WHEN SQLSTATE 'CR000' THEN
    RETURN;
END $$
"""

CLOSE = """
CREATE FUNCTION credits.close(which uuid, clock timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := credits.take(clock);
    line credits.journal;
BEGIN
    UPDATE credits.account SET closed_at = at WHERE id = which AND closed_at IS NULL;
    IF FOUND THEN
        line.phase := 'close';
        line.account := which;
        PERFORM credits.append(line, credits.last(), at);
    END IF;
    RETURN EXISTS (SELECT FROM credits.account WHERE id = which);
END $$
"""

# Ends holds whose time is over: those of these accounts and these holds, or any; how many.
EXPIRE = """
CREATE FUNCTION credits.expire(clock timestamptz, accounts uuid[], holds uuid[], most integer)
RETURNS integer LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    at timestamptz := credits.take(clock);
    due credits.hold[];
    each credits.hold;
    line credits.journal;
    last credits.journal := credits.last();
BEGIN
    due := ARRAY(
        SELECT h FROM credits.hold AS h
        WHERE expires_at <= at
          AND (accounts IS NULL OR debit = ANY (accounts) OR credit = ANY (accounts) OR id = ANY (holds))
        ORDER BY expires_at, number LIMIT most);
    FOREACH each IN ARRAY due LOOP
        line := NULL;
        line.phase := 'expire';
        line.debit := each.debit;
        line.credit := each.credit;
        line.amount := each.amount;
        line.hold := each.id;
        last := credits.append(line, last, at);
    END LOOP;
    DELETE FROM credits.hold WHERE id IN (SELECT d.id FROM unnest(due) AS d);
    UPDATE credits.account AS a
    SET debits_pending = a.debits_pending - f.debits, credits_pending = a.credits_pending - f.credits
    FROM (SELECT s.id, sum(s.debits) AS debits, sum(s.credits) AS credits
          FROM unnest(due) AS d,
               LATERAL (VALUES (d.debit, d.amount, 0), (d.credit, 0, d.amount)) AS s (id, debits, credits)
          GROUP BY s.id) AS f
    WHERE a.id = f.id;
    RETURN cardinality(due);
END $$
"""

# Makes the transfers of a chain one after the other. Accounts are arrays, each at the same place in all, and
# come back as they are then: who calls undoes all of it, arrays and rows, when there is a problem.
MAKE = """
CREATE FUNCTION credits.make(
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
        IF same.id IS NOT NULL THEN
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
        SELECT code INTO first FROM credits.refusal WHERE id = asked.id;
        IF first IS NOT NULL THEN
            refused := 'REFUSED_BEFORE';
            EXIT;
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
CREATE FUNCTION credits.apply(chains json, clock timestamptz)
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
                INSERT INTO credits.refusal VALUES (
                    (each.chain -> (made.problem ->> 'index')::integer ->> 'id')::uuid,
                    made.problem ->> 'code', at);
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

# Posted credits less posted debits before a time.
BALANCE = """
CREATE FUNCTION credits.balance(which uuid, before timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT balance FROM (
        (SELECT number, debit_balance AS balance FROM credits.journal
         WHERE debit = which AND phase IN ('posted', 'post') AND made_at < before
         ORDER BY made_at DESC, number DESC LIMIT 1)
        UNION ALL
        (SELECT number, credit_balance FROM credits.journal
         WHERE credit = which AND phase IN ('posted', 'post') AND made_at < before
         ORDER BY made_at DESC, number DESC LIMIT 1)
    ) AS last ORDER BY number DESC LIMIT 1), 0)
$$
"""


def upgrade() -> None:
    """Makes the functions; each that writes finds its rows by indexes, however few there are at first."""
    made = (
        NOW, CLOCK, HASH, LAST, APPEND, TOLD_ACCOUNT, TOLD_TRANSFER, OPENED, OPEN, CLOSE, EXPIRE, MAKE, APPLY,
        BALANCE,
    )  # fmt: skip
    for statement in made:
        op.execute(statement)
