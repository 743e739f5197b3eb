"""What a department's own service is made with: requests read strictly, problems told, work done once."""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import asyncpg
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, ValidationError

from actions.sdk.service import Json, parse

type Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
type Pool = asyncpg.Pool[asyncpg.Record]

MOST_BYTES: Final = 256 * 1024
"""Of a request's body."""
LONGEST_KEY: Final = 200
KEPT: Final = timedelta(days=30)
"""For so long the answer to an idempotency key is kept."""
TRIES: Final = 5
LOCK: Final = timedelta(minutes=30)
FORGOTTEN: Final = timedelta(days=1)
"""Wrong tries before a reference is locked, for how long, and after which time they no longer count."""


class Body(BaseModel):
    """Base of what a service reads: unknown fields are refused, and nothing is made into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Problem(Exception):  # noqa: N818  (named as RFC 9457 names it)
    """An answer of 4xx, as RFC 9457 has it; raised anywhere in a handler.

    Args:
        status: of HTTP.
        code: the reason in capitals, as the client reads it.
        detail: a sentence for a developer; nothing a citizen wrote.
        more: what else the answer says, such as how many tries remain.
    """

    def __init__(self, status: int, code: str, detail: str = "", **more: Json) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.detail, self.more = status, code, detail, more

    def response(self) -> web.Response:
        """As it is sent."""
        body = {"type": "about:blank", "title": self.code, "status": self.status, "code": self.code}
        return web.json_response(
            {**body, "detail": self.detail, **self.more}, status=self.status,
            content_type="application/problem+json",
        )  # fmt: skip


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers with the `Problem` that a handler raised."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPRequestEntityTooLarge:
        return Problem(413, "TOO_LARGE", "The body is too large.").response()


def service_application() -> web.Application:
    """An application for a service: bodies are capped, problems are told."""
    return web.Application(middlewares=[problems], client_max_size=MOST_BYTES)


async def read[M: BaseModel](request: web.Request, model: type[M]) -> M:
    """The body of a request.

    Args:
        request: with JSON.
        model: what it must be; one based on `Body` is strict.

    Raises:
        Problem: 400 `NOT_JSON`, or 422 `INVALID` with the `field` that is wrong.
    """
    if "Content-Encoding" in request.headers:
        raise Problem(400, "NOT_JSON", "The body is JSON, not compressed.")
    raw = await request.read()
    try:
        found = parse(raw)
    except (ValueError, RecursionError):
        raise Problem(400, "NOT_JSON", "The body is not JSON in UTF-8.") from None
    if "\\u0000" in raw.decode() or "\0" in raw.decode():
        raise Problem(422, "INVALID", "No text may hold the character NUL.", field="")
    try:
        # As JSON, so that dates and ids are read from texts in a strict model too.
        return model.model_validate_json(json.dumps(found))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Problem(422, "INVALID", f"{field}: {first['msg']}", field=field) from None


def answer(value: Json, status: int = 200) -> web.Response:
    """An answer in JSON."""
    return web.json_response(value, status=status)


def idempotency_key(request: web.Request) -> str:
    """The key that makes a repeated request the same request.

    Raises:
        Problem: 400 `KEY_NEEDED`.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise Problem(400, "KEY_NEEDED", "Send an Idempotency-Key of at most 200 characters.")
    return key


