"""Three agree to one thing, over the service's API: the money follows in the ledger."""

import pytest

from actions.education.tests.conftest import Departments
from actions.education.reading import Terms

AYESHA = "300000001"
TERMS = Terms("T101", "maths", 10, "tuesday", "library", "pass her SATs")


async def test_smoke(departments: Departments) -> None:
    education = departments.education
    credit = await education.credit(AYESHA)
    print(credit)
    credit = await education.ask_for_credit(AYESHA, "parent", key="k0")
    print(credit)
    proposal = await education.propose(AYESHA, "parent", TERMS, key="k1")
    print(proposal)
    print(await education.credit(AYESHA))
    for party in ("pupil", "school"):
        proposal = await education.answer(proposal.id, party, 1, "agree", key=party)
    print(proposal.state, proposal.sessions[:2])
    for each in await education.news(0):
        print(each.kind, each.party, each.key, each.phone)
