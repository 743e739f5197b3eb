"""The words that work everywhere: BACK, MORE, HELP, WHY, LEAVE and their like."""

from collections.abc import Callable
from typing import Final

from actions.sdk import Case
from bot.dialogue.exchange import Exchange
from bot.dialogue.result import REPEATED
from bot.flows.flow import Ask, Confirm
from bot.flows.frame import Frame
from bot.understanding.questions import PAGE, page


def _back(exchange: Exchange) -> None:
    frame = exchange.state.top
    if frame is None:
        exchange.utterance.say("nothing_before")
        return
    asks, step = exchange.packs.flows[frame.flow].asks(), exchange.questions.step(frame)
    # What is read back may be said besides an answer, as “that's all” is.
    beside = step.slots if isinstance(step, Confirm) else ()
    may = {slot for slot, ask in asks.items() if not ask.secret and ask.may_correct} | {*beside} - {*asks}
    answered = [slot for slot, source in frame.sources.items() if source == "citizen" and slot in may]
    if not answered:
        exchange.utterance.say("nothing_before")
        return
    frame.changing = False
    exchange.machine.reopen(frame, (answered[-1],))


def _repeat(exchange: Exchange) -> None:
    """With a question open it is asked again, and so said again; with none, the last answer is."""
    if exchange.state.top is None:
        exchange.utterance.say("help")
        exchange.result.outcome = REPEATED


def _skip(exchange: Exchange) -> None:
    frame = exchange.state.top
    step = exchange.questions.step(frame) if frame else None
    if frame is not None and isinstance(step, Ask) and step.may_skip:
        frame.skipped.append(step.slot)
    else:
        exchange.utterance.say("cannot_skip")


def _more(exchange: Exchange) -> None:
    frame, told = exchange.state.top, exchange.state.more
    step = exchange.questions.step(frame) if frame else None
    if frame is None and told is not None:
        exchange.utterance.say(told["key"], told["values"])
        return
    if frame is None or not isinstance(step, Ask) or step.source is None:
        exchange.utterance.say("no_more")
        return
    length = len(frame.values.get(step.source) or [])
    _, end = page(frame, step, length)
    if end >= length:
        exchange.utterance.say("no_more")
        frame.pages[step.slot] = PAGE
    else:
        frame.pages[step.slot] = min(end + PAGE, length)


def _help(exchange: Exchange, prefix: str = "help") -> None:
    frame = exchange.state.top
    step = exchange.questions.step(frame) if frame else None
    if frame is None or step is None:
        exchange.utterance.say("help")
        return
    exchange.utterance.brief = True
    slot = step.slot if isinstance(step, Ask) else step.name
    exchange.utterance.say_if(f"{prefix}.{slot}", f"{prefix}_here", frame.values)


def _why(exchange: Exchange) -> None:
    """Why what is asked is asked; of what was just told, the rest of it."""
    if exchange.state.top is None and exchange.state.more is not None:
        _more(exchange)
    else:
        _help(exchange, "why")


def _leave(exchange: Exchange) -> None:
    if exchange.state.top is None:
        exchange.utterance.say("nothing_to_leave")
        return
    frame = exchange.state.stack.pop()
    exchange.put_aside(frame)
    kept = frame.flow in exchange.state.left
    exchange.utterance.say("left_kept" if kept else "left", {"title": exchange.title(frame.flow)})
    exchange.result.outcome = "left"
    exchange.say_back()


def _drop_other(exchange: Exchange) -> None:
    """“Never mind the other thing”: what waits below the flow in hand is put aside."""
    if len(exchange.state.stack) < 2:
        _leave(exchange)
        return
    frame = exchange.state.stack.pop(-2)
    exchange.put_aside(frame)
    if frame.flow in exchange.state.left:
        exchange.state.left[frame.flow]["offered"] = True  # they have just said that they don't want it
    exchange.utterance.say(
        "left_kept" if frame.flow in exchange.state.left else "left", {"title": exchange.title(frame.flow)}
    )


def _restart(exchange: Exchange) -> None:
    frame = exchange.state.top
    if frame is not None:
        exchange.state.stack[-1] = Frame(frame.flow, exchange.setting.inbound_id)


def _person(exchange: Exchange) -> None:
    exchange.case(Case("asked_for_person"))
    exchange.utterance.say("person_told")
    exchange.result.outcome = "escalated"


def _say(key: str) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.utterance.say(key)


_SAID: Final = (
    "media_only", "picture_too_big", "picture_not_a_picture", "picture_gone", "handed_back", "negated",
)  # fmt: skip
"""What only says something."""
SIMPLE_WORDS: Final[dict[str, Callable[[Exchange], None]]] = {
    "back": _back,
    "repeat": _repeat,
    "skip": _skip,
    "more": _more,
    "help": _help,
    "why": _why,
    "leave": _leave,
    "restart": _restart,
    "drop_other": _drop_other,
    "person": _person,
    **{key: _say(key) for key in _SAID},
}
"""What each does."""
