"""Two parents on record: each is asked and answers alone, one agreement is enough, a no of either is a no."""

from datetime import timedelta

import pytest

from actions.education.reading import Proposal, Terms
from actions.education.tests.conftest import Departments
from actions.sdk import ServiceRefused

MIA = "300000009"
TERMS = Terms("S206", "reading", 6, "tuesday", "school", "read to her brother")
FATHER = "+447700900359"


@pytest.fixture
async def proposed(departments: Departments) -> Proposal:
    """Put forward by the school, so that both parents and the pupil are asked."""
    education = departments.education
    await education.ask_for_credit(MIA, "school", key="ask")
    return await education.propose(MIA, "school", TERMS, key="propose")


async def says(departments: Departments, proposal: Proposal, *answers: str) -> Proposal:
    for each in answers:
        party, _, said = each.partition(" ")
        answer = "refuse" if said == "no" else "agree"
        proposal = await departments.education.answer(proposal.id, party, 1, answer, key=each)  # type: ignore[arg-type]
    return proposal


async def told(departments: Departments, *kinds: str) -> list[str]:
    news = await departments.education.news(0)
    return [each.party for each in news if each.reference == MIA and each.kind in kinds]


async def test_both_are_known_and_asked(departments: Departments, proposed: Proposal) -> None:
    [speaker] = await departments.people.with_phone(FATHER)
    assert (speaker.given_name, speaker.party) == ("Mia", "other_parent")
    assert (await departments.people.prove(MIA, "TULIP 3058", 2016)).party == "other_parent"
    assert proposed.unreached == ("pupil",)
    assert sorted(await told(departments, "agree")) == ["other_parent", "parent", "pupil"]


@pytest.mark.parametrize(
    ("answers", "state", "agreed"),
    [
        (["other_parent", "pupil"], "agreed", 3),
        (["parent", "pupil"], "agreed", 3),
        (["parent", "other_parent"], "open", 2),  # two parents are one side
        (["parent", "other_parent no"], "not_agreed", 2),
        (["other_parent", "parent no"], "not_agreed", 2),
        (["parent", "pupil", "other_parent no"], "ended", 3),
    ],
)
async def test_one_agreement_is_enough_and_one_no_is_a_no(
    departments: Departments, proposed: Proposal, answers: list[str], state: str, agreed: int
) -> None:
    proposal = await says(departments, proposed, *answers)
    assert (proposal.state, proposal.agreed) == (state, agreed)


async def test_neither_sees_what_the_other_answered(departments: Departments, proposed: Proposal) -> None:
    await says(departments, proposed, "parent")
    other = await departments.education.proposal(proposed.id, "other_parent")
    assert (other.state, other.mine) == ("open", None)
    await says(departments, proposed, "other_parent no")
    notices = [each for each in await departments.education.news(0) if each.kind == "not_agreed"]
    assert sorted(each.party for each in notices) == ["other_parent", "parent", "pupil", "school"]
    assert all(not each.details for each in notices)


@pytest.mark.parametrize(
    ("answers", "reminded"),
    [([], ["other_parent", "parent", "pupil"]), (["parent"], ["pupil"]), (["pupil", "other_parent"], [])],
)
async def test_a_side_that_answered_is_not_reminded(
    departments: Departments, proposed: Proposal, answers: list[str], reminded: list[str]
) -> None:
    await says(departments, proposed, *answers)
    before = await told(departments, "agree")
    departments.clock.forward(days=3, hours=1)
    after = await told(departments, "agree")
    assert sorted(after[len(before) :]) == reminded


async def test_both_hear_what_is_planned_and_either_confirms_it(
    departments: Departments, proposed: Proposal
) -> None:
    proposal = await says(departments, proposed, "parent", "pupil")
    assert {"parent", "other_parent"} < set(await told(departments, "agreed"))
    session = proposal.sessions[0]
    assert session.day is not None
    departments.clock.now += timedelta(days=(session.day - departments.clock.now.date()).days, hours=10)
    assert sorted(await told(departments, "session")) == ["other_parent", "parent", "school"]
    which = (session.version, session.number)
    for party, outcome in (("other_parent", "waiting"), ("parent", "waiting"), ("school", "paid")):
        assert outcome == await departments.education.confirm(
            proposal.id, which, party, took_place=True, key=f"held {party}"
        )


async def test_nobody_else_can_be_there_twice(departments: Departments) -> None:
    with pytest.raises(ServiceRefused, match="INVALID"):
        await departments.education.proposals(MIA, "other_pupil")
