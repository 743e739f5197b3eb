"""The weights at the desk: their versions, another from a day to come, and what would have been."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from actions.childcare.award_client import Awards, Got
from actions.childcare.staff.forms import MistakeError, day, key_of, new_key, per_cent, text, who, written
from actions.childcare.staff.runs import ELEMENTS, NAMES
from actions.sdk import ServiceRefused
from bot.hours import LONDON
from bot.officers import Ability
from bot.turn import wall_clock
from channels.desk.departments import StaffPages
from channels.desk.rules import form

_ASKED: Final = ("since", "until", "low_income", "training", *ELEMENTS)


class WeightPages:
    """The pages of weights and of what-if.

    Args:
        pages: of the desk.
    """

    def __init__(self, pages: StaffPages) -> None:
        self._pages = pages

    def add(self) -> None:
        """Adds them."""
        self._pages.add("GET", "/weights", self.show, needs=Ability.TEAM, title="Weights")
        self._pages.add("POST", "/weights", self.add_version, needs=Ability.TEAM)
        self._pages.add("GET", "/what-if", self.what_if, needs=Ability.TEAM, title="What if")

    @property
    def _awards(self) -> Awards:
        return self._pages.service(Awards)

    async def show(self, request: web.Request) -> web.Response:
        """The versions, and the form for another."""
        return await self._show(request)

    async def _show(
        self, request: web.Request, mistake: str = "", typed: Mapping[str, str] | None = None
    ) -> web.Response:
        versions, now = await self._awards.weights()
        return self._pages.page(
            request, "weights.html", versions=versions, now=now, mistake=mistake, typed=typed or {},
            day=written, key=new_key(), changes=await self._awards.changes(), status=400 if mistake else 200,
        )  # fmt: skip

    async def add_version(self, request: web.Request) -> web.StreamResponse:
        """Adds a version."""
        fields = await form(request)
        typed = {name: str(fields.get(name, "")) for name in ("from", "low_income", "training", "why")}
        try:
            await self._awards.add_weights(
                day(fields, "from", "Holds from"), per_cent(fields, "low_income", "For low income"),
                per_cent(fields, "training", "For training"), why=text(fields, "why", "Why"),
                by=who(request), key=key_of(fields),
            )  # fmt: skip
        except MistakeError as mistake:
            return await self._show(request, str(mistake), typed)
        except ServiceRefused as refusal:
            return await self._show(request, refusal.diagnostics or refusal.code, typed)
        raise web.HTTPSeeOther(f"{self._pages.base}/weights")

    async def what_if(self, request: web.Request) -> web.Response:
        """What awards of a time would have been; nothing is changed by asking."""
        today = wall_clock().astimezone(LONDON).date()
        typed = {**self._usual(today, await self._awards.weights()), **{
            name: value for name, value in request.query.items() if name in _ASKED
        }}  # fmt: skip
        found: Got | None = None
        mistake = ""
        if request.query:
            try:
                found = await self._worked_out(typed)
            except MistakeError as error:
                mistake = str(error)
            except ServiceRefused as refusal:
                mistake = refusal.diagnostics or refusal.code
        return self._pages.page(
            request, "what_if.html", typed=typed, found=found, mistake=mistake, names=NAMES,
            elements=ELEMENTS, status=400 if mistake else 200,
        )  # fmt: skip

    async def _worked_out(self, typed: Mapping[str, str]) -> Got:
        since, until = day(typed, "since", "Periods from"), day(typed, "until", "Periods until")
        if until < since:
            raise MistakeError("Periods until: it is before the first day.")
        return await self._awards.what_if(
            since, until, per_cent(typed, "low_income", "For low income"),
            per_cent(typed, "training", "For training"),
            {each: per_cent(typed, each, NAMES[each], least=-100) for each in ELEMENTS},
        )  # fmt: skip

    @staticmethod
    def _usual(today: date, known: tuple[list[Got], int | None]) -> dict[str, str]:
        """The last year, as it was."""
        holds = next((each for each in known[0] if each["version"] == known[1]), None)
        return {
            "since": (today - timedelta(days=364)).isoformat(), "until": today.isoformat(),
            "low_income": per_cent_text(holds["low_income"] if holds else 0),
            "training": per_cent_text(holds["training"] if holds else 0), **dict.fromkeys(ELEMENTS, "0"),
        }  # fmt: skip


def per_cent_text(hundredths: int) -> str:
    """A percentage as it is written in a form."""
    return f"{hundredths / 100:g}"
