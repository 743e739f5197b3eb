"""The Parameters that answer our own calls, made from rows."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import asyncpg

from actions.health import fhir
from actions.health.service.resources import Resource, instant, listed
from actions.sdk.service import Json

NOTHING: Final[Resource] = fhir.parameters("Nothing", [])
"""That something was done, or that there is none."""


def _instant(name: str, row: asyncpg.Record, column: str) -> Resource | None:
    return None if row[column] is None else fhir.part(name, "valueInstant", instant(row[column]))


def _id(name: str, row: asyncpg.Record, column: str) -> Resource | None:
    return None if row[column] is None else fhir.part(name, "valueString", str(row[column]))


def _day(name: str, value: date | None) -> Resource | None:
    return None if value is None else fhir.part(name, "valueDate", value.isoformat())


def _change(row: asyncpg.Record) -> Resource:
    more = [
        fhir.part(name, "valueString" if isinstance(value, str) else "valueUnsignedInt", value)
        for name, value in row["more"].items()
    ]
    return fhir.group(
        "change",
        [
            _id("number", row, "number"),
            fhir.part("kind", "valueCode", row["kind"]),
            _instant("at", row, "at"),
            fhir.part("ubrn", "valueString", row["ubrn"]),
            fhir.part("phone", "valueString", row["phone"]),
            fhir.part("state", "valueCode", row["state"]),
            _id("service", row, "service_id"),
            _id("slot", row, "slot_id"),
            _instant("start", row, "starts_at"),
            fhir.group("values", more) if more else None,
        ],
    )


def changes(rows: Sequence[asyncpg.Record], cursor: int) -> Resource:
    """What happened, in order, and where to go on from."""
    cursor_part = fhir.part("cursor", "valueString", str(cursor))
    return fhir.parameters("Changes", [*map(_change, rows), cursor_part])


def long_waits(rows: Sequence[asyncpg.Record], *, full: bool) -> Resource:
    """Long waits, and where the next page begins if this one is full."""
    waits = [
        fhir.group(
            "wait",
            [
                fhir.part("ubrn", "valueString", row["ubrn"]),
                fhir.part("weeks", "valueUnsignedInt", row["weeks"]),
                fhir.part("kind", "valueCode", "40" if row["far"] else "18"),
                fhir.part("phone", "valueString", row["phone"]),
            ],
        )
        for row in rows
    ]
    after = f"{rows[-1]['seen_by'].isoformat()}_{rows[-1]['ubrn']}" if full else None
    return fhir.parameters("LongWaits", [*waits, fhir.part("next", "valueString", after)])


def wanting(rows: Sequence[asyncpg.Record]) -> Resource:
    """Who would have a slot."""
    return fhir.parameters(
        "Wanting",
        [
            fhir.group(
                "wanting",
                [
                    fhir.part("ubrn", "valueString", row["ubrn"]),
                    fhir.part("phone", "valueString", row["phone"]),
                ],
            )
            for row in rows
        ],
    )


def wish(row: asyncpg.Record | None) -> Resource:
    """A wish for an earlier appointment, or nothing."""
    if row is None:
        return NOTHING
    return fhir.parameters(
        "Wish",
        [
            fhir.part("ubrn", "valueString", row["ubrn"]),
            _id("service", row, "service_id"),
            _instant("before", row, "before"),
        ],
    )


def _permission(row: asyncpg.Record) -> list[Resource | None]:
    return [
        fhir.part("phone", "valueString", row["phone"]),
        _day("until", row["until"]),
        _instant("given", row, "given_at"),
    ]


def permission(row: asyncpg.Record) -> Resource:
    """A permission that was given."""
    return fhir.parameters("Permission", _permission(row))


def permissions(rows: Sequence[asyncpg.Record]) -> Resource:
    """All permissions in force."""
    return fhir.parameters("Permissions", [fhir.group("permission", _permission(row)) for row in rows])


def appointment(resource: Resource | None) -> Resource:
    """An appointment within Parameters, or nothing."""
    return fhir.parameters("Appointment", [fhir.part("appointment", "resource", resource)])


def referrals(found: Sequence[Resource]) -> Resource:
    """Somebody's referrals, as a Bundle."""
    entries: list[Json] = [
        {"fullUrl": f"ReferralRequest/{each['id']}", "resource": each, "search": {"mode": "match"}}
        for each in found
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), **listed("entry", entries)}


def cancelled(ubrns: Sequence[str]) -> Resource:
    """The referrals that a cancelled clinic was for."""
    return fhir.parameters("Cancelled", [fhir.part("ubrn", "valueString", each) for each in ubrns])
