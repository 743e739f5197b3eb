"""Fills the stand-in with the demonstration: providers, services, 26 weeks of slots, nurses to talk with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import asyncpg

from actions.health.service import stories, talks
from actions.health.service.holidays import LONDON, is_working_day
from actions.health.service.invented import (
    CLINICS,
    DIRECT_EAR,
    MOSTLY_RUNG,
    NOTE,
    NOTHING_FREE,
    NURSE,
    PROVIDERS,
    Clinic,
)
from actions.health.service.places import locate
from actions.health.service.store import Connection

WEEKS = 26
_APPOINTMENT = timedelta(minutes=30)
_TALK = timedelta(minutes=20)
_FIRST_TALK = 11_901  # the id of the first service of nurses
_SESSIONS = (time(9), time(13, 30))
_PLACES = 6  # appointments in a session


@dataclass(frozen=True)
class _Service:
    """A service with its invented figures; the same each time it is made."""

    id: int
    provider: int
    clinic: Clinic

    @property
    def rng(self) -> Random:
        return Random(self.id)  # noqa: S311  (figures for a demonstration)

    @property
    def direct(self) -> bool:
        if self.clinic.clinic_type == MOSTLY_RUNG:
            return PROVIDERS[self.provider][0] == DIRECT_EAR
        return self.clinic.clinic_type == NOTHING_FREE or self.provider % 7 != 4

    @property
    def lead(self) -> int:
        """Days until its first free slot."""
        return self.rng.randint(9, 126)

    @property
    def title(self) -> str:
        """What it is called, before its provider's name."""
        return f"{self.clinic.title} clinic"

    @property
    def length(self) -> timedelta:
        """Of an appointment."""
        return _APPOINTMENT

    def row(self, today: date) -> tuple[object, ...]:
        """Its row in `ers.service`."""
        rng = self.rng
        lead = rng.randint(9, 126)
        name = PROVIDERS[self.provider][1]
        exclusions = self.clinic.exclusions[
            : -1 if len(self.clinic.exclusions) > 1 and rng.random() < 0.4 else None
        ]
        return (
            self.id,
            PROVIDERS[self.provider][0],
            self.clinic.specialty,
            self.clinic.clinic_type,
            f"{self.title}, {name}",
            "DIRECTLY_BOOKABLE" if self.direct else "INDIRECTLY_BOOKABLE",
            f"0113 496 0{self.id % 1000:03}",
            None if self.direct else lead,
            None if self.clinic.clinic_type == NOTHING_FREE else lead + rng.randint(30, 200),
            "LIMITED_AVAILABILITY" if self.clinic.clinic_type == NOTHING_FREE else None,
            list(exclusions),
            list(self.clinic.conditions),
            list(self.clinic.investigations),
            16 if "People under 16" in self.clinic.exclusions else 18,
            self.clinic.gender,
            [each for each in ("TRANSPORT", "INTERPRETER", "ADVOCACY") if rng.random() < 0.7],
            rng.random() < 0.5,
            rng.choice((7, 10, 14)),
            today.replace(day=1),
            NOTE,
        )

    def slots(self, today: date) -> Iterator[tuple[int, datetime, datetime]]:
        """Its free slots, the same for the same day whenever they are asked for."""
        weekdays = self.rng.sample(range(5), 2)
        for day in (today + timedelta(days) for days in range(self.lead, WEEKS * 7)):
            if day.weekday() not in weekdays or not is_working_day(day):
                continue
            rng = Random(f"{self.id} {day}")  # noqa: S311
            begin = datetime.combine(day, rng.choice(_SESSIONS), LONDON)
            for place in sorted(rng.sample(range(_PLACES), rng.randint(1, 4))):
                start = (begin + place * self.length).astimezone(UTC)
                yield self.id, start, start + self.length


class _Talk(_Service):
    """A nurse of a specialty's clinics who talks treatments over, by telephone."""

    @property
    def direct(self) -> bool:
        return True

    @property
    def lead(self) -> int:
        return self.rng.randint(2, 6)

    @property
    def title(self) -> str:
        return self.clinic.title

    @property
    def length(self) -> timedelta:
        return _TALK


