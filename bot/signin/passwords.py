"""Passwords of officers: argon2id, worked out beside the event loop."""

import asyncio
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.queue import Connection

MOST: Final = 200
"""Characters of a password that are looked at."""


class Passwords:
    """Hashes and checks passwords. Each takes tens of milliseconds and 64 MiB, so few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2) -> None:
        """Prepares.

        Args:
            hasher: with other costs than RFC 9106's second choice, which is argon2-cffi's own.
            at_once: how many are worked out at a time.
        """
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(at_once)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password[:MOST])

    async def is_right(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one of which this is kept; without one it takes as long to say no."""
        async with self._turns:
            right = await asyncio.to_thread(self._verify, kept or self._nobodys, password[:MOST])
        return right and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, kept: str) -> bool:
        """Whether it was hashed with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)


async def keep(connection: Connection, officer_id: int, hashed: str, *, must_change: bool) -> None:
    """Keeps the hash of an officer's password.

    Args:
        connection: the caller's.
        officer_id: whose.
        hashed: from `Passwords.hash`.
        must_change: whether the officer must choose another first: somebody else knows this one.
    """
    await connection.execute(
        "INSERT INTO officer_password (officer_id, hash, must_change) VALUES ($1, $2, $3)"
        " ON CONFLICT (officer_id) DO UPDATE SET hash = excluded.hash, must_change = excluded.must_change,"
        " changed_at = now()",
        officer_id, hashed, must_change,
    )  # fmt: skip
