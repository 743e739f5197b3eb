"""API keys of departments: derived from the installation's secret, shown once, and checked in a token."""

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import asyncpg
import jwt

from bot.problems import Problem
from bot.queue import Connection, Pool
from bot.settings import Settings

KINDS: Final = ("normal", "team", "test")
type KeyKind = Literal["normal", "team", "test"]

SKEW: Final = timedelta(seconds=30)
"""How far a department's clock may be from ours: https://docs.notifications.service.gov.uk/rest-api.html"""
REMEMBERED: Final = timedelta(seconds=5)
"""For so long the keys of a department are not read again: a revoked key works for that time at most."""
MOST_REMEMBERED: Final = 1_000
"""Departments whose keys are remembered."""
MOST_TOKEN: Final = 4_096
"""Characters of a token; one of Notify's clients has about 200."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_KEY_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")

# GOV.UK Notify's own sentences, as departments' programs know them.
NO_TOKEN: Final = "Unauthorized: authentication token must be provided"  # noqa: S105
NO_BEARER: Final = "Unauthorized: authentication bearer scheme must be used"
NOT_HS256: Final = "Invalid token: algorithm used is not HS256"
NO_ISSUER: Final = "Invalid token: iss field not provided"
WRONG_ISSUER: Final = "Invalid token: service id is not the right data type"
NO_SERVICE: Final = "Invalid token: service not found"
NO_KEYS: Final = "Invalid token: service has no API keys"
NO_KEY: Final = "Invalid token: API key not found"
REVOKED: Final = "Invalid token: API key revoked"
NOT_VALID: Final = "Invalid token: signature, api token is not valid"
CLOCK: Final = "Error: Your system clock must be accurate to within 30 seconds"


class AuthError(Exception):
    """A call is not a department's: Notify's own sentence.

    Args:
        message: the sentence.
        status: of HTTP; 401 without a token, otherwise 403.
    """

    def __init__(self, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.message, self.status = message, status


@dataclass(frozen=True)
class Key:
    """An API key.

    Args:
        id: our own number.
        department: whose it is.
        service_id: the department's id in the Notify API.
        kind: `normal`; `team`, which writes to the department's own people only; `test`, which sends nothing.
    """

    id: int
    department: str
    service_id: UUID
    kind: KeyKind


@dataclass(frozen=True)
class _Known:
    """A key with what a token of it is signed with."""

    key: Key
    secret: str
    revoked: bool


_KEYS: Final = """
SELECT d.name, k.id, k.kind, k.hash, k.revoked_at IS NOT NULL AS revoked
FROM department d LEFT JOIN api_key k ON k.department = d.name
WHERE d.service_id = $1 ORDER BY k.revoked_at NULLS FIRST, k.id DESC LIMIT 100
"""
_remembered: OrderedDict[tuple[bytes, UUID], tuple[datetime, list[_Known]]] = OrderedDict()


async def installation_secret(pool: Pool, settings: Settings) -> bytes:
    """What cookies and keys are made with: the setting, or one made at first need and kept in the database.

    Its row is called after the first that needed it.
    """
    if (known := await kept_secret(pool, settings)) is not None:
        return known
    await pool.execute(
        "INSERT INTO installation_secret (name, value) VALUES ('webchat', $1) ON CONFLICT DO NOTHING",
        secrets.token_urlsafe(32),
    )
    made = await kept_secret(pool, settings)
    assert made is not None
    return made


async def kept_secret(connection: Pool | Connection, settings: Settings) -> bytes | None:
    """The same, if there was a need of it before."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    kept: str | None = await connection.fetchval(
        "SELECT value FROM installation_secret WHERE name = 'webchat'"
    )
    return None if kept is None else kept.encode()


def derived(secret: bytes, purpose: str) -> UUID:
    """A secret of 128 bits for one purpose, which only the installation's secret can make again."""
    return UUID(bytes=hmac.digest(secret, purpose.encode(), "sha256")[:16])


async def open_department(connection: Connection, name: str) -> UUID:
    """The id of a department in the Notify API; it is made known to the gateway if it is not.

    Raises:
        Problem: that is no name for a department.
    """
    found: UUID | None = await connection.fetchval("SELECT service_id FROM department WHERE name = $1", name)
    if found is not None:
        return found
    if not _NAME.fullmatch(name):
        raise Problem(
            "A department's name is 2 to 40 lower-case letters, digits, - and _, and begins with a letter."
        )
    await connection.execute("INSERT INTO department (name) VALUES ($1) ON CONFLICT DO NOTHING", name)
    made: UUID = await connection.fetchval("SELECT service_id FROM department WHERE name = $1", name)
    return made


