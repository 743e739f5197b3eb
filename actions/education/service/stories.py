"""The demonstration's agreements that have begun: who agreed to what, the sessions, and the money of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from actions.education.service import money, rules
from actions.education.service.credit import LONDON
from actions.education.service.invented import DEMO_PUPILS
from actions.education.service.invented_tutors import DEMO_TUTORS
from actions.education.service.notices import notify
from actions.education.service.planning import Term, days, terms_for
from actions.sdk.ledger import NewAccount, NewTransfer, ledger_id
from actions.sdk.serving import Connection

GRANT: Final = ledger_id("education", "grant")
"""Where the department's fund comes from."""
FUND_PENCE: Final = 25_000_00


@dataclass(frozen=True)
class Story:
    """One agreement.

    Args:
        id: the proposal's number.
        pupil: whose.
        tutor: with whom.
        subject: in what.
        hours: how many.
        place: where.
        goal: what for.
        by: who put it forward.
        state: where it stands.
        agreed: who agreed.
        days_ago: how long ago it was put forward.
        paid: how many sessions are paid.
        past: days since each session whose day is over, the first first.
    """

    id: int
    pupil: str
    tutor: str
    subject: str
    hours: int
    place: str
    goal: str
    by: str
    state: str
    agreed: Sequence[str]
    days_ago: int
    paid: int = 0
    past: Sequence[int] = field(default=())


STORIES: Final = (
    Story(1, "300000002", "T103", "reading", 12, "library", "read a whole book by himself", "school", "open",
          ("school",), 1),
    Story(2, "300000003", "S205", "maths", 10, "school", "know his times tables", "school", "agreed",
          rules.PARTIES, 30, 2, (15, 8, 1)),
    Story(3, "300000007", "T105", "maths", 8, "online", "get to grade 4 in maths", "parent", "agreed",
          rules.PARTIES, 20, 1, (8, 1)),
    Story(4, "300000008", "S209", "english", 3, "school", "write an essay", "pupil", "done",
          rules.PARTIES, 60, 3, (38, 31, 24)),
)  # fmt: skip
_PRICE: Final = {tutor.id: tutor.price for tutor in DEMO_TUTORS}
_DAYS: Final = {tutor.id: tutor.days.split() for tutor in DEMO_TUTORS}
_BEHIND: Final = {pupil.reference: max(pupil.behind.values(), default=0) for pupil in DEMO_PUPILS}


def _days(story: Story, today: date, terms: Sequence[Term]) -> list[date | None]:
    """The day of each session; those to come follow a week apart, but for holidays."""
    if story.state == "open":
        return [None] * story.hours
    # As many days further back as it takes for the last to be one of the tutor's.
    back = next(
        back for back in range(7)
        if rules.DAYS[(today - timedelta(days=story.past[-1] + back)).weekday()] in _DAYS[story.tutor]
    )  # fmt: skip
    past: list[date | None] = [today - timedelta(days=ago + back) for ago in story.past]
    last = today - timedelta(days=story.past[-1] + back)
    soonest = last + timedelta(days=1)
    return [*past, *days(rules.DAYS[last.weekday()], soonest, story.hours - len(past), terms)]


async def load(connection: Connection, today: date) -> None:
    """Adds the stories that are not there yet."""
    for story in STORIES:
        begun = datetime.combine(today - timedelta(days=story.days_ago), time(12), LONDON)
        new = await connection.fetchval(
            """INSERT INTO education.proposal (id, pupil, state, version, begun_at, ended_at)
               OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT DO NOTHING RETURNING id""",
            story.id, story.pupil, story.state, begun,
            datetime.combine(today, time(), LONDON) if story.state == "done" else None,
        )  # fmt: skip
        if new is not None:
            await _fill(connection, story, begun, today)
    await connection.execute(
        "SELECT setval(pg_get_serial_sequence('education.proposal', 'id'), max(id)) FROM education.proposal"
    )


async def _fill(connection: Connection, story: Story, begun: datetime, today: date) -> None:
    await connection.execute(
        """INSERT INTO education.credit (pupil, school_year, amount, state, asked_by, asked_at)
           VALUES ($1, $2, $3, 'awarded', $4, $5) ON CONFLICT DO NOTHING""",
        story.pupil, rules.school_year(today), _amount(story, today), story.by, begun,
    )  # fmt: skip
    planned = _days(story, today, await terms_for(connection, story.pupil, story.place))
    weekday = rules.DAYS[next((day for day in planned if day), today).weekday()]
    await connection.execute(
        """INSERT INTO education.version (proposal, version, tutor, subject, hours, price, day, place, goal,
               proposed_by, remind_at, lapses_at, reminded_at)
           VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        story.id, story.tutor, story.subject, story.hours, _PRICE[story.tutor],
        weekday if story.past else "saturday", story.place, story.goal, story.by,
        begun + rules.REMINDED_AFTER, begun + rules.LAPSES_AFTER,
        None if story.state == "open" else begun,
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO education.answer (proposal, version, party, said, at) VALUES ($1, 1, $2, 'agree', $3)",
        [(story.id, party, begun) for party in story.agreed],
    )
    for party in rules.PARTIES:
        if story.state == "open" and party not in story.agreed:
            await notify(connection, "agree", story.pupil, party, story.id, 1, begun, details={"why": "new"})
    asked = datetime.combine(today, time(), LONDON)
    await connection.executemany(
        """INSERT INTO education.session (proposal, version, number, state, day, provider, family, asked_at)
           VALUES ($1, 1, $2, $3, $4, $5, $6, $7)""",
        [
            (story.id, number, "posted" if paid else "held", day, *([True, True] if paid else [None, None]),
             asked if day and day < today else None)
            for number, day in enumerate(planned, start=1)
            for paid in [number <= story.paid]
        ],
    )  # fmt: skip


def _amount(story: Story, today: date) -> int:
    return rules.award(_BEHIND[story.pupil], today)


def demo_money(today: date) -> tuple[list[NewAccount], list[NewTransfer]]:
    """What the ledger begins with: the fund, the credits of these pupils, and a hold for each session.

    Args:
        today: the day in London.
    """
    accounts = [NewAccount(GRANT, "education.grant", "education:grant"), money.fund_account()]
    transfers = [
        NewTransfer(
            ledger_id("education", "grant", rules.school_year(today)), debit=GRANT, credit=money.FUND,
            amount=FUND_PENCE, code="education.grant", reference="education:grant", by="education",
        )
    ]  # fmt: skip
    for story in STORIES:
        accounts += [money.credit_account(story.pupil), money.tutor_account(story.tutor)]
        transfers.append(money.award(story.pupil, rules.school_year(today), _amount(story, today)))
        numbers = range(1, story.hours + 1)
        transfers += [
            money.hold(story.pupil, story.tutor, _PRICE[story.tutor], story.id, 1, number)
            for number in numbers
        ]
        transfers += [money.post(story.id, 1, number) for number in numbers if number <= story.paid]
    return accounts, transfers
