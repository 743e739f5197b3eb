"""The second factor: codes of an authenticator app (RFC 6238), taken once, and codes for a lost telephone."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

import pyotp
from cryptography.fernet import Fernet

from bot.queue import Connection

STEP: Final = 30
"""Seconds of one code."""
RECOVERY_CODES: Final = 8
NAME: Final = "Onedoor desk"
"""What the authenticator app calls us."""


class Codes:
    """Enrols telephones and checks codes."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        """Prepares.

        Args:
            secret: gives the installation's; telephones' secrets are encrypted with a key made of it.
        """
        self._secret = secret

    @property
    def _box(self) -> Fernet:
        key = hmac.digest(self._secret(), b"officers' codes", "sha256")
        return Fernet(base64.urlsafe_b64encode(key))

    async def begin(self, connection: Connection, officer_id: int) -> str:
        """A secret for an officer's telephone, in base 32; good once a first code proves it is there.

        Asked for again before that, it is the same: the page may be loaded twice.
        """
        row = await connection.fetchrow(
            "SELECT secret, confirmed_at FROM officer_totp WHERE officer_id = $1", officer_id
        )
        if row is not None and row["confirmed_at"] is None:
            return self._box.decrypt(row["secret"]).decode()
        made = pyotp.random_base32()
        await connection.execute(
            "INSERT INTO officer_totp (officer_id, secret) VALUES ($1, $2) ON CONFLICT (officer_id)"
            " DO UPDATE SET secret = $2, confirmed_at = NULL, last_step = 0, recovery = '{}'",
            officer_id, self._box.encrypt(made.encode()),
        )  # fmt: skip
        return made

    @staticmethod
    def uri(secret: str, email: str) -> str:
        """What the QR code says."""
        return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=NAME)

    async def confirm(
        self, connection: Connection, officer_id: int, code: str, now: datetime
    ) -> list[str] | None:
        """Takes the first code, and gives the codes for a lost telephone; None when the code is wrong."""
        if not await self.is_right(connection, officer_id, code, now):
            return None
        made = [f"{secrets.randbelow(10**5):05}-{secrets.randbelow(10**5):05}" for _ in range(RECOVERY_CODES)]
        await connection.execute(
            "UPDATE officer_totp SET confirmed_at = coalesce(confirmed_at, now()), recovery = $2"
            " WHERE officer_id = $1",
            officer_id, [_hash(each) for each in made],
        )  # fmt: skip
        return made

    async def is_right(self, connection: Connection, officer_id: int, code: str, now: datetime) -> bool:
        """Whether a code is right and was not taken before; it is taken with that.

        A telephone's clock may be one step off; a code for a lost telephone is good as well.
        """
        code = code.strip().replace(" ", "")
        row = await connection.fetchrow(
            "SELECT secret, last_step, recovery FROM officer_totp WHERE officer_id = $1 FOR UPDATE",
            officer_id,
        )
        if row is None or not code.isascii():
            return False
        totp, step = pyotp.TOTP(self._box.decrypt(row["secret"]).decode()), int(now.timestamp()) // STEP
        for at in (step, step - 1, step + 1):
            if at > row["last_step"] and hmac.compare_digest(totp.at(at * STEP), code):
                await connection.execute(
                    "UPDATE officer_totp SET last_step = $2 WHERE officer_id = $1", officer_id, at
                )
                return True
        if _hash(code) in row["recovery"]:
            await connection.execute(
                "UPDATE officer_totp SET recovery = array_remove(recovery, $2) WHERE officer_id = $1",
                officer_id, _hash(code),
            )  # fmt: skip
            return True
        return False


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
