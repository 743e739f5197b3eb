"""The machine that walks a flow: from the top, past every step that is settled, to the first that is not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any, Final

import structlog

from actions.sdk import (
    Again,
    Call,
    Case,
    Handler,
    Knowledge,
    Outcome,
    Reminder,
    Service,
    ServiceDown,
    ServiceRefused,
    Stop,
)
from bot.flows.flow import Ask, Branch, Confirm, Do, Done, Flow, Say, Step
from bot.flows.frame import MASK, Frame
from bot.metrics import DEPARTMENT_CALLS
from bot.packs import Packs

log = structlog.get_logger()

MOST_STEPS: Final = 60
"""Handlers that a single turn may run in one flow; more is a flow that goes round in circles."""
HANDLER_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Setting:
    """What surrounds a turn and handlers may know of.

    Args:
        inbound_id: our number of the message.
        conversation_id: whose it is.
        channel: the contact point's.
        address: the citizen's on it.
        now: the time of the message, with its zone.
        services: gives a department's client.
        know: gives a pack's handlers what Onedoor knows; None where there is no service around the turn.
        outlook: tells when a desk's person will answer, as a response and its values; None likewise.
        text: the message, of which a journey that it begins asks nothing again.
    """

    inbound_id: int
    conversation_id: int
    channel: str
    address: str
    now: datetime
    services: Callable[[type[Service]], Service]
    know: Callable[[str], Knowledge] | None = None
    outlook: Callable[[str], Awaitable[tuple[str, Mapping[str, Any]] | None]] | None = None
    text: str = ""


@dataclass
class Walk:
    """What a walk through a flow came to.

    Args:
        said: responses on the way, each with the values it may name.
        question: the step that now waits for the citizen; None when the flow ended or waits for a department.
        ended: `done`, `stopped`, `waiting` (a department is down) or `failed`; None while a question is open.
        cases: for the desk.
        remind: texts for later, by what they are about.
        follow: what the citizen follows from now on, or no more.
        handlers: name and milliseconds of each call, for the record.
        more: what MORE gives afterwards, with the values it may name.
    """

    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    question: Ask | Confirm | None = None
    ended: str | None = None
    cases: list[Case] = field(default_factory=list)
    remind: dict[str, Sequence[Reminder]] = field(default_factory=dict)
    follow: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    handlers: list[tuple[str, float]] = field(default_factory=list)
    more: tuple[str, dict[str, Any]] | None = None


class _EndedError(Exception):
    """Leaves the walk, from any depth of branches."""


class _RewoundError(Exception):
    """Starts the walk from the top again."""


class Machine:
    """Walks flows.

    A step is settled when what it depends on is unchanged since it was done. So a correction, BACK,
    and what was said before it was asked need nothing of their own: set or clear a slot and walk again.
    """

    def __init__(self, packs: Packs) -> None:
        self._packs = packs

    async def walk(self, frame: Frame, setting: Setting, language: str) -> Walk:
        """Goes on with a flow until it asks, ends, or waits.

        Args:
            frame: where it is; changed in place.
            setting: what surrounds the turn.
            language: for handlers that ask the department for words.
        """
        flow, walk = self._packs.flows[frame.flow], Walk()
        frame.asking = None
        for _ in range(MOST_STEPS):
            try:
                for step in self._steps(flow, flow.steps, frame):
                    await self._take(step, flow, frame, walk, setting, language)
            except _RewoundError:
                continue
            except _EndedError:
                return walk
            walk.ended = "done"
            return walk
        log.error("flow.circles", flow=frame.flow)
        walk.ended = "failed"
        walk.cases.append(Case("flow_failed", known={"flow": frame.flow}))
        return walk

    def _steps(self, flow: Flow, steps: tuple[Step, ...], frame: Frame) -> Iterator[Step]:
        """The steps in their order, branches and called flows resolved as late as possible."""
        for step in steps:
            if isinstance(step, Branch):
                for condition, inner in step.cases:
                    if condition is None or condition.holds(frame.values):
                        yield from self._steps(flow, inner, frame)
                        break
            else:
                yield step

    async def _take(
        self, step: Step, flow: Flow, frame: Frame, walk: Walk, setting: Setting, language: str
    ) -> None:
        """Passes a settled step, or does it; raises to leave or restart the walk."""
        match step:
            case Ask():
                self._drop_stale_choice(step, frame)
                self._drop_invalid(step, frame, walk)
                if step.slot not in frame.values and step.slot not in frame.skipped:
                    self._wait(step, frame, walk)
            case Confirm():
                if frame.did.get(step.id) != frame.fingerprint(step.slots):
                    self._wait(step, frame, walk)
            case Say():
                if step.id not in frame.did:
                    walk.said.append((step.response, dict(frame.values)))
                    walk.more = (step.more, dict(frame.values)) if step.more else None
                    frame.did[step.id] = "said"
            case Do():
                handler = self._packs.packs[flow.pack].handlers[step.handler]
                mark = frame.fingerprint(handler.reads)
                if frame.did.get(step.id) != mark:
                    await self._do(step, handler, frame, walk, setting, language)
            case Done():
                walk.ended = "done"
                raise _EndedError
            case _:
                raise TypeError(f"{type(step).__name__} is not a step that is taken.")

    @staticmethod
    def _drop_stale_choice(step: Ask, frame: Frame) -> None:
        """A choice stays when the list was asked for anew and still has it, with the figures of now."""
        if step.source is None or not isinstance(frame.values.get(step.slot), dict):
            return
        chosen = frame.values[step.slot].get("id")
        same = [option for option in frame.values.get(step.source) or [] if option["id"] == chosen]
        if same:
            frame.values[step.slot] = same[0]
        else:
            frame.clear(step.slot)

    @staticmethod
    def _drop_invalid(step: Ask, frame: Frame, walk: Walk) -> None:
        """An answer that won't do is told why and asked for again, wherever it came from."""
        if step.valid is None or step.slot not in frame.values:
            return
        value = frame.values[step.slot]
        if value == MASK:
            return  # a secret that was good, and is forgotten since it was used
        if not step.valid.holds(value):
            walk.said.append((step.valid.say, {**frame.values, "value": value}))
            frame.clear(step.slot)

    @staticmethod
    def _wait(step: Ask | Confirm, frame: Frame, walk: Walk) -> None:
        frame.asking, walk.question = step.id, step
        raise _EndedError

    async def _do(
        self, step: Do, handler: Handler, frame: Frame, walk: Walk, setting: Setting, language: str
    ) -> None:
        try:
            outcome = await self.call(handler, frame, walk, setting, language)
        except ServiceDown:
            walk.ended = "waiting"
            raise _EndedError from None
        except ServiceRefused as refusal:
            walk.said.append(("department_refused", {}))
            walk.cases.append(Case("department_refused", known={"flow": frame.flow, "code": refusal.code}))
            walk.ended = "stopped"
            raise _EndedError from None
        if outcome.case:
            walk.cases.append(outcome.case)
        walk.remind.update(outcome.remind)
        walk.follow.update(outcome.follow)
        lists = {ask.source: ask.slot for ask in self._packs.flows[frame.flow].asks().values()}
        for slot, value in outcome.values.items():
            frame.fill(slot, value, source=step.handler)
            frame.pages.pop(lists.get(slot, ""), None)  # a new list is read from its beginning
        if outcome.say:
            walk.said.append((outcome.say, dict(frame.values)))
        if isinstance(outcome, Stop):
            walk.ended = "stopped"
            raise _EndedError
        if isinstance(outcome, Again):
            self.reopen(frame, outcome.slots)
            raise _RewoundError
        self._forget_secrets(frame, handler)
        frame.did[step.id] = frame.fingerprint(handler.reads)

    async def call(
        self,
        handler: Handler,
        frame: Frame,
        walk: Walk,
        setting: Setting,
        language: str,
        option: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> Outcome:
        """Calls a handler with its time-out and its idempotency key.

        Raises:
            ServiceDown: the department, or the handler itself, did not answer in time.
            ServiceRefused: the department said no.
        """
        name = handler.step_name()
        run = frame.runs.get(name, 0)
        pack = self._packs.flows[frame.flow].pack
        call = Call(
            slots=dict(frame.values), key=f"{setting.conversation_id}-{frame.begun}-{name}-{run}",
            language=language,
            channel=setting.channel, address=setting.address, now=setting.now, services=setting.services,
            option=option if isinstance(option, dict) else None,
            options=tuple(option) if isinstance(option, list) else (), text=setting.text,
            knowledge=setting.know(pack) if setting.know else None,
        )  # fmt: skip
        began, result = perf_counter(), "down"
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                outcome = await handler.handle(call)
            result = "done"
        except TimeoutError:
            raise ServiceDown(f"{name} took longer than {HANDLER_SECONDS:.0f} s.") from None
        except ServiceRefused:
            result = "refused"
            raise
        finally:
            DEPARTMENT_CALLS.labels(self._packs.flows[frame.flow].pack, result).inc()
            walk.handlers.append((name, round((perf_counter() - began) * 1000, 2)))
        frame.runs[name] = run + 1
        return outcome

    def reopen(self, frame: Frame, slots: tuple[str, ...]) -> None:
        """Clears slots, and forgets the handlers that filled them or the lists they were chosen from.

        What was agreed to with one of them is read back again, though it be filled as it was.
        """
        flow = self._packs.flows[frame.flow]
        handlers = self._packs.packs[flow.pack].handlers
        asks = flow.asks()
        stale = set(slots) | {asks[s].source for s in slots if s in asks and asks[s].source}
        for slot in slots:
            frame.clear(slot)
        for step in flow.all_steps():
            if (isinstance(step, Do) and stale & set(handlers[step.handler].fills)) or (
                isinstance(step, Confirm) and set(slots) & set(step.slots)
            ):
                frame.did.pop(step.id, None)

    def _forget_secrets(self, frame: Frame, handler: Handler) -> None:
        asks = self._packs.flows[frame.flow].asks()
        for slot in handler.reads:
            if slot in asks and asks[slot].secret and slot in frame.values:
                frame.values[slot] = MASK
