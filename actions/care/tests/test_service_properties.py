"""Whatever is done in whatever order: the four figures add up, and a plan's version only moves forward."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.care.tests.conftest import LEROY, OFFICER, Department, decision, outcome

type Calls = dict[str, Callable[[], Awaitable[object]]]

LINES = (500, 501, 502, None)
WAYS = ("council", "direct", "own")

_spend = st.tuples(
    st.just("spend"), st.sampled_from(LINES), st.sampled_from(WAYS), st.integers(1, 400_000), st.booleans()
)
_decide = st.tuples(st.sampled_from(["agree", "refuse", "withdraw", "pay", "back"]), st.integers(0, 5))
_plan = st.tuples(
    st.sampled_from(["write", "change", "remove", "send", "agree_line", "talk_line"]),
    st.integers(0, 3), st.integers(1, 300_000),
)  # fmt: skip
_holding = st.tuples(st.just("hold"), st.integers(1, 99))
STEPS = st.lists(st.one_of(_spend, _decide, _plan, _holding), min_size=1, max_size=10)


async def _do(department: Department, step: tuple[Any, ...]) -> None:
    care, key = department.care, str(uuid4())
    match step:
        case ("spend", line, way, pence, ask):
            words = "Because." if ask else ""
            await outcome(department.spend(LEROY, "Sunrise Care", pence, line, way=way, ask=words))
        case ("hold", percent):
            parts = {"council": percent, "direct": 100 - percent}
            await outcome(care.ask_holding(LEROY, {"unit": "percent", "parts": parts, "rest": None}, key))
            for asked in await care.waiting_holdings():
                await outcome(care.decide_holding(asked.id, decision(), f"{key}{asked.id}"))
        case (what, at):
            spends = await care.spends(LEROY)
            number = spends[at % len(spends)].number
            calls: Calls = {
                "agree": lambda: department.decide(number),
                "refuse": lambda: department.decide(number, agreed=False, reason="No."),
                "withdraw": lambda: care.withdraw(LEROY, number, key),
                "pay": lambda: care.pay([number], OFFICER, key),
                "back": lambda: care.put_back(number, {"reason": "Wrong.", "officer": OFFICER}, key),
            }
            await outcome(calls[what]())
        case (what, at, pence):
            plan = await care.plan(LEROY)
            assert plan.latest is not None
            lines = plan.latest.lines
            line = lines[at % len(lines)].line if lines else 0
            written = {"words": "Something", "outcome": "", "pence": pence, "period": "month"}
            number = plan.open.id if plan.open else 500
            changes: Calls = {
                "write": lambda: care.write_line(LEROY, written, key),
                "change": lambda: care.write_line(LEROY, written, key, line),
                "remove": lambda: care.remove_line(LEROY, line, key),
                "send": lambda: care.send_plan(LEROY, key),
                "agree_line": lambda: care.decide_line(number, line, decision(), key),
                "talk_line": lambda: care.decide_line(
                    number, line, decision(agreed=False, reason="Talk."), key
                ),
            }
            await outcome(changes[what]())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_it_always_adds_up_and_versions_only_go_forward(
    department: Department, steps: list[tuple[Any, ...]]
) -> None:
    seen: tuple[int, int] = (0, 0)
    for step in steps:
        await _do(department, step)
        await department.adds_up(LEROY)
        plan = await department.care.plan(LEROY)
        now = (plan.in_force.number if plan.in_force else 0, plan.open.number if plan.open else 0)
        assert now[0] >= seen[0]
        assert not now[1] or now[1] == now[0] + 1
        seen = now
