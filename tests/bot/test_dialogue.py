"""What the dialogue does with flows made for the test: the stack, the other thing, what may be changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.dialogue import DEEPEST, Dialogue, Result
from bot.flows.frame import State
from bot.flows.machine import Setting
from bot.packs import Packs, load_packs
from bot.services import Services
from bot.understanding.reader import Understood

FLOWS = """
one:
  title: {en: the first thing, cy: y peth cyntaf}
  steps:
    - ask: colour
      as: option
      options: [red, blue]
      may_correct: false
    - ask: size
      as: number
    - confirm: [colour, size]
      name: order
    - say: one_done
two:
  title: {en: the second thing, cy: yr ail beth}
  steps: [{ask: day, as: date}, {say: two_done}]
three:
  title: {en: the third thing, cy: y trydydd peth}
  steps: [{ask: sum, as: money}, {say: three_done}]
four:
  title: {en: the fourth thing, cy: y pedwerydd peth}
  steps: [{ask: when, as: time}, {say: four_done}]
six:
  title: {en: the secret thing, cy: y peth cudd}
  steps: [{ask: password, as: code, secret: true}, {ask: size, as: number}, {say: two_done}]
five:
  title: {en: the fifth thing, cy: y pumed peth}
  steps: [{ask: place, as: place}, {say: five_done}]
"""
WORDS = """
ask_colour: Which colour?
option.colour.red: Red
option.colour.blue: Blue
field.colour: colour
ask_size: Which size?
field.size: size
confirm_order: "{{ colour }} in {{ size }}."
one_done: First done.
ask_password: What is the code?
ask_day: Which day?
two_done: "Second done{% if day is defined %}: {{ day }}{% endif %}."
ask_sum: How much?
three_done: "Third done: {{ sum }}."
ask_when: What time?
four_done: Fourth done.
ask_place: Where?
five_done: Fifth done.
"""
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Talk:
    """One conversation, without the model: a message that begins a flow names it."""

    def __init__(self, packs: Packs) -> None:
        self.dialogue, self.state, self.now = Dialogue(packs), State(), NOW

    async def say(self, text: str, intent: str | None = None) -> Result:
        self.now += timedelta(minutes=1)
        self.state = self.dialogue.state(self.state.to_json(), "en", self.now)
        understood = Understood(((intent, 0.99),) if intent else ())
        commands = self.dialogue.reader.read(text, self.state, understood, self.now)
        setting = Setting(1, 1, "sms", "+447700900123", self.now, Services.client.__get__(None, Services))
        return await self.dialogue.respond(self.state, commands, setting)

    async def told(self, text: str, intent: str | None = None) -> str:
        result = await self.say(text, intent)
        assert result.reply is not None
        return result.reply.text


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    folder = tmp_path / "toys"
    (folder / "responses").mkdir(parents=True)
    (folder / "pack.yml").write_text("pack: toys\ntitle: {en: Toys, cy: Teganau}\n")
    (folder / "flows.yml").write_text(FLOWS)
    for language in ("en", "cy"):
        (folder / "responses" / f"{language}.yml").write_text(WORDS)
    return Talk(load_packs(["toys"], tmp_path))


async def test_three_deep_and_back_in_order(talk: Talk) -> None:
    await talk.told("something please", "one")
    await talk.told("something else please", "two")
    assert await talk.told("and something more please", "three") == "How much?"
    said = await talk.told("£12.50")
    assert said == "Third done: 1250.\nBack to the second thing.\nWhich day?"
    said = await talk.told("a week on friday")
    assert said.startswith("Second done: 2026-12-04.\nBack to the first thing.\nWhich colour?")
    assert [frame.flow for frame in talk.state.stack] == ["one"]


async def test_never_mind_the_other_thing(talk: Talk) -> None:
    await talk.told("something please", "one")
    await talk.told("red")
    await talk.told("something else please", "two")
    said = await talk.told("never mind the other thing")
    assert (
        said
        == "I've left the first thing. I'll keep your answers for 7 days in case you come back.\nWhich day?"
    )
    assert await talk.told("tomorrow") == "Second done: 2026-11-24."
    assert talk.state.stack == []


async def test_the_oldest_is_put_aside_when_there_are_too_many(talk: Talk) -> None:
    for number, flow in enumerate(("one", "two", "three", "four", "five")):
        await talk.say(f"number {number} please now", flow)
    assert len(talk.state.stack) == DEEPEST
    assert talk.state.stack[0].flow == "two"


async def test_an_answer_that_may_not_be_corrected_stays(talk: Talk) -> None:
    await talk.told("something please", "one")
    await talk.told("blue")
    await talk.told("back")
    assert talk.state.stack[0].values["colour"] == "blue"
    await talk.told("7")
    await talk.told("back")
    assert "size" not in talk.state.stack[0].values


async def test_the_same_flow_again_is_the_one_under_way(talk: Talk) -> None:
    await talk.told("something please", "one")
    await talk.told("red")
    await talk.told("something else please", "two")
    assert await talk.told("what I began with please", "one") == "Which size?"
    assert [frame.flow for frame in talk.state.stack] == ["two", "one"]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (3, "Which size?"),
        (26, "Welcome back. Last time you were the first thing."),
        (24 * 8, "What do you need?"),
    ],
)
async def test_after_silence(talk: Talk, hours: int, said: str) -> None:
    await talk.told("something please", "one")
    await talk.told("red")
    talk.now += timedelta(hours=hours)
    assert said in await talk.told("hmm")


async def test_what_is_not_understood_at_a_secret_question_is_not_kept(talk: Talk) -> None:
    await talk.told("something please", "six")
    assert (await talk.say("erm it says hunter two i think")).secret
    assert (await talk.say("KITE 4821")).secret
    assert not (await talk.say("7")).secret
