"""Sessions: two sides confirm each, the tutor is approved when it is paid, and nothing waits for ever."""

from datetime import timedelta

import pytest

from actions.education.reading import Proposal, Session
from actions.education.service import sessions
from actions.education.tests.conftest import Departments
from actions.education.tests.test_service_money import AYESHA, agreed, balanced
from actions.sdk import ServiceRefused


async def first(departments: Departments) -> tuple[Proposal, Session]:
    """Tutoring that was agreed, on the evening of its first session."""
    proposal = await agreed(departments)
    session = proposal.sessions[0]
    assert session.day is not None
    departments.clock.forward(days=(session.day - departments.clock.now.date()).days, hours=10)
    return proposal, session


async def say(
    departments: Departments, proposal: Proposal, session: Session, party: str, took_place: bool
) -> str:
    return await departments.education.confirm(
        proposal.id, (session.version, session.number), party, took_place=took_place,
        key=f"{party}{took_place}{session.number}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "outcomes", "spent"),
    [
        ([("parent", True), ("school", True)], ["waiting", "paid"], 3200),
        ([("tutor", True), ("pupil", True)], ["waiting", "paid"], 3200),
        ([("parent", True), ("pupil", True)], ["waiting", "waiting"], 0),  # the same side twice
        ([("school", True), ("tutor", True)], ["waiting", "waiting"], 0),
        ([("parent", False), ("tutor", False)], ["waiting", "put_off"], 0),
        ([("parent", False), ("tutor", True)], ["waiting", "disputed"], 0),
        ([("parent", False), ("tutor", True), ("parent", True)], ["waiting", "disputed", "paid"], 3200),
    ],
)
async def test_a_session_is_paid_when_two_sides_say_so(
    departments: Departments, said: list[tuple[str, bool]], outcomes: list[str], spent: int
) -> None:
    proposal, session = await first(departments)
    assert [await say(departments, proposal, session, *each) for each in said] == outcomes
    assert (await departments.education.credit(AYESHA)).spent == spent
    await balanced(departments)


@pytest.mark.parametrize(("took_place", "outcome", "spent"), [(True, "paid", 3200), (False, "put_off", 0)])
async def test_the_desk_settles_what_two_sides_tell_otherwise(
    departments: Departments, took_place: bool, outcome: str, spent: int
) -> None:
    education = departments.education
    proposal, session = await first(departments)
    assert await education.disputes() == ([], False)
    which = (session.version, session.number)
    await say(departments, proposal, session, "parent", False)
    with pytest.raises(ServiceRefused, match="NOT_DISPUTED"):
        await education.settle(proposal.id, which, took_place=took_place, key="early")
    await say(departments, proposal, session, "tutor", True)
    [found], _ = await education.disputes()
    assert (found["proposal"], found["number"], found["provider"], found["family"]) == (
        proposal.id, session.number, True, False,
    )  # fmt: skip
    for _ in range(2):  # sent again it is done once
        done = await education.settle(proposal.id, which, took_place=took_place, key="one form")
        assert done == outcome
    with pytest.raises(ServiceRefused, match="NOT_DISPUTED"):
        await education.settle(proposal.id, which, took_place=not took_place, key="another form")
    assert await education.disputes() == ([], False)
    assert (await education.credit(AYESHA)).spent == spent
    told = [each for each in await education.news(0) if each.kind == "settled"]
    assert [(each.party, each.details["outcome"]) for each in told] == [
        ("parent", outcome), ("school", outcome), ("tutor", outcome),
    ]  # fmt: skip
    await balanced(departments)


async def test_before_its_day_and_after_it_was_paid_nothing_can_be_said(departments: Departments) -> None:
    proposal, session = await first(departments)
    with pytest.raises(ServiceRefused, match="SESSION_NOT_DUE"):
        await say(departments, proposal, proposal.sessions[1], "parent", True)
    for party in ("parent", "school"):
        await say(departments, proposal, session, party, True)
    with pytest.raises(ServiceRefused, match="SESSION_SETTLED"):
        await say(departments, proposal, session, "pupil", False)


async def test_both_sides_are_asked_on_the_evening_and_once(departments: Departments) -> None:
    await first(departments)
    asked = [
        (each.party, each.phone) for each in await departments.education.news(0)
        if each.kind == "session" and each.reference == AYESHA
    ]  # fmt: skip
    assert asked == [("parent", "+447700900320"), ("tutor", "+447700900338")]
    again = [each for each in await departments.education.news(0) if each.kind == "session"]
    assert len(again) == len(asked)


