"""What the message that begins a journey already answers: a postcode, a code behind its word, a name."""

import re
from datetime import datetime
from typing import Any, Final

from bot.answers import KINDS, Question
from bot.answers.words import plain
from bot.flows.flow import Ask, Flow
from bot.flows.frame import Frame, State
from bot.packs import Packs
from bot.understanding.beside import said_first, stands
from bot.understanding.letter import references, said_together
from bot.understanding.questions import Questions, named_option

_PREFILLED: Final = frozenset({"postcode", "digits", "option"})
_CUED: Final = frozenset({"code", "year"})
"""Kinds that a first message answers only behind a word that names them."""
_BEHIND: Final = 24
"""Characters behind such a word that are looked at."""
_LONG_ENOUGH: Final = 6
"""Characters of a name that is not found in a sentence by chance."""


class FirstMessage:
    """Reads it for the questions that come later in the journey."""

    def __init__(self, packs: Packs, questions: Questions) -> None:
        self._packs, self._questions = packs, questions
        self._wording = packs.wording

    def answers(self, text: str, flow: Flow, state: State, now: datetime) -> tuple[tuple[str, Any], ...]:
        """What the first message already answered: a postcode, a reference, a preference."""
        found: list[tuple[str, Any]] = []
        empty = Frame(flow.id, 0)
        for ask in flow.asks().values():
            if ask.kind not in _PREFILLED | _CUED or ask.source is not None:
                continue
            question = self._questions.question(ask, empty, state.language, now)
            if ask.kind in _CUED:
                if (value := self._cued(text, ask, question)) is not None:
                    found.append((ask.slot, value))
                continue
            # An option counts when it is named: "the first" of a first message is of no list of ours.
            answer = named_option(text, question) if ask.kind == "option" else KINDS[ask.kind](text, question)
            if answer is not None:
                found.append((ask.slot, answer.value))
        known = {slot for slot, _ in found}
        for proof in references(flow.asks().values()):
            found += [(slot, value) for slot, value in said_together(text, proof, now) if slot not in known]
        return (*heard(text, flow), *said_first(self._wording, text, flow), *found)

    def _cued(self, text: str, ask: Ask, question: Question) -> Any:
        """The answer behind a word of the response `words.<slot>`, as “code KITE 4821”."""
        cues = "|".join(re.escape(cue) for cue in self._wording.phrases(ask.slot))
        behind = cues and re.search(
            rf"(?<!\w)(?:{cues})(?!\w)\W*(?:(?:is|was|in|on|yw|yn)\W+)?(?P<rest>.{{1,{_BEHIND}}})",
            text, re.IGNORECASE,
        )  # fmt: skip
        answer = KINDS[ask.kind](behind["rest"], question) if behind else None
        return None if answer is None else answer.value

    def named(self, text: str, step: Ask, frame: Frame, state: State, now: datetime) -> Any | None:
        """The one of a handler's list whose name stands in the message that began a journey.

        Args:
            text: the message.
            step: asks for an option that a handler found.
            frame: with the list.
            state: the conversation's.
            now: the message's time.
        """
        said = plain(text)
        found = [
            value
            for value, label in self._questions.question(step, frame, state.language, now).options
            if (name := plain(label.split(",")[0])) and len(name) >= _LONG_ENOUGH
            and stands(name, said)
        ]  # fmt: skip
        return found[0] if len(found) == 1 else None

    def may_be_secret(self, text: str, now: datetime, flow: str | None = None) -> bool:
        """Whether a message would answer a secret question, of one flow or of any, though none is open.

        Who knows a journey sends the code before it is asked for: while a department does not answer, say,
        or before a word of what it is about.
        """
        flows = self._packs.flows.values() if flow is None else [self._packs.flows[flow]]
        secret = [ask for each in flows for ask in each.asks().values() if ask.secret]
        found = (
            KINDS[ask.kind](text, Question(ask.slot, dict(ask.details), year=now.year)) for ask in secret
        )
        return any(answer is not None and answer.whole for answer in found)


def heard(text: str, flow: Flow) -> tuple[tuple[str, Any], ...]:
    """The message itself, for a question that the words which began the journey may answer."""
    return tuple((ask.slot, text) for ask in flow.asks().values() if dict(ask.details).get("heard"))
