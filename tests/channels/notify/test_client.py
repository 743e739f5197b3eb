"""GOV.UK Notify's own Python client, unchanged but for its base URL: sends, previews, fetches and lists."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from notifications_python_client.errors import HTTPError

from bot.inbox import Arrival, accept
from bot.keys import Key
from bot.notices import Notices
from bot.settings import Settings
from channels.notify.errors import ApiError
from channels.notify.sending import Sending
from tests.channels.notify.conftest import Office

NUMBER = "07700 900123"
VALUES = {"name": "Siân", "day": "Tuesday"}
ENGLISH = "Dear Siân, bins go Tuesday."
BOTH = f"{ENGLISH}\n\nAnnwyl Siân, biniau Tuesday."


async def refused(
    office: Office, status: int, method: str, *given: Any, **named: Any
) -> list[dict[str, str]]:
    """The errors of a call that must fail."""
    with pytest.raises(HTTPError) as error:
        await office.call(method, *given, **named)
    assert error.value.status_code == status
    found: list[dict[str, str]] = error.value.message
    return found


async def test_a_text_message(office: Office) -> None:
    sent = await office.call(
        "send_sms_notification", NUMBER, office.id("sms"), personalisation=VALUES, reference="case 7"
    )
    assert sent["content"] == {"body": BOTH, "from_number": "+447700900000"}
    assert sent["reference"] == "case 7"
    assert sent["template"] == {
        "id": office.id("sms"), "version": 1,
        "uri": f"http://127.0.0.1:8080/v2/template/{office.id('sms')}/version/1",
    }  # fmt: skip
    assert sent["uri"].endswith(f"/v2/notifications/{sent['id']}")
    assert (sent["segments"], sent["cost"]) == (1, 0.04)
    found = await office.call("get_notification_by_id", sent["id"])
    assert found["phone_number"] == "+447700900123"
    assert (found["type"], found["status"], found["reference"]) == ("sms", "created", "case 7")
    assert (found["body"], found["subject"], found["email_address"]) == (BOTH, None, None)
    row = await office.pool.fetchrow("SELECT department, priority, status, key_kind FROM outbound")
    assert row is not None
    assert tuple(row) == ("reports", 0, "created", "normal")
    assert await office.pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'send'") == 1


async def test_an_e_mail(office: Office) -> None:
    given = ("send_email_notification", "Maya@Example.COM", office.id("email"), VALUES)
    sent = await office.call(*given)
    assert sent["content"]["subject"] == "Bins Tuesday / Biniau Tuesday"
    found = await office.call("get_notification_by_id", sent["id"])
    assert found["email_address"] == "Maya@example.com"
    assert (found["type"], found["status"]) == ("email", "created")


async def test_what_nothing_carries_is_refused_but_to_a_test_key(office: Office) -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    sending = Sending(
        office.pool, Notices(), lambda: datetime.now(UTC), settings.carried, abroad=settings.texts_abroad
    )
    body = {"email_address": "m@example.com", "template_id": office.id("email"), "personalisation": VALUES}
    with pytest.raises(ApiError, match="can’t send by email; a test key shows"):
        await sending.send(Key(1, "reports", office.service_id, "normal"), "email", body, None)
    assert (await sending.send(Key(1, "reports", office.service_id, "test"), "email", body, None)).made.new


async def test_a_letter(office: Office) -> None:
    address = {
        "address_line_1": "Maya Osei", "address line 2": "1 Mill Lane", "ADDRESS_LINE_3": "Leeds",
        "postcode": "ls62ab",
    }  # fmt: skip
    given = ("send_letter_notification", office.id("letter"), {**VALUES, **address})
    sent = await office.call(*given)
    found = await office.call("get_notification_by_id", sent["id"])
    assert [found[f"line_{at}"] for at in range(1, 6)] == [
        "Maya Osei",
        "1 Mill Lane",
        "Leeds",
        "LS6 2AB",
        None,
    ]
    assert await refused(office, 400, "get_pdf_for_letter", sent["id"]) == [
        {"error": "PDFNotReadyError", "message": "PDF not available yet, try again later"}
    ]
    await office.deliver()
    assert (await office.call("get_pdf_for_letter", sent["id"])).read().startswith(b"%PDF-")


async def test_templates_and_previews(office: Office) -> None:
    found = await office.call("get_template", office.id("email"))
    assert (found["id"], found["type"], found["version"]) == (office.id("email"), "email", 1)
    assert (found["body"], found["subject"]) == ("Dear ((name)), bins go ((day)).", "Bins ((day))")
    assert set(found["personalisation"]) == {"name", "day"}
    assert await office.call("get_template_version", office.id("email"), 1) == found
    listed = await office.call("get_all_templates")
    assert [each["type"] for each in listed["templates"]] == ["email", "letter", "sms"]
    listed = await office.call("get_all_templates", template_type="sms")
    assert [each["id"] for each in listed["templates"]] == [office.id("sms")]
    preview = await office.call("post_template_preview", office.id("sms"), VALUES)
    assert (preview["body"], preview["body_cy"]) == (ENGLISH, "Annwyl Siân, biniau Tuesday.")
    assert (preview["segments"], preview["cost"]) == (1, 0.04)
    assert await office.pool.fetchval("SELECT count(*) FROM outbound") == 0
    assert await refused(office, 404, "get_template", str(uuid4())) == [
        {"error": "NoResultFound", "message": "No result found"}
    ]
    await refused(office, 404, "get_template_version", office.id("sms"), 2)


async def test_listing(office: Office) -> None:
    ids = []
    for at in range(5):
        sent = await office.call(
            "send_sms_notification", f"0770090012{at}", office.id("sms"), VALUES, reference=f"r{at % 2}"
        )
        ids.append(sent["id"])
    await office.call("send_email_notification", "m@example.com", office.id("email"), VALUES, kind="test")
    await office.pool.execute(
        "UPDATE outbound SET status = 'delivered', completed_at = now() WHERE public_id = $1", ids[0]
    )
    await office.pool.execute(
        "UPDATE outbound SET status = 'failed', error_code = '30005' WHERE public_id = $1", ids[1]
    )

    async def listed(**query: Any) -> list[str]:
        found = await office.call("get_all_notifications", **query)
        return [each["id"] for each in found["notifications"]]

    assert await listed(template_type="sms") == ids[::-1]
    assert await listed(reference="r1") == [ids[3], ids[1]]
    assert await listed(status="delivered", template_type="sms") == [ids[0]]
    both = ["delivered", "permanent-failure"]
    assert await listed(status=both, template_type="sms") == [ids[1], ids[0]]
    assert await listed(status="failed") == [ids[1]]
    assert await listed(older_than=ids[2]) == [ids[1], ids[0]]
    assert await listed(older_than=str(uuid4())) == []
    assert len(await office.all("get_all_notifications_iterator")) == 6
    (error,) = await refused(office, 400, "get_all_notifications", "lost")
    assert error["error"] == "ValidationError"


async def test_texts_that_came_in(office: Office) -> None:
    for at in range(3):
        await accept(office.pool, Arrival("sms", NUMBER.replace(" ", ""), f"SM{at}", f"text {at}"))
    await office.pool.execute(
        "UPDATE inbound SET department = 'reports', to_address = '+447700900001' WHERE id > 1"
    )
    found = (await office.call("get_received_texts"))["received_text_messages"]
    assert [each["content"] for each in found] == ["text 2", "text 1"]
    assert found[0]["service_id"] == str(office.service_id)
    assert found[0]["notify_number"] == "+447700900001"
    older = await office.call("get_received_texts", older_than=found[0]["id"])
    assert [each["content"] for each in older["received_text_messages"]] == ["text 1"]
    assert len(await office.all("get_received_texts_iterator")) == 2


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("07700900001", "delivered"), ("07700900002", "permanent-failure"),
        ("07700900003", "temporary-failure"), ("07700900123", "delivered"),
    ],
)  # fmt: skip
async def test_a_test_key_sends_nothing_and_tells_an_outcome(
    office: Office, number: str, status: str
) -> None:
    sent = await office.call("send_sms_notification", number, office.id("sms"), VALUES, kind="test")
    found = await office.call("get_notification_by_id", sent["id"], kind="test")
    assert found["status"] == status
    assert await office.pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'send'") == 0


async def test_a_team_key_writes_to_the_team(office: Office) -> None:
    given = ("send_sms_notification", NUMBER, office.id("sms"), VALUES)
    (error,) = await refused(office, 400, *given, kind="team")
    assert "team-only API key" in error["message"]
    await office.pool.execute("INSERT INTO team_member VALUES ('reports', '+447700900123')")
    await office.call(*given, kind="team")


@pytest.mark.parametrize("number", ["07700900000", "07700900111", "07700900222"])
async def test_a_simulated_number_is_written_to_by_nobody(office: Office, number: str) -> None:
    await office.call("send_sms_notification", number, office.id("sms"), VALUES)
    assert await office.pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'send'") == 0


async def test_a_key_of_another_department_sees_nothing(office: Office) -> None:
    sent = await office.call("send_sms_notification", NUMBER, office.id("sms"), VALUES)
    await office.pool.execute("INSERT INTO department (name) VALUES ('health')")
    await office.pool.execute("UPDATE template SET department = 'health'")
    await office.pool.execute("UPDATE outbound SET department = 'health'")
    await refused(office, 404, "get_notification_by_id", sent["id"])
    await refused(office, 404, "get_template", office.id("sms"))
    assert (await office.call("get_all_notifications"))["notifications"] == []
    (error,) = await refused(office, 400, "send_sms_notification", NUMBER, office.id("sms"), VALUES)
    assert error == {"error": "BadRequestError", "message": "Template not found"}
