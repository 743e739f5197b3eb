"""Reads a message against the open question and the stack, and says what it asks for as commands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bot.answers import KINDS, Question
from bot.answers.option import read_option
from bot.answers.words import plain, read_yes_no
from bot.danger import find_danger, is_figure_of_speech
from bot.flows.flow import Ask, Confirm
from bot.flows.frame import Frame, State
from bot.packs import Packs
from bot.understanding.beside import kept_otherwise, said_beside
from bot.understanding.commands import (
    Alarm,
    Choose,
    Command,
    Correct,
    Decide,
    Fill,
    SetLanguage,
    Simple,
    Start,
    Unclear,
)
from bot.understanding.corrections import Corrections
from bot.understanding.first_message import FirstMessage, heard
from bot.understanding.keywords import find_keyword
from bot.understanding.language import find_language
from bot.understanding.letter import said_together
from bot.understanding.needs import Ranking, both
from bot.understanding.questions import Questions, named_option

OUT_OF_SCOPE: Final = "out_of_scope"
EMERGENCY: Final = "emergency"
SURE: Final = 0.85
"""A probability from which another journey goes before an answer that was found inside a sentence."""

_NEGATED: Final = re.compile(
    r"\b(?:do\s?n[o']?t|don't|dont|do not|didn't|not|never|no longer|won't|wouldn't)\s+(?:really\s+|even\s+)?"
    r"(?:want|need|wish|trying|looking|asking|going)\b|"
    r"\b(?:dw i|dwi|dydw i|rwy) ?ddim (?:isio|eisiau|angen|am)\b"
)  # fmt: skip
_REQUEST: Final = re.compile(
    r"\?$|^(?:how|what|what's|whats|when|where|why|which|who|is|are|has|have|did|does|show|tell|give me|"
    r"change my|book|report|choose|check|find|complain|speak|talk|faint|sut|pryd|ble|pam|beth|pwy|pa|oes|ydi|"
    r"ydy|dangos|newid fy|bwcio|riportio|dewis)\b|"
    r"^(?:i (?:want|need|would like|wish)|i'd like|can i|could i|(?:dw i|dwi|rwy) ?(?:isio|eisiau|angen)|"
    r"hoffwn i?|ga i) (?:to )?(?:report|choose|book|see|know|check|complain|speak|talk|find|change|cancel|"
    r"hear|ask|riportio|dewis|bwcio|gweld|gwybod|siarad|cwyno|newid)\b"
)
"""What asks for something, in a message that may be a journey or an answer in somebody's own words."""
_THANKS: Final = re.compile(r"\b(?:thanks?|thankyou|thx|ta|cheers|diolch)\b")
_SURE_OF_A_WISH: Final = 0.5
"""The same where a message of more than so many words asks for something."""
_SAID_BESIDE: Final = 6
_PROVES: Final = frozenset({"digits", "code", "year"})
"""Kinds of questions that a letter answers."""
_BARE_WORDS: Final = 2
_BEFORE_NEGATION: Final = 4
"""Words before “don't want” by which it is still the whole message's."""
_NUMBERS: Final = re.compile(r"\W*\d{1,2}(?:\W*(?:\b(?:and|or|a|ac|neu)\b)?\W*\d{1,2})*\W*", re.IGNORECASE)
"""Numbers of a list, and nothing else."""
_SURELY: Final = {"greet": 0.9, "thank": 0.9, "goodbye": 0.9, EMERGENCY: 0.6}
"""A probability from which these are meant where a question is open; `find_danger` has looked before."""
_ARTICLE: Final = re.compile(r"^(?:the|my|a|an|about|about my|y|yr|fy)\s+")


@dataclass(frozen=True)
class Understood:
    """What the classifier made of a message.

    Args:
        ranking: intents with their probabilities, best first; empty when it was not asked.
        threshold: below it nothing is taken as meant.
        margin: nearer than this, two journeys are too alike to choose between.
        halves: the parts of a message that may ask for two things, each with its own ranking.
    """

    ranking: tuple[tuple[str, float], ...] = ()
    threshold: float = 0.4
    margin: float = 0.1
    halves: tuple[tuple[str, Ranking], ...] = ()


