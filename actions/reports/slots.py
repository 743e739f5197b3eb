"""What is kept in slots of a problem: categories, spots, questions, and what is known of a report."""

from datetime import datetime, timedelta
from typing import Any, Final

from actions.reports.client import Open311
from actions.reports.problem import Attribute, Category
from actions.reports.words import STATES, both
from actions.sdk import Call, Reminder, Spot, Values

SOMETHING_ELSE: Final = "something_else"
ELSEWHERE: Final = "elsewhere"
BY_WORDS: Final = "by_words"

NAMED: Final = frozenset({"point", "address", "landmark", "junction", "street"})
SURE_METRES: Final = 400
"""A spot of another kind that is less sure than this is no place to send a team to."""
SILENT: Final = timedelta(days=28)
"""FixMyStreet asks after four weeks whether it is fixed: docs/sources.md, Open311"""


async def categories(call: Call) -> dict[str, Values]:
    """All categories by code, in both languages, as slots keep them."""
    client = call.service(Open311)
    english, welsh = [await client.categories(language) for language in ("en", "cy")]
    by_code = {each.code: each for each in welsh}
    return {each.code: _category(each, by_code.get(each.code, each)) for each in english}


def _category(english: Category, welsh: Category) -> Values:
    return {
        "id": english.code, "name": {"en": english.name, "cy": welsh.name},
        "about": {"en": english.description, "cy": welsh.description},
        "keywords": [*english.keywords, *welsh.keywords], "place": english.place, "danger": english.danger,
        "near": english.near, "days": english.days, "private": english.private,
        "has_questions": english.has_questions,
    }  # fmt: skip


def something_else() -> Values:
    """The category of what fits no other, where the service has none."""
    names = {"en": "Something else", "cy": "Rhywbeth arall"}
    return {
        "id": SOMETHING_ELSE, "name": names, "about": names, "keywords": [], "place": "point", "danger": None,
        "near": 0, "days": None, "private": True, "has_questions": False,
    }  # fmt: skip


def useful(spot: Spot, place: str) -> bool:
    """Whether a spot is good enough to send somebody to; a service by its name is a landmark."""
    if place == "named":
        return spot.kind == "landmark"
    return spot.kind in NAMED or spot.metres <= SURE_METRES


def spot_slot(spot: Spot) -> Values:
    """A spot as an option of the list."""
    place = f"{spot.lat:.5f},{spot.long:.5f}"
    return {"id": place, "label": dict(spot.label), "lat": spot.lat, "long": spot.long}


def elsewhere() -> Values:
    """The option that it is none of those found."""
    label = {"en": "Somewhere else", "cy": "Rhywle arall"}
    return {"id": ELSEWHERE, "label": label, "lat": None, "long": None}


def by_words(where: str) -> Values:
    """A place that is nothing but the citizen's words."""
    return {"id": BY_WORDS, "label": both(where[:200]), "lat": None, "long": None}


def question_slot(english: Attribute, welsh: Attribute) -> Values:
    """A category's question in both languages, and which kind of answer it has here."""
    kinds = {"number": "number", "datetime": "date", "singlevaluelist": "choice", "multivaluelist": "choice"}
    return {
        "code": english.code, "kind": kinds.get(english.kind, "text"), "required": english.required,
        "several": english.kind == "multivaluelist",
        "ask": {"en": english.description, "cy": welsh.description},
        "help": {"en": english.help, "cy": welsh.help},
    }  # fmt: skip


def choices_slot(english: Attribute, welsh: Attribute) -> list[Values]:
    """The options of a question that is a list."""
    names = dict(welsh.values)
    return [{"id": key, "label": {"en": name, "cy": names.get(key, name)}} for key, name in english.values]


def thing(reference: str) -> str:
    """What a report is called where it is followed."""
    return f"report:{reference}"


def known_slot(slots: Any, reference: str) -> Values:
    """What later texts name of a report."""
    return {
        "reference": reference, "category": slots["category"]["name"], "place": slots["spot"]["label"]
    }  # fmt: skip


async def as_it_is(call: Call, reference: str) -> Values:
    """A report as the service has it now, in both languages."""
    client = call.service(Open311)
    found = {language: await client.problem(reference, language) for language in ("en", "cy")}
    one = found["en"]
    return {
        "state": STATES.get(one.state, STATES[one.status]),
        "notes": {language: each.notes for language, each in found.items()},
        "agency": {language: each.agency for language, each in found.items()},
        "name": {language: each.category_name for language, each in found.items()},
        "place": both(one.address), "reference": one.id,
        "since": one.requested.isoformat() if one.requested else None,
        "expected": one.expected.isoformat() if one.expected and one.status == "open" else None,
        "late": bool(one.expected and one.status == "open" and one.expected < call.now),
    }  # fmt: skip


def is_it_fixed(call: Call, reference: str) -> Reminder:
    """The question for when nothing was heard of a report for so long."""
    at: datetime = call.now + SILENT
    return Reminder(at, "is_it_fixed", known_slot(call.slots, reference))
