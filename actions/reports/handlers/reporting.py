"""What reporting a problem does: understands what and where it is, finds those alike, asks, and reports."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from actions.reports.client import Open311
from actions.reports.problem import Report
from actions.reports.slots import (
    ELSEWHERE,
    SOMETHING_ELSE,
    by_words,
    categories,
    choices_slot,
    elsewhere,
    is_it_fixed,
    known_slot,
    question_slot,
    something_else,
    spot_slot,
    thing,
    useful,
)
from actions.reports.words import NOTHING_SAID, both
from actions.sdk import (
    Again,
    Call,
    Case,
    Filled,
    Handler,
    Outcome,
    ServiceDown,
    ServiceRefused,
    Stop,
    Values,
)

SURE: Final = 0.5
CLEAR: Final = 0.06
"""A likeness from which a category is taken to be meant, and by how much it must be ahead of the next."""
LIKELY: Final = 0.3
"""A likeness below which a category is not even offered."""
OFFERED: Final = 3

MINE: Final = "mine"
NOTHING: Final = "nothing"

TRIES: Final = 2
"""How often a place is asked for before the citizen's own words go to the desk."""


class UnderstandProblem(Handler):
    """Finds the categories that a citizen's words are most like."""

    reads = ("problem", "other_problem")
    fills = ("categories",)

    async def handle(self, call: Call) -> Outcome:
        """Offers the nearest; one that is clear is a guess, to be read back."""
        known = await categories(call)
        said = str(call.slots.get("other_problem") or call.slots["problem"])
        likely, guess = await _likely(call, known, said)
        if not likely and call.slots.get("other_problem"):
            return Filled(other_problem=None, say="unclear_answer")  # “it's a disgrace” is no problem
        if not likely and not call.slots.get("asked_what"):
            return Again("problem", asked_what=True)  # “I want to report something”: it says nothing yet
        other = known.get(SOMETHING_ELSE) or something_else()
        return Filled(
            categories=[*(known[code] for code, _ in likely), {**other, "id": SOMETHING_ELSE}], guess=guess
        )


async def _likely(
    call: Call, known: Mapping[str, Values], text: str
) -> tuple[list[tuple[str, float]], str | None]:
    """The categories that words are most like, and the one that is clearly meant."""
    phrases = {
        code: [*each["name"].values(), *each["about"].values(), *each["keywords"]]
        for code, each in known.items()
        if code != SOMETHING_ELSE
    }
    phrases[NOTHING] = list(NOTHING_SAID)
    found = await call.know.likeness.closest(text, phrases, OFFERED + 1)
    if not found or found[0][0] == NOTHING:
        return [], None
    likely = [pair for pair in found if pair[1] >= LIKELY and pair[0] != NOTHING][:OFFERED]
    ahead = likely[0][1] - likely[1][1] if len(likely) > 1 else 1.0
    return likely, likely[0][0] if likely and likely[0][1] >= SURE and ahead >= CLEAR else None


class TakeGuess(Handler):
    """Takes the category that is clear; it is read back with the place."""

    reads = ("guess",)

    async def handle(self, call: Call) -> Outcome:
        """Once for each guess, and again when it was another: a citizen who says so is then asked."""
        guess, before = call.slots.get("guess"), call.slots.get("category")
        if before is not None and before not in call.slots["categories"]:
            before = None  # it is not what they said now
        chosen = next((each for each in call.slots["categories"] if each["id"] == guess), None)
        return Filled(category=chosen) if chosen and before is None else Filled()