class Reader:
    """Turns messages into commands; deterministic, and without memory of its own."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self._wording = packs.wording
        self.questions = Questions(packs)
        self.first = FirstMessage(packs, self.questions)
        self._corrections = Corrections(packs, self.questions)

    def read_short(
        self, text: str, state: State, now: datetime, media: Sequence[Mapping[str, Any]] = ()
    ) -> list[Command]:
        """What can be told from the question on the table alone, before and without the classifier.

        Args:
            text: the message, cleaned.
            state: the conversation's.
            now: the moment of the message, in the citizen's time zone.
            media: pictures that came with it.

        Returns:
            Commands, or none when the message needs understanding.
        """
        commands = self._pictures(text, media, state, now) if media else []
        commands = commands or self._short(text, state, now)
        return [*_language(text, state), *commands] if commands else []

    def _short(self, text: str, state: State, now: datetime) -> list[Command]:
        keyword = None if self._is_label(text, state, now) else find_keyword(text)
        if (command := self._anywhere(text, keyword, state)) is not None:
            return [command]
        frame, step = self.questions.open(state)
        if step is None or frame is None:
            # “ok” and 👍 are said to what was told; a bare number or yes asks for nothing.
            if _is_nod(text):
                return [Start("thank")]
            return self._by_word(text) or ([Unclear()] if _bare(text) else [])
        if isinstance(step, Confirm):
            return self._at_confirm(text, frame, step, state) or self._corrections.find(
                text, frame, step, state, now
            )
        return self._short_answer(text, frame, step, state, now)

    def _pictures(
        self, text: str, media: Sequence[Mapping[str, Any]], state: State, now: datetime
    ) -> list[Command]:
        """A picture where one is asked for; alone where none is, it is told so."""
        if text.strip() and find_danger(text) is not None:
            return []
        frame, step = self.questions.open(state)
        if frame is not None and isinstance(step, Ask) and step.kind == "photo":
            question = replace(self.questions.question(step, frame, state.language, now), media=tuple(media))
            # What Twilio has and we had no time to fetch is as good as gone.
            lost = {str(one.get("error", "gone")) for one in media if "error" in one or "url" in one}
            troubles: list[Command] = [Simple(f"picture_{trouble}") for trouble in sorted(lost)]
            if (answer := KINDS["photo"](text, question)) is not None:
                return [*troubles, Fill(step.slot, answer.value)]
            if troubles and find_keyword(text) is None:
                return troubles
        return [] if text.strip() else [Simple("media_only")]

    def _is_label(self, text: str, state: State, now: datetime) -> bool:
        """Whether a message is the label of an open option, which then is no word that works everywhere."""
        frame, step = self.questions.open(state)
        if frame is None or not isinstance(step, Ask) or step.kind != "option":
            return False
        said = plain(text)
        options = self.questions.question(step, frame, state.language, now).options
        return bool(said) and any(plain(label) == said for _, label in options)

    def _by_word(self, text: str) -> list[Command]:
        """The journey that a single word means; or the question which, for one such as “credit”."""
        said = _ARTICLE.sub("", plain(text))
        called = tuple(flow.id for flow in self._packs.flows.values() if said in flow.called)
        if len(called) > 1:
            return [Unclear(called[:3], ambiguous=True)]
        return [Start(called[0], heard(text, self._packs.flows[called[0]]))] if called else []

    def _anywhere(self, text: str, keyword: str | None, state: State) -> Command | None:
        """What is the same whatever the question: danger first, then the words that work everywhere."""
        if (danger := find_danger(text)) is not None:
            return Alarm(str(danger.kind), danger.language)
        if keyword in {"welsh", "english"}:
            return SetLanguage("cy" if keyword == "welsh" else "en")
        if state.choices and (chosen := self._choice(text, state)) is not None:
            return Choose(chosen)
        return Simple(keyword) if keyword else None

    def _at_confirm(self, text: str, frame: Frame, step: Confirm, state: State) -> list[Command]:
        if (also := said_beside(self._wording, text, step, Question(step.name))) is not None:
            return [also]
        named = frame.changing or any(c.isalpha() for c in text)
        if named and (slot := self._field(text, step, state)) is not None:
            return [Correct(slot)]
        answer = read_yes_no(text, Question(step.name, {"firm": True}))
        return [Decide(bool(answer.value))] if answer is not None and answer.whole else []

    def _short_answer(self, text: str, frame: Frame, step: Ask, state: State, now: datetime) -> list[Command]:
        question = self.questions.question(step, frame, state.language, now)
        if step.kind == "option" and _NUMBERS.fullmatch(text):
            answer = KINDS[step.kind](text, question)
            return [Fill(step.slot, answer.value) if answer else Unclear()]
        if more := self._more_than_asked(text, frame, step, question, now):
            return more
        if (other := self._corrections.other_one(text, frame, step, state, now)) is not None:
            return [other]
        answer = KINDS[step.kind](text, question)
        if answer is not None and answer.whole:
            return [Fill(step.slot, answer.value)]
        if step.kind != "text" and _bare(text):
            return [Unclear()]  # a bare yes to a question that has no yes
        return self._corrections.find(text, frame, step, state, now)

    def _more_than_asked(
        self, text: str, frame: Frame, step: Ask, question: Question, now: datetime
    ) -> list[Command]:
        """What is said beside an answer, or of later questions too: a letter's code, a postcode."""
        if (also := said_beside(self._wording, text, step, question)) is not None:
            # “The nearest, with parking”: of a fixed list the answer counts beside it.
            beside = named_option(text, question) if step.options else None
            return [also, Fill(step.slot, beside.value)] if beside is not None else [also]
        later = self._later(step, frame)
        if len(together := said_together(text, [step, *later], now)) > 1:
            return [Fill(slot, value) for slot, value in together]
        if step.kind != "option":
            return []
        # A list's question takes no postcode: it is of the question that will want one.
        asked = next((ask for ask in later if ask.kind == "postcode"), None)
        answer = KINDS["postcode"](text, Question(asked.slot)) if asked is not None else None
        return [Fill(asked.slot, answer.value)] if asked and answer and answer.whole else []

    def _later(self, step: Ask, frame: Frame) -> list[Ask]:
        """The questions behind one that are not answered yet."""
        asks = list(self._packs.flows[frame.flow].asks().values())
        at = [ask.slot for ask in asks].index(step.slot)
        return [ask for ask in asks[at + 1 :] if ask.slot not in frame.values]

    def read(self, text: str, state: State, understood: Understood, now: datetime) -> list[Command]:
        """All that a message asks for.

        Args:
            text: the message, cleaned.
            state: the conversation's.
            understood: from the classifier.
            now: the moment of the message, in the citizen's time zone.

        Returns:
            One command at least.
        """
        return self.read_short(text, state, now) or self.read_understood(text, state, understood, now)

    def read_understood(
        self, text: str, state: State, understood: Understood, now: datetime
    ) -> list[Command]:
        """The same for a message that `read_short` made nothing of."""
        commands = self._by_word(text) or self._by_intent(text, state, understood, now)
        if len(commands) == 1 and isinstance(commands[0], Start | Unclear):
            commands = self._two_needs(understood, state, now) or commands
        if isinstance(commands[0], Unclear) and not commands[0].ambiguous:
            kept = kept_otherwise(self.questions.open(state)[1], text)
            commands = [kept] if kept is not None else commands
        return [*_language(text, state), *commands]

    def _two_needs(self, understood: Understood, state: State, now: datetime) -> list[Command]:
        """Both journeys that a message asks for: the one named first is begun last, and so comes first.

        Of one department the first half is rather the reason of the second: “my doctor has referred me and
        I need to pick a hospital”.
        """
        wanted = both(understood.halves)
        flows = [self._packs.flows[name] for name, _ in wanted if name in self._packs.flows]
        if len(flows) != 2 or any(flow.small_talk or flow.fleeting for flow in flows):
            return []
        begun = {frame.flow for frame in state.stack}
        if flows[0].pack == flows[1].pack or any(flow.id in begun for flow in flows):
            return []
        return [
            Start(name, self.first.answers(half, self._packs.flows[name], state, now))
            for name, half in reversed(wanted)
        ]

    def _by_intent(self, text: str, state: State, understood: Understood, now: datetime) -> list[Command]:
        frame, step = self.questions.open(state)
        loose = self._loose(text, frame, step, state, now)
        ranked = [(name, p) for name, p in understood.ranking if name in self._packs.flows]
        flows = [(name, p) for name, p in ranked if not self._packs.flows[name].small_talk]
        if ranked and ranked[0][0] == EMERGENCY and is_figure_of_speech(text):
            understood = replace(understood, ranking=understood.ranking[1:])  # "the wait is killing me"
            ranked = ranked[1:]
        first, best = understood.ranking[0] if understood.ranking else (OUT_OF_SCOPE, 0.0)
        known = first in self._packs.flows and first != OUT_OF_SCOPE and best >= understood.threshold
        if step is not None and best < _SURELY.get(first, 0):
            known = False  # “a tuesday morning” is no greeting where a day is asked for
        closed = isinstance(step, Confirm) or (isinstance(step, Ask) and step.kind == "option")
        small_talk = known and self._packs.flows[first].small_talk
        courtesy = closed and small_talk  # "yes, thank you"
        own = isinstance(step, Ask) and not small_talk and _is_own(step, text)
        asks = _REQUEST.search(plain(text)) is not None
        # “I want to complain about the wait …” is no “shortest wait”.
        sure = _SURE_OF_A_WISH if asks and len(text.split()) > _SAID_BESIDE else SURE
        mine = frame is not None and first == frame.flow
        if loose is not None and (not known or best < sure or mine or courtesy or own):
            return [loose]
        if not known:
            nearest = tuple(name for name, p in flows[:2] if p >= understood.threshold / 3)
            return [Unclear(nearest, out_of_scope=first == OUT_OF_SCOPE and best >= understood.threshold)]
        if _is_negated(text) and not small_talk:
            return [Simple("leave" if mine else "negated")]
        guessed = best < SURE and not small_talk and not asks
        if (step is not None and mine) or (guessed and _is_about(step)):
            return [Unclear()]
        if len(flows) > 1 and best - flows[1][1] < understood.margin and not small_talk:
            return [Unclear((first, flows[1][0]), ambiguous=True)]
        return [Start(first, self.first.answers(text, self._packs.flows[first], state, now))]

    def _choice(self, text: str, state: State) -> str | None:
        flows = [self._packs.flows[flow] for flow in state.choices]
        options = tuple((flow.id, flow.title_in(state.language)) for flow in flows)
        answer = read_option(text, Question("choice", options=options))
        return str(answer.value) if answer is not None and answer.whole else None

    def _field(self, text: str, step: Confirm, state: State) -> str | None:
        """Which of the slots that were read back the citizen wants to change."""
        options = tuple((slot, self.questions.field(slot, state.language)) for slot in step.slots)
        answer = read_option(text, Question("field", options=options))
        return str(answer.value) if answer is not None else None

    def _loose(
        self, text: str, frame: Frame | None, step: Ask | Confirm | None, state: State, now: datetime
    ) -> Command | None:
        """An answer found inside a longer message."""
        if frame is None or step is None:
            return None
        if isinstance(step, Confirm):
            answer = read_yes_no(text, Question(step.name, {"firm": True}))
            return Decide(bool(answer.value)) if answer else None
        answer = KINDS[step.kind](text, self.questions.question(step, frame, state.language, now))
        return Fill(step.slot, answer.value) if answer else None


