"""Fills the care stand-in with the demonstration, and says what money the ledger has for it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import asyncpg

from actions.care.service import money
from actions.care.service.holdings import shares
from actions.care.service.invented import DEMO_CITIZENS, PRICES, SOURCE, DemoCitizen
from actions.care.service.people import LONDON
from actions.sdk.ledger import NewAccount, NewTransfer, ledger_id
from actions.sdk.serving import Connection, digest

YEAR: Final = timedelta(days=364)
TIMES: Final = (time(10), time(11, 30), time(14))
"""When reviews are, on working days."""
WEEKS: Final = 9


def _number(citizen: DemoCitizen, at: int = 0) -> int:
    """The number of a row of theirs, the same whenever it is made: 301 is the second of 40000003."""
    return (int(citizen.reference) - 40_000_000) * 100 + at


def _pence(citizen: DemoCitizen) -> int:
    return citizen.units * next(price.pence for price in PRICES if price.id == citizen.price)


def _payees(citizen: DemoCitizen) -> list[str]:
    return list(dict.fromkeys(payment.payee for payment in citizen.payments))


def priced_on(today: date) -> date:
    """The first of April from which the price list holds."""
    return date(today.year if (today.month, today.day) >= (4, 1) else today.year - 1, 4, 1)


async def load_demo(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Makes the demonstration as it should be on a day; what is there of it stays as citizens left it.

    Args:
        pool: the database, with the migrations of this department.
        today: the day in London.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('care demonstration'))")
        since = priced_on(today)
        await connection.executemany(
            """INSERT INTO care.price (id, service, unit, pence, source, published_on)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
            [(f"{each.id}-{since}", each.service, each.unit, each.pence, SOURCE, since) for each in PRICES],
        )
        for citizen in DEMO_CITIZENS:
            if await connection.fetchval(
                "SELECT true FROM care.citizen WHERE reference = $1", citizen.reference
            ):
                continue
            await _load(connection, citizen, today)
        await connection.executemany(
            "INSERT INTO care.slot (starts_at) VALUES ($1) ON CONFLICT DO NOTHING",
            [(moment,) for moment in _slots(today)],
        )


def _slots(today: date) -> Iterator[datetime]:
    for days in range(1, WEEKS * 7):
        day = today + timedelta(days)
        if day.weekday() < 5:
            yield from (datetime.combine(day, at, LONDON) for at in TIMES)


