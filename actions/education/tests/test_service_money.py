"""The money goes with the sessions: through lost answers, a ledger that is away, any order of things."""

import contextlib
from datetime import timedelta
from random import Random
from typing import Literal

import pytest
from aiohttp import web

from actions.education.reading import Proposal, Terms
from actions.education.service import money, rules
from actions.education.tests.conftest import Departments
from actions.sdk import ServiceDown, ServiceRefused

AYESHA = "300000001"
TERMS = Terms("T101", "maths", 10, "tuesday", "library", "pass her SATs")
TUTORS = ("T101", "T102", "S201")
_STATES = {"pending": "held", "posted": "posted", "voided": "released"}


async def agreed(departments: Departments) -> Proposal:
    education = departments.education
    await education.ask_for_credit(AYESHA, "parent", key="ask")
    proposal = await education.propose(AYESHA, "parent", TERMS, key="propose")
    for party in ("pupil", "school"):
        proposal = await education.answer(proposal.id, party, 1, "agree", key=party)
    return proposal


async def balanced(departments: Departments) -> None:
    """Each session is in the ledger what it is in its row, and the balances are the sums of them."""
    rows = await departments.pool.fetch(
        """SELECT s.*, v.price, v.tutor FROM education.session s
           JOIN education.version v USING (proposal, version)
           JOIN education.proposal p ON p.id = s.proposal WHERE p.pupil = $1""",
        AYESHA,
    )
    for row in rows:
        held = await departments.ledger.find(money.hold_id(row["proposal"], row["version"], row["number"]))
        assert (_STATES[held.state], held.amount) == (row["state"], row["price"])
    credit = await departments.ledger.account(money.credit_id(AYESHA))
    assert credit.held == sum(row["price"] for row in rows if row["state"] == "held")
    assert credit.spent == sum(row["price"] for row in rows if row["state"] == "posted")
    assert credit.credits_posted == 640_00
    for tutor in {row["tutor"] for row in rows}:
        account = await departments.ledger.account(money.tutor_id(tutor))
        assert account.credits_posted == sum(
            row["price"] for row in rows if row["state"] == "posted" and row["tutor"] == tutor
        )
    assert not await departments.pool.fetchval(
        "SELECT count(*) FROM education.movement WHERE done_at IS NULL"
    )


def _moves(request: web.Request) -> bool:
    return request.path == "/credits/transfers" and request.method == "POST"


@pytest.mark.parametrize("lost", ["the call", "the answer"])
async def test_what_was_ordered_is_carried_out_when_the_ledger_is_back(
    departments: Departments, lost: str
) -> None:
    education = departments.education
    await education.ask_for_credit(AYESHA, "parent", key="ask")
    if lost == "the call":
        departments.down.add("/credits")
    else:
        departments.refuse.append(_moves)
    with pytest.raises(ServiceDown):
        await education.propose(AYESHA, "parent", TERMS, key="propose")
    departments.down.clear()
    departments.refuse.clear()
    # Nobody is asked to agree to what has no money yet.
    assert not await departments.pool.fetchval(
        "SELECT count(*) FROM education.notice WHERE pupil = $1", AYESHA
    )
    again = await education.propose(AYESHA, "parent", TERMS, key="propose")
    assert (again.state, again.version) == ("open", 1)
    assert len(await education.proposals(AYESHA, "parent")) == 1
    await balanced(departments)


@pytest.mark.parametrize("lost", ["the call", "the answer"])
async def test_a_round_repairs_what_nobody_asks_for_again(departments: Departments, lost: str) -> None:
    proposal = await agreed(departments)
    if lost == "the call":
        departments.down.add("/credits")
    else:
        departments.refuse.append(_moves)
    with pytest.raises(ServiceDown):
        await departments.education.answer(proposal.id, "pupil", 1, "refuse", key="no")
    departments.down.clear()
    departments.refuse.clear()
    await departments.education.news(0)
    await balanced(departments)
    assert (await departments.education.credit(AYESHA)).available == 640_00


async def test_what_is_begun_is_finished_before_anything_else(departments: Departments) -> None:
    proposal = await agreed(departments)
    departments.refuse.append(_moves)
    longer = Terms("T101", "maths", 12, "tuesday", "library", "pass her SATs")
    with pytest.raises(ServiceDown):
        await departments.education.change(proposal.id, "school", 1, longer, key="change")
    departments.refuse.clear()
    # An agreement to the old version comes before anybody has noted that the new one is held.
    with pytest.raises(ServiceRefused, match="VERSION_CHANGED"):
        await departments.education.answer(proposal.id, "parent", 1, "agree", key="late")
    assert (await departments.education.proposal(proposal.id, "parent")).version == 2
    await balanced(departments)


