"""`onedoor officers`: who may sign in to the desk, and who may not any more."""

import argparse
import secrets

from bot.commands.database import with_database
from bot.desk.cases import desk_names
from bot.officers import OfficerError, add, all_officers
from bot.problems import Problem
from bot.queue import Connection, Pool
from bot.settings import Settings
from bot.signin.passwords import Passwords, keep
from bot.signin.sessions import end_all


def officers(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        async with pool.acquire() as connection, connection.transaction():
            match arguments.task:
                case "list":
                    for each in await all_officers(connection, None):
                        ended = "" if each.active else "  may not sign in"
                        desks = ",".join(sorted(each.desks)) or "-"
                        print(f"{each.email:<36} {each.role:<14} {desks}{ended}")
                case "add":
                    await _add(connection, arguments)
                case "reset":
                    number = await _find(connection, arguments.email)
                    await connection.execute("DELETE FROM officer_totp WHERE officer_id = $1", number)
                    await _first_password(connection, number, arguments.email)
                case _:
                    number = await _find(connection, arguments.email)
                    await connection.execute(
                        "UPDATE officer SET active = false, on_duty = false WHERE id = $1", number
                    )
                    await end_all(connection, number)
                    print(f"{arguments.email} may not sign in any more, and is signed out.")
        return 0

    return with_database(settings, work)


async def _add(connection: Connection, arguments: argparse.Namespace) -> None:
    desks = arguments.desks.split(",") if arguments.desks else sorted(desk_names())
    if unknown := set(desks) - desk_names():
        raise Problem(f"There is no desk {min(unknown)}: {', '.join(sorted(desk_names()))} are.")
    try:
        number = await add(connection, arguments.email, arguments.name, arguments.role, desks, ())
    except OfficerError as error:
        raise Problem(str(error)) from None
    await _first_password(connection, number, arguments.email)


async def _first_password(connection: Connection, number: int, email: str) -> None:
    first = secrets.token_urlsafe(12)
    await keep(connection, number, await Passwords().hash(first), must_change=True)
    await end_all(connection, number)
    print(f"{email} signs in with {first} and must then choose another. It is not shown again.")


async def _find(connection: Connection, email: str) -> int:
    number: int | None = await connection.fetchval(
        "SELECT id FROM officer WHERE email = $1", email.casefold()
    )
    if number is None:
        raise Problem(f"There is no officer {email}.")
    return number
