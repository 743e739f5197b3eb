"""Who a citizen is: by what their letter says, or by the number of their telephone; and their budget."""

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg

from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem, prove

LONDON: Final = ZoneInfo("Europe/London")
SERVICE: Final = "care"

_BUDGET: Final = """
SELECT budget.*, price.service, price.unit, price.pence AS price_pence, price.source, price.published_on
FROM care.budget JOIN care.price ON price.id = price WHERE citizen = $1 AND starts_on <= $2
ORDER BY starts_on DESC LIMIT 1
"""


def today(now: datetime) -> date:
    """The day in London."""
    return now.astimezone(LONDON).date()


async def citizen(connection: Connection | Pool, reference: str) -> asyncpg.Record:
    """A citizen.

    Raises:
        Problem: 404, there is none.
    """
    row = await connection.fetchrow("SELECT * FROM care.citizen WHERE reference = $1", reference)
    if row is None:
        raise Problem(404, "NO_SUCH", "There is no such citizen.")
    return row


async def budget(connection: Connection | Pool, reference: str, now: datetime) -> asyncpg.Record:
    """A citizen's budget of this year, or the last they had.

    Raises:
        Problem: 404, they have none.
    """
    row = await connection.fetchrow(_BUDGET, reference, today(now))
    if row is None:
        raise Problem(404, "NO_SUCH", "There is no budget of this citizen.")
    return row


async def lock_budget(connection: Connection, reference: str, now: datetime) -> asyncpg.Record:
    """The same, for as long as the transaction lasts: what is decided by its sums is decided one by one."""
    await citizen(connection, reference)
    await connection.execute(
        "SELECT true FROM care.budget WHERE citizen = $1 ORDER BY id FOR NO KEY UPDATE", reference
    )
    return await budget(connection, reference, now)


async def proved(pool: Pool, reference: str, code: str, year: int, now: datetime) -> dict[str, Json]:
    """Who a reference, a code and a year of birth belong to.

    Raises:
        Problem: they do not belong together, or the reference is locked.
    """
    row = await pool.fetchrow("SELECT * FROM care.citizen WHERE reference = $1", reference)
    kept = (bytes(row["code_digest"]), int(row["birth_year"])) if row else None
    await prove(pool, SERVICE, reference, (code, year), kept, now)
    assert row is not None
    return person(row)


async def by_phone(pool: Pool, phone: str) -> dict[str, Json]:
    """Whose number it is, and for whom its owner may act."""
    own = await pool.fetch("SELECT * FROM care.citizen WHERE phone = $1", phone)
    helping = await pool.fetch(
        """SELECT citizen.*, helper.id AS helper, helper.name AS helper_name FROM care.helper
           JOIN care.citizen ON reference = citizen WHERE helper.phone = $1 AND ended_at IS NULL
           ORDER BY helper.id LIMIT 20""",
        phone,
    )
    return {
        "citizens": [person(row) for row in own],
        "helping": [
            {**person(row), "helper": row["helper"], "helper_name": row["helper_name"]} for row in helping
        ],
    }


def person(row: Any) -> dict[str, Json]:
    """A citizen as an answer tells of them."""
    return {
        "reference": row["reference"], "name": row["given_name"], "fund": row["fund"],
        "language": row["language"],
    }  # fmt: skip


def budget_json(row: Any) -> dict[str, Json]:
    """A budget: the amount, and what it stands for."""
    return {
        "pence": row["pence"], "contribution": row["contribution"], "units": row["units"],
        "starts_on": row["starts_on"].isoformat(), "ends_on": row["ends_on"].isoformat(),
        "review_due": row["review_due"].isoformat(),
        "price": {
            "service": row["service"], "unit": row["unit"], "pence": row["price_pence"],
            "source": row["source"], "published_on": row["published_on"].isoformat(),
        },
    }  # fmt: skip
