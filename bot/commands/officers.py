"""`onedoor officers`: who may sign in to the desk, and who may not any more."""

import argparse

from bot import audit
from bot.commands.database import with_database
from bot.desk.cases import desk_names
from bot.keys import installation_secret
from bot.officers import OfficerError, add, all_officers
from bot.problems import Problem
from bot.queue import Connection, Pool
from bot.settings import Settings
from bot.signin.failures import Failures
from bot.signin.passwords import Passwords
from bot.signin.renewal import first_password, renew
from bot.signin.sessions import end_all


def officers(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        secret = await installation_secret(pool, settings)
        failures = Failures(pool, lambda: secret)
        async with pool.acquire() as connection, connection.transaction():
            match arguments.task:
                case "list":
                    for each in await all_officers(connection, None):
                        ended = "" if each.active else "  may not sign in"
                        desks = ",".join(sorted(each.desks)) or "-"
                        print(f"{each.email:<36} {each.role:<14} {desks}{ended}")
                case "add":
                    await _add(connection, failures, arguments)
                case "reset":
                    number = await _find(connection, arguments.email)
                    await _first_password(connection, failures, number, arguments.email)
                    await _note(connection, "officer.reset", number)
                case _:
                    number = await _find(connection, arguments.email)
                    await connection.execute(
                        "UPDATE officer SET active = false, on_duty = false WHERE id = $1", number
                    )
                    await end_all(connection, number)
                    await _note(connection, "officer.changed", number, active=False)
                    print(f"{arguments.email} may not sign in any more, and is signed out.")
        return 0

    return with_database(settings, work)


async def _add(connection: Connection, failures: Failures, arguments: argparse.Namespace) -> None:
    desks = arguments.desks.split(",") if arguments.desks else sorted(desk_names())
    if unknown := set(desks) - desk_names():
        raise Problem(f"There is no desk {min(unknown)}: {', '.join(sorted(desk_names()))} are.")
    try:
        number = await add(connection, arguments.email, arguments.name, arguments.role, desks, ())
    except OfficerError as error:
        raise Problem(str(error)) from None
    await _first_password(connection, failures, number, arguments.email)
    await _note(connection, "officer.made", number, role=arguments.role)


async def _note(connection: Connection, action: str, number: int, **details: object) -> None:
    """A line in the audit: nobody's name is known at a command line, but that it was one is."""
    await audit.append(connection, None, action, "officer", number, {**details, "by": "command line"})


async def _first_password(connection: Connection, failures: Failures, number: int, email: str) -> None:
    first, hashed = await first_password(Passwords())
    await renew(connection, failures, number, email.strip().casefold(), hashed)
    print(f"{email} signs in with {first} and must then choose another. It is not shown again.")


async def _find(connection: Connection, email: str) -> int:
    number: int | None = await connection.fetchval(
        "SELECT id FROM officer WHERE email = $1", email.strip().casefold()
    )
    if number is None:
        raise Problem(f"There is no officer {email}.")
    return number
