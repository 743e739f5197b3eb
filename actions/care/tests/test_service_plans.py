"""Plans: lines of any words, versions that only go forward, agreed or talked over line by line."""

import asyncio
from uuid import uuid4

import pytest

from actions.care.budget import Plan
from actions.care.tests.conftest import DORIS, KELLY, TOM, Department, decision, outcome
from actions.sdk import ServiceRefused
from actions.sdk.service import Json

COURSE: dict[str, Json] = {
    "words": "AAT bookkeeping course", "outcome": "so that I earn a wage", "pence": 120_000, "period": "once",
}  # fmt: skip


async def write(department: Department, who: str, number: int = 0, **line: Json) -> Plan:
    return await department.care.write_line(who, {**COURSE, **line}, str(uuid4()), number)


async def send(department: Department, who: str) -> Plan:
    return await department.care.send_plan(who, str(uuid4()))


async def agree_all(department: Department, who: str) -> None:
    plan = await department.care.plan(who)
    assert plan.open is not None
    for line in plan.open.lines:
        if line.state != "agreed":
            await department.care.decide_line(plan.open.id, line.line, decision(), str(uuid4()))


@pytest.mark.parametrize(
    ("period", "pence", "yearly"),
    [("week", 1_250, 65_000), ("month", 1_250, 15_000), ("year", 1_250, 1_250), ("once", 1_250, 1_250)],
)
async def test_what_a_line_is_in_a_year(department: Department, period: str, pence: int, yearly: int) -> None:
    plan = await write(department, KELLY, period=period, pence=pence)
    assert plan.open is not None
    assert (plan.open.yearly, plan.left) == (yearly, 185_000 - yearly)


async def test_from_the_first_line_to_being_agreed(department: Department) -> None:
    assert (await department.care.plan(KELLY)).latest is None
    await write(department, KELLY)
    plan = await write(department, KELLY, words="A laptop", pence=40_000)
    assert plan.open is not None
    assert [line.state for line in plan.open.lines] == ["new", "new"]
    with pytest.raises(ServiceRefused, match="NOT_NOW"):  # nobody sent it
        await department.care.decide_line(plan.open.id, plan.open.lines[0].line, decision(), "x")
    plan = await send(department, KELLY)
    assert [each.name for each in await department.care.sent_plans()] == ["Tom", "Kelly"]
    assert plan.open is not None
    first, second = (line.line for line in plan.open.lines)
    with pytest.raises(ServiceRefused, match="REASON_NEEDED"):
        await department.care.decide_line(plan.open.id, first, decision(agreed=False), "y")
    talk = decision(agreed=False, reason="The college lends laptops. Would that do?")
    await department.care.decide_line(plan.open.id, second, talk, "z")
    await department.care.decide_line(plan.open.id, first, decision(), "w")
    plan = await department.care.plan(KELLY)
    assert plan.in_force is None
    assert plan.open is not None
    assert [(line.state, line.reason) for line in plan.open.lines] == [
        ("agreed", ""), ("talk", "The college lends laptops. Would that do?"),
    ]  # fmt: skip
    await write(department, KELLY, second, words="A cheaper laptop", pence=25_000)
    await send(department, KELLY)
    await agree_all(department, KELLY)
    plan = await department.care.plan(KELLY)
    assert plan.open is None
    assert plan.in_force is not None
    assert (plan.in_force.number, plan.in_force.yearly) == (1, 145_000)
    kinds = [each for each in await department.events() if each.startswith(("plan", "line"))]
    assert kinds == ["plan_sent", "line_talk", "plan_sent", "plan_agreed"]


async def test_what_was_agreed_stays_in_force_until_the_change_is(department: Department) -> None:
    before = await department.lines(DORIS)
    plan = await write(department, DORIS, 100, words="Tea dance on Tuesdays", pence=500, period="week")
    assert plan.open is not None
    assert plan.open.number == 2
    assert [line.state for line in plan.open.lines] == ["new", "agreed", "agreed", "agreed"]
    assert await department.lines(DORIS) == before
    spend = await department.spend(DORIS, "Oakfield Day Centre", 6_250, 100)
    assert spend.state == "held"
    await send(department, DORIS)
    await agree_all(department, DORIS)
    after = await department.lines(DORIS)
    assert after[100].words == "Tea dance on Tuesdays"
    assert after[100].left == 26_000 - 75_000 - 6_250  # more was spent than the line has now
    assert (await department.care.plan(DORIS)).in_force.number == 2  # type: ignore[union-attr]
    await department.adds_up(DORIS)


