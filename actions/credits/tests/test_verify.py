"""What the service did is found in order, and the first thing that it did not do is named."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from actions.credits.service import verify
from actions.credits.service.verify import Verified, look_through
from actions.credits.tests.conftest import Bank, database, new, opened
from actions.sdk import ServiceRefused
from actions.sdk.serving import Connection, Pool
from tests.departments import Clock

# As somebody would who has the owner's password.
UNGUARDED = "SET LOCAL session_replication_role = replica"
HASH_ANEW = """
DO $$ DECLARE each credits.journal; last bytea; BEGIN
    FOR each IN SELECT * FROM credits.journal ORDER BY number LOOP
        UPDATE credits.journal SET hash = credits.hash(last, each) WHERE number = each.number;
        last := credits.hash(last, each);
    END LOOP;
END $$
"""


@dataclass
class Kept:
    """A ledger with a little of everything, and what was found of it."""

    pool: Pool
    purse: UUID
    found: Verified

    @asynccontextmanager
    async def changed(self, *changes: str) -> AsyncIterator[Connection]:
        """A moment in which somebody has changed it, behind its back."""
        async with self.pool.acquire() as connection:
            change = connection.transaction()
            await change.start()
            await connection.execute(UNGUARDED)
            for each in changes:
                await connection.execute(each)
            yield connection
            await change.rollback()


@pytest.fixture(scope="module")
async def kept(server_url: str, template: str) -> AsyncIterator[Kept]:
    async with database(server_url, template) as pool:
        clock = Clock()
        async with opened(pool, clock) as bank:
            purse = await busy(bank, clock)
        yield Kept(pool, purse, await verify(pool))
        assert (await verify(pool)).wrong is None


async def busy(bank: Bank, clock: Clock) -> UUID:
    """A little of everything, a refusal last but one: 14 rows; the purse in the midst of it."""
    purse, shop = await bank.open(100), await bank.open()
    await bank.move(purse, shop, 10, reason="The wrong price was “£1.10” — \\ é 🎈 \u007e", by="officer:3")
    post, void = await bank.hold(purse, shop, 20), await bank.hold(purse, shop, 20, seconds=50)
    await bank.end(post.id, "post", 15)
    await bank.end(void.id, "void")
    await bank.hold(purse, shop, 5, seconds=60)
    clock.forward(seconds=60)
    await bank.hold(purse, shop, 7, seconds=600)
    with pytest.raises(ServiceRefused):
        await bank.ledger.transfer([new(purse, shop, 1), new(purse, shop, 1_000)])
    await bank.ledger.close(shop)
    return purse


async def test_what_was_written_is_found_so(kept: Kept) -> None:
    assert (kept.found.rows, kept.found.accounts, kept.found.wrong) == (14, 3, None)
    assert await verify(kept.pool, str(kept.found)) == kept.found


async def test_nothing_is_in_order_too(pool: Pool, clock: Clock) -> None:
    assert await verify(pool) == Verified(0, 0, None, bytes(32))
    async with opened(pool, clock) as bank:
        await bank.open()
        first = await verify(pool)
        await bank.open()
        assert (await verify(pool, str(first))).rows == 2
    assert (await verify(pool, f"1:{'00' * 32}")).wrong is not None


@pytest.mark.parametrize("expected", ["x:00", "1:x", ":", "1,000:00"])
async def test_what_it_never_printed_is_not_taken(kept: Kept, expected: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        await verify(kept.pool, expected)


TAMPERED: dict[str, tuple[str, str]] = {
    "an amount": ("UPDATE credits.journal SET amount = 11 WHERE number = 5", "Row 5 of the journal is"),
    "a reason": ("UPDATE credits.journal SET reason = '' WHERE number = 5", "Row 5 of the journal is"),
    "a time": (
        "UPDATE credits.journal SET made_at = made_at + interval '1 microsecond' WHERE number = 7",
        "Row 7 of the journal is missing",
    ),
    "a limit": (
        "UPDATE credits.journal SET opened = replace(opened, 'debits', 'none') WHERE number = 1",
        "Row 1 of the journal is missing",
    ),
    "a row gone": ("DELETE FROM credits.journal WHERE number = 5", "Row 5 of the journal is missing"),
    "the first gone": ("DELETE FROM credits.journal WHERE number = 1", "Row 1 of the journal is missing"),
    "a refusal gone": (
        "DELETE FROM credits.journal WHERE phase = 'refuse'", "Row 13 of the journal is missing",
    ),
    "another refused": (
        "UPDATE credits.journal SET id = gen_random_uuid() WHERE phase = 'refuse'",
        "Row 13 of the journal is missing",
    ),
    "rows exchanged": (
        "UPDATE credits.journal SET number = CASE number WHEN 6 THEN -7 ELSE -6 END WHERE number IN (6, 7);"
        " UPDATE credits.journal SET number = -number WHERE number < 0",
        "Row 6 of the journal is missing",
    ),
    "a balance": (
        "UPDATE credits.account SET credits_posted = credits_posted + 1 WHERE bound = 'debits' AND place = 1",
        "The balances of account {purse} are not those of the journal.",
    ),
    "both balances": (
        "UPDATE credits.account SET debits_posted = debits_posted + 1, credits_posted = credits_posted + 1",
        "The balances of account {purse} are not those of the journal.",
    ),
    "an account's limit": (
        "UPDATE credits.account SET bound = 'none' WHERE place = 1",
        "Account {purse} is not what it was opened or closed as.",
    ),
    "an account open again": ("UPDATE credits.account SET closed_at = NULL", "is not what it was opened or"),
    "an account gone": (
        "DELETE FROM credits.account WHERE place = 1", "Account {purse} is in the journal and is missing"
    ),
    "a hold gone": ("DELETE FROM credits.hold", "The hold "),
    "a hold for ever": ("UPDATE credits.hold SET expires_at = NULL", "The hold "),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
async def test_the_first_thing_that_is_not_right_is_named(kept: Kept, name: str) -> None:
    change, expected = TAMPERED[name]
    async with kept.changed(*change.split(";")) as connection:
        found = (await look_through(connection)).wrong
    assert found is not None
    assert expected.format(purse=kept.purse) in found


REWRITTEN: dict[str, tuple[str, str]] = {
    "more than there is": (
        "UPDATE credits.journal SET amount = 101, debit_balance = -1, credit_balance = 101 WHERE number = 5",
        "Row 5 of the journal breaks an account's limit.",
    ),
    "a wrong balance": (
        "UPDATE credits.journal SET debit_balance = 0 WHERE number = 5",
        "Row 5 of the journal does not say what the accounts had afterwards.",
    ),
    "more than is held": (
        "UPDATE credits.journal SET amount = 21 WHERE number = 8",
        "Row 8 of the journal ends a hold of another amount.",
    ),
    "a hold that is none": (
        "UPDATE credits.journal SET hold = gen_random_uuid() WHERE number = 9",
        "Row 9 of the journal ends a hold that is not open.",
    ),
    "a closed account": (
        "UPDATE credits.journal SET number = CASE number WHEN 12 THEN -14 ELSE -12 END"
        " WHERE number IN (12, 14);"
        " UPDATE credits.journal SET number = -number, made_at = (SELECT max(made_at) FROM credits.journal)"
        " WHERE number < 0",
        "Row 14 of the journal moves money of a closed account.",
    ),
    "before its time": (
        "UPDATE credits.journal SET expires_at = expires_at + interval '1 second' WHERE number = 10",
        "Row 11 of the journal ends a hold before its time.",
    ),
    "made though refused": (
        "ALTER TABLE credits.journal DROP CONSTRAINT journal_id_key;"
        " UPDATE credits.journal SET number = CASE number WHEN 12 THEN -13 ELSE -12 END"
        " WHERE number IN (12, 13);"
        " UPDATE credits.journal SET number = -number WHERE number < 0;"
        " UPDATE credits.journal SET id = (SELECT id FROM credits.journal WHERE number = 13)"
        " WHERE number = 12",
        "Row 13 of the journal makes what was refused.",
    ),
    "an earlier time": (
        "UPDATE credits.journal SET made_at = made_at - interval '1 hour' WHERE number = 9",
        "Row 9 of the journal is of an earlier time than the one before.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REWRITTEN)
async def test_a_chain_written_anew_has_to_keep_the_rules(kept: Kept, name: str) -> None:
    change, expected = REWRITTEN[name]
    async with kept.changed(*change.split(";"), HASH_ANEW) as connection:
        found = (await look_through(connection)).wrong
    assert found is not None
    assert found.startswith(expected)


UNSEEN: dict[str, tuple[list[str], str]] = {
    "the newest row gone": (
        ["DELETE FROM credits.journal WHERE phase = 'close'", "UPDATE credits.account SET closed_at = NULL"],
        "Row 14 of the journal is missing.",
    ),
    "written anew": (
        ["UPDATE credits.journal SET reason = '' WHERE number = 5", HASH_ANEW],
        "Row 14 of the journal is missing or is not as it was written.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSEEN)
async def test_only_who_kept_the_head_can_see_some_things(kept: Kept, name: str) -> None:
    changes, expected = UNSEEN[name]
    async with kept.changed(*changes) as connection:
        assert (await look_through(connection)).wrong is None
        assert (await look_through(connection, str(kept.found))).wrong == expected


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE credits.journal SET amount = 1", "DELETE FROM credits.journal", "TRUNCATE credits.journal",
        "DELETE FROM credits.account", "TRUNCATE credits.account",
        "UPDATE credits.account SET bound = 'none'",
        "UPDATE credits.account SET closed_at = NULL", "UPDATE credits.account SET holder = 'me'",
        "UPDATE credits.account SET debits_posted = credits_posted + 1 WHERE bound = 'debits'",
        "UPDATE credits.account SET debits_pending = -1",
        "INSERT INTO credits.journal SELECT * FROM credits.journal WHERE number = 9",
    ],
)  # fmt: skip
async def test_the_database_itself_keeps_what_was_written(kept: Kept, change: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await kept.pool.execute(change)
