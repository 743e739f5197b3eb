"""The dialogue: applies a message's commands to the stack of flows and says what comes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from actions.sdk import Case, Reminder, ServiceDown, ServiceRefused
from bot.danger import advice
from bot.flows.flow import Ask, Confirm
from bot.flows.frame import MASK, Frame, State
from bot.flows.machine import Machine, Setting, Walk
from bot.packs import Packs
from bot.understanding import commands as c
from bot.understanding.reader import PAGE, Reader, page
from bot.utterance import Reply, Utterance

DEEPEST: Final = 4
"""Flows under way at once; a further one puts the oldest aside, to be offered again."""
REMIND_AFTER: Final = 20
FRESH_AFTER: Final = 7 * 24
"""Hours of silence after which the citizen is reminded where we were, or begins afresh."""
WAIT_MINUTES: Final = (1, 2, 5, 10, 15, 30, 60)
MOST_WAITS: Final = 30
"""How a department that is down is tried again, and when it is given to a person: after about a day."""
FINISHED_KEPT: Final = 10
RATING: Final = "rate_help"
"""The core's flow that asks after a case at the desk whether it helped."""
_ABOUT_IT: Final = (c.Simple("more"), c.Simple("why"), c.Simple("help"))
"""Words after which what a flow ended with may still have more."""
TO_PERSON: Final = "speak_to_person"
BEGUN: Final = "begun"
"""The source of slots that a flow of ours began with."""
REPEATED: Final = "repeated"
"""The outcome of a turn whose reply is the one before, while that is kept in the outbound table."""


@dataclass
class Result:
    """What a turn came to.

    Args:
        reply: the one message back; None only for a silent retry.
        cases: for the desk, with the queue they go to.
        outcome: `asked`, `done`, `unclear`, `waiting`, `danger` …: one word for the record.
        resume_after: when to try again what waits for a department.
        secret: whether the message was a secret answer, not to be kept.
        flow: the one in hand at the end.
        step: its open step.
        handlers: name and milliseconds of each call.
        remind: texts for later, with the pack whose they are and what they are about.
        follow: what the citizen follows from now on, or no more: the pack, the thing, what is known of it.
        rated: the case of the desk and the citizen's word on it, `yes`, `partly` or `no`.
    """

    reply: Reply | None = None
    cases: list[tuple[str, Case]] = field(default_factory=list)
    outcome: str = "said"
    resume_after: timedelta | None = None
    secret: bool = False
    flow: str | None = None
    step: str | None = None
    handlers: list[tuple[str, float]] = field(default_factory=list)
    remind: list[tuple[str, str, Sequence[Reminder]]] = field(default_factory=list)
    follow: list[tuple[str, str, dict[str, Any] | None]] = field(default_factory=list)
    rated: tuple[int, str] | None = None


class Dialogue:
    """One for a process; all it knows of a conversation is in the state it is given."""

    def __init__(self, packs: Packs) -> None:
        self.packs = packs
        self.reader = Reader(packs)
        self._machine = Machine(packs)

    def state(self, stored: dict[str, Any] | None, language: str, now: datetime) -> State:
        """The conversation as it stands now: where it was left, or afresh after a week of silence.

        Args:
            stored: from the snapshot.
            language: of the contact point, where nothing is stored.
            now: the time of the message, with its zone.
        """
        state = State.from_json(stored, language)
        if state.hours_since(now) >= FRESH_AFTER:
            for frame in state.stack:
                _put_aside(self.packs, state, frame, now)
            state.stack, state.choices, state.failures, state.more = [], [], 0, None
        return state

    async def respond(self, state: State, commands: Sequence[c.Command], setting: Setting) -> Result:
        """Applies commands, walks on, and puts the answer into words.

        Args:
            state: the conversation's; changed in place.
            commands: from the reader.
            setting: what surrounds the turn.
        """
        turn = _Turn(self.packs, self.reader, self._machine, state, setting)
        languages = [command for command in commands if isinstance(command, c.SetLanguage)]
        others = [command for command in commands if not isinstance(command, c.SetLanguage)]
        for language in languages:
            await turn.apply(language)
        if not any(isinstance(command, c.Begin) for command in others):
            turn.after_silence()
        state.last_at = setting.now.isoformat()
        for command in others:
            await turn.apply(command)
        return await turn.finish()


