"""The calls about a family: who it is, its bookings, and its own money."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from actions.childcare.service import bookings, decisions, families, holds, rules, slices, top_ups
from actions.childcare.service.eligibility import CONFIRM_FROM
from actions.childcare.service.ledger import WORD
from actions.childcare.service.tools import SERVICE, TOOLS, number_in, reference_in
from actions.sdk.service import Json
from actions.sdk.serving import Body, Connection, Problem, answer, idempotency_key, once, prove, read


class Proof(Body):
    """What a parent says to prove who they are."""

    reference: rules.Reference
    code: Annotated[str, Field(min_length=1, max_length=40)]
    birth_year: Annotated[int, Field(ge=1900, le=2100)]


class Phone(Body):
    """A telephone number as it is dialled from abroad."""

    phone: Annotated[str, Field(pattern=r"^\+[0-9]{8,15}$")]


class Whose(Body):
    """The family that asks."""

    family: rules.Reference


async def prove_family(request: web.Request) -> web.Response:
    """A family for its reference, its code and the parent's year of birth; five wrong tries lock it."""
    tools, given = request.app[TOOLS], await read(request, Proof)
    found = await families.find(tools.pool, given.reference, tools.today)
    kept = found.proof if found else None
    wrote = (given.code, given.birth_year)
    await prove(tools.pool, SERVICE, given.reference, wrote, kept, tools.clock())
    assert found is not None
    return answer(told(found))


async def known_family(request: web.Request) -> web.Response:
    """The families whose number a text came from."""
    tools, given = request.app[TOOLS], await read(request, Phone)
    found = await families.by_phone(tools.pool, given.phone, tools.today)
    return answer({"families": [told(each) for each in found]})


async def family(request: web.Request) -> web.Response:
    """One family, as it is today."""
    tools = request.app[TOOLS]
    found = await families.find(tools.pool, reference_in(request), tools.today)
    if found is None:
        raise Problem(404, "FAMILY_NOT_FOUND", "There is no such family.")
    return answer({**told(found), "pays_from": await top_ups.mandate(tools.pool, found.reference)})


def told(found: families.Family) -> dict[str, Json]:
    """A family as the API tells it."""
    standing = found.standing
    return {
        "reference": found.reference, "given_name": found.given_name, "language": found.language,
        "phone": found.phone, "confirmed_on": found.confirmed_on.isoformat(),
        "confirm_by": standing.confirm_by.isoformat(),
        "confirm_from": (standing.confirm_by - CONFIRM_FROM).isoformat(), "state": standing.state,
        "ends": standing.ends.isoformat(), "grace_until": standing.grace_until.isoformat(),
        "low_income": standing.low_income, "training": standing.training,
        "children": [
            {"id": child.id, "given_name": child.given_name, "born": child.born.isoformat()}
            for child in found.children
        ],
    }  # fmt: skip


async def quote(request: web.Request) -> web.Response:
    """What a booking would come from, by the same rules; nothing is held."""
    tools, wanted = request.app[TOOLS], await read(request, rules.NewBooking)
    await rules.check(tools.pool, wanted, tools.today)
    accounts = await tools.ledger().accounts(f"{WORD}:child:{wanted.child}")
    awards = await slices.given(tools.pool, wanted.child)
    there = slices.spendable(wanted.child, accounts, awards, tools.today)
    parts = slices.take(there, [share.amount for share in wanted.shares])
    used = slices.by_source(part for share in parts or [] for part in share)
    return answer(
        {
            "enough": parts is not None, "available": sum(one.amount for one in there),
            "own": sum(one.amount for one in there if one.source == "own"),
            "parts": [{"element": source, "amount": amount} for source, amount in used.items()],
        }
    )  # fmt: skip


async def book(request: web.Request) -> web.Response:
    """Books: holds the money of one provider, or of two for a sum that is split.

    The same key again is the same booking, held once, also where the first try died half-way.
    """
    tools, wanted = request.app[TOOLS], await read(request, rules.NewBooking)
    now = tools.clock()

    async def work(connection: Connection) -> Json:
        checked = await rules.check(connection, wanted, tools.today)
        return [*await bookings.make(connection, wanted, checked, now)]

    new, ids = await once(tools.pool, SERVICE, idempotency_key(request), bookings.asked(wanted), now, work)
    assert isinstance(ids, list)
    spend = int(str(ids[0]))
    await holds.finish(tools.pool, tools.ledger, spend, now)
    rows = await bookings.of_spend(tools.pool, spend)
    if rows[0]["state"] == "refused":
        raise Problem(409, str(rows[0]["reason"]), "The money could not be held.")
    parts = await bookings.parts_of(tools.pool, [row["id"] for row in rows])
    done: list[Json] = [bookings.told(row, parts.get(row["id"], [])) for row in rows]
    return answer({"bookings": done}, 201 if new else 200)


