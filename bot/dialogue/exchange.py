"""One exchange under way: the conversation's state, what is said so far, and what comes of it."""

from datetime import datetime, timedelta
from typing import Any, Final

from actions.sdk import Case
from bot.dialogue.result import Result
from bot.flows.frame import MASK, Frame, State
from bot.flows.machine import Machine, Setting
from bot.packs import Packs
from bot.understanding.reader import Reader
from bot.utterance import Utterance

TO_PERSON: Final = "speak_to_person"
BEGUN: Final = "begun"
"""The source of slots that a flow of ours began with."""


class Exchange:
    """What the commands of one message, and the walk after them, work on together.

    Args:
        packs: all there are.
        reader: looks into the message for what is asked later.
        machine: walks the flows.
        state: the conversation's; changed in place.
        setting: what surrounds the turn.

    Attributes:
        questions: the reader's, for the step that is open and the words of options and fields.
        utterance: what is said, as far as it is known.
        result: what came of it, as far as it is known.
        silent: whether the citizen hears nothing yet: something of ours is tried again.
        unasked: the flow of ours that begins, or is tried again, while its citizen knows nothing of it.
        before: the stack and what was offered, for when that flow turns out to have nothing to say.
        walks: whether the flow in hand is walked on from where the commands led.
        named_already: slots that the message was looked through for.
    """

    def __init__(
        self, packs: Packs, reader: Reader, machine: Machine, state: State, setting: Setting
    ) -> None:
        self.packs, self.reader, self.machine = packs, reader, machine
        self.state, self.setting = state, setting
        self.questions = reader.questions
        self.utterance = Utterance(packs.wording, self.questions, state, setting)
        self.result = Result()
        self.silent, self.walks = False, True
        self.unasked: Frame | None = None
        self.before: tuple[list[Frame], list[str]] = ([], [])
        self.named_already: set[str] = set()

    def case(self, case: Case, frame: Frame | None = None) -> None:
        """Puts something to the desk, with what is known of it."""
        frame = self._meant(frame or self.state.top)
        pack = self.packs.pack_of(frame.flow) if frame else self.packs.packs["core"]
        known = {
            **({"answers": self._answers(frame)} if frame else {}), **case.known,
            "flow": frame.flow if frame else None, "language": self.state.language,
        }  # fmt: skip
        self.result.cases.append((pack.desk, Case(case.reason, case.urgent, known)))

    def _meant(self, frame: Frame | None) -> Frame | None:
        """What a case is about: asking for a person is about the department's journey below it."""
        if frame is None or (not self.packs.flows[frame.flow].small_talk and frame.flow != TO_PERSON):
            return frame
        below = self.state.stack[: self.state.stack.index(frame)] if frame in self.state.stack else []
        return below[-1] if below else frame

    def _answers(self, frame: Frame) -> list[tuple[str, Any]]:
        """What the citizen answered in a flow, for an officer who need not ask again; nothing secret."""
        asks = self.packs.flows[frame.flow].asks()
        return [
            (slot, frame.values[slot]) for slot, source in frame.sources.items()
            if source == "citizen" and slot in frame.values and not (slot in asks and asks[slot].secret)
        ]  # fmt: skip

    def title(self, flow: str) -> str:
        """A journey's title in the citizen's language."""
        return self.packs.flows[flow].title_in(self.state.language)

    def correct(self, frame: Frame, slot: str, value: Any) -> None:
        """An answer given before is another, or is asked anew."""
        self.machine.reopen(frame, (slot,))
        if value is not None:
            frame.fill(slot, value)
            self.utterance.say("changed", {"field": self.questions.field(slot, self.state.language)})

    def drop_fleeting(self) -> None:
        """A question that was only asked by the way is not come back to."""
        if self.state.top is not None and self.packs.flows[self.state.top.flow].fleeting:
            self.state.stack.pop()

    def fresh(self, kept: dict[str, Any], flow: str) -> bool:
        """Whether a flow that was left can still be gone on with."""
        age = self.setting.now - datetime.fromisoformat(kept["at"])
        return age <= timedelta(days=self.packs.flows[flow].keeps_days)

    def put_aside(self, frame: Frame) -> None:
        """Keeps a flow that is left for later."""
        put_aside(self.packs, self.state, frame, self.setting.now)

    def offer(self, key: str, flows: tuple[str, ...]) -> None:
        """Asks which of some journeys is meant."""
        self.state.choices = list(flows)
        self.utterance.say(key, {"one": len(flows) == 1})
        self.utterance.list_out([self.title(flow) for flow in flows])
        self.walks = False

    def say_back(self) -> None:
        """Says what the conversation is back to."""
        if self.state.top is not None:
            self.utterance.say("back_to", {"title": self.title(self.state.top.flow)})


def put_aside(packs: Packs, state: State, frame: Frame, now: datetime) -> None:
    """Keeps a flow that is left, if it has an answer of the citizen's; never a secret one."""
    for slot, ask in packs.flows[frame.flow].asks().items():
        if ask.secret and frame.values.get(slot) != MASK:
            frame.clear(slot)
    if any(source == "citizen" for source in frame.sources.values()):
        state.left[frame.flow] = {"frame": dict(vars(frame)), "at": state.last_at or now.isoformat()}
