"""A case: its page, and everything an officer does with it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from aiohttp import web

from bot import audit
from bot.desk import ownership, work
from bot.desk.cases import CONTACTS, OUTCOMES, desk_names
from bot.desk.record import Record, clock, read_messages, read_record
from bot.desk.replies import canned
from bot.engine.runtime import packs
from bot.hours import LONDON
from bot.officers import Ability, Officer
from bot.queue import Connection, Pool
from bot.turn import wall_clock
from channels.desk.listing import reach
from channels.desk.rules import OFFICER, Routes, desk_page
from channels.sms.segments import measure, prepare

BECAUSE: Final = ("wrong_team", "needs_expert", "language", "end_of_shift", "other")
"""Why a case goes to another desk; counted as causes of hand-offs."""
HIDDEN: Final = "hidden"
"""What is shown of a contact point to a role that may not see it."""
LONGEST_SNOOZE: Final = timedelta(days=366)

type Form = dict[str, str]
type Act = Callable[[Connection, int, Officer, Form], Awaitable[None]]


class MistakeError(Exception):
    """A form can't be carried out; the text is a sentence for the officer."""


class Cases:
    """The pages and forms of single cases."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._acts: dict[str, Act] = {
            "take": self._take, "release": self._release, "hand-back": self._hand_back,
            "reply": self._reply, "note": self._note, "labels": self._labels, "transfer": self._transfer,
            "snooze": self._snooze, "close": self._close, "reopen": self._reopen, "start": self._start,
        }  # fmt: skip

    def add(self, routes: Routes) -> None:
        """Adds the routes, each with what it needs."""
        routes.add("GET", r"/cases/{id:\d{1,18}}", self.show, needs=Ability.SEE)
        routes.add("GET", r"/cases/{id:\d{1,18}}/part", self.part, needs=Ability.SEE)
        routes.add("GET", r"/cases/{id:\d{1,18}}/print", self.print, needs=Ability.SEE)
        routes.add(
            "GET", r"/cases/{id:\d{1,18}}/pictures/{picture:[0-9a-f-]{36}}", self.picture, needs=Ability.SEE
        )
        routes.add("POST", r"/cases/{id:\d{1,18}}/draft", self.draft, needs=Ability.ACT)
        for name in self._acts:
            routes.add("POST", rf"/cases/{{id:\d{{1,18}}}}/{name}", self._form(name), needs=Ability.ACT)

    # --- pages --------------------------------------------------------------------------------

    async def _record(self, request: web.Request) -> Record:
        officer: Officer = request[OFFICER]
        record = await read_record(self._pool, int(request.match_info["id"]), officer.id, reach(officer))
        if record is None:
            raise web.HTTPNotFound
        return record

    async def show(self, request: web.Request) -> web.Response:
        """The page of a case; that it was looked at is audited."""
        record, officer = await self._record(request), request[OFFICER]
        async with self._pool.acquire() as connection, connection.transaction():
            await audit.append(connection, officer.id, "case.viewed", "escalation", record.entry.id, {})
        return await self._page(request, record)

    async def _page(
        self, request: web.Request, record: Record, *, mistake: str | None = None, typed: Form | None = None,
        template: str = "case.html", status: int = 200,
    ) -> web.Response:  # fmt: skip
        officer: Officer = request[OFFICER]
        messages = (
            await read_messages(self._pool, record.conversation_id)
            if record.conversation_id is not None
            else []
        )
        others = await work.look(self._pool, record.entry.id, officer.id)
        return desk_page(
            request, template, status=status,
            record=record, messages=messages, others=others, clock=clock(record.entry, wall_clock()),
            mine=record.officer_id == officer.id and record.entry.state == "taken",
            speaking=record.speaker == "officer" and record.officer_id == officer.id,
            may_act=officer.may(Ability.ACT),
            address=record.address if officer.may(Ability.CONTACT) else HIDDEN,
            mistake=mistake, typed=typed or {}, page_id=uuid4(),
            replies=await canned(self._pool, record.entry.desk), outcomes=OUTCOMES, contacts=CONTACTS,
            because=BECAUSE, desks=sorted(desk_names() - {record.entry.desk}), desk_title=_desk_title,
            flows=[
                (flow.id, flow.title_in("en")) for flow in packs().flows.values()
                if not flow.small_talk and not flow.fleeting
            ],
            now=wall_clock(), segments=measure(record.draft) if record.draft else None,
        )  # fmt: skip

    async def part(self, request: web.Request) -> web.Response:
        """What changes by itself while the page is open: transcript, state, who else looks."""
        return await self._page(request, await self._record(request), template="case_part.html")

    async def print(self, request: web.Request) -> web.Response:
        """The case on paper."""
        record, officer = await self._record(request), request[OFFICER]
        async with self._pool.acquire() as connection, connection.transaction():
            await audit.append(connection, officer.id, "case.printed", "escalation", record.entry.id, {})
        return await self._page(request, record, template="case_print.html")

    async def picture(self, request: web.Request) -> web.Response:
        """A picture that the citizen of this case sent; drawn anew when it came in."""
        record = await self._record(request)
        try:
            picture_id = UUID(request.match_info["picture"])
        except ValueError:
            raise web.HTTPNotFound from None
        row = await self._pool.fetchrow(
            "SELECT bytes, type FROM picture WHERE id = $1 AND conversation_id = $2",
            picture_id, record.conversation_id,
        )  # fmt: skip
        if row is None:
            raise web.HTTPNotFound
        return web.Response(body=row["bytes"], content_type=row["type"])

    # --- forms --------------------------------------------------------------------------------

    def _form(self, name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """One form of the page: done in one transaction with its line of the audit."""

        async def handle(request: web.Request) -> web.StreamResponse:
            officer: Officer = request[OFFICER]
            record = await self._record(request)
            form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
            case_id = record.entry.id
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    await self._acts[name](connection, case_id, officer, form)
                    await work.present(connection, officer.id)
                    await audit.append(connection, officer.id, f"case.{name}", "escalation", case_id, {})
            except ownership.TakenError as taken:
                mistake = f"{taken.name} has this. You can read along."
            except ownership.NotYoursError:
                mistake = "This is not yours any more. What you typed is kept below."
            except ownership.ClosedError:
                mistake = "This is closed. Open it again first."
            except (MistakeError, work.TextError) as wrong:
                mistake = str(wrong)
            else:
                raise web.HTTPSeeOther(
                    "/desk/cases"
                    if name in ("release", "snooze", "close", "transfer")
                    else f"/desk/cases/{case_id}"
                )
            if name == "reply" and form.get("text"):
                await self._keep(case_id, officer, form["text"])
            return await self._page(
                request, await self._record(request), mistake=mistake, typed=form, status=409
            )

        handle.__name__ = f"case_{name.replace('-', '_')}"
        return handle

    async def _keep(self, case_id: int, officer: Officer, text: str) -> None:
        async with self._pool.acquire() as connection:
            await work.keep_draft(connection, case_id, officer.id, text[: work.MOST_NOTE])

    async def draft(self, request: web.Request) -> web.Response:
        """Keeps what is typed, and says how many parts it would be."""
        record, officer = await self._record(request), request[OFFICER]
        form = await request.post()
        text = str(form.get("text", ""))[: work.MOST_NOTE]
        await self._keep(record.entry.id, officer, text)
        await work.present(self._pool, officer.id)
        parts = measure(prepare(text)) if text.strip() else None
        return web.json_response(
            {"segments": parts.segments if parts else 0, "encoding": parts.encoding if parts else ""}
        )

    async def _take(self, connection: Connection, case_id: int, officer: Officer, _: Form) -> None:
        await ownership.take(connection, case_id, officer.id, reach(officer))

    async def _release(self, connection: Connection, case_id: int, officer: Officer, _: Form) -> None:
        await ownership.release(connection, case_id, officer.id, "released")

    async def _hand_back(self, connection: Connection, case_id: int, officer: Officer, _: Form) -> None:
        await ownership.hand_back(connection, case_id, officer.id)

    async def _reply(self, connection: Connection, case_id: int, officer: Officer, form: Form) -> None:
        try:
            page_id = UUID(form.get("page_id", ""))
        except ValueError:
            raise MistakeError("The page was too old. Send it again.") from None
        text = form.get("text", "").replace("\r\n", "\n")
        if "((" in text:
            raise MistakeError("Fill in what stands in (( )) first.")
        await work.answer(connection, case_id, officer.id, text, page_id)

    async def _note(self, connection: Connection, case_id: int, officer: Officer, form: Form) -> None:
        await work.add_note(connection, case_id, officer.id, form.get("note", ""))

    async def _labels(self, connection: Connection, case_id: int, officer: Officer, form: Form) -> None:
        await work.label(connection, case_id, officer.id, form.get("labels", "").split(","))

    async def _transfer(self, connection: Connection, case_id: int, officer: Officer, form: Form) -> None:
        desk, because = form.get("desk", ""), form.get("because", "")
        if desk not in desk_names():
            raise MistakeError("Choose the desk it goes to.")
        if because not in BECAUSE:
            raise MistakeError("Choose why it goes there.")
        if form.get("note", "").strip():
            await work.add_note(connection, case_id, officer.id, form["note"])
        await ownership.transfer(connection, case_id, officer.id, desk, because)

    async def _snooze(self, connection: Connection, case_id: int, officer: Officer, form: Form) -> None:
        try:
            until = datetime.fromisoformat(form.get("until", "")).replace(tzinfo=LONDON)
        except ValueError:
            raise MistakeError("Give a day and a time, such as 2026-12-01 09:00.") from None
        now = wall_clock()
        if not now < until < now + LONGEST_SNOOZE:
            raise MistakeError("Choose a time to come, within a year.")
        await ownership.snooze(connection, case_id, officer.id, until)

    async def _close(self, connection: Connection, case_id: int, officer: Officer, form: Form) -> None:
        outcome, contact = form.get("outcome", ""), form.get("contact", "")
        if outcome not in OUTCOMES:
            raise MistakeError("Choose what became of it.")
        if contact not in CONTACTS:
            raise MistakeError("Choose what kind of contact it was.")
        await ownership.close(
            connection, case_id, officer.id, outcome=outcome, contact=contact, ask=form.get("ask") == "1"
        )

    async def _reopen(self, connection: Connection, case_id: int, officer: Officer, _: Form) -> None:
        try:
            await ownership.reopen(connection, case_id, officer.id)
        except LookupError:
            raise MistakeError("It is open already.") from None

    async def _start(self, connection: Connection, case_id: int, officer: Officer, form: Form) -> None:
        """Hands the citizen back into a journey that the officer chose for them."""
        flow = packs().flows.get(form.get("flow", ""))
        if flow is None or flow.small_talk or flow.fleeting:
            raise MistakeError("Choose a journey.")
        await ownership.hand_back(connection, case_id, officer.id, start=flow.id)


def _desk_title(desk: str) -> str:
    return packs().desk(desk).title["en"]
