"""What comes in from outside: keys, proofs that are wrong, numbers and words that can't be."""

from typing import Any

import aiohttp
import pytest

from actions.education.service import DEMO_PUPILS, demo_page
from actions.education.tests.conftest import Departments
from actions.sdk import ServiceRefused

AYESHA = DEMO_PUPILS[0]


async def ask(
    departments: Departments, method: str, path: str, key: str | None = None, **more: Any
) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {departments.key if key is None else key}", "Idempotency-Key": path}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{departments.url}/{path}", headers=headers, **more) as response,
    ):
        found = await response.json(content_type=None)
        return response.status, found.get("code", "")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "people?phone=%2B447700900320"), ("GET", "pupils/300000001"),
        ("GET", "pupils/300000001/credit"), ("GET", "pupils/300000002/proposals?party=parent"),
        ("GET", "proposals/1?party=parent"), ("POST", "proposals/1/answers"), ("GET", "news?since=0"),
        ("POST", "proofs"), ("POST", "pupils/300000001/credit"),
        ("POST", "proposals/2/sessions/1/3/confirmations"), ("POST", "proposals/2/progress"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["", "wrong", "ключ"])
async def test_nothing_of_a_pupil_is_told_without_the_key(
    shared: Departments, method: str, path: str, key: str
) -> None:
    assert await ask(shared, method, path, key, json={}) == (401, "KEY_WRONG")


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("GET", "pupils/300000099/credit", None, (404, "PUPIL_NOT_FOUND")),
        ("GET", "pupils/' OR 1=1/credit", None, (404, "PUPIL_NOT_FOUND")),
        ("GET", "proposals/99?party=parent", None, (404, "PROPOSAL_NOT_FOUND")),
        ("GET", "proposals/-1?party=parent", None, (404, "NOT_FOUND")),
        ("GET", "proposals/99999999999999999999?party=parent", None, (404, "NOT_FOUND")),
        ("GET", "proposals/1?party=uncle", None, (422, "INVALID")),
        ("GET", "pupils/300000003/proposals?party=tutor", None, (422, "INVALID")),
        ("GET", "pupils/300000001/tutors?subject=maths&kind=tutor&lat=nan&long=0", None, (422, "INVALID")),
        ("GET", "pupils/300000001/tutors?subject=maths&kind=tutor&lat=53", None, (422, "INVALID")),
        ("GET", "news?since=now", None, (404, "NOT_FOUND")),
        ("POST", "pupils/300000099/credit", {"party": "parent"}, (404, "PUPIL_NOT_FOUND")),
        ("POST", "pupils/300000001/credit", {"party": "desk"}, (422, "INVALID")),
        ("POST", "proposals/1/answers", {"party": "parent", "version": 1, "answer": "maybe"},
         (422, "INVALID")),
        ("POST", "proposals/1/answers", {"party": "tutor", "version": 1, "answer": "agree"},
         (422, "INVALID")),
        ("POST", "proposals/1/answers", {"party": "parent", "version": 2, "answer": "agree"},
         (409, "VERSION_CHANGED")),
        ("POST", "proposals/2/sessions/1/99/confirmations", {"party": "parent", "took_place": True},
         (404, "SESSION_NOT_FOUND")),
        ("POST", "proposals/2/sessions/1/3/confirmations", {"party": "parent", "took_place": 1},
         (422, "INVALID")),
        ("POST", "proposals/4/progress", {"party": "pupil", "went": 6, "goal": "yes"}, (422, "INVALID")),
    ],
)  # fmt: skip
async def test_what_can_t_be_is_refused_by_name(
    shared: Departments, method: str, path: str, body: dict[str, Any] | None, answer: tuple[int, str]
) -> None:
    assert await ask(shared, method, path, json=body) == answer


@pytest.mark.parametrize(
    ("code", "party"), [("OTTER 4821", "parent"), ("robin-7316", "pupil"), ("chalk2094", "school")]
)
async def test_the_code_tells_which_of_the_three_it_is(shared: Departments, code: str, party: str) -> None:
    found = await shared.people.prove(AYESHA.reference, code, AYESHA.birth_year)
    assert (found.given_name, found.party) == ("Ayesha", party)


@pytest.mark.parametrize(
    ("reference", "code", "year"),
    [
        ("300000001", "OTTER 4822", 2015), ("300000001", "OTTER 4821", 2014),
        ("300000001", "HERON 5530", 2012), ("300000099", "OTTER 4821", 2015),
    ],
)  # fmt: skip
async def test_a_wrong_proof_is_counted_whether_or_not_there_is_such_a_pupil(
    departments: Departments, reference: str, code: str, year: int
) -> None:
    for left in (4, 3, 2, 1):
        with pytest.raises(ServiceRefused) as refused:
            await departments.people.prove(reference, code, year)
        assert (refused.value.code, refused.value.details["remaining-tries"]) == ("PROOF_FAILED", left)
    with pytest.raises(ServiceRefused, match="LOCKED"):
        await departments.people.prove(reference, code, year)
    with pytest.raises(ServiceRefused, match="LOCKED"):  # for all three of them, with the right code too
        await departments.people.prove(reference, "ROBIN 7316", 2015)


async def test_the_demo_page_s_parents_are_who_they_are_said_to_be(shared: Departments) -> None:
    rows = demo_page()
    assert len(rows) >= 8
    for row in rows:
        reference = row["reference"].replace(" ", "")
        found = await shared.people.prove(reference, row["code"], int(row["born"]))
        assert found.party == "parent"
        if row["phone"]:
            by_phone = await shared.people.with_phone(row["phone"])
            assert reference in {each.reference for each in by_phone}
        assert row["story"]
        assert row["story_cy"]