async def new_key(connection: Connection, secret: bytes, department: str, name: str, kind: KeyKind) -> str:
    """Makes a key and gives it, this once, in the form that Notify's clients take.

    Args:
        connection: the caller's.
        secret: the installation's.
        department: whose key; made known if it is not.
        name: what the department calls it: letters, digits, `_`, `.` and `-`.
        kind: one of `KINDS`.

    Returns:
        `name-<service id>-<secret>`.

    Raises:
        Problem: the name won't do or is taken, or there is no such kind.
    """
    if not _KEY_NAME.fullmatch(name):
        raise Problem("A key's name is up to 60 letters, digits, “_”, “.” and “-”.")
    if kind not in KINDS:
        raise Problem(f"A key is of one of these kinds: {', '.join(KINDS)}.")
    async with connection.transaction():
        service_id = await open_department(connection, department)
        key_id: int | None = await connection.fetchval(
            "INSERT INTO api_key (department, name, kind) VALUES ($1, $2, $3)"
            " ON CONFLICT DO NOTHING RETURNING id",
            department, name, kind,
        )  # fmt: skip
        if key_id is None:
            raise Problem(f"{department} has, or had, a key “{name}”: choose another name.")
        made = _secret_of(secret, key_id)
        await connection.execute("UPDATE api_key SET hash = $2 WHERE id = $1", key_id, _hash(made))
    return f"{name}-{service_id}-{made}"


async def revoke_key(connection: Connection, department: str, name: str) -> bool:
    """Ends a key, everywhere within `REMEMBERED`. False when there is none of that name in use."""
    done = await connection.execute(
        "UPDATE api_key SET revoked_at = now() WHERE department = $1 AND name = $2 AND revoked_at IS NULL",
        department, name,
    )  # fmt: skip
    return bool(done == "UPDATE 1")


@dataclass(frozen=True)
class KeyFacts:
    """What is told of a key after it was shown."""

    department: str
    name: str
    kind: KeyKind
    created_at: datetime
    revoked_at: datetime | None


async def list_keys(connection: Connection, department: str | None = None) -> list[KeyFacts]:
    """The keys of a department, or of all, the revoked among them."""
    rows = await connection.fetch(
        "SELECT department, name, kind, created_at, revoked_at FROM api_key"
        " WHERE $1::text IS NULL OR department = $1 ORDER BY department, name",
        department,
    )
    return [KeyFacts(**row) for row in rows]


async def lost_keys(connection: Connection, secret: bytes) -> int:
    """How many keys in use were made with another secret of the installation: no token of theirs is taken."""
    rows = await connection.fetch("SELECT id, hash FROM api_key WHERE revoked_at IS NULL")
    return sum(_hash(_secret_of(secret, row["id"])) != row["hash"] for row in rows)


