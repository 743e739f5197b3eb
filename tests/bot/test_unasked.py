"""A flow that we begin and that has nothing to say leaves no trace; one that can't know yet waits unseen."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.dialogue import MOST_WAITS, Dialogue, Result
from bot.flows.frame import State
from bot.flows.machine import Setting
from bot.packs import Packs, load_packs
from bot.services import Services
from bot.understanding.commands import Begin, Command, Resume
from bot.understanding.reader import Understood

FLOWS = """
news:
  fleeting: true
  title: {en: some news, cy: newyddion}
  steps:
    - do: look
    - branch:
        - if: fresh is true
          then: [{say: hear_this}, {ask: agreed, as: yes_no}, {do: look_again}, {say: done_so}]
order:
  title: {en: an order, cy: archeb}
  steps: [{ask: colour, as: option, options: [red, blue]}, {do: look_again}, {say: ordered}]
"""
HANDLERS = '''
"""News that may be old, of a department that may be down."""
from actions.sdk import Call, Case, Filled, Handler, Outcome, ServiceDown

DOWN, FRESH = [], [True]


class Look(Handler):
    """Whether it is still so."""
    fills = ("fresh",)

    async def handle(self, call: Call) -> Outcome:
        if DOWN:
            raise ServiceDown("a test")
        return Filled(fresh=FRESH[0], follow={"thing:1": {"seen": True}})


class LookAgain(Handler):
    """Nothing more."""

    async def handle(self, call: Call) -> Outcome:
        if DOWN:
            raise ServiceDown("a test")
        return Filled()
'''
WORDS = """
hear_this: Hear this.
ask_agreed: Do you agree?
done_so: Done so.
ask_colour: Which colour?
option.colour.red: Red
option.colour.blue: Blue
ordered: Ordered.
"""
NEWS = Begin("news", (("about", 1),))


class Talk:
    """One conversation, without the model, in which we may speak first."""

    def __init__(self, packs: Packs) -> None:
        self.dialogue, self.state, self.number = Dialogue(packs), State(), 0
        self.now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
        self.packs = packs
        module = type(packs.packs["toys"].handlers["look"]).__module__
        handlers = __import__("sys").modules[module]
        self.down, self.fresh = handlers.DOWN, handlers.FRESH

    async def does(self, *commands: Command) -> Result:
        self.now, self.number = self.now + timedelta(minutes=1), self.number + 1
        self.state = self.dialogue.state(self.state.to_json(), "en", self.now)
        client = Services.client.__get__(None, Services)
        setting = Setting(self.number, 1, "sms", "+447700900123", self.now, client)
        return await self.dialogue.respond(self.state, commands, setting)

    async def says(self, text: str, intent: str | None = None) -> str:
        understood = Understood(((intent, 0.99),) if intent else ())
        result = await self.does(*self.dialogue.reader.read(text, self.state, understood, self.now))
        assert result.reply is not None
        return result.reply.text


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    folder = tmp_path / "toys"
    (folder / "responses").mkdir(parents=True)
    (folder / "pack.yml").write_text("pack: toys\ntitle: {en: Toys, cy: Teganau}\n")
    (folder / "flows.yml").write_text(FLOWS)
    (folder / "handlers.py").write_text(HANDLERS)
    for language in ("en", "cy"):
        (folder / "responses" / f"{language}.yml").write_text(WORDS)
    return Talk(load_packs(["toys"], tmp_path))


def told(result: Result) -> str | None:
    return result.reply.text if result.reply is not None else None


async def test_what_is_still_so_is_told_and_asked(talk: Talk) -> None:
    assert told(await talk.does(NEWS)) == "Hear this.\nDo you agree?"
    assert await talk.says("yes") == "Done so."


async def test_what_is_no_more_so_is_not_spoken_of_and_changes_nothing(talk: Talk) -> None:
    await talk.says("an order please", "order")
    before = talk.state.to_json()
    talk.fresh[0] = False
    result = await talk.does(NEWS)
    assert (told(result), result.outcome, result.flow) == (None, "done", "news")
    assert result.follow == [("toys", "thing:1", {"seen": True})]  # what it did is kept all the same
    assert {**talk.state.to_json(), "last_at": 0} == {**before, "last_at": 0}
    assert await talk.says("red") == "Ordered."


async def test_an_open_question_of_ours_is_not_lost_to_what_is_no_more_so(talk: Talk) -> None:
    await talk.does(NEWS)
    talk.fresh[0] = False
    assert told(await talk.does(NEWS)) is None
    assert await talk.says("yes") == "Done so."


async def test_what_can_not_be_known_yet_waits_below_what_is_in_hand(talk: Talk) -> None:
    await talk.says("an order please", "order")
    talk.down.append(True)
    result = await talk.does(NEWS)
    assert (told(result), result.outcome, result.resume_after) == (None, "waiting", timedelta(minutes=1))
    assert talk.state.top is not None
    assert talk.state.top.flow == "order"
    talk.down.clear()
    assert told(await talk.does(Resume())) == "Hear this.\nDo you agree?"
    assert await talk.says("yes") == "Done so.\nBack to an order.\nWhich colour?\n1 Red\n2 Blue"


async def test_what_waited_and_is_no_more_so_is_never_spoken_of(talk: Talk) -> None:
    talk.down.append(True)
    await talk.does(NEWS)
    talk.down.clear()
    talk.fresh[0] = False
    assert told(await talk.does(Resume())) is None
    assert talk.state.stack == []


async def test_what_the_citizen_waits_for_is_not_held_up_by_ours(talk: Talk) -> None:
    await talk.says("an order please", "order")
    talk.down.append(True)
    assert "isn't answering" in await talk.says("red")
    await talk.does(NEWS)
    talk.down.clear()
    talk.fresh[0] = False
    said = told(await talk.does(Resume()))
    assert said is not None
    assert said.endswith("Ordered.")


async def test_after_a_day_a_person_is_told_and_the_citizen_still_hears_nothing(talk: Talk) -> None:
    talk.down.append(True)
    result = await talk.does(NEWS)
    for _ in range(MOST_WAITS):
        assert told(result) is None
        result = await talk.does(Resume())
    assert [case.reason for _, case in result.cases] == ["department_down"]
    assert talk.state.stack == []
