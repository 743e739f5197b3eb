"""Three agree to one thing over the API: an agreement is to a version, and a refusal is private."""

import asyncio
from datetime import timedelta

import pytest

from actions.education.reading import Proposal, Terms
from actions.education.service import planning, rules
from actions.education.tests.conftest import Departments
from actions.sdk import ServiceRefused

AYESHA = "300000001"
TERMS = Terms("T101", "maths", 10, "tuesday", "library", "pass her SATs")
LONGER = Terms("T101", "maths", 12, "tuesday", "library", "pass her SATs")


async def proposed(departments: Departments) -> Proposal:
    education = departments.education
    await education.ask_for_credit(AYESHA, "parent", key="ask")
    return await education.propose(AYESHA, "parent", TERMS, key="propose")


async def money(departments: Departments) -> tuple[int, int, int]:
    """Free, held and spent, in pence."""
    credit = await departments.education.credit(AYESHA)
    return credit.available, credit.held, credit.spent


async def told(departments: Departments, *kinds: str) -> list[tuple[str, str]]:
    """Kind and party of the notices, of some kinds or of all, but for the demonstration's own."""
    news = await departments.education.news(0)
    return [
        (each.kind, each.party) for each in news
        if each.reference == AYESHA and (not kinds or each.kind in kinds)
    ]  # fmt: skip


@pytest.mark.parametrize("by", rules.PARTIES)
async def test_any_of_the_three_may_ask_and_it_is_one_credit(departments: Departments, by: str) -> None:
    education = departments.education
    first = await education.ask_for_credit(AYESHA, by, key="1")
    assert (first.state, first.available) == ("awarded", 640_00)
    for number, party in enumerate(rules.PARTIES):
        assert (await education.ask_for_credit(AYESHA, party, key=f"again{number}")).available == 640_00


@pytest.mark.parametrize(
    ("pupil", "reason"), [("300000005", "not_disadvantaged"), ("300000006", "not_behind")]
)
async def test_who_the_data_have_not_as_eligible_is_refused(
    departments: Departments, pupil: str, reason: str
) -> None:
    assert (await departments.education.credit(pupil)).reason == reason
    with pytest.raises(ServiceRefused) as refused:
        await departments.education.ask_for_credit(pupil, "parent", key="1")
    assert (refused.value.code, refused.value.details["reason"]) == ("NOT_ELIGIBLE", reason)


async def test_the_third_agreement_plans_a_session_a_week(departments: Departments) -> None:
    proposal = await proposed(departments)
    assert await money(departments) == (320_00, 320_00, 0)
    assert (proposal.state, proposal.agreed, proposal.mine) == ("open", 1, "agree")
    for party in ("school", "pupil"):
        proposal = await departments.education.answer(proposal.id, party, 1, "agree", key=party)
    days = [each.day for each in proposal.sessions]
    assert proposal.state == "agreed"
    assert days[0] is not None
    assert days == planning.days("tuesday", days[0], 10, ())
    assert days[0].strftime("%A") == "Tuesday"
    assert days[0] >= departments.clock.now.date() + timedelta(days=rules.NOTICE_DAYS)
    assert await money(departments) == (320_00, 320_00, 0)


async def test_a_change_asks_all_again_and_holds_the_new_money(departments: Departments) -> None:
    proposal = await proposed(departments)
    await departments.education.answer(proposal.id, "pupil", 1, "agree", key="pupil")
    changed = await departments.education.change(proposal.id, "school", 1, LONGER, key="change")
    assert (changed.version, changed.agreed, changed.mine) == (2, 1, "agree")
    assert await money(departments) == (640_00 - 384_00, 384_00, 0)
    with pytest.raises(ServiceRefused, match="VERSION_CHANGED"):
        await departments.education.answer(proposal.id, "parent", 1, "agree", key="late")
    assert await told(departments, "agree") == [
        ("agree", "pupil"), ("agree", "school"), ("agree", "parent"), ("agree", "pupil"),
    ]  # fmt: skip


async def test_a_change_the_credit_can_t_pay_changes_nothing(departments: Departments) -> None:
    proposal = await proposed(departments)
    too_long = Terms("T101", "maths", 21, "tuesday", "library", "pass her SATs")
    with pytest.raises(ServiceRefused) as refused:
        await departments.education.change(proposal.id, "school", 1, too_long, key="change")
    assert (refused.value.code, refused.value.details["available"]) == ("NOT_ENOUGH", 320_00)
    after = await departments.education.proposal(proposal.id, "school")
    assert (after.version, after.state, after.hours) == (1, "open", 10)
    # Its number is not used again: the ledger remembers what it refused.
    assert (await departments.education.change(proposal.id, "school", 1, LONGER, key="next")).version == 3
    assert await money(departments) == (640_00 - 384_00, 384_00, 0)


