"""Spends: money held for a payee together with the reasons why it may go, then paid or given back."""

from datetime import datetime
from typing import Any, Final

import asyncpg
from pydantic import Field

from actions.care.service import events, helpers, money, people
from actions.care.service.numbers import Number
from actions.care.service.plans import MOST_PENCE, USED, Decision
from actions.care.service.postings import owe
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Pool, Problem

WAITING: Final = ("new", "asked", "held", "paying", "refusing", "withdrawing")
"""States in which the money is held."""

_ROW: Final = """
SELECT spend.*, payee.name AS payee_name, payee.known AS payee_known, helper.name AS helper_name,
       (SELECT line.words FROM care.line JOIN care.version ON version.id = version
        WHERE version.budget = spend.budget AND line.line = spend.line ORDER BY number DESC LIMIT 1)
           AS line_words
FROM care.spend JOIN care.payee ON payee.id = payee LEFT JOIN care.helper ON helper.id = helper
"""
_LINE: Final = """
SELECT line.*, coalesce(used, 0) AS used FROM care.line JOIN care.version ON version.id = version
LEFT JOIN ({used}) AS taken USING (line)
WHERE budget = $1 AND line = $2 AND agreed_at IS NOT NULL AND replaced_at IS NULL
"""


class NewSpend(Body):
    """A payment that is wanted; `ask` are the words to the council where it must be asked."""

    payee: str = Field(pattern=r"\S", max_length=80)
    pence: int = Field(gt=0, le=MOST_PENCE)
    line: Number | None
    way: str = Field(pattern="^(council|third_party|direct|fund|own)$")
    words: str = Field(default="", max_length=200)
    ask: str = Field(default="", max_length=300)
    receipt: str = Field(default="", pattern="^(https?://|$)", max_length=500)
    helper: Number | None = None


async def look(connection: Connection, reference: str, spend: NewSpend, now: datetime) -> dict[str, Json]:
    """Why a spend would have to be asked for, if it would.

    Returns:
        `needs`: `OFF_PLAN`, `OVER_LINE`, `NEW_PAYEE`; and what is `left` of the line.

    Raises:
        Problem: a helper may not; see `helpers.check`.
    """
    budget = await people.budget(connection, reference, now)
    if spend.helper is not None:
        await helpers.check(connection, reference, spend.helper, spend.pence, spend.line, now)
    needs: list[Json] = []
    left: int | None = None
    line = None
    if spend.line is not None:
        line = await connection.fetchrow(_LINE.format(used=USED), budget["id"], spend.line)
    if line is None:
        needs.append("OFF_PLAN")
    else:
        left = line["yearly"] - line["used"]
        if spend.pence > left:
            needs.append("OVER_LINE")
    # Only the citizen's own direct payment may go to anybody; from there a helper pays whom they paid.
    if spend.way != money.AT_ONCE or spend.helper is not None:
        known = await connection.fetchval(
            """SELECT known OR ($3 AND EXISTS (SELECT FROM care.spend WHERE payee = payee.id
                   AND helper IS NULL AND state = 'paid'))
               FROM care.payee WHERE citizen = $1 AND lower(name) = lower($2)""",
            reference, spend.payee.strip(), spend.way == money.AT_ONCE,
        )  # fmt: skip
        if not known:
            needs.append("NEW_PAYEE")
    if needs and spend.helper is not None:
        told = ",".join(str(each) for each in needs)
        raise Problem(403, "NOT_FOR_HELPERS", "Only the citizen may ask for this.", needs=told)
    return {"needs": needs, "left": left, "line": line["words"] if line else None}