def _services() -> list[_Service]:
    """Each provider has three or so of the clinics, each clinic about ten providers; nurses a specialty."""
    pairs = sorted(
        {
            (clinic, provider)
            for provider in range(len(PROVIDERS))
            for clinic in ((provider + 5 * turn * (1 + provider // 12)) % len(CLINICS) for turn in range(3))
        }
    )
    services = [
        _Service(11_001 + each, provider, CLINICS[clinic]) for each, (clinic, provider) in enumerate(pairs)
    ]
    nurses: dict[str, _Service] = {}
    for each in services:
        talk = Clinic(each.clinic.specialty, talks.CLINIC, each.clinic.specialty_title, NURSE, (), ())
        nurses.setdefault(talk.specialty, _Talk(_FIRST_TALK + len(nurses), each.provider, talk))
    return [*services, *nurses.values()]


async def load_demo(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Makes the demonstration as it should be on a day, whatever is there of it already.

    Run again, it adds what is missing: the weeks that came into sight, and the stories that are over.
    What citizens did (bookings, cancellations, wrong tries) stays.

    Args:
        pool: the database, with the migrations of this department.
        today: the day in London.
    """
    services = _services()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('ers demonstration'))")
        await _load_providers(connection, services)
        await _load_services(connection, services, today)
        await _load_slots(connection, services, today)
        await stories.load(connection, today)
        await connection.execute("DELETE FROM ers.answered WHERE answered_at < $1::date - 30", today)


async def _load_providers(connection: Connection, services: list[_Service]) -> None:
    await connection.executemany(
        """INSERT INTO ers.clinic (specialty, clinic_type, specialty_title, title) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING""",
        sorted(
            {
                (each.specialty, each.clinic_type, each.specialty_title, each.title)
                for each in (*CLINICS, *(service.clinic for service in services))
            }
        ),
    )
    places = [locate(provider[3]) for provider in PROVIDERS]
    await connection.executemany(
        """INSERT INTO ers.provider (ods, name, town, postcode, kind, cqc_rating, recommended, parking,
                                     step_free, latitude, longitude)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING""",
        [
            (*provider, place.latitude, place.longitude)
            for provider, place in zip(PROVIDERS, places, strict=True)
        ],
    )


async def _load_services(connection: Connection, services: list[_Service], today: date) -> None:
    await connection.executemany(
        """INSERT INTO ers.service (id, ods, specialty, clinic_type, name, bookable, phone, appointment_wait,
               treatment_wait, treatment_capacity, exclusions, conditions, investigations, age_from, gender,
               supports, letter_required, contact_days, figure_date, figures)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
           ON CONFLICT (id) DO UPDATE SET figure_date = excluded.figure_date""",
        [service.row(today) for service in services],
    )


async def _load_slots(connection: Connection, services: list[_Service], today: date) -> None:
    with_slots = [each for each in services if each.direct and each.clinic.clinic_type != NOTHING_FREE]
    # Time went by since the last start: the nearest slots have gone to others, as they would have.
    await connection.executemany(
        """DELETE FROM ers.slot WHERE service_id = $1 AND starts_at < $2 AND booked_by IS NULL
             AND held_by IS NULL AND NOT EXISTS (SELECT FROM ers.appointment WHERE slot_id = slot.id)""",
        [(each.id, datetime.combine(today + timedelta(each.lead), time(), LONDON)) for each in with_slots],
    )
    await connection.execute(
        """CREATE TEMPORARY TABLE coming (service_id bigint, starts_at timestamptz, ends_at timestamptz)
           ON COMMIT DROP"""
    )
    rows = [row for each in with_slots for row in each.slots(today)]
    await connection.copy_records_to_table("coming", records=rows)
    await connection.execute(
        """INSERT INTO ers.slot (service_id, starts_at, ends_at) SELECT * FROM coming
           ON CONFLICT (service_id, starts_at) DO NOTHING"""
    )