async def is_member(connection: Pool | Connection, department: str, address: str) -> bool:
    """Whether a key of the kind `team` may write to an address."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM team_member WHERE department = $1 AND address = $2)",
        department, address,
    )  # fmt: skip
    return found


async def add_member(connection: Connection, department: str, address: str) -> None:
    """Lets a department's keys of the kind `team` write to an address, given in its channel's own form."""
    await open_department(connection, department)
    await connection.execute(
        "INSERT INTO team_member (department, address) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        department, address,
    )  # fmt: skip


async def remove_member(connection: Connection, department: str, address: str) -> bool:
    """No longer lets them. False when they might not before."""
    done = await connection.execute(
        "DELETE FROM team_member WHERE department = $1 AND address = $2", department, address
    )
    return bool(done == "DELETE 1")


async def set_limits(
    connection: Connection, department: str, *, per_minute: int | None, per_day: int | None
) -> None:
    """Sets how many messages a department may send; what is None stays.

    Raises:
        Problem: a limit is not positive.
    """
    if any(limit is not None and not 0 < limit < 2**31 for limit in (per_minute, per_day)):
        raise Problem("A limit is a number from 1 up.")
    await open_department(connection, department)
    await connection.execute(
        "UPDATE department SET per_minute = coalesce($2, per_minute), per_day = coalesce($3, per_day)"
        " WHERE name = $1",
        department, per_minute, per_day,
    )  # fmt: skip


async def read_limits(connection: Connection, department: str) -> tuple[int, int]:
    """How many messages a department may send in a minute and in a day.

    Raises:
        Problem: there is no such department.
    """
    row = await connection.fetchrow("SELECT per_minute, per_day FROM department WHERE name = $1", department)
    if row is None:
        raise Problem(f"There is no department “{department}” yet: `onedoor keys new` makes one known.")
    return row["per_minute"], row["per_day"]


def token_of(header: str | None) -> str:
    """The token in an `Authorization` header.

    Raises:
        AuthError: there is none.
    """
    if not header:
        raise AuthError(NO_TOKEN, 401)
    if header[:7].casefold() != "bearer ":
        raise AuthError(NO_BEARER, 401)
    return header[7:].strip()


async def authenticate(pool: Pool, secret: bytes, token: str, now: datetime) -> Key:
    """The key that a token was signed with.

    Args:
        pool: connections.
        secret: the installation's.
        token: a JWT, HS256, with `iss` (the department's id) and `iat`.
        now: the time.

    Raises:
        AuthError: it is no token of ours, in Notify's own words.
    """
    if not token:
        raise AuthError(NO_TOKEN, 401)
    if len(token) > MOST_TOKEN:
        raise AuthError(NOT_VALID)
    service_id = _issuer(token)
    keys = await _keys(pool, secret, service_id, now)
    for at, known in enumerate(keys):
        try:
            claims = jwt.decode(
                token,
                known.secret,
                algorithms=["HS256"],
                options={"verify_iat": False, "verify_exp": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidTokenError:
            raise AuthError(NOT_VALID) from None
        _check_time(claims.get("iat"), now)
        if known.revoked:
            raise AuthError(REVOKED)
        keys.insert(0, keys.pop(at))  # a department uses one key all day: it is tried first from now on
        return known.key
    raise AuthError(NO_KEY)


def _issuer(token: str) -> UUID:
    """The department a token says it is of, before anything of it is proved."""
    try:
        read = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        raise AuthError(NOT_VALID) from None
    if read["header"].get("alg") != "HS256":
        raise AuthError(NOT_HS256)
    issuer = read["payload"].get("iss")
    if not issuer:
        raise AuthError(NO_ISSUER)
    try:
        return UUID(issuer)
    except (ValueError, TypeError, AttributeError):
        raise AuthError(WRONG_ISSUER) from None


def _check_time(issued: object, now: datetime) -> None:
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise AuthError(NOT_VALID)
    # compared as it came: what is no number at all is not between the two, and none is too large for it
    allowed = SKEW.total_seconds()
    if not now.timestamp() - allowed <= issued <= now.timestamp() + allowed:
        raise AuthError(CLOCK)


async def _keys(pool: Pool, secret: bytes, service_id: UUID, now: datetime) -> list[_Known]:
    """The keys of a department, as they were within `REMEMBERED`."""
    at = (secret, service_id)
    if at in _remembered:
        read, known = _remembered[at]
        if timedelta(0) <= now - read < REMEMBERED:
            _remembered.move_to_end(at)
            return known
    rows = await pool.fetch(_KEYS, service_id)
    if not rows:
        raise AuthError(NO_SERVICE)
    known = [_known(secret, service_id, row) for row in rows if row["id"] is not None]
    if not known:
        raise AuthError(NO_KEYS)
    _remembered[at] = (now, known)
    _remembered.move_to_end(at)
    while len(_remembered) > MOST_REMEMBERED:
        _remembered.popitem(last=False)
    return known


def _known(secret: bytes, service_id: UUID, row: asyncpg.Record) -> _Known:
    made = _secret_of(secret, row["id"])
    # Another hash: it was made with another secret of the installation, and no token of it can be checked.
    lost = not hmac.compare_digest(_hash(made), row["hash"] or b"")
    return _Known(Key(row["id"], row["name"], service_id, row["kind"]), made, row["revoked"] or lost)


def _secret_of(secret: bytes, key_id: int) -> str:
    return str(derived(secret, f"api key {key_id}"))


def _hash(made: str) -> bytes:
    return hashlib.sha256(made.encode()).digest()


def forget_keys() -> None:
    """Reads every department's keys anew at their next use."""
    _remembered.clear()
