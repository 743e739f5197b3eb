"""Who may look into a budget: who shows a key, proves themself or writes from a number on record."""

from typing import Any
from uuid import uuid4

import pytest

from actions.care.tests.conftest import DORIS, KEY, ROSE, Department, outcome
from actions.sdk import ServiceRefused
from actions.sdk.service import Json

HELPER: dict[str, Json] = {
    "name": "Nia", "phone": "+447700900379", "per_payment": 2_000, "per_week": 5_000, "lines": None,
}  # fmt: skip


async def raw(
    department: Department, method: str, path: str, body: object = None, key: str = KEY
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid4())}
    session = department.care._session
    async with session.request(
        method, f"{department.url}/{path}", json=body, headers=headers if key else {}
    ) as answer:
        told = await answer.json() if answer.content_type.endswith("json") else {}
        return answer.status, told


GUARDED = (
    ("GET", f"citizens/{DORIS}"), ("POST", "proofs"), ("POST", "sessions"), ("POST", "sessions/find"),
    ("GET", "people?phone=%2B447700900360"),
    ("POST", f"citizens/{DORIS}/spends"), ("GET", "events?after=0"), ("GET", "desk/plans"),
    ("POST", "desk/payments"), ("GET", f"citizens/{DORIS}/nowhere"),
)  # fmt: skip


async def test_without_a_key_nothing_is_told(department: Department) -> None:
    for key in ("", "another key", KEY + "x", "é"):
        for method, path in GUARDED:
            status, told = await raw(department, method, path, {}, key)
            assert (status, told["code"]) == (401, "UNAUTHORISED"), path


async def test_the_letter_proves_and_five_wrong_tries_lock(department: Department) -> None:
    assert (await department.care.prove(ROSE, "avocet3381", 1935)).name == "Rose"
    for left in (4, 3, 2, 1):
        with pytest.raises(ServiceRefused, match="PROOF_FAILED") as refused:
            await department.care.prove(ROSE, "AVOCET 3382", 1935)
        assert refused.value.details == {"remaining-tries": left}
    assert await outcome(department.care.prove(ROSE, "AVOCET 3381", 1936)) == "LOCKED"
    assert await outcome(department.care.prove(ROSE, "AVOCET 3381", 1935)) == "LOCKED"
    department.clock.forward(minutes=31)
    assert (await department.care.prove(ROSE, "AVOCET 3381", 1935)).name == "Rose"


async def test_a_reference_that_is_not_there_is_answered_as_one_that_is(department: Department) -> None:
    for left in (4, 3, 2, 1):
        with pytest.raises(ServiceRefused, match="PROOF_FAILED") as refused:
            await department.care.prove("49999999", "HERON 4821", 1938)
        assert refused.value.details == {"remaining-tries": left}
    assert await outcome(department.care.prove("49999999", "HERON 4821", 1938)) == "LOCKED"


@pytest.mark.parametrize(
    ("phone", "citizens", "helping"),
    [
        ("+447700900360", ["Doris"], []), ("+447700900370", [], ["Doris"]),
        ("+447700900372", [], ["Pat", "Rose"]), ("+447700900999", [], []), ("", [], []),
        ("' OR 1=1 --", [], []),
    ],
)  # fmt: skip
async def test_whose_a_number_is(
    department: Department, phone: str, citizens: list[str], helping: list[str]
) -> None:
    people = await department.care.people(phone)
    assert [each.name for each in people.citizens] == citizens
    assert [each.name for each in people.helping] == helping


async def test_a_helper_is_kept_and_takes_the_place_of_the_one_before(department: Department) -> None:
    await department.care.allow(DORIS, HELPER, "a")
    await department.care.allow(DORIS, {**HELPER, "per_week": 6_000}, "b")
    found = [each for each in await department.care.helpers(DORIS) if each.name == "Nia"]
    assert [(each.per_payment, each.per_week, each.week_left) for each in found] == [(2_000, 6_000, 6_000)]
    assert (await department.events()).count("helper_allowed") == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"per_week": 1_999}, "WEEK_TOO_SMALL"), ({"phone": "+447700900360"}, "OWN_PHONE"),
        ({"phone": "07700900379"}, "INVALID"), ({"name": " "}, "INVALID"), ({"per_payment": 0}, "INVALID"),
        ({"lines": ["all"]}, "INVALID"), ({"per_payment": -5}, "INVALID"),
    ],
)  # fmt: skip
async def test_helpers_that_will_not_do(department: Department, wrong: dict[str, Json], code: str) -> None:
    assert await outcome(department.care.allow(DORIS, {**HELPER, **wrong}, "a")) == code


SPEND: dict[str, Json] = {"payee": "Brenda Cole", "pence": 1, "line": 101, "way": "council"}
NO_FORM: tuple[tuple[str, dict[str, Json]], ...] = (
    ("desk/payments", {"spends": [2**63], "officer": "officer:7"}),
    ("desk/payments", {"spends": [0], "officer": "officer:7"}),
    (f"citizens/{DORIS}/spends", {**SPEND, "line": 2**63}),
    (f"citizens/{DORIS}/spends", {**SPEND, "helper": 2**63}),
    (f"citizens/{DORIS}/spends", {**SPEND, "receipt": "javascript:alert(1)"}),
    (f"citizens/{DORIS}/helpers", {**HELPER, "lines": [2**63]}),
    (f"citizens/{DORIS}/review", {"slot": 2**63}),
)


@pytest.mark.parametrize(("path", "body"), NO_FORM)
async def test_what_no_row_can_have_is_refused(
    department: Department, path: str, body: dict[str, Json]
) -> None:
    status, told = await raw(department, "POST", path, body)
    assert (status, told["code"]) == (422, "INVALID")


NOT_THERE = (
    ("GET", "citizens/49999999", 404), ("GET", "citizens/4000000", 404), ("GET", "citizens/x", 404),
    ("GET", "citizens/49999999/plan", 404), ("GET", f"citizens/{DORIS}/nothing", 404),
    ("POST", f"citizens/{DORIS}/spends/{'9' * 19}/withdraw", 404), ("GET", "events", 422),
    ("GET", "events?after=-1", 422), ("GET", "events?after=1e3", 422), ("GET", "desk/plans/77", 404),
    ("GET", "desk/spends?state=new", 422), ("PUT", f"citizens/{DORIS}", 405),
    ("POST", f"citizens/{DORIS}/spends", 422), ("POST", "desk/payments", 422),
)  # fmt: skip


async def test_what_is_not_there_and_what_has_no_form(department: Department) -> None:
    for method, path, status in NOT_THERE:
        found, _ = await raw(department, method, path, {} if method == "POST" else None)
        assert found == status, path
