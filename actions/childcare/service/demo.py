"""Fills the stand-in with the demonstration: families with their awards, providers, bank accounts."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import asyncpg

from actions.childcare.service import invented_families
from actions.childcare.service.invented_bookings import booking_money, load_bookings
from actions.childcare.service.invented_families import DEMO_FAMILIES, load_families
from actions.childcare.service.invented_providers import (
    DEMO_PROVIDERS,
    code_of,
    demo_providers,
    key_of,
)
from actions.childcare.service.naming import starts_of
from actions.childcare.service.tools import secret_digest
from actions.sdk.ledger import NewAccount, NewTransfer
from actions.sdk.serving import digest

MANDATES: Final = {"2000000001": "42", "2000000005": "17", "2000000007": "63"}
"""Families who let us take their own money from a bank account, and its last digits."""

_COLUMNS: Final = (
    "number", "name", "name_cy", "kind", "run_by", "town", "postcode", "latitude", "longitude", "phone",
    "age_from", "age_to", "opens", "closes", "days", "price_hour", "price_session", "session_minutes",
    "places", "places_free", "places_told", "rating", "inspected_on", "languages", "step_free",
    "registered_on", "registered_until", "struck_off_on", "code_digest", "key_digest", "starts",
)  # fmt: skip
# Told anew at each start, so that a figure is never older than the demonstration says. A strike-off stays.
_FRESH: Final = ("places_free", "places_told", "registered_until")


async def load_demo(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Makes the demonstration as it should be on a day, whatever is there of it already.

    Args:
        pool: the database, with the migrations of this department.
        today: the day in London.
    """
    await load_families(pool, today)
    await load_providers(pool, today)
    await load_bookings(pool, today)


async def load_providers(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Makes the providers, and tells their free places anew; and the bank accounts that families agreed to.

    Args:
        pool: the database, with the families.
        today: the day in London.
    """
    rows = [_complete(row) for row in demo_providers(today)]
    names = ", ".join(_COLUMNS)
    marks = ", ".join(f"${at}" for at in range(1, len(_COLUMNS) + 1))
    fresh = ", ".join(f"{name} = excluded.{name}" for name in _FRESH)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('childcare providers'))")
        await connection.executemany(
            f"INSERT INTO childcare.provider ({names}) VALUES ({marks})"  # noqa: S608
            f" ON CONFLICT (number) DO UPDATE SET {fresh}",
            [[row[name] for name in _COLUMNS] for row in rows],
        )
        await connection.executemany(
            "INSERT INTO childcare.mandate (family, ending) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            list(MANDATES.items()),
        )


def _complete(row: dict[str, object]) -> dict[str, object]:
    number = str(row["number"])
    return {
        **row, "code_digest": digest(number, code_of(number)), "key_digest": secret_digest(key_of(number)),
        "starts": starts_of(str(row["name"]), str(row["name_cy"]) if row["name_cy"] else None),
    }  # fmt: skip


def demo_money(today: date) -> tuple[Sequence[NewAccount], Sequence[NewTransfer]]:
    """The accounts and transfers that the department begins with in the ledger."""
    families, bookings = invented_families.demo_money(today), booking_money(today)
    return [*families[0], *bookings[0]], [*families[1], *bookings[1]]


def demo_page() -> list[dict[str, str]]:
    """What the demo's page lists: what proves each family and its story; and providers who can sign in."""
    families = [
        {
            "reference": f"{each.reference[:4]} {each.reference[4:8]} {each.reference[8:]}",
            "code": each.code, "born": str(each.birth_year), "name": each.given_name,
            "story": each.story, "story_cy": each.story_cy, "phone": each.phone or "",
        }
        for each in DEMO_FAMILIES
    ]  # fmt: skip
    providers = [
        {
            "reference": each.number, "code": each.code, "born": "–", "name": each.name, "phone": "",
            "story": f"{each.name}, who confirms childcare at /childcare/provider.",
            "story_cy": f"{each.name_cy or each.name}, sy'n cadarnhau gofal plant yn /childcare/provider.",
        }
        for each in DEMO_PROVIDERS if each.code
    ]  # fmt: skip
    return families + providers