async def test_a_tutor_s_number_is_that_of_a_tutor_while_there_is_tutoring(departments: Departments) -> None:
    assert not [
        each for each in await departments.people.with_phone("+447700900338") if each.reference == AYESHA
    ]
    await agreed(departments)
    [found] = await departments.people.with_phone("+447700900338")
    assert (found.reference, found.party, found.tutor) == (AYESHA, "tutor", "T101")


async def test_an_approval_that_lapsed_stops_the_pay_until_it_is_renewed(departments: Departments) -> None:
    proposal, session = await first(departments)
    yesterday = departments.clock.now.date() - timedelta(days=1)
    await departments.pool.execute(
        "UPDATE education.tutor SET approved_until = $1 WHERE id = 'T101'", yesterday
    )
    await say(departments, proposal, session, "parent", True)
    assert await say(departments, proposal, session, "school", True) == "unapproved"
    assert (await departments.education.credit(AYESHA)).spent == 0
    news = await departments.education.news(0)
    assert [each.party for each in news if each.kind == "unapproved"] == ["parent", "school", "desk"]
    await departments.pool.execute(
        "UPDATE education.tutor SET approved_until = $1 WHERE id = 'T101'", yesterday + timedelta(days=300)
    )
    await departments.education.news(0)
    assert (await departments.education.credit(AYESHA)).spent == 3200
    await balanced(departments)


async def test_a_session_that_nobody_confirms_goes_back_to_the_credit(departments: Departments) -> None:
    proposal, _ = await first(departments)
    departments.clock.forward(days=14)
    news = [each for each in await departments.education.news(0) if each.reference == AYESHA]
    assert [each.party for each in news if each.kind == "unconfirmed"] == ["desk"]
    after = await departments.education.proposal(proposal.id, "parent")
    assert [each.state for each in after.sessions[:2]] == ["released", "held"]
    await balanced(departments)


async def test_who_stops_tutoring_does_not_take_the_pay_of_a_session_that_was(
    departments: Departments,
) -> None:
    proposal, session = await first(departments)
    await departments.education.answer(proposal.id, "pupil", 1, "refuse", key="stop")
    credit = await departments.education.credit(AYESHA)
    assert (credit.held, credit.available) == (3200, 640_00 - 3200)
    for party in ("parent", "tutor"):
        outcome = await say(departments, proposal, session, party, True)
    assert outcome == "paid"
    await balanced(departments)


async def test_the_end_is_asked_about_and_kept(departments: Departments) -> None:
    proposal = await agreed(departments)
    with pytest.raises(ServiceRefused, match="NOT_DONE"):
        await departments.education.keep_progress(proposal.id, "parent", 5, "yes", key="early")
    for session in proposal.sessions:
        assert session.day is not None
        departments.clock.now += timedelta(days=(session.day - departments.clock.now.date()).days)
        for party in ("parent", "school"):
            await say(departments, proposal, session, party, True)
    news = await departments.education.news(0)
    asked = [each.party for each in news if each.kind == "progress" and each.reference == AYESHA]
    assert asked == ["parent", "pupil", "school"]
    await departments.education.keep_progress(proposal.id, "pupil", 4, "partly", key="p")
    row = await departments.pool.fetchrow(
        "SELECT party, went, goal FROM education.progress WHERE proposal = $1", proposal.id
    )
    assert row is not None
    assert tuple(row) == ("pupil", 4, "partly")
    assert (await departments.education.credit(AYESHA)).spent == 320_00
    await balanced(departments)


async def test_disputed_sessions_come_from_their_index(departments: Departments) -> None:
    proposal, session = await first(departments)
    await departments.pool.execute(
        """INSERT INTO education.session (proposal, version, number, day)
           SELECT $1, $2, number, current_date FROM generate_series(1000, 30000) AS number""",
        proposal.id, session.version,
    )  # fmt: skip
    await departments.pool.execute("ANALYZE education.session")
    plan = await departments.pool.fetch(f"EXPLAIN {sessions.DISPUTED}", 26, 0)
    assert "session_disputed" in "\n".join(row[0] for row in plan)