async def test_taking_a_line_out_needs_nobody(department: Department) -> None:
    await department.care.remove_line(DORIS, 102, "out")
    with pytest.raises(ServiceRefused, match="NO_SUCH"):
        await department.care.remove_line(DORIS, 102, "out again")
    plan = await send(department, DORIS)
    assert plan.open is None
    assert set(await department.lines(DORIS)) == {100, 101, 103}


async def test_over_the_budget_it_is_shown_and_can_be_sent_but_not_agreed(department: Department) -> None:
    await write(department, KELLY, pence=180_000)
    plan = await write(department, KELLY, words="A laptop", pence=40_000)
    assert plan.left == -35_000
    plan = await send(department, KELLY)
    assert plan.open is not None
    first, second = (line.line for line in plan.open.lines)
    await department.care.decide_line(plan.open.id, first, decision(), "a")
    with pytest.raises(ServiceRefused, match="PLAN_OVER") as refused:
        await department.care.decide_line(plan.open.id, second, decision(), "b")
    assert refused.value.details == {"over": 35_000}
    plan = await department.care.plan(KELLY)
    assert plan.open is not None
    assert [line.state for line in plan.open.lines] == ["agreed", "sent"]


async def test_a_line_talked_over_can_be_agreed_after_all(department: Department) -> None:
    plan = await department.care.plan(TOM)
    assert plan.open is not None
    assert [line.state for line in plan.open.lines] == ["sent", "talk"]
    await agree_all(department, TOM)
    assert set(await department.lines(TOM)) == {900, 901}
    with pytest.raises(ServiceRefused, match="NOT_NOW"):
        await department.care.decide_line(900, 901, decision(agreed=False, reason="Too late."), "late")


@pytest.mark.parametrize(("code", "lines"), [("NOTHING_TO_SEND", 0), ("PLAN_EMPTY", 1)])
async def test_nothing_is_not_sent(department: Department, code: str, lines: int) -> None:
    if lines:
        plan = await write(department, KELLY)
        assert plan.open is not None
        await department.care.remove_line(KELLY, plan.open.lines[0].line, "out")
    with pytest.raises(ServiceRefused, match=code):
        await send(department, KELLY)


async def test_a_plan_has_so_many_lines_at_most(department: Department) -> None:
    for at in range(40):
        await write(department, KELLY, words=f"Line {at}", pence=1)
    with pytest.raises(ServiceRefused, match="LINE_LIMIT"):
        await write(department, KELLY)


async def test_lines_written_at_once_are_all_there_in_one_version(department: Department) -> None:
    await asyncio.gather(*(write(department, KELLY, words=f"Line {at}", pence=100) for at in range(8)))
    plan = await department.care.plan(KELLY)
    assert plan.open is not None
    assert (plan.open.number, len(plan.open.lines)) == (1, 8)


async def test_two_officers_at_once_decide_a_line_once(department: Department) -> None:
    plan = await department.care.plan(TOM)
    assert plan.open is not None
    await department.care.decide_line(plan.open.id, 901, decision(), "a")

    wanted = [department.care.decide_line(900, 900, decision(), str(uuid4())) for _ in range(3)]
    came = await asyncio.gather(*(outcome(each) for each in wanted))
    assert sorted(came) == ["NOT_NOW", "NOT_NOW", "done"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": ""}, {"words": "   "}, {"words": "x" * 201}, {"words": "a\0b"}, {"outcome": "x" * 201},
        {"pence": 0}, {"pence": -1}, {"pence": 12.5}, {"pence": "12"}, {"pence": True},
        {"pence": 100_000_001}, {"period": "day"}, {"period": None}, {"more": 1},
    ],
)  # fmt: skip
async def test_lines_of_no_form(department: Department, wrong: dict[str, Json]) -> None:
    with pytest.raises(ServiceRefused) as refused:
        await department.care.write_line(KELLY, {**COURSE, **wrong}, "wrong")
    assert (refused.value.status, refused.value.code) == (422, "INVALID")
