"""Officers: who they are, what each role may do, and at which desks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

import asyncpg
from email_validator import EmailNotValidError, validate_email

from bot.queue import Connection, Pool

type Role = Literal["officer", "leader", "administrator", "auditor", "system"]


class Ability(StrEnum):
    """What a route of the desk may ask for."""

    SEE = "see cases"
    ACT = "act on cases"
    CONTACT = "see phone numbers and names"
    TEAM = "see the team's measures"
    OFFICERS = "manage officers"
    REPLIES = "edit canned replies"
    AUDIT = "read the audit"


ABILITIES: Final[Mapping[Role, frozenset[Ability]]] = {
    "officer": frozenset({Ability.SEE, Ability.ACT, Ability.CONTACT}),
    "leader": frozenset({Ability.SEE, Ability.ACT, Ability.CONTACT, Ability.TEAM, Ability.REPLIES}),
    "administrator": frozenset({Ability.SEE, Ability.ACT, Ability.TEAM, Ability.OFFICERS, Ability.REPLIES}),
    "auditor": frozenset({Ability.SEE, Ability.TEAM, Ability.AUDIT}),
    "system": frozenset({Ability.OFFICERS, Ability.AUDIT}),
}
"""The table of issue 6: what each role may do."""

EVERYWHERE: Final[frozenset[Role]] = frozenset({"auditor", "system"})
"""Roles that no desk limits."""


@dataclass(frozen=True)
class Officer:
    """A member of staff.

    Args:
        id: our own number.
        email: whom they sign in as, in small letters.
        name: as colleagues and citizens read it.
        role: what they may do: see `ABILITIES`.
        desks: the queues they work on.
        skills: languages and journeys they know besides English.
        most_cases: how many cases they have at once, at most.
        pulls: whether they are given the next case without asking.
        on_duty: whether they are there for new cases.
        active: whether they may sign in.
    """

    id: int
    email: str
    name: str
    role: Role
    desks: frozenset[str]
    skills: tuple[str, ...] = ()
    most_cases: int = 5
    pulls: bool = False
    on_duty: bool = False
    active: bool = True

    def may(self, ability: Ability) -> bool:
        """Whether their role has an ability; at which desks is told by `reach`."""
        return ability in ABILITIES[self.role]

    @property
    def reach(self) -> frozenset[str] | None:
        """The desks that limit what they see; None for every desk."""
        return None if self.role in EVERYWHERE else self.desks


COLUMNS: Final = "id, email, name, role, desks, skills, most_cases, pulls, on_duty, active"
"""Of the table `officer`: what `officer_of` reads."""


def officer_of(row: asyncpg.Record) -> Officer:
    """An officer from a row that has `COLUMNS`."""
    return Officer(
        row["id"], row["email"], row["name"], row["role"], frozenset(row["desks"]), tuple(row["skills"]),
        row["most_cases"], row["pulls"], row["on_duty"], row["active"],
    )  # fmt: skip


async def find(connection: Pool | Connection, officer_id: int) -> Officer | None:
    """The officer of a number, active or not."""
    row = await connection.fetchrow(f"SELECT {COLUMNS} FROM officer WHERE id = $1", officer_id)  # noqa: S608
    return None if row is None else officer_of(row)


class OfficerError(ValueError):
    """An officer can't be kept as was asked; the text is a sentence."""


async def all_officers(connection: Pool | Connection, desks: frozenset[str] | None) -> list[Officer]:
    """The officers of some desks, or all; the active first, by name."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM officer WHERE $1::text[] IS NULL OR desks && $1"  # noqa: S608
        " ORDER BY NOT active, name, id",
        None if desks is None else list(desks),
    )
    return [officer_of(row) for row in rows]


async def add(
    connection: Connection, email: str, name: str, role: Role, desks: Collection[str], skills: Collection[str]
) -> int:
    """Makes an officer, who can't sign in before a password or an identity is kept for them.

    Args:
        connection: inside the caller's transaction.
        email: whom they sign in as.
        name: as colleagues read it.
        role: what they may do.
        desks: the queues they work on.
        skills: languages and journeys they know besides English.

    Raises:
        OfficerError: something is not right, or there is such an officer.
    """
    _check(email, name, role)
    number: int | None = await connection.fetchval(
        "INSERT INTO officer (email, name, role, desks, skills) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (email) DO NOTHING RETURNING id",
        email.strip().casefold(), " ".join(name.split()), role, sorted(desks), sorted(skills),
    )  # fmt: skip
    if number is None:
        raise OfficerError("There is an officer with this e-mail address.")
    return number


async def change(
    connection: Connection, officer_id: int, role: Role, desks: Collection[str], skills: Collection[str],
    *, most_cases: int, active: bool,
) -> None:  # fmt: skip
    """Changes what an officer is; their sessions end, so that nothing old is still allowed.

    Raises:
        OfficerError: something is not right.
    """
    _check("a@b.example", "a", role)
    if not 1 <= most_cases <= 50:
        raise OfficerError("An officer has 1 to 50 cases at once.")
    await connection.execute(
        "UPDATE officer SET role = $2, desks = $3, skills = $4, most_cases = $5, active = $6,"
        " on_duty = on_duty AND $6 WHERE id = $1",
        officer_id, role, sorted(desks), sorted(skills), most_cases, active,
    )  # fmt: skip
    await connection.execute("DELETE FROM officer_session WHERE officer_id = $1", officer_id)


def _check(email: str, name: str, role: str) -> None:
    try:
        validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise OfficerError("That is no e-mail address.") from None
    if not 0 < len(name.strip()) <= 80:
        raise OfficerError("Give the name, 80 characters at most.")
    if role not in ABILITIES:
        raise OfficerError(f"There is no role {role}: {', '.join(ABILITIES)} are.")
