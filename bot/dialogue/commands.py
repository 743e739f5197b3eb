"""Applies the commands that a message was read as to the conversation's state."""

from typing import Any, Final

from actions.sdk import Case, ServiceDown, ServiceRefused
from bot.answers import Question
from bot.answers.words import read_yes_no
from bot.danger import advice
from bot.dialogue.exchange import BEGUN, Exchange
from bot.dialogue.simple_words import SIMPLE_WORDS
from bot.flows.flow import Ask, Confirm
from bot.flows.frame import Frame
from bot.flows.machine import Walk
from bot.understanding import commands as c

DEEPEST: Final = 4
"""Flows under way at once; a further one puts the oldest aside, to be offered again."""
REMIND_AFTER: Final = 20
"""Hours of silence after which the citizen is reminded where we were."""
_ABOUT_IT: Final = (c.Simple("more"), c.Simple("why"), c.Simple("help"))
"""Words after which what a flow ended with may still have more."""


def after_silence(exchange: Exchange) -> None:
    """A reminder of where we were after a day."""
    if exchange.state.hours_since(exchange.setting.now) >= REMIND_AFTER and exchange.state.top is not None:
        exchange.utterance.say("welcome_back", {"title": exchange.title(exchange.state.top.flow)})


async def apply(exchange: Exchange, command: c.Command) -> None:
    """Changes the state as the command asks."""
    state, frame, offered = exchange.state, exchange.state.top, tuple(exchange.state.choices)
    exchange.before = list(state.stack), list(state.choices)
    command = _taken(command, offered, exchange.setting.text)
    if not isinstance(command, c.Unclear | c.SetLanguage):
        state.choices, state.failures = [], 0
        state.more = state.more if command in _ABOUT_IT else None
    if offered and command in {c.Simple("repeat"), c.SetLanguage("cy"), c.SetLanguage("en")}:
        state.language = command.language if isinstance(command, c.SetLanguage) else state.language
        exchange.offer("which_of", offered)
        return
    match command:
        case c.Alarm(kind, language):
            # A page has room for the question, a text has not: the advice stands alone there.
            exchange.utterance.say_only(advice(kind, language))
            exchange.walks = exchange.setting.channel == "webchat"
            exchange.result.outcome = "danger"
            if exchange.walks:
                exchange.say_back()
            exchange.case(Case(f"danger_{kind}", urgent=True))
        case c.SetLanguage(language, asked):
            state.language = language
            if asked:
                exchange.utterance.say("language_changed")
        case c.Start(flow) | c.Choose(flow):
            _start(exchange, flow, dict(command.values) if isinstance(command, c.Start) else {})
        case c.Begin(flow, values):
            _begin(exchange, flow, dict(values))
        case c.Resume():
            _resume(exchange)
        case c.Unclear():
            _unclear(exchange, command)
        case c.Simple(word):
            SIMPLE_WORDS[word](exchange)
        case _ if frame is not None:
            await _answer(exchange, command, frame)


async def _answer(exchange: Exchange, command: c.Command, frame: Frame) -> None:
    frame.failures, step = 0, exchange.questions.step(frame)
    exchange.result.secret = isinstance(step, Ask) and step.secret
    match command:
        case c.Fill(slot, value):
            frame.fill(slot, value)
            asks = exchange.packs.flows[frame.flow].asks()
            exchange.result.secret |= slot in asks and asks[slot].secret
        case c.Correct(slot, value):
            frame.changing = False
            exchange.correct(frame, slot, value)
        case c.Decide(agreed) if isinstance(step, Confirm):
            frame.changing = False
            if agreed:
                frame.did[step.id] = frame.fingerprint(step.slots)
            elif len(step.slots) == 1:
                exchange.correct(frame, step.slots[0], None)
            else:
                frame.changing = True
        case c.AlsoSaid() if step is not None:
            await _also(exchange, frame, step, command)


async def _also(exchange: Exchange, frame: Frame, step: Ask | Confirm, command: c.AlsoSaid) -> None:
    two = isinstance(command.option, list)  # the same word may want two named, or say how to name them
    also = next(a for a in step.also if a.word == command.word and a.pair == two)
    frame.changing = False
    changed = (*also.set, *([(also.said, command.text)] if also.said else []))
    exchange.utterance.brief = not changed
    for slot, value in changed:
        frame.fill(slot, value)
        if isinstance(step, Ask):
            frame.pages.pop(step.slot, None)
    if also.say:
        exchange.utterance.say(also.say, frame.values)
    if also.do:
        handler = exchange.packs.pack_of(frame.flow).handlers[also.do]
        walk = Walk()
        try:
            outcome = await exchange.machine.call(
                handler, frame, walk, exchange.setting, exchange.state.language, command.option
            )
        except (ServiceDown, ServiceRefused):
            exchange.utterance.say("not_now")
        else:
            if outcome.say:
                exchange.utterance.say(outcome.say, {**frame.values, **outcome.values})
        exchange.result.handlers += walk.handlers


