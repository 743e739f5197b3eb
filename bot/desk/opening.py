"""When a desk is open, and time counted in its opening hours alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.hours import LONDON, Hours

DAYS: Final[Mapping[str, tuple[int, ...]]] = {
    "weekdays": (0, 1, 2, 3, 4), "monday": (0,), "tuesday": (1,), "wednesday": (2,), "thursday": (3,),
    "friday": (4,), "saturday": (5,), "sunday": (6,),
}  # fmt: skip
"""How hours are written in pack.yml; a day by its own name goes before `weekdays`."""
_DAY: Final = timedelta(days=1)
_FURTHEST: Final = 60
"""Days ahead that are looked at for the next opening."""
_SPAN: Final = re.compile(r"([0-2]\d:[0-5]\d)-([0-2]\d:[0-5]\d)")
_TARGET: Final = re.compile(r"(\d{1,4}) (minute|hour|day)s?")


class OpeningError(ValueError):
    """Opening hours or a target can't be read; the text is a sentence for who wrote them."""


@dataclass(frozen=True)
class Target:
    """How long something may take: opening hours in minutes, or the same time so many open days later.

    Args:
        minutes: of opening hours; 0 where it is days.
        days: open days.
    """

    minutes: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Reads “30 minutes”, “4 hours” or “3 days”.

        Raises:
            OpeningError: it is something else.
        """
        found = _TARGET.fullmatch(text.strip())
        if found is None or not int(found[1]):
            raise OpeningError(f"“{text}” is no time such as 30 minutes, 4 hours or 3 days.")
        number = int(found[1])
        match found[2]:
            case "minute":
                return cls(minutes=number)
            case "hour":
                return cls(minutes=60 * number)
            case _:
                return cls(days=number)


@dataclass(frozen=True)
class Opening:
    """The hours of a desk: one span a day of the week, none on bank holidays.

    Args:
        spans: for each open day of the week, 0 for Monday: opens and closes, local time.
        zone: of those times.
        holidays: whose bank holidays count.
    """

    spans: Mapping[int, tuple[time, time]]
    zone: ZoneInfo = LONDON
    holidays: Hours = field(default_factory=Hours)

    @classmethod
    def parse(
        cls, written: Mapping[str, str], *, zone: ZoneInfo = LONDON, holidays: Hours | None = None
    ) -> "Opening":
        """Reads `{weekdays: "08:30-17:00", friday: "08:30-16:30"}`.

        Args:
            written: hours by the names of `DAYS`.
            zone: of the times.
            holidays: whose bank holidays count.

        Raises:
            OpeningError: a day or a time is none, or a desk that never opens.
        """
        spans: dict[int, tuple[time, time]] = {}
        for name, hours in sorted(written.items(), key=lambda item: item[0] != "weekdays"):
            if name not in DAYS:
                raise OpeningError(f"“{name}” is no day: {', '.join(DAYS)} are.")
            span = _SPAN.fullmatch(str(hours))
            try:
                opens, closes = (time.fromisoformat(at) for at in span.groups()) if span else (None, None)
            except ValueError:
                opens = closes = None
            if opens is None or closes is None:
                raise OpeningError(f"“{hours}” are no hours such as 08:30-17:00.")
            if opens >= closes:
                raise OpeningError(f"“{hours}”: a desk opens before it closes.")
            spans.update(dict.fromkeys(DAYS[name], (opens, closes)))
        if not spans:
            raise OpeningError("A desk opens on one day at least.")
        return cls(spans, zone, holidays or Hours())

    def _span(self, day: date) -> tuple[datetime, datetime] | None:
        """When the desk opens and closes on a day; None when it stays closed."""
        span = self.spans.get(day.weekday())
        if span is None or self.holidays.holiday(day):
            return None
        return datetime.combine(day, span[0], self.zone), datetime.combine(day, span[1], self.zone)

    def open_at(self, moment: datetime) -> bool:
        """Whether it is open then."""
        return self.opens(moment) <= moment

    def opens(self, moment: datetime) -> datetime:
        """The moment itself when it is open then, or when it opens next; in UTC."""
        day = moment.astimezone(self.zone).date()
        for ahead in range(_FURTHEST):
            span = self._span(day + ahead * _DAY)
            if span is not None and moment < span[1]:
                return max(moment, span[0]).astimezone(UTC)
        raise OpeningError("The desk does not open for two months.")

    def due(self, since: datetime, target: Target) -> datetime:
        """By when something must be, that came at a moment; in UTC.

        Args:
            since: when it came, with its zone.
            target: how long it may take.
        """
        begins = self.opens(since)
        if target.days:
            local = begins.astimezone(self.zone)
            day = local.date()
            for _ in range(target.days):
                day = self.opens(self._closing(day)).astimezone(self.zone).date()
            span = self._span(day)
            assert span is not None
            at = datetime.combine(day, local.time(), self.zone)
            return min(max(at, span[0]), span[1]).astimezone(UTC)
        left = timedelta(minutes=target.minutes)
        while True:
            span = self._span(begins.astimezone(self.zone).date())
            assert span is not None
            # By way of UTC: on a day the clocks change, local times are no measure.
            closes = span[1].astimezone(UTC)
            if begins + left <= closes:
                return begins + left
            left -= closes - begins
            begins = self.opens(closes)

    def _closing(self, day: date) -> datetime:
        span = self._span(day)
        assert span is not None
        return span[1].astimezone(UTC)


@dataclass(frozen=True)
class ServiceLevel:
    """What a desk promises: its hours, its first answer, and when a case is solved.

    Args:
        opening: its hours.
        first_reply: how long until an officer's first word.
        solved: how long until the case is closed.
    """

    opening: Opening
    first_reply: Target = Target(minutes=60)
    solved: Target = Target(days=3)


OFFICE_HOURS: Final = {"weekdays": "09:00-17:00"}
"""Where a pack says nothing."""


def read_level(hours: object, promises: object) -> ServiceLevel:
    """Reads `hours` and `promises` of a pack.yml; None where it has none.

    Args:
        hours: by day.
        promises: `first_reply` and `solved`; each may be missing.

    Raises:
        OpeningError: what is wrong.
    """
    hours, promises = OFFICE_HOURS if hours is None else hours, promises or {}
    if not isinstance(hours, Mapping):
        raise OpeningError('“hours” are such as {weekdays: "09:00-17:00"}.')
    if not isinstance(promises, Mapping) or set(promises) - {"first_reply", "solved"}:
        raise OpeningError("“promises” are such as {first_reply: 1 hour, solved: 3 days}.")
    return ServiceLevel(
        Opening.parse(hours),
        Target.parse(str(promises.get("first_reply", "1 hour"))),
        Target.parse(str(promises.get("solved", "3 days"))),
    )
