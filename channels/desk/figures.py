"""The board as it is now, and a team's numbers over weeks: tables, charts as SVG, and CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from aiohttp import web

from bot import audit
from bot.desk.cases import reason
from bot.desk.measures import Sum, board, causes, splits, sums
from bot.hours import LONDON
from bot.officers import Ability, Officer
from bot.queue import Pool
from bot.turn import wall_clock
from channels.desk.listing import reach
from channels.desk.rules import OFFICER, Routes, desk_page

WEEKS: Final = 4
"""Shown where no dates are asked for."""
LONGEST: Final = timedelta(days=732)

COLUMNS: Final[Sequence[tuple[str, str]]] = (
    ("cases", "Cases"), ("closed", "Closed"), ("avoidable", "Avoidable"),
    ("at_first", "Solved at first contact"), ("reply_minutes", "Minutes to first reply (half are quicker)"),
    ("solved_hours", "Hours to solve (half are quicker)"), ("in_time", "In time"), ("handed_on", "Passed on"),
    ("lost", "Lost by silence"), ("rated", "Said if it helped"), ("satisfied", "Said yes"),
)  # fmt: skip
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a cell (OWASP, CSV injection)."""


class Figures:
    """The board and the measures."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, routes: Routes) -> None:
        """Adds the routes, each with what it needs."""
        routes.add("GET", "/board", self.board, needs=Ability.SEE)
        routes.add("GET", "/measures", self.measures, needs=Ability.TEAM)
        routes.add("GET", "/measures.csv", self.download, needs=Ability.TEAM)

    async def board(self, request: web.Request) -> web.Response:
        """What waits where, now."""
        officer: Officer = request[OFFICER]
        now = wall_clock()
        return desk_page(
            request, "board.html", lines=await board(self._pool, reach(officer), now), now=now,
            measures=officer.may(Ability.TEAM),
        )  # fmt: skip

    async def measures(self, request: web.Request) -> web.Response:
        """`GET /desk/measures?since=2026-11-01&until=2026-11-28&split=channel&desk=health`."""
        officer: Officer = request[OFFICER]
        asked = _Asked(request)
        desks = [asked.desk] if asked.desk in reach(officer) else sorted(reach(officer))
        rows = await sums(self._pool, desks, asked.begins, asked.ends, asked.split)
        weeks = await sums(self._pool, desks, asked.begins, asked.ends, "week")
        return desk_page(
            request, "measures.html", rows=rows, columns=COLUMNS, splits=splits(), asked=asked,
            desks=sorted(reach(officer)), chart=bars([(row.name, row.cases, row.avoidable) for row in weeks]),
            weeks=weeks, why=await causes(self._pool, desks, asked.begins, asked.ends), reason=reason,
        )  # fmt: skip

    async def download(self, request: web.Request) -> web.Response:
        """The same table as CSV; that it was taken is audited."""
        officer: Officer = request[OFFICER]
        asked = _Asked(request)
        desks = [asked.desk] if asked.desk in reach(officer) else sorted(reach(officer))
        rows = await sums(self._pool, desks, asked.begins, asked.ends, asked.split)
        async with self._pool.acquire() as connection, connection.transaction():
            await audit.append(connection, officer.id, "measures.downloaded", "officer", officer.id, {})
        return web.Response(
            body=as_csv(asked.split, rows), content_type="text/csv", charset="utf-8",
            headers={"Content-Disposition": 'attachment; filename="desk-measures.csv"'},
        )  # fmt: skip


class _Asked:
    """What a request asks to be measured; nonsense is the last four weeks by team."""

    def __init__(self, request: web.Request) -> None:
        today = wall_clock().astimezone(LONDON).date()
        self.until = _day(request.query.get("until")) or today
        self.since = _day(request.query.get("since")) or self.until - timedelta(weeks=WEEKS)
        if not timedelta(0) <= self.until - self.since <= LONGEST:
            self.since = self.until - timedelta(weeks=WEEKS)
        asked = request.query.get("split", "team")
        self.split = asked if asked in splits() else "team"
        self.desk = request.query.get("desk", "")

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.since, time(), LONDON).astimezone(UTC)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.until + timedelta(days=1), time(), LONDON).astimezone(UTC)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _cell(value: Any) -> str:
    """A value as a spreadsheet takes it for text or a number, never for a formula."""
    if value is None:
        return ""
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def as_csv(split: str, rows: Sequence[Sum]) -> bytes:
    """A table of measures as CSV (RFC 4180), with a mark by which spreadsheets know UTF-8."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow([split.capitalize(), *(title for _, title in COLUMNS)])
    writer.writerows([_cell(row.name), *(_cell(getattr(row, name)) for name, _ in COLUMNS)] for row in rows)
    return made.getvalue().encode("utf-8-sig")


def bars(values: Sequence[tuple[str, int, int]]) -> dict[str, Any]:
    """What the chart draws: a bar for each name, and how much of it is avoidable.

    Args:
        values: name, all, avoidable.

    Returns:
        `bars` with their places and sizes in a box of 600 by 220, and the `top` of the scale.
    """
    top = max((count for _, count, _ in values), default=0) or 1
    width = 600 / max(len(values), 1)
    return {
        "top": top,
        "bars": [
            {
                "name": name, "count": count, "some": some, "x": round(index * width + width * 0.15, 1),
                "width": round(width * 0.7, 1), "height": round(180 * count / top, 1),
                "inner": round(180 * some / top, 1), "middle": round((index + 0.5) * width, 1),
            }
            for index, (name, count, some) in enumerate(values)
        ],
    }  # fmt: skip