async def _load(connection: Connection, citizen: DemoCitizen, today: date) -> None:
    now = datetime.combine(today, time(), UTC)
    begun, number = today - timedelta(citizen.begun_days), _number(citizen)
    await connection.execute(
        """INSERT INTO care.citizen (reference, code_digest, birth_year, given_name, fund, phone, language)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        citizen.reference, digest(citizen.reference, citizen.code), citizen.birth_year, citizen.name,
        citizen.fund, citizen.phone, citizen.language,
    )  # fmt: skip
    await connection.execute(
        """INSERT INTO care.budget (id, citizen, price, units, pence, contribution, starts_on, ends_on,
               review_due, statements_from) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        number, citizen.reference, f"{citizen.price}-{priced_on(today)}", citizen.units, _pence(citizen),
        citizen.contribution, begun, begun + YEAR, today + timedelta(citizen.review_days), today,
    )  # fmt: skip
    if citizen.lines:
        await _load_plan(connection, citizen, now)
    await connection.executemany(
        "INSERT INTO care.payee (id, citizen, name, known) VALUES ($1, $2, $3, true)",
        [(_number(citizen, at), citizen.reference, name) for at, name in enumerate(_payees(citizen))],
    )
    await connection.executemany(
        """INSERT INTO care.spend (id, citizen, budget, line, payee, pence, way, state, made_at, paid_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        [
            (_number(citizen, at), citizen.reference, number, _number(citizen, each.line),
             _number(citizen, _payees(citizen).index(each.payee)), each.pence, each.way, each.state,
             now - timedelta(each.days), now - timedelta(each.days) if each.state == "paid" else None)
            for at, each in enumerate(citizen.payments)
        ],
    )  # fmt: skip
    await connection.executemany(
        """INSERT INTO care.helper (id, citizen, name, phone, per_payment, per_week, lines, allowed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        [
            (_number(citizen, at), citizen.reference, each.name, each.phone, each.per_payment, each.per_week,
             None if each.lines is None else [_number(citizen, line) for line in each.lines],
             now - timedelta(60))
            for at, each in enumerate(citizen.helpers)
        ],
    )  # fmt: skip
    if citizen.surplus:
        await connection.execute(
            """INSERT INTO care.surplus (id, citizen, pence, noticed_at, takes_on, decided_by)
               VALUES ($1, $2, $3, $4, $5, 'officer:0')""",
            number, citizen.reference, citizen.surplus, now - timedelta(5), today + timedelta(25),
        )  # fmt: skip


async def _load_plan(connection: Connection, citizen: DemoCitizen, now: datetime) -> None:
    number, begun = _number(citizen), now - timedelta(citizen.begun_days)
    await connection.execute(
        """INSERT INTO care.version (id, budget, number, opened_at, sent_at, agreed_at)
           VALUES ($1, $1, 1, $2, $2, CASE WHEN $3 THEN NULL ELSE $2::timestamptz END)""",
        number, begun, citizen.sent,
    )  # fmt: skip
    await connection.executemany(
        """INSERT INTO care.line (version, line, words, outcome, pence, period, yearly, state, reason)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        [
            (number, _number(citizen, at), each.words, each.outcome, each.pence, each.period, each.yearly,
             "sent" if citizen.sent and each.state == "agreed" else each.state, each.reason)
            for at, each in enumerate(citizen.lines)
        ],
    )  # fmt: skip


def demo_money(today: date) -> tuple[Sequence[NewAccount], Sequence[NewTransfer]]:
    """The accounts and transfers that the demonstration begins with; their ids stay from start to start.

    Args:
        today: nothing of it depends on the day.
    """
    del today
    accounts = [money.CONTRIBUTIONS, *(money.fund(name) for name in money.FUNDS)]
    transfers = list[NewTransfer]()
    for citizen in DEMO_CITIZENS:
        parts = shares(_pence(citizen), citizen.held)
        if citizen.paid_in:
            parts["own"] = citizen.paid_in
        for way, pence in parts.items():
            accounts.append(money.account(citizen.reference, way))
            giver = money.CONTRIBUTIONS if way == "own" else money.fund(citizen.fund)
            transfers.append(
                NewTransfer(
                    ledger_id("care", "budget", citizen.reference, way), "posted", debit=giver.id,
                    credit=accounts[-1].id, amount=pence, code="care.budget",
                    reference=f"care:budget:{_number(citizen)}", by="council",
                )
            )  # fmt: skip
        accounts += [money.payee(_number(citizen, at)) for at in range(len(_payees(citizen)))]
        for at, payment in enumerate(citizen.payments):
            spend = {
                "id": _number(citizen, at), "citizen": citizen.reference, "way": payment.way,
                "payee": _number(citizen, _payees(citizen).index(payment.payee)), "pence": payment.pence,
                "helper": None,
            }  # fmt: skip
            transfers.append(money.hold(spend))
            if payment.state == "paid":
                transfers.append(money.post(spend, "council"))
    return accounts, transfers


def demo_page() -> list[dict[str, str]]:
    """The people that the demo's page lists: what proves each of them, their telephone, their story."""
    return [
        {
            "reference": each.reference, "code": each.code, "born": str(each.birth_year), "name": each.name,
            "story": each.story, "story_cy": each.story_cy, "phone": each.phone or "",
        }
        for each in DEMO_CITIZENS
    ]  # fmt: skip