async def make(connection: Connection, reference: str, spend: NewSpend, now: datetime) -> int:
    """Makes a spend, in the caller's transaction; the ledger is asked after it.

    Returns:
        Its number.

    Raises:
        Problem: 409 `NEEDS_ASKING` with `needs`, where no words to the council came along; those of `look`.
    """
    budget = await people.lock_budget(connection, reference, now)
    found = await look(connection, reference, spend, now)
    needs = found["needs"]
    assert isinstance(needs, list)
    if needs and not spend.ask.strip():
        raise Problem(
            409, "NEEDS_ASKING", "The council must be asked.", needs=",".join(str(each) for each in needs)
        )
    payee = await connection.fetchval(
        """INSERT INTO care.payee (citizen, name) VALUES ($1, $2)
           ON CONFLICT (citizen, lower(name)) DO UPDATE SET name = care.payee.name RETURNING id""",
        reference, spend.payee.strip(),
    )  # fmt: skip
    row = await connection.fetchrow(
        """INSERT INTO care.spend (citizen, budget, line, payee, pence, words, way, needs, ask, receipt,
               helper, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING *""",
        reference, budget["id"], spend.line if found["line"] else None, payee, spend.pence,
        spend.words.strip(), spend.way, needs, spend.ask.strip(), spend.receipt, spend.helper, now,
    )  # fmt: skip
    assert row is not None
    at_once = spend.way == money.AT_ONCE and not needs
    transfers = [money.hold(row), *([money.post(row, "citizen")] if at_once else [])]
    accounts = [money.account(reference, spend.way), money.payee(payee)]
    await owe(connection, "hold", row["id"], transfers, now, accounts)
    return int(row["id"])


async def held(connection: Connection, number: int, refused: str | None, now: datetime) -> None:
    """What follows from a hold: it waits to be paid or decided, it is paid already, or there is no money."""
    row = await connection.fetchrow(_ROW + " WHERE spend.id = $1 FOR NO KEY UPDATE OF spend", number)
    assert row is not None
    if refused is not None:
        await connection.execute(
            "UPDATE care.spend SET state = 'unfunded' WHERE id = $1 AND state = 'new'", number
        )
        return
    at_once = row["way"] == money.AT_ONCE and not row["needs"]
    state = "paid" if at_once else "asked" if row["needs"] else "held"
    await connection.execute(
        """UPDATE care.spend SET state = $2, paid_at = CASE WHEN $2 = 'paid' THEN $3::timestamptz END
           WHERE id = $1 AND state = 'new'""",
        number, state, now,
    )  # fmt: skip
    told = _told(row)
    if row["helper"] is not None:
        await events.happened(connection, row["citizen"], "helper_acted", number, told, now)
    if state == "asked":
        await events.happened(connection, row["citizen"], "spend_asked", number, told, now)


async def decide(connection: Connection, number: int, decision: Decision, now: datetime) -> None:
    """An officer agrees to a spend that was asked for, or refuses it with a reason.

    Raises:
        Problem: 404; 409 `NOT_NOW`; 422 `REASON_NEEDED`.
    """
    if not decision.agreed and not decision.reason.strip():
        raise Problem(422, "REASON_NEEDED", "To refuse needs a reason in plain words.")
    row = await _waits(connection, number, "asked")
    direct = row["way"] == money.AT_ONCE
    state = "refusing" if not decision.agreed else "paying" if direct else "held"
    await connection.execute(
        "UPDATE care.spend SET state = $2, reason = $3, decided_by = $4 WHERE id = $1",
        number, state, decision.reason.strip(), decision.officer,
    )  # fmt: skip
    if not decision.agreed:
        reason = "Refused at the desk."
        await owe(connection, "void", number, [money.void(row, decision.officer, reason)], now)
        return
    if "NEW_PAYEE" in row["needs"]:
        await connection.execute("UPDATE care.payee SET known = true WHERE id = $1", row["payee"])
    if direct:
        await owe(connection, "post", number, [money.post(row, decision.officer)], now)
    told = {**_told(row), "reason": decision.reason.strip()}
    await events.happened(connection, row["citizen"], "spend_agreed", number, told, now)


