"""A citizen proves themself with reference, access code and year of birth; five wrong tries lock it."""

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from actions.health.service.outcomes import Refusal
from actions.health.service.resources import instant
from actions.health.service.store import Pool

TRIES = 5
LOCK = timedelta(minutes=30)
FORGOTTEN = timedelta(days=1)  # after which wrong tries no longer count


def digest(ubrn: str, access_code: str) -> bytes:
    """What is kept of an access code. Case, spaces and signs in it don't count."""
    plain = re.sub(r"[^A-Z0-9]", "", access_code.upper())
    return hashlib.sha256(f"{ubrn}:{plain}".encode()).digest()


async def prove(pool: Pool, ubrn: str, access_code: str, birth_year: int, now: datetime) -> None:
    """Comes back if all three belong together.

    A reference that does not exist is answered, counted and locked like one that does.

    Raises:
        Refusal: 401 `PROOF_FAILED` with the tries that remain, or 423 `LOCKED` with the time it ends.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            """DELETE FROM ers.wrong_proof WHERE ubrn IN (
                   SELECT ubrn FROM ers.wrong_proof WHERE last_at < $1 LIMIT 100 FOR UPDATE SKIP LOCKED)""",
            now - FORGOTTEN,
        )
        # Made if it isn't there, and locked: tries at the same time are counted one after another.
        row = await connection.fetchrow(
            """INSERT INTO ers.wrong_proof (ubrn, tries, last_at) VALUES ($1, 0, $2)
               ON CONFLICT (ubrn) DO UPDATE SET last_at = $2 RETURNING *""",
            ubrn,
            now,
        )
        until: datetime | None = row["locked_until"]
        if until is not None and until > now:
            refusal = _locked(until)
        else:
            tries = (0 if until is not None else row["tries"]) + 1
            kept = await connection.fetchrow(
                "SELECT access_code_digest, birth_year FROM ers.referral WHERE ubrn = $1", ubrn
            )
            wrote = digest(ubrn, access_code)
            right = hmac.compare_digest(wrote, kept["access_code_digest"] if kept else bytes(len(wrote)))
            if kept is not None and right and kept["birth_year"] == birth_year:
                await connection.execute("DELETE FROM ers.wrong_proof WHERE ubrn = $1", ubrn)
                return
            until = now + LOCK if tries >= TRIES else None
            await connection.execute(
                "UPDATE ers.wrong_proof SET tries = $2, locked_until = $3 WHERE ubrn = $1", ubrn, tries, until
            )
            refusal = _locked(until) if until else _wrong(TRIES - tries)
    # Raised out here, so that the count is kept.
    raise refusal


def _wrong(remaining: int) -> Refusal:
    return Refusal(
        401,
        "PROOF_FAILED",
        "The three do not belong together.",
        {"remaining-tries": {"valueUnsignedInt": remaining}},
    )


def _locked(until: datetime) -> Refusal:
    return Refusal(423, "LOCKED", "Too many wrong tries.", {"until": {"valueInstant": instant(until)}})
