"""Cases for a person: kept in the transaction of what made them, once for each message and reason."""

from actions.sdk import Case
from bot.metrics import ESCALATIONS
from bot.queue import Connection


async def escalate(
    connection: Connection, conversation_id: int, inbound_id: int, desk: str, case: Case
) -> None:
    """Puts a case to a desk; the same reason for the same message again changes nothing.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose.
        inbound_id: the message it is about.
        desk: the queue it goes to.
        case: what it is.
    """
    await connection.execute(
        "INSERT INTO escalation (conversation_id, inbound_id, department, reason, priority, known)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (inbound_id, reason) DO NOTHING",
        conversation_id, inbound_id, desk, case.reason, 0 if case.urgent else 5, case.known,
    )  # fmt: skip
    ESCALATIONS.labels(desk, case.reason).inc()
