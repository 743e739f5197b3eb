"""Random walks through every flow: whatever is said in whatever order, the dialogue keeps its promises."""

import itertools
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.sdk import Service, ServiceDown
from bot.conversations.stage import Said, ScriptClock, Stage
from bot.dialogue import DEEPEST, Result
from bot.engine.runtime import dialogue, packs
from bot.flows.frame import State
from bot.flows.machine import Setting
from bot.process import Process
from bot.understanding.reader import Understood

MOST_BYTES = 64 * 1024
EXAMPLES = int(os.environ.get("WALKS", "40"))
"""WALKS=2000 walks for longer."""

# What is said, and which journey the classifier takes it for; None where it takes it for none.
NEEDS = sorted(flow.id for flow in packs().flows.values() if not flow.fleeting)
ANSWERS = [
    "1", "2", "3", "9", "yes", "no", "agree", "the second one", "last", "tuesday", "neither",
    "nearest", "soonest please", "1111 2222 3331", "111122223333", "1111 2222 3334", "KITE 4821",
    "FERN 2649", "WOOD 9153", "1961", "1979", "1990", "14/03/1961", "LS6 2CV", "BD9 4CK please",
    "Meanwood", "tell me about 2", "sooner", "none of these", "yr agosaf", "cytuno", "manylion 1",
    "👍",
]  # fmt: skip
CORRECTIONS = [
    "no, the shortest wait", "not nearest, soonest", "sorry I meant BD9 4CK", "change the hospital",
    "the time", "actually 1111 2222 3333", "na, yr agosaf", "no, the other one", "hospital",
    "newid yr amser",
]  # fmt: skip
WORDS = [
    "back", "skip", "more", "?", "why", "leave", "person", "repeat", "start again", "cymraeg",
    "english", "mwy", "yn ôl", "gadael", "stop", "what do you mean",
]  # fmt: skip
NONSENSE = [
    "flurb", "😀", "...", "0", "-1", "99999999999999999999", "{{ 7*7 }}", "<b>x</b>", "a" * 300, "ŵ",
    "' OR 1=1", "my chest hurts and I can't breathe", "the wait is killing me", "None", "null",
]  # fmt: skip

type Message = tuple[str, str | None, float]

_sure = st.floats(0.0, 1.0)
_messages: st.SearchStrategy[Message] = st.one_of(
    st.tuples(st.sampled_from(ANSWERS), st.none(), _sure),
    st.tuples(st.sampled_from(CORRECTIONS), st.none(), _sure),
    st.tuples(st.sampled_from(WORDS), st.none(), _sure),
    st.tuples(st.sampled_from(NONSENSE), st.none(), _sure),
    st.tuples(st.just("I need something"), st.sampled_from(NEEDS), _sure),
    st.tuples(st.just("I don't want to do this"), st.sampled_from(NEEDS), _sure),
    st.tuples(st.text(max_size=40), st.sampled_from([*NEEDS, None]), _sure),
)
_proofs = {
    "nearest": ["1111 2222 3331", "KITE 4821", "1961", "2"],
    "nothing_free": ["1111 2222 3333", "FERN 2649", "1979", "1", "LS28 8CM"],
    "by_phone": ["1111 2222 3334", "WOOD 9153", "1990", "nearest"],
}
_starts: st.SearchStrategy[list[Message]] = st.one_of(
    st.just([]),
    st.sampled_from(sorted(_proofs)).map(
        lambda name: [("choose", "choose_hospital", 1.0), *((text, None, 0.0) for text in _proofs[name])]
    ),
)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
async def departments(stage: Stage) -> AsyncIterator[Process]:
    async with stage.process(ScriptClock()) as process:
        yield process


@pytest.fixture(scope="session")
async def said() -> AsyncIterator[Said]:
    async with AsyncExitStack() as stack:
        watched = Said()
        watched.watch(stack)
        yield watched