async def once(
    pool: Pool,
    service: str,
    key: str,
    asked: str,
    now: datetime,
    work: Callable[[Connection], Awaitable[Json]],
) -> tuple[bool, Json]:
    """Does the work in a transaction, unless this key was answered before.

    Args:
        pool: the database.
        service: whose keys they are, such as `childcare`.
        key: from `idempotency_key`.
        asked: what is wanted, in words, to tell a repeat from another request with a used key.
        now: the time.
        work: what is done. When it raises, nothing of it stays and the key is free again.

    Returns:
        Whether it was done now, and the answer.

    Raises:
        Problem: 422 `KEY_REUSED`, the key was used for another request.
    """
    digest = hashlib.sha256(asked.encode()).digest()
    async with pool.acquire() as connection, connection.transaction():
        # Waits here for another transaction that has the same key at this moment.
        claimed = await connection.fetchval(
            """INSERT INTO service_answered (service, key, request_digest, answered_at)
               VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING true""",
            service, key, digest, now,
        )  # fmt: skip
        if not claimed:
            row = await connection.fetchrow(
                "SELECT request_digest, answer FROM service_answered WHERE service = $1 AND key = $2",
                service, key,
            )  # fmt: skip
            if row is None or row["request_digest"] != digest:
                raise Problem(422, "KEY_REUSED", "This Idempotency-Key was used for another request.")
            return False, row["answer"]
        done = await work(connection)
        await connection.execute(
            "UPDATE service_answered SET answer = $3 WHERE service = $1 AND key = $2", service, key, done
        )
        await connection.execute(
            """DELETE FROM service_answered WHERE (service, key) IN (
                   SELECT service, key FROM service_answered WHERE answered_at < $1
                   LIMIT 10 FOR UPDATE SKIP LOCKED)""",
            now - KEPT,
        )
        return True, done


def digest(reference: str, code: str) -> bytes:
    """What is kept of an access code. Case, spaces and signs in it don't count."""
    plain = re.sub(r"[^A-Z0-9]", "", code.upper())
    return hashlib.sha256(f"{reference}:{plain}".encode()).digest()


async def prove(
    pool: Pool,
    service: str,
    reference: str,
    given: tuple[str, int],
    kept: tuple[bytes, int] | None,
    now: datetime,
) -> None:
    """Comes back if a reference, an access code and a year of birth belong together.

    A reference that does not exist is answered, counted and locked like one that does.

    Args:
        pool: the database.
        service: whose references they are.
        reference: what was given.
        given: the code and the year that were given.
        kept: the `digest` of the true code and the true year; None where there is no such reference.
        now: the time.

    Raises:
        Problem: 401 `PROOF_FAILED` with `remaining-tries`, or 423 `LOCKED` with `until` (ISO 8601).
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            """DELETE FROM service_wrong_proof WHERE (service, reference) IN (
                   SELECT service, reference FROM service_wrong_proof WHERE last_at < $1
                   LIMIT 100 FOR UPDATE SKIP LOCKED)""",
            now - FORGOTTEN,
        )
        # Made if it isn't there, and locked: tries at the same time are counted one after another.
        row = await connection.fetchrow(
            """INSERT INTO service_wrong_proof (service, reference, tries, last_at) VALUES ($1, $2, 0, $3)
               ON CONFLICT (service, reference) DO UPDATE SET last_at = $3 RETURNING *""",
            service, reference, now,
        )  # fmt: skip
        assert row is not None
        until: datetime | None = row["locked_until"]
        if until is not None and until > now:
            problem = _locked(until)
        else:
            tries = (0 if until is not None else row["tries"]) + 1
            wrote = digest(reference, given[0])
            right = hmac.compare_digest(wrote, kept[0] if kept else bytes(len(wrote)))
            if kept is not None and right and kept[1] == given[1]:
                await connection.execute(
                    "DELETE FROM service_wrong_proof WHERE service = $1 AND reference = $2",
                    service,
                    reference,
                )
                return
            until = now + LOCK if tries >= TRIES else None
            await connection.execute(
                """UPDATE service_wrong_proof SET tries = $3, locked_until = $4
                   WHERE service = $1 AND reference = $2""",
                service, reference, tries, until,
            )  # fmt: skip
            problem = _locked(until) if until else _wrong(TRIES - tries)
    # Raised out here, so that the count is kept.
    raise problem


def _wrong(remaining: int) -> Problem:
    more: Mapping[str, Json] = {"remaining-tries": remaining}
    return Problem(401, "PROOF_FAILED", "The three do not belong together.", **more)


def _locked(until: datetime) -> Problem:
    return Problem(423, "LOCKED", "Too many wrong tries.", until=until.isoformat())