class _Turn:
    """The work of one call of `Dialogue.respond`."""

    def __init__(
        self, packs: Packs, reader: Reader, machine: Machine, state: State, setting: Setting
    ) -> None:
        self._packs, self._reader, self._machine = packs, reader, machine
        self._state, self._setting = state, setting
        self._utterance = Utterance(packs.wording, reader, state, setting)
        self._result = Result()
        self._silent = False
        self._unasked: Frame | None = None
        """The flow of ours that this turn begins, or tries again, while its citizen knows nothing of it."""
        self._before: tuple[list[Frame], list[str]] = ([], [])
        """The stack and what was offered, for when that flow turns out to have nothing to say."""
        self._walks = True
        self._named_already: set[str] = set()

    def _case(self, case: Case, frame: Frame | None = None) -> None:
        frame = self._meant(frame or self._state.top)
        pack = self._packs.pack_of(frame.flow) if frame else self._packs.packs["core"]
        known = {
            **({"answers": self._answers(frame)} if frame else {}), **case.known,
            "flow": frame.flow if frame else None, "language": self._state.language,
        }  # fmt: skip
        self._result.cases.append((pack.desk, Case(case.reason, case.urgent, known)))

    def _meant(self, frame: Frame | None) -> Frame | None:
        """What a case is about: asking for a person is about the department's journey below it."""
        if frame is None or (not self._packs.flows[frame.flow].small_talk and frame.flow != TO_PERSON):
            return frame
        below = self._state.stack[: self._state.stack.index(frame)] if frame in self._state.stack else []
        return below[-1] if below else frame

    def _answers(self, frame: Frame) -> list[tuple[str, Any]]:
        """What the citizen answered in a flow, for an officer who need not ask again; nothing secret."""
        asks = self._packs.flows[frame.flow].asks()
        return [
            (slot, frame.values[slot]) for slot, source in frame.sources.items()
            if source == "citizen" and slot in frame.values and not (slot in asks and asks[slot].secret)
        ]  # fmt: skip

    def _title(self, flow: str) -> str:
        return self._packs.flows[flow].title_in(self._state.language)

    # --- commands -----------------------------------------------------------------------------

    def after_silence(self) -> None:
        """A reminder of where we were after a day."""
        if self._state.hours_since(self._setting.now) >= REMIND_AFTER and self._state.top is not None:
            self._utterance.say("welcome_back", {"title": self._title(self._state.top.flow)})

    async def apply(self, command: c.Command) -> None:
        """Changes the state as the command asks."""
        state, frame, offered = self._state, self._state.top, tuple(self._state.choices)
        self._before = list(state.stack), list(state.choices)
        if not isinstance(command, c.Unclear | c.SetLanguage):
            state.choices, state.failures = [], 0
            state.more = state.more if command in _ABOUT_IT else None
        if offered and command in {c.Simple("repeat"), c.SetLanguage("cy"), c.SetLanguage("en")}:
            state.language = command.language if isinstance(command, c.SetLanguage) else state.language
            self._offer("which_of", offered)
            return
        match command:
            case c.Alarm(kind, language):
                # A page has room for the question, a text has not: the advice stands alone there.
                self._utterance.say_only(advice(kind, language))
                self._walks = self._setting.channel == "webchat"
                self._result.outcome = "danger"
                if self._walks:
                    self._say_back()
                self._case(Case(f"danger_{kind}", urgent=True))
            case c.SetLanguage(language, asked):
                state.language = language
                if asked:
                    self._utterance.say("language_changed")
            case c.Start(flow) | c.Choose(flow):
                self._start(flow, dict(command.values) if isinstance(command, c.Start) else {})
            case c.Begin(flow, values):
                self._begin(flow, dict(values))
            case c.Resume():
                self._resume()
            case c.Unclear():
                self._unclear(command)
            case c.Simple(word):
                _SIMPLE[word](self)
            case _ if frame is not None:
                await self._answer(command, frame)

    async def _answer(self, command: c.Command, frame: Frame) -> None:
        frame.failures, step = 0, self._step(frame)
        self._result.secret = isinstance(step, Ask) and step.secret
        match command:
            case c.Fill(slot, value):
                frame.fill(slot, value)
            case c.Correct(slot, value):
                frame.changing = False
                self._correct(frame, slot, value)
            case c.Decide(agreed) if isinstance(step, Confirm):
                frame.changing = False
                if agreed:
                    frame.did[step.id] = frame.fingerprint(step.slots)
                elif len(step.slots) == 1:
                    self._correct(frame, step.slots[0], None)
                else:
                    frame.changing = True
            case c.AlsoSaid() if step is not None:
                await self._also(frame, step, command)

    def _correct(self, frame: Frame, slot: str, value: Any) -> None:
        self._machine.reopen(frame, (slot,))
        if value is not None:
            frame.fill(slot, value)
            self._utterance.say("changed", {"field": self._reader.field(slot, self._state.language)})

    async def _also(self, frame: Frame, step: Ask | Confirm, command: c.AlsoSaid) -> None:
        two = isinstance(command.option, list)  # the same word may want two named, or say how to name them
        also = next(a for a in step.also if a.word == command.word and a.pair == two)
        frame.changing = False
        changed = (*also.set, *([(also.said, command.text)] if also.said else []))
        self._utterance.brief = not changed
        for slot, value in changed:
            frame.fill(slot, value)
            if isinstance(step, Ask):
                frame.pages.pop(step.slot, None)
        if also.say:
            self._utterance.say(also.say, frame.values)
        if also.do:
            handler = self._packs.pack_of(frame.flow).handlers[also.do]
            walk = Walk()
            try:
                outcome = await self._machine.call(
                    handler, frame, walk, self._setting, self._state.language, command.option
                )
            except (ServiceDown, ServiceRefused):
                self._utterance.say("not_now")
            else:
                if outcome.say:
                    self._utterance.say(outcome.say, {**frame.values, **outcome.values})
            self._result.handlers += walk.handlers

    def _start(self, flow: str, values: dict[str, Any]) -> None:
        self._drop_fleeting()
        state = self._state
        frame = next((f for f in state.stack if f.flow == flow), None)
        if frame is not None:
            state.stack.remove(frame)
        elif (kept := state.left.pop(flow, None)) is not None and self._fresh(kept, flow):
            frame = Frame(**kept["frame"])
            self._utterance.say("continued", {"title": self._title(flow)})
        else:
            frame = Frame(flow, self._setting.inbound_id)
        asks = self._packs.flows[flow].asks()
        for slot, value in values.items():
            frame.fill(slot, value)
            self._result.secret = self._result.secret or (slot in asks and asks[slot].secret)
        state.stack.append(frame)
        if len(state.stack) > DEEPEST:
            self._put_aside(state.stack.pop(0))

    def _begin(self, flow: str, values: dict[str, Any]) -> None:
        """A flow of ours begins afresh: what an earlier one of its kind asked is out of date."""
        self._drop_fleeting()
        self._state.stack = [frame for frame in self._state.stack if frame.flow != flow]
        frame = Frame(flow, self._setting.inbound_id)
        for slot, value in values.items():
            frame.fill(slot, value, source=BEGUN)
        self._unasked = frame
        self._state.stack.append(frame)
        if len(self._state.stack) > DEEPEST:
            self._put_aside(self._state.stack.pop(0))

    def _resume(self) -> None:
        """What waits for a department is tried again; what the citizen knows nothing of comes up for it."""
        stack, self._silent = self._state.stack, True
        self._unasked = next((each for each in stack if each.waits and _unheard(each)), None)
        if self._unasked is not None:
            stack.remove(self._unasked)
            self._before = list(stack), self._before[1]
            stack.append(self._unasked)

    def _drop_fleeting(self) -> None:
        """A question that was only asked by the way is not come back to."""
        if self._state.top is not None and self._packs.flows[self._state.top.flow].fleeting:
            self._state.stack.pop()

    def _fresh(self, kept: dict[str, Any], flow: str) -> bool:
        age = self._setting.now - datetime.fromisoformat(kept["at"])
        return age <= timedelta(days=self._packs.flows[flow].keeps_days)

    def _put_aside(self, frame: Frame) -> None:
        _put_aside(self._packs, self._state, frame, self._setting.now)

    def _unclear(self, command: c.Unclear) -> None:
        """The first time another wording, then the nearest journeys and a person, then the desk."""
        if self._state.top is None or self._state.top.failures or command.nearest:
            self._drop_fleeting()  # a slip is no answer to what we asked, and not yet something else
        state, frame = self._state, self._state.top
        asking = frame is not None and frame.asking is not None
        step = self._step(frame) if frame else None
        # What was not understood as a secret answer may hold one all the same.
        self._result.secret = isinstance(step, Ask) and step.secret
        if frame is not None and not asking:
            return  # it waits for a department: walking on tries again and says so
        if asking and frame is not None:
            frame.failures += 1
            failures = frame.failures
        else:
            state.failures += 1
            failures = state.failures
        self._result.outcome = "unclear"
        if failures >= 3:
            self._case(Case("not_understood"))
            self._utterance.say("unclear_to_desk")
            state.failures = 0
            if frame is not None:
                frame.failures = 0
            self._walks = False
            return
        nearest = command.nearest
        if command.ambiguous and failures == 1:
            self._offer("which_of", nearest)
        elif asking and failures == 1:
            slot = step.slot if isinstance(step, Ask) else ""
            self._utterance.brief = True
            self._utterance.say_if(f"help.{slot}", "unclear_answer", frame.values if frame else {})
        elif nearest:
            self._offer("out_of_scope" if command.out_of_scope else "nearest", nearest)
        else:
            first = "out_of_scope_plain" if command.out_of_scope else "unclear"
            self._utterance.say(first if failures == 1 else "unclear_again")
            self._walks = asking

    def _offer(self, key: str, flows: tuple[str, ...]) -> None:
        self._state.choices = list(flows)
        self._utterance.say(key)
        self._utterance.list_out([self._title(flow) for flow in flows])
        self._walks = False

    # --- simple words -------------------------------------------------------------------------

    def _back(self) -> None:
        frame = self._state.top
        if frame is None:
            self._utterance.say("nothing_before")
            return
        asks, step = self._packs.flows[frame.flow].asks(), self._step(frame)
        # What is read back may be said besides an answer, as “that's all” is.
        beside = step.slots if isinstance(step, Confirm) else ()
        may = {slot for slot, ask in asks.items() if not ask.secret and ask.may_correct} | {*beside} - {*asks}
        answered = [slot for slot, source in frame.sources.items() if source == "citizen" and slot in may]
        if not answered:
            self._utterance.say("nothing_before")
            return
        frame.changing = False
        self._machine.reopen(frame, (answered[-1],))

    def _repeat(self) -> None:
        """With a question open it is asked again, and so said again; with none, the last answer is."""
        if self._state.top is None:
            self._utterance.say("help")
            self._result.outcome = REPEATED

    def _skip(self) -> None:
        frame = self._state.top
        step = self._step(frame) if frame else None
        if frame is not None and isinstance(step, Ask) and step.may_skip:
            frame.skipped.append(step.slot)
        else:
            self._utterance.say("cannot_skip")

    def _more(self) -> None:
        frame, told = self._state.top, self._state.more
        step = self._step(frame) if frame else None
        if frame is None and told is not None:
            self._utterance.say(told["key"], told["values"])
            return
        if frame is None or not isinstance(step, Ask) or step.source is None:
            self._utterance.say("no_more")
            return
        length = len(frame.values.get(step.source) or [])
        _, end = page(frame, step, length)
        if end >= length:
            self._utterance.say("no_more")
            frame.pages[step.slot] = PAGE
        else:
            frame.pages[step.slot] = min(end + PAGE, length)

    def _help(self, prefix: str = "help") -> None:
        frame = self._state.top
        step = self._step(frame) if frame else None
        if frame is None or step is None:
            self._utterance.say("help")
            return
        self._utterance.brief = True
        slot = step.slot if isinstance(step, Ask) else step.name
        self._utterance.say_if(f"{prefix}.{slot}", f"{prefix}_here", frame.values)

    def _why(self) -> None:
        """Why what is asked is asked; of what was just told, the rest of it."""
        if self._state.top is None and self._state.more is not None:
            self._more()
        else:
            self._help("why")

    def _leave(self) -> None:
        if self._state.top is None:
            self._utterance.say("nothing_to_leave")
            return
        frame = self._state.stack.pop()
        self._put_aside(frame)
        kept = frame.flow in self._state.left
        self._utterance.say("left_kept" if kept else "left", {"title": self._title(frame.flow)})
        self._result.outcome = "left"
        self._say_back()

    def _drop_other(self) -> None:
        """“Never mind the other thing”: what waits below the flow in hand is put aside."""
        if len(self._state.stack) < 2:
            self._leave()
            return
        frame = self._state.stack.pop(-2)
        self._put_aside(frame)
        if frame.flow in self._state.left:
            self._state.left[frame.flow]["offered"] = True  # they have just said that they don't want it
        self._utterance.say(
            "left_kept" if frame.flow in self._state.left else "left", {"title": self._title(frame.flow)}
        )

    def _restart(self) -> None:
        frame = self._state.top
        if frame is not None:
            self._state.stack[-1] = Frame(frame.flow, self._setting.inbound_id)

    def _person(self) -> None:
        self._case(Case("asked_for_person"))
        self._utterance.say("person_told")
        self._result.outcome = "escalated"

    def _say_back(self) -> None:
        if self._state.top is not None:
            self._utterance.say("back_to", {"title": self._title(self._state.top.flow)})

    # --- walking on ---------------------------------------------------------------------------

    async def finish(self) -> Result:
        """Walks on from where the commands led, and makes the one message of the turn."""
        while self._walks and self._state.top is not None:
            frame = self._state.top
            walk = await self._machine.walk(frame, self._setting, self._state.language)
            self._result.handlers += walk.handlers
            for case in walk.cases:
                self._case(case, frame)
            pack = self._packs.pack_of(frame.flow).name
            self._result.remind += [(pack, thing, texts) for thing, texts in walk.remind.items()]
            self._result.follow += [(pack, thing, known) for thing, known in walk.follow.items()]
            if frame is self._unasked and walk.question is None and not walk.said:
                self._unsaid(frame, walk)
                continue
            if self._silent and walk.ended != "waiting":
                self._silent = False
                if frame is not self._unasked:
                    self._utterance.say("service_back", {"title": self._title(frame.flow)})
            for key, values in walk.said:
                self._utterance.say(key, values)
            if walk.question is not None and self._named(frame, walk.question):
                continue
            if walk.question is not None:
                frame.waits = 0
                self._utterance.ask(frame, walk.question)
                break
            if walk.ended == "waiting":
                self._wait(frame)
                break
            self._end(frame, walk)
        await self._tell_when()
        return self._compose()

    def _named(self, frame: Frame, step: Ask | Confirm) -> bool:
        """Whether the message that began the journey names what is asked now, of a list just found."""
        if frame.begun != self._setting.inbound_id or not isinstance(step, Ask) or step.source is None:
            return False
        if step.slot in self._named_already:
            return False  # a handler would not have it
        self._named_already.add(step.slot)
        named = self._reader.named(self._setting.text, step, frame, self._state, self._setting.now)
        if named is None:
            return False
        frame.fill(step.slot, named)
        return True

    async def _tell_when(self) -> None:
        """A promise that a person will answer says when: their place, the time, or the desk's hours."""
        if self._setting.outlook is None or self._utterance.promised is None or not self._result.cases:
            return
        desk, _ = self._result.cases[-1]
        told = await self._setting.outlook(desk)
        if told is not None:
            self._utterance.promise(*told)

    def _end(self, frame: Frame, walk: Walk) -> None:
        self._state.stack.remove(frame)
        if frame.flow == RATING and walk.ended == "done":
            self._result.rated = (frame.values["rated_case"], frame.values["rating"])
        if self._packs.flows[frame.flow].small_talk:
            self._utterance.brief = True
            self._result.outcome = "small_talk"
            self._result.flow = frame.flow
            return
        if walk.ended == "done":
            self._state.finished = [*self._state.finished, frame.flow][-FINISHED_KEPT:]
        elif walk.ended == "failed":
            self._utterance.say("failed", {"title": self._title(frame.flow)})
        if self._result.outcome == "said":
            self._result.outcome = walk.ended or "done"
            self._result.flow = frame.flow
        self._say_back()
        if walk.ended == "done" and self._state.top is None:
            if walk.more is not None:
                self._state.more = {"key": walk.more[0], "values": walk.more[1]}
            self._offer_left(frame.flow)

    def _offer_left(self, done: str) -> None:
        """What was left before and can still be gone on with, the newest of it, offered once."""
        kept = [
            (entry["at"], flow) for flow, entry in self._state.left.items()
            if flow != done and flow in self._packs.flows and not entry.get("offered")
            and self._fresh(entry, flow)
        ]  # fmt: skip
        if kept:
            _, flow = max(kept)
            self._state.left[flow]["offered"] = True
            self._offer("left_open", (flow,))

    def _unsaid(self, frame: Frame, walk: Walk) -> None:
        """A flow of ours with nothing to say leaves all as it was; one that can't know yet waits below."""
        self._state.stack, self._state.choices = self._before
        self._silent, self._unasked = True, None
        self._result.outcome, self._result.flow = walk.ended or "done", frame.flow
        if walk.ended == "waiting":
            frame.waits += 1
            if frame.waits > MOST_WAITS:
                self._case(Case("department_down"), frame)
            else:
                self._state.stack.insert(0, frame)
                self._result.resume_after = _next_try(frame)
        # What the citizen waits for, of the same department perhaps, is not held up by it.
        top = self._state.top
        self._walks = top is not None and top is not frame and top.waits > 0

    def _wait(self, frame: Frame) -> None:
        """A department is down: the request is kept and tried again; the citizen is told once."""
        frame.waits += 1
        self._result.outcome = "waiting"
        title = self._title(frame.flow)
        if frame.waits > MOST_WAITS:
            self._case(Case("department_down"), frame)
            self._utterance.say("service_gave_up", {"title": title})
            self._state.stack.remove(frame)
            self._put_aside(frame)
            self._silent = False
            return
        self._result.resume_after = _next_try(frame)
        if not self._silent:
            self._utterance.say("service_down", {"title": title})

    def _compose(self) -> Result:
        result, top = self._result, self._state.top
        if self._utterance.empty and not self._silent:
            self._utterance.say("help")
        result.reply = self._utterance.reply()
        if result.flow is None:
            result.flow = top.flow if top else None
        result.step = top.asking if top else None
        if result.outcome == "said" and result.step:
            result.outcome = "asked"
        return result

    def _step(self, frame: Frame) -> Ask | Confirm | None:
        for step in self._packs.flows[frame.flow].all_steps():
            if step.id == frame.asking and isinstance(step, Ask | Confirm):
                return step
        return None


