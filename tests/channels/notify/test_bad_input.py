"""What can't be sent: each a clear sentence in Notify's form, and nothing stored."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import aiohttp
import jwt
import pytest

from bot.urgency import Urgency
from channels.notify.recipients import check_address, check_email, check_phone
from tests.channels.notify.conftest import Office

VALUES = {"name": "Maya", "day": "Tuesday"}


def token(office: Office) -> str:
    key = office.keys["normal"]
    return jwt.encode({"iss": str(office.service_id), "iat": int(time.time())}, key[-36:], algorithm="HS256")


async def post(
    office: Office, path: str, body: Any, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """A call of ours, with whatever body."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {
        "Authorization": f"Bearer {token(office)}",
        "Content-Type": "application/json",
        **(headers or {}),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{office.url}{path}", data=data, headers=given) as answer,
    ):
        return answer.status, await answer.json()


def sms(office: Office, **more: Any) -> dict[str, Any]:
    return {"phone_number": "07700900123", "template_id": office.id("sms"), "personalisation": VALUES, **more}


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"phone_number": None}, "ValidationError", "phone_number is not of type string"),
        ({"phone_number": "0770090012"}, "ValidationError", "phone_number Number is too short"),
        ({"phone_number": "07700900123456"}, "ValidationError", "phone_number Number is too long"),
        (
            {"phone_number": "0113 496 0000"},
            "ValidationError",
            "phone_number Not a mobile number: it is a landline",
        ),
        ({"phone_number": "60006"}, "ValidationError", "phone_number Number is too short"),
        (
            {"phone_number": "+33612345678"},
            "ValidationError",
            "phone_number Cannot send to international mobile",
        ),
        ({"phone_number": "call me"}, "ValidationError", "phone_number Must not contain letters or symbols"),
        ({"phone_number": "09012345678"}, "ValidationError", "phone_number Not a"),
        ({"template_id": "x"}, "ValidationError", "template_id is not a valid UUID"),
        ({"template_id": str(uuid4())}, "BadRequestError", "Template not found"),
        ({"personalisation": {"name": "Maya"}}, "BadRequestError", "Missing personalisation: day"),
        ({"personalisation": None}, "ValidationError", "personalisation is not of type object"),
        (
            {"personalisation": {**VALUES, "name": {"a": 1}}},
            "ValidationError",
            "personalisation is not valid",
        ),
        ({"personalisation": {**VALUES, "name": "x" * 950}}, "BadRequestError", "918 characters"),
        ({"reference": "x" * 1001}, "ValidationError", "reference is too long"),
        ({"language": "fr"}, "ValidationError", "language is not one of [en, cy]"),
        ({"due_at": "soon"}, "ValidationError", "due_at is not a date and time"),
        (
            {"colour": "red"},
            "ValidationError",
            "Additional properties are not allowed ('colour' was unexpected)",
        ),
    ],
)
async def test_what_cannot_be_sent(office: Office, change: dict[str, Any], kind: str, message: str) -> None:
    status, answer = await post(office, "/v2/notifications/sms", sms(office, **change))
    assert (status, answer["status_code"]) == (400, 400)
    assert [error["error"] for error in answer["errors"]] == [kind]
    assert message in answer["errors"][0]["message"]
    assert await office.pool.fetchval("SELECT count(*) FROM outbound") == 0
    assert await office.pool.fetchval("SELECT count(*) FROM conversation") == 0


async def test_every_mistake_is_told_at_once(office: Office) -> None:
    status, answer = await post(office, "/v2/notifications/sms", {"reference": 7})
    assert status == 400
    assert sorted(error["message"] for error in answer["errors"]) == [
        "phone_number is a required property",
        "reference is not of type string or null",
        "template_id is a required property",
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b'{"a": NaN}', 400), (b"\xff\xfe", 400),
        (b"[" * 100_000, 400), (b'{"a": "' + b"x" * 600_000 + b'"}', 413),
    ],
)  # fmt: skip
async def test_a_body_that_is_none(office: Office, body: bytes, status: int) -> None:
    got, answer = await post(office, "/v2/notifications/sms", body)
    assert got == status
    assert answer["status_code"] == status
    assert answer["errors"][0]["message"]


async def test_surplus_values_are_left_aside_and_control_characters_taken_out(office: Office) -> None:
    values = {**VALUES, "name": "Ma\x00y\x1ba\u202e", "more": "surplus"}
    status, answer = await post(office, "/v2/notifications/sms", sms(office, personalisation=values))
    assert status == 201
    assert answer["content"]["body"].startswith("Dear Maya,")