class HandOverProblem(Handler):
    """A problem of no category goes to a person, with the citizen's words."""

    reads = ("problem",)

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk."""
        return Filled(case=Case("no_category", known={"problem": call.slots["problem"]}))


class FindSpots(Handler):
    """Finds where it is: in the first words, or in those about the place."""

    reads = ("problem", "where", "category", "elsewhere")
    fills = ("spots",)

    async def handle(self, call: Call) -> Outcome:
        """Spots to choose from; none when the place must be asked for."""
        where, kind = call.slots.get("where"), call.slots["category"]["place"]
        text = where or ("" if call.slots.get("elsewhere") else call.slots["problem"])
        if text and call.slots.get("taken_for") == text and "spot" not in call.slots:
            # What we took for the place was wrong, and there was nothing else to choose from.
            return Again("where", elsewhere=True, taken_for=None)
        known = await call.know.places.find(_whole(text, call.text), limit=4) if text else []
        found = [spot for spot in known if useful(spot, kind)]
        if found:
            options = [spot_slot(spot) for spot in found[:OFFERED]]
            sure = options[0] if len(options) == 1 else None
            spots = [*options, elsewhere()]
            return Filled(spots=spots, sure_spot=sure, taken_for=text if sure else None)
        if not where:
            return Filled(spots=[], sure_spot=None)
        if not known:
            _, other = await _likely(call, await categories(call), where)
            if other not in {None, call.slots["category"]["id"]}:  # “actually it's a street light”
                return Again("where", "category", problem=where)
        tries = int(call.slots.get("place_tries", 0)) + 1
        if kind == "point" and tries < TRIES:
            say = "place_too_large" if known else "place_not_found"
            return Again("where", say=say, place_tries=tries)
        # A name of a service, a home, or a place nobody knows: the words are the place, never a wrong pin.
        words = by_words(where)
        return Filled(spots=[words, elsewhere()], sure_spot=words, taken_for=where)


def _whole(piece: str, message: str) -> str:
    """The message that a place is a piece of: “it's on Otley Road” may go on “, Headingley”."""
    return message if piece.casefold() in message.replace("’", "'").casefold() else piece


class TakeSpot(Handler):
    """Takes the spot that is clear; it is read back with the category."""

    reads = ("sure_spot",)

    async def handle(self, call: Call) -> Outcome:
        """Once for each: a citizen who says it is another is then asked."""
        sure, before = call.slots.get("sure_spot"), call.slots.get("spot")
        return Filled(spot=sure) if sure and before not in call.slots["spots"] else Filled()


class CheckSpot(Handler):
    """“Somewhere else” asks for the place in the citizen's words."""

    reads = ("spot",)

    async def handle(self, call: Call) -> Outcome:
        """Asks again where it is."""
        if call.slots["spot"]["id"] == ELSEWHERE:
            return Again("where", "spot", elsewhere=True, sure_spot=None)
        return Filled()


class FindAlike(Handler):
    """Finds open reports that are likely about the same."""

    reads = ("category", "spot")
    fills = ("alike",)

    async def handle(self, call: Call) -> Outcome:
        """Asks the service for those near by of the same category."""
        category, spot = call.slots["category"], call.slots["spot"]
        if category["private"] or spot["lat"] is None:
            return Filled(alike=[])
        found = await call.service(Open311).near(spot["lat"], spot["long"], category["near"], category["id"])
        alike = [
            {"id": each.id, "metres": each.distance, "people": each.supporters or 1, "name": category["name"]}
            for each in found[:OFFERED]
        ]
        return Filled(alike=[*alike, {"id": MINE}] if alike else [])


class FollowProblem(Handler):
    """Follows a report that somebody else made."""

    reads = ("same",)

    async def handle(self, call: Call) -> Outcome:
        """Counts the citizen with those who reported it, and keeps to tell them."""
        client, reference = call.service(Open311), call.slots["same"]["id"]
        await client.support(reference, client.account(call.address), call.key)
        found = await client.problem(reference)
        follow = {thing(reference): known_slot(call.slots, reference)}
        return Filled(
            reference=reference, agency=found.agency, follow=follow,
            expected=found.expected.isoformat() if found.expected else None,
        )  # fmt: skip


