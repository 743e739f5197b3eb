"""Decision aids: a file for each condition, read strictly and held to IPDAS's rules (docs/sources.md)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from actions.sdk import Values

FOLDER: Final = Path(__file__).parent / "aids"
PEOPLE: Final = 100
"""The one denominator of every figure: IPDAS wants one and the same."""
OUTCOMES: Final = ("better", "harm", "again")
"""What is told of every option, as how many of `PEOPLE`; the first is wanted, the others are not."""
TEXTS: Final = ("title", "what", "like", "recovery", "for", "against")
"""What is said of every option, in both languages."""
MATTERS: Final = (*OUTCOMES, "recovery")
"""What may matter most to a citizen: each is told of every option."""
UNKNOWN: Final = "unknown"
"""In place of a figure that no source has counted: it is told as not known, and never made up."""
LANGUAGES: Final = ("en", "cy")
_UNEVEN: Final = 3
"""So many times as many words about one option as about another are no equal detail."""

type Text = Mapping[str, str]


@dataclass(frozen=True)
class Treatment:
    """One option of an aid.

    Args:
        id: within its aid.
        nothing: whether it is to do nothing more than now.
        surgery: whether it is done in a hospital, which is chosen next.
        texts: by the names of `TEXTS`, in both languages.
        figures: how many of `PEOPLE`, by the names of `OUTCOMES`; None for what nobody has counted.
    """

    id: str
    nothing: bool
    surgery: bool
    texts: Mapping[str, Text]
    figures: Mapping[str, int | None]


@dataclass(frozen=True)
class Aid:
    """A decision aid.

    Args:
        id: its file's name.
        condition: what it is about, within a sentence.
        clinics: e-RS clinic types whose referrals it is about; none where no hospital does it.
        people: whom the figures are of.
        outcomes: how each of `OUTCOMES` is said of people.
        options: all that can be done, doing nothing included.
        uncertainty: what is not known.
        sources: title and date of each.
        written: when.
        review: when it must be looked at again.
        funding: who paid.
        next: how to get what was chosen, where that is not by a clinic's referral.
        safety: what is said before all else, where the condition may endanger a life.
    """

    id: str
    condition: Text
    clinics: tuple[str, ...]
    people: Text
    outcomes: Mapping[str, Text]
    options: tuple[Treatment, ...]
    uncertainty: Text
    sources: tuple[tuple[str, date], ...]
    written: date
    review: date
    funding: Text
    next: Text | None = None
    safety: Text | None = None

    def option(self, identifier: str) -> Treatment | None:
        """The option of an id; None when there is none."""
        return next((each for each in self.options if each.id == identifier), None)


class AidError(ValueError):
    """A file is no decision aid; the text says what is missing, a sentence a line."""


@cache
def aids() -> Mapping[str, Aid]:
    """The pack's aids by id.

    Raises:
        AidError: a file is no aid.
    """
    return {path.stem: read_aid(path) for path in sorted(FOLDER.glob("*.yml"))}


def read_aid(path: Path) -> Aid:
    """The aid in a file.

    Raises:
        AidError: it is none.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise AidError(f"{path}: this is not YAML: {error}") from None
    if mistakes := list(_mistakes(found)):
        raise AidError("\n".join(f"{path}: {each}" for each in mistakes))
    options = tuple(
        Treatment(
            each["id"], bool(each.get("nothing")), bool(each.get("surgery")),
            {name: each[name] for name in TEXTS},
            {name: None if each[name] == UNKNOWN else each[name] for name in OUTCOMES},
        )
        for each in found["options"]
    )  # fmt: skip
    return Aid(
        path.stem, found["condition"], tuple(found["clinics"]), found["people"], found["outcomes"], options,
        found["uncertainty"], tuple((each["title"], each["date"]) for each in found["sources"]),
        found["written"], found["review"], found["funding"], found.get("next"), found.get("safety"),
    )  # fmt: skip


def check(folder: Path) -> list[str]:
    """What `packs check` says of a folder of aids: a sentence for each mistake."""
    wrong: list[str] = []
    for path in sorted((folder / "aids").glob("*.yml")):
        try:
            read_aid(path)
        except AidError as error:
            wrong += str(error).splitlines()
    return wrong


def _both(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(each), str) and value[each].strip() for each in LANGUAGES
    )


