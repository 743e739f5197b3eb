"""What the dialogue does with flows made for the test: the stack, the other thing, what may be changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.dialogue import DEEPEST, Dialogue, Result
from bot.flows.frame import State
from bot.flows.machine import Setting
from bot.packs import Packs, load_packs
from bot.services import Services
from bot.understanding.commands import Begin
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
seven:
  title: {en: the seventh thing, cy: y seithfed peth}
  steps: [{ask: picture, as: photo, may_skip: true}, {ask: words, as: text}, {say: seven_done}]
eight:
  title: {en: the eighth thing, cy: yr wythfed peth}
  steps:
    - {ask: visits, as: number, valid: {min: 2, max: 5, say: visits_wrong}}
    - {ask: after, as: date, valid: {min: "2026-12-01", say: too_early}}
    - {ask: plate, as: text, valid: {pattern: "[A-Z]{2} [0-9]{2}", say: plate_wrong}}
    - {say: eight_done}
nine:
  title: {en: the ninth thing, cy: y nawfed peth}
  steps: [{ask: kind, as: option, options: [help, other]}, {say: nine_done}]
ten:
  fleeting: true
  title: {en: the tenth thing, cy: y degfed peth}
  steps: [{say: ten_begins}, {ask: stars, as: number}, {say: ten_done}]
eleven:
  title: {en: the eleventh thing, cy: yr unfed peth ar ddeg}
  steps: [{ask: size, as: number}, {say: eleven_done, more: eleven_more}]
twelve:
  title: {en: the twelfth thing, cy: y deuddegfed peth}
  steps: [{ask: wish, as: {text: {own: true}}}, {say: twelve_done}]
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
ask_picture: A picture?
ask_words: In words?
seven_done: "Seventh done: {{ picture|map(attribute='photo')|join(' ') }}, {{ words }}."
ask_visits: How many visits?
visits_wrong: "{{ value }} is not between 2 and 5."
ask_after: After which day?
too_early: Not before December.
ask_plate: Which plate?
plate_wrong: A plate is two letters and two digits.
eight_done: "Eighth done: {{ visits }}, {{ after }}, {{ plate }}."
ask_kind: What kind?
option.kind.help: Help
option.kind.other: Other
ten_begins: "Visit {{ visit }} is over."
ask_stars: How was it?
ten_done: "Tenth done: {{ stars }}."
ask_wish: What would help?
twelve_done: "Twelfth done: {{ wish }}."
nine_done: "Ninth done: {{ kind }}."
eleven_done: Eleventh done.
eleven_more: "All of size {{ size }}."
"""
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Talk:
    """One conversation, without the model: a message that begins a flow names it."""

    def __init__(self, packs: Packs) -> None:
        self.dialogue, self.state, self.now = Dialogue(packs), State(), NOW

    async def say(self, text: str, intent: str | None = None, *media: dict[str, str]) -> Result:
        self.now += timedelta(minutes=1)
        self.state = self.dialogue.state(self.state.to_json(), "en", self.now)
        understood = Understood(((intent, 0.99),) if intent else ())
        reader = self.dialogue.reader
        commands = reader.read_short(text, self.state, self.now, media) or reader.read(
            text, self.state, understood, self.now
        )
        setting = Setting(
            1, 1, "sms", "+447700900123", self.now, Services.client.__get__(None, Services), text=text
        )
        return await self.dialogue.respond(self.state, commands, setting)

    async def told(self, text: str, intent: str | None = None, *media: dict[str, str]) -> str:
        result = await self.say(text, intent, *media)
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


async def begun(talk: Talk, **values: object) -> str:
    talk.now += timedelta(days=2)
    setting = Setting(2, 1, "sms", "+447700900123", talk.now, Services.client.__get__(None, Services))
    result = await talk.dialogue.respond(talk.state, [Begin("ten", tuple(values.items()))], setting)
    assert result.reply is not None
    return result.reply.text


async def test_what_we_begin_says_and_asks_and_leads_back(talk: Talk) -> None:
    await talk.told("something please", "one")
    assert await begun(talk, visit=3) == "Visit 3 is over.\nHow was it?"
    said = await talk.told("4")
    assert said == "Tenth done: 4.\nBack to the first thing.\nWhich colour?\n1 Red\n2 Blue"


async def test_what_we_begin_again_is_afresh_and_something_else_drops_it(talk: Talk) -> None:
    await begun(talk, visit=3)
    assert await begun(talk, visit=4) == "Visit 4 is over.\nHow was it?"
    assert [frame.values for frame in talk.state.stack] == [{"visit": 4}]
    await talk.told("something else please", "two")
    assert [frame.flow for frame in talk.state.stack] == ["two"]


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


@pytest.mark.parametrize(
    ("text", "secret"), [("KITE 4821", True), ("kite 4821 ", True), ("hello?", False), ("7", False)]
)
async def test_a_code_that_comes_while_a_department_is_away_is_not_kept(
    talk: Talk, text: str, secret: bool
) -> None:
    await talk.told("something please", "six")
    talk.state.stack[-1].asking = None  # it waits for a department, and asks nothing
    assert (await talk.say(text)).secret == secret


PHOTO = {"type": "image/jpeg", "photo": "p1"}


