"""Monthly statements: what was there, what came and went, what is there; from the ledger, to the penny."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from actions.care.service import events, money, people
from actions.care.service.holdings import accounts_of, way_of
from actions.sdk import Ledger
from actions.sdk.ledger import Transfer
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem

_SPENDS: Final = """
SELECT spend.id, payee.name, spend.words, (
    SELECT line.words FROM care.line JOIN care.version ON version.id = version
    WHERE version.budget = spend.budget AND line.line = spend.line ORDER BY number DESC LIMIT 1) AS line
FROM care.spend JOIN care.payee ON payee.id = payee WHERE spend.id = ANY ($1::bigint[])
"""


YEARS: Final = range(2000, 2201)
"""Of which statements may be asked for; a date has no month after 9999-12."""


def month_of(text: str) -> date:
    """The first day of a month written `2026-03`.

    Raises:
        Problem: 422 `INVALID`, also for a year that no statement is of.
    """
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        found = date.min
    if found.year not in YEARS:
        raise Problem(422, "INVALID", "A month is written 2026-03.", field="month")
    return found


def bounds(month: date) -> tuple[datetime, datetime]:
    """The moments in London that a month begins and is over."""
    after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (
        datetime(month.year, month.month, 1, tzinfo=people.LONDON),
        datetime(after.year, after.month, 1, tzinfo=people.LONDON),
    )


async def statement(
    pool: Pool, ledger: Ledger, reference: str, month: date, now: datetime
) -> dict[str, Json]:
    """A citizen's statement of a month, all ways of holding together and each by itself.

    `opening` and `closing` are what was posted, as in the ledger: they and the entries come out even. What
    moved between two ways of the same citizen is in the ways and no entry of the whole.
    """
    await people.citizen(pool, reference)
    since, until = bounds(month)
    ways: list[Json] = []
    found: list[Transfer] = []
    own: set[object] = set()
    opening = closing = held = 0
    for account in await accounts_of(ledger, reference):
        told = await ledger.statement(account.id, since, until)
        ways.append({"way": way_of(account), "opening": told.opening, "closing": told.closing})
        opening, closing, held = opening + told.opening, closing + told.closing, held + account.held
        found += told.transfers
        own.add(account.id)
    entries = await _entries(pool, found, own)
    return {
        "month": f"{month:%Y-%m}", "opening": opening, "closing": closing, "ways": ways,
        "held": held if now < until else None, "entries": entries, "over": now >= until,
    }  # fmt: skip


async def _entries(pool: Pool, transfers: Sequence[Transfer], own: set[object]) -> list[Json]:
    prefix = money.reference(0).removesuffix("0")
    numbers = {
        int(each.reference.removeprefix(prefix)) for each in transfers if each.reference.startswith(prefix)
    }
    rows: dict[int, Any] = {row["id"]: row for row in await pool.fetch(_SPENDS, sorted(numbers))}
    made: list[Json] = []
    for each in sorted(transfers, key=lambda transfer: transfer.number):
        if each.debit in own and each.credit in own:
            continue  # between two ways of the same citizen
        number = int(each.reference.removeprefix(prefix)) if each.reference.startswith(prefix) else None
        row = rows.get(number) if number is not None else None
        made.append({
            "at": each.made_at.isoformat(), "kind": each.code.removeprefix("care."),
            "pence": each.amount if each.credit in own else -each.amount,
            "payee": row["name"] if row else None, "line": row["line"] if row else None,
            "words": row["words"] if row else "", "reason": each.reason, "number": number,
        })  # fmt: skip
    return made


_ENDED: Final = """
SELECT DISTINCT citizen FROM care.budget WHERE statements_from < $1 AND ends_on >= $1::date - 31
  AND NOT EXISTS (SELECT FROM care.event WHERE key = 'statement_ready:' || citizen || ':' || $2)
"""


async def tell_ready(connection: Connection, now: datetime) -> None:
    """Notes that the statements of the month before are there, once each."""
    day = people.today(now)
    month = (day.replace(day=1) - timedelta(days=1)).replace(day=1)
    for row in await connection.fetch(_ENDED, day.replace(day=1), f"{month:%Y-%m}"):
        told: dict[str, Json] = {"month": f"{month:%Y-%m}"}
        await events.happened(
            connection, row["citizen"], "statement_ready", f"{row['citizen']}:{month:%Y-%m}", told, now
        )
