"""What every address of the service needs, and reading what it was asked."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from actions.care.service import holdings, people, plans, spends
from actions.care.service.numbers import LARGEST
from actions.care.service.postings import Postings
from actions.sdk import Ledger, ServiceDown, ServiceRefused
from actions.sdk.ledger import Account
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem, idempotency_key, once

type Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Tools:
    """The database, the time, the ledger, what waits for it, and whose keys are let in."""

    pool: Pool
    clock: Clock
    ledger: Callable[[], Ledger]
    postings: Postings
    keys: frozenset[bytes]


TOOLS: web.AppKey[Tools] = web.AppKey("tools")


def digest(key: str) -> bytes:
    """What is kept of a key: how long a comparison takes then tells nothing of it."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


@web.middleware
async def keyed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets in who shows a key: nobody else may look into a budget."""
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    if kind.casefold() == "bearer" and digest(key.strip()[:200]) in request.app[TOOLS].keys:
        try:
            return await handler(request)
        except (ServiceDown, ServiceRefused):
            # What was asked is kept where it changes something, and goes on with the same key.
            raise Problem(503, "LEDGER_DOWN", "The ledger does not answer: ask again.") from None
    raise Problem(401, "UNAUTHORISED", "Send a key as “Authorization: Bearer …”.")


def reference(request: web.Request) -> str:
    """The citizen's reference in an address."""
    return request.match_info["reference"]


def number(request: web.Request, name: str = "id") -> int:
    """A number in an address.

    Raises:
        Problem: 404, no row has so large a number.
    """
    found = int(request.match_info[name])
    if found > LARGEST:
        raise Problem(404, "NO_SUCH", "There is nothing of that number.")
    return found


async def change(
    request: web.Request, asked: object, work: Callable[[Connection, datetime], Awaitable[Json]]
) -> Json:
    """Does what a request wants in a transaction, once for its key.

    Args:
        request: with an `Idempotency-Key`.
        asked: what is wanted, to tell a repeat from something else.
        work: what is done, given the time.

    Returns:
        What the work gave, now or the first time.
    """
    tools = request.app[TOOLS]
    now, key = tools.clock(), idempotency_key(request)

    async def done(connection: Connection) -> Json:
        return await work(connection, now)

    # Two citizens' requests never meet under one key.
    told = f"{request.method} {request.path} {asked}"
    return (await once(tools.pool, people.SERVICE, key, told, now, done))[1]


async def position(tools: Tools, who: str) -> dict[str, Json]:
    """What a citizen's budget comes to now.

    `left`, `held` and `spent` come to all that was paid in and not taken back; `planned` and `free` come to
    `left`, so `free` is below nothing where more is planned than there is.
    """
    now = tools.clock()
    budget = await people.budget(tools.pool, who, now)
    accounts = await holdings.accounts_of(tools.ledger(), who)
    spent = await tools.pool.fetchval(
        "SELECT coalesce(sum(pence - refunded), 0)::bigint FROM care.spend WHERE budget = $1"
        " AND state = 'paid'",
        budget["id"],
    )
    planned = await plans.planned(tools.pool, budget["id"])
    left, held = sum(each.available for each in accounts), sum(each.held for each in accounts)
    return {
        "left": left, "held": held, "spent": spent, "planned": planned, "free": left - planned,
        "ways": [way_json(each) for each in accounts],
    }  # fmt: skip


def way_json(account: Account) -> Mapping[str, Json]:
    """One way of holding, as an answer has it."""
    return {"way": holdings.way_of(account), "left": account.available, "held": account.held}


async def answer_spend(tools: Tools, spend: int) -> dict[str, Json]:
    """A spend once the ledger was asked.

    Raises:
        Problem: 409 `NOT_ENOUGH` with what is `available` in the way it was to go.
    """
    await tools.postings.send(spend, "hold", "post", "void", "refund")
    found = await spends.one(tools.pool, spend)
    if found["state"] == "unfunded":
        row = await tools.pool.fetchrow("SELECT citizen, way FROM care.spend WHERE id = $1", spend)
        assert row is not None
        accounts = await holdings.accounts_of(tools.ledger(), row["citizen"])
        left = sum(each.available for each in accounts if holdings.way_of(each) == row["way"])
        raise Problem(409, "NOT_ENOUGH", "There is not so much.", available=left)
    return found
