"""Our states as GOV.UK Notify's statuses."""

import pytest

from bot.outbox import FORWARD
from bot.statuses import SETTLED, notify_status, states_of

NOTIFY = {
    "created",
    "sending",
    "sent",
    "delivered",
    "permanent-failure",
    "temporary-failure",
    "technical-failure",
}


@pytest.mark.parametrize("state", FORWARD)
@pytest.mark.parametrize("channel", ["sms", "email", "letter", "webchat"])
def test_every_state_has_a_status_by_which_it_is_found(state: str, channel: str) -> None:
    for code in (None, "30005", "30003", "expired", "technical-failure"):
        status = notify_status(channel, state, code)
        assert status in NOTIFY
        assert state in states_of(status)


@pytest.mark.parametrize(
    ("channel", "state", "code", "status"),
    [
        ("sms", "created", None, "created"),
        ("sms", "retry", "no-answer", "created"),
        ("sms", "accepted", None, "sending"),
        ("sms", "sent", None, "sending"),
        ("email", "sent", None, "sent"),
        ("sms", "delivered", None, "delivered"),
        ("sms", "read", None, "delivered"),
        ("sms", "undelivered", None, "temporary-failure"),
        ("sms", "undelivered", "30005", "permanent-failure"),
        ("sms", "undelivered", "30003", "temporary-failure"),
        ("sms", "failed", "opted-out", "permanent-failure"),
        ("sms", "failed", "expired", "temporary-failure"),
        ("sms", "failed", "withdrawn", "technical-failure"),
    ],
)
def test_what_a_department_is_told(channel: str, state: str, code: str | None, status: str) -> None:
    assert notify_status(channel, state, code) == status


def test_what_a_department_is_called_back_for() -> None:
    assert SETTLED | {"created", "sending"} == NOTIFY


@pytest.mark.parametrize("status", ["", "pending", "nonsense"])
def test_a_status_that_is_none_finds_nothing(status: str) -> None:
    assert states_of(status) == []
