"""What the department's pages have in common: forms that are done once, and why one was not."""

from collections.abc import Awaitable, Mapping
from typing import Final
from uuid import UUID, uuid4

from aiohttp import web

from actions.sdk import ServiceRefused
from actions.sdk.service import Json
from bot.officers import Ability, Officer
from channels.desk.departments import StaffPages
from channels.desk.rules import OFFICER, form

LONGEST_REASON: Final = 300
REFUSED: Final[Mapping[str, str]] = {
    "NOT_NOW": "Somebody was quicker, or it changed meanwhile: look at it as it is now.",
    "REASON_NEEDED": "Give the reason in plain words: the citizen reads it as you write it.",
    "PLAN_OVER": "With that line the plan is more than the budget: talk a line over first.",
    "NOTICE_RUNS": "The 30 days of the notice are not over, so nothing can be taken yet.",
    "NO_SUCH": "There is no such thing any more.",
    "INVALID": "That could not be read: check the amount and the reason.",
}


class DeskPage:
    """Base of the pages.

    Args:
        pages: of the desk, for this department.
    """

    template: str

    def __init__(self, pages: StaffPages) -> None:
        self.pages = pages

    def show(self, request: web.Request, mistake: str = "", **values: object) -> web.Response:
        """The page; each form on it carries a mark of its own, so that it is done once."""
        officer: Officer = request[OFFICER]
        return self.pages.page(
            request, self.template, status=409 if mistake else 200, mistake=mistake, here=self.template,
            names=officer.may(Ability.CONTACT), mark=lambda: str(uuid4()), **values,
        )  # fmt: skip


class Sent:
    """A form as it was sent.

    Args:
        fields: of it.
        officer: who sent it.
    """

    def __init__(self, fields: Mapping[str, object], officer: str) -> None:
        self.fields, self.officer = fields, officer

    @classmethod
    async def read(cls, request: web.Request) -> "Sent":
        """Reads it."""
        officer: Officer = request[OFFICER]
        return cls(await form(request), f"officer:{officer.id}")

    def text(self, name: str) -> str:
        """A field, without space around it."""
        return str(self.fields.get(name, "")).strip()[:LONGEST_REASON]

    @property
    def key(self) -> str:
        """The mark of the form.

        Raises:
            web.HTTPBadRequest: it has none of ours.
        """
        try:
            return f"desk-{UUID(self.text('once'))}"
        except ValueError:
            raise web.HTTPBadRequest from None

    @property
    def decision(self) -> dict[str, Json]:
        """What the officer decided, as the service is told it."""
        return {
            "agreed": self.text("decision") == "agree", "reason": self.text("reason"), "officer": self.officer
        }  # fmt: skip

    @property
    def end(self) -> dict[str, Json]:
        """A reason, as the service is told it."""
        return {"reason": self.text("reason"), "officer": self.officer}


async def mistake_of(call: Awaitable[object]) -> str:
    """Why a call was refused, in a sentence; "" where it was done."""
    try:
        await call
    except ServiceRefused as refusal:
        return REFUSED.get(refusal.code, f"The service refused it ({refusal.code}).")
    return ""