async def _waits(
    connection: Connection, number: int, *states: str, whose: str | None = None
) -> asyncpg.Record:  # fmt: skip
    """A spend in one of the states, and of one citizen where it is said whose: others' are not there."""
    row = await connection.fetchrow(_ROW + " WHERE spend.id = $1 FOR NO KEY UPDATE OF spend", number)
    if row is None or whose not in (None, row["citizen"]):
        raise Problem(404, "NO_SUCH", "There is no such payment.")
    if row["state"] not in states:
        raise Problem(409, "NOT_NOW", "That can't be done with this payment now.", state=row["state"])
    return row


async def withdraw(connection: Connection, reference: str, number: int, now: datetime) -> None:
    """The citizen takes a payment back that has not gone yet.

    Raises:
        Problem: 404; 409 `NOT_NOW` with its `state`.
    """
    row = await _waits(connection, number, "asked", "held", whose=reference)
    await connection.execute("UPDATE care.spend SET state = 'withdrawing' WHERE id = $1", number)
    reason = "Taken back by the citizen."
    await owe(connection, "void", number, [money.void(row, "citizen", reason)], now)


async def voided(connection: Connection, number: int, refused: str | None, now: datetime) -> None:
    """What follows from a void: it is refused, or taken back; the money is free."""
    if refused is not None:
        return
    row = await connection.fetchrow(_ROW + " WHERE spend.id = $1 FOR NO KEY UPDATE OF spend", number)
    assert row is not None
    state = {"refusing": "refused", "withdrawing": "withdrawn"}.get(row["state"], row["state"])
    await connection.execute("UPDATE care.spend SET state = $2 WHERE id = $1", number, state)
    if state == "refused":
        told = {**_told(row), "reason": row["reason"]}
        await events.happened(connection, row["citizen"], "spend_refused", number, told, now)


async def pay(connection: Connection, numbers: list[int], officer: str, now: datetime) -> list[int]:
    """A run of payments: what is held and may go is paid.

    Args:
        connection: of the caller's transaction.
        numbers: of spends; those that are not held any more are passed.
        officer: who runs it.
        now: the time.

    Returns:
        The numbers of those that are paid now.
    """
    rows = await connection.fetch(
        """UPDATE care.spend SET state = 'paying' WHERE id IN (
               SELECT id FROM care.spend WHERE id = ANY ($1::bigint[]) AND state = 'held'
               ORDER BY id FOR NO KEY UPDATE) RETURNING *""",
        numbers,
    )
    for row in rows:
        await owe(connection, "post", row["id"], [money.post(row, officer)], now)
    return [row["id"] for row in rows]


async def posted(connection: Connection, number: int, refused: str | None, now: datetime) -> None:
    """What follows from a post: it is paid."""
    if refused is not None:
        return
    row = await connection.fetchrow(_ROW + " WHERE spend.id = $1 FOR NO KEY UPDATE OF spend", number)
    assert row is not None
    await connection.execute(
        "UPDATE care.spend SET state = 'paid', paid_at = $2 WHERE id = $1 AND state = 'paying'", number, now
    )
    if row["way"] != money.AT_ONCE:
        await events.happened(connection, row["citizen"], "spend_paid", number, _told(row), now)


async def put_back(connection: Connection, number: int, officer: str, reason: str, now: datetime) -> None:
    """An officer puts back a payment that was wrong: another transfer, the first stays as it was made.

    Raises:
        Problem: 404; 409 `NOT_NOW`, it was not paid or is back already; 422 `REASON_NEEDED`.
    """
    if not reason.strip():
        raise Problem(422, "REASON_NEEDED", "A correction needs its reason.")
    row = await _waits(connection, number, "paid")
    if await connection.fetchval(
        "SELECT true FROM care.posting WHERE kind = 'refund' AND subject = $1", number
    ):
        raise Problem(409, "NOT_NOW", "It is back already.", state="refunded")
    await connection.execute("UPDATE care.spend SET reason = $2 WHERE id = $1", number, reason.strip())
    await owe(connection, "refund", number, [money.refund(row, officer, reason.strip())], now)


