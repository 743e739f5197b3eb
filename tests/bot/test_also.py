"""What else may be said at a question: about two options, with the words kept, and in the first message."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.answers import Question
from bot.answers.option import read_pair
from bot.dialogue import Dialogue, Result
from bot.flows.frame import State
from bot.flows.machine import Setting
from bot.packs import Packs, load_packs
from bot.services import Services
from bot.understanding.reader import Understood

FLOWS = """
buy:
  title: {en: buying a bike, cy: prynu beic}
  steps:
    - {ask: pin, as: code, secret: true}
    - do: find_bikes
    - ask: bike
      as: option
      from: bikes
      also:
        - {word: differ, do: compare_bikes, pair: true}
        - {word: differ_how, say: say_two}
        - {word: no_basket, set: {basket: false}, first: true}
        - {word: basket, set: {basket: true}, first: true}
        - {word: kept_in, said: shed, first: true}
        - {word: ridden_in, said: shed, first: only}
    - ask: size
      as: option
      options: [small, large]
      also:
        - {word: basket, set: {basket: true}}
        - {word: lamp, set: {lamp: true}}
    - say: bought
rent:
  title: {en: renting a bike, cy: llogi beic}
  steps:
    - {ask: pin, as: code, secret: true}
    - do: find_bikes
    - do: take_wish
    - {ask: bike, as: option, from: bikes, otherwise: wish}
    - do: look_at_shed
    - confirm: [bike, bell]
      name: buy
      also:
        - {word: kept_in, said: shed}
        - {word: differ_how, say: no_more_say}
        - {word: ring, set: {bell: true}}
    - do: buy_bike
    - say: rented
