"""When a message may go: quiet hours, bank holidays, and whose clock counts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

import phonenumbers
from holidays import country_holidays
from phonenumbers.timezone import time_zones_for_number

from bot.urgency import Urgency

type Nation = Literal["ENG", "WLS", "SCT", "NIR"]

EXPECTED_FOR: Final = timedelta(minutes=15)
"""How long after a message of a citizen's what comes is expected, and goes at any hour."""

LONDON: Final = ZoneInfo("Europe/London")
HOME: Final = "+44"
UNKNOWN_ZONE: Final = "Etc/Unknown"


@cache
def _bank_holidays(nation: Nation, year: int) -> frozenset[date]:
    # The library follows https://www.gov.uk/bank-holidays, substitute days and special days included.
    return frozenset(country_holidays("GB", subdiv=nation, years=year))


@dataclass(frozen=True)
class Hours:
    """The quiet hours of an installation. There is no law on them for texts of a public task.

    Args:
        quiet_from: local time from which what is not urgent is held.
        quiet_until: local time until which it is.
        zone: of citizens whose number does not tell another.
        nation: whose bank holidays count.
    """

    quiet_from: time = time(21)
    quiet_until: time = time(8)
    zone: ZoneInfo = LONDON
    nation: Nation = "ENG"

    def working_day(self, day: date) -> bool:
        """Monday to Friday, and no bank holiday."""
        return day.weekday() < 5 and not self.holiday(day)

    def holiday(self, day: date) -> bool:
        """A bank holiday of the nation."""
        return day in _bank_holidays(self.nation, day.year)

    def zone_of(self, address: str) -> ZoneInfo:
        """The zone of a telephone number: that of its country or area abroad, else the installation's."""
        if not address.startswith("+") or address.startswith(HOME):
            return self.zone
        try:
            names = time_zones_for_number(phonenumbers.parse(address))
        except phonenumbers.NumberParseException:
            return self.zone
        return self.zone if not names or names[0] == UNKNOWN_ZONE else ZoneInfo(names[0])

    def allowed(self, urgency: Urgency, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first moment, not before `moment`, at which a text of this urgency may go.

        Args:
            urgency: how soon it must be read.
            moment: the earliest, with its zone.
            zone: the citizen's.

        Returns:
            `moment` itself or later, in UTC.
        """
        if urgency is Urgency.URGENT:
            return moment
        local = moment.astimezone(zone)
        while True:
            local = self._out_of_quiet(local, zone)
            if urgency is not Urgency.BULK or self.working_day(local.date()):
                return max(moment.astimezone(UTC), local.astimezone(UTC))
            local = _at(local.date() + timedelta(days=1), self.quiet_until, zone)

    def _out_of_quiet(self, local: datetime, zone: ZoneInfo) -> datetime:
        """The same moment by day, or the end of the quiet hours it lies in."""
        at = local.time()
        if self.quiet_from <= self.quiet_until:
            quiet, ends = self.quiet_from <= at < self.quiet_until, local.date()
        else:
            late = at >= self.quiet_from
            quiet, ends = late or at < self.quiet_until, local.date() + timedelta(days=late)
        return _at(ends, self.quiet_until, zone) if quiet else local


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time of a day; one that the clocks leave out becomes the next that there is."""
    # By way of UTC, which has no gaps: 01:30 on the night the clocks go forward becomes 02:30.
    return datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
