"""Supporters: who reported or follows a problem, by an id that says nothing of them."""

from datetime import datetime

from actions.reports.service.keys import Connection, Sender
from actions.reports.service.once import Answer
from actions.reports.service.refusals import refuse
from actions.reports.service.updates import first_of, merging


async def support(
    connection: Connection, sender: Sender, problem_id: int, account_id: str, now: datetime
) -> Answer:
    """Lets somebody follow a problem, or the one that it repeats; again, it changes nothing.

    Args:
        connection: inside the caller's transaction.
        sender: whose key it came with.
        problem_id: which.
        account_id: who.
        now: the time.

    Returns:
        `service_request_id` of what they follow, and its `supporters`.

    Raises:
        Refusal: 404, there is no such problem.
    """
    [*_, followed] = await _lock(connection, sender, problem_id)
    done = await connection.execute(
        """INSERT INTO problem_supporter (problem_id, account_id, reported, since)
           VALUES ($1, $2, false, $3) ON CONFLICT DO NOTHING""",
        followed, account_id, now,
    )  # fmt: skip
    return await _count(connection, followed, 1 if done == "INSERT 0 1" else 0)


async def unsupport(connection: Connection, sender: Sender, problem_id: int, account_id: str) -> Answer:
    """Takes somebody's id off a problem; again, it changes nothing.

    Who reported it still did: they are counted, and nothing says any more that it was they.

    Args:
        connection: inside the caller's transaction.
        sender: whose key it came with.
        problem_id: which.
        account_id: who.

    Returns:
        `service_request_id` and `supporters`.

    Raises:
        Refusal: 404, there is no such problem.
    """
    answer: Answer = {}
    for each in await _lock(connection, sender, problem_id):
        reported: bool | None = await connection.fetchval(
            "DELETE FROM problem_supporter WHERE problem_id = $1 AND account_id = $2 RETURNING reported",
            each, account_id,
        )  # fmt: skip
        await connection.execute(
            "DELETE FROM problem_contact WHERE problem_id = $1 AND account_id = $2", each, account_id
        )
        answer = await _count(connection, each, -1 if reported is False else 0)
    return answer


async def _lock(connection: Connection, sender: Sender, problem_id: int) -> list[int]:
    """A problem and, where it repeats another, that one as well; both locked.

    Raises:
        Refusal: 404, there is no such problem.
    """
    row = await connection.fetchrow(
        "SELECT duplicate_of FROM problem WHERE id = $1 AND (NOT private OR $2)",
        problem_id, sender.sees_private,
    )  # fmt: skip
    if row is None:
        raise refuse(404, "problem_unknown")
    found = [problem_id]
    if row["duplicate_of"] is not None:
        await merging(connection)
        first = await first_of(connection, problem_id)
        found += [] if first is None or first == problem_id else [first]
    await connection.execute(
        "SELECT id FROM problem WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE", found
    )
    return found


async def _count(connection: Connection, problem_id: int, more: int) -> Answer:
    number: int = await connection.fetchval(
        "UPDATE problem SET supporters = supporters + $2 WHERE id = $1 RETURNING supporters", problem_id, more
    )
    return {"service_request_id": str(problem_id), "supporters": str(number)}
