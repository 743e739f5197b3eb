"""Loops: two machines that text each other are noticed, and for a while nothing is answered."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from ruamel.yaml import YAML

from actions.sdk import Case
from bot.answers.words import fold
from bot.desk.cases import escalate
from bot.engine.runtime import packs
from bot.inbox import Arrival, kept
from bot.metrics import HUSHED
from bot.queue import Connection

log = structlog.get_logger()

MOST_IDENTICAL: Final = 20
IDENTICAL_WITHIN: Final = timedelta(minutes=5)
"""The same text so often from one number is a machine: docs/sources.md, texts"""
RUNNING_WITHIN: Final = timedelta(hours=1)
"""An autoresponder's text after another within this time is one that answers ours."""
HUSHED_FOR: Final = timedelta(minutes=15)
_LOOKED_AT: Final = 200
"""Messages of a conversation that are looked back on."""
_BEGINS: Final = 300
"""Characters of a text in which a machine has said that it is one."""

_LOOK: Final = """
SELECT c.hushed_until > now() AS hushed,
    (SELECT r.text FROM (SELECT text, received_at FROM inbound WHERE conversation_id = c.id
            AND kind <> 'resume' ORDER BY id DESC LIMIT 1) r
        WHERE r.received_at > now() - $4::interval) AS before,
    (SELECT count(*) FROM (SELECT text, received_at FROM inbound WHERE conversation_id = c.id
            AND kind = 'text' ORDER BY id DESC LIMIT $5) l
        WHERE l.text = $2 AND l.received_at > now() - $3::interval) AS identical
FROM conversation c WHERE c.id = $1
"""
_HUSH: Final = "UPDATE conversation SET hushed_until = now() + $2::interval WHERE id = $1"
_LISTEN: Final = "UPDATE conversation SET hushed_until = NULL WHERE id = $1"
_HAS_CASE: Final = (
    "SELECT EXISTS (SELECT 1 FROM escalation WHERE conversation_id = $1 AND reason = 'loop'"
    " AND closed_at IS NULL)"
)


def _pattern() -> re.Pattern[str]:
    rows = [row for rows in YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text()).values()
            for row in rows]  # fmt: skip
    return re.compile("|".join(rf".*\b{row[2:]}\b" if row[0] == "…" else rf"{row}\b" for row in rows))


_AUTOMATIC: Final = _pattern()


def is_automatic(text: str) -> bool:
    """Whether a text reads like a machine's answer: “I am driving”, “out of office”, “delivery failed”."""
    return _AUTOMATIC.match(" ".join(re.findall(r"\w+", fold(text[:_BEGINS])))) is not None


@dataclass(frozen=True)
class Loop:
    """That a message is not to be answered.

    Args:
        why: `identical` or `automatic`.
        begins: whether the conversation was answered until now.
    """

    why: str
    begins: bool


async def find_loop(connection: Connection, conversation_id: int, arrival: Arrival) -> Loop | None:
    """Whether a message is one of a loop; one that is different, from a person, ends the hush.

    Args:
        connection: inside the caller's transaction, which has the conversation's row.
        conversation_id: whose.
        arrival: the message, not yet stored and without danger in it.
    """
    said, _ = kept(arrival.text)
    row = await connection.fetchrow(
        _LOOK, conversation_id, said, IDENTICAL_WITHIN, RUNNING_WITHIN, _LOOKED_AT
    )
    assert row is not None
    automatic, identical = is_automatic(said), row["identical"] if arrival.kind == "text" else 0
    if row["hushed"]:
        if automatic or identical:
            return Loop("automatic" if automatic else "identical", begins=False)
        await connection.execute(_LISTEN, conversation_id)
    if identical + 1 >= MOST_IDENTICAL:
        return Loop("identical", begins=True)
    if automatic and row["before"] is not None and is_automatic(row["before"]):
        return Loop("automatic", begins=True)
    return None


async def hush(connection: Connection, conversation_id: int, inbound_id: int, loop: Loop) -> None:
    """Answers nothing for a while; a person is told, once while the case is open.

    Args:
        connection: inside the caller's transaction.
        conversation_id: whose.
        inbound_id: the message, stored as done.
        loop: from `find_loop`.
    """
    await connection.execute(_HUSH, conversation_id, HUSHED_FOR)
    HUSHED.labels(loop.why).inc()
    if not loop.begins:
        return
    log.warning("loop.found", conversation=conversation_id, why=loop.why)
    if not await connection.fetchval(_HAS_CASE, conversation_id):
        case = Case("loop", known={"why": loop.why})
        await escalate(connection, conversation_id, inbound_id, packs().packs["core"].desk, case)
