"""Who holds a citizen's money, in which parts; another way is asked for, agreed at the desk, and moved."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from actions.care.service import events, money, people
from actions.care.service.plans import Decision
from actions.care.service.postings import owe
from actions.sdk import Ledger
from actions.sdk.ledger import Account, NewTransfer, ledger_id
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Pool, Problem

HELD: Final = tuple(way for way in money.WAYS if way != "own")
"""The ways that the council's money may be held in; a citizen's own contribution is not moved."""
WHOLE: Final = 100
MOST_TRIES: Final = 3

type Way = Literal["council", "third_party", "direct", "fund"]


class NewChoice(Body):
    """How a citizen wants what is left to be held.

    Args:
        unit: of the parts: `percent`, which come to 100, or `pence` of what is left.
        parts: by way.
        rest: of pence, the way that has what the parts leave.
    """

    unit: Literal["percent", "pence"]
    parts: dict[Way, Annotated[int, Field(gt=0, le=10**9)]] = Field(min_length=1)
    rest: Way | None = None


def way_of(account: Account) -> str:
    """The way that an account is of."""
    return account.code.removeprefix("care.")


def shares(total: int, parts: Mapping[str, int]) -> dict[str, int]:
    """A sum in percents, in whole pence that come to the sum: the largest remainders are rounded up.

    Args:
        total: pence.
        parts: percent by way; together 100.
    """
    exact = {way: divmod(total * percent, WHOLE) for way, percent in parts.items()}
    given = {way: whole for way, (whole, _) in exact.items()}
    order = sorted(exact, key=lambda way: (-exact[way][1], way))
    for way in order[: total - sum(given.values())]:
        given[way] += 1
    return given


def wanted(choice: Mapping[str, object], left: int) -> dict[str, int]:
    """What each way is to have of what is left; pounds that are not there any more go short, in order."""
    parts, rest = choice["parts"], choice.get("rest")
    assert isinstance(parts, dict)
    if choice["unit"] == "percent":
        return shares(left, parts)
    found: dict[str, int] = {}
    for way, pence in parts.items():
        found[way] = min(pence, left - sum(found.values()))
    if rest is not None:
        found[str(rest)] = found.get(str(rest), 0) + left - sum(found.values())
    return found


def moves(accounts: Sequence[Account], aims: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """The fewest moves from what each way has to what it is to have: from, to, pence.

    Held money stays where it is held: only what is free moves.
    """
    has = {way_of(each): each.available for each in accounts if way_of(each) in HELD}
    more = {way: has.get(way, 0) - aims.get(way, 0) for way in {*has, *aims}}
    giving = sorted((way, pence) for way, pence in more.items() if pence > 0)
    found: list[tuple[str, str, int]] = []
    for to, lacks in sorted((way, -pence) for way, pence in more.items() if pence < 0):
        need = lacks
        while need and giving:
            way, pence = giving.pop(0)
            part = min(need, pence)
            found.append((way, to, part))
            need -= part
            if pence > part:
                giving.insert(0, (way, pence - part))
    return found


async def ask(connection: Connection, reference: str, choice: NewChoice, now: datetime) -> int:
    """Keeps what a citizen asks for; what they asked before and nobody decided is over.

    Raises:
        Problem: 404; 422 `PARTS`, the percents do not come to 100, or pounds leave a rest to nobody;
            409 `NOT_NOW`, the money is being moved.
    """
    await people.lock_budget(connection, reference, now)
    if choice.unit == "percent" and sum(choice.parts.values()) != WHOLE:
        raise Problem(422, "PARTS", "The parts come to 100 percent.", field="parts")
    if choice.unit == "pence" and choice.rest is None:
        raise Problem(422, "PARTS", "Somebody has the rest.", field="rest")
    if await connection.fetchval(
        "SELECT true FROM care.choice WHERE citizen = $1 AND state = 'moving'", reference
    ):
        raise Problem(409, "NOT_NOW", "The money is being moved just now.")
    await connection.execute(
        "UPDATE care.choice SET state = 'refused', reason = 'Asked for anew.' WHERE citizen = $1"
        " AND state = 'asked'",
        reference,
    )
    asked = choice.model_dump()
    number: int = await connection.fetchval(
        "INSERT INTO care.choice (citizen, shares, made_at) VALUES ($1, $2, $3) RETURNING id",
        reference, asked, now,
    )  # fmt: skip
    await events.happened(connection, reference, "holding_asked", number, {"shares": asked}, now)
    return number


async def decide(
    connection: Connection, number: int, decision: Decision, accounts: Sequence[Account], now: datetime
) -> None:
    """An officer agrees to another way of holding, or refuses it with a reason.

    Args:
        connection: of the caller's transaction.
        number: of what was asked for.
        decision: the officer's.
        accounts: the citizen's, as they were just now.
        now: the time.

    Raises:
        Problem: 404; 409 `NOT_NOW`; 422 `REASON_NEEDED`.
    """
    if not decision.agreed and not decision.reason.strip():
        raise Problem(422, "REASON_NEEDED", "To refuse needs a reason in plain words.")
    row = await connection.fetchrow("SELECT * FROM care.choice WHERE id = $1 FOR NO KEY UPDATE", number)
    if row is None:
        raise Problem(404, "NO_SUCH", "Nothing of that number was asked for.")
    if row["state"] != "asked":
        raise Problem(409, "NOT_NOW", "That was decided before.", state=row["state"])
    await connection.execute(
        "UPDATE care.choice SET state = $2, reason = $3, decided_by = $4 WHERE id = $1",
        number, "moving" if decision.agreed else "refused", decision.reason.strip(), decision.officer,
    )  # fmt: skip
    if decision.agreed:
        await _move(connection, number, row["citizen"], row["shares"], accounts, decision.officer, now)
        return
    told: dict[str, Json] = {"agreed": False, "reason": decision.reason.strip(), "shares": row["shares"]}
    await events.happened(connection, row["citizen"], "holding_decided", number, told, now)


async def _move(
    connection: Connection,
    number: int,
    citizen: str,
    choice: Mapping[str, object],
    accounts: Sequence[Account],
    officer: str,
    now: datetime,
) -> None:
    left = sum(each.available for each in accounts if way_of(each) in HELD)
    # A refused id stays refused: each try has its own.
    tries = await connection.fetchval(
        "SELECT count(*) FROM care.posting WHERE kind = 'move' AND subject = $1", number
    )
    found = moves(accounts, wanted(choice, left))
    transfers = [
        NewTransfer(
            ledger_id("care", "move", number, tries, at), "posted", debit=money.account(citizen, one).id,
            credit=money.account(citizen, other).id, amount=pence, code="care.move",
            reference=f"care:holding:{number}", by=officer, reason="Another way of holding was agreed.",
        )
        for at, (one, other, pence) in enumerate(found)
    ]  # fmt: skip
    opened = [money.account(citizen, to) for _, to, _ in found]
    await owe(connection, "move", number, transfers, now, opened)


async def moved(connection: Connection, number: int, refused: str | None, now: datetime) -> None:
    """What follows from the moves: it is held so; or money went meanwhile, and it is asked for anew."""
    state = "done" if refused is None else "asked"
    row = await connection.fetchrow(
        "UPDATE care.choice SET state = $2 WHERE id = $1 AND state = 'moving' RETURNING *", number, state
    )
    if row is not None and refused is None:
        told: dict[str, Json] = {"agreed": True, "reason": row["reason"], "shares": row["shares"]}
        await events.happened(connection, row["citizen"], "holding_decided", number, told, now)


async def asked(pool: Pool) -> list[dict[str, Json]]:
    """What waits for the desk."""
    rows = await pool.fetch(
        """SELECT choice.*, given_name FROM care.choice JOIN care.citizen ON reference = citizen
           WHERE state = 'asked' ORDER BY choice.id LIMIT 100"""
    )
    return [
        {"id": row["id"], "name": row["given_name"], "reference": row["citizen"], "shares": row["shares"],
         "made_at": row["made_at"].isoformat()}
        for row in rows
    ]  # fmt: skip


async def citizen_of(pool: Pool, number: int) -> str:
    """Whose a choice is.

    Raises:
        Problem: 404.
    """
    found = await pool.fetchval("SELECT citizen FROM care.choice WHERE id = $1", number)
    if found is None:
        raise Problem(404, "NO_SUCH", "Nothing of that number was asked for.")
    return str(found)


async def accounts_of(ledger: Ledger, reference: str) -> list[Account]:
    """A citizen's accounts, in the order of `money.WAYS`."""
    found = await ledger.accounts(money.holder(reference))
    return sorted(found, key=lambda each: money.WAYS.index(way_of(each)))