@pytest.mark.parametrize("by", rules.PARTIES)
async def test_a_refusal_frees_the_money_and_only_the_desk_hears_whose(
    departments: Departments, by: str
) -> None:
    proposal = await proposed(departments)
    await departments.education.answer(proposal.id, by, 1, "refuse", key="no")
    assert await money(departments) == (640_00, 0, 0)
    news = [each for each in await departments.education.news(0) if each.reference == AYESHA]
    not_agreed = [each for each in news if each.kind == "not_agreed"]
    assert [each.party for each in not_agreed] == list(rules.PARTIES)
    assert all(not each.details for each in not_agreed)
    assert [(each.kind, dict(each.details)) for each in news if each.party == "desk"] == [
        ("refused", {"by": by})
    ]
    for other in set(rules.PARTIES) - {by, "parent"}:
        seen = await departments.education.proposal(proposal.id, other)
        assert (seen.state, seen.mine) == ("not_agreed", None)


async def test_silence_looks_to_the_three_as_a_refusal_does(departments: Departments) -> None:
    proposal = await proposed(departments)
    await departments.education.answer(proposal.id, "school", 1, "agree", key="school")
    departments.clock.forward(days=3)
    assert (await told(departments, "agree"))[-1] == ("agree", "pupil")
    assert (await told(departments, "agree")).count(("agree", "school")) == 1
    departments.clock.forward(days=4)
    # From that moment, whether or not anybody has looked.
    with pytest.raises(ServiceRefused, match="NOT_OPEN"):
        await departments.education.answer(proposal.id, "pupil", 1, "agree", key="late")
    assert await told(departments, "not_agreed", "lapsed") == [
        ("not_agreed", "parent"), ("not_agreed", "pupil"), ("not_agreed", "school"), ("lapsed", "desk"),
    ]  # fmt: skip
    assert await money(departments) == (640_00, 0, 0)
    assert (await departments.education.proposal(proposal.id, "parent")).state == "not_agreed"


async def test_one_proposal_for_a_pupil_is_open_at_a_time(departments: Departments) -> None:
    await proposed(departments)
    with pytest.raises(ServiceRefused, match="ANOTHER_OPEN"):
        await departments.education.propose(AYESHA, "school", LONGER, key="other")


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (Terms("T101", "maths", 5, "monday", "library", "x"), "TERMS_WRONG"),
        (Terms("T101", "maths", 5, "tuesday", "online", "x"), "TERMS_WRONG"),
        (Terms("T101", "reading", 5, "tuesday", "library", "x"), "TERMS_WRONG"),
        (Terms("T101", "writing", 5, "tuesday", "library", "x"), "SUBJECT_NOT_BEHIND"),
        (Terms("S203", "maths", 5, "tuesday", "school", "x"), "TERMS_WRONG"),
        (Terms("T999", "maths", 5, "tuesday", "library", "x"), "TUTOR_NOT_FOUND"),
        (Terms("T101", "maths", 0, "tuesday", "library", "x"), "INVALID"),
        (Terms("T101", "maths", 5, "tuesday", "library", " "), "INVALID"),
        (Terms("T101", "maths", 5, "tuesday", "library", "x" * 121), "INVALID"),
    ],
)
async def test_terms_that_can_t_be(departments: Departments, terms: Terms, code: str) -> None:
    await departments.education.ask_for_credit(AYESHA, "parent", key="ask")
    with pytest.raises(ServiceRefused) as refused:
        await departments.education.propose(AYESHA, "parent", terms, key="propose")
    assert refused.value.code == code
    assert await money(departments) == (640_00, 0, 0)


async def test_three_agree_at_once(departments: Departments) -> None:
    proposal = await proposed(departments)
    await asyncio.gather(
        *(
            departments.education.answer(proposal.id, party, 1, "agree", key=f"{party}{time}")
            for party in ("pupil", "school") for time in range(2)
        ),
        return_exceptions=True,
    )  # fmt: skip
    after = await departments.education.proposal(proposal.id, "parent")
    assert (after.state, after.agreed) == ("agreed", 3)
    assert len(await told(departments, "agreed")) == 4  # the three and the tutor, once each
    assert await money(departments) == (320_00, 320_00, 0)


@pytest.mark.parametrize("time", range(4))
async def test_an_agreement_and_a_change_at_once(departments: Departments, time: int) -> None:
    proposal = await proposed(departments)
    await departments.education.answer(proposal.id, "pupil", 1, "agree", key="pupil")
    calls = [
        departments.education.answer(proposal.id, "school", 1, "agree", key="school"),
        departments.education.change(proposal.id, "parent", 1, LONGER, key="change"),
    ]
    agreed, changed = await asyncio.gather(*calls, return_exceptions=True)
    after = await departments.education.proposal(proposal.id, "parent")
    # Whichever came first: the change is in force and nobody agreed to it who has not read it.
    assert isinstance(changed, Proposal)
    assert isinstance(agreed, Proposal) or (
        isinstance(agreed, ServiceRefused) and agreed.code == "VERSION_CHANGED"
    )
    assert (after.version, after.state, after.agreed) == (2, "open", 1), time
    assert await money(departments) == (640_00 - 384_00, 384_00, 0)


async def test_the_same_key_does_it_once(departments: Departments) -> None:
    await departments.education.ask_for_credit(AYESHA, "parent", key="ask")
    found = await asyncio.gather(
        *(departments.education.propose(AYESHA, "parent", TERMS, key="same") for _ in range(4))
    )
    assert len({each.id for each in found}) == 1
    assert await money(departments) == (320_00, 320_00, 0)
