"""The calls about a family's credit: what each child has and why, what happened to it, and confirming."""

from datetime import datetime, time, timedelta
from typing import Final

from aiohttp import web

from actions.childcare.service import awards, confirming, families, notices, settling, slices
from actions.childcare.service.awards import ChildAward
from actions.childcare.service.changes import changes_due
from actions.childcare.service.eligibility import LONDON
from actions.childcare.service.ledger import WORD
from actions.childcare.service.tools import SERVICE, TOOLS, WORKER, Tools, reference_in
from actions.sdk import ServiceDown, ServiceRefused
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Problem, answer, idempotency_key, once

EVENTS: Final = 30
"""What happened, of one answer."""
LATELY: Final = timedelta(days=400)
_ROUNDS: Final = 2
"""So many times what is due is worked on before notices are told. The worker does the rest."""

# What families read back: credit that came, was paid, came back or ran out, own money, and why it changed.
_EVENTS: Final = """
SELECT * FROM (
    SELECT 'awarded' AS kind, award.period_from::timestamptz AS at, jsonb_build_object(
        'child', child.given_name, 'amount', award.amount, 'before', lag(award.amount) OVER each,
        'low_income', award.low_income, 'training', award.training) AS told
    FROM childcare.award JOIN childcare.child ON child.id = award.child
    WHERE child.family = $1 AND award.state = 'made' AND award.period_from <= $3::date
    WINDOW each AS (PARTITION BY award.child ORDER BY award.period_from)
  UNION ALL
    SELECT 'booking', booking.changed_at, jsonb_build_object(
        'child', child.given_name, 'what', booking.state, 'amount', booking.amount,
        'attended', booking.attended, 'reason', booking.reason, 'since', booking.since,
        'provider', jsonb_build_object('en', provider.name, 'cy', coalesce(provider.name_cy, provider.name)))
    FROM childcare.booking JOIN childcare.child ON child.id = booking.child
    JOIN childcare.provider ON provider.number = booking.provider
    WHERE booking.family = $1 AND booking.state IN ('held', 'posted', 'voided', 'expired')
  UNION ALL
    SELECT 'expired', expiry.made_at, jsonb_build_object(
        'child', child.given_name, 'amount', expiry.base + expiry.weighting)
    FROM childcare.expiry JOIN childcare.award ON award.id = expiry.award
    JOIN childcare.child ON child.id = award.child
    WHERE child.family = $1 AND expiry.state = 'made'
  UNION ALL
    SELECT 'top_up', top_up.asked_at, jsonb_build_object('child', child.given_name, 'amount', top_up.amount)
    FROM childcare.top_up JOIN childcare.child ON child.id = top_up.child
    WHERE top_up.family = $1 AND top_up.state = 'posted'
  UNION ALL
    SELECT 'family', changed.from_date::timestamptz, jsonb_build_object(
        'low_income', changed.low_income, 'training', changed.training,
        'had_low_income', changed.had_low_income, 'had_training', changed.had_training)
    FROM (SELECT from_date, low_income, training, lag(low_income) OVER all_of AS had_low_income,
                 lag(training) OVER all_of AS had_training
          FROM childcare.eligibility WHERE family = $1 AND from_date <= $3::date
          WINDOW all_of AS (ORDER BY from_date, id)) AS changed
    WHERE (low_income, training) <> (had_low_income, had_training)
) AS happened WHERE at >= $2 ORDER BY at DESC LIMIT $4
"""


async def credit(request: web.Request) -> web.Response:
    """What each child of a family has: of which element, until when, and how it was worked out."""
    tools = request.app[TOOLS]
    family = await families.find(tools.pool, reference_in(request), tools.today)
    if family is None:
        raise Problem(404, "FAMILY_NOT_FOUND", "There is no such family.")
    made = await awards.of_children(tools.pool, [child.id for child in family.children])
    found: list[Json] = [
        await _child(tools, child, [each for each in made if each.child == child.id])
        for child in family.children
    ]
    return answer({"children": found})


async def _child(tools: Tools, child: families.Child, made: list[ChildAward]) -> Json:
    accounts = await tools.ledger().accounts(f"{WORD}:child:{child.id}")
    given = [
        slices.Given(part.element, part.total, each.expires_on) for each in made for part in each.award.parts
    ]
    there = slices.spendable(child.id, accounts, given, tools.today)
    paid = await tools.pool.fetchval(
        """SELECT coalesce(sum(attended), 0)::bigint FROM childcare.booking
           WHERE child = $1 AND state = 'posted'""",
        child.id,
    )
    first = next((one.expires_on for one in there if one.expires_on is not None), None)
    soon = sum(one.amount for one in there if one.expires_on is not None and one.expires_on == first)
    return {
        "child": {"id": child.id, "given_name": child.given_name, "born": child.born.isoformat()},
        "available": sum(one.amount for one in there), "held": sum(each.held for each in accounts),
        "spent": paid,
        "parts": [
            {"element": source, "amount": amount} for source, amount in slices.by_source(there).items()
        ],
        "runs_out": {"on": first.isoformat(), "amount": soon} if first else None,
        "awards": [each.explain() for each in made if each.expires_on >= tools.today],
    }  # fmt: skip


async def events(request: web.Request) -> web.Response:
    """What happened to a family's credit, the newest first; before it what is known to come."""
    tools, reference = request.app[TOOLS], reference_in(request)
    rows = await tools.pool.fetch(_EVENTS, reference, tools.clock() - LATELY, tools.today, EVENTS)
    coming: list[Json] = [
        {
            "kind": "coming", "at": datetime.combine(each.day, time(), LONDON).isoformat(),
            "values": each.told(),
        }
        for each in reversed(await changes_due(tools.pool, tools.today, reference))
    ]  # fmt: skip
    happened: list[Json] = [
        {"kind": row["kind"], "at": row["at"].isoformat(), "values": row["told"]} for row in rows
    ]
    return answer({"events": [*coming, *happened]})


async def confirm(request: web.Request) -> web.Response:
    """A family says that nothing has changed."""
    tools, reference = request.app[TOOLS], reference_in(request)
    now = tools.clock()

    async def work(connection: Connection) -> Json:
        return await confirming.confirm(connection, reference, now)

    _, done = await once(tools.pool, SERVICE, idempotency_key(request), f"confirm {reference}", now, work)
    return answer(done)


async def told(request: web.Request) -> web.Response:
    """What families are to be told after a notice, in order, and where to go on; what is due is due now."""
    tools, after = request.app[TOOLS], request.query.get("after", "0")
    if not (after.isascii() and after.isdecimal() and len(after) <= 18) or set(request.query) - {"after"}:
        raise Problem(422, "INVALID", "“after” is a notice's number.", field="after")
    try:
        await settling.settle(tools)
        for _ in range(_ROUNDS):
            if not await request.app[WORKER].rest():
                break
    except (ServiceDown, ServiceRefused):
        await notices.prepare(tools.pool, tools.clock())  # what needs no ledger is told all the same
    return answer(await notices.since(tools.pool, int(after)))