def _start(exchange: Exchange, flow: str, values: dict[str, Any]) -> None:
    exchange.drop_fleeting()
    state = exchange.state
    frame = next((f for f in state.stack if f.flow == flow), None)
    if frame is not None:
        state.stack.remove(frame)
    elif (kept := state.left.pop(flow, None)) is not None and exchange.fresh(kept, flow):
        frame = Frame(**kept["frame"])
        exchange.utterance.say("continued", {"title": exchange.title(flow)})
    else:
        frame = Frame(flow, exchange.setting.inbound_id)
    asks = exchange.packs.flows[flow].asks()
    for slot, value in values.items():
        frame.fill(slot, value)
        exchange.result.secret = exchange.result.secret or (slot in asks and asks[slot].secret)
    state.stack.append(frame)
    if len(state.stack) > DEEPEST:
        exchange.put_aside(state.stack.pop(0))


def _begin(exchange: Exchange, flow: str, values: dict[str, Any]) -> None:
    """A flow of ours begins afresh: what an earlier one of its kind asked is out of date."""
    exchange.drop_fleeting()
    exchange.state.stack = [frame for frame in exchange.state.stack if frame.flow != flow]
    frame = Frame(flow, exchange.setting.inbound_id)
    for slot, value in values.items():
        frame.fill(slot, value, source=BEGUN)
    exchange.unasked = frame
    exchange.state.stack.append(frame)
    if len(exchange.state.stack) > DEEPEST:
        exchange.put_aside(exchange.state.stack.pop(0))


def _resume(exchange: Exchange) -> None:
    """What waits for a department is tried again; what the citizen knows nothing of comes up for it."""
    stack, exchange.silent = exchange.state.stack, True
    exchange.unasked = next((each for each in stack if each.waits and _unheard(each)), None)
    if exchange.unasked is not None:
        stack.remove(exchange.unasked)
        exchange.before = list(stack), exchange.before[1]
        stack.append(exchange.unasked)


def _unclear(exchange: Exchange, command: c.Unclear) -> None:
    """The first time another wording, then the nearest journeys and a person, then the desk."""
    if exchange.state.top is None or exchange.state.top.failures or command.nearest:
        exchange.drop_fleeting()  # a slip is no answer to what we asked, and not yet something else
    state, frame = exchange.state, exchange.state.top
    asking = frame is not None and frame.asking is not None
    step = exchange.questions.step(frame) if frame else None
    # What was not understood as a secret answer may hold one all the same.
    exchange.result.secret = isinstance(step, Ask) and step.secret
    if frame is None:
        setting = exchange.setting
        exchange.result.secret = exchange.reader.first.may_be_secret(setting.text, setting.now)
    if frame is not None and not asking:
        return  # it waits for a department: walking on tries again and says so
    if asking and frame is not None:
        frame.failures += 1
        failures = frame.failures
    else:
        state.failures += 1
        failures = state.failures
    exchange.result.outcome = "unclear"
    if isinstance(step, Confirm) and frame is not None and failures == 1 and _refuses(step, exchange):
        frame.changing = True
        return
    if failures >= 3:
        exchange.case(Case("not_understood"))
        exchange.utterance.say("unclear_to_desk")
        state.failures = 0
        if frame is not None:
            frame.failures = 0
        exchange.walks = False
        return
    nearest = command.nearest
    if command.ambiguous and failures == 1:
        exchange.offer("which_of", nearest)
    elif asking and failures == 1:
        slot = step.slot if isinstance(step, Ask) else ""
        exchange.utterance.brief = True
        exchange.utterance.say_if(f"help.{slot}", "unclear_answer", frame.values if frame else {})
    elif nearest:
        exchange.offer("out_of_scope" if command.out_of_scope else "nearest", nearest)
    else:
        first = "out_of_scope_plain" if command.out_of_scope else "unclear"
        exchange.utterance.say(first if failures == 1 else "unclear_again")
        exchange.walks = asking


def _taken(command: c.Command, offered: tuple[str, ...], text: str) -> c.Command:
    """A yes takes what was offered alone: “to do that now, reply 1”."""
    alone = len(offered) == 1 and isinstance(command, c.Unclear)
    return c.Choose(offered[0]) if alone and _says(text, agreed=True) else command


def _refuses(step: Confirm, exchange: Exchange) -> bool:
    """Whether a message begins with a no to a read-back, and something could be another: “no, Otley Road”."""
    return len(step.slots) > 1 and _says(" ".join(exchange.setting.text.split()[:1]), agreed=False)


def _says(text: str, *, agreed: bool) -> bool:
    """Whether a text is a yes, or a no, and nothing else."""
    answer = read_yes_no(text, Question(""))
    return answer is not None and answer.whole and answer.value is agreed


def _unheard(frame: Frame) -> bool:
    """Whether a flow is one we began and its citizen has said nothing in it."""
    sources = set(frame.sources.values())
    return BEGUN in sources and "citizen" not in sources
