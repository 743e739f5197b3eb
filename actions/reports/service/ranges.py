"""Which problems and updates a GET asks for: filters, ranges of dates, pages."""

from datetime import datetime, timedelta
from typing import Final

from actions.reports.service.reading import Fields
from actions.reports.service.states import STATUS, read_state
from actions.reports.service.store import MOST, Near, Wanted, WantedUpdates
from actions.reports.service.updates import read_id

SPAN: Final = timedelta(days=90)
"""The longest range of dates, and the one without dates: the standard's."""

NEAR: Final = 250
"""Metres around a place when the radius is not said."""
MOST_NEAR: Final = 20_000
NEAREST: Final = 50
"""Problems in one answer around a place when the size of the page is not said."""

_STATUSES: Final = frozenset(STATUS.values())


def dates(fields: Fields, now: datetime) -> tuple[datetime, datetime]:
    """The range of dates: what is not said of it follows from the rest.

    Faults are noted in `fields`.
    """
    start, end = fields.moment("start_date"), fields.moment("end_date")
    if start is None:
        end = end or now
        return end - SPAN, end
    if end is None:
        return start, start + SPAN
    if end < start:
        fields.fault("range_order")
    elif end - start > SPAN:
        fields.fault("range_long")
    return start, end


def _page(fields: Fields, size: int = MOST) -> tuple[int, int]:
    return fields.whole("page", 1, 1_000_000) or 1, fields.whole("page_size", 1, MOST) or size


def read_wanted(fields: Fields, now: datetime, *, private: bool) -> Wanted:
    """Reads a GET of `requests`.

    References override everything else. Without them and without dates, the last 90 days are meant; but
    what changed in a time, or is near a place, is told whenever it was reported.

    Args:
        fields: what was sent.
        now: the time.
        private: whether the caller may see what is private.

    Raises:
        Refusal: 400 with everything that is wrong.
    """
    page, size = _page(fields)
    if fields.get("service_request_id"):
        found = [read_id(text) for text in fields.listed("service_request_id")]
        fields.check()
        ids = tuple(dict.fromkeys(each for each in found if each is not None))
        return Wanted(ids=ids[:MOST], private=private, page=page, size=size)
    place, radius = fields.place(), fields.whole("radius", 1, MOST_NEAR)
    near = None if place is None else Near(*place, radius or NEAR)
    if near is not None:
        page, size = _page(fields, NEAREST)
    statuses: list[str] = []
    states: list[str] = []
    for text in fields.listed("status"):
        state = read_state(text)
        if state is None:
            fields.fault("state_unknown", value=text)
        else:
            (statuses if state in _STATUSES else states).append(state)
    if statuses and states:
        # Both kinds in one list: the standard's two are then all their states.
        states += [state for state, status in STATUS.items() if status in statuses]
        statuses = []
    changed = fields.moment("updated_after"), fields.moment("updated_before")
    dated = fields.get("start_date") or fields.get("end_date")
    since, until = (None, None) if not dated and (near or any(changed)) else dates(fields, now)
    fields.check()
    # What is private is nobody's duplicate: a report at somebody's home is not read back to a neighbour.
    private = private and near is None
    return Wanted(
        categories=tuple(dict.fromkeys(fields.listed("service_code"))),
        statuses=tuple(dict.fromkeys(statuses)), states=tuple(dict.fromkeys(states)),
        since=since, until=until, changed_since=changed[0], changed_until=changed[1],
        near=near, private=private, page=page, size=size,
    )  # fmt: skip


def read_wanted_updates(fields: Fields, now: datetime, *, private: bool) -> WantedUpdates:
    """Reads a GET of `servicerequestupdates`: of the last 90 days, or of one problem at any time.

    Args:
        fields: what was sent.
        now: the time.
        private: whether the caller may see what is private.

    Raises:
        Refusal: 400 with everything that is wrong.
    """
    page, size = _page(fields)
    since: datetime | None
    until: datetime | None
    asked = fields.get("service_request_id")
    if asked and not fields.get("start_date") and not fields.get("end_date"):
        since, until = None, None
    else:
        since, until = dates(fields, now)
    fields.check()
    # What is no reference is that of no problem.
    problem_id = None if not asked else read_id(asked) or 0
    return WantedUpdates(problem_id, since, until, private, page, size)