@pytest.mark.parametrize(("text", "secret"), [("KITE 4821", True), ("blue elephants fly", False)])
async def test_a_code_without_a_journey_is_not_kept(talk: Talk, text: str, secret: bool) -> None:
    result = await talk.say(text)
    assert (result.outcome, result.secret) == ("unclear", secret)


async def test_a_picture_answers_the_question_that_asks_for_one(talk: Talk) -> None:
    assert await talk.told("seven", "seven") == "A picture?"
    assert await talk.told("", None, PHOTO, {"type": "audio/ogg"}) == "In words?"
    assert await talk.told("a hole") == "Seventh done: p1, a hole."


@pytest.mark.parametrize(("text", "answer"), [("", "look at pictures"), ("and a sound", "A picture?")])
async def test_what_came_is_no_picture(talk: Talk, text: str, answer: str) -> None:
    await talk.say("seven", "seven")
    assert answer in await talk.told(text, None, {"type": "audio/ogg"})


@pytest.mark.parametrize("text", ["", "here it is"])
@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ({"type": "image/jpeg", "error": "too_big"}, "too big"),
        ({"type": "video/mp4", "error": "not_a_picture"}, "as a picture"),
        ({"type": "image/jpeg", "error": "gone"}, "did not reach us"),
        ({"type": "image/jpeg", "url": "https://api.twilio.com/1"}, "did not reach us"),
    ],
)
async def test_a_picture_that_is_lost_is_told_of(
    talk: Talk, text: str, lost: dict[str, str], told: str
) -> None:
    await talk.say("seven", "seven")
    answer = await talk.told(text, None, lost)
    assert told in answer
    assert answer.endswith("A picture?")
    answer = await talk.told("", None, lost, PHOTO)
    assert told in answer
    assert answer.endswith("In words?")


async def test_a_lost_picture_does_not_hide_a_word_that_works_everywhere(talk: Talk) -> None:
    await talk.say("seven", "seven")
    assert await talk.told("skip", None, {"type": "image/jpeg", "error": "gone"}) == "In words?"


async def test_a_picture_nobody_asked_for_is_told_so_and_the_question_stays(talk: Talk) -> None:
    await talk.say("two", "two")
    told = await talk.told("", None, PHOTO)
    assert "look at pictures" in told
    assert told.endswith("Which day?")
    assert "look at pictures" in await Talk(talk.dialogue.packs).told("", None, PHOTO)


async def test_danger_under_a_picture_is_danger(talk: Talk) -> None:
    await talk.say("seven", "seven")
    assert "999" in await talk.told("he is not breathing", None, PHOTO)


async def test_an_answer_has_limits_of_its_own(talk: Talk) -> None:
    await talk.say("eight", "eight")
    assert await talk.told("9") == "9 is not between 2 and 5.\nHow many visits?"
    assert await talk.told("5") == "After which day?"
    assert await talk.told("tomorrow") == "Not before December.\nAfter which day?"
    assert await talk.told("2 December") == "Which plate?"
    assert "two letters and two digits" in await talk.told("anything")
    assert await talk.told("AB 12") == "Eighth done: 5, 2026-12-02, AB 12."


async def test_an_option_that_is_called_like_a_word_for_everywhere(talk: Talk) -> None:
    await talk.say("nine", "nine")
    assert await talk.told("help") == "Ninth done: help."


async def test_what_was_left_is_offered_once_at_the_end_of_another(talk: Talk) -> None:
    await talk.say("one", "one")
    await talk.say("red")
    await talk.say("leave")
    await talk.say("two", "two")
    assert (await talk.told("tomorrow")).endswith("To go on, reply 1.\n1 the first thing")
    assert "Which size?" in await talk.told("1")
    await talk.say("leave")
    await talk.say("two", "two")
    assert "Second done" in await talk.told("tomorrow")


async def test_what_ended_may_have_more(talk: Talk) -> None:
    await talk.say("eleven", "eleven")
    assert await talk.told("seven") == "Eleventh done."
    assert await talk.told("why") == "All of size 7."
    assert await talk.told("more") == "All of size 7."
    await talk.say("two", "two")
    assert await talk.told("tomorrow") == "Second done: 2026-11-24."
    assert await talk.told("more") == "That's all of them."


async def test_more_is_of_the_question_that_is_open(talk: Talk) -> None:
    await talk.say("one", "one")
    await talk.say("eleven", "eleven")
    assert (
        await talk.told("seven") == "Eleventh done.\nBack to the first thing.\nWhich colour?\n1 Red\n2 Blue"
    )
    assert (await talk.told("more")).startswith("That's all of them.")


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("a tutor for maths", True), ("childminder while I am at college", True),
        ("someone to take me to the GP", True), ("so that I can get to appointments", True),
        ("mae'r gwresogydd wedi torri", True), ("can I get help with maths?", False),
        ("I want to report a pothole", False), ("how long is the wait", False),
        ("dwi isio riportio twll", False),
    ],
)  # fmt: skip
async def test_own_words_are_taken_unless_they_ask_for_something(talk: Talk, text: str, taken: bool) -> None:
    await talk.told("something please", "twelve")
    assert (await talk.told(text, "two") == f"Twelfth done: {text}.") is taken


async def test_text_that_is_not_in_own_words_may_begin_another_journey(talk: Talk) -> None:
    await talk.told("something please", "seven")
    await talk.told("skip")
    assert await talk.told("a tutor for maths", "two") == "Which day?"
