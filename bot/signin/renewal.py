"""A first password: for a new officer, or for one who lost theirs, with all of the old ended."""

import secrets

from bot.queue import Connection
from bot.signin.failures import Failures
from bot.signin.passwords import Passwords, keep
from bot.signin.sessions import end_all


async def first_password(passwords: Passwords) -> tuple[str, str]:
    """A password to be told once, and what is kept of it. Slow, so not within a transaction."""
    first = secrets.token_urlsafe(12)
    return first, await passwords.hash(first)


async def renew(connection: Connection, failures: Failures, officer_id: int, email: str, hashed: str) -> None:
    """Keeps a first password, takes the second factor and every session away, and ends a lock-out.

    Args:
        connection: inside the caller's transaction.
        failures: of the installation.
        officer_id: whose.
        email: theirs.
        hashed: from `first_password`.
    """
    await keep(connection, officer_id, hashed, must_change=True)
    await connection.execute("DELETE FROM officer_totp WHERE officer_id = $1", officer_id)
    await end_all(connection, officer_id)
    for who in (email, f"code {officer_id}", f"change {officer_id}"):
        await failures.forgive(who, connection)