"""
HANDLERS = '''
"""Bikes."""
from actions.sdk import Again, Call, Filled, Handler, Outcome


class FindBikes(Handler):
    """All of them."""
    reads = ("basket", "shed")
    fills = ("bikes",)

    async def handle(self, call: Call) -> Outcome:
        names = ("Red Rose", "Salt and Pepper", "Blue Bell", "Green Man")
        return Filled(bikes=[{"id": str(at), "name": name} for at, name in enumerate(names)])


class TakeWish(Handler):
    """A colour, perhaps."""
    reads = ("wish",)

    async def handle(self, call: Call) -> Outcome:
        if call.slots.get("wish"):
            return Again("wish", say="no_such", colour=call.slots["wish"])
        return Filled()


class LookAtShed(Handler):
    """Whether it is dry."""
    reads = ("shed",)

    async def handle(self, call: Call) -> Outcome:
        return Filled(dry="leaky" not in (call.slots.get("shed") or ""))


class BuyBike(Handler):
    """The red one is gone the first time."""
    reads = ("bike",)

    async def handle(self, call: Call) -> Outcome:
        if call.slots["bike"]["name"] == "Red Rose" and not call.slots.get("gone"):
            return Again("bike", say="gone", gone=True)
        return Filled()


class CompareBikes(Handler):
    """Two of them."""

    async def handle(self, call: Call) -> Outcome:
        one, other = call.options
        return Filled(say="compared", one=one["name"], other=other["name"], heard=call.text)
'''
WORDS = """
ask_pin: Which code?
words.pin: pin
ask_bike: "Which bike?{% if basket is defined %} Basket {{ basket }}.{% endif %} {{ shed|default('') }}"
option.bike: "{{ name }}, £90"
words.differ: compare, difference between
words.differ_how: compare
words.no_basket: no basket, without a basket
words.basket: basket
words.ridden_in: ridden in
words.lamp: =lamp, with a lamp
ask_size: "Which size?{% if lamp is defined %} Lamp.{% endif %}"
option.size.small: Small
option.size.large: Large
words.kept_in: kept in
say_two: Say two numbers.
compared: "{{ one }} or {{ other }}: {{ heard }}"
bought: "Bought {{ size }}.{% if lamp is defined %} Lamp.{% endif %}"
confirm_buy: "{{ bike.name }}, {{ 'dry' if dry else 'wet' }}."
field.bike: bike
no_more_say: They differ.
gone: It has gone.
words.ring: with a bell
field.bell: horn
no_such: "There is no {{ colour }}."
rented: Bought.
"""


class Talk:
    """One conversation, without the model."""

    def __init__(self, packs: Packs) -> None:
        self.dialogue, self.state, self.number = Dialogue(packs), State(), 0
        self.now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    async def say(self, text: str, intent: str | None = None) -> Result:
        self.now, self.number = self.now + timedelta(minutes=1), self.number + 1
        understood = Understood(((intent, 0.99),) if intent else ())
        commands = self.dialogue.reader.read(text, self.state, understood, self.now)
        client = Services.client.__get__(None, Services)
        setting = Setting(self.number, 1, "sms", "+447700900123", self.now, client, text=text)
        return await self.dialogue.respond(self.state, commands, setting)

    async def told(self, text: str, intent: str | None = None) -> str:
        result = await self.say(text, intent)
        assert result.reply is not None
        return result.reply.text


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    folder = tmp_path / "bikes"
    (folder / "responses").mkdir(parents=True)
    (folder / "pack.yml").write_text("pack: bikes\ntitle: {en: Bikes, cy: Beiciau}\n")
    (folder / "flows.yml").write_text(FLOWS)
    (folder / "handlers.py").write_text(HANDLERS)
    for language in ("en", "cy"):
        (folder / "responses" / f"{language}.yml").write_text(WORDS)
    return Talk(load_packs(["bikes"], tmp_path))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("compare 1 and 3", "Red Rose or Blue Bell"),
        ("compare the first with blue bell", "Red Rose or Blue Bell"),
        ("what is the difference between salt and pepper and red rose", "Salt and Pepper or Red Rose"),
        ("compare both", "Red Rose or Salt and Pepper"),
    ],
)
async def test_two_options_are_named_in_one_message(talk: Talk, text: str, told: str) -> None:
    await talk.say("a bike please", "buy")
    await talk.say("AB12")
    assert (await talk.told(text)).startswith(f"{told}: {text}\nWhich one?")


@pytest.mark.parametrize("text", ["compare", "compare 1 and 1", "compare 1", "compare them all please"])
async def test_with_fewer_than_two_it_says_how(talk: Talk, text: str) -> None:
    await talk.say("a bike please", "buy")
    await talk.say("AB12")
    assert (await talk.told(text)).startswith("Say two numbers.")


async def test_what_is_not_shown_yet_is_not_named(talk: Talk) -> None:
    await talk.say("a bike please", "buy")
    await talk.say("AB12")
    assert (await talk.told("compare 1 and 4")).startswith("Say two numbers.")
    await talk.say("more")
    assert (await talk.told("compare 1 and 4")).startswith("Red Rose or Green Man")


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        ("a bike with a basket", "Which bike? Basket True."),
        ("a bike with no basket", "Which bike? Basket False."),
        ("a bike kept in the old shed, with a basket", "Which bike? Basket True. kept in the old shed\n"),
        ("a bike kept in the old shed pin AB12", "Which bike? kept in the old shed\n"),
    ],
)
async def test_it_counts_in_the_message_that_begins_the_journey(talk: Talk, first: str, asked: str) -> None:
    said = await talk.told(first, "buy")
    if said == "Which code?":
        said = await talk.told("AB12")
    assert said.startswith(asked)
    assert "ab12" not in str(talk.state.to_json()).lower()


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("is there one kept in the garden, what then", True),
        ("the mice are kept in the garden", False),
        ("ridden in the garden", False),
    ],
)
async def test_words_that_are_kept_begin_the_message(talk: Talk, text: str, changed: bool) -> None:
    await talk.say("a bike please", "buy")
    await talk.say("AB12")
    assert (await talk.told(text)).startswith("Which bike? kept in the garden\n") is changed


async def test_some_words_count_in_the_first_message_alone(talk: Talk) -> None:
    await talk.say("a bike ridden in the garden", "buy")
    assert "ridden in the garden" in await talk.told("AB12")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("large, with a lamp", "Bought large. Lamp."),
        ("lamp", "Which size? Lamp.\n1 Small\n2 Large"),
        ("a lamp", "Sorry, I didn't get that"),
        ("small and a basket please", "Bought small."),
    ],
)
async def test_an_answer_beside_it_counts_as_well(talk: Talk, text: str, told: str) -> None:
    await talk.say("a bike please", "buy")
    await talk.say("AB12")
    await talk.say("2")
    assert (await talk.told(text)).startswith(told)


async def bike_read_back(talk: Talk) -> str:
    await talk.say("a bike please", "rent")
    await talk.say("AB12")
    return await talk.told("the first")


async def test_something_else_is_said_at_a_read_back(talk: Talk) -> None:
    assert (await bike_read_back(talk)).startswith("Red Rose, dry.")
    changed = await talk.told("hang on, it will be kept in a leaky old shed")
    assert changed.startswith("Red Rose, wet.")
    assert "AGREE" in changed
    assert (await talk.told("compare")).startswith("They differ.\nRed Rose, wet.")


async def test_it_is_said_as_well_to_who_was_asked_what_to_change(talk: Talk) -> None:
    await bike_read_back(talk)
    await talk.say("no, blue bell")
    await talk.say("2")
    assert (await talk.told("kept in a leaky shed")).startswith("Blue Bell, wet.")


async def test_what_was_agreed_to_is_read_back_again_once_it_was_asked_for_again(talk: Talk) -> None:
    await bike_read_back(talk)
    assert (await talk.told("agree")).startswith("It has gone.\nWhich bike?")
    again = await talk.told("red rose")
    assert again.startswith("Red Rose, dry.")
    assert "AGREE" in again
    assert await talk.told("agree") == "Bought."


@pytest.mark.parametrize("intent", ["rent", "out_of_scope", None])
async def test_what_is_nothing_else_is_kept_for_a_handler(talk: Talk, intent: str | None) -> None:
    await talk.say("a bike please", "rent")
    await talk.say("AB12")
    assert (await talk.told("Purple  Haze", intent)).startswith("There is no Purple Haze.\nWhich bike?")


async def test_what_is_long_or_another_journey_is_not(talk: Talk) -> None:
    await talk.say("a bike please", "rent")
    await talk.say("AB12")
    assert "There is no" not in await talk.told("well " * 11, "rent")
    assert "There is no" not in await talk.told("a bike to buy", "buy")


async def test_back_from_a_read_back_takes_back_what_was_said_beside(talk: Talk) -> None:
    await bike_read_back(talk)
    await talk.say("with a bell")
    assert talk.state.top is not None
    assert talk.state.top.values["bell"] is True
    assert (await talk.told("back")).startswith("Red Rose, dry.")
    assert "bell" not in talk.state.top.values
    assert (await talk.told("back")).startswith("Which bike?")


OPTIONS = tuple((name, f"{name}, 2 miles") for name in ("Eye and Ear", "St Ann's", "Oak House"))


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("1 and 2", ("Eye and Ear", "St Ann's")),
        ("2 v the third", None),
        ("2 vs the third", ("St Ann's", "Oak House")),
        ("2, 3", ("St Ann's", "Oak House")),
        ("eye and ear a oak house", ("Eye and Ear", "Oak House")),
        ("st anns or oak", ("St Ann's", "Oak House")),
        ("y ddau gyntaf", ("Eye and Ear", "St Ann's")),
        ("the first two", ("Eye and Ear", "St Ann's")),
        ("1 and 1", None),
        ("1 and 9", None),
        ("", None),
        ("and", None),
    ],
)
def test_a_pair(text: str, pair: tuple[str, str] | None) -> None:
    assert read_pair(text, Question("hospital", options=OPTIONS)) == pair
