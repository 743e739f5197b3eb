"""The families of the demonstration and what they were awarded. Everybody here is invented."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final

import asyncpg

from actions.childcare.service import weights
from actions.childcare.service.eligibility import LONDON, months_later
from actions.childcare.service.ledger import (
    FUNDERS,
    award_transfers,
    new_element_accounts,
    new_funder_accounts,
    payment_in,
)
from actions.childcare.service.rule import ELEMENTS, Award, Element, Weights, work_out
from actions.sdk.ledger import NewAccount, NewTransfer
from actions.sdk.serving import Connection, digest

WEIGHTS: Final = Weights(1, date(2020, 4, 6), 2500, 1000)
"""A quarter more for low income, a tenth more for training."""
PAID_IN: Final = 25_000_000
"""Pence that each funder has paid in."""
BY: Final = "demonstration"
KEEPS: Final = timedelta(days=30)
"""Credit can be spent for so long after its period."""


@dataclass(frozen=True)
class DemoChild:
    """A child: its age in days, and what funders pay for a quarter, in pence, in the order of `ELEMENTS`."""

    given_name: str
    days: int
    base: tuple[int, int, int]


@dataclass(frozen=True)
class DemoFamily:
    """A family of the demonstration, and how it proves who it is.

    Args:
        confirm_in: days until the last day to say that nothing changed.
        until: days until eligibility ends for good, where it does.
        training_ends: whether training ends with the month.
        earlier: days until the credit of the last quarter runs out, where there is some.
    """

    reference: str
    code: str
    birth_year: int
    given_name: str
    phone: str | None
    story: str
    story_cy: str
    children: tuple[DemoChild, ...]
    low_income: bool = False
    training: bool = False
    language: str = "en"
    confirm_in: int = 60
    until: int | None = None
    training_ends: bool = False
    earlier: int | None = None
    ids: tuple[int, ...] = field(default=())


_FULL: Final = (20_000, 9_600, 2_400)

_FAMILIES: Final = (
    DemoFamily("2000000001", "ACORN 4821", 1994, "Priya", "+447700900300",
               "Low income and in training: the credit is a third more, and says why.",
               "Incwm isel ac mewn hyfforddiant: mae'r credyd draean yn fwy, ac yn dweud pam.",
               (DemoChild("Asha", 1200, _FULL),), low_income=True, training=True),
    DemoFamily("2000000002", "BIRCH 7306", 1989, "Tom", "+447700900301",
               "Twins: each has their own credit.",
               "Efeilliaid: mae gan bob un ei gredyd ei hun.",
               (DemoChild("Leo", 1320, (24_000, 9_600, 0)), DemoChild("Noah", 1320, (24_000, 9_600, 0)))),
    DemoFamily("2000000003", "CEDAR 2649", 1991, "Grace", "+447700900302",
               "Did not confirm in time: in the grace period.",
               "Heb gadarnhau mewn pryd: yn y cyfnod gras.",
               (DemoChild("Ella", 1100, (22_000, 9_600, 0)),), low_income=True, confirm_in=-10),
    DemoFamily("2000000004", "ELDER 9153", 1986, "Daniel", "+447700900303",
               "Must confirm within nine days.",
               "Rhaid cadarnhau o fewn naw diwrnod.",
               (DemoChild("Ruby", 900, (26_000, 0, 2_400)),), confirm_in=9),
    DemoFamily("2000000005", "HAZEL 3867", 1997, "Sofia", "+447700900304",
               "Has only a little credit.",
               "Ychydig iawn o gredyd sydd ganddi.",
               (DemoChild("Luca", 700, (1_850, 0, 0)),)),
    DemoFamily("2000000006", "MAPLE 5274", 1983, "Owen", "+447700900305",
               "Last quarter's credit runs out in ten days.",
               "Mae credyd y chwarter diwethaf yn dod i ben mewn deg diwrnod.",
               (DemoChild("Finn", 1250, (21_000, 9_600, 0)),), earlier=10),
    DemoFamily("2000000007", "ROWAN 6048", 1992, "Carys", "+447700900306",
               "Writes in Welsh, and is in training.",
               "Yn ysgrifennu yn Gymraeg, ac mewn hyfforddiant.",
               (DemoChild("Nia", 1290, _FULL),), training=True, language="cy"),
    DemoFamily("2000000008", "ASPEN 1795", 1990, "Hannah", "+447700900307",
               "Training ends this month: the next credit will be less.",
               "Mae'r hyfforddiant yn gorffen y mis hwn: bydd y credyd nesaf yn llai.",
               (DemoChild("Isla", 1150, _FULL),), low_income=True, training=True, training_ends=True),
    DemoFamily("2000000009", "LARCH 8412", 1988, "Yusuf", "+447700900308",
               "Low income: the credit is a quarter more.",
               "Incwm isel: mae'r credyd chwarter yn fwy.",
               (DemoChild("Amina", 1050, (18_000, 9_600, 2_400)),), low_income=True),
    DemoFamily("2000000010", "OLIVE 2938", 1999, "Chloe", "+447700900309",
               "In training: the credit is a tenth more.",
               "Mewn hyfforddiant: mae'r credyd ddegfed ran yn fwy.",
               (DemoChild("Theo", 400, (28_000, 0, 0)),), training=True),
    DemoFamily("2000000011", "PLANE 4507", 1979, "Ruth", None,
               "No telephone number is known: proves who she is by letter.",
               "Nid oes rhif ffôn: mae'n profi pwy yw hi drwy lythyr.",
               (DemoChild("Eli", 1340, (0, 9_600, 2_400)),)),
    DemoFamily("2000000012", "ALDER 7161", 1985, "Peter", "+447700900310",
               "Eligibility and grace are over: nothing can be booked.",
               "Mae'r cymhwysedd a'r cyfnod gras ar ben: ni ellir trefnu dim.",
               (DemoChild("Max", 1900, (0, 9_600, 0)),), confirm_in=-420, until=-420),
    DemoFamily("2000000013", "BEECH 3320", 1993, "Emma", "+447700900311",
               "A baby and a child of three: different elements.",
               "Babi a phlentyn tair oed: elfennau gwahanol.",
               (DemoChild("Poppy", 1210, _FULL), DemoChild("Jack", 300, (25_000, 0, 2_400))),
               low_income=True),
)  # fmt: skip


def _numbered() -> Iterator[DemoFamily]:
    # Below what the database counts from, and the same in each start: the ledger's ids are made of them.
    number = 2001
    for each in _FAMILIES:
        ids = tuple(range(number, number + len(each.children)))
        number += len(ids)
        yield DemoFamily(**{**vars(each), "ids": ids})


DEMO_FAMILIES: Final = tuple(_numbered())


@dataclass(frozen=True)
class DemoAward:
    """An award of the demonstration, by the weights that hold when its period begins."""

    id: int
    family: DemoFamily
    child: int
    award: Award
    weights: Weights
    period_from: date
    period_until: date
    expires_on: date


def quarter(day: date) -> tuple[date, date]:
    """The first and the last day of a day's quarter."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return first, months_later(first, 3) - timedelta(days=1)