def _mistakes(found: Any) -> Iterator[str]:
    if not isinstance(found, dict):
        yield "write a mapping, as the other aids have."
        return
    for name in ("condition", "people", "uncertainty", "funding"):
        if not _both(found.get(name)):
            yield f"“{name}” is wanted in both languages, as {{en: …, cy: …}}."
    if not found.get("clinics") and not found.get("next"):
        yield "“clinics” names the clinic types whose referrals it is about, or “next” how else to get it."
    for name in ("next", "safety"):
        if name in found and not _both(found[name]):
            yield f"“{name}” is wanted in both languages, as {{en: …, cy: …}}."
    outcomes = found.get("outcomes")
    if (
        not isinstance(outcomes, dict)
        or set(outcomes) != set(OUTCOMES)
        or not all(map(_both, outcomes.values()))
    ):
        yield f"“outcomes” says {', '.join(OUTCOMES)} of people, in both languages, and nothing else."
    yield from _of_dates(found)
    options = found.get("options")
    if not isinstance(options, list) or len(options) < 2 or not all(isinstance(o, dict) for o in options):
        yield "“options” is a list of two or more: there is no decision with fewer."
        return
    if sum(bool(each.get("nothing")) for each in options) != 1:
        yield "one option, and only one, is doing nothing: give it “nothing: true”."
    if len({each.get("id") for each in options}) < len(options):
        yield "every option has an “id” of its own."
    for each in options:
        yield from _of_option(each)
    known = [each for each in options if each.get(OUTCOMES[0]) != UNKNOWN]
    if len(known) < 2 or not any(each.get("nothing") for each in known):
        yield f"“{OUTCOMES[0]}” is known of doing nothing and of something else: without, nothing compares."
    yield from _uneven(options)


def _of_option(option: Mapping[str, Any]) -> Iterator[str]:
    name = option.get("id", "an option without an id")
    for each in TEXTS:
        if not _both(option.get(each)):
            yield f"{name}: “{each}” is wanted in both languages, as of every option."
    for each in OUTCOMES:
        number = option.get(each)
        if number != UNKNOWN and (type(number) is not int or not 0 <= number <= PEOPLE):
            yield f"{name}: “{each}” is a whole number of {PEOPLE} people or “{UNKNOWN}”, as of every option."
    if strange := set(option) - {"id", "nothing", "surgery", *TEXTS, *OUTCOMES}:
        yield f"{name}: “{min(strange)}” is told of no other option: tell it of all or of none."


def _uneven(options: list[Mapping[str, Any]]) -> Iterator[str]:
    for name in ("what", "like", "for", "against"):
        for language in LANGUAGES:
            lengths = [len(str((each.get(name) or {}).get(language, "")).split()) for each in options]
            if min(lengths) and max(lengths) > _UNEVEN * min(lengths):
                yield (
                    f"“{name}” ({language}) has {max(lengths)} words of one option and {min(lengths)} of"
                    " another: equal detail is wanted."
                )


def _of_dates(found: Mapping[str, Any]) -> Iterator[str]:
    written, review = found.get("written"), found.get("review")
    if not isinstance(written, date) or not isinstance(review, date) or review <= written:
        yield "“written” and “review” are days, and it is looked at again after it was written."
    sources = found.get("sources")
    if not isinstance(sources, list) or not sources or not all(map(_is_source, sources)):
        yield "“sources” is a list of one or more, each with “title” and “date”."


def _is_source(found: Any) -> bool:
    return isinstance(found, dict) and bool(found.get("title")) and isinstance(found.get("date"), date)


def as_option(treatment: Treatment) -> Values:
    """An option of an aid, as it is kept in a conversation: all that its texts tell of it."""
    return {
        "id": treatment.id, "surgery": treatment.surgery,
        **{name: dict(treatment.texts[name]) for name in TEXTS},
        **{name: treatment.figures[name] for name in OUTCOMES},
    }  # fmt: skip


def weigh(aid: Aid, matters: list[str]) -> list[Values]:
    """What each option means for what matters to a citizen: figures and words, in the aid's own order.

    Args:
        aid: which.
        matters: of `MATTERS`, what matters most first.

    Returns:
        For each thing that matters its name `matter`, how it is `said` of people, and the `values` of all
        options in order: a number of `PEOPLE` (None for what is not known), or a text in both languages.
    """
    return [
        {
            "matter": matter, "said": dict(aid.outcomes[matter]) if matter in OUTCOMES else None,
            "values": [
                {
                    "title": dict(each.texts["title"]),
                    "value": each.figures[matter] if matter in OUTCOMES else dict(each.texts[matter]),
                }
                for each in aid.options
            ],
        }
        for matter in matters
    ]  # fmt: skip
