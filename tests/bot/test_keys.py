"""API keys: made once, checked in tokens, revoked; and what is said to whoever has none."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.keys import (
    MOST_REMEMBERED,
    REMEMBERED,
    AuthError,
    Key,
    add_member,
    authenticate,
    forget_keys,
    installation_secret,
    is_member,
    list_keys,
    lost_keys,
    new_key,
    open_department,
    read_limits,
    remove_member,
    revoke_key,
    set_limits,
    token_of,
)
from bot.keys import _remembered as remembered
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings

SECRET = b"s" * 32
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOT_VALID = "Invalid token: signature, api token is not valid"
CLOCK = "Error: Your system clock must be accurate to within 30 seconds"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    forget_keys()


async def make(pool: Pool, department: str = "reports", name: str = "website", kind: Any = "normal") -> str:
    """A new key, as the department gets it."""
    async with pool.acquire() as connection:
        return await new_key(connection, SECRET, department, name, kind)


def token(key: str, *, secret: str | None = None, **claims: Any) -> str:
    """A token as Notify's client makes it: the last 36 characters sign, those before name the service.

    A claim that is None is left out.
    """
    given_: dict[str, Any] = {"iss": key[-73:-37], "iat": int(NOW.timestamp()), **claims}
    kept = {name: value for name, value in given_.items() if value is not None}
    return jwt.encode(kept, secret or key[-36:], "HS256", headers={"typ": "JWT"})


async def refused(pool: Pool, text: str, now: datetime = NOW) -> tuple[str, int]:
    """What is said of a token that is not taken."""
    with pytest.raises(AuthError) as raised:
        await authenticate(pool, SECRET, text, now)
    assert str(raised.value) == raised.value.message
    return raised.value.message, raised.value.status


async def test_a_key_is_shown_once_and_opens_the_door(pool: Pool) -> None:
    made = await make(pool, kind="team")
    service, secret = UUID(made[-73:-37]), UUID(made[-36:])
    assert made == f"website-{service}-{secret}"
    row = await pool.fetchrow("SELECT * FROM api_key")
    assert row is not None
    assert made[-36:] not in str(dict(row))
    assert secret.bytes not in row["hash"]
    assert await authenticate(pool, SECRET, token(made), NOW) == Key(row["id"], "reports", service, "team")
    # another process: nothing but the secret of the installation and the table
    forget_keys()
    assert (await authenticate(pool, SECRET, token(made), NOW)).id == row["id"]


async def test_each_of_several_keys_is_known(pool: Pool) -> None:
    keys = {kind: await make(pool, name=kind, kind=kind) for kind in ("normal", "team", "test")}
    other = await make(pool, department="health")
    assert len({*keys.values(), other}) == 4
    assert {(await authenticate(pool, SECRET, token(key), NOW)).kind for key in keys.values()} == set(keys)
    assert (await authenticate(pool, SECRET, token(other), NOW)).department == "health"


@pytest.mark.parametrize("seconds", [-30, -29.5, 0, 30])
async def test_a_clock_that_is_nearly_right(pool: Pool, seconds: float) -> None:
    made = await make(pool)
    at = NOW + timedelta(seconds=seconds)
    await authenticate(pool, SECRET, token(made, iat=at.timestamp()), NOW)


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"iat": NOW.timestamp() - 31}, CLOCK),
        ({"iat": NOW.timestamp() + 31}, CLOCK),
        ({"iat": 0}, CLOCK),
        ({"iat": 10**18}, CLOCK),
        ({"iat": 10**400}, CLOCK),
        ({"iat": -(10**400)}, CLOCK),
        ({"iat": float("nan")}, CLOCK),
        ({"iat": float("inf")}, CLOCK),
        ({"iat": None}, NOT_VALID),
        ({"iat": "now"}, NOT_VALID),
        ({"iat": True}, NOT_VALID),
        ({"iat": [1]}, NOT_VALID),
        ({"iss": None}, "Invalid token: iss field not provided"),
        ({"iss": ""}, "Invalid token: iss field not provided"),
        ({"iss": "reports"}, "Invalid token: service id is not the right data type"),
        ({"iss": str(uuid4())}, "Invalid token: service not found"),
        ({"secret": str(uuid4())}, "Invalid token: API key not found"),
    ],
)
async def test_what_is_said_of_a_wrong_token(pool: Pool, claims: dict[str, Any], sentence: str) -> None:
    assert await refused(pool, token(await make(pool), **claims)) == (sentence, 403)


async def test_a_number_or_a_list_as_issuer_is_no_department(pool: Pool) -> None:
    made = await make(pool)
    for issuer in (5, ["a"], {"a": 1}):
        header, _, _ = token(made).split(".")
        claims = base64.urlsafe_b64encode(json.dumps({"iss": issuer, "iat": 1}).encode()).decode().rstrip("=")
        message, status = await refused(pool, f"{header}.{claims}.AAAA")
        assert message.startswith("Invalid token: ")
        assert status == 403


async def test_no_other_algorithm_is_taken_whatever_the_token_says(pool: Pool) -> None:
    made = await make(pool)
    claims = {"iss": made[-73:-37], "iat": int(NOW.timestamp())}
    wrong = ("Invalid token: algorithm used is not HS256", 403)
    assert await refused(pool, jwt.encode(claims, "", "none")) == wrong
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert await refused(pool, jwt.encode(claims, key, "RS256")) == wrong
    assert await refused(pool, jwt.encode(claims, made[-36:] * 2, "HS512")) == wrong
    header, body, _ = token(made).split(".")
    assert await refused(pool, f"{header}.{body}.") == ("Invalid token: API key not found", 403)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "a.b",
        "a.b.c",
        "....",
        "é.é.é",
        "\udce9.a.b",
        "\0",
        "a" * 4_096,
        "a." * 3000,
        "e30.e30.e30",
        "W10.W10.W10",
    ],
)
async def test_garbage(pool: Pool, text: str) -> None:
    message, status = await refused(pool, text)
    assert message in (NOT_VALID, "Invalid token: algorithm used is not HS256")
    assert status == 403


async def test_a_token_that_is_too_long_is_not_read(pool: Pool) -> None:
    assert await refused(pool, token(await make(pool), more="x" * 4_000)) == (NOT_VALID, 403)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=80), st.binary(max_size=60), st.binary(max_size=60))
async def test_any_header_and_claims_are_refused_and_nothing_breaks(
    text: str, header: bytes, body: bytes
) -> None:
    parts = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, body, b"mark")]
    for each in (text or "x", ".".join(parts)):
        with pytest.raises(AuthError):
            # refused before any department is looked for, so there is no database
            await authenticate(None, SECRET, each, NOW)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (None, ("Unauthorized: authentication token must be provided", 401)),
        ("", ("Unauthorized: authentication token must be provided", 401)),
        ("Basic abc", ("Unauthorized: authentication bearer scheme must be used", 401)),
        ("Bearerabc", ("Unauthorized: authentication bearer scheme must be used", 401)),
    ],
)
def test_no_token(header: str | None, told: tuple[str, int]) -> None:
    with pytest.raises(AuthError) as raised:
        token_of(header)
    assert (raised.value.message, raised.value.status) == told


@pytest.mark.parametrize("header", ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c "])
def test_a_token_in_its_header(header: str) -> None:
    assert token_of(header) == "a.b.c"


async def test_an_empty_token_is_none(pool: Pool) -> None:
    assert await refused(pool, "") == ("Unauthorized: authentication token must be provided", 401)


async def test_a_revoked_key_ends_within_seconds_and_says_so(pool: Pool) -> None:
    made, other = await make(pool), await make(pool, name="other")
    await authenticate(pool, SECRET, token(made), NOW)
    async with pool.acquire() as connection:
        assert await revoke_key(connection, "reports", "website")
        assert not await revoke_key(connection, "reports", "website")
        assert not await revoke_key(connection, "reports", "nope")
    later = NOW + REMEMBERED
    await authenticate(pool, SECRET, token(made), later - timedelta(milliseconds=1))
    assert await refused(pool, token(made), later) == ("Invalid token: API key revoked", 403)
    await authenticate(pool, SECRET, token(other), later)
    with pytest.raises(Problem, match="has, or had, a key “website”"):
        await make(pool)


async def test_a_department_without_keys(pool: Pool) -> None:
    async with pool.acquire() as connection:
        service = await open_department(connection, "reports")
        assert await open_department(connection, "reports") == service
    text = token(f"a-{service}-{uuid4()}")
    assert await refused(pool, text) == ("Invalid token: service has no API keys", 403)


async def test_keys_are_read_once_in_some_seconds_and_anew_when_a_clock_jumps_back(pool: Pool) -> None:
    made = await make(pool)
    await authenticate(pool, SECRET, token(made), NOW)
    await pool.execute("UPDATE api_key SET revoked_at = now()")
    await authenticate(pool, SECRET, token(made), NOW + timedelta(seconds=4))
    assert await refused(pool, token(made), NOW - timedelta(seconds=1)) == (
        "Invalid token: API key revoked",
        403,
    )


async def test_what_is_remembered_is_bounded(pool: Pool) -> None:
    made = await make(pool)
    for number in range(MOST_REMEMBERED):
        remembered[b"", UUID(int=number)] = (NOW, [])
    await authenticate(pool, SECRET, token(made), NOW)
    assert len(remembered) == MOST_REMEMBERED


async def test_another_secret_of_the_installation_ends_all_keys(pool: Pool) -> None:
    made = await make(pool)
    with pytest.raises(AuthError, match="API key not found"):
        await authenticate(pool, b"t" * 32, token(made), NOW)
    async with pool.acquire() as connection:
        assert await lost_keys(connection, SECRET) == 0
        assert await lost_keys(connection, b"t" * 32) == 1
        await revoke_key(connection, "reports", "website")
        assert await lost_keys(connection, b"t" * 32) == 0


async def test_the_secret_is_the_setting_or_one_that_is_kept(pool: Pool) -> None:
    kept = await installation_secret(pool, Settings.model_validate({}))
    assert len(kept) >= 32
    assert await installation_secret(pool, Settings.model_validate({})) == kept
    assert await installation_secret(pool, Settings.model_validate({"secret_key": "s" * 32})) == SECRET


@pytest.mark.parametrize(
    ("department", "name", "kind", "sentence"),
    [
        ("Reports", "a", "normal", "A department's name is 2 to 40 lower-case letters"),
        ("r" * 41, "a", "normal", "A department's name"),
        ("reports", "", "normal", "A key's name is up to 60 letters"),
        ("reports", "a b", "normal", "A key's name"),
        ("reports", "a", "gold", "A key is of one of these kinds: normal, team, test."),
    ],
)
async def test_a_key_that_can_t_be_made(
    pool: Pool, department: str, name: str, kind: str, sentence: str
) -> None:
    with pytest.raises(Problem, match=sentence):
        await make(pool, department, name, kind)
    assert await pool.fetchval("SELECT count(*) FROM api_key") == 0


async def test_limits_members_and_the_list(pool: Pool) -> None:
    await make(pool)
    async with pool.acquire() as connection:
        assert await read_limits(connection, "reports") == (3000, 250000)
        await set_limits(connection, "reports", per_minute=60, per_day=None)
        assert await read_limits(connection, "reports") == (60, 250000)
        for wrong in (0, -1, 2**31):
            with pytest.raises(Problem, match="A limit is a number from 1 up"):
                await set_limits(connection, "reports", per_minute=None, per_day=wrong)
        with pytest.raises(Problem, match="There is no department “nope” yet"):
            await read_limits(connection, "nope")
        for _ in range(2):
            await add_member(connection, "reports", "+447700900001")
        assert await is_member(connection, "reports", "+447700900001")
        assert not await is_member(connection, "health", "+447700900001")
        assert await remove_member(connection, "reports", "+447700900001")
        assert not await remove_member(connection, "reports", "+447700900001")
        assert [(key.name, key.kind) for key in await list_keys(connection)] == [("website", "normal")]
        assert await list_keys(connection, "health") == []
