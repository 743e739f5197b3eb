"""Walks on from where a message's commands led, and makes the one message of the turn."""

from datetime import timedelta
from typing import Final

from actions.sdk import Case
from bot.dialogue.exchange import Exchange
from bot.dialogue.result import Result
from bot.flows.flow import Ask, Confirm
from bot.flows.frame import Frame
from bot.flows.machine import Walk

WAIT_MINUTES: Final = (1, 2, 5, 10, 15, 30, 60)
MOST_WAITS: Final = 30
"""How a department that is down is tried again, and when it is given to a person: after about a day."""
FINISHED_KEPT: Final = 10
RATING: Final = "rate_help"
"""The core's flow that asks after a case at the desk whether it helped."""
LEADS: Final = "leads_to"
"""The slot of a flow that is offered when this one is done, as a right leads to the journey that uses it."""


async def finish(exchange: Exchange) -> Result:
    """Walks on from where the commands led, and makes the one message of the turn."""
    while exchange.walks and exchange.state.top is not None:
        frame = exchange.state.top
        walk = await exchange.machine.walk(frame, exchange.setting, exchange.state.language)
        exchange.result.handlers += walk.handlers
        for case in walk.cases:
            exchange.case(case, frame)
        pack = exchange.packs.pack_of(frame.flow).name
        exchange.result.remind += [(pack, thing, texts) for thing, texts in walk.remind.items()]
        exchange.result.follow += [(pack, thing, known) for thing, known in walk.follow.items()]
        if frame is exchange.unasked and walk.question is None and not walk.said:
            _unsaid(exchange, frame, walk)
            continue
        if exchange.silent and walk.ended != "waiting":
            exchange.silent = False
            if frame is not exchange.unasked:
                exchange.utterance.say("service_back", {"title": exchange.title(frame.flow)})
        for key, values in walk.said:
            exchange.utterance.say(_fitting(exchange, frame, key), values)
        if walk.question is not None and _named(exchange, frame, walk.question):
            continue
        if walk.question is not None:
            frame.waits = 0
            exchange.utterance.ask(frame, walk.question)
            break
        if walk.ended == "waiting":
            _wait(exchange, frame)
            break
        _end(exchange, frame, walk)
    await _tell_when(exchange)
    return _compose(exchange)


def _fitting(exchange: Exchange, frame: Frame, key: str) -> str:
    """A courtesy asks what is needed, but not in the middle of something, where that is asked again."""
    here = f"{key}_here"
    middle = exchange.packs.flows[frame.flow].small_talk and len(exchange.state.stack) > 1
    return here if middle and here in exchange.packs.wording else key


def _named(exchange: Exchange, frame: Frame, step: Ask | Confirm) -> bool:
    """Whether the message that began the journey names what is asked now, of a list just found."""
    if frame.begun != exchange.setting.inbound_id or not isinstance(step, Ask) or step.source is None:
        return False
    if step.slot in exchange.named_already:
        return False  # a handler would not have it
    exchange.named_already.add(step.slot)
    setting = exchange.setting
    named = exchange.reader.first.named(setting.text, step, frame, exchange.state, setting.now)
    if named is None:
        return False
    frame.fill(step.slot, named)
    return True


async def _tell_when(exchange: Exchange) -> None:
    """A promise that a person will answer says when: their place, the time, or the desk's hours."""
    if exchange.setting.outlook is None or exchange.utterance.promised is None or not exchange.result.cases:
        return
    desk, _ = exchange.result.cases[-1]
    told = await exchange.setting.outlook(desk)
    if told is not None:
        exchange.utterance.promise(*told)


def _end(exchange: Exchange, frame: Frame, walk: Walk) -> None:
    exchange.state.stack.remove(frame)
    if frame.flow == RATING and walk.ended == "done":
        exchange.result.rated = (frame.values["rated_case"], frame.values["rating"])
    if exchange.packs.flows[frame.flow].small_talk:
        exchange.utterance.brief = True
        exchange.result.outcome = "small_talk"
        exchange.result.flow = frame.flow
        return
    if walk.ended == "done":
        exchange.state.finished = [*exchange.state.finished, frame.flow][-FINISHED_KEPT:]
    elif walk.ended == "failed":
        exchange.utterance.say("failed", {"title": exchange.title(frame.flow)})
    if exchange.result.outcome == "said":
        exchange.result.outcome = walk.ended or "done"
        exchange.result.flow = frame.flow
    exchange.say_back()
    if walk.ended == "done" and exchange.state.top is None:
        if walk.more is not None:
            exchange.state.more = {"key": walk.more[0], "values": walk.more[1]}
        if (leads := frame.values.get(LEADS)) in exchange.packs.flows:
            exchange.offer("leads_to", (leads,))
        else:
            _offer_left(exchange, frame.flow)


def _offer_left(exchange: Exchange, done: str) -> None:
    """What was left before and can still be gone on with, the newest of it, offered once."""
    kept = [
        (entry["at"], flow) for flow, entry in exchange.state.left.items()
        if flow != done and flow in exchange.packs.flows and not entry.get("offered")
        and exchange.fresh(entry, flow)
    ]  # fmt: skip
    if kept:
        _, flow = max(kept)
        exchange.state.left[flow]["offered"] = True
        exchange.offer("left_open", (flow,))


def _unsaid(exchange: Exchange, frame: Frame, walk: Walk) -> None:
    """A flow of ours with nothing to say leaves all as it was; one that can't know yet waits below."""
    exchange.state.stack, exchange.state.choices = exchange.before
    exchange.silent, exchange.unasked = True, None
    exchange.result.outcome, exchange.result.flow = walk.ended or "done", frame.flow
    if walk.ended == "waiting":
        frame.waits += 1
        if frame.waits > MOST_WAITS:
            exchange.case(Case("department_down"), frame)
        else:
            exchange.state.stack.insert(0, frame)
            exchange.result.resume_after = _next_try(frame)
    # What the citizen waits for, of the same department perhaps, is not held up by it.
    top = exchange.state.top
    exchange.walks = top is not None and top is not frame and top.waits > 0


def _wait(exchange: Exchange, frame: Frame) -> None:
    """A department is down: the request is kept and tried again; the citizen is told once."""
    frame.waits += 1
    exchange.result.outcome = "waiting"
    title = exchange.title(frame.flow)
    if frame.waits > MOST_WAITS:
        exchange.case(Case("department_down"), frame)
        exchange.utterance.say("service_gave_up", {"title": title})
        exchange.state.stack.remove(frame)
        exchange.put_aside(frame)
        exchange.silent = False
        return
    exchange.result.resume_after = _next_try(frame)
    if not exchange.silent:
        exchange.utterance.say("service_down", {"title": title})


def _compose(exchange: Exchange) -> Result:
    result, top = exchange.result, exchange.state.top
    if exchange.utterance.empty and not exchange.silent:
        exchange.utterance.say("help")
    result.reply = exchange.utterance.reply()
    if result.flow is None:
        result.flow = top.flow if top else None
    result.step = top.asking if top else None
    if result.outcome == "said" and result.step:
        result.outcome = "asked"
    return result


def _next_try(frame: Frame) -> timedelta:
    """When a department that a flow waits for is asked again."""
    return timedelta(minutes=WAIT_MINUTES[min(frame.waits, len(WAIT_MINUTES)) - 1])
