"""Fills the service with the demonstration: 3,000 invented problems around Leeds and Bradford."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

import asyncpg

from actions.reports.service.categories import Category, categories
from actions.reports.service.invented import (
    BODIES,
    NAMED,
    NAMED_STORIES,
    NATIONAL,
    OTHERWISE,
    STORIES,
    Street,
    streets,
)
from actions.reports.service.keys import Connection
from actions.reports.service.once import KEPT
from actions.reports.service.promise import LONDON, expected
from actions.reports.service.reports import REPEATS_WITHIN
from actions.reports.service.responsible import decide
from actions.reports.service.simulator import NEXT, TEAMS, sentence
from actions.reports.service.states import STATUS

PROBLEMS: Final = 3_000
_STALE: Final = timedelta(days=7)
"""So long after its newest problem the demonstration is made anew."""
_TROUBLED: Final = 8
"""Streets where the same goes wrong again and again."""
_OLDEST: Final = 400
"""Days ago."""
_PROBLEM: Final = (
    "id", "category", "state", "notes", "notes_cy", "description", "lat", "long", "address", "media_url",
    "agency", "agency_cy", "notice", "notice_cy", "officer", "private", "duplicate_of", "supporters", "times",
    "invented", "requested_at", "updated_at", "expected_at", "closed_at",
)  # fmt: skip
_UPDATE: Final = (
    "problem_id", "sender", "state", "duplicate_of", "description", "description_cy", "updated_at",
    "received_at",
)  # fmt: skip


@dataclass
class _Problem:
    """An invented problem while it is made."""

    id: int
    category: Category
    street: Street
    description: str
    lat: float | None
    long: float | None
    address: str
    requested: datetime
    supporters: int
    state: str = "open"
    notes: dict[str, str] = field(default_factory=dict)
    duplicate_of: int | None = None
    times: int = 1
    updated: list[tuple[object, ...]] = field(default_factory=list)

    def move(self, state: str, when: datetime, rng: Random, duplicate_of: int | None = None) -> None:
        """Adds an update."""
        self.state, self.notes, self.duplicate_of = state, sentence(state, rng), duplicate_of
        self.updated.append(
            (self.id, TEAMS.name, state, duplicate_of, self.notes["en"], self.notes["cy"], when, when)
        )

    def row(self, bodies: dict[tuple[str, str], asyncpg.Record]) -> tuple[object, ...]:
        """Its row in the table, in the order of `_PROBLEM`."""
        who = decide(self.category, self.street.areas, bodies)
        last = self.updated[-1][6] if self.updated else self.requested
        return (
            self.id, self.category.code, self.state, self.notes.get("en"), self.notes.get("cy"),
            self.description, self.lat, self.long, self.address, None, who.agency["en"], who.agency["cy"],
            who.notice["en"], who.notice["cy"], who.officer, self.category.private, self.duplicate_of,
            self.supporters, self.times, True, self.requested, last,
            expected(self.requested, self.category.days), last if STATUS[self.state] == "closed" else None,
        )  # fmt: skip


async def load_demo(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Makes the demonstration as it should be on a day, whatever is there of it already.

    Run again, it changes nothing for a week. After that, invented problems that nobody has followed or
    moved on since are replaced by new ones; what citizens reported and followed stays.

    Args:
        pool: the database, with the migrations of this department.
        today: the day in London.
    """
    midnight = datetime.combine(today, time(), LONDON).astimezone(UTC)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('problems demonstration'))")
        newest = await connection.fetchval("SELECT max(requested_at) FROM problem WHERE invented")
        if newest is not None and newest > midnight - _STALE:
            return
        if newest is not None:
            await connection.execute(_CLEAR)
        await _load_bodies(connection)
        await _load_problems(connection, midnight)
        await connection.execute("DELETE FROM problem_answered WHERE answered_at < $1", midnight - KEPT)


# All that is invented, but for what a person has to do with, and what that repeats.
_CLEAR: Final = f"""
WITH RECURSIVE kept (id) AS (
    SELECT id FROM problem WHERE NOT invented
        OR EXISTS (SELECT FROM problem_supporter WHERE problem_id = problem.id)
        OR EXISTS (SELECT FROM problem_update WHERE problem_id = problem.id AND sender <> '{TEAMS.name}')
    UNION
    SELECT repeated.id FROM kept, LATERAL (
        SELECT duplicate_of AS id FROM problem WHERE problem.id = kept.id
        UNION ALL SELECT duplicate_of FROM problem_update WHERE problem_id = kept.id
    ) AS repeated WHERE repeated.id IS NOT NULL
)
DELETE FROM problem WHERE invented AND id NOT IN (SELECT id FROM kept)
"""  # noqa: S608  (only a constant is put into it)