async def refunded(connection: Connection, number: int, refused: str | None, now: datetime) -> None:
    """What follows from a correction: the money is the citizen's again."""
    if refused is not None:
        return
    row = await connection.fetchrow(_ROW + " WHERE spend.id = $1 FOR NO KEY UPDATE OF spend", number)
    assert row is not None
    await connection.execute("UPDATE care.spend SET refunded = pence WHERE id = $1", number)
    told = {**_told(row), "reason": row["reason"]}
    await events.happened(connection, row["citizen"], "spend_back", number, told, now)


async def keep_receipt(
    connection: Connection, reference: str, number: int, receipt: str
) -> None:  # fmt: skip
    """Keeps where the picture of a receipt is.

    Raises:
        Problem: 404.
    """
    if not await connection.fetchval(
        "UPDATE care.spend SET receipt = $3 WHERE id = $1 AND citizen = $2 RETURNING true",
        number, reference, receipt,
    ):  # fmt: skip
        raise Problem(404, "NO_SUCH", "There is no such payment.")


def _told(row: Any) -> dict[str, Json]:
    return {
        "number": row["id"], "payee": row["payee_name"], "pence": row["pence"], "way": row["way"],
        "line": row["line_words"], "words": row["words"], "helper": row["helper_name"],
        "needs": list(row["needs"]),
    }  # fmt: skip


def spend_json(row: Any) -> dict[str, Json]:
    """A spend, as an answer has it."""
    return {
        **_told(row), "state": row["state"], "ask": row["ask"], "reason": row["reason"],
        "receipt": row["receipt"], "made_at": row["made_at"].isoformat(), "refunded": row["refunded"],
        "paid_at": row["paid_at"].isoformat() if row["paid_at"] else None, "helper_id": row["helper"],
    }  # fmt: skip


async def one(pool: Pool, number: int) -> dict[str, Json]:
    """A spend by its number; it is there."""
    row = await pool.fetchrow(_ROW + " WHERE spend.id = $1", number)
    assert row is not None
    return spend_json(row)


async def of_citizen(pool: Pool, reference: str, most: int) -> list[dict[str, Json]]:
    """A citizen's spends, the newest first."""
    rows = await pool.fetch(
        _ROW + " WHERE spend.citizen = $1 AND state <> 'unfunded' ORDER BY spend.id DESC LIMIT $2",
        reference, most,
    )  # fmt: skip
    return [spend_json(row) for row in rows]


async def for_desk(pool: Pool, state: str) -> list[dict[str, Json]]:
    """The spends that wait for a decision, or to be paid, the longest first; of those paid, the newest."""
    order = "DESC LIMIT 30" if state == "paid" else "LIMIT 200"
    rows = await pool.fetch(
        f"""SELECT found.*, citizen.given_name FROM ({_ROW} WHERE spend.state = $1 ORDER BY spend.id {order})
        AS found JOIN care.citizen ON reference = citizen ORDER BY id {order}""",  # noqa: S608
        state,
    )
    return [
        {**spend_json(row), "name": row["given_name"], "reference": row["citizen"]} for row in rows
    ]  # fmt: skip


async def payees(pool: Pool, reference: str) -> list[dict[str, Json]]:
    """Whom a citizen has paid or may pay, those of late first, with the line it was for the last time."""
    rows = await pool.fetch(
        """SELECT payee.id, name, known, last.line, last.pence FROM care.payee
           LEFT JOIN LATERAL (SELECT line, pence, id FROM care.spend WHERE spend.payee = payee.id
                              AND state <> 'unfunded' ORDER BY id DESC LIMIT 1) AS last ON true
           WHERE citizen = $1 ORDER BY last.id DESC NULLS LAST, payee.id LIMIT 60""",
        reference,
    )
    return [dict(row) for row in rows]
