"""Each funder's books: what it paid in, what was awarded of it and became of it, beside the ledger's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import asyncpg

from actions.childcare.service.ledger import FUNDERS, WORD, Funder, funder_code
from actions.childcare.service.rule import ELEMENTS
from actions.sdk import Ledger
from actions.sdk.ledger import Total
from actions.sdk.service import Json
from actions.sdk.serving import Pool

LONG: Final = 120.0
"""Seconds for sums over everything there ever was."""

_OF_CHILDREN: Final = ("awarded", "returned", "held", "spent", "left")
_COLUMNS: Final = (
    "base", "weighting", "back_base", "back_weighting", "spent", "held", "spent_base", "held_base",
)  # fmt: skip
_PAID_IN: Final = """
SELECT funder, sum(amount)::bigint AS paid_in FROM childcare.payment_in WHERE state = 'made' GROUP BY funder
"""
# For each award and element what was used of it: what went of an account was of what expires first. Then each
# use is parted between the funder and the equity account as the award was.
_USED: Final = """
WITH part AS (
    SELECT award.child, e.element, e.base, e.weighting, e.total, coalesce(back.base, 0) AS back_base,
           coalesce(back.weighting, 0) AS back_weighting,
           sum(e.total - coalesce(back.base + back.weighting, 0)) OVER (
               PARTITION BY award.child, e.element ORDER BY award.expires_on, award.id) AS until
    FROM childcare.award JOIN childcare.award_element AS e ON e.award = award.id
    LEFT JOIN (
        SELECT award, element, sum(base) AS base, sum(weighting) AS weighting
        FROM childcare.expiry WHERE state = 'made' GROUP BY award, element
    ) AS back ON back.award = award.id AND back.element = e.element
    WHERE award.state = 'made'
), booked AS (
    SELECT child, element,
           sum(amount) FILTER (WHERE state IN ('held', 'confirmed', 'part', 'cancelled')) AS held,
           sum(greatest(0, least(amount, attended - before))) FILTER (WHERE state = 'posted') AS spent
    FROM (
        SELECT booking.child, part.element, booking.state, booking.attended, part.amount,
               sum(part.amount) OVER (PARTITION BY booking.id ORDER BY part.part) - part.amount AS before
        FROM childcare.booking JOIN childcare.booking_part AS part
             ON part.booking = booking.id AND part.attempt = booking.attempt
    ) AS each GROUP BY child, element
), used AS (
    SELECT part.*, part.total - back_base - back_weighting AS kept,
           until - (part.total - back_base - back_weighting) AS begin,
           coalesce(booked.spent, 0) AS spent_all,
           coalesce(booked.spent, 0) + coalesce(booked.held, 0) AS used_all
    FROM part LEFT JOIN booked USING (child, element)
), each AS (
    SELECT element, base, weighting, total, back_base, back_weighting,
           greatest(0, least(kept, spent_all - begin)) AS spent,
           greatest(0, least(kept, used_all - begin)) - greatest(0, least(kept, spent_all - begin)) AS held
    FROM used
)
SELECT element, sum(base)::bigint AS base, sum(weighting)::bigint AS weighting,
       sum(back_base)::bigint AS back_base, sum(back_weighting)::bigint AS back_weighting,
       sum(spent)::bigint AS spent, sum(held)::bigint AS held,
       sum(childcare.share(spent::bigint, base, total))::bigint AS spent_base,
       sum(childcare.share(held::bigint, base, total))::bigint AS held_base
FROM each GROUP BY element
"""
_ON_THEIR_WAY: Final = """
SELECT (SELECT count(*) FROM childcare.award WHERE state = 'planned')
     + (SELECT count(*) FROM childcare.expiry WHERE state = 'planned')
     + (SELECT count(*) FROM childcare.payment_in WHERE state = 'planned')
     + (SELECT count(*) FROM childcare.booking WHERE state IN ('asked', 'confirmed', 'part', 'cancelled'))