def demo_awards(today: date, later: Mapping[date, Weights] = MappingProxyType({})) -> list[DemoAward]:
    """What the families have been awarded, on a day: for this quarter, and one for the last.

    Args:
        today: the day.
        later: the weights of quarters, by their first day, where they are not the first ones.
    """
    now, last = _quarters(today)
    found = []
    for family in DEMO_FAMILIES:
        periods = [(now, now[1] + KEEPS)] if family.until is None or family.until >= 0 else []
        if family.earlier is not None:
            periods.append((last, max(today + timedelta(days=family.earlier), last[1])))
        for (first, until), expires in periods:
            # One number for each child and quarter, for all times.
            quarters = (first.year - 2020) * 4 + first.month // 3
            holds = later.get(first, WEIGHTS)
            for child, each in zip(family.ids, family.children, strict=True):
                base: dict[Element, int] = dict(zip(ELEMENTS, each.base, strict=True))
                award = work_out(base, holds, low_income=family.low_income, training=family.training)
                number = quarters * 100 + child - 2000
                found.append(DemoAward(number, family, child, award, holds, first, until, expires))
    return found


def _quarters(today: date) -> tuple[tuple[date, date], tuple[date, date]]:
    """This quarter and the last."""
    now = quarter(today)
    return now, quarter(now[0] - timedelta(days=1))


_GIVEN: Final[dict[date, list[DemoAward]]] = {}
"""What was found to be given when the families of a day were loaded.

Their money is asked for next, without the database, which knows later weights and what officers awarded.
"""


def demo_money(today: date) -> tuple[list[NewAccount], list[NewTransfer]]:
    """The accounts and transfers that the department begins with in the ledger, for `load_money`."""
    accounts = new_funder_accounts()
    accounts += [
        account for family in DEMO_FAMILIES for child in family.ids for account in new_element_accounts(child)
    ]
    transfers = [payment_in(number, funder, PAID_IN, BY) for number, funder in enumerate(FUNDERS, 1)]
    for each in _GIVEN.get(today, demo_awards(today)):
        transfers += award_transfers(each.id, each.child, each.award.parts, BY)
    return accounts, transfers


async def load_families(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Makes the families as they should be on a day, whatever is there of them already.

    Run again, it adds what is missing: the new quarter's awards, and stories that are over.

    Args:
        pool: the database, with the migrations of this department.
        today: the day in London.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('childcare families'))")
        for family in DEMO_FAMILIES:
            await _load_family(connection, family, today)
        await _load_weights(connection)
        given = await _to_give(connection, today)
        await _load_awards(connection, given, today)
    _GIVEN.clear()
    _GIVEN[today] = given