def _is_about(step: Ask | Confirm | None) -> bool:
    """Whether a message is about what is asked, where it is only guessed to be another journey.

    “60 quid” at a question that keeps words, “my letter is upstairs” at one that a letter answers.
    """
    return isinstance(step, Ask) and (step.otherwise is not None or step.kind in _PROVES)


def _is_negated(text: str) -> bool:
    """Whether somebody says that they don't want what they name; not where it is said beside a wish.

    “My school says I can have a tutor but I don't want my mum to know” asks for something.
    """
    match = _NEGATED.search(plain(text))
    return match is not None and len(text[: match.start()].split()) <= _BEFORE_NEGATION


def _is_own(step: Ask, text: str) -> bool:
    """Whether a message is an answer in somebody's own words, which may be like any journey's."""
    return bool(dict(step.details).get("own")) and _REQUEST.search(plain(text)) is None


def _language(text: str, state: State) -> list[Command]:
    """Goes on in the language a message is written in, where it is another and plain to see."""
    language = find_language(text)
    return [SetLanguage(language, asked=False)] if language not in {None, state.language} and language else []


_NODS: Final = frozenset(
    {"ok", "okay", "okey", "k", "kk", "oki", "okie", "iawn", "great", "right", "got it", "cool"}
    | set("👍👌🙏❤💙💚😊🙂😀✅")
)
_SHADES: Final = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff\\s.!]")
"""What is typed around them: a sign's colour, blanks, full stops."""


def _is_nod(text: str) -> bool:
    """Whether a message only says that what was told was read: “ok”, 👍👍."""
    said = _SHADES.sub("", text.casefold())
    return said in _NODS or plain(text).strip(" .!") in _NODS or (bool(said) and set(said) <= _NODS)


def _bare(text: str) -> bool:
    """Whether a message is only a number, signs, or a yes or no in a word or two."""
    if not any(c.isalpha() for c in text):
        return True
    if _THANKS.search(plain(text)):
        return False
    answer = read_yes_no(text, Question(""))
    return answer is not None and answer.whole and len(text.split()) <= _BARE_WORDS
