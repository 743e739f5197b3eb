"""What a text says of our texts themselves: no more of them, or them again, in words and polite phrases."""

import re
from pathlib import Path
from typing import Any, Final, Literal

import structlog
from ruamel.yaml import YAML

from bot.answers.words import fold
from bot.engine.runtime import packs
from bot.outbox import EVEN_STOPPED
from bot.queue import Connection, Kind, enqueue
from bot.urgency import PRIORITY, USEFUL_FOR, Urgency

log = structlog.get_logger()

type Choice = Literal["out", "in", "out_en", "out_cy"]
"""`out` was done by the carrier, which lets nothing of ours through; the others are for us to do."""

LONGEST: Final = 120
"""Characters of a phrase; a longer text is about something else."""

_FILE: Final[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text())
OUT: Final = frozenset(_FILE["carrier"]["out"])
IN: Final = frozenset(_FILE["carrier"]["in"])
_IN: Final = frozenset(_FILE["words"]["in"])
_OUT: Final[dict[str, Choice]] = {"en": "out_en", "cy": "out_cy"}
_AROUND: Final = {"en": ("{before}", "{ask}", "{after}"), "cy": ("{gofyn}", "{gofyn}", "{wedyn}")}


def _expand(pattern: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda group: f"(?:{_FILE['groups'][group[1]]})", pattern)


def _phrases(language: str) -> re.Pattern[str]:
    before, ask, after = (_expand(group) for group in _AROUND[language])
    phrases = "|".join(_expand(phrase) for phrase in _FILE["phrases"][language])
    words = "|".join(_FILE["words"]["out"][language])
    return re.compile(f"(?:{before} )?(?:{ask} )?(?:{phrases})(?: {after}){{0,3}}|{words}")


_PHRASES: Final = {language: _phrases(language) for language in ("en", "cy")}


def choice(text: str) -> Choice | None:
    """What a text asks for as a whole; None for any other, such as `stop 12345`.

    The bare words of the carriers were acted upon before we saw them, whatever their case. Everything else
    is compared without accents and punctuation.
    """
    word = text.strip().casefold()
    if word in OUT:
        return "out"
    said = " ".join(re.findall(r"\w+", fold(text[: LONGEST + 1])))
    if word in IN or said in _IN:
        return "in"
    if not said or len(text) > LONGEST:
        return None
    return next((_OUT[language] for language, each in _PHRASES.items() if each.fullmatch(said)), None)


async def stop(connection: Connection, conversation_id: int, inbound_id: int, chosen: Choice) -> None:
    """Marks a number as stopped; where the carrier has not done so, one last text says how to come back.

    Args:
        connection: inside the caller's transaction, which has the conversation's row.
        conversation_id: whose.
        inbound_id: the message that asked for it.
        chosen: from `choice`, or `out` when the carrier says so.
    """
    language = await connection.fetchval(
        "UPDATE conversation c SET opted_out_at = now() WHERE id = $1 AND opted_out_at IS NULL"
        " RETURNING language",
        conversation_id,
    )
    log.info("sms.stopped", conversation=conversation_id, carrier=chosen == "out")
    if language is None or chosen == "out":
        return
    language = "cy" if chosen == "out_cy" else language
    await connection.execute(
        "INSERT INTO outbound (conversation_id, inbound_id, channel, language, text, details, priority,"
        " expires_at) VALUES ($1, $2, 'sms', $3, $4, $5, $6, now() + $7)",
        conversation_id, inbound_id, language, packs().wording.render("opted_out", language, "sms", {}),
        {EVEN_STOPPED: True}, PRIORITY[Urgency.REPLY],
        USEFUL_FOR[Urgency.REPLY],
    )  # fmt: skip
    await enqueue(connection, Kind.SEND, conversation_id)


async def start(connection: Connection, conversation_id: int) -> None:
    """Ends a stop."""
    await connection.execute("UPDATE conversation SET opted_out_at = NULL WHERE id = $1", conversation_id)
    log.info("sms.started", conversation=conversation_id)
