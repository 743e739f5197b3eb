"""Who is signed in on the public pages: until they sign out, are silent, have a new code, or 8 hours."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from actions.care.service import people
from actions.care.service.tools import digest
from actions.sdk.service import Json
from actions.sdk.serving import Pool, Problem

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=8)


async def begin(pool: Pool, reference: str, now: datetime) -> str:
    """Signs a citizen in who proved who they are.

    Returns:
        A token of 256 random bits, of which only the digest is kept.
    """
    token = secrets.token_urlsafe(32)
    await pool.execute("DELETE FROM care.session WHERE seen_at < $1", now - IDLE)
    await pool.execute(
        """INSERT INTO care.session (token_digest, citizen, code_digest, began_at, seen_at)
           SELECT $1, reference, code_digest, $3, $3 FROM care.citizen WHERE reference = $2""",
        digest(token), reference, now,
    )  # fmt: skip
    return token


async def find(pool: Pool, token: str, now: datetime) -> dict[str, Json]:
    """Whose a token is; they are not silent then. A new access code ends what began with the one before.

    Raises:
        Problem: 404, nobody is signed in with it, or not any more.
    """
    row = await pool.fetchrow(
        """UPDATE care.session SET seen_at = greatest(seen_at, $2) FROM care.citizen
           WHERE token_digest = $1 AND reference = session.citizen
             AND citizen.code_digest = session.code_digest AND seen_at >= $3 AND began_at > $4
           RETURNING citizen.*""",
        digest(token), now, now - IDLE, now - LONGEST,
    )  # fmt: skip
    if row is None:
        raise Problem(404, "NO_SUCH", "Nobody is signed in with this.")
    return people.person(row)


async def end(pool: Pool, token: str) -> None:
    """Signs out who has this token."""
    await pool.execute("DELETE FROM care.session WHERE token_digest = $1", digest(token))
