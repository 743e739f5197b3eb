"""Sessions are planned once a week, never on a bank holiday, and at school only on days of its terms."""

from datetime import date, timedelta

import pytest

from actions.education.reading import Terms
from actions.education.service.invented_terms import AUTHORITIES, terms
from actions.education.service.planning import Term, days, school_day
from actions.education.tests.conftest import Departments
from actions.education.tests.test_service_money import AYESHA
from bot.hours import Hours

AUTUMN = (Term(date(2026, 9, 3), date(2026, 10, 23)), Term(date(2026, 11, 2), date(2026, 12, 18)))
SPRING = Term(date(2027, 1, 4), date(2027, 2, 12))


def iso(*found: date) -> str:
    return " ".join(each.strftime("%m-%d") for each in found)


@pytest.mark.parametrize(
    ("weekday", "soonest", "count", "known", "planned"),
    [
        ("tuesday", date(2026, 11, 3), 3, (), "11-03 11-10 11-17"),
        ("tuesday", date(2026, 11, 4), 2, (), "11-10 11-17"),
        # 25 and 28 December and 1 January are bank holidays, the 28th instead of Boxing Day, a Saturday.
        ("friday", date(2026, 12, 18), 3, (), "12-18 01-08 01-15"),
        ("monday", date(2026, 12, 21), 2, (), "12-21 01-04"),
        ("monday", date(2027, 3, 22), 2, (), "03-22 04-05"),  # Easter Monday
        # A tutor at the library works at half-term, the school does not.
        ("monday", date(2026, 10, 19), 2, (), "10-19 10-26"),
        ("monday", date(2026, 10, 19), 2, AUTUMN, "10-19 11-02"),
        ("monday", date(2026, 12, 7), 3, (*AUTUMN, SPRING), "12-07 12-14 01-04"),
        ("monday", date(2026, 8, 24), 1, AUTUMN, "09-07"),  # before the first term
        ("monday", date(2026, 12, 14), 2, AUTUMN, "12-14 12-21"),  # nobody has said what comes after
    ],
)
def test_holidays_are_left_out(
    weekday: str, soonest: date, count: int, known: tuple[Term, ...], planned: str
) -> None:
    assert iso(*days(weekday, soonest, count, known)) == planned


@pytest.mark.parametrize("authority", AUTHORITIES)
@pytest.mark.parametrize("year", range(2025, 2036))
def test_the_invented_terms_are_whole_weeks_of_a_year(authority: str, year: int) -> None:
    halves = list(terms(year, AUTHORITIES[authority]))
    for each, following in zip(halves, [*halves[1:], next(terms(year + 1, 0))], strict=True):
        assert each.first <= each.last < following.first
        assert each.last.weekday() == 4
    assert sum((each.last - each.first).days + 3 for each in halves) // 7 in range(37, 41)
    assert not school_day(date(year, 12, 25), halves)


async def test_what_three_agree_to_at_school_is_planned_in_its_terms(departments: Departments) -> None:
    education = departments.education
    await education.ask_for_credit(AYESHA, "parent", key="ask")
    wanted = Terms("S201", "maths", 30, "monday", "school", "pass her SATs")
    proposal = await education.propose(AYESHA, "parent", wanted, key="propose")
    for party in ("pupil", "school"):
        proposal = await education.answer(proposal.id, party, 1, "agree", key=party)
    rows = await departments.pool.fetch("SELECT first, last FROM education.term WHERE la_code = '383'")
    known = [Term(row["first"], row["last"]) for row in rows]
    planned = [each.day for each in proposal.sessions if each.day]
    assert len(planned) == 30
    assert all(school_day(day, known) and not Hours().holiday(day) for day in planned)
    assert max(planned) - min(planned) > timedelta(weeks=29)  # no 30 weeks are without a holiday


async def test_a_session_that_is_put_off_comes_on_a_day_that_can_be(departments: Departments) -> None:
    education = departments.education
    await education.ask_for_credit(AYESHA, "parent", key="ask")
    wanted = Terms("S201", "maths", 1, "monday", "school", "pass her SATs")
    proposal = await education.propose(AYESHA, "parent", wanted, key="propose")
    for party in ("pupil", "school"):
        proposal = await education.answer(proposal.id, party, 1, "agree", key=party)
    [session] = proposal.sessions
    assert session.day is not None
    departments.clock.forward(days=(session.day - departments.clock.now.date()).days, hours=10)
    await departments.pool.execute(
        "INSERT INTO education.term VALUES ('383', $1, $2)",
        session.day + timedelta(days=3000), session.day + timedelta(days=3010),
    )  # fmt: skip
    await departments.pool.execute("DELETE FROM education.term WHERE first < $1", session.day)
    for party in ("parent", "school"):
        outcome = await education.confirm(
            proposal.id, (session.version, session.number), party, took_place=False, key=f"no {party}"
        )
    assert outcome == "put_off"
    [session] = (await education.proposal(proposal.id, "parent")).sessions
    assert session.day is not None
    known = await departments.pool.fetch("SELECT first, last FROM education.term WHERE la_code = '383'")
    assert school_day(session.day, [Term(row["first"], row["last"]) for row in known])