async def test_a_template_of_another_channel(office: Office) -> None:
    _, answer = await post(office, "/v2/notifications/sms", sms(office, template_id=office.id("email")))
    assert answer["errors"][0]["message"] == "email template is not suitable for sms notification"


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"Authorization": ""}, 401, "authentication token must be provided"),
        ({"Authorization": "Basic x"}, 401, "bearer scheme"),
        ({"Authorization": "Bearer x"}, 403, "api token is not valid"),
    ],
)
async def test_who_asks(office: Office, headers: dict[str, str], status: int, message: str) -> None:
    got, answer = await post(office, "/v2/notifications/sms", sms(office), headers)
    assert got == status
    assert answer["errors"][0]["error"] == "AuthError"
    assert message in answer["errors"][0]["message"]


async def test_other_paths_and_methods_are_told_in_the_same_form(office: Office) -> None:
    status, answer = await post(office, "/v2/nothing", {})
    assert (status, answer["errors"][0]["error"]) == (404, "NoResultFound")
    status, answer = await post(office, "/v2/templates", {})
    assert (status, answer["errors"][0]["error"]) == (405, "MethodNotAllowed")


async def test_the_same_key_sends_one_message(office: Office) -> None:
    once = {"Idempotency-Key": "abc"}
    answers = await asyncio.gather(
        *(post(office, "/v2/notifications/sms", sms(office), once) for _ in range(6))
    )
    assert {status for status, _ in answers} == {201}
    assert len({answer["id"] for _, answer in answers}) == 1
    assert await office.pool.fetchval("SELECT count(*) FROM outbound") == 1
    status, answer = await post(office, "/v2/notifications/sms", sms(office, reference="other"), once)
    assert (status, answer["errors"][0]["error"]) == (409, "Conflict")


async def test_a_reference_may_be_unique_on_request(office: Office) -> None:
    body = sms(office, reference="case 7", unique_reference=True)
    first, again = [await post(office, "/v2/notifications/sms", body) for _ in range(2)]
    assert first[1]["id"] == again[1]["id"]
    await post(office, "/v2/notifications/sms", sms(office, reference="case 7"))
    assert await office.pool.fetchval("SELECT count(*) FROM outbound") == 2


@pytest.mark.parametrize(
    ("column", "kind", "message"),
    [
        (
            "per_minute",
            "RateLimitError",
            "Exceeded rate limit for key type NORMAL of 2 requests per 60 seconds",
        ),
        ("per_day", "TooManyRequestsError", "Exceeded send limits (2) for today"),
    ],
)
async def test_a_departments_limits(office: Office, column: str, kind: str, message: str) -> None:
    await office.pool.execute(f"UPDATE department SET {column} = 2")
    for _ in range(2):
        assert (await post(office, "/v2/notifications/sms", sms(office)))[0] == 201
    status, answer = await post(office, "/v2/notifications/sms", sms(office))
    assert status == 429
    assert answer["errors"] == [{"error": kind, "message": message}]
    assert await office.pool.fetchval("SELECT count(*) FROM outbound") == 2


async def test_an_opted_out_number_is_accepted_and_told(office: Office) -> None:
    """The department is told by the message's state, as Notify does; the citizen gets nothing."""
    status, first = await post(office, "/v2/notifications/sms", sms(office))
    assert status == 201
    await office.pool.execute("UPDATE conversation SET opted_out_at = now()")
    assert (await post(office, "/v2/notifications/sms", sms(office)))[0] == 201
    assert first["id"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("07700 900123", "+447700900123"), ("+44 (0)7911 123456", "+447911123456"),
        ("0044 7911 123456", "+447911123456"), ("7911123456", "+447911123456"),
        (" 07911\u2010123456 ", "+447911123456"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(written: str, number: str) -> None:
    assert check_phone(written) == number


def test_numbers_abroad_where_the_installation_says_so() -> None:
    assert check_phone("+33 6 12 34 56 78", abroad=True) == "+33612345678"
    with pytest.raises(ValueError, match="landline"):
        check_phone("+33 1 42 68 53 00", abroad=True)


@pytest.mark.parametrize(
    "text",
    ["", "maya", "maya@", "@example.com", "a b@example.com", "maya@localhost", "m@x.com\nBcc: y@z.com"],
)
def test_no_e_mail_address(text: str) -> None:
    with pytest.raises(ValueError, match="Not a valid email address"):
        check_email(text)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["Maya", "LS6 2AB"], "at least 3 lines"),
        (["Maya", "1 Mill Lane", "Leeds"], "real UK postcode"),
        (["a", "b", "c", "d", "e", "f", "g\nLS6 2AB"], "no more than 7"),
        (["Maya", "x" * 201, "LS6 2AB"], "longer than 200"),
    ],
)
def test_no_postal_address(lines: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_address({f"address_line_{at}": line for at, line in enumerate(lines, 1)})


def test_urgency_is_the_templates(office: Office) -> None:
    assert office.templates["sms"].urgency is Urgency.URGENT