def _next_try(frame: Frame) -> timedelta:
    """When a department that a flow waits for is asked again."""
    return timedelta(minutes=WAIT_MINUTES[min(frame.waits, len(WAIT_MINUTES)) - 1])


def _unheard(frame: Frame) -> bool:
    """Whether a flow is one we began and its citizen has said nothing in it."""
    sources = set(frame.sources.values())
    return BEGUN in sources and "citizen" not in sources


def _put_aside(packs: Packs, state: State, frame: Frame, now: datetime) -> None:
    """Keeps a flow that is left, if it has an answer of the citizen's; never a secret one."""
    for slot, ask in packs.flows[frame.flow].asks().items():
        if ask.secret and frame.values.get(slot) != MASK:
            frame.clear(slot)
    if any(source == "citizen" for source in frame.sources.values()):
        state.left[frame.flow] = {"frame": dict(vars(frame)), "at": state.last_at or now.isoformat()}


_SIMPLE: Final[dict[str, Callable[[_Turn], None]]] = {
    "back": _Turn._back,
    "repeat": _Turn._repeat,
    "skip": _Turn._skip,
    "more": _Turn._more,
    "help": _Turn._help,
    "why": _Turn._why,
    "leave": _Turn._leave,
    "restart": _Turn._restart,
    "drop_other": _Turn._drop_other,
    "person": _Turn._person,
    "media_only": lambda turn: turn._utterance.say("media_only"),
    "picture_too_big": lambda turn: turn._utterance.say("picture_too_big"),
    "picture_not_a_picture": lambda turn: turn._utterance.say("picture_not_a_picture"),
    "picture_gone": lambda turn: turn._utterance.say("picture_gone"),
    "handed_back": lambda turn: turn._utterance.say("handed_back"),
    "negated": lambda turn: turn._utterance.say("negated"),
}