"""


async def reconcile(pool: Pool, ledger: Ledger) -> dict[str, Json]:
    """The books of all who pay, line by line with what the ledger has.

    Args:
        pool: the database.
        ledger: the client.

    Returns:
        `funders`: for each its `lines`, with `ours` and `ledger`; `elements`: the same of what children have,
        with the parts of the `funder` and of the `equity` account; `differences`, where the two are not the
        same; and `on_their_way`: of how much the ledger is just being told, which explains some.

    Raises:
        ServiceDown: the ledger did not answer.
    """
    totals = {each.code: each for each in await ledger.totals(f"{WORD}.") if each.ledger == "GBP"}
    paid_in = {row["funder"]: row["paid_in"] for row in await pool.fetch(_PAID_IN, timeout=LONG)}
    used = {row["element"]: row for row in await pool.fetch(_USED, timeout=LONG)}
    on_their_way = await pool.fetchval(_ON_THEIR_WAY, timeout=LONG)
    funders: list[Json] = [_funder(funder, paid_in.get(funder, 0), used, totals) for funder in FUNDERS]
    elements: list[Json] = [_element(element, used.get(element), totals) for element in ELEMENTS]
    return {
        "funders": funders, "elements": elements, "differences": [*_differences(funders + elements)],
        "on_their_way": on_their_way,
    }  # fmt: skip


def _total(totals: Mapping[str, Total], code: str) -> Total:
    return totals.get(code, Total(code, "GBP", 0, 0, 0, 0, 0))


def _funder(
    funder: Funder, paid_in: int, used: Mapping[str, asyncpg.Record], totals: Mapping[str, Total]
) -> dict[str, Json]:
    """The book of one account that awards are paid from."""
    column = "weighting" if funder == "equity" else "base"
    rows = [row for element, row in used.items() if funder in ("equity", element)]
    awarded = sum(row[column] for row in rows)
    returned = sum(row[f"back_{column}"] for row in rows)
    account = _total(totals, funder_code(funder))
    theirs = _total(totals, f"{WORD}.paid_in.{funder}").debits_posted
    return {
        "name": funder,
        "lines": [
            _line("paid_in", paid_in, theirs),
            _line("awarded", awarded, account.debits_posted),
            _line("returned", returned, account.credits_posted - theirs),
            _line("balance", paid_in - awarded + returned, account.credits_posted - account.debits_posted),
        ],
    }


def _element(element: str, row: asyncpg.Record | None, totals: Mapping[str, Total]) -> dict[str, Json]:
    """The book of what all children have of an element, and whose money it is."""
    got = dict(row) if row is not None else dict.fromkeys(_COLUMNS, 0)
    account = _total(totals, f"{WORD}.{element}")
    returned = got["back_base"] + got["back_weighting"]
    funder = [got[name] for name in ("base", "back_base", "held_base", "spent_base")]
    equity = [
        got["weighting"], got["back_weighting"], got["held"] - got["held_base"],
        got["spent"] - got["spent_base"],
    ]  # fmt: skip
    for each in (funder, equity):
        each.append(2 * each[0] - sum(each))
    # The ledger's account has what was spent and what went back as one sum.
    theirs = (
        account.credits_posted, None, account.debits_pending, account.debits_posted - returned,
        account.credits_posted - account.debits_posted - account.debits_pending,
    )  # fmt: skip
    return {
        "name": element,
        "lines": [
            {**_line(name, ours + more, there), "funder": ours, "equity": more}
            for name, ours, more, there in zip(_OF_CHILDREN, funder, equity, theirs, strict=True)
        ],
    }


def _line(name: str, ours: int, theirs: int | None) -> dict[str, Json]:
    return {"line": name, "ours": ours, "ledger": theirs}


def _differences(books: Sequence[Json]) -> Iterable[Json]:
    for book in books:
        assert isinstance(book, dict)
        lines = book["lines"]
        assert isinstance(lines, list)
        for line in lines:
            assert isinstance(line, dict)
            if line["ledger"] is not None and line["ledger"] != line["ours"]:
                yield {"name": book["name"], "of": "children" if "funder" in line else "funder", **line}
