"""API keys of the Open311 service: made once, kept hashed, and what each may do."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Literal

import asyncpg

from actions.reports.service.refusals import refuse

type Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
type Pool = asyncpg.Pool[asyncpg.Record]
type Kind = Literal["report", "team"]

KINDS: Final = ("report", "team")
LONGEST: Final = 200


@dataclass(frozen=True)
class Sender:
    """Whose key a call showed.

    Args:
        name: of the key; what it sent is kept apart from what others sent.
        kind: `report` reports and supports; `team` also posts updates and sees what is private.
    """

    name: str
    kind: Kind

    @property
    def sees_private(self) -> bool:
        """Whether private problems are told."""
        return self.kind == "team"


CONFIGURED: Final = Sender("", "team")
"""Who shows a key of the settings."""


def digest(key: str) -> bytes:
    """What is kept of a key. It has 256 bits of chance, so a plain hash can't be guessed back."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


async def new_key(connection: Connection | Pool, name: str, kind: Kind = "report") -> str:
    """Makes a key and gives it, this once.

    Args:
        connection: the caller's.
        name: whose it is; no other key has it.
        kind: what it may do.

    Raises:
        ValueError: the name is taken or empty, or there is no such kind.
    """
    if kind not in KINDS or not name.strip():
        raise ValueError(f"A key needs a name, and is of one of these kinds: {', '.join(KINDS)}.")
    made = secrets.token_urlsafe(32)
    done = await connection.execute(
        "INSERT INTO problem_key (hash, name, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        digest(made), name, kind,
    )  # fmt: skip
    if done != "INSERT 0 1":
        raise ValueError(f"There is, or was, a key “{name}”: choose another name.")
    return made


async def revoke_key(connection: Connection | Pool, name: str) -> bool:
    """Ends a key at once. False when there is none of that name in use."""
    done = await connection.execute(
        "UPDATE problem_key SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL", name
    )
    return bool(done == "UPDATE 1")


class Keys:
    """Who shows which key.

    Args:
        pool: the database.
        configured: keys beside those of the table, as they are in the settings.
    """

    def __init__(self, pool: Pool, configured: frozenset[str]) -> None:
        self._pool = pool
        # By their hash: how long a comparison takes then tells nothing of the key.
        self._configured = frozenset(digest(key) for key in configured if key)

    async def find(self, key: str) -> Sender | None:
        """Whose key it is; None without one.

        Raises:
            Refusal: 403, it is unknown or was revoked.
        """
        if not key:
            return None
        shown = digest(key[:LONGEST])
        if shown in self._configured:
            return CONFIGURED
        row = await self._pool.fetchrow(
            "SELECT name, kind FROM problem_key WHERE hash = $1 AND revoked_at IS NULL", shown
        )
        if row is None:
            raise refuse(403, "key_unknown")
        return Sender(row["name"], row["kind"])

    async def need(self, key: str, kind: Kind) -> Sender:
        """Whose key it is, of those that may do so much.

        Raises:
            Refusal: 403, it is missing, unknown or may not.
        """
        found = await self.find(key)
        if found is None:
            raise refuse(403, "key_missing")
        if kind == "team" and found.kind != "team":
            raise refuse(403, "key_kind")
        return found
