"""Sessions of officers: begun at sign-in, known by a cookie's token, rotated, and ended."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal

from bot.officers import Officer, Role, officer_of
from bot.queue import Connection, Pool

type Method = Literal["password", "openid"]

GRACE: Final = timedelta(seconds=60)
"""For so long the token before a rotation is still good: a page's other requests bring it."""


class Stage(StrEnum):
    """How far somebody has come: what they must do next, or that they are in."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105
    ENROL = "enrol"
    IN = "in"


@dataclass(frozen=True)
class Session:
    """An officer's session.

    Args:
        id: our own number.
        officer: whose.
        csrf: what each form of theirs brings back.
        stage: what is still to be done before they are in.
        method: how it was begun.
        due: whether it is time for another token.
    """

    id: int
    officer: Officer
    csrf: str
    stage: Stage
    method: Method
    due: bool = False

    def is_csrf(self, given: str) -> bool:
        """Whether a form brought back what it was given."""
        return hmac.compare_digest(self.csrf.encode(), given.encode(errors="replace"))


_FIND: Final = """
SELECT s.id AS session_id, s.csrf, s.method, s.coded_at, s.token = $1 AS newest,
       s.rotated_at < now() - $5::interval AS due, s.seen_at < now() - interval '1 minute' AS unseen,
       coalesce(p.must_change, false) AS must_change, t.confirmed_at IS NOT NULL AS has_codes,
       o.id, o.email, o.name, o.role, o.desks, o.skills, o.most_cases, o.pulls, o.on_duty, o.active
FROM officer_session s JOIN officer o ON o.id = s.officer_id AND o.active
LEFT JOIN officer_password p ON p.officer_id = o.id
LEFT JOIN officer_totp t ON t.officer_id = o.id
WHERE (s.token = $1 OR s.previous = $1 AND s.rotated_at > now() - $2::interval)
  AND s.seen_at > now() - $3::interval AND s.created_at > now() - $4::interval
"""


class Sessions:
    """The sessions of an installation."""

    def __init__(
        self,
        pool: Pool,
        *,
        idle: timedelta,
        longest: timedelta,
        codes: frozenset[Role],
        rotate: timedelta = timedelta(minutes=15),
    ) -> None:
        """Prepares.

        Args:
            pool: the process's connections.
            idle: a session ends when nothing was heard of it for so long.
            longest: and so long after it began, whatever happens.
            codes: the roles that must have a second factor with their password.
            rotate: how often the token is another.
        """
        self._pool = pool
        self._idle, self._longest, self._rotate = idle, longest, rotate
        self._codes = codes

    async def begin(
        self, connection: Connection, officer_id: int, method: Method, replaces: str | None = None
    ) -> str:
        """Begins a session after somebody proved who they are, and gives its token.

        Args:
            connection: the caller's.
            officer_id: who.
            method: how it was proved.
            replaces: the token of a session the same browser had; that one ends.
        """
        token = secrets.token_urlsafe(32)
        if replaces:
            await self.end(connection, replaces)
        await connection.execute(
            "INSERT INTO officer_session (officer_id, token, csrf, method) VALUES ($1, $2, $3, $4)",
            officer_id, _hash(token), secrets.token_urlsafe(24), method,
        )  # fmt: skip
        return token

    async def find(self, token: str) -> Session | None:
        """The session of a token, while it lasts and its officer is active."""
        row = await self._pool.fetchrow(_FIND, _hash(token), GRACE, self._idle, self._longest, self._rotate)
        if row is None:
            return None
        if row["unseen"]:
            await self._pool.execute(
                "UPDATE officer_session SET seen_at = now() WHERE id = $1", row["session_id"]
            )
        officer, coded = officer_of(row), bool(row["coded_at"])
        stage = self._stage(officer.role, row["method"], coded, row["must_change"], row["has_codes"])
        return Session(
            row["session_id"], officer, row["csrf"], stage, row["method"], due=row["due"] and row["newest"]
        )

    def _stage(self, role: Role, method: Method, coded: bool, must_change: bool, has_codes: bool) -> Stage:
        if method == "openid":
            return Stage.IN  # the provider asks for its own second factor
        if has_codes and not coded:
            return Stage.CODE
        if must_change:
            return Stage.PASSWORD
        return Stage.ENROL if role in self._codes and not has_codes else Stage.IN

    async def rotate(self, token: str, *, grace: bool = True) -> str | None:
        """Gives the session another token; None when another request has just done so.

        Args:
            token: the present one.
            grace: whether it is still good for requests that are under way.
        """
        made = secrets.token_urlsafe(32)
        done = await self._pool.execute(
            "UPDATE officer_session SET previous = CASE WHEN $3 THEN token END, token = $2,"
            " rotated_at = now() WHERE token = $1",
            _hash(token), _hash(made), grace,
        )  # fmt: skip
        return made if done == "UPDATE 1" else None

    async def end(self, connection: Pool | Connection, token: str) -> None:
        """Ends the session of a token."""
        await connection.execute(
            "DELETE FROM officer_session WHERE token = $1 OR previous = $1", _hash(token)
        )


async def end_all(connection: Connection, officer_id: int, *, but: int | None = None) -> None:
    """Ends every session of an officer, but for one if its number is given."""
    await connection.execute(
        "DELETE FROM officer_session WHERE officer_id = $1 AND id IS DISTINCT FROM $2", officer_id, but
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