async def booked(request: web.Request) -> web.Response:
    """A family's bookings, the newest first."""
    tools = request.app[TOOLS]
    rows = await bookings.of_family(tools.pool, reference_in(request))
    parts = await bookings.parts_of(tools.pool, [row["id"] for row in rows])
    return answer({"bookings": [bookings.told(row, parts.get(row["id"], [])) for row in rows]})


async def cancel(request: web.Request) -> web.Response:
    """A family cancels a booking whose care has not begun."""
    tools, given = request.app[TOOLS], await read(request, Whose)
    number, now = number_in(request), tools.clock()

    async def work(connection: Connection) -> Json:
        return [*await decisions.cancelled_by_family(connection, number, given.family, now)]

    said = f"cancel {number} {given.family}"
    _, ended = await once(tools.pool, SERVICE, idempotency_key(request), said, now, work)
    for each in ended if isinstance(ended, list) else ():
        await holds.finish(tools.pool, tools.ledger, int(str(each)), now)
    return await _one(request, number)


async def ask_to_confirm(request: web.Request) -> web.Response:
    """A family asks the provider to confirm that the child came."""
    tools, given = request.app[TOOLS], await read(request, Whose)
    number, now = number_in(request), tools.clock()

    async def work(connection: Connection) -> Json:
        await decisions.asked_to_confirm(connection, number, given.family, now)
        return None

    said = f"ask to confirm {number} {given.family}"
    await once(tools.pool, SERVICE, idempotency_key(request), said, now, work)
    return await _one(request, number)


async def _one(request: web.Request, number: int) -> web.Response:
    tools = request.app[TOOLS]
    row = await bookings.find(tools.pool, number)
    assert row is not None
    parts = await bookings.parts_of(tools.pool, [number])
    return answer(bookings.told(row, parts.get(number, [])))


async def add_own_money(request: web.Request) -> web.Response:
    """Takes money from the bank account a family agreed to, for a child of it."""
    tools, given = request.app[TOOLS], await read(request, top_ups.OwnMoney)
    child, now = number_in(request), tools.clock()

    async def work(connection: Connection) -> Json:
        await rules.whose(connection, given.family, child, tools.today)
        if await top_ups.mandate(connection, given.family) is None:
            raise Problem(409, "NO_BANK_ACCOUNT", "This family lets us take money from no account.")
        return await top_ups.make(connection, given.family, child, given.amount, now)

    said = f"top up {child} {given.family} {given.amount}"
    new, number = await once(tools.pool, SERVICE, idempotency_key(request), said, now, work)
    return await _topped_up(request, int(str(number)), new=new)


async def paid_in(request: web.Request) -> web.Response:
    """What a family paid in at the bank; the same payment told again is put in once."""
    tools, given = request.app[TOOLS], await read(request, top_ups.Payment)
    now = tools.clock()
    async with tools.pool.acquire() as connection, connection.transaction():
        await rules.whose(connection, given.family, given.child, tools.today)
        number = await top_ups.make(
            connection, given.family, given.child, given.amount, now, given.payment
        )  # fmt: skip
        row = await top_ups.find(connection, number)
        assert row is not None
        if (row["family"], row["child"], row["amount"]) != (given.family, given.child, given.amount):
            raise Problem(422, "PAYMENT_REUSED", "This payment was another.")
        await top_ups.tell(connection, row, now)
    return await _topped_up(request, number, new=row["state"] == "asked")


async def _topped_up(request: web.Request, number: int, *, new: bool) -> web.Response:
    tools = request.app[TOOLS]
    await top_ups.finish(tools.pool, tools.ledger, number)
    row = await top_ups.find(tools.pool, number)
    assert row is not None
    done = {"id": number, **{name: row[name] for name in ("child", "amount", "state")}}
    return answer(done, 201 if new else 200)