async def _load_family(connection: Connection, family: DemoFamily, today: date) -> None:
    now = datetime.combine(today, time(), LONDON)
    confirm_by = today + timedelta(days=family.confirm_in)
    new = await connection.fetchval(
        """INSERT INTO childcare.family (reference, code_digest, birth_year, given_name, phone, language,
                                         confirmed_on, confirm_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (reference) DO UPDATE
           SET confirmed_on = excluded.confirmed_on, confirm_by = excluded.confirm_by
           WHERE family.confirm_by < $9
           RETURNING xmax = 0""",
        family.reference, digest(family.reference, family.code), family.birth_year, family.given_name,
        family.phone, family.language, months_later(confirm_by, -3), confirm_by, today,
    )  # fmt: skip
    month = months_later(today.replace(day=1), 1)
    rows = [(today - timedelta(days=500), family.training)] if new else []
    if family.training_ends:
        coming = await connection.fetchval(
            "SELECT true FROM childcare.eligibility WHERE family = $1 AND from_date > $2 LIMIT 1",
            family.reference, today,
        )  # fmt: skip
        rows += [] if coming else [(today, True), (month, False)]
    await connection.executemany(
        """INSERT INTO childcare.eligibility (family, from_date, low_income, training, eligible_until, by,
                                              why, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        [
            (family.reference, begin, family.low_income, training,
             None if family.until is None else today + timedelta(days=family.until), BY,
             "invented for the demonstration", now)
            for begin, training in rows
        ],
    )  # fmt: skip
    await connection.executemany(
        """INSERT INTO childcare.child (id, family, given_name, born) OVERRIDING SYSTEM VALUE
           VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING""",
        [
            (number, family.reference, each.given_name, today - timedelta(days=each.days))
            for number, each in zip(family.ids, family.children, strict=True)
        ],
    )


async def _to_give(connection: Connection, today: date) -> list[DemoAward]:
    """The awards of a day by the weights that hold; none beside what an award run gave for the same time."""
    firsts = [first for first, _ in _quarters(today)]
    later = {first: holds for first in firsts if (holds := await weights.on(connection, first))}
    runs = await connection.fetch(
        """SELECT child, period_from, period_until FROM childcare.award
           WHERE run IS NOT NULL AND state <> 'refused' AND period_until >= $1""",
        min(firsts),
    )
    return [
        each
        for each in demo_awards(today, later)
        if not any(
            row["child"] == each.child
            and row["period_from"] <= each.period_until
            and row["period_until"] >= each.period_from
            for row in runs
        )
    ]


async def _load_weights(connection: Connection) -> None:
    await connection.execute(
        """INSERT INTO childcare.weights (version, from_date, low_income, training, by, why, made_on)
           OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, 'The first weights', $2::date - 1)
           ON CONFLICT DO NOTHING""",
        WEIGHTS.version, WEIGHTS.from_date, WEIGHTS.low_income, WEIGHTS.training, BY,
    )  # fmt: skip
    # So that the next version has the next number.
    await connection.execute(
        """SELECT setval(pg_get_serial_sequence('childcare.weights', 'version'), max(version))
           FROM childcare.weights"""
    )


async def _load_awards(connection: Connection, awards: Sequence[DemoAward], today: date) -> None:
    now = datetime.combine(today, time(), LONDON)
    await connection.executemany(
        """INSERT INTO childcare.award (id, child, state, period_from, period_until, expires_on, low_income,
                                        training, weights, amount, by, made_at, look_on)
           OVERRIDING SYSTEM VALUE
           VALUES ($1, $2, 'made', $3, $4, $5, $6, $7, $8, $9, $10, $11, $5::date - 28)
           ON CONFLICT (id) DO UPDATE SET expires_on = excluded.expires_on, look_on = excluded.look_on
           WHERE award.expires_on >= $12""",
        [
            (each.id, each.child, each.period_from, each.period_until, each.expires_on,
             each.family.low_income, each.family.training, each.weights.version, each.award.amount, BY, now,
             today)
            for each in awards
        ],
    )  # fmt: skip
    await connection.executemany(
        """INSERT INTO childcare.award_element (award, element, base, low_income, training)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING""",
        [
            (each.id, part.element, part.base, part.low_income, part.training)
            for each in awards
            for part in each.award.parts
        ],
    )
    await connection.executemany(
        """INSERT INTO childcare.payment_in (id, funder, state, amount, by, reference, made_at)
           OVERRIDING SYSTEM VALUE VALUES ($1, $2, 'made', $3, $4, 'DEMO-1', $5) ON CONFLICT DO NOTHING""",
        [(number, funder, PAID_IN, BY, now) for number, funder in enumerate(FUNDERS, 1)],
    )
