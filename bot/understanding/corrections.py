"""What a message puts right of what was answered before: named, or recognised by its kind."""

import re
from datetime import datetime
from typing import Final

from bot.answers.words import plain
from bot.flows.flow import Ask, Confirm
from bot.flows.frame import Frame, State
from bot.packs import Packs
from bot.understanding.commands import Command, Correct, Fill
from bot.understanding.questions import Questions, named_option
from bot.wording import LANGUAGES

_CORRECTION: Final = re.compile(
    r"^(?:oh |oops |wait |sorry |hang on )*(?:no|nope|nah|na|nage|actually|sorry|oops|wait|i meant?|"
    r"correction|scrap that|"
    r"change|can you change|can i change|i want to change|make (?:it|that)|instead|rather|"
    r"newid|newidiwch|sori|mewn gwirionedd|ro'n i'n meddwl)\b[\s,.:;!-]*(?P<rest>.+)$"
)  # fmt: skip
_NOT_BUT: Final = re.compile(
    r"^(?:no[\s,]+)?(?:not|nid)\s+(?P<wrong>.+?)(?:\s*[,;.]\s*(?:but\s+|i meant?\s+)?|\s+but\s+)(?P<rest>.+)$"
)
_REQUEST: Final = re.compile(
    r"(?:can|could|may) (?:i|we|you)\b|(?:report|how|what|when|where|who|which|why|is|are|do|does)\b|"
    r"i (?:want|need|would like) to\b|i'd like to\b|(?:alla|allaf|ga|gaf) i\b|(?:sut|beth|pryd|ble|pwy|pam)\b"
)
"""What begins another request rather than another answer."""
_NO: Final = re.compile(r"^(?:no|nope|nah|na|nage)\b[\s,.:;!-]+(?P<rest>.+)$")
_DISTINCT: Final = frozenset({"postcode", "digits"})
"""Kinds whose answers can be told from any other's."""
_MOST_WORDS: Final = 6
"""Words of a correction in which an option that is named is meant."""


class Corrections:
    """Finds them in a message, against the answers of the flow in hand."""

    def __init__(self, packs: Packs, questions: Questions) -> None:
        self._packs, self._questions = packs, questions

    def other_one(self, text: str, frame: Frame, step: Ask, state: State, now: datetime) -> Correct | None:
        """“No, the second one”: what was chosen from the list before was the wrong one."""
        match = _NO.match(plain(text))
        asks = self._packs.flows[frame.flow].asks()
        lists = [asks[slot] for slot in frame.sources if slot in asks and asks[slot].source]
        if match is None or not lists or lists[-1].slot == step.slot:
            return None
        answer = self._questions.value(match.group("rest"), lists[-1], frame, state, now)
        return Correct(lists[-1].slot, answer.value) if answer is not None and answer.whole else None

    def find(
        self, text: str, frame: Frame, step: Ask | Confirm, state: State, now: datetime
    ) -> list[Command]:
        """A changed earlier answer: named, or recognised by its kind."""
        said = plain(text)
        swapped = _NOT_BUT.match(said)
        match = swapped or _CORRECTION.match(said)
        rest = match.group("rest") if match else said
        asks = self._packs.flows[frame.flow].asks()
        answered = [
            asks[slot]
            for slot in reversed(list(frame.sources))
            if slot in asks and not asks[slot].secret and asks[slot].may_correct
        ]
        if match:
            for ask in answered:
                if ask.slot == getattr(step, "slot", None):
                    continue
                names = (plain(self._questions.field(ask.slot, language)) for language in LANGUAGES)
                labels = "|".join(map(re.escape, names))
                named = re.search(rf"(?<!\w)(?:{labels})(?!\w)", rest)
                answer = self._questions.value(rest, ask, frame, state, now)
                if not named and _REQUEST.match(rest):
                    continue  # “actually, can I report a pothole on Otley Road first”
                if answer is None or not (named or answer.whole or ask.kind in _DISTINCT):
                    few = ask.options and len(rest.split()) <= _MOST_WORDS  # “nearest matters more”
                    question = self._questions.question(ask, frame, state.language, now)
                    answer = named_option(rest, question) if few else None
                if answer is not None:
                    return [Correct(ask.slot, answer.value)]
                if named:
                    return [Correct(ask.slot)]
            if (
                isinstance(step, Ask)
                and (answer := self._questions.value(rest, step, frame, state, now)) is not None
            ):
                return [Fill(step.slot, answer.value)]
            return []
        for ask in answered:
            if ask.kind in _DISTINCT and isinstance(step, Ask) and ask.kind != step.kind:
                answer = self._questions.value(said, ask, frame, state, now)
                if answer is not None and answer.whole:
                    return [Correct(ask.slot, answer.value)]
        return []
