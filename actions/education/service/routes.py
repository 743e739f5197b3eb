"""The education service's addresses, below where it is mounted.

| call | what for |
|---|---|
| `POST proofs` | who somebody is, for a reference, a code and a year of birth |
| `GET people?phone=` | whom a mobile number is on record for |
| `GET pupils/<reference>` | a pupil |

Those of schools are in `school_routes`.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg
from aiohttp import web

from actions.education.service import people
from actions.education.service.school_routes import school_routes
from actions.education.service.tools import TOOLS, Tools, keyed, tools
from actions.sdk import Ledger
from actions.sdk.serving import answer, read, service_application


def _utc_now() -> datetime:
    return datetime.now(UTC)


def application(
    pool: "asyncpg.Pool[asyncpg.Record]",
    *,
    ledger: Callable[[], Ledger],
    clock: Callable[[], datetime] = _utc_now,
    keys: frozenset[str] = frozenset(),
) -> web.Application:
    """The stand-in, to be mounted at `/departments/education` or served by itself.

    Args:
        pool: the database, with the migrations of this department.
        ledger: gives a client of the credits ledger.
        clock: the time; tests move it.
        keys: of those who may call; without one nobody may, but for what is public.
    """
    app = service_application()
    app.middlewares.append(keyed)
    app[TOOLS] = Tools(pool, clock, ledger, keys)
    app.add_routes(
        [
            web.post("/proofs", prove),
            web.get("/people", find_people),
            web.get("/pupils/{reference}", get_pupil),
            *school_routes,
        ]
    )
    return app


async def prove(request: web.Request) -> web.Response:
    """Who of the three a proof is."""
    given = tools(request)
    proof = await read(request, people.Proof)
    return answer((await people.prove_party(given.pool, proof, given.now)).json())


async def find_people(request: web.Request) -> web.Response:
    """Whom a number is on record for; nobody is an answer too."""
    found = await people.with_phone(tools(request).pool, request.query.get("phone", "")[:20])
    return answer({"people": [each.json() for each in found]})


async def get_pupil(request: web.Request) -> web.Response:
    """A pupil."""
    return answer(await people.pupil(tools(request).pool, request.match_info["reference"][:20]))