async def test_an_empty_fund_awards_nothing(departments: Departments) -> None:
    fund = await departments.ledger.account(money.FUND)
    await departments.ledger.open([money.credit_account("300000009")])
    await departments.ledger.transfer([money.award("300000009", 1999, fund.available)])
    credit = await departments.education.ask_for_credit(AYESHA, "parent", key="ask")
    assert (credit.state, credit.available) == ("unfunded", 0)
    with pytest.raises(ServiceRefused, match="NO_CREDIT"):
        await departments.education.propose(AYESHA, "parent", TERMS, key="propose")


class _Walk:
    """Whatever three, a tutor, time and a failing ledger may do, one after another."""

    def __init__(self, departments: Departments, seed: int) -> None:
        self._departments, self._chance, self._step = departments, Random(seed), 0

    async def step(self) -> None:
        self._step += 1
        departments = self._departments
        broken = self._chance.random() < 0.06
        if broken:
            departments.refuse.append(_moves)
        do = self._chance.choice([
            *[self._propose] * 3, self._change, *[self._answer] * 3, *[self._confirm] * 8, *[self._wait] * 4,
            self._approval, self._round,
        ])  # fmt: skip
        with contextlib.suppress(ServiceRefused, ServiceDown):
            await do()
        departments.refuse.clear()

    def _terms(self) -> Terms:
        tutor = self._chance.choice(TUTORS)
        day = {"T101": "tuesday", "T102": "monday", "S201": "monday"}[tutor]
        place = {"T101": "library", "T102": "home", "S201": "school"}[tutor]
        return Terms(tutor, "maths", self._chance.randint(1, 12), day, place, "pass")

    async def _latest(self, state: str | None = None) -> Proposal:
        found = await self._departments.education.proposals(AYESHA, "parent")
        if not found:
            raise ServiceRefused(404, "NONE")
        wanted = [each for each in found if each.state == state]
        return self._chance.choice(wanted or found[-3:])

    async def _propose(self) -> None:
        party = self._chance.choice(rules.PARTIES)
        await self._departments.education.propose(AYESHA, party, self._terms(), key=f"step{self._step}")

    async def _change(self) -> None:
        proposal, party = await self._latest(), self._chance.choice(rules.PARTIES)
        await self._departments.education.change(
            proposal.id, party, proposal.version, self._terms(), key=f"step{self._step}"
        )

    async def _answer(self) -> None:
        proposal = await self._latest("open")
        for party in rules.PARTIES:
            said: Literal["agree", "refuse"] = "refuse" if self._chance.random() < 0.02 else "agree"
            await self._departments.education.answer(
                proposal.id,
                party,
                proposal.version,
                said,
                key=f"step{self._step}{party}",
            )

    async def _confirm(self) -> None:
        proposal, today = await self._latest("agreed"), self._departments.clock.now.date()
        due = [each for each in proposal.sessions if each.state == "held" and each.day and each.day <= today]
        if due:
            session = self._chance.choice(due)
            for party in ("parent", "school"):
                await self._departments.education.confirm(
                    proposal.id, (session.version, session.number), party,
                    took_place=self._chance.random() < 0.8, key=f"step{self._step}{party}",
                )  # fmt: skip

    async def _wait(self) -> None:
        self._departments.clock.now += timedelta(days=self._chance.randint(1, 6))

    async def _approval(self) -> None:
        until = self._departments.clock.now.date() + timedelta(days=self._chance.choice([-1, 300, 300]))
        await self._departments.pool.execute(
            "UPDATE education.tutor SET approved_until = $2 WHERE id = $1", self._chance.choice(TUTORS), until
        )

    async def _round(self) -> None:
        await self._departments.education.news(0)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_the_money_is_that_of_the_sessions(
    departments: Departments, seed: int
) -> None:
    await departments.education.ask_for_credit(AYESHA, "parent", key="ask")
    walk = _Walk(departments, seed)
    for _ in range(60):
        await walk.step()
    await departments.education.news(0)
    await balanced(departments)
