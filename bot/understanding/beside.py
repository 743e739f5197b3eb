"""What a message says beside an answer: a wish about the list, a question about it, words that are kept."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from bot.answers import Question
from bot.answers.option import read_option, read_pair
from bot.answers.words import plain
from bot.flows.flow import Also, Ask, Confirm, Flow
from bot.understanding.commands import AlsoSaid, Fill
from bot.wording import Wording

_BESIDE_WORDS: Final = 10
_PAIR_WORDS: Final = 16
"""Words of a message that says something else at a question; naming two options takes more."""
_PIECE: Final = re.compile(r"[^,;\n]{1,80}")
"""As much of a message as a step keeps of it, from the phrase on."""
_OPENING: Final = frozenset(
    {"and", "or", "but", "what", "about", "how", "is", "are", "there", "any", "anything", "anywhere", "it"}
    | {"something", "somewhere", "one", "ones", "that", "which", "who", "i", "i'd", "want", "would", "like"}
    | {"to", "be", "can", "could", "me", "please", "a", "the", "have", "you", "got", "do", "does", "with"}
    | {"oes", "am", "beth", "rhywle", "unrhyw", "un", "sy'n", "sydd", "yna", "na", "ga", "hoffwn", "dw"}
    | {"dwi", "isio", "eisiau", "moyn"}
)
"""Words before what a step keeps of a message, which say nothing themselves."""
_LONGEST_KEPT: Final = 200


def said_beside(wording: Wording, text: str, step: Ask | Confirm, question: Question) -> AlsoSaid | None:
    """What a message says at a question without answering it: “what's the difference between 1 and 3”.

    Args:
        wording: has the phrases.
        text: the message, cleaned.
        step: the open question, with what else may be said at it.
        question: the same, with its options.
    """
    said = plain(text)
    for also in (each for each in step.also if each.first != "only"):
        for phrase in sorted(wording.phrases(also.word), key=len, reverse=True):
            match = stands(phrase, said)
            most = _PAIR_WORDS if also.pair or also.said else _BESIDE_WORDS
            if match is None or len(said.split()) > most:
                continue
            before, behind = said[: match.start()], said[match.end() :]
            # Two are named behind the phrase, where what is before it asks: “what's the difference …”.
            rest = behind.strip() if also.pair and behind.strip() else f"{before} {behind}".strip()
            if also.said and isinstance(step, Ask) and not _says_nothing(before):
                continue  # “a pothole near my house” is about something else
            if found := _about(also, rest, question):
                kept = _PIECE.match(said[match.start() :]) if also.said else None
                return replace(found, text=kept[0]) if kept else found
    return None


def _about(also: Also, rest: str, question: Question) -> AlsoSaid | None:
    if also.do is None:
        return AlsoSaid(also.word)
    if also.pair:
        pair = read_pair(rest, question)
        return AlsoSaid(also.word, list(pair)) if pair is not None else None
    option = read_option(rest, question) if rest else None
    return AlsoSaid(also.word, option.value) if option is not None else None


def said_first(wording: Wording, text: str, flow: Flow) -> Iterator[tuple[str, Any]]:
    """What else is said at a later question, and counts in the first message; the earlier `also` wins."""
    asks, known = flow.asks().values(), set[str]()
    # What is behind a word that names a secret is not kept with anything else.
    hidden = [phrase for ask in asks if ask.secret for phrase in wording.phrases(ask.slot)]
    whole = plain(text)
    before = whole[: min((at.start() for each in hidden if (at := stands(each, whole))), default=None)]
    for also in (each for ask in asks for each in ask.also if each.first):
        phrases, said = wording.phrases(also.word), before if also.said else whole
        places = [at.start() for phrase in phrases if (at := stands(phrase, said))]
        piece = _PIECE.match(said[min(places) :]) if places else None
        if piece is None:
            continue
        for slot, value in (*also.set, *([(also.said, piece[0])] if also.said else [])):
            if slot not in known:
                known.add(slot)
                yield slot, value


def kept_otherwise(step: Ask | Confirm | None, text: str) -> Fill | None:
    """The words of a short message that is nothing else, where the question keeps them."""
    if not isinstance(step, Ask) or step.otherwise is None or len(text.split()) > _BESIDE_WORDS:
        return None
    return Fill(step.otherwise, " ".join(text.split())[:_LONGEST_KEPT])


def stands(phrase: str, said: str) -> re.Match[str] | None:
    """Where a phrase stands in a text as words of its own; one behind a “=” must be all of it."""
    return _pattern(phrase).search(said)


@lru_cache(maxsize=4_096)
def _pattern(phrase: str) -> re.Pattern[str]:
    """Finds a phrase as people type it: an apostrophe may be left out.

    Packs have some hundreds of phrases, and names come and go: the cache has room for both and no more.
    """
    typed = re.escape(phrase.removeprefix("=")).replace("'", "'?")
    return re.compile(rf"\A{typed}\W*\Z" if phrase.startswith("=") else rf"(?<!\w){typed}(?!\w)")


def _says_nothing(text: str) -> bool:
    """Whether a text, before a phrase that begins something, is only words such as “is there any”."""
    return all(word in _OPENING for word in re.findall(r"[\w']+", text))