class NextQuestion(Handler):
    """The category's next question that was not answered yet."""

    reads = ("category", "details")
    fills = ("question", "choices")

    async def handle(self, call: Call) -> Outcome:
        """Asks the service which questions there are, in both languages."""
        category, answered = call.slots["category"], call.slots.get("details") or {}
        if not category["has_questions"]:
            return Filled(question=None, choices=[])
        client = call.service(Open311)
        english = await client.attributes(category["id"], "en")
        welsh = await client.attributes(category["id"], "cy")
        for attribute in english:
            if attribute.code not in answered:
                other = next((each for each in welsh if each.code == attribute.code), attribute)
                return Filled(
                    question=question_slot(attribute, other), choices=choices_slot(attribute, other)
                )
        return Filled(question=None, choices=[])


class KeepAnswer(Handler):
    """Keeps the answer to a category's question, and makes room for the next."""

    reads = ("question", "detail_choice", "detail_number", "detail_date", "detail_text")

    SLOTS: ClassVar[tuple[str, ...]] = ("detail_choice", "detail_number", "detail_date", "detail_text")

    async def handle(self, call: Call) -> Outcome:
        """A question that needs an answer is asked again when it was skipped."""
        question, details = call.slots["question"], dict(call.slots.get("details") or {})
        given = next((call.slots[slot] for slot in self.SLOTS if call.slots.get(slot) is not None), None)
        if given is None and question["required"]:
            return Again(*self.SLOTS, say="detail_needed")
        if isinstance(given, dict):
            given = [given["id"]] if question["several"] else given["id"]
        details[question["code"]] = given if given is None or isinstance(given, list) else str(given)
        return Again(*self.SLOTS, details=details)


class SendReport(Handler):
    """Reports the problem."""

    reads = ("category", "spot", "details", "pictures", "reach")

    async def handle(self, call: Call) -> Outcome:
        """Once, however often the turn is run; a place nobody is sure of goes to the desk as well."""
        slots, client = call.slots, call.service(Open311)
        spot, told = slots["spot"], slots["reach"] == "updates"
        pictures, details = slots.get("pictures") or [], slots.get("details") or {}
        report = Report(
            category_code=slots["category"]["id"], description=_description(slots), lat=spot["lat"],
            long=spot["long"], address=spot["label"]["en"],
            attributes={code: answer for code, answer in details.items() if answer is not None},
            media_url=await call.know.picture_url(pictures[0]["photo"]) if pictures else "",
            account=client.account(call.address) if told else "",
        )  # fmt: skip
        try:
            receipt = await client.report(report, call.key, again=True)
        except ServiceRefused as refusal:
            case = Case("report_refused", known={"code": refusal.code, "category": report.category_code})
            return Stop("report_refused", case=case, refusal=refusal.diagnostics)
        reference = receipt.id or receipt.token
        unsure = spot["lat"] is None and slots["category"]["place"] == "point"
        known = {"reference": reference, "place": spot["label"]["en"]}
        unplaced = Case("uncertain_place", known=known) if unsure else None
        if reference is None:
            return Filled(reference=None, agency=receipt.notice, expected=None, case=unplaced)
        agency, expected, notice = receipt.notice, None, {}
        if receipt.id is not None:
            try:
                found = {language: await client.problem(receipt.id, language) for language in ("en", "cy")}
                agency, expected = found["en"].agency, found["en"].expected
                notice = {language: each.notice or receipt.notice for language, each in found.items()}
            except (ServiceDown, ServiceRefused):
                pass  # it is reported: what else there is to tell can be asked for later
        return Filled(
            reference=reference, agency=agency, expected=expected.isoformat() if expected else None,
            notice=notice or both(receipt.notice), case=unplaced,
            follow={thing(reference): known_slot(slots, reference)} if told else {},
            remind={thing(reference): [is_it_fixed(call, reference)]} if told else {},
        )  # fmt: skip


def _description(slots: Mapping[str, Any]) -> str:
    """What the team reads: the first words, and those that put them right."""
    return " / ".join(str(slots[each]) for each in ("problem", "other_problem") if slots.get(each))
