"""Families and their children, as the department knows them on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, cast

import asyncpg

from actions.childcare.service.eligibility import Standing, standing
from actions.sdk.serving import Connection, Pool

COLUMNS: Final = """
    family.reference, family.code_digest, family.birth_year, family.given_name, family.phone, family.language,
    family.confirmed_on, family.confirm_by, now.low_income, now.training, now.eligible_until
"""
# $1 is the day. Of one before everything that is known, the first that is known is told.
FROM: Final = """
    childcare.family AS family, LATERAL (
        SELECT low_income, training, eligible_until FROM childcare.eligibility AS each
        WHERE each.family = family.reference
        ORDER BY from_date > $1::date, abs(from_date - $1::date), id DESC LIMIT 1) AS now
"""


@dataclass(frozen=True)
class Child:
    """A child of a family."""

    id: int
    given_name: str
    born: date


@dataclass(frozen=True)
class Family:
    """A family, as it is on a day.

    Args:
        reference: ten digits.
        proof: the digest of its access code, and the parent's year of birth (`serving.prove`).
        given_name: the parent's.
        phone: as it is dialled from abroad, where it is known.
        language: what it is written to in.
        confirmed_on: when it last said that nothing had changed.
        standing: what it may have.
        children: the eldest first.
    """

    reference: str
    proof: tuple[bytes, int]
    given_name: str
    phone: str | None
    language: Literal["en", "cy"]
    confirmed_on: date
    standing: Standing
    children: tuple[Child, ...]


async def find(connection: Connection | Pool, reference: str, day: date) -> Family | None:
    """The family of a reference."""
    found = await _read(connection, "family.reference = $2", reference, day)
    return found[0] if found else None


async def by_phone(connection: Connection | Pool, phone: str, day: date) -> list[Family]:
    """The families with a telephone number; several can share one."""
    return await _read(connection, "family.phone = $2", phone, day)


async def of_child(connection: Connection | Pool, child: int, day: date) -> Family | None:
    """The family of a child."""
    reference = await connection.fetchval("SELECT family FROM childcare.child WHERE id = $1", child)
    return await find(connection, reference, day) if reference is not None else None


async def _read(connection: Connection | Pool, where: str, given: str, day: date) -> list[Family]:
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM {FROM} WHERE {where} ORDER BY family.reference",  # noqa: S608
        day, given,
    )  # fmt: skip
    children = await connection.fetch(
        "SELECT family, id, given_name, born FROM childcare.child WHERE family = ANY ($1) ORDER BY born, id",
        [row["reference"] for row in rows],
    )
    return [_family(row, children, day) for row in rows]


def _family(row: asyncpg.Record, children: Sequence[asyncpg.Record], day: date) -> Family:
    return Family(
        row["reference"], (row["code_digest"], row["birth_year"]), row["given_name"], row["phone"],
        cast("Literal['en', 'cy']", row["language"]), row["confirmed_on"], standing(row, day),
        tuple(
            Child(each["id"], each["given_name"], each["born"])
            for each in children
            if each["family"] == row["reference"]
        ),
    )  # fmt: skip
