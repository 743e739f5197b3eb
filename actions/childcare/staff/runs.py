"""Award runs at the desk: a file is sent and checked, made into awards, watched, and its report taken."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from actions.childcare.award_client import Awards, Got
from actions.childcare.service.keeping import AWARDED, WAITING
from actions.childcare.service.run_file import COLUMNS, MOST_BYTES
from actions.childcare.staff.forms import MistakeError, day, file_of, key_of, new_key, who, written
from actions.sdk import ServiceRefused
from bot.hours import LONDON
from bot.officers import Ability
from bot.turn import wall_clock
from channels.desk.departments import StaffPages
from channels.desk.rules import OFFICER, form

FORM: Final = 64 * 1024
"""Bytes of the form around a file."""
SHOWN: Final = 200
"""Broken rows on the page; the rest is in the file to take away."""
WORKING: Final = ("checking", "recording", "paying")
TITLES: Final = {
    "checking": "Being checked", "broken": "Has mistakes", "ready": "Ready to be awarded",
    "recording": "Being written down", "paying": "Being awarded", "done": "Awarded", "given_up": "Put aside",
}  # fmt: skip
NAMES: Final = {
    "wtc": "Working tax credit, childcare element", "neg": "Nursery education grant",
    "ssg": "Sure Start general grant", "equity": "Equity account",
}  # fmt: skip
"""Who pays, as pages name them."""
ELEMENTS: Final = ("wtc", "neg", "ssg")

_EXAMPLE: Final = (
    ("2000000001", "", "", "", "", "", "Asha", "2023-05-14", "yes", "yes", "", "200.00", "96.00", "24.00"),
    ("3000000001", "Ann", "1990", "STONE 1234", "07700 900330", "Welsh", "Bo", "14/02/2024", "no", "no", "",
     "240.00", "", ""),
)  # fmt: skip


class Runs:
    """The pages of award runs.

    Args:
        pages: of the desk.
    """

    def __init__(self, pages: StaffPages) -> None:
        self._pages = pages

    def add(self) -> None:
        """Adds them."""
        for method, path, handler in (
            ("GET", "/award-example.csv", self.example), ("GET", "/award-runs/{id}", self.show),
            ("POST", "/award-runs/{id}/start", self.start),
            ("POST", "/award-runs/{id}/give-up", self.give_up),
        ):  # fmt: skip
            self._pages.add(method, path, handler, needs=Ability.TEAM)
        report = "/award-runs/{id}/report.csv"
        self._pages.add("GET", report, self.report, needs=Ability.TEAM, takes_away=True)
        self._pages.add("GET", "/award-runs", self.show_all, needs=Ability.TEAM, title="Awards")
        self._pages.add("POST", "/award-runs", self.send, needs=Ability.TEAM, largest=MOST_BYTES + FORM)

    @property
    def _awards(self) -> Awards:
        return self._pages.service(Awards)

    async def show_all(self, request: web.Request) -> web.Response:
        """All runs, and the form for another file."""
        return await self._list(request)

    async def _list(
        self, request: web.Request, mistake: str = "", typed: dict[str, str] | None = None
    ) -> web.Response:
        begin, end = next_quarter(wall_clock().astimezone(LONDON).date())
        filled = {
            "from": begin.isoformat(), "until": end.isoformat(),
            "expires": (end + timedelta(days=30)).isoformat(), **(typed or {}),
        }  # fmt: skip
        return self._pages.page(
            request, "runs.html", runs=await self._awards.runs(), titles=TITLES, mistake=mistake, day=written,
            typed=filled, key=new_key(), columns=[title for title, _ in COLUMNS.values()],
            largest=MOST_BYTES // 2**20, status=400 if mistake else 200,
        )  # fmt: skip

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Sends a file to be checked."""
        fields = await form(request)
        typed = {name: str(fields.get(name, "")) for name in ("from", "until", "expires")}
        try:
            name, data = file_of(fields, "file", "families.csv")
            period = day(fields, "from", "First day"), day(fields, "until", "Last day")
            expires = day(fields, "expires", "Can be spent until")
            run = await self._awards.send(
                name, data, period, expires, by=who(request), key=key_of(fields)
            )  # fmt: skip
        except MistakeError as mistake:
            return await self._list(request, str(mistake), typed)
        except ServiceRefused as refusal:
            return await self._list(request, refusal.diagnostics or refusal.code, typed)
        raise web.HTTPSeeOther(f"{self._pages.base}/award-runs/{run['id']}")

    async def show(self, request: web.Request) -> web.Response:
        """One run: how far it is, what is wrong with it, or what it comes to."""
        return await self._show(request)

    async def _show(self, request: web.Request, mistake: str = "") -> web.Response:
        run = await self._run(request)
        wrong: Sequence[Got] = []
        if run["broken"] or run["state"] == "done":
            wrong = (await self._awards.rows(run["id"], broken=True))[0]
        return self._pages.page(
            request, "run.html", run=run, title=TITLES.get(run["state"], run["state"]), names=NAMES,
            kept_until=kept_until(run), working=run["state"] in WORKING, wrong=wrong[:SHOWN],
            more=len(wrong) > SHOWN, mistake=mistake, elements=ELEMENTS, day=written,
            status=409 if mistake else 200,
        )  # fmt: skip

    async def _run(self, request: web.Request) -> Got:
        number = request.match_info["id"]
        if not number.isascii() or not number.isdecimal() or len(number) > 15:
            raise web.HTTPNotFound
        try:
            return await self._awards.run(int(number))
        except ServiceRefused:
            raise web.HTTPNotFound from None

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Makes a checked file into awards."""
        run = await self._run(request)
        try:
            await self._awards.start(run["id"], who(request))
        except ServiceRefused as refusal:
            return await self._show(request, refusal.diagnostics or refusal.code)
        raise web.HTTPSeeOther(f"{self._pages.base}/award-runs/{run['id']}")

    async def give_up(self, request: web.Request) -> web.StreamResponse:
        """Puts a file aside."""
        run = await self._run(request)
        try:
            await self._awards.give_up(run["id"], who(request))
        except ServiceRefused as refusal:
            return await self._show(request, refusal.diagnostics or refusal.code)
        raise web.HTTPSeeOther(f"{self._pages.base}/award-runs")

    async def report(self, request: web.Request) -> web.StreamResponse:
        """A line for each row of the file: what became of it, and every part of it; names for who may."""
        run = await self._run(request)
        response = _csv_answer(f"award-run-{run['id']}.csv")
        await response.prepare(request)
        await response.write(b"\xef\xbb\xbf" + as_csv([REPORT]))
        names = request[OFFICER].may(Ability.CONTACT)
        after, more = 0, True
        while more:
            rows, more = await self._awards.rows(run["id"], after)
            await response.write(as_csv([report_line(row, names=names) for row in rows]))
            after = rows[-1]["number"] if rows else after
        await response.write_eof()
        return response

    async def example(self, request: web.Request) -> web.StreamResponse:
        """A file as it should be: one family that is known and one that is new."""
        del request
        lines = [[title.capitalize() for title, _ in COLUMNS.values()], *_EXAMPLE]
        response = web.Response(body=b"\xef\xbb\xbf" + as_csv(lines))
        response.headers.update(_csv_answer("families.csv").headers)
        return response


REPORT: Final = (
    "Row", "Family", "Child", "Award", "What became of it", "Why not",
    *(NAMES[each] for each in ELEMENTS), "More for low income", "More for training", "Altogether",
)  # fmt: skip


def report_line(row: Got, *, names: bool) -> list[object]:
    """A row of a run, for its report; amounts in pounds, and the child's name if `names` are shown."""
    problem = row["problem"]
    state = row["state"] or ("broken" if problem else "checked")
    sums: list[object] = [""] * 6
    if row["base"]:
        more = sum(row["for_low_income"]), sum(row["for_training"])
        sums = [_pounds(each) for each in (*row["base"], *more, sum(row["base"]) + sum(more))]
    return [row["number"], row["family"], row["child"] if names else "", row["award"], state, problem, *sums]


def _pounds(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02}"


def as_csv(lines: Sequence[Sequence[Any]]) -> bytes:
    """Lines of a CSV file. A cell that a spreadsheet would take for a formula is shown as it is written."""
    text = io.StringIO()
    csv.writer(text).writerows([[_plain(cell) for cell in line] for line in lines])
    return text.getvalue().encode()


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _csv_answer(name: str) -> web.StreamResponse:
    return web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
    )


def kept_until(run: Got) -> date | None:
    """The day on which the rows of a run go; None for one that is worked on, or whose rows are gone."""
    if run["cleared_at"]:
        return None
    if run["state"] == "done":
        return (datetime.fromisoformat(run["finished_at"]) + AWARDED).astimezone(LONDON).date()
    if run["state"] in ("ready", "broken"):
        return (datetime.fromisoformat(run["made_at"]) + WAITING).astimezone(LONDON).date()
    return None


def next_quarter(today: date) -> tuple[date, date]:
    """The first and the last day of the quarter after a day's."""
    first, second = (
        date(today.year + quarter // 4, quarter % 4 * 3 + 1, 1)
        for quarter in ((today.month - 1) // 3 + 1, (today.month - 1) // 3 + 2)
    )
    return first, second - timedelta(days=1)
