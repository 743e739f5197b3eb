"""Does what is asked for a pupil, one after another, and has the ledger carry out what was ordered."""

from collections.abc import Awaitable, Callable
from typing import Final, cast

import asyncpg
import structlog

from actions.education.service import credit, money, proposals
from actions.education.service.tools import Tools
from actions.sdk import ServiceRefused
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Problem, once

log = structlog.get_logger()

SERVICE: Final = "education"
TRIES: Final = 5

# Not FOR UPDATE: rows that refer to the pupil may be added meanwhile.
_LOCK: Final = "SELECT true FROM education.pupil WHERE reference = $1 FOR NO KEY UPDATE"
_UNDONE: Final = "SELECT * FROM education.movement WHERE pupil = $1 AND done_at IS NULL ORDER BY id"
_DONE: Final = """
UPDATE education.movement SET done_at = $2, refused = $3 WHERE id = $1 AND done_at IS NULL RETURNING true
"""
_NOT_ENOUGH: Final = frozenset({"NOT_ENOUGH"})


class _UnsettledError(Exception):
    """Money is still to be moved before anything else is done for the pupil."""


async def lock(connection: Connection, pupil: str) -> None:
    """Makes whatever is done for a pupil wait for the caller's transaction.

    Raises:
        Problem: 404 `PUPIL_NOT_FOUND`.
    """
    if not await connection.fetchval(_LOCK, pupil):
        raise Problem(404, "PUPIL_NOT_FOUND", "There is no such pupil.")


async def act(
    given: Tools,
    pupil: str,
    key: str,
    asked: str,
    work: Callable[[Connection], Awaitable[Json]],
) -> dict[str, Json]:
    """Does one thing for a pupil, once for its key, with the pupil's lock and all money settled before.

    Args:
        given: of the application.
        pupil: the reference.
        key: of the request.
        asked: what is wanted, in words.
        work: what is done, and what it orders; its answer is a mapping.

    Returns:
        What the work answered, when the ledger has done what was ordered.

    Raises:
        Problem: as the work does; 409 `BUSY`.
        ServiceDown: the ledger does not answer; what was ordered is kept, and the same request goes on.
    """

    async def locked(connection: Connection) -> Json:
        await lock(connection, pupil)
        if await connection.fetchval(f"SELECT EXISTS ({_UNDONE})", pupil):
            raise _UnsettledError
        return await work(connection)

    for _ in range(TRIES):
        try:
            _, done = await once(given.pool, SERVICE, key, asked, given.now, locked)
        except _UnsettledError:
            await settle(given, pupil)
            continue
        await settle(given, pupil)
        return cast(dict[str, Json], done)
    raise Problem(409, "BUSY", "Others change the same just now: ask again.")


async def settle(given: Tools, pupil: str) -> None:
    """Has the ledger carry out what was ordered for a pupil and is not known to be done, in its order.

    It may be done already, and only not noted: ids stay the same, so the ledger does it once.
    """
    for row in await given.pool.fetch(_UNDONE, pupil):
        await _carry_out(given, row)


async def _carry_out(given: Tools, row: asyncpg.Record) -> None:
    ledger, kind = given.ledger(), row["kind"]
    accounts = [money.credit_account(row["pupil"])]
    if kind == "award":
        accounts.append(money.fund_account())
    if kind == "hold":
        tutor = await given.pool.fetchval(
            "SELECT tutor FROM education.version WHERE proposal = $1 AND version = $2",
            row["proposal"], row["version"],
        )  # fmt: skip
        accounts.append(money.tutor_account(tutor))
    if kind in ("award", "hold"):
        await ledger.open(accounts)
    refused = None
    try:
        await ledger.transfer([money.transfer_of(each) for each in row["transfers"]])
    except ServiceRefused as refusal:
        refused = str(refusal.details.get("first", refusal.code))
        if kind not in ("award", "hold") or refused not in _NOT_ENOUGH:
            log.error("education.money_stuck", movement=row["id"], code=refusal.code)
            raise
    async with given.pool.acquire() as connection, connection.transaction():
        await lock(connection, row["pupil"])
        if not await connection.fetchval(_DONE, row["id"], given.now, refused):
            return  # somebody else noted it meanwhile
        if kind == "award":
            await credit.awarded(connection, row["pupil"], refused)
        if kind == "hold":
            await proposals.held(connection, row, refused, given.now)
