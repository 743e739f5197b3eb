"""What choosing a school does: where a parent stands, the schools there are, and what each is like."""

from typing import Any, Final

from actions.education.handlers.around import Around, around
from actions.education.reading import PARENTS
from actions.education.school_client import Schools
from actions.education.schools import YEARS, case_of, listed, option
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop

PHASE_YEARS: Final = 7
"""The year group with which secondary school begins."""


class SchoolSituation(Handler):
    """Where a pupil's parent stands: whether they have the right, until when, and what came of it."""

    reads = ("which_pupil",)
    fills = ("school_case", "school_stage", "school_list", "school_kept")

    async def handle(self, call: Call) -> Outcome:
        """Asks the department; whose year and home it does not know is a case for a person."""
        pupil = call.slots["which_pupil"]
        try:
            found = await call.service(Schools).situation(pupil["reference"])
        except ServiceRefused as refusal:
            if refusal.code != "NOT_ON_A_ROLL":
                raise
            return Stop("school_no_roll", case=Case("school_no_roll", known={"pupil": pupil["reference"]}))
        chosen = [listed(each) for each in found["list"]]
        stage = found["stage"] if pupil["party"] in PARENTS else "not_parent"
        case = Case("school_plan", known={"pupil": pupil["reference"]}) if stage == "plan" else None
        return Filled(
            case=case, school_case=case_of(found), school_stage=stage, school_list=chosen,
            school_kept=[each["id"] for each in chosen],
        )  # fmt: skip


class FindSchools(Handler):
    """The schools to choose from: near home, or near where the parent says; without those chosen already."""

    reads = ("which_pupil", "school_order", "school_faith", "school_where", "school_full", "school_list")
    fills = ("schools",)

    async def handle(self, call: Call) -> Outcome:
        """Where nothing fits, it says so and shows all again."""
        slots, pupil = call.slots, call.slots["which_pupil"]["reference"]
        chosen = {each["id"] for each in slots.get("school_list") or []}
        faith = _faith(slots)
        near, label, unknown = await _where(call)
        found = await call.service(Schools).choose_from(
            pupil, order=slots.get("school_order") or "distance", faith=faith, near=near,
            full=bool(slots.get("school_full")),
        )  # fmt: skip
        if not found and faith:
            return Again("school_faith", say="school_none_such")
        if not found:
            return Stop("school_none_near", case=Case("school_none_near", known={"pupil": pupil}))
        schools = [option(each) for each in found if each["id"] not in chosen]
        return Filled(say="school_where_unknown" if unknown else None, schools=schools, school_from=label)


class LookForSchools(Handler):
    """Schools to look at only: for a pupil without the right, or near a place for who has no letter."""

    reads = (
        "which_pupil", "school_order", "school_faith", "school_where", "school_around", "school_year",
    )  # fmt: skip
    fills = ("look_schools",)

    async def handle(self, call: Call) -> Outcome:
        """Asks for the place again where it is not known."""
        slots, order, faith = call.slots, call.slots.get("school_order") or "distance", _faith(call.slots)
        near, label, _ = await _where(call)
        client = call.service(Schools)
        if slots.get("which_pupil"):
            found = await client.choose_from(
                slots["which_pupil"]["reference"], order=order, faith=faith, near=near
            )
        else:
            if near is None:
                near, label, _ = await _where(call, _words(slots.get("school_around")))
            if near is None:
                say = "school_where_unknown" if slots.get("school_around_asked") else None
                return Again("school_where", "school_around", say=say, school_around_asked=True)
            found = await client.for_year(near, slots["school_year"], order=order, faith=faith)
        if not found and faith:
            return Again("school_faith", say="school_none_such")
        if not found:
            return Stop("school_none_near", case=Case("school_none_near"))
        return Filled(look_schools=[option(each) for each in found], school_from=label)


class CheckYear(Handler):
    """Whether there is such a year group."""

    reads = ("school_year",)

    async def handle(self, call: Call) -> Outcome:
        """Reception is 0, and the last is year 13."""
        if not 0 <= call.slots["school_year"] < YEARS:
            return Again("school_year", say="school_year_wrong")
        return Filled()


class DescribeSchool(Handler):
    """Tells all that is known of one school on the list."""

    async def handle(self, call: Call) -> Outcome:
        """Gives the option that was pointed at."""
        return Filled(say="school_details", about=call.option)


class CompareSchools(Handler):
    """Sets two schools side by side."""

    async def handle(self, call: Call) -> Outcome:
        """Gives the two that were named."""
        one, other = call.options
        return Filled(say="school_compared", pair=[one, other])


class ShowSchool(Handler):
    """Tells of the school that was picked only to look at, and whom to ask for a place."""

    reads = ("school_look",)

    async def handle(self, call: Call) -> Outcome:
        """Gives the option that was picked."""
        return Filled(say="school_details_how", about=call.slots["school_look"])


class LookOn(Handler):
    """Shows the list again, or is done."""

    reads = ("school_look_more",)

    async def handle(self, call: Call) -> Outcome:
        """As the citizen says."""
        if call.slots["school_look_more"]:
            return Again("school_look", "school_look_more")
        return Filled(say="school_look_later")


def _faith(slots: Any) -> str | None:
    faith = slots.get("school_faith")
    return None if faith in (None, "all") else str(faith)


def _words(place: Any) -> str:
    """A place as it was said: read as one, or the whole of a first message."""
    return str(place["text"] if isinstance(place, dict) else place or "")


async def _where(call: Call, said: str | None = None) -> Around:
    """The place to look around: what is said, or what was said of it before."""
    return await around(call, str(call.slots.get("school_where") or "") if said is None else said)
