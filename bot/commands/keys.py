"""`onedoor keys`: API keys of departments, how much they may send, and whom their team keys may write to."""

import argparse
import sys

import phonenumbers

from bot.commands.database import with_database
from bot.keys import (
    add_member,
    installation_secret,
    list_keys,
    new_key,
    read_limits,
    remove_member,
    revoke_key,
    set_limits,
)  # fmt: skip
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings


def keys(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        async with pool.acquire() as connection:
            match arguments.task:
                case "new":
                    secret = await installation_secret(pool, settings)
                    made = await new_key(
                        connection, secret, arguments.department, arguments.name, arguments.kind
                    )
                    print(made)
                    print("Keep it as a password is kept: it is not shown again.", file=sys.stderr)
                case "list":
                    for key in await list_keys(connection, arguments.department):
                        ended = f"  revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
                        said = f"{key.department:<14} {key.name:<24} {key.kind:<7} {key.created_at:%Y-%m-%d}"
                        print(said + ended)
                case "revoke":
                    if not await revoke_key(connection, arguments.department, arguments.name):
                        raise Problem(f"{arguments.department} has no key “{arguments.name}” in use.")
                    print("Revoked; it stops working within some seconds.")
                case "limits":
                    await set_limits(
                        connection, arguments.department, per_minute=arguments.per_minute,
                        per_day=arguments.per_day,
                    )  # fmt: skip
                    minute, day = await read_limits(connection, arguments.department)
                    print(f"{arguments.department}: {minute} a minute, {day} a day.")
                case _:
                    address = address_of(arguments.address)
                    if arguments.remove:
                        if not await remove_member(connection, arguments.department, address):
                            raise Problem(f"{address} is not among {arguments.department}'s people.")
                    else:
                        await add_member(connection, arguments.department, address)
        return 0

    return with_database(settings, work)


def address_of(text: str) -> str:
    """A phone number as +44…, or an e-mail address in small letters.

    Raises:
        Problem: it is neither.
    """
    if "@" in text:
        name, _, domain = text.strip().casefold().rpartition("@")
        if name and "." in domain and not any(each.isspace() for each in text.strip()):
            return f"{name}@{domain}"
        raise Problem("That is no e-mail address.")
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Problem("Give a phone number, such as 07700 900123, or an e-mail address.")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
