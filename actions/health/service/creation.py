"""Makes a referral together with its shortlist (A011)."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from actions.health.service import changes, claims
from actions.health.service.holidays import day
from actions.health.service.outcomes import Refusal
from actions.health.service.proofs import digest
from actions.health.service.resources import Resource
from actions.health.service.store import Connection

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_FIRST: Final = 2 * 10**11
"""Numbers of new referrals begin here, above those of the demonstration."""


@dataclass(frozen=True)
class New:
    """What is wanted: for the patient of another referral, with these services to choose from, in order."""

    patient: str
    specialty: str
    clinic_type: str
    priority: str
    services: tuple[int, ...]


async def create(connection: Connection, new: New, now: datetime) -> Resource:
    """Makes it. Its access code goes out with its letter (A019), which is not served here.

    Raises:
        Refusal: there is no such patient or clinic, or a service is for something else.
    """
    patient = await connection.fetchrow("SELECT * FROM ers.referral WHERE ubrn = $1", new.patient)
    if patient is None:
        raise Refusal(422, "REFERENCE_NOT_FOUND", "There is no such patient.")
    clinic = await connection.fetchval(
        "SELECT true FROM ers.clinic WHERE clinic_type = $1 AND specialty = $2",
        new.clinic_type,
        new.specialty,
    )
    if clinic is None:
        raise Refusal(422, "INVALID_CODE", "There is no such clinic type of that specialty.")
    row: asyncpg.Record | None = None
    while row is None:
        ubrn = str(_FIRST + secrets.randbelow(7 * 10**11))
        code = "".join(secrets.choice(_LETTERS) for _ in range(8))
        row = await connection.fetchrow(
            """INSERT INTO ers.referral (ubrn, priority, specialty, clinic_type, access_code_digest,
                   birth_year, gender, given_name, postcode, referred_on, phone, shortlist, moved_at)
               SELECT $1, $2, $3, $4, $5, birth_year, gender, given_name, postcode, $6, phone, $7, $9
               FROM ers.referral WHERE ubrn = $8
               ON CONFLICT DO NOTHING RETURNING *""",
            ubrn, new.priority, new.specialty, new.clinic_type, digest(ubrn, code), day(now),
            list(new.services), new.patient, now,
        )  # fmt: skip
    for service_id in new.services:
        await claims.service_for(connection, service_id, row)
    await changes.moved(connection, row["ubrn"], "NOT_BOOKED", now, by="provider")
    return await claims.referral(connection, row["ubrn"], now)
