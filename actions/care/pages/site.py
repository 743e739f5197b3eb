"""The pages: signing in, the budget with its plan line by line, and the statements."""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from aiohttp import web
from aiohttp.typedefs import Handler

from actions.care.budget import Budget, Line, Plan
from actions.care.client import Care
from actions.care.pages import statement as statements
from actions.care.pages.session import Session, Sessions
from actions.care.pounds import pence_of
from actions.sdk import ServiceDown, ServiceRefused
from actions.sdk.service import Json
from bot.hours import LONDON
from bot.wording import FILTERS
from channels.department_pages import DepartmentPages
from channels.pages import page_language
from channels.tries import Tries

HERE: Final = Path(__file__).parent
type Clock = Callable[[], datetime]

PERIODS: Final = ("week", "month", "year", "once")
LONGEST: Final = 200
MONTHS: Final = 12
"""Statements that are listed."""
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)


class Reader(Care):
    """The client that the pages use: it shows this installation's key, as the assistant does."""


PAGES: Final = DepartmentPages(HERE, pounds=FILTERS["pence"])


def _utc_now() -> datetime:
    return datetime.now(UTC)


@web.middleware
async def _there(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A service that does not answer is a page that says so."""
    try:
        return await handler(request)
    except ServiceDown:
        raise web.HTTPServiceUnavailable from None


def months(budget: Budget, today: date) -> list[str]:
    """The months that a statement can be had of, the newest first: `2026-11`."""
    found, month = list[str](), today.replace(day=1)
    while month >= budget.starts_on.replace(day=1) and len(found) < MONTHS:
        found.append(f"{month:%Y-%m}")
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def application(
    client: Callable[[], Care],
    _places: object,
    *,
    tries: Tries,
    base: str = "/care",
    public_url: str = "",
    demo: bool = False,
    clock: Clock = _utc_now,
    **_settings: object,
) -> web.Application:
    """The pages, to be mounted at `base` in an application that has `channels.pages.add_pages`.

    Args:
        client: gives the service's client.
        tries: counts those to sign in.
        base: the path it is mounted at.
        public_url: of the installation.
        demo: whether to say that this is the demonstration.
        clock: the time.
    """
    site = _Site(client, Sessions(public_url), base, demo, clock, tries)
    app = web.Application(client_max_size=16 * 1024, middlewares=[_there])
    line = r"/lines/{line:\d{1,18}}"
    month = r"/statement/{month:\d{4}-\d{2}}"
    app.add_routes([
        web.get("", site.budget), web.get("/", site.budget), web.post("/sign-in", site.sign_in),
        web.post("/sign-out", site.sign_out), web.post("/lines", site.add), web.get(line, site.edit),
        web.post(line, site.change), web.post(f"{line}/remove", site.remove), web.post("/send", site.send),
        web.get(month, site.statement), web.get(rf"{month}.pdf", site.statement_pdf),
    ])  # fmt: skip
    return app


class _Site:
    """The handlers."""

    def __init__(
        self, client: Callable[[], Care], sessions: Sessions, base: str, demo: bool, clock: Clock,
        tries: Tries,
    ) -> None:  # fmt: skip
        self._tries = tries
        self._client, self._sessions, self._base = client, sessions, base
        self._demo, self._clock = demo, clock
        # A lock is there for as long as somebody has it or waits for it.
        self._drawing = WeakValueDictionary[str, asyncio.Lock]()

    # --- what every page needs ------------------------------------------------------------------------

    def _page(
        self,
        request: web.Request,
        name: str,
        session: Session | None = None,
        status: int = 200,
        **values: object,
    ) -> web.Response:
        language = page_language(request)
        text = PAGES.render(
            name, language, demo=self._demo, base=self._base, csrf=session.csrf if session else "",
            once=lambda: str(uuid4()), periods=PERIODS,
            month=lambda each: statements.month_title(each, language), **values,
        )  # fmt: skip
        return web.Response(text=text, status=status, content_type="text/html")

    async def _found(self, request: web.Request) -> Session | None:
        """Who asks; None for nobody, or whose sign-in is over."""
        token = self._sessions.token(request)
        if token is None:
            return None
        try:
            return Session((await self._client().signed_in(token)).reference, token)
        except ServiceRefused as refusal:
            if refusal.code != "NO_SUCH":
                raise
            return None

    async def _session(self, request: web.Request) -> Session:
        """Who asks.

        Raises:
            web.HTTPSeeOther: nobody: to signing in.
        """
        found = await self._found(request)
        if found is None:
            raise web.HTTPSeeOther(self._home(request))
        return found

    def _home(self, request: web.Request, place: str = "") -> str:
        return f"{self._base}{'?lang=cy' if page_language(request) == 'cy' else ''}{place}"

    async def _form(self, request: web.Request) -> tuple[Session, Mapping[str, str], str]:
        """Who sent a form, its fields, and the key that makes it the same when it is sent again."""
        session, fields = await self._session(request), await _fields(request)
        self._sessions.check(request, session, fields.get("csrf", ""))
        try:
            return session, fields, f"page-{session.reference}-{UUID(fields.get('once', ''))}"
        except ValueError:
            raise web.HTTPBadRequest from None

    # --- signing in -----------------------------------------------------------------------------------

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """By the letter: reference, code and year of birth; five wrong tries lock it, 100 the network."""
        fields = await _fields(request)
        self._sessions.check(request, None, "")
        reference = "".join(each for each in fields.get("reference", "") if each.isascii() and each.isdigit())
        code, year = fields.get("code", "").strip()[:40], fields.get("year", "").strip()
        t = PAGES.words(page_language(request))
        problem, status = t["wrong_form"], 422
        if len(reference) == 8 and code and _YEAR.fullmatch(year) and 1880 <= int(year) <= 2100:
            if not await self._tries.another(request):
                return self._page(
                    request, "care_sign_in.html", status=429, problem=t["too_many"], given=reference
                )
            try:
                token = await self._client().sign_in(reference, code, int(year))
            except ServiceRefused as refusal:
                problem, status = _refused(refusal, t)
            else:
                await self._tries.forgive(request)
                response = web.HTTPSeeOther(self._home(request))
                self._sessions.keep(response, token)
                raise response
        return self._page(request, "care_sign_in.html", status=status, problem=problem, given=reference)

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """Out, at the service too: a copy of the cookie opens nothing."""
        session, fields = await self._session(request), await _fields(request)
        self._sessions.check(request, session, fields.get("csrf", ""))
        await self._client().sign_out(session.token)
        response = web.HTTPSeeOther(self._home(request))
        self._sessions.end(response)
        raise response

    # --- the budget and its plan ----------------------------------------------------------------------

    async def budget(self, request: web.Request) -> web.Response:
        """The budget with its plan; signing in, for who is not."""
        session = await self._found(request)
        if session is None:
            return self._page(request, "care_sign_in.html", problem="", given="")
        return await self._budget(request, session)

    async def _budget(
        self, request: web.Request, session: Session, problems: Mapping[str, str] | None = None,
        typed: Mapping[str, str] | None = None, told: str = "",
    ) -> web.Response:  # fmt: skip
        client, who = self._client(), session.reference
        citizen, plan = await client.citizen(who), await client.plan(who)
        return self._page(
            request, "care_budget.html", session, 422 if problems or told else 200,
            citizen=citizen, plan=plan,
            budget=citizen.budget, position=citizen.position, problems=problems or {}, typed=typed or {},
            told=told, months=months(citizen.budget, self._clock().astimezone(LONDON).date()),
            helpers=await client.helpers(who),
        )  # fmt: skip

    async def add(self, request: web.Request) -> web.StreamResponse:
        """A new line."""
        session, fields, key = await self._form(request)
        line, problems = _line(fields, PAGES.words(page_language(request)))
        if line is None:
            return await self._budget(request, session, problems, fields)
        return await self._write(request, session, line, key)

    async def edit(self, request: web.Request) -> web.Response:
        """A line, to be changed."""
        session = await self._session(request)
        line = _of(await self._client().plan(session.reference), int(request.match_info["line"]))
        pounds = f"{line.pence // 100}.{line.pence % 100:02}"
        typed = {"words": line.words, "outcome": line.outcome, "amount": pounds, "period": line.period}
        return self._page(request, "care_line.html", session, line=line, typed=typed, problems={})

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Another line in the place of one."""
        session, fields, key = await self._form(request)
        number = int(request.match_info["line"])
        wanted, problems = _line(fields, PAGES.words(page_language(request)))
        if wanted is None:
            line = _of(await self._client().plan(session.reference), number)
            return self._page(
                request, "care_line.html", session, 422, line=line, typed=fields, problems=problems
            )
        return await self._write(request, session, wanted, key, number)

    async def _write(
        self, request: web.Request, session: Session, line: Mapping[str, Json], key: str, number: int = 0
    ) -> web.StreamResponse:
        return await self._do(
            request, session, self._client().write_line(session.reference, line, key, number)
        )

    async def remove(self, request: web.Request) -> web.StreamResponse:
        """A line less."""
        session, _, key = await self._form(request)
        number = int(request.match_info["line"])
        return await self._do(request, session, self._client().remove_line(session.reference, number, key))

    async def send(self, request: web.Request) -> web.StreamResponse:
        """The plan goes to the council."""
        session, _, key = await self._form(request)
        return await self._do(request, session, self._client().send_plan(session.reference, key))

    async def _do(self, request: web.Request, session: Session, call: Any) -> web.StreamResponse:
        t = PAGES.words(page_language(request))
        try:
            await call
        except ServiceRefused as refusal:
            return await self._budget(request, session, told=t.get(f"no_{refusal.code}", t["no_other"]))
        raise web.HTTPSeeOther(self._home(request, "#plan"))

    # --- statements -----------------------------------------------------------------------------------

    async def statement(self, request: web.Request) -> web.Response:
        """A month's statement."""
        session = await self._session(request)
        found = await self._statement(session, request.match_info["month"])
        t = PAGES.words(page_language(request))
        rows = [(entry, statements.entry_title(entry, t)) for entry in found.entries]
        return self._page(request, "care_statement.html", session, statement=found, rows=rows)

    async def statement_pdf(self, request: web.Request) -> web.Response:
        """The same in large print, drawn beside the loop; one at a time for who is signed in."""
        session, language = await self._session(request), page_language(request)
        month = request.match_info["month"]
        async with self._drawing.setdefault(session.token, asyncio.Lock()):
            found = await self._statement(session, month)
            name = (await self._client().citizen(session.reference)).name
            now = self._clock().astimezone(LONDON)
            pdf = await asyncio.to_thread(
                statements.draw, found, name, PAGES.words(language), language, now
            )  # fmt: skip
        return web.Response(
            body=pdf, content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="care-{month}.pdf"'},
        )  # fmt: skip

    async def _statement(self, session: Session, month: str) -> Any:
        try:
            return await self._client().statement(session.reference, date.fromisoformat(f"{month}-01"))
        except (ValueError, ServiceRefused):
            raise web.HTTPNotFound from None


async def _fields(request: web.Request) -> Mapping[str, str]:
    """The texts of a form.

    Raises:
        web.HTTPBadRequest: it can't be read.
    """
    try:
        given = await request.post()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest from None
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _refused(refusal: ServiceRefused, t: Mapping[str, str]) -> tuple[str, int]:
    """Why somebody is not signed in, and the status of the page that says so.

    Raises:
        ServiceRefused: for another reason.
    """
    if refusal.code == "LOCKED":
        until = datetime.fromisoformat(str(refusal.details["until"])).astimezone(LONDON)
        return t["locked"].format(until=f"{until:%H:%M}"), 423
    if refusal.code in {"PROOF_FAILED", "INVALID"}:
        return t["wrong_proof"].format(left=refusal.details.get("remaining-tries", 0)), 401
    raise refusal


def _line(fields: Mapping[str, str], t: Mapping[str, str]) -> tuple[dict[str, Json] | None, dict[str, str]]:
    """A line as the service takes it, or what is wrong with its fields."""
    said = " ".join(fields.get("words", "").split())
    outcome = " ".join(fields.get("outcome", "").split())
    pence, period = pence_of(fields.get("amount", "")), fields.get("period", "")
    problems = {
        name: t[f"wrong_{name}"]
        for name, wrong in (
            ("words", not said or len(said) > LONGEST), ("outcome", len(outcome) > LONGEST),
            ("amount", pence is None), ("period", period not in PERIODS),
        )
        if wrong
    }  # fmt: skip
    if problems or pence is None:
        return None, problems
    return {"words": said, "outcome": outcome, "pence": pence, "period": period}, {}


def _of(plan: Plan, number: int) -> Line:
    """A line of the plan as it is written now.

    Raises:
        web.HTTPNotFound: there is none.
    """
    for line in plan.latest.lines if plan.latest else ():
        if line.line == number:
            return line
    raise web.HTTPNotFound