async def _load_bodies(connection: Connection) -> None:
    rows = [
        *BODIES,
        *(
            (each.code, "national", "", *NATIONAL[each.group], None)
            for each in categories().values()
            if each.group in NATIONAL
        ),
    ]
    await connection.executemany(
        """INSERT INTO problem_body (category, level, area, agency, agency_cy, officer)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
        rows,
    )


async def _load_problems(connection: Connection, midnight: datetime) -> None:
    ids = [
        row["id"]
        for row in await connection.fetch(
            "SELECT nextval(pg_get_serial_sequence('problem', 'id')) AS id FROM generate_series(1, $1::int)",
            PROBLEMS,
        )
    ]
    found = _problems(sorted(ids), midnight)
    levels: dict[str, dict[tuple[str, str], asyncpg.Record]] = {}
    for row in await connection.fetch("SELECT * FROM problem_body ORDER BY category"):
        for code in categories() if not row["category"] else [row["category"]]:
            levels.setdefault(code, {})[row["level"], row["area"]] = row
    await connection.copy_records_to_table(
        "problem", columns=_PROBLEM,
        records=[each.row(levels.get(each.category.code, {})) for each in found],
    )  # fmt: skip
    await connection.copy_records_to_table(
        "problem_update", columns=_UPDATE, records=[row for each in found for row in each.updated]
    )


def _problems(ids: list[int], midnight: datetime) -> list[_Problem]:
    """The problems, oldest first; the same for the same day."""
    rng = Random(311)  # noqa: S311  (a demonstration)
    ages = sorted((min(rng.expovariate(1 / 60), _OLDEST) for _ in ids), reverse=True)
    known, places = list(categories().values()), streets()
    found: list[_Problem] = []
    there: dict[tuple[str, str, str], list[datetime]] = {}
    troubled = [(rng.choice(known), rng.choice(places)) for _ in range(_TROUBLED)]
    for number, age in zip(ids, ages, strict=True):
        earlier = rng.choice(found[-200:]) if found and rng.random() < 0.08 else None
        category = rng.choice(known) if earlier is None else earlier.category
        street = rng.choice(places) if earlier is None else earlier.street
        if earlier is None and rng.random() < 0.02:
            category, street = rng.choice(troubled)
        requested = _at_a_waking_hour(midnight - timedelta(days=age), rng)
        each = _problem(number, category, street, requested, rng)
        if earlier is not None and earlier.lat is not None and earlier.long is not None:
            each.lat, each.long = earlier.lat + 0.0001, earlier.long - 0.0001
        _work_on(each, earlier, midnight, rng)
        before = there.setdefault((category.code, street.name, street.town), [])
        each.times += sum(when > requested - REPEATS_WITHIN for when in before)
        if each.state != "duplicate":
            before.append(requested)
        found.append(each)
    return found


def _at_a_waking_hour(moment: datetime, rng: Random) -> datetime:
    """The same day between 7 and 22, or the day before: never later than the moment."""
    local = moment.astimezone(LONDON)
    day = local.date() - timedelta(days=1)
    return datetime.combine(day, time(rng.randint(7, 21), rng.randint(0, 59)), LONDON).astimezone(UTC)


def _problem(number: int, category: Category, street: Street, requested: datetime, rng: Random) -> _Problem:
    what = rng.choice(category.words["en"])
    values = {
        "what": what[0].upper() + what[1:], "street": street.name, "number": rng.randint(2, 28),
        "place": NAMED.get(category.group, OTHERWISE).format(town=street.town),
    }  # fmt: skip
    pointed = category.place != "named"
    story = rng.choice(STORIES if pointed else NAMED_STORIES).format(**values)
    return _Problem(
        number, category, street, story,
        round(street.lat + rng.uniform(-0.0008, 0.0008), 4) if pointed else None,
        round(street.long + rng.uniform(-0.0012, 0.0012), 4) if pointed else None,
        f"{street.name}, {street.town}" if pointed else str(values["place"]),
        requested, 1 + min(int(rng.expovariate(1.2)), 12),
    )  # fmt: skip


def _work_on(each: _Problem, earlier: _Problem | None, midnight: datetime, rng: Random) -> None:
    """Lets a team work on a problem as long as there was time."""
    when = each.requested
    if earlier is not None and STATUS[earlier.state] == "open" and rng.random() < 0.6:
        when += timedelta(hours=rng.uniform(2, 20))
        if when < midnight:
            earlier.supporters += each.supporters
            each.move("duplicate", when, rng, earlier.id)
        return
    while each.state in NEXT:
        when += timedelta(days=rng.expovariate(1 / 6))
        if when >= midnight or rng.random() < 0.05:
            return
        each.move(rng.choice(NEXT[each.state]), when, rng)
