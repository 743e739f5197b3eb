"""Failed sign-ins, counted by address, and the lock-out that follows too many."""

import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from bot.queue import Connection, Pool

MOST: Final = 5
"""Failures of one e-mail address, known or not, before it is locked out."""
MOST_OF_NETWORK: Final = 100
"""Failures from one network address; a whole council may come from one."""
LOCKED: Final = timedelta(minutes=15)

_COUNT: Final = """
INSERT INTO sign_in_failure AS f (who, failed) VALUES ($1, 1)
ON CONFLICT (who) DO UPDATE SET
    failed = CASE WHEN f.since <= now() - $2::interval THEN 1 ELSE least(f.failed + 1, 1000000) END,
    since = CASE WHEN f.since <= now() - $2::interval OR f.failed < $3 THEN now() ELSE f.since END
RETURNING failed
"""


class Failures:
    """Counts tries before they are checked, so that many at once are not more than one after another."""

    def __init__(self, pool: Pool, secret: Callable[[], bytes]) -> None:
        """Prepares.

        Args:
            pool: the process's connections.
            secret: gives the installation's: the table is not to be searched for addresses.
        """
        self._pool, self._secret = pool, secret

    async def count(self, who: str, most: int = MOST) -> int:
        """Counts a try as failed until `forgive`. More than `most` means: locked out, do not even look."""
        return int(await self._pool.fetchval(_COUNT, self._key(who), LOCKED, most))

    async def forgive(self, who: str, connection: Connection | None = None) -> None:
        """Forgets the failures of an address: they are who they say, or an administrator says so.

        Args:
            who: as it was counted.
            connection: the caller's, where it belongs to a transaction.
        """
        await (connection or self._pool).execute("DELETE FROM sign_in_failure WHERE who = $1", self._key(who))

    async def forgive_one(self, who: str) -> None:
        """Takes the last count back."""
        await self._pool.execute(
            "UPDATE sign_in_failure SET failed = failed - 1 WHERE who = $1 AND failed > 0", self._key(who)
        )

    def _key(self, who: str) -> bytes:
        return hmac.digest(
            self._secret(), b"sign-in failure " + who.casefold().encode(errors="replace"), "sha256"
        )
