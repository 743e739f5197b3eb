"""One sender made of several: each message has one, chosen by weight and remembered before the call."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import SystemRandom
from typing import Final

from bot.outbox import UNANSWERED, Outgoing, Sender, SendError
from bot.queue import Pool
from bot.weights import begin, choose, record_fault

UNSURE: Final = UNANSWERED | {"500", "502", "504"}
"""Errors after which a sender may have the message all the same: it is looked for there first."""


_random: Final = SystemRandom().random


def _now() -> datetime:
    return datetime.now(UTC)


class WeightedSender:
    """Carries the messages of one channel by several senders: docs/decisions/0012-senders.md."""

    name: str = "weighted"

    def __init__(
        self, pool: Pool, channel: str, senders: Mapping[str, Sender], *,
        longest: Mapping[str, int] | None = None, random: Callable[[], float] = _random,
        clock: Callable[[], datetime] = _now,
    ) -> None:  # fmt: skip
        """Prepares it.

        Args:
            pool: the process's connections.
            channel: such as `sms`.
            senders: by name, at least one.
            longest: characters that a sender takes, where there is a limit.
            random: gives a number from 0 up to but not including 1.
            clock: the time.
        """
        self._pool = pool
        self._channel = channel
        self._senders = dict(senders)
        self._longest = dict(longest or {})
        self._random = random
        self._clock = clock
        self._begun = False

    async def send(self, message: Outgoing) -> str:
        """Hands the message to one sender, on the first retry to another than before.

        Raises:
            SendError: it was not taken.
        """
        if not self._begun:
            await begin(self._pool, self._channel, list(self._senders))
            self._begun = True
        row = await self._pool.fetchrow("SELECT sender, attempts FROM outbound WHERE id = $1", message.id)
        before, attempts = (row["sender"], row["attempts"]) if row else (None, 0)
        names = [
            name for name in self._senders
            if len(message.text) <= self._longest.get(name, len(message.text))
        ] or list(self._senders)  # fmt: skip
        if attempts == 2:
            names = [name for name in names if name != before] or names
        name = await choose(self._pool, self._channel, names, self._random)
        # A code that is there tells how the last try ended; of this one nothing is known yet.
        await self._pool.execute(
            "UPDATE outbound SET sender = $2, error_code = NULL WHERE id = $1", message.id, name
        )
        return await self._watched(name, message)

    async def find(self, message: Outgoing) -> str | None:
        """Asks the sender that has the message, if any has; after a plain refusal nobody.

        Raises:
            SendError: it can't be asked now.
        """
        row = await self._pool.fetchrow(
            "SELECT sender, error_code, sender_message_id FROM outbound WHERE id = $1", message.id
        )
        if row is None:
            return None
        if row["sender_message_id"] is not None:  # a receipt was here before us
            return str(row["sender_message_id"])
        if row["error_code"] is not None and row["error_code"] not in UNSURE:
            return None
        # Without a name it is from before there were several.
        names = [row["sender"]] if row["sender"] else list(self._senders)
        for name in names:
            if name in self._senders and (found := await self._senders[name].find(message)) is not None:
                await self._pool.execute("UPDATE outbound SET sender = $2 WHERE id = $1", message.id, name)
                return found
        return None

    async def _watched(self, name: str, message: Outgoing) -> str:
        """Sends, and counts an error that is the sender's own."""
        try:
            return await self._senders[name].send(message)
        except SendError as error:
            if not error.permanent:
                await record_fault(self._pool, self._channel, name, self._clock())
            raise
