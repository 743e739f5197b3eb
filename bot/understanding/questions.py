"""The question on the table: which step asks, and its options and labels as the citizen sees them."""

from datetime import datetime
from typing import Any, Final

from bot.answers import KINDS, Answer, Question
from bot.answers.words import plain
from bot.flows.flow import Ask, Confirm
from bot.flows.frame import Frame, State
from bot.packs import Packs
from bot.understanding.beside import stands

PAGE: Final = 3
"""Options a message: docs/sources.md, words."""


def page(frame: Frame, step: Ask, length: int) -> tuple[int, int]:
    """The first and after the last option that are shown now; a fixed list is shown whole."""
    if step.options or step.whole:
        return 0, length
    end = min(frame.pages.get(step.slot) or PAGE, length)
    return max(0, (end - 1) // PAGE * PAGE), end


class Questions:
    """The open questions of every flow; without memory of its own."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self._wording = packs.wording

    def open(self, state: State) -> tuple[Frame | None, Ask | Confirm | None]:
        """The flow in hand and the step that it asks now; None for what there is not."""
        frame = state.top
        return frame, None if frame is None else self.step(frame)

    def step(self, frame: Frame) -> Ask | Confirm | None:
        """The step that a flow asks now, if it asks."""
        for step in self._packs.flows[frame.flow].all_steps():
            if frame.asking is not None and step.id == frame.asking and isinstance(step, Ask | Confirm):
                return step
        return None

    def question(self, step: Ask, frame: Frame, language: str, now: datetime) -> Question:
        """The open question with its options and their labels in the citizen's language."""
        if step.kind != "option":
            return Question(
                step.slot, dict(step.details), year=now.year, now=now, chosen=frame.values.get(step.slot)
            )
        values: list[Any] = (
            list(step.options) if step.options else list(frame.values.get(step.source or "") or [])
        )
        labels = [self.label(step, value, language) for value in values]
        words = tuple(self._wording.phrases(f"{step.slot}.{value}") for value in step.options)
        shown = page(frame, step, len(values))
        return Question(
            step.slot, dict(step.details), tuple(zip(values, labels, strict=True)), words, shown,
            year=now.year, now=now, chosen=frame.values.get(step.slot),
        )  # fmt: skip

    def label(self, step: Ask, value: Any, language: str, channel: str = "web") -> str:
        """What an option is called, as the citizen sees it."""
        if isinstance(value, dict):
            return self._wording.render(f"option.{step.slot}", language, channel, value)
        return self._wording.render(f"option.{step.slot}.{value}", language, channel, {})

    def field(self, slot: str, language: str) -> str:
        """What a slot is called when it is named to the citizen."""
        return (
            self._wording.render(f"field.{slot}", language, "sms", {})
            if f"field.{slot}" in self._wording
            else slot
        )

    def value(self, text: str, ask: Ask, frame: Frame, state: State, now: datetime) -> Answer | None:
        """What a text says as the answer of a question, if anything; words of one's own say anything."""
        if ask.kind == "text":
            return None
        return KINDS[ask.kind](text, self.question(ask, frame, state.language, now))


def named_option(text: str, question: Question) -> Answer | None:
    """The one option whose label, or another word for it, stands in a text."""
    said = plain(text)
    words = question.words or ((),) * len(question.options)
    named = [
        value
        for (value, label), others in zip(question.options, words, strict=True)
        if any(stands(word, said) for word in (plain(label), *others))
    ]
    return Answer(named[0], whole=False) if len(named) == 1 else None