class Walk:
    """One conversation, kept as the database keeps it: as JSON whose keys lose their order."""

    def __init__(self, services: Callable[[type[Service]], Service], said: Said, channel: str) -> None:
        self._services, self._said, self._channel = services, said, channel
        self._now = datetime.now(UTC)
        self._number = next(_numbers)
        self.state = State()

    async def say(self, message: Message, hours: float = 0) -> Result:
        text, flow, sure = message
        self._now += timedelta(hours=hours, minutes=1)
        others = [name for name in NEEDS if name != flow][:2]
        ranking = ((flow, sure), *((name, (1 - sure) / 3) for name in others)) if flow else ()
        read = dialogue().reader.read
        commands = read(text, self.state, Understood(tuple(sorted(ranking, key=lambda r: -r[1]))), self._now)
        assert commands, "nothing was understood, not even that"
        self._said.rendered.clear()
        setting = Setting(next(_numbers), self._number, self._channel, "walk", self._now, self._services)
        result = await dialogue().respond(self.state, commands, setting)
        self._check(result)
        return result

    def _check(self, result: Result) -> None:
        stored = json.dumps(self.state.to_json(), sort_keys=True)
        assert len(stored) < MOST_BYTES, f"the snapshot has {len(stored)} bytes"
        kept = State.from_json(json.loads(stored))
        assert kept == self.state, "the state is another after it was stored"
        self.state = kept
        assert len(self.state.stack) <= DEEPEST
        assert result.reply is not None
        assert result.reply.text.strip(), "silence"
        json.dumps([[desk, case.reason, case.known] for desk, case in result.cases])
        top = self.state.top
        if top is not None and not top.waits and result.outcome != "danger":
            assert top.asking, f"{top.flow} is in hand and asks nothing: a dead end"
        asked = {key for key, _, text in self._said.rendered if key.startswith(("ask_", "confirm_")) and text}
        assert len(asked) <= 1, f"two questions at once: {asked}"
        if result.outcome == "danger":
            return
        other = [
            key for key, language, text in self._said.rendered
            if language != self.state.language and len(text) > 12 and text in result.reply.text
            and not key.startswith(("field.", "option."))
        ]  # fmt: skip
        assert not other, f"{other} in another language than {self.state.language}"

    async def leave_all(self) -> None:
        for _ in range(DEEPEST + 1):
            await self.say(("leave", None, 0.0))
        assert self.state.stack == [], "LEAVE does not empty the stack"


_quick = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES <= 100
)


@_quick
@given(
    start=_starts,
    messages=st.lists(_messages, min_size=1, max_size=12),
    channel=st.sampled_from(["sms", "webchat"]),
    hours=st.sampled_from([0, 0, 0, 5, 26, 200]),
)
async def test_every_walk_keeps_the_promises(
    departments: Process,
    said: Said,
    start: list[Message],
    messages: list[Message],
    channel: str,
    hours: float,
) -> None:
    walk = Walk(departments.services.client, said, channel)
    for message in start:
        await walk.say(message)
    for number, message in enumerate(messages):
        await walk.say(message, hours if number == len(messages) // 2 else 0)
    await walk.leave_all()


def _down(_: type[Service]) -> NoReturn:
    raise ServiceDown("test")


@_quick
@given(start=_starts, messages=st.lists(_messages, min_size=1, max_size=8))
async def test_with_every_department_down(said: Said, start: list[Message], messages: list[Message]) -> None:
    walk = Walk(_down, said, "sms")
    for message in [*start, *messages]:
        await walk.say(message)
    await walk.leave_all()


@pytest.mark.parametrize("flow", NEEDS)
async def test_each_flow_begins_and_can_be_left(departments: Process, said: Said, flow: str) -> None:
    walk = Walk(departments.services.client, said, "sms")
    result = await walk.say(("I need something", flow, 1.0))
    assert result.flow == flow or flow == "out_of_scope"
    await walk.leave_all()


async def test_a_walk_as_long_as_a_life_stays_small(departments: Process, said: Said) -> None:
    walk = Walk(departments.services.client, said, "sms")
    script: list[tuple[str, str | None]] = [
        *(("I need something", flow) for flow in NEEDS), *((text, None) for text in ANSWERS + CORRECTIONS),
    ]  # fmt: skip
    sizes: list[int] = []
    for _ in range(8):
        for text, flow in script:
            await walk.say((text, flow, 1.0))
        sizes.append(len(json.dumps(walk.state.to_json())))
    # What is open and what was left fill up at first; then nothing is added by living longer.
    assert max(sizes[5:]) <= max(sizes[:5]) + 16  # a number may have a digit more
